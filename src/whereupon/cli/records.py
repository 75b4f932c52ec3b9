"""`whereupon records`: read and write them, under the same rights and rules as everybody."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from whereupon.cli.output import print_json, show_facts, show_rows, stderr, stdout, tell
from whereupon.cli.reading import read_json, read_values
from whereupon.cli.session import Common, doing
from whereupon.conditions.compile import compile_tree
from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import Refused
from whereupon.modules.catalog import Catalog, Module, load_catalog
from whereupon.people.rights import Rights, require_reads
from whereupon.records import read, write
from whereupon.runs.erasing import erase_record

app = App(name="records", help="Read and write records.")
COMMON = Common()
KEPT_BY_US = ("created_at", "updated_at", "created_by", "etag")  # in tables only when asked for
COLUMN_WIDTH = 14  # characters that a column needs to be read
IfMatch = Annotated[str | None, Parameter(help="Only if the record's etag is still this one.")]


@app.command(name="list")
def list_(
    module: str,
    *,
    where: str | None = None,
    sort: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    fields: str | None = None,
    limit: int = 50,
    common: Common = COMMON,
) -> None:
    """Records of a module.

    Parameters
    ----------
    module
        The module's key.
    where
        A condition as JSON, for example '{"field": "status", "operator": "equals", "value": "open"}'.
    sort
        Field keys with commas between; "-" before one: descending.
    fields
        Field keys with commas between; all without.
    limit
        At most so many, up to 1,000.
    """
    condition = read_json(where, "--where") if where else None

    async def work(db: Connection, rights: Rights) -> Any:
        catalog = await load_catalog(db)
        sql = _where(catalog, catalog.module(module), condition, rights) if condition else None
        return await read.list_records(
            db,
            catalog,
            module,
            rights,
            where=sql,
            sort=_names(sort) or (),
            limit=limit,
            fields=_names(fields),
        )

    page = doing(common, work)
    rows = [_flat(record) for record in page.records]
    columns = [c for c in (rows[0] if rows else ()) if fields is not None or c not in KEPT_BY_US]
    shown = columns if fields is not None else columns[: max(3, stdout().width // COLUMN_WIDTH)]
    show_rows(rows, shown, as_json=common.json, empty="There are no such records.")
    if len(shown) < len(columns) and not common.json:
        stderr().print(f"[dim]{len(columns) - len(shown)} more fields; --fields and --json show them.[/]")
    if page.next and not common.json:
        stderr().print(f"[dim]Only the first {len(rows)} are shown; --limit shows more.[/]")


def _where(catalog: Catalog, module: Module, condition: Any, rights: Rights) -> str:
    scope = Scope(catalog, module, user=f"{rights.user_id}::bigint" if rights.user_id is not None else None)
    verdict = compile_tree(condition, scope)
    require_reads(rights, verdict.reads, catalog, module.key)
    return verdict.sql


def _names(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",") if name.strip()] if text is not None else None


def _flat(record: read.Record) -> dict[str, Any]:
    return {"id": record.id, **record.values, "etag": record.etag}


@app.command
def get(module: str, record: str, *, common: Common = COMMON) -> None:
    """One record with all its fields."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await read.read_record(db, await load_catalog(db), module, record, rights)

    show_facts(_flat(doing(common, work)), as_json=common.json)


@app.command
def create(module: str, *values: str, common: Common = COMMON) -> None:
    """Create a record; workflows start as they would for anybody.

    Parameters
    ----------
    values
        name=value pairs, one JSON object, @file, or - for standard input.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        catalog = await load_catalog(db)
        data = read_values(values, catalog.module(module))
        return await write.create_record(db, catalog, module, data, write.Writer(rights))

    _show_done(module, doing(common, work), "created", common)


@app.command
def update(module: str, record: str, *values: str, if_match: IfMatch = None, common: Common = COMMON) -> None:
    """Change a record's fields; those that are not named stay.

    Parameters
    ----------
    values
        name=value pairs (an empty value clears the field), one JSON object, @file, or - for standard input.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        catalog = await load_catalog(db)
        data = read_values(values, catalog.module(module))
        writer = write.Writer(rights)
        return await write.update_record(db, catalog, module, record, data, writer, if_match=if_match)

    _show_done(module, doing(common, work), "updated", common)


@app.command
def delete(module: str, record: str, *, if_match: IfMatch = None, common: Common = COMMON) -> None:
    """Delete a record and its line items."""

    async def work(db: Connection, rights: Rights) -> None:
        catalog = await load_catalog(db)
        await write.delete_record(db, catalog, module, record, write.Writer(rights), if_match=if_match)

    doing(common, work)
    tell({"deleted": record}, f"{module} {record} is deleted.", as_json=common.json)


@app.command
def erase(module: str, record: str, *, yes: bool = False, common: Common = COMMON) -> None:
    """Delete a record and all that is known of it: history, runs, messages, files. Nothing brings it back.

    Parameters
    ----------
    yes
        Really do it.
    """
    if not yes:
        raise Refused(
            f"Nothing was erased: {module} {record} and all that is known of it would be gone for good.",
            suggestion="Say it again with --yes.",
        )

    async def work(db: Connection, rights: Rights) -> dict[str, int]:
        return await erase_record(db, await load_catalog(db), module, record, rights)

    gone = doing(common, work)
    counted = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in gone.items())
    tell({"erased": gone}, f"{module} {record} is erased: {counted}.", as_json=common.json)


def _show_done(module: str, record: read.Record, deed: str, common: Common) -> None:
    if common.json:
        return print_json(_flat(record))
    return tell(None, f"{module} {record.id} is {deed}.", as_json=False)

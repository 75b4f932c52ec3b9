"""Many records in one call and one transaction: all of them are written, or none and every fault named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, Problem
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.modules.field_types import named
from whereupon.modules.names import shown
from whereupon.records.accept import Accepted, accept, refuse_read_only
from whereupon.records.documents import refuse_strange_documents
from whereupon.records.lines import grouped
from whereupon.records.parents import refuse_strange_parents
from whereupon.records.read import Record, check_id, not_found, visible
from whereupon.records.statements import (
    CONTEXT,
    Statement,
    bulk_insert_statement,
    bulk_update_statement,
    owned_by,
)
from whereupon.records.write import Writer, create_record, explained, record_of, refuse_empty

MOST = 10_000


async def create_records(
    db: Connection, catalog: Catalog, module_key: str, data: Any, writer: Writer
) -> list[Record]:
    """Create records in the order sent. Raises Invalid with /index/field for every wrong field."""
    module = catalog.module(module_key)
    sent = a_list(data)
    accepted = accept_all(catalog, module, sent, writer)
    await refuse_strange_documents(db, catalog, module, accepted, writer.rights)
    await refuse_strange_parents(db, catalog, module, [one.values for one in accepted], writer.rights)
    if any(a.lines for a in accepted):
        async with db.transaction():
            return [await create_record(db, catalog, module_key, one, writer) for one in sent]
    values = [a.values for a in accepted]
    made: dict[int, Record] = {}
    async with explained(db, catalog, module, values), db.transaction():
        for keys, group in grouped([(str(i), v) for i, v in enumerate(values)]).items():
            statement = bulk_insert_statement(catalog, module, keys, visible(module, writer.rights))
            own = () if module.attached else (writer.rights.user_id,)
            rows: list[Any] = await db.fetch(statement.sql, writer.context(), *own, [v for _, v in group])
            made |= {int(i): record_of(statement, row) for (i, _), row in zip(group, rows, strict=True)}
    return [made[i] for i in range(len(values))]


def a_list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise Invalid.of(Problem("wrong_type", f"A list of records is expected, not {named(data)}."))
    sent = cast("list[Any]", data)
    if len(sent) > MOST:
        told = f"{len(sent):,} records are too many for one call; {MOST:,} are allowed."
        raise Invalid.of(Problem("too_many", told, "", "Send them in several calls."))
    return sent


def accept_all(catalog: Catalog, module: Module, sent: Sequence[Any], writer: Writer) -> list[Accepted]:
    """Every record's faults at once, a thousand at most."""
    accepted: list[Accepted] = []
    problems: list[Problem] = []
    for index, one in enumerate(sent):
        try:
            found = accept(catalog, module, one, writer.rights, "create", f"/{index}")
            refuse_empty(module, found)
            accepted.append(found)
        except Invalid as invalid:
            problems += invalid.problems
    if problems:
        raise Invalid.of(*problems[:1000])
    return accepted


async def update_records(
    db: Connection, catalog: Catalog, module_key: str, data: Any, writer: Writer
) -> list[Record]:
    """Change records: each of `data` is {"id", "etag" if it must not have changed, fields}; no lines.

    Raises Conflict naming the records that are gone, changed meanwhile, or not the user's.
    """
    module = catalog.module(module_key)
    changes = accept_changes(catalog, module, a_list(data), writer)
    await refuse_strange_documents(db, catalog, module, [Accepted(v) for _, v in changes], writer.rights)
    await refuse_strange_parents(db, catalog, module, [v for _, v in changes], writer.rights)
    owned = writer.rights.own_only("update", module.key)
    made: dict[str, Record] = {}
    async with explained(db, catalog, module, [v for _, v in changes]), db.transaction():
        for keys, group in grouped([(str(i), v) for i, (_, v) in enumerate(changes)]).items():
            names = tuple(k for k in keys if k not in ("_id", "_etag"))
            shown_keys = visible(module, writer.rights)
            statement = bulk_update_statement(catalog, module, names, shown_keys, owned)
            sent = [values for _, values in group]
            made |= await update_group(db, statement, sent, writer, owned)
        gone = [id for id, _ in changes if id not in made]
        if gone:
            raise Conflict(
                f"{len(gone):,} records are gone, changed meanwhile, or not yours; nothing was written.",
                suggestion=f"Read these again: {', '.join(shown(id) for id in gone[:20])}.",
            )
    return [made[id] for id, _ in changes]


async def update_group(
    db: Connection, statement: Statement, sent: list[dict[str, Any]], writer: Writer, owned: bool
) -> dict[str, Record]:
    owner = writer.rights.user_id if owned else None
    rows: list[Any] = await db.fetch(statement.sql, writer.context(), sent, owner)
    return {row[0]: record_of(statement, row) for row in rows}


def accept_changes(
    catalog: Catalog, module: Module, sent: Sequence[Any], writer: Writer
) -> list[tuple[str, dict[str, Any]]]:
    changes: list[tuple[str, dict[str, Any]]] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, one in enumerate(sent):
        try:
            id, values = accept_change(catalog, module, one, writer, f"/{index}")
        except Invalid as invalid:
            problems += invalid.problems
            continue
        if id in seen:
            problems.append(Problem("named_twice", f'"{shown(id)}" is there twice.', f"/{index}/id"))
        seen.add(id)
        changes.append((id, values))
    if problems:
        raise Invalid.of(*problems[:1000])
    return changes


def accept_change(
    catalog: Catalog, module: Module, one: Any, writer: Writer, path: str
) -> tuple[str, dict[str, Any]]:
    if not isinstance(one, dict):
        raise Invalid.of(Problem("wrong_type", f"An object is expected, not {named(one)}.", path))
    fields = dict(cast("Mapping[str, Any]", one))
    id, etag = fields.pop("id", None), fields.pop("etag", None)
    if isinstance(id, bool) or not isinstance(id, (str, int)) or not (etag is None or isinstance(etag, str)):
        told = 'Each record needs its "id", and "etag" as text if it must not have changed.'
        raise Invalid.of(Problem("required", told, f"{path}/id"))
    check_id(module, str(id))
    accepted = accept(catalog, module, fields, writer.rights, "update", path)
    if accepted.lines or not accepted.values:
        told = "Name at least one field; line items are changed record by record."
        raise Invalid.of(Problem("nothing_to_write", told, path))
    return str(id), {"_id": str(id), "_etag": etag, **accepted.values}


async def delete_records(db: Connection, catalog: Catalog, module_key: str, ids: Any, writer: Writer) -> int:
    """Delete records by id; gives how many. Raises NotFound when one is not there or not the user's."""
    module, rights = catalog.module(module_key), writer.rights
    refuse_read_only(module)
    rights.require("delete", module.key)
    wanted = list(dict.fromkeys(str(id) for id in a_list(ids)))
    for id in wanted:
        check_id(module, id)
    owned = rights.own_only("delete", module.key)
    sql = (
        f"{CONTEXT}DELETE FROM {module.sql} AS n USING context "
        f"WHERE n.{quote(module.key_column)} = ANY ($2::text[]::{module.key_type}[]) "
        f"AND {owned_by(module, '$3') if owned else '$3::bigint IS NULL'} "
        f"RETURNING {module.key_sql('n')} AS id"
    )
    async with explained(db, catalog, module, []), db.transaction():
        rows: list[Any] = await db.fetch(sql, writer.context(), wanted, rights.user_id if owned else None)
        gone = set(wanted) - {row["id"] for row in rows}
        if gone:
            raise not_found(module, ", ".join(sorted(gone)[:20]))
    return len(rows)

"""Imports as they are ordered and followed: what file, into which module, how; how far; what went wrong.

The work itself is a worker's (workers/importer.py).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, did_you_mean
from whereupon.modules.catalog import Catalog, Module
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.names import shown
from whereupon.people.rights import Action, Rights
from whereupon.people.users import TimeZone
from whereupon.records.accept import must_be_sent, refuse_read_only
from whereupon.records.documents import get_document

CHANNEL = "whereupon_imports"
MOST_OPEN = 20  # imports of one person that wait or run
ID = "id"  # the record's own id, to match existing records on
NOT_IMPORTED = frozenset({"file", "line_items", "formula", "auto_number"})

Key = Annotated[str, Field(min_length=1, max_length=100)]
Encoding = Literal[
    "utf-8", "utf-16", "windows-1250", "windows-1251", "windows-1252", "windows-1253", "iso-8859-7"
]
Delimiter = Literal[",", ";", "\t", "|"]
DateFormat = Literal["ymd", "dmy", "mdy"]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Reading(BaseModel):
    """How a file is read; what is left out is found out."""

    model_config = ConfigDict(extra="forbid")

    document_id: Id
    sheet: str | None = Field(default=None, max_length=200, description="Of a workbook; none: the first.")
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    header_row: int = Field(default=1, ge=0, le=1000, description="0: the file has no headers.")


class ImportColumn(BaseModel):
    """What becomes of one column of the file."""

    model_config = ConfigDict(extra="forbid")

    column: int = Field(ge=0, le=999, description="Its place, from 0.")
    field: Key = Field(description='A field of the module, or "id".')
    date_format: DateFormat | None = Field(default=None, description="None: year, month, day.")
    decimal: Literal["point", "comma"] = "point"
    lookup_by: Key | None = Field(
        default=None, description="The field that names the other record; none: its title."
    )
    create_missing_choice: Literal[False] = False


class NewImport(Reading):
    """An import to do, or (`dry_run`) to try without changing anything."""

    module: Key
    mapping: list[ImportColumn] = Field(min_length=1, max_length=500)
    key: list[Key] = Field(
        default=[], max_length=5, description="Fields on which existing records are found; none: all are new."
    )
    on_existing: Literal["update", "skip", "fail"] = "update"
    empty_cells: Literal["keep", "clear"] = Field(default="keep", description="In records that exist.")
    fires: bool = Field(default=False, description="Whether workflows start.")
    time_zone: TimeZone | None = Field(default=None, description="Of times without a zone.")
    dry_run: bool = False


COLUMNS = """
  i.id, m.key AS module, i.user_id, u.name AS user_name, i.document_id, d.name AS document_name, i.status,
  i.mapping, i.options, i.fires, i.dry_run, i.total, i.done, i.created, i.updated, i.skipped, i.failed,
  i.examples, i.runs, i.error, i.created_at, i.started_at, i.ended_at
"""
SOURCE = """
FROM whereupon.imports i JOIN whereupon.modules m ON m.id = i.module_id
JOIN whereupon.users u ON u.id = i.user_id JOIN whereupon.documents d ON d.id = i.document_id
"""
# $1 whose imports (null: everybody's), $2 the id to go on from, $3 a module or null.
LIST = f"""
SELECT {COLUMNS} {SOURCE}
WHERE ($1::bigint IS NULL OR i.user_id = $1) AND i.id < $2 AND ($3::text IS NULL OR m.key = $3)
ORDER BY i.id DESC LIMIT $4
"""
GET = f"SELECT {COLUMNS} {SOURCE} WHERE i.id = $1"
CREATE = """
INSERT INTO whereupon.imports (module_id, user_id, document_id, mapping, options, fires, dry_run)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
"""
OPEN = "SELECT count(*) FROM whereupon.imports WHERE user_id = $1 AND ended_at IS NULL"
CANCEL = """
UPDATE whereupon.imports SET status = 'cancelled', ended_at = clock_timestamp()
WHERE id = $1 AND ended_at IS NULL
"""
PROBLEMS = """
SELECT row_number, cells, problems FROM whereupon.import_problems WHERE import_id = $1 AND row_number > $2
ORDER BY row_number LIMIT $3
"""
WORKFLOWS = "SELECT id, key, name FROM whereupon.workflows WHERE id = ANY($1::bigint[]) ORDER BY name, id"


async def create_import(db: Connection, catalog: Catalog, rights: Rights, new: NewImport) -> dict[str, Any]:
    """Order an import. Raises NotFound, Refused, Invalid naming every wrong place, Conflict."""
    module = catalog.module(new.module)
    refuse_read_only(module)
    rights.require("read", module.key)
    await get_document(db, catalog, new.document_id, rights)
    problems = problems_of(catalog, module, rights, new)
    if problems:
        raise Invalid.of(*problems, what="The import cannot be done so.")
    for action in actions_of(new):
        rights.require(action, module.key)
    if await db.fetchval(OPEN, rights.user_id) >= MOST_OPEN:
        raise Conflict(
            f"{MOST_OPEN} of your imports are under way.", suggestion="Wait for one to end, or cancel one."
        )
    options = new.model_dump(exclude={"module", "mapping", "document_id", "fires", "dry_run"})
    made: int = await db.fetchval(
        CREATE, module.id, rights.user_id, new.document_id, [c.model_dump() for c in new.mapping],
        options, new.fires, new.dry_run,
    )  # fmt: skip
    await db.execute(f"NOTIFY {CHANNEL}")
    return await get_import(db, rights, made)


def actions_of(new: NewImport) -> list[Action]:
    """What the import may do to records."""
    found: list[Action] = []
    if new.key != [ID]:
        found.append("create")
    if new.key and new.on_existing == "update":
        found.append("update")
    return found


def problems_of(catalog: Catalog, module: Module, rights: Rights, new: NewImport) -> list[Problem]:
    """What is wrong with the mapping and the key."""
    problems, seen = list[Problem](), set[str]()
    columns: set[int] = set()
    for index, column in enumerate(new.mapping):
        path = f"/mapping/{index}"
        problems += problems_of_column(catalog, module, rights, new, column, path)
        if column.field in seen:
            problems.append(Problem("named_twice", "Another column goes into this field.", f"{path}/field"))
        if column.column in columns:
            problems.append(Problem("named_twice", "This column is there twice.", f"{path}/column"))
        seen.add(column.field)
        columns.add(column.column)
    for index, key in enumerate(new.key):
        path = f"/key/{index}"
        if key not in seen:
            problems.append(Problem("not_mapped", f'No column goes into "{shown(key)}".', path))
        elif key != ID and (key not in rights.readable(module) or not usable_key(module.fields[key])):
            told = f"Records cannot be found by {module.fields[key].label}."
            problems.append(Problem("not_a_key", told, path))
    if ID in seen and new.key != [ID]:
        told = "The id of a record only serves to find it."
        problems.append(Problem("not_a_key", told, "/key", 'Set key to ["id"], or leave the column out.'))
    if new.key != [ID] and not problems:
        for field in module.fields.values():
            if must_be_sent(field) and field.key not in seen and field.key != module.parent_field:
                told = f"{field.label} must have a value, and no column goes into it."
                if not (new.key and new.on_existing == "update"):
                    problems.append(Problem("required", told, "/mapping"))
    return problems


def usable_key(field: ModuleField) -> bool:
    """Whether records can be found by a field's value."""
    return field.column is not None and field.type not in ("multi_select", "rich_text", "line_items", "file")


def problems_of_column(
    catalog: Catalog, module: Module, rights: Rights, new: NewImport, column: ImportColumn, path: str
) -> list[Problem]:
    if column.field == ID:
        return []
    field = module.fields.get(column.field)
    if field is None or field.key not in rights.readable(module):
        told = f'{module.label} has no field "{shown(column.field)}".'
        hint = did_you_mean(column.field, rights.readable(module))
        return [Problem("unknown_field", told, f"{path}/field", hint)]
    only_key = column.field in new.key
    if not only_key and (field.type in NOT_IMPORTED or field.read_only or field.key == module.parent_field):
        return [Problem("read_only", f"{field.label} cannot be imported.", f"{path}/field", "Leave it out.")]
    problems: list[Problem] = []
    for action in actions_of(new):
        if not only_key and field.key not in rights.writable(module, action):
            told = f'You may not {action} "{field.key}" of {module.label_plural}.'
            problems.append(Problem("refused", told, f"{path}/field", "Leave the column out."))
            break
    if column.lookup_by is not None:
        problems += problems_of_lookup(catalog, rights, field, column, path)
    return problems


def problems_of_lookup(
    catalog: Catalog, rights: Rights, field: ModuleField, column: ImportColumn, path: str
) -> list[Problem]:
    """By what a reference names the other record."""
    target = catalog.modules.get(field.target or "")
    if field.type not in ("reference", "user") or target is None:
        told = f"{field.label} does not lead to another record."
        return [Problem("no_reference", told, f"{path}/lookup_by", "Leave it out.")]
    by = column.lookup_by or ""
    known = KNOWN_OF_USERS if target.key == "users" else rights.readable(target)
    known = {key for key in known if key in target.fields and usable_key(target.fields[key])} | {ID}
    if by not in known:
        told = f'{target.label} has no field "{shown(by)}" to find it by.'
        return [Problem("unknown_field", told, f"{path}/lookup_by", did_you_mean(by, known))]
    return []


KNOWN_OF_USERS = frozenset({"name", "email"})


async def list_imports(
    db: Connection, rights: Rights, *, before: int | None = None, module: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """One's own imports, the newest first; administrators see everybody's."""
    owner = None if rights.administrator else rights.user_id
    rows = await db.fetch(LIST, owner, before or 2**62, module, limit)
    return [told(row, {}) for row in rows]


async def get_import(db: Connection, rights: Rights, import_id: int) -> dict[str, Any]:
    """One import with its first problems and, of a dry run, what would start. Raises NotFound."""
    row: Any = await db.fetchrow(GET, import_id)
    if row is None or not (rights.administrator or row["user_id"] == rights.user_id):
        raise NotFound(f"There is no import {import_id}.")
    names = {str(w["id"]): w for w in await db.fetch(WORKFLOWS, [int(id) for id in row["runs"]])}
    found = told(row, names)
    found["problems"] = [
        {"row": p["row_number"], **one}
        for p in await db.fetch(PROBLEMS, import_id, 0, 100)
        for one in p["problems"]
    ][:100]
    return found


def told(row: Any, workflows: Mapping[str, Any]) -> dict[str, Any]:
    """An import as JSON."""
    found = dict(row)
    options = found.pop("options")
    seconds = None
    if row["started_at"] is not None and row["ended_at"] is not None:
        seconds = (row["ended_at"] - row["started_at"]).total_seconds()
    starts = [
        {"workflow": w["key"], "name": w["name"], "count": row["runs"][id]} for id, w in workflows.items()
    ]
    return found | {
        "key": options["key"], "on_existing": options["on_existing"], "empty_cells": options["empty_cells"],
        "runs": starts, "problems": [], "seconds": seconds,
        "rows_per_second": round(row["done"] / seconds, 1) if seconds else None,
    }  # fmt: skip


async def cancel_import(db: Connection, rights: Rights, import_id: int) -> dict[str, Any]:
    """End an import after the rows that are being written; they stay. Raises NotFound."""
    await get_import(db, rights, import_id)
    await db.execute(CANCEL, import_id)
    await db.execute("SELECT pg_notify($1, $2)", CHANNEL, str(import_id))
    return await get_import(db, rights, import_id)


async def problem_rows(db: Connection, import_id: int) -> AsyncGenerator[Mapping[str, Any]]:
    """Every row that was not written, in the file's order."""
    after = 0
    while rows := await db.fetch(PROBLEMS, import_id, after, 1000):
        for row in rows:
            yield row
        after = rows[-1]["row_number"]


async def header_of(db: Connection, import_id: int) -> list[str]:
    """What stands above the columns of the file."""
    return await db.fetchval("SELECT header FROM whereupon.imports WHERE id = $1", import_id)

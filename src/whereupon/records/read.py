"""Read one record or a page of many: flat, ready for JSON, and only what the user may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.catalog import Catalog, Field, Module, quote
from whereupon.modules.ddl import literal
from whereupon.modules.names import shown
from whereupon.people.rights import Action, Rights
from whereupon.records.keys import fits_key
from whereupon.records.order import cursor_place, make_cursor, part_sql, sorting, stretches, unknown
from whereupon.records.statements import (
    as_json,
    owned_by,
    read_statement,
    selected,
    shown_field,
    shown_fields,
)

MOST = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its key and etag as text, its fields by key as JSON values, lines included."""

    id: str
    etag: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some records; `next` is the cursor of the page after, None at the end.

    `titles`: by reference field, by id, what names the other record.
    """

    records: tuple[Record, ...]
    next: str | None
    titles: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])


async def read_record(
    db: Connection, catalog: Catalog, module_key: str, record_id: str, rights: Rights, *, lines: bool = True
) -> Record:
    """One record. Raises NotFound, also when the user may not know that it exists."""
    module = catalog.module(module_key)
    rights.require("read", module.key)
    check_id(module, record_id)
    keys, owned = visible(module, rights), rights.own_only("read", module.key)
    statement = read_statement(catalog, module, keys, owned)
    try:
        row: Any = await db.fetchrow(statement.sql, None, record_id, None, rights.user_id if owned else None)
    except asyncpg.InvalidTextRepresentationError:
        row = None
    if row is None:
        raise not_found(module, record_id)
    record = Record(row[0], row[1], as_json(statement, row))
    return await with_lines(db, catalog, module, record, rights) if lines else record


def visible(module: Module, rights: Rights) -> tuple[str, ...]:
    """The fields that the user may read, in order."""
    readable = rights.readable(module)
    return tuple(key for key in module.fields if key in readable)


def check_id(module: Module, record_id: str) -> None:
    """Raises NotFound for an id that no record of the module can have."""
    if not fits_key(module.key_type, record_id):
        raise not_found(module, record_id)


def not_found(module: Module, record_id: str) -> NotFound:
    """The error for a record that is not there, or that this user may not know of."""
    return NotFound(f'There is no {module.label.lower()} "{shown(record_id)}".')


async def with_lines(
    db: Connection, catalog: Catalog, module: Module, record: Record, rights: Rights
) -> Record:
    """The same record with its line items, in their order."""
    for found in module.fields.values():
        if found.type == "line_items" and found.key in rights.readable(module):
            record.values[found.key] = await read_lines(db, catalog, found, record.id, rights)
    return record


async def read_lines(
    db: Connection, catalog: Catalog, found: Field, record_id: str, rights: Rights
) -> list[dict[str, Any]]:
    """The lines of one record; none when the user may not read them."""
    child = catalog.module(found.options["target"])
    keys = tuple(k for k in visible(child, rights) if k != child.parent_field)
    if not keys:
        return []
    parent = child.fields[child.parent_field or ""]
    key_type = catalog.module(parent.options["target"]).key_type
    read = shown_fields(catalog, child, keys)
    order = 'n."position" NULLS LAST, ' if "position" in child.fields else ""
    rows: list[Any] = await db.fetch(
        f"SELECT {selected(child, read)} FROM {child.sql} AS n "
        f"WHERE n.{quote(parent.column or '')} = $1::text::{key_type} "
        f"AND {lines_allowed(catalog, child, rights, 'read')} "
        f"ORDER BY {order}n.{quote(child.key_column)}",
        record_id,
    )
    return [{s.key: s.show(row[i]) for i, s in enumerate(read, 2)} for row in rows]


def lines_allowed(catalog: Catalog, child: Module, rights: Rights, action: Action) -> str:
    """SQL: the user may do this to the line "n". Without an owner field, it is its record's owner's."""
    if not rights.own_only(action, child.key):
        return "true"
    user, link = literal(rights.user_id), child.fields[child.parent_field or ""]
    if child.owner_field:
        return owned_by(child, user)
    parent = catalog.module(link.options["target"])
    return (
        f"n.{quote(link.column or '')} IN "
        f"(SELECT n.{quote(parent.key_column)} FROM {parent.sql} AS n WHERE {owned_by(parent, user)})"
    )


async def list_records(
    db: Connection,
    catalog: Catalog,
    module_key: str,
    rights: Rights,
    *,
    where: str | None = None,
    sort: Sequence[str] = (),
    limit: int = 50,
    cursor: str | None = None,
    fields: Iterable[str] | None = None,
    titles: bool = False,
) -> Page:
    """A page of records.

    `where` is SQL from conditions.compile_condition with the row as "n"; `sort` field keys, "-" before
    one for descending; missing values come last. Raises Invalid on an unknown field or a bad cursor.
    """
    module = catalog.module(module_key)
    rights.require("read", module.key)
    read = shown_fields(catalog, module, chosen(module, rights, fields))
    order, asked = sorting(catalog, module, visible(module, rights), sort), max(1, min(limit, MOST))
    rows: list[Any] = []
    try:
        for part in stretches(order, cursor_place(cursor, order)):
            if len(rows) <= asked:
                sql = part_sql(module, read, order, part, seen(module, where, rights))
                rows += await db.fetch(sql, *part.values, asked + 1 - len(rows))
    except asyncpg.DataError as error:
        raise Invalid.of(Problem("cannot_compute", f"This list cannot be made: {error}.")) from None
    records = tuple(
        Record(row[0], row[1], {s.key: s.show(row[i]) for i, s in enumerate(read, 2)}) for row in rows[:asked]
    )
    following = make_cursor(order, rows[asked - 1]) if len(rows) > asked else None
    found = await read_titles(db, catalog, module, records, rights) if titles else {}
    return Page(records, following, found)


async def count_records(
    db: Connection, catalog: Catalog, module_key: str, rights: Rights, *, where: str | None = None
) -> int:
    """How many records there are of those the user may see."""
    module = catalog.module(module_key)
    rights.require("read", module.key)
    count: int = await db.fetchval(
        f"SELECT count(*) FROM {module.sql} AS n WHERE {seen(module, where, rights)}"
    )
    return count


def seen(module: Module, where: str | None, rights: Rights) -> str:
    """SQL: row "n" meets `where` and is one that the user may see."""
    own = owned_by(module, literal(rights.user_id)) if rights.own_only("read", module.key) else "true"
    return f"{own} AND ({where})" if where else own


def chosen(module: Module, rights: Rights, fields: Iterable[str] | None) -> tuple[str, ...]:
    """The fields asked for, else all that may be read. Raises Invalid on an unknown one."""
    readable = visible(module, rights)
    if fields is None:
        return readable
    asked = list(dict.fromkeys(fields))
    problems = [unknown(module, key, readable, "/fields") for key in asked if key not in readable]
    if problems:
        raise Invalid.of(*problems)
    return tuple(asked)


async def read_titles(
    db: Connection, catalog: Catalog, module: Module, records: Iterable[Record], rights: Rights
) -> dict[str, dict[str, Any]]:
    """What names the records that these refer to, as far as the user may read it."""
    found: dict[str, dict[str, Any]] = {}
    for reference in module.fields.values():
        goal = reference.target
        if reference.type not in ("reference", "user") or goal not in catalog.modules or goal is None:
            continue
        ids = {str(v) for r in records if (v := r.values.get(reference.key)) is not None}
        target = catalog.module(goal)
        title = target.title_field
        if ids and title and rights.may("read", target.key) and title in rights.readable(target):
            found[reference.key] = await titles_of(db, catalog, target, title, sorted(ids), rights)
    return found


async def titles_of(
    db: Connection, catalog: Catalog, target: Module, title: str, ids: list[str], rights: Rights
) -> dict[str, Any]:
    read = shown_field(catalog, target, target.fields[title])
    key = f"n.{quote(target.key_column)} = ANY ($1::text[]::{target.key_type}[])"
    rows: list[Any] = await db.fetch(
        f"SELECT {target.key_sql('n')}, {read.sql} FROM {target.sql} AS n "
        f"WHERE {key} AND {seen(target, None, rights)}",
        ids,
    )
    return {row[0]: read.show(row[1]) for row in rows}

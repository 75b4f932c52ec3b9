"""Which records of other modules refer to this one: how many, and the newest of them."""

from __future__ import annotations

from dataclasses import dataclass

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog, Field, Module, quote
from whereupon.people.rights import Rights
from whereupon.records.bounded import fetch_within
from whereupon.records.counting import Counted
from whereupon.records.lookup import Found, title_of
from whereupon.records.read import read_record, seen
from whereupon.records.statements import shown_field

SHOWN = 5
MOST_COUNTED = 1000
MILLISECONDS = 150  # for each reference field


@dataclass(frozen=True, slots=True)
class Related:
    """The records of `module` whose `field` holds this record; `count` None: there was no time to look."""

    module: Module
    field: Field
    count: Counted | None
    records: list[Found]


async def related_to(
    db: Connection, catalog: Catalog, module_key: str, record_id: str, rights: Rights
) -> list[Related]:
    """One entry for each reference field that leads here and may be read. Raises NotFound, Refused."""
    record = await read_record(db, catalog, module_key, record_id, rights, lines=False)
    found: list[Related] = []
    for module, field in catalog.children(catalog.module(module_key).key):
        if field.key in rights.readable(module) and module.parent_field != field.key and field.column:
            found.append(await of_field(db, catalog, module, field, record.id, rights))
    return found


async def of_field(
    db: Connection, catalog: Catalog, module: Module, field: Field, record_id: str, rights: Rights
) -> Related:
    """Those that refer by one field. Line items, which have a parent, are named by their own title."""
    target = catalog.module(field.target or "")
    key_type = field.options.get("sql_type") or target.key_type
    here = f"n.{quote(field.column or '')} = $1::text::{key_type} AND {seen(module, None, rights)}"
    counted = await fetch_within(
        db,
        MILLISECONDS,
        f"SELECT count(*) FROM (SELECT FROM {module.sql} AS n WHERE {here} LIMIT {MOST_COUNTED + 1}) x",
        record_id,
    )
    if counted is None:
        return Related(module, field, None, [])
    count: int = counted[0][0]
    title, key = title_of(catalog, module, rights), module.key_sql("n")
    named = shown_field(catalog, module, title).sql if title else key
    newest = f"ORDER BY n.{quote(module.key_column)} DESC" if len(module.key_columns) == 1 else ""
    rows = await fetch_within(
        db,
        MILLISECONDS,
        f"SELECT {key}, ({named})::text FROM {module.sql} AS n WHERE {here} {newest} LIMIT {SHOWN}",
        record_id,
    )
    records = [Found(row[0], row[1] if row[1] is not None else row[0]) for row in rows or []]
    return Related(module, field, Counted(min(count, MOST_COUNTED), count <= MOST_COUNTED), records)

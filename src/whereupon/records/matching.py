"""How many records meet a condition, of how many, and some of them: answered in time on any table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.people.rights import Rights
from whereupon.records.bounded import fetch_within
from whereupon.records.counting import Counted, count_quickly
from whereupon.records.lookup import title_of
from whereupon.records.read import seen
from whereupon.records.statements import shown_field

COUNTED = 10_000  # beyond, "more than 10,000" says enough
MILLISECONDS = 1_000
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A record that meets the condition; `title` is None where the user may not read it, or it has none."""

    id: str
    title: Any


@dataclass(frozen=True, slots=True)
class Matches:
    """`count` is None when it was not counted to the end: then there are `at_least` so many."""

    count: int | None
    at_least: int
    total: Counted
    examples: tuple[Example, ...]


async def find_matches(
    db: Connection,
    catalog: Catalog,
    module_key: str,
    rights: Rights,
    where: str,
    *,
    milliseconds: int = MILLISECONDS,
) -> Matches:
    """The records, of those that the user may see, for which `where` (SQL over the row "n") holds."""
    module = catalog.module(module_key)
    rights.require("read", module.key)
    source = f"FROM {module.sql} AS n WHERE {seen(module, where, rights)}"
    try:
        examples = await fetch_within(db, milliseconds, _examples_sql(catalog, module, rights, source))
        counted = await fetch_within(
            db, milliseconds, f"SELECT count(*) FROM (SELECT 1 {source} LIMIT {COUNTED + 1}) x"
        )
    except asyncpg.DataError as error:
        raise Invalid.of(Problem("cannot_compute", f"These records cannot be found: {error}.")) from None
    found = tuple(Example(row["id"], row["title"]) for row in examples or ())
    count = int(counted[0][0]) if counted is not None else None
    whole = count is not None and count <= COUNTED
    at_least = min(count, COUNTED) if count is not None else len(found)
    total = await count_quickly(db, catalog, module_key, rights)
    return Matches(count if whole else None, at_least, total, found)


def _examples_sql(catalog: Catalog, module: Module, rights: Rights, source: str) -> str:
    """The first few, in the order of the key: without any order, a rare condition would be as slow."""
    title = title_of(catalog, module, rights)
    shown = f"({shown_field(catalog, module, title).sql})::text" if title else "NULL::text"
    order = ", ".join(f"n.{quote(column)}" for column in module.key_columns)
    return f"SELECT {module.key_sql('n')} AS id, {shown} AS title {source} ORDER BY {order} LIMIT {EXAMPLES}"

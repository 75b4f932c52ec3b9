"""How many records there are: counted when that is quick, else as the database estimates it, and said so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Catalog
from whereupon.people.rights import Rights
from whereupon.records.bounded import fetch_within
from whereupon.records.read import seen

MILLISECONDS = 400


@dataclass(frozen=True, slots=True)
class Counted:
    """`exact` False: an estimate, because counting would have taken too long."""

    count: int
    exact: bool


async def count_quickly(
    db: Connection,
    catalog: Catalog,
    module_key: str,
    rights: Rights,
    *,
    where: str | None = None,
    milliseconds: int = MILLISECONDS,
) -> Counted:
    """How many records there are of those the user may see. `where` as for list_records."""
    module = catalog.module(module_key)
    rights.require("read", module.key)
    source = f"FROM {module.sql} AS n WHERE {seen(module, where, rights)}"
    try:
        rows = await fetch_within(db, milliseconds, f"SELECT count(*) {source}")
    except asyncpg.DataError as error:
        raise Invalid.of(Problem("cannot_compute", f"These records cannot be counted: {error}.")) from None
    if rows is not None:
        return Counted(rows[0][0], True)
    plan: Any = await db.fetchval(f"EXPLAIN (FORMAT JSON) SELECT 1 {source}")
    return Counted(int(plan[0]["Plan"]["Plan Rows"]), False)

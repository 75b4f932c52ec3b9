"""Records whose strategy began again get the dates of their steps counted from that day (E5)."""

from __future__ import annotations

from typing import Any

import asyncpg

from whereupon.runs.definitions import Definitions
from whereupon.runs.due_dates import follow_dates

BATCH = 1_000
ANY = "SELECT EXISTS (SELECT FROM whereupon.strategy_records WHERE to_count)"
TAKE = """
UPDATE whereupon.strategy_records s SET to_count = false
FROM (SELECT module_id, record_id FROM whereupon.strategy_records WHERE to_count
      LIMIT $1 FOR UPDATE SKIP LOCKED) t
WHERE s.module_id = t.module_id AND s.record_id = t.record_id RETURNING s.module_id, s.record_id
"""


async def follow_restarts(db: asyncpg.Connection[Any], definitions: Definitions) -> int:
    """Count the dates of up to a thousand records, in the caller's transaction; of how many."""
    if not await db.fetchval(ANY):
        return 0
    touched: dict[int, list[str]] = {}
    rows = await db.fetch(TAKE, BATCH)
    for row in rows:
        touched.setdefault(row["module_id"], []).append(row["record_id"])
    await follow_dates(db, definitions, touched, careful=True)
    return len(rows)

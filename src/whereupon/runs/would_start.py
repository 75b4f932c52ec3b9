"""Which workflows changes would start that are about to be taken back: asked by the matcher itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

import asyncpg

from whereupon.runs.definitions import Definitions
from whereupon.runs.match import Change, claim_first, match_changes

LAST = "SELECT coalesce(max(id), 0) FROM whereupon.changes"
# In a transaction that sees nobody else's commits, what is newer than the last one is its own.
SINCE = """
SELECT id, module_id, record_id, op, run_id, at, whereupon.shard(record_id) AS shard
FROM whereupon.changes WHERE id > $1 ORDER BY id
"""


async def last_change(db: asyncpg.Connection[Any]) -> int:
    """The newest change that a repeatable-read transaction sees, before it writes."""
    return await db.fetchval(LAST)


async def would_start(db: asyncpg.Connection[Any], definitions: Definitions, after: int) -> Counter[int]:
    """By workflow id: how many runs the transaction's own changes, those after `after`, would start."""
    changes = [
        Change(r["id"], r["module_id"], r["record_id"], r["op"].decode(), r["run_id"], r["at"], r["shard"])
        for r in await db.fetch(SINCE, after)
    ]
    pairs = await claim_first(db, await match_changes(db, definitions, changes))
    return Counter(active.workflow_id for _, active in pairs)

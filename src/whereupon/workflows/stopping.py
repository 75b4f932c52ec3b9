"""What ends with a workflow that is stopped: its bulk runs, and its runs under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.db.pool import Connection

BULK_RUNS = """
SELECT id FROM whereupon.bulk_runs WHERE workflow_id = $1 AND ended_at IS NULL ORDER BY id FOR UPDATE
"""
END_BULK = """
UPDATE whereupon.bulk_runs SET status = 'cancelled', ended_at = clock_timestamp(), error = $2,
  matched = coalesce(matched, 0), per_second = NULL
WHERE id = ANY($1::bigint[])
"""
# A chunk that is being worked on is waited for; its runs are there then, to be cancelled with the others.
DROP_CHUNKS = """
UPDATE whereupon.bulk_chunks SET status = 'dropped' WHERE bulk_id = ANY($1::bigint[]) AND status = 'todo'
"""
# Chunks at rest are counted once more.
COUNT_AGAIN = """
UPDATE whereupon.bulk_chunks SET status = 'under_way' WHERE bulk_id = ANY($1::bigint[]) AND status = 'resting'
"""
# What was done since it was last reckoned up; what is under way follows.
SUM_UP = """
UPDATE whereupon.bulk_runs b SET processed = s.processed, changed = s.changed, skipped = s.skipped,
  failed = s.failed
FROM (SELECT bulk_id, sum(processed) AS processed, sum(changed) AS changed, sum(skipped) AS skipped,
        sum(failed) AS failed FROM whereupon.bulk_chunks WHERE bulk_id = ANY($1::bigint[]) GROUP BY 1) s
WHERE b.id = s.bulk_id
"""
TELL = "SELECT pg_notify('whereupon_bulk_runs', id::text) FROM unnest($1::bigint[]) id"
CANCEL_RUNS = """
UPDATE whereupon.runs SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
  waiting = NULL, ended_at = clock_timestamp(), error = $2
WHERE workflow_id = $1 AND ended_at IS NULL
"""


async def end_bulk_runs(db: Connection, ids: Sequence[int], error: Mapping[str, Any]) -> None:
    """Cancel bulk runs whose rows are locked; their runs are the caller's to cancel, afterwards."""
    if ids:
        await db.execute(END_BULK, list(ids), dict(error))
        await db.execute(DROP_CHUNKS, list(ids))
        await db.execute(COUNT_AGAIN, list(ids))
        await db.execute(SUM_UP, list(ids))
        await db.execute(TELL, list(ids))


async def end_bulk_runs_of(db: Connection, workflow_id: int, error: Mapping[str, Any]) -> None:
    """Cancel all bulk runs of a workflow that are not over."""
    await end_bulk_runs(db, [row["id"] for row in await db.fetch(BULK_RUNS, workflow_id)], error)


async def end_everything_of(db: Connection, workflow_id: int, message: str) -> None:
    """Cancel all that is under way of a workflow."""
    error = {"code": "cancelled", "message": message}
    await end_bulk_runs_of(db, workflow_id, error)
    await db.execute(CANCEL_RUNS, workflow_id, error)

"""Ending a bulk run before its time: by a person, with its workflow, or with the run that waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.db.pool import Connection
from whereupon.workflows.stopping import end_bulk_runs

CANCEL_RUNS = """
UPDATE whereupon.runs SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
  waiting = NULL, ended_at = clock_timestamp(), error = $2
WHERE bulk_id = $1 AND status = ANY('{queued,running,waiting,held}') AND ended_at IS NULL
"""
# Bulk runs that one of these runs started, or one that they had started and that was cancelled with them.
# What a worker has in hand just now is left to it: it looks whether the run is over (reckoning.MOVING).
STARTED_BY = """
SELECT b.id FROM whereupon.bulk_runs b
WHERE b.ended_at IS NULL AND b.parent_run_id IN (
  WITH RECURSIVE family (id) AS (
    SELECT unnest($1::bigint[])
    UNION SELECT k.id FROM family f JOIN whereupon.runs k ON k.parent_run_id = f.id
      WHERE k.branch_node IS NOT NULL AND k.status = 'cancelled')
  SELECT id FROM family)
ORDER BY b.id FOR UPDATE OF b SKIP LOCKED
"""
WITH_ITS_RUN = {"code": "parent_cancelled", "message": "The run that started it was cancelled."}


async def end_early(db: Connection, bulk_id: int, error: Mapping[str, Any]) -> None:
    """Cancel a bulk run whose row is locked, with everything of it that is not over."""
    await end_bulk_runs(db, [bulk_id], error)
    await db.execute(CANCEL_RUNS, bulk_id, dict(error))


async def end_those_of(db: Connection, runs: Sequence[int]) -> None:
    """Cancel what these runs, which are cancelled, had started and waited for. What is done stays."""
    for row in await db.fetch(STARTED_BY, list(runs)):
        await end_early(db, row["id"], WITH_ITS_RUN)

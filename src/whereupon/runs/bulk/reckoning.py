"""How far bulk runs are: counted from their runs, chunk by chunk, so that no run's end touches a common row.

Whatever ends a run, it is counted: the counters are what the runs say. A chunk that is over is never counted
again. A bulk run is over when every member's run is over or at rest, that is held, or waiting for a time, a
person or a change; what is at rest is counted as waiting, and when it ends later the counters follow.
"""

from __future__ import annotations

from typing import Any

import asyncpg
import structlog

from whereupon.db.pool import GONE, TRANSIENT, Connection
from whereupon.errors import Unavailable, WhereuponError
from whereupon.runs.bulk.opening import TELL, Members, where_of
from whereupon.runs.definitions import Version

log = structlog.get_logger()
PACE_SECONDS = 3.0  # the stretch of time that "records per second" is about
SOON = "60 seconds"  # a run that goes on within so long is not at rest

# Bulk runs that move, the one first that was not looked at for longest; others may be in hand elsewhere.
MOVING = """
SELECT b.*, w.state AS workflow_state, p.status AS parent_status FROM whereupon.bulk_runs b
LEFT JOIN whereupon.workflows w ON w.id = b.workflow_id
LEFT JOIN whereupon.runs p ON p.id = b.parent_run_id
WHERE b.status IN ('running', 'paused') OR EXISTS (
  SELECT FROM whereupon.bulk_chunks c WHERE c.bulk_id = b.id AND c.status = 'under_way')
ORDER BY b.pace_at, b.id LIMIT 50 FOR UPDATE OF b SKIP LOCKED
"""
# Chunks at rest of which a run has gone on since they were counted.
STIRRED = """
UPDATE whereupon.bulk_chunks c SET status = 'under_way', edges = NULL
WHERE c.status = 'resting' AND c.waiting <> (
  SELECT count(*) FROM whereupon.runs r WHERE r.bulk_id = c.bulk_id
    AND r.status = ANY('{queued,waiting,held}') AND r.bulk_nr BETWEEN c.first_nr AND c.last_nr)
"""
# Rule 17, "queue": it stands behind an earlier run on its record, which is at rest.
BEHIND = """r.serial AND r.status = 'queued' AND EXISTS (
  SELECT FROM whereupon.runs e WHERE e.module_id = r.module_id AND e.record_id = r.record_id
    AND e.workflow_id = r.workflow_id AND e.id < r.id AND e.status IN ('waiting', 'held')
    AND e.started_by <> 'for_each')"""
# A run is on its way unless it is over, held, or waits for what does not come by itself in a moment.
ON_ITS_WAY = f"""r.ended_at IS NULL AND r.status <> 'held' AND NOT ({BEHIND}) AND (r.status <> 'waiting'
  OR r.ready_at <= clock_timestamp() + interval '{SOON}'
  OR EXISTS (SELECT FROM whereupon.calls k WHERE k.run_id = r.id AND k.status IN ('queued', 'calling'))
  OR EXISTS (SELECT FROM whereupon.messages k WHERE k.run_id = r.id AND k.awaited
             AND k.status IN ('queued', 'sending'))
  OR EXISTS (SELECT FROM whereupon.runs k WHERE k.parent_run_id = r.id AND k.branch_node IS NOT NULL
             AND k.status IN ('queued', 'running')))"""
# Its own record is not as it was.
CHANGED = """EXISTS (SELECT FROM whereupon.changes k WHERE k.module_id = r.module_id
  AND k.record_id = r.record_id AND k.run_id = r.id AND k.op <> 'F')"""
SKIPPED = """r.status = 'cancelled' AND r.error->>'code' IN ('skipped', 'record_deleted')"""
FAILED = "r.status IN ('failed', 'partial')"
# Chunk by chunk (LATERAL), or the planner might read all runs there are.
RECKON = f"""
UPDATE whereupon.bulk_chunks c SET processed = t.processed, changed = t.changed, skipped = t.skipped,
  failed = t.failed, waiting = t.open - t.in_flight, in_flight = t.in_flight,
  status = CASE WHEN t.open = 0 THEN 'done' WHEN t.in_flight = 0 THEN 'resting' ELSE 'under_way' END
FROM (SELECT bulk_id, first_nr, last_nr FROM whereupon.bulk_chunks
      WHERE bulk_id = $1 AND status = 'under_way' FOR UPDATE SKIP LOCKED) u,
  LATERAL (
    SELECT count(*) FILTER (WHERE r.ended_at IS NOT NULL) AS processed,
      count(*) FILTER (WHERE r.ended_at IS NULL) AS open,
      count(*) FILTER (WHERE {ON_ITS_WAY}) AS in_flight,
      count(*) FILTER (WHERE r.ended_at IS NOT NULL AND {CHANGED}) AS changed,
      count(*) FILTER (WHERE {SKIPPED}) AS skipped, count(*) FILTER (WHERE {FAILED}) AS failed
    FROM whereupon.runs r WHERE r.bulk_id = u.bulk_id AND r.bulk_nr BETWEEN u.first_nr AND u.last_nr) t
WHERE c.bulk_id = u.bulk_id AND c.first_nr = u.first_nr
"""
SUM_UP = f"""
UPDATE whereupon.bulk_runs b SET processed = s.processed, changed = s.changed, skipped = s.skipped,
  failed = s.failed, waiting = s.waiting,
  per_second = CASE WHEN b.ended_at IS NOT NULL THEN b.per_second
    WHEN p.seconds >= {PACE_SECONDS} THEN (s.processed - b.pace_processed) / p.seconds ELSE b.per_second END,
  pace_processed = CASE WHEN p.seconds >= {PACE_SECONDS} THEN s.processed ELSE b.pace_processed END,
  pace_at = CASE WHEN p.seconds >= {PACE_SECONDS} THEN clock_timestamp() ELSE b.pace_at END
FROM (SELECT coalesce(sum(processed), 0) AS processed, coalesce(sum(changed), 0) AS changed,
        coalesce(sum(skipped), 0) AS skipped, coalesce(sum(failed), 0) AS failed,
        coalesce(sum(waiting), 0) AS waiting, count(*) FILTER (WHERE status IN ('todo', 'under_way')) AS left
      FROM whereupon.bulk_chunks WHERE bulk_id = $1) s,
  (SELECT extract(epoch FROM clock_timestamp() - pace_at)::float8 AS seconds
   FROM whereupon.bulk_runs WHERE id = $1) p
WHERE b.id = $1 RETURNING s.left, b.processed, b.failed, b.waiting
"""
# By what failed; also of one that is over, when a run that waited fails. "failed": something failed, and
# nothing succeeded, not even in part.
END_STATUS = """CASE WHEN failed = 0 THEN 'succeeded'
  WHEN failed + skipped < matched OR EXISTS (
    SELECT FROM whereupon.runs r WHERE r.bulk_id = whereupon.bulk_runs.id
      AND r.status = 'partial' AND r.status <> 'succeeded') THEN 'partial'
  ELSE 'failed' END"""
END = f"""
UPDATE whereupon.bulk_runs SET status = {END_STATUS}, ended_at = clock_timestamp(), still_matching = $2,
  per_second = processed / greatest(
    extract(epoch FROM clock_timestamp() - started_at)::float8 - paused_seconds, 0.001)
WHERE id = $1
"""
CORRECT = f"""
UPDATE whereupon.bulk_runs SET status = {END_STATUS}
WHERE id = $1 AND status IN ('succeeded', 'partial', 'failed') AND matched > 0
"""
# While it is paused, runs that were made meanwhile wait as well.
PARK = """
UPDATE whereupon.runs SET ready_at = NULL
WHERE bulk_id = $1 AND status = 'queued' AND ready_at IS NOT NULL
"""


async def moving(db: Connection) -> list[Any]:
    """The bulk runs that move, locked until the transaction ends."""
    return await db.fetch(MOVING)


async def reckon_up(db: Connection, bulk: Any, version: Version | None) -> bool:
    """Count what moved, and end the bulk run when nothing is left to do; whether anything is different now.

    The bulk run's row is locked. Without a version it cannot be asked how many still match.
    """
    if bulk["status"] == "paused":
        await db.execute(PARK, bulk["id"])
    await db.execute(RECKON, bulk["id"])
    summed: Any = await db.fetchrow(SUM_UP, bulk["id"])
    if bulk["ended_at"] is not None:
        await db.execute(CORRECT, bulk["id"])
    ends = bulk["ended_at"] is None and bulk["matched"] is not None and summed["left"] == 0
    if ends:
        still = await count_matching(db, version, bulk) if version else None
        await db.execute(END, bulk["id"], still)
    moved = ends or any(summed[name] != bulk[name] for name in ("processed", "failed", "waiting"))
    if moved:
        await db.execute(TELL, str(bulk["id"]))
    return moved


COUNT_EDGES = """
SELECT coalesce(jsonb_agg(jsonb_build_object('from', node, 'port', port, 'count', count)), '[]') AS edges
FROM (SELECT s.node, s.port, count(*) AS count FROM whereupon.runs r
      JOIN whereupon.step_runs s ON s.run_id = r.id
      WHERE r.bulk_id = c.bulk_id AND r.bulk_nr BETWEEN c.first_nr AND c.last_nr AND s.port IS NOT NULL
      GROUP BY 1, 2) counted
"""
# A few chunks at a time whose runs are over or at rest.
NOTE_EDGES = f"""
UPDATE whereupon.bulk_chunks t SET edges = x.edges
FROM (SELECT bulk_id, first_nr, last_nr FROM whereupon.bulk_chunks
      WHERE bulk_id = $1 AND edges IS NULL AND status IN ('done', 'resting')
      ORDER BY first_nr LIMIT 4 FOR UPDATE SKIP LOCKED) c, LATERAL ({COUNT_EDGES}) x
WHERE t.bulk_id = c.bulk_id AND t.first_nr = c.first_nr
"""


async def note_edges(db: Connection, bulk_id: int) -> bool:
    """Count which way the runs of some chunks went, for who looks at it later; whether there were any."""
    return await db.execute(NOTE_EDGES, bulk_id) != "UPDATE 0"


async def stir(db: Connection) -> None:
    """Have chunks counted again whose runs were at rest, where one of them went on or ended."""
    await db.execute(STIRRED)


OWN_MEMBERS = "SELECT m.record_id FROM whereupon.bulk_members m WHERE m.bulk_id = $1"


async def count_matching(db: Connection, version: Version, bulk: Any) -> int | None:
    """How many records the same question finds now (F3); None when it cannot be asked any more.

    Of a list that was named, and of a stage: how many of these meet the filter.
    """
    if bulk["module_id"] is None or version.module is None:
        return None
    asked: dict[str, Any] = {**bulk, "left_out": []}
    of_its_own = bulk["named"] or bulk["started_by"] == "stage"
    members = Members(sql=OWN_MEMBERS, values=[bulk["id"]]) if of_its_own else Members()
    try:
        async with db.transaction():
            where, values = await where_of(db, version, asked, members, first=1)
            return await db.fetchval(f"SELECT count(*) FROM {version.module.sql} n WHERE {where}", *values)
    except (*TRANSIENT, *GONE, Unavailable):
        raise
    except (asyncpg.PostgresError, WhereuponError) as error:
        log.warning("who still matches could not be asked", bulk_run=bulk["id"], error=str(error))
        return None

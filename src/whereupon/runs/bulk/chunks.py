"""Working off one chunk of a bulk run: all its members, in the transaction of the caller.

A chunk is locked by whoever works on it, and what it did is committed with it. A worker that dies gives it
back undone, and another one takes it at once. A member has one run, whatever happens: a unique index
says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
import structlog

from whereupon.db.pool import GONE, TRANSIENT, Connection
from whereupon.errors import Unavailable
from whereupon.runs import stretches
from whereupon.runs.bulk.opening import once_per_record
from whereupon.runs.definitions import Version
from whereupon.runs.start import SKIPPED, TURN
from whereupon.runs.stretches import Tally

log = structlog.get_logger()

# The next chunk of any bulk run that is not held up: first chunks first, so that each gets its turn. While so
# many of its runs are in flight as a chunk has members, a bulk run makes no more.
TAKE_CHUNK = """
WITH ready AS MATERIALIZED (
  SELECT b.id, b.workflow_id, b.version_id, b.module_id, b.started_by, b.user_id
  FROM whereupon.bulk_runs b JOIN whereupon.workflows w ON w.id = b.workflow_id
  WHERE b.status = 'running' AND NOT w.paused AND w.state NOT IN ('archived', 'deleted')
    AND (SELECT coalesce(sum(u.in_flight), 0) FROM whereupon.bulk_chunks u
         WHERE u.bulk_id = b.id AND u.status = 'under_way')
      <= (SELECT f.last_nr FROM whereupon.bulk_chunks f WHERE f.bulk_id = b.id AND f.first_nr = 1))
SELECT c.bulk_id, c.first_nr, c.last_nr, r.workflow_id, r.version_id, r.module_id, r.started_by, r.user_id
FROM ready r JOIN whereupon.bulk_chunks c ON c.bulk_id = r.id
WHERE c.status = 'todo' ORDER BY c.first_nr, c.bulk_id LIMIT 1 FOR UPDATE OF c SKIP LOCKED
"""
# What was begun when its bulk run was paused or cancelled is seen here: the statement above may have looked
# before that was committed.
STILL = "SELECT status = 'running' FROM whereupon.bulk_runs WHERE id = $1"
CLOSE = """
UPDATE whereupon.bulk_chunks SET status = 'done', processed = $3, changed = $4, skipped = $5, failed = $6,
  edges = $7 WHERE bulk_id = $1 AND first_nr = $2
"""
UNDER_WAY = """
UPDATE whereupon.bulk_chunks SET status = 'under_way', processed = $3, changed = $4, skipped = $5,
  failed = $6, in_flight = last_nr - first_nr + 1 - $3 WHERE bulk_id = $1 AND first_nr = $2
"""
MEMBERS = """
SELECT nr, record_id AS key FROM whereupon.bulk_members WHERE bulk_id = $1 AND nr BETWEEN $2 AND $3
"""
NO_RECORD = "SELECT $2::integer AS nr, NULL::text AS key WHERE $1::bigint IS NOT NULL AND $3::integer >= 1"
# Rule 9: claimed in the transaction that creates the runs. Gives the members that come too late.
CLAIM = f"""
WITH members AS MATERIALIZED ({MEMBERS}),
claimed AS (
  INSERT INTO whereupon.claims (workflow_id, record_id) SELECT $4, key FROM members ORDER BY key
  ON CONFLICT DO NOTHING RETURNING record_id)
SELECT nr FROM members WHERE key NOT IN (SELECT record_id FROM claimed)
"""
OTHERS = """r.module_id = $5 AND r.record_id = m.key AND r.workflow_id = $4
  AND r.ended_at IS NULL AND r.started_by <> 'for_each'"""
BUSY = f"""
SELECT m.nr FROM ({MEMBERS}) m WHERE EXISTS (SELECT FROM whereupon.runs r WHERE {OTHERS})
"""
# As runs/start.py has it.
TAKE_TURNS = f"""
SELECT pg_advisory_xact_lock({TURN}, lane)
FROM (SELECT DISTINCT whereupon.shard(m.key) AS lane FROM ({MEMBERS}) m ORDER BY 1) l
"""
# Rule 17, "restart": the runs under way on these records end first.
END_OTHERS = f"""
UPDATE whereupon.runs r SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
  waiting = NULL, ended_at = clock_timestamp(),
  error = jsonb_build_object('code', 'restarted', 'message', 'A newer run took its place.')
FROM ({MEMBERS}) m WHERE {OTHERS}
"""
# A run for each member; some are over from birth.
MAKE_RUNS = """
INSERT INTO whereupon.runs (workflow_id, version_id, module_id, record_id, status, node, ready_at, shard,
                            started_by, user_id, serial, bulk_id, bulk_nr, error, ended_at)
SELECT $4::bigint, $5, $6, m.key,
  CASE WHEN o.why IS NOT NULL THEN 'cancelled' WHEN $7::text IS NULL THEN 'succeeded' ELSE 'queued' END,
  CASE WHEN o.why IS NULL THEN $7::text END,
  CASE WHEN o.why IS NULL AND $7::text IS NOT NULL THEN clock_timestamp() END,
  whereupon.shard(coalesce(m.key, 'workflow ' || $4::bigint)), $8, $9, $10, $1, m.nr,
  CASE WHEN o.why IS NOT NULL THEN jsonb_build_object('code', 'skipped', 'message', o.why) END,
  CASE WHEN o.why IS NOT NULL OR $7::text IS NULL THEN clock_timestamp() END
FROM ({members}) m LEFT JOIN unnest($11::integer[], $12::text[]) o (nr, why) ON o.nr = m.nr
ORDER BY m.nr
"""
TOO_LATE = "The workflow runs once per record, and had run on this one meanwhile."


@dataclass(frozen=True, slots=True)
class Chunk:
    """Members first_nr to last_nr of a bulk run, locked."""

    bulk_id: int
    first_nr: int
    last_nr: int
    workflow_id: int
    version_id: int
    module_id: int | None
    started_by: str
    user_id: int | None

    @property
    def size(self) -> int:
        """How many members it has."""
        return self.last_nr - self.first_nr + 1

    @property
    def place(self) -> tuple[int, int, int]:
        """The values $1 to $3 of statements about its members."""
        return self.bulk_id, self.first_nr, self.last_nr


async def take_chunk(db: Connection) -> Chunk | None:
    """The next chunk, locked until the transaction ends; None when there is nothing to do now."""
    row = await db.fetchrow(TAKE_CHUNK)
    if row is None or not await db.fetchval(STILL, row["bulk_id"]):
        return None
    return Chunk(**dict(row))


# The only chunk of a short list.
ONLY_CHUNK = """
SELECT c.bulk_id, c.first_nr, c.last_nr, b.workflow_id, b.version_id, b.module_id, b.started_by, b.user_id
FROM whereupon.bulk_chunks c JOIN whereupon.bulk_runs b ON b.id = c.bulk_id
WHERE c.bulk_id = $1 AND c.status = 'todo' AND c.last_nr = b.matched AND c.first_nr = 1
FOR UPDATE OF c SKIP LOCKED
"""


async def begin(db: Connection, version: Version, bulk_id: int) -> None:
    """Make the runs of a short list in the transaction that took it, so that nobody waits for them."""
    row = await db.fetchrow(ONLY_CHUNK, bulk_id)
    if row is not None:
        chunk = Chunk(**dict(row))
        await make_runs(db, version, chunk, await settle_with_others(db, version, chunk))
        await db.execute(UNDER_WAY, bulk_id, chunk.first_nr, 0, 0, 0, 0)
        await db.execute("NOTIFY whereupon_runs")


async def work_off(db: Connection, version: Version, chunk: Chunk) -> bool:
    """Do the chunk as a set, or make its runs, which then are advanced as all runs; whether it is done.

    A set may leave some runs to be advanced; then all of the chunk are counted once these are over.
    """
    skipped = await settle_with_others(db, version, chunk)
    tally = None if skipped or chunk.module_id is None else await as_set(db, version, chunk)
    if tally is not None and tally.processed == chunk.size:
        edges = None if tally.edges is None else [dict(edge) for edge in tally.edges]
        counts = (tally.processed, tally.changed, tally.skipped, tally.failed)
        await db.execute(CLOSE, chunk.bulk_id, chunk.first_nr, *counts, edges)
        return True
    if tally is None:
        await make_runs(db, version, chunk, skipped)
        tally = Tally(0, 0, 0, 0)
    counts = (tally.processed, tally.changed, tally.skipped, tally.failed)
    await db.execute(UNDER_WAY, chunk.bulk_id, chunk.first_nr, *counts)
    await db.execute("NOTIFY whereupon_runs")
    return False


async def make_runs(db: Connection, version: Version, chunk: Chunk, skipped: Mapping[int, str]) -> None:
    """A run for each member; those that are skipped are over from birth."""
    await db.execute(
        MAKE_RUNS.format(members=NO_RECORD if chunk.module_id is None else MEMBERS),
        *chunk.place, version.workflow_id, version.id, chunk.module_id, version.plan.first,
        chunk.started_by, chunk.user_id, version.plan.document.settings.concurrency == "queue",
        list(skipped), list(skipped.values()),
    )  # fmt: skip


async def settle_with_others(db: Connection, version: Version, chunk: Chunk) -> dict[int, str]:
    """What the workflow wants of other runs on its records (rules 9 and 17): who is skipped, and why."""
    if chunk.module_id is None:
        return {}
    skipped: dict[int, str] = {}
    concurrency = version.plan.document.settings.concurrency
    values = (*chunk.place, chunk.workflow_id)
    if concurrency in ("skip", "restart"):
        await db.execute(TAKE_TURNS, *chunk.place)
    if concurrency == "restart":
        await db.execute(END_OTHERS, *values, chunk.module_id)
    elif concurrency == "skip":
        busy = await db.fetch(BUSY, *values, chunk.module_id)
        skipped = {row["nr"]: SKIPPED["message"] for row in busy}
    if once_per_record(version):
        late = await db.fetch(CLAIM, *values)
        if chunk.started_by != "rerun":
            skipped |= {row["nr"]: TOO_LATE for row in late}
    return skipped


async def as_set(db: Connection, version: Version, chunk: Chunk) -> Tally | None:
    """The whole chunk by a few statements, if its version and its records allow that."""
    if version.plan.document.settings.concurrency == "queue" and await db.fetch(
        BUSY, *chunk.place, chunk.workflow_id, chunk.module_id
    ):
        return None
    try:
        async with db.transaction():
            return await stretches.work_off(db, version, *chunk.place)
    except asyncpg.LockNotAvailableError:
        return None  # another program holds a record: run by run, the others go round it
    except (*TRANSIENT, *GONE, Unavailable):
        raise
    except asyncpg.PostgresError as error:
        # Run by run, the one that is to blame is found.
        log.info("a chunk failed as a set; its runs go one by one", bulk_run=chunk.bulk_id, error=str(error))
        return None

"""The life of a call: queued, calling, then succeeded, failed or discarded (rules 11 and 24).

A call is what a run asks for outside the database, and waits for: an HTTP request, a script, a document
to be drawn. It is queued in the transaction of the run's step and made at least once afterwards, with the
same key every time. PgQueuer hands out jobs whoever they are for; calls are taken from their own table,
so that many to one slow destination leave room for the others (docs/decisions/0019-calls.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from whereupon.db.pool import Connection

CHANNEL = "whereupon_calls"  # rung when calls were queued
LOOK_AHEAD = 1_000  # due calls among which the next ones are chosen


@dataclass(frozen=True, slots=True)
class NewCall:
    """One call to queue; see the table's columns."""

    run_id: int
    workflow_id: int
    node: str
    iteration: int
    block: str
    request: Mapping[str, Any]
    destination: str = ""


COLUMNS = ("run_id", "workflow_id", "node", "iteration", "block", "request", "destination")
# One that is there already is left as it is (rule 24). A test's transaction never comes to its NOTIFY.
QUEUE = f"""
WITH queued AS (
  INSERT INTO whereupon.calls ({", ".join(COLUMNS)})
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::text[], $6::jsonb[], $7::text[])
  ON CONFLICT (run_id, node, iteration) DO NOTHING
  RETURNING run_id, id)
SELECT run_id, id, pg_notify('{CHANNEL}', '') FROM queued
"""


async def queue(db: Connection, calls: Sequence[NewCall]) -> dict[int, int]:
    """Queue many at once in the caller's transaction; run → id of the new ones."""
    columns = [
        [getattr(call, name) for call in calls]
        for name in COLUMNS
    ]  # fmt: skip
    return {row["run_id"]: row["id"] for row in await db.fetch(QUEUE, *columns)}


# Making them --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is being made now, by us alone. `attempts` includes this one."""

    id: int
    run_id: int
    workflow_id: int
    node: str
    iteration: int
    block: str
    destination: str
    request: Mapping[str, Any]
    attempts: int

    @property
    def key(self) -> str:
        """The idempotency key: the same at every attempt."""
        return f"{self.run_id}-{self.node}-{self.iteration}"


# The next due calls: at most $2, of each destination at most as many as it has free places ($3 with $4,
# others $5). Calls whose run is over are not made.
CLAIM = f"""
WITH due AS (
  SELECT c.id, c.destination, c.due_at FROM whereupon.calls c
  WHERE c.status = 'queued' AND c.due_at <= clock_timestamp()
    AND c.destination <> ALL($1::text[])
  ORDER BY c.due_at, c.id LIMIT {LOOK_AHEAD}),
numbered AS (
  SELECT d.id, d.destination, row_number() OVER (PARTITION BY d.destination ORDER BY d.due_at, d.id) AS nr
  FROM due d),
chosen AS (
  SELECT n.id FROM numbered n
  LEFT JOIN unnest($3::text[], $4::int[]) AS f(destination, places) USING (destination)
  WHERE n.nr <= coalesce(f.places, $5::int) ORDER BY n.nr, n.id LIMIT $2),
locked AS (
  SELECT c.id FROM whereupon.calls c JOIN chosen USING (id)
  WHERE c.status = 'queued' FOR UPDATE OF c SKIP LOCKED)
UPDATE whereupon.calls c
SET status = 'calling', attempts = c.attempts + 1, alive_at = clock_timestamp()
FROM locked l, whereupon.runs r
WHERE c.id = l.id AND r.id = c.run_id AND r.ended_at IS NULL
RETURNING c.id, c.run_id, c.workflow_id, c.node, c.iteration, c.block, c.destination, c.request, c.attempts
"""


@dataclass(frozen=True, slots=True)
class Room:
    """How many calls may begin: in all, of each destination, and of one that nobody has called yet."""

    total: int
    places: Mapping[str, int] = field(default_factory=dict[str, int])
    for_others: int = 8

    @property
    def full(self) -> list[str]:
        """The destinations that get no call now."""
        return [name for name, places in self.places.items() if places <= 0]


async def claim(db: Connection, room: Room) -> list[Call]:
    """The next calls to make, ours from now on."""
    some = {name: places for name, places in room.places.items() if places > 0}
    rows = await db.fetch(CLAIM, room.full, room.total, list(some), list(some.values()), room.for_others)
    return [Call(**dict(row)) for row in rows]


# Outcomes -----------------------------------------------------------------------------------------

Status = Literal["succeeded", "failed", "queued"]


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What became of a call. `queued`: not yet; it is made again after `retry_seconds`."""

    id: int
    status: Status
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    retry_seconds: float | None = None


# Outcomes of many calls; the runs whose call is over go on.
SETTLE = """
WITH outcome AS (
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::jsonb[], $4::jsonb[], $5::float8[])
    AS o (id, status, result, error, retry_seconds)),
settled AS (
  UPDATE whereupon.calls c
  SET status = o.status, result = nullif(o.result, 'null'), error = nullif(o.error, 'null'), alive_at = NULL,
      ended_at = CASE WHEN o.status <> 'queued' THEN clock_timestamp() END,
      due_at = clock_timestamp() + coalesce(o.retry_seconds, 0) * interval '1 second'
  FROM outcome o WHERE c.id = o.id AND c.status = 'calling'
  RETURNING c.run_id, c.node, c.status),
woken AS (
  UPDATE whereupon.runs r SET ready_at = clock_timestamp()
  FROM settled s WHERE r.id = s.run_id AND r.node = s.node AND s.status <> 'queued'
    AND r.status = 'waiting' AND r.ended_at IS NULL
  RETURNING r.id)
SELECT count(*), pg_notify('whereupon_runs', '') FROM woken HAVING count(*) > 0
"""


async def settle(db: Connection, outcomes: Sequence[CallOutcome]) -> None:
    """Write what became of calls and wake their runs, in one statement."""
    await db.execute(
        SETTLE,
        [o.id for o in outcomes],
        [o.status for o in outcomes],
        [o.result for o in outcomes],
        [o.error for o in outcomes],
        [o.retry_seconds for o in outcomes],
    )


RESULTS = """
SELECT c.run_id, c.id, c.status, c.result, c.error, c.attempts FROM whereupon.calls c
JOIN unnest($1::bigint[], $3::int[]) AS u(run_id, iteration) USING (run_id, iteration)
WHERE c.node = $2
"""


async def results(db: Connection, node: str, runs: Sequence[tuple[int, int]]) -> dict[int, Mapping[str, Any]]:
    """Of runs (id, iteration) at a node: what became of their call, by run."""
    ids, iterations = [run for run, _ in runs], [iteration for _, iteration in runs]
    return {row["run_id"]: dict(row) for row in await db.fetch(RESULTS, ids, node, iterations)}


# What people see and do ---------------------------------------------------------------------------

OF_RUN = """
SELECT id, node, block, destination, status, attempts, error, due_at, created_at, ended_at
FROM whereupon.calls WHERE run_id = $1 ORDER BY id LIMIT 1000
"""
HURRY = f"""
WITH hurried AS (
  UPDATE whereupon.calls SET due_at = clock_timestamp()
  WHERE run_id = $1 AND status = 'queued' AND due_at > clock_timestamp() RETURNING id)
SELECT id, pg_notify('{CHANNEL}', '') FROM hurried
"""


async def calls_of(db: Connection, run_id: int) -> list[dict[str, Any]]:
    """The calls of a run, the first one first, and when those that did not work yet are made again."""
    return [dict(row) for row in await db.fetch(OF_RUN, run_id)]


async def hurry(db: Connection, run_id: int) -> list[int]:
    """Make the run's calls now that were to be made again later; gives their ids."""
    return [row["id"] for row in await db.fetch(HURRY, run_id)]


# Housekeeping -------------------------------------------------------------------------------------

ALIVE = "UPDATE whereupon.calls SET alive_at = clock_timestamp() WHERE id = ANY($1::bigint[])"
# A caller that died leaves calls behind, which somebody else makes again; a run that is over needs none.
RESCUE = f"""
WITH lost AS (
  UPDATE whereupon.calls SET status = 'queued', alive_at = NULL, due_at = clock_timestamp()
  WHERE status = 'calling' AND alive_at < clock_timestamp() - $1 * interval '1 second' RETURNING id),
needless AS (
  UPDATE whereupon.calls c SET status = 'discarded', ended_at = clock_timestamp()
  FROM whereupon.runs r
  WHERE c.status = 'queued' AND r.id = c.run_id AND r.ended_at IS NOT NULL RETURNING c.id)
SELECT count(*) AS lost, pg_notify('{CHANNEL}', ''), (SELECT count(*) FROM needless) AS needless FROM lost
"""
NEXT_DUE = """
SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 FROM whereupon.calls
WHERE status = 'queued' AND destination <> ALL($1::text[])
"""


async def say_alive(db: Connection, ids: Sequence[int]) -> None:
    """These are still being made."""
    await db.execute(ALIVE, list(ids))


async def rescue(db: Connection, silent_seconds: float) -> int:
    """Queue calls again whose caller has given no sign of life for so long; gives how many."""
    row: Any = await db.fetchrow(RESCUE, silent_seconds)
    return int(row["lost"])


async def next_due(db: Connection, room: Room) -> float | None:
    """Seconds until the next call is due for which there is a place; None when there is none."""
    seconds: float | None = await db.fetchval(NEXT_DUE, room.full)
    return seconds

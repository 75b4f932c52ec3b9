"""The pruner forgets what is older than the organisation wants to keep, a little at a time.

Each bite is a transaction of its own, small enough that nobody waits for it and autovacuum keeps up.
What is not over is never forgotten, however old: runs under way, messages that wait for a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection, Database
from whereupon.records.files import FileStore
from whereupon.records.sweeping import sweep
from whereupon.workers.loop import Wake, keep_going

log = structlog.get_logger()
LOCK = 0x57485052  # "WHPR": one pruner at a time, on whatever host
BITE = 5_000  # rows looked at in one transaction
BETWEEN_BITES = 0.05  # seconds
FIRST_AFTER, EVERY = 60.0, 3600.0  # seconds
ROUNDS_PER_DAY = 24

Days = Field(default=365, ge=1, le=36_500)


class Retention(BaseModel):
    """How many days things are kept: the setting "retention"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    changes: int = Days
    runs: int = Days
    messages: int = Days
    work: int = Field(
        default=365, ge=1, le=36_500,
        description="What people did: tasks, playbooks, changes of strategies; and what they were told.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing to forget, walked by `id` so that a bite costs the same whatever is kept.

    `days`: the field of Retention that says how long.

    `look`: SQL that deletes what is over and older than $3 days among the next $2 rows with an id above
    $1; it gives `last` (the id to go on from, null at the end of what is old) and `gone`.
    """

    name: str
    days: str
    look: str


def walk(table: str, age: str, over: str, also: str = "") -> str:
    """SQL for a table with an ascending `id`. `also`: CTEs that delete what belongs to the rows `gone`."""
    return f"""
WITH seen AS MATERIALIZED (SELECT * FROM {table} WHERE id > $1 ORDER BY id LIMIT $2),
old AS (SELECT * FROM seen x WHERE x.{age} < now() - $3 * interval '1 day'),
gone AS (DELETE FROM {table} t USING old x WHERE t.id = x.id AND {over} RETURNING t.id){also}
SELECT (SELECT max(id) FROM seen) AS last, (SELECT count(*) FROM seen) AS seen,
  (SELECT count(*) FROM old) AS old, (SELECT count(*) FROM gone) AS gone
"""


# Steps and calls go with their run.
OF_RUNS = """,
steps AS (DELETE FROM whereupon.step_runs s USING gone g WHERE s.run_id = g.id),
calls AS (DELETE FROM whereupon.calls c USING gone g WHERE c.run_id = g.id),
questions AS (DELETE FROM whereupon.questions q USING gone g WHERE q.run_id = g.id)"""
# A change is still needed while it is to be matched, and while a run that it started may ask for it.
NEEDED = """NOT EXISTS (SELECT FROM whereupon.pending_changes p WHERE p.change_id = x.id
  AND p.shard = whereupon.shard(x.record_id))
  AND NOT EXISTS (SELECT FROM whereupon.runs r WHERE r.module_id = x.module_id AND r.record_id = x.record_id
                  AND r.change_id = x.id AND r.ended_at IS NULL)"""
# Steps and marks go with their playbook; one that a run waits for is still needed.
OF_TRACKS = """,
steps AS (DELETE FROM whereupon.playbook_steps s USING gone g WHERE s.track_id = g.id),
events AS (DELETE FROM whereupon.playbook_events e USING gone g WHERE e.track_id = g.id)"""
ENDED = "x.ended_at < now() - $3 * interval '1 day'"
TRACK_OVER = f"""{ENDED} AND NOT EXISTS (
  SELECT FROM whereupon.runs r WHERE r.id IN (x.run_id, x.parent_run_id) AND r.ended_at IS NULL)"""
# What was said of a task goes with it. The steps of a playbook stay together until it is over.
TASK_OVER = """x.status IN ('done', 'cancelled')
  AND greatest(x.updated_at, x.done_at) < now() - $3 * interval '1 day'
  AND NOT EXISTS (SELECT FROM whereupon.runs r WHERE r.id = x.run_id AND r.ended_at IS NULL)
  AND NOT EXISTS (SELECT FROM whereupon.playbook_steps s JOIN whereupon.playbook_tracks k ON k.id = s.track_id
                  WHERE s.task_id = x.id AND k.ended_at IS NULL)"""
# The last change tells who brought a record's strategy to where it stands.
SUPERSEDED = """(
  EXISTS (SELECT FROM whereupon.strategy_changes o
          WHERE o.module_id = x.module_id AND o.record_id = x.record_id AND o.id > x.id)
  OR NOT EXISTS (SELECT FROM whereupon.strategy_records s
                 WHERE s.module_id = x.module_id AND s.record_id = x.record_id))"""
ANSWERED = """NOT EXISTS (
  SELECT FROM whereupon.questions q WHERE q.id = x.question_id AND q.status = 'open')"""
FINAL = "x.status IN ('sent', 'failed', 'discarded')"
WALKED = (
    Kind("runs", "runs", walk("whereupon.runs", "created_at", ENDED, OF_RUNS)),
    Kind("messages", "messages", walk("whereupon.messages", "created_at", FINAL)),
    Kind("changes", "changes", walk("whereupon.changes", "at", NEEDED)),
    Kind("playbooks", "work", walk("whereupon.playbook_tracks", "created_at", TRACK_OVER, OF_TRACKS)),
    Kind("tasks", "work", walk("whereupon.tasks", "created_at", TASK_OVER)),
    Kind("strategy changes", "work", walk("whereupon.strategy_changes", "at", SUPERSEDED)),
    Kind("notifications", "work", walk("whereupon.notifications", "created_at", ANSWERED)),
)
OLD_BULK = "SELECT id FROM whereupon.bulk_runs WHERE ended_at < now() - $1 * interval '1 day' AND waiting = 0"
# Small tables, a bite at a time, by what ends their rows' use; days are those of the runs ($1).
SWEPT: Mapping[str, str] = {
    "idempotency keys": "whereupon.idempotency_keys WHERE created_at < now() - interval '2 days'",
    "sessions": "whereupon.sessions WHERE expires_at < now()",
    "worker processes": "whereupon.worker_processes WHERE seen_at < now() - interval '1 day'",
    "sign-ins elsewhere": "whereupon.sign_ins_elsewhere WHERE created_at < now() - interval '1 day'",
    "absences": "whereupon.absences WHERE ends_at < now() - $1 * interval '1 day'",
    # Longer than anybody sends the same again.
    "hook deliveries": "whereupon.hook_deliveries WHERE received_at < now() - interval '14 days'",
    "signals": "whereupon.signals WHERE at < now() - $1 * interval '1 day'",
    "occurrences": "whereupon.occurrences WHERE nominal_at < now() - $1 * interval '1 day'",
    # Rows that were not imported first: there may be many of one import.
    "import problems": "whereupon.import_problems WHERE import_id IN "
    "(SELECT id FROM whereupon.imports WHERE ended_at < now() - $1 * interval '1 day')",
    "imports": "whereupon.imports WHERE ended_at < now() - $1 * interval '1 day'",
    # The lists of bulk runs first: there may be many members of one.
    "bulk members": f"whereupon.bulk_members WHERE bulk_id IN ({OLD_BULK})",
    "bulk chunks": f"whereupon.bulk_chunks WHERE bulk_id IN ({OLD_BULK})",
    "bulk runs": f"whereupon.bulk_runs WHERE id IN ({OLD_BULK}) "
    "AND NOT EXISTS (SELECT FROM whereupon.bulk_members m WHERE m.bulk_id = bulk_runs.id)",
}
# Delete the next $1 of some rows.
SWEEP = """
WITH gone AS (DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {rows} LIMIT $1)) RETURNING 1)
SELECT count(*) AS gone FROM gone
"""


# Nobody answers what a run asked that is over or stands elsewhere: the secret of its link goes, too.
WITHDRAW = """
WITH gone AS (
  UPDATE whereupon.questions SET status = 'withdrawn', ended_at = clock_timestamp()
  WHERE id = ANY(ARRAY(
    SELECT q.id FROM whereupon.questions q LEFT JOIN whereupon.runs r ON r.id = q.run_id
    WHERE q.status = 'open' AND (r.id IS NULL OR r.ended_at IS NOT NULL OR r.node IS DISTINCT FROM q.node)
    LIMIT $1)) RETURNING 1)
SELECT count(*) AS gone FROM gone
"""


class Pruner:
    """One per worker process; the first to come does the round."""

    def __init__(
        self,
        database: Database,
        files: FileStore | None = None,
        *,
        bite: int = BITE,
        pause: float = BETWEEN_BITES,
    ) -> None:
        self.database = database
        self.files = files
        self.rounds = 0
        self.bite = bite
        self.pause = pause
        self.stopping = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """A round a minute after the start, then every hour, until `stop`."""
        wake = Wake()
        self.stopping = stop
        await wake_after(stop, FIRST_AFTER)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_going("pruner", self.hourly, wake, stop))
            await stop.wait()
            wake.ring()

    async def hourly(self) -> float:
        """One round. Answers how long to sleep."""
        if withdrawn := await self.withdraw():
            log.info("withdrew questions that nothing waits for", questions=withdrawn)
        forgotten = {name: count for name, count in (await self.round()).items() if count}
        if forgotten:
            log.info("forgot what is older than is kept", **forgotten)
        if self.files is not None and self.rounds % ROUNDS_PER_DAY == 0:
            swept = await sweep(self.database, self.files)
            log.info("swept files that nothing has", files=swept)
        self.rounds += 1
        return EVERY

    async def round(self) -> dict[str, int]:
        """Look at everything once; how many rows of each kind were forgotten."""
        async with self.database.connection() as db:
            found = await db.fetchval("SELECT value FROM whereupon.settings WHERE key = 'retention'")
        days = Retention.model_validate(found or {})
        counts = {kind.name: await self.walk(kind, getattr(days, kind.days)) for kind in WALKED}
        for name, rows in SWEPT.items():
            counts[name] = await self.sweep(rows, days.runs)
        return counts

    async def walk(self, kind: Kind, days: int) -> int:
        """Bite by bite from the oldest id, until a bite holds nothing old."""
        total, last = 0, 0
        while not self.stopping.is_set():
            row = await self.take_bite(kind.look, last, self.bite, days)
            total += row["gone"] if row else 0
            if row is None or row["seen"] < self.bite or row["old"] == 0:
                break
            last = row["last"]
            await asyncio.sleep(self.pause)
        return total

    async def sweep(self, rows: str, days: int) -> int:
        """The same for a table without an ascending id."""
        statement = SWEEP.format(table=rows.partition(" ")[0], rows=rows.replace("$1", "$2"))
        return await self.repeat(statement, self.bite, *([days] if "$1" in rows else []))

    async def withdraw(self) -> int:
        """Close the questions that nothing waits for any more. How many there were."""
        return await self.repeat(WITHDRAW, self.bite)

    async def repeat(self, statement: str, *values: Any) -> int:
        """Bite by bite, until one is not full."""
        total = 0
        while not self.stopping.is_set():
            row = await self.take_bite(statement, *values)
            total += row["gone"] if row else 0
            if row is None or row["gone"] < self.bite:
                break
            await asyncio.sleep(self.pause)
        return total

    async def take_bite(self, statement: str, *values: Any) -> Mapping[str, Any] | None:
        """One small transaction; None when another pruner is at it."""
        async with self.database.transaction() as db:
            return await db.fetchrow(statement, *values) if await alone(db) else None


async def alone(db: Connection) -> bool:
    """Whether no other pruner is at work, until the transaction ends."""
    free: bool = await db.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK)
    return free


async def wake_after(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but not past `stop`."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return

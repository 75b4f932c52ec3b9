"""The clock starts scheduled workflows: each nominal time once, whoever is awake, and late rather than never.

A schedule's row is locked while it fires, and the time is entered in whereupon.occurrences in the same
transaction as the bulk run or the run (rule 21). Which clock: the database's. What local time means:
sdk/timetable. When the organisation moves to another time zone, the next times move with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from whereupon.db.pool import Connection, Database
from whereupon.runs.bulk.opening import open_bulk_run, runs_on_records
from whereupon.runs.definitions import Definitions, Version, load_versions
from whereupon.runs.start import NewRun, insert_runs
from whereupon.sdk.timetable import Timetable, next_time, times_after
from whereupon.triggers.schedule import ScheduleConfig
from whereupon.workers.loop import repeat

log = structlog.get_logger()
POLL_SECONDS = 2.0  # a schedule that was just published is seen within so long
TAKEN_SECONDS = 0.1  # what is due, another worker is firing
ON_TIME = timedelta(seconds=60)  # later than that, a time was missed
TIMES_AT_ONCE = 10_000  # nominal times settled in one transaction

# The schedule that has been due longest, locked; one that another worker fires is passed over.
TAKE_DUE = """
SELECT s.workflow_id, s.version_id, s.next_at, s.missed, w.state = 'active' AS active,
       clock_timestamp() AS now
FROM whereupon.schedules s JOIN whereupon.workflows w ON w.id = s.workflow_id
WHERE s.next_at <= clock_timestamp() ORDER BY s.next_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED
"""
SECONDS_TO_NEXT = """
SELECT extract(epoch FROM min(next_at) - clock_timestamp())::float8 AS seconds, clock_timestamp() AS now,
  (SELECT number FROM whereupon.revision) AS revision
FROM whereupon.schedules
"""
SET_NEXT = "UPDATE whereupon.schedules SET next_at = $2, zone = $3 WHERE workflow_id = $1"
# Schedules with the zone that their next time was worked out in. What is due already fires first.
ZONES = """
SELECT s.workflow_id, s.version_id, s.zone, clock_timestamp() AS now FROM whereupon.schedules s
WHERE s.next_at > clock_timestamp() FOR UPDATE SKIP LOCKED
"""
# False for a time that had its occurrence: a workflow published anew does not repeat it.
CLAIM = """
INSERT INTO whereupon.occurrences (workflow_id, nominal_at, fired_at, status)
VALUES ($1, $2, clock_timestamp(), 'fired') ON CONFLICT DO NOTHING RETURNING true
"""
NOTE_MATCHED = "UPDATE whereupon.occurrences SET matched = $3 WHERE workflow_id = $1 AND nominal_at = $2"
NOTE_SKIPPED = """
INSERT INTO whereupon.occurrences (workflow_id, nominal_at, status)
SELECT $1, t, 'skipped' FROM unnest($2::timestamptz[]) t ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now about a schedule whose time has come."""

    fire: datetime | None
    skipped: tuple[datetime, ...]
    next_at: datetime | None


def settle_times(times: Timetable, zone: str, next_at: datetime, missed: str, now: datetime) -> Due:
    """Which of the nominal times from `next_at` to `now` fires (rule 21). All datetimes are aware.

    >>> from datetime import UTC
    >>> from whereupon.sdk.timetable import read_cron
    >>> eight, now = datetime(2026, 6, 1, 8, tzinfo=UTC), datetime(2026, 6, 3, 9, tzinfo=UTC)
    >>> due = settle_times(read_cron("0 8 * * *"), "UTC", eight, "once", now)
    >>> due.fire.day, [t.day for t in due.skipped], due.next_at.day
    (3, [1, 2], 4)
    """
    if missed == "all":
        return Due(next_at, (), next_time(times, zone, next_at))
    passed, to_come = [next_at], times_after(times, zone, next_at)
    following = next(to_come, None)
    while following is not None and following <= now and len(passed) < TIMES_AT_ONCE:
        passed.append(following)
        following = next(to_come, None)
    more_to_come = following is not None and following <= now
    latest = passed[-1]
    fires = not more_to_come and (missed == "once" or now - latest <= ON_TIME)
    return Due(latest if fires else None, tuple(passed[:-1] if fires else passed), following)


class Clock:
    """One per worker process; any number share the schedules."""

    def __init__(
        self, database: Database, definitions: Callable[[Connection], Awaitable[Definitions]]
    ) -> None:
        self.database = database
        self.definitions = definitions
        self.ticked_at: datetime | None = None  # by the database's clock
        self.zones_seen: int | None = None  # the revision of the definitions whose time zones hold

    async def run(self, stop: asyncio.Event) -> None:
        """Fire what is due until `stop`."""
        await repeat("clock", self.tick, stop)

    async def tick(self) -> float:
        """Fire one schedule, if one is due. Answers how long to sleep."""
        async with self.database.connection() as db:
            row = await db.fetchrow(SECONDS_TO_NEXT)
        assert row is not None
        seconds: float | None = row["seconds"]
        self.ticked_at = row["now"]
        if row["revision"] != self.zones_seen:
            async with self.database.transaction() as db:
                self.zones_seen = await self.follow_zones(db)
        if seconds is None or seconds > 0:
            return POLL_SECONDS if seconds is None else min(POLL_SECONDS, max(0.005, seconds))
        async with self.database.transaction() as db:
            row = await db.fetchrow(TAKE_DUE)
            if row is None:
                return TAKEN_SECONDS
            await self.fire(db, row)
        return 0.0

    async def follow_zones(self, db: Connection) -> int:
        """Work the next times out anew where another time zone holds; the revision that was looked at."""
        definitions = await self.definitions(db)
        for row in await db.fetch(ZONES):
            version = definitions.versions.get(row["version_id"])
            start = version.plan.start if version else None
            if version is None or start is None or not isinstance(start.config, ScheduleConfig):
                continue
            zone = zone_of(version)
            if zone != row["zone"]:
                moment = next_time(start.config.timetable(), zone, row["now"])
                await db.execute(SET_NEXT, row["workflow_id"], moment, zone)
        return definitions.revision

    async def fire(self, db: Connection, row: Mapping[str, Any]) -> None:
        """Settle the times of one schedule that is due, and move it on."""
        workflow_id = row["workflow_id"]
        version = await self.version(db, row["version_id"]) if row["active"] else None
        start = version.plan.start if version else None
        if version is None or start is None or not isinstance(start.config, ScheduleConfig):
            # Not active: nothing was missed. Activating it sets the clock again.
            await db.execute(SET_NEXT, workflow_id, None, None)
            return
        zone = zone_of(version)
        due = settle_times(start.config.timetable(), zone, row["next_at"], row["missed"], row["now"])
        await db.execute(SET_NEXT, workflow_id, due.next_at, zone)
        for some in _chunks(due.skipped):
            await db.execute(NOTE_SKIPPED, workflow_id, some)
        if due.skipped:
            log.warning("schedule skipped times", workflow=version.name, times=len(due.skipped))
        if due.fire is not None and await db.fetchval(CLAIM, workflow_id, due.fire):
            await self.start(db, version, due.fire)
            log.info("schedule fired", workflow=version.name, nominal=due.fire.isoformat())

    async def version(self, db: Connection, version_id: int) -> Version:
        """The version to start, with its publisher's rights as they are now."""
        known = await self.definitions(db)
        if version_id not in known.versions:
            known.versions.update(await load_versions(db, [version_id], known.catalog, known.time_zone))
        return known.versions[version_id]

    async def start(self, db: Connection, version: Version, nominal_at: datetime) -> None:
        """One occurrence: a bulk run, whose list a worker takes and notes here, or a run without a record."""
        if runs_on_records(version):
            await open_bulk_run(db, version, started_by="schedule", nominal_at=nominal_at)
            return
        run = NewRun(
            workflow_id=version.workflow_id, version_id=version.id, node=version.plan.first,
            started_by="schedule",
        )  # fmt: skip
        await insert_runs(db, [run])
        await db.execute(NOTE_MATCHED, version.workflow_id, nominal_at, 1)
        await db.execute("NOTIFY whereupon_runs")


def zone_of(version: Version) -> str:
    """The workflow's own time zone, or the organisation's."""
    return version.plan.document.settings.time_zone or version.time_zone


def _chunks(times: tuple[datetime, ...], size: int = 1_000) -> Iterator[tuple[datetime, ...]]:
    return (times[i : i + size] for i in range(0, len(times), size))

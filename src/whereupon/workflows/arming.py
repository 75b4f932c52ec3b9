"""What the clock has to know of a workflow: its next time, or each record's date.

Set when it is published or enabled, in the same transaction; taken away with it. Set anew when the
organisation's time zone or its working time changes (by the workers: there may be a million dates).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import Invalid
from whereupon.modules.catalog import Catalog, Module
from whereupon.sdk.timetable import next_time
from whereupon.triggers.date_reached import (
    DateConfig,
    countable_sql,
    counts_working_time,
    date_sql,
    due_sql,
)
from whereupon.triggers.schedule import ScheduleConfig, never
from whereupon.workflows.document import Document
from whereupon.workflows.plan import Start, make_plan

Backlog = Literal["skip", "run"]

SET_SCHEDULE = """
INSERT INTO whereupon.schedules (workflow_id, version_id, next_at, missed, zone) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (workflow_id) DO UPDATE SET version_id = excluded.version_id, next_at = excluded.next_at,
  missed = excluded.missed, zone = excluded.zone
"""
DROP_SCHEDULE = "DELETE FROM whereupon.schedules WHERE workflow_id = $1"
# Dates that have started something stay: the same date does not start it again.
DROP_DUE = "DELETE FROM whereupon.due_dates WHERE workflow_id = $1 AND fired_at IS NULL"
# Dates that have come and started nothing yet, as when the workers are down, were not missed: they stay.
DROP_COMING = f"{DROP_DUE} AND due_at > clock_timestamp()"
DROP_ARMED = "DELETE FROM whereupon.armed WHERE workflow_id = $1"
SET_ARMED = """
INSERT INTO whereupon.armed (workflow_id, version_id, digest) VALUES ($1, $2, $3)
ON CONFLICT (workflow_id) DO UPDATE SET version_id = excluded.version_id, digest = excluded.digest, at = now()
"""
# A time of the schedule that has come and started nothing yet.
OVERDUE = """
SELECT next_at FROM whereupon.schedules WHERE workflow_id = $1 AND next_at <= clock_timestamp() FOR UPDATE
"""
NOTE_SKIPPED = """
INSERT INTO whereupon.occurrences (workflow_id, nominal_at, status) VALUES ($1, $2, 'skipped')
ON CONFLICT DO NOTHING
"""
WORKING_TIME = """
SELECT md5(coalesce(string_agg(key || '=' || value::text, ' ' ORDER BY key), ''))
FROM (SELECT key, value FROM whereupon.settings WHERE key IN ('working_hours', 'holidays')
      UNION ALL SELECT key, value->'time_zone' FROM whereupon.settings WHERE key = 'organisation') s
"""
# {dates}: the rows as they are to be. $1 workflow.
ANEW = """
WITH dates AS MATERIALIZED ({dates}),
gone AS (
  DELETE FROM whereupon.due_dates u WHERE u.workflow_id = $1 AND u.fired_at IS NULL
    AND NOT EXISTS (SELECT FROM dates d WHERE d.record_id = u.record_id AND d.date_value = u.date_value)),
moved AS (
  UPDATE whereupon.due_dates u SET due_at = d.due_at FROM dates d
  WHERE u.workflow_id = $1 AND u.fired_at IS NULL AND u.due_at <> d.due_at
    AND u.record_id = d.record_id AND u.date_value = d.date_value)
INSERT INTO whereupon.due_dates (workflow_id, record_id, date_value, due_at, fired_at, skipped)
SELECT $1, d.record_id, d.date_value, d.due_at,
  CASE WHEN d.due_at <= clock_timestamp() THEN clock_timestamp() END,
  CASE WHEN d.due_at <= clock_timestamp() THEN 'passed' END
FROM dates d ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Clocked:
    """A published workflow, as the clock sees it. `zone` is the organisation's."""

    workflow_id: int
    version_id: int
    document: Document
    catalog: Catalog
    module: Module | None
    zone: str

    @property
    def time_zone(self) -> str:
        """Its own, or the organisation's."""
        return self.document.settings.time_zone or self.zone


async def arm_clock(db: Connection, clocked: Clocked, backlog: Backlog | None = None) -> None:
    """Set the clock for a workflow that starts by it; take it away from any other.

    `backlog`: what becomes of records whose time has passed already; None: as the trigger says. What was due
    before the workflow was published anew, and waits for a worker, is done still. Raises Invalid for a
    schedule that has no time to come.
    """
    start = make_plan(clocked.document).start
    by_date = start is not None and isinstance(start.config, DateConfig)
    overdue: datetime | None = await db.fetchval(OVERDUE, clocked.workflow_id)
    await disarm_clock(db, clocked.workflow_id, overdue_too=not by_date)
    if start is not None and isinstance(start.config, ScheduleConfig):
        await _arm_schedule(db, clocked, start, start.config, overdue)
    elif start is not None and isinstance(start.config, DateConfig) and clocked.module is not None:
        dates = dates_sql(start.config, clocked.module, clocked.catalog, clocked.time_zone)
        await arm_all_dates(db, clocked.workflow_id, dates, backlog or start.config.passed)
        digest = await digest_of(db, start.config, clocked.time_zone)
        await db.execute(SET_ARMED, clocked.workflow_id, clocked.version_id, digest)


async def _arm_schedule(
    db: Connection, clocked: Clocked, start: Start, config: ScheduleConfig, overdue: datetime | None
) -> None:
    now = await db.fetchval("SELECT clock_timestamp()")
    times, zone = config.timetable(), clocked.time_zone
    moment = next_time(times, zone, now)
    if overdue is not None and next_time(times, zone, overdue - timedelta(microseconds=1)) == overdue:
        moment = overdue  # the clock settles it, and all that came after it
    elif overdue is not None:
        await db.execute(NOTE_SKIPPED, clocked.workflow_id, overdue)
    if moment is None:
        at = next(i for i, node in enumerate(clocked.document.nodes) if node.key == start.node.key)
        raise Invalid.of(never(config).under(f"/nodes/{at}/config"))
    await db.execute(
        SET_SCHEDULE, clocked.workflow_id, clocked.version_id, moment, config.missed, clocked.time_zone
    )


async def disarm_clock(db: Connection, workflow_id: int, *, overdue_too: bool = True) -> None:
    """Nothing more is due for this workflow, or only what is so already."""
    for statement in (DROP_SCHEDULE, DROP_DUE if overdue_too else DROP_COMING, DROP_ARMED):
        await db.execute(statement, workflow_id)


async def digest_of(db: Connection, config: DateConfig, zone: str) -> str:
    """What the dates are worked out with, beside the workflow: another digest, other times."""
    working_time: Any = await db.fetchval(WORKING_TIME) if counts_working_time(config) else ""
    return f"{zone} {working_time}"


def dates_sql(config: DateConfig, module: Module, catalog: Catalog, zone: str) -> str:
    """SELECT of record key, date and due time of every record as `n` that has a date."""
    scope = Scope(catalog=catalog, module=module, time_zone=zone)
    return (
        f"SELECT {module.key_sql('n')} AS record_id, {date_sql(config, scope)} AS date_value, "
        f"{due_sql(config, scope)} AS due_at FROM {module.sql} n WHERE {countable_sql(config, scope)}"
    )


async def arm_all_dates(db: Connection, workflow_id: int, dates: str, backlog: Backlog) -> None:
    """A row for every record that has a date. What is past starts now, or counts as passed (skip); a row
    that was due before stays, or is moved."""
    passed = "d.due_at <= clock_timestamp()" if backlog == "skip" else "false"
    await db.execute(
        f"INSERT INTO whereupon.due_dates (workflow_id, record_id, date_value, due_at, fired_at, skipped) "
        f"SELECT $1, d.record_id, d.date_value, d.due_at, CASE WHEN {passed} THEN clock_timestamp() END, "
        f"CASE WHEN {passed} THEN 'passed' END "
        # OFFSET 0: when it is due is worked out once for each record, not wherever it is named.
        f"FROM ({dates} OFFSET 0) d ON CONFLICT (workflow_id, record_id, date_value) DO UPDATE "
        "SET due_at = excluded.due_at WHERE whereupon.due_dates.fired_at IS NULL "
        "AND whereupon.due_dates.due_at <> excluded.due_at",
        workflow_id,
    )


async def arm_dates_anew(db: Connection, workflow_id: int, dates: str) -> None:
    """Move every date that has not come yet to where it is due now. What is new and past has passed.

    A date that was due before and has not started anything, as after a night without workers, still does.
    """
    await db.execute(ANEW.format(dates=dates), workflow_id)

"""What the clock has to know of a workflow: its next time, or each record's date.

Set when it is published or enabled, in the same transaction; taken away with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog, Module
from whereupon.triggers.date_reached import DateConfig, date_sql, due_sql
from whereupon.triggers.schedule import ScheduleConfig, next_time
from whereupon.workflows.document import Document
from whereupon.workflows.plan import make_plan

SET_SCHEDULE = """
INSERT INTO whereupon.schedules (workflow_id, version_id, next_at, missed) VALUES ($1, $2, $3, $4)
ON CONFLICT (workflow_id) DO UPDATE SET version_id = excluded.version_id, next_at = excluded.next_at,
  missed = excluded.missed
"""
DROP_SCHEDULE = "DELETE FROM whereupon.schedules WHERE workflow_id = $1"
# Dates that have started something stay: the same date does not start it again.
DROP_DUE = "DELETE FROM whereupon.due_dates WHERE workflow_id = $1 AND fired_at IS NULL"


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


async def arm_clock(db: Connection, clocked: Clocked) -> None:
    """Set the clock for a workflow that starts by it; take it away from any other."""
    start = make_plan(clocked.document).start
    await disarm_clock(db, clocked.workflow_id)
    if start is not None and isinstance(start.config, ScheduleConfig):
        now = await db.fetchval("SELECT clock_timestamp()")
        moment = next_time(start.config.cron, clocked.time_zone, now)
        await db.execute(SET_SCHEDULE, clocked.workflow_id, clocked.version_id, moment, start.config.missed)
    elif start is not None and isinstance(start.config, DateConfig) and clocked.module is not None:
        dates = dates_sql(start.config, clocked.module, clocked.catalog, clocked.time_zone)
        await arm_all_dates(db, clocked.workflow_id, start.config, dates)


async def disarm_clock(db: Connection, workflow_id: int) -> None:
    """Nothing more is due for this workflow."""
    await db.execute(DROP_SCHEDULE, workflow_id)
    await db.execute(DROP_DUE, workflow_id)


def dates_sql(config: DateConfig, module: Module, catalog: Catalog, zone: str) -> str:
    """SELECT of record key, date and due time of every record as `n` that has a date."""
    scope = Scope(catalog=catalog, module=module, time_zone=zone)
    return (
        f"SELECT {module.key_sql('n')} AS record_id, {date_sql(config, scope)} AS date_value, "
        f"{due_sql(config, scope)} AS due_at FROM {module.sql} n WHERE {date_sql(config, scope)} IS NOT NULL"
    )


async def arm_all_dates(db: Connection, workflow_id: int, config: DateConfig, dates: str) -> None:
    """A row for every record that has a date. What is past starts now, or counts as started (skip)."""
    passed = "clock_timestamp()" if config.passed == "skip" else "NULL::timestamptz"
    await db.execute(
        f"INSERT INTO whereupon.due_dates (workflow_id, record_id, date_value, due_at, fired_at) "
        f"SELECT $1, d.record_id, d.date_value, d.due_at, "
        f"CASE WHEN d.due_at <= clock_timestamp() THEN {passed} END "
        f"FROM ({dates}) d ON CONFLICT DO NOTHING",
        workflow_id,
    )

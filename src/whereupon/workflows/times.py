"""The times of a workflow as people see them: the next ones while they choose, what came, what is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid
from whereupon.sdk.timetable import times_after
from whereupon.triggers.schedule import ScheduleConfig, never
from whereupon.workflows.store import get_workflow

SHOWN = 5
NOW = "SELECT clock_timestamp()"
NEXT = "SELECT next_at, zone FROM whereupon.schedules WHERE workflow_id = $1"
OCCURRENCES = """
SELECT nominal_at, fired_at, status, matched FROM whereupon.occurrences
WHERE workflow_id = $1 ORDER BY nominal_at DESC LIMIT $2
"""
# Dates of records: those to come, and of those that have come, how many started nothing and why.
DUE = """
SELECT count(*) FILTER (WHERE fired_at IS NULL) AS waiting,
  min(due_at) FILTER (WHERE fired_at IS NULL) AS next_at
FROM whereupon.due_dates WHERE workflow_id = $1
"""
SKIPPED = """
SELECT skipped AS why, count(*) AS records, max(fired_at) AS last_at FROM whereupon.due_dates
WHERE workflow_id = $1 AND skipped IS NOT NULL GROUP BY 1 ORDER BY 2 DESC
"""
EXAMPLES = """
SELECT record_id, due_at, fired_at, skipped AS why FROM whereupon.due_dates
WHERE workflow_id = $1 AND skipped IS NOT NULL ORDER BY fired_at DESC LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class NextTimes:
    """The next times of a schedule, in words and as moments. Raised, not told, is what is no schedule."""

    words: str
    time_zone: str
    times: list[datetime]


async def next_times(db: Connection, config: ScheduleConfig, time_zone: str, count: int = SHOWN) -> NextTimes:
    """By the database's clock. Raises Invalid for a schedule that never comes."""
    now: datetime = await db.fetchval(NOW)
    times = list(islice(times_after(config.timetable(), time_zone, now), count))
    if not times:
        raise Invalid.of(never(config))
    return NextTimes(config.words(), time_zone, times)


async def times_of(db: Connection, key: str, count: int = 20) -> Mapping[str, Any]:
    """What the clock knows of a workflow: next time, the last ones with what became of them; its dates."""
    row = await get_workflow(db, key)
    schedule: Any = await db.fetchrow(NEXT, row["id"])
    due: Any = await db.fetchrow(DUE, row["id"])
    skipped = await db.fetch(SKIPPED, row["id"])
    return {
        "next_at": schedule["next_at"] if schedule else due["next_at"],
        "occurrences": [dict(one) for one in await db.fetch(OCCURRENCES, row["id"], count)],
        "waiting": due["waiting"],
        "skipped": [dict(one) for one in skipped],
        "examples": [dict(one) for one in await db.fetch(EXAMPLES, row["id"], count)] if skipped else [],
    }

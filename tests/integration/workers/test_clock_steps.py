"""Nothing in memory decides: restarts, two workers, and a clock of the database that is set an hour forth or
back around the minute of a schedule. Every nominal time has one occurrence, every date and wait one start.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from tests import clock
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.workers.clock import Clock
from whereupon.workers.engine import Engine
from whereupon.workers.reminder import Reminder
from whereupon.workflows import store

STOP = {"key": "stop", "block": "stop"}
NOTE = {"key": "note", "block": "update_record", "set": {"note": "είδα"}}


async def set_clock(office: Office, at: str) -> None:
    """The time stands still until the next reading."""
    async with office.database.connection() as db:
        await clock.set_clock(db, datetime.fromisoformat(at).replace(tzinfo=UTC), frozen=True)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    """An office in whose database the time stands still until a test sets the clock."""
    bare = await Database.connect(database_url, min_size=1, max_size=1)
    async with bare.connection() as db:
        await clock.install_clock(db)
        await clock.set_clock(db, datetime(2026, 3, 27, 12, tzinfo=UTC), frozen=True)
    await bare.close()
    pool = await Database.connect(database_url, min_size=1, max_size=8)
    yield await open_office(pool)
    await pool.close()


async def everybody_looks(office: Office) -> None:
    """Two worker processes that were started just now: clocks, dates, runs."""
    engines = [Engine(office.database) for _ in range(2)]
    parts = [Clock(office.database, engine.current) for engine in engines]
    dates = [Reminder(office.database, engine.current) for engine in engines]

    async def until_quiet(part: Clock | Reminder) -> None:
        while await part.tick() == 0.0:
            pass

    await asyncio.gather(*(until_quiet(part) for part in [*parts, *dates]))
    await office.settle()


# A daily schedule at 08:00 in Athens, which is 06:00 UTC until the 28th of March, and 05:00 from the 29th.
READINGS = (
    "2026-03-28T05:59:30",
    "2026-03-28T06:59:31",  # an hour forth: it fires
    "2026-03-28T05:59:33",  # and back
    "2026-03-28T06:00:00",  # the minute comes again
    "2026-03-28T06:00:59",
    "2026-03-29T04:00:00",  # an hour back, just before the next
    "2026-03-29T05:00:00",
    "2026-03-29T04:00:10",
    "2026-03-29T05:00:10",
    "2026-03-29T06:00:10",
    "2026-03-31T05:30:00",  # a day without workers: one start for the two times
)


async def test_each_nominal_time_has_one_occurrence_whatever_the_clock_does(office: Office) -> None:
    await set_clock(office, "2026-03-28T05:00:00")
    daily = {"trigger": "schedule", "when": {"every": "day", "at": "08:00"}, "each_record": False}
    await office.publish(daily, STOP, module=None, time_zone="Europe/Athens")
    for reading in READINGS:
        await set_clock(office, reading)
        await everybody_looks(office)
    rows = await office.fetch("SELECT nominal_at, status FROM whereupon.occurrences ORDER BY nominal_at")
    assert [(f"{row['nominal_at']:%d %H:%M}", row["status"]) for row in rows] == [
        ("28 06:00", "fired"), ("29 05:00", "fired"), ("30 05:00", "skipped"), ("31 05:00", "fired"),
    ]  # fmt: skip
    assert len(await office.runs()) == 3


async def test_publishing_again_after_the_clock_went_back_repeats_nothing(office: Office) -> None:
    await set_clock(office, "2026-03-28T05:59:30")
    daily = {"trigger": "schedule", "cron": "0 8 * * *", "each_record": False}
    key = await office.publish(daily, STOP, module=None, time_zone="Europe/Athens")
    for reading in ("2026-03-28T06:00:01", "2026-03-28T05:00:01", "2026-03-28T06:00:02"):
        await set_clock(office, reading)
        await everybody_looks(office)
        async with office.database.transaction() as db:
            await store.publish(db, office.rights, key)
    await everybody_looks(office)
    assert len(await office.runs()) == 1
    assert await office.fetchval("SELECT count(*) FROM whereupon.occurrences") == 1


async def test_hours_are_counted_once_in_the_night_in_which_the_clocks_change(office: Office) -> None:
    await set_clock(office, "2026-10-24T23:30:00")
    hourly = {"trigger": "schedule", "when": {"every": "hour", "minute": 30}, "each_record": False}
    await office.publish(hourly, STOP, module=None, time_zone="Europe/Athens")
    begin = datetime(2026, 10, 25, tzinfo=UTC)
    for minutes in range(0, 5 * 60, 30):
        for step in (0, 60, 0):  # forth by an hour, and back
            at = begin + timedelta(minutes=minutes + step)
            await set_clock(office, at.isoformat()[:19])
            await everybody_looks(office)
    rows = await office.fetch(
        "SELECT nominal_at FROM whereupon.occurrences WHERE status = 'fired' ORDER BY 1"
    )
    assert [f"{row['nominal_at']:%H:%M}" for row in rows] == [f"{hour:02}:30" for hour in range(6)]
    assert len(await office.runs()) == 6


async def test_dates_and_waits_go_on_once(office: Office) -> None:
    reminder = {"trigger": "date_reached", "field": "due_date", "time_of_day": "08:00"}
    await office.publish(reminder, NOTE, name="Reminder", time_zone="Europe/Athens")
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 18, "unit": "hours"}}
    await office.publish({"trigger": "record_created"}, wait, STOP, name="Waits")
    for day in (28, 29, 30):
        await office.insert(name="a", due_date=date(2026, 3, day))
    await office.settle()
    for reading in READINGS:
        await set_clock(office, reading)
        await everybody_looks(office)
    runs = await office.runs()
    assert [run["status"] for run in runs] == ["succeeded"] * 6
    assert sorted(run["started_by"] for run in runs) == ["date_reached"] * 3 + ["record_created"] * 3
    steps = await office.fetch("SELECT run_id FROM whereupon.step_runs WHERE node IN ('note', 'stop')")
    assert len({row["run_id"] for row in steps}) == len(steps) == 6

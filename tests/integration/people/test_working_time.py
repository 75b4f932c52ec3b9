"""Working days and hours as SQL counts them: kept in step with the settings, whoever sets them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from whereupon.db.pool import Connection
from whereupon.people.organisation import (
    Holidays,
    Organisation,
    WorkingHours,
    save_holidays,
    save_organisation,
    save_working_hours,
)
from whereupon.people.users import time_zones
from whereupon.sdk.timetable import instant_of

Db = Connection
SHIFT = "SELECT whereupon.working_day($1::text::date, $2)"
MOMENT = "SELECT whereupon.working_moment($1::text::timestamptz)"
# In May 2026 the 1st is a Friday, and here a holiday; so is Monday the 25th.
HOLIDAYS = {"days": [{"date": "2026-05-01", "name": "Πρωτομαγιά"}, {"date": "2026-05-25", "name": "Monday"}]}


async def set_holidays(db: Db) -> None:
    await save_holidays(db, Holidays.model_validate(HOLIDAYS), actor=None)


DAYS: list[tuple[str | None, int, str | None]] = [
    ("2026-05-20", 1, "2026-05-21"),
    ("2026-05-22", 1, "2026-05-26"),  # over the weekend and the Monday that is free
    ("2026-05-22", 3, "2026-05-28"),
    ("2026-05-23", 1, "2026-05-26"),  # a Saturday counts for nothing
    ("2026-05-26", -1, "2026-05-22"),
    ("2026-05-25", -1, "2026-05-22"),  # from a holiday
    ("2026-05-04", -2, "2026-04-29"),  # over the 1st
    ("2026-05-25", 0, "2026-05-26"),  # the day itself, or the next
    ("2026-05-26", 0, "2026-05-26"),
    ("2026-01-05", 250, "2026-12-23"),
    ("1990-01-01", 3, "1990-01-04"),  # beyond what is known: plain days
    (None, 3, None),
]


async def test_so_many_working_days_later(db: Db) -> None:
    await set_holidays(db)
    found = [(day, n, str(await db.fetchval(SHIFT, day, n) or "") or None) for day, n, _ in DAYS]
    assert found == DAYS


MOMENTS: list[tuple[str | None, str | None]] = [
    ("2026-05-20T10:00+03:00", "2026-05-20T10:00+03:00"),  # at work
    ("2026-05-20T08:00+03:00", "2026-05-20T09:00+03:00"),
    ("2026-05-20T12:30+03:00", "2026-05-20T13:00+03:00"),  # in the break
    ("2026-05-20T17:00+03:00", "2026-05-21T09:00+03:00"),  # the end is no time to work
    ("2026-05-24T18:00+03:00", "2026-05-26T09:00+03:00"),  # Sunday, and Monday is free
    ("2026-03-29T01:00+02:00", "2026-03-30T09:00+03:00"),  # the clocks change on the 29th
    ("2026-05-30T03:00+03:00", "2026-05-30T03:00+03:00"),  # Saturday, all day
    ("2026-05-30T23:59+03:00", "2026-05-30T23:59+03:00"),
    (None, None),
]


async def test_when_somebody_works_next(db: Db) -> None:
    await set_holidays(db)
    office = [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "17:00"}]
    week: dict[str, Any] = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), office)
    week["saturday"] = [{"start": "00:00", "end": "24:00"}]
    await save_working_hours(db, WorkingHours.model_validate({"days": week}), actor=None)
    await save_organisation(db, Organisation(time_zone="Europe/Athens"), actor=None)
    for at, expected in MOMENTS:
        found = await db.fetchval(MOMENT, at)
        assert found == (datetime.fromisoformat(expected) if expected else None), at


async def test_nobody_ever_works(db: Db) -> None:
    await save_working_hours(db, WorkingHours(days={}), actor=None)
    assert await db.fetchval(SHIFT, "2026-05-22", 3) == date(2026, 5, 25)
    at = "2026-05-30T03:00+00:00"
    assert await db.fetchval(MOMENT, at) == datetime.fromisoformat(at)


async def test_settings_that_are_taken_away_leave_office_hours(db: Db) -> None:
    await save_working_hours(db, WorkingHours(days={}), actor=None)
    await db.execute("DELETE FROM whereupon.settings WHERE key = 'working_hours'")
    assert await db.fetchval(SHIFT, "2026-05-22", 1) == date(2026, 5, 25)


# Around what the clocks do there: an hour, half an hour, two hours, a day.
JUMPS = {
    "Europe/Athens": ("2026-03-29T03:00", "2026-10-25T03:00"),
    "America/Santiago": ("2026-04-04T23:00", "2026-09-06T00:00"),
    "Australia/Lord_Howe": ("2026-04-05T01:30", "2026-10-04T02:00"),
    "Antarctica/Troll": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "Pacific/Apia": ("2011-12-30T00:00", "2011-12-30T12:00", "2011-12-30T23:00"),
    "UTC": ("2026-03-29T03:00",),
}


async def test_a_local_time_is_the_same_moment_in_the_database_and_in_schedules(db: Db) -> None:
    for zone, jumps in JUMPS.items():
        around = [
            datetime.fromisoformat(jump) + timedelta(minutes=n) for jump in jumps for n in range(-90, 200, 7)
        ]
        found = await db.fetch(
            "SELECT whereupon.moment_of(t, $2) AS at FROM unnest($1::timestamp[]) t", around, zone
        )
        expected = [instant_of(local, ZoneInfo(zone)) for local in around]
        assert [row["at"] for row in found] == expected, zone


async def test_every_zone_that_may_be_chosen_is_one_of_the_databases(db: Db) -> None:
    known = {row["name"] for row in await db.fetch("SELECT name FROM pg_timezone_names")}
    for zone in sorted(time_zones() - known):  # some are known, and not listed
        await db.fetchval("SELECT timezone($1, now())", zone)

"""Schedules against zoneinfo by brute force: every minute of three years, twice, in twelve zones.

The oracle knows nothing of the program: it walks the minutes of UTC in order, sees what a clock on the
wall shows at each, and notes when the shown minute is one of the schedule's (rule 20).
"""

from __future__ import annotations

import os
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from whereupon.sdk.timetable import next_time, read_cron, times_after
from whereupon.triggers.schedule import ScheduleConfig

# Apia leaves out 30 December 2011, St John's changes its clocks at 00:01 in 2011, Troll by two hours, Lord
# Howe by half an hour, Casablanca around Ramadan; leap days are in 2012 and 2028.
ZONES = (
    "UTC", "Europe/Athens", "America/New_York", "America/St_Johns", "America/Santiago", "Africa/Casablanca",
    "Antarctica/Troll", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia",
    "Atlantic/Azores",
)  # fmt: skip
SPANS = ((date(2011, 1, 1), date(2014, 1, 1)), (date(2026, 1, 1), date(2029, 1, 1)))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY, HOUR = 24 * 60, 60


@dataclass(frozen=True)
class Schedule:
    """As it is configured; and what it means, said a second time."""

    config: dict[str, Any]
    on: Callable[[date], bool]
    minutes: frozenset[int]
    each_hour: bool = False


def at(*times: str) -> frozenset[int]:
    return frozenset(int(time[:2]) * 60 + int(time[3:]) for time in times)


def is_last(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def always(_day: date) -> bool:
    return True


SCHEDULES = {
    "every hour": Schedule({"when": {"every": "hour", "minute": 30}}, always,
                           frozenset(h * 60 + 30 for h in range(24)), each_hour=True),
    "every day at night": Schedule({"when": {"every": "day", "at": "02:10"}}, always, at("02:10")),
    "every day at midnight": Schedule({"when": {"every": "day", "at": "00:00"}}, always, at("00:00")),
    "every day before midnight": Schedule({"when": {"every": "day", "at": "23:59"}}, always, at("23:59")),
    "sundays": Schedule({"when": {"every": "week", "weekdays": ["sunday", "friday"], "at": "02:30"}},
                        lambda d: d.isoweekday() in (5, 7), at("02:30")),
    "long months": Schedule(
        {"when": {"every": "month", "days": [1, 30, 31], "short_month": "skip", "at": "01:30"}},
        lambda d: d.day in (1, 30, 31), at("01:30")),
    "ends of months": Schedule(
        {"when": {"every": "month", "days": [29, 30, 15], "at": "08:00"}},
        lambda d: d.day in (15, 29, 30) or (d.month == 2 and is_last(d)), at("08:00")),
    "last days": Schedule({"when": {"every": "month", "days": ["last"], "at": "03:00"}}, is_last,
                          at("03:00")),
    "leap days": Schedule({"when": {"every": "year", "days_of_year": ["02-29"], "at": "12:00",
                                    "short_month": "skip"}},
                          lambda d: (d.month, d.day) == (2, 29), at("12:00")),
    "ends of February": Schedule({"when": {"every": "year", "days_of_year": ["12-30", "02-29"],
                                           "at": "10:00"}},
                                 lambda d: (d.month, d.day) == (12, 30) or (d.month == 2 and is_last(d)),
                                 at("10:00")),
    "dates": Schedule({"when": {"every": "dates", "dates": ["2011-12-30", "2028-03-26", "2012-02-29"],
                                "at": "02:30"}},
                      lambda d: d in (date(2011, 12, 30), date(2028, 3, 26), date(2012, 2, 29)),
                      at("02:30")),
    "once": Schedule({"when": {"every": "once", "day": "2011-12-30", "at": "18:00"}},
                     lambda d: d == date(2011, 12, 30), at("18:00")),
    "cron at night": Schedule({"cron": "5,35,59 0-3 * * *"}, always,
                              frozenset(h * 60 + m for h in range(4) for m in (5, 35, 59))),
    "cron, every other hour": Schedule({"cron": "0 */2 * * *"}, always,
                                       frozenset(range(0, DAY, 120))),
    "cron, the 13th or a Friday": Schedule({"cron": "0 0 13 * 5"},
                                           lambda d: d.day == 13 or d.isoweekday() == 5, at("00:00")),
    "cron, leap days": Schedule({"cron": "45 23 29 2 *"}, lambda d: (d.month, d.day) == (2, 29),
                                at("23:45")),
}  # fmt: skip
OFTEN = {
    "every 15 minutes": Schedule({"when": {"every": "minutes", "minutes": 15}}, always,
                                 frozenset(range(0, DAY, 15)), each_hour=True),
    "cron, each hour of some days": Schedule({"cron": "*/20 * 25-31 3,10 *"},
                                             lambda d: d.month in (3, 10) and d.day >= 25,
                                             frozenset(range(0, DAY, 20)), each_hour=True),
}  # fmt: skip


# The oracle: minutes are counted from 1970, of UTC or of what the clock on the wall shows.


def shown(minute: int, zone: ZoneInfo) -> int:
    """What the clock on the wall shows at a minute of UTC."""
    wall = (EPOCH + timedelta(minutes=minute)).astimezone(zone).replace(tzinfo=UTC)
    return (wall - EPOCH) // timedelta(minutes=1)


def stretches(zone: ZoneInfo, first: date, last: date) -> Iterator[tuple[int, int, int]]:
    """(from, to, shown at from) for the stretches of minutes in which the clock runs on without a jump.

    With EVERY_MINUTE each minute is looked at. Otherwise each hour is, and those minutes where
    the hour was not as long as it should be: no zone jumps forth and back within one hour.
    """
    begin, end = ((datetime(d.year, d.month, d.day, tzinfo=UTC) - EPOCH).days * DAY for d in (first, last))
    step = 1 if "EVERY_MINUTE" in os.environ else HOUR
    jumps: list[int] = []
    before = shown(begin, zone)
    for minute in range(begin, end, step):
        now = shown(minute + step, zone)
        if now - before != step:
            walked = [(m, shown(m, zone)) for m in range(minute, minute + step + 1)]
            jumps += [later for (_, a), (later, b) in pairwise(walked) if b - a != 1]
        before = now
    for start, stop in pairwise([begin, *jumps, end]):
        yield start, stop, shown(start, zone)


def minutes_that_match(schedule: Schedule, first: date, last: date) -> tuple[int, bytes]:
    """For every minute that a clock shows in these years (from the returned one on): whether it is one."""
    start = first - timedelta(days=3)
    on = bytes(minute in schedule.minutes for minute in range(DAY))
    days = (start + timedelta(days=n) for n in range((last - start).days + 3))
    match = b"".join(on if schedule.on(day) else bytes(DAY) for day in days)
    return (start - EPOCH.date()).days * DAY, match


def oracle(schedule: Schedule, walked: list[tuple[int, int, int]], first: date, last: date) -> list[datetime]:
    base, match = minutes_that_match(schedule, first, last)
    fired: list[int] = []
    seen = walked[0][2]  # every minute of the wall before this one was shown, or left out
    for start, stop, wall in walked:
        if wall > seen and not schedule.each_hour and match.find(1, seen - base, wall - base) >= 0:
            fired.append(start)  # left out: at the next valid instant
        of_day, end = wall - base, wall - base + stop - start
        if not schedule.each_hour:
            of_day = max(of_day, seen - base)  # shown a second time: once is enough
        while (of_day := match.find(1, of_day, end)) >= 0:
            fired.append(start + of_day - (wall - base))
            of_day += 1
        seen = max(seen, wall + stop - start)
    return [EPOCH + timedelta(minutes=minute) for minute in sorted(set(fired))]


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_three_years_is_as_the_clock_on_the_wall_says(zone: str) -> None:
    schedules = SCHEDULES | (
        OFTEN if zone in ("Europe/Athens", "Australia/Lord_Howe", "Pacific/Apia") else {}
    )
    for first, last in SPANS:
        walked = list(stretches(ZoneInfo(zone), first, last))
        begin = EPOCH + timedelta(minutes=walked[0][0] - 1)
        end = EPOCH + timedelta(minutes=walked[-1][1])
        for name, schedule in schedules.items():
            times = ScheduleConfig.model_validate(schedule.config).timetable()
            found: list[datetime] = []
            for moment in times_after(times, zone, begin):
                if moment >= end:
                    break
                found.append(moment)
            assert found == oracle(schedule, walked, first, last), (name, zone, first)


def test_the_oracle_sees_the_jumps() -> None:
    wanted = {"UTC": 1, "Europe/Athens": 7, "Pacific/Apia": 8, "Africa/Casablanca": 11}
    zones = {zone: list(stretches(ZoneInfo(zone), *SPANS[0])) for zone in wanted}
    assert {zone: len(found) for zone, found in zones.items()} == wanted
    jumps = [later[2] - (one[2] + one[1] - one[0]) for one, later in pairwise(zones["Pacific/Apia"])]
    assert DAY in jumps


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Europe/Athens"])
def test_asking_for_the_next_time_again_and_again_is_the_same_as_going_through(zone: str) -> None:
    after = datetime(2011, 12, 28, tzinfo=UTC)
    for schedule in SCHEDULES.values():
        times = ScheduleConfig.model_validate(schedule.config).timetable()
        through = [moment for moment, _ in zip(times_after(times, zone, after), range(9), strict=False)]
        asked, moment = list[datetime](), next_time(times, zone, after)
        while moment is not None and len(asked) < 9:
            asked.append(moment)
            moment = next_time(times, zone, moment)
        assert asked == through


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "say when"),
        ({"cron": "0 8 * * *", "when": {"every": "day", "at": "08:00"}}, "say when"),
        ({"cron": "0 0 31 2 *"}, "there is no such day in that month"),
        ({"cron": "0 0 30,31 feb *"}, "there is no such day in that month"),
        ({"cron": "8 Uhr"}, "has not five fields"),
        ({"cron": "0 0 0 * * *"}, "has not five fields"),
        ({"cron": "0 25 * * *"}, "Bad hour"),
        ({"when": {"every": "day"}}, "needs at"),
        ({"when": {"every": "week", "at": "08:00"}}, "needs weekdays"),
        ({"when": {"every": "week", "weekdays": [], "at": "08:00"}}, "at least 1"),
        ({"when": {"every": "once", "at": "08:00"}}, "needs day"),
        ({"when": {"every": "day", "at": "8:00"}}, "pattern"),
        ({"when": {"every": "day", "at": "24:00"}}, "pattern"),
        ({"when": {"every": "day", "at": "08:00", "minute": 5}}, "does not go with"),
        ({"when": {"every": "minutes", "minutes": 7}}, "part of an hour"),
        ({"when": {"every": "month", "days": [0], "at": "08:00"}}, "greater than or equal"),
        ({"when": {"every": "year", "days_of_year": ["13-01"], "at": "08:00"}}, "pattern"),
        ({"when": {"every": "fortnight"}}, "'minutes', 'hour'"),
        ({"when": {"every": "day", "at": "08:00", "κάθε": 1}}, "Extra inputs"),
    ],
)
def test_what_is_no_schedule_is_refused_in_words(config: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ScheduleConfig.model_validate(config)


@pytest.mark.parametrize(
    "config",
    [
        {"when": {"every": "once", "day": "2020-02-29", "at": "08:00"}},
        {"when": {"every": "dates", "dates": ["2019-01-01", "2020-01-01"], "at": "08:00"}},
        {"when": {"every": "year", "days_of_year": ["02-30"], "at": "08:00", "short_month": "skip"}},
    ],
)
def test_what_never_comes_has_no_next_time(config: dict[str, Any]) -> None:
    times = ScheduleConfig.model_validate(config).timetable()
    assert next_time(times, "Europe/Athens", datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_a_leap_day_that_is_a_sunday_is_found_decades_ahead() -> None:
    found = next_time(read_cron("0 0 29 2 */7"), "UTC", datetime(2032, 3, 1, tzinfo=UTC))
    assert found == datetime(2060, 2, 29, tzinfo=UTC)

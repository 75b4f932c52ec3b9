"""Which moments a schedule means: local days, minutes of these days, and what both are in a time zone.

Rule 20: a local time that does not exist in spring comes at the next valid instant, one that comes twice
in autumn comes once. What comes within every hour ("every 15 minutes", "every hour") has no time of day
of its own: it goes by the clock on the wall as long as that shows something, so an hour that comes twice
has its runs twice, and one that does not exist has none (docs/decisions/0023).
"""

from __future__ import annotations

import calendar
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

HOURS = 24
MINUTES = HOURS * 60
YEARS_AHEAD = 41  # a 29 February that is a Sunday may be 40 years away; what does not come by then never does
LAST_DAY = date(9990, 1, 1)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ShortMonth = Literal["last_day", "skip"]


@dataclass(frozen=True, slots=True)
class Timetable:
    """`days`: the local days from a date on, in order. `minutes`: of each of these days, sorted.

    `each_hour`: they come within every hour, so that they follow the wall clock and not a time of day.
    """

    days: Callable[[date], Iterator[date]]
    minutes: tuple[int, ...]
    each_hour: bool = False


def next_time(times: Timetable, time_zone: str, after: datetime) -> datetime | None:
    """The first moment later than `after` (aware), in local time; None when none will ever come."""
    moment = next(times_after(times, time_zone, after), None)
    return moment.astimezone(ZoneInfo(time_zone)) if moment is not None else None


def times_after(times: Timetable, time_zone: str, after: datetime) -> Iterator[datetime]:
    """Every moment later than `after`, in order and each once, as UTC.

    >>> daily = every_day(["03:30"])
    >>> begin = datetime(2026, 3, 28, 12, tzinfo=UTC)
    >>> [t.isoformat() for t, _ in zip(times_after(daily, "Europe/Athens", begin), range(2))]
    ['2026-03-29T01:00:00+00:00', '2026-03-30T00:30:00+00:00']
    """
    zone = ZoneInfo(time_zone)
    # A day that a zone leaves out (Apia, 30 December 2011) comes at the beginning of the next one.
    first = after.astimezone(zone).date() - DAY
    return (moment for moment in _moments(times, zone, first) if moment > after)


def _moments(times: Timetable, zone: ZoneInfo, first: date) -> Iterator[datetime]:
    """In order, also where the end of one day and the beginning of the next overlap."""
    waiting: list[datetime] = []
    for day in times.days(first):
        offset = _only_offset(day, zone)
        if offset is not None and not waiting:
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - offset
            yield from (midnight + timedelta(minutes=minute) for minute in times.minutes)
            continue
        found = set(_moments_of(times, day, zone))
        if found:
            before = bisect_left(waiting, min(found))
            yield from waiting[:before]
            waiting = sorted(found.union(waiting[before:]))
        if offset is not None:  # nothing of a later day comes before the end of this one
            yield from waiting
            waiting = []
    yield from waiting


def _only_offset(day: date, zone: ZoneInfo) -> timedelta | None:
    """The offset that holds all day; None when the clocks change, or may."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    ends = (midnight, midnight + timedelta(minutes=MINUTES - 1), midnight + DAY)
    offsets = {end.replace(fold=fold).utcoffset() for end in ends for fold in (0, 1)}
    return offsets.pop() if len(offsets) == 1 else None


def _moments_of(times: Timetable, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    for minute in times.minutes:
        local = datetime.combine(day, time(minute // 60, minute % 60))
        if times.each_hour:
            yield from showings(local, zone)
        else:
            yield instant_of(local, zone)


def showings(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """Every moment at which clocks in `zone` show `local`: none, one or two, as UTC."""
    found = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in found if moment.astimezone(zone).replace(tzinfo=None) == local)


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The one moment that a local time means: its first, or the next valid instant, as UTC.

    >>> instant_of(datetime(2026, 10, 4, 2, 10), ZoneInfo("Australia/Lord_Howe")).isoformat()
    '2026-10-03T15:30:00+00:00'
    """
    shown = showings(local, zone)
    if shown:
        return shown[0]
    # It was left out. With the offset after the jump it lies before it, with the one before it after it.
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    jumped = after.astimezone(zone).utcoffset()
    while after - before > MINUTE:
        middle = before + (after - before) // MINUTE // 2 * MINUTE
        if middle.astimezone(zone).utcoffset() == jumped:
            after = middle
        else:
            before = middle
    return after


# Days ------------------------------------------------------------------------------------------------


def days_from(first: date) -> Iterator[date]:
    """Every day, as far as anybody looks ahead."""
    last, day = date(min(first.year + YEARS_AHEAD, LAST_DAY.year), 1, 1), first
    while day < last:
        yield day
        day += DAY


def months_from(first: date) -> Iterator[tuple[int, int]]:
    """Year and month, from that of a date on."""
    year, month = first.year, first.month
    for _ in range(YEARS_AHEAD * 12):
        if year >= LAST_DAY.year:
            return
        yield year, month
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def day_in(year: int, month: int, day: int, short_month: ShortMonth) -> date | None:
    """A day of a month; in a month that is too short its last day, or none, as chosen.

    >>> day_in(2026, 2, 30, "last_day"), day_in(2026, 2, 30, "skip")
    (datetime.date(2026, 2, 28), None)
    """
    length = calendar.monthrange(year, month)[1]
    if day > length and short_month == "skip":
        return None
    return date(year, month, min(day, length))


# Timetables ------------------------------------------------------------------------------------------


def minute_of(time_of_day: str) -> int:
    """
    >>> minute_of("08:30")
    510
    """
    hours, minutes = time_of_day.split(":")
    return int(hours) * 60 + int(minutes)


def minutes_of(times: Iterable[str]) -> tuple[int, ...]:
    """Minutes of the day, sorted, each once."""
    return tuple(sorted({minute_of(one) for one in times}))


def each_hour(minutes: Iterable[int]) -> Timetable:
    """At these minutes of every hour."""
    wanted = sorted(set(minutes))
    return Timetable(days_from, tuple(h * 60 + m for h in range(HOURS) for m in wanted), each_hour=True)


def every_day(times: Iterable[str]) -> Timetable:
    """Every day at these times."""
    return Timetable(days_from, minutes_of(times))


def on_weekdays(weekdays: Iterable[int], times: Iterable[str]) -> Timetable:
    """On these days of the week (Monday is 0)."""
    wanted = frozenset(weekdays)
    return Timetable(lambda first: (d for d in days_from(first) if d.weekday() in wanted), minutes_of(times))


def on_days_of_month(
    days: Iterable[int | Literal["last"]], short_month: ShortMonth, times: Iterable[str]
) -> Timetable:
    """On these days of every month; 29 to 31 as `short_month` says where there is none."""
    wanted = tuple(days)

    def days_on(first: date) -> Iterator[date]:
        for year, month in months_from(first):
            found = {
                day_in(year, month, 31, "last_day")
                if day == "last"
                else day_in(year, month, day, short_month)
                for day in wanted
            }
            yield from sorted(day for day in found if day is not None and day >= first)

    return Timetable(days_on, minutes_of(times))


def on_days_of_year(
    days: Iterable[tuple[int, int]], short_month: ShortMonth, times: Iterable[str]
) -> Timetable:
    """On these (month, day) of every year; 29 February as `short_month` says."""
    wanted = tuple(days)

    def days_on(first: date) -> Iterator[date]:
        for year in range(first.year, min(first.year + YEARS_AHEAD, LAST_DAY.year)):
            found = {day_in(year, month, day, short_month) for month, day in wanted}
            yield from sorted(day for day in found if day is not None and day >= first)

    return Timetable(days_on, minutes_of(times))


def on_dates(dates: Iterable[date], times: Iterable[str]) -> Timetable:
    """On these days and no others."""
    wanted = sorted(set(dates))
    return Timetable(lambda first: (day for day in wanted if day >= first), minutes_of(times))


def read_cron(written: str) -> Timetable:
    """Five fields: minute, hour, day of month, month, day of week. Raises ValueError."""
    if len(written.split()) != 5:
        # A sixth field would be seconds: a minute is the finest step (docs/decisions/0014).
        raise ValueError(f'"{written}" has not five fields. {EXAMPLE}')
    try:
        cron = CronSim(written, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(_wrong(written, error)) from None
    minutes = tuple(hour * 60 + minute for hour in sorted(cron.hours) for minute in sorted(cron.minutes))

    def days_on(first: date) -> Iterator[date]:
        for year, month in months_from(first):
            if month in cron.months:
                length = calendar.monthrange(year, month)[1]
                days = (date(year, month, day) for day in range(1, length + 1))
                yield from (day for day in days if day >= first and cron.match_day(day))

    return Timetable(days_on, minutes, each_hour=len(cron.hours) == HOURS)


def _wrong(written: str, error: CronSimError) -> str:
    """A day that no month has is no slip of the pen: say so."""
    minute, hour, day, _month, weekday = written.split()
    try:
        CronSim(f"{minute} {hour} {day} * {weekday}", datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError:
        return f'"{written}" is no schedule: {error}. {EXAMPLE}'
    return f'"{written}" never comes: there is no such day in that month. {EXAMPLE}'


EXAMPLE = 'An example: "0 8 * * 1-5" is 08:00 on working days'

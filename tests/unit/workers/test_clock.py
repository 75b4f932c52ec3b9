"""Which of a schedule's times fires: on time, missed, and where local time jumps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from whereupon.sdk.timetable import next_time, read_cron
from whereupon.workers.clock import TIMES_AT_ONCE, settle_times

ATHENS = "Europe/Athens"


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def fired(cron: str, zone: str, begin: str, end: str) -> list[str]:
    """Every time that fires between two moments, when somebody looks each minute."""
    times = read_cron(cron)
    moment, found = next_time(times, zone, utc(begin)), list[str]()
    while moment is not None and moment <= utc(end):
        due = settle_times(times, zone, moment, "none", moment + timedelta(seconds=1))
        assert due.skipped == ()
        found += [due.fire.astimezone(UTC).isoformat()[:16]] if due.fire else []
        moment = due.next_at
    return found


# In 2026 Athens goes from +2 to +3 on 29 March at 01:00 UTC, and back on 25 October at 01:00 UTC.
@pytest.mark.parametrize(
    ("cron", "zone", "begin", "end", "expected"),
    [
        pytest.param(
            "30 3 * * *", ATHENS, "2026-03-27T12:00", "2026-03-30T12:00",
            ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"], id="spring: the next valid instant",
        ),
        pytest.param(
            "30 3 * * *", ATHENS, "2026-10-23T12:00", "2026-10-26T12:00",
            ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"], id="autumn: once",
        ),
        pytest.param(
            "0 8 * * *", ATHENS, "2026-03-27T12:00", "2026-03-30T12:00",
            ["2026-03-28T06:00", "2026-03-29T05:00", "2026-03-30T05:00"], id="eight stays eight in spring",
        ),
        pytest.param(
            "0 8 * * *", "UTC", "2026-10-24T12:00", "2026-10-26T12:00",
            ["2026-10-25T08:00", "2026-10-26T08:00"], id="a zone that never changes",
        ),
        pytest.param("0 8 29 2 *", ATHENS, "2025-03-01T00:00", "2028-02-28T00:00", [],
                     id="no such day in years"),
    ],
)  # fmt: skip
def test_local_times_fire_once_where_the_clock_jumps(
    cron: str, zone: str, begin: str, end: str, expected: list[str]
) -> None:
    assert fired(cron, zone, begin, end) == expected


@pytest.mark.parametrize(
    ("missed", "now", "fires", "skipped", "following"),
    [
        ("once", "2026-06-01T08:00:01", "2026-06-01T08:00", 0, "2026-06-02T08:00"),
        ("none", "2026-06-01T08:00:59", "2026-06-01T08:00", 0, "2026-06-02T08:00"),
        ("all", "2026-06-01T08:00:01", "2026-06-01T08:00", 0, "2026-06-02T08:00"),
        # Two days down.
        ("once", "2026-06-03T09:00:00", "2026-06-03T08:00", 2, "2026-06-04T08:00"),
        ("none", "2026-06-03T09:00:00", None, 3, "2026-06-04T08:00"),
        ("none", "2026-06-03T08:00:30", "2026-06-03T08:00", 2, "2026-06-04T08:00"),
        ("all", "2026-06-03T09:00:00", "2026-06-01T08:00", 0, "2026-06-02T08:00"),
        # Late by a minute and a second.
        ("once", "2026-06-01T08:01:01", "2026-06-01T08:00", 0, "2026-06-02T08:00"),
        ("none", "2026-06-01T08:01:01", None, 1, "2026-06-02T08:00"),
    ],
)
def test_missed_times_are_caught_up_as_chosen(
    missed: str, now: str, fires: str | None, skipped: int, following: str
) -> None:
    due = settle_times(read_cron("0 8 * * *"), "UTC", utc("2026-06-01T08:00"), missed, utc(now))
    assert due.fire == (utc(fires) if fires else None)
    assert len(due.skipped) == skipped
    assert due.next_at == utc(following)


def test_years_of_missed_minutes_are_settled_in_pieces() -> None:
    minutely = read_cron("* * * * *")
    due = settle_times(minutely, "UTC", utc("2025-06-01T08:00"), "once", utc("2026-06-01T08:00"))
    assert due.fire is None
    assert len(due.skipped) == TIMES_AT_ONCE
    assert due.next_at == utc("2025-06-01T08:00") + timedelta(minutes=TIMES_AT_ONCE)

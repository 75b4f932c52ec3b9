"""A roster says at every clock time who is on duty, over midnight, holidays and clock changes."""

from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from whereupon.people.duty import OfficeTimes, Roster, candidates, spread

ANNA, BEN, ΓΙΑΝΝΗΣ = 1, 2, 3
HOLIDAY = date(2026, 12, 25)  # a Friday
HELSINKI = ZoneInfo("Europe/Helsinki")
ROSTER: dict[str, Any] = {
    "shifts": [
        {"weekday": "monday", "start": "09:00", "end": "17:00", "user_id": ANNA},
        {"weekday": "monday", "start": "17:00", "end": "08:00", "user_id": BEN},  # over night
        {"weekday": "friday", "start": "09:00", "end": "24:00", "user_id": BEN},
    ],
    "exceptions": [
        {"first_day": "2026-11-30", "last_day": "2026-11-30", "start": "10:00", "end": "12:00"},
        {"first_day": "2026-12-07", "last_day": "2026-12-11", "user_id": ΓΙΑΝΝΗΣ, "note": "Άδεια"},
    ],
}
CASES = [
    ("2026-11-23T08:59", None, "before the first shift"),
    ("2026-11-23T09:00", ANNA, "a shift begins on the minute"),
    ("2026-11-23T17:00", BEN, "and ends on the minute"),
    ("2026-11-24T07:59", BEN, "over midnight"),
    ("2026-11-24T08:00", None, "until the morning"),
    ("2026-11-27T23:59", BEN, "24:00 is the end of the day"),
    ("2026-11-28T00:00", None, "and not later"),
    ("2026-11-30T11:00", None, "nobody, by exception"),
    ("2026-11-30T12:00", ANNA, "the exception is over"),
    ("2026-12-07T03:00", ΓΙΑΝΝΗΣ, "whole days"),
    ("2026-12-12T03:00", None, "the day after"),
    ("2026-12-25T10:00", None, "a holiday"),
]


def first(roster: Roster, moment: str, holidays: frozenset[date] = frozenset({HOLIDAY})) -> int | None:
    return next(candidates(roster, datetime.fromisoformat(moment), holidays), None)


@pytest.mark.parametrize(("moment", "expected", "why"), CASES, ids=[case[2] for case in CASES])
def test_who_is_on_duty_at_a_clock_time(moment: str, expected: int | None, why: str) -> None:
    assert first(Roster.model_validate(ROSTER), moment) == expected, why


def test_an_empty_roster_has_nobody_and_otherwise_fills_the_gaps() -> None:
    assert first(Roster(), "2026-11-23T10:00") is None
    filled = Roster.model_validate(ROSTER | {"otherwise": ΓΙΑΝΝΗΣ})
    assert [first(filled, f"2026-11-2{day}T03:00") for day in (3, 4, 5)] == [ΓΙΑΝΝΗΣ, BEN, ΓΙΑΝΝΗΣ]
    assert first(filled, "2026-11-30T11:00") is None, "nobody on purpose stays nobody"


def test_a_roster_may_hold_on_holidays() -> None:
    assert first(Roster.model_validate(ROSTER | {"on_holidays": "as_usual"}), "2026-12-25T10:00") == BEN


def test_a_later_exception_wins() -> None:
    more = [*ROSTER["exceptions"], {"first_day": "2026-12-09", "last_day": "2026-12-09", "user_id": ANNA}]
    assert first(Roster.model_validate(ROSTER | {"exceptions": more}), "2026-12-09T10:00") == ANNA


def test_days_are_spread_without_gaps_and_neighbours_are_joined() -> None:
    roster = Roster.model_validate(ROSTER | {"otherwise": ΓΙΑΝΝΗΣ})
    times = OfficeTimes(zone=HELSINKI, holidays=frozenset())
    found = spread(roster, times, {ANNA, BEN, ΓΙΑΝΝΗΣ}, date(2026, 11, 23), 2)
    assert [(s.starts_at.isoformat()[8:16], s.user_id) for s in found] == [
        ("23T00:00", ΓΙΑΝΝΗΣ), ("23T09:00", ANNA), ("23T17:00", BEN), ("24T08:00", ΓΙΑΝΝΗΣ),
    ]  # fmt: skip
    assert all(a.ends_at == b.starts_at for a, b in pairwise(found))


def test_who_is_disabled_is_passed_over() -> None:
    times = OfficeTimes(zone=HELSINKI, holidays=frozenset())
    found = spread(Roster.model_validate(ROSTER), times, {BEN}, date(2026, 11, 23), 1)
    assert [s.user_id for s in found] == [None, BEN]


def test_a_day_of_25_hours_is_one_day() -> None:
    times = OfficeTimes(zone=HELSINKI, holidays=frozenset())
    found = spread(Roster(otherwise=ANNA), times, {ANNA}, date(2026, 10, 25), 1)
    assert [(s.ends_at.timestamp() - s.starts_at.timestamp()) / 3600 for s in found] == [25]


@pytest.mark.parametrize(
    "wrong",
    [
        {"shifts": [{"weekday": "mon", "user_id": 1}]},
        {"shifts": [{"weekday": "monday", "start": "25:00", "user_id": 1}]},
        {"shifts": [{"weekday": "monday"}]},
        {"exceptions": [{"first_day": "2026-12-02", "last_day": "2026-12-01"}]},
        {
            "exceptions": [
                {"first_day": "2026-12-02", "last_day": "2026-12-02", "start": "12:00", "end": "10:00"}
            ]
        },
    ],
)
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Roster.model_validate(wrong)

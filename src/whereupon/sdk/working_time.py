"""So many working days before or after, and what becomes of a moment at which nobody works: as SQL.

The organisation's working hours and holidays are kept as tables that SQL counts with (migration 0013), so
that a million dates are shifted in one statement. Arguments are SQL of a local timestamp.
"""

from __future__ import annotations

from typing import Literal

from whereupon.conditions.values import literal

Landing = Literal["any", "next_working_day", "previous_working_day", "working_hours"]
LANDINGS = {
    "any": "It is that time all the same",
    "next_working_day": "The next working day, at the same time",
    "previous_working_day": "The working day before, at the same time",
    "working_hours": "When work begins next",
}
WORKING_DAYS = "working_days"


def shifted(local: str, amount: int, unit: str) -> str:
    """SQL of a local time that lies so long later, or earlier; working days keep the time of day."""
    if unit == WORKING_DAYS:
        return f"(whereupon.working_day(({local})::date, {amount:d}) + ({local})::time)"
    return f"(({local}) + interval '{amount:d} {unit}')"


def landed(local: str, landing: Landing, time_zone: str) -> str:
    """SQL timestamptz of a local time, moved as `landing` says where it is outside of working time."""
    zone = literal(time_zone)
    match landing:
        case "any":
            return f"whereupon.moment_of({local}, {zone})"
        case "next_working_day":
            day = f"whereupon.working_day(({local})::date, 0)"
        case "previous_working_day":
            day = f"whereupon.working_day(({local})::date + 1, -1)"
        case "working_hours":
            return f"whereupon.working_moment(whereupon.moment_of({local}, {zone}))"
    return f"whereupon.moment_of({day} + ({local})::time, {zone})"

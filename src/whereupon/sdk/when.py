"""When, as people choose it step by step: how often, on which days, at what time."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from whereupon.people.organisation import WEEKDAYS, Weekday
from whereupon.sdk.block import Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.timetable import (
    Timetable,
    each_hour,
    every_day,
    on_dates,
    on_days_of_month,
    on_days_of_year,
    on_weekdays,
)

EVERY = {
    "minutes": "Every few minutes", "hour": "Every hour", "day": "Every day", "week": "On days of the week",
    "month": "On days of the month", "year": "On days of the year", "dates": "On certain dates",
    "once": "Once",
}  # fmt: skip
SHORT_MONTH = {"last_day": "On its last day", "skip": "Not in that month"}
# What each kind has to say, beside the time of day.
NEEDED = {
    "minutes": "minutes", "week": "weekdays", "month": "days", "year": "days_of_year", "dates": "dates",
    "once": "day",
}  # fmt: skip
AT = ("day", "week", "month", "year", "dates", "once")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
Every = Literal["minutes", "hour", "day", "week", "month", "year", "dates", "once"]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
DayOfYear = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
DayOfMonth = Annotated[int, Field(ge=1, le=31)] | Literal["last"]


class When(Config):
    """How often, on which days, and at what time: one kind, with what belongs to it."""

    model_config = ConfigDict(json_schema_extra={"x-widget": "schedule"})

    every: Annotated[Every, Shown(labels=EVERY)] = Field(title="How often")
    minutes: Annotated[int | None, Shown(when={"every": ["minutes"]})] = Field(
        None, ge=1, le=30, title="Minutes", description="So many minutes apart; a part of an hour, like 15."
    )
    minute: Annotated[int | None, Shown(when={"every": ["hour"]})] = Field(
        None, ge=0, le=59, title="Minute of the hour", description="None: on the hour."
    )
    weekdays: Annotated[list[Weekday] | None, Shown(when={"every": ["week"]})] = Field(
        None, min_length=1, max_length=7, title="Days of the week"
    )
    days: Annotated[list[DayOfMonth] | None, Shown(when={"every": ["month"]})] = Field(
        None, min_length=1, max_length=32, title="Days of the month", description='1 to 31, or "last".'
    )
    days_of_year: Annotated[list[DayOfYear] | None, Shown(when={"every": ["year"]})] = Field(
        None, min_length=1, max_length=366, title="Days of the year", description="Month and day: 12-24."
    )
    dates: Annotated[list[date] | None, Shown(when={"every": ["dates"]})] = Field(
        None, min_length=1, max_length=1_000, title="Dates"
    )
    day: Annotated[date | None, Shown(when={"every": ["once"]})] = Field(None, title="Day")
    at: Annotated[TimeOfDay | None, Shown("time", when={"every": AT})] = Field(
        None, title="At", description="Local time, like 08:00."
    )
    short_month: Annotated[
        Literal["last_day", "skip"], Shown(labels=SHORT_MONTH, when={"every": ["month", "year"]})
    ] = Field(
        "last_day", title="In a month without that day", description="For days 29 to 31 in a shorter month."
    )

    @model_validator(mode="after")
    def complete(self) -> When:
        needed = [NEEDED[self.every]] if self.every in NEEDED else []
        needed += ["at"] if self.every in AT else []
        missing = [name for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f'"every": "{self.every}" needs {" and ".join(missing)}')
        allowed = {"every", "short_month", *needed, *(["minute"] if self.every == "hour" else [])}
        known = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if extra := [name for name in known if name not in allowed]:
            raise ValueError(f'{" and ".join(extra)} does not go with "every": "{self.every}"')
        if self.minutes is not None and 60 % self.minutes:
            raise ValueError("minutes has to be a part of an hour: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30")
        return self

    def timetable(self) -> Timetable:
        """The moments that it means."""
        at = [self.at or "00:00"]
        match self.every:
            case "minutes":
                return each_hour(range(0, 60, self.minutes or 60))
            case "hour":
                return each_hour([self.minute or 0])
            case "day":
                return every_day(at)
            case "week":
                return on_weekdays([WEEKDAYS.index(day) for day in self.weekdays or ()], at)
            case "month":
                return on_days_of_month(self.days or (), self.short_month, at)
            case "year":
                days = [(int(day[:2]), int(day[3:])) for day in self.days_of_year or ()]
                return on_days_of_year(days, self.short_month, at)
            case "dates":
                return on_dates(self.dates or (), at)
            case "once":
                return on_dates([self.day] if self.day else [], at)

    def words(self) -> str:
        """
        >>> When(every="month", days=[1, "last"], at="08:00").words()
        'on the 1st and last day of every month at 08:00'
        """
        return f"{self._days()} at {self.at}" if self.at else self._days()

    def _days(self) -> str:
        match self.every:
            case "minutes":
                return "every minute" if self.minutes == 1 else f"every {self.minutes} minutes"
            case "hour":
                return f"every hour, {self.minute} minutes past" if self.minute else "every hour, on the hour"
            case "day":
                return "every day"
            case "week":
                return f"every {_listed([day.capitalize() for day in self._in_week()])}"
            case "month":
                days = ["last day" if day == "last" else _nth(day) for day in self._in_month()]
                return f"on the {_listed(days)} of every month"
            case "year":
                return f"every year on {_listed([_day_of_year(d) for d in sorted(self.days_of_year or ())])}"
            case "dates":
                return f"on {_listed([_date(day) for day in sorted(self.dates or ())])}"
            case "once":
                return f"once, on {_date(self.day)}" if self.day else "once"

    def _in_week(self) -> list[Weekday]:
        return [day for day in WEEKDAYS if day in (self.weekdays or ())]

    def _in_month(self) -> list[int | Literal["last"]]:
        return sorted(set(self.days or ()), key=lambda day: 32 if day == "last" else day)


def words_of_cron(written: str) -> str | None:
    """Five fields as people say them, where these are a choice that people make step by step; else None.

    >>> words_of_cron("0 8 * * 1,5"), words_of_cron("30 6 1,15 * *"), words_of_cron("0 8 1 * 1")
    ('every Monday and Friday at 08:00', 'on the 1st and 15th of every month at 06:30', None)
    """
    minute, hour, day, month, weekday = written.split()
    if month != "*" or not (minute.isdigit() and (hour.isdigit() or hour == "*")):
        return None
    said: dict[str, object] | None = None
    if day == weekday == "*":
        said = {"every": "hour", "minute": int(minute)} if hour == "*" else {"every": "day"}
    elif day == "*" and (days := _numbers(weekday)):
        said = {"every": "week", "weekdays": [WEEKDAYS[(one - 1) % 7] for one in days]}
    elif weekday == "*" and (days := _numbers(day)):
        said = {"every": "month", "days": days}
    if said is None or (hour == "*" and said["every"] != "hour"):
        return None
    at = {} if hour == "*" else {"at": f"{int(hour):02}:{int(minute):02}"}
    return When.model_validate(said | at).words()


def _numbers(field: str) -> list[int]:
    """
    >>> _numbers("1-3,5"), _numbers("*/2"), _numbers("MON")
    ([1, 2, 3, 5], [], [])
    """
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", field):
        return []
    ends = [[int(end) for end in part.split("-")] for part in field.split(",")]
    return [number for end in ends for number in range(end[0], end[-1] + 1)]


def _listed(parts: list[str]) -> str:
    """
    >>> _listed(["Monday", "Tuesday", "Friday"]), _listed(["Monday"])
    ('Monday, Tuesday and Friday', 'Monday')
    """
    if len(parts) > 12:
        return f"{', '.join(parts[:10])} and {len(parts) - 10} more"
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _nth(number: int) -> str:
    """
    >>> [_nth(n) for n in (1, 2, 3, 4, 11, 21, 31)]
    ['1st', '2nd', '3rd', '4th', '11th', '21st', '31st']
    """
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _day_of_year(day: str) -> str:
    return f"{int(day[3:])} {MONTHS[int(day[:2]) - 1]}"


def _date(day: date | None) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else ""

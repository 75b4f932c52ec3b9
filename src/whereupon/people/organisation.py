"""Who runs this installation: its name and address, when it works, and on which days it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from whereupon.db.pool import Connection
from whereupon.modules.catalog import revise
from whereupon.people import audit
from whereupon.people.first_start import PUT_SETTING
from whereupon.people.users import Email, Name, TimeZone

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
LOCALE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def time_of_day(value: str) -> str:
    """Hours and minutes, 24:00 for the end of the day. Raises ValueError."""
    if not TIME.fullmatch(value):
        raise ValueError('write the time like "08:30"; "24:00" is the end of the day')
    return value


Text = Annotated[str, Field(max_length=500)]
Time = Annotated[str, Field(max_length=5, examples=["08:30"]), AfterValidator(time_of_day)]


class Organisation(BaseModel):
    """Who runs this installation. The time zone is that of workflows that name none."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    legal_name: Text | None = None
    email: Email | None = None
    phone: str | None = Field(default=None, max_length=40)
    website: Text | None = None
    address: Text | None = None
    city: Text | None = None
    postal_code: str | None = Field(default=None, max_length=40)
    country: Text | None = None
    phone_country: str | None = Field(
        default=None, pattern=r"^[A-Z]{2}$", examples=["GR"],
        description="ISO 3166. Of phone numbers that name no country; none: as country or locale say.",
    )  # fmt: skip
    tax_id: str | None = Field(default=None, max_length=60)
    currency: str | None = Field(
        default=None, pattern=r"^[A-Z]{3}$", examples=["EUR"], description="ISO 4217."
    )
    time_zone: TimeZone | None = None
    locale: str | None = Field(
        default=None, max_length=20, pattern=LOCALE, examples=["fi-FI"], description="Of people who set none."
    )


class Span(BaseModel):
    """From one time of the day to a later one."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: Time
    end: Time


class WorkingHours(BaseModel):
    """When the organisation works, per weekday, in its time zone; a day that is left out is free."""

    model_config = ConfigDict(extra="forbid")

    days: dict[Weekday, Annotated[list[Span], Field(max_length=6)]] = Field(
        description="Spans in order that do not overlap, like a morning and an afternoon."
    )

    @field_validator("days")
    @classmethod
    def in_order(cls, days: dict[Weekday, list[Span]]) -> dict[Weekday, list[Span]]:
        for day, spans in days.items():
            times = [time for span in spans for time in (span.start, span.end)]
            backwards = any(span.start >= span.end for span in spans)
            if backwards or times != sorted(times):
                raise ValueError(f"the times of {day} overlap, or end before they begin")
        return days


OFFICE_HOURS: Mapping[str, Any] = {
    "days": {day: [{"start": "09:00", "end": "17:00"}] for day in WEEKDAYS[:5]}
}


class Holiday(BaseModel):
    """A day on which nobody works."""

    model_config = ConfigDict(extra="forbid")

    date: date
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S", examples=["Midsummer"])]


class Holidays(BaseModel):
    """Every day on which nobody works."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[list[Holiday], Field(max_length=2_000)]

    @field_validator("days")
    @classmethod
    def each_once(cls, days: list[Holiday]) -> list[Holiday]:
        seen: set[date] = set()
        for day in days:
            if day.date in seen:
                raise ValueError(f"{day.date.isoformat()} is there twice")
            seen.add(day.date)
        return sorted(days, key=lambda day: day.date)


GET = "SELECT key, value FROM whereupon.settings WHERE key = ANY($1::text[])"


async def load_organisation(db: Connection) -> dict[str, Any]:
    """Organisation, working hours and holidays, as they are set."""
    keys = ["organisation", "working_hours", "holidays"]
    found: dict[str, Any] = {row["key"]: row["value"] for row in await db.fetch(GET, keys)}
    return {
        "organisation": Organisation.model_validate(found.get("organisation") or {}),
        "working_hours": WorkingHours.model_validate(found.get("working_hours") or OFFICE_HOURS),
        "holidays": Holidays.model_validate(found.get("holidays") or {"days": []}),
    }


ZONE = "SELECT value->>'time_zone' FROM whereupon.settings WHERE key = 'organisation'"
# Runs that wait for a date of their record: elsewhere a day begins at another moment.
LOOK_AGAIN = """
UPDATE whereupon.runs SET ready_at = clock_timestamp()
WHERE wakes_on_change AND status = 'waiting' AND ready_at > clock_timestamp()
"""


async def save_organisation(db: Connection, wanted: Organisation, *, actor: int | None) -> None:
    """Set what the organisation is called and where it is; what is left out is forgotten."""
    value = wanted.model_dump(exclude_none=True)
    before: str | None = await db.fetchval(ZONE)
    await db.execute(PUT_SETTING, "organisation", value)
    if before != wanted.time_zone:
        await db.execute(LOOK_AGAIN)
    await audit.append(db, actor, "set_organisation", "settings:organisation", **value)
    await revise(db)  # workers keep its time zone


async def save_working_hours(db: Connection, wanted: WorkingHours, *, actor: int | None) -> None:
    """Set when the organisation works."""
    value = wanted.model_dump(mode="json")
    await db.execute(PUT_SETTING, "working_hours", value)
    await audit.append(db, actor, "set_working_hours", "settings:working_hours", **value)
    await revise(db)


async def save_holidays(db: Connection, wanted: Holidays, *, actor: int | None) -> None:
    """Set all days on which nobody works."""
    value = wanted.model_dump(mode="json")
    await db.execute(PUT_SETTING, "holidays", value)
    await audit.append(db, actor, "set_holidays", "settings:holidays", days=len(wanted.days))
    await revise(db)

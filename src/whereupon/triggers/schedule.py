"""B5: a workflow starts by the clock, on all records that meet its filter, or on none.

When is a structured choice that people make step by step (`when`), or the five fields of cron. Times are
local to the workflow's time zone; which moments they are, is said in sdk/timetable.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from whereupon.conditions.values import Scope
from whereupon.errors import Problem
from whereupon.sdk.block import Config
from whereupon.sdk.fields import Shown, one_of
from whereupon.sdk.timetable import Timetable, next_time, read_cron
from whereupon.sdk.trigger import Trigger
from whereupon.sdk.when import When, words_of_cron

MISSED = {"once": "Start once for all of them", "none": "Leave them", "all": "Start for each of them"}


class ScheduleConfig(Config):
    """When, and what for."""

    model_config = ConfigDict(
        json_schema_extra=one_of({"Step by step": ["when"], "As five fields (cron)": ["cron"]})
    )

    when: When | None = Field(None, title="When")
    cron: Annotated[str | None, Shown("cron")] = Field(
        None, title="When", description="Five fields: minute, hour, day of month, month, day of week."
    )
    each_record: bool = Field(
        True,
        title="For each record",
        description="A run per record that meets the filter; off: one run without a record.",
    )
    missed: Annotated[Literal["once", "none", "all"], Shown(labels=MISSED, advanced=True)] = Field(
        "once",
        title="Missed times",
        description="What to do about times that passed while the program was down.",
    )

    @field_validator("cron")
    @classmethod
    def valid_cron(cls, value: str | None) -> str | None:
        if value is not None:
            read_cron(value)
        return value

    @model_validator(mode="after")
    def one_of_them(self) -> ScheduleConfig:
        if (self.when is None) == (self.cron is None):
            raise ValueError("say when: step by step, or as the five fields of cron")
        return self

    def timetable(self) -> Timetable:
        """The moments that it means."""
        return self.when.timetable() if self.when is not None else read_cron(self.cron or "")

    def words(self) -> str:
        """How often, in words; five fields that are no daily, weekly or monthly time speak for themselves."""
        if self.when is not None:
            return self.when.words()
        return words_of_cron(self.cron or "") or f"at the times of {self.cron}"


class Schedule(Trigger[ScheduleConfig]):
    """Each nominal time starts it at most once (rule 21)."""

    key = "schedule"
    label = "On a schedule"
    description = "Starts at the times that you choose, on all records that meet the conditions."
    Config = ScheduleConfig
    scheduled = True
    examples = (
        {"when": {"every": "week", "weekdays": ["monday", "thursday"], "at": "08:00"}},
        {"when": {"every": "month", "days": [15, "last"], "at": "06:30"}, "each_record": False},
        {"cron": "0 8 * * 1-5"},
        {"cron": "0 23 * * *", "missed": "none"},
    )

    def check(self, config: ScheduleConfig, scope: Scope) -> list[Problem]:
        # What the database's clock says of it counts when it is published; this is to be told while drawing.
        if next_time(config.timetable(), scope.time_zone, datetime.now(UTC)) is None:
            return [never(config)]
        return []

    def sentence(self, config: ScheduleConfig, scope: Scope) -> str:
        whom = ""
        if config.each_record and scope.module:
            whom = f" for each record of {scope.module.label_plural}"
        return f"its time comes: {config.words()} ({scope.time_zone}){whom}"


def never(config: ScheduleConfig) -> Problem:
    """What is said of a schedule that has no next time."""
    if config.when is not None and config.when.every in ("once", "dates"):
        message = f"There is no time to come any more: {config.when.words()}."
        return Problem("never", message, "/when", "Choose a time that lies ahead.")
    said = f'"{config.cron}"' if config.cron else config.when.words().capitalize() if config.when else ""
    path = "/cron" if config.cron else "/when"
    return Problem("never", f"{said} never comes.", path, "Choose days that there are.")

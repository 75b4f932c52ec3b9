"""B5: a workflow starts by the clock, on all records that meet its filter, or on none.

Times are local to the workflow's time zone. A local time that does not exist in spring runs at the
next valid instant, one that comes twice in autumn runs once (rule 20).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import Field, field_validator

from whereupon.conditions.values import Scope
from whereupon.sdk.block import Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.trigger import Trigger

MISSED = {"once": "Start once for all of them", "none": "Leave them", "all": "Start for each of them"}


class ScheduleConfig(Config):
    """When, and what for."""

    cron: Annotated[str, Shown("cron")] = Field(
        title="When", description="Five fields: minute, hour, day of month, month, day of week."
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
    def valid_cron(cls, value: str) -> str:
        if len(value.split()) != 5:
            # A sixth field would be seconds: a minute is the finest step (docs/decisions/0014).
            raise ValueError(
                f'"{value}" has not five fields. An example: "0 8 * * 1-5" is 08:00 on working days'
            )
        try:
            CronSim(value, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise ValueError(
                f'"{value}" is no schedule: {error}. An example: "0 8 * * 1-5" is 08:00 on working days'
            ) from None
        return value


class Schedule(Trigger[ScheduleConfig]):
    """Each nominal time starts it at most once (rule 21)."""

    key = "schedule"
    label = "On a schedule"
    description = "Starts at the times that you choose, on all records that meet the conditions."
    Config = ScheduleConfig
    scheduled = True
    examples = ({"cron": "0 8 * * 1-5"}, {"cron": "0 23 * * *", "missed": "none"})

    def sentence(self, config: ScheduleConfig, scope: Scope) -> str:
        whom = ""
        if config.each_record and scope.module:
            whom = f" for each record of {scope.module.label_plural} that meets the filter"
        return f"the clock meets {config.cron} ({scope.time_zone}){whom}"


def next_time(cron: str, time_zone: str, after: datetime) -> datetime | None:
    """The first nominal time later than `after` (aware); None when there is none.

    >>> from datetime import UTC
    >>> next_time("30 3 * * *", "Europe/Athens", datetime(2026, 3, 28, 12, tzinfo=UTC)).isoformat()
    '2026-03-29T04:00:00+03:00'
    """
    zone = ZoneInfo(time_zone)
    moment = next(CronSim(cron, after.astimezone(zone)), None)
    while moment is not None and moment <= after:
        moment = next(CronSim(cron, moment.astimezone(zone) + timedelta(minutes=1)), None)
    return moment

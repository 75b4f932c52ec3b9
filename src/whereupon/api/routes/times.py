"""When workflows start by the clock: the next times of a schedule, what came, and dates that have passed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.reviewing import BacklogOut, backlog_as_json
from whereupon.api.routes.shapes import PathKey
from whereupon.db.pool import Connection
from whereupon.errors import Invalid
from whereupon.people.users import TimeZone
from whereupon.runs.backlog import find_backlog
from whereupon.runs.definitions import organisation_time_zone
from whereupon.triggers.schedule import ScheduleConfig
from whereupon.workflows.document import problems_of
from whereupon.workflows.times import next_times, times_of

router = routes_of("times", "/workflows")


class ToForesee(BaseModel):
    """A schedule as it is chosen just now: step by step, or as cron."""

    model_config = ConfigDict(extra="forbid")

    when: dict[str, Any] | None = Field(None, description="As the trigger “On a schedule” takes it.")
    cron: str | None = Field(None, max_length=200)
    time_zone: TimeZone | None = Field(None, description="None: the organisation's.")


class NextTimesOut(Out):
    """How often, in words; the next five times, in this time zone."""

    words: str
    time_zone: str
    times: list[datetime]


class Occurrence(Out):
    """A time of a schedule. `status`: fired or skipped. `matched`: on how many records it started."""

    nominal_at: datetime
    fired_at: datetime | None
    status: str
    matched: int | None


Why = Literal["passed", "too_late", "gone", "filter", "once"]


class SkippedDates(Out):
    """Dates that came and started nothing, by why: the time had passed at activation, it was too late, the
    record is gone, it did not meet the conditions, or it had its one time already."""

    why: Why
    records: int
    last_at: datetime


class SkippedDate(Out):
    """One of them."""

    record_id: str
    due_at: datetime
    fired_at: datetime
    why: Why


class Times(Out):
    """`waiting`: dates of records that are still to come."""

    next_at: datetime | None
    occurrences: list[Occurrence]
    waiting: int
    skipped: list[SkippedDates]
    examples: list[SkippedDate]


class BacklogAnswer(Out):
    """null: it does not go by dates."""

    backlog: BacklogOut | None


@router.post(
    "/next-times",
    **operation("list_next_times", NextTimesOut, summary="The next five times of a schedule."),
)
async def list_next_times(call: TheCall, body: ToForesee) -> Response:
    call.rights.require_builder()
    given = body.model_dump(include={"when", "cron"}, exclude_none=True)
    try:
        config = ScheduleConfig.model_validate(given)
    except ValidationError as error:
        raise Invalid("This is no schedule yet.", problems=problems_of(error, ScheduleConfig)) from None

    async def work(db: Connection) -> dict[str, Any]:
        zone = body.time_zone or await organisation_time_zone(db)
        return asdict(await next_times(db, config, zone))

    return await call.read(work)


@router.get("/{key}/times", **operation("get_times", Times, summary="Its times: what came, what is to come."))
async def get_times(call: TheCall, key: PathKey) -> Response:
    call.rights.require_builder()
    return await call.read(lambda db: times_of(db, key))


@router.get(
    "/{key}/backlog",
    **operation("get_backlog", BacklogAnswer, summary="Records whose date has passed, if it is enabled now."),
)
async def get_backlog(
    call: TheCall,
    key: PathKey,
    of_draft: Annotated[bool, Query(description="Of the draft, not of the version published last.")] = False,
) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        return {"backlog": backlog_as_json(await find_backlog(db, call.rights, key, of_draft=of_draft))}

    return await call.read(work, bounded=True)

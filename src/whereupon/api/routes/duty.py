"""Who of a group is on duty when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import PathKey
from whereupon.db.pool import Connection
from whereupon.people import duty
from whereupon.people.duty import DutyException, Roster, Shift, Stretch
from whereupon.people.users import find_people

router = routes_of("people")
Day = Annotated[date, Query(description="The first day.")]
Days = Annotated[int, Query(ge=1, le=duty.MOST_DAYS, description="How many days.")]


class RosterOut(Out):
    """A group's roster, in the organisation's time zone."""

    shifts: list[Shift]
    exceptions: list[DutyException]
    on_holidays: Literal["as_usual", "otherwise"]
    otherwise: int | None
    etag: str


class DutyStretch(Out):
    """From one moment to the next change: who is on duty, or nobody."""

    starts_at: datetime
    ends_at: datetime
    user_id: int | None
    name: str | None


class DutyStretches(Out):
    """Some days without gaps."""

    items: list[DutyStretch]


class OnDuty(Out):
    """A group that has a roster, and who of it is on duty."""

    group: str
    name: str
    user_id: int | None
    user: str | None


class OnDutyNow(Out):
    """Every group that has a roster."""

    items: list[OnDuty]


@router.get("/groups/{key}/duty", **operation("get_duty_roster", RosterOut, summary="A group's duty roster."))
async def get_duty_roster(call: TheCall, key: PathKey) -> Response:
    return await call.read(lambda db: duty.show_roster(db, key))


@router.put(
    "/groups/{key}/duty",
    **operation("set_duty_roster", RosterOut, summary="Set a group's duty roster.", if_match=True),
)
async def set_duty_roster(call: TheCall, key: PathKey, body: Roster) -> Response:
    call.rights.require_administrator()
    etag = call.if_match()
    return await call.write(
        lambda db: duty.set_roster(db, key, body, actor=call.user_id, etag=etag), defines=False
    )


@router.get(
    "/groups/{key}/duty/days",
    **operation("list_duty", DutyStretches, summary="Who of a group is on duty over some days."),
)
async def list_duty(call: TheCall, key: PathKey, first: Day, days: Days = 14) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        found = await duty.stretches(db, key, first, days)
        names = await _names(db, [one.user_id for one in found])
        return {"items": [{**one.model_dump(), "name": names.get(one.user_id)} for one in found]}

    return await call.read(work)


@router.post(
    "/groups/{key}/duty/preview",
    **operation("preview_duty", DutyStretches, summary="Who would be on duty by a roster not yet kept."),
)
async def preview_duty(call: TheCall, key: PathKey, body: Roster, first: Day, days: Days = 14) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        found: list[Stretch] = await duty.stretches(db, key, first, days, roster=body)
        names = await _names(db, [one.user_id for one in found])
        return {"items": [{**one.model_dump(), "name": names.get(one.user_id)} for one in found]}

    return await call.read(work)


@router.get("/duty", **operation("list_on_duty", OnDutyNow, summary="Who is on duty at this moment."))
async def list_on_duty(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        found = await duty.on_duty_now(db)
        names = await _names(db, [one["user_id"] for one in found])
        return {"items": [{**one, "user": names.get(one["user_id"])} for one in found]}

    return await call.read(work)


async def _names(db: Connection, users: list[int | None]) -> dict[int | None, str]:
    ids = sorted({user for user in users if user is not None})
    found = await find_people(db, ids=ids, limit=len(ids))
    return {user["id"]: user["name"] for user in found["users"]}

"""Events, a user's calendar at an address of its own, and activities on records."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from whereupon.api.call import Answer, Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, page
from whereupon.api.rates import rates_of
from whereupon.api.route import routes_of
from whereupon.api.routes.records import PathRecord
from whereupon.api.routes.shapes import PathId, PathKey
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.people import calendar, events
from whereupon.people.calendar import Links
from whereupon.people.events import EventChange, NewEvent
from whereupon.records import activities
from whereupon.records.activities import NewActivity
from whereupon.records.read import read_record

router = routes_of("calendar")

PathToken = Annotated[str, Path(min_length=1, max_length=200, description="The secret of the address.")]
ADDRESS = "/api/v1/calendar/{}.ics"
PER_MINUTE = 30
SPAN = timedelta(days=31)


class EventOut(Out):
    """Something that happens at a time. A whole day's end is the midnight after it."""

    id: int
    title: str
    description: str | None
    kind: str
    location: str | None
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    time_zone: str
    status: str
    assignee_user_id: int | None
    assignee: str | None
    assignee_group_id: int | None
    assignee_group: str | None
    module: str | None
    record_id: str | None
    run_id: int | None
    created_by: int | None
    created_at: datetime
    updated_at: datetime
    sequence: int
    etag: str


class Events(Out):
    """Events by their start."""

    items: list[EventOut]


class CalendarAddress(Out):
    """Whether one's calendar has an address, and when it was last asked for. The address is not kept."""

    open: bool
    created_at: datetime | None
    used_at: datetime | None


class NewAddress(CalendarAddress):
    """With the address, this once: behind the installation's own."""

    path: str


class ActivityOut(Out):
    """A call, note or meeting on a record."""

    id: int
    kind: str
    title: str
    body: str | None
    happened_at: datetime
    user_id: int | None
    user: str | None
    run_id: int | None
    workflow: str | None
    created_by: int | None
    created_at: datetime


class Activities(Out):
    """Activities, the latest first."""

    items: list[ActivityOut]
    next_cursor: str | None


@router.get("/events", **operation("list_events", Events, summary="One's own events, and one's groups'."))
async def list_events(
    call: TheCall,
    since: Annotated[AwareDatetime | None, Query(description="None: now.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="None: a month after.")] = None,
    everyone: Annotated[bool, Query(description="Everybody's; administrators only.")] = False,
    limit: Limit = 200,
) -> Response:
    if everyone:
        call.rights.require_administrator()
    first, last = span(since, until)

    async def work(db: Connection) -> dict[str, Any]:
        found = await events.list_events(db, call.rights, first, last, everyone=everyone, limit=limit)
        return {"items": found}

    return await call.read(work)


def span(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """Raises Invalid for an end before the beginning, or out of the years that there are."""
    first = since or datetime.now(UTC)
    try:
        return first.astimezone(UTC), (until or first + SPAN).astimezone(UTC)
    except OverflowError:
        raise Invalid.of(Problem("out_of_range", "This time is out of range.", "?since")) from None


@router.post(
    "/events", **operation("plan_event", EventOut, status=201, summary="Plan an event.", errors=[404])
)
async def plan_event(call: TheCall, body: NewEvent) -> Response:
    async def work(db: Connection) -> Answer:
        module_id = await module_of(call, db, body.module, body.record_id)
        made = await events.plan_event(db, call.rights, body, module_id)
        return Answer(made, 201, {"Location": f"/api/v1/events/{made['id']}"})

    return await call.write(work, status=201, defines=False)


async def module_of(call: Call, db: Connection, module: str | None, record_id: str | None) -> int | None:
    """The module of a record that one may read; None where none is named."""
    if (module is None) != (record_id is None):
        told = '"module" and "record_id" go together.'
        raise Invalid.of(Problem("missing", told, "/record_id" if record_id is None else "/module"))
    if module is None or record_id is None:
        return None
    catalog = await call.catalog(db)
    await read_record(db, catalog, module, record_id, call.rights, lines=False)
    return catalog.module(module).id


@router.get("/events/{event_id}", **operation("get_event", EventOut, summary="One event."))
async def get_event(call: TheCall, event_id: PathId) -> Response:
    return await call.read(lambda db: events.get_event(db, call.rights, event_id))


@router.patch(
    "/events/{event_id}",
    **operation("change_event", EventOut, summary="Move, cancel or hand on an event.", if_match=True),
)
async def change_event(call: TheCall, event_id: PathId, body: EventChange) -> Response:
    etag = call.if_match()
    return await call.write(
        lambda db: events.change_event(db, call.rights, event_id, body, etag=etag), defines=False
    )


@router.get(
    "/records/{module}/{record_id}/events",
    **operation("list_record_events", Events, summary="The events about a record, the latest first."),
)
async def list_record_events(call: TheCall, module: PathKey, record_id: PathRecord) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        record = await read_record(db, catalog, module, record_id, call.rights, lines=False)
        return {"items": await events.events_of(db, catalog.module(module).id, record.id)}

    return await call.read(work)


# The calendar's address --------------------------------------------------------------------------------


@router.get(
    "/calendar",
    **operation("get_calendar", CalendarAddress, summary="Whether one's calendar has an address."),
)
async def get_calendar(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return shown(await calendar.calendar_of(db, call.user_id))

    return await call.read(work)


def shown(kept: Any) -> dict[str, Any]:
    """What is kept of an address, which may be nothing."""
    return {"open": bool(kept), "created_at": kept.get("created_at"), "used_at": kept.get("used_at")}


@router.post(
    "/calendar",
    **operation("open_calendar", NewAddress, status=201, summary="Give one's calendar a new address."),
)
async def open_calendar(call: TheCall) -> Response:
    async def work(db: Connection) -> Answer:
        token, kept = await calendar.open_calendar(db, call.user_id)
        return Answer({**shown(kept), "path": ADDRESS.format(token)}, 201, {})

    return await call.write(work, status=201, secret=True, defines=False)


@router.delete(
    "/calendar",
    **operation("close_calendar", status=204, summary="End the address of one's calendar.", errors=[404]),
)
async def close_calendar(call: TheCall) -> Response:
    async def work(db: Connection) -> None:
        await calendar.close_calendar(db, call.user_id)

    return await call.write(work, defines=False)


@router.get(
    "/calendar/{token}.ics",
    **operation("read_calendar", summary="A calendar, for calendar programs.", public=True, errors=[429],
                media_type="text/calendar"),
)  # fmt: skip
async def read_calendar(call: TheCall, token: PathToken) -> Response:
    """The same bytes have the same ETag; whoever has them already is told so (304)."""
    known = call.request.headers.get("if-none-match", "")
    async with call.database.connection() as db:
        rights = await calendar.owner_of(db, token)
        await rates_of(call.request).count("calendar", str(rights.user_id), PER_MINUTE)
        host = call.request.url.hostname or "whereupon"
        written = await calendar.write_calendar(db, rights, Links(host, call.settings.public_url))
    etag = f'"{hashlib.sha256(written).hexdigest()[:32]}"'
    headers = {"X-Robots-Tag": "noindex", "Cache-Control": "private, max-age=300", "ETag": etag}
    if etag in [one.strip().removeprefix("W/") for one in known.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(written, headers=headers, media_type="text/calendar; charset=utf-8")


# Activities ---------------------------------------------------------------------------------------------


@router.get(
    "/records/{module}/{record_id}/activities",
    **operation("list_activities", Activities, summary="Calls, notes and meetings on a record."),
)
async def list_activities(
    call: TheCall, module: PathKey, record_id: PathRecord, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    before = id_before(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        rows = await activities.list_activities(
            db, catalog, module, record_id, call.rights, before=before, limit=limit + 1
        )
        return page(rows, limit)

    return await call.read(work)


@router.post(
    "/records/{module}/{record_id}/activities",
    **operation("add_activity", ActivityOut, status=201, summary="Write an activity down on a record."),
)
async def add_activity(call: TheCall, module: PathKey, record_id: PathRecord, body: NewActivity) -> Response:
    async def work(db: Connection) -> Answer:
        catalog = await call.catalog(db)
        return Answer(
            await activities.add_activity(db, catalog, module, record_id, call.rights, body), 201, {}
        )

    return await call.write(work, status=201, defines=False)


@router.delete(
    "/records/{module}/{record_id}/activities/{activity_id}",
    **operation("remove_activity", status=204, summary="Remove an activity that one has written down."),
)
async def remove_activity(
    call: TheCall, module: PathKey, record_id: PathRecord, activity_id: PathId
) -> Response:
    async def work(db: Connection) -> None:
        await activities.remove_activity(
            db, await call.catalog(db), module, record_id, call.rights, activity_id
        )

    return await call.write(work, defines=False)

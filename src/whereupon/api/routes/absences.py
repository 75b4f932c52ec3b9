"""Who is away, and who stands in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathId
from whereupon.people import absences
from whereupon.people.absences import NewAbsence

router = routes_of("people", "/absences")


class Absence(Out):
    """Somebody who is away from a day to a day. `now`: at this moment; `over`: not any more."""

    id: int
    user_id: int
    user_name: str
    first_day: date
    last_day: date
    delegate_id: int | None
    delegate_name: str | None
    note: str | None
    created_at: datetime
    now: bool
    over: bool


@router.get(
    "",
    **operation("list_absences", Page[Absence], summary="One's own absences, and those one stands in for."),
)
async def list_absences(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    everyone: Annotated[bool, Query(description="Everybody's; administrators only.")] = False,
    past: Annotated[bool, Query(description="Those that are over, too.")] = False,
) -> Response:
    if everyone:
        call.rights.require_administrator()
    before = id_before(cursor)
    return await call.read(
        lambda db: paged(
            absences.list_absences(
                db, call.rights, everyone=everyone, past=past, before=before, limit=limit + 1
            ),
            limit,
        )
    )


@router.post("", **operation("add_absence", Absence, status=201, summary="Say that somebody is away."))
async def add_absence(call: TheCall, body: NewAbsence) -> Response:
    async def work(db: Any) -> dict[str, Any]:
        return await absences.add_absence(db, call.rights, body)

    return await call.write(work, status=201, defines=False)


@router.delete(
    "/{absence_id}",
    **operation("remove_absence", status=204, summary="Say that somebody is there after all."),
)
async def remove_absence(call: TheCall, absence_id: PathId) -> Response:
    return await call.write(lambda db: absences.remove_absence(db, call.rights, absence_id), defines=False)

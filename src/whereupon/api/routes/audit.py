"""What was changed about people, rights and settings: for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page
from whereupon.db.pool import Connection
from whereupon.people import audit
from whereupon.people.users import Id

router = routes_of("people", "/audit")


class AuditEntry(Out):
    """One deed. `subject` is what it was done to, as in "role:sales"."""

    id: int
    at: datetime
    actor_id: int | None
    actor_name: str | None
    action: str
    subject: str
    details: dict[str, Any]


class Actions(Out):
    """What a list may be narrowed down to."""

    items: list[str]


@router.get("", **operation("list_audit_entries", Page[AuditEntry], summary="The newest deeds first."))
async def list_audit_entries(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    actor: Annotated[Id | None, Query(description="Only this user's deeds.")] = None,
    action: Annotated[str | None, Query(max_length=100, description="Only this kind of deed.")] = None,
    subject: Annotated[
        str | None, Query(max_length=200, description='What it was done to: "role:sales", or "role".')
    ] = None,
    since: Annotated[AwareDatetime | None, Query(description="Then or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before then.")] = None,
) -> Response:
    call.rights.require_administrator()
    before = id_before(cursor)
    return await call.read(
        lambda db: paged(
            audit.list_entries(
                db, before=before, limit=limit + 1, actor=actor, action=action, subject=subject,
                since=since, until=until,
            ),
            limit,
        )
    )  # fmt: skip


@router.get("/actions", **operation("list_audit_actions", Actions, summary="Every kind of deed so far."))
async def list_audit_actions(call: TheCall) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, list[str]]:
        return {"items": await audit.list_actions(db)}

    return await call.read(work)

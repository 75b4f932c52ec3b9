"""What was changed about people, rights and settings: for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page
from whereupon.people import audit

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


@router.get("", **operation("list_audit_entries", Page[AuditEntry], summary="The newest deeds first."))
async def list_audit_entries(call: TheCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    call.rights.require_administrator()
    before = id_before(cursor)
    return await call.read(lambda db: paged(audit.list_entries(db, before=before, limit=limit + 1), limit))

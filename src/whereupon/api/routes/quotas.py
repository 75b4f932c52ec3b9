"""How many workflows there may be: seen by builders, set by administrators."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.db.pool import Connection
from whereupon.workflows.quotas import Quotas, save_quotas, shown

router = routes_of("settings", "/settings")


class QuotaOut(Out):
    """One limit; `limit` null: there is none. `full`: not one more."""

    used: int
    limit: int | None
    full: bool


class QuotasOut(Out):
    """Workflows that are active or disabled, and those of them that start by the clock."""

    active_and_disabled: QuotaOut
    scheduled: QuotaOut


@router.get("/quotas", **operation("get_quotas", QuotasOut, summary="How many workflows there may be."))
async def get_quotas(call: TheCall) -> Response:
    call.rights.require_builder()
    return await call.read(shown)


@router.put("/quotas", **operation("set_quotas", QuotasOut, summary="Set how many there may be."))
async def set_quotas(call: TheCall, body: Quotas) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        await save_quotas(db, call.rights, body)
        return await shown(db)

    return await call.write(work)

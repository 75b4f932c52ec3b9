"""Which files people may upload, and the organisation's logo: for administrators."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.documents import DocumentOut
from whereupon.db.pool import Connection
from whereupon.people import audit
from whereupon.people.users import Id
from whereupon.records.documents import shown_document
from whereupon.records.limits import DocumentLimits, load_limits, save_limits
from whereupon.records.pictures import get_logo, set_logo

router = routes_of("settings", "/settings")


class LogoOut(Out):
    """The picture that papers show as "logo"; null: none."""

    document: DocumentOut | None


class ChosenLogo(BaseModel):
    """A picture that was uploaded; null: no logo."""

    model_config = ConfigDict(extra="forbid")

    document_id: Id | None


@router.get("/documents", **operation("get_document_limits", DocumentLimits, summary="What may be uploaded."))
async def get_limits(call: TheCall) -> Response:
    return await call.read(load_limits)


@router.put(
    "/documents", **operation("set_document_limits", DocumentLimits, summary="Set what may be uploaded.")
)
async def set_limits(call: TheCall, body: DocumentLimits) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> DocumentLimits:
        await save_limits(db, body)
        await audit.append(db, call.user_id, "set_document_limits", "settings:documents", **body.model_dump())
        return body

    return await call.write(work, defines=False)


async def logo_now(call: Call, db: Connection) -> dict[str, Any]:
    document = await get_logo(db)
    return {"document": shown_document(await call.catalog(db), document) if document else None}


@router.get("/logo", **operation("get_logo", LogoOut, summary="The organisation's logo."))
async def get_the_logo(call: TheCall) -> Response:
    call.rights.require_administrator()
    return await call.read(lambda db: logo_now(call, db))


@router.put("/logo", **operation("set_logo", LogoOut, summary="Choose the organisation's logo."))
async def set_the_logo(call: TheCall, body: ChosenLogo) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await set_logo(db, await call.catalog(db), body.document_id, call.rights)
        return await logo_now(call, db)

    return await call.write(work, defines=False)

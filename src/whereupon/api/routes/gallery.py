"""The gallery of ready-made workflows: looked through, and used. For builders."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.reviewing import ReviewedStep
from whereupon.api.routes.shapes import PathKey
from whereupon.db.pool import Connection
from whereupon.packs.gallery import list_gallery, use_template

router = routes_of("gallery", "/gallery")


class WorkflowHere(Out):
    """The workflow that the pack brought, as it is now."""

    key: str
    name: str
    state: str


class GalleryItem(Out):
    """A ready-made workflow in words. `missing`: modules that it is about and that are not here."""

    pack: str
    pack_name: str
    pack_loaded: bool
    key: str
    name: str
    description: str
    category: Literal["customer", "admin", "finance"]
    scenario: int
    module: str
    module_label: str
    trigger: str
    steps: list[ReviewedStep]
    missing: list[str]
    here: WorkflowHere | None = Field(description="null: its pack was not loaded, or it was deleted.")


class Gallery(Out):
    """All of them."""

    items: list[GalleryItem]


class UsedTemplate(Out):
    """The draft that was made."""

    key: str
    name: str


@router.get("", **operation("list_gallery", Gallery, summary="Ready-made workflows of all packs."))
async def get_gallery(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await list_gallery(db, call.rights)}

    return await call.read(work)


@router.post(
    "/{pack}/{key}",
    **operation("use_template", UsedTemplate, status=201, summary="A draft of it here.", errors=[409]),
)
async def use(call: TheCall, pack: PathKey, key: PathKey) -> Response:
    async def work(db: Connection) -> Answer:
        made = await use_template(db, call.rights, pack, key)
        shown = {"key": made["key"], "name": made["name"]}
        return Answer(shown, 201, {"Location": f"/api/v1/workflows/{made['key']}"})

    return await call.write(work)

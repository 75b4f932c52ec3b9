"""Saved views of lists: one's own, and those that others share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.problems import FieldProblem
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import PathId
from whereupon.db.pool import Connection
from whereupon.records import views
from whereupon.records.views import NewView, ViewChange, ViewDefinition

router = routes_of("views", "/views")


class View(Out):
    """A saved view. `problems`: what of it does not fit the module, or one's rights, any more."""

    id: int
    module: str
    owner_id: int
    owner_name: str
    mine: bool
    name: str
    shared: bool
    definition: ViewDefinition
    problems: list[FieldProblem]
    created_at: datetime
    updated_at: datetime
    etag: str


class ViewList(Out):
    """Views by module and name."""

    items: list[View]


@router.get("", **operation("list_views", ViewList, summary="One's own views and shared ones.", errors=[404]))
async def list_views(
    call: TheCall, module: Annotated[str | None, Query(min_length=1, max_length=100)] = None
) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await views.list_views(db, await call.catalog(db), call.rights, module)}

    return await call.read(work)


@router.post("", **operation("create_view", View, status=201, summary="Save a view.", errors=[404]))
async def create_view(call: TheCall, body: NewView) -> Response:
    async def work(db: Connection) -> Answer:
        made = await views.create_view(db, await call.catalog(db), call.rights, body)
        return Answer(made, 201, {"Location": f"/api/v1/views/{made['id']}"})

    return await call.write(work, status=201, defines=False)


@router.get("/{view_id}", **operation("get_view", View, summary="One view."))
async def get_view(call: TheCall, view_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await views.get_view(db, await call.catalog(db), call.rights, view_id)

    return await call.read(work)


@router.patch("/{view_id}", **operation("change_view", View, summary="Change what is sent.", if_match=True))
async def change_view(call: TheCall, view_id: PathId, body: ViewChange) -> Response:
    etag = call.if_match()

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        return await views.change_view(db, catalog, call.rights, view_id, body, etag=etag)

    return await call.write(work, defines=False)


@router.delete("/{view_id}", **operation("delete_view", status=204, summary="Remove a view.", if_match=True))
async def delete_view(call: TheCall, view_id: PathId) -> Response:
    etag = call.if_match()

    async def work(db: Connection) -> None:
        await views.delete_view(db, await call.catalog(db), call.rights, view_id, etag=etag)

    return await call.write(work, defines=False)

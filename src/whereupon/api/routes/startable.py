"""Buttons: which workflows one may start by hand, on a record or over a list."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import PathKey
from whereupon.db.pool import Connection
from whereupon.runs import startable

router = routes_of("workflows")


class Startable(Out):
    """A button. Start it with POST /workflows/{key}/start, naming the records."""

    key: str
    name: str
    description: str
    button: str
    paused: bool


class Startables(Out):
    """All of them, by name."""

    items: list[Startable]


RecordId = Annotated[str, Path(min_length=1, max_length=1000)]
ModuleKey = Annotated[str, Query(max_length=100, description="Whose records are to be chosen from.")]


@router.get(
    "/startable",
    **operation("list_startable", Startables, summary="Buttons over a list of records.", errors=[404]),
)
async def list_startable(call: TheCall, module: ModuleKey) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await startable.startable(db, await call.catalog(db), call.rights, module)}

    return await call.read(work)


@router.get(
    "/records/{module}/{record_id}/workflows",
    **operation("list_startable_on_record", Startables, summary="Buttons on one record."),
)
async def list_startable_on_record(call: TheCall, module: PathKey, record_id: RecordId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        return {"items": await startable.startable_on(db, catalog, call.rights, module, record_id)}

    return await call.read(work, bounded=True)

"""Runs on the canvas: the drawing that a run followed, and which ways the runs of a workflow took."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.editor import DraftNodeOut, node_as_json, surroundings
from whereupon.api.routes.shapes import PathId, PathKey
from whereupon.db.pool import Connection
from whereupon.runs.paths import Drawing, count_paths, drawing_of, drawing_of_bulk_run
from whereupon.workflows import store
from whereupon.workflows.advice import Said
from whereupon.workflows.drafting import check_draft

router = routes_of("runs", "")


class DrawingOut(Out):
    """The version that the run followed. `whole` false: without what its blocks say and compare."""

    version: int
    module: str | None
    document: dict[str, Any]
    nodes: list[DraftNodeOut]
    whole: bool


class ExitTaken(Out):
    """How many runs left a node by an exit, and how its block ended for them."""

    node: str
    port: str | None
    status: str
    runs: int


class Standing(Out):
    """How many runs are at a node now."""

    node: str
    status: str
    runs: int


class Paths(Out):
    """Which ways the last runs took, at most 10,000 of them."""

    runs: int
    statuses: dict[str, int] = Field(description="How many runs have each status.")
    exits: list[ExitTaken]
    standing: list[Standing]


@router.get(
    "/runs/{run_id}/drawing", **operation("get_run_drawing", DrawingOut, summary="What a run follows.")
)
async def get_run_drawing(call: TheCall, run_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        return await shown(call, db, await drawing_of(db, call.rights, catalog, run_id))

    return await call.read(work)


@router.get(
    "/bulk-runs/{bulk_run_id}/drawing",
    **operation("get_bulk_run_drawing", DrawingOut, summary="What a bulk run follows."),
)
async def get_bulk_run_drawing(call: TheCall, bulk_run_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await shown(call, db, await drawing_of_bulk_run(db, call.rights, bulk_run_id))

    return await call.read(work)


async def shown(call: Call, db: Connection, drawing: Drawing) -> dict[str, Any]:
    """A drawing with its nodes in words, where these may be read."""
    catalog = await call.catalog(db)
    known = drawing.module if drawing.module in catalog.modules else None
    around = await surroundings(call, db, known)
    nodes = [node_as_json(node) for node in check_draft(drawing.document, around, Said()).nodes]
    if not drawing.whole:
        nodes = [node | {"summary": ""} for node in nodes]
    return {
        "version": drawing.number, "module": drawing.module, "document": drawing.document,
        "nodes": nodes, "whole": drawing.whole,
    }  # fmt: skip


@router.get("/workflows/{key}/paths", **operation("count_paths", Paths, summary="Which ways its runs took."))
async def get_paths(
    call: TheCall,
    key: PathKey,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Only runs of this version.")
    ] = None,
    since: Annotated[AwareDatetime | None, Query(description="Only those created then or later.")] = None,
) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        await store.get_workflow(db, key)
        return await count_paths(db, call.rights, key, version=version, since=since)

    return await call.read(work, bounded=True)

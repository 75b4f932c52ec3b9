"""Bulk runs: one occasion, many records; how far they are, what became of each, what one does about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, encode_cursor, id_after, id_before, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import MadeFrom, Page, PathId, PathKey
from whereupon.db.pool import Connection
from whereupon.runs.bulk import deeds, telling
from whereupon.runs.bulk.telling import Outcome, Status

router = routes_of("bulk runs", "")


class Named(Out):
    """A workflow, by its key."""

    key: str
    name: str


class Labelled(Out):
    """A module, by its key."""

    key: str
    label: str


class Orderer(Out):
    """Who ordered it."""

    id: int
    name: str | None


class BulkRun(Out):
    """One occasion on which a workflow goes over many records.

    `processed` of `matched` are over: `failed`, `skipped`, or done. `changed`: whose record is not as it was.
    `waiting`: runs at rest, that wait for a time, a person or a change; the bulk run does not wait for these.
    """

    id: int
    workflow: Named | None
    made_from: MadeFrom | None = Field(description="What its workflow is made from: a data task, mostly.")
    version: int | None
    module: Labelled | None
    started_by: str = Field(description="schedule, manual, rerun, stage or data_task.")
    by: Orderer | None
    run: int | None = Field(description="The run that started it and waits for it.")
    nominal_at: datetime | None = Field(description="The schedule's time that it is for.")
    status: Status
    limit: int | None = Field(description="Only so many records were taken.")
    matched: int | None = Field(description="null: the list is still to be taken.")
    processed: int
    changed: int
    skipped: int
    failed: int
    waiting: int
    per_second: float | None
    seconds_left: float | None
    still_matching: int | None = Field(description="How many the same question found after the end.")
    rerun_of: int | None
    error: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class FailureCause(Out):
    """Why records failed: an error's code and its sentence, as the first record that met it tells it."""

    cause: str = Field(description="Its name, for the list of records.")
    code: str
    message: str
    suggestion: str | None
    count: int
    fix_first: bool = Field(
        description="Running them again is in vain until something is set up differently."
    )


class EdgeCount(Out):
    """How often runs left a block by an exit."""

    from_: str = Field(alias="from")
    port: str
    count: int


class WholeBulkRun(BulkRun):
    """With why records failed, the most frequent reason first, and which way the runs went."""

    causes: list[FailureCause]
    edges: list[EdgeCount]


class MemberRecord(Out):
    """A record. `title` null: it has none, or not for this user to see."""

    id: str
    title: str | None


class MemberChange(Out):
    """A field of the record that is not as it was."""

    field: str
    label: str
    before: Any
    after: Any


class Member(Out):
    """A record of the list, and what became of it."""

    nr: int
    record: MemberRecord | None
    outcome: Outcome
    run_id: int | None
    run_status: str | None
    error: dict[str, Any] | None
    changes: list[MemberChange]


class ToRerunBulk(BaseModel):
    """Which records: all that meet the filter now, the failed ones, or those not done."""

    model_config = ConfigDict(extra="forbid")

    which: Literal["all", "failed", "remaining"]
    fixed: bool = Field(False, description="What had to be put right first is put right.")


@router.get(
    "/bulk-runs", **operation("list_bulk_runs", Page[BulkRun], summary="Bulk runs, the newest first.")
)
async def list_bulk_runs(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    workflow: Annotated[str | None, Query(max_length=100)] = None,
    status: Annotated[Status | None, Query()] = None,
) -> Response:
    after = id_before(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        rows = telling.list_bulk_runs(
            db, call.rights, after=after, workflow=workflow, status=status, limit=limit + 1
        )
        return await paged(rows, limit)

    return await call.read(work)


@router.get(
    "/bulk-runs/{bulk_run_id}",
    **operation("get_bulk_run", WholeBulkRun, summary="One bulk run, and why records failed."),
)
async def get_bulk_run(call: TheCall, bulk_run_id: PathId) -> Response:
    return await call.read(lambda db: telling.get_bulk_run(db, call.rights, bulk_run_id))


@router.get(
    "/bulk-runs/{bulk_run_id}/records",
    **operation("list_bulk_run_records", Page[Member], summary="What became of each record."),
)
async def list_records(
    call: TheCall,
    bulk_run_id: PathId,
    limit: Limit = 50,
    cursor: Cursor = None,
    outcome: Annotated[Outcome | None, Query()] = None,
    cause: Annotated[
        str | None, Query(max_length=200, description="Of a cause: its name, or its code.")
    ] = None,
) -> Response:
    after = id_after(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        found = await telling.list_records(
            db, call.rights, await call.catalog(db), bulk_run_id, outcome=outcome, cause=cause, after=after,
            limit=limit + 1,
        )  # fmt: skip
        more = len(found) > limit
        return {
            "items": found[:limit],
            "next_cursor": encode_cursor(found[limit - 1]["nr"]) if more else None,
        }

    return await call.read(work, bounded=True)


@router.post(
    "/bulk-runs/{bulk_run_id}/pause",
    **operation("pause_bulk_run", WholeBulkRun, summary="Begin no more records for now.", errors=[409]),
)
async def pause_bulk_run(call: TheCall, bulk_run_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await deeds.pause(db, call.rights, bulk_run_id)
        return await telling.get_bulk_run(db, call.rights, bulk_run_id)

    return await call.write(work, defines=False)


@router.post(
    "/bulk-runs/{bulk_run_id}/resume",
    **operation("resume_bulk_run", WholeBulkRun, summary="Go on where it was paused.", errors=[409]),
)
async def resume_bulk_run(call: TheCall, bulk_run_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await deeds.resume(db, call.rights, bulk_run_id)
        return await telling.get_bulk_run(db, call.rights, bulk_run_id)

    return await call.write(work, defines=False)


@router.post(
    "/bulk-runs/{bulk_run_id}/cancel",
    **operation("cancel_bulk_run", WholeBulkRun, summary="End it; what was done stays.", errors=[409]),
)
async def cancel_bulk_run(call: TheCall, bulk_run_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await deeds.cancel(db, call.rights, bulk_run_id)
        return await telling.get_bulk_run(db, call.rights, bulk_run_id)

    return await call.write(work, defines=False)


@router.post(
    "/bulk-runs/{bulk_run_id}/rerun",
    **operation(
        "rerun_bulk_run", WholeBulkRun, status=201, summary="Run again: all, the failed, or the remaining.",
        errors=[409],
    ),
)  # fmt: skip
async def rerun_bulk_run(call: TheCall, bulk_run_id: PathId, body: ToRerunBulk) -> Response:
    async def work(db: Connection) -> Answer:
        new = await deeds.rerun(db, call.rights, bulk_run_id, body.which, fixed=body.fixed)
        return await made(call, db, new)

    return await call.write(work, defines=False)


@router.post(
    "/workflows/{key}/run-on-all",
    **operation(
        "run_on_all", WholeBulkRun, status=201, summary="Run it on every record that meets its filter.",
        errors=[409],
    ),
)  # fmt: skip
async def run_on_all(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> Answer:
        return await made(call, db, await deeds.run_on_all(db, call.rights, key))

    return await call.write(work, defines=False)


async def made(call: TheCall, db: Connection, bulk_run_id: int) -> Answer:
    """The bulk run that was ordered, and where it is."""
    told = await telling.get_bulk_run(db, call.rights, bulk_run_id)
    return Answer(told, 201, {"Location": f"/api/v1/bulk-runs/{bulk_run_id}"})

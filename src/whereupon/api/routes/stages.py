"""Staged scale-up: a workflow that is not active, on a few records, then more, then all. For builders."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import PathKey
from whereupon.db.pool import Connection
from whereupon.runs import stages
from whereupon.workflows.arming import Backlog

router = routes_of("stages", "/workflows")
Size = Field(ge=1, le=2**53, description="How many records it takes, at most.")


class MatchingNow(Out):
    """On how many records a workflow would run now; null: it is one job, without records."""

    matching: int | None
    module: str | None
    module_label: str | None


class WorkflowOfStages(Out):
    """The workflow, as far as its stages ask."""

    key: str
    name: str
    state: Literal["draft", "active", "disabled", "archived"]
    paused: bool


class StageOut(Out):
    """One stage: a bulk run, what was expected of it, and what was found.

    `step`: 1 a few, 2 some hundred, 3 a thousand or more, 4 all. `as_drawn`: it ran what the draft is now.
    """

    nr: int
    step: int
    bulk_run: int
    version: int
    as_drawn: bool
    expected: int
    status: Literal["queued", "running", "paused", "succeeded", "partial", "failed", "cancelled"]
    matched: int | None
    processed: int
    changed: int
    skipped: int
    failed: int
    waiting: int
    still_matching: int | None
    created_at: datetime
    ended_at: datetime | None
    by_name: str | None
    approved_at: datetime | None
    approved_by_name: str | None


class NextStage(Out):
    """How many records the next stage may take, and how many are proposed."""

    step: int
    most: int
    suggested: int


class ScaleUpOut(Out):
    """How far a workflow has come. `status` null: it was never scaled up. `left`: how many records meet its
    conditions and were in no stage; null: `reason` says why that, or a stage, is not possible now."""

    workflow: WorkflowOfStages
    module: str | None
    module_label: str | None
    status: Literal["open", "finished", "stopped"] | None
    by_name: str | None
    created_at: datetime | None
    ended_at: datetime | None
    stages: list[StageOut]
    left: int | None
    by_dates: bool = Field(description="It goes by dates: only records whose time has come are counted.")
    reason: str | None
    next: NextStage | None
    redrawn: bool = Field(description="The draft was changed after the last stage.")


class ToBegin(BaseModel):
    """How many records the first stage takes."""

    model_config = ConfigDict(extra="forbid")

    size: int = Size


class ToApprove(BaseModel):
    """The stage that looks right, and how many records the next one takes; none, where it was the last."""

    model_config = ConfigDict(extra="forbid")

    stage: int = Field(ge=1, le=32_767)
    size: int | None = Field(None, ge=1, le=2**53)


class ToActivate(BaseModel):
    """What becomes of records whose date has passed: left, as the stages went over them, or started again."""

    model_config = ConfigDict(extra="forbid")

    backlog: Backlog = "skip"


@router.get(
    "/{key}/matching",
    **operation("count_matching_now", MatchingNow, summary="On how many records it would run.", errors=[409]),
)
async def count_matching_now(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        version, matching = await stages.matching_now(db, call.rights, key)
        module = version.module
        return {
            "matching": matching, "module": module.key if module else None,
            "module_label": module.label_plural if module else None,
        }  # fmt: skip

    return await call.read(work, bounded=True)


@router.get("/{key}/scale-up", **operation("get_scale_up", ScaleUpOut, summary="How far it was scaled up."))
async def get_scale_up(call: TheCall, key: PathKey) -> Response:
    return await call.read(lambda db: _shown(call, db, key), bounded=True)


@router.post(
    "/{key}/scale-up",
    **operation("begin_scale_up", ScaleUpOut, status=201, summary="Try it on a few records.", errors=[409]),
)
async def begin_scale_up(call: TheCall, key: PathKey, body: ToBegin) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await stages.begin(db, call.rights, key, body.size)
        return await _shown(call, db, key)

    return await call.write(work, status=201, wakes=True)


@router.post(
    "/{key}/scale-up/approve",
    **operation("approve_stage", ScaleUpOut, summary="It looks right: the next stage.", errors=[409]),
)
async def approve_stage(call: TheCall, key: PathKey, body: ToApprove) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await stages.approve(db, call.rights, key, body.stage, body.size)
        return await _shown(call, db, key)

    return await call.write(work, wakes=True)


@router.post(
    "/{key}/scale-up/stop",
    **operation("stop_scale_up", ScaleUpOut, summary="No further stages.", errors=[409]),
)
async def stop_scale_up(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await stages.stop(db, call.rights, key)
        return await _shown(call, db, key)

    return await call.write(work)


@router.post(
    "/{key}/scale-up/activate",
    **operation("activate_scaled_up", ScaleUpOut, summary="Activate what the stages ran.", errors=[409]),
)
async def activate_scaled_up(call: TheCall, key: PathKey, body: ToActivate | None = None) -> Response:
    wanted = body or ToActivate()

    async def work(db: Connection) -> dict[str, Any]:
        await stages.activate(db, call.rights, key, wanted.backlog)
        return await _shown(call, db, key)

    return await call.write(work, wakes=True)


async def _shown(call: Call, db: Connection, key: str) -> dict[str, Any]:
    now = await stages.scale_up_of(db, call.rights, key)
    module = (await call.catalog(db)).modules.get(now.workflow["module"] or "")
    last = now.last or {}
    return {
        "workflow": {name: now.workflow[name] for name in ("key", "name", "state", "paused")},
        "module": module.key if module else None,
        "module_label": module.label_plural if module else None,
        "status": last.get("status"), "by_name": last.get("user_name"),
        "created_at": last.get("created_at"), "ended_at": last.get("ended_at"),
        "stages": [_stage(row) for row in now.stages],
        "left": now.left, "by_dates": now.by_dates, "reason": now.reason, "next": now.next(),
        "redrawn": now.redrawn,
    }  # fmt: skip


def _stage(row: Any) -> dict[str, Any]:
    found = {name: row[name] for name in StageOut.model_fields if name != "bulk_run"}
    return found | {"bulk_run": row["bulk_id"]}

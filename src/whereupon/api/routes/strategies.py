"""Strategies: what is done with records of a segment so long after a date; and how a record stands to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, page
from whereupon.api.route import routes_of
from whereupon.api.routes.drawn import CheckedDrawing, DrawingToCheck, FaultOut, Note, told
from whereupon.api.routes.shapes import Page, PathKey
from whereupon.db.pool import Connection
from whereupon.playbooks import standing, strategies, strategy_review
from whereupon.playbooks.standing import StatusChange, StatusChanges
from whereupon.playbooks.strategies import NewStrategy, StrategyChange
from whereupon.playbooks.strategy_definition import BLOCKS, TYPES, StrategyDefinition
from whereupon.sdk import registry

router = routes_of("strategies", "/strategies")
records = routes_of("strategies", "/records")


class StepWorkflow(Out):
    """The workflow that a step was compiled to. `active`: the step is still there."""

    step: str
    workflow: str
    active: bool


class StrategyLine(Out):
    """A strategy in a list. `position`: of those that fit a record, the lowest counts."""

    id: int
    key: str
    name: str
    description: str
    module: str
    module_label: str
    state: Literal["draft", "active", "disabled"]
    position: int
    workflows: list[StepWorkflow]
    owner: int | None
    owner_name: str | None
    created_at: datetime
    updated_at: datetime
    etag: str


class StrategyOut(StrategyLine):
    """A whole strategy."""

    definition: dict[str, Any]
    problems: list[FaultOut]


class StrategySwitch(BaseModel):
    """On or off."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["active", "disabled"]


class StrategyName(Out):
    """Which strategy."""

    key: str
    name: str


class Held(Out):
    """The playbook that has the record for itself meanwhile."""

    track: int
    playbook: str
    playbook_name: str


class NextStep(Out):
    """A step that is still to come, unless the record is paused then."""

    step: str
    name: str
    due_at: datetime


class TakenStep(Out):
    """A step that came. `skipped`: why nothing was done, as filter: it was paused, or not in the segment."""

    strategy: str
    step: str
    name: str
    at: datetime
    run_id: int | None
    status: str | None
    skipped: str | None


class MadeBy(Out):
    """The workflow or playbook that changed it."""

    key: str
    name: str
    kind: Literal["workflow", "playbook", "strategy"]


class StatusEvent(Out):
    """A change of status: who or what changed it, and when."""

    id: int
    at: datetime
    action: Literal["pause", "resume", "restart", "end"]
    was: Literal["active", "paused", "ended"]
    status: Literal["active", "paused", "ended"]
    reason: str | None
    user_id: int | None
    user_name: str | None
    run_id: int | None
    workflow: MadeBy | None


class RecordStrategy(Out):
    """How a record stands to its strategy. `strategy` null: in no segment. `counted_from`: it began again."""

    strategy: StrategyName | None
    status: Literal["active", "paused", "ended"]
    changed_at: datetime | None
    counted_from: datetime | None
    held_by: Held | None
    next: list[NextStep]
    taken: list[TakenStep]
    history: list[StatusEvent]


class Changed(Out):
    """The records for which it changed something."""

    records: list[str]


class Action(Out):
    """What a step may do. `message`: the JSON schema of its message."""

    type: str
    label: str
    message: dict[str, Any]


class ReviewedStrategyStep(Out):
    """A step that publishing adds, changes or removes. `was`, `now`: when it comes and what it does, as far
    as that differs; `parts`: what differs of its message."""

    step: str
    name: str
    change: Literal["added", "changed", "removed"]
    was: list[str]
    now: list[str]
    parts: list[str]


class StrategyReview(Out):
    """What publishing would change. `published`: records get its steps now; `kept`: steps that stay."""

    published: bool
    steps: list[ReviewedStrategyStep]
    kept: int


class StrategySchema(Out):
    """What a definition holds."""

    definition: dict[str, Any]
    actions: list[Action]


def line(row: dict[str, Any]) -> dict[str, Any]:
    """A strategy without its definition."""
    workflows = [{name: one[name] for name in StepWorkflow.model_fields} for one in row["workflows"]]
    return {**{name: row[name] for name in StrategyLine.model_fields}, "workflows": workflows}


async def whole(call: TheCall, db: Connection, row: dict[str, Any]) -> dict[str, Any]:
    """With what is wrong with it, for those who may change it."""
    faults = await strategies.problems_of(db, call.rights, row["key"]) if call.rights.builder else []
    problems = told(faults)
    return {**line(row), "definition": row["definition"], "problems": problems}


@router.get("", **operation("list_strategies", Page[StrategyLine], summary="All strategies, oldest first."))
async def list_strategies(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    module: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    after = id_after(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        rows = await strategies.list_strategies(db, call.rights, module=module, after=after, limit=limit + 1)
        return page([line(row) for row in rows], limit)

    return await call.read(work)


@router.get("/schema", **operation("get_strategy_schema", StrategySchema, summary="What steps hold."))
async def get_schema(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        actions = [
            {"type": key, "label": label, "message": registry.block(BLOCKS[key]).Config.model_json_schema()}
            for key, label in TYPES.items()
        ]
        return {"definition": StrategyDefinition.model_json_schema(), "actions": actions}

    return await call.read(work)


@router.post(
    "/status",
    **operation(
        "change_strategy_statuses",
        Changed,
        summary="Pause, resume, restart or end for many records.",
        errors=[404],
    ),
)
async def change_statuses(call: TheCall, body: StatusChanges) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        return {
            "records": await standing.change_strategy_status(
                db, call.rights, catalog, body.module, body.records, body
            )
        }

    return await call.write(work, defines=False)


@router.post("", **operation("create_strategy", StrategyOut, status=201, summary="Write a new strategy."))
async def create_strategy(call: TheCall, body: NewStrategy) -> Response:
    async def work(db: Connection) -> Answer:
        made = await strategies.create_strategy(db, call.rights, body)
        return Answer(await whole(call, db, made), 201, {"Location": f"/api/v1/strategies/{made['key']}"})

    return await call.write(work)


@router.get("/{key}", **operation("get_strategy", StrategyOut, summary="One strategy, with what it lacks."))
async def get_strategy(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await whole(call, db, await strategies.get_strategy(db, call.rights, key))

    return await call.read(work)


@router.patch(
    "/{key}", **operation("change_strategy", StrategyOut, summary="Save what is written.", if_match=True)
)
async def change_strategy(call: TheCall, key: PathKey, body: StrategyChange) -> Response:
    etag = call.if_match()

    async def work(db: Connection) -> dict[str, Any]:
        made = await strategies.change_strategy(db, call.rights, key, body, etag=etag)
        return await whole(call, db, made)

    return await call.write(work)


@router.delete("/{key}", **operation("delete_strategy", status=204, summary="Remove it; its history stays."))
async def delete_strategy(call: TheCall, key: PathKey) -> Response:
    return await call.write(lambda db: strategies.delete_strategy(db, call.rights, key), wakes=True)


@router.post(
    "/{key}/check", **operation("check_strategy", CheckedDrawing, summary="What is wrong with a definition.")
)
async def check_strategy(call: TheCall, key: PathKey, body: DrawingToCheck) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        faults = await strategies.problems_in(db, call.rights, key, body.definition)
        return {"problems": told(faults)}

    return await call.read(work, bounded=True)


@router.post(
    "/{key}/review",
    **operation("review_strategy", StrategyReview, summary="What publishing this would change."),
)
async def review_strategy(call: TheCall, key: PathKey, body: DrawingToCheck) -> Response:
    return await call.read(
        lambda db: strategy_review.review_strategy(db, call.rights, key, body.definition), bounded=True
    )


@router.post(
    "/{key}/publish",
    **operation(
        "publish_strategy", StrategyOut, summary="Let records get its steps from now on.", if_match=True,
        errors=[409],
    ),
)  # fmt: skip
async def publish_strategy(call: TheCall, key: PathKey, body: Note) -> Response:
    etag = call.if_match()

    async def work(db: Connection) -> dict[str, Any]:
        made = await strategies.publish_strategy(db, call.rights, key, note=body.note, etag=etag)
        return await whole(call, db, made)

    return await call.write(work, wakes=True)


@router.post(
    "/{key}/state",
    **operation("set_strategy_state", StrategyOut, summary="Switch it on or off.", errors=[409]),
)
async def set_state(call: TheCall, key: PathKey, body: StrategySwitch) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        made = await strategies.set_strategy_state(db, call.rights, key, body.state)
        return await whole(call, db, made)

    return await call.write(work, wakes=True)


RecordId = Annotated[str, Path(min_length=1, max_length=1000)]


@records.get(
    "/{module}/{record_id}/strategy",
    **operation("get_record_strategy", RecordStrategy, summary="How a record stands to its strategy."),
)
async def get_record_strategy(call: TheCall, module: PathKey, record_id: RecordId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await standing.strategy_of(db, call.rights, await call.catalog(db), module, record_id)

    return await call.read(work)


@records.post(
    "/{module}/{record_id}/strategy",
    **operation("change_record_strategy", RecordStrategy, summary="Pause, resume, restart or end it."),
)
async def change_record_strategy(
    call: TheCall, module: PathKey, record_id: RecordId, body: StatusChange
) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        await standing.strategy_of(db, call.rights, catalog, module, record_id)  # NotFound for a strange one
        await standing.change_strategy_status(db, call.rights, catalog, module, [record_id], body)
        return await standing.strategy_of(db, call.rights, catalog, module, record_id)

    return await call.write(work, defines=False)

"""Runs: what happened and why, and what a person does about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import MadeFrom, Page, PathId
from whereupon.db.pool import Connection
from whereupon.outbox import calls
from whereupon.people.users import Id
from whereupon.runs import actions, again, history

router = routes_of("runs", "/runs")

BlockKey = Annotated[str, Field(min_length=1, max_length=100)]
Status = Literal["queued", "running", "waiting", "held", "succeeded", "partial", "failed", "cancelled"]


class Run(Out):
    """One workflow at work on one record."""

    id: int
    workflow: str
    workflow_name: str
    made_from: MadeFrom | None = Field(description="What the workflow is made from; null: drawn by people.")
    version: int | None
    module: str | None
    record_id: str | None
    record_title: str | None
    status: Status
    node: str | None
    ready_at: datetime | None
    started_by: str
    user_id: int | None
    user_name: str | None
    change_id: int | None
    parent_run_id: int | None
    branch_node: str | None = Field(description="The block of the parent that started it.")
    branch_number: int | None
    bulk_run: int | None = Field(description="The bulk run that it belongs to.")
    rerun_of: int | None
    depth: int
    executions: int
    attempts: int
    error: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class StepRun(Out):
    """One block's execution."""

    seq: int
    node: str
    block: str
    status: str
    port: str | None
    input: Any
    output: Any
    error: dict[str, Any] | None
    records: int
    started_at: datetime
    ended_at: datetime | None


class RunMessage(Out):
    """A message that the run queued."""

    id: int
    node: str | None
    channel: str
    recipient: str | None = Field(description="null: not for this user to see.")
    status: str
    error: dict[str, Any] | None
    created_at: datetime
    sent_at: datetime | None


class RunCall(Out):
    """What the run asked for outside the database: a request, a document, a script."""

    id: int
    node: str
    block: str
    destination: str | None = Field(description="Empty: this machine. null: not for this user to see.")
    status: Literal["queued", "calling", "succeeded", "failed", "discarded"]
    attempts: int
    error: dict[str, Any] | None = Field(description="Of the last attempt.")
    due_at: datetime = Field(description="When it is made, or made again, while it is queued.")
    created_at: datetime
    ended_at: datetime | None


class Branches(Out):
    """How many runs a block of the run started, by their status."""

    node: str
    status: Status
    runs: int


class StartedBulkRun(Out):
    """A bulk run that the run started. While it is under way the run waits for it."""

    id: int
    name: str | None
    status: str
    matched: int | None
    processed: int
    failed: int
    ended_at: datetime | None


class RunQuestion(Out):
    """What the run asked people. `asked`: who have not answered yet."""

    id: int
    node: str
    kind: Literal["approval", "form"]
    title: str
    status: str
    asked: list[str]
    due_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class WholeRun(Run):
    """With its steps, its messages and calls, what it waits for, and how it came about.

    `whole` false: it used fields that one may not read, so no values are shown.
    """

    whole: bool
    waiting: dict[str, Any] | None
    data: dict[str, Any]
    chain: list[Any] | None
    steps: list[StepRun]
    messages: list[RunMessage]
    calls: list[RunCall]
    branches: list[Branches]
    bulk_runs: list[StartedBulkRun]
    awaits: int = Field(description="Runs under way that it started and waits for: they end with it.")
    questions: list[RunQuestion]


class Chosen(BaseModel):
    """Which runs are meant."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Id], Field(min_length=1, max_length=10_000)]


class Done(Out):
    """Those that it was about: runs in another state are left as they are."""

    ids: list[int]


class ToRerun(BaseModel):
    """Where the new run begins: at the start, at the block that failed, or at a block of one's choice.

    `fixed`: what had to be put right first is put right.
    """

    model_config = ConfigDict(extra="forbid")

    start_at: Literal["start", "failed"] = "start"
    from_block: BlockKey | None = None
    fixed: bool = False

    @model_validator(mode="after")
    def one_place(self) -> ToRerun:
        if self.from_block is not None and self.start_at == "failed":
            raise ValueError("from_block does not go with start_at")
        return self


class BlockAhead(Out):
    """A block that the new run may come to; `executed`: the run executed it before."""

    node: str
    executed: bool


class RerunPreview(Out):
    """What running again from a block would do.

    `carried`: the blocks whose outputs the new run begins with. `messages`, `calls`, `runs`: what came out of
    the blocks that are executed again, which would come out of them once more.
    """

    block: str
    version: int | None
    active_version: int | None = Field(description="The new run is of `version`, whichever is active.")
    blocks: list[BlockAhead]
    carried: list[str]
    messages: int
    calls: int
    runs: int
    fix_first: str | None = Field(
        description="Why it would fail again, until something is set up differently."
    )


class ToSignal(BaseModel):
    """What a waiting run is told."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    payload: dict[str, Any] = {}


class Signalled(Out):
    """Whether the run was waiting at all."""

    waiting: bool


@router.get(
    "",
    **operation(
        "list_runs", Page[Run], summary="Runs on records that one may read, the newest first.", errors=[404]
    ),
)
async def list_runs(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    workflow: Annotated[str | None, Query(max_length=100)] = None,
    module: Annotated[str | None, Query(max_length=100)] = None,
    record_id: Annotated[str | None, Query(max_length=1000)] = None,
    status: Annotated[Status | None, Query()] = None,
    since: Annotated[AwareDatetime | None, Query(description="Only those created then or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Only those created before.")] = None,
    started_by: Annotated[
        str | None, Query(max_length=100, description="A trigger, manual, rerun or another cause.")
    ] = None,
    parent: Annotated[
        Id | None,
        Query(description="Those that this run's blocks started: items of a loop, other workflows."),
    ] = None,
    bulk_run: Annotated[Id | None, Query(description="Only those of this bulk run.")] = None,
    members: Annotated[
        bool, Query(description="Whether runs that belong to bulk runs are among them.")
    ] = True,
) -> Response:
    after = id_before(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        if parent is not None:
            await history.get_run(db, call.rights, await call.catalog(db), parent)
        rows = history.list_runs(
            db, call.rights, await call.catalog(db), after=after, workflow=workflow, module=module,
            record_id=record_id, status=status, since=since, until=until, started_by=started_by,
            parent=parent, bulk_run=bulk_run, members=members, limit=limit + 1,
        )  # fmt: skip
        return await paged(rows, limit)

    return await call.read(work)


@router.get("/{run_id}", **operation("get_run", WholeRun, summary="One run, with its steps."))
async def get_run(call: TheCall, run_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await history.get_run(db, call.rights, await call.catalog(db), run_id)

    return await call.read(work)


@router.post("/cancel", **operation("cancel_runs", Done, summary="End runs that are under way."))
async def cancel_runs(call: TheCall, body: Chosen) -> Response:
    async def work(db: Connection) -> dict[str, list[int]]:
        return {"ids": await actions.cancel_runs(db, call.rights, body.ids)}

    return await call.write(work, defines=False)


@router.post("/release", **operation("release_runs", Done, summary="Let held runs go on."))
async def release_runs(call: TheCall, body: Chosen) -> Response:
    async def work(db: Connection) -> dict[str, list[int]]:
        return {"ids": await actions.release_runs(db, call.rights, body.ids)}

    return await call.write(work, defines=False)


@router.post(
    "/{run_id}/hurry",
    **operation("hurry_run", Done, summary="Make the run's calls now that are to be made again later."),
)
async def hurry_run(call: TheCall, run_id: PathId) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, list[int]]:
        await history.get_run(db, call.rights, await call.catalog(db), run_id)
        return {"ids": await calls.hurry(db, run_id)}

    return await call.write(work, defines=False)


@router.get(
    "/{run_id}/rerun",
    **operation(
        "preview_rerun",
        RerunPreview,
        summary="What running again from a block would do.",
        errors=[403, 409],
    ),
)
async def preview_rerun(
    call: TheCall, run_id: PathId, from_block: Annotated[BlockKey, Query(description="A block's key.")]
) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await history.get_run(db, call.rights, await call.catalog(db), run_id)
        return await again.preview(db, call.rights, run_id, from_block)

    return await call.read(work)


@router.post(
    "/{run_id}/rerun",
    **operation(
        "rerun_run",
        WholeRun,
        status=201,
        summary="Run again, from the start, from where it failed, or from a block.",
    ),
)
async def rerun_run(call: TheCall, run_id: PathId, body: ToRerun) -> Response:
    async def work(db: Connection) -> Answer:
        if body.from_block is not None:
            made = await again.rerun_from(db, call.rights, run_id, body.from_block, fixed=body.fixed)
        else:
            made = await actions.rerun(db, call.rights, run_id, body.start_at, fixed=body.fixed)
        run = await history.get_run(db, call.rights, await call.catalog(db), made)
        return Answer(run, 201, {"Location": f"/api/v1/runs/{made}"})

    return await call.write(work, defines=False)


@router.post(
    "/{run_id}/signal", **operation("signal_run", Signalled, summary="Tell a waiting run something.")
)
async def signal_run(call: TheCall, run_id: PathId, body: ToSignal) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, bool]:
        await history.get_run(db, call.rights, await call.catalog(db), run_id)
        return {"waiting": await actions.signal(db, run_id, body.name, body.payload, by=call.user_id)}

    return await call.write(work, defines=False)

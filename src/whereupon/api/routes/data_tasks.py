"""Saved data tasks: a query, a field mapping and a matching rule; tried, run, scheduled. For builders."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, page
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathKey
from whereupon.db.pool import Connection
from whereupon.runs.task_runs import run_in_bulk
from whereupon.sdk.data_tasks import DataTask
from whereupon.workflows import saved_tasks, task_schedules
from whereupon.workflows.saved_tasks import DataTaskChange, NewDataTask

router = routes_of("data tasks", "/data-tasks")


class DataTaskOut(Out):
    """A saved task. `workflows`: how many active ones run it."""

    id: int
    key: str
    name: str
    description: str
    definition: dict[str, Any]
    owner: str | None
    workflows: int
    created_at: datetime
    updated_at: datetime
    etag: str


class ChangedRecord(Out):
    """One record, before and after; `before` null: it is new."""

    module: str
    record: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class FailedRecord(Out):
    """One that was not written, and why."""

    module: str
    record: str
    message: str


class DataTaskResult(Out):
    """How many records were found and what became of them; the first twenty as examples. `left_out`: there
    is no record that matches."""

    found: int
    tried: int | None = Field(description="Of more than 50,000, a trial takes only so many; null: all.")
    updated: int
    created: int
    unchanged: int
    left_out: int
    failed: int
    examples: list[ChangedRecord]
    failures: list[FailedRecord]


class ToTry(BaseModel):
    """A task that need not be saved."""

    model_config = ConfigDict(extra="forbid")

    definition: DataTask


class TaskBulkRun(Out):
    """The bulk run that was ordered; its progress is at /bulk-runs/{id}."""

    bulk_run: int


class ToSchedule(BaseModel):
    """One of them. `start`: a new schedule, as its trigger has it. `workflow`: one that is there."""

    model_config = ConfigDict(extra="forbid")

    start: dict[str, Any] | None = Field(None, examples=[{"cron": "0 23 * * *"}])
    workflow: str | None = Field(None, min_length=1, max_length=100)

    @model_validator(mode="after")
    def one_of_them(self) -> ToSchedule:
        if (self.start is None) == (self.workflow is None):
            raise ValueError("say a new schedule or the key of a workflow, one of them")
        return self


class Scheduled(Out):
    """The draft of the workflow that runs it."""

    workflow: str


class TaskSchedule(Out):
    """A workflow that goes by the clock, once for all records. `tasks`: how many data tasks it runs."""

    key: str
    name: str
    state: Literal["draft", "active", "disabled"]
    updated_at: datetime
    tasks: int


class TaskSchedules(Out):
    """Those that run data tasks already come first."""

    items: list[TaskSchedule]


class TaskSchema(Out):
    """The JSON schema from which the form of a definition is drawn."""

    definition: dict[str, Any]


@router.get("", **operation("list_data_tasks", Page[DataTaskOut], summary="All saved data tasks."))
async def list_data_tasks(call: TheCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    after = id_after(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        return page(await saved_tasks.list_tasks(db, call.rights, after=after, limit=limit + 1), limit)

    return await call.read(work)


@router.get("/schema", **operation("get_data_task_schema", TaskSchema, summary="What a definition holds."))
async def get_schema(call: TheCall) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        return {"definition": DataTask.model_json_schema(by_alias=True)}

    return await call.read(work)


@router.get(
    "/schedules",
    **operation("list_task_schedules", TaskSchedules, summary="Workflows that a data task may be added to."),
)
async def get_schedules(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await task_schedules.list_schedules(db, call.rights)}

    return await call.read(work)


@router.post(
    "/try", **operation("try_data_task", DataTaskResult, summary="What a task would do; nothing is kept.")
)
async def try_data_task(call: TheCall, body: ToTry) -> Response:
    return await call.write(lambda db: saved_tasks.try_out(db, call.rights, body.definition), defines=False)


@router.post("", **operation("create_data_task", DataTaskOut, status=201, summary="Save a data task."))
async def create_data_task(call: TheCall, body: NewDataTask) -> Response:
    async def work(db: Connection) -> Answer:
        made = await saved_tasks.create_task(db, call.rights, body)
        return Answer(made, 201, {"Location": f"/api/v1/data-tasks/{made['key']}"})

    return await call.write(work)


@router.get("/{key}", **operation("get_data_task", DataTaskOut, summary="One data task."))
async def get_data_task(call: TheCall, key: PathKey) -> Response:
    return await call.read(lambda db: saved_tasks.get_task(db, call.rights, key))


@router.patch(
    "/{key}", **operation("change_data_task", DataTaskOut, summary="Change a data task.", if_match=True)
)
async def change_data_task(call: TheCall, key: PathKey, body: DataTaskChange) -> Response:
    etag = call.if_match()
    return await call.write(lambda db: saved_tasks.change_task(db, call.rights, key, body, etag=etag))


@router.delete(
    "/{key}", **operation("delete_data_task", status=204, summary="Remove a data task.", errors=[409])
)
async def delete_data_task(call: TheCall, key: PathKey) -> Response:
    return await call.write(lambda db: saved_tasks.delete_task(db, call.rights, key))


@router.post("/{key}/run", **operation("run_data_task", DataTaskResult, summary="Run it now, as oneself."))
async def run_data_task(call: TheCall, key: PathKey) -> Response:
    origin = call.context()["origin"]

    async def work(db: Connection) -> dict[str, Any]:
        return saved_tasks.shown(await saved_tasks.run_saved(db, call.rights, key, origin))

    return await call.write(work, defines=False, wakes=True)


@router.post(
    "/{key}/bulk-run",
    **operation(
        "run_data_task_in_bulk", TaskBulkRun, status=201, errors=[409],
        summary="Run it as a bulk run: however many records, with progress.",
    ),
)  # fmt: skip
async def run_data_task_in_bulk(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> Answer:
        made = await run_in_bulk(db, call.rights, key)
        return Answer({"bulk_run": made}, 201, {"Location": f"/api/v1/bulk-runs/{made}"})

    return await call.write(work, wakes=True)


@router.post(
    "/{key}/schedule",
    **operation(
        "schedule_data_task", Scheduled, status=201, errors=[409],
        summary="Put it into a new schedule, or at the end of the draft of one that is there.",
    ),
)  # fmt: skip
async def schedule_data_task(call: TheCall, key: PathKey, body: ToSchedule) -> Response:
    async def work(db: Connection) -> Answer:
        if body.workflow is not None:
            await saved_tasks.get_task(db, call.rights, key)
            made = await task_schedules.add_to_schedule(db, call.rights, key, body.workflow)
        else:
            made = await saved_tasks.put_on_schedule(db, call.rights, key, body.start or {})
        return Answer({"workflow": made}, 201, {"Location": f"/api/v1/workflows/{made}"})

    return await call.write(work)

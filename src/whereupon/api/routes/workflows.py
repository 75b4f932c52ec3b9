"""Workflows: drafts, versions, states, and starting one by hand. For builders, except the starting."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, decode_cursor, encode_cursor, wrong_cursor
from whereupon.api.problems import FieldProblem
from whereupon.api.route import routes_of
from whereupon.api.routes.runs import Status as RunStatus
from whereupon.api.routes.shapes import Page, PathKey
from whereupon.db.pool import Connection
from whereupon.outbox.messages import release_workflow
from whereupon.people import audit
from whereupon.people.users import Id
from whereupon.runs.actions import cancel_waiting
from whereupon.runs.by_hand import start_by_hand
from whereupon.workflows import listing, recurrence, store
from whereupon.workflows.arming import Backlog
from whereupon.workflows.listing import Sort, Wanted
from whereupon.workflows.store import InFlight, NewWorkflow, State, WorkflowChange

router = routes_of("workflows", "/workflows")


class WorkflowFacts(Out):
    """What is said of a workflow, and which version of it is active."""

    id: int
    key: str
    name: str
    description: str
    category: str | None
    module: str | None
    state: State
    paused: bool
    etag: str
    active_version: int | None
    active_version_id: int | None
    activated_at: datetime | None
    messages_released: bool
    owner: int | None
    created_at: datetime
    updated_at: datetime


class Workflow(WorkflowFacts):
    """A workflow with its draft."""

    draft: dict[str, Any]


class Bar(Out):
    """One run, or one bulk run, as a bar. `seconds`: how long it took, null while it is under way."""

    id: int
    bulk: bool = Field(description="A run over many records: the id is that of a bulk run.")
    status: RunStatus | Literal["paused"]
    at: datetime
    seconds: float | None
    module: str | None
    record_id: str | None = Field(description="null: none, or not for this user to see.")
    record_title: str | None
    matched: int | None = Field(description="Of a bulk run: how many records, null until they are listed.")
    failed: int | None


class ListedWorkflow(WorkflowFacts):
    """A workflow in a list, with its last runs, the oldest first."""

    draft: dict[str, Any] | None
    module_label: str | None
    owner_name: str | None
    last_run_at: datetime | None
    bars: list[Bar]


class WorkflowPage(Page[ListedWorkflow]):
    """Some of the workflows; `counts`: how many there are of each state, by the same other filters."""

    counts: dict[str, int]


class Version(Out):
    """What was published once, and never changes."""

    id: int
    number: int
    published_by: int | None
    published_at: datetime
    note: str
    document: dict[str, Any]
    active: bool | None


class Versions(Out):
    """Every version, the newest first."""

    items: list[Version]


class Faults(Out):
    """What stands against publishing the draft; an empty list: nothing does."""

    problems: list[FieldProblem]


class ToPublish(BaseModel):
    """What is said about a new version."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(default="", max_length=2_000)
    backlog: Backlog | None = Field(
        default=None,
        description="Of records whose date has passed already: leave them, or start for them too; "
        "null: as the trigger says.",
    )


class ToState(BaseModel):
    """The state wanted; `in_flight`: what becomes of runs under way when it stops. `backlog`: what becomes
    of records whose date has passed when it starts."""

    model_config = ConfigDict(extra="forbid")

    state: State
    in_flight: InFlight = "finish"
    backlog: Backlog | None = None


RecordId = Annotated[str, Field(min_length=1, max_length=1000)]


class ToStart(BaseModel):
    """On which records to start; null: on all that meet the filter."""

    model_config = ConfigDict(extra="forbid")

    records: Annotated[list[RecordId], Field(max_length=100_000)] | None = None


class Started(Out):
    """How many runs were started; `left_out`: records that do not meet the filter, or are not there."""

    started: int
    left_out: list[str]
    bulk_run: int | None = Field(description="Where to see how far they are; null: they were few.")


class ToReset(BaseModel):
    """The record for which the first time may come again; null: all."""

    model_config = ConfigDict(extra="forbid")

    record_id: RecordId | None = None


class Count(Out):
    """How many it was about."""

    count: int


Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get(
    "",
    **operation("list_workflows", WorkflowPage, summary="Workflows, with their last runs if asked for."),
)
async def list_workflows(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    module: Annotated[str | None, Query(max_length=100)] = None,
    state: Annotated[State | None, Query()] = None,
    category: Annotated[Literal["customer", "admin", "finance"] | None, Query()] = None,
    owner: Annotated[Id | None, Query(description="A user's.")] = None,
    search: Annotated[
        str | None, Query(max_length=200, description="Part of the name or description.")
    ] = None,
    sort: Annotated[Sort, Query(description="Newest first; by name from A to Z.")] = "created",
    bars: Annotated[int, Query(ge=0, le=100, description="How many of the last runs of each.")] = 0,
    drafts: Annotated[bool, Query(description="Whether the drafts come along.")] = True,
) -> Response:
    call.rights.require_builder()
    wanted = Wanted(
        module=module, state=state, category=category, owner=owner, search=search, sort=sort,
        after=position_after(cursor, sort), drafts=drafts, limit=limit + 1,
    )  # fmt: skip

    async def work(db: Connection) -> dict[str, Any]:
        rows = await listing.list_workflows(db, wanted)
        positions = [row.pop("position") for row in rows]
        shown = rows[:limit]
        await put_bars(call, db, shown, bars)
        more = len(rows) > limit
        return {
            "items": shown,
            "next_cursor": encode_cursor([positions[limit - 1], shown[-1]["id"]]) if more else None,
            "counts": await listing.count_by_state(db, wanted),
        }

    return await call.read(work)


async def put_bars(call: TheCall, db: Connection, workflows: list[dict[str, Any]], count: int) -> None:
    """The last runs of each workflow, into `bars`."""
    found: dict[int, list[dict[str, Any]]] = {}
    if count and workflows:
        ids = [one["id"] for one in workflows]
        found = await listing.bars_of(db, call.rights, await call.catalog(db), ids, count)
    for one in workflows:
        one["bars"] = found.get(one["id"], [])


def position_after(cursor: str | None, sort: Sort) -> tuple[int | str, int] | None:
    """Where a page begins. Raises Invalid for a cursor of another list."""
    match decode_cursor(cursor):
        case None:
            return None
        case [int(value), int(last)] if sort != "name" and 0 <= value < 2**63 and 0 < last < 2**63:
            return value, last
        case [str(value), int(last)] if sort == "name" and 0 < last < 2**63 and "\0" not in value:
            return value, last
        case _:
            raise wrong_cursor()


@router.post("", **operation("create_workflow", Workflow, status=201, summary="A new draft."))
async def create_workflow(call: TheCall, body: NewWorkflow) -> Response:
    async def work(db: Connection) -> Answer:
        made = await store.create_workflow(db, call.rights, body)
        return Answer(dict(made), 201, {"Location": f"/api/v1/workflows/{made['key']}"})

    return await call.write(work)


@router.get("/{key}", **operation("get_workflow", Workflow, summary="One workflow, with its draft."))
async def get_workflow(call: TheCall, key: PathKey) -> Response:
    call.rights.require_builder()
    return await call.read(lambda db: store.get_workflow(db, key))


@router.patch(
    "/{key}",
    **operation("change_workflow", Workflow, summary="Save the draft and what is said of it.", if_match=True),
)
async def change_workflow(call: TheCall, key: PathKey, body: WorkflowChange) -> Response:
    etag = call.if_match()
    return await call.write(lambda db: store.change_workflow(db, call.rights, key, body, if_match=etag))


@router.delete("/{key}", **operation("delete_workflow", status=204, summary="Delete it; its history stays."))
async def delete_workflow(call: TheCall, key: PathKey) -> Response:
    return await call.write(lambda db: store.delete_workflow(db, call.rights, key), wakes=True)


@router.put(
    "/{key}/draft", **operation("save_draft", Workflow, summary="Save the draft alone.", if_match=True)
)
async def save_draft(call: TheCall, key: PathKey, body: dict[str, Any]) -> Response:
    etag, change = call.if_match(), WorkflowChange.model_validate({"document": body})
    return await call.write(lambda db: store.change_workflow(db, call.rights, key, change, if_match=etag))


@router.get("/{key}/problems", **operation("check_draft", Faults, summary="What stands against publishing."))
async def check_draft(call: TheCall, key: PathKey) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        found = await store.problems_of_draft(db, call.rights, key)
        return {"problems": [problem.as_json() for problem in found]}

    return await call.read(work)


@router.post(
    "/{key}/publish",
    **operation("publish_workflow", Workflow, summary="Freeze the draft and make it active.", if_match=True),
)
async def publish_workflow(call: TheCall, key: PathKey, body: ToPublish) -> Response:
    etag = call.if_match()
    return await call.write(
        lambda db: store.publish(db, call.rights, key, note=body.note, if_match=etag, backlog=body.backlog),
        wakes=True,
    )


@router.put(
    "/{key}/state", **operation("set_state", Workflow, summary="Enable, disable, archive.", errors=[409])
)
async def set_state(call: TheCall, key: PathKey, body: ToState) -> Response:
    return await call.write(
        lambda db: store.set_state(
            db, call.rights, key, body.state, in_flight=body.in_flight, backlog=body.backlog
        ),
        wakes=True,
    )


@router.post(
    "/{key}/duplicate", **operation("duplicate_workflow", Workflow, status=201, summary="A copy, as a draft.")
)
async def duplicate_workflow(call: TheCall, key: PathKey) -> Response:
    call.rights.require_builder()
    return await call.write(lambda db: store.duplicate(db, call.rights, key), status=201)


@router.get(
    "/{key}/versions", **operation("list_versions", Versions, summary="Every version, the newest first.")
)
async def list_versions(call: TheCall, key: PathKey) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await store.list_versions(db, key)}

    return await call.read(work)


@router.post(
    "/{key}/versions/{number}/restore",
    **operation("restore_version", Workflow, summary="Make an old version the draft again."),
)
async def restore_version(call: TheCall, key: PathKey, number: Number) -> Response:
    call.rights.require_builder()
    return await call.write(lambda db: store.restore_version(db, call.rights, key, number))


@router.post("/{key}/start", **operation("start_workflow", Started, summary="Start it by hand."))
async def start_workflow(call: TheCall, key: PathKey, body: ToStart) -> Response:
    return await call.write(
        lambda db: start_by_hand(db, call.rights, key, body.records), defines=False, wakes=True
    )


@router.post(
    "/{key}/cancel",
    **operation("cancel_workflow_runs", Count, summary="End all its runs under way, or those that wait."),
)
async def cancel_workflow_runs(
    call: TheCall,
    key: PathKey,
    only_waiting: Annotated[bool, Query(description="Those that wait, and no others.")] = False,
) -> Response:
    async def work(db: Connection) -> dict[str, int]:
        return {"count": await cancel_waiting(db, call.rights, key, only_waiting=only_waiting)}

    return await call.write(work, defines=False)


@router.get(
    "/{key}/reset", **operation("count_first_times", Count, summary="For how many records it ran once.")
)
async def count_first_times(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> dict[str, int]:
        return {"count": await recurrence.count_first_times(db, call.rights, key)}

    return await call.read(work)


@router.post(
    "/{key}/reset", **operation("reset_recurrence", Count, summary='Let "the first time" come again.')
)
async def reset_recurrence(call: TheCall, key: PathKey, body: ToReset) -> Response:
    async def work(db: Connection) -> dict[str, int]:
        return {"count": await recurrence.reset_recurrence(db, call.rights, key, body.record_id)}

    return await call.write(work)


@router.post(
    "/{key}/release",
    **operation(
        "release_workflow_messages", Count, summary="Let its held messages go, and those that follow."
    ),
)
async def release_workflow_messages(call: TheCall, key: PathKey) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, int]:
        released = await release_workflow(db, (await store.get_workflow(db, key))["id"])
        await audit.append(db, call.user_id, "release_workflow", f"workflow:{key}", messages=len(released))
        return {"count": len(released)}

    return await call.write(work, defines=False)

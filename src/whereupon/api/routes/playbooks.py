"""Playbooks: phases of steps that are drawn, published, and started on records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, page
from whereupon.api.route import routes_of
from whereupon.api.routes.drawn import CheckedDrawing, DrawingToCheck, FaultOut, Note, told
from whereupon.api.routes.shapes import Page, PathKey
from whereupon.db.pool import Connection
from whereupon.playbooks import store
from whereupon.playbooks.definition import STEP_TYPES, TYPE_LABELS, PlaybookDefinition
from whereupon.playbooks.store import NewPlaybook, PlaybookChange
from whereupon.runs import playbooks as starting
from whereupon.runs.playbooks import ToStart
from whereupon.sdk import registry
from whereupon.workflows.store import InFlight

router = routes_of("playbooks", "/playbooks")


class StepName(Out):
    """A step as a list shows it."""

    key: str
    name: str
    type: str


class PhaseName(Out):
    """A phase with its steps."""

    key: str
    name: str
    steps: list[StepName]


class PlaybookLine(Out):
    """A playbook in a list. `under_way`: on so many records. `changed`: not published as it is drawn.
    `account`: the link from the record to its account."""

    id: int
    key: str
    name: str
    description: str
    module: str | None
    module_label: str | None
    state: Literal["draft", "active", "disabled", "archived"]
    active_version: int | None
    changed: bool
    under_way: int
    account: str | None
    phases: list[PhaseName]
    owner: int | None
    owner_name: str | None
    created_at: datetime
    updated_at: datetime
    etag: str


class BornWith(Out):
    """The phase and the step that the playbook was born with: they cannot be removed."""

    phase: str
    step: str


class PlaybookOut(PlaybookLine):
    """A whole playbook."""

    definition: dict[str, Any]
    kept: BornWith
    problems: list[FaultOut]


class PlaybookSwitch(BaseModel):
    """`in_flight`: what becomes of the records that it runs on when it is switched off."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["active", "disabled", "archived"]
    in_flight: InFlight = "finish"


class RefusedRecord(Out):
    """A record on which it was not started, and why. `module`: null where there is no such record."""

    module: str | None
    record_id: str
    record_title: str | None
    code: Literal["has_playbook", "does_not_fit"]
    message: str


class Started(Out):
    """Numbers of the tracks that were started, or wait for another playbook; the first 10,000 of each."""

    started: list[int]
    queued: list[int]
    refused: list[RefusedRecord]


class Candidate(Out):
    """A record that it may be started on. `playbook`: the name of the one that the record has now."""

    module: str | None
    record_id: str | None
    record_title: str | None
    playbook: str | None


class Candidates(Out):
    """At most 500 of them."""

    items: list[Candidate]


class StepType(Out):
    """One type of step. `config`: the JSON schema of the whole step; `fields`: what its form shows, in order.
    `message`: for an automatic message, the JSON schema of what it says."""

    type: str
    label: str
    automatic: bool
    fields: list[str]
    config: dict[str, Any]
    message: dict[str, Any] | None


class PlaybookSchema(Out):
    """What a definition holds."""

    definition: dict[str, Any]
    step_types: list[StepType]


MESSAGES = {"email": "send_email", "text": "send_text"}
NOT_SHOWN = ("key", "type")


def schema() -> dict[str, Any]:
    """Each form is drawn from this alone: a step's form shows exactly the fields that its type has."""
    types = [
        {
            "type": key, "label": TYPE_LABELS[key], "automatic": "description" not in kind.model_fields,
            "fields": [name for name in kind.model_fields if name not in NOT_SHOWN],
            "config": kind.model_json_schema(),
            "message": registry.block(MESSAGES[key]).Config.model_json_schema() if key in MESSAGES else None,
        }
        for key, kind in STEP_TYPES.items()
    ]  # fmt: skip
    return {"definition": TypeAdapter(PlaybookDefinition).json_schema(), "step_types": types}


def line(row: dict[str, Any]) -> dict[str, Any]:
    """A playbook without its definition."""
    shown = {name: row[name] for name in PlaybookLine.model_fields if name not in ("phases", "account")}
    account = row["definition"].get("account")
    return {**shown, "account": account, "phases": store.sketch(row["definition"])}


async def whole(call: TheCall, db: Connection, row: dict[str, Any]) -> dict[str, Any]:
    """With what is wrong with it, for those who may change it."""
    kept = {"phase": row["first_phase"], "step": row["first_step"]}
    faults = await store.problems_of(db, call.rights, row["key"]) if call.rights.builder else []
    problems = told(faults)
    return {**line(row), "definition": row["definition"], "kept": kept, "problems": problems}


@router.get("", **operation("list_playbooks", Page[PlaybookLine], summary="All playbooks, the oldest first."))
async def list_playbooks(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    module: Annotated[str | None, Query(max_length=100)] = None,
    state: Annotated[Literal["draft", "active", "disabled", "archived"] | None, Query()] = None,
) -> Response:
    after = id_after(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        rows = await store.list_playbooks(
            db, call.rights, module=module, state=state, after=after, limit=limit + 1
        )
        return page([line(row) for row in rows], limit)

    return await call.read(work)


@router.get("/schema", **operation("get_playbook_schema", PlaybookSchema, summary="What steps hold."))
async def get_schema(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return schema()

    return await call.read(work)


@router.post("", **operation("create_playbook", PlaybookOut, status=201, summary="Draw a new playbook."))
async def create_playbook(call: TheCall, body: NewPlaybook) -> Response:
    async def work(db: Connection) -> Answer:
        made = await store.create_playbook(db, call.rights, body)
        return Answer(await whole(call, db, made), 201, {"Location": f"/api/v1/playbooks/{made['key']}"})

    return await call.write(work)


@router.get("/{key}", **operation("get_playbook", PlaybookOut, summary="One playbook, with what it lacks."))
async def get_playbook(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await whole(call, db, await store.get_playbook(db, call.rights, key))

    return await call.read(work)


@router.patch(
    "/{key}",
    **operation("change_playbook", PlaybookOut, summary="Save the drawing.", if_match=True, errors=[409]),
)
async def change_playbook(call: TheCall, key: PathKey, body: PlaybookChange) -> Response:
    etag = call.if_match()

    async def work(db: Connection) -> dict[str, Any]:
        return await whole(call, db, await store.change_playbook(db, call.rights, key, body, etag=etag))

    return await call.write(work)


@router.delete(
    "/{key}",
    **operation("delete_playbook", status=204, summary="Call it off wherever it runs, and remove it."),
)
async def delete_playbook(call: TheCall, key: PathKey) -> Response:
    return await call.write(lambda db: store.delete_playbook(db, call.rights, key), wakes=True)


@router.post(
    "/{key}/check", **operation("check_playbook", CheckedDrawing, summary="What is wrong with a definition.")
)
async def check_playbook(call: TheCall, key: PathKey, body: DrawingToCheck) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        faults = await store.problems_in(db, call.rights, key, body.definition)
        return {"problems": told(faults)}

    return await call.read(work, bounded=True)


@router.post(
    "/{key}/publish",
    **operation(
        "publish_playbook",
        PlaybookOut,
        summary="Start this drawing from now on.",
        if_match=True,
        errors=[409],
    ),
)
async def publish_playbook(call: TheCall, key: PathKey, body: Note) -> Response:
    etag = call.if_match()

    async def work(db: Connection) -> dict[str, Any]:
        made = await store.publish_playbook(db, call.rights, key, note=body.note, etag=etag)
        return await whole(call, db, made)

    return await call.write(work, wakes=True)


@router.post(
    "/{key}/state",
    **operation("set_playbook_state", PlaybookOut, summary="Switch it on or off.", errors=[409]),
)
async def set_state(call: TheCall, key: PathKey, body: PlaybookSwitch) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        made = await store.set_playbook_state(db, call.rights, key, body.state, in_flight=body.in_flight)
        return await whole(call, db, made)

    return await call.write(work, wakes=True)


@router.get(
    "/{key}/candidates",
    **operation(
        "list_playbook_candidates", Candidates, summary="Records that it may be started on.", errors=[409]
    ),
)
async def list_candidates(
    call: TheCall,
    key: PathKey,
    account: Annotated[str | None, Query(max_length=1_000, description="Only those of this account.")] = None,
    record: Annotated[
        list[str] | None, Query(max_length=200, description="Only these; those that are left out do not fit.")
    ] = None,
) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await starting.candidates(db, call.rights, key, account, record)}

    return await call.read(work, bounded=True)


@router.post(
    "/{key}/start",
    **operation(
        "start_playbook", Started, summary="Start it on chosen records, or those of an account.", errors=[409]
    ),
)
async def start_playbook(call: TheCall, key: PathKey, body: ToStart) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        found = await starting.start_playbook(db, call.rights, key, body)
        return {name: some[:10_000] for name, some in found.items()}

    return await call.write(work, defines=False, wakes=True)

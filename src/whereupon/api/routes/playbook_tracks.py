"""Playbooks under way: how far each has come on its record, and what people do about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, page
from whereupon.api.rates import rates_of
from whereupon.api.route import routes_of
from whereupon.api.routes.documents import received
from whereupon.api.routes.shapes import Page, PathId, PathKey
from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog
from whereupon.people.questions import Decision
from whereupon.playbooks import steering, tracks, uploads
from whereupon.playbooks.steering import Because, CalledOff, HandedOn, Reopened, StepDone

router = routes_of("playbooks", "/playbook-tracks")
records = routes_of("playbooks", "/records")
Status = Literal["queued", "running", "completed", "exited", "cancelled", "failed"]


class Whom(Out):
    """A user."""

    id: int
    name: str | None


class RecordName(Out):
    """A record of another module."""

    module: str | None
    id: str | None
    title: str | None


class GroupName(Out):
    """A group."""

    key: str
    name: str | None


class Assignee(Out):
    """Who has a step: a user, or everybody of a group until one takes it."""

    user: Whom | None
    group: GroupName | None


class WhichStep(Out):
    """The step that it stands at."""

    key: str
    name: str
    type: str


class TrackLine(Out):
    """One playbook on one record. `done` of `total` steps are over. `due_at`: of the open step that is due
    first; `late`: it should be done by now. `exited`: its exit condition came to hold. `reason`: why it was
    started, or called off; `ended_because`: what ended it before its last step."""

    id: int
    playbook: str
    playbook_name: str
    module: str | None
    record_id: str | None
    record_title: str | None
    account: RecordName | None
    status: Status
    exclusive: bool
    afterwards: Literal["resume", "restart", "end", "leave"]
    phase: str | None
    step: WhichStep | None
    done: int
    total: int
    open_steps: int
    due_at: datetime | None
    late: bool
    reason: str | None
    ended_because: str | None
    error: dict[str, Any] | None
    run_id: int | None
    parent_run_id: int | None
    started_by: Whom | None
    ended_by: Whom | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class TrackStep(Out):
    """A step on this record. `left_out`: it was not needed; `lapsed`: too late, and the playbook went on.
    `given_as`: how it came to whoever has it: as participant, or because those meant are not there."""

    key: str
    name: str
    type: str
    description: str | None
    status: Literal[
        "to_do", "open", "waiting", "done", "skipped", "lapsed", "cancelled", "failed", "left_out"
    ]
    task_id: int | None
    question_id: int | None
    assignee: Assignee | None
    asked: list[Whom]
    given_as: str | None
    due_at: datetime | None
    late: bool
    opened_at: datetime | None
    ended_at: datetime | None
    escalated_at: datetime | None
    by: Whom | None
    decision: Literal["approved", "rejected"] | None
    comment: str | None
    documents: list[int]
    error: dict[str, Any] | None


class TrackPhase(Out):
    """A phase with its steps."""

    key: str
    name: str
    steps: list[TrackStep]


class TrackEvent(Out):
    """What happened: started, done, skipped, reopened, reassigned, escalated, reminded, passed_on, …
    `to_name`: whom it was handed or passed on to."""

    id: int
    at: datetime
    step: str | None
    what: str
    comment: str | None
    details: dict[str, Any]
    user_id: int | None
    user_name: str | None
    to_name: str | None


class TrackOut(TrackLine):
    """All of it."""

    phases: list[TrackPhase]
    events: list[TrackEvent]


class OfRecord(Out):
    """Playbooks on a record, and, if it is an account, on the records that belong to it. The newest first, at
    most 100 of each; `counts`: of the account, by status."""

    tracks: list[TrackLine]
    of_account: list[TrackLine]
    counts: dict[str, int]


Step = Annotated[str, Path(min_length=1, max_length=60)]
RecordId = Annotated[str, Path(min_length=1, max_length=1000)]


@router.get(
    "",
    **operation(
        "list_playbook_tracks", Page[TrackLine], summary="Playbooks under way, newest first.", errors=[404]
    ),
)
async def list_tracks(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    playbook: Annotated[str | None, Query(max_length=100)] = None,
    module: Annotated[str | None, Query(max_length=100, description="Of the records.")] = None,
    record: Annotated[str | None, Query(max_length=1000)] = None,
    account_module: Annotated[str | None, Query(max_length=100)] = None,
    account: Annotated[str | None, Query(max_length=1000)] = None,
    status: Annotated[list[Status] | None, Query(description="Any of these.")] = None,
) -> Response:
    before = id_before(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        rows = await tracks.list_tracks(
            db, call.rights, await call.catalog(db), playbook=playbook, module=module, record_id=record,
            account_module=account_module, account_id=account, statuses=status, before=before,
            limit=limit + 1,
        )  # fmt: skip
        return page(rows, limit)

    return await call.read(work)


@router.get("/{track_id}", **operation("get_playbook_track", TrackOut, summary="One of them, step by step."))
async def get_track(call: TheCall, track_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await tracks.get_track(db, call.rights, await call.catalog(db), track_id)

    return await call.read(work)


async def _do(call: Call, track_id: int, work: Callable[[Connection, Catalog], Awaitable[None]]) -> Response:
    """Do it, and show how the track stands then."""

    async def both(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        await work(db, catalog)
        return await tracks.get_track(db, call.rights, catalog, track_id)

    return await call.write(both, defines=False, wakes=True)


@router.post(
    "/{track_id}/cancel",
    **operation("cancel_playbook_track", TrackOut, summary="Call it off on its record.", errors=[409]),
)
async def cancel_track(call: TheCall, track_id: PathId, body: CalledOff) -> Response:
    rights = call.rights
    return await _do(call, track_id, lambda db, c: steering.cancel_track(db, rights, c, track_id, body))


@router.post(
    "/{track_id}/steps/{step}/done",
    **operation("do_playbook_step", TrackOut, summary="Say that a step is done.", errors=[409]),
)
async def do_step(call: TheCall, track_id: PathId, step: Step, body: StepDone) -> Response:
    rights = call.rights
    return await _do(call, track_id, lambda db, c: steering.do_step(db, rights, c, track_id, step, body))


@router.post(
    "/{track_id}/steps/{step}/decide",
    **operation("decide_playbook_step", TrackOut, summary="Approve or reject.", errors=[409]),
)
async def decide_step(call: TheCall, track_id: PathId, step: Step, body: Decision) -> Response:
    rights = call.rights
    return await _do(call, track_id, lambda db, c: steering.decide_step(db, rights, c, track_id, step, body))


@router.post(
    "/{track_id}/steps/{step}/skip",
    **operation("skip_playbook_step", TrackOut, summary="Leave a step undone and go on.", errors=[409]),
)
async def skip_step(call: TheCall, track_id: PathId, step: Step, body: Because) -> Response:
    rights = call.rights
    return await _do(call, track_id, lambda db, c: steering.skip_step(db, rights, c, track_id, step, body))


@router.post(
    "/{track_id}/steps/{step}/reopen",
    **operation("reopen_playbook_step", TrackOut, summary="A step is to be done again.", errors=[409]),
)
async def reopen_step(call: TheCall, track_id: PathId, step: Step, body: Reopened) -> Response:
    rights = call.rights
    return await _do(call, track_id, lambda db, c: steering.reopen_step(db, rights, c, track_id, step, body))


@router.post(
    "/{track_id}/steps/{step}/reassign",
    **operation("reassign_playbook_step", TrackOut, summary="Give a step to somebody else.", errors=[409]),
)
async def reassign_step(call: TheCall, track_id: PathId, step: Step, body: HandedOn) -> Response:
    rights = call.rights
    return await _do(call, track_id, lambda db, c: steering.hand_on_step(db, rights, c, track_id, step, body))


@records.get(
    "/{module}/{record_id}/playbooks",
    **operation("list_record_playbooks", OfRecord, summary="Playbooks on a record, or on an account's."),
)
async def list_record_playbooks(call: TheCall, module: PathKey, record_id: RecordId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog, rights = await call.catalog(db), call.rights
        rights.require("read", catalog.module(module).key)
        own = await tracks.list_tracks(db, rights, catalog, module=module, record_id=record_id, limit=100)
        of_account = await tracks.list_tracks(
            db, rights, catalog, account_module=module, account_id=record_id, limit=100
        )
        counts = await tracks.account_progress(db, rights, catalog, module, record_id)
        return {"tracks": own, "of_account": of_account, "counts": counts}

    return await call.read(work)


# By the secret link, without sign-in ---------------------------------------------------------------

links = routes_of("playbooks", "/uploads")
PathToken = Annotated[str, Path(min_length=1, max_length=200, description="The secret of the link.")]
PER_MINUTE = 30  # of one sender, whatever the links are


class AskedUpload(Out):
    """What the holder of the link is asked for, and nothing else."""

    title: str
    description: str | None
    document_type: str | None
    due_at: datetime | None
    organisation: str | None


async def _count(call: Call) -> None:
    sender = call.request.client.host if call.request.client else "unknown"
    await rates_of(call.request).count("upload", sender, PER_MINUTE)


@links.get(
    "/{token}",
    **operation("get_upload_link", AskedUpload, summary="Which document the holder of the link is asked for.",
                public=True, errors=[410, 429]),
)  # fmt: skip
async def get_upload_link(call: TheCall, token: PathToken) -> Response:
    await _count(call)

    async def work(db: Connection) -> dict[str, Any]:
        return uploads.shown(await uploads.upload_of_link(db, token))

    return await call.read(work)


@links.post(
    "/{token}",
    **operation("upload_by_link", status=204, summary="Upload the document of the link.", upload=True,
                public=True, errors=[410, 429]),
)  # fmt: skip
async def upload_by_link(call: TheCall, token: PathToken) -> Response:
    await _count(call)
    async with call.database.connection() as db:
        await uploads.upload_of_link(db, token)  # whoever has no link sends nothing to the store
    upload = await received(call)

    async def work(db: Connection) -> None:
        await uploads.upload_by_link(db, await call.catalog(db), token, upload)

    return await call.write(work, defines=False, wakes=True)

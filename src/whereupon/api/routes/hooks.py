"""Inbound webhooks: where other programs send data, and the addresses that they send it to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import Field
from starlette.responses import Response

from whereupon.api.body import parse_json, read_body, require_json
from whereupon.api.call import OUTDATED, Answer, Call, TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, page
from whereupon.api.problems import NotJson, as_ours, problem_document, problem_response
from whereupon.api.rates import rates_of
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathKey
from whereupon.db.pool import Connection
from whereupon.errors import NotSignedIn
from whereupon.outbox.secrets import load_key
from whereupon.runs import hooks
from whereupon.runs.arrivals import (
    LARGEST_BYTES,
    Hook,
    find_hook,
    keep_refusal,
    read_arrival,
    read_id,
    require_authentic,
)
from whereupon.runs.hooks import HookChange
from whereupon.runs.intake import take_in

router = routes_of("hooks")

PathToken = Annotated[str, Path(min_length=1, max_length=200, description="The secret of the address.")]
ADDRESS = "/api/v1/hooks/"


class ArrivedRecord(Out):
    """The record that the delivery is about."""

    module: str
    id: str
    created: bool


class Taken(Out):
    """The delivery was taken. `run` null: nothing was to be started. The same delivery: the same answer."""

    run: int | None
    status: Literal["queued", "succeeded", "failed", "skipped"]
    record: ArrivedRecord | None


JSON_OBJECT = {"type": "object", "description": "What the workflow says that it expects."}


@router.post(
    "/hooks",
    **operation("send_to_nothing", summary="Without its secret no address takes anything.",
                public=True, status=401, errors=[401], upload=True, body=JSON_OBJECT),
)  # fmt: skip
async def send_to_nothing(call: TheCall) -> Response:
    raise NotSignedIn(
        "The secret of the address is missing.",
        suggestion="Send it to the whole address, to its last letter.",
    )


@router.post(
    "/hooks/{token}",
    **operation("send_to_workflow", Taken, status=202, summary="Start a workflow with data, at its secret "
                "address.", public=True, errors=[401, 429], upload=True, body=JSON_OBJECT),
)  # fmt: skip
async def send_to_workflow(call: TheCall, token: PathToken) -> Response:
    async with call.database.connection() as db:
        hook = await find_hook(db, token)
    await rates_of(call.request).count("hook", str(hook.workflow_id), hook.per_minute)
    seen: dict[str, Any] = {}
    try:
        return await taken(call, hook, seen)
    except Exception as error:
        ours = as_ours(error)
        async with call.database.transaction() as db:
            known = read_known_id(call)
            await keep_refusal(db, hook, ours.status, problem_document(ours), seen.get("payload"), known)
        return problem_response(ours)


async def taken(call: Call, hook: Hook, seen: dict[str, Any]) -> Response:
    """The answer. `seen` gets what was sent as soon as its sender is known to be the right one."""
    headers = call.request.headers
    raw = await read_body(call.request, LARGEST_BYTES)
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise NotJson("What is sent must not be compressed.", suggestion="Leave Content-Encoding out.")
    key = load_key(call.settings)
    async with call.database.connection() as db:
        await require_authentic(db, key, hook, raw, headers)
    require_json(call.request)
    seen["payload"] = payload = parse_json(raw)
    arrival = read_arrival(hook, raw, payload, headers)

    async def work(db: Connection) -> Response:
        return response_of(dict(await take_in(db, await call.catalog(db), key, arrival)), 202)

    try:
        response = await call.database.retrying(work)
    except OUTDATED:
        call.memory.forget()
        response = await call.database.retrying(work)
    call.waker.wake()
    return response


def read_known_id(call: Call) -> str | None:
    """The sender's id, if it is one that can be kept."""
    try:
        return read_id(call.request.headers)
    except Exception:  # what was wrong with it is told already
        return None


# For builders ----------------------------------------------------------------------------------------


class HookFacts(Out):
    """An address, which itself is never shown. `made_at` null: there is none yet."""

    hint: str | None = Field(description="How it begins.")
    signed: bool = Field(description="Only what is signed is taken.")
    per_minute: int
    made_at: datetime | None
    made_by: str | None
    used_at: datetime | None
    state: str


class MadeHook(HookFacts):
    """With the address, this once. `path`: behind the installation's own address."""

    path: str


class ListedHook(Out):
    """An address in the list of all. `refused_today`: within 24 hours."""

    workflow: str
    workflow_name: str
    state: str
    hint: str
    signed: bool
    per_minute: int
    made_at: datetime
    made_by: str | None
    used_at: datetime | None
    refused_today: int


class HookList(Out):
    """All, by the name of the workflow."""

    items: list[ListedHook]


class SigningSecret(Out):
    """What the sender signs with (Standard Webhooks), shown this once."""

    secret: str


class WrongPart(Out):
    """One thing that was wrong; `message` null: not for this user to see."""

    code: str | None
    path: str | None
    message: str | None


class WhatWasWrong(Out):
    """Why a delivery was refused."""

    code: str | None
    message: str | None


class Delivery(Out):
    """One that came. `outcome`: of one that was taken. `whole`: whether this user may see what was sent."""

    id: int
    received_at: datetime
    status: int
    message_id: str | None
    run_id: int | None
    module: str | None
    record_id: str | None
    outcome: str | None
    error: WhatWasWrong | None
    problems: list[WrongPart]
    payload: Any
    whole: bool


@router.get("/hooks", **operation("list_hooks", HookList, summary="Every inbound webhook."))
async def list_hooks(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await hooks.list_hooks(db, call.rights)}

    return await call.read(work)


@router.get(
    "/workflows/{key}/hook", **operation("get_hook", HookFacts, summary="A workflow's inbound webhook.")
)
async def get_hook(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await hooks.get_hook(db, call.rights, key)

    return await call.read(work)


@router.post(
    "/workflows/{key}/hook",
    **operation("make_hook", MadeHook, status=201, summary="A new address; the one before ends."),
)
async def make_hook(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> Answer:
        token, facts = await hooks.make_address(db, call.rights, key)
        return Answer({**facts, "path": ADDRESS + token}, 201)

    return await call.write(work, status=201, secret=True, defines=False)


@router.patch(
    "/workflows/{key}/hook",
    **operation("change_hook", HookFacts, summary="Change its limit.", errors=[409]),
)
async def change_hook(call: TheCall, key: PathKey, body: HookChange) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await hooks.change_hook(db, call.rights, key, body)

    return await call.write(work, defines=False)


@router.delete(
    "/workflows/{key}/hook", **operation("remove_hook", status=204, summary="Nothing can be sent any more.")
)
async def remove_hook(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> None:
        await hooks.drop_address(db, call.rights, key)

    return await call.write(work, defines=False)


@router.post(
    "/workflows/{key}/hook/signature",
    **operation("sign_hook", SigningSecret, status=201, summary="Only what is signed is taken from now on."),
)
async def sign_hook(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> Answer:
        made = await hooks.require_signature(db, call.rights, load_key(call.settings), key)
        return Answer({"secret": made}, 201)

    return await call.write(work, status=201, secret=True, defines=False)


@router.delete(
    "/workflows/{key}/hook/signature",
    **operation("unsign_hook", HookFacts, summary="What is sent need not be signed any more.", errors=[409]),
)
async def unsign_hook(call: TheCall, key: PathKey) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await hooks.drop_signature(db, call.rights, key)

    return await call.write(work, defines=False)


@router.get(
    "/workflows/{key}/hook/deliveries",
    **operation("list_deliveries", Page[Delivery], summary="What came lately, the newest first."),
)
async def list_deliveries(call: TheCall, key: PathKey, limit: Limit = 50, cursor: Cursor = None) -> Response:
    before = id_before(cursor) or 2**62

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        found = await hooks.list_deliveries(db, catalog, call.rights, key, before=before, limit=limit + 1)
        return page(found, limit)

    return await call.read(work)

"""Messages that went out, wait, are held or uncertain; and what a person decides about them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathId
from whereupon.db.pool import Connection
from whereupon.errors import NotFound
from whereupon.outbox import messages
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.people.users import Id

router = routes_of("messages", "/messages")

Status = Literal["queued", "sending", "sent", "held", "failed", "uncertain", "discarded"]
COLUMNS = """
  m.id, m.run_id, m.workflow_id, m.node, m.channel, m.recipient, m.status, m.attempts, m.error, m.hold_reason,
  m.created_at, m.due_at, m.sent_at, v.uses
"""
# What the workflow's version reads decides who may see what a message says, and to whom.
SOURCE = """
FROM whereupon.messages m LEFT JOIN whereupon.runs r ON r.id = m.run_id
LEFT JOIN whereupon.versions v ON v.id = r.version_id
"""
LIST = f"""
SELECT {COLUMNS} {SOURCE}
WHERE m.id < $1 AND ($2::text IS NULL OR m.status = $2) AND ($3::bigint IS NULL OR m.workflow_id = $3)
  AND ($4::bigint IS NULL OR m.run_id = $4)
ORDER BY m.id DESC LIMIT $5
"""
GET = f"""
SELECT {COLUMNS}, m.rendered, m.context, s.source {SOURCE}
JOIN whereupon.message_sources s ON s.id = m.source_id WHERE m.id = $1
"""


class Message(Out):
    """One message to its recipients."""

    id: int
    run_id: int | None
    workflow_id: int | None
    node: str | None
    channel: str
    recipient: str | None = Field(description="null: not for this user to see.")
    status: Status
    attempts: int
    error: dict[str, Any] | None
    hold_reason: str | None
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None


class WholeMessage(Message):
    """With what it says: `rendered` once it was written out, else text and values."""

    rendered: dict[str, Any] | None
    context: dict[str, Any]
    source: dict[str, Any]


class Chosen(BaseModel):
    """Which messages are meant."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Id], Field(min_length=1, max_length=10_000)]


class Resolved(Chosen):
    """What a person found out about uncertain messages: sent, not sent (failed), or to be sent again."""

    resolution: Literal["sent", "failed", "again"]


class Decided(Out):
    """Those that the decision was about: messages in another state are left as they are."""

    ids: list[int]


Decide = Callable[[Connection], Awaitable[list[int]]]


@router.get("", **operation("list_messages", Page[Message], summary="Messages, the newest first."))
async def list_messages(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[Status | None, Query(description="Only those.")] = None,
    workflow_id: Annotated[Id | None, Query(description="Only this workflow's.")] = None,
    run_id: Annotated[Id | None, Query(description="Only this run's.")] = None,
) -> Response:
    call.rights.require_builder()
    values = (id_before(cursor) or 2**62, status, workflow_id, run_id, limit + 1)
    return await call.read(lambda db: paged(fetched(db, call.rights, LIST, *values), limit))


async def fetched(db: Connection, rights: Rights, statement: str, *values: object) -> list[Mapping[str, Any]]:
    return [as_seen(dict(row), rights) for row in await db.fetch(statement, *values)]


def as_seen(message: dict[str, Any], rights: Rights) -> dict[str, Any]:
    """The message; without words and address for who may not read the fields that its workflow uses."""
    uses: list[str] | None = message.pop("uses")
    if rights.administrator or (uses is not None and rights.sees(uses)):
        return message
    withheld: dict[str, Any] = {"recipient": None, "error": None, "rendered": None, "context": {}}
    return message | {name: value for name, value in withheld.items() if name in message}


@router.get(
    "/{message_id}", **operation("get_message", WholeMessage, summary="One message, with what it says.")
)
async def get_message(call: TheCall, message_id: PathId) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> Mapping[str, Any]:
        found = await fetched(db, call.rights, GET, message_id)
        if not found:
            raise NotFound(f"There is no message {message_id}.")
        return found[0]

    return await call.read(work)


async def decide(call: TheCall, deed: str, ids: list[int], work: Decide) -> Response:
    """Carry out a person's decision, and note who took it."""
    call.rights.require_builder()

    async def noted(db: Connection) -> dict[str, list[int]]:
        done = await work(db)
        await audit.append(db, call.user_id, deed, "messages", asked=ids, done=done)
        return {"ids": done}

    return await call.write(noted, defines=False)


@router.post("/release", **operation("release_messages", Decided, summary="Let held messages go."))
async def release_messages(call: TheCall, body: Chosen) -> Response:
    return await decide(call, "release_messages", body.ids, lambda db: messages.release(db, body.ids))


@router.post("/discard", **operation("discard_messages", Decided, summary="Never send these."))
async def discard_messages(call: TheCall, body: Chosen) -> Response:
    return await decide(call, "discard_messages", body.ids, lambda db: messages.discard(db, body.ids))


@router.post(
    "/resolve", **operation("resolve_messages", Decided, summary="Say what became of uncertain ones.")
)
async def resolve_messages(call: TheCall, body: Resolved) -> Response:
    work: Decide = lambda db: messages.resolve_uncertain(db, body.ids, body.resolution)  # noqa: E731
    return await decide(call, f"resolve_messages_{body.resolution}", body.ids, work)

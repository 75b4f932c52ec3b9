"""Messages that went out, wait, are held or uncertain; and what a person decides about them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathId
from whereupon.db.pool import Connection
from whereupon.errors import NotFound, WhereuponError
from whereupon.outbox import messages
from whereupon.outbox.secret_links import without_secret_links
from whereupon.outbox.writing import write_message
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.people.users import Id

router = routes_of("messages", "/messages")

Channel = Literal["email", "text", "chat"]
Status = Literal["queued", "sending", "sent", "held", "failed", "uncertain", "discarded"]
COLUMNS = """
  m.id, m.run_id, m.workflow_id, m.node, m.channel, m.recipient, m.status, m.attempts, m.error, m.hold_reason,
  m.created_at, m.due_at, m.sent_at, w.key AS workflow, w.name AS workflow_name, v.uses
"""
# What the workflow's version reads decides who may see what a message says, and to whom.
SOURCE = """
FROM whereupon.messages m LEFT JOIN whereupon.runs r ON r.id = m.run_id
LEFT JOIN whereupon.versions v ON v.id = r.version_id
LEFT JOIN whereupon.workflows w ON w.id = m.workflow_id
"""
LIST = f"""
SELECT {COLUMNS} {SOURCE} WHERE m.id < $1 AND {{filters}} ORDER BY m.id DESC LIMIT $2
"""
GET = f"""
SELECT {COLUMNS}, m.rendered, m.context, s.source {SOURCE}
JOIN whereupon.message_sources s ON s.id = m.source_id WHERE m.id = $1
"""


class Wanted(BaseModel):
    """Which messages are meant; what is left out is not asked for."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    channel: Channel | None = None
    workflow_id: Id | None = None
    run_id: Id | None = None
    recipient: Annotated[str, Field(min_length=1, max_length=254)] | None = Field(
        default=None, description="Part of an address or number."
    )
    since: AwareDatetime | None = Field(default=None, description="Created then or later.")
    until: AwareDatetime | None = Field(default=None, description="Created before then.")

    def sql(self, first: int) -> tuple[str, list[Any]]:
        """The condition over messages m, and its values, which are numbered from `first`."""
        given = {name: value for name, value in self.model_dump().items() if value is not None}
        filters = [FILTERS[name].format(f"${i}") for i, name in enumerate(given, first)]
        return " AND ".join(filters) or "true", list(given.values())


FILTERS: Mapping[str, str] = {
    "status": "m.status = {}",
    "channel": "m.channel = {}",
    "workflow_id": "m.workflow_id = {}",
    "run_id": "m.run_id = {}",
    "recipient": "position(lower({}) in lower(m.recipient)) > 0",
    "since": "m.created_at >= {}",
    "until": "m.created_at < {}",
}
MOST_AT_ONCE = 10_000
CHOOSE = (
    "SELECT m.id FROM whereupon.messages m WHERE m.status = ANY($1::text[]) AND {} ORDER BY m.id LIMIT $2"
)
# What is sent is not counted: there is no end of it, and no use in it.
COUNTS = """
SELECT status, count(*) AS messages FROM (
  SELECT status FROM whereupon.messages WHERE status <> 'sent' LIMIT 100000) x GROUP BY 1
"""


class Message(Out):
    """One message to its recipients."""

    id: int
    run_id: int | None
    workflow_id: int | None
    workflow: str | None
    workflow_name: str | None
    node: str | None
    channel: Channel
    recipient: str | None = Field(description="null: not for this user to see.")
    status: Status
    attempts: int
    error: dict[str, Any] | None
    hold_reason: str | None
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None


class Letter(Out):
    """A message as its recipient sees it. The HTML is sanitised; show it in a sandboxed frame."""

    model_config = ConfigDict(extra="allow")

    to: list[str]
    subject: str | None = Field(default=None, description="Of a mail.")
    html: str | None = Field(default=None, description="Of a mail.")
    text: str
    title: str | None = Field(default=None, description="Of a chat message.")
    encoding: Literal["GSM-7", "UCS-2"] | None = Field(default=None, description="Of a text message.")
    characters: int | None = Field(default=None, description="Of a text message, as its encoding counts.")
    parts: int | None = Field(default=None, description="In how many parts a text message goes out.")


class WholeMessage(Message):
    """With what it says: `rendered` once it was written out, else text and values. Of a link that is for its
    recipient alone, the secret is left out."""

    rendered: dict[str, Any] | None
    context: dict[str, Any]
    source: dict[str, Any]
    preview: Letter | None = Field(description="As it went out, or as it would now; null: it cannot be.")
    preview_problem: str | None = Field(description="Why there is no preview.")


class Counts(Out):
    """How many messages there are of each status, up to 100,000 in all; those sent are not counted."""

    queued: int
    sending: int
    held: int
    failed: int
    uncertain: int
    discarded: int


class Chosen(BaseModel):
    """Which messages are meant: by id, or by a filter, then the oldest 10,000 of them."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = None
    filter: Wanted | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> Chosen:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("name either ids or a filter")
        return self


class Resolved(Chosen):
    """What a person found out about uncertain messages: sent, not sent (failed), or to be sent again."""

    resolution: Literal["sent", "failed", "again"]


class Decided(Out):
    """Those that the decision was about: messages in another state are left as they are."""

    ids: list[int]


Decide = Callable[[Connection, list[int]], Awaitable[list[int]]]


@router.get("", **operation("list_messages", Page[Message], summary="Messages, the newest first."))
async def list_messages(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[Status | None, Query(description="Only those.")] = None,
    channel: Annotated[Channel | None, Query(description="Only mails, texts or chats.")] = None,
    workflow_id: Annotated[Id | None, Query(description="Only this workflow's.")] = None,
    run_id: Annotated[Id | None, Query(description="Only this run's.")] = None,
    recipient: Annotated[
        str | None, Query(min_length=1, max_length=254, description="Part of an address or number.")
    ] = None,
    since: Annotated[AwareDatetime | None, Query(description="Created then or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Created before then.")] = None,
) -> Response:
    call.rights.require_builder()
    wanted = Wanted(
        status=status, channel=channel, workflow_id=workflow_id, run_id=run_id, recipient=recipient,
        since=since, until=until,
    )  # fmt: skip
    filters, values = wanted.sql(3)
    before = id_before(cursor) or 2**62

    async def work(db: Connection) -> dict[str, Any]:
        statement, given = LIST.format(filters=filters), list(values)
        if recipient is not None and not call.rights.administrator:
            # Who may not see an address must not find it by searching either, nor by whether there is more.
            statement = LIST.format(filters=f"{filters} AND v.id = ANY(${len(values) + 3}::bigint[])")
            given.append(await versions_seen_whole(db, call.rights))
        return await paged(fetched(db, call.rights, statement, before, limit + 1, *given), limit)

    return await call.read(work, bounded=True)


async def fetched(db: Connection, rights: Rights, statement: str, *values: object) -> list[Mapping[str, Any]]:
    return [as_seen(dict(row), rights) for row in await db.fetch(statement, *values)]


async def versions_seen_whole(db: Connection, rights: Rights) -> list[int]:
    """The versions of workflows that use nothing but what this user may read."""
    rows = await db.fetch("SELECT id, uses FROM whereupon.versions WHERE uses IS NOT NULL")
    return [row["id"] for row in rows if rights.sees(row["uses"])]


def as_seen(message: dict[str, Any], rights: Rights) -> dict[str, Any]:
    """The message; without words and address for who may not read the fields that its workflow uses."""
    uses: list[str] | None = message.pop("uses")
    if rights.administrator or (uses is not None and rights.sees(uses)):
        return message
    withheld: dict[str, Any] = {"recipient": None, "error": None, "rendered": None, "context": {}}
    return message | {name: value for name, value in withheld.items() if name in message}


@router.get("/counts", **operation("count_messages", Counts, summary="How many there are of each status."))
async def count_messages(call: TheCall) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, int]:
        rows = await db.fetch(COUNTS)
        return dict.fromkeys(Counts.model_fields, 0) | {row["status"]: row["messages"] for row in rows}

    return await call.read(work)


@router.get(
    "/{message_id}", **operation("get_message", WholeMessage, summary="One message, with what it says.")
)
async def get_message(call: TheCall, message_id: PathId) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> Mapping[str, Any]:
        found = await fetched(db, call.rights, GET, message_id)
        if not found:
            raise NotFound(f"There is no message {message_id}.")
        hidden = {name: without_secret_links(found[0][name]) for name in ("rendered", "context")}
        message = {**found[0], **hidden}
        return {**message, **preview_of(message)}

    return await call.read(work)


def preview_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """What went out, or what would now. A template that fails for these values says why."""
    if message["recipient"] is None:
        said = "What it says is not shown: its workflow uses records or fields that you may not read."
        return {"preview": None, "preview_problem": said}
    if message["rendered"] is not None:
        return {"preview": message["rendered"], "preview_problem": None}
    try:
        letter = write_message(
            message["channel"], message["source"], message["context"], message["recipient"]
        )
    except WhereuponError as error:
        return {"preview": None, "preview_problem": error.message}
    except (KeyError, TypeError, ValueError):
        return {"preview": None, "preview_problem": "This message cannot be written out."}
    return {"preview": letter, "preview_problem": None}


async def decide(call: TheCall, deed: str, chosen: Chosen, states: list[str], work: Decide) -> Response:
    """Carry out a person's decision, and note who took it."""
    call.rights.require_builder()

    async def noted(db: Connection) -> dict[str, list[int]]:
        ids = chosen.ids if chosen.filter is None else await choose(db, call.rights, chosen.filter, states)
        done = await work(db, ids or [])
        asked = (
            chosen.ids if chosen.filter is None else chosen.filter.model_dump(mode="json", exclude_none=True)
        )
        await audit.append(db, call.user_id, deed, "messages", asked=asked, done=done)
        await db.execute("NOTIFY whereupon_messages")
        return {"ids": done}

    return await call.write(noted, defines=False)


async def choose(db: Connection, rights: Rights, wanted: Wanted, states: list[str]) -> list[int]:
    """The messages that a filter means, of those that can be decided upon. Raises Refused."""
    if wanted.recipient is not None:
        rights.require_administrator()  # others learn from the answer who was written to
    filters, values = wanted.sql(3)
    return [row["id"] for row in await db.fetch(CHOOSE.format(filters), states, MOST_AT_ONCE, *values)]


@router.post("/release", **operation("release_messages", Decided, summary="Let held messages go."))
async def release_messages(call: TheCall, body: Chosen) -> Response:
    return await decide(call, "release_messages", body, ["held"], messages.release)


@router.post("/discard", **operation("discard_messages", Decided, summary="Never send these."))
async def discard_messages(call: TheCall, body: Chosen) -> Response:
    states = ["held", "queued", "uncertain"]
    return await decide(call, "discard_messages", body, states, messages.discard)


@router.post(
    "/resolve", **operation("resolve_messages", Decided, summary="Say what became of uncertain ones.")
)
async def resolve_messages(call: TheCall, body: Resolved) -> Response:
    async def work(db: Connection, ids: list[int]) -> list[int]:
        return await messages.resolve_uncertain(db, ids, body.resolution)

    return await decide(call, f"resolve_messages_{body.resolution}", body, ["uncertain"], work)

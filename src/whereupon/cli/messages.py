"""`whereupon messages`: what was sent, what is held, what failed; and what a person decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from cyclopts import App

from whereupon.cli.output import print_json, show_facts, show_rows, stdout, tell
from whereupon.cli.session import Common, doing
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound
from whereupon.outbox import messages
from whereupon.outbox.secret_links import without_secret_links
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.workflows.store import get_workflow

app = App(name="messages", help="What was sent, what is held, what failed.")
COMMON = Common()
Status = Literal["queued", "sending", "sent", "held", "failed", "uncertain", "discarded"]
# The newest first, with the key of the workflow that wrote them.
LIST = """
SELECT m.id, w.key AS workflow, m.run_id, m.channel, m.recipient, m.status, m.attempts, m.created_at,
       m.sent_at, coalesce(m.error->>'message', m.hold_reason) AS why
FROM whereupon.messages m LEFT JOIN whereupon.workflows w ON w.id = m.workflow_id
WHERE ($1::text IS NULL OR m.status = $1) AND ($2::text IS NULL OR w.key = $2) ORDER BY m.id DESC LIMIT $3
"""
GET = """
SELECT m.*, s.source FROM whereupon.messages m
LEFT JOIN whereupon.message_sources s ON s.id = m.source_id WHERE m.id = $1
"""


@app.command(name="list")
def list_(
    *,
    status: Status | None = None,
    workflow: str | None = None,
    limit: int = 50,
    common: Common = COMMON,
) -> None:
    """Messages, the newest first.

    Parameters
    ----------
    status
        Only those.
    workflow
        Only of this workflow.
    limit
        At most so many.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        rights.require_builder()
        return await db.fetch(LIST, status, workflow, limit)

    columns = ("id", "workflow", "run_id", "channel", "recipient", "status", "created_at", "sent_at", "why")
    show_rows(doing(common, work), columns, as_json=common.json, empty="There are no such messages.")


@app.command
def show(message: int, *, common: Common = COMMON) -> None:
    """One message, with what it says."""

    async def work(db: Connection, rights: Rights) -> Any:
        rights.require_builder()
        row = await db.fetchrow(GET, message)
        if row is None:
            raise NotFound(f"There is no message {message}.")
        return dict(row) | {name: without_secret_links(row[name]) for name in ("rendered", "context")}

    found = doing(common, work)
    if common.json:
        return print_json(found)
    rendered: Any = found.pop("rendered") or {}
    source, context = found.pop("source"), found.pop("context")
    show_facts({name: value for name, value in found.items() if value is not None}, as_json=False)
    stdout().print()
    return show_facts(rendered or {"source": source, "values": context}, as_json=False)


@app.command
def release(*ids: int, workflow: str | None = None, common: Common = COMMON) -> None:
    """Let held messages go.

    Parameters
    ----------
    ids
        Their numbers.
    workflow
        Instead: everything held of this workflow, and what follows until it is changed again.
    """
    if bool(ids) == bool(workflow):
        raise Invalid("Say which messages.", suggestion="Name their numbers, or a --workflow, but not both.")

    async def work(db: Connection, rights: Rights) -> list[int]:
        rights.require_builder()
        if workflow:
            done = await messages.release_workflow(db, (await get_workflow(db, workflow))["id"])
        else:
            done = await messages.release(db, ids)
        await audit.append(db, rights.user_id, "release_messages", "messages", asked=ids, done=done)
        return done

    _tell("released", doing(common, work), ids, common)


@app.command
def discard(*ids: int, common: Common = COMMON) -> None:
    """Never send these."""
    if not ids:
        raise Invalid("Say which messages.", suggestion="`whereupon messages list --status held` shows them.")

    async def work(db: Connection, rights: Rights) -> list[int]:
        rights.require_builder()
        done = await messages.discard(db, ids)
        await audit.append(db, rights.user_id, "discard_messages", "messages", asked=ids, done=done)
        return done

    _tell("discarded", doing(common, work), ids, common)


def _tell(deed: str, done: list[int], asked: Sequence[int], common: Common) -> None:
    if asked and not done:
        raise NotFound(f"None of these messages could be {deed}.", suggestion="Were they sent already?")
    tell({deed: done}, f"{len(done)} {deed}.", as_json=common.json)

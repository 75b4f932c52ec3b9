"""What follows in a run once its message is queued: it goes on, or waits for what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.outbox.messages import NewMessage, queue_each
from whereupon.sdk.block import Batch, RunView
from whereupon.sdk.outcomes import Done, Fail, Outcome, Wait


async def queue_for(batch: Batch, messages: Sequence[NewMessage]) -> dict[int, list[int]]:
    """Queue them in the batch's transaction; the ids of each run's new messages."""
    found: dict[int, list[int]] = {}
    for run, number in await queue_each(batch.db, messages) if messages else ():
        if run is not None:
            found.setdefault(run, []).append(number)
    return found


def queued(ids: Sequence[int], told: Mapping[str, Any], *, awaited: bool) -> Outcome:
    """On, or to wait; `told`: what the history shows of the message."""
    if not ids:
        return Fail("This message was queued before, and is not sent a second time.", "queued_before")
    message = {"message_id": ids[0], **told}
    return Wait(memo=message, input=message) if awaited else Done("next", {"status": "queued", **message})


def came_back(run: RunView, node: str, what: str) -> Outcome:
    """What became of the messages that a run has waited for. `what`: "mail", "text message"."""
    found: Mapping[str, Any] = run.data.get(node, {})
    if found.get("status") == "sent":
        return Done("next", {**(run.memo or {}), **found})
    error: Mapping[str, Any] = found.get("error") or {}
    return Fail(error.get("message", f"The {what} could not be sent."), error.get("code", "not_sent"))


def skipped(run: RunView) -> Outcome:
    """In a test: as if it had been sent."""
    return Done("next", {**(run.memo or {}), "status": "sent"})

"""A text or chat message as a test: sent while the person waits, so that they read what the service said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import WhereuponError
from whereupon.outbox.channels.transport import Letter
from whereupon.outbox.egress import Egress
from whereupon.outbox.mail import idempotency_key
from whereupon.outbox.messages import Outcome, settle, source_id
from whereupon.outbox.networks import Policy, load_policy
from whereupon.outbox.providers import Provider, open_providers
from whereupon.outbox.secrets import load_key
from whereupon.outbox.trial import TRY_SECONDS, Trial, always
from whereupon.outbox.writing import write_message
from whereupon.settings import Settings

# It has no job: whoever asked for it sends it, now.
BEGIN = """
INSERT INTO whereupon.messages (channel, recipient, source_id, context, status)
VALUES ($1, $2, $3, '{}', 'sending') RETURNING id
"""


async def send_test_message(
    db: Connection, settings: Settings, provider: Provider, source: Mapping[str, Any], to: str
) -> Trial:
    """Send it inside the caller's transaction, so that nobody finds the message half sent."""
    number = await source_id(db, provider.kind, source)
    message_id: int = await db.fetchval(BEGIN, provider.kind, to, number)
    outcome = await try_to_send(db, settings, provider, message_id, source, to)
    await settle(db, [outcome])
    return trial_of(outcome, provider, to)


async def try_to_send(
    db: Connection, settings: Settings, provider: Provider, number: int, source: Mapping[str, Any], to: str
) -> Outcome:
    """One attempt, of ten seconds at most. Never raises for what the service does."""
    from whereupon.outbox.channels.messenger import Messenger

    allowed = await load_policy(db, settings)

    async def policy() -> Policy:
        return allowed

    opened = await open_providers(db, load_key(settings), {provider.key: provider})
    egress = Egress(policy)
    messenger = Messenger(provider.kind, opened, egress)
    try:
        content = write_message(provider.kind, source, {}, to)
        letter = Letter(number, idempotency_key(None, None, 0, to, number), 1, content)
        outcome = await asyncio.wait_for(messenger.send(letter, always), TRY_SECONDS)
    except TimeoutError:
        said = f"{provider.name} did not finish within {TRY_SECONDS:g} seconds."
        return Outcome(number, "uncertain", {"code": "timeout", "message": said})
    except WhereuponError as error:
        return Outcome(number, "failed", {"code": error.code, "message": error.message})
    finally:
        await messenger.close()
        await egress.aclose()
    assert outcome is not None  # nobody else could take it
    return replace(outcome, status="failed", retry_seconds=None) if outcome.status == "queued" else outcome


def trial_of(outcome: Outcome, provider: Provider, to: str) -> Trial:
    """The outcome in words."""
    if outcome.status == "sent":
        where = f"for {to}" if provider.kind == "text" else "for the room"
        return Trial(outcome.id, "sent", "sent", f"{provider.name} took the message {where}.")
    error = outcome.error or {}
    status = "uncertain" if outcome.status == "uncertain" else "failed"
    return Trial(
        outcome.id, status, str(error.get("code", "failed")), str(error.get("message", "It failed."))
    )

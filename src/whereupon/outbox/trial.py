"""A test mail: sent while the person waits, so that they read what the mail server said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from whereupon.db.pool import Connection
from whereupon.errors import WhereuponError
from whereupon.outbox.channels.transport import Letter
from whereupon.outbox.mail import idempotency_key, render_mail
from whereupon.outbox.messages import NewMessage, Outcome, queue, settle, source_id
from whereupon.outbox.secrets import load_key, open_secret
from whereupon.outbox.settings import MailSettings, load_settings
from whereupon.records.files import FileStore
from whereupon.settings import Settings

TRY_SECONDS = 10.0
# Each answer of the server gets less than the whole, so that its own words are told and not our patience.
ANSWER_SECONDS = 8.0

# It has no job: whoever asked for it sends it, now.
BEGIN = """
INSERT INTO whereupon.messages (channel, recipient, source_id, context, status)
VALUES ('email', $1, $2, '{}', 'sending') RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a test mail: `kept` for reading where no mail server is set."""

    message_id: int
    status: Literal["sent", "kept", "failed", "uncertain"]
    code: str
    message: str


async def send_test(db: Connection, settings: Settings, source: Mapping[str, Any], to: str) -> Trial:
    """Send it inside the caller's transaction, so that nobody finds the message half sent."""
    number = await source_id(db, "email", source)
    mail, _ = await load_settings(db)
    if mail is None:
        return await keep_for_reading(db, to, number)
    message_id: int = await db.fetchval(BEGIN, to, number)
    try:
        password = await password_of(db, settings, mail)
    except WhereuponError as error:
        outcome = Outcome(message_id, "failed", {"code": error.code, "message": error.message})
    else:
        files = FileStore.of(settings)
        outcome = await try_to_send(mail, password, files, message_id, source, to)
    await settle(db, [outcome])
    return trial_of(outcome, mail, to)


async def keep_for_reading(db: Connection, to: str, source: int) -> Trial:
    """No mail server is set, so it goes where every mail goes then."""
    [number] = await queue(db, [NewMessage(None, None, None, to, source, {})])
    said = "No mail server is set, so the mail did not leave. It is kept under Messages, for reading."
    return Trial(number, "kept", "no_mail_server", said)


async def password_of(db: Connection, settings: Settings, mail: MailSettings) -> str | None:
    """The password in the clear. Raises NotFound, Conflict when it does not open."""
    if not mail.password:
        return None
    return await open_secret(db, load_key(settings), mail.password, host=mail.host)


async def try_to_send(
    mail: MailSettings,
    password: str | None,
    files: FileStore,
    number: int,
    source: Mapping[str, Any],
    to: str,
) -> Outcome:
    """One attempt, of ten seconds at most. Never raises for what the server does."""
    from whereupon.outbox.channels.email import Smtp

    patience = min(mail.timeout_seconds, ANSWER_SECONDS)
    smtp = Smtp(mail.model_copy(update={"connections": 1, "timeout_seconds": patience}), files, password)
    try:
        letter = Letter(number, idempotency_key(None, None, 0, to, number), 1, render_mail(source, {}, to))
        outcome = await asyncio.wait_for(smtp.send(letter, always), TRY_SECONDS)
    except TimeoutError:
        said = f"{mail.host}:{mail.port} did not finish within {TRY_SECONDS:g} seconds."
        return Outcome(number, "uncertain", {"code": "timeout", "message": said})
    except WhereuponError as error:
        return Outcome(number, "failed", {"code": error.code, "message": error.message})
    finally:
        await smtp.close()
    assert outcome is not None  # nobody else could take it
    return replace(outcome, status="failed", retry_seconds=None) if outcome.status == "queued" else outcome


async def always(_: int) -> bool:
    """Nobody else knows of the message."""
    return True


def trial_of(outcome: Outcome, mail: MailSettings, to: str) -> Trial:
    """The outcome in words."""
    if outcome.status == "sent":
        said = f"{mail.host} took the mail for {to}. Look into that mailbox, and into its spam folder."
        return Trial(outcome.id, "sent", "sent", said)
    error = outcome.error or {}
    status = "uncertain" if outcome.status == "uncertain" else "failed"
    return Trial(
        outcome.id, status, str(error.get("code", "failed")), str(error.get("message", "It failed."))
    )

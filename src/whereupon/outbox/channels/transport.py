"""What a channel's file offers to the deliverer: it takes a written message out of the house."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from whereupon.outbox.messages import Outcome
from whereupon.outbox.rehearsing import refuse_in_rehearsal

# Asked just before the step that cannot be taken back: True when "sending" is committed and it is ours.
MayBegin = Callable[[int], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, written: `content` is what outbox.mail.render_mail gave."""

    id: int
    key: str  # the idempotency key, rule 24
    attempts: int  # including this one
    content: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Rule 27: in a test nothing may leave, so there is nothing that a transport could be given."""
        refuse_in_rehearsal()


class Transport(Protocol):
    """One way out. `leaves`: something outside learns of the message, so it can only happen once."""

    leaves: bool
    users: int  # letters under way: it is closed only when there are none

    async def send(self, letter: Letter, may_begin: MayBegin) -> Outcome | None:
        """Send one; None when somebody else took it. Never raises for what the other side does."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


# Minutes until the next attempt, doubled from one to two hours: eighteen attempts fill 24 hours (rule 25).
MAX_ATTEMPTS = 18
LONGEST_MINUTES = 120


def retry(letter: Letter, code: str, message: str) -> Outcome:
    """Not now: again later, or failed when that has gone on for a day."""
    error = {"code": code, "message": message, "attempt": letter.attempts}
    if letter.attempts >= MAX_ATTEMPTS:
        return Outcome(letter.id, "failed", error, letter.content)
    minutes = min(2 ** (letter.attempts - 1), LONGEST_MINUTES)
    return Outcome(letter.id, "queued", error, None, minutes * 60)


def failed(letter: Letter, code: str, message: str) -> Outcome:
    """It will never arrive: a final refusal, with its reason."""
    return Outcome(letter.id, "failed", {"code": code, "message": message}, letter.content)


def sent(letter: Letter, error: Mapping[str, Any] | None = None) -> Outcome:
    """The server took it; `error` tells of recipients that it refused."""
    return Outcome(letter.id, "sent", error, letter.content)


def uncertain(letter: Letter, message: str) -> Outcome:
    """It may have been sent or not; a person has to look (rule 25)."""
    error = {"code": "uncertain", "message": message + " Nobody can tell whether it was sent."}
    return Outcome(letter.id, "uncertain", error, letter.content)

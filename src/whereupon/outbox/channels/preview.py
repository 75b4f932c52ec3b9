"""Mails for reading only: kept as they would have been sent, until a mail server is set."""

from __future__ import annotations

from whereupon.outbox.channels.transport import Letter, MayBegin, failed, sent
from whereupon.outbox.mail import envelope_of
from whereupon.outbox.messages import Outcome


class Preview:
    """Nothing leaves the house."""

    leaves = False
    users = 0

    async def send(self, letter: Letter, may_begin: MayBegin) -> Outcome | None:
        if not envelope_of(letter.content):
            return failed(letter, "bad_address", "Nobody to write to.")
        return sent(letter) if await may_begin(letter.id) else None

    async def close(self) -> None:
        """There is nothing to let go of."""

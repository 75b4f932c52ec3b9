"""Mails for reading only: kept as they would have been sent, until a mail server is set."""

from __future__ import annotations

from whereupon.outbox.channels.transport import Letter, MayBegin, sent
from whereupon.outbox.messages import Outcome


class Preview:
    """Nothing leaves the house."""

    leaves = False
    users = 0

    async def send(self, letter: Letter, may_begin: MayBegin) -> Outcome | None:
        return sent(letter) if await may_begin(letter.id) else None

    async def close(self) -> None:
        """There is nothing to let go of."""

"""Mails for reading only: kept as they would have been sent, until a mail server is set."""

from __future__ import annotations

import asyncio

from whereupon.outbox.channels.transport import Letter, MayBegin, failed, sent
from whereupon.outbox.mail import require_attachments
from whereupon.outbox.messages import Outcome
from whereupon.records.files import FileMissing, FileStore


class Preview:
    """Nothing leaves the house."""

    leaves = False
    users = 0

    def __init__(self, files: FileStore) -> None:
        self.files = files

    async def send(self, letter: Letter, may_begin: MayBegin) -> Outcome | None:
        if letter.content.get("attachments"):
            try:
                await asyncio.to_thread(require_attachments, letter.content, self.files)
            except FileMissing as error:
                return failed(letter, error.code, error.message)
        return sent(letter) if await may_begin(letter.id) else None

    async def close(self) -> None:
        """There is nothing to let go of."""

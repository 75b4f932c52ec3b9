"""What this process remembers for a moment: the catalog, and whom a key stands for.

Everything is dropped when `whereupon_revision` is notified, which every change of definitions,
people and rights does on commit. While the listening connection is down, nothing is remembered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import asyncpg

from whereupon.db.pool import GONE, Connection
from whereupon.modules.catalog import Catalog, load_catalog

T = TypeVar("T")
Hearer = Callable[[str], None]  # takes the payload of a notification
KEEP_SECONDS = 5.0  # a session or token that ended by its clock lives at most so much longer
MOST_KEYS = 10_000
RECONNECT_SECONDS = 1.0


class Memory:
    """Kept per process. Use `catalog` and `recall`; call `forget` after a change of one's own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.listening = False
        self.generation = 0
        self.kept_catalog: Catalog | None = None
        self.kept: dict[bytes, tuple[float, Any]] = {}
        self.hearers: dict[str, list[Hearer]] = {"whereupon_revision": [self.hear]}
        self.on_connect: list[Callable[[], None]] = [self.forget]

    def forget(self) -> None:
        """Drop everything: what is asked for next is read again."""
        self.generation += 1
        self.kept_catalog = None
        self.kept.clear()

    def hear_also(self, channels: Iterable[str], hearer: Callable[[str, str], None]) -> None:
        """Others share the listening connection; `hearer` gets channel and payload. Before `listen`."""
        for channel in channels:
            self.hearers.setdefault(channel, []).append(partial(hearer, channel))

    def hear(self, *_: object) -> None:
        """A definition, a role or a user changed somewhere."""
        self.forget()

    async def catalog(self, db: Connection) -> Catalog:
        """All modules and fields as they are now."""
        if self.kept_catalog is not None:
            return self.kept_catalog
        asked_in = self.generation
        catalog = await load_catalog(db)
        if self.listening and asked_in == self.generation:
            self.kept_catalog = catalog
        return catalog

    def known(self, key: bytes) -> Any | None:
        """What is remembered under a key, if it is fresh."""
        found = self.kept.get(key)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    async def recall(self, key: bytes, find: Callable[[], Awaitable[T]]) -> T:
        """What `find` gives, remembered under `key` for a few seconds, or until something changes."""
        if (found := self.known(key)) is not None:
            return found
        asked_in = self.generation
        value = await find()
        # What was asked before a change arrived must not be remembered after it.
        if self.listening and asked_in == self.generation:
            if len(self.kept) >= MOST_KEYS:
                self.kept.clear()
            self.kept[key] = (time.monotonic() + KEEP_SECONDS, value)
        return value

    async def listen(self) -> None:
        """Hear of changes until cancelled; connect again whenever the connection is lost."""
        while True:
            with suppress(*GONE, asyncpg.PostgresError, TimeoutError):
                await self.listen_once()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def listen_once(self) -> None:
        """Listen on one connection until it is lost."""
        connection = await asyncpg.connect(
            self.url, server_settings={"application_name": "whereupon api listener"}
        )
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            for channel, hearers in self.hearers.items():
                await connection.add_listener(channel, calling(hearers))
            self.listening = True
            for say in self.on_connect:
                say()
            await lost.wait()
        finally:
            self.listening = False
            self.forget()
            connection.terminate()


def calling(hearers: Sequence[Hearer]) -> Callable[..., None]:
    """A listener as asyncpg wants it."""

    def hear(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        for hearer in hearers:
            hearer(str(payload))

    return hear

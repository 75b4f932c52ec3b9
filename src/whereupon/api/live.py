"""What browsers are told as it happens: one listening connection, and a short queue for each open stream.

The database's notifications are hints. They are collected for a moment, then turned into events for those
streams whose user may know of them. A stream that is read too slowly, and every stream after the listening
connection was lost, gets `hello` again, which means: read everything that you show anew.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import asyncpg
import structlog

from whereupon.api.memory import Memory
from whereupon.api.news import CHANNELS, Heard, News, Shown
from whereupon.db.pool import GONE, Database
from whereupon.errors import NotSignedIn, Refused, TooMany, Unavailable
from whereupon.people.rights import Rights

log = structlog.get_logger()
PER_USER = 20  # streams
MOST_WAITING = 100  # events that a stream may be behind
PAUSE_SECONDS = 0.5  # between two looks at what was heard
CHECK_SECONDS = 60.0  # between two looks whether a session still lives

Event = tuple[str, Any]  # name, data


@dataclass(eq=False, slots=True)
class Stream:
    """One browser page that listens. `check` tells who it is by now, and raises NotSignedIn."""

    rights: Rights
    shown: Shown
    check: Callable[[], Awaitable[Rights]]
    queue: asyncio.Queue[Event | None] = field(
        default_factory=lambda: asyncio.Queue[Event | None](MOST_WAITING)
    )
    ended: bool = False

    @property
    def user_id(self) -> int:
        user_id = self.rights.user_id
        assert user_id is not None
        return user_id

    def tell(self, name: str, data: Any) -> None:
        """Put an event into the queue. One that is full is emptied: reading anew is all that helps."""
        if self.ended:
            return
        try:
            self.queue.put_nowait((name, data))
        except asyncio.QueueFull:
            self.clear()
            self.queue.put_nowait(("hello", {"fell_behind": True}))

    def clear(self) -> None:
        """Forget what was not read yet."""
        while not self.queue.empty():
            self.queue.get_nowait()

    def end(self, *last: Event) -> None:
        """Say this at most, then end; nothing is told any more, however late it is read."""
        if self.ended:
            return
        self.ended = True
        self.clear()
        for event in (*last, None):
            self.queue.put_nowait(event)


class Live:
    """Every open stream of this process. `run` for as long as the application lives."""

    def __init__(self, database: Database, memory: Memory) -> None:
        self.database = database
        self.memory = memory
        self.server = secrets.token_hex(8)  # another one after a restart
        self.streams: set[Stream] = set()
        self.heard = Heard()
        self.news = News(memory)
        self.wanted = asyncio.Event()
        self.ended = False
        memory.hear_also(CHANNELS, self.hear)
        memory.on_connect.append(self.listen_anew)

    # Streams

    def admit(self, user_id: int) -> None:
        """Raises TooMany when the user has too many streams, Unavailable when the process is to end."""
        if self.ended:
            raise Unavailable("Whereupon is being stopped.", suggestion="Try again in a few seconds.")
        if sum(1 for other in self.streams if other.user_id == user_id) >= PER_USER:
            raise TooMany(
                f"You have {PER_USER} pages open that are kept up to date.", suggestion="Close some of them."
            )

    def open(self, stream: Stream) -> None:
        """Take a stream on. Of too many that were admitted at the same moment, the rest ends at once."""
        if self.ended or sum(1 for other in self.streams if other.user_id == stream.user_id) >= PER_USER:
            stream.end()
            return
        self.streams.add(stream)
        stream.tell("hello", self.hello())

    def close(self, stream: Stream) -> None:
        """The browser went away."""
        self.streams.discard(stream)

    def hello(self) -> dict[str, Any]:
        """What a stream begins with; another `server` than before: it was started again."""
        return {"server": self.server, "version": version("whereupon")}

    def end(self) -> None:
        """The process is to end, and would wait for open streams."""
        self.ended = True
        for stream in tuple(self.streams):
            stream.end()

    # What is heard

    def hear(self, channel: str, payload: str) -> None:
        """Note a notification; it is looked at in a moment. Nobody listens: nothing to note."""
        if self.streams:
            self.heard.note(channel, payload)
            self.wanted.set()

    def listen_anew(self) -> None:
        """The listening connection is there (again): who knows what was missed."""
        self.heard = Heard()
        for stream in self.streams:
            stream.tell("hello", self.hello())

    async def run(self) -> None:
        """Tell what was heard, and look after the streams' sessions, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.keep_telling())
            tasks.create_task(self.keep_checking())

    async def keep_telling(self) -> None:
        """At once when it was quiet, else every half second."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            began = time.monotonic()
            heard, self.heard = self.heard, Heard()
            try:
                if heard.revision:
                    await self.check_all()
                async with self.database.connection() as db:
                    await self.news.tell(db, heard, tuple(self.streams))
            except (Unavailable, *GONE, asyncpg.PostgresError):
                self.listen_anew()
            except Exception as error:
                log.error("live news failed", exc_info=error)
            await asyncio.sleep(max(0.05, PAUSE_SECONDS - (time.monotonic() - began)))

    async def keep_checking(self) -> None:
        """Sessions also end by the clock, of which nobody notifies."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            with suppress(Unavailable, *GONE, asyncpg.PostgresError):
                await self.check_all()

    async def check_all(self) -> None:
        """Who is behind each stream now; a stream whose session has ended says so, and ends."""
        for stream in tuple(self.streams):
            try:
                stream.rights = await stream.check()
            except (NotSignedIn, Refused) as error:
                stream.end(("signed_out", told(error)))


def told(error: NotSignedIn | Refused) -> Mapping[str, Any]:
    """Why the stream ends, as in a problem document."""
    return {"code": error.code, "detail": error.message}

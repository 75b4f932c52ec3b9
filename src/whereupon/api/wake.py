"""Wakes the workers after writes of the API: one NOTIFY for many commits, on a connection of its own.

Writes carry `quiet` in their context, so that the capture trigger leaves the notifying to us. PostgreSQL
lets commits that notify pass one at a time; this keeps that queue out of the writers' way. A crash
between a commit and its NOTIFY costs nothing but the time until the workers' slow poll.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg

from whereupon.db.pool import GONE

# Between two notifications: short when writes are rare, longer the denser they come.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.016
RECONNECT_SECONDS = 0.5


class Waker:
    """`wake()` after a commit; `run()` for as long as the application lives."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.wanted = asyncio.Event()

    def wake(self) -> None:
        """Workers are to look for changes, soon. Never waits, never fails."""
        self.wanted.set()

    async def run(self) -> None:
        """Notify until cancelled; connect again whenever the connection is lost."""
        while True:
            await self.wanted.wait()
            with suppress(*GONE, asyncpg.PostgresError, TimeoutError):
                await self.run_once()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def run_once(self) -> None:
        """Notify on one connection until it is lost."""
        connection = await asyncpg.connect(
            self.url, server_settings={"application_name": "whereupon api waker"}
        )
        try:
            pause = SHORTEST_PAUSE
            while True:
                pause = min(2 * pause, LONGEST_PAUSE) if self.wanted.is_set() else SHORTEST_PAUSE
                await self.wanted.wait()
                self.wanted.clear()
                try:
                    await connection.execute("NOTIFY whereupon_changes")
                except BaseException:
                    self.wanted.set()  # it was not said: say it on the next connection
                    raise
                await asyncio.sleep(pause)
        finally:
            connection.terminate()

"""The loop that starts workflows whose record's date has come: late rather than never, and each once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from whereupon.db.pool import Connection, Database
from whereupon.runs.definitions import Definitions
from whereupon.runs.due_dates import fire_due, follow_working_time, seconds_to_next
from whereupon.runs.strategies import follow_restarts
from whereupon.workers.loop import repeat

POLL_SECONDS = 2.0  # a date that was just moved is seen within so long


class Reminder:
    """One per worker process; any number share the dates."""

    def __init__(
        self, database: Database, definitions: Callable[[Connection], Awaitable[Definitions]]
    ) -> None:
        self.database = database
        self.definitions = definitions

    async def run(self, stop: asyncio.Event) -> None:
        """Start what is due until `stop`."""
        await repeat("dates", self.tick, stop)

    async def tick(self) -> float:
        """One batch of dates. Answers how long to sleep."""
        async with self.database.transaction() as db:
            definitions = await self.definitions(db)
            await follow_working_time(db, definitions)
            await follow_restarts(db, definitions)
            if await fire_due(db, definitions):
                await db.execute("NOTIFY whereupon_runs")
                return 0.0
            return await self._pause(db, definitions)

    async def _pause(self, db: asyncpg.Connection[Any], definitions: Definitions) -> float:
        seconds = await seconds_to_next(db, definitions)
        return POLL_SECONDS if seconds is None else min(POLL_SECONDS, max(0.005, seconds))

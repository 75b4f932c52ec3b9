"""The engine: one loop matches changes, one advances runs; each wakes the other.

Both take their work by locking lanes, so any number of engines on any number of hosts share it.
They are woken by NOTIFY; a slow poll is the safety net for a notification that was lost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import structlog

from whereupon.db.pool import GONE, TRANSIENT, Database
from whereupon.errors import Unavailable
from whereupon.runs.advance import Advanced, advance_batch
from whereupon.runs.definitions import Definitions, load_definitions
from whereupon.runs.match import Matched, match_batch
from whereupon.workers.herald import Herald
from whereupon.workers.loop import Wake, keep_going

log = structlog.get_logger()
POLL_SECONDS = 2.0
AT_WORK_SECONDS = 0.02  # until looking again for what is due, but in the hands of another loop
CROWD, CROWDED_SECONDS = 100, 0.2  # a batch of so many means that more are waiting
MATCHERS, ADVANCERS = 2, 3  # while one waits for the database, another computes
PATIENCE, HARDLY = "2s", "100ms"  # with a row lock: of a whole batch, and while looking for the held record
# The revision; and, in the same round trip, two settings of the transaction. What a crash of the server
# takes back is done again, so nobody waits for the disk here (docs/decisions/0013).
REVISION = """
SELECT number FROM whereupon.revision,
  set_config('lock_timeout', $1, true) AS patience, set_config('synchronous_commit', 'off', true) AS hurry
"""
# When the next run is due, seconds from now; null when none is.
NEXT_DUE = """
SELECT extract(epoch FROM min(due.ready_at) - clock_timestamp())::float8
FROM generate_series(0, 15) lane,
     LATERAL (SELECT ready_at FROM whereupon.runs WHERE shard = lane AND ready_at IS NOT NULL
              AND workflow_id <> ALL($1::bigint[]) ORDER BY ready_at LIMIT 1) due
"""


class Engine:
    """Matches and advances until told to stop. One per worker process."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.definitions: Definitions | None = None
        self.changes = Wake()
        self.runs = Wake()
        self.imports = Wake()  # heard of here, done by the importer
        self.calls = Wake()  # by the caller
        self.bulk = Wake()  # by the bulk worker
        self.herald = Herald(database)
        self.crowded_at = -CROWDED_SECONDS  # when a batch was last a large one, on the loop's clock

    async def run(self, stop: asyncio.Event) -> None:
        """Both loops and the ear, until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(MATCHERS):
                tasks.create_task(keep_going("match", self.match, self.changes, stop))
            for _ in range(ADVANCERS):
                tasks.create_task(keep_going("advance", self.advance, self.runs, stop))
            tasks.create_task(self.herald.run(stop))
            tasks.create_task(keep_going("listen", lambda: self.listen(stop), Wake(), stop))
            await stop.wait()
            self.changes.ring()
            self.runs.ring()

    @property
    def busy(self) -> bool:
        """Whether many runs wait to be matched or advanced: whoever delivers gives way then."""
        return time.monotonic() - self.crowded_at < CROWDED_SECONDS

    def _note_crowd(self, size: int) -> None:
        if size >= CROWD:
            self.crowded_at = time.monotonic()

    async def current(self, db: asyncpg.Connection[Any], patience: str = PATIENCE) -> Definitions:
        """The definitions as of now: loaded again when anything was changed.

        In the same round trip: how long the transaction may wait for a row that somebody else holds.
        """
        revision = await db.fetchval(REVISION, patience)
        if self.definitions is None or self.definitions.revision != revision:
            self.definitions = await load_definitions(db)
        return self.definitions

    async def match(self) -> float:
        """One batch of changes. Answers how long to sleep."""
        matched = await self._match_or_find_the_bad_one()
        if matched.changes:
            self._note_crowd(matched.changes)
            self.runs.ring()
        return 0.0 if matched.changes else POLL_SECONDS

    async def _match_or_find_the_bad_one(self) -> Matched:
        try:
            async with self.database.transaction() as db:
                return await match_batch(db, await self.current(db))
        except (*TRANSIENT, *GONE, Unavailable):
            raise
        except asyncpg.PostgresError as error:
            log.info("something cannot be asked; looking for it", kind=type(error).__name__)
        async with self.database.transaction() as db:
            return await match_batch(db, await self.current(db), careful=True)

    async def advance(self) -> float:
        """One batch of runs. Answers how long to sleep."""
        advanced = await self._advance_or_find_the_bad_one()
        self._note_crowd(advanced.runs)
        if advanced.runs:
            self.changes.ring()
            self.herald.note_runs(advanced.who)
            return 0.0
        return await self._seconds_until_due()

    async def _advance_or_find_the_bad_one(self) -> Advanced:
        try:
            async with self.database.transaction() as db:
                return await advance_batch(db, await self.current(db))
        except asyncpg.LockNotAvailableError:
            log.info("a record is held by another program; going round it")
        except (*TRANSIENT, *GONE, Unavailable):
            raise
        except Exception as error:
            log.info("a record made its batch fail; looking for it", kind=type(error).__name__)
        async with self.database.transaction() as db:
            definitions = await self.current(db, HARDLY)
            return await advance_batch(db, definitions, careful=True)

    async def _seconds_until_due(self) -> float:
        paused = self.definitions.paused if self.definitions else ()
        async with self.database.connection() as db:
            due = await db.fetchval(NEXT_DUE, list(paused))
        if due is None:
            return POLL_SECONDS
        return AT_WORK_SECONDS if due <= 0 else min(POLL_SECONDS, max(0.005, due))

    async def listen(self, stop: asyncio.Event) -> float:
        """Hear of changes and runs until the connection breaks; the loop connects again."""
        lost = asyncio.Event()
        async with self.database.connection() as db:
            db.add_termination_listener(lambda _: lost.set())
            for channel, wake in (
                ("whereupon_changes", self.changes), ("whereupon_runs", self.runs),
                ("whereupon_imports", self.imports), ("whereupon_calls", self.calls),
                ("whereupon_bulk", self.bulk),
            ):  # fmt: skip
                await db.add_listener(channel, _ringer(wake))
                wake.ring()  # for what was said while nobody listened
            waits = [asyncio.create_task(event.wait()) for event in (stop, lost)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()
            if not lost.is_set():
                await db.reset()
        return 0.1


def _ringer(wake: Wake) -> Callable[..., None]:
    return lambda *_: wake.ring()

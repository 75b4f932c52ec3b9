"""The bulk worker takes the lists of bulk runs, works off their chunks, and reckons up how far they are.

Any number of workers share the chunks: each is locked by whoever works on it, in the transaction that does
the work. What a killed worker had in hand is free at once, for the next one that looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import structlog

from whereupon.db.pool import GONE, TRANSIENT, Connection, Database
from whereupon.errors import Refused, Unavailable, WhereuponError
from whereupon.runs.bulk import chunks, deeds, reckoning
from whereupon.runs.bulk.ending import WITH_ITS_RUN
from whereupon.runs.bulk.opening import TELL, bulk_row, take_list
from whereupon.runs.definitions import Definitions, Version, load_versions
from whereupon.runs.start import NewRun, insert_runs
from whereupon.workers.loop import Wake, keep_going

log = structlog.get_logger()
PERFORMERS = 2  # while one waits for the database, another computes
POLL_SECONDS = 10.0  # orders are notified of
AGAIN_SECONDS = 0.5  # until what somebody else has in hand is looked for again: they may have been killed
RECKON_SECONDS, LONGEST_RECKON_SECONDS, STIR_SECONDS = 0.4, 5.0, 30.0
ENDED = {"code": "workflow_ended"}

TAKE_QUEUED = """
SELECT * FROM whereupon.bulk_runs WHERE status = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
FAIL = """
UPDATE whereupon.bulk_runs SET status = 'failed', matched = 0, started_at = clock_timestamp(),
  ended_at = clock_timestamp(), error = $2 WHERE id = $1
"""
MORE_TO_COME = """
SELECT EXISTS (SELECT FROM whereupon.bulk_runs WHERE status = 'queued')
  OR EXISTS (SELECT FROM whereupon.bulk_runs b JOIN whereupon.bulk_chunks c ON c.bulk_id = b.id
             WHERE b.status = 'running' AND c.status = 'todo')
"""
# Also those whose rows are locked just now, so that they could not be counted.
UNDER_WAY = "SELECT EXISTS (SELECT FROM whereupon.bulk_runs WHERE status = 'running')"


class BulkWorker:
    """One per worker process. `began`: called when runs were made that can be advanced."""

    def __init__(
        self,
        database: Database,
        definitions: Callable[[Connection], Awaitable[Definitions]],
        *,
        wake: Wake | None = None,
        began: Callable[[], None] = lambda: None,
    ) -> None:
        self.database = database
        self.definitions = definitions
        self.wake = wake or Wake()
        self.began = began
        self.reckoning = Wake()
        self.stirred_at = float("-inf")
        self.rest = RECKON_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        """Work on bulk runs until `stop`."""
        async with asyncio.TaskGroup() as tasks:
            wakes = [Wake() for _ in range(PERFORMERS)]
            for wake in wakes:
                tasks.create_task(keep_going("bulk", self.step, wake, stop))
            tasks.create_task(keep_going("bulk count", self.reckon, self.reckoning, stop))
            tasks.create_task(self.pass_on([*wakes, self.reckoning], stop))
            await stop.wait()
            self.wake.ring()

    async def pass_on(self, wakes: list[Wake], stop: asyncio.Event) -> None:
        """Whoever wakes this worker wakes all its loops."""
        while not stop.is_set():
            await self.wake.wait(3600.0)
            for wake in wakes:
                wake.ring()
        for wake in wakes:
            wake.ring()

    async def step(self) -> float:
        """Take one list, or work off one chunk. Answers how long to sleep."""
        if await self.take_one_list() or await self.work_off_one():
            self.rest = RECKON_SECONDS
            self.reckoning.ring()
            return 0.0
        async with self.database.connection() as db:
            return AGAIN_SECONDS if await db.fetchval(MORE_TO_COME) else POLL_SECONDS

    # Lists

    async def take_one_list(self) -> bool:
        """Write the list of a bulk run that waits for it; whether there was one."""
        async with self.database.transaction() as db:
            bulk = await db.fetchrow(TAKE_QUEUED)
            if bulk is None:
                return False
            version = await self.version(db, bulk["version_id"])
            if version is not None and version.rights is None:
                await db.execute(deeds.PAUSE, bulk["id"], version.held)
            elif version is not None:
                await self.list_of(db, bulk, version)
            else:
                await db.execute(FAIL, bulk["id"], ENDED | {"message": "The version is gone."})
            await db.execute(TELL, str(bulk["id"]))
        return True

    async def list_of(self, db: Connection, bulk: Any, version: Version) -> None:
        """One workflow's fault must not stop the others' bulk runs."""
        try:
            async with db.transaction():
                matched = await take_list(db, version, bulk)
                log.info("bulk run begins", workflow=version.name, bulk_run=bulk["id"], records=matched)
        except (*TRANSIENT, *GONE, Unavailable):
            raise
        except (asyncpg.PostgresError, WhereuponError) as error:
            log.warning("bulk run could not start", workflow=version.name, error=str(error))
            told = {
                "code": "refused" if isinstance(error, Refused) else "not_started",
                "message": f"The list of records could not be made: {error}",
            }
            await db.execute(FAIL, bulk["id"], told)
            # For people to see where they look for runs.
            failed = NewRun(
                workflow_id=version.workflow_id, version_id=version.id, node=version.plan.first,
                started_by=bulk["started_by"], user_id=bulk["user_id"], error=told,
            )  # fmt: skip
            await insert_runs(db, [failed])

    # Chunks

    async def work_off_one(self) -> bool:
        """Work off a chunk of any bulk run; whether there was one that could be."""
        async with self.database.transaction() as db:
            definitions = await self.definitions(db)
            chunk = await chunks.take_chunk(db)
            if chunk is None:
                return False
            version = await self.version(db, chunk.version_id, definitions)
            if version is not None and version.rights is not None:
                await chunks.work_off(db, version, chunk)
                done = True
            else:
                done = False
        if done:
            self.began()
        else:
            await self.stop_without(version, chunk.bulk_id)
        return True

    async def stop_without(self, version: Version | None, bulk_id: int) -> None:
        """Whoever it acts for, or the version, is gone: it pauses until that is put right, or ends."""
        async with self.database.transaction() as db:
            bulk = await db.fetchrow(deeds.LOCK, bulk_id)
            if bulk is None or bulk["status"] != "running":
                return
            if version is None:
                await deeds.end_early(db, bulk_id, ENDED | {"message": "The version is gone."})
                return
            await db.execute(deeds.PAUSE, bulk_id, version.held)
            await db.execute(TELL, str(bulk_id))

    async def version(
        self, db: Connection, version_id: int, known: Definitions | None = None
    ) -> Version | None:
        """The version, with its publisher's rights as they are now."""
        known = known or await self.definitions(db)
        if version_id not in known.versions:
            known.versions.update(await load_versions(db, [version_id], known.catalog, known.time_zone))
        return known.versions.get(version_id)

    # Counting

    async def reckon(self) -> float:
        """Count what moved in all bulk runs under way. Answers how long to sleep."""
        now = asyncio.get_running_loop().time()
        async with self.database.transaction() as db:
            definitions = await self.definitions(db)
            if now - self.stirred_at >= STIR_SECONDS:
                self.stirred_at = now
                await reckoning.stir(db)
            moving = await reckoning.moving(db)
            moved = [await self.reckon_one(db, bulk, definitions) for bulk in moving]
            under_way = moving or await db.fetchval(UNDER_WAY)
        # What waits for slow calls, or is paused, is looked at less and less often.
        self.rest = RECKON_SECONDS if any(moved) else min(1.5 * self.rest, LONGEST_RECKON_SECONDS)
        if any(moved):
            self.wake.ring()
        return self.rest if under_way else POLL_SECONDS

    async def reckon_one(self, db: Connection, bulk: Any, definitions: Definitions) -> bool:
        """Count one bulk run, whose row is locked; whether anything is different now."""
        if bulk["workflow_state"] in ("archived", "deleted") and bulk["ended_at"] is None:
            told = f"The workflow is {bulk['workflow_state']}."
            await deeds.end_early(db, bulk["id"], ENDED | {"message": told})
            bulk = await bulk_row(db, bulk["id"])
        elif bulk["parent_status"] == "cancelled" and bulk["ended_at"] is None:
            await deeds.end_early(db, bulk["id"], WITH_ITS_RUN)
            bulk = await bulk_row(db, bulk["id"])
        version = await self.version(db, bulk["version_id"], definitions)
        moved = await reckoning.reckon_up(db, bulk, version)
        return await reckoning.note_edges(db, bulk["id"]) or moved

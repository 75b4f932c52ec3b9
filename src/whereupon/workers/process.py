"""One worker process: everything that happens without anybody asking for it happens here.

Matching and advancing begin at once; delivering, the clock and the pruner follow, each for itself: what
stops one of them does not stop the others. The process ends when it is told to, never by itself.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime

import structlog
import uvloop

from whereupon.db.embedded import database_server
from whereupon.db.pool import GONE, NO_SETTINGS, Connection, Database
from whereupon.errors import Unavailable, WhereuponError
from whereupon.settings import Settings
from whereupon.workers.engine import Engine
from whereupon.workers.leash import LEASH, follow_the_master, stop_on_signals
from whereupon.workers.logs import log_to_stderr
from whereupon.workers.loop import repeat

log = structlog.get_logger()
Part = Callable[[], Awaitable[object]]
HEARTBEAT_SECONDS = 15.0
AFTER_CRASH = 1.0  # seconds before a part that ended by an error begins again
RECONNECT = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # seconds between tries until the database first answers
CONNECTIONS = 12
# A worker's statements take arrays of ids, and the matcher's is as long as all conditions together: planning
# them anew for every batch would cost more than it gains.
PLAN_ONCE = {"plan_cache_mode": "force_generic_plan"}

REGISTER = "INSERT INTO whereupon.worker_processes (host, pid) VALUES ($1, $2) RETURNING id"
SEEN = """
UPDATE whereupon.worker_processes SET seen_at = clock_timestamp(), ticked_at = $2, circuits = (
  SELECT coalesce(jsonb_agg(jsonb_build_object('destination', name,
    'until', clock_timestamp() + make_interval(secs => seconds))), '[]')
  FROM unnest($3::text[], $4::float8[]) AS c(name, seconds))
WHERE id = $1
"""
UNREGISTER = "DELETE FROM whereupon.worker_processes WHERE id = $1"


async def work(settings: Settings, url: str, stop: asyncio.Event) -> None:
    """Work on the database at `url` until `stop`; then finish what was begun, and return."""
    database = await connect(
        url, stop, name="whereupon worker", max_size=CONNECTIONS, server_settings=PLAN_ONCE
    )
    if database is None:
        return
    spare_the_collector()
    heart = Heart(database)
    try:
        engine = Engine(database)
        async with asyncio.TaskGroup() as parts:
            parts.create_task(keep_alive("engine", lambda: engine.run(stop), stop))
            await asyncio.sleep(0)  # runs go on while the rest is still being imported
            parts.create_task(keep_alive("heartbeat", lambda: repeat("heartbeat", heart.beat, stop), stop))
            for name, part in the_others(database, engine, settings, heart, stop).items():
                parts.create_task(keep_alive(name, part, stop))
            log.info("worker at work", pid=os.getpid())
    finally:
        await heart.stop()
        await database.close()
    log.info("worker done")


def spare_the_collector() -> None:
    """A batch makes thousands of objects that are gone a moment later, none of them in circles: look for
    circles seldom, and never again through what was imported.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def the_others(
    database: Database, engine: Engine, settings: Settings, heart: Heart, stop: asyncio.Event
) -> dict[str, Part]:
    """Everything beside the engine, by name."""
    from whereupon.records.files import FileStore
    from whereupon.workers.bulk import BulkWorker
    from whereupon.workers.caller import Caller
    from whereupon.workers.clock import Clock
    from whereupon.workers.deliverer import deliver
    from whereupon.workers.importer import Importer
    from whereupon.workers.postman import Postman
    from whereupon.workers.pruner import Pruner
    from whereupon.workers.reminder import Reminder

    clock, pruner = Clock(database, engine.current), Pruner(database, FileStore.of(settings))
    reminder, postman = Reminder(database, engine.current), Postman(database)
    importer = Importer(database, engine.current, settings, wake=engine.imports)
    heart.ticked = lambda: clock.ticked_at
    caller = Caller(database, settings, wake=engine.calls)
    heart.circuits = caller.destinations.closed_off
    bulk = BulkWorker(database, engine.current, wake=engine.bulk, began=engine.runs.ring)
    told = engine.herald.note_messages
    return {
        "clock": lambda: clock.run(stop),
        "dates": lambda: reminder.run(stop),
        "pruner": lambda: pruner.run(stop),
        "inboxes": lambda: postman.run(stop),
        "importer": lambda: importer.run(stop),
        "caller": lambda: caller.run(stop),
        "bulk": lambda: bulk.run(stop),
        "deliverer": lambda: deliver(
            database, stop=stop, busy=lambda: engine.busy, settings=settings, tell=told
        ),
    }


async def connect(
    url: str,
    stop: asyncio.Event,
    *,
    name: str,
    max_size: int,
    server_settings: Mapping[str, str] = NO_SETTINGS,
) -> Database | None:
    """Try until the database answers; None when told to stop before it did."""
    tries = 0
    while not stop.is_set():
        try:
            return await Database.connect(url, max_size=max_size, name=name, server_settings=server_settings)
        except Unavailable as error:
            pause = RECONNECT[min(tries, len(RECONNECT) - 1)]
            if tries % 10 == 3:
                log.warning("database away", error=error.message)
        tries += 1
        await rest(stop, pause)
    return None


async def keep_alive(name: str, part: Part, stop: asyncio.Event) -> None:
    """Run a part until `stop`, again when it ended by an error."""
    while not stop.is_set():
        try:
            await part()
        except Exception as error:
            log.error("part failed", part=name, exc_info=error)
        if not stop.is_set():
            await rest(stop, AFTER_CRASH)


async def rest(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but not past `stop`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


class Heart:
    """Says every few seconds that this process lives, for people who look; nothing depends on it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.id: int | None = None
        self.ticked: Callable[[], datetime | None] = lambda: None  # when the clock last looked
        self.circuits: Callable[[], list[tuple[str, float]]] = list  # open ones, and for how long

    async def beat(self) -> float:
        """Register, or say that we are still here. Answers how long to sleep."""
        async with self.database.connection() as db:
            if self.id is None or not await self.seen(db, self.id):
                self.id = await db.fetchval(REGISTER, socket.gethostname(), os.getpid())
        return HEARTBEAT_SECONDS

    async def seen(self, db: Connection, number: int) -> bool:
        """Say that we are here, and what we know; False when we are not on the list any more."""
        names, seconds = zip(*found, strict=True) if (found := self.circuits()) else ((), ())
        done = await db.execute(SEEN, number, self.ticked(), list(names), list(seconds))
        return done != "UPDATE 0"

    async def stop(self) -> None:
        """Take the name off the list, if the database is there to be told."""
        if self.id is not None:
            with suppress(Unavailable, *GONE):
                async with self.database.connection() as db:
                    await db.execute(UNREGISTER, self.id)


async def run_worker(settings: Settings) -> None:
    """A worker with its own signals, on the database that the settings name or on the embedded one."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with database_server(settings) as url:
        await work(settings, url, stop)


def main() -> int:
    """`python -m whereupon.workers.process`: what the supervisor starts."""
    settings = Settings()  # pyright: ignore[reportCallIssue]
    if LEASH in sys.argv:
        follow_the_master()
    try:
        log_to_stderr(settings.log_level, "worker")
        uvloop.run(run_worker(settings))
    except WhereuponError as error:
        log.error(error.message, suggestion=error.suggestion)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Takes messages out of the house: jobs from PgQueuer, a few dozen messages each, written and sent.

A job that its deliverer never finished comes back after a few seconds without a sign of life. What had
begun to be sent by then is uncertain, and shown to a person; the rest is sent by whoever has the job now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job

from whereupon.db.pool import Database
from whereupon.db.queue import queue_settings
from whereupon.errors import WhereuponError
from whereupon.outbox.caps import within_caps
from whereupon.outbox.channels.transport import Letter, Transport
from whereupon.outbox.mail import idempotency_key
from whereupon.outbox.messages import (
    ENTRYPOINTS,
    Claimed,
    Outcome,
    claim,
    count_attempts,
    load_sources,
    settle,
    tidy,
)
from whereupon.outbox.writing import write_message
from whereupon.settings import Settings
from whereupon.workers.ledger import Ledger
from whereupon.workers.loop import Wake, keep_going
from whereupon.workers.outlet import Outlet

log = structlog.get_logger()
JOBS_AT_ONCE = (
    2  # of each channel; the others that were picked wait; more would only compete for the same two cores
)
PICK, PICKED_MOST = 40, 80  # jobs
LIFE_SIGN = timedelta(seconds=3)  # a job without one for so long has lost its deliverer
LOOK = timedelta(seconds=2)  # for such jobs, when nothing wakes us
YIELD_EVERY = 5  # letters written before others may use the loop
BUSY_PAUSE, BUSY_STEP = 0.25, 0.02  # seconds that a job gives way to runs
TIDY_SECONDS = 60.0
STOP_SECONDS = 20.0


async def deliver(
    database: Database,
    *,
    stop: asyncio.Event,
    busy: Callable[[], bool] = lambda: False,
    settings: Settings | None = None,
    tell: Callable[[], None] = lambda: None,
) -> None:
    """Deliver until `stop`. `busy`: runs wait to be advanced, and go first. `tell`: messages moved."""
    deliverer = Deliverer(database, stop, busy, settings or Settings(), tell)  # pyright: ignore[reportCallIssue]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_going("deliver", deliverer.drain, deliverer.wake, stop))
        tasks.create_task(keep_going("tidy", deliverer.tidy, deliverer.tidying, stop))
        await stop.wait()
        deliverer.wake.ring()
        deliverer.tidying.ring()
    await deliverer.outlet.close()


class Deliverer:
    """One per worker process."""

    def __init__(
        self,
        database: Database,
        stop: asyncio.Event,
        busy: Callable[[], bool],
        settings: Settings,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self.database = database
        self.stop = stop
        self.busy = busy
        self.told = told
        self.outlet = Outlet(settings, database)
        self.ledger = Ledger(database)
        self.sources: dict[int, Mapping[str, Any]] = {}
        self.places = {name: asyncio.Semaphore(JOBS_AT_ONCE) for name in ENTRYPOINTS.values()}
        self.giving_way = asyncio.Lock()
        self.wake, self.tidying = Wake(), Wake()

    async def drain(self) -> float:
        """Work off jobs until told to stop, or the connection is lost."""
        connection: asyncpg.Connection[Any] = await asyncpg.connect(
            self.database.url, timeout=10, server_settings={"application_name": "whereupon deliverer"}
        )
        try:
            manager = queue_manager(connection)
            for name in ENTRYPOINTS.values():
                manager.entrypoint(name)(self.handle)
            connection.add_termination_listener(lambda _: manager.shutdown.set())
            await self.run(manager)
        finally:
            connection.terminate()
        return 0.0 if self.stop.is_set() else 0.1

    async def run(self, manager: QueueManager) -> None:
        """PgQueuer's loop, until `stop`; what is under way then is finished."""
        running = asyncio.create_task(
            manager.run(
                dequeue_timeout=LOOK,
                batch_size=PICK,
                max_concurrent_tasks=PICKED_MOST,
                heartbeat_timeout=LIFE_SIGN,
                log_aggregation_interval=timedelta(0),
                shutdown_on_listener_failure=True,
            )
        )
        stopping = asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
            manager.shutdown.set()
            await asyncio.wait_for(running, STOP_SECONDS)
        finally:
            stopping.cancel()
            running.cancel()
            with suppress(asyncio.CancelledError):
                await stopping

    async def tidy(self) -> float:
        """Once a minute; answers how long to sleep."""
        async with self.database.transaction() as db:
            rescued = await tidy(db)
        if rescued:
            log.warning("messages without a job", found=rescued)
        return TIDY_SECONDS

    # One job

    async def handle(self, job: Job) -> None:
        """Send the messages of a job. Whatever goes wrong with the job itself, it comes back."""
        ids: list[int] = orjson.loads(job.payload or b"[]")
        try:
            async with self.places[job.entrypoint]:
                await self.give_way()
                if self.stop.is_set():
                    raise RetryRequested(timedelta(0), "stopping")
                await self.handle_messages(ids)
                self.told()
        except RetryRequested:
            raise
        except Exception as error:
            log.warning("job comes back", job=int(job.id), error=str(error))
            delay = timedelta(seconds=min(60, 0.5 * 2 ** min(job.attempts, 7)))
            raise RetryRequested(delay, str(error)) from error

    async def give_way(self) -> None:
        """Runs first; but a job a quarter of a second goes ahead in any case."""
        async with self.giving_way:
            waited = 0.0
            while self.busy() and waited < BUSY_PAUSE and not self.stop.is_set():
                await asyncio.sleep(BUSY_STEP)
                waited += BUSY_STEP

    async def handle_messages(self, ids: Sequence[int]) -> None:
        async with self.database.transaction() as db:
            await self.outlet.refresh(db)
            claimed = await claim(db, ids)
            await self.know_sources(db, claimed)
            messages = await within_caps(db, claimed, self.outlet.caps, self.sources)
            ways = {m.channel: self.outlet.transport(m.channel) for m in messages}
            staying = [m for m in messages if not ways[m.channel].leaves]
            leaving = [m for m in messages if ways[m.channel].leaves]
            if staying:
                await settle(db, await self.keep(staying, ways))
            if leaving:
                await count_attempts(db, leaving)
        await self.send(leaving, ways)

    async def keep(self, messages: Sequence[Claimed], ways: Mapping[str, Transport]) -> list[Outcome]:
        """Nothing leaves: claim, writing and outcome are one transaction."""
        outcomes: list[Outcome] = []
        for nr, message in enumerate(messages):
            letter = self.write(message)
            kept = letter if isinstance(letter, Outcome) else await ways[message.channel].send(letter, always)
            outcomes += [kept] if kept else []
            if nr % YIELD_EVERY == YIELD_EVERY - 1:
                await asyncio.sleep(0)
        return outcomes

    async def send(self, messages: Sequence[Claimed], ways: Mapping[str, Transport]) -> None:
        """As many at once as the transport has places for."""
        results = await asyncio.gather(
            *(self.send_one(m, ways[m.channel]) for m in messages), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def send_one(self, message: Claimed, transport: Transport) -> None:
        letter = self.write(message)
        outcome = (
            letter if isinstance(letter, Outcome) else await transport.send(letter, self.ledger.may_begin)
        )
        if outcome is not None:
            await self.ledger.record(outcome)

    # Writing

    async def know_sources(self, db: asyncpg.Connection[Any], messages: Sequence[Claimed]) -> None:
        """Load what these messages say, unless it is known: sources never change."""
        missing = {message.source_id for message in messages} - self.sources.keys()
        if missing:
            if len(self.sources) > 500:
                self.sources.clear()
                missing = {message.source_id for message in messages}
            self.sources |= await load_sources(db, sorted(missing))

    def write(self, message: Claimed) -> Letter | Outcome:
        """The letter; or its failure, which is this message's alone."""
        try:
            source = self.sources[message.source_id]
            content = write_message(message.channel, source, message.context, message.recipient)
        except WhereuponError as error:
            return Outcome(message.id, "failed", {"code": error.code, "message": error.message})
        except Exception as error:
            log.error("message not written", message=message.id, exc_info=error)
            problem = {"code": "not_written", "message": f"The message could not be written: {error}"}
            return Outcome(message.id, "failed", problem)
        key = idempotency_key(message.run_id, message.node, message.iteration, message.recipient, message.id)
        return Letter(message.id, key, message.attempts + 1, content)


async def always(_: int) -> bool:
    """Nothing leaves, so nothing can happen twice."""
    return True


def queue_manager(connection: asyncpg.Connection[Any]) -> QueueManager:
    """PgQueuer on this connection alone: when it is lost, every statement says so at once."""
    names = queue_settings()
    queries = Queries(AsyncpgDriver(connection), qbe=QueryBuilderEnvironment(names),
                      qbq=QueryQueueBuilder(names), qbs=QuerySchedulerBuilder(names))  # fmt: skip
    return QueueManager(queries, channel=names.channel)

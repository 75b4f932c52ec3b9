"""Writes down what letters are doing, many at once: whoever comes while one write is under way joins the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from whereupon.db.pool import GONE, TRANSIENT, Database
from whereupon.errors import Unavailable
from whereupon.outbox.messages import Outcome, begin_sending, settle

log = structlog.get_logger()
PERSIST_SECONDS = 60.0  # how long an outcome is kept while the database is away
PAUSE_SECONDS = 0.5


class Ledger:
    """Group commit for "sending" and for outcomes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.begins: dict[int, asyncio.Future[bool]] = {}
        self.outcomes: list[tuple[Outcome, asyncio.Future[None]]] = []
        self.writer: asyncio.Task[None] | None = None

    async def may_begin(self, number: int) -> bool:
        """True when "sending" is committed and nobody else sends it. Raises Unavailable."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if number in self.begins:
            return False  # twice in one moment: the other one has it
        self.begins[number] = future
        self.write()
        return await future

    async def record(self, outcome: Outcome) -> None:
        """Return when the outcome is committed. Raises Unavailable when the database stays away."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.outcomes.append((outcome, future))
        self.write()
        await future

    def write(self) -> None:
        if self.writer is None or self.writer.done():
            self.writer = asyncio.create_task(self.write_all())

    async def write_all(self) -> None:
        while self.begins or self.outcomes:
            begins, self.begins = self.begins, {}
            outcomes, self.outcomes = self.outcomes, []
            if outcomes:
                await self.write_outcomes(outcomes)
            if begins:
                await self.write_begins(begins)

    async def write_begins(self, begins: dict[int, asyncio.Future[bool]]) -> None:
        """A single statement, committed when it returns."""
        try:
            async with self.database.connection() as db:
                ours = await begin_sending(db, list(begins))
        except Exception as error:
            for future in begins.values():
                fail(future, error)
        else:
            for number, future in begins.items():
                if not future.done():
                    future.set_result(number in ours)

    async def write_outcomes(self, outcomes: Sequence[tuple[Outcome, asyncio.Future[None]]]) -> None:
        """What was sent was sent: this is tried for as long as it makes sense."""
        gives_up = asyncio.get_running_loop().time() + PERSIST_SECONDS
        while True:
            try:
                async with self.database.transaction() as db:
                    await settle(db, [outcome for outcome, _ in outcomes])
            except (Unavailable, *GONE, *TRANSIENT) as error:
                if asyncio.get_running_loop().time() > gives_up:
                    return fail_all(outcomes, error)
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception as error:
                log.error("outcomes not written", messages=[o.id for o, _ in outcomes], exc_info=error)
                return fail_all(outcomes, error)
            else:
                for _, future in outcomes:
                    if not future.done():
                        future.set_result(None)
                return None


def fail(future: asyncio.Future[bool] | asyncio.Future[None], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def fail_all(outcomes: Sequence[tuple[Outcome, asyncio.Future[None]]], error: Exception) -> None:
    for _, future in outcomes:
        fail(future, error)

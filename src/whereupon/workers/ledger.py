"""Writes down what letters are doing, many at once: who comes during one write joins the next."""

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
GATHER_SECONDS = 0.03  # outcomes of so long are one write: four round trips for a dozen mails, not for each
# An outcome lost with the database's last moments leaves "sending" behind, which becomes uncertain: never
# a second mail. So nobody has to wait for the disk. "Sending" itself is always waited for.
NEED_NOT_WAIT = "SET LOCAL synchronous_commit = off"


class Ledger:
    """Group commit for "sending" and for outcomes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.begins: dict[int, asyncio.Future[bool]] = {}
        self.outcomes: list[tuple[Outcome, asyncio.Future[None]]] = []
        self.beginning: asyncio.Task[None] | None = None
        self.recording: asyncio.Task[None] | None = None

    async def may_begin(self, number: int) -> bool:
        """True when "sending" is committed and nobody else sends it. Raises Unavailable."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if number in self.begins:
            return False  # twice in one moment: the other one has it
        self.begins[number] = future
        if self.beginning is None or self.beginning.done():
            self.beginning = asyncio.create_task(self.write_all_begins())
        return await future

    async def record(self, outcome: Outcome) -> None:
        """Return when the outcome is committed. Raises Unavailable when the database stays away."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.outcomes.append((outcome, future))
        if self.recording is None or self.recording.done():
            self.recording = asyncio.create_task(self.write_all_outcomes())
        await future

    async def write_all_begins(self) -> None:
        while self.begins:
            begins, self.begins = self.begins, {}
            await self.write_begins(begins)

    async def write_all_outcomes(self) -> None:
        while self.outcomes:
            await asyncio.sleep(GATHER_SECONDS)
            outcomes, self.outcomes = self.outcomes, []
            await self.write_outcomes(outcomes)

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
                    await db.execute(NEED_NOT_WAIT)
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

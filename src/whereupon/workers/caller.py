"""Makes the calls that runs ask for: takes those that are due, lets blocks perform them, writes the outcomes.

A call is made at least once. While it is under way its row says so, with a sign of life every few seconds;
one whose caller fell silent is made again by whoever comes next, with the same key. Many outcomes are
written with one statement: who comes during a write joins the next.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from whereupon.db.pool import GONE, TRANSIENT, Database
from whereupon.errors import Unavailable, WhereuponError
from whereupon.outbox.calls import Call, CallOutcome, claim, next_due, rescue, say_alive, settle
from whereupon.records.files import FileStore
from whereupon.sdk import registry
from whereupon.sdk.outcomes import Fail
from whereupon.sdk.outside import Again, Got, OutsideBlock, Patience, Performed, World
from whereupon.settings import Settings
from whereupon.workers.destinations import Destinations
from whereupon.workers.loop import Wake, keep_going

log = structlog.get_logger()
POLL_SECONDS = 2.0
LIFE_SECONDS, SILENT_SECONDS = 4.0, 20.0
STOP_SECONDS = 10.0  # that calls under way get to come to an end
UNSTORABLE: Mapping[str, Any] = {
    "code": "unstorable", "message": "It was done, but what came of it cannot be stored.",
    "suggestion": "The worker's log says why; other runs are not concerned.",
}  # fmt: skip
AWAY_PAUSE = 0.5  # seconds, while the database is away and outcomes wait to be written


class Caller:
    """One per worker process."""

    def __init__(
        self, database: Database, settings: Settings, *, wake: Wake | None = None,
        told: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.database = database
        self.world = World(settings, database, FileStore.of(settings))
        self.destinations = Destinations()
        self.wake = wake or Wake()
        self.living, self.writing = Wake(), Wake()
        self.under_way: dict[int, asyncio.Task[None]] = {}
        self.outcomes: list[CallOutcome] = []
        self.told = told
        self.stopping = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then what is under way gets a moment, and the rest is another's."""
        self.stopping = stop
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_going("call", self.take, self.wake, stop))
            tasks.create_task(keep_going("call life", self.live, self.living, stop))
            tasks.create_task(keep_going("call outcomes", self.write, self.writing, stop))
            await stop.wait()
            for wake in (self.wake, self.living, self.writing):
                wake.ring()
        await self.come_to_an_end()

    async def take(self) -> float:
        """Begin the calls that are due and have a place. Answers how long to sleep."""
        room = self.destinations.room()
        if room.total <= 0:
            return POLL_SECONDS  # the end of a call rings
        async with self.database.transaction() as db:
            calls = await claim(db, room)
        for call in calls:
            self.destinations.begin(call.destination, call.id)
            self.under_way[call.id] = asyncio.create_task(self.make(call))
        return 0.0 if calls else await self.until_due()

    async def until_due(self) -> float:
        """Seconds until a call is due that has a place; the end of a call rings for the others."""
        async with self.database.connection() as db:
            due = await next_due(db, self.destinations.room())
        waits = [one for one in (due, self.destinations.opens_in()) if one is not None]
        return max(0.05, min([POLL_SECONDS, *waits]))

    async def live(self) -> float:
        """Say which calls are still under way, and take over those of the dead."""
        async with self.database.connection() as db:
            await say_alive(db, list(self.under_way))
            if lost := await rescue(db, SILENT_SECONDS):
                log.warning("calls come back whose caller fell silent", count=lost)
        return LIFE_SECONDS

    # One call

    async def make(self, call: Call) -> None:
        """Make it and note what came of it. Never raises."""
        performed = await perform(call, self.world)
        self.destinations.end(call.destination, call.id, answered=not isinstance(performed, Again))
        self.under_way.pop(call.id, None)
        self.outcomes.append(outcome_of(call, performed))
        self.writing.ring()
        self.wake.ring()

    async def write(self) -> float:
        """Write all outcomes that there are. While the database is away they are kept."""
        if not self.outcomes:
            return POLL_SECONDS
        some, self.outcomes = self.outcomes, []
        try:
            await self.settle_all(some)
        except (Unavailable, *GONE, *TRANSIENT):
            self.outcomes = some + self.outcomes
            await asyncio.sleep(AWAY_PAUSE)
            raise
        self.told()
        return 0.0

    async def settle_all(self, some: list[CallOutcome]) -> None:
        """All in one statement; where one of them cannot be stored, that one fails and the others do not."""
        try:
            async with self.database.transaction() as db:
                await settle(db, some)
        except (Unavailable, *TRANSIENT):
            raise
        except Exception as error:
            if len(some) > 1:
                for one in some:
                    await self.settle_all([one])
            elif some[0].status == "failed" and some[0].error == UNSTORABLE:
                raise
            else:
                log.error("outcome cannot be stored", call=some[0].id, exc_info=error)
                await self.settle_all([CallOutcome(some[0].id, "failed", error=UNSTORABLE)])

    async def come_to_an_end(self) -> None:
        """Let calls finish for a moment; those that do not are made again by another process."""
        if self.under_way:
            await asyncio.wait(self.under_way.values(), timeout=STOP_SECONDS)
        for task in list(self.under_way.values()):
            task.cancel()
        if self.outcomes:
            await self.write()
        await self.world.close()


async def perform(call: Call, world: World) -> Performed:
    """What the call's block says. What goes wrong unexpectedly is a failure of this call alone."""
    try:
        block = registry.block(call.block)
        if not isinstance(block, OutsideBlock):
            return Fail(f'The block "{call.block}" makes no calls.', "unexpected")
        async with asyncio.timeout(block.seconds):
            performed: Performed = await block.perform(call, world)
        return performed
    except TimeoutError:
        return Again("There was no answer in time.", "timeout")
    except (Unavailable, *GONE, *TRANSIENT) as error:
        return Again(str(error), "unavailable")
    except WhereuponError as error:
        return Fail(error.message, error.code, error.suggestion)
    except Exception as error:
        log.error("call failed unexpectedly", block=call.block, call=call.id, exc_info=error)
        told = f'The block "{call.block}" failed unexpectedly: {type(error).__name__}.'
        return Fail(told, "unexpected", "The worker's log says more; other runs are not concerned.")


def outcome_of(call: Call, performed: Performed) -> CallOutcome:
    """What is written down: done, failed for good, or again after a pause."""
    match performed:
        case Got():
            return CallOutcome(call.id, "succeeded", performed.result)
        case Fail():
            return CallOutcome(call.id, "failed", error=performed.as_json())
        case Again():
            return again(call, performed)


def again(call: Call, performed: Again) -> CallOutcome:
    """Later, while the block's patience lasts."""
    block = registry.blocks().get(call.block)
    patience = block.patience_for(call) if isinstance(block, OutsideBlock) else Patience(1)
    error = {"code": performed.code, "message": performed.message, "attempt": call.attempts}
    if call.attempts >= patience.attempts:
        if patience.attempts > 1:
            error["suggestion"] = (
                f"It was tried {call.attempts} times. Run it again when the other side answers."
            )
        return CallOutcome(call.id, "failed", error=error)
    return CallOutcome(
        call.id, "queued", error=error, retry_seconds=pause_before(call.attempts, performed.after, patience)
    )


def pause_before(attempts: int, after: float | None, patience: Patience) -> float:
    """Seconds until the next attempt: doubled each time, with jitter; longer where the other side asks so.

    >>> 5 <= pause_before(1, None, Patience(22)) <= 10
    True
    >>> pause_before(1, 60.0, Patience(22)) >= 60
    True
    """
    pause = min(patience.longest, patience.first * 2.0 ** min(attempts - 1, 30))
    pause *= 1 + random.random()
    return max(pause, min(after or 0.0, patience.longest * 4))

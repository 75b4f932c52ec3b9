"""What every moving part does: work while there is work, sleep until woken, outlive a restarted database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
import structlog

from whereupon.db.pool import GONE, TRANSIENT
from whereupon.errors import Unavailable

log = structlog.get_logger()
RECONNECT = (0.1, 0.2, 0.5, 1.0, 2.0)  # seconds between tries while the database is away
AFTER_DEFECT = 5.0  # seconds before a loop that met a defect tries again


class Wake:
    """An alarm that one loop waits for and any other may ring."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop, now or when it next wants to sleep."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, at most so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
        self._event.clear()


async def keep_going(
    name: str, work: Callable[[], Awaitable[float]], wake: Wake, stop: asyncio.Event
) -> None:
    """Call `work` until `stop`; it answers how many seconds it may sleep when nobody wakes it (0: none)."""
    failures = 0
    while not stop.is_set():
        try:
            pause = await work()
            failures = 0
        except Exception as error:
            pause = _pause_after(name, error, failures)
            failures += 1
        if pause > 0 and not stop.is_set():
            await wake.wait(pause)


def _pause_after(name: str, error: Exception, failures: int) -> float:
    """How long to rest after an error: hardly after a passing obstacle, longer after a defect."""
    if isinstance(error, TRANSIENT):
        log.debug("passing obstacle", loop=name, error=str(error))
        return 0.0 if failures < 3 else 0.1
    if isinstance(error, (Unavailable, *GONE)):
        log.warning("database away", loop=name, error=str(error))
        return RECONNECT[min(failures, len(RECONNECT) - 1)]
    log.error("loop failed", loop=name, exc_info=error)
    return min(AFTER_DEFECT, 0.2 * 2**failures) if isinstance(error, asyncpg.PostgresError) else AFTER_DEFECT


async def repeat(name: str, step: Callable[[], Awaitable[float]], stop: asyncio.Event) -> None:
    """`keep_going` for a loop that nobody but `stop` wakes."""
    wake = Wake()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_going(name, step, wake, stop))
        await stop.wait()
        wake.ring()

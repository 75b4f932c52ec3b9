"""An office whose blocks leave the database: a caller beside the engine, and how to let both come to rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.office import Office

from whereupon.db.pool import Database
from whereupon.settings import Settings
from whereupon.workers.caller import Caller

OPEN = "SELECT count(*) FROM whereupon.calls WHERE status IN ('queued', 'calling')"


@asynccontextmanager
async def calling(database: Database, data: Path) -> AsyncIterator[Caller]:
    """A caller at work, whose files lie in that folder."""
    stop = asyncio.Event()
    caller = Caller(database, Settings(data=data))  # pyright: ignore[reportCallIssue]
    task = asyncio.create_task(caller.run(stop))
    yield caller
    stop.set()
    await task


async def settle(office: Office, caller: Caller, *, seconds: float = 20.0) -> None:
    """Until no call is open and no run can go on.

    Looked at twice: a call that ended between both looks may have written what starts another.
    """
    still = 0
    for _ in range(int(seconds / 0.02)):
        await office.settle()
        still = 0 if await office.fetchval(OPEN) else still + 1
        if still == 2:
            return
        caller.wake.ring()
        await asyncio.sleep(0 if still else 0.02)
    raise AssertionError("It does not come to rest.")

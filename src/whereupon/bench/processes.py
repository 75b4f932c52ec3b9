"""The product's own processes, started as `serve` starts them, ended by their id and nothing else."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

WORKER = (sys.executable, "-m", "whereupon.workers.process")
STOP_SECONDS = 15.0


def environment(**settings: str) -> dict[str, str]:
    """Ours without any WHEREUPON_ setting of the person who measures, with these instead."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WHEREUPON_")}
    return kept | {f"WHEREUPON_{name.upper()}": value for name, value in settings.items()}


async def start(command: Sequence[str], settings: Mapping[str, str]) -> asyncio.subprocess.Process:
    """A process whose output goes nowhere (its log would cost time), errors to ours."""
    return await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, env=environment(**settings)
    )


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask it to stop; after a while insist."""
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def workers(url: str, count: int = 1) -> AsyncGenerator[list[asyncio.subprocess.Process]]:
    """So many worker processes on a database, for as long as the block lasts."""
    started = [await start(WORKER, {"database_url": url, "log_level": "warning"}) for _ in range(count)]
    try:
        yield started
    finally:
        await asyncio.gather(*(end(process) for process in started))

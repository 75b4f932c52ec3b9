"""What it costs to be there: at rest, and to start."""

from __future__ import annotations

import asyncio
import time

import psutil

from whereupon.bench.figures import Figure
from whereupon.bench.office import IF_NEW, SET_PRIORITY, WHEN_CREATED, draw, open_office
from whereupon.bench.processes import data_folder, serving
from whereupon.db.embedded import throwaway_server

SETTLE_SECONDS, IDLE_SECONDS = 5.0, 20.0
STARTS_LATER = 3


async def idle() -> list[Figure]:
    """`whereupon serve` with its worker at rest, a workflow active, the database apart."""
    async with throwaway_server() as url:
        office = await open_office(url)
        await office.publish("Orders — Rest", draw(WHEN_CREATED, IF_NEW, SET_PRIORITY))
        await office.database.close()
        async with serving({"database_url": url}) as served:
            await asyncio.sleep(SETTLE_SECONDS)
            family = [psutil.Process(served.pid), *psutil.Process(served.pid).children(recursive=True)]
            before = sum(_cpu_seconds(process) for process in family)
            await asyncio.sleep(IDLE_SECONDS)
            used = sum(_cpu_seconds(process) for process in family) - before
            each = [process.memory_info().rss / 1e6 for process in family]
    note = f"{len(family)} processes, {IDLE_SECONDS:g} s: {used:.3f} s of CPU"
    memory = " + ".join(f"{mb:.0f}" for mb in each) + " MB: supervisor, then its processes"
    return [
        Figure("idle_cpu_percent", round(100 * used / IDLE_SECONDS, 2), note),
        Figure("idle_rss_mb", round(sum(each)), memory),
    ]


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def start_seconds() -> list[Figure]:
    """`whereupon serve` until it answers, embedded database included: on an empty folder, then again."""
    with data_folder() as folder:
        first = await _start(folder)
        later = sorted([await _start(folder) for _ in range(STARTS_LATER)])
    return [
        Figure("start_seconds_first", round(first, 2), "an empty data folder: database created and migrated"),
        Figure("start_seconds_later", round(later[len(later) // 2], 2), f"median of {STARTS_LATER} starts"),
    ]


async def _start(folder: str) -> float:
    began = time.perf_counter()
    async with serving({"data": folder}):
        return time.perf_counter() - began

"""A worker process's parts: each for itself, patient with the database, and done when told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.settings import Settings
from whereupon.workers import process
from whereupon.workers.loop import repeat
from whereupon.workers.process import Heart, connect, keep_alive, work


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "AFTER_CRASH", 0.01)
    monkeypatch.setattr(process, "spare_the_collector", lambda: None)


async def eventually(question: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(10):
        while not await question():  # noqa: ASYNC110 - what is asked about happens in the database
            await asyncio.sleep(0.02)


async def ended(task: asyncio.Task[None], stop: asyncio.Event) -> None:
    stop.set()
    await asyncio.wait_for(task, 10)


async def test_a_part_that_crashes_begins_again_and_the_others_go_on() -> None:
    stop, crashes, steps = asyncio.Event(), [0], [0]

    async def crash() -> None:
        crashes[0] += 1
        raise RuntimeError("a defect")

    async def step() -> float:
        steps[0] += 1
        return 0.01

    async with asyncio.TaskGroup() as parts:
        parts.create_task(keep_alive("broken", crash, stop))
        parts.create_task(keep_alive("well", lambda: repeat("well", step, stop), stop))
        await eventually(lambda: asyncio.sleep(0, crashes[0] >= 3 and steps[0] >= 3))
        stop.set()


async def test_a_worker_works_registers_and_takes_its_name_off_the_list(
    database: Database, tmp_path: Path
) -> None:
    office = await open_office(database)
    await office.publish(
        {"trigger": "record_created"}, {"key": "note", "block": "update_record", "set": {"note": "είδα"}}
    )
    stop, settings = asyncio.Event(), Settings(database_url=database.url, data=tmp_path)  # pyright: ignore[reportCallIssue]
    working = asyncio.create_task(work(settings, database.url, stop))
    key = await office.insert(name="a")

    async def is_noted() -> bool:
        return (await office.item(key))["note"] == "είδα"

    await eventually(is_noted)
    await eventually(lambda: names(office))
    assert len(await names(office)) == 1
    await ended(working, stop)
    assert await names(office) == []


async def names(office: Office) -> list[object]:
    return [row["pid"] for row in await office.fetch("SELECT pid FROM whereupon.worker_processes")]


async def test_a_worker_waits_for_a_database_that_is_not_there_yet() -> None:
    stop = asyncio.Event()
    waiting = asyncio.create_task(connect("postgresql://nobody@127.0.0.1:1/none", stop, name="x", max_size=1))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    stop.set()
    assert await asyncio.wait_for(waiting, 5) is None


async def test_a_heart_whose_name_was_taken_off_the_list_enters_it_again(database: Database) -> None:
    office = await open_office(database)
    heart = Heart(database)
    await heart.beat()
    await office.execute("DELETE FROM whereupon.worker_processes")
    await heart.beat()
    assert len(await names(office)) == 1
    await heart.stop()
    await heart.stop()  # twice does no harm
    assert await names(office) == []

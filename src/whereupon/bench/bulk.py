"""Many records changed by one statement, as another program does it: how fast do the runs end?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median
from typing import Any

from whereupon.bench.figures import Figure
from whereupon.bench.office import (
    IF_NEW,
    SEND_MAIL,
    SET_PRIORITY,
    WHEN_STATUS_CHANGES,
    Office,
    draw,
    open_office,
)
from whereupon.bench.processes import workers
from whereupon.db.embedded import throwaway_server

RECORDS = 50_000
WARMING = 2_000

# Whoever changes the records is another program: plain SQL, one statement, its own commit.
CHANGE_ALL = "UPDATE data.orders SET status = 'new' WHERE id <= $1 AND status <> 'new'"
MAILS_ARE_OUT = "SELECT NOT EXISTS (SELECT 1 FROM whereupon.messages WHERE status <> 'sent')"
COUNT_ENDED = "SELECT count(*) FROM whereupon.runs WHERE status = 'succeeded' AND ended_at IS NOT NULL"
COUNT_STEPS = "SELECT count(*) FROM whereupon.step_runs"
COUNT_MESSAGES = "SELECT count(*) FROM whereupon.messages"


async def runs_per_second() -> list[Figure]:
    """Update → If → update a field → queue an email → history."""
    seconds = await _measure(draw(WHEN_STATUS_CHANGES, IF_NEW, SET_PRIORITY, SEND_MAIL), mails=True)
    return [_figure("runs_per_second", [seconds])]


async def bulk_update_runs_per_second() -> list[Figure]:
    """The same without the email."""
    document = draw(WHEN_STATUS_CHANGES, IF_NEW, SET_PRIORITY)
    return [_figure("bulk_update_runs_per_second", [await _measure(document, mails=False) for _ in range(2)])]


def _figure(name: str, seconds: list[float]) -> Figure:
    each = ", ".join(f"{s:.2f} s" for s in seconds)
    return Figure(
        name, round(RECORDS / median(seconds)), f"{RECORDS:,} records by one UPDATE, one worker: {each}"
    )


async def _measure(document: Mapping[str, Any], *, mails: bool) -> float:
    """Seconds from the start of the UPDATE until the last run has ended, on a server of its own."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            await office.insert_orders(WARMING + RECORDS)
            await office.publish("Orders — Tell", document)
            async with workers(url):
                await change(office, WARMING)
                await office.until(MAILS_ARE_OUT)  # those of the warming
                seconds = await change(office, WARMING + RECORDS)
            await _check(office, mails=mails, steps=len(document["nodes"]) - 1)
        finally:
            await office.database.close()
    return seconds


async def change(office: Office, up_to: int) -> float:
    """Change the records up to a number, one run each; seconds until the last of the runs has ended."""
    began = time.perf_counter()
    await office.execute(CHANGE_ALL, up_to)
    await office.runs_ended(up_to)
    return time.perf_counter() - began


async def _check(office: Office, *, mails: bool, steps: int) -> None:
    """What was fast was also done: every run, its history, its message."""
    expected = WARMING + RECORDS
    found = [await office.value(sql) for sql in (COUNT_ENDED, COUNT_STEPS, COUNT_MESSAGES)]
    wanted = [expected, expected * steps, expected if mails else 0]
    if found != wanted:
        raise AssertionError(f"Runs, steps and messages should be {wanted}; they are {found}.")

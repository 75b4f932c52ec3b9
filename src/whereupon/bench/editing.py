"""People go on working while a bulk run goes over a million records: how much longer do their edits take?"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

import orjson

from whereupon.bench.api import Site, site
from whereupon.bench.bulk_runs import BY_HAND, MILLION, OVER
from whereupon.bench.client import content_length
from whereupon.bench.figures import Figure
from whereupon.bench.office import IF_OPEN, SET_PRIORITY, draw

PEOPLE, EDITS_PER_SECOND = 8, 40.0
IDLE_SECONDS = 15.0
WORKFLOW = "SELECT key FROM whereupon.workflows"
LAST_BULK = "SELECT max(id) FROM whereupon.bulk_runs"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a person, as it goes over the wire."""

    method: str
    path: str
    body: dict[str, str]

    def encode(self, here: Site) -> bytes:
        body = orjson.dumps(self.body)
        head = (
            f"{self.method} {self.path} HTTP/1.1\r\nHost: {here.host}\r\n"
            f"Authorization: Bearer {here.office.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Person:
    """Somebody with a connection that is kept open."""

    def __init__(self, here: Site) -> None:
        self.here = here

    async def sit_down(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(self.here.host, self.here.port)

    async def ask(self, request: Request) -> bytes:
        """The answer's body. Raises AssertionError when it is no success."""
        self.writer.write(request.encode(self.here))
        head = await self.reader.readuntil(b"\r\n\r\n")
        body = await self.reader.readexactly(content_length(head))
        if head[9:10] != b"2":
            raise AssertionError(f"{request.method} {request.path} gave {head[9:12].decode()}: {body!r}")
        return body

    async def edit(self, number: int) -> float:
        """Change a record that nobody else is about to change; the seconds until it is saved."""
        record = random.randrange(1, MILLION + 1)
        began = time.perf_counter()
        await self.ask(Request("PATCH", f"/api/v1/records/orders/{record}", {"note": f"Edited {number}"}))
        return time.perf_counter() - began


async def editing_latency_ratio() -> list[Figure]:
    """The p99 of edits over the API, random records at a pace: at rest, and during the bulk run."""
    async with site(draw(BY_HAND, IF_OPEN, SET_PRIORITY)) as here:
        await here.office.insert_orders(MILLION)
        people = [Person(here) for _ in range(PEOPLE)]
        for person in people:
            await person.sit_down()
        await _edits(people, asyncio.create_task(asyncio.sleep(2.0)))
        idle = await _edits(people, asyncio.create_task(asyncio.sleep(IDLE_SECONDS)))
        busy = await _edits(people, asyncio.create_task(_run_on_all(here)))
    rest, work = _p99(idle), _p99(busy)
    note = f"PATCH, p99 of {len(busy):,} during {MILLION:,} members {work:.1f} ms; at rest {rest:.1f} ms"
    return [Figure("editing_latency_ratio", round(work / rest, 2), note)]


async def _run_on_all(here: Site) -> None:
    """Order a bulk run as the dashboard does, and return when it is over."""
    someone = Person(here)
    await someone.sit_down()
    key = await here.office.value(WORKFLOW)
    await someone.ask(Request("POST", f"/api/v1/workflows/{key}/run-on-all", {}))
    bulk_id = await here.office.value(LAST_BULK)
    await here.office.until(OVER, bulk_id)


async def _edits(people: list[Person], meanwhile: asyncio.Task[None]) -> list[float]:
    """Seconds of each edit, at a pace, for as long as something else goes on."""
    taken: list[float] = []
    numbers = iter(range(10**9))

    async def work(person: Person) -> None:
        while not meanwhile.done():
            began = time.perf_counter()
            taken.append(await person.edit(next(numbers)))
            await asyncio.sleep(max(0.0, began + PEOPLE / EDITS_PER_SECOND - time.perf_counter()))

    await asyncio.gather(*(work(person) for person in people))
    await meanwhile
    return taken


def _p99(seconds: list[float]) -> float:
    """In milliseconds."""
    return 1_000 * sorted(seconds)[int(len(seconds) * 0.99)]

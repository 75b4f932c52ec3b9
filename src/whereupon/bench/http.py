"""Requests to other systems: how many a second, and what the slow ones cost the others."""

from __future__ import annotations

import asyncio
import base64
import os
import resource
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from whereupon.bench.figures import Figure
from whereupon.bench.office import WHEN_STATUS_CHANGES, Office, draw, open_office
from whereupon.bench.processes import workers
from whereupon.db.embedded import throwaway_server
from whereupon.outbox.secrets import Key
from whereupon.outbox.shared_secrets import NewSecret, create_secret

REQUESTS, WARMING = 4_000, 200
DESTINATIONS, HANGING, EACH, ROUNDS = 1_000, 10, 1, 12  # short rounds: some meet the machine at rest
OPEN_FILES = 8_192
ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}'
CHANGE = "UPDATE data.orders SET status = 'new' WHERE id BETWEEN $1 AND $2"
# Each order says in its note to which port its request goes: one after the other.
PLACE = "UPDATE data.orders SET note = ($1::text[])[1 + id % cardinality($1::text[])]"
SUCCEEDED = "SELECT count(*) >= $1 FROM whereupon.runs WHERE status = 'succeeded'"


@dataclass
class Receiver:
    """A server on this machine that takes requests as fast as it can; what it was sent, in numbers."""

    taken: int = 0
    signed: int = 0
    most: int = 0  # connections at once
    lines: set[asyncio.Transport] = field(default_factory=set[asyncio.Transport])


class Answering(asyncio.Protocol):
    """One connection: each whole request gets the same answer, or none."""

    def __init__(self, receiver: Receiver, *, answers: bool) -> None:
        self.receiver, self.answers = receiver, answers
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.receiver.lines.add(self.transport)
        self.receiver.most = max(self.receiver.most, len(self.receiver.lines))

    def connection_lost(self, exc: Exception | None) -> None:
        self.receiver.lines.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self.answers and (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            size = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            if len(self.buffer) < end + 4 + size:
                return
            self.buffer = self.buffer[end + 4 + size :]
            self.receiver.taken += 1
            self.receiver.signed += b"webhook-signature: v1," in head
            self.transport.write(ANSWER)


@asynccontextmanager
async def listening(receiver: Receiver, count: int, *, answers: bool = True) -> AsyncGenerator[list[str]]:
    """So many servers; their ports."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        ports: list[str] = []
        for _ in range(count):
            server = await loop.create_server(lambda: Answering(receiver, answers=answers), "127.0.0.1", 0)
            stack.callback(server.close)
            ports.append(str(server.sockets[0].getsockname()[1]))
        yield ports
        for line in list(receiver.lines):
            line.abort()


def request(**more: Any) -> Mapping[str, Any]:
    """A block that sends the record to the port in its note, signed."""
    config = {"url": "http://127.0.0.1:{{ record.note }}/hook", "signing_secret": "signing", **more}
    return {"key": "call", "block": "http_request", "config": config}


@asynccontextmanager
async def calling(records: int, **config: Any) -> AsyncGenerator[Office]:
    """An office whose orders are sent when their status changes, and one worker."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    key = Key(os.urandom(32))
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            async with office.database.transaction() as db:
                value = "whsec_" + base64.b64encode(os.urandom(32)).decode()
                new = NewSecret(key="signing", host="127.0.0.1", value=value)
                await create_secret(db, office.rights, key, new)
            await office.insert_orders(records)
            await office.publish("Orders — Send", draw(WHEN_STATUS_CHANGES, request(**config)))
            settings = {
                "secret_key": base64.b64encode(key.material).decode(), "allowed_networks": "127.0.0.0/8"
            }  # fmt: skip
            async with workers(url, settings=settings):
                yield office
        finally:
            await office.database.close()


async def http_requests_per_second() -> list[Figure]:
    """Signed, the whole record, to one receiver: from the change of the records to the end of their runs."""
    receiver = Receiver()
    async with listening(receiver, 1) as ports, calling(WARMING + REQUESTS) as office:
        await office.execute(PLACE, ports)
        await send(office, 1, WARMING, succeeded=WARMING)
        seconds = await send(office, WARMING + 1, REQUESTS, succeeded=WARMING + REQUESTS)
    if (receiver.taken, receiver.signed) != (WARMING + REQUESTS,) * 2:
        raise AssertionError(f"{receiver.taken} requests came, {receiver.signed} of them signed.")
    note = f"{REQUESTS:,} records to one receiver, {receiver.most} at once, one worker: {seconds:.2f} s"
    return [Figure("http_requests_per_second", round(REQUESTS / seconds), note)]


async def slow_destinations_effect() -> list[Figure]:
    """How much longer the others take while ten of a thousand destinations hang.

    Two installations take turns, so that both meet the machine in the same moods.
    """
    receiver, hung = Receiver(), Receiver()
    good_ones = (DESTINATIONS - HANGING) * EACH
    async with (
        listening(receiver, DESTINATIONS - HANGING) as good,
        listening(hung, HANGING, answers=False) as bad,
        calling(good_ones * (ROUNDS + 1), timeout_seconds=20) as quick,
        calling(DESTINATIONS * EACH * (ROUNDS + 1), timeout_seconds=20) as mixed,
    ):
        await quick.execute(PLACE, good)
        await mixed.execute(PLACE, [*bad, *good])
        alone, beside = list[float](), list[float]()
        for turn in range(ROUNDS + 1):
            done = good_ones * (turn + 1)
            alone.append(await send(quick, 1 + turn * good_ones, good_ones, succeeded=done))
            first = 1 + turn * DESTINATIONS * EACH
            beside.append(await send(mixed, first, DESTINATIONS * EACH, succeeded=done))
    # The first round is the warming; what else the machine does only ever adds.
    apart, together = min(alone[1:]), min(beside[1:])
    effect = together / apart
    note = (
        f"{good_ones:,} requests to {DESTINATIONS - HANGING} destinations, best of {ROUNDS}: "
        f"{apart:.2f} s, beside {HANGING} that hang {together:.2f} s"
    )
    return [Figure("slow_destinations_effect", round(effect, 3), note)]


async def send(office: Office, first: int, count: int, *, succeeded: int) -> float:
    """Change so many records; seconds until so many runs in all have succeeded."""
    began = time.perf_counter()
    await office.execute(CHANGE, first, first + count - 1)
    await office.until(SUCCEEDED, succeeded)
    return time.perf_counter() - began

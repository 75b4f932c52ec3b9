"""A client in a process of its own: posts records over kept-open connections, as fast as it may or at a pace.

    python -m whereupon.bench.client < order.json

The order: {"host", "port", "path", "token", "count", "first", "connections", "per_second" (null: at once)}.
The answer, on one line: {"seconds", "statuses": {"201": 8000}}. Requests are written beforehand, so that the
client costs as little as a client can.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

import orjson
import uvloop

BODY = (
    '{{"name":"Order {n}","status":"new","priority":"low",'
    '"email":"customer{n}@example.org","amount":{amount}}}'
)


def requests(order: Mapping[str, Any]) -> list[bytes]:
    """Every request, ready to be written to a connection."""
    head = (
        f"POST {order['path']} HTTP/1.1\r\nHost: {order['host']}\r\n"
        f"Authorization: Bearer {order['token']}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    bodies = (
        BODY.format(n=n, amount=n % 1_000 + 0.5)
        for n in range(order["first"], order["first"] + order["count"])
    )
    return [f"{head}{len(body)}\r\n\r\n{body}".encode() for body in bodies]


class Posting(asyncio.Protocol):
    """One connection: writes a request, reads its answer, takes the next."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.answer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one without being derived from it
        self.crew.idle(self)

    def data_received(self, data: bytes) -> None:
        self.answer += data
        end = self.answer.find(b"\r\n\r\n")
        if end < 0 or len(self.answer) < end + 4 + content_length(self.answer[:end]):
            return
        status, self.answer = self.answer[9:12].decode(), b""
        self.crew.answered(self, status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.crew.lost(exc)

    def post(self, request: bytes) -> None:
        """Write the next request."""
        assert self.transport is not None
        self.transport.write(request)


def content_length(head: bytes) -> int:
    """
    >>> content_length(b"HTTP/1.1 201 Created\\r\\nContent-Length: 12\\r\\nA: b")
    12
    """
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0] or 0)


class Crew:
    """All connections, what is still to be posted, and what came back."""

    def __init__(self, todo: list[bytes], per_second: float | None) -> None:
        self.todo = todo[::-1]
        self.open = len(todo)
        self.statuses: Counter[str] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting: list[Posting] = []
        self.allowed = 0 if per_second else len(todo)
        self.per_second = per_second

    def idle(self, connection: Posting) -> None:
        """Give the connection its next request, now or when it is time."""
        self.waiting.append(connection)
        self.go()

    def go(self) -> None:
        """Post what may be posted."""
        while self.waiting and self.todo and self.allowed > 0:
            self.allowed -= 1
            self.waiting.pop().post(self.todo.pop())

    def answered(self, connection: Posting, status: str) -> None:
        """Count an answer."""
        self.statuses[status] += 1
        self.open -= 1
        if not self.open and not self.done.done():
            self.done.set_result(None)
        self.idle(connection)

    def lost(self, error: Exception | None) -> None:
        """A connection that closes before the end is a failure of the measurement."""
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"The server closed a connection: {error}"))

    async def keep_pace(self) -> None:
        """Allow one more request at every tick of the wanted rate."""
        assert self.per_second is not None
        loop = asyncio.get_running_loop()
        began, count = loop.time(), len(self.todo)
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / self.per_second - loop.time()))
            self.allowed += 1
            self.go()


async def post_all(order: Mapping[str, Any]) -> dict[str, Any]:
    """Post everything; how long it took and how it was answered."""
    loop = asyncio.get_running_loop()
    crew = Crew(requests(order), order["per_second"])
    began = time.perf_counter()
    for _ in range(order["connections"]):
        await loop.create_connection(lambda: Posting(crew), order["host"], order["port"])
    pace = [asyncio.create_task(crew.keep_pace())] if crew.per_second else []
    await asyncio.gather(crew.done, *pace)
    return {"seconds": time.perf_counter() - began, "statuses": dict(crew.statuses)}


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(uvloop.run(post_all(orjson.loads(sys.stdin.buffer.read())))))

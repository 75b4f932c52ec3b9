"""A stand-in for an AI provider: a server on this machine that speaks like OpenAI and answers as it is told.

The demonstration has no provider of its own, so its scenarios ask this one, over real HTTP.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from whereupon.db.pool import Database
from whereupon.outbox.ai.providers import AiProvider, load_providers, save_providers

MOST_BYTES = 50_000_000
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


class Heard(NamedTuple):
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: Any


class Said(NamedTuple):
    """One answer; `body` is JSON unless it is bytes."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = {}


Answering = Callable[[Heard], Said]


@dataclass
class StandIn:
    """A running server: where it is, and all that it was asked."""

    port: int
    heard: list[Heard] = field(default_factory=list[Heard])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@asynccontextmanager
async def asked_instead(database: Database, answer: Answering) -> AsyncGenerator[StandIn]:
    """Whoever asks an AI provider meanwhile asks the stand-in."""
    async with stand_in(answer) as server:
        async with database.transaction() as db:
            before = await load_providers(db, lock=True)
            one = AiProvider(key="stand_in", name="Stand-in", model="stand-in", base_url=server.url)
            await save_providers(db, [one])
        try:
            yield server
        finally:
            async with database.transaction() as db:
                await save_providers(db, before)


@asynccontextmanager
async def stand_in(answer: Answering) -> AsyncGenerator[StandIn]:
    """A server that lives as long as the block."""
    found = StandIn(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while (heard := await read_request(reader)) is not None:
                found.heard.append(heard)
                await write_answer(writer, answer(heard))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


async def read_request(reader: asyncio.StreamReader) -> Heard | None:
    """The next request of a connection; None when it was closed."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = min(int(headers.get("content-length", "0")), MOST_BYTES)
    body = await reader.readexactly(length)
    return Heard(first.split(" ")[1], headers, json.loads(body or b"null"))


async def write_answer(writer: asyncio.StreamWriter, said: Said) -> None:
    body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **said.headers}
    head = f"HTTP/1.1 {said.status} {REASONS.get(said.status, 'Other')}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(head.encode("latin-1") + b"\r\n" + body)
    await writer.drain()


def completion(
    values: Any, *, model: str = "stand-in", tokens: tuple[int, int] = (900, 30)
) -> dict[str, Any]:
    """A chat completion whose text is this JSON (or this very text)."""
    text = values if isinstance(values, str) else json.dumps(values)
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {
            "prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens),
        },
    }  # fmt: skip

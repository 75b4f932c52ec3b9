"""A server on loopback that other people might run: it takes requests, and misbehaves when asked to."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Heard:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> object:
        return json.loads(self.body)


@dataclass
class Receiver:
    """What it was sent, and how it answers; `answers`: path → raw answer, or a function of the request."""

    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, bytes | Callable[[Heard], bytes]] = field(default_factory=dict)
    sent: int = 0  # bytes of /large
    connections: int = 0
    broken_off: asyncio.Event = field(default_factory=asyncio.Event)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.add(writer)
        try:
            while await self.one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            self.broken_off.set()
        finally:
            self.writers.discard(writer)
            writer.close()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        heard = Heard(method, path, headers, body)
        self.heard.append(heard)
        path = path.partition("?")[0]
        misbehave = getattr(self, f"misbehave_{path.strip('/')}", None)
        if misbehave is not None:
            await misbehave(writer)
            return False
        given = self.answers.get(path, ok(b"{}"))
        writer.write(given(heard) if callable(given) else given)
        await writer.drain()
        return True

    async def misbehave_hang(self, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def misbehave_drip(self, writer: asyncio.StreamWriter) -> None:
        """A byte now and then, for ever."""
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        await self.drip(writer)

    async def misbehave_headers(self, writer: asyncio.StreamWriter) -> None:
        """The same before the answer has begun."""
        writer.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
        await self.drip(writer)

    async def drip(self, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def misbehave_reset(self, writer: asyncio.StreamWriter) -> None:
        """RST instead of an answer."""
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def misbehave_half(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf of it")
        await writer.drain()

    async def misbehave_large(self, writer: asyncio.StreamWriter) -> None:
        """A gigabyte, and it says so."""
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {GIGABYTE}\r\n\r\n".encode())
        await self.pour(writer, b"x" * 65_536)

    async def misbehave_endless(self, writer: asyncio.StreamWriter) -> None:
        """A gigabyte in chunks, without saying so."""
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        await self.pour(writer, b"10000\r\n" + b"x" * 65_536 + b"\r\n")

    async def misbehave_manyheaders(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await self.pour(writer, b"x-more: " + b"x" * 1_000 + b"\r\n")

    async def misbehave_gibberish(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x16\x03\x01 220 welcome to ftp\r\n\r\n")
        await writer.drain()

    async def pour(self, writer: asyncio.StreamWriter, part: bytes) -> None:
        while self.sent < GIGABYTE:
            writer.write(part)
            self.sent += len(part)
            await writer.drain()


def ok(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer; `retry_after` becomes Retry-After."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def receiver(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """One that listens until the end."""
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for writer in list(made.writers):
            with suppress(Exception):
                writer.transport.abort()
        await asyncio.sleep(0)

"""What is no HTTP, and what is too long to be read, is answered like every other mistake."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from whereupon.api.protocol import Protocol


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(PlainTextResponse("read"), http=Protocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield int(listening.getsockname()[1])
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    ("request_line", "status", "code"),
    [
        ("GET /records?where=" + "%CE%A9" * 20_000 + " HTTP/1.1", 414, "address_too_long"),
        ("GET /records\x00 HTTP/1.1", 400, "malformed"),
        ("Καλημέρα", 400, "malformed"),
    ],
)
async def test_what_cannot_be_read_is_answered_by_a_problem(
    port: int, request_line: str, status: int, code: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request_line.encode() + b"\r\nHost: x\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(f"HTTP/1.1 {status}".encode())
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == code


async def test_what_is_just_short_enough_is_read(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /" + b"a" * 65_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()

"""The HTTP client of an AI provider: the one way out (outbox/egress.py), with bounds on what comes back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from whereupon.outbox.networks import Policy
from whereupon.outbox.pinned import AddressRefused, NameUnknown, PinnedTransport
from whereupon.outbox.rehearsing import refuse_in_rehearsal

MOST_BYTES = 10_000_000  # of an answer
CONNECT_SECONDS = 10.0


class AnswerTooLarge(Exception):
    """More came back than any answer has, or it came packed, so that nobody knows how much it is."""


class BoundedBody(httpx2.AsyncByteStream):
    """The answer's bytes, up to a limit."""

    def __init__(self, body: Any) -> None:
        self.body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self.body:
            size += len(part)
            if size > MOST_BYTES:
                raise AnswerTooLarge
            yield part

    async def aclose(self) -> None:
        await self.body.aclose()


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Asks for answers that are not packed, and marks requests that a key goes along with."""

    def __init__(self, policy: Policy, *, confidential: bool) -> None:
        self.pinned, self.confidential = PinnedTransport(policy), confidential

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"
        request.extensions = {**request.extensions, "confidential": self.confidential}
        response = await self.pinned.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            await response.aclose()
            raise AnswerTooLarge
        response.stream = BoundedBody(response.stream)
        return response

    async def aclose(self) -> None:
        await self.pinned.aclose()


@asynccontextmanager
async def way_out(
    policy: Policy, *, confidential: bool, seconds: float
) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client for one question. `confidential`: a key goes along, which is not sent openly to strangers."""
    refuse_in_rehearsal()
    limits = httpx2.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    transport = BoundedTransport(policy, confidential=confidential)
    async with httpx2.AsyncClient(
        transport=transport, trust_env=False, follow_redirects=False, timeout=limits
    ) as client:
        yield client


def refused_by_us(error: BaseException) -> AddressRefused | NameUnknown | AnswerTooLarge | None:
    """What stopped a request on our side, found below the errors that the libraries put around it."""
    seen: BaseException | None = error
    for _ in range(12):
        if seen is None or isinstance(seen, (AddressRefused, NameUnknown, AnswerTooLarge)):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None

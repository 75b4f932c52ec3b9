"""The one way out for HTTP: where it may go, how long it may take, and how much may come back.

No redirects are followed, no proxy or password file of the environment is used, answers are not unpacked.
What goes wrong is one of two: NotAllowed, which no other try will change, and NoAnswer, which it may.
"""

from __future__ import annotations

import asyncio
import functools
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whereupon.errors import WhereuponError
from whereupon.outbox.networks import Policy
from whereupon.outbox.rehearsing import refuse_in_rehearsal

if TYPE_CHECKING:
    import httpx2

    from whereupon.outbox.pinned import PinnedTransport, Resolve

LONGEST_URL = 8_000
MOST_BYTES = 10_000_000  # of an answer
CONNECT_SECONDS, IDLE_SECONDS, TOTAL_SECONDS = 10.0, 15.0, 30.0
POLICY_SECONDS = 5.0  # until a change of the allowed networks is noticed
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
UNFIT = re.compile(r"[\x00-\x20\x7f\\]")  # what a URL must not contain
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # what a header must not
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
# Numbers posing as a name ("2130706433", "0x7f.1"): resolvers read them as addresses, each in its own way.
NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?", re.ASCII)
DOTTED = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})", re.ASCII)
NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?", re.ASCII)


class NotAllowed(WhereuponError):
    """The request may not be made as it is, now or later."""

    status, exit_code, code, title = 422, 2, "not_allowed", "Not allowed"

    def __init__(self, code: str, message: str, suggestion: str | None = None) -> None:
        super().__init__(message, suggestion=suggestion)
        self.code = code


class NoAnswer(WhereuponError):
    """The other side did not answer as it should; it may another time."""

    status, exit_code, code, title = 502, 7, "no_answer", "No answer"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request. `confidential`: a secret goes along, which needs encryption outside our own networks."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    total_seconds: float = TOTAL_SECONDS
    idle_seconds: float = IDLE_SECONDS
    most_bytes: int = MOST_BYTES
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads: what is resolved, and what the history calls it."""

    url: httpx2.URL
    host: str
    port: int

    @property
    def destination(self) -> str:
        """What is slow or down as one.

        >>> read_url("https://API.example.com/v1?x=1").destination
        'api.example.com:443'
        """
        return f"{self.host}:{self.port}"


@functools.lru_cache(maxsize=1_024)
def read_url(text: str) -> Place:
    """Check a URL; one reading of it is both checked and used. Raises NotAllowed."""
    import httpx2

    text = text.strip(" ")
    if not text or len(text) > LONGEST_URL:
        raise NotAllowed("bad_url", "The address is empty." if not text else "The address is too long.")
    if UNFIT.search(text):
        raise _bad("it contains a space, a line break or a backslash")
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL as error:
        raise _bad(str(error).rstrip(".")) from error
    if url.scheme not in ("http", "https"):
        raise _bad("it must begin with https:// or http://")
    if url.userinfo or "@" in text.split("//", 1)[-1].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]:
        raise _bad("it contains a user name or password before an @; choose how to sign in instead")
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    _check_host(host)
    port = url.port if url.port is not None else 443 if url.scheme == "https" else 80
    if not 1 <= port <= 65535:
        raise _bad("its port is not one")
    return Place(url, host, port)


def _check_host(host: str) -> None:
    if not host:
        raise _bad("it names no server")
    if ":" in host:  # IPv6, which the parser has read
        if "%" in host:
            raise _bad("it names a network card")
        return
    if NUMERIC.fullmatch(host) and not DOTTED.fullmatch(host):
        raise _bad("the server's address is written in an unusual way")
    if not NAME.fullmatch(host) or len(host) > 253:
        raise _bad("the server's name is not one")


def _bad(why: str) -> NotAllowed:
    return NotAllowed(
        "bad_url", f"The address cannot be used: {why}.", "Write it like https://example.com/path."
    )


def check_header(name: str, value: str) -> None:
    """Raises NotAllowed for what would end the header, or begin another."""
    if not HEADER_NAME.fullmatch(name):
        raise NotAllowed("bad_header", f'"{name[:60]}" is no name of a header.')
    if len(value) > LONGEST_URL or CONTROL.search(value):
        raise NotAllowed("bad_header", f'The header "{name}" contains a line break, or is too long.')


class Egress:
    """One per process, made where its event loop is."""

    def __init__(self, policy: Callable[[], Awaitable[Policy]], *, resolve: Resolve | None = None) -> None:
        self.policy, self.resolve = policy, resolve
        self.known: PinnedTransport | None = None
        self.asked_at = 0.0

    async def transport(self) -> PinnedTransport:
        """For any client of httpx2 whose requests are to go this way. Not to be kept."""
        now = time.monotonic()
        if self.known is None or now - self.asked_at > POLICY_SECONDS:
            self.asked_at = now
            policy = await self.policy()
            if self.known is None or self.known.policy != policy:
                from whereupon.outbox import pinned

                # What was connected under another policy is not used again.
                old, self.known = self.known, pinned.PinnedTransport(policy, self.resolve or pinned.resolve)
                if old is not None:
                    await old.aclose()
        return self.known

    async def send(self, outgoing: Outgoing) -> Answer:
        """Make one request. Raises NotAllowed, NoAnswer."""
        refuse_in_rehearsal()
        place = read_url(outgoing.url)
        for name, value in outgoing.headers.items():
            check_header(name, value)
        async with _plainly(place.host, outgoing):
            async with asyncio.timeout(outgoing.total_seconds):
                return await self._exchange(outgoing, place)

    async def _exchange(self, outgoing: Outgoing, place: Place) -> Answer:
        import httpx2

        transport = await self.transport()
        headers = {"accept-encoding": "identity", "user-agent": "Whereupon"}
        headers |= {name.lower(): value for name, value in outgoing.headers.items()}
        idle = outgoing.idle_seconds
        request = httpx2.Request(
            outgoing.method,
            place.url,
            headers=[(name.encode(), value.encode()) for name, value in headers.items()],
            content=outgoing.body or None,
            extensions={
                "timeout": {"connect": CONNECT_SECONDS, "read": idle, "write": idle},
                "confidential": outgoing.confidential,
            },
        )
        response = await transport.handle_async_request(request)
        try:
            body = await _read(response, outgoing, place.host)
        finally:
            await response.aclose()
        return Answer(response.status_code, dict(response.headers), body)

    async def aclose(self) -> None:
        """Close all connections."""
        if self.known is not None:
            await self.known.aclose()


async def _read(response: httpx2.Response, outgoing: Outgoing, host: str) -> bytes:
    """The body, as far as it may go: one that says, or shows, that it is longer is not read to its end."""
    said = response.headers.get("content-length", "")
    if said.isdigit() and int(said) > outgoing.most_bytes:
        raise _too_large(host, outgoing.most_bytes)
    parts, size = list[bytes](), 0
    stream: Any = response.stream
    async for part in stream:
        size += len(part)
        if size > outgoing.most_bytes:
            raise _too_large(host, outgoing.most_bytes)
        parts.append(part)
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity") and size:
        raise NotAllowed(
            "packed", f"{host} answered with packed data that was not asked for.",
            "Ask its operator to answer without Content-Encoding.",
        )  # fmt: skip
    return b"".join(parts)


def _too_large(host: str, most: int) -> NotAllowed:
    return NotAllowed(
        "answer_too_large",
        f"The answer of {host} is larger than {most / 1_000_000:g} MB. It was not read to its end.",
        "Ask for less, for example a page of a list.",
    )


@asynccontextmanager
async def _plainly(host: str, outgoing: Outgoing) -> AsyncGenerator[None]:
    """What went wrong, as people can read it."""
    import httpx2

    from whereupon.outbox.pinned import AddressRefused, NameUnknown

    try:
        yield
    except AddressRefused as error:
        raise _refused(error) from error
    except NameUnknown as error:
        raise NoAnswer(
            "unknown_host", f"There is no server named {host}, or it could not be looked up."
        ) from error
    except httpx2.ConnectTimeout as error:
        raise NoAnswer("connect_timeout", f"{host} did not take the connection in time.") from error
    except httpx2.ConnectError as error:
        raise NoAnswer("connect_failed", f"{host} could not be reached: {_words(error)}.") from error
    except (httpx2.TimeoutException, TimeoutError) as error:
        told = f"{host} did not answer within {outgoing.total_seconds:g} seconds."
        raise NoAnswer("timeout", told) from error
    except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
        raise NoAnswer("broken_off", f"{host} broke off before its answer was complete.") from error
    except httpx2.LocalProtocolError as error:
        raise NotAllowed("bad_request", f"The request cannot be written: {error}.") from error


def _refused(error: Any) -> NotAllowed:
    if error.openly:
        return NotAllowed(
            "not_encrypted",
            f"A secret is only sent encrypted to {error.host}, and this address begins with http://.",
            "Use https://.",
        )
    return NotAllowed(
        "address_refused",
        f"{error.host} is {error.address}, which is not a public address. Requests may not go there.",
        "An administrator can allow the network in the settings, under Connections.",
    )


def _words(error: Exception) -> str:
    """
    >>> _words(OSError(111, "Connection refused")), _words(ValueError("Bad gateway.")), _words(TimeoutError())
    ('connection refused', 'bad gateway', 'no reason was given')
    """
    text = re.sub(r"^\[Errno -?\d+\] ", "", str(error))
    return text[:1].lower() + text[1:200].rstrip(".") if text else "no reason was given"

"""The transport of all outgoing HTTP: a name is resolved once, and what is connected to is what was checked.

A name that resolves to several addresses is refused if one of them is; otherwise somebody who answers for
the name could let the check see one address and the connection another (DNS rebinding). Certificates are
still checked against the name, and the Host header still says it.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, cast

import httpcore2
import httpx2

from whereupon.outbox.networks import Address, Policy, plain

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
KEEP_SECONDS = 15.0  # a connection that rests longer is closed
SWEEP_SECONDS = 5.0
RESOLVING_AT_ONCE = 16
FEW = 4  # addresses of one name that are tried
MOST_OPEN = 400  # connections; beyond, those that rest are closed, longest unused first


class AddressRefused(Exception):
    """The name leads where requests may not go."""

    def __init__(self, host: str, address: Address, *, openly: bool = False) -> None:
        super().__init__(f"{host} is {address}")
        self.host, self.address, self.openly = host, address, openly


class NameUnknown(Exception):
    """The name does not resolve."""


@functools.cache
def _resolvers() -> ThreadPoolExecutor:
    # Not the loop's own threads: names that take long to resolve would keep those from everybody else.
    return ThreadPoolExecutor(RESOLVING_AT_ONCE, "resolve")


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the machine resolves it. Raises OSError."""
    asked = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_resolvers(), asked)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Line(httpcore2.AsyncNetworkStream):
    """One connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, open_lines: set[Line]
    ) -> None:
        self.reader, self.writer, self.open_lines = reader, writer, open_lines
        open_lines.add(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                return await self.reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout("nothing came") from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if not buffer:
            return
        try:
            self.writer.write(buffer)
            async with asyncio.timeout(timeout):
                await self.writer.drain()
        except TimeoutError as error:
            raise httpcore2.WriteTimeout("nothing was taken") from error
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    async def aclose(self) -> None:
        # Not waited for: who does not say goodbye would keep us.
        self.open_lines.discard(self)
        self.writer.close()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:  # fmt: skip
        try:
            async with asyncio.timeout(timeout):
                await self.writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            await self.aclose()
            raise httpcore2.ConnectTimeout("no TLS in time") from error
        except OSError as error:  # of which ssl.SSLError is one kind
            await self.aclose()
            raise httpcore2.ConnectError(_why(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # at rest, something to read means that the other side is leaving
            said_more = bool(getattr(self.reader, "_buffer", b""))
            return self.reader.at_eof() or self.writer.is_closing() or said_more
        names = {"ssl_object": "ssl_object", "server_addr": "peername", "socket": "socket"}
        return self.writer.get_extra_info(names[info]) if info in names else None


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    return f"TLS failed: {error.reason or error}" if isinstance(error, ssl.SSLError) else str(error)


@dataclass(frozen=True, slots=True)
class Pinned(httpcore2.AsyncNetworkBackend):
    """Connects to the addresses that were checked. `openly`: a secret goes along without encryption."""

    policy: Policy
    resolve: Resolve
    openly: bool = False
    open_lines: set[Line] = field(default_factory=set[Line])

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:  # fmt: skip
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(await self._checked(host, port), port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error

    async def _checked(self, host: str, port: int) -> list[Address]:
        """Every address of the name, each allowed. Raises AddressRefused, NameUnknown."""
        try:
            texts: Sequence[str] = [str(ip_address(host))]
        except ValueError:
            try:
                texts = await self.resolve(host, port)
            except (OSError, UnicodeError) as error:
                raise NameUnknown(host) from error
        if not texts:
            raise NameUnknown(host)
        found = [ip_address(text) for text in texts]
        for one in found:
            if not self.policy.permits(one):
                raise AddressRefused(host, plain(one))
            if self.openly and not self.policy.permits_openly(one):
                raise AddressRefused(host, plain(one), openly=True)
        return [plain(one) for one in found]

    async def _connect(self, addresses: Sequence[Address], port: int) -> Line:
        failure: OSError | None = None
        for address in addresses[:FEW]:
            try:
                return Line(*await asyncio.open_connection(str(address), port), self.open_lines)
            except OSError as error:
                failure = error
        raise failure or OSError("no address")


@dataclass(slots=True)
class Pool:
    """The connections to one destination."""

    pool: httpcore2.AsyncConnectionPool
    under_way: int = 0
    used_at: float = 0.0


@dataclass(slots=True)
class PinnedTransport(httpx2.AsyncBaseTransport):
    """For any client of httpx2. One pool for each destination: who is slow fills no other's."""

    policy: Policy
    resolve: Resolve = resolve
    tls: ssl.SSLContext | None = None
    clock: Callable[[], float] = time.monotonic
    pools: dict[tuple[bytes, bytes, int | None, bool], Pool] = field(default_factory=dict[Any, Pool])
    open_lines: set[Line] = field(default_factory=set[Line])
    swept_at: float = 0.0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises what httpx2's transports raise, AddressRefused and NameUnknown."""
        url, extensions = request.url, cast(Any, request).extensions
        openly = bool(extensions.get("confidential")) and url.scheme == "http"
        pool = await self._pool(url, openly)
        asked = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=extensions,
        )  # fmt: skip
        pool.under_way += 1
        try:
            with _as_httpx():
                answer = await pool.pool.handle_async_request(asked)
        except BaseException:
            pool.under_way -= 1
            raise
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=Body(answer.stream, pool),
            extensions=cast(Any, answer).extensions,
        )

    async def _pool(self, url: httpx2.URL, openly: bool) -> Pool:
        now = self.clock()
        if now - self.swept_at > SWEEP_SECONDS:
            self.swept_at = now
            await self.sweep(now - KEEP_SECONDS)
        key = (url.raw_scheme, url.raw_host, url.port, openly)
        found = self.pools.get(key)
        if found is None:
            if len(self.open_lines) >= MOST_OPEN:
                await self.sweep(now, len(self.pools) // 4 + 1)
            backend = Pinned(self.policy, self.resolve, openly, self.open_lines)
            made = httpcore2.AsyncConnectionPool(
                ssl_context=self._tls() if url.scheme == "https" else None, max_connections=None,
                max_keepalive_connections=None, keepalive_expiry=KEEP_SECONDS, network_backend=backend,
            )  # fmt: skip
            found = self.pools[key] = Pool(made)
        found.used_at = now
        return found

    def _tls(self) -> ssl.SSLContext:
        if self.tls is None:
            self.tls = httpx2.create_ssl_context()
        return self.tls

    async def sweep(self, before: float, most: int | None = None) -> None:
        """Close what rests, longest unused first: nobody may ask these destinations again."""
        resting = [key for key, one in self.pools.items() if not one.under_way and one.used_at < before]
        for key in sorted(resting, key=lambda key: self.pools[key].used_at)[:most]:
            await self.pools.pop(key).pool.aclose()

    async def aclose(self) -> None:
        pools, self.pools = list(self.pools.values()), {}
        for one in pools:
            with suppress(RuntimeError):  # requests under way
                await one.pool.aclose()


class Body(httpx2.AsyncByteStream):
    """The answer's bytes as they come."""

    def __init__(self, stream: Any, pool: Pool) -> None:
        self.stream, self.pool, self.closed = stream, pool, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for part in self.stream:
                yield part

    async def aclose(self) -> None:
        if not self.closed:
            self.closed = True
            self.pool.under_way -= 1
            await self.stream.aclose()


class _as_httpx:
    """httpcore2's errors as those of httpx2, which have the same names."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None or not type(error).__module__.startswith("httpcore2"):
            return
        for name in (one.__name__ for one in type(error).__mro__):
            if (known := getattr(httpx2, name, None)) is not None and issubclass(known, httpx2.HTTPError):
                raise known(str(error)) from error

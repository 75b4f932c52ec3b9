"""`whereupon serve`: a database, the web application and workers, kept alive together and ended together.

The supervisor does no work of its own, so there is nothing in it that could fail for want of memory or by
a defect. It opens the port itself and lends it to the web application: while that one starts again,
those who call wait a moment and are not turned away.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from whereupon.db.embedded import database_server
from whereupon.db.migrate import connect_for_schema_work, is_at_head, refuse_old_server
from whereupon.db.pool import prepare_connection
from whereupon.errors import Conflict, Refused, Unavailable
from whereupon.people.first_start import prepare_first_start
from whereupon.settings import Settings
from whereupon.workers.leash import LEASH, SOCKET_VARIABLE, stop_on_signals
from whereupon.workers.process import rest

log = structlog.get_logger()
API, WORKER = "whereupon.api.process", "whereupon.workers.process"
BACK_OFF = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds to wait with a process that ended again and again
AFTER_KILL = 0.5  # seconds at most: it did not end by itself, so starting it is likely to help
LIVED_WELL = 5.0  # seconds after which an end counts as the first one
PATIENCE = 25.0  # seconds that processes have to finish what they are doing
BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Serving:
    """What `serve` tells once all is up: the address, and a token while there is no administrator."""

    address: str
    setup_token: str | None


async def serve(settings: Settings, ready: Callable[[Serving], None]) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP. `ready` is called once, when requests are answered.

    Raises Conflict (the port is taken), Unavailable and Refused (the database).
    """
    stop = asyncio.Event()
    stop_on_signals(stop)
    with open_port(settings.host, settings.port) as port:
        async with database_server(settings) as url, leash() as leash_end:
            token = await prepare_database(url, settings)
            env = {
                **os.environ,
                "WHEREUPON_DATABASE_URL": url,
                "WHEREUPON_DATA": str(settings.data.absolute()),
            }
            env |= {SOCKET_VARIABLE: str(port.fileno()), "WHEREUPON_LOG_LEVEL": settings.log_level}
            # What the command line said over the environment: links in mails lead there.
            env |= {"WHEREUPON_HOST": settings.host, "WHEREUPON_PORT": str(port.getsockname()[1])}
            children = [Child("api", API, env, leash_end, (port.fileno(),))]
            children += [Child(f"worker {n}", WORKER, env, leash_end) for n in range(1, settings.workers + 1)]
            telling = asyncio.create_task(tell_when_ready(port, settings, token, ready))
            try:
                await keep_children(children, stop)
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)


# Before anything starts ---------------------------------------------------------------------------------


def open_port(host: str, port: int) -> socket.socket:
    """Listen there. Raises Conflict when somebody else does, Refused when we may not, Unavailable."""
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            listening.listen(BACKLOG)
        except BaseException:
            listening.close()
            raise
    except PermissionError:
        raise Refused(
            f"This user may not listen on {where}.", suggestion="Choose a port above 1023."
        ) from None
    except socket.gaierror as error:
        raise Unavailable(
            f'There is no address "{host}" here: {error.strerror}.',
            suggestion="Set WHEREUPON_HOST or --host.",
        ) from None
    except OSError as error:
        raise Conflict(
            f"Port {port} on {host} cannot be used: {os.strerror(error.errno or 0)}.",
            suggestion="Is another `whereupon serve` running? --port or WHEREUPON_PORT choose another port.",
        ) from None
    return listening


async def prepare_database(url: str, settings: Settings) -> str | None:
    """Bring the schema up to date; the one-time token while there is no administrator, else None."""
    connection = await connect_for_schema_work(url)
    try:
        refuse_old_server(connection)
        if not await is_at_head(connection):
            await migrate_apart(url, settings)
        await prepare_connection(connection)
        return await prepare_first_start(connection)
    finally:
        await connection.close()


async def migrate_apart(url: str, settings: Settings) -> None:
    """In a process of its own: what Alembic needs would stay in our memory for good."""
    env = {**os.environ, "WHEREUPON_DATABASE_URL": url, "WHEREUPON_DATA": str(settings.data.absolute())}
    migrating = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from whereupon.cli.main import main; main()", "migrate", "--quiet",
        env=env, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await migrating.communicate()
    if migrating.returncode:
        raise Unavailable(f"The database could not be migrated.\n{said.decode(errors='replace').strip()}")


@asynccontextmanager
async def leash() -> AsyncGenerator[int]:
    """The reading end of a pipe whose other end closes with this process."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


# While it runs ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Child:
    """A process that is to run, and does, whatever happens to it."""

    name: str
    module: str
    env: Mapping[str, str]
    leash_end: int
    lends: Sequence[int] = ()
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def keep(self, stop: asyncio.Event) -> None:
        """Start it, and again whenever it ends, until `stop`."""
        deaths = -1  # the first one follows at once
        while not stop.is_set():
            began = time.monotonic()
            process = await self.start()
            code = await process.wait()
            if stop.is_set():
                return
            deaths = 0 if time.monotonic() - began > LIVED_WELL else deaths + 1
            pause = pause_after(deaths, killed=code == -signal.SIGKILL)
            log.warning("process ended; starting it again", name=self.name, code=code, pause=pause)
            await rest(stop, pause)

    async def start(self) -> asyncio.subprocess.Process:
        # In a session of its own: Ctrl-C in the terminal is for us, and we pass it on.
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self.module, LEASH,
            env=self.env, stdin=self.leash_end, pass_fds=self.lends, start_new_session=True,
        )  # fmt: skip
        log.debug("process started", name=self.name, pid=self.process.pid)
        return self.process

    def signal(self, kill: bool = False) -> None:
        if self.process is not None and self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill() if kill else self.process.terminate()


def pause_after(deaths: int, *, killed: bool) -> float:
    """Seconds to wait before the next start, after so many early deaths.

    >>> [pause_after(n, killed=False) for n in (0, 1, 99)], pause_after(99, killed=True)
    ([0.0, 0.2, 5.0], 0.5)
    """
    pause = BACK_OFF[min(max(0, deaths), len(BACK_OFF) - 1)]
    return min(pause, AFTER_KILL) if killed else pause


async def keep_children(children: Sequence[Child], stop: asyncio.Event) -> None:
    """Until `stop`; then ask them to end, and wait until they have."""
    keeping = [asyncio.create_task(child.keep(stop)) for child in children]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([*keeping, stopping], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        for child in children:
            child.signal()
        await asyncio.wait(keeping, timeout=PATIENCE)
    finally:
        for child in children:
            child.signal(kill=True)
        stopping.cancel()
        results = await asyncio.gather(*keeping, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def tell_when_ready(
    port: socket.socket, settings: Settings, token: str | None, ready: Callable[[Serving], None]
) -> None:
    """The port is open from the beginning, so one question is enough: it is answered when it can be."""
    host, number = port.getsockname()[:2]
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await asks_healthy(own_address(host), number):
                break
        await asyncio.sleep(0.1)
    shown = f"[{host}]" if ":" in host else host
    ready(Serving(settings.public_url or f"http://{shown}:{number}", token))


def own_address(host: str) -> str:
    """Where this machine reaches a server that listens on `host`.

    >>> own_address("0.0.0.0"), own_address("127.0.0.1")
    ('127.0.0.1', '127.0.0.1')
    """
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


async def asks_healthy(host: str, port: int) -> bool:
    """Whether the web application and its database answer."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b" 200 " in await reader.readline()
    finally:
        writer.close()

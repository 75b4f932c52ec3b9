"""The web application as a process: on a port that the supervisor opened, or on one of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn
import uvloop

from whereupon.api.app import create_app
from whereupon.api.live import Live
from whereupon.api.protocol import Protocol
from whereupon.errors import WhereuponError
from whereupon.settings import Settings
from whereupon.workers.leash import LEASH, SOCKET_VARIABLE, follow_the_master, stop_on_signals
from whereupon.workers.logs import log_to_stderr
from whereupon.workers.process import connect, rest

log = structlog.get_logger()
CONNECTIONS = 24  # to the database: more would only make them wait for each other there
GRACE_SECONDS = 10  # for requests under way when the process is to end


async def run(settings: Settings, url: str, port: socket.socket) -> None:
    """Answer requests on `port` until told to stop."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    database = await connect(url, stop, name="whereupon api", max_size=CONNECTIONS)
    if database is None:
        return
    try:
        app = create_app(database, settings)
        config = uvicorn.Config(
            app, loop="none", http=Protocol, ws="none", lifespan="on",
            log_config=None, access_log=False, server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS, timeout_keep_alive=75,
        )  # fmt: skip
        await Server(config, stop, app.state.live).serve(sockets=[port])
    finally:
        await database.close()


class Server(uvicorn.Server):
    """Stops by our event, and does next to nothing while nobody asks (uvicorn looks ten times a second)."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event, live: Live) -> None:
        super().__init__(config)
        self.stop = stop
        self.live = live

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to us: uvicorn would end the process before the database is closed."""
        yield

    async def main_loop(self) -> None:
        """Once a second, for the Date header. Streams that have no end are ended with it."""
        while not self.stop.is_set():
            await self.on_tick(0)
            await rest(self.stop, 1.0)
        self.live.end()
        self.should_exit = True


def main() -> int:
    """`python -m whereupon.api.process`: what the supervisor starts."""
    settings = Settings()  # pyright: ignore[reportCallIssue]
    if LEASH in sys.argv:
        follow_the_master()
    try:
        log_to_stderr(settings.log_level, "api")
        assert settings.database_url, "the supervisor says where the database is"
        port = socket.socket(fileno=int(os.environ[SOCKET_VARIABLE]))
        uvloop.run(run(settings, settings.database_url, port))
    except WhereuponError as error:
        log.error(error.message, suggestion=error.suggestion)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A process that serves another ends with it: however the master dies, the kernel closes the leash.

The leash is a pipe. The master holds the end for writing and never writes; the others have the end for
reading as their standard input. When it closes, they stop as if they had been asked to.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

LEASH = "--on-a-leash"  # the argument that says so
SOCKET_VARIABLE = "WHEREUPON_SOCKET"  # under which number the web application inherits the open port
PATIENCE = 30.0  # seconds that a process has to finish its work


def follow_the_master() -> None:
    """Watch standard input from a thread, so that even a loop that hangs is ended."""
    threading.Thread(target=_watch, name="leash", daemon=True).start()


def _watch() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os._exit(1)


def stop_on_signals(stop: asyncio.Event) -> None:
    """SIGTERM, SIGINT and SIGHUP set `stop`; whoever sends a second one does not want to wait."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def asked() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, asked)

"""PDFs from HTML, drawn by processes of their own that are kept for the next document for a while."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import IO, Any, cast

from whereupon.errors import WhereuponError
from whereupon.templates.pdf_process import receive, send

SECONDS = 20.0  # that one document may take
IDLE_SECONDS = 20.0  # after which a process without work is ended: it holds 40 MB
DOCUMENTS = 500  # that one process draws before it is replaced
AT_ONCE = max(1, min(4, os.cpu_count() or 1))


class DrawingFailed(WhereuponError):
    """A document could not be drawn: it takes too long, too much memory, or too many pages."""

    status, exit_code, code, title = 422, 2, "pdf_failed", "The PDF could not be made"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the document may show, by its name."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A PDF; `shown`: its first pages as PNG, as many as were asked for."""

    content: bytes = field(repr=False)
    pages: int
    shown: list[bytes] = field(default_factory=list[bytes], repr=False)


async def draw_pdf(html: str, pictures: Sequence[Picture] = (), *, title: str = "", show: int = 0) -> Drawn:
    """The PDF of a whole HTML document, which sees the pictures and nothing else. Raises DrawingFailed."""
    return await asyncio.get_running_loop().run_in_executor(threads(), draw, html, pictures, title, show)


def draw(html: str, pictures: Sequence[Picture] = (), title: str = "", show: int = 0) -> Drawn:
    """The same, blocking."""
    job = {
        "html": html, "title": title, "show": show,
        "pictures": [{"name": one.name, "media_type": one.media_type} for one in pictures],
    }  # fmt: skip
    told, parts = hand_over(job, [one.content for one in pictures])
    if "fault" in told:
        raise DrawingFailed(str(told["fault"]), suggestion="Make the template simpler, or its lists shorter.")
    return Drawn(parts[0], told["pages"], parts[1:])


@cache
def threads() -> ThreadPoolExecutor:
    """Those that wait for the processes, as many as there are of these."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pdf")


def hand_over(job: dict[str, Any], parts: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Let a process draw it; one that breaks or takes too long is ended, and the next gets another."""
    process = take()
    late = threading.Timer(SECONDS, process.end)
    late.start()
    begun = time.monotonic()
    try:
        answer = process.ask(job, parts)
    except (OSError, EOFError, ValueError):
        answer = None
    finally:
        late.cancel()
    if answer is None:
        process.end()
        took = time.monotonic() - begun
        if took >= SECONDS:
            return {"fault": f"It takes longer than {SECONDS:g} seconds."}, []
        return {"fault": "It cannot be drawn: it needs too much memory, or a picture in it is damaged."}, []
    give_back(process)
    return answer


@dataclass(slots=True)
class Process:
    """One process that draws."""

    child: subprocess.Popen[bytes]
    drawn: int = 0
    idle_since: float = 0.0

    def ask(self, job: dict[str, Any], parts: list[bytes]) -> tuple[dict[str, Any], list[bytes]] | None:
        """What it answers; None when it is gone."""
        send(cast("IO[bytes]", self.child.stdin), job, parts)  # pyright: ignore[reportArgumentType]
        self.drawn += 1
        return receive(cast("Any", self.child.stdout))

    def end(self) -> None:
        """At once."""
        self.child.kill()
        self.child.wait()
        for stream in (self.child.stdin, self.child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def start() -> Process:
    """A new one: without our environment, so without secrets, in a folder that is not ours."""
    return Process(
        subprocess.Popen(
            [sys.executable, "-I", "-m", "whereupon.templates.pdf_process"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LANG": "C.UTF-8"},
            cwd="/", close_fds=True,
        )
    )  # fmt: skip


# Those without work, the last used first. A timer ends them when none comes.
_idle: list[Process] = []
_lock = threading.Lock()
_sweeping = False


def take() -> Process:
    """One without work, or a new one."""
    with _lock:
        while _idle:
            process = _idle.pop()
            if process.child.poll() is None:
                return process
            process.end()
    return start()


def give_back(process: Process) -> None:
    """Keep it for the next document."""
    global _sweeping
    if process.drawn >= DOCUMENTS:
        process.end()
        return
    process.idle_since = time.monotonic()
    with _lock:
        _idle.append(process)
        if not _sweeping:
            _sweeping = True
            sweep_later()


def sweep_later() -> None:
    timer = threading.Timer(IDLE_SECONDS, sweep)
    timer.daemon = True
    timer.start()


def sweep() -> None:
    """End those that had no work for a while."""
    global _sweeping
    old = time.monotonic() - IDLE_SECONDS
    with _lock:
        done = [process for process in _idle if process.idle_since <= old]
        _idle[:] = [process for process in _idle if process.idle_since > old]
        _sweeping = bool(_idle)
        if _sweeping:
            sweep_later()
    for process in done:
        process.end()


@atexit.register
def end_all() -> None:
    """None outlives us."""
    with _lock:
        done, _idle[:] = list(_idle), []
    for process in done:
        process.end()

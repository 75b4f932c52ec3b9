"""The processes in which scripts run: started when first needed, ended when a script does not let go.

Each is asked one thing at a time, over two pipes, from a thread of its own. They are shared by everything in
this process, so neither an event loop nor a test owns them.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from whereupon.errors import Unavailable
from whereupon.sdk.scripts.process import LENGTH
from whereupon.sdk.scripts.words import storable

PROCESS = Path(__file__).with_name("process.py")
AT_ONCE = max(2, min(8, os.cpu_count() or 2))
START_SECONDS = 60.0
GRACE = 2.0  # seconds that a script gets beyond its limit before its process is ended
IDLE_SECONDS = 300.0  # after which a process that nobody asks is ended
READING_SECONDS = 5.0  # that whoever saves a script waits to hear whether it is one
MOST_CPU = 240.0  # seconds of computing, after which a process is replaced
MOST_SCRIPTS = 5_000  # the same, in scripts
LONGEST_MESSAGE = 8 << 20  # bytes of one answer


@dataclass(frozen=True, slots=True)
class Script:
    """One to run. `given`: its inputs; `moment`: what its clock shows, in ms; `key`: seeds its lots."""

    code: str
    given: Mapping[str, Any]
    moment: int = 0
    key: str = ""
    seconds: float = 2.0
    only_read: bool = False  # see whether it is JavaScript, and do not run it

    def request(self) -> dict[str, Any]:
        digest = hashlib.sha256(self.key.encode()).digest()
        seed = [int.from_bytes(digest[i : i + 4], "little", signed=True) for i in range(0, 16, 4)]
        return {
            "code": self.code, "given": self.given, "moment": self.moment, "seed": seed,
            "seconds": self.seconds, "only_read": self.only_read,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a script: `fault` is None where it came to an end. `log`: what it said."""

    result: Any = None
    fault: Mapping[str, Any] | None = None
    log: str = ""


class Lost(Exception):
    """The process answers no more, or not in time."""


@dataclass(slots=True)
class Sandbox:
    """One process. Not for two threads at once."""

    process: subprocess.Popen[bytes]
    confined: bool = False
    scripts: int = 0
    cpu: float = 0.0
    free_since: float = 0.0

    @classmethod
    def start(cls) -> Sandbox:
        """Raises Unavailable when it does not come up."""
        process = subprocess.Popen(
            [sys.executable, "-I", str(PROCESS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            bufsize=0, env={}, cwd=empty_folder(), start_new_session=True,
        )  # fmt: skip
        made = cls(process)
        try:
            made.confined = bool(made._hear(START_SECONDS).get("confined"))
        except Lost:
            made.end()
            raise Unavailable(
                "The process for scripts does not start.", suggestion="The worker's log says why."
            ) from None
        return made

    @property
    def spent(self) -> bool:
        return self.cpu > MOST_CPU or self.scripts >= MOST_SCRIPTS or self.process.poll() is not None

    def ask(self, script: Script) -> Ran:
        """Run it. Raises Lost when the process has to be given up."""
        self._tell(script.request())
        answer = self._hear(script.seconds + GRACE)
        self.scripts, self.cpu = self.scripts + 1, float(answer.get("cpu", 0.0))
        return Ran(answer.get("result"), answer.get("fault"), storable(str(answer.get("log", ""))))

    def end(self) -> None:
        """At once, whatever it does."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _tell(self, request: Mapping[str, Any]) -> None:
        body = json.dumps(request).encode()
        assert self.process.stdin is not None
        left = memoryview(LENGTH.pack(len(body)) + body)
        try:
            while left:
                left = left[os.write(self.process.stdin.fileno(), left) :]
        except OSError:
            raise Lost from None

    def _hear(self, seconds: float) -> dict[str, Any]:
        until = time.monotonic() + seconds
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size, until))
        if size > LONGEST_MESSAGE:
            raise Lost
        try:
            found = json.loads(self._exactly(size, until))
        except ValueError:
            raise Lost from None
        if not isinstance(found, dict):
            raise Lost
        return found  # pyright: ignore[reportUnknownVariableType]

    def _exactly(self, size: int, until: float) -> bytes:
        assert self.process.stdout is not None
        out, parts = self.process.stdout.fileno(), bytearray()
        waiting = select.poll()
        waiting.register(out, select.POLLIN)
        while len(parts) < size:
            if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
                raise Lost
            part = os.read(out, min(size - len(parts), 1 << 16))
            if not part:
                raise Lost
            parts += part
        return bytes(parts)


@cache
def empty_folder() -> str:
    """Where they stand: a folder with nothing in it, in which nothing can be made."""
    folder = tempfile.mkdtemp(prefix="whereupon-scripts-")
    os.chmod(folder, 0o500)
    atexit.register(_remove, folder)
    return folder


def _remove(folder: str) -> None:
    try:
        os.rmdir(folder)
    except OSError:
        return


@dataclass(slots=True)
class Pool:
    """Gives each script a process of its own for as long as it runs."""

    free: list[Sandbox] = field(default_factory=list[Sandbox])
    lock: threading.Lock = field(default_factory=threading.Lock)
    places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))
    tidying: bool = False

    def run(self, script: Script) -> Ran:
        """It blocks: call it in a thread. Raises Unavailable when no process can be started."""
        with self.places:
            sandbox = self._take()
            try:
                found = sandbox.ask(script)
            except Lost:
                ended = sandbox.process.poll() is not None
                sandbox.end()
                return Ran(fault={"kind": "crash" if ended else "time"})
            except BaseException:
                sandbox.end()
                raise
            self._give_back(sandbox)
            return found

    def _take(self) -> Sandbox:
        with self.lock:
            while self.free:
                sandbox = self.free.pop()
                if not sandbox.spent:
                    return sandbox
                sandbox.end()
        return Sandbox.start()

    def _give_back(self, sandbox: Sandbox) -> None:
        if sandbox.spent:
            return sandbox.end()
        sandbox.free_since = time.monotonic()
        with self.lock:
            self.free.append(sandbox)
            if not self.tidying:
                self.tidying = True
                self._tidy_later()
        return None

    def _tidy_later(self) -> None:
        timer = threading.Timer(IDLE_SECONDS / 2, self.tidy)
        timer.daemon = True
        timer.start()

    def tidy(self) -> None:
        """End those that nobody has asked for a while."""
        with self.lock:
            before = time.monotonic() - IDLE_SECONDS
            idle = [one for one in self.free if one.free_since <= before]
            self.free = [one for one in self.free if one.free_since > before]
            self.tidying = bool(self.free)
            if self.tidying:
                self._tidy_later()
        for sandbox in idle:
            sandbox.end()

    def close(self) -> None:
        """End all that run nothing; the others end with this process."""
        with self.lock:
            idle, self.free = self.free, []
        for sandbox in idle:
            sandbox.end()


@cache
def pool() -> Pool:
    """This process's pool."""
    made = Pool()
    atexit.register(made.close)
    return made


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="scripts")


async def run_script(script: Script) -> Ran:
    """Run it as soon as there is a process for it, however long others take."""
    import asyncio

    return await asyncio.get_running_loop().run_in_executor(_threads(), pool().run, script)


def syntax_fault(code: str) -> Mapping[str, Any] | None:
    """What is wrong with a script before it is run; None where nothing is, or nobody can tell in time.

    It blocks: for a millisecond once a process is there, for about a second where one has to be started.
    Raises Unavailable.
    """
    try:
        return _syntax_fault(code)
    except TimeoutError:
        return None  # then the run tells


@lru_cache(1_000)
def _syntax_fault(code: str) -> Mapping[str, Any] | None:
    script = Script(code, {}, seconds=0.5, only_read=True)
    return _threads().submit(pool().run, script).result(timeout=READING_SECONDS).fault

"""The product's own processes, started as `serve` starts them, ended by their id and nothing else."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from whereupon.db.embedded import EmbeddedServer

WORKER = (sys.executable, "-m", "whereupon.workers.process")
SERVE = (
    sys.executable, "-c", "import sys; from whereupon.cli.main import main; sys.exit(main())",
    "serve", "--port", "0", "--json",
)  # fmt: skip
START_SECONDS = 60.0
STOP_SECONDS = 15.0


def environment(**settings: str) -> dict[str, str]:
    """Ours without any WHEREUPON_ setting of the person who measures, with these instead."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WHEREUPON_")}
    return kept | {f"WHEREUPON_{name.upper()}": value for name, value in settings.items()}


async def start(command: Sequence[str], settings: Mapping[str, str]) -> asyncio.subprocess.Process:
    """A process whose output goes nowhere (its log would cost time), errors to ours."""
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        env=environment(**settings),
    )


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask it to stop; after a while insist."""
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def workers(
    url: str, count: int = 1, *, settings: Mapping[str, str] | None = None
) -> AsyncGenerator[list[asyncio.subprocess.Process]]:
    """So many worker processes on a database, for as long as the block lasts."""
    wanted = {"database_url": url, "log_level": "warning", **(settings or {})}
    started = [await start(WORKER, wanted) for _ in range(count)]
    try:
        yield started
    finally:
        await asyncio.gather(*(end(process) for process in started))


def peak_megabytes(processes: Sequence[asyncio.subprocess.Process]) -> float:
    """The most memory that any of them ever had, as the kernel noted it."""
    return max(_peak_kilobytes(process.pid) for process in processes) * 1_024 / 1e6


def _peak_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


@dataclass(frozen=True, slots=True)
class Served:
    """A running `whereupon serve`."""

    host: str
    port: int
    pid: int


@asynccontextmanager
async def serving(
    settings: Mapping[str, str], *, modules: Path | None = None, log: int | None = None
) -> AsyncGenerator[Served]:
    """`whereupon serve` on a free port, from when it answers until the block ends.

    `modules`: a folder that Python looks into first, in it and in the processes that it starts.
    `log`: the file that it writes its log to, by number; None: our own stderr.
    """
    env = environment(**{"log_level": "error", **settings})
    if modules is not None:
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(modules), env.get("PYTHONPATH")]))
    process = await asyncio.create_subprocess_exec(
        *SERVE, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log, env=env
    )
    try:
        assert process.stdout is not None
        said = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        told: dict[str, str] = orjson.loads(said)
        address = urlsplit(told["address"])
        yield Served(address.hostname or "127.0.0.1", address.port or 80, process.pid)
    finally:
        await end(process)


@contextmanager
def data_folder() -> Generator[str]:
    """An empty data folder for a measurement; the embedded server then removes its own files, by name."""
    folder = Path(tempfile.mkdtemp(prefix="whereupon-bench-", dir="/tmp"))
    try:
        yield str(folder)
    finally:
        EmbeddedServer(folder).remove()
        with suppress(OSError):  # it holds something that we did not expect: leave it
            folder.rmdir()

"""The installation under fire: `whereupon serve` with its database and workers, a mail server beside it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from whereupon.bench.office import IF_NEW, SEND_MAIL, WHEN_STATUS_CHANGES, Office, draw, open_office
from whereupon.bench.processes import data_folder, end, serving
from whereupon.db.embedded import EmbeddedServer
from whereupon.db.pool import GONE, TRANSIENT
from whereupon.outbox.settings import MailSettings, save_mail_settings

PLANTED = Path(__file__).parent / "planted"
WORKER_MODULE = "whereupon.workers.process"
PATIENCE_SECONDS = 90.0
# What the product says while it is shot at is much, and of interest only when something went wrong.
LOG = Path(tempfile.gettempdir()) / f"whereupon-faults-{os.getpid()}.log"
# Adding one is what shows a step that was done twice; setting a value would hide it.
COUNT_UP = {
    "key": "count",
    "block": "update_record",
    "config": {"set": {"amount": {"formula": "amount + 1"}}},
}
START_AT_ZERO = "UPDATE data.orders SET amount = 0"


@dataclass(slots=True)
class Plant:
    """What runs, whom to ask, and whom to kill. Only processes below `serve` are ever killed."""

    office: Office
    url: str
    serve: psutil.Process
    mails: Path
    connection: asyncpg.Connection[Any] | None = None

    async def ask(self, sql: str, *values: Any, patience: float = PATIENCE_SECONDS) -> Any:
        """The one value of a query, asked again for as long as the database is away."""
        gives_up = asyncio.get_running_loop().time() + patience
        while True:
            try:
                return await self.ask_once(sql, *values)
            except (*GONE, *TRANSIENT, asyncpg.QueryCanceledError, TimeoutError):
                if asyncio.get_running_loop().time() > gives_up:
                    raise
                await self.hang_up()
                await asyncio.sleep(0.02)

    async def ask_once(self, sql: str, *values: Any) -> Any:
        if self.connection is None or self.connection.is_closed():
            self.connection = await asyncpg.connect(self.url, timeout=5)
        return await self.connection.fetchval(sql, *values, timeout=60)

    async def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.terminate()
            self.connection = None

    def workers(self) -> list[psutil.Process]:
        """The worker processes that live now."""
        return [child for child in self.serve.children() if WORKER_MODULE in command_of(child)]

    def postmaster(self) -> psutil.Process | None:
        """The database's first process, while there is one."""
        found = [child for child in self.serve.children() if "postgres" in name_of(child)]
        return found[0] if found else None

    def backends(self) -> list[psutil.Process]:
        """The database's processes that serve our workers and the web application."""
        postmaster = self.postmaster()
        if postmaster is None:
            return []
        with suppress(psutil.Error):
            return [b for b in postmaster.children() if "whereupon whereupon" in " ".join(command_of(b))]
        return []

    def victims(self, kind: str, dice: random.Random) -> Sequence[psutil.Process]:
        """Whom a fault of this kind hits."""
        match kind:
            case "worker":
                return some(self.workers(), dice)
            case "all workers":
                return self.workers()
            case "backend":
                return some(self.backends(), dice)
            case _:
                postmaster = self.postmaster()
                return [postmaster] if postmaster else []


def some(processes: Sequence[psutil.Process], dice: random.Random) -> list[psutil.Process]:
    """One of them, if there is any."""
    return [dice.choice(processes)] if processes else []


def command_of(process: psutil.Process) -> list[str]:
    """Its command line; empty once it is gone."""
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def name_of(process: psutil.Process) -> str:
    """Its name; empty once it is gone."""
    with suppress(psutil.Error):
        return process.name()
    return ""


def kill(processes: Sequence[psutil.Process]) -> int:
    """SIGKILL, at once; how many were hit."""
    hit = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
            hit += 1
    return hit


@asynccontextmanager
async def planted(records: int, workers: int, *, bug: bool) -> AsyncGenerator[Plant]:
    """Everything up, a workflow active, so many records waiting to be changed."""
    settings = {"workers": str(workers), "log_level": "warning"}
    modules = PLANTED if bug else None
    with data_folder() as folder, mail_file() as mails, LOG.open("ab") as log:
        settings["data"] = folder
        async with (
            mail_server(mails) as port,
            serving(settings, modules=modules, log=log.fileno()) as served,
        ):
            url = EmbeddedServer(Path(folder)).url
            office = await furnish(url, port, records)
            plant = Plant(office, url, psutil.Process(served.pid), mails)
            try:
                yield plant
            finally:
                await plant.hang_up()


async def furnish(url: str, mail_port: int, records: int) -> Office:
    """Module, records, mail settings and the workflow; by the same way that people's requests go."""
    office = await open_office(url)
    await office.insert_orders(records)
    async with office.database.transaction() as db:
        await db.execute("SET LOCAL whereupon.context = '{\"match\": false}'")
        await db.execute(START_AT_ZERO)
        settings = MailSettings(
            host="127.0.0.1", port=mail_port, security="none", from_address="office@example.org"
        )
        await save_mail_settings(db, settings)
    await office.publish("Orders — Count and tell", draw(WHEN_STATUS_CHANGES, IF_NEW, COUNT_UP, SEND_MAIL))
    await office.database.close()  # it is to meet no fault: the plant asks by itself
    return office


@asynccontextmanager
async def mail_server(path: Path) -> AsyncGenerator[int]:
    """The port of a mail server that writes into a file."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.mailbox", str(path),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield int(await asyncio.wait_for(process.stdout.readline(), 20))
    finally:
        await end(process)


@contextmanager
def mail_file() -> Generator[Path]:
    """Where the mail server writes; removed afterwards."""
    handle, name = tempfile.mkstemp(prefix="whereupon-faults-", suffix=".mails")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)

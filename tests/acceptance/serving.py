"""A `whereupon serve` of a test's own, with real processes on a throwaway data folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from tests.conftest import place_of_servers

from whereupon.db.embedded import EmbeddedServer
from whereupon.db.server_folder import ServerFolder

COMMAND = [sys.executable, "-m", "whereupon.cli.main"]
PASSWORD = "a long enough phrase"
ITEMS = {
    "key": "items", "label": "Item", "label_plural": "Items",
    "fields": [{"key": "name", "type": "text", "required": True}, {"key": "note", "type": "long_text"}],
}  # fmt: skip
WORKFLOW = {
    "key": "note_it", "name": "[Items] — Note it", "module": "items",
    "document": {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
            {"key": "note", "block": "update_record", "config": {"set": {"note": "seen"}}},
        ],
        "edges": [{"from": "start", "port": "next", "to": "note"}],
        "settings": {},
    },
}  # fmt: skip


def run(folder: Path, *words: str, given: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """A command on that data folder, to its end."""
    return subprocess.run(
        [*COMMAND, *words], input=given, capture_output=True, text=True, timeout=60, check=False,
        env=environment(folder, **env),
    )  # fmt: skip


def environment(folder: Path, **env: str) -> dict[str, str]:
    return {
        **os.environ,
        "WHEREUPON_DATA": str(folder),
        "WHEREUPON_LOG_LEVEL": "warning",
        "NO_COLOR": "1",
    } | env


@contextmanager
def data_folder() -> Iterator[Path]:
    """A data folder whose server is stopped and removed by the product's own code."""
    folder = Path(tempfile.mkdtemp(prefix="whereupon-accept-", dir=place_of_servers()))
    try:
        yield folder
    finally:
        EmbeddedServer(folder).remove()


class Serving:
    """A running `serve`. Processes are found, and ended, by their parent and nothing else."""

    def __init__(self, folder: Path, *options: str, port: int = 0, **env: str) -> None:
        self.folder = folder
        began = time.monotonic()
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), "--json", *options],
            stdout=subprocess.PIPE, text=True, env=environment(folder, **env),
        )  # fmt: skip
        assert self.process.stdout is not None
        try:
            told = json.loads(self.process.stdout.readline())
        except BaseException:  # it did not start, or took longer than the test may
            self.stop()
            raise
        self.seconds = time.monotonic() - began
        self.address: str = told["address"]
        self.setup_token: str | None = told["setup_token"]
        self.token = ""

    def children(self, module: str) -> list[psutil.Process]:
        """The processes of ours that run this module."""
        found = psutil.Process(self.process.pid).children()
        return [child for child in found if any(module in word for word in words_of(child))]

    def worker(self) -> psutil.Process:
        return eventually(lambda: self.children("whereupon.workers.process"))[0]

    def api(self) -> psutil.Process:
        return eventually(lambda: self.children("whereupon.api.process"))[0]

    def database(self) -> psutil.Process:
        return psutil.Process(int(ServerFolder.of(self.folder).postmaster_file()[0]))

    def everything(self) -> list[psutil.Process]:
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def ask(self, method: str, path: str, body: Any = None, within: float = 10) -> Any:
        """A request, and the JSON of its answer. Raises HTTPError, URLError."""
        request = urllib.request.Request(
            f"{self.address}{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} | self.bearer(),
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=within) as answer:
            read = answer.read()
            return json.loads(read) if read else None

    def bearer(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def first_start(self) -> None:
        """The first administrator, by the token that was printed; then an API token for the rest."""
        person = {"email": "boss@example.org", "name": "Η Μαρία", "password": PASSWORD}
        self.ask("POST", "/api/v1/setup", {"token": self.setup_token, **person})
        made = run(self.folder, "users", "token", "boss@example.org")
        assert made.returncode == 0, made.stderr
        self.token = made.stdout.strip()

    def open_office(self) -> None:
        """A module, and a workflow that writes into every new record."""
        self.first_start()
        self.ask("POST", "/api/v1/modules", ITEMS)
        self.ask("POST", "/api/v1/workflows", WORKFLOW)
        self.ask("POST", "/api/v1/workflows/note_it/publish", {})

    def add(self, name: str) -> str:
        return str(self.ask("POST", "/api/v1/records/items", {"name": name})["id"])

    def note(self, record: str) -> str | None:
        found = self.ask("GET", f"/api/v1/records/items/{record}")
        return (found.get("values") or found)["note"]

    def works(self, name: str, within: float = 10) -> float:
        """Seconds from a record's creation to the workflow's effect on it."""
        record, began = self.add(name), time.monotonic()
        eventually(lambda: self.note(record) == "seen", within)
        return time.monotonic() - began

    def stop(self) -> int:
        """As Ctrl-C would."""
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def eventually(question: Callable[[], Any], within: float = 10.0) -> Any:
    """The answer, as soon as it is not empty; what goes wrong meanwhile is asked again."""
    until = time.monotonic() + within
    while True:
        try:
            if answer := question():
                return answer
        except (urllib.error.URLError, ConnectionError, TimeoutError, psutil.Error):
            if time.monotonic() > until:
                raise
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.02)


@contextmanager
def serving(folder: Path, *options: str, **env: str) -> Iterator[Serving]:
    """`serve` for as long as the block lasts."""
    server = Serving(folder, *options, **env)
    try:
        yield server
    finally:
        server.stop()

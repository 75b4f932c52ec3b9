"""Real processes: a browser's stream hears of a run that a worker did, and does not hold up the end."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.serving import Serving, data_folder, eventually, serving


def events(answer: Any, name: str, within: float = 10) -> Any:
    """The data of the next event of that name."""
    until = time.monotonic() + within
    found = ""
    while time.monotonic() < until:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            found = line.removeprefix("event: ")
        elif line.startswith("data: ") and found == name:
            return json.loads(line.removeprefix("data: "))
    raise AssertionError(f"no {name} in {within} s")


def listen(server: Serving) -> Any:
    request = urllib.request.Request(f"{server.address}/api/v1/live", headers=dict(server.bearer()))
    return urllib.request.urlopen(request, timeout=20)


@pytest.mark.timeout(120)
def test_a_run_is_heard_of_and_the_end_does_not_wait_for_who_listens() -> None:
    with data_folder() as folder, serving(Path(folder)) as server:
        server.open_office()
        with listen(server) as stream:
            before = events(stream, "hello")["server"]
            record = server.add("Ääni")
            told = events(stream, "runs")
            [item] = told["items"]
            assert (item["workflow"], item["module"], item["records"]) == ("note_it", "items", [record])
            home = server.ask("GET", "/api/v1/home")
            assert [bar["status"] for bar in home["workflows"][0]["bars"]] == ["succeeded"]
            assert home["workflows"][0]["bars"][0]["record_title"] == "Ääni"
            assert home["scheduler"]["status"] == "ok"
            server.api().kill()
        with eventually(lambda: listen(server)) as stream:
            assert events(stream, "hello")["server"] != before
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 6

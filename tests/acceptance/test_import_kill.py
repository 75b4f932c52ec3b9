"""An import whose worker is killed in the middle: it goes on by itself, and each row is there once."""

from __future__ import annotations

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.acceptance.serving import ITEMS, Serving, data_folder, eventually

ROWS = 30_000
EVERY = 10  # one row in so many cannot be written
COLUMNS = [{"column": 0, "field": "name"}, {"column": 1, "field": "note"}]
BOUNDARY = "a-line-that-is-in-no-file"


@pytest.fixture
def serving() -> Iterator[Serving]:
    with data_folder() as folder:
        serving = Serving(folder)
        try:
            serving.first_start()
            serving.ask("POST", "/api/v1/modules", ITEMS)
            yield serving
        finally:
            serving.stop()


def upload(serving: Serving, content: bytes) -> int:
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="φρούτα.csv"\r\n'
        f"Content-Type: text/csv\r\n\r\n"
    ).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()  # fmt: skip
    request = urllib.request.Request(
        f"{serving.address}/api/v1/documents", method="POST", data=body,
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **serving.bearer()},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(json.loads(answer.read())["id"])


def everything(serving: Serving) -> list[str]:
    """The name of every record."""
    address = f"{serving.address}/api/v1/records/items/export?columns=name"
    with urllib.request.urlopen(urllib.request.Request(address, headers=dict(serving.bearer()))) as answer:
        return answer.read().decode("utf-8-sig").splitlines()[1:]


def test_no_row_is_lost_or_there_twice_when_workers_are_killed_in_the_middle(serving: Serving) -> None:
    lines = [f"{'' if n % EVERY == 0 else f'Λεμόνι {n}'},{n}" for n in range(ROWS)]
    document = upload(serving, "\n".join(["name,note", *lines]).encode())
    sent = {"document_id": document, "module": "items", "mapping": COLUMNS}
    number = serving.ask("POST", "/api/v1/imports", sent)["id"]

    def look() -> dict[str, Any]:
        return serving.ask("GET", f"/api/v1/imports/{number}")

    kills: list[int] = []
    for _ in range(3):
        done = eventually(lambda: is_further(look(), kills), within=60)
        if done == ROWS:
            break
        killed = serving.worker()
        killed.kill()
        kills.append(done)
        gone = killed.pid
        eventually(lambda gone=gone: serving.worker().pid != gone, within=30)
    assert kills, "The import was over before anybody was killed."
    until = time.monotonic() + 120
    while (found := look())["ended_at"] is None and time.monotonic() < until:
        time.sleep(0.2)
    bad = len([n for n in range(ROWS) if n % EVERY == 0])
    assert (found["status"], found["done"], found["total"]) == ("partial", ROWS, ROWS), (found, kills)
    assert (found["created"], found["failed"]) == (ROWS - bad, bad)
    counted = Counter(everything(serving))
    assert len(counted) == ROWS - bad
    assert counted.most_common(1)[0][1] == 1


def is_further(found: dict[str, Any], kills: list[int]) -> int:
    """How far it is, once that is further than when somebody was killed; 0 until then."""
    done = int(found["done"])
    return done if done > max(kills, default=0) else 0

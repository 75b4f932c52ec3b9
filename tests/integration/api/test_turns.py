"""What is costly is done by a few at once, and leaves nothing behind when a browser goes away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from whereupon.api.turns import Costly, Turns
from whereupon.db.pool import Database
from whereupon.errors import TooMany

ITEMS: dict[str, Any] = {
    "key": "items", "label": "Item", "label_plural": "Items", "fields": [{"key": "name", "type": "text"}],
}  # fmt: skip
TEST: dict[str, Any] = {
    "module": "items", "form": {"name": "x"},
    "document": {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
            {"key": "stop", "block": "stop", "config": {}},
        ],
        "edges": [{"from": "start", "port": "next", "to": "stop"}],
        "settings": {},
    },
}  # fmt: skip
CSV, XLSX = "/api/v1/records/items/export", "/api/v1/records/items/export?format=xlsx"


@pytest.fixture
async def items(admin) -> None:
    assert (await admin.post("/api/v1/modules", json=ITEMS)).status_code == 201
    for name in ("Ένα", "Δύο"):
        await admin.post("/api/v1/records/items", json={"name": name})


def impatient() -> Costly:
    return Costly(*(Turns(what, 1, patience=0.05) for what in ("tests", "files", "exports")))


async def test_who_waits_gets_the_turn_of_who_is_done():
    turns = Turns("tests", 1, patience=2)
    async with turns.turn():
        waiting = asyncio.create_task(anext_turn(turns))
        await asyncio.sleep(0.02)
    assert await waiting
    turns.patience = 0.01
    async with turns.turn():
        with pytest.raises(TooMany):
            await anext_turn(turns)
    assert not turns.free.locked()


async def anext_turn(turns: Turns) -> bool:
    async with turns.turn():
        return True


@pytest.mark.parametrize("path", [CSV, XLSX, "/api/v1/workflows/test", "/api/v1/imports/preview"])
async def test_one_too_many_is_asked_to_come_again(app, admin, items, path):
    sent = await admin.post("/api/v1/documents", files={"file": ("a.csv", b"name\nx\n", "text/csv")})
    bodies = {
        "/api/v1/workflows/test": TEST,
        "/api/v1/imports/preview": {"document_id": sent.json()["id"]},
    }
    app.state.turns = turns = impatient()

    async def ask():
        return await (admin.post(path, json=bodies[path]) if path in bodies else admin.get(path))

    async with turns.tests.turn(), turns.files.turn(), turns.exports.turn():
        refused = await ask()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "15")
    for _ in range(3):  # the turn is given back
        assert (await ask()).status_code == 200, path


@pytest.mark.parametrize("after", [0, 1])
async def test_a_browser_that_goes_away_leaves_no_connection_behind(
    app, admin, admin_token, items, database: Database, after: int
):
    app.state.turns = impatient()
    scope = {
        "type": "http", "method": "GET", "path": CSV, "raw_path": CSV.encode(), "query_string": b"",
        "headers": [(b"authorization", f"Bearer {admin_token}".encode()), (b"host", b"test")],
        "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "scheme": "http",
        "client": ("127.0.0.1", 1), "server": ("test", 80), "root_path": "",
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if len(sent) >= after:
            raise OSError("The browser has gone.")
        sent.append(message)

    for _ in range(3):
        sent.clear()
        with pytest.raises(Exception):  # noqa: B017 -- whatever the server makes of it
            await app(dict(scope), receive, send)
    assert database.pool.get_idle_size() == database.pool.get_size()
    assert (await admin.get(CSV)).status_code == 200

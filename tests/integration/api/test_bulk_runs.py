"""Bulk runs over HTTP: ordered, looked at, paused, cancelled, run again; for builders alone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.api.test_definitions import CASES

from whereupon.db.pool import Database
from whereupon.workers.bulk import BulkWorker
from whereupon.workers.engine import Engine

DOCUMENT: dict[str, Any] = {
    "format": 1,
    "nodes": [
        {"key": "start", "block": "start", "config": {"trigger": "manual"}},
        {"key": "close", "block": "update_record", "config": {"set": {"status": "done"}}},
    ],
    "edges": [{"from": "start", "to": "close"}],
}
NEW = {"name": "Sulje", "key": "close", "module": "cases", "document": DOCUMENT}
ALL, BULK = "/api/v1/workflows/close/run-on-all", "/api/v1/bulk-runs"


@pytest.fixture
async def workflow(admin, database: Database):
    for path, body in (("modules", CASES), ("workflows", NEW), ("workflows/close/publish", {})):
        made = await admin.post(f"/api/v1/{path}", json=body)
        assert made.status_code in (200, 201), made.text
    async with database.transaction() as db:
        await db.execute(
            "INSERT INTO data.cases (subject) SELECT 'ärende ' || n FROM generate_series(1, 30) n"
        )


async def work(database: Database) -> None:
    engine = Engine(database)
    worker = BulkWorker(database, engine.current)
    while await worker.step() == 0.0:
        await engine.advance()
    await worker.reckon()


async def test_a_bulk_run_is_ordered_and_looked_at(admin, workflow, database):
    made = await admin.post(ALL)
    assert made.status_code == 201, made.text
    where = made.headers["location"]
    assert (made.json()["status"], made.json()["by"]["name"]) == ("queued", "Ada Ädel")
    await work(database)
    found = (await admin.get(where)).json()
    assert (found["status"], found["matched"], found["processed"], found["changed"]) == (
        "succeeded", 30, 30, 30
    )  # fmt: skip
    assert found["workflow"] == {"key": "close", "name": "Sulje"}
    assert found["module"] == {"key": "cases", "label": CASES["label_plural"]}
    assert found["edges"] == [{"from": "close", "port": "next", "count": 30}]
    listed = (await admin.get(f"{BULK}?workflow=close&status=succeeded&limit=1")).json()
    assert [one["id"] for one in listed["items"]] == [found["id"]]
    assert (await admin.get(f"{BULK}?workflow=another")).json()["items"] == []


async def test_what_became_of_the_records_comes_in_pages(admin, workflow, database):
    where = (await admin.post(ALL)).headers["location"]
    await work(database)
    first = (await admin.get(f"{where}/records?outcome=changed&limit=20")).json()
    rest = await admin.get(f"{where}/records?outcome=changed&limit=20&cursor={first['next_cursor']}")
    assert [one["nr"] for one in first["items"] + rest.json()["items"]] == list(range(1, 31))
    assert rest.json()["next_cursor"] is None
    assert first["items"][0]["changes"][0]["after"] == "done"
    assert (await admin.get(f"{where}/records?outcome=failed")).json()["items"] == []
    assert (await admin.get(f"{where}/records?outcome=bad")).status_code == 422
    assert (await admin.get(f"{where}/records?cursor=bad")).status_code == 422


async def test_it_is_paused_resumed_cancelled_and_run_again(admin, workflow):
    where = (await admin.post(ALL)).headers["location"]
    assert (await admin.post(f"{where}/rerun", json={"which": "all"})).status_code == 409
    assert (await admin.post(f"{where}/resume")).status_code == 409
    for deed, status in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        answer = await admin.post(f"{where}/{deed}")
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert (await admin.post(f"{where}/cancel")).status_code == 409
    again = await admin.post(f"{where}/rerun", json={"which": "all"})
    assert again.status_code == 201, again.text
    assert f"{BULK}/{again.json()['rerun_of']}" == where.removeprefix("http://test")
    assert (await admin.post(f"{where}/rerun", json={"which": "failed"})).status_code == 409
    assert (await admin.post(f"{where}/rerun", json={"which": "some"})).status_code == 422


async def test_a_workflow_that_does_not_run_is_not_run_on_all(admin, workflow):
    assert (await admin.post("/api/v1/workflows/clse/run-on-all")).status_code == 404
    await admin.put("/api/v1/workflows/close/state", json={"state": "disabled"})
    assert (await admin.post(ALL)).status_code == 409


async def test_only_builders_may_do_any_of_it(admin, workflow, client_of, anyone):
    bulk = (await admin.post(ALL)).json()["id"]
    role = {"key": "clerk", "name": "Clerk", "modules": {"cases": {"read": "all", "update": "all"}}}
    assert (await admin.post("/api/v1/roles", json=role)).status_code == 201
    clerk = await client_of("eve@example.org", "clerk")
    for method, path, body in (
        ("GET", BULK, None), ("GET", f"{BULK}/{bulk}", None), ("GET", f"{BULK}/{bulk}/records", None),
        ("POST", f"{BULK}/{bulk}/pause", None), ("POST", f"{BULK}/{bulk}/resume", None),
        ("POST", f"{BULK}/{bulk}/cancel", None), ("POST", f"{BULK}/{bulk}/rerun", {"which": "all"}),
        ("POST", ALL, None),
    ):  # fmt: skip
        assert (await clerk.request(method, path, json=body)).status_code == 403, path
        assert (await anyone.request(method, path, json=body)).status_code == 401, path
        missing = path.replace(f"/{bulk}", "/999")
        if missing != path:
            assert (await admin.request(method, missing, json=body)).status_code == 404, path

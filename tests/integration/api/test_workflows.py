"""Workflows and runs over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.api.test_definitions import CASES

DOCUMENT: dict[str, Any] = {
    "format": 1,
    "nodes": [
        {"key": "start", "block": "start", "config": {"trigger": "manual"}},
        {"key": "close", "block": "update_record", "config": {"set": {"status": "done"}}},
    ],
    "edges": [{"from": "start", "to": "close"}],
}
NEW = {"name": "[Cases] — Sulje", "module": "cases", "document": DOCUMENT}
KEY = "/api/v1/workflows/cases_sulje"


@pytest.fixture
async def workflow(admin):
    assert (await admin.post("/api/v1/modules", json=CASES)).status_code == 201
    made = await admin.post("/api/v1/workflows", json=NEW)
    assert made.status_code == 201, made.text
    return made.json()


async def test_a_draft_is_saved_published_and_switched(admin, workflow):
    assert workflow["key"] == "cases_sulje"
    assert (await admin.get(f"{KEY}/problems")).json() == {"problems": []}
    seen = {"if-match": f'"{workflow["etag"]}"'}
    saved = await admin.put(f"{KEY}/draft", json=DOCUMENT, headers=seen)
    assert saved.status_code == 200, saved.text
    assert (await admin.put(f"{KEY}/draft", json=DOCUMENT, headers=seen)).status_code == 412
    published = await admin.post(f"{KEY}/publish", json={"note": "ensimmäinen"})
    assert published.status_code == 200, published.text
    assert (published.json()["state"], published.json()["active_version"]) == ("active", 1)
    assert (await admin.get(f"{KEY}/versions")).json()["items"][0]["note"] == "ensimmäinen"
    assert (await admin.put(f"{KEY}/state", json={"state": "disabled"})).json()["state"] == "disabled"
    assert (await admin.put(f"{KEY}/state", json={"state": "draft"})).status_code == 409
    copy = await admin.post(f"{KEY}/duplicate")
    assert copy.status_code == 201, copy.text
    assert (await admin.delete(f"/api/v1/workflows/{copy.json()['key']}")).status_code == 204
    assert [w["key"] for w in (await admin.get("/api/v1/workflows")).json()["items"]] == ["cases_sulje"]


async def test_every_fault_of_a_draft_is_named(admin, workflow):
    loose = DOCUMENT | {"edges": [], "nodes": [*DOCUMENT["nodes"], {"key": "x", "block": "if", "config": {}}]}
    assert (await admin.put(f"{KEY}/draft", json=loose)).status_code == 200
    answer = await admin.post(f"{KEY}/publish", json={})
    assert answer.status_code == 422
    assert {"missing_exit", "unreachable"} <= {p["code"] for p in answer.json()["problems"]}
    shapeless = await admin.put(f"{KEY}/draft", json={"nodse": []})
    assert shapeless.json()["problems"][0]["suggestion"] == 'Did you mean "nodes"?'


async def test_a_workflow_is_started_by_hand_and_its_run_is_seen_and_cancelled(admin, workflow, database):
    async with database.transaction() as db:
        await db.execute("INSERT INTO data.cases (subject) VALUES ('a'), ('ä')")
    early = await admin.post(f"{KEY}/start", json={"records": ["1"]})
    assert early.status_code == 409
    await admin.post(f"{KEY}/publish", json={})
    started = await admin.post(f"{KEY}/start", json={"records": ["1", "99"]})
    assert started.json() == {"started": 1, "left_out": ["99"], "bulk_run": None}
    run = (await admin.get("/api/v1/runs?workflow=cases_sulje&record_id=1")).json()["items"][0]
    assert run["status"] == "queued"
    assert (await admin.post("/api/v1/runs/cancel", json={"ids": [run["id"]]})).json() == {"ids": [run["id"]]}
    whole = (await admin.get(f"/api/v1/runs/{run['id']}")).json()
    assert (whole["status"], whole["steps"]) == ("cancelled", [])
    again = await admin.post(f"/api/v1/runs/{run['id']}/rerun", json={})
    assert again.status_code == 201, again.text
    assert again.json()["rerun_of"] == run["id"]
    assert (await admin.post(f"/api/v1/runs/{again.json()['id']}/rerun", json={})).status_code == 409
    assert (await admin.post(f"{KEY}/cancel")).json() == {"count": 1}


async def test_a_run_is_run_again_from_a_block(admin, workflow, database, client_of):
    async with database.transaction() as db:
        await db.execute("INSERT INTO data.cases (subject) VALUES ('ä')")
    await admin.post(f"{KEY}/publish", json={})
    await admin.post(f"{KEY}/start", json={"records": ["1"]})
    run = (await admin.get("/api/v1/runs?workflow=cases_sulje")).json()["items"][0]
    at = f"/api/v1/runs/{run['id']}/rerun"
    assert (await admin.get(f"{at}?from_block=close")).status_code == 409  # it is under way
    await admin.post("/api/v1/runs/cancel", json={"ids": [run["id"]]})
    preview = await admin.get(f"{at}?from_block=close")
    assert preview.json() == {
        "block": "close", "version": 1, "active_version": 1, "carried": [], "messages": 0, "calls": 0,
        "runs": 0, "fix_first": None, "blocks": [{"node": "close", "executed": False}],
    }  # fmt: skip
    for answer in (
        await admin.get(f"{at}?from_block=clsoe"), await admin.post(at, json={"from_block": "clsoe"}),
    ):  # fmt: skip
        assert answer.status_code == 422
        assert answer.json()["problems"][0]["suggestion"] == 'Did you mean "close"?'
    both = await admin.post(at, json={"from_block": "close", "start_at": "failed"})
    assert both.status_code == 422
    eve = await client_of("eve@example.org")
    assert (await eve.get(f"{at}?from_block=close")).status_code in (403, 404)
    assert (await eve.post(at, json={"from_block": "close"})).status_code == 403
    made = await admin.post(at, json={"from_block": "close"})
    assert made.status_code == 201, made.text
    assert (made.json()["rerun_of"], made.json()["node"]) == (run["id"], "close")


async def test_only_builders_see_and_change_workflows(admin, workflow, client_of):
    eve = await client_of("eve@example.org")
    for method, path, body in [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("PUT", "/draft", DOCUMENT),
        ("POST", "/publish", {}),
        ("PUT", "/state", {"state": "disabled"}),
        ("POST", "/duplicate", None),
        ("GET", "/versions", None),
        ("GET", "/problems", None),
        ("POST", "/cancel", None),
        ("GET", "/reset", None),
        ("POST", "/reset", {}),
        ("POST", "/release", None),
        ("POST", "/versions/1/restore", None),
    ]:
        answer = await eve.request(method, KEY + path, json=body)
        assert answer.status_code == 403, (method, path, answer.text)
    assert (await eve.get("/api/v1/workflows")).status_code == 403
    await admin.post(f"{KEY}/publish", json={})
    assert (await eve.post(f"{KEY}/start", json={})).status_code == 403

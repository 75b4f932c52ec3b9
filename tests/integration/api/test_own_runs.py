"""Run history for people who may read only their own records: the runs on these, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from whereupon.db.pool import Database
from whereupon.runs.match import match_batch
from whereupon.workers.engine import Engine

CASES: dict[str, Any] = {
    "key": "cases", "label": "Case", "label_plural": "Cases", "owner_field": "owner",
    "fields": [{"key": "subject", "type": "text"}, {"key": "owner", "type": "user"}],
}  # fmt: skip
DOCUMENT: dict[str, Any] = {
    "format": 1,
    "nodes": [
        {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
        {"key": "stop", "block": "stop", "config": {}},
    ],
    "edges": [{"from": "start", "port": "next", "to": "stop"}],
    "settings": {},
}
RUNS = "/api/v1/runs"


@pytest.fixture
async def eve(admin, client_of, database: Database):
    """Somebody who may read her own cases, one of hers and one of somebody else's having been worked on."""
    assert (await admin.post("/api/v1/modules", json=CASES)).status_code == 201
    sent = {"name": "Note", "key": "note", "module": "cases", "document": DOCUMENT}
    assert (await admin.post("/api/v1/workflows", json=sent)).status_code == 201
    published = await admin.post("/api/v1/workflows/note/publish", json={})
    assert published.status_code in (200, 201), published.text
    role = {"key": "clerk", "name": "Clerk", "modules": {"cases": {"read": "own"}}}
    assert (await admin.post("/api/v1/roles", json=role)).status_code == 201
    eve = await client_of("eve@example.org", "clerk")
    for owner in (eve.user_id, None):
        await admin.post("/api/v1/records/cases", json={"subject": "υπόθεση", "owner": owner})
    engine = Engine(database)
    async with database.transaction() as db:
        await match_batch(db, await engine.current(db))
    return eve


async def test_who_reads_only_their_own_records_sees_the_runs_on_these(eve, admin):
    everything = (await admin.get(RUNS)).json()["items"]
    assert len(everything) == 2
    [mine] = (await eve.get(RUNS)).json()["items"]
    assert mine["record_id"] == "1"
    assert (await eve.get(f"{RUNS}/{mine['id']}")).status_code == 200
    [other] = [run for run in everything if run["id"] != mine["id"]]
    assert (await eve.get(f"{RUNS}/{other['id']}")).status_code == 404
    exported = (await eve.get(f"{RUNS}/export")).content.decode("utf-8-sig")
    assert len(exported.strip().split("\r\n")) == 2


async def test_runs_are_found_by_their_cause_and_time(eve, admin):
    assert len((await admin.get(RUNS, params={"started_by": "record_created"})).json()["items"]) == 2
    assert (await admin.get(RUNS, params={"started_by": "manual"})).json()["items"] == []
    assert (await admin.get(RUNS, params={"until": "2020-01-01T00:00:00Z"})).json()["items"] == []
    assert len((await admin.get(RUNS, params={"until": "2099-01-01T00:00:00Z"})).json()["items"]) == 2

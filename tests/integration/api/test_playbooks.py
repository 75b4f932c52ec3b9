"""Playbooks and strategies over HTTP: drawn, published, started, done; a document comes by a link."""

from __future__ import annotations

import pytest
from tests.integration.api.test_definitions import CASES

from whereupon.playbooks.definition import blank
from whereupon.workers.engine import Engine

STEP = {"description": "Ask why.", "planned": {"amount": 1}, "participant": {"user": 1}}


@pytest.fixture
async def cases(admin):
    assert (await admin.post("/api/v1/modules", json=CASES)).status_code == 201
    made = await admin.post("/api/v1/records/cases", json={"subject": "Αμφισβήτηση"})
    return made.json()["id"]


async def advance(database):
    engine = Engine(database)
    for _ in range(10):
        if not (await engine._advance_or_find_the_bad_one()).runs:
            return


async def test_a_playbook_over_http(admin, cases, database):
    schema = (await admin.get("/api/v1/playbooks/schema")).json()
    fields = {one["type"]: one["fields"] for one in schema["step_types"]}
    assert {"description", "planned", "participant"} <= set(fields["manual"])
    assert {"description", "planned", "participant"}.isdisjoint(fields["email"])
    made = await admin.post("/api/v1/playbooks", json={"name": "Disputed", "module": "cases"})
    assert (made.status_code, made.json()["kept"]) == (201, {"phase": "phase_1", "step": "step_1"})
    key, etag = made.json()["key"], made.headers["etag"]
    assert {one["path"] for one in made.json()["problems"]} == {
        f"/phases/0/steps/0/{name}" for name in ("description", "planned", "participant")
    }
    refused = await admin.post(f"/api/v1/playbooks/{key}/publish", json={})
    assert (refused.status_code, refused.json()["problems"][0]["path"]) == (
        422,
        "/phases/0/steps/0/description",
    )
    definition = blank()
    definition["phases"][0]["steps"][0] |= STEP
    definition["phases"][0]["steps"].append(
        {"type": "file", "key": "proof", "name": "Proof", **STEP, "outside": {"address": "out@mail.example"}}
    )
    body = {"definition": definition}
    saved = await admin.patch(f"/api/v1/playbooks/{key}", json=body, headers={"if-match": etag})
    assert (saved.status_code, saved.json()["problems"]) == (200, [])
    stale = await admin.patch(f"/api/v1/playbooks/{key}", json=body, headers={"if-match": etag})
    assert stale.status_code == 412
    assert (await admin.post(f"/api/v1/playbooks/{key}/publish", json={})).json()["state"] == "active"
    candidates = (await admin.get(f"/api/v1/playbooks/{key}/candidates")).json()["items"]
    assert [(one["record_title"], one["playbook"]) for one in candidates] == [("Αμφισβήτηση", None)]

    started = (
        await admin.post(f"/api/v1/playbooks/{key}/start", json={"records": [str(cases), "99"]})
    ).json()
    assert [one["code"] for one in started["refused"]] == ["does_not_fit"]
    (number,) = started["started"]
    await advance(database)
    at = f"/api/v1/playbook-tracks/{number}"
    done = await admin.post(f"{at}/steps/step_1/done", json={"comment": "Έγινε"})
    assert done.json()["phases"][0]["steps"][0]["status"] == "done"
    assert (await admin.post(f"{at}/steps/nothing/done", json={})).status_code == 404
    await advance(database)

    async with database.connection() as db:
        link = await db.fetchval("SELECT context->'question'->>'link' FROM whereupon.messages")
    token = link.rpartition("/")[2]
    outside = {"authorization": ""}
    asked = await admin.get(f"/api/v1/uploads/{token}", headers=outside)
    assert (asked.status_code, asked.json()["title"]) == (200, "Proof")
    assert (await admin.get("/api/v1/uploads/wrong", headers=outside)).status_code == 404
    file = {"file": ("απόδειξη.pdf", b"%PDF-1.4 paid", "application/pdf")}
    assert (await admin.post(f"/api/v1/uploads/{token}", files=file, headers=outside)).status_code == 204
    assert (await admin.post(f"/api/v1/uploads/{token}", files=file, headers=outside)).status_code == 410
    await advance(database)
    over = (await admin.get(at)).json()
    assert (over["status"], [one["status"] for one in over["phases"][0]["steps"]]) == (
        "completed", ["done", "done"],
    )  # fmt: skip
    shown = (await admin.get(f"/api/v1/records/cases/{cases}/playbooks")).json()
    assert [one["id"] for one in shown["tracks"]] == [number]
    late = await admin.post(f"{at}/cancel", json={"reason": "Too late"})
    assert late.status_code == 409


async def test_a_strategy_over_http(admin, cases):
    made = await admin.post("/api/v1/strategies", json={"name": "Dunning", "module": "cases"})
    assert (made.status_code, made.json()["problems"][0]["path"]) == (201, "/date")
    at = f"/api/v1/records/cases/{cases}/strategy"
    paused = await admin.post(at, json={"action": "pause", "reason": "Περιμένουμε"})
    assert (paused.json()["status"], paused.json()["history"][0]["reason"]) == ("paused", "Περιμένουμε")
    many = {"module": "cases", "records": [str(cases)], "action": "resume"}
    assert (await admin.post("/api/v1/strategies/status", json=many)).json() == {"records": [str(cases)]}
    assert (await admin.get(at)).json()["status"] == "active"
    assert (await admin.get("/api/v1/records/cases/77/strategy")).status_code == 404
    assert (await admin.delete("/api/v1/strategies/dunning")).status_code == 204

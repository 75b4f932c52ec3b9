"""Reviews, comparisons, verdicts and quotas over HTTP."""

from __future__ import annotations

from typing import Any

from tests.integration.api.test_workflows import DOCUMENT, KEY, workflow

__all__ = ["workflow"]


async def test_a_draft_is_reviewed_and_versions_are_compared(admin, workflow):
    first = await admin.post(f"{KEY}/review")
    assert first.status_code == 200, first.text
    assert first.json()["termination"]["verdict"] == "cannot_loop"
    assert first.json()["records"]["active"] is None
    assert first.json()["records"]["draft"]["count"] == 0
    assert [step["sentence"] for step in first.json()["steps"]] == ["Set Status to Done"]
    await admin.post(f"{KEY}/publish", json={})
    nodes: list[dict[str, Any]] = [dict(node) for node in DOCUMENT["nodes"]]
    nodes[1]["config"] = {"set": {"status": "new"}}
    await admin.put(f"{KEY}/draft", json=DOCUMENT | {"nodes": nodes})
    review = (await admin.post(f"{KEY}/review")).json()
    compared = await admin.get(f"{KEY}/compare", params={"from": "1"})
    assert compared.status_code == 200, compared.text
    assert compared.json() == review["differences"]
    assert [(one["key"], one["parts"]) for one in compared.json()["nodes"]] == [("close", ["set"])]
    for wrong, status in (({"from": "7"}, 404), ({"from": "x"}, 422), ({}, 422)):
        assert (await admin.get(f"{KEY}/compare", params=wrong)).status_code == status


async def test_why_is_answered_for_a_workflow_and_for_a_record(admin, workflow):
    case = (await admin.post("/api/v1/records/cases", json={"subject": "Å"})).json()["id"]
    early = await admin.post(f"{KEY}/why", json={"record_id": case})
    assert early.json()["verdict"] == "It was never published."
    await admin.post(f"{KEY}/publish", json={})
    found = await admin.post(f"{KEY}/why", json={"record_id": case})
    assert found.status_code == 200, found.text
    assert [check["key"] for check in found.json()["checks"]][:3] == ["active", "paused", "publisher"]
    each = await admin.get(f"/api/v1/records/cases/{case}/why")
    assert each.status_code == 200, each.text
    assert each.json()["items"][0]["workflow"] == "cases_sulje"
    assert (await admin.post(f"{KEY}/why", json={"record_id": "99"})).status_code == 404
    assert (await admin.get("/api/v1/records/cases/99/why")).status_code == 404


async def test_quotas_are_shown_to_builders_and_set_by_administrators(admin, client_of, workflow):
    set_to = await admin.put("/api/v1/settings/quotas", json={"active_and_disabled": 0})
    assert set_to.status_code == 200, set_to.text
    assert set_to.json()["active_and_disabled"] == {"used": 0, "limit": 0, "full": True}
    refused = await admin.post(f"{KEY}/publish", json={})
    assert (refused.status_code, "no room" in refused.json()["detail"]) == (409, True)
    await admin.put("/api/v1/settings/quotas", json={"active_and_disabled": 1})
    assert (await admin.post(f"{KEY}/publish", json={})).status_code == 200
    await admin.put("/api/v1/settings/quotas", json={"active_and_disabled": 0})
    # What is there already can be switched off, however many there are.
    assert (await admin.put(f"{KEY}/state", json={"state": "disabled"})).status_code == 200
    assert (await admin.put("/api/v1/settings/quotas", json={"scheduled": -1})).status_code == 422
    eve = await client_of("eve@example.org")
    for method, path in (
        ("GET", "/api/v1/settings/quotas"), ("PUT", "/api/v1/settings/quotas"), ("POST", f"{KEY}/review"),
        ("GET", f"{KEY}/compare?from=1"), ("GET", "/api/v1/records/cases/1/why"),
    ):  # fmt: skip
        answer = await eve.request(method, path, json={} if method == "PUT" else None)
        assert answer.status_code == 403, (method, path)
    asked = await eve.post(f"{KEY}/why", json={"record_id": "1"})
    assert asked.status_code == 403

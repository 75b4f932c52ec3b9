"""Runs on the canvas: what a run followed, and how many took each way."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.api.test_definitions import CASES
from tests.integration.api.test_held_back import role
from tests.office import Office, draw

from whereupon.people.rights import everything
from whereupon.workers.engine import Engine

ASK: dict[str, Any] = {
    "key": "ask", "block": "if",
    "condition": {"field": "subject", "operator": "contains", "value": "katto"},
}  # fmt: skip
CLOSE = {"key": "close", "block": "update_record", "set": {"status": "done"}}
HOLD = {"key": "hold", "block": "wait", "duration": {"amount": 3, "unit": "days"}}
EDGES = [("start", "next", "ask"), ("ask", "true", "close"), ("ask", "false", "hold")]


@pytest.fixture
async def run(admin, database) -> int:
    assert (await admin.post("/api/v1/modules", json=CASES)).status_code == 201
    document = draw({"trigger": "record_created"}, ASK, CLOSE, HOLD, edges=EDGES)
    made = await admin.post(
        "/api/v1/workflows", json={"name": "Roofs", "module": "cases", "document": document}
    )
    assert made.status_code == 201, made.text
    published = await admin.post(f"/api/v1/workflows/{made.json()['key']}/publish", json={})
    assert published.status_code == 200, published.text
    for subject in ("katto vuotaa", "ovi", "ikkuna"):
        assert (await admin.post("/api/v1/records/cases", json={"subject": subject})).status_code == 201
    await Office(database, 1, everything(), Engine(database)).settle()
    return (await admin.get("/api/v1/runs")).json()["items"][-1]["id"]


async def test_each_exit_has_the_number_of_runs_that_took_it_and_each_block_those_that_stand_there(
    admin, run
):
    paths = (await admin.get("/api/v1/workflows/roofs/paths")).json()
    assert (paths["runs"], paths["statuses"]) == (3, {"succeeded": 1, "waiting": 2})
    taken = {(one["node"], one["port"]): one["runs"] for one in paths["exits"] if one["node"] == "ask"}
    assert taken == {("ask", "true"): 1, ("ask", "false"): 2}
    assert paths["standing"] == [{"node": "hold", "status": "waiting", "runs": 2}]
    none = (await admin.get("/api/v1/workflows/roofs/paths?version=7")).json()
    assert (none["runs"], none["exits"]) == (0, [])


async def test_a_run_is_drawn_with_its_blocks_in_words_and_its_record_is_named(admin, run):
    drawing = (await admin.get(f"/api/v1/runs/{run}/drawing")).json()
    assert (drawing["version"], drawing["module"], drawing["whole"]) == (1, "cases", True)
    summaries = {node["key"]: node["summary"] for node in drawing["nodes"]}
    assert "katto" in summaries["ask"]
    whole = (await admin.get(f"/api/v1/runs/{run}")).json()
    assert (whole["record_title"], whole["whole"]) == ("katto vuotaa", True)


async def test_the_drawing_tells_no_values_to_whom_its_fields_are_closed(admin, run, client_of):
    await role(admin, "half", cases={"read": "all", "fields": {"subject": "none"}})
    someone = await client_of("someone@example.org", "half")
    drawing = await someone.get(f"/api/v1/runs/{run}/drawing")
    assert drawing.status_code == 200
    assert "katto" not in drawing.text
    assert [node["block"] for node in drawing.json()["document"]["nodes"]] == [
        "start",
        "if",
        "update_record",
        "wait",
    ]
    stranger = await client_of("stranger@example.org")
    assert (await stranger.get(f"/api/v1/runs/{run}/drawing")).status_code == 404
    assert (await stranger.get("/api/v1/workflows/roofs/paths")).status_code == 403

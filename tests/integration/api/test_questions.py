"""Approvals, forms and data tasks over HTTP: who sees what, who may answer, and what the link opens."""

from __future__ import annotations

from typing import Any

from tests.office import Office

from whereupon.db.pool import Database
from whereupon.people.rights import load_rights
from whereupon.workers.engine import Engine


async def asks(database: Database, user: int, node: dict[str, Any], exits: list[str]) -> Office:
    """A run without a record that waits at this node, published by the user."""
    async with database.connection() as db:
        rights = await load_rights(db, user)
    office = Office(database, user, rights, Engine(database))
    stops = [{"key": f"s{i}", "block": "stop"} for i, _ in enumerate(exits)]
    edges = [["start", "next", "ask"], *(["ask", port, f"s{i}"] for i, port in enumerate(exits))]
    nodes = [{"key": "ask", **node}, *stops]
    flow = await office.publish({"trigger": "manual"}, *nodes, edges=edges, module=None)
    await office.by_hand(flow)
    return office


async def me(client: Any) -> int:
    return int((await client.get("/api/v1/me")).json()["user"]["id"])


async def test_an_approval_is_listed_and_decided_by_those_who_are_asked(admin, client_of, database):
    clerk, other = await client_of("clerk@example.org"), await client_of("other@example.org")
    node = {"block": "approval", "ask": [{"user": clerk.user_id}], "title": "Ναι;", "comment": "on_rejection"}
    office = await asks(database, await me(admin), node, ["approved", "rejected"])
    (question,) = (await clerk.get("/api/v1/questions?waiting=true")).json()["items"]
    assert (question["title"], question["mine"], question["kind"]) == ("Ναι;", True, "approval")
    assert (await clerk.get("/api/v1/questions/count")).json() == {"count": 1, "overdue": 0}
    home = (await clerk.get("/api/v1/home")).json()["questions"]
    assert (home["count"], [one["title"] for one in home["items"]]) == (1, ["Ναι;"])
    assert (await other.get("/api/v1/home")).json()["questions"] == {"count": 0, "overdue": 0, "items": []}
    address = f"/api/v1/questions/{question['id']}"
    assert (await other.get("/api/v1/questions")).json()["items"] == []
    assert (await other.post(f"{address}/decide", json={"decision": "approved"})).status_code == 404
    assert (await other.get("/api/v1/questions?everyone=true")).status_code == 403
    no_reason = await clerk.post(f"{address}/decide", json={"decision": "rejected"})
    assert (no_reason.status_code, no_reason.json()["problems"][0]["path"]) == (422, "/comment")
    decided = await clerk.post(f"{address}/decide", json={"decision": "rejected", "comment": "Not now"})
    assert (decided.status_code, decided.json()["status"]) == (200, "rejected")
    assert (await clerk.post(f"{address}/decide", json={"decision": "approved"})).status_code == 409
    await office.settle()
    run = (await admin.get(f"/api/v1/runs/{question['run_id']}")).json()
    assert (run["status"], run["steps"][0]["output"]["comment"]) == ("succeeded", "Not now")
    assert run["questions"][0]["status"] == "rejected"


async def test_the_link_opens_the_form_alone_without_a_key(admin, anyone, database):
    node = {
        "block": "ask_form", "outside": {"address": "zoe@example.org"}, "title": "Your day",
        "fields": [{"name": "day", "label": "Day", "type": "date", "required": True}],
        "time_limit": {"amount": 1, "unit": "days"},
    }  # fmt: skip
    office = await asks(database, await me(admin), node, ["filled"])
    (message,) = await office.fetch("SELECT context FROM whereupon.messages")
    address = "/api/v1/forms/" + message["context"]["question"]["link"].rpartition("/")[2]
    # Who may look at messages sees that there is a link, and not where it leads; the mail itself has it.
    (listed,) = (await admin.get("/api/v1/messages")).json()["items"]
    shown = await admin.get(f"/api/v1/messages/{listed['id']}")
    assert shown.json()["preview"]["text"].endswith("/forms/…\n")
    assert address.rpartition("/")[2] not in shown.text
    await office.execute(
        "UPDATE whereupon.messages SET status = 'sent', rendered = jsonb_build_object('to', '[]'::jsonb, "
        "'text', context#>>'{question,link}')"
    )
    assert address.rpartition("/")[2] not in (await admin.get(f"/api/v1/messages/{listed['id']}")).text
    form = await anyone.get(address)
    assert set(form.json()) == {"title", "body", "fields", "values", "due_at", "organisation"}
    assert (await anyone.get("/api/v1/forms/guessed")).status_code == 404
    wrong = await anyone.post(address, json={"values": {"day": "someday"}})
    assert (wrong.status_code, wrong.json()["problems"][0]["path"]) == (422, "/values/day")
    assert (await anyone.post(address, json={"values": {"day": "2026-05-04"}})).status_code == 204
    assert (await anyone.get(address)).status_code == 410
    (message,) = await office.fetch("SELECT context, rendered FROM whereupon.messages")
    assert address.rpartition("/")[2] not in f"{message['context']}{message['rendered']}"
    await office.settle()
    assert [run["status"] for run in await office.runs()] == ["succeeded"]
    tries = [(await anyone.get("/api/v1/forms/guessed")).status_code for _ in range(40)]
    assert tries[-1] == 429


async def test_data_tasks_are_for_builders(admin, client_of):
    clerk = await client_of("clerk@example.org")
    assert (await clerk.get("/api/v1/data-tasks")).status_code == 403
    task = {"name": "Rename", "definition": {"module": "users", "set": {"phone": "1"}}}
    refused = await admin.post("/api/v1/data-tasks", json=task)
    assert refused.status_code == 422 or refused.json()["key"] == "rename"

"""What the editor asks while a workflow is drawn."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from tests.integration.api.test_definitions import CASES
from tests.office import ITEMS

from whereupon.sdk import registry

W = "/api/v1/workflows"
ACCOUNTS: dict[str, Any] = {
    "key": "accounts", "label": "Account", "label_plural": "Accounts",
    "fields": [{"key": "name", "type": "text"}, {"key": "country", "type": "text"}],
}  # fmt: skip
LINK = {"key": "account", "type": "reference", "options": {"target": "accounts"}}


@pytest.fixture
async def cases(admin):
    assert (await admin.post("/api/v1/modules", json=ACCOUNTS)).status_code == 201
    assert (await admin.post("/api/v1/modules", json=CASES)).status_code == 201
    assert (await admin.post("/api/v1/modules/cases/fields", json=LINK)).status_code == 201
    account = await admin.post("/api/v1/records/accounts", json={"name": "Οίκος", "country": "Greece"})
    case = {"subject": "Größe <b>", "fee": "1000.50", "account": int(account.json()["id"])}
    made = await admin.post("/api/v1/records/cases", json=case)
    assert made.status_code == 201, made.text
    return made.json()


def draft(*nodes: dict[str, Any], trigger: dict[str, Any] | None = None) -> dict[str, Any]:
    start = {"key": "start", "block": "start", "config": trigger or {"trigger": "record_created"}}
    keys = ["start", *(node["key"] for node in nodes)]
    edges = [{"from": a, "to": b, "port": "true" if a == "big" else "next"} for a, b in pairwise(keys)]
    return {"document": {"nodes": [start, *nodes], "edges": edges}, "module": "cases"}


BIG = {"field": "fee", "operator": "greater_than", "value": 1000}
DRAWN = draft(
    {"key": "big", "block": "if", "config": {"condition": BIG}},
    {"key": "close", "block": "update_record", "config": {"set": {"status": "done"}}},
    {"key": "link", "block": "update_record",
     "config": {"which": "linked", "link": "account", "set": {"name": {"field": "subject"}}}},
    {"key": "pause", "block": "wait", "config": {"duration": {"amount": 3}}},
    {"key": "mail", "block": "send_email", "label": "Welcome",
     "config": {"to": [{"owner": True}], "subject": "Welcome {{ record.subject }}", "text": "x"}},
    trigger={"trigger": "record_updated", "filter": BIG},
)  # fmt: skip


async def check(admin, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    answer = await admin.post(f"{W}/check", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json(), {node["key"]: node for node in answer.json()["nodes"]}


async def test_a_draft_is_told_in_words_with_its_exits_and_modules(admin, cases):
    found, nodes = await check(admin, DRAWN | {"name": "Close", "description": " "})
    assert found["problems"] == []
    assert {key: node["summary"] for key, node in nodes.items()} == {
        "start": "A record of Cases is updated, if Fee is greater than 1,000",
        "big": "If Fee is greater than 1,000",
        "close": "Set Status to Done",
        "link": "Set Name to Subject of the linked Account",
        "pause": "Wait 3 days",
        "mail": "Email to the owner: Welcome {{ record.subject }}",
    }
    assert nodes["big"]["ports"] == [{"key": "true", "label": "True"}, {"key": "false", "label": "False"}]
    counted = ("matched", "updated", "changed", "failed")
    assert nodes["close"]["outputs"] == dict.fromkeys(counted, "a whole number")
    assert nodes["link"]["modules"] == {"/nodes/3/config/set": "accounts"}
    assert {(a["code"], a["node"]) for a in found["advice"]} == {
        ("name", None), ("no_description", None), ("no_recurrence_limit", "mail"), ("loose_exit", "big"),
    }  # fmt: skip


HALF = [
    ("if", {}, ["true", "false"]),
    ("switch", {"cases": [{"port": "öde"}, {"port": "late", "condition": {"field": "x"}}]},
     ["öde", "late", "otherwise"]),
    ("switch", {"cases": "none"}, ["next"]),
    ("wait", {"time_limit": {"amount": 1}}, ["next", "timeout"]),
    ("update_record", {}, ["next"]),
    ("no_such_block", {}, ["next"]),
]  # fmt: skip


@pytest.mark.parametrize(("block", "config", "ports"), HALF)
async def test_a_node_that_is_half_filled_in_has_its_exits_and_stops_nothing(
    admin, cases, block, config, ports
):
    last = {"key": "close", "block": "update_record", "config": {"set": {"status": "done"}}}
    found, nodes = await check(admin, draft({"key": "half", "block": block, "config": config}, last))
    assert {p["key"] for p in nodes["half"]["ports"]} >= set(ports)
    assert nodes["close"]["summary"] == "Set Status to Done"
    assert "half" in {problem["node"] for problem in found["problems"]}


async def test_a_node_that_cannot_be_read_at_all_leaves_the_others_in_their_places(admin, cases):
    body = draft({"key": "Not A Key", "block": "if"}, {"key": "nowhere", "block": "update_record"})
    found, nodes = await check(admin, body)
    assert list(nodes) == ["start", "nowhere"]
    paths = {problem["path"]: problem["node"] for problem in found["problems"]}
    assert paths["/nodes/1/key"] is None
    assert paths["/nodes/2/config/set"] == "nowhere"
    assert (await check(admin, {"document": {"nodes": 5, "edges": [3]}}))[1] == {}


async def test_every_example_of_every_block_is_said_in_words(admin):
    assert (await admin.post("/api/v1/modules", json=ITEMS)).status_code == 201
    for key, block in registry.blocks().items():
        for example in block.examples:
            drawn = draft({"key": "it", "block": key, "config": dict(example)}) | {"module": "items"}
            _, nodes = await check(admin, drawn)
            assert nodes["it"]["summary"]
            assert nodes["it"]["summary"] != block.label, key


async def test_a_large_draft_is_checked_at_every_pause_in_typing(admin, cases):
    nodes = [{"key": f"n{i}", "block": "if", "config": {"condition": BIG}} for i in range(200)]
    edges = [{"from": f"n{i}", "port": "true", "to": f"n{i + 1}"} for i in range(199)]
    body = draft()
    body["document"]["nodes"] += nodes
    body["document"]["edges"] = [*edges, {"from": "start", "to": "n0"}]
    await check(admin, body)
    began = time.process_time()  # whatever else the machine does
    _, found = await check(admin, body)
    assert len(found) == 201
    assert time.process_time() - began < 0.5, "meant to take 50 ms; ten times that is a defect"


async def names(admin, body: dict[str, Any]) -> dict[str, Any]:
    answer = await admin.post(f"{W}/variables", json=body)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["items"]}


async def test_the_names_at_a_node_are_offered_level_by_level(admin, cases):
    found = await names(admin, DRAWN | {"node": "mail"})
    assert found["subject"]["template"] == "{{ record.subject }}"
    assert (found["subject"]["formula"], found["subject"]["type"]) == ("subject", "text")
    assert (found["account"]["expandable"], found["fee"]["expandable"]) == (True, False)
    assert {"nodes.close.updated", "old", "today", "now", "user.email", "organisation.name"} <= set(found)
    assert found["organisation.name"]["formula"] is None
    below = await names(admin, DRAWN | {"node": "mail", "path": "account"})
    assert below["account.country"]["template"] == "{{ record.account.country }}"
    old = await names(admin, DRAWN | {"node": "mail", "path": "old"})
    assert old["old.fee"]["formula"] == "old.fee"
    assert "nodes.close.updated" not in await names(admin, DRAWN | {"node": "big"})
    for wrong, status in (({"node": "mial"}, 422), ({"node": "mail", "path": "fee"}, 404)):
        assert (await admin.post(f"{W}/variables", json=DRAWN | wrong)).status_code == status


async def test_every_name_that_is_offered_can_be_used(admin, cases):
    for path in ("", "account", "old", "owner"):
        for name, one in (await names(admin, DRAWN | {"node": "mail", "path": path})).items():
            for kind in ("text", "html", "formula"):
                written = one["formula" if kind == "formula" else "template"]
                if written is not None and one["type"] != "a list of records":
                    body = DRAWN | {"node": "mail", "record_id": cases["id"], kind: written}
                    answer = await admin.post(f"{W}/preview", json=body)
                    assert answer.status_code == 200, (name, kind, answer.text)


PREVIEWS = [
    ({"text": "Hej {{ record.subject }}, {{ record.account.name }}"}, "Hej Größe <b>, Οίκος"),
    ({"html": "<p>{{ record.subject }}</p><script>1</script>"}, "<p>Größe &lt;b&gt;</p>"),
    ({"text": "{{ nodes.close.updated }} done"}, "‹close.updated› done"),
    ({"formula": "fee * 2"}, "2001"),
    ({"value": {"field": "account.country"}}, "Greece"),
    ({"value": 12}, "12"),
    ({"formula": "nodes.close.updated"}, None),
]


@pytest.mark.parametrize(("asked", "rendered"), PREVIEWS)
async def test_a_text_or_value_is_shown_with_a_real_record(admin, cases, asked, rendered):
    answer = await admin.post(f"{W}/preview", json=DRAWN | {"node": "mail", "record_id": cases["id"]} | asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rendered"] == rendered


async def test_a_condition_is_shown_with_what_it_saw(admin, cases):
    body = DRAWN | {"node": "mail", "record_id": cases["id"], "condition": BIG}
    answer = await admin.post(f"{W}/preview", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["held"] is True
    assert answer.json()["explained"]["sentence"] == "Fee is greater than 1000: held, it is 1000.5"


WRONG = [
    ({"text": "{{ record.nope }}"}, 422),
    ({"formula": "1 +"}, 422),
    ({"text": "a", "html": "b"}, 422),
    ({}, 422),
    ({"text": "a", "record_id": "99"}, 404),
    ({"text": "a", "record_id": "a\u0000"}, 422),
]


@pytest.mark.parametrize(("asked", "status"), WRONG)
async def test_what_cannot_be_shown_is_refused_with_a_reason(admin, cases, asked, status):
    body = DRAWN | {"node": "mail", "record_id": cases["id"]} | asked
    answer = await admin.post(f"{W}/preview", json=body)
    assert answer.status_code == status, answer.text


async def test_a_draft_that_acts_as_a_role_shows_what_that_may_see(admin, cases):
    modules = {"cases": {"read": "all", "fields": {"fee": "none"}}, "accounts": {"read": "all"}}
    made = await admin.post("/api/v1/roles", json={"key": "clerk", "name": "Clerk", "modules": modules})
    assert made.status_code == 201, made.text
    body = DRAWN | {"document": {**DRAWN["document"], "settings": {"acts_as": "clerk"}}}
    told = "With the rights of “Clerk”, the workflow may not"
    problems = (await check(admin, body))[0]["problems"]
    assert {one["node"]: one["message"] for one in problems if one["code"] == "refused"} == {
        "start": f'{told} read "fee" of "cases".', "big": f'{told} read "fee" of "cases".',
        "close": f'{told} update records of "cases".', "link": f'{told} update records of "accounts".',
    }  # fmt: skip
    assert {"subject", "fee"} - (await names(admin, body | {"node": "mail"})).keys() == {"fee"}
    asked = {"node": "mail", "record_id": cases["id"]}
    for text, status in (("{{ record.subject }}", 200), ("{{ record.fee }}", 403)):
        answer = await admin.post(f"{W}/preview", json=body | asked | {"text": text})
        assert answer.status_code == status, answer.text
    nobody = DRAWN | {"document": {**DRAWN["document"], "settings": {"acts_as": "clerc"}}}
    ((code, advice),) = [(p["code"], p["suggestion"]) for p in (await check(admin, nobody))[0]["problems"]]
    assert (code, "clerk" in advice) == ("unknown_role", True)


async def test_the_editor_is_for_builders(client_of, cases):
    eve = await client_of("eve@example.org")
    for path, more in (
        ("check", {}), ("variables", {"node": "mail"}), ("preview", {"node": "mail", "text": "a"}),
    ):  # fmt: skip
        assert (await eve.post(f"{W}/{path}", json=DRAWN | more)).status_code == 403


async def test_a_draft_is_tested_and_nothing_is_kept(admin, client_of, cases):
    body = DRAWN | {"records": [cases["id"]], "change": {"status": "väntar"}}
    answer = await admin.post(f"{W}/test", json=body)
    assert answer.status_code == 200, answer.text
    record = answer.json()["records"][0]
    assert (record["taken"], record["status"]) == (True, "failed")
    assert [step["node"] for step in record["steps"]] == ["big", "close", "link", "pause", "mail"]
    assert answer.json()["proof"]["rolled_back"] is True
    kept = await admin.get(f"/api/v1/records/cases/{cases['id']}")
    assert kept.json()["values"]["status"] == "new"
    for wrong, status in (
        ({}, 422), ({"records": ["99"]}, 404), ({"records": ["1"], "form": {}}, 422),
        ({"form": {"subjct": "x"}}, 422), ({"form": {"subject": "x"}, "change": {"nope": 1}}, 422),
    ):  # fmt: skip
        assert (await admin.post(f"{W}/test", json=DRAWN | wrong)).status_code == status, wrong
    eve = await client_of("eve@example.org")
    assert (await eve.post(f"{W}/test", json=body)).status_code == 403

"""Records over HTTP: written, read, searched, explained; and who may do which of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.integration.api.test_definitions import CASES

BASE = "/api/v1/records/cases"
JSON = {"content-type": "application/json"}


@pytest.fixture
async def cases(admin) -> str:
    assert (await admin.post("/api/v1/modules", json=CASES)).status_code == 201
    return BASE


async def test_a_record_is_created_read_changed_and_deleted(admin, cases):
    made = await admin.post(cases, json={"subject": "Vuotava katto", "fee": "12.50"})
    assert made.status_code == 201, made.text
    record = made.json()
    assert made.headers["location"] == f"{cases}/{record['id']}"
    assert made.headers["etag"] == f'"{record["etag"]}"'
    assert (record["values"]["fee"], record["values"]["gross"]) == (12.5, 15.5)
    one = f"{cases}/{record['id']}"
    assert (await admin.get(one)).json() == record
    changed = await admin.patch(one, json={"status": "väntar"}, headers={"if-match": made.headers["etag"]})
    assert changed.json()["values"]["status"] == "väntar"
    late = await admin.patch(one, json={"status": "done"}, headers={"if-match": made.headers["etag"]})
    assert late.status_code == 412
    assert (await admin.delete(one, headers={"if-match": made.headers["etag"]})).status_code == 412
    assert (await admin.delete(one)).status_code == 204
    assert (await admin.get(one)).status_code == 404
    timeline = (await admin.get(f"{one}/changes")).json()["items"]
    assert [c["operation"] for c in timeline] == ["deleted", "updated", "created"]
    assert timeline[1]["fields"] == {"status": {"before": "new", "after": "väntar"}}
    assert timeline[1]["origin"] == "api"
    assert timeline[1]["actor"]["name"] == "Ada Ädel"


BAD_RECORDS = [
    (b'{"subject": ""}', "/subject"),
    (b"{}", "/subject"),
    (b'{"subject": null}', "/subject"),
    (b"[]", ""),
    (b'{"subject": "a", "sttus": "new"}', "/sttus"),
    (b'{"subject": "a", "status": "gone"}', "/status"),
    (b'{"subject": "a", "fee": "x"}', "/fee"),
    (b'{"subject": "a", "fee": 1e99}', "/fee"),
    (b'{"subject": "a", "fee": 12345678901234567890123456789012345}', "/fee"),
    (b'{"subject": "a\\u0000"}', "/subject"),
    (b'{"subject": "a", "gross": 1}', "/gross"),
    (b'{"subject": "a", "id": 1}', "/id"),
    (b'{"subject": "a", "owner": 999}', "/owner"),
    (b'{"subject": "a", "owner": "\xc3\xa4"}', "/owner"),
    (b'{"subject": {"a": 1}}', "/subject"),
    (b"null", ""),
    (b"", ""),
]


@pytest.mark.parametrize(("body", "path"), BAD_RECORDS, ids=[str(b) for b, _ in BAD_RECORDS])
async def test_a_wrong_record_is_refused_with_the_place(admin, cases, body, path):
    answer = await admin.post(cases, content=body, headers=JSON)
    assert answer.status_code == 422, answer.text
    assert path in [p["path"] for p in answer.json()["problems"]]
    assert (await admin.get(cases)).json()["items"] == []


async def test_every_digit_of_a_number_is_kept(admin, cases):
    made = await admin.post(cases, content=b'{"subject": "a", "fee": 9007199254740993.07}', headers=JSON)
    assert made.status_code == 201, made.text
    assert str(made.json()["values"]["fee"]) == "9007199254740993.07"


async def test_records_are_found_by_condition_sorted_and_paged(admin, cases):
    for i, subject in enumerate(["b", "A", "ä", "c", "B2"]):
        await admin.post(cases, json={"subject": subject, "fee": i})
    where = json.dumps({"field": "subject", "operator": "begins_with", "value": "b"})
    found = await admin.get(cases, params={"where": where, "fields": "subject"})
    assert [r["values"] for r in found.json()["items"]] == [{"subject": "b"}, {"subject": "B2"}]
    seen, params = [], {"limit": 2, "sort": "-fee"}
    while params:
        page = (await admin.get(cases, params=params)).json()
        seen += [r["values"]["fee"] for r in page["items"]]
        params = {**params, "cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert seen == [4, 3, 2, 1, 0]
    for params in (
        {"where": "{"},
        {"where": '{"field": "sbject", "operator": "is_empty"}'},
        {"sort": "sbject"},
        {"fields": "x"},
        {"cursor": "x"},
        {"where": "[]"},
        {"limit": 0},
        {"limit": "viisi"},
    ):
        assert (await admin.get(cases, params=params)).status_code == 422, params


async def test_many_are_written_at_once_or_none(admin, cases):
    done = await admin.post(f"{cases}/bulk", json={"create": [{"subject": "a"}, {"subject": "b"}]})
    assert done.status_code == 200, done.text
    a, b = done.json()["created"]
    wrong = {"delete": [a["id"]], "update": [{"id": b["id"], "etag": "1", "subject": "x"}]}
    assert (await admin.post(f"{cases}/bulk", json=wrong)).status_code == 409
    assert (await admin.get(f"{cases}/{a['id']}")).status_code == 200
    right = wrong | {"update": [{"id": b["id"], "etag": b["etag"], "subject": "x"}]}
    done = await admin.post(f"{cases}/bulk", json=right)
    assert (done.json()["deleted"], done.json()["updated"][0]["values"]["subject"]) == (1, "x")
    faulty = await admin.post(
        f"{cases}/bulk", json={"create": [{"subject": "a"}, {"subject": ""}], "upate": []}
    )
    assert faulty.json()["problems"][0]["suggestion"] == 'Did you mean "update"?'
    faulty = await admin.post(f"{cases}/bulk", json={"create": [{"subject": "a"}, {"sbject": "b"}]})
    assert "/create/1/sbject" in [p["path"] for p in faulty.json()["problems"]]


async def test_the_same_record_sent_twice_with_a_key_is_one(admin, cases):
    key = {"idempotency-key": "c-1"}
    answers = [await admin.post(cases, json={"subject": "a"}, headers=key) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert len((await admin.get(cases)).json()["items"]) == 1


async def test_a_write_wakes_the_workers_once_it_is_there(admin, cases, database):
    heard = asyncio.Event()

    def hear(*_: object) -> None:
        heard.set()

    async with database.connection() as db:
        await db.add_listener("whereupon_changes", hear)
        await admin.post(cases, json={"subject": "a"})
        await asyncio.wait_for(heard.wait(), 2)
        await db.remove_listener("whereupon_changes", hear)


async def test_a_column_that_another_process_added_is_noticed(admin, cases, app):
    await admin.post(cases, json={"subject": "a"})
    stale = app.state.memory.kept_catalog
    await admin.patch("/api/v1/modules/cases/fields/subject", json={"key": "topic"})
    app.state.memory.kept_catalog = stale  # as if the notification had not arrived yet
    answer = await admin.get(f"{cases}/1")
    assert answer.status_code == 200, answer.text
    assert answer.json()["values"]["topic"] == "a"


async def test_conditions_and_formulas_are_checked_counted_and_explained(admin, cases):
    record = (await admin.post(cases, json={"subject": "a", "fee": 5})).json()["id"]
    right = {"field": "fee", "operator": "greater_than", "value": 3}
    about = {"module": "cases", "condition": right}
    assert (await admin.post("/api/v1/conditions/check", json=about)).json() == {
        "problems": [],
        "reads": ["cases.fee"],
    }
    wrong = {"module": "cases", "condition": right | {"operator": "graeter_than"}}
    assert (await admin.post("/api/v1/conditions/check", json=wrong)).json()["problems"][0][
        "path"
    ] == "/operator"
    changed = {"module": "cases", "condition": {"field": "fee", "operator": "has_changed"}}
    assert (await admin.post("/api/v1/conditions/check", json=changed)).json()["problems"] != []
    asked = await admin.post("/api/v1/conditions/check", json=changed | {"of_change": True})
    assert asked.json()["problems"] == []
    counted = (await admin.post("/api/v1/conditions/count", json=about)).json()
    assert (counted["count"], counted["examples"][0]["id"]) == (1, record)
    why = (await admin.post("/api/v1/conditions/explain", json=about | {"record_id": record})).json()
    assert (why["held"], why["value"]) == (True, 5)
    missing = await admin.post("/api/v1/conditions/explain", json=about | {"record_id": "99"})
    assert missing.status_code == 404
    formula = {"module": "cases", "formula": "fee * 2"}
    assert (await admin.post("/api/v1/formulas/check", json=formula)).json()["gives"] == "a number"
    broken = {"module": "cases", "formula": "fee *"}
    assert (await admin.post("/api/v1/formulas/check", json=broken)).json()["problems"] != []


# Who may do what: every role, action, owner and field, generated --------------------------------------

EXTENTS = ("none", "own", "all")
ROLES: dict[str, dict[str, Any]] = {
    f"{action}_{extent}": {"read": "all", action: extent} | ({"read": extent} if action == "read" else {})
    for action in ("read", "create", "update", "delete")
    for extent in (EXTENTS if action != "create" else ("none", "all"))
}
MATRIX = [(role, owned) for role in ROLES for owned in (True, False)]


def allowed(role: str, owned: bool) -> bool:
    extent = role.rpartition("_")[2]
    return extent == "all" or (extent == "own" and owned)


@pytest.mark.parametrize(("role", "owned"), MATRIX, ids=[f"{r}-{'own' if o else 'other'}" for r, o in MATRIX])
async def test_each_role_does_what_it_grants_and_no_more(admin, cases, client_of, role, owned):
    await admin.post("/api/v1/roles", json={"key": role, "name": role, "modules": {"cases": ROLES[role]}})
    someone = await client_of("someone@example.org", role)
    owner = someone.user_id if owned else None
    record = (await admin.post(cases, json={"subject": "katto", "owner": owner})).json()["id"]
    one, action = f"{cases}/{record}", role.partition("_")[0]
    about = {"module": "cases", "condition": {"field": "subject", "operator": "equals", "value": "katto"}}
    where = json.dumps(about["condition"])
    explains = about | {"record_id": record}
    match action:
        case "read":
            good = [("GET", one, None), ("GET", f"{one}/changes", None),
                    ("POST", "/api/v1/conditions/explain", explains)]  # fmt: skip
        case "create":
            good = [
                ("POST", cases, {"subject": "x"}),
                ("POST", f"{cases}/bulk", {"create": [{"subject": "x"}]}),
            ]
        case "update":
            good = [("PATCH", one, {"subject": "x"}),
                    ("POST", f"{cases}/bulk", {"update": [{"id": record, "subject": "y"}]})]  # fmt: skip
        case _:
            good = [("POST", f"{cases}/bulk", {"delete": [record]})]
    for method, path, body in good:
        answer = await someone.request(method, path, json=body)
        assert answer.is_success is allowed(role, owned), (method, path, answer.text)
        assert allowed(role, owned) or answer.status_code in (403, 404, 409), answer.text
        assert allowed(role, owned) or "katto" not in answer.text
    if action == "read":
        listed = await someone.get(cases, params={"where": where})
        found = listed.is_success and bool(listed.json()["items"])
        assert found is allowed(role, owned), listed.text
        counted = await someone.post("/api/v1/conditions/count", json=about)
        assert (counted.is_success and counted.json()["count"] == 1) is allowed(role, owned), counted.text
    if action == "delete" and not allowed(role, owned):
        assert (await someone.delete(one)).status_code in (403, 404)
        assert (await admin.get(one)).status_code == 200


FIELDS = [("none", False, False), ("read", True, False), ("write", True, True)]


@pytest.mark.parametrize(("level", "reads", "writes"), FIELDS)
async def test_each_field_is_shown_and_set_only_as_far_as_the_role_goes(
    admin, cases, client_of, level, reads, writes
):
    rights = {"read": "all", "create": "all", "update": "all", "delete": "all", "fields": {"fee": level}}
    await admin.post("/api/v1/roles", json={"key": "r", "name": "R", "modules": {"cases": rights}})
    someone = await client_of("someone@example.org", "r")
    record = (await admin.post(cases, json={"subject": "a", "fee": 77123})).json()["id"]
    one, by_fee = f"{cases}/{record}", {"field": "fee", "operator": "equals", "value": 77123}
    about = {"module": "cases", "condition": by_fee}
    shown = [
        ("GET", one, None),
        ("GET", cases, None),
        ("GET", f"{one}/changes", None),
        ("PATCH", one, {"subject": "b"}),
        ("POST", f"{cases}/bulk", {"update": [{"id": record, "subject": "c"}]}),
    ]
    for method, path, body in shown:
        answer = await someone.request(method, path, json=body)
        assert answer.is_success, answer.text
        # The formula over the fee is a field of its own, with rights of its own.
        told = answer.text.replace("95632.52", "")
        assert ("77123" in told) is reads or path.endswith("bulk"), (method, path, answer.text)
    probes = [
        ("GET", f"{cases}?where={json.dumps(by_fee)}", None),
        ("GET", f"{cases}?sort=fee", None),
        ("GET", f"{cases}?fields=fee", None),
        ("POST", "/api/v1/conditions/count", about),
        ("POST", "/api/v1/conditions/check", about),
        ("POST", "/api/v1/conditions/explain", about | {"record_id": record}),
        ("POST", "/api/v1/formulas/check", {"module": "cases", "formula": "fee + 1"}),
    ]
    for method, path, body in probes:
        answer = await someone.request(method, path, json=body)
        assert answer.is_success is reads, (method, path, answer.text)
    sets = [("PATCH", one, {"fee": 1}), ("POST", cases, {"subject": "x", "fee": 1}),
            ("POST", f"{cases}/bulk", {"create": [{"subject": "x", "fee": 1}]}),
            ("POST", f"{cases}/bulk", {"update": [{"id": record, "fee": 2}]})]  # fmt: skip
    for method, path, body in sets:
        answer = await someone.request(method, path, json=body)
        assert answer.is_success is writes, (method, path, answer.text)

"""What a role holds back stays back: in runs, messages, templates, formulas and line items."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.db.pool import Database
from whereupon.people.rights import everything
from whereupon.workers.engine import Engine

SECRET = "Salaisuus"
ADDRESS = "asiakas@example.org"
ORDERS: dict[str, Any] = {
    "key": "orders", "label": "Order", "label_plural": "Orders", "owner_field": "owner",
    "fields": [
        {"key": "name", "type": "text"},
        {"key": "secret", "type": "text"},
        {"key": "email", "type": "email"},
        {"key": "owner", "type": "user"},
        {"key": "lines", "type": "line_items", "options": {"fields": [{"key": "what", "type": "text"}]}},
    ],
}  # fmt: skip
MAIL = {
    "key": "mail",
    "block": "send_email",
    "to": [{"field": "email"}],
    "subject": "x",
    "text": "{{ record.secret }}",
}
COPY = {"key": "copy", "block": "update_record", "set": {"name": {"field": "secret"}}}


@pytest.fixture
async def orders(admin) -> str:
    made = await admin.post("/api/v1/modules", json=ORDERS)
    assert made.status_code == 201, made.text
    return "/api/v1/records/orders"


async def role(admin, key: str, *, builder: bool = False, **modules: Any) -> None:
    made = await admin.post(
        "/api/v1/roles", json={"key": key, "name": key, "builder": builder, "modules": modules}
    )
    assert made.status_code == 201, made.text


async def ran(admin, orders: str, database: Database) -> int:
    """A run that read a secret and wrote to an address."""
    document = draw({"trigger": "record_created"}, COPY, MAIL)
    new = {"name": "Orders", "module": "orders", "document": document}
    key = (await admin.post("/api/v1/workflows", json=new)).json()["key"]
    assert (await admin.post(f"/api/v1/workflows/{key}/publish", json={})).status_code == 200
    await admin.post(orders, json={"secret": SECRET, "email": ADDRESS})
    await Office(database, 1, everything(), Engine(database)).settle()
    return (await admin.get("/api/v1/runs")).json()["items"][0]["id"]


@pytest.mark.parametrize(
    ("hidden", "builder"), [({}, False), ({"secret": "none"}, False), ({"email": "none"}, True)]
)
async def test_a_run_and_its_message_tell_no_more_than_the_fields_that_one_may_read(
    admin, orders, database, client_of, hidden, builder
):
    run = await ran(admin, orders, database)
    await role(admin, "r", builder=builder, orders={"read": "all", "fields": hidden})
    someone = await client_of("someone@example.org", "r")
    shown = await someone.get(f"/api/v1/runs/{run}")
    assert shown.status_code == 200
    assert [step["node"] for step in shown.json()["steps"]] == ["copy", "mail"]
    # The record's name may be read, so what was copied there is told; nothing else is.
    rest = json.dumps(shown.json() | {"record_title": None})
    for told in (SECRET, ADDRESS):
        assert (told in rest) is (not hidden), rest
    message = shown.json()["messages"][0]["id"]
    for path in (f"/api/v1/messages/{message}", "/api/v1/messages"):
        answer = await someone.get(path)
        assert answer.status_code == (200 if builder else 403), answer.text
        assert SECRET not in answer.text
        assert ADDRESS not in answer.text
    whole = await admin.get(f"/api/v1/messages/{message}")
    assert SECRET in whole.text
    assert ADDRESS in whole.text


async def test_an_error_of_a_run_is_not_told_to_whom_its_fields_are_closed(
    admin, orders, database, client_of
):
    await ran(admin, orders, database)
    await admin.post(orders, json={"secret": SECRET})  # nobody to write to
    await Office(database, 1, everything(), Engine(database)).settle()
    await role(admin, "r", orders={"read": "all", "fields": {"email": "none"}})
    someone = await client_of("someone@example.org", "r")
    theirs = (await someone.get("/api/v1/runs")).json()["items"][0]["error"]
    ours = (await admin.get("/api/v1/runs")).json()["items"][0]["error"]
    assert theirs["code"] == ours["code"] == "no_recipient"
    assert "address" in ours["message"]
    assert "not shown" in theirs["message"]


async def test_a_builder_cannot_read_by_a_formula_what_is_closed(admin, orders, client_of):
    await role(admin, "b", builder=True, orders={"read": "all", "fields": {"secret": "none"}})
    builder = await client_of("builder@example.org", "b")
    leak = {"key": "leak", "type": "formula", "options": {"expression": "secret"}}
    refused = await builder.post("/api/v1/modules/orders/fields", json=leak)
    assert refused.status_code == 403, refused.text
    assert '"secret"' in refused.json()["detail"]
    fine = await builder.post(
        "/api/v1/modules/orders/fields", json=leak | {"options": {"expression": "LOWER(name)"}}
    )
    assert fine.status_code == 201, fine.text
    change = await builder.patch(
        "/api/v1/modules/orders/fields/leak", json={"options": {"expression": "LOWER(secret)"}}
    )
    assert change.status_code == 403
    through = {
        "key": "notes", "label": "Note", "label_plural": "Notes",
        "fields": [
            {"key": "order", "type": "reference", "options": {"target": "orders"}},
            {"key": "leak", "type": "formula", "options": {"expression": "order.secret"}},
        ],
    }  # fmt: skip
    assert (await builder.post("/api/v1/modules", json=through)).status_code == 403
    own = through | {"fields": [{"key": "a", "type": "text"}, leak | {"options": {"expression": "LOWER(a)"}}]}
    assert (await builder.post("/api/v1/modules", json=own)).status_code == 201
    lines = {"fields": [leak | {"options": {"expression": "parent.secret"}}]}
    below = {"key": "more", "type": "line_items", "options": lines}
    assert (await builder.post("/api/v1/modules/orders/fields", json=below)).status_code == 403
    assert "leak" not in (await admin.get("/api/v1/modules/notes")).text.replace('"key":"leak"', "", 1)


async def test_a_builder_cannot_put_what_is_closed_into_a_template_that_others_send(admin, orders, client_of):
    await role(admin, "b", builder=True, orders={"read": "all", "fields": {"secret": "none"}})
    builder = await client_of("builder@example.org", "b")
    new = {"key": "hei", "name": "Hei", "module": "orders", "subject": "{{ record.name }}", "text": "x"}
    assert (
        await builder.post("/api/v1/templates", json=new | {"text": "{{ record.secret }}"})
    ).status_code == 403
    assert (await builder.post("/api/v1/templates", json=new)).status_code == 201
    words = {"subject": "{{ record.secret }}", "text": "x"}
    assert (await builder.put("/api/v1/templates/hei", json=words)).status_code == 403
    assert (await admin.put("/api/v1/templates/hei", json=words)).status_code == 200


async def test_own_lines_are_those_of_own_records(admin, orders, client_of):
    own = {"read": "own", "create": "all", "update": "own", "delete": "own"}
    await role(admin, "r", orders={"read": "all", "update": "all"}, orders_lines=own)
    clerk = await client_of("clerk@example.org", "r")
    lines = [{"what": "tuoli"}]
    theirs = (await admin.post(orders, json={"name": "theirs", "lines": lines})).json()
    mine = (await admin.post(orders, json={"name": "mine", "owner": clerk.user_id, "lines": lines})).json()
    assert (await clerk.get(f"{orders}/{theirs['id']}")).json()["values"]["lines"] == []
    assert (await clerk.get(f"{orders}/{mine['id']}")).json()["values"]["lines"][0]["what"] == "tuoli"
    for sent in ([], [{"id": theirs["values"]["lines"][0]["id"], "what": "pöytä"}]):
        refused = await clerk.patch(f"{orders}/{theirs['id']}", json={"lines": sent})
        assert refused.status_code == 403, refused.text
    kept = (await admin.get(f"{orders}/{theirs['id']}")).json()["values"]["lines"]
    assert [line["what"] for line in kept] == ["tuoli"]
    assert (await clerk.patch(f"{orders}/{mine['id']}", json={"lines": []})).json()["values"]["lines"] == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"create": [{"name": "ä"}, {"nmae": "b"}]}, "/create/1/nmae"),
        ({"update": [{"id": "1", "name": 5}]}, "/update/0/name"),
        ({"create": [{}], "update": [{"name": "without an id"}]}, "/update/0/id"),
    ],
)
async def test_what_is_wrong_in_a_bulk_write_is_named_by_its_place_in_the_body(admin, orders, body, path):
    await admin.post(orders, json={"name": "one"})
    refused = await admin.post(f"{orders}/bulk", json=body)
    assert refused.status_code == 422
    assert [problem["path"] for problem in refused.json()["problems"]] == [path]


async def test_own_records_of_a_module_that_leads_to_itself_do_not_show_others(admin, client_of):
    fields = [
        {"key": "name", "type": "text"},
        {"key": "owner", "type": "user"},
        {"key": "above", "type": "reference", "options": {"target": "units"}},
    ]
    units = {
        "key": "units",
        "label": "Unit",
        "label_plural": "Units",
        "owner_field": "owner",
        "fields": fields,
    }
    assert (await admin.post("/api/v1/modules", json=units)).status_code == 201
    await role(admin, "r", units={"read": "own"})
    clerk = await client_of("clerk@example.org", "r")
    above = (await admin.post("/api/v1/records/units", json={"name": SECRET})).json()["id"]
    own = {"name": "ours", "owner": clerk.user_id, "above": above}
    one = (await admin.post("/api/v1/records/units", json=own)).json()["id"]
    guess = {"field": "above.name", "operator": "begins_with", "value": "Sal"}
    for path, more in (("count", {}), ("explain", {"record_id": one})):
        asked = {"module": "units", "condition": guess, **more}
        assert (await clerk.post(f"/api/v1/conditions/{path}", json=asked)).status_code == 403
    preview = {"module": "units", "record_id": one, "subject": "x", "text": "{{ record.above.name }}"}
    assert (await clerk.post("/api/v1/templates/preview", json=preview)).status_code == 403
    reference = {"field": "above", "operator": "equals", "value": above}
    counted = await clerk.post("/api/v1/conditions/count", json={"module": "units", "condition": reference})
    assert counted.json()["count"] == 1

"""Every way to ask about records, for people who may not read a field, a module, or others' records."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from whereupon.db.pool import Database
from whereupon.runs.match import match_batch
from whereupon.workers.engine import Engine

SECRET, OTHERS = "Ωκεανός-4711", "Someone-elses-9"
ACCOUNTS: dict[str, Any] = {
    "key": "accounts", "label": "Account", "label_plural": "Accounts", "title_field": "name",
    "fields": [{"key": "name", "type": "text"}],
}  # fmt: skip
CASES: dict[str, Any] = {
    "key": "cases", "label": "Case", "label_plural": "Cases", "owner_field": "owner",
    "title_field": "subject",
    "fields": [
        {"key": "subject", "type": "text"}, {"key": "secret", "type": "text"},
        {"key": "due", "type": "date"}, {"key": "fee", "type": "integer"},
        {"key": "owner", "type": "user"},
        {"key": "account", "type": "reference", "options": {"target": "accounts"}},
    ],
}  # fmt: skip
HIDDEN = {"secret": "none", "due": "none"}
SECRET_IS_THERE = {"field": "secret", "operator": "is_not_empty"}
API = "/api/v1"


def document(config: dict[str, Any], *nodes: dict[str, Any]) -> dict[str, Any]:
    nodes = nodes or ({"key": "stop", "block": "stop", "config": {}},)
    keys = ["start", *(node["key"] for node in nodes)]
    return {
        "format": 1,
        "nodes": [{"key": "start", "block": "start", "config": config}, *nodes],
        "edges": [{"from": a, "port": "next", "to": b} for a, b in pairwise(keys)],
        "settings": {},
    }


def comparing(field: str, value: Any, operator: str = "equals") -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


@pytest.fixture
async def office(admin, client_of, database: Database):
    """A case of Eve's and one of somebody else's, on an account; workflows that look at what is secret."""
    for module in (ACCOUNTS, CASES):
        made = await admin.post(f"{API}/modules", json=module)
        assert made.status_code == 201, made.text
    roles = (
        {"key": "builder", "name": "B", "builder": True, "modules": {"cases": {"read": "all", "update": "all",
         "create": "all", "fields": HIDDEN}}},
        {"key": "own", "name": "O", "builder": True, "modules": {"cases": {"read": "own", "update": "own"}}},
    )  # fmt: skip
    for role in roles:
        assert (await admin.post(f"{API}/roles", json=role)).status_code == 201
    await admin.post(f"{API}/records/accounts", json={"name": SECRET})
    filters = {
        "by_secret": {"trigger": "record_created", "filter": SECRET_IS_THERE},
        "by_link": {"trigger": "record_created",
                    "filter": {"field": "account", "operator": "is_not_empty"}},
        "by_date": {"trigger": "date_reached", "field": "due"},
    }  # fmt: skip
    for key, config in filters.items():
        sent = {"name": key, "key": key, "module": "cases", "document": document(config)}
        assert (await admin.post(f"{API}/workflows", json=sent)).status_code == 201
        done = await admin.post(f"{API}/workflows/{key}/publish", json={})
        assert done.status_code in (200, 201), done.text
    builder = await client_of("dora@example.org", "builder")
    own = await client_of("eve@example.org", "own")
    for who, subject in ((own.user_id, "Mine"), (builder.user_id, OTHERS)):
        case = {
            "subject": subject, "secret": SECRET, "due": "2031-02-03", "owner": who, "account": 1, "fee": 7,
        }  # fmt: skip
        made = await admin.post(f"{API}/records/cases", json=case)
        assert made.status_code == 201, made.text
    engine = Engine(database)
    async with database.transaction() as db:
        await match_batch(db, await engine.current(db))
    return builder, own


QUESTIONS: dict[str, tuple[str, str, Any]] = {
    "why, a filter on a hidden field": ("POST", "/workflows/by_secret/why", {"record_id": "1"}),
    "why, a filter on a link": ("POST", "/workflows/by_link/why", {"record_id": "1"}),
    "why, a hidden date": ("POST", "/workflows/by_date/why", {"record_id": "1"}),
    "why of a record": ("GET", "/records/cases/1/why", None),
    "explain a link": (
        "POST", "/conditions/explain",
        {"module": "cases", "record_id": "1", "condition": {"field": "account", "operator": "is_not_empty"}},
    ),
    "explain a made-up link": (
        "POST", "/conditions/explain",
        {"module": "cases", "record_id": "1", "condition": comparing("account", 1, "not_equals")},
    ),
    "preview a link": (
        "POST", "/workflows/preview",
        {"document": document({"trigger": "record_created"}), "module": "cases", "node": "stop",
         "record_id": "1", "condition": {"field": "account", "operator": "is_not_empty"}},
    ),
    "preview a text": (
        "POST", "/workflows/preview",
        {"document": document({"trigger": "record_created"}), "module": "cases", "node": "stop",
         "record_id": "1", "text": "{{ record.account }} {{ record.subject }}"},
    ),
    "test on a link": (
        "POST", "/workflows/test",
        {"document": document({"trigger": "record_created",
                               "filter": {"field": "account", "operator": "is_not_empty"}}),
         "module": "cases", "records": ["1"], "anyway": True},
    ),
    "test that changes it": (
        "POST", "/workflows/test",
        {"document": document({"trigger": "record_created"},
                              {"key": "up", "block": "update_record", "config": {"set": {"subject": "x"}}}),
         "module": "cases", "records": ["1"]},
    ),
    "test on a hidden filter": (
        "POST", "/workflows/test",
        {"document": document({"trigger": "record_created", "filter": SECRET_IS_THERE}),
         "module": "cases", "records": ["1"]},
    ),
    "list": ("GET", "/records/cases", None),
    "list sorted": ("GET", "/records/cases?sort=secret", None),
    "export": ("GET", "/records/cases/export?ids=true", None),
    "export sorted": ("GET", "/records/cases/export?sort=secret", None),
    "lookup": ("GET", "/records/cases/lookup?q=", None),
    "search": ("GET", "/search?q=%CE%A9", None),
    "related": ("GET", "/records/accounts/1/related", None),
    "count": ("GET", f"/records/cases/count?where={json.dumps(comparing('secret', 'x'))}", None),
    "count examples": ("POST", "/conditions/count", {"module": "cases", "condition": {}}),
    "review": ("POST", "/workflows/by_secret/review", None),
    "review of a link": ("POST", "/workflows/by_link/review", None),
    "runs": ("GET", "/runs", None),
    "bars": ("GET", "/workflows?bars=30", None),
    "home": ("GET", "/home", None),
    "buttons": ("GET", "/records/cases/1/workflows", None),
    "changes": ("GET", "/records/cases/1/timeline", None),
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
async def test_nothing_of_it_is_told(office, name: str) -> None:
    builder, own = office
    method, path, body = QUESTIONS[name]
    answer = await builder.request(method, API + path, **({} if body is None else {"json": body}))
    assert answer.status_code in (200, 403, 404, 422), answer.text
    assert SECRET not in answer.text
    assert "2031-02-03" not in answer.text
    owned = await own.request(method, API + path, **({} if body is None else {"json": body}))
    assert owned.status_code in (200, 403, 404, 422), owned.text
    assert OTHERS not in owned.text


@pytest.mark.parametrize("name", [n for n in QUESTIONS if "record" in str(QUESTIONS[n])])
async def test_others_records_are_not_there(office, name: str) -> None:
    _, own = office
    method, path, body = QUESTIONS[name]
    path = path.replace("cases/1/", "cases/2/")
    body = json.loads(
        json.dumps(body).replace('"record_id": "1"', '"record_id": "2"').replace('["1"]', '["2"]')
    )
    answer = await own.request(method, API + path, **({} if body is None else {"json": body}))
    assert OTHERS not in answer.text
    if body is not None or "/2/" in path:
        assert answer.status_code in (403, 404, 422), answer.text

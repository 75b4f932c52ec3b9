"""Saved views over HTTP: one's own, shared ones, and what becomes of them when fields go."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.api.test_definitions import CASES

VIEWS = "/api/v1/views"
OPEN: dict[str, Any] = {
    "where": {"field": "status", "operator": "equals", "value": "new"},
    "sort": ["-fee", "subject"],
    "columns": ["subject", "fee"],
}


@pytest.fixture
async def cases(admin):
    assert (await admin.post("/api/v1/modules", json=CASES)).status_code == 201


async def reader(admin, client_of, email: str = "eve@example.org", **grant: Any):
    key = email.partition("@")[0]
    role = {"key": key, "name": key, "modules": {"cases": {"read": "all", **grant}}}
    answer = await admin.post("/api/v1/roles", json=role)
    assert answer.status_code == 201, answer.text
    return await client_of(email, key)


async def test_a_view_is_saved_listed_changed_and_removed(admin, cases):
    sent = {"module": "cases", "name": "Ανοιχτές", "definition": OPEN}
    made = await admin.post(VIEWS, json=sent)
    assert made.status_code == 201, made.text
    view = made.json()
    assert (view["name"], view["mine"], view["shared"]) == ("Ανοιχτές", True, False)
    assert view["definition"] == OPEN
    assert (await admin.get(VIEWS, params={"module": "cases"})).json()["items"] == [view]
    one = f"{VIEWS}/{view['id']}"
    changed = await admin.patch(one, json={"shared": True}, headers={"if-match": made.headers["etag"]})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["shared"], changed.json()["definition"]) == (True, OPEN)
    late = await admin.patch(one, json={"name": "x"}, headers={"if-match": made.headers["etag"]})
    assert late.status_code == 412
    assert (await admin.delete(one)).status_code == 204
    assert (await admin.get(one)).status_code == 404


BAD: list[tuple[dict[str, Any], str, str | None]] = [
    ({"columns": ["subjct"]}, "/definition/columns/0", 'Did you mean "subject"?'),
    ({"sort": ["subject", "-fe"]}, "/definition/sort/1", 'Did you mean "fee"?'),
    (
        {"where": {"field": "stats", "operator": "equals", "value": "new"}},
        "/definition/where/field",
        'Did you mean "status"?',
    ),
    ({"where": {"field": "status"}}, "/definition/where", None),
]


@pytest.mark.parametrize(("definition", "path", "suggestion"), BAD, ids=[p for _, p, _ in BAD])
async def test_a_view_that_does_not_fit_is_refused_with_the_place(admin, cases, definition, path, suggestion):
    answer = await admin.post(VIEWS, json={"module": "cases", "name": "a", "definition": definition})
    assert answer.status_code == 422, answer.text
    problem = answer.json()["problems"][0]
    assert problem["path"].startswith(path)
    assert suggestion is None or problem["suggestion"] == suggestion


async def test_shared_views_are_seen_by_others_who_may_read_and_changed_by_their_owner(
    admin, cases, client_of
):
    eve, stranger = await reader(admin, client_of), await client_of("sam@example.org")
    mine = (await admin.post(VIEWS, json={"module": "cases", "name": "Mine"})).json()
    shared = (await admin.post(VIEWS, json={"module": "cases", "name": "Ours", "shared": True})).json()
    seen = (await eve.get(VIEWS)).json()["items"]
    assert [(v["name"], v["mine"]) for v in seen] == [("Ours", False)]
    assert (await eve.get(f"{VIEWS}/{mine['id']}")).status_code == 404
    assert (await eve.patch(f"{VIEWS}/{shared['id']}", json={"name": "x"})).status_code == 403
    assert (await stranger.get(VIEWS)).json()["items"] == []
    assert (await stranger.get(f"{VIEWS}/{shared['id']}")).status_code == 404
    assert (await stranger.post(VIEWS, json={"module": "cases", "name": "x"})).status_code == 403


async def test_a_name_is_there_once_per_owner_and_module(admin, cases, client_of):
    sent = {"module": "cases", "name": "Open"}
    assert (await admin.post(VIEWS, json=sent)).status_code == 201
    assert (await admin.post(VIEWS, json=sent)).status_code == 409
    eve = await reader(admin, client_of)
    assert (await eve.post(VIEWS, json=sent)).status_code == 201


async def test_a_field_that_goes_leaves_the_view_and_is_told_of(admin, cases):
    where = {"field": "fee", "operator": "is_not_empty"}
    definition = {"columns": ["subject", "fee"], "sort": ["fee"], "where": where}
    answer = await admin.post(VIEWS, json={"module": "cases", "name": "Fees", "definition": definition})
    assert answer.status_code == 201, answer.text
    await admin.delete("/api/v1/modules/cases/fields/gross")
    gone = await admin.delete("/api/v1/modules/cases/fields/fee")
    assert gone.status_code in (200, 204), gone.text
    [view] = (await admin.get(VIEWS)).json()["items"]
    assert view["definition"] == definition
    assert [p["path"] for p in view["problems"]] == ["/columns/1", "/sort/0", "/where/field"]


async def test_a_hidden_field_is_not_told_by_a_view(admin, cases, client_of):
    eve = await reader(admin, client_of, fields={"fee": "none"})
    answer = await eve.post(VIEWS, json={"module": "cases", "name": "a", "definition": {"columns": ["fee"]}})
    assert answer.status_code == 422
    hidden = {"where": {"field": "fee", "operator": "is_empty"}}
    answer = await eve.post(VIEWS, json={"module": "cases", "name": "a", "definition": hidden})
    assert answer.status_code == 422, answer.text

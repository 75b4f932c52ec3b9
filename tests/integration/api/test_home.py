"""The first page, lists of workflows with bars, and buttons that start one by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import draw

CASES = {
    "key": "cases", "label": "Case", "label_plural": "Cases", "owner_field": "owner",
    "fields": [
        {"key": "subject", "type": "text", "required": True},
        {"key": "owner", "type": "user"},
    ],
}  # fmt: skip
CLERK = {
    "key": "clerk", "name": "Clerk",
    "modules": {"cases": {"read": "own", "create": "all", "update": "own"}},
}  # fmt: skip
RUN = """
INSERT INTO whereupon.runs (workflow_id, version_id, module_id, record_id, status, shard, started_by, error,
                            started_at, ended_at)
SELECT w.id, coalesce(w.active_version_id, 0), w.module_id, $2, $3, 0, 'manual', $4, now(),
       CASE WHEN $3 IN ('running', 'held') THEN NULL ELSE now() + interval '2 seconds' END
FROM whereupon.workflows w WHERE w.key = $1 RETURNING id
"""


@pytest.fixture
async def office(admin, database):
    """A module with two records, a role, and a workflow with a button for subjects that are not "done"."""
    assert (await admin.post("/api/v1/modules", json=CASES)).status_code == 201
    assert (await admin.post("/api/v1/roles", json=CLERK)).status_code == 201
    filtered = {"trigger": "manual", "button": "Lähetä",
                "filter": {"field": "subject", "operator": "not_equals", "value": "done"}}  # fmt: skip
    document = draw(filtered, {"key": "say", "block": "update_record", "set": {"subject": "done"}})
    body = {"name": "[Cases] — Käsin", "key": "by_hand", "module": "cases", "document": document}
    made = await admin.post("/api/v1/workflows", json=body)
    assert made.status_code == 201, made.text
    published = await admin.post("/api/v1/workflows/by_hand/publish", json={})
    assert published.status_code == 200, published.text
    return database


async def add(client: Any, **values: Any) -> str:
    made = await client.post("/api/v1/records/cases", json=values)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def run(database, workflow: str, record: str | None, status: str, error: Any = None) -> int:
    async with database.connection() as db:
        return await db.fetchval(RUN, workflow, record, status, error)


async def test_a_clerk_sees_the_button_where_the_filter_is_met_and_may_press_it(office, admin, client_of):
    clerk = await client_of("clerk@example.org", "clerk")
    mine = await add(clerk, subject="Ääni", owner=clerk.user_id)
    done = await add(clerk, subject="done", owner=clerk.user_id)
    others = await add(admin, subject="x")
    shown = (await clerk.get(f"/api/v1/records/cases/{mine}/workflows")).json()["items"]
    assert [(one["key"], one["button"]) for one in shown] == [("by_hand", "Lähetä")]
    assert (await clerk.get(f"/api/v1/records/cases/{done}/workflows")).json() == {"items": []}
    over_list = (await clerk.get("/api/v1/startable?module=cases")).json()["items"]
    assert [one["key"] for one in over_list] == ["by_hand"]
    for missing in (others, "999", "no number", "ñ"):
        answer = await clerk.get(f"/api/v1/records/cases/{missing}/workflows")
        assert answer.status_code == 404, missing
    started = await clerk.post("/api/v1/workflows/by_hand/start", json={"records": [mine, others]})
    assert started.json() == {"started": 1, "left_out": [others], "bulk_run": None}


async def test_who_may_not_read_the_module_sees_no_buttons(office, client_of):
    eve = await client_of("eve@example.org")
    assert (await eve.get("/api/v1/startable?module=cases")).status_code == 403
    assert (await eve.get("/api/v1/records/cases/1/workflows")).status_code == 403
    assert (await eve.get("/api/v1/startable?module=ei_ole")).status_code == 404
    assert (await eve.get("/api/v1/startable")).status_code == 422


async def test_a_workflow_that_is_not_active_has_no_button(office, admin):
    record = await add(admin, subject="x")
    await admin.put("/api/v1/workflows/by_hand/state", json={"state": "disabled"})
    assert (await admin.get(f"/api/v1/records/cases/{record}/workflows")).json() == {"items": []}


async def test_bars_are_the_last_runs_the_oldest_first_with_their_records(office, admin):
    record = await add(admin, subject="Ένα")
    ids = [await run(office, "by_hand", record, s) for s in ("succeeded", "failed", "partial", "running")]
    ids.append(await run(office, "by_hand", None, "cancelled"))
    [found] = (await admin.get("/api/v1/workflows?bars=4&drafts=false")).json()["items"]
    assert [bar["id"] for bar in found["bars"]] == ids[1:]
    assert [bar["status"] for bar in found["bars"]] == ["failed", "partial", "running", "cancelled"]
    assert [bar["record_title"] for bar in found["bars"]] == ["Ένα", "Ένα", "Ένα", None]
    assert [bar["seconds"] for bar in found["bars"]] == [2.0, 2.0, None, 2.0]
    assert found["draft"] is None
    assert (found["module_label"], found["owner_name"]) == ("Cases", "Ada Ädel")
    assert found["last_run_at"] is not None


async def test_a_builder_who_may_not_read_the_records_sees_bars_without_them(office, admin, client_of):
    await admin.post("/api/v1/roles", json={"key": "builder", "name": "B", "builder": True, "modules": {}})
    builder = await client_of("builder@example.org", "builder")
    await run(office, "by_hand", await add(admin, subject="salaista"), "failed", {"message": "salaista"})
    answer = await builder.get("/api/v1/workflows?bars=5")
    [bar] = answer.json()["items"][0]["bars"]
    assert (bar["status"], bar["record_id"], bar["record_title"]) == ("failed", None, None)
    home = await builder.get("/api/v1/home")
    assert home.json()["failed_runs"] == {"count": 0, "items": []}
    assert "salaista" not in answer.text + home.text


@pytest.mark.parametrize("sort", ["created", "name", "updated", "last_run"])
async def test_every_order_pages_through_everything_once(office, admin, sort):
    for name in ("Ääkkönen", "äiti", "Beta", "alpha", "Ωμέγα"):
        assert (await admin.post("/api/v1/workflows", json={"name": name})).status_code == 201
    await run(office, "by_hand", None, "succeeded")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        params = {"sort": sort, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await admin.get("/api/v1/workflows", params=params)).json()
        seen += [one["key"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 6
    if sort == "last_run":
        assert seen[0] == "by_hand"
    other = "created" if sort == "name" else "name"
    first = (await admin.get("/api/v1/workflows", params={"sort": sort, "limit": 2})).json()["next_cursor"]
    wrong = await admin.get("/api/v1/workflows", params={"sort": other, "cursor": first})
    assert wrong.status_code == 422


async def test_lists_are_narrowed_by_owner_and_say_how_many_of_each_state(office, admin):
    await admin.post("/api/v1/workflows", json={"name": "Toinen"})
    me = (await admin.get("/api/v1/me")).json()["user"]["id"]
    page = (await admin.get(f"/api/v1/workflows?owner={me}&state=draft")).json()
    assert [one["name"] for one in page["items"]] == ["Toinen"]
    assert page["counts"] == {"draft": 1, "active": 1, "disabled": 0, "archived": 0}
    nobody = (await admin.get(f"/api/v1/workflows?owner={me + 1000}")).json()
    assert (nobody["items"], nobody["counts"]["active"]) == ([], 0)
    assert (await admin.get("/api/v1/workflows?search=100%25")).json()["items"] == []


async def test_home_shows_what_failed_and_what_is_ones_own_to_do(office, admin, database):
    record = await add(admin, subject="Κάτι")
    failed = await run(office, "by_hand", record, "failed", {"code": "x", "message": "Ei onnistunut"})
    await run(office, "by_hand", record, "held")
    me = (await admin.get("/api/v1/me")).json()["user"]["id"]
    async with database.connection() as db:
        for title, due in (("later", "now() + interval '1 day'"), ("overdue", "now() - interval '1 day'"),
                           ("never", "NULL")):  # fmt: skip
            await db.execute(
                f"INSERT INTO whereupon.tasks (title, assignee_user_id, due_at) VALUES ($1, $2, {due})",
                title, me,
            )  # fmt: skip
    home = (await admin.get("/api/v1/home")).json()
    assert home["failed_runs"]["count"] == 1
    [shown] = home["failed_runs"]["items"]
    assert (shown["id"], shown["record_title"], shown["message"]) == (failed, "Κάτι", "Ei onnistunut")
    assert (home["held_runs"]["count"], home["partial_runs"]["count"]) == (1, 0)
    assert [task["title"] for task in home["tasks"]["items"]] == ["overdue", "later", "never"]
    assert (home["tasks"]["count"], home["tasks"]["overdue"]) == (3, 1)
    assert home["scheduler"]["status"] == "down"
    assert [one["code"] for one in home["scheduler"]["findings"]] == ["no_worker"]
    assert [one["key"] for one in home["workflows"]] == ["by_hand"]
    steps = home["getting_started"]
    assert (steps["modules"], steps["runs"], steps["mail"], steps["packs"]) == (True, True, False, False)


async def test_home_of_somebody_without_roles_is_empty_and_tells_nothing(office, admin, client_of):
    await run(office, "by_hand", await add(admin, subject="salaista"), "failed", {"message": "salaista"})
    eve = await client_of("eve@example.org")
    answer = await eve.get("/api/v1/home")
    home = answer.json()
    assert "salaista" not in answer.text
    assert (home["workflows"], home["failed_runs"]["count"], home["scheduler"]) == ([], 0, None)
    assert (home["held_messages"], home["getting_started"]) == (None, None)

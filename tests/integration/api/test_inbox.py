"""The inbox over HTTP: one list, group queues, absences, comments and files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.api.conftest import Client
from tests.integration.api.test_questions import asks, me

from whereupon.db.pool import Database

MakeClient = Callable[..., Awaitable[Client]]
TASK = """
INSERT INTO whereupon.tasks (title, due_at, assignee_user_id, assignee_group_id, needs_file, status, kind,
  module_id, record_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT id FROM whereupon.modules WHERE key = $8), $9) RETURNING id
"""
CASES = {
    "key": "cases", "label": "Case", "label_plural": "Cases", "title_field": "name",
    "fields": [{"key": "name", "type": "text"}],
}  # fmt: skip
NOW = datetime.now(UTC)
TODAY = NOW.date()


async def task(
    database: Database, title: str, user: int | None = None, group: int | None = None, **more: Any
) -> int:
    due = NOW + timedelta(days=more["days"]) if "days" in more else None
    async with database.connection() as db:
        return await db.fetchval(
            TASK, title, due, user, group, more.get("file", False), more.get("status", "open"),
            more.get("kind", "task"), more.get("module"), more.get("record"),
        )  # fmt: skip


async def group_of(admin: Client, key: str, *members: int | None) -> int:
    made = await admin.post("/api/v1/groups", json={"key": key, "name": key.title(), "members": members})
    return made.json()["id"]


async def titles(client: Client, **params: Any) -> list[str]:
    found = (await client.get("/api/v1/inbox", params=params)).json()
    return [item["title"] for item in found["items"]]


async def test_everything_is_one_list_with_what_is_overdue_first(admin, client_of, database):
    clerk, other = await client_of("clerk@example.org"), await client_of("other@example.org")
    group = await group_of(admin, "support", clerk.user_id)
    for title, days in (("later", 5), ("late", -2), ("Αύριο", 1)):
        await task(database, title, clerk.user_id, days=days)
    await task(database, "some day", clerk.user_id)
    await task(database, "queued", group=group, days=-1, kind="step")
    await task(database, "done", clerk.user_id, status="done", days=-9)
    await task(database, "not mine", other.user_id, days=-9)
    limit = {"amount": 2, "unit": "days"}
    node = {"block": "approval", "ask": [{"user": clerk.user_id}], "title": "Ναι;", "time_limit": limit}
    await asks(database, await me(admin), node, ["approved", "rejected", "timeout"])
    async with database.connection() as db:
        await db.execute(
            "INSERT INTO whereupon.notifications (user_id, title) VALUES ($1, 'Hei')", clerk.user_id
        )

    wanted = ["late", "queued", "Αύριο", "Ναι;", "later", "some day", "Hei"]
    items = (await clerk.get("/api/v1/inbox")).json()["items"]
    assert [item["title"] for item in items] == wanted
    assert [item["kind"] for item in items][3:] == ["approval", "task", "task", "notification"]
    assert [item["overdue"] for item in items][:3] == [True, True, False]
    assert items[1]["group_name"] == "Support"
    paged: list[str] = []
    cursor = None
    while True:
        found = (await clerk.get("/api/v1/inbox", params={"limit": 1} | cursor_of(cursor))).json()
        paged += [item["title"] for item in found["items"]]
        if (cursor := found["next_cursor"]) is None:
            break
    assert paged == wanted
    assert await titles(clerk, kind=["approval", "step"]) == ["queued", "Ναι;"]
    assert await titles(clerk, group=group) == ["queued"]
    counted = (await clerk.get("/api/v1/inbox/count")).json()
    assert (counted["count"], counted["overdue"], counted["queues"][0]["waiting"]) == (7, 2, 1)
    assert await titles(admin, kind=["task", "step", "approval", "form"]) == []
    # The bell rings for a question, too, and is silent about it once it is answered.
    assert await unread(clerk) == ["Hei", "Ναι;"]
    decided = await clerk.post(f"/api/v1/questions/{items[3]['id']}/decide", json={"decision": "approved"})
    assert (decided.status_code, await unread(clerk)) == (200, ["Hei"])


async def unread(client: Client) -> list[str]:
    found = (await client.get("/api/v1/notifications", params={"unread": True})).json()
    return [one["title"] for one in found["items"]]


def cursor_of(cursor: str | None) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


async def test_a_cursor_of_another_list_is_refused(admin):
    for wrong in ("x", "WzEsMl0", "WyJ4IiwxLDJd", "MQ"):
        assert (await admin.get(f"/api/v1/inbox?cursor={wrong}")).status_code == 422


async def test_of_two_who_claim_at_once_one_gets_it_and_the_other_is_told(
    admin: Client, client_of: MakeClient, database: Database
) -> None:
    ann, ben = await client_of("ann@example.org"), await client_of("ben@example.org")
    stranger = await client_of("zoe@example.org")
    group = await group_of(admin, "support", ann.user_id, ben.user_id)
    number = await task(database, "Call Νίκος", group=group)
    address = f"/api/v1/tasks/{number}"
    answers = await asyncio.gather(*(one.post(f"{address}/claim") for one in (ann, ben)))
    assert sorted(one.status_code for one in answers) == [200, 409]
    winner = ann if answers[0].status_code == 200 else ben
    loser = ben if winner is ann else ann
    told = next(one for one in answers if one.status_code == 409).json()["detail"]
    name = "ann@example.org" if winner is ann else "ben@example.org"
    assert told == f"{name} has taken this already."
    assert (await titles(loser), await titles(winner)) == ([], ["Call Νίκος"])
    assert (await winner.post(f"{address}/claim")).status_code == 200, "again is no harm"
    assert (await stranger.post(f"{address}/claim")).status_code == 404
    assert (await loser.post(f"{address}/release")).status_code == 403
    assert (await winner.post(f"{address}/release")).json()["assignee_user_id"] is None
    assert await titles(loser) == ["Call Νίκος"]
    history = (await loser.get(f"{address}/history")).json()["items"]
    assert [(line["kind"], line["user_name"]) for line in history] == [("claimed", name), ("released", name)]


async def test_somebody_stands_in_while_a_person_is_away(
    admin: Client, client_of: MakeClient, database: Database
) -> None:
    anna, ben, zoe = [await client_of(f"{name}@example.org") for name in ("anna", "ben", "zoë")]
    before = await task(database, "open before", anna.user_id)
    node = {"block": "approval", "ask": [{"user": anna.user_id}], "title": "Pay it?"}
    office = await asks(database, await me(admin), node, ["approved", "rejected"])
    days = {"first_day": str(TODAY - timedelta(days=1)), "last_day": str(TODAY + timedelta(days=1))}
    away = {**days, "delegate_id": ben.user_id}
    assert (await zoe.post("/api/v1/absences", json={**away, "user_id": anna.user_id})).status_code == 403
    assert (await anna.post("/api/v1/absences", json=away)).status_code == 201
    assert (await anna.post("/api/v1/absences", json=away)).status_code == 409
    after = await task(database, "new since", anna.user_id)

    items = (await ben.get("/api/v1/inbox")).json()["items"]
    assert {item["title"]: item["for_user_name"] for item in items} == {
        "open before": "anna@example.org", "new since": "anna@example.org", "Pay it?": "anna@example.org",
    }  # fmt: skip
    assert await titles(zoe) == []
    done = await ben.patch(f"/api/v1/tasks/{after}", json={"status": "done"})
    assert (done.status_code, done.json()["done_by"]) == (200, ben.user_id)
    history = (await anna.get(f"/api/v1/tasks/{after}/history")).json()["items"]
    assert [(one["user_name"], one["for_user_name"]) for one in history] == [
        ("ben@example.org", "anna@example.org")
    ]
    (question,) = (await ben.get("/api/v1/questions?waiting=true")).json()["items"]
    assert (question["mine"], question["for_user_name"]) == (True, "anna@example.org")
    decided = await ben.post(f"/api/v1/questions/{question['id']}/decide", json={"decision": "approved"})
    (person,) = decided.json()["people"]
    assert (person["user_id"], person["decided_by"], person["decision"]) == (
        anna.user_id, ben.user_id, "approved",
    )  # fmt: skip
    await office.settle()
    run = (await admin.get(f"/api/v1/runs/{question['run_id']}")).json()
    assert run["steps"][0]["output"]["by"] == "ben@example.org for anna@example.org"

    # Ben goes, too, and names Anna: the circle ends, and what is hers waits for her.
    back = {**days, "delegate_id": anna.user_id}
    assert (await ben.post("/api/v1/absences", json=back)).status_code == 201
    assert (await titles(ben), await titles(anna, kind="task")) == ([], ["open before"])
    assert (await zoe.post(f"/api/v1/tasks/{before}/claim")).status_code == 404
    # Ben names Zoë instead: she stands in for both.
    (bens,) = [
        one for one in (await ben.get("/api/v1/absences")).json()["items"] if one["user_name"][0] == "b"
    ]
    assert (await ben.delete(f"/api/v1/absences/{bens['id']}")).status_code == 204
    again = {**days, "delegate_id": zoe.user_id, "user_id": ben.user_id}
    assert (await admin.post("/api/v1/absences", json=again)).status_code == 201
    assert await titles(zoe) == ["open before"]


async def test_absences_that_make_no_sense_are_refused(admin: Client, client_of: MakeClient) -> None:
    anna = await client_of("anna@example.org")
    days = {"first_day": "2026-05-04", "last_day": "2026-05-08"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"last_day": "2026-05-01"}, "/last_day"),
        ({"first_day": "0001-01-01"}, "/first_day"),
        ({"last_day": "9999-12-31"}, "/last_day"),
        ({"delegate_id": anna.user_id}, "/delegate_id"),
        ({"delegate_id": 99_999}, "/delegate_id"),
    ]
    for change, path in wrong:
        refused = await anna.post("/api/v1/absences", json=days | change)
        assert (refused.status_code, refused.json()["problems"][0]["path"]) == (422, path)
    assert (await admin.delete("/api/v1/absences/99")).status_code == 404


async def test_a_task_that_needs_a_document_is_done_with_one(
    admin: Client, client_of: MakeClient, database: Database
) -> None:
    anna = await client_of("anna@example.org")
    number = await task(database, "Get the passport", anna.user_id, file=True)
    address = f"/api/v1/tasks/{number}"
    early = await anna.patch(address, json={"status": "done"})
    assert (early.status_code, early.json()["problems"][0]["message"]) == (422, "Upload the document first.")
    sent = await anna.post("/api/v1/documents", files={"file": ("διαβατήριο.pdf", b"%PDF-1.4 x")})
    assert sent.status_code == 201, sent.text
    assert (await anna.post(f"{address}/comments", json={"comment": "  "})).status_code == 422
    assert (await anna.post(f"{address}/comments", json={"comment": "It came by post"})).status_code == 204
    added = await anna.post(f"{address}/files", json={"document_id": sent.json()["id"]})
    assert added.status_code == 204, added.text
    assert (await anna.post(f"{address}/files", json={"document_id": 99})).status_code == 404
    assert (await anna.patch(address, json={"status": "done"})).status_code == 200
    history = (await anna.get(f"{address}/history")).json()["items"]
    assert [line["kind"] for line in history] == ["commented", "file", "done"]
    assert history[1]["details"]["name"] == "διαβατήριο.pdf"

    # The document of a task about a record belongs to the record from then on, if one may change that.
    await admin.post("/api/v1/modules", json=CASES)
    case = (await admin.post("/api/v1/records/cases", json={"name": "Ægir"})).json()["id"]
    for client, status in ((anna, 403), (admin, 204)):
        number = await task(database, "Get it again", client.user_id, module="cases", record=case)
        sent = await client.post("/api/v1/documents", files={"file": ("a.pdf", b"%PDF-1.4 y")})
        added = await client.post(f"/api/v1/tasks/{number}/files", json={"document_id": sent.json()["id"]})
        assert added.status_code == status, added.text
    documents = (await admin.get(f"/api/v1/records/cases/{case}/documents")).json()["items"]
    assert [document["name"] for document in documents] == ["a.pdf"]


async def test_a_task_is_not_given_to_somebody_who_is_disabled(
    admin: Client, client_of: MakeClient, database: Database
) -> None:
    anna, ben = await client_of("anna@example.org"), await client_of("ben@example.org")
    number = await task(database, "Call", anna.user_id)
    await admin.patch(f"/api/v1/users/{ben.user_id}", json={"active": False})
    refused = await anna.patch(f"/api/v1/tasks/{number}", json={"assignee_user_id": ben.user_id})
    assert (refused.status_code, refused.json()["problems"][0]["path"]) == (422, "/assignee_user_id")
    # It is Ben's that goes to Anna, while he is disabled.
    his = await task(database, "His", ben.user_id)
    moved = await admin.patch(f"/api/v1/tasks/{his}", json={"assignee_user_id": anna.user_id})
    assert moved.status_code == 200
    assert await titles(anna) == ["Call", "His"]

"""Inboxes are looked after: what is late is passed up once, and mails go to those who want them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.people.rights import load_rights
from whereupon.people.tasks import TaskChange, change_task
from whereupon.workers import postman
from whereupon.workers.postman import Postman

CREATED = {"trigger": "record_created"}
MAILS = "SELECT recipient, context->'inbox' AS inbox FROM whereupon.messages ORDER BY id"


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def wants(office: Office, user: int, what: str) -> None:
    await office.execute(
        "UPDATE whereupon.users SET preferences = jsonb_build_object('inbox_mail', $2::text) WHERE id = $1",
        user, what,
    )  # fmt: skip


async def give(office: Office, **config: Any) -> None:
    node = {"key": "give", "block": "create_task", "title": "Call {{ record.name }}", **config}
    await office.publish(CREATED, node)


async def away(office: Office, user: int, delegate: int) -> None:
    await office.execute(
        "INSERT INTO whereupon.absences (user_id, first_day, last_day, starts_at, ends_at, delegate_id) "
        "VALUES ($1, now(), now(), now() - interval '1 day', now() + interval '1 day', $2)", user, delegate,
    )  # fmt: skip


async def mails(office: Office) -> list[Any]:
    await Postman(office.database).tick()
    return await office.fetch(MAILS)


async def test_a_late_task_is_passed_up_to_the_manager_once(office: Office) -> None:
    boss = await office.user("boss2@example.org", name="Ρέα")
    gone = await office.user("gone@example.org", manager=boss)
    await office.execute("UPDATE whereupon.users SET active = false WHERE id = $1", gone)
    ann = await office.user("ann@example.org", manager=gone)
    escalate = {"amount": 2, "unit": "hours"}
    await give(office, assignee={"user": ann}, due={"today": {"plus": -1}}, escalate=escalate)
    await office.insert(name="Νίκος")
    await office.settle()
    for _ in range(2):
        await Postman(office.database).tick()
    (task,) = await office.fetch("SELECT * FROM whereupon.tasks")
    assert (task["escalated_to"], task["assignee_user_id"]) == (boss, ann)
    history = await office.fetch("SELECT kind, details FROM whereupon.inbox_history")
    assert [(row["kind"], row["details"]["to"]) for row in history] == [("escalated", boss)]
    told = await office.fetch("SELECT user_id, title FROM whereupon.notifications")
    assert [tuple(row) for row in told] == [(boss, "Late: Call Νίκος")]


async def test_nothing_is_passed_up_before_its_time_or_when_it_was_moved(office: Office) -> None:
    ann = await office.user("ann@example.org", manager=office.admin)
    escalate = {"amount": 3, "unit": "days"}
    await give(office, assignee={"user": ann}, due={"today": {"plus": -1}}, escalate=escalate)
    await office.insert(name="a")
    await office.settle()
    await Postman(office.database).tick()
    (task,) = await office.fetch("SELECT * FROM whereupon.tasks")
    assert task["escalated_at"] is None
    async with office.database.transaction() as db:
        later = TaskChange.model_validate({"due_at": "2300-01-01T00:00:00Z"})
        moved = await change_task(db, await load_rights(db, ann), task["id"], later)
    assert moved["escalate_at"].isoformat() == "2300-01-04T00:00:00+00:00"


async def test_a_queue_is_passed_up_to_whoever_manages_most_of_its_people(office: Office) -> None:
    chief, other = await office.user("chief@example.org"), await office.user("other@example.org")
    people = [
        await office.user(f"{n}@example.org", manager=m)
        for n, m in (("a", chief), ("b", other), ("c", chief))
    ]
    await office.group("support", people)
    escalate = {"amount": 1, "unit": "minutes"}
    await give(office, assignee={"group": "support"}, due={"today": {"plus": -1}}, escalate=escalate)
    await office.insert(name="a")
    await office.settle()
    await Postman(office.database).tick()
    assert await office.fetchval("SELECT escalated_to FROM whereupon.tasks") == chief


async def test_without_anybody_above_the_history_says_so(office: Office) -> None:
    ann = await office.user("ann@example.org")
    await give(
        office, assignee={"user": ann}, due={"today": {"plus": -1}}, escalate={"amount": 1, "unit": "hours"}
    )
    await office.insert(name="a")
    await office.settle()
    await Postman(office.database).tick()
    (line,) = await office.fetch("SELECT details FROM whereupon.inbox_history")
    assert line["details"] == {"to": None}


async def test_mails_at_once_go_to_those_who_want_them_and_name_everything_once(office: Office) -> None:
    ann, ben = await office.user("ann@example.org"), await office.user("ben@example.org")
    await office.group("support", [ann, ben])
    await give(office, assignee={"group": "support"}, due={"today": {"plus": 1}})
    await wants(office, ann, "at_once")
    for name in ("Νίκος {{ secret }}", "Zoë\r\nBcc: all@example.org"):
        await office.insert(name=name)
    await office.settle()
    (mail,) = await mails(office)
    assert (mail["recipient"], mail["inbox"]["subject"]) == ("ann@example.org", "2 new in your inbox")
    assert "- Call Νίκος {{ secret }}, due " in mail["inbox"]["text"]
    assert "- Call Zoë Bcc: all@example.org, due " in mail["inbox"]["text"]
    assert len(await mails(office)) == 1, "and not again"
    assert await office.fetchval("SELECT count(*) FROM whereupon.inbox_news") == 0
    assert await office.fetchval("SELECT count(*) FROM whereupon.pgqueuer") == 1


async def test_whoever_stands_in_is_written_to_by_their_own_wish(office: Office) -> None:
    ann, ben = await office.user("ann@example.org", name="Άννα"), await office.user("ben@example.org")
    await away(office, ann, ben)
    await wants(office, ben, "at_once")
    await give(office, assignee={"user": ann})
    await office.insert(name="x")
    await office.settle()
    (mail,) = await mails(office)
    assert mail["recipient"] == "ben@example.org"
    assert "- Call x (for Άννα)" in mail["inbox"]["text"]
    await wants(office, ben, "none")
    await office.insert(name="y")
    await office.settle()
    assert len(await mails(office)) == 1


async def test_what_one_gives_oneself_is_no_news(office: Office) -> None:
    await wants(office, office.admin, "at_once")
    async with office.database.transaction() as db:
        await db.execute("SELECT set_config('whereupon.context', $1, true)", f'{{"actor": {office.admin}}}')
        await db.execute(
            "INSERT INTO whereupon.tasks (title, assignee_user_id) VALUES ('mine', $1)", office.admin
        )
    assert await mails(office) == []


async def test_the_daily_mail_comes_once_in_the_morning_where_the_person_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await office.user("ann@example.org")
    await office.execute("UPDATE whereupon.users SET time_zone = 'Pacific/Kiritimati' WHERE id = $1", ann)
    await wants(office, ann, "daily")
    await give(office, assignee={"user": ann}, due={"today": {"plus": -2}})
    await office.insert(name="Νίκος")
    await office.settle()
    monkeypatch.setattr(postman, "DIGEST_HOUR", 24)
    assert await mails(office) == [], "it is not morning yet"
    monkeypatch.setattr(postman, "DIGEST_HOUR", 0)
    (mail,) = await mails(office)
    assert mail["inbox"]["subject"] == "Your inbox: 1 due, 1 new"
    assert "Due today or late:\n\n- Call Νίκος, due " in mail["inbox"]["text"]
    assert len(await mails(office)) == 1, "once a day"
    await office.execute("UPDATE whereupon.users SET inbox_digest_on = inbox_digest_on - 1")
    await office.execute("UPDATE whereupon.tasks SET status = 'done'")
    assert len(await mails(office)) == 1, "nothing to say: no mail"

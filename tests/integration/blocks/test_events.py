"""Events and activities that workflows make, and what a test of them shows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.errors import Invalid
from whereupon.runs.rehearsal import ToRehearse, rehearse

MANUAL = {"trigger": "manual"}


def event(**config: Any) -> dict[str, Any]:
    return {"key": "plan", "block": "create_event", "title": "Möte: {{ record.name }}", **config}


async def events(office: Office) -> list[dict[str, Any]]:
    return [dict(row) for row in await office.fetch("SELECT * FROM whereupon.events ORDER BY id")]


async def test_a_meeting_is_planned_at_the_time_and_for_the_person_that_the_record_says(
    office: Office,
) -> None:
    zoe = await office.user("zoe@example.org")
    start = {"formula": "due_date + 1"}
    await office.publish(
        MANUAL,
        event(kind="visit", start=start, minutes=90, assignee={"owner": True},
              location="Hall {{ record.note }}"),
        {"key": "n", "block": "update_record", "set": {"note": {"formula": '"event " & nodes.plan.id'}}},
        time_zone="Europe/Helsinki",
    )  # fmt: skip
    key = await office.insert(name="Ωmega", owner=zoe, note="7")
    await office.execute("UPDATE data.items SET due_date = '2026-03-28' WHERE id = $1", key)
    await office.by_hand("a_workflow", [str(key)])
    (made,) = await events(office)
    assert (made["title"], made["kind"], made["location"], made["time_zone"]) == (
        "Möte: Ωmega", "visit", "Hall 7", "Europe/Helsinki",
    )  # fmt: skip
    # Midnight of the 29th in Helsinki, the day on which its summer time begins.
    assert made["starts_at"] == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    assert (made["ends_at"] - made["starts_at"]).seconds == 90 * 60
    assert (made["assignee_user_id"], made["record_id"], made["created_by"]) == (zoe, str(key), office.admin)
    assert (await office.item(key))["note"] == f"event {made['id']}"


async def test_whole_days_last_from_midnight_to_midnight_also_when_clocks_change(office: Office) -> None:
    zoe = await office.user("zoe@example.org")
    await office.group("team", [zoe])
    await office.publish(
        MANUAL,
        event(start={"field": "due_date"}, end={"formula": "due_date + 1"}, all_day=True,
              assignee={"group": "team"}),
        time_zone="Europe/Helsinki",
    )  # fmt: skip
    key = await office.insert(name="x")
    await office.execute("UPDATE data.items SET due_date = '2026-03-29' WHERE id = $1", key)
    await office.by_hand("a_workflow", [str(key)])
    (made,) = await events(office)
    assert made["starts_at"] == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    assert made["ends_at"] == datetime(2026, 3, 30, 21, 0, tzinfo=UTC)
    assert made["assignee_group_id"] is not None


FAILS = [
    ({"start": {"field": "due_date"}, "assignee": {"user": 1}}, "no_time"),
    ({"start": {"now": {"plus": 0}}, "end": {"now": {"plus": -1}}, "assignee": {"user": 1}}, "wrong_order"),
    ({"start": {"now": {"plus": 0}}, "end": {"now": {"plus": 400}}, "assignee": {"user": 1}}, "too_long"),
    ({"start": {"now": {"plus": 0}}, "assignee": {"owner": True}}, "no_user"),
    ({"start": {"now": {"plus": 0}}, "assignee": {"group": "nobody"}}, "no_group"),
]


@pytest.mark.parametrize(("config", "code"), FAILS)
async def test_an_event_that_cannot_be_is_named_as_such(
    office: Office, config: dict[str, Any], code: str
) -> None:
    await office.publish(MANUAL, event(**config))
    key = await office.insert(name="x")
    await office.by_hand("a_workflow", [str(key)])
    run = (await office.runs())[0]
    assert (run["status"], run["error"]["code"]) == ("failed", code)
    assert await events(office) == []


async def test_the_start_has_to_be_said(office: Office) -> None:
    with pytest.raises(Invalid):
        await office.publish(MANUAL, event(assignee={"owner": True}))


# Activities -----------------------------------------------------------------------------------------


async def test_an_activity_stands_on_the_record_or_on_a_linked_one(office: Office) -> None:
    own = {"key": "a", "block": "insert_activity", "title": "Noted {{ record.name }}"}
    linked = {
        "key": "b", "block": "insert_activity", "kind": "call", "title": "Called",
        "body": "{{ record.note }}",
        "link": "parent", "happened": {"field": "due_date"}, "person": {"owner": True},
    }  # fmt: skip
    zoe = await office.user("zoe@example.org")
    await office.publish(MANUAL, own, {**linked, "on_error": {"policy": "continue"}})
    parent = await office.insert(name="Père")
    key = await office.insert(name="Ω", parent=parent, note="Long talk", owner=zoe)
    await office.execute("UPDATE data.items SET due_date = '2026-01-05' WHERE id = $1", key)
    orphan = await office.insert(name="orphan")
    await office.by_hand("a_workflow", [str(key), str(orphan)])
    rows = await office.fetch(
        "SELECT kind, title, body, record_id, user_id, happened_at::date::text AS day "
        "FROM whereupon.activities "
        "ORDER BY record_id::int, id"
    )
    today = await office.fetchval("SELECT current_date::text")
    assert [tuple(row.values()) for row in rows] == [
        ("call", "Called", "Long talk", str(parent), zoe, "2026-01-05"),
        ("note", "Noted Ω", None, str(key), None, today),
        ("note", "Noted orphan", None, str(orphan), None, today),
    ]
    runs = {run["record_id"]: run for run in await office.runs()}
    assert runs[str(key)]["status"] == "succeeded"
    assert (runs[str(orphan)]["status"], runs[str(orphan)]["error"]["code"]) == ("partial", "no_record")


async def test_a_test_shows_events_and_activities_and_leaves_none(office: Office) -> None:
    note = {"key": "note", "block": "insert_activity", "title": "Noted"}
    plan = event(start={"now": {"plus": 1}}, assignee={"user": office.admin})
    key = await office.insert(name="Ω")
    asked = ToRehearse(document=draw(MANUAL, plan, note), module="items", records=[str(key)])
    told = await rehearse(office.database, office.rights, asked)
    steps = told["records"][0]["steps"]
    assert [one["title"] for step in steps for one in step["events"]] == ["Möte: Ω"]
    assert [(one["title"], one["record_id"]) for step in steps for one in step["activities"]] == [
        ("Noted", str(key))
    ]
    assert await events(office) == []

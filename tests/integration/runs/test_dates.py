"""Date-relative triggers (rule 22): one row per record and date, moved with the date, each fired once."""

from typing import Any

from tests.office import Office

from whereupon.workers.reminder import Reminder
from whereupon.workflows import store

TELL = {"key": "note", "block": "update_record", "set": {"note": "reminded"}}
BEFORE = {"trigger": "date_reached", "field": "due_date", "amount": -14}


async def item(office: Office, days: int | None, **values: Any) -> int:
    date = "current_date + $1::int" if days is not None else "nullif($1::int, 0)::text::date"
    key = await office.fetchval(
        f"INSERT INTO data.items (name, due_date) VALUES ('a', {date}) RETURNING id", days or 0
    )
    for column, value in values.items():
        await office.execute(f"UPDATE data.items SET {column} = $1 WHERE id = $2", value, key)
    return int(key)


async def days_pass(office: Office, days: int) -> None:
    await office.settle()
    await office.execute(
        "UPDATE whereupon.due_dates SET due_at = due_at - make_interval(days => $1) WHERE fired_at IS NULL",
        days,
    )
    reminder = Reminder(office.database, office.engine.current)
    while await reminder.tick() == 0.0:
        pass
    await office.settle()


async def reminded(office: Office) -> list[int]:
    return [
        row["id"]
        for row in await office.fetch("SELECT id FROM data.items WHERE note = 'reminded' ORDER BY id")
    ]


async def test_it_starts_so_long_before_the_date_and_once(office: Office) -> None:
    old = await item(office, 20)
    await office.publish(BEFORE, TELL)
    new, none = await item(office, 30), await item(office, None)
    await days_pass(office, 1)
    assert await reminded(office) == []
    await days_pass(office, 6)
    assert await reminded(office) == [old]
    await days_pass(office, 30)
    assert await reminded(office) == [old, new]
    assert len(await office.runs()) == 2
    assert (await office.item(none))["note"] is None


async def test_moving_the_date_moves_it_and_an_empty_date_has_none(office: Office) -> None:
    await office.publish(BEFORE, TELL)
    moved, emptied, gone = await item(office, 20), await item(office, 20), await item(office, 20)
    await office.settle()
    await office.execute("UPDATE data.items SET due_date = current_date + 40 WHERE id = $1", moved)
    await office.execute("UPDATE data.items SET due_date = NULL WHERE id = $1", emptied)
    await office.execute("DELETE FROM data.items WHERE id = $1", gone)
    await days_pass(office, 10)
    assert await reminded(office) == []
    await days_pass(office, 20)
    assert await reminded(office) == [moved]


async def test_activation_skips_what_has_passed_unless_asked_to_run_it(office: Office) -> None:
    past = await item(office, 3)
    await office.publish(BEFORE, TELL, name="Skips")
    await office.execute("UPDATE data.items SET name = 'b' WHERE id = $1", past)
    await days_pass(office, 0)
    assert await reminded(office) == []
    await office.publish(BEFORE | {"passed": "run"}, TELL, name="Runs")
    await days_pass(office, 0)
    assert await reminded(office) == [past]


async def test_the_filter_is_asked_when_the_time_comes(office: Office) -> None:
    await office.publish(
        BEFORE | {"filter": {"field": "status", "operator": "not_equals", "value": "done"}}, TELL
    )
    open_one, done = await item(office, 20), await item(office, 20)
    await office.settle()
    await office.execute("UPDATE data.items SET status = 'done' WHERE id = $1", done)
    await days_pass(office, 10)
    assert await reminded(office) == [open_one]


async def test_too_late_is_skipped_and_a_disabled_workflow_does_not_start(office: Office) -> None:
    late = await office.publish(BEFORE | {"late_hours": 24}, TELL)
    await item(office, 20)
    await days_pass(office, 30)
    assert await office.runs() == []
    await item(office, 20)
    await office.settle()
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, late, "disabled")
    await days_pass(office, 7)
    assert await office.runs() == []


async def test_local_time_of_day_in_the_workflows_zone(office: Office) -> None:
    trigger = {"trigger": "date_reached", "field": "due_date", "time_of_day": "08:00"}
    await office.publish(trigger, TELL, time_zone="Europe/Athens")
    await office.execute(
        "INSERT INTO data.items (name, due_date) VALUES ('a', '2027-03-28'), ('b', '2027-01-15')"
    )
    await office.settle()
    due = await office.fetch(
        "SELECT to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS at "
        "FROM whereupon.due_dates ORDER BY due_at"
    )
    assert [row["at"] for row in due] == ["2027-01-15 06:00", "2027-03-28 05:00"]


async def test_a_workflow_that_moves_its_own_date_into_the_past_is_stopped(office: Office) -> None:
    earlier = {"key": "move", "block": "update_record", "set": {"due_date": {"formula": "due_date - 1"}}}
    await office.publish(BEFORE | {"passed": "run"}, earlier)
    await item(office, 10)
    for _ in range(60):
        await days_pass(office, 0)
    runs = await office.runs()
    assert len(runs) == 49
    assert (runs[-1]["status"], runs[-1]["error"]["code"]) == ("failed", "loop")

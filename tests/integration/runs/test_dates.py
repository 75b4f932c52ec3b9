"""Date-relative triggers (rule 22): one row per record and date, moved with the date, each fired once."""

from datetime import date
from typing import Any

from tests.office import Office

from whereupon.people.organisation import Holidays, Organisation, save_holidays, save_organisation
from whereupon.runs.actions import cancel_waiting
from whereupon.runs.backlog import find_backlog
from whereupon.runs.due_dates import fire_due
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


async def skipped(office: Office) -> list[str | None]:
    rows = await office.fetch("SELECT skipped FROM whereupon.due_dates ORDER BY record_id")
    return [row["skipped"] for row in rows]


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
    assert await skipped(office) == [None, "filter"]


async def test_too_late_is_skipped_and_a_disabled_workflow_does_not_start(office: Office) -> None:
    late = await office.publish(BEFORE | {"late_hours": 24}, TELL)
    await item(office, 20)
    await days_pass(office, 30)
    assert await office.runs() == []
    assert await skipped(office) == ["too_late"]
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


async def due(office: Office) -> list[str]:
    """When each is due, by the clocks of Athens."""
    await office.settle()
    reminder = Reminder(office.database, office.engine.current)
    await reminder.tick()
    rows = await office.fetch(
        "SELECT to_char(due_at AT TIME ZONE 'Europe/Athens', 'YYYY-MM-DD HH24:MI') AS at "
        "FROM whereupon.due_dates ORDER BY due_at"
    )
    return [row["at"] for row in rows]


# In 2030 the 1st of May is a Wednesday, the 5th a Sunday.
CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"amount": 3, "unit": "working_days", "time_of_day": "09:00"}, "2030-04-29", "2030-05-03 09:00"),
    ({"amount": -1, "unit": "working_days"}, "2030-05-02", "2030-04-30 00:00"),
    ({"amount": -1, "unit": "days", "lands": "previous_working_day"}, "2030-05-06", "2030-05-03 00:00"),
    ({"amount": 0, "lands": "next_working_day", "time_of_day": "08:00"}, "2030-05-01", "2030-05-02 08:00"),
    ({"amount": 1, "unit": "months", "lands": "working_hours"}, "2030-04-05", "2030-05-06 09:00"),
    ({"amount": 0, "time_of_day": "03:30"}, "2030-03-31", "2030-03-31 04:00"),  # left out in spring
    ({"amount": 2, "unit": "hours"}, "2030-05-01", "2030-05-01 02:00"),
]


async def test_working_days_are_counted_by_the_organisations_calendar(office: Office) -> None:
    first_of_may = {"days": [{"date": "2030-05-01", "name": "Πρωτομαγιά"}]}
    async with office.database.transaction() as db:
        await save_organisation(db, Organisation(time_zone="Europe/Athens"), actor=None)
        await save_holidays(db, Holidays.model_validate(first_of_may), actor=None)
    for number, (trigger, day, expected) in enumerate(CASES):
        await office.execute("DELETE FROM data.items; DELETE FROM whereupon.due_dates; SELECT 1")
        config = {"trigger": "date_reached", "field": "due_date", **trigger}
        key = await office.publish(config, TELL, name=f"W{number}")
        await office.insert(name="a", due_date=date.fromisoformat(day))
        assert await due(office) == [expected], trigger
        async with office.database.transaction() as db:
            await store.set_state(db, office.rights, key, "disabled")


async def test_dates_move_with_the_calendar_and_the_time_zone(office: Office) -> None:
    config = {"trigger": "date_reached", "field": "due_date", "amount": 1, "unit": "working_days"}
    await office.publish(config | {"time_of_day": "09:00"}, TELL)
    await office.insert(name="a", due_date=date(2030, 4, 30))
    assert await due(office) == ["2030-05-01 12:00"]
    async with office.database.transaction() as db:
        await save_organisation(db, Organisation(time_zone="Europe/Athens"), actor=None)
    assert await due(office) == ["2030-05-01 09:00"]
    for days, expected in (
        ([{"date": "2030-05-01", "name": "May"}], "2030-05-02 09:00"),
        ([], "2030-05-01 09:00"),
    ):
        async with office.database.transaction() as db:
            await save_holidays(db, Holidays.model_validate({"days": days}), actor=None)
        assert await due(office) == [expected]
    assert await office.runs() == []


async def test_who_activates_says_what_becomes_of_dates_that_have_passed(office: Office) -> None:
    key = await office.publish(BEFORE, TELL)
    past = await item(office, 3)
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, key, "disabled")
    later = await item(office, 5)
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, key, "active", backlog="run")
    await days_pass(office, 0)
    assert await reminded(office) == [past, later]
    one = await item(office, 6)
    await office.execute("UPDATE whereupon.workflows SET state = 'disabled'; SELECT 1")
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, key, "active", backlog="skip")
    await days_pass(office, 0)
    assert one not in await reminded(office)
    assert await skipped(office) == [None, None, "passed"]


async def test_all_that_waits_is_cancelled_at_once(office: Office) -> None:
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 3, "unit": "days"}}
    key = await office.publish({"trigger": "record_created"}, wait, name="Waits")
    for _ in range(3):
        await item(office, 20)
    await office.settle()
    await item(office, 20)  # its change is not matched yet
    async with office.database.transaction() as db:
        assert await cancel_waiting(db, office.rights, key, only_waiting=True) == 3
        assert await cancel_waiting(db, office.rights, key) == 0
    await office.settle()
    assert [run["status"] for run in await office.runs()] == ["cancelled"] * 3 + ["waiting"]


async def come_due(office: Office) -> None:
    """All dates have come, and no worker has looked yet."""
    await office.execute("UPDATE whereupon.due_dates SET due_at = now() - interval '1 hour'")


async def test_a_date_that_has_just_been_moved_starts_nothing_on_its_old_day(office: Office) -> None:
    await office.publish(BEFORE, TELL)
    moved, emptied, stays = await item(office, 20), await item(office, 20), await item(office, 20)
    await office.settle()
    await come_due(office)
    # The changes are there, and are matched only after the reminder has looked.
    await office.execute("UPDATE data.items SET due_date = current_date + 40 WHERE id = $1", moved)
    await office.execute("UPDATE data.items SET due_date = NULL WHERE id = $1", emptied)
    reminder = Reminder(office.database, office.engine.current)
    while await reminder.tick() == 0.0:
        pass
    await office.settle()
    assert await reminded(office) == [stays]
    # Back to the day that it had first: that has not started it yet.
    await office.execute("UPDATE data.items SET due_date = current_date + 20 WHERE id = $1", moved)
    await days_pass(office, 6)
    assert await reminded(office) == [moved, stays]


async def test_dates_of_a_workflow_that_was_activated_this_moment_are_not_lost(office: Office) -> None:
    async with office.database.connection() as db:
        before = await office.engine.current(db)
    await item(office, 3)
    await office.publish(BEFORE | {"passed": "run"}, TELL)
    async with office.database.transaction() as db:
        assert await fire_due(db, before) == 0
    await days_pass(office, 0)
    assert len(await reminded(office)) == 1


async def test_what_was_due_when_it_is_published_anew_is_done_still(office: Office) -> None:
    key = await office.publish(BEFORE, TELL)
    due_now, passed = await item(office, 14), await item(office, 13)
    await office.settle()
    async with office.database.transaction() as db:
        found = await find_backlog(db, office.rights, key, of_draft=True)
        assert found is not None
        assert found.matches.count == 0  # there is nothing to ask
        await store.publish(db, office.rights, key, backlog="skip")
    await days_pass(office, 0)
    assert await reminded(office) == [due_now, passed]
    async with office.database.transaction() as db:  # and once
        await store.publish(db, office.rights, key, backlog="run")
    await days_pass(office, 0)
    assert len(await office.runs()) == 2


# Days that no calendar has, or from which so long is none: they have no time, and stop nobody else's.
STRANGE_DAYS = ("infinity", "-infinity", "5874897-12-31", "0001-01-01", "9999-12-31", "4713-01-01 BC")
STRANGE_SHIFTS: list[dict[str, Any]] = [
    {"amount": -100_000, "unit": "months"}, {"amount": 100_000, "unit": "months"}, {"amount": 14},
    {"amount": -100_000, "unit": "weeks", "time_of_day": "08:00"},
    {"amount": -3, "unit": "working_days", "lands": "working_hours"},
]  # fmt: skip


NO_CHECKS = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'data.items'::regclass AND contype = 'c' LOOP
    EXECUTE format('ALTER TABLE data.items DROP CONSTRAINT %I', name);
  END LOOP;
END $$
"""


async def test_strange_days_stop_no_other_dates(office: Office) -> None:
    for number, shift in enumerate(STRANGE_SHIFTS):
        await office.publish(
            {"trigger": "date_reached", "field": "due_date", **shift}, TELL, name=f"W{number}"
        )
    await office.publish(BEFORE, TELL, name="Well")
    await office.execute(NO_CHECKS)  # a table of somebody else's has none
    for day in STRANGE_DAYS:
        await office.execute(f"INSERT INTO data.items (name, due_date) VALUES ('a', '{day}')")
    plain = await item(office, 20)
    await days_pass(office, 6)
    assert plain in await reminded(office)
    async with office.database.transaction() as db:  # and a workflow is published over them
        await store.publish(db, office.rights, "well")
    far = "SELECT count(*) FROM whereupon.due_dates WHERE NOT isfinite(due_at) OR due_at > '9999-12-31'"
    assert await office.fetchval(far) == 0

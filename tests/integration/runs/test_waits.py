"""Waits by working time, and how rarely those at rest are looked at."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.integration.runs.test_dates import NO_CHECKS
from tests.office import Office

from whereupon.people.organisation import (
    WEEKDAYS,
    Holidays,
    Organisation,
    WorkingHours,
    save_holidays,
    save_organisation,
    save_working_hours,
)

MANUAL = {"trigger": "manual"}
NOTE = {"key": "note", "block": "update_record", "set": {"note": "woken"}}


async def nobody_works(office: Office, *days: int) -> date:
    """People work round the clock (UTC), but not on these days from today on. Today."""
    today: date = await office.fetchval("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
    week: Any = {day: [{"start": "00:00", "end": "24:00"}] for day in WEEKDAYS}
    free = [{"date": today + timedelta(days=n), "name": "Ημέρα"} for n in days]
    async with office.database.transaction() as db:
        await save_working_hours(db, WorkingHours(days=week), actor=None)
        await save_holidays(db, Holidays.model_validate({"days": free}), actor=None)
    return today


async def wait_for(office: Office, **config: Any) -> Any:
    """Start a run that waits so; its row."""
    record = await office.insert(name="a")
    wait = {"key": "wait", "block": "wait", **config}
    key = await office.publish(MANUAL, wait, NOTE, name=f"W{record}")
    await office.by_hand(key, [str(record)])
    return (await office.runs(workflow=key))[-1]


# What to wait for → days from today, and at what time: "now" is the time of day at which it began.
WAITS: list[tuple[dict[str, Any], int | None, str]] = [
    ({"working": "working_hours"}, 4, "00:00"),
    ({"working": "next_working_day"}, 4, "00:00"),
    ({"duration": {"amount": 2, "unit": "working_days"}}, 5, "now"),
    ({"duration": {"amount": 1, "unit": "days"}, "lands": "next_working_day"}, 4, "now"),
    ({"duration": {"amount": 1, "unit": "hours"}, "lands": "working_hours"}, 4, "00:00"),
    ({"time_of_day": "08:00", "lands": "next_working_day"}, 4, "08:00"),
    # The working day before has passed: nothing to wait for.
    ({"duration": {"amount": 1, "unit": "days"}, "lands": "previous_working_day"}, None, ""),
]


async def test_waits_go_by_the_organisations_working_time(office: Office) -> None:
    today = await nobody_works(office, 0, 1, 2, 3)
    for config, days, at in WAITS:
        run = await wait_for(office, **config)
        if days is None:
            assert run["status"] == "succeeded", config
            continue
        wakes = run["ready_at"]
        began = run["created_at"]
        assert (wakes.date() - today).days == days, config
        told = f"{began:%H:%M}" if at == "now" else at
        assert f"{wakes:%H:%M}" in (told, f"{began + timedelta(minutes=1):%H:%M}"), config
    await nobody_works(office)
    assert (await wait_for(office, working="working_hours"))["status"] == "succeeded"


async def test_a_holiday_that_is_added_meanwhile_makes_the_wait_longer(office: Office) -> None:
    today = await nobody_works(office, 0)
    run = await wait_for(office, working="next_working_day")
    assert run["ready_at"].date() == today + timedelta(days=1)
    await nobody_works(office, 0, 1)
    await office.execute("UPDATE whereupon.runs SET ready_at = clock_timestamp()")
    await office.settle()
    [run] = await office.runs()
    assert (run["status"], run["ready_at"].date()) == ("waiting", today + timedelta(days=2))


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"field": "status", "operator": "equals", "value": "done"}, True),
    ({"field": "parent.status", "operator": "equals", "value": "done"}, False),
    ({"field": "due_date", "operator": "less_than", "value": {"today": {"plus": -1}}}, False),
]


async def test_what_the_record_itself_tells_is_not_asked_again_and_again(office: Office) -> None:
    for condition, seldom in CONDITIONS:
        run = await wait_for(office, condition=condition)
        # It looks once more as soon as its waiting is committed, and then rarely.
        await office.skip_time("1 second")
        run = next(row for row in await office.runs() if row["id"] == run["id"])
        pause = run["ready_at"] - run["created_at"]
        assert (pause > timedelta(hours=12)) == seldom, condition
        assert run["wakes_on_change"]


async def test_a_wait_for_a_day_moves_with_the_time_zone_and_has_no_end_where_the_day_has_none(
    office: Office,
) -> None:
    wait = {"key": "wait", "block": "wait", "until_field": "due_date"}
    await office.publish({"trigger": "record_created"}, wait, NOTE)
    await office.execute(NO_CHECKS)  # as a table of somebody else's
    for day in ("2061-05-01", "infinity", "-infinity"):
        await office.execute(f"INSERT INTO data.items (name, due_date) VALUES ('a', '{day}')")
    await office.settle()
    await office.skip_time("1 second")
    assert [run["status"] for run in await office.runs()] == ["waiting", "waiting", "succeeded"]
    for zone, begins in (("Pacific/Auckland", "2061-04-30 12:00"), ("America/New_York", "2061-05-01 04:00")):
        async with office.database.transaction() as db:
            await save_organisation(db, Organisation(time_zone=zone), actor=None)
        await office.settle()
        day, endless, _ = await office.runs()
        assert f"{day['ready_at']:%Y-%m-%d %H:%M}" == begins
        assert endless["ready_at"].year == 9998

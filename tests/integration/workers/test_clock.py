"""Schedules on a real database: once per time, all records at once, with the publisher's rights."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from tests.office import Office, make_bulk_runs, open_office

from whereupon.db.pool import Database
from whereupon.people.rights import load_rights
from whereupon.workers.bulk import BulkWorker
from whereupon.workers.clock import Clock
from whereupon.workflows import store

MINUTELY = {"trigger": "schedule", "cron": "* * * * *"}
NOTE = {"key": "note", "block": "update_record", "set": {"note": "seen"}}
OPEN = {"field": "status", "operator": "equals", "value": "open"}


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def make_due(office: Office, workflow: str, ago: str = "1 second") -> None:
    await office.execute(
        f"UPDATE whereupon.schedules SET next_at = date_trunc('minute', now()) - interval '{ago}' "
        "WHERE workflow_id = (SELECT id FROM whereupon.workflows WHERE key = $1)", workflow,
    )  # fmt: skip


async def make_due_again(office: Office, workflow: str) -> None:
    """As if its last time had been a day ago."""
    await office.execute("UPDATE whereupon.occurrences SET nominal_at = nominal_at - interval '1 day'")
    await make_due(office, workflow, "0 seconds")


async def tick(office: Office) -> int:
    """Let the clock fire all that is due, and the lists be taken; how many times it fired."""
    clock, fired = Clock(office.database, office.engine.current), 0
    while await clock.tick() == 0.0:
        fired += 1
    await make_bulk_runs(office)
    return fired


async def occurrences(office: Office) -> list[tuple[Any, ...]]:
    rows = await office.fetch("SELECT status, matched FROM whereupon.occurrences ORDER BY nominal_at")
    return [tuple(row) for row in rows]


async def test_every_record_that_meets_the_filter_gets_a_run(office: Office) -> None:
    wanted = [await office.insert(name=name, status="open") for name in ("a", "Ωμέγα")]
    await office.insert(name="c", status="done")
    await office.insert(name="d", status=None)
    key = await office.publish(MINUTELY | {"filter": OPEN}, NOTE)
    await make_due(office, key, "0 seconds")
    assert await tick(office) == 1
    await office.settle()
    runs = await office.runs()
    assert [(r["record_id"], r["status"], r["started_by"]) for r in runs] == [
        (str(k), "succeeded", "schedule") for k in wanted
    ]
    assert (await office.item(wanted[1]))["note"] == "seen"
    assert await occurrences(office) == [("fired", 2)]


async def test_a_schedule_without_records_starts_one_run(office: Office) -> None:
    await office.insert(name="a")
    key = await office.publish(MINUTELY | {"each_record": False}, {"key": "stop", "block": "stop"})
    await make_due(office, key, "0 seconds")
    await tick(office)
    runs = await office.runs()
    assert [(r["record_id"], r["status"]) for r in runs] == [(None, "queued")]


async def test_clocks_that_look_at_once_fire_a_time_once(office: Office) -> None:
    await office.insert(name="a")
    keys = [await office.publish(MINUTELY, NOTE, name=f"W{n}") for n in range(4)]
    for key in keys:
        await make_due(office, key, "0 seconds")
    await asyncio.gather(*(tick(office) for _ in range(5)))
    assert sorted(r["workflow"] for r in await office.runs()) == sorted(keys)
    assert await occurrences(office) == [("fired", 1)] * 4


async def test_a_time_that_had_its_run_does_not_come_again(office: Office) -> None:
    await office.insert(name="a")
    key = await office.publish(MINUTELY, NOTE)
    for _ in range(2):
        await make_due(office, key, "0 seconds")
        await tick(office)
    assert len(await office.runs()) == 1


@pytest.mark.parametrize(
    ("missed", "expected", "runs"),
    [
        ("once", ["skipped"] * 3 + ["fired"], 1),
        ("all", ["fired"] * 4, 4),
        ("none", ["skipped"] * 3 + ["fired"], 1),
    ],
)
async def test_times_missed_while_down(office: Office, missed: str, expected: list[str], runs: int) -> None:
    await office.insert(name="a")
    key = await office.publish(MINUTELY | {"missed": missed}, NOTE)
    await make_due(office, key, "3 minutes")
    await tick(office)
    assert [status for status, _ in await occurrences(office)][:4] == expected
    assert len(await office.runs()) == runs


async def test_nothing_is_caught_up_when_so_chosen(office: Office) -> None:
    await office.insert(name="a")
    key = await office.publish(MINUTELY | {"cron": "0 0 1 1 *", "missed": "none"}, NOTE)
    await make_due(office, key, "5 minutes")
    await tick(office)
    assert await occurrences(office) == [("skipped", None)]
    assert await office.runs() == []


async def test_a_disabled_workflow_has_no_times(office: Office) -> None:
    await office.insert(name="a")
    key = await office.publish(MINUTELY, NOTE)
    await make_due(office, key)
    await office.execute("UPDATE whereupon.workflows SET state = 'disabled'; SELECT 1")
    await tick(office)
    assert await office.runs() == []
    assert await occurrences(office) == []
    assert await office.fetchval("SELECT next_at FROM whereupon.schedules") is None


async def test_the_first_time_is_the_only_one_for_a_record(office: Office) -> None:
    first = await office.insert(name="a")
    key = await office.publish(MINUTELY, NOTE, recurrence="first_time")
    await make_due(office, key, "0 seconds")
    await tick(office)
    second = await office.insert(name="b")
    await make_due_again(office, key)
    await tick(office)
    assert [r["record_id"] for r in await office.runs()] == [str(first), str(second)]


@pytest.mark.parametrize(
    ("concurrency", "expected"),
    [
        ("parallel", ["waiting", "queued"]),
        ("queue", ["waiting", "queued"]),
        ("skip", ["waiting", "cancelled"]),
        ("restart", ["cancelled", "queued"]),
    ],
)
async def test_a_run_under_way_on_the_record_counts(
    office: Office, concurrency: str, expected: list[str]
) -> None:
    await office.insert(name="a")
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 3, "unit": "days"}}
    key = await office.publish(MINUTELY, wait, concurrency=concurrency)
    await make_due(office, key, "0 seconds")
    await tick(office)
    await office.settle()
    await make_due_again(office, key)
    await tick(office)
    runs = await office.runs()
    assert [r["status"] for r in runs] == expected
    assert [r["serial"] for r in runs] == [concurrency == "queue"] * 2


async def test_the_publisher_reads_only_own_records(office: Office) -> None:
    user = await office.user("anna@example.org")
    role = await office.fetchval(
        "INSERT INTO whereupon.roles (key, name, builder) VALUES ('b', 'B', true) RETURNING id"
    )
    await office.execute(
        "INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_update) "
        "SELECT $1, id, 'own', 'own' FROM whereupon.modules WHERE key = 'items'", role,
    )  # fmt: skip
    await office.execute("INSERT INTO whereupon.user_roles VALUES ($1, $2)", user, role)
    mine = await office.insert(name="mine", owner=user)
    await office.insert(name="theirs", owner=office.admin)
    async with office.database.connection() as db:
        rights = await load_rights(db, user)
    key = await office.publish(MINUTELY, NOTE, rights=rights)
    await make_due(office, key, "0 seconds")
    await tick(office)
    assert [r["record_id"] for r in await office.runs()] == [str(mine)]
    await office.execute("UPDATE whereupon.role_modules SET can_read = 'none'")
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    await make_due_again(office, key)
    await tick(office)
    last = (await office.runs())[-1]
    assert (last["status"], last["record_id"], last["error"]["code"]) == ("failed", None, "refused")


async def test_one_workflow_that_cannot_start_does_not_stop_the_others(office: Office) -> None:
    await office.insert(name="a", amount=0)
    broken = await office.publish(MINUTELY | {"filter": OPEN}, NOTE, name="Broken")
    well = await office.publish(MINUTELY, NOTE, name="Well")
    for key in (broken, well):
        await make_due(office, key, "0 seconds")
    async with office.database.connection() as db:
        await office.engine.current(db)  # knows the column, which somebody drops behind our back
    await office.execute("ALTER TABLE data.items DROP COLUMN status CASCADE")
    await tick(office)
    runs = {r["workflow"]: r for r in await office.runs()}
    assert runs[broken]["status"] == "failed"
    assert "status" in runs[broken]["error"]["message"]
    assert runs[well]["status"] in ("queued", "succeeded")


async def test_the_list_of_a_hundred_thousand_records_is_taken_in_one_statement(office: Office) -> None:
    async with office.database.transaction() as db:
        await db.execute("SELECT set_config('whereupon.context', '{\"match\": false}', true)")
        await db.execute(
            "INSERT INTO data.items (name, status) SELECT 'n' || i, 'open' FROM generate_series(1, 100000) i"
        )
    key = await office.publish(MINUTELY | {"filter": OPEN}, NOTE)
    await make_due(office, key, "0 seconds")
    began = time.monotonic()
    while await Clock(office.database, office.engine.current).tick() == 0.0:
        pass
    assert await BulkWorker(office.database, office.engine.current).take_one_list()
    assert await office.fetchval("SELECT count(*) FROM whereupon.bulk_members") == 100_000
    assert await occurrences(office) == [("fired", 100_000)]
    assert time.monotonic() - began < 15


async def test_a_time_that_has_come_is_not_lost_when_the_workflow_is_published_anew(office: Office) -> None:
    await office.insert(name="a")
    key = await office.publish(MINUTELY, NOTE)
    await make_due(office, key, "0 seconds")
    async with office.database.transaction() as db:
        await store.publish(db, office.rights, key)
    assert await tick(office) == 1
    assert await occurrences(office) == [("fired", 1)]
    yearly = await office.publish(MINUTELY | {"cron": "0 0 1 1 *"}, NOTE, name="Yearly")
    await make_due(office, yearly, "0 seconds")  # at a time that is none of the new schedule's
    async with office.database.transaction() as db:
        await store.publish(db, office.rights, yearly)
    assert await tick(office) == 0
    assert ("skipped", None) in await occurrences(office)


async def test_a_zone_that_this_machine_does_not_know_any_more_stops_nobody(office: Office) -> None:
    await office.insert(name="a")
    keys = [await office.publish(MINUTELY, NOTE, name=name, time_zone="Europe/Athens") for name in "AB"]
    await office.execute(
        "UPDATE whereupon.versions SET document = jsonb_set(document, '{settings,time_zone}', '\"US/Old\"') "
        "WHERE workflow_id = (SELECT id FROM whereupon.workflows WHERE key = $1)", keys[0],
    )  # fmt: skip
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    for key in keys:
        await make_due(office, key, "0 seconds")
    assert await tick(office) == 2
    await office.settle()
    assert sorted(run["workflow"] for run in await office.runs()) == sorted(keys)

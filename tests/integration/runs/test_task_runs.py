"""Data tasks as bulk runs: with progress and outcomes per record, alone and from a schedule."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import Office, make_bulk_runs, open_office, work_off_bulk_runs

from whereupon.blocks import data_task
from whereupon.db.pool import Database
from whereupon.errors import Conflict, Invalid, NotFound, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.people.rights import Grant, Rights
from whereupon.runs import actions, history, trouble
from whereupon.runs.actions import cancel_runs
from whereupon.runs.bulk import telling
from whereupon.runs.bulk.deeds import rerun
from whereupon.runs.task_runs import run_in_bulk
from whereupon.sdk import data_tasks
from whereupon.workflows import listing, saved_tasks, store
from whereupon.workflows.saved_tasks import DataTaskChange, NewDataTask

LAPSE: dict[str, Any] = {
    "module": "items",
    "where": {"field": "status", "operator": "equals", "value": "open"},
    "set": {"status": "done", "note": {"formula": '"was " & name'}},
}
TO_PARENT: dict[str, Any] = {
    "module": "items", "where": {"field": "parent", "operator": "is_not_empty"},
    "target": "items", "match": ["name"],
    "set": {"name": {"field": "parent.name"}, "note": {"field": "name"}},
}  # fmt: skip


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def saved(office: Office, name: str, definition: Any) -> str:
    async with office.database.transaction() as db:
        new = NewDataTask.model_validate({"name": name, "definition": definition})
        return (await saved_tasks.create_task(db, office.rights, new))["key"]


async def ordered(office: Office, key: str, rights: Rights | None = None) -> int:
    async with office.database.transaction() as db:
        return await run_in_bulk(db, rights or office.rights, key)


async def bulk_run(office: Office, number: int) -> dict[str, Any]:
    return dict((await office.fetch("SELECT * FROM whereupon.bulk_runs WHERE id = $1", number))[0])


async def test_alone_it_is_a_bulk_run_with_an_outcome_for_each_record(office: Office) -> None:
    items = [await office.insert(name=f"n{n}", status="open") for n in range(5)]
    other = await office.insert(name="άλλο", status="new")
    key = await saved(office, "Lapse", LAPSE)
    number = await ordered(office, key)
    await work_off_bulk_runs(office)
    row = await bulk_run(office, number)
    assert (row["status"], row["matched"], row["changed"], row["failed"]) == ("succeeded", 5, 5, 0)
    assert (row["started_by"], row["user_id"]) == ("data_task", office.admin)
    assert row["data_task_id"] is not None
    assert [(await office.item(one))["note"] for one in items] == [f"was n{n}" for n in range(5)]
    assert (await office.item(other))["status"] == "new"
    assert await office.fetchval("SELECT count(*) FROM whereupon.runs WHERE bulk_id = $1", number) == 5


async def test_what_fails_is_named_and_run_again_when_it_is_mended(office: Office) -> None:
    await office.execute(
        "ALTER TABLE data.items ADD CONSTRAINT no_bad CHECK (name <> 'bad' OR status <> 'done')"
    )
    good = await office.insert(name="good", status="open")
    bad = await office.insert(name="bad", status="open")
    number = await ordered(office, await saved(office, "Lapse", LAPSE))
    await work_off_bulk_runs(office)
    row = await bulk_run(office, number)
    assert (row["status"], row["changed"], row["failed"]) == ("partial", 1, 1)
    await office.execute("UPDATE data.items SET name = 'mended' WHERE id = $1", bad)
    async with office.database.transaction() as db:
        again = await rerun(db, office.rights, number, "failed", fixed=True)
    await work_off_bulk_runs(office)
    assert (await bulk_run(office, again))["changed"] == 1
    assert [(await office.item(one))["status"] for one in (good, bad)] == ["done", "done"]


async def told(office: Office, number: int) -> dict[str, Any]:
    """The bulk run as the API tells it."""
    async with office.database.transaction() as db:
        return await telling.get_bulk_run(db, office.rights, number)


async def test_it_is_named_by_its_task_and_run_again_as_the_task_is_now(office: Office) -> None:
    await office.execute("ALTER TABLE data.items ADD CONSTRAINT never_done CHECK (status <> 'done')")
    item = await office.insert(name="a", status="open")
    key = await saved(office, "Λήξη", LAPSE)
    number = await ordered(office, key)
    await work_off_bulk_runs(office)
    found = await told(office, number)
    assert (found["status"], found["made_from"]) == (
        "failed", {"kind": "data_task", "key": key, "name": "Λήξη"},
    )  # fmt: skip
    async with office.database.transaction() as db:
        [run] = await history.list_runs(db, office.rights, await load_catalog(db), bulk_run=number)
        assert run["made_from"]["key"] == key
        [trouble_at_home] = (await trouble.newest_bulk_runs(db, office.rights))["items"]
        assert trouble_at_home["made_from"]["name"] == "Λήξη"
        mended = {"name": "Lapse", "definition": {**LAPSE, "set": {"status": "new"}}}
        await saved_tasks.change_task(db, office.rights, key, DataTaskChange.model_validate(mended))
        again = await rerun(db, office.rights, number, "failed")
    await work_off_bulk_runs(office)
    found = await told(office, again)
    assert (found["status"], found["changed"], found["made_from"]["name"]) == ("succeeded", 1, "Lapse")
    assert (await office.item(item))["status"] == "new"
    async with office.database.transaction() as db:
        await saved_tasks.delete_task(db, office.rights, key)
    assert (await told(office, again))["made_from"] is None


async def test_a_task_that_writes_to_others_goes_record_by_record(office: Office) -> None:
    parent = await office.insert(name="Γονέας")
    for n in range(3):
        await office.insert(name=f"child {n}", parent=parent)
    number = await ordered(office, await saved(office, "To parents", TO_PARENT))
    await work_off_bulk_runs(office)
    assert (await bulk_run(office, number))["status"] == "succeeded"
    assert (await office.item(parent))["note"].startswith("child")
    assert await office.fetchval("SELECT count(*) FROM whereupon.runs WHERE bulk_id = $1", number) == 3


async def test_the_workflow_behind_it_is_kept_out_of_sight_and_one_version_serves_many_runs(
    office: Office,
) -> None:
    await office.insert(name="a", status="open")
    key = await saved(office, "Lapse", LAPSE)
    for _ in range(2):
        await ordered(office, key)
    count = "SELECT count(*) FROM whereupon.versions"
    assert await office.fetchval(count) == 1
    async with office.database.transaction() as db:
        assert await store.list_workflows(db) == []
        assert await listing.list_workflows(db, listing.Wanted()) == []
        change = {"definition": {**LAPSE, "set": {"status": "new"}}}
        await saved_tasks.change_task(db, office.rights, key, DataTaskChange.model_validate(change))
        with pytest.raises(Conflict):
            await saved_tasks.delete_task(db, office.rights, key)
    await ordered(office, key)
    assert await office.fetchval(count) == 2
    await work_off_bulk_runs(office)
    async with office.database.transaction() as db:
        await saved_tasks.delete_task(db, office.rights, key)
        states = await db.fetch("SELECT state FROM whereupon.workflows WHERE kind = 'data_task'")
        assert [row["state"] for row in states] == ["deleted"]


async def test_rights_are_those_of_whoever_runs_it(office: Office) -> None:
    key = await saved(office, "Lapse", LAPSE)
    reader = Rights(await office.user("r@example.org"), builder=True, grants={"items": Grant("all")})
    with pytest.raises(Invalid):
        await ordered(office, key, reader)
    with pytest.raises(Refused):
        await ordered(office, key, Rights(office.admin))
    with pytest.raises(NotFound):
        await ordered(office, "nowhere")


async def nightly(office: Office, *tasks: str) -> str:
    nodes = [
        {"key": key, "block": "data_task", "task": key, "on_error": {"policy": "continue"}} for key in tasks
    ]
    return await office.publish({"trigger": "manual"}, *nodes, module=None)


async def test_a_schedule_waits_for_a_task_with_too_many_records_and_then_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_tasks, "MOST_RECORDS", 2)
    for n in range(4):
        await office.insert(name=f"n{n}", status="open")
    lapse = await saved(office, "Lapse", LAPSE)
    note = await saved(office, "Note", {"module": "items", "where": {"all": [
        {"field": "name", "operator": "equals", "value": "n1"}]}, "set": {"note": "ναι"}})  # fmt: skip
    flow = await nightly(office, lapse, note)
    await office.by_hand(flow)
    (run,) = await office.runs(workflow=flow)
    assert run["status"] == "waiting"
    await make_bulk_runs(office)
    await work_off_bulk_runs(office)
    await office.skip_time("10 seconds")
    (run,) = await office.runs(workflow=flow)
    assert run["status"] == "succeeded"
    first, second = await office.steps(run["id"])
    assert (first["output"]["found"], first["output"]["updated"], first["output"]["failed"]) == (4, 4, 0)
    assert second["output"]["updated"] == 1


async def test_a_bulk_run_that_is_cancelled_fails_its_block_and_the_next_one_runs(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_tasks, "MOST_RECORDS", 0)
    item = await office.insert(name="a", status="open")
    lapse = await saved(office, "Lapse", LAPSE)
    note = await saved(office, "Note", {"module": "items", "where": {"all": [
        {"field": "name", "operator": "equals", "value": "b"}]}, "set": {"note": "x"}})  # fmt: skip
    flow = await nightly(office, lapse, note)
    await office.by_hand(flow)
    await office.execute("UPDATE whereupon.bulk_runs SET status = 'cancelled', ended_at = now()")
    await office.skip_time("10 seconds")
    (run,) = await office.runs(workflow=flow)
    assert run["status"] == "partial"
    assert [step["status"] for step in await office.steps(run["id"])] == ["continued", "succeeded"]
    assert (await office.item(item))["status"] == "open"


async def test_who_cancels_a_run_ends_the_bulk_run_that_it_waits_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_tasks, "MOST_RECORDS", 2)
    for n in range(4):
        await office.insert(name=f"n{n}", status="open")
    inner = await nightly(office, await saved(office, "Lapse", LAPSE))
    outer = {"key": "o", "block": "run_workflow", "workflow": inner, "on": "none"}
    flow = await office.publish({"trigger": "manual"}, outer, module=None)
    for workflow, member_done in ((flow, False), (inner, True)):
        await office.by_hand(workflow)
        bulk = await office.fetchval("SELECT max(id) FROM whereupon.bulk_runs")
        if member_done:
            await make_bulk_runs(office)
        run = (await office.runs(workflow=workflow))[-1]
        async with office.database.transaction() as db:
            catalog = await load_catalog(db)
            seen = await history.get_run(db, office.rights, catalog, run["id"])
            assert await cancel_runs(db, office.rights, [run["id"]]) == [run["id"]]
        started = [one["id"] for one in seen["bulk_runs"]]
        assert (started, seen["awaits"]) == (([bulk], 0) if member_done else ([], 1))
        row = await bulk_run(office, bulk)
        assert (row["status"], row["error"]["code"]) == ("cancelled", "parent_cancelled")
    await work_off_bulk_runs(office)
    open_runs = "SELECT count(*) FROM whereupon.runs WHERE ended_at IS NULL"
    assert await office.fetchval(open_runs) == 0
    assert await office.fetchval("SELECT count(*) FROM data.items WHERE status = 'done'") == 4  # they stay


async def test_where_every_task_of_a_schedule_fails_the_run_fails(office: Office) -> None:
    await office.execute("ALTER TABLE data.items ADD CONSTRAINT never_done CHECK (status <> 'done')")
    await office.insert(name="a", status="open")
    bad = [await saved(office, name, LAPSE) for name in ("One", "Two")]
    good = await saved(office, "Good", {**LAPSE, "set": {"note": "ναι"}})
    for tasks, expected in ((bad, ("failed", "all_failed")), ([*bad, good], ("partial", "records_failed"))):
        flow = await nightly(office, *tasks)
        await office.by_hand(flow)
        (run,) = await office.runs(workflow=flow)
        assert (run["status"], run["error"]["code"]) == expected
    async with office.database.transaction() as db:
        (run,) = [one for one in await office.runs() if one["status"] == "failed"]
        assert "All 2 blocks failed" in run["error"]["message"]
        again = await actions.rerun(db, office.rights, run["id"], "failed")
    await office.settle()
    (run,) = [one for one in await office.runs() if one["id"] == again]
    assert [step["node"] for step in await office.steps(again)] == bad  # from the first that failed


async def test_a_task_of_other_records_is_refused_for_this_record(office: Office) -> None:
    key = await saved(office, "Lapse", LAPSE)
    node = {"key": "t", "block": "data_task", "task": key, "this_record": True}
    with pytest.raises(Invalid) as refused:
        await office.publish({"trigger": "manual"}, node, module=None)
    assert {problem.code for problem in refused.value.problems} == {"wrong_record"}


def test_a_finished_bulk_run_is_told_as_the_task_would_be() -> None:
    now: Any = None
    row = {
        "status": "partial",
        "matched": 9,
        "processed": 9,
        "changed": 4,
        "skipped": 1,
        "failed": 2,
        "error": None,
    }
    done: Any = data_task.outcome_of_bulk(row, 7, now)
    assert done.output["unchanged"] == 2
    assert "Bulk run 7" in done.flaw.message

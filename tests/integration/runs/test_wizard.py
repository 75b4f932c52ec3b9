"""The wizard: what it says beforehand, what it makes, and what becomes of several tasks in one schedule."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter
from tests.office import Office, open_office, work_off_bulk_runs

from whereupon.db.pool import Database
from whereupon.errors import Conflict, Invalid, Refused
from whereupon.people.rights import Rights
from whereupon.runs.wizard import Wish, finish, summarise
from whereupon.sdk.data_tasks import DataTask
from whereupon.workers.clock import Clock
from whereupon.workflows import saved_tasks, store, task_schedules
from whereupon.workflows.saved_tasks import DataTaskChange, NewDataTask

WISH: TypeAdapter[Wish] = TypeAdapter(Wish)
NIGHTLY = {"cron": "0 23 * * *"}
LAPSE = {
    "module": "items",
    "where": {"field": "status", "operator": "equals", "value": "open"},
    "set": {"status": "done"},
}
NOTE = {"module": "items", "set": {"note": "σημείωση"}}
CAMPAIGN: dict[str, Any] = {
    "kind": "text_campaign", "name": "[Item] — Text", "module": "items", "start": NIGHTLY,
    "where": {"field": "status", "operator": "equals", "value": "open"},
    "message": {"to": [{"number": "+302101234567"}], "text": "{{ record.name }} is open."},
}  # fmt: skip


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def saved(office: Office, name: str, definition: Any) -> str:
    async with office.database.transaction() as db:
        new = NewDataTask.model_validate({"name": name, "definition": definition})
        return (await saved_tasks.create_task(db, office.rights, new))["key"]


def tasks(*keys: str, **more: Any) -> Wish:
    wish = {"kind": "data_tasks", "name": "Nightly — Θέματα", "start": NIGHTLY, "tasks": keys, **more}
    return WISH.validate_python(wish)


async def told(office: Office, wish: Wish, rights: Rights | None = None) -> Any:
    async with office.database.transaction() as db:
        return await summarise(db, rights or office.rights, wish)


async def made(office: Office, wish: Wish, *, activate: bool) -> Any:
    async with office.database.transaction() as db:
        return await finish(db, office.rights, wish, activate=activate)


async def fire(office: Office, workflow: str) -> None:
    await office.execute(
        "UPDATE whereupon.schedules SET next_at = date_trunc('minute', now()) "
        "WHERE workflow_id = (SELECT id FROM whereupon.workflows WHERE key = $1)", workflow,
    )  # fmt: skip
    clock = Clock(office.database, office.engine.current)
    while await clock.tick() == 0.0:
        pass
    await work_off_bulk_runs(office)


async def test_the_summary_says_what_would_be_made_and_keeps_nothing(office: Office) -> None:
    first, second = await saved(office, "Lapse", LAPSE), await saved(office, "Σημείωση", NOTE)
    found = await told(office, tasks(first, second))
    assert "every day at 23:00" in found.trigger
    assert [label for _, label, _ in found.steps] == ["Lapse", "Σημείωση"]
    assert len(found.next_times) == 5
    assert [moment.hour for moment in found.next_times] == [23] * 5
    assert found.checked.problems == []
    assert await office.fetchval("SELECT count(*) FROM whereupon.workflows") == 0


@pytest.mark.parametrize(("activate", "state"), [(True, "active"), (False, "draft")])
async def test_it_makes_a_real_workflow_in_the_state_that_was_chosen(
    office: Office, activate: bool, state: str
) -> None:
    key = (await made(office, tasks(await saved(office, "Lapse", LAPSE)), activate=activate))["key"]
    async with office.database.transaction() as db:
        assert (await store.get_workflow(db, key))["state"] == state
        assert await store.problems_of_draft(db, office.rights, key) == []
    assert await office.fetchval("SELECT count(*) FROM whereupon.schedules") == int(activate)


async def test_a_first_task_that_fails_does_not_stop_the_second(office: Office) -> None:
    item = await office.insert(name="a", status="open")
    broken, note = await saved(office, "Broken", LAPSE), await saved(office, "Note", NOTE)
    key = (await made(office, tasks(broken, note), activate=True))["key"]
    # What the first one needs is gone by the time that it runs.
    await office.execute("UPDATE whereupon.data_tasks SET definition = definition || '{\"module\": \"gone\"}'"
                         " WHERE key = $1", broken)  # fmt: skip
    async with office.database.transaction() as db:
        await saved_tasks.change_task(
            db, office.rights, note, DataTaskChange.model_validate({"name": "Note it"})
        )
    await fire(office, key)
    (run,) = await office.runs(workflow=key)
    assert run["status"] == "partial"
    assert run["error"]["node"] == broken
    assert [(step["node"], step["status"]) for step in await office.steps(run["id"])] == [
        (broken, "continued"), (note, "succeeded"),
    ]  # fmt: skip
    row = await office.item(item)
    assert (row["status"], row["note"]) == ("open", "σημείωση")


async def test_a_task_that_stands_alone_fails_its_run(office: Office) -> None:
    broken = await saved(office, "Broken", LAPSE)
    key = (await made(office, tasks(broken), activate=True))["key"]
    await office.execute('UPDATE whereupon.data_tasks SET definition = definition || \'{"module": "gone"}\'')
    async with office.database.transaction() as db:
        await db.execute("UPDATE whereupon.revision SET number = number + 1")
    await fire(office, key)
    (run,) = await office.runs(workflow=key)
    assert run["status"] == "failed"


async def test_a_text_campaign_writes_to_whoever_meets_the_condition(office: Office) -> None:
    await office.insert(name="Ωμέγα", status="open")
    await office.insert(name="b", status="done")
    await office.insert(name="c", status=None)
    wish = WISH.validate_python(CAMPAIGN)
    found = await told(office, wish)
    assert (found.records.draft.count, found.checked.problems) == (1, [])
    assert any("held" in sentence for sentence in found.caps)
    key = (await made(office, wish, activate=True))["key"]
    await fire(office, key)
    (message,) = await office.fetch("SELECT channel, recipient FROM whereupon.messages")
    assert tuple(message) == ("text", "+302101234567")


async def test_once_means_once_for_each_record(office: Office) -> None:
    await office.insert(name="a", status="open")
    key = (await made(office, WISH.validate_python({**CAMPAIGN, "once": True}), activate=True))["key"]
    for _ in range(2):
        await office.execute("UPDATE whereupon.occurrences SET nominal_at = nominal_at - interval '1 day'")
        await fire(office, key)
    assert await office.fetchval("SELECT count(*) FROM whereupon.messages") == 1


async def test_faults_are_named_before_anything_is_made(office: Office) -> None:
    wrong = WISH.validate_python(
        {**CAMPAIGN, "start": {"cron": "whenever"}, "message": {"to": [], "text": "{{ record.nam }}"}}
    )
    found = await told(office, wrong)
    assert {problem.path.split("/config/")[1] for problem, _ in found.checked.problems} >= {"cron", "to"}
    assert found.next_times == []
    with pytest.raises(Invalid):
        await made(office, wrong, activate=True)
    with pytest.raises(Invalid):
        await told(office, tasks("nowhere"))
    with pytest.raises(Invalid):
        await told(office, WISH.validate_python({**CAMPAIGN, "module": "nowhere"}))


async def test_only_builders_may_ask(office: Office) -> None:
    with pytest.raises(Refused):
        await told(office, WISH.validate_python(CAMPAIGN), Rights(office.admin))


async def test_a_task_is_added_at_the_end_of_a_schedule_that_is_there(office: Office) -> None:
    first, second = await saved(office, "Lapse", LAPSE), await saved(office, "Note", NOTE)
    key = (await made(office, tasks(first), activate=True))["key"]
    async with office.database.transaction() as db:
        (offered,) = await task_schedules.list_schedules(db, office.rights)
        assert (offered["key"], offered["tasks"]) == (key, 1)
        await task_schedules.add_to_schedule(db, office.rights, second, key)
        await task_schedules.add_to_schedule(db, office.rights, second, key)
        row = await store.get_workflow(db, key)
        assert await store.problems_of_draft(db, office.rights, key) == []
    nodes = [(node["key"], node.get("on_error")) for node in row["draft"]["nodes"][1:]]
    goes_on = {"policy": "continue"}
    assert nodes == [(first, goes_on), (second, goes_on), (f"{second}_2", goes_on)]
    # The active version stays as it is until somebody publishes the draft.
    assert row["state"] == "active"
    assert len((await office.fetch("SELECT document FROM whereupon.versions"))[0][0]["nodes"]) == 2


async def test_a_workflow_that_runs_for_each_record_takes_no_task(office: Office) -> None:
    task = await saved(office, "Note", NOTE)
    key = await office.publish({"trigger": "schedule", "cron": "0 1 * * *"}, {"key": "stop", "block": "stop"})
    async with office.database.transaction() as db:
        assert await task_schedules.list_schedules(db, office.rights) == []
        with pytest.raises(Conflict):
            await task_schedules.add_to_schedule(db, office.rights, task, key)


def test_a_task_may_find_no_single_end() -> None:
    DataTask.model_validate(NOTE)
    drawn: dict[str, Any] = task_schedules.task_document(NIGHTLY, [("a", "A")])
    fork: dict[str, Any] = {**drawn,
        "nodes": [*drawn["nodes"], {"key": "end", "block": "stop", "config": {}}],
            "edges": [*drawn["edges"], {"from": "a", "port": "next", "to": "end"}]}  # fmt: skip
    with pytest.raises(Conflict):
        task_schedules.with_task(fork, "b", "B")

"""Saved data tasks: tried without a trace, run by hand or by a workflow, matched, created, scheduled."""

from typing import Any

import pytest
from tests.office import Office

from whereupon.errors import Conflict, Invalid, Refused
from whereupon.people.rights import Grant, Rights
from whereupon.sdk import data_tasks
from whereupon.sdk.data_tasks import DataTask
from whereupon.workflows import saved_tasks, store
from whereupon.workflows.saved_tasks import NewDataTask

LAPSE = {
    "module": "items",
    "where": {"field": "status", "operator": "equals", "value": "open"},
    "set": {"status": "done", "note": {"formula": 'CONCAT("was ", name)'}},
}
COPIES = {
    "module": "items", "where": {"field": "amount", "operator": "is_not_empty"},
    "target": "totals", "match": ["name"], "set": {"name": {"field": "name"}, "amount": {"field": "amount"}},
}  # fmt: skip
TOTALS = {
    "key": "totals", "label": "Total", "label_plural": "Totals",
    "fields": [{"key": "name", "type": "text", "required": True}, {"key": "amount", "type": "decimal"}],
}  # fmt: skip


async def saved(office: Office, definition: Any, name: str = "Lapse") -> str:
    async with office.database.transaction() as db:
        new = NewDataTask.model_validate({"name": name, "definition": definition})
        return str((await saved_tasks.create_task(db, office.rights, new))["key"])


async def run(office: Office, key: str, rights: Rights | None = None) -> Any:
    async with office.database.transaction() as db:
        return await saved_tasks.run_saved(db, rights or office.rights, key, "ui")


async def test_what_it_would_do_is_shown_and_nothing_is_kept(office: Office) -> None:
    item = await office.insert(name="Ánna", status="open")
    await office.insert(name="Other", status="new")
    async with office.database.transaction() as db:
        found = await saved_tasks.try_out(db, office.rights, DataTask.model_validate(LAPSE))
    assert (found["found"], found["updated"], found["failed"]) == (1, 1, 0)
    assert found["examples"] == [
        {"module": "items", "record": str(item), "before": {"note": None, "status": "open"},
         "after": {"note": "was Ánna", "status": "done"}}
    ]  # fmt: skip
    assert (await office.item(item))["status"] == "open"


async def test_of_more_records_than_one_run_takes_the_first_are_tried(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_tasks, "MOST_RECORDS", 3)
    monkeypatch.setattr(data_tasks, "TRIED", 2)
    items = [await office.insert(name=f"n{n}", status="open") for n in range(4)]
    async with office.database.transaction() as db:
        found = await saved_tasks.try_out(db, office.rights, DataTask.model_validate(LAPSE))
    assert (found["found"], found["tried"], found["updated"]) == (4, 2, 2)
    assert [one["record"] for one in found["examples"]] == [str(key) for key in items[:2]]
    with pytest.raises(Invalid, match="More than 3"):
        await run(office, await saved(office, LAPSE))


async def test_it_is_run_by_hand_as_the_person_and_starts_workflows(office: Office) -> None:
    key = await saved(office, LAPSE)
    became_done = {"trigger": "record_updated", "fields": ["status"]}
    await office.publish(became_done, {"key": "s", "block": "stop"})
    for name in ("a", "b"):
        await office.insert(name=name, status="open")
    result = await run(office, key)
    assert result.counts == {
        "found": 2, "updated": 2, "created": 0, "unchanged": 0, "left_out": 0, "failed": 0,
    }  # fmt: skip
    changes = await office.fetch("SELECT origin, actor_id, run_id FROM whereupon.changes WHERE op = 'U'")
    assert {tuple(change) for change in changes} == {("ui", office.admin, None)}
    await office.settle()
    assert len(await office.runs()) == 2
    assert (await run(office, key)).counts["found"] == 0


@pytest.mark.parametrize(("missing", "created", "left_out"), [("skip", 0, 1), ("create", 1, 0)])
async def test_each_finds_its_record_by_the_rule_or_makes_it(
    office: Office, missing: str, created: int, left_out: int
) -> None:
    await office.module(TOTALS)
    await office.execute("INSERT INTO data.totals (name, amount) VALUES ('a', 1), ('b', 2)")
    for name, amount in (("a", 10), ("b", 2), ("c", 30)):
        await office.insert(name=name, amount=amount)
    result = await run(office, await saved(office, COPIES | {"missing": missing}))
    assert (result.updated, result.unchanged, result.created, result.left_out) == (1, 1, created, left_out)
    rows = await office.fetch("SELECT name, amount FROM data.totals ORDER BY name")
    assert [(row["name"], int(row["amount"])) for row in rows][:2] == [("a", 10), ("b", 2)]
    assert len(rows) == 2 + created


async def test_one_bad_record_fails_alone_and_is_named(office: Office) -> None:
    task = {"module": "items", "set": {"name": {"field": "email"}}}
    key = await saved(office, task)
    good = await office.insert(name="a", email="a@example.org")
    bad = await office.insert(name="b")
    result = await run(office, key)
    assert (result.updated, result.failed, result.failures[0]["record"]) == (1, 1, str(bad))
    assert (await office.item(good))["name"] == "a@example.org"


async def test_a_workflow_runs_it_and_ends_as_partial_when_some_failed(office: Office) -> None:
    key = await saved(office, {"module": "items", "set": {"name": {"field": "email"}}})
    flow = await office.publish(
        {"trigger": "manual"}, {"key": "t", "block": "data_task", "task": key}, module=None
    )
    await office.insert(name="a", email="a@example.org")
    await office.insert(name="b")
    await office.by_hand(flow)
    (found,) = await office.runs(workflow=flow)
    assert (found["status"], found["error"]["code"]) == ("partial", "records_failed")
    output = (await office.steps(found["id"]))[0]["output"]
    assert (output["found"], output["updated"], output["failed"]) == (2, 1, 1)
    (change,) = await office.fetch("SELECT run_id FROM whereupon.changes WHERE op = 'U'")
    assert change["run_id"] == found["id"]


async def test_what_the_publisher_may_not_write_cannot_be_published(office: Office) -> None:
    key = await saved(office, LAPSE)
    reader = Rights(await office.user("r@example.org"), builder=True, grants={"items": Grant("all")})
    node = {"key": "t", "block": "data_task", "task": key}
    with pytest.raises(Invalid) as refused:
        await office.publish({"trigger": "manual"}, node, module=None, rights=reader)
    assert {problem.code for problem in refused.value.problems} == {"refused"}
    with pytest.raises(Refused):
        await run(office, key, reader)


WRONG = [
    ({"module": "itemz", "set": {"status": "done"}}, "/definition/module"),
    ({"module": "items", "set": {"statuz": "done"}}, "/definition/set/statuz"),
    ({"module": "items", "where": {"field": "x", "operator": "equals", "value": 1}, "set": {"note": "x"}},
     "/definition/where/field"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "path"), WRONG)
async def test_faults_are_named_at_their_place(office: Office, definition: Any, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        await saved(office, definition)
    assert [problem.path for problem in refused.value.problems] == [path]


async def test_add_to_a_schedule_makes_a_draft_that_can_be_published(office: Office) -> None:
    key = await saved(office, LAPSE)
    async with office.database.transaction() as db:
        made = await saved_tasks.put_on_schedule(db, office.rights, key, {"cron": "0 23 * * *"})
        assert await store.problems_of_draft(db, office.rights, made) == []
        await store.publish(db, office.rights, made)
        assert (await saved_tasks.get_task(db, office.rights, key))["workflows"] == 1
        with pytest.raises(Conflict):
            await saved_tasks.delete_task(db, office.rights, key)
        with pytest.raises(Invalid):
            await saved_tasks.put_on_schedule(db, office.rights, key, {"cron": "whenever"})

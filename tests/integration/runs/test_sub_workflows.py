"""One workflow runs another: values in and out, waited for or not, refused, stopped in a circle."""

from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.people.rights import Grant, Rights
from whereupon.runs.actions import cancel_runs
from whereupon.runs.rehearsal import ToRehearse, rehearse
from whereupon.runs.review import review
from whereupon.workflows import store

MANUAL = {"trigger": "manual"}
CALLED = {"trigger": "called"}


def runs_it(workflow: str, **more: Any) -> dict[str, Any]:
    return {"key": "other", "block": "run_workflow", "workflow": workflow, **more}


def note(text: Any, key: str = "note") -> dict[str, Any]:
    return {"key": key, "block": "update_record", "set": {"note": text}}


DOUBLES = (
    {"key": "wait", "block": "wait", "duration": {"amount": 1, "unit": "hours"}},
    {
        "key": "back", "block": "give_back",
        "values": [
            {"name": "total", "value": {"formula": "trigger.amount * 2"}},
            {"name": "said", "value": {"formula": 'CONCAT(trigger.word, " ", name)'}},
        ],
    },
)  # fmt: skip
INPUTS = {"inputs": [{"name": "amount", "type": "decimal"}, {"name": "word"}]}
GIVEN = [{"name": "amount", "value": {"field": "amount"}}, {"name": "word", "value": "Grüße"}]
GIVES = [{"name": "total", "type": "decimal"}, {"name": "said"}]


async def only(office: Office, workflow: str) -> Any:
    (run,) = await office.runs(workflow=workflow)
    return run


async def test_values_go_in_and_come_back_when_the_other_is_over(office: Office) -> None:
    other = await office.publish(CALLED | INPUTS, *DOUBLES, name="Doubles")
    said = note({"formula": 'CONCAT(nodes.other.said, ": ", nodes.other.total)'})
    key = await office.publish(MANUAL, runs_it(other, values=GIVEN, gives=GIVES), said)
    item = await office.insert(name="Zoë", amount=21)
    await office.by_hand(key, [str(item)])
    parent = await only(office, key)
    assert parent["status"] == "waiting"
    await office.skip_time("1 hour")
    assert (await office.item(item))["note"] == "Grüße Zoë: 42"
    child, parent = await only(office, other), await only(office, key)
    assert (child["parent_run_id"], child["started_by"], child["depth"]) == (parent["id"], "run_workflow", 2)
    assert (parent["status"], child["status"]) == ("succeeded", "succeeded")
    output = (await office.steps(parent["id"]))[0]["output"]
    assert output == {"started": True, "run": str(child["id"]), "total": 42.0, "said": "Grüße Zoë"}


async def test_a_linked_record_or_none_may_be_meant(office: Office) -> None:
    other = await office.publish(CALLED, note("touched"), name="Touches")
    alone = await office.publish(CALLED, {"key": "stop", "block": "stop"}, name="Alone", module=None)
    key = await office.publish(
        MANUAL, runs_it(other, on="linked", link="parent"), runs_it(alone, on="none") | {"key": "b"}
    )
    parent = await office.insert(name="Parent")
    child, orphan = await office.insert(name="a", parent=parent), await office.insert(name="b")
    await office.by_hand(key, [str(child), str(orphan)])
    assert (await office.item(parent))["note"] == "touched"
    found = {
        run["record_id"]: (run["status"], (run["error"] or {}).get("code"))
        for run in await office.runs(workflow=key)
    }
    assert found == {str(child): ("succeeded", None), str(orphan): ("failed", "no_record")}
    assert (await only(office, alone))["record_id"] is None


async def test_nobody_waits_where_that_is_chosen(office: Office) -> None:
    other = await office.publish(CALLED | INPUTS, *DOUBLES, name="Doubles")
    key = await office.publish(MANUAL, runs_it(other, wait=False), note("gone on"))
    item = await office.insert(name="a")
    await office.by_hand(key, [str(item)])
    assert (await only(office, key))["status"] == "succeeded"
    assert (await only(office, other))["status"] == "waiting"
    async with office.database.transaction() as db:
        await cancel_runs(db, office.rights, [(await only(office, other))["id"]])
    await office.settle()
    assert (await office.item(item))["note"] == "gone on"


async def test_the_version_is_the_one_that_is_active_at_the_start(office: Office) -> None:
    slow = {"key": "wait", "block": "wait", "duration": {"amount": 1, "unit": "hours"}}
    other = await office.publish(CALLED, slow, note("first"), name="Other")
    key = await office.publish(MANUAL, runs_it(other))
    item = await office.insert(name="a")
    await office.by_hand(key, [str(item)])
    change = store.WorkflowChange(document=draw(CALLED, note("second")))
    async with office.database.transaction() as db:
        await store.change_workflow(db, office.rights, other, change)
        await store.publish(db, office.rights, other)
    await office.skip_time("1 hour")
    assert (await office.item(item))["note"] == "first"
    await office.by_hand(key, [str(item)])
    assert (await office.item(item))["note"] == "second"


async def test_when_the_other_fails_this_one_fails_or_leaves_by_the_error_exit(office: Office) -> None:
    fails = {"key": "stop", "block": "stop", "result": "failed", "reason": "No address"}
    other = await office.publish(CALLED, fails, name="Fails")
    plain = await office.publish(MANUAL, runs_it(other))
    policy = runs_it(other) | {"on_error": {"policy": "exit"}}
    edges = [["start", "next", "other"], ["other", "error", "note"]]
    said = note({"formula": 'nodes.other.run & "!"'})
    careful = await office.publish(MANUAL, policy, said, edges=edges)
    item = await office.insert(name="a")
    await office.by_hand(plain, [str(item)])
    await office.by_hand(careful, [str(item)])
    run = await only(office, plain)
    assert (run["status"], run["error"]["code"]) == ("failed", "workflow_failed")
    assert run["error"]["message"] == "Fails failed: No address."
    assert (await only(office, careful))["status"] == "succeeded"


async def test_who_cancels_the_one_cancels_the_other(office: Office) -> None:
    other = await office.publish(CALLED | INPUTS, *DOUBLES, name="Doubles")
    key = await office.publish(MANUAL, runs_it(other))
    await office.by_hand(key, [str(await office.insert(name="a"))])
    async with office.database.transaction() as db:
        await cancel_runs(db, office.rights, [(await only(office, key))["id"]])
    child = await only(office, other)
    assert (child["status"], child["error"]["code"]) == ("cancelled", "parent_cancelled")


REFUSED = {
    "unknown": ({"workflow": "nothing_here"}, "no_workflow"),
    "disabled": ({"workflow": "disabled"}, "not_active"),
    "about another module": ({"workflow": "about_people"}, "wrong_record"),
    "a value that it does not take": (
        {"workflow": "takes", "values": [{"name": "x", "value": 1}]},
        "unknown_value",
    ),
    "a value of another kind": (
        {"workflow": "takes", "values": [{"name": "amount", "value": "much"}]},
        "wrong_type",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_started_is_named(office: Office, case: str) -> None:
    config, code = REFUSED[case]
    stop = {"key": "stop", "block": "stop"}
    await office.publish(CALLED | INPUTS, stop, name="takes")
    await office.publish(CALLED, stop, name="about people", module="users")
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, await _disabled(office), "disabled")
    key = await office.publish(MANUAL, {"key": "other", "block": "run_workflow", **config})
    await office.by_hand(key, [str(await office.insert(name="a"))])
    run = await only(office, key)
    assert (run["status"], run["error"]["code"]) == ("failed", code)


async def _disabled(office: Office) -> str:
    return await office.publish(CALLED, {"key": "stop", "block": "stop"}, name="disabled")


async def test_filter_recurrence_and_rights_hold_as_by_hand(office: Office) -> None:
    only_open = {"filter": {"field": "status", "operator": "equals", "value": "open"}}
    other = await office.publish(CALLED | only_open, note("taken"), name="Other", recurrence="first_time")
    said = {
        "key": "b",
        "block": "update_record",
        "set": {"email": {"formula": 'IF(nodes.other.started, "y@e.org", "n@e.org")'}},
    }
    key = await office.publish(MANUAL, runs_it(other), said)
    one, two = await office.insert(name="a", status="open"), await office.insert(name="b", status="new")
    await office.by_hand(key, [str(one), str(two)])
    await office.by_hand(key, [str(one)])
    assert len(await office.runs(workflow=other)) == 1
    assert [(await office.item(i))["email"] for i in (one, two)] == ["n@e.org", "n@e.org"]
    assert (await office.item(one))["note"] == "taken"


async def test_on_records_that_its_publisher_may_not_read_nothing_is_started(office: Office) -> None:
    other = await office.publish(CALLED, note("taken"), name="Other")
    user = await office.user("clerk@example.org")
    clerk = Rights(user, builder=True, grants={"items": Grant("own", update="all")})
    key = await office.publish(MANUAL, runs_it(other), rights=clerk)
    await office.execute(GRANT, user)
    mine, theirs = await office.insert(name="a", owner=user), await office.insert(name="b")
    await office.by_hand(key, [str(mine), str(theirs)])
    assert [run["record_id"] for run in await office.runs(workflow=other)] == [str(mine)]
    outputs = {
        run["record_id"]: (await office.steps(run["id"]))[0]["output"]
        for run in await office.runs(workflow=key)
    }
    assert outputs[str(theirs)] == {"started": False, "run": None}


GRANT = """
WITH role AS (INSERT INTO whereupon.roles (key, name, builder) VALUES ('clerk', 'Clerk', true) RETURNING id),
given AS (INSERT INTO whereupon.user_roles SELECT $1, id FROM role)
INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_update)
SELECT role.id, m.id, 'own', 'all' FROM role, whereupon.modules m WHERE m.key = 'items'
"""


async def test_workflows_that_run_each_other_are_stopped_with_the_path(office: Office) -> None:
    stop = {"key": "stop", "block": "stop"}
    one = await office.publish(MANUAL, stop, name="One")
    two = await office.publish(CALLED, runs_it(one), name="Two")
    change = store.WorkflowChange(document=draw(MANUAL, runs_it(two)))
    async with office.database.transaction() as db:
        await store.change_workflow(db, office.rights, one, change)
        await store.publish(db, office.rights, one)
    await office.by_hand(one, [str(await office.insert(name="a"))])
    last = (await office.runs())[-1]
    assert (last["status"], last["error"]["code"]) == ("failed", "loop")
    assert "One (Item 1) → Two (Item 1) → One (Item 1)" in last["error"]["message"]
    assert {run["status"] for run in await office.runs()} == {"failed"}


async def test_a_circle_is_named_before_it_is_published(office: Office) -> None:
    one = await office.publish(MANUAL, {"key": "stop", "block": "stop"}, name="One")
    two = await office.publish(CALLED, runs_it(one), name="Two")
    change = store.WorkflowChange(document=draw(MANUAL, runs_it(two)))
    async with office.database.transaction() as db:
        await store.change_workflow(db, office.rights, one, change)
        found = await review(db, office.rights, one)
    assert found.termination.verdict == "can_loop"
    assert found.termination.sentence == "It can start itself again: One → runs it → Two → runs it → One."


async def test_a_test_runs_the_other_one_too_and_keeps_nothing(office: Office) -> None:
    other = await office.publish(CALLED | INPUTS, *DOUBLES, name="Doubles")
    document = draw(MANUAL, runs_it(other, values=GIVEN, gives=GIVES), note({"field": "nodes.other.said"}))
    item = await office.insert(name="Zoë", amount=2)
    found = await rehearse(office.database, office.rights, ToRehearse(document, "items", [str(item)]))
    record = found["records"][0]
    assert record["status"] == "succeeded"
    assert [step["node"] for step in record["branches"][0]["steps"]] == ["wait", "back"]
    assert record["steps"][1]["changes"][0]["fields"][0]["after"] == "Grüße Zoë"
    assert await office.runs() == []

"""Running again from a chosen block: what stood before it is kept, what follows is done once more."""

from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.errors import Conflict, Invalid, NotFound, Refused
from whereupon.people.rights import Rights, load_rights
from whereupon.runs.actions import cancel_runs, rerun, signal
from whereupon.runs.again import preview, rerun_from
from whereupon.runs.bulk.causes import FixFirst
from whereupon.workflows import store

MANUAL = {"trigger": "manual"}
FIND = {
    "key": "find", "block": "find_records", "module": "items",
    "where": {"field": "status", "operator": "equals", "value": "open"},
}  # fmt: skip
MAIL = {
    "key": "mail", "block": "send_email", "label": "Γράμμα", "to": [{"field": "email"}],
    "subject": "{{ nodes.find.count }} open", "text": "Come.",
}  # fmt: skip
HOUR = {"key": "wait", "block": "wait", "duration": {"amount": 1, "unit": "hours"}}


def task(title: str = "Look", key: str = "task", **more: Any) -> dict[str, Any]:
    return {"key": key, "block": "create_task", "assignee": {"user": 1}, "title": title, **more}


def note(text: Any, key: str = "note", **more: Any) -> dict[str, Any]:
    return {"key": key, "block": "update_record", "set": {"note": text}, **more}


async def run_again(office: Office, run: int, block: str, **more: Any) -> Any:
    """The new run, when it has come to rest."""
    async with office.database.transaction() as db:
        made = await rerun_from(db, office.rights, run, block, **more)
    await office.settle()
    return (await office.runs(id=made))[0]


async def told(office: Office, run: int, block: str) -> dict[str, Any]:
    async with office.database.transaction() as db:
        return await preview(db, office.rights, run, block)


async def nodes(office: Office, run: int) -> list[str]:
    return [step["node"] for step in await office.steps(run)]


async def count(office: Office, table: str) -> int:
    return await office.fetchval(f"SELECT count(*) FROM whereupon.{table}")


async def test_what_stood_before_the_block_is_kept_and_what_follows_is_done_once_more(office: Office) -> None:
    said = note({"formula": 'CONCAT(nodes.find.count, " → ", nodes.task.id)'})
    key = await office.publish(MANUAL, FIND, MAIL, task("{{ nodes.find.count }} open"), said)
    item = await office.insert(name="a", status="open", email="zoë@example.org")
    await office.by_hand(key, [str(item)])
    (first,) = await office.runs()
    assert (await office.item(item))["note"] == "1 → 1"
    await office.insert(name="b", status="open")
    seen = await told(office, first["id"], "mail")
    assert (seen["version"], seen["active_version"], seen["fix_first"]) == (1, 1, None)
    assert (seen["carried"], seen["messages"], seen["calls"], seen["runs"]) == (["find"], 1, 0, 0)
    assert seen["blocks"] == [{"node": node, "executed": True} for node in ("mail", "task", "note")]

    again = await run_again(office, first["id"], "mail")
    assert (again["status"], again["rerun_of"], again["started_by"]) == ("succeeded", first["id"], "rerun")
    assert await nodes(office, again["id"]) == ["mail", "task", "note"]
    assert (await office.item(item))["note"] == "1 → 2"  # what was found then, and the new task
    mails = await office.fetch("SELECT run_id, recipient FROM whereupon.messages ORDER BY id")
    assert [mail["run_id"] for mail in mails] == [first["id"], again["id"]]  # its own keys (rule 24)

    last = await run_again(office, first["id"], "note")
    assert last["data"] == first["data"]  # everything came before the last block
    assert await nodes(office, last["id"]) == ["note"]
    assert (await office.item(item))["note"] == "1 → 1"
    assert (await count(office, "messages"), await count(office, "tasks")) == (2, 2)
    # From a rerun, too: also from a block that this one did not execute itself.
    anew = await run_again(office, last["id"], "find")
    assert (await nodes(office, anew["id"]))[0] == "find"
    assert (await office.item(item))["note"] == "2 → 3"


async def test_a_block_whose_input_was_never_made_is_refused_by_name(office: Office) -> None:
    branch = {"key": "asks", "block": "if", "condition": {"field": "amount", "operator": "is_not_empty"}}
    said = note({"formula": "nodes.task.id"})
    edges = [
        ["start", "next", "asks"], ["asks", "true", "task"], ["task", "next", "note"],
        ["asks", "false", "other"], ["note", "next", "end"], ["other", "next", "end"],
    ]  # fmt: skip
    end = {"key": "end", "block": "stop"}
    made = task(label="Εργασία")
    key = await office.publish(MANUAL, branch, made, said, note("other", key="other"), end, edges=edges)
    item = await office.insert(name="a")
    await office.by_hand(key, [str(item)])
    (run,) = await office.runs()
    with pytest.raises(
        Conflict, match="“Update fields” needs what “Εργασία” gives, and this run never"
    ) as no:
        await run_again(office, run["id"], "note")
    assert no.value.suggestion == "Run again from “Εργασία”, or from a block before it."
    seen = await told(office, run["id"], "task")  # on the other branch: it needs nothing
    assert [(one["node"], one["executed"]) for one in seen["blocks"]] == [
        ("task", False), ("note", False), ("end", True),
    ]  # fmt: skip
    again = await run_again(office, run["id"], "task")
    assert await nodes(office, again["id"]) == ["task", "note", "end"]


async def test_a_block_that_failed_can_be_passed_unless_its_output_is_read(office: Office) -> None:
    edges = [["start", "next", "mail"], ["mail", "next", "note"], ["note", "next", "tell"]]
    mail, tell = MAIL | {"subject": "x"}, note({"formula": "nodes.mail.status"}, key="tell")
    key = await office.publish(MANUAL, mail, note("on"), tell, edges=edges)
    item = await office.insert(name="without an address")
    await office.by_hand(key, [str(item)])
    (run,) = await office.runs()
    assert run["status"] == "failed"
    with pytest.raises(Conflict, match="needs what “Γράμμα” gives, and in this run that failed"):
        await run_again(office, run["id"], "note")
    plain = await office.publish(MANUAL, mail, note("on"), name="Another")
    await office.by_hand(plain, [str(item)])
    (run,) = await office.runs(workflow=plain)
    again = await run_again(office, run["id"], "note")
    assert (again["status"], (await office.item(item))["note"]) == ("succeeded", "on")


async def test_a_way_round_begins_as_it_was_the_last_time(office: Office) -> None:
    wait = {"key": "wait", "block": "wait", "signal": "go"}
    said = note({"formula": 'CONCAT(note, nodes.wait.values.said, ".")'})
    asks = {
        "key": "asks", "block": "if",
        "condition": {"field": "note", "operator": "contains", "value": "end"},
    }  # fmt: skip
    edges = [
        ["start", "next", "wait"], ["wait", "next", "note"], ["note", "next", "asks"],
        ["asks", "false", "wait"], ["asks", "true", "done"],
    ]  # fmt: skip
    key = await office.publish(MANUAL, wait, said, asks, {"key": "done", "block": "stop"}, edges=edges)
    item = await office.insert(name="a")
    await office.by_hand(key, [str(item)])
    (run,) = await office.runs()
    for word in ("α", "end"):
        async with office.database.transaction() as db:
            assert await signal(db, run["id"], "go", {"said": word})
        await office.settle()
    assert (await office.item(item))["note"] == "α.end."
    again = await run_again(office, run["id"], "note")
    assert (await office.item(item))["note"] == "α.end.end."
    assert await nodes(office, again["id"]) == ["note", "asks", "done"]
    waiting = await run_again(office, run["id"], "wait")
    assert waiting["status"] == "waiting"
    assert waiting["data"] == {"wait": {"ended_by": "signal", "values": {"said": "α"}}}  # of the first time


async def test_the_version_is_the_one_that_the_run_followed(office: Office) -> None:
    key = await office.publish(MANUAL, FIND, note("old"))
    item = await office.insert(name="a")
    await office.by_hand(key, [str(item)])
    (run,) = await office.runs()
    async with office.database.transaction() as db:
        change = store.WorkflowChange(document=draw(MANUAL, note("new", key="other")))
        await store.change_workflow(db, office.rights, key, change)
        await store.publish(db, office.rights, key)
    seen = await told(office, run["id"], "note")
    assert (seen["version"], seen["active_version"]) == (1, 2)
    again = await run_again(office, run["id"], "note")
    assert (again["version_id"], (await office.item(item))["note"]) == (run["version_id"], "old")
    await office.execute("DELETE FROM whereupon.versions WHERE id = $1", run["version_id"])
    with pytest.raises(Conflict, match="no longer there"):
        await run_again(office, run["id"], "note")
    async with office.database.transaction() as db:  # the start is that of the active version
        await rerun(db, office.rights, run["id"])


async def test_what_stands_against_it_is_said(office: Office) -> None:
    key = await office.publish(MANUAL, HOUR, note("late"))
    item = str(await office.insert(name="a"))
    await office.by_hand(key, [item])
    (run,) = await office.runs()
    with pytest.raises(Conflict, match="under way"):
        await run_again(office, run["id"], "note")
    async with office.database.transaction() as db:
        await cancel_runs(db, office.rights, [run["id"]])
    for block, kind, said in (
        ("ntoe", Invalid, 'Did you mean "note"?'), ("κανένα", Invalid, "It has: wait, note."),
        ("start", Invalid, "Run it again from the start."), ("", Invalid, "It has: wait, note."),
    ):  # fmt: skip
        with pytest.raises(kind, match=said.replace("?", r"\?")):
            await run_again(office, run["id"], block)
    with pytest.raises(NotFound):
        await run_again(office, 999_999, "note")
    clerk = await load_rights_of(office)
    for asked in (rerun_from, preview):
        async with office.database.transaction() as db:
            with pytest.raises(Refused):
                await asked(db, clerk, run["id"], "note")
    assert len(await office.runs()) == 1
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, key, "archived")
    with pytest.raises(Conflict, match="archived"):
        await run_again(office, run["id"], "note")


async def load_rights_of(office: Office) -> Any:
    clerk = await office.user("clerk@example.org")
    async with office.database.connection() as db:
        return await load_rights(db, clerk)


async def test_inside_a_loop_only_the_run_of_an_item_begins(office: Office) -> None:
    loop = {"key": "loop", "block": "for_each", "label": "Παιδιά", "children": "items.parent"}
    inside = note({"formula": 'CONCAT(nodes.loop.number, " of ", nodes.loop.total)'})
    after = note("all done", key="after")
    edges = [
        ["start", "next", "loop"], ["loop", "each", "task"], ["task", "next", "note"],
        ["loop", "done", "after"],
    ]  # fmt: skip
    key = await office.publish(MANUAL, loop, task(), inside, after, edges=edges)
    parent = await office.insert(name="Parent")
    children = [await office.insert(name=name, parent=parent) for name in ("α", "β")]
    await office.by_hand(key, [str(parent)])
    (run,) = await office.runs(started_by="manual")
    second = (await office.runs(started_by="for_each"))[1]
    with pytest.raises(Conflict, match="inside “Παιδιά”: it is done for each item") as no:
        await run_again(office, run["id"], "note")
    assert no.value.suggestion is not None
    assert "open the run of an item" in no.value.suggestion
    with pytest.raises(Conflict, match="not among what “Παιδιά” does"):
        await run_again(office, second["id"], "after")
    await office.execute("UPDATE data.items SET note = NULL")
    again = await run_again(office, second["id"], "note")
    assert (again["status"], again["record_id"], again["branch_node"]) == (
        "succeeded",
        str(children[1]),
        "loop",
    )
    assert [(await office.item(child))["note"] for child in children] == [None, "2 of 2"]
    assert await count(office, "tasks") == 2
    assert (await told(office, run["id"], "loop"))["runs"] == 2
    whole = await run_again(office, run["id"], "loop")
    assert (whole["status"], await count(office, "tasks")) == ("succeeded", 4)


async def test_a_rerun_stays_in_the_chain_of_causes(office: Office) -> None:
    """Rule 19: what would go round for ever is stopped there again, whoever runs it again."""
    block = {"key": "plus", "block": "update_record", "set": {"amount": {"formula": "amount + 1"}}}
    await office.publish({"trigger": "record_updated", "fields": ["amount"]}, block)
    key = await office.insert(name="a", amount=0)
    await office.execute("UPDATE data.items SET amount = 1 WHERE id = $1", key)
    await office.settle()
    *_, last, stopped = before = await office.runs()
    assert (last["status"], stopped["status"], stopped["error"]["code"]) == ("succeeded", "failed", "loop")
    again = await run_again(office, last["id"], "plus")
    assert (again["depth"], again["chain"]) == (last["depth"], last["chain"])
    caused = (await office.runs())[-1]
    assert (caused["status"], caused["error"]["code"]) == ("failed", "loop")
    assert len(await office.runs()) == len(before) + 2


async def test_what_is_set_up_wrongly_is_to_be_fixed_first(office: Office) -> None:
    mail = MAIL | {"subject": "x"}
    key = await office.publish(MANUAL, task(), mail, note("sent"))
    item = await office.insert(name="a")
    await office.by_hand(key, [str(item)])
    (run,) = await office.runs()
    wrong = {"code": "no_mail_server", "message": "There is no mail server.", "node": "mail"}
    await office.execute("UPDATE whereupon.runs SET error = $1", wrong)
    assert (
        "There is no mail server. Put it right. Then" in (await told(office, run["id"], "task"))["fix_first"]
    )
    async with office.database.transaction() as db:
        for blind in (
            rerun_from(db, office.rights, run["id"], "task"),
            rerun(db, office.rights, run["id"], "failed"),
        ):
            with pytest.raises(FixFirst, match="would again: There is no mail server"):
                await blind
    narrow = Rights(office.admin, builder=True)  # who may not read what the run used is not told why
    async with office.database.transaction() as db:
        assert "mail server" not in (await preview(db, narrow, run["id"], "mail"))["fix_first"]
    assert (await told(office, run["id"], "note"))["fix_first"] is None  # past the block that failed
    await office.execute("UPDATE data.items SET email = 'zoë@example.org'")
    assert (await run_again(office, run["id"], "mail", fixed=True))["status"] == "succeeded"

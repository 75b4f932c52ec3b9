"""The same blocks for each child record or record found: counted, one after another, stopped, cancelled."""

from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.errors import Invalid
from whereupon.runs.actions import cancel_runs, rerun
from whereupon.runs.rehearsal import ToRehearse, rehearse

MANUAL = {"trigger": "manual"}
EACH = {"key": "loop", "block": "for_each", "children": "items.parent"}
EDGES = [["start", "next", "loop"], ["loop", "each", "note"], ["loop", "done", "after"]]
AFTER = {"key": "after", "block": "update_record", "set": {"note": "all done"}}


def note(text: Any = "seen", **more: Any) -> dict[str, Any]:
    return {"key": "note", "block": "update_record", "set": {"note": text}, **more}


async def family(office: Office, children: int = 3, **values: Any) -> tuple[int, list[int]]:
    parent = await office.insert(name="Parent")
    made = [await office.insert(name=f"Ünit {i}", parent=parent, **values) for i in range(1, children + 1)]
    return parent, made


async def branches(office: Office, run: int) -> list[Any]:
    return await office.fetch(
        "SELECT * FROM whereupon.runs WHERE parent_run_id = $1 AND branch_node IS NOT NULL ORDER BY id", run
    )


async def test_each_child_goes_its_own_way_and_the_run_goes_on_when_all_are_done(office: Office) -> None:
    said = {"formula": 'CONCAT(nodes.loop.number, " of ", nodes.loop.total, " of ", parent.name)'}
    counted = {"formula": 'CONCAT(nodes.loop.succeeded, " of ", nodes.loop.total)'}
    after = AFTER | {"set": {"note": counted}}
    key = await office.publish(MANUAL, EACH, note(said), after, edges=EDGES)
    parent, children = await family(office)
    await office.insert(name="Somebody else's")
    await office.by_hand(key, [str(parent)])
    run = (await office.runs(record_id=str(parent)))[0]
    assert run["status"] == "succeeded"
    notes = [(await office.item(child))["note"] for child in children]
    assert notes == ["1 of 3 of Parent", "2 of 3 of Parent", "3 of 3 of Parent"]
    assert (await office.item(parent))["note"] == "3 of 3"
    made = await branches(office, run["id"])
    assert [(b["branch_number"], b["record_id"], b["status"]) for b in made] == [
        (i, str(child), "succeeded") for i, child in enumerate(children, 1)
    ]
    step = (await office.steps(run["id"]))[0]
    assert (step["port"], step["output"], step["records"]) == (
        "done", {"total": 3, "succeeded": 3, "failed": 0}, 3,
    )  # fmt: skip


async def test_without_items_the_run_goes_on_at_once(office: Office) -> None:
    key = await office.publish(MANUAL, EACH, note(), AFTER, edges=EDGES)
    parent = await office.insert(name="Alone")
    await office.by_hand(key, [str(parent)])
    (run,) = await office.runs()
    assert (run["status"], (await office.item(parent))["note"]) == ("succeeded", "all done")


@pytest.mark.parametrize("turn", ["together", "in_turn"])
async def test_many_runs_loop_at_the_same_time(office: Office, turn: str) -> None:
    key = await office.publish(MANUAL, EACH | {"turn": turn}, note(), AFTER, edges=EDGES)
    parents = [(await family(office, count))[0] for count in (1, 4, 0, 7)]
    await office.by_hand(key, [str(parent) for parent in parents])
    assert {run["status"] for run in await office.runs()} == {"succeeded"}
    assert [len(await branches(office, r["id"])) for r in await office.runs(started_by="manual")] == [
        1,
        4,
        0,
        7,
    ]
    assert {(await office.item(parent))["note"] for parent in parents} == {"all done"}


async def test_records_are_looked_for_beside_the_runs_own_and_taken_in_order(office: Office) -> None:
    looks = {
        "key": "loop", "block": "for_each", "which": "found", "module": "items", "order_by": "amount",
        "descending": True, "turn": "in_turn",
        "where": {"all": [
            {"field": "status", "operator": "equals", "value": {"field": "record.status"}},
            {"field": "parent", "operator": "is_not_empty"},
        ]},
    }  # fmt: skip
    said = note({"formula": 'nodes.loop.number & ""'})
    key = await office.publish(MANUAL, looks, said, AFTER, edges=EDGES)
    root = await office.insert(name="Root", status="open")
    made = [await office.insert(name="a", status="open", parent=root, amount=n) for n in (1, 5, 3)]
    await office.insert(name="b", status="done", parent=root)
    await office.by_hand(key, [str(root)])
    assert [(await office.item(one))["note"] for one in made] == ["3", "1", "2"]


async def test_one_after_another_waits_for_each(office: Office) -> None:
    pause = {"key": "pause", "block": "wait", "duration": {"amount": 1, "unit": "hours"}}
    edges = [["start", "next", "loop"], ["loop", "each", "pause"], ["pause", "next", "note"]]
    key = await office.publish(MANUAL, EACH | {"turn": "in_turn"}, pause, note(), edges=edges)
    parent, children = await family(office, 2)
    await office.by_hand(key, [str(parent)])
    run = (await office.runs(started_by="manual"))[0]
    seen = []
    for _ in range(3):
        seen.append([b["status"] for b in await branches(office, run["id"])])
        await office.skip_time("1 hour")
    assert seen == [["waiting", "queued"], ["succeeded", "waiting"], ["succeeded", "succeeded"]]
    assert [(await office.item(child))["note"] for child in children] == ["seen", "seen"]
    assert (await office.runs(id=run["id"]))[0]["status"] == "succeeded"


FAILS = {"key": "note", "block": "update_record", "set": {"name": {"field": "email"}}}  # a name is required


async def test_what_fails_is_counted_and_named_and_the_run_is_partial(office: Office) -> None:
    key = await office.publish(MANUAL, EACH, FAILS, AFTER, edges=EDGES)
    parent, children = await family(office, 3, email="a@example.org")
    await office.execute("UPDATE data.items SET email = NULL WHERE id = $1", children[1])
    await office.by_hand(key, [str(parent)])
    run = (await office.runs(started_by="manual"))[0]
    assert run["status"] == "partial"
    assert run["error"]["code"] == "items_failed"
    assert run["error"]["message"].startswith(f"1 of 3 items did not succeed. Record {children[1]} failed: ")
    assert (await office.item(parent))["note"] == "all done"
    step = (await office.steps(run["id"]))[0]
    assert step["output"] == {"total": 3, "succeeded": 2, "failed": 1}


@pytest.mark.parametrize("turn", ["together", "in_turn"])
async def test_the_first_failure_stops_the_others_where_that_is_chosen(office: Office, turn: str) -> None:
    loop = EACH | {"on_failure": "stop", "turn": turn}
    key = await office.publish(MANUAL, loop, FAILS, AFTER, edges=EDGES)
    parent, children = await family(office, 4, email="a@example.org")
    await office.execute("UPDATE data.items SET email = NULL WHERE id = $1", children[1])
    await office.by_hand(key, [str(parent)])
    run = (await office.runs(started_by="manual"))[0]
    assert (run["status"], run["error"]["code"]) == ("failed", "items_failed")
    assert (await office.item(parent))["note"] is None
    statuses = [b["status"] for b in await branches(office, run["id"])]
    assert statuses[1] == "failed"
    if turn == "in_turn":
        assert statuses == ["succeeded", "failed", "cancelled", "cancelled"]


async def test_too_many_items_are_refused_before_any_is_touched(office: Office) -> None:
    key = await office.publish(MANUAL, EACH | {"most": 2}, note(), AFTER, edges=EDGES)
    parent, children = await family(office, 3)
    await office.by_hand(key, [str(parent)])
    (run,) = await office.runs()
    assert (run["status"], run["error"]["code"]) == ("failed", "too_many")
    assert (await office.item(children[0]))["note"] is None


async def test_who_cancels_the_run_cancels_its_items(office: Office) -> None:
    pause = {"key": "note", "block": "wait", "duration": {"amount": 1, "unit": "days"}}
    key = await office.publish(MANUAL, EACH, pause, AFTER, edges=EDGES)
    parent, _ = await family(office, 2)
    await office.by_hand(key, [str(parent)])
    run = (await office.runs(started_by="manual"))[0]
    assert run["status"] == "waiting"
    async with office.database.transaction() as db:
        await cancel_runs(db, office.rights, [run["id"]])
    await office.settle()
    assert {(b["status"], b["error"]["code"]) for b in await branches(office, run["id"])} == {
        ("cancelled", "parent_cancelled")
    }


async def test_a_cancelled_item_lets_the_run_go_on(office: Office) -> None:
    pause = {"key": "note", "block": "wait", "duration": {"amount": 1, "unit": "days"}}
    key = await office.publish(MANUAL, EACH, pause, AFTER, edges=EDGES)
    parent, children = await family(office, 2)
    await office.by_hand(key, [str(parent)])
    run = (await office.runs(started_by="manual"))[0]
    await office.execute("DELETE FROM data.items WHERE id = $1", children[0])
    async with office.database.transaction() as db:
        await cancel_runs(db, office.rights, [(await branches(office, run["id"]))[1]["id"]])
    await office.skip_time("1 day")
    (run,) = await office.runs(id=run["id"])
    assert run["status"] == "partial"
    assert (await office.steps(run["id"]))[0]["output"] == {"total": 2, "succeeded": 0, "failed": 2}


async def test_loops_stand_inside_one_another(office: Office) -> None:
    inner = {"key": "inner", "block": "for_each", "children": "items.parent"}
    said = note({"formula": 'CONCAT(nodes.loop.number, ".", nodes.inner.number)'})
    edges = [
        ["start", "next", "loop"], ["loop", "each", "inner"], ["inner", "each", "note"],
        ["loop", "done", "after"],
    ]  # fmt: skip
    small = {"most": 50}
    key = await office.publish(MANUAL, EACH | small, inner | small, said, AFTER, edges=edges)
    root, children = await family(office, 2)
    grand = [await office.insert(name="x", parent=child) for child in children for _ in range(2)]
    await office.by_hand(key, [str(root)])
    assert [(await office.item(one))["note"] for one in grand] == ["1.1", "1.2", "2.1", "2.2"]
    assert {run["status"] for run in await office.runs()} == {"succeeded"}


async def test_a_failed_item_runs_again_inside_the_loop(office: Office) -> None:
    key = await office.publish(
        MANUAL, EACH, FAILS, note("again", key="again"), edges=[*EDGES[:2], ["note", "next", "again"]]
    )
    parent, children = await family(office, 1)
    await office.by_hand(key, [str(parent)])
    branch = (await branches(office, (await office.runs(started_by="manual"))[0]["id"]))[0]
    await office.execute("UPDATE data.items SET email = 'a@example.org'")
    for start_at in ("start", "failed"):
        async with office.database.transaction() as db:
            made = await rerun(db, office.rights, branch["id"], start_at)  # type: ignore[arg-type]
        await office.settle()
        (run,) = await office.runs(id=made)
        assert (run["status"], run["record_id"]) == ("succeeded", str(children[0]))
        assert (await office.steps(made))[0]["node"] == "note"


WRONG = {
    "leads back": ([["loop", "each", "note"], ["note", "next", "loop"]], "cycle"),
    "nothing for each": ([["loop", "done", "after"], ["after", "next", "note"]], "missing_exit"),
    "entered from outside": (
        [["loop", "each", "note"], ["loop", "done", "after"], ["after", "next", "note"]], "into_loop",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
async def test_a_way_that_cannot_be_taken_for_each_item_is_named(office: Office, case: str) -> None:
    edges, code = WRONG[case]
    nodes = [EACH, note(), *([AFTER] if any("after" in edge for edge in edges) else [])]
    with pytest.raises(Invalid) as refused:
        await office.publish(MANUAL, *nodes, edges=[["start", "next", "loop"], *edges])
    assert code in {problem.code for problem in refused.value.problems}


async def test_loops_that_multiply_too_far_are_refused(office: Office) -> None:
    inner = EACH | {"key": "inner"}
    edges = [["start", "next", "loop"], ["loop", "each", "inner"], ["inner", "each", "note"]]
    with pytest.raises(Invalid) as refused:
        await office.publish(MANUAL, EACH, inner, note(), edges=edges)
    assert "1,000,000 items" in refused.value.problems[0].message


async def test_a_test_goes_through_every_item_and_keeps_nothing(office: Office) -> None:
    parent, children = await family(office, 12)
    document = draw(MANUAL, EACH, note(), AFTER, edges=EDGES)
    asked = ToRehearse(document, "items", [str(parent)])
    found = await rehearse(office.database, office.rights, asked)
    record = found["records"][0]
    assert (record["status"], record["branch_count"], len(record["branches"])) == ("succeeded", 12, 10)
    first = record["branches"][0]
    assert (first["record_id"], first["status"]) == (str(children[0]), "succeeded")
    assert first["steps"][0]["changes"][0]["fields"][0]["after"] == "seen"
    assert (await office.item(children[0]))["note"] is None


async def test_rows_that_an_earlier_block_found_are_gone_through_in_their_order(office: Office) -> None:
    find = {
        "key": "find", "block": "find_records", "module": "items", "columns": ["name"],
        "where": {"field": "status", "operator": "equals", "value": "open"},
        "sort": [{"field": "amount", "descending": True}],
    }  # fmt: skip
    loop = {"key": "loop", "block": "for_each", "which": "rows", "rows": "nodes.find.rows"}
    said = note({"formula": 'CONCAT(nodes.loop.number, " of ", nodes.find.count)'})
    key = await office.publish(
        MANUAL,
        find,
        loop,
        said,
        AFTER,
        edges=[["start", "next", "find"], ["find", "next", "loop"], *EDGES[1:]],
    )
    root = await office.insert(name="Root")
    made = [await office.insert(name="a", status="open", amount=n) for n in (1, 5, 3)]
    await office.by_hand(key, [str(root)])
    assert [(await office.item(one))["note"] for one in made] == ["3 of 3", "1 of 3", "2 of 3"]
    assert (await office.item(root))["note"] == "all done"

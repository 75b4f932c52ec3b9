"""The rules of semantics.md that the engine keeps, one by one."""

import asyncio
from typing import Any

import pytest
from tests.office import Office

from whereupon.errors import Conflict
from whereupon.people.rights import Rights, load_rights
from whereupon.runs import travellers
from whereupon.runs.actions import cancel_runs, release_runs, rerun, signal
from whereupon.runs.advance import advance_batch
from whereupon.runs.by_hand import start_by_hand
from whereupon.runs.match import match_batch
from whereupon.workers.reminder import Reminder
from whereupon.workflows import recurrence, store

CREATED = {"trigger": "record_created"}
UPDATED = {"trigger": "record_updated"}


def note(text: str, key: str = "note", **more: Any) -> dict[str, Any]:
    return {"key": key, "block": "update_record", "set": {"note": text}, **more}


def plus_one(key: str = "count", **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "block": "update_record",
        "set": {"amount": {"formula": "IFBLANK(amount, 0) + 1"}},
        **more,
    }


# Matching --------------------------------------------------------------------------------------


async def test_an_update_that_changes_nothing_starts_nothing(office: Office) -> None:
    await office.publish(UPDATED, note("seen"))
    key = await office.insert(name="a", amount=5)
    await office.execute("UPDATE data.items SET amount = 5.0, name = 'a' WHERE id = $1", key)
    await office.settle()
    assert await office.runs() == []


async def test_workflows_start_by_priority_and_then_by_age(office: Office) -> None:
    second = await office.publish(CREATED, note("second", key="b"), name="Second", priority=100)
    third = await office.publish(CREATED, note("third", key="c"), name="Third", priority=100)
    first = await office.publish(CREATED, note("first", key="a"), name="First", priority=1)
    key = await office.insert(name="a")
    await office.settle()
    assert [run["workflow"] for run in await office.runs()] == [first, second, third]
    assert (await office.item(key))["note"] == "third"


async def test_named_fields_only_and_creation_when_asked(office: Office) -> None:
    trigger = {"trigger": "record_updated", "fields": ["status"], "also_on_creation": True}
    await office.publish(trigger, note("seen"))
    key = await office.insert(name="a", status="new")
    await office.insert(name="without a status")
    await office.settle()
    await office.execute("UPDATE data.items SET name = 'b' WHERE id = $1", key)
    await office.settle()
    await office.execute("UPDATE data.items SET status = 'open' WHERE id = $1", key)
    await office.settle()
    assert [run["record_id"] for run in await office.runs()] == [str(key), str(key)]


async def test_a_stage_is_entered_from_a_given_stage_only(office: Office) -> None:
    trigger = {"trigger": "stage_entered", "field": "status", "from": "open", "to": "done"}
    await office.publish(trigger, note("done"))
    one, other = await office.insert(name="a", status="new"), await office.insert(name="b", status="open")
    await office.execute("UPDATE data.items SET status = 'done'")
    await office.settle()
    assert [run["record_id"] for run in await office.runs()] == [str(other)]
    assert (await office.item(one))["note"] is None


async def test_a_deleted_record_is_seen_with_its_last_values(office: Office) -> None:
    boss = {"to": [{"user": office.admin}], "title": "Gone: {{ record.name }}"}
    await office.publish({"trigger": "record_deleted"}, {"key": "tell", "block": "notify", **boss})
    key = await office.insert(name="Ünder")
    await office.execute("DELETE FROM data.items WHERE id = $1", key)
    await office.settle()
    assert [n["title"] for n in await office.fetch("SELECT title FROM whereupon.notifications")] == [
        "Gone: Ünder"
    ]


async def test_first_time_is_claimed_once_and_comes_again_after_a_reset(office: Office) -> None:
    key = await office.publish(UPDATED, {"key": "stop", "block": "stop"}, recurrence="first_time")
    item = await office.insert(name="a")
    for name in ("b", "c"):
        await office.execute("UPDATE data.items SET name = $1 WHERE id = $2", name, item)
    await office.settle()
    assert len(await office.runs()) == 1
    async with office.database.transaction() as db:
        assert await recurrence.reset_recurrence(db, office.rights, key, str(item)) == 1
    await office.execute("UPDATE data.items SET name = 'd'")
    await office.settle()
    assert len(await office.runs()) == 2


async def test_first_time_holds_for_runs_by_hand_too(office: Office) -> None:
    key = await office.publish(
        {"trigger": "manual"}, {"key": "stop", "block": "stop"}, recurrence="first_time"
    )
    one, two = str(await office.insert(name="a")), str(await office.insert(name="b"))
    assert await office.by_hand(key, [one]) == {"started": 1, "left_out": [], "bulk_run": None}
    assert await office.by_hand(key, [one, two]) == {"started": 1, "left_out": [one], "bulk_run": None}
    assert (await office.by_hand(key))["started"] == 0


async def test_when_met_starts_on_the_change_from_not_met_to_met(office: Office) -> None:
    trigger = UPDATED | {"filter": {"field": "amount", "operator": "greater_than", "value": 10}}
    await office.publish(trigger, {"key": "stop", "block": "stop"}, recurrence="when_met")
    key = await office.insert(name="a", amount=1)
    for amount in (11, 12, 3, 20):
        await office.execute("UPDATE data.items SET amount = $1 WHERE id = $2", amount, key)
    await office.settle()
    assert len(await office.runs()) == 2


async def test_a_workflow_that_was_activated_later_does_not_see_earlier_changes(office: Office) -> None:
    await office.insert(name="before")
    await office.publish(CREATED, note("seen"))
    after = await office.insert(name="after")
    await office.settle()
    assert [run["record_id"] for run in await office.runs()] == [str(after)]


async def test_a_change_after_the_disabling_starts_nothing_however_old_the_definitions_are(
    office: Office,
) -> None:
    """A matcher that began before, and takes the change after, does not go by what it knew then."""
    key = await office.publish(CREATED, note("seen"))
    async with office.database.transaction() as db:
        known = await office.engine.current(db)
        async with office.database.transaction() as other:
            await store.set_state(other, office.rights, key, "disabled")
        await office.insert(name="later")
        assert (await match_batch(db, known)).runs == 0
    assert await office.runs() == []


async def test_changes_that_are_not_to_be_matched_are_kept_but_start_nothing(office: Office) -> None:
    await office.publish(CREATED, note("seen"))
    async with office.database.transaction() as db:
        await db.execute(
            'SELECT set_config(\'whereupon.context\', \'{"origin": "import", "match": false}\', true)'
        )
        await db.execute("INSERT INTO data.items (name) VALUES ('imported')")
    await office.settle()
    assert await office.runs() == []
    assert await office.fetchval("SELECT origin FROM whereupon.changes") == "import"


# Runs ------------------------------------------------------------------------------------------


async def test_two_changes_of_one_record_each_count_once_and_in_order(office: Office) -> None:
    await office.publish(CREATED, plus_one())
    await office.publish({"trigger": "record_updated", "fields": ["name"]}, plus_one(), name="Another")
    key = await office.insert(name="a", amount=0)
    for name in "bcdef":
        await office.execute("UPDATE data.items SET name = $1 WHERE id = $2", name, key)
    await office.settle()
    assert (await office.item(key))["amount"] == 6


async def test_many_runs_that_write_one_parent_do_not_lose_each_other(office: Office) -> None:
    count = {"formula": "IFBLANK(parent.amount, 0) + 1"}
    block = {
        "key": "up",
        "block": "update_record",
        "which": "linked",
        "link": "parent",
        "set": {"amount": count},
    }
    await office.publish(CREATED | {"filter": {"field": "parent", "operator": "is_not_empty"}}, block)
    parent = await office.insert(name="parent", amount=0)
    await office.execute(
        "INSERT INTO data.items (name, parent) SELECT 'c', $1 FROM generate_series(1, 40)", parent
    )
    await office.settle()
    assert (await office.item(parent))["amount"] == 40


async def test_one_bad_record_fails_alone(office: Office) -> None:
    block = {"key": "big", "block": "update_record", "set": {"amount": {"formula": "amount * 10000000000"}}}
    await office.publish(
        CREATED | {"filter": {"field": "amount", "operator": "less_than", "value": 49}}, block
    )
    await office.execute(
        "INSERT INTO data.items (name, amount) SELECT 'n' || g, g % 100 / 99 FROM generate_series(1, 300) g"
    )
    await office.settle()
    runs = await office.runs()
    assert {s: sum(r["status"] == s for r in runs) for s in ("succeeded", "failed")} == {
        "succeeded": 297,
        "failed": 3,
    }
    failed = next(run for run in runs if run["status"] == "failed")
    assert "overflow" in failed["error"]["message"]
    assert [s["status"] for s in await office.steps(failed["id"])] == ["failed"]


async def test_the_error_of_a_refused_write_does_not_show_the_row(office: Office) -> None:
    """The database tells the whole row, with fields that not everybody who sees the run may read."""
    await office.publish(
        CREATED, {"key": "bad", "block": "update_record", "set": {"status": {"field": "note"}}}
    )
    await office.insert(name="a", note="no such status", email="geheim@example.org")
    await office.settle()
    (error,) = [row["error"] for row in await office.fetch("SELECT error FROM whereupon.runs")]
    assert error["code"].startswith("database_")
    assert "geheim" not in str(error)


@pytest.mark.parametrize(
    ("policy", "status", "noted"),
    [("stop", "failed", None), ("continue", "partial", "after"), ("exit", "succeeded", "rescued")],
)
async def test_error_policies(office: Office, policy: str, status: str, noted: str | None) -> None:
    mail = {"key": "bad", "block": "send_email", "to": [{"field": "email"}], "subject": "x", "text": "y"}
    edges = [["start", "next", "bad"], ["bad", "next", "after"]]
    nodes = [mail | {"on_error": {"policy": policy}}, note("after", key="after")]
    if policy == "exit":
        nodes.append(note("rescued", key="rescue"))
        edges.append(["bad", "error", "rescue"])
    await office.publish(CREATED, *nodes, edges=edges)
    key = await office.insert(name="without an address")
    await office.settle()
    assert (await office.runs())[0]["status"] == status
    assert (await office.item(key))["note"] == noted


async def test_retry_tries_again_with_growing_pauses_and_then_stops(office: Office) -> None:
    policy = {"policy": "retry", "retries": 2, "backoff_seconds": 60}
    mail = {"key": "mail", "block": "send_email", "to": [{"field": "email"}], "subject": "x", "text": "y"}
    await office.publish(CREATED, mail | {"on_error": policy})
    await office.insert(name="without an address")
    await office.settle()
    pauses = []
    for _ in range(2):
        pauses.append(
            await office.fetchval("SELECT round(extract(epoch FROM ready_at - now())) FROM whereupon.runs")
        )
        await office.skip_time("3 minutes")
    assert [int(p) for p in pauses] == [60, 120] or [int(p) for p in pauses] == [59, 119]
    run = (await office.runs())[0]
    assert run["status"] == "failed"
    assert [s["status"] for s in await office.steps(run["id"])] == ["retried", "retried", "failed"]


async def test_rerun_from_the_failed_block_keeps_what_was_done(office: Office) -> None:
    div = {"key": "div", "block": "update_record", "set": {"amount": {"formula": "amount * 10000000000"}}}
    await office.publish(CREATED, {"key": "one", "block": "update_record", "set": {"status": "open"}}, div)
    key = await office.insert(name="a", amount=7)
    await office.settle()
    failed = (await office.runs())[0]
    assert failed["status"] == "failed"
    await office.execute("UPDATE data.items SET amount = 0.1 WHERE id = $1", key)
    async with office.database.transaction() as db:
        again = await rerun(db, office.rights, failed["id"], "failed")
    await office.settle()
    run = next(r for r in await office.runs() if r["id"] == again)
    assert (run["status"], run["rerun_of"]) == ("succeeded", failed["id"])
    assert [s["node"] for s in await office.steps(again)] == ["div"]
    assert (await office.item(key))["amount"] == 1_000_000_000
    async with office.database.transaction() as db:
        with pytest.raises(Conflict, match="did not fail"):
            await rerun(db, office.rights, again, "failed")


async def test_runs_keep_to_the_version_that_they_started_on(office: Office) -> None:
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 1, "unit": "hours"}}
    workflow = await office.publish(CREATED, wait, note("old"))
    one = await office.insert(name="a")
    await office.settle()
    from tests.office import draw

    async with office.database.transaction() as db:
        document = draw(CREATED, wait, note("new"))
        await store.change_workflow(db, office.rights, workflow, store.WorkflowChange(document=document))
        await store.publish(db, office.rights, workflow)
    two = await office.insert(name="b")
    await office.settle()
    await office.skip_time("2 hours")
    assert [(await office.item(k))["note"] for k in (one, two)] == ["old", "new"]


# Concurrency (rule 17) ---------------------------------------------------------------------------

HOUR = {"key": "wait", "block": "wait", "duration": {"amount": 1, "unit": "hours"}}


@pytest.mark.parametrize(
    ("concurrency", "statuses"),
    [
        ("parallel", ["waiting", "waiting"]),
        ("queue", ["waiting", "queued"]),
        ("skip", ["waiting", "cancelled"]),
        ("restart", ["cancelled", "waiting"]),
    ],
)
async def test_a_second_run_on_the_same_record(office: Office, concurrency: str, statuses: list[str]) -> None:
    await office.publish(
        {"trigger": "record_updated", "fields": ["name"]}, HOUR, plus_one(), concurrency=concurrency
    )
    key = await office.insert(name="a", amount=0)
    for name in "bc":
        await office.execute("UPDATE data.items SET name = $1 WHERE id = $2", name, key)
        await office.settle()
    assert [run["status"] for run in await office.runs()] == statuses
    for _ in range(3):
        await office.skip_time("2 hours")
    assert (await office.item(key))["amount"] == {"parallel": 2, "queue": 2, "skip": 1, "restart": 1}[
        concurrency
    ]


# Waits -------------------------------------------------------------------------------------------


async def test_a_run_whose_record_is_deleted_while_it_waits_is_cancelled(office: Office) -> None:
    await office.publish(CREATED, HOUR, note("late"))
    key = await office.insert(name="a")
    await office.settle()
    await office.execute("DELETE FROM data.items WHERE id = $1", key)
    await office.skip_time("2 hours")
    run = (await office.runs())[0]
    assert (run["status"], run["error"]["code"]) == ("cancelled", "record_deleted")


async def test_on_waking_the_condition_is_asked_again(office: Office) -> None:
    still = {"field": "status", "operator": "not_equals", "value": "done"}
    wait = HOUR | {"only_if": still}
    await office.publish(CREATED, wait, note("reminded"))
    paid, unpaid = await office.insert(name="a", status="new"), await office.insert(name="b", status="new")
    await office.settle()
    await office.execute("UPDATE data.items SET status = 'done' WHERE id = $1", paid)
    await office.skip_time("2 hours")
    assert [(await office.item(k))["note"] for k in (paid, unpaid)] == [None, "reminded"]


async def test_waiting_until_a_condition_holds_or_the_time_limit_passes(office: Office) -> None:
    done = {"field": "status", "operator": "equals", "value": "done"}
    wait = {"key": "wait", "block": "wait", "condition": done, "time_limit": {"amount": 3, "unit": "days"}}
    edges = [["start", "next", "wait"], ["wait", "next", "ok"], ["wait", "timeout", "late"]]
    await office.publish(CREATED, wait, note("ok", key="ok"), note("late", key="late"), edges=edges)
    one, two = await office.insert(name="a", status="new"), await office.insert(name="b", status="new")
    await office.settle()
    await office.execute("UPDATE data.items SET status = 'done' WHERE id = $1", one)
    await office.settle()
    assert [(await office.item(k))["note"] for k in (one, two)] == ["ok", None]
    await office.skip_time("4 days")
    assert (await office.item(two))["note"] == "late"


async def test_waiting_for_a_signal(office: Office) -> None:
    wait = {"key": "wait", "block": "wait", "signal": "approved"}
    await office.publish(CREATED, wait, note("approved"))
    key = await office.insert(name="a")
    await office.settle()
    run = (await office.runs())[0]["id"]
    async with office.database.transaction() as db:
        assert await signal(db, run, "something_else")
    await office.settle()
    assert (await office.item(key))["note"] is None
    async with office.database.transaction() as db:
        assert await signal(db, run, "approved")
    await office.settle()
    assert (await office.item(key))["note"] == "approved"


async def test_waiting_until_a_date_follows_the_date_when_it_is_moved(office: Office) -> None:
    wait = {
        "key": "wait",
        "block": "wait",
        "until_field": "due_date",
        "offset": {"amount": -1, "unit": "days"},
    }
    await office.publish(CREATED, wait, note("due"))
    key = await office.fetchval(
        "INSERT INTO data.items (name, due_date) VALUES ('a', current_date + 30) RETURNING id"
    )
    none = await office.insert(name="without a date")
    await office.settle()
    assert [(await office.item(k))["note"] for k in (key, none)] == [None, "due"]
    await office.execute("UPDATE data.items SET due_date = current_date WHERE id = $1", key)
    await office.settle()
    assert (await office.item(key))["note"] == "due"


async def test_disabling_offers_to_finish_to_pause_or_to_cancel(office: Office) -> None:
    for in_flight, status in (("finish", "succeeded"), ("pause", "waiting"), ("cancel", "cancelled")):
        workflow = await office.publish(CREATED, HOUR, note("late"), name=in_flight)
        await office.insert(name="a")
        await office.settle()
        async with office.database.transaction() as db:
            await store.set_state(db, office.rights, workflow, "disabled", in_flight=in_flight)
        await office.skip_time("2 hours")
        assert [r["status"] for r in await office.runs(workflow=workflow)] == [status]


async def test_cancel_ends_a_waiting_run_for_good(office: Office) -> None:
    await office.publish(CREATED, HOUR, note("late"))
    key = await office.insert(name="a")
    await office.settle()
    run = (await office.runs())[0]["id"]
    async with office.database.transaction() as db:
        assert await cancel_runs(db, office.rights, [run]) == [run]
    await office.skip_time("2 hours")
    assert (await office.item(key))["note"] is None
    assert (await office.runs())[0]["status"] == "cancelled"


async def test_cancelling_a_run_that_is_over_changes_nothing(office: Office) -> None:
    await office.publish(CREATED, note("done"))
    await office.insert(name="a")
    await office.settle()
    (before,) = await office.runs()
    async with office.database.transaction() as db:
        assert await cancel_runs(db, office.rights, [before["id"]]) == []
    assert (await office.runs())[0] == before


async def test_deleting_a_workflow_cancels_its_runs_and_keeps_its_history(office: Office) -> None:
    workflow = await office.publish(CREATED, HOUR, note("late"))
    await office.insert(name="a")
    await office.settle()
    async with office.database.transaction() as db:
        await store.delete_workflow(db, office.rights, workflow)
    await office.skip_time("2 hours")
    assert [r["status"] for r in await office.runs()] == ["cancelled"]


# Loops (rule 19) -----------------------------------------------------------------------------------


async def test_a_workflow_that_starts_itself_is_stopped_with_the_path(office: Office) -> None:
    await office.publish(UPDATED, plus_one(), name="Counter")
    key = await office.insert(name="a", amount=0)
    await office.execute("UPDATE data.items SET name = 'b' WHERE id = $1", key)
    await office.settle()
    runs = await office.runs()
    assert [r["status"] for r in runs] == ["succeeded"] * 4 + ["failed"]
    assert runs[-1]["error"]["code"] == "loop"
    assert f"Counter (Item {key}) → Counter (Item {key})" in runs[-1]["error"]["message"]


async def test_two_workflows_that_undo_each_other_are_stopped(office: Office) -> None:
    for name, old, new in (("A", "new", "open"), ("B", "open", "new")):
        trigger = {"trigger": "record_updated", "fields": ["status"],
                   "filter": {"field": "status", "operator": "equals", "value": old}}  # fmt: skip
        await office.publish(
            trigger, {"key": "flip", "block": "update_record", "set": {"status": new}}, name=name
        )
    key = await office.insert(name="a", status="done")
    await office.execute("UPDATE data.items SET status = 'new' WHERE id = $1", key)
    await office.settle()
    runs = await office.runs()
    assert [(r["workflow"], r["status"]) for r in runs] == [
        ("a", "succeeded"),
        ("b", "succeeded"),
        ("a", "failed"),
    ]
    assert "a state that it had already" in runs[-1]["error"]["message"]


async def test_a_loop_through_a_wait_and_a_created_record_is_stopped(office: Office) -> None:
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 1, "unit": "minutes"}}
    create = {"key": "more", "block": "create_record", "module": "items", "set": {"name": {"field": "name"}}}
    await office.publish(CREATED, wait, create)
    await office.insert(name="a")
    for _ in range(40):
        await office.skip_time("2 minutes")
    runs = await office.runs()
    assert len(runs) == 17
    assert (runs[-1]["status"], runs[-1]["error"]["code"]) == ("failed", "loop")


# Rights (rule 28) ------------------------------------------------------------------------------------


async def test_a_run_may_only_what_its_publisher_may(office: Office) -> None:
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('clerk', 'Clerk', true)")
    await office.execute(
        "INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_update) "
        "SELECT r.id, m.id, 'all', 'own' FROM whereupon.roles r, whereupon.modules m WHERE r.key = 'clerk' "
        "AND m.key = 'items'"
    )
    clerk = await office.user("clerk@example.org", role="clerk")
    async with office.database.connection() as db:
        rights = await load_rights(db, clerk)
    await office.publish(CREATED, note("mine"), rights=rights)
    own, other = await office.insert(name="a", owner=clerk), await office.insert(name="b", owner=office.admin)
    await office.settle()
    assert [(await office.item(k))["note"] for k in (own, other)] == ["mine", None]
    assert [(r["status"], (r["error"] or {}).get("code")) for r in await office.runs()] == [
        ("succeeded", None),
        ("failed", "refused"),
    ]


MAIL = {"key": "mail", "block": "send_email", "to": [{"address": "me@example.org"}], "subject": "News"}


async def builder(office: Office, read: str, hidden: str = "{}") -> tuple[int, Rights]:
    """A builder who may read items so far, and write them all."""
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('b', 'B', true)")
    await office.execute(
        "INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_create, can_update, fields) "
        "SELECT r.id, m.id, $1, 'all', 'all', $2::text::jsonb FROM whereupon.roles r, whereupon.modules m "
        "WHERE r.key = 'b' AND m.key = 'items'", read, hidden,
    )  # fmt: skip
    user = await office.user("b@example.org", role="b")
    async with office.database.connection() as db:
        return user, await load_rights(db, user)


async def test_a_run_tells_nothing_of_records_that_its_publisher_may_not_read(office: Office) -> None:
    user, rights = await builder(office, "own")
    mail = MAIL | {"text": "{{ record.name }}"}
    await office.publish(CREATED, mail, rights=rights)
    own = await office.insert(name="ours", owner=user)
    other = await office.insert(name="Säästö", owner=office.admin)
    nobodys = await office.insert(name="nobody's")
    await office.settle()
    contexts = [m["context"] for m in await office.fetch("SELECT context FROM whereupon.messages")]
    assert contexts == [{"record": {"name": "ours"}}]
    found = {int(r["record_id"]): (r["status"], (r["error"] or {}).get("code")) for r in await office.runs()}
    assert found == {own: ("succeeded", None), other: ("failed", "refused"), nobodys: ("failed", "refused")}


async def test_a_field_that_is_closed_to_the_publisher_later_is_closed_to_the_runs(office: Office) -> None:
    _, rights = await builder(office, "all")
    condition = {"field": "amount", "operator": "greater_than", "value": 10}
    await office.publish(CREATED, MAIL | {"text": "{{ record.note }}"}, name="Mail", rights=rights)
    await office.publish(CREATED | {"filter": condition}, note("rich"), name="Filter", rights=rights)
    fields = '{"note": "none", "amount": "none"}'
    await office.execute("UPDATE whereupon.role_modules SET fields = $1::text::jsonb", fields)
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    key = await office.insert(name="a", note="secret", amount=11)
    await office.settle()
    assert await office.fetch("SELECT FROM whereupon.messages") == []
    assert (await office.item(key))["note"] == "secret"
    assert [(r["status"], r["error"]["code"]) for r in await office.runs()] == [("failed", "refused")] * 2


async def test_runs_of_a_disabled_publisher_are_held_until_released(office: Office) -> None:
    publisher = await office.user("p@example.org", role="administrator")
    async with office.database.connection() as db:
        rights = await load_rights(db, publisher)
    await office.publish(CREATED, note("seen"), rights=rights)
    await office.execute("UPDATE whereupon.users SET active = false WHERE id = $1", publisher)
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    key = await office.insert(name="a")
    await office.settle()
    run = (await office.runs())[0]
    assert (run["status"], run["error"]["code"]) == ("held", "publisher_disabled")
    await office.execute("UPDATE whereupon.users SET active = true WHERE id = $1", publisher)
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    async with office.database.transaction() as db:
        assert await release_runs(db, office.rights, [run["id"]]) == [run["id"]]
    await office.settle()
    assert (await office.item(key))["note"] == "seen"


# Workers ---------------------------------------------------------------------------------------------


async def test_two_engines_share_the_work_and_do_nothing_twice(office: Office) -> None:
    from whereupon.workers.engine import Engine

    await office.publish(CREATED, plus_one())
    stop = asyncio.Event()
    engines = [asyncio.create_task(Engine(office.database).run(stop)) for _ in range(2)]
    for _ in range(20):
        await office.execute(
            "INSERT INTO data.items (name, amount) SELECT 'n', 0 FROM generate_series(1, 50)"
        )
    async with asyncio.timeout(30):
        while await office.fetchval("SELECT count(*) FROM whereupon.runs WHERE status = 'succeeded'") < 1000:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*engines)
    assert await office.fetchval("SELECT count(*) FROM data.items WHERE amount = 1") == 1000


async def test_a_record_that_another_program_holds_is_tried_again_later(office: Office) -> None:
    await office.publish(CREATED, note("seen"))
    one, two = await office.insert(name="a"), await office.insert(name="b")
    async with office.database.transaction() as holder:
        await holder.execute("SELECT 1 FROM data.items WHERE id = $1 FOR UPDATE", one)
        await asyncio.wait_for(office.settle(), 30)
        assert (await office.item(two))["note"] == "seen"
    await office.skip_time("10 seconds")
    assert (await office.item(one))["note"] == "seen"


# Interleavings ---------------------------------------------------------------------------------------


async def test_a_run_that_is_cancelled_while_it_is_being_taken_stays_cancelled(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await office.publish({"trigger": "manual"}, note("done"))
    item = await office.insert(name="a")
    async with office.database.transaction() as db:
        await start_by_hand(db, office.rights, key, [str(item)])
    slowly = travellers.TAKE_RUNS.replace("r.ready_at AS due_at", "r.ready_at AS due_at, pg_sleep(0.4)")
    assert slowly != travellers.TAKE_RUNS
    monkeypatch.setattr(travellers, "TAKE_RUNS", slowly)
    advancing = asyncio.create_task(office.engine._advance_or_find_the_bad_one())
    await asyncio.sleep(0.15)  # it has found the run, and has not locked it
    async with office.database.transaction() as db:
        assert await cancel_runs(db, office.rights, [(await office.runs())[0]["id"]])
    await advancing
    (run,) = await office.runs()
    assert (run["status"], run["error"]["code"]) == ("cancelled", "cancelled")
    assert (await office.item(item))["note"] is None


WAITING_FOR: list[tuple[dict[str, Any], str]] = [
    ({"condition": {"field": "status", "operator": "equals", "value": "done"}}, "status = 'done'"),
    ({"until_field": "due_date"}, "due_date = current_date - 1"),
]


@pytest.mark.parametrize(("config", "change"), WAITING_FOR)
async def test_what_changes_while_a_run_begins_to_wait_is_not_missed(
    office: Office, config: dict[str, Any], change: str
) -> None:
    await office.publish(CREATED, {"key": "wait", "block": "wait", **config}, note("woken"))
    item = await office.insert(name="a")
    await office.execute("UPDATE data.items SET due_date = current_date + 90")
    async with office.database.transaction() as db:
        await match_batch(db, await office.engine.current(db))
    async with office.database.transaction() as db:
        assert (await advance_batch(db, await office.engine.current(db))).runs == 1
        # It waits, which nobody can see yet. The change comes, and is matched, before that is committed.
        await office.execute(f"UPDATE data.items SET {change} WHERE id = $1", item)
        async with office.database.transaction() as other:
            assert (await match_batch(other, await office.engine.current(other))).changes == 1
    await office.skip_time("2 seconds")
    assert (await office.item(item))["note"] == "woken"


async def test_a_signal_counts_whatever_the_clock_says(office: Office) -> None:
    await office.publish(CREATED, {"key": "wait", "block": "wait", "signal": "go"}, note("woken"))
    item = await office.insert(name="a")
    await office.settle()
    async with office.database.transaction() as db:
        assert await signal(db, (await office.runs())[0]["id"], "go")
        # The transaction began before the run waited, say, or the clock was set back.
        await db.execute("UPDATE whereupon.signals SET at = at - interval '1 hour'")
    await office.settle()
    assert (await office.item(item))["note"] == "woken"


async def test_publishing_anew_loses_no_change_that_is_still_to_be_matched(office: Office) -> None:
    key = await office.publish(CREATED, note("seen"))
    item = await office.insert(name="a")
    async with office.database.transaction() as db:
        await store.publish(db, office.rights, key)
    await office.settle()
    assert (await office.item(item))["note"] == "seen"
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, key, "disabled")
    missed = await office.insert(name="b")
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, key, "active")
    # The clock goes back: what comes after the activation is heard all the same.
    await office.execute("UPDATE whereupon.workflows SET activated_at = activated_at + interval '1 hour'")
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    heard = await office.insert(name="c")
    await office.settle()
    assert [(await office.item(one))["note"] for one in (missed, heard)] == [None, "seen"]


@pytest.mark.parametrize(("concurrency", "statuses"), [("skip", {"cancelled", "queued"}),
                                                       ("restart", {"cancelled", "queued"})])  # fmt: skip
async def test_two_who_start_it_at_the_same_moment_take_turns(
    office: Office, concurrency: str, statuses: set[str]
) -> None:
    key = await office.publish({"trigger": "manual"}, note("seen"), concurrency=concurrency)
    item = str(await office.insert(name="a"))

    async def start() -> None:
        async with office.database.transaction() as db:
            await start_by_hand(db, office.rights, key, [item])
            await asyncio.sleep(0.2)

    await asyncio.gather(start(), start())
    assert {run["status"] for run in await office.runs()} == statuses


SHOPS: dict[str, Any] = {
    "key": "shops", "label": "Shop", "label_plural": "Shops",
    "fields": [{"key": "name", "type": "text"}, {"key": "note", "type": "text"}],
}  # fmt: skip
DATE = {"trigger": "date_reached", "field": "due_date", "amount": -14}
OF_PARENT = {"field": "parent.status", "operator": "equals", "value": "new"}


async def test_a_table_that_its_owner_altered_stops_no_other_workflow(office: Office) -> None:
    await office.module(SHOPS)
    asks = await office.publish(CREATED | {"filter": OF_PARENT}, note("asked"), name="Asks")
    dated = await office.publish(DATE, note("dated"), name="Dated")
    plain = await office.publish(CREATED, note("seen"), name="Plain")
    await office.publish(CREATED, note("seen"), name="Shops", module="shops")
    await office.execute("INSERT INTO data.items (name, due_date) VALUES ('a', current_date + 20)")
    await office.settle()
    await office.execute("UPDATE whereupon.due_dates SET due_at = now()")
    await office.execute("ALTER TABLE data.items DROP COLUMN status CASCADE")
    await office.execute("ALTER TABLE data.items DROP COLUMN due_date CASCADE")
    await office.insert(name="b")
    await office.execute("INSERT INTO data.shops (name) VALUES ('s')")
    await Reminder(office.database, office.engine.current).tick()
    await office.settle()
    assert await office.fetchval("SELECT note FROM data.shops") == "seen"
    found = {(run["workflow"], run["record_id"]): run for run in await office.runs()}
    for key in ((asks, "2"), (dated, "1")):  # told, to be run again when that is put right
        assert (found[key]["status"], found[key]["error"]["code"]) == ("failed", "cannot_ask"), key
        assert "column" in found[key]["error"]["message"]
    assert (plain, "2") in found


async def test_a_table_that_is_gone_stops_no_other_run(office: Office) -> None:
    await office.module(SHOPS)
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 1, "unit": "hours"}}
    await office.publish(CREATED, wait, note("late"), name="Items")
    await office.publish(CREATED, note("seen"), name="Shops", module="shops")
    await office.publish(DATE, note("dated"), name="Dated")
    await office.insert(name="a")
    await office.settle()
    await office.execute("ALTER TABLE data.items RENAME TO elsewhere")
    await office.execute("INSERT INTO data.shops (name) VALUES ('s')")
    await office.skip_time("2 hours")
    assert await office.fetchval("SELECT note FROM data.shops") == "seen"
    items, _ = await office.runs()
    assert (items["status"], items["error"]["code"]) == ("held", "unreadable")
    await office.execute("ALTER TABLE data.elsewhere RENAME TO items")
    async with office.database.transaction() as db:
        assert await release_runs(db, office.rights, [items["id"]]) == [items["id"]]
    await office.settle()
    assert await office.fetchval("SELECT note FROM data.items") == "late"


async def test_what_is_done_on_one_record_is_done_by_one_worker_at_a_time(office: Office) -> None:
    await office.publish(CREATED, note("made"), name="Made", priority=1)
    await office.publish(UPDATED | {"fields": ["name"]}, note("changed"), name="Changed")
    item = await office.insert(name="a")

    async def others_match() -> int:
        async with office.database.transaction() as db:
            return (await match_batch(db, await office.engine.current(db))).changes

    async def others_advance() -> int:
        async with office.database.transaction() as db:
            return (await advance_batch(db, await office.engine.current(db))).runs

    async with office.database.transaction() as db:
        assert (await match_batch(db, await office.engine.current(db))).changes == 1
        await office.execute("UPDATE data.items SET name = 'b' WHERE id = $1", item)
        assert await others_match() == 0  # the change before it is in hand
    assert await others_match() == 1
    async with office.database.transaction() as db:
        assert (await advance_batch(db, await office.engine.current(db), limit=1)).runs == 1
        assert await others_advance() == 0
    assert (await office.item(item))["note"] == "made"
    await office.settle()
    assert (await office.item(item))["note"] == "changed"

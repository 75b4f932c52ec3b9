"""Publishing names every structural fault at once, and freezes what is sound."""

# ruff: noqa: E501 -- a row of a table of cases reads better than ten lines

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Refused
from whereupon.people.rights import Grant, Rights, load_rights
from whereupon.workflows import store

CREATED = {"trigger": "record_created"}
STOP = {"key": "stop", "block": "stop"}
NOTE = {"key": "note", "block": "update_record", "set": {"note": "x"}}
IF = {"key": "ask", "block": "if", "condition": {"field": "status", "operator": "equals", "value": "new"}}


async def problems(
    office: Office, document: Mapping[str, Any], module: str | None = "items"
) -> list[tuple[str, str]]:
    async with office.database.transaction() as db:
        made = await store.create_workflow(
            db, office.rights, store.NewWorkflow(name="W", module=module, document=dict(document))
        )
        found = await store.problems_of_draft(db, office.rights, made["key"])
    return [(problem.code, problem.path) for problem in found]


def without_start() -> dict[str, Any]:
    return {"format": 1, "nodes": [{"key": "stop", "block": "stop"}], "edges": []}


def twice(node: Mapping[str, Any]) -> dict[str, Any]:
    document = draw(CREATED, node)
    return document | {"nodes": [*document["nodes"], document["nodes"][-1]]}


FAULTS = {
    "no START": (without_start(), ("no_start", "/nodes")),
    "a second START": (
        draw(CREATED, STOP, {"key": "again", "block": "start", **CREATED}, edges=[["start", "next", "stop"]]),
        ("second_start", "/nodes/2"),
    ),
    "START leads nowhere": (draw(CREATED, edges=[]), ("missing_exit", "/nodes/0")),
    "an unknown trigger": (draw({"trigger": "record_creatd"}, STOP), ("unknown_trigger", "/nodes/0/config/trigger")),
    "no trigger": (draw({}, STOP), ("missing", "/nodes/0/config/trigger")),
    "an unknown block": (draw(CREATED, {"key": "x", "block": "send_emial"}), ("unknown_block", "/nodes/1/block")),
    "an unknown key in a block": (draw(CREATED, NOTE | {"sett": {}}), ("unknown_key", "/nodes/1/config/sett")),
    "a missing key in a block": (draw(CREATED, {"key": "note", "block": "update_record"}), ("missing", "/nodes/1/config/set")),
    "an unknown key in START": (draw(CREATED | {"field": "x"}, STOP), ("unknown_key", "/nodes/0/config/field")),
    "an unreachable block": (draw(CREATED, STOP, NOTE, edges=[["start", "next", "stop"]]), ("unreachable", "/nodes/2")),
    "an If without exits": (draw(CREATED, IF), ("missing_exit", "/nodes/1")),
    "an error exit that leads nowhere": (draw(CREATED, NOTE | {"on_error": {"policy": "exit"}}), ("missing_exit", "/nodes/1")),
    "an error exit that is not offered": (
        draw(CREATED, NOTE, STOP, edges=[["start", "next", "note"], ["note", "error", "stop"]]),
        ("unknown_exit", "/edges/1/port"),
    ),
    "an exit that the block does not have": (
        draw(CREATED, IF, STOP, edges=[["start", "next", "ask"], ["ask", "yes", "stop"]]),
        ("unknown_exit", "/edges/1/port"),
    ),
    "an edge to nowhere": (draw(CREATED, STOP, edges=[["start", "next", "stopp"]]), ("unknown_node", "/edges/0/to")),
    "two edges from one exit": (
        draw(CREATED, STOP, NOTE, edges=[["start", "next", "stop"], ["start", "next", "note"]]),
        ("second_connection", "/edges/0/port"),
    ),
    "an edge into START": (
        draw(CREATED, NOTE, edges=[["start", "next", "note"], ["note", "next", "start"]]), ("into_start", "/edges/1/to"),
    ),
    "two nodes of one name": (twice(STOP), ("duplicate_key", "/nodes/1/key")),
    "a circle without a wait": (
        draw(CREATED, NOTE, IF, edges=[["start", "next", "note"], ["note", "next", "ask"], ["ask", "true", "note"]]),
        ("cycle", "/nodes/1"),
    ),
    "an unknown field in the filter": (
        draw(CREATED | {"filter": {"field": "stauts", "operator": "equals", "value": "new"}}, STOP),
        ("unknown_field", "/nodes/0/config/filter/field"),
    ),
    "an unknown field that is set": (
        draw(CREATED, {"key": "n", "block": "update_record", "set": {"nte": "x"}}), ("unknown_field", "/nodes/1/config/set/nte"),
    ),
    "a field that nobody may set": (
        draw(CREATED, {"key": "n", "block": "update_record", "set": {"created_at": "2026-01-01"}}),
        ("read_only", "/nodes/1/config/set/created_at"),
    ),
    "has-changed on a schedule": (
        draw({"trigger": "schedule", "cron": "0 8 * * *", "filter": {"field": "status", "operator": "has_changed"}}, STOP),
        ("no_change", "/nodes/0/config/filter/operator"),
    ),
    "a schedule that is none": (draw({"trigger": "schedule", "cron": "99 * * * *"}, STOP), ("invalid", "/nodes/0/config/cron")),
    "a schedule by the second": (
        draw({"trigger": "schedule", "cron": "* * * * * *"}, STOP),
        ("invalid", "/nodes/0/config/cron"),
    ),
    "an unknown name in a mail": (
        draw(CREATED, {"key": "m", "block": "send_email", "to": [{"field": "email"}], "subject": "{{ record.nmae }}", "text": "x"}),
        ("unknown_name", "/nodes/1/config/subject"),
    ),
    "a mail to a number": (
        draw(CREATED, {"key": "m", "block": "send_email", "to": [{"field": "amount"}], "subject": "x", "text": "x"}),
        ("wrong_type", "/nodes/1/config/to/0"),
    ),
    "an output of a block that comes later": (
        draw(CREATED, {"key": "n", "block": "update_record", "set": {"note": {"field": "nodes.stop.x"}}}, STOP),
        ("unknown_output", "/nodes/1/config/set/note/field"),
    ),
    "when_met on a schedule": (draw({"trigger": "schedule", "cron": "0 8 * * *"}, STOP, recurrence="when_met"), ("recurrence", "/settings/recurrence")),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_is_named_with_its_place(office: Office, fault: str) -> None:
    document, (code, path) = FAULTS[fault]
    found = await problems(office, document)
    assert path in [p for _, p in found], found
    assert code in [c for c, p in found if p == path], found


async def test_all_faults_come_at_once_and_nothing_is_published(office: Office) -> None:
    document = draw(
        CREATED | {"filter": {"field": "x", "operator": "equals", "value": 1}},
        {"key": "y", "block": "nope"},
        IF,
        edges=[],
    )
    document["nodes"][2]["label"] = "Ακριβό;"

    async def create_and_publish() -> None:
        async with office.database.transaction() as db:
            new = store.NewWorkflow(name="W", module="items", document=document)
            made = await store.create_workflow(db, office.rights, new)
            await store.publish(db, office.rights, made["key"])

    with pytest.raises(Invalid) as refused:
        await create_and_publish()
    assert {"unknown_block", "unreachable", "missing_exit", "unknown_field"} <= {
        p.code for p in refused.value.problems
    }
    # What people gave a name is called by it.
    told = {p.message for p in refused.value.problems}
    assert {'No exit of "Ακριβό;" leads anywhere.', '"Ακριβό;" can never be reached.'} <= told
    assert await office.fetchval("SELECT count(*) FROM whereupon.versions") == 0


async def test_an_ordinary_workflow_has_no_faults(office: Office) -> None:
    assert (
        await problems(
            office, draw(CREATED, IF, NOTE, edges=[["start", "next", "ask"], ["ask", "true", "note"]])
        )
        == []
    )


async def test_a_circle_through_a_wait_is_allowed(office: Office) -> None:
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 1}}
    edges = [["start", "next", "wait"], ["wait", "next", "ask"], ["ask", "true", "wait"]]
    assert await problems(office, draw(CREATED, wait, IF, edges=edges)) == []


async def test_a_version_never_changes_and_an_old_one_can_be_restored(office: Office) -> None:
    key = await office.publish(CREATED, NOTE)
    async with office.database.transaction() as db:
        change = store.WorkflowChange(document=draw(CREATED, STOP))
        await store.change_workflow(db, office.rights, key, change)
        assert (await store.publish(db, office.rights, key, note="second"))["active_version"] == 2
        versions = await store.list_versions(db, key)
        assert [(v["number"], v["active"]) for v in versions] == [(2, True), (1, False)]
        await store.restore_version(db, office.rights, key, 1)
        assert (await store.get_workflow(db, key))["draft"] == versions[1]["document"]


async def test_two_editors_of_one_draft_get_a_clear_conflict(office: Office) -> None:
    key = await office.publish(CREATED, NOTE)
    async with office.database.transaction() as db:
        etag = (await store.get_workflow(db, key))["etag"]
        await store.change_workflow(db, office.rights, key, store.WorkflowChange(name="One"), if_match=etag)
        with pytest.raises(PreconditionFailed):
            await store.change_workflow(
                db, office.rights, key, store.WorkflowChange(name="Two"), if_match=etag
            )


async def test_who_may_not_write_may_not_publish_a_workflow_that_does(office: Office) -> None:
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('reader', 'Reader', true)")
    await office.execute(
        "INSERT INTO whereupon.role_modules (role_id, module_id, can_read) "
        "SELECT r.id, m.id, 'all' FROM whereupon.roles r, whereupon.modules m WHERE r.key = 'reader' AND m.key = 'items'"
    )
    reader = await office.user("reader@example.org", role="reader")
    async with office.database.connection() as db:
        rights = await load_rights(db, reader)
    with pytest.raises(Invalid) as refused:
        await office.publish(CREATED, NOTE, rights=rights)
    assert [p.code for p in refused.value.problems] == ["refused"]
    with pytest.raises(Refused):
        await office.publish(CREATED, NOTE, rights=Rights(None, administrator=True, builder=True))


MAIL = {"key": "m", "block": "send_email", "to": [{"address": "me@example.org"}]}
AMOUNT = {"formula": 'TEXT(amount, "0")'}
HIDDEN_READS: dict[str, tuple[Mapping[str, Any], ...]] = {
    "in the filter": (CREATED | {"filter": {"field": "amount", "operator": "is_not_empty"}}, STOP),
    "in a mail": (CREATED, MAIL | {"subject": "x", "text": "{{ record.amount }}"}),
    "in a subject, through a link": (CREATED, MAIL | {"subject": "{{ record.parent.amount }}", "text": "x"}),
    "in a notification": (
        CREATED, {"key": "t", "block": "notify", "to": [{"owner": True}], "title": "{{ record.amount }}"},
    ),
    "in a value": (CREATED, NOTE | {"set": {"note": AMOUNT}}),
    "in the value of a new record": (
        CREATED, {"key": "n", "block": "create_record", "module": "items", "set": {"name": AMOUNT}},
    ),
    "in the choice of records": (
        CREATED,
        {
            "key": "n", "block": "update_record", "which": "found", "module": "items", "set": {"note": "x"},
            "where": {"field": "amount", "operator": "equals", "value": 7},
        },
    ),
    "in a wait": (
        CREATED, {"key": "w", "block": "wait", "condition": {"field": "amount", "operator": "is_empty"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", HIDDEN_READS)
async def test_who_may_not_read_a_field_may_not_publish_what_tells_it(office: Office, place: str) -> None:
    rights = await builder_without(office, "amount")
    with pytest.raises(Invalid) as refused:
        await office.publish(*HIDDEN_READS[place], rights=rights)
    assert {p.code for p in refused.value.problems} == {"refused"}, refused.value.problems
    assert any('may not read "amount" of "items"' in p.message for p in refused.value.problems)
    await office.publish(CREATED, NOTE, rights=rights)


async def test_who_may_not_set_a_field_may_not_publish_a_workflow_that_creates_it(office: Office) -> None:
    rights = await builder_without(office, "amount")
    made = {"key": "n", "block": "create_record", "module": "items", "set": {"name": "x", "amount": 1}}
    with pytest.raises(Invalid, match='may not write "amount"'):
        await office.publish(CREATED, made, rights=rights)
    made = {"key": "n", "block": "create_record", "module": "items", "set": {"name": "x", "note": "y"}}
    await office.publish({"trigger": "record_deleted"}, made, rights=rights)


async def test_a_module_that_is_closed_is_said_once(office: Office) -> None:
    rights = replace(await builder_without(office, "amount"), grants={"items": Grant(read="all")})
    made = {"key": "n", "block": "create_record", "module": "items", "set": {"name": "x", "note": "y"}}
    with pytest.raises(Invalid) as refused:
        await office.publish(CREATED, made, rights=rights)
    assert [p.path for p in refused.value.problems] == ["/nodes/1"]


async def builder_without(office: Office, hidden: str) -> Rights:
    """The rights of a builder to whom one field of the items is closed."""
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('b', 'B', true)")
    await office.execute(
        "INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_create, can_update, fields) "
        "SELECT r.id, m.id, 'all', 'all', 'all', jsonb_build_object($1::text, 'none') "
        "FROM whereupon.roles r, whereupon.modules m WHERE r.key = 'b' AND m.key = 'items'", hidden,
    )  # fmt: skip
    user = await office.user("b@example.org", role="b")
    async with office.database.connection() as db:
        return await load_rights(db, user)


async def test_a_published_workflow_does_not_move_to_another_module(office: Office) -> None:
    fields = [{"key": "note", "type": "text"}]
    await office.module({"key": "others", "label": "Other", "label_plural": "Others", "fields": fields})
    key = await office.publish(CREATED, NOTE)
    async with office.database.transaction() as db:
        with pytest.raises(Conflict, match="Item"):
            await store.change_workflow(db, office.rights, key, store.WorkflowChange(module="others"))
        await store.change_workflow(db, office.rights, key, store.WorkflowChange(module="items", name="Same"))
        draft = await store.create_workflow(db, office.rights, store.NewWorkflow(name="W", module="items"))
        away = store.WorkflowChange(module="others")
        moved = await store.change_workflow(db, office.rights, draft["key"], away)
        assert moved["module"] == "others"


async def test_states_lead_where_they_may(office: Office) -> None:
    key = await office.publish(CREATED, NOTE)
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, key, "archived")
        for attempt in (
            store.publish(db, office.rights, key),
            store.change_workflow(db, office.rights, key, store.WorkflowChange(name="x")),
        ):
            with pytest.raises(Conflict):
                await attempt
        with pytest.raises(Conflict):
            await store.set_state(db, office.rights, key, "draft")
        assert (await store.set_state(db, office.rights, key, "active"))["state"] == "active"
        copy = await store.duplicate(db, office.rights, key)
        with pytest.raises(Conflict, match="no published version"):
            await store.set_state(db, office.rights, copy["key"], "active")
        await store.delete_workflow(db, office.rights, key)
        with pytest.raises(NotFound):
            await store.get_workflow(db, key)

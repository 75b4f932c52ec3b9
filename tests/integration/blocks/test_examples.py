"""Every example in the reference of blocks and triggers is published and run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from tests.office import Office, make_bulk_runs

from whereupon.modules.catalog import load_catalog
from whereupon.outbox.secrets import Key
from whereupon.people.roles import ModuleRights, NewRole, RoleChange, change_role, create_role
from whereupon.runs.arrivals import find_hook, read_arrival
from whereupon.runs.hooks import make_address
from whereupon.runs.intake import take_in
from whereupon.sdk import registry
from whereupon.workers.clock import Clock
from whereupon.workers.reminder import Reminder

CREATED = {"trigger": "record_created"}
NOTE = {"key": "note", "block": "update_record", "set": {"note": "seen"}}
BLOCKS = [(key, example) for key, block in registry.blocks().items() for example in block.examples]
# What comes of calls that would leave this machine; each block's own tests let them leave.
AI = {"values": {}, "provider": "Local", "model": "m", "input_tokens": 9, "output_tokens": 1, "cost": None,
      "currency": "EUR"}  # fmt: skip
PDF = {"sha256": "00" * 32, "size": 3, "pages": 1, "name": "Offer.pdf", "folder": "Offers", "title": "Offer"}
ANSWERS = {
    "ai_prompt": AI, "http_request": {"status": 200, "body": "{}", "headers": {}, "rate": 1.5},
    "script": {"values": {"words": 1, "label": "Ωmega: 12.50"}, "console": ""},
    "generate_pdf": PDF, "upload_file": {"path": "x/scan.pdf", "files": 1},
}  # fmt: skip
ADD_DOCUMENT = """
INSERT INTO whereupon.documents (sha256, name, media_type, size, folder, module_id, record_id)
SELECT sha256($2::bytea), 'scan.pdf', 'application/pdf', 3, $3, m.id, $1
FROM whereupon.modules m WHERE m.key = 'items'
"""
ANSWER = """
WITH made AS (UPDATE whereupon.calls SET status = 'succeeded', result = $2 WHERE block = $1 RETURNING run_id)
UPDATE whereupon.runs SET ready_at = clock_timestamp() WHERE id IN (SELECT run_id FROM made)
"""
TRIGGERS = [(key, example) for key, trigger in registry.triggers().items() for example in trigger.examples]


async def record(office: Office, **values: Any) -> int:
    parent = await office.insert(name="Parent")
    await office.settle()
    item = await office.insert(
        name="Ωmega", status="new", email="omega@example.org", owner=int(office.keys[0]), parent=parent,
        stage="new", phone="+30 694 123 4567", **values,
    )  # fmt: skip
    await office.execute(ADD_DOCUMENT, str(item), b"abc", "")
    return item


@pytest.mark.parametrize(("key", "example"), BLOCKS, ids=[f"{key}-{i}" for i, (key, _) in enumerate(BLOCKS)])
async def test_the_example_of_a_block_is_accepted_and_does_its_work(
    peopled: Office, key: str, example: Mapping[str, Any]
) -> None:
    node = {"key": "it", "block": key, **example}
    others = [NOTE] if has_exits(key, example) else []
    port = first_port(key, example)
    edges = [["start", "next", "it"], *([["it", port, "note"]] if others else [])]
    named = {"field": "name", "operator": "equals", "value": "Ωmega"}
    await peopled.publish({**CREATED, "filter": named}, node, *others, edges=edges)
    item = await record(peopled)
    await peopled.settle()
    if key in ANSWERS:
        await peopled.execute(ANSWER, key, ANSWERS[key])
        await peopled.settle()
    run = (await peopled.runs(record_id=str(item)))[0]
    if registry.block(key).waits:
        assert run["status"] == "waiting" or await has_note(peopled, item)
        return
    expected = "failed" if example.get("result") == "failed" else "succeeded"
    assert (run["status"], (run["error"] or {}).get("code")) == (
        expected,
        "stopped" if expected == "failed" else None,
    )
    assert (await peopled.steps(run["id"]))[0]["node"] == "it"


WIDE = ModuleRights(read="all", create="all", update="all", delete="all")
NARROW = {"nothing": {}, "only their own": {"items": ModuleRights(read="own", update="own", delete="own")}}
# Everything that a block may leave behind; the runs say for themselves what they did not do.
LEFT_BEHIND = """
SELECT 'records', to_jsonb(i)::text FROM data.items i
UNION ALL SELECT 'documents', to_jsonb(d)::text FROM whereupon.documents d
UNION ALL SELECT 'messages', to_jsonb(m)::text FROM whereupon.messages m
UNION ALL SELECT 'calls', to_jsonb(c)::text FROM whereupon.calls c
UNION ALL SELECT 'tasks', to_jsonb(t)::text FROM whereupon.tasks t
UNION ALL SELECT 'events', to_jsonb(e)::text FROM whereupon.events e
UNION ALL SELECT 'notifications', to_jsonb(n)::text FROM whereupon.notifications n
UNION ALL SELECT 'questions', to_jsonb(q)::text FROM whereupon.questions q
UNION ALL SELECT 'activities', to_jsonb(a)::text FROM whereupon.activities a
UNION ALL SELECT 'steps', to_jsonb(s)::text FROM whereupon.step_runs s
UNION ALL SELECT 'started', to_jsonb(r)::text FROM whereupon.runs r WHERE r.parent_run_id IS NOT NULL
UNION ALL SELECT 'strategies', to_jsonb(c)::text FROM whereupon.strategy_changes c
"""


async def test_no_block_touches_or_tells_what_the_role_that_it_acts_as_may_not(peopled: Office) -> None:
    """Every example, on a record that is somebody else's."""
    async with peopled.database.transaction() as db:
        new = NewRole(key="narrow", name="Narrow", modules={"items": WIDE, "users": WIDE})
        await create_role(db, new, actor=peopled.admin)
    for key, example in BLOCKS:
        node = {"key": "it", "block": key, **example}
        port = first_port(key, example)
        edges = [["start", "next", "it"], *([["it", port, "stop"]] if has_exits(key, example) else [])]
        others = [{"key": "stop", "block": "stop"}] if has_exits(key, example) else []
        await peopled.publish(CREATED, node, *others, edges=edges, name=key, acts_as="narrow")
    for about, modules in NARROW.items():
        async with peopled.database.transaction() as db:
            await change_role(db, "narrow", RoleChange(modules=modules), actor=peopled.admin)
        before = {tuple(row) for row in await peopled.fetch(LEFT_BEHIND)}
        await record(peopled)
        await peopled.settle()
        found = {tuple(row) for row in await peopled.fetch(LEFT_BEHIND)} - before
        assert [text for kind, text in found if kind not in ("records", "documents") and "mega" in text] == []
        kinds = Counter(kind for kind, _ in found)
        kinds -= Counter(steps=kinds["steps"], events=kinds["events"])  # of an event that tells nothing
        assert kinds == {"records": 2, "documents": 1}, about


def has_exits(key: str, example: Mapping[str, Any]) -> bool:
    block = registry.block(key)
    return bool(block.ports(block.Config.model_validate(example)))


def first_port(key: str, example: Mapping[str, Any]) -> str:
    block = registry.block(key)
    return next(iter(block.ports(block.Config.model_validate(example))), "next")


async def has_note(office: Office, item: int) -> bool:
    return (await office.item(item))["note"] == "seen"


@pytest.mark.parametrize(
    ("key", "example"), TRIGGERS, ids=[f"{key}-{i}" for i, (key, _) in enumerate(TRIGGERS)]
)
async def test_the_example_of_a_trigger_starts_its_workflow(
    peopled: Office, key: str, example: Mapping[str, Any]
) -> None:
    item = await record(peopled)
    await peopled.settle()
    workflow = await peopled.publish({"trigger": key, **example}, {"key": "stop", "block": "stop"})
    await EVENTS[key](peopled, item, workflow)
    await peopled.settle()
    assert "succeeded" in {run["status"] for run in await peopled.runs(workflow=workflow)}


async def create(office: Office, item: int, workflow: str) -> None:
    await office.insert(name="Another")


async def update(office: Office, item: int, workflow: str) -> None:
    await office.execute("UPDATE data.items SET status = 'open' WHERE id = $1", item)


async def delete(office: Office, item: int, workflow: str) -> None:
    await office.execute("DELETE FROM data.items WHERE id = $1", item)


async def enter_stage(office: Office, item: int, workflow: str) -> None:
    await office.execute("UPDATE data.items SET stage = 'ready' WHERE id = $1", item)


async def press(office: Office, item: int, workflow: str) -> None:
    await office.by_hand(workflow, [str(item)])


async def call(office: Office, item: int, workflow: str) -> None:
    other = await office.publish(
        {"trigger": "manual"}, {"key": "it", "block": "run_workflow", "workflow": workflow}, name="Calls"
    )
    await office.by_hand(other, [str(item)])


async def strike(office: Office, item: int, workflow: str) -> None:
    """Its time has come: this very second, so that what is done about missed times does not matter."""
    await office.execute("UPDATE whereupon.schedules SET next_at = date_trunc('second', clock_timestamp())")
    while await Clock(office.database, office.engine.current).tick() == 0.0:
        pass
    await make_bulk_runs(office)


async def reach_the_date(office: Office, item: int, workflow: str) -> None:
    await office.execute("UPDATE data.items SET due_date = current_date + 30 WHERE id = $1", item)
    await office.settle()
    await office.execute("UPDATE whereupon.due_dates SET due_at = due_at - interval '90 days'")
    while await Reminder(office.database, office.engine.current).tick() == 0.0:
        pass


async def send_data(office: Office, item: int, workflow: str) -> None:
    """Another program sends what the example says that it expects."""
    body = {"name": "Zoë", "contact": {"email": "zoe@example.org"}, "amount": 12.5}
    async with office.database.transaction() as db:
        token, _ = await make_address(db, office.rights, workflow)
        arrival = read_arrival(await find_hook(db, token), b"{}", body, {})
        await take_in(db, await load_catalog(db), Key(bytes(32)), arrival)


async def upload(office: Office, item: int, workflow: str) -> None:
    await office.execute(ADD_DOCUMENT, str(item), b"new", "Contracts")


EVENTS = {
    "date_reached": reach_the_date, "record_created": create, "record_updated": update,
    "record_deleted": delete, "called": call,
    "stage_entered": enter_stage, "manual": press, "schedule": strike,
    "webhook": send_data, "document_uploaded": upload,
    "playbook": call, "strategy_step": reach_the_date,
}  # fmt: skip


def test_every_trigger_is_tried() -> None:
    assert sorted(EVENTS) == sorted(registry.triggers())

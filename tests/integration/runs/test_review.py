"""What publishing a draft would mean: differences, records, loops, caps, runs under way."""

# ruff: noqa: E501 -- a row of a table of cases reads better than ten lines

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.errors import Conflict, Refused
from whereupon.people.rights import Rights
from whereupon.runs.review import Review, compare_versions, review
from whereupon.workflows import store
from whereupon.workflows.quotas import Quotas, save_quotas, shown

NEW = {"field": "status", "operator": "equals", "value": "new"}
OPEN = {"field": "status", "operator": "equals", "value": "open"}
CREATED = {"trigger": "record_created", "filter": NEW}
CLOSE = {"key": "close", "block": "update_record", "set": {"status": "done"}}
STOP = {"key": "stop", "block": "stop"}


async def reviewed(office: Office, key: str, draft: Mapping[str, Any] | None = None) -> Review:
    async with office.database.transaction() as db:
        if draft is not None:
            change = store.WorkflowChange(document=dict(draft))
            await store.change_workflow(db, office.rights, key, change)
        return await review(db, office.rights, key)


async def drafted(office: Office, *given: Any, name: str = "Draft", **more: Any) -> str:
    async with office.database.transaction() as db:
        new = store.NewWorkflow(name=name, module="items", document=draw(*given, **more))
        return str((await store.create_workflow(db, office.rights, new))["key"])


async def test_a_review_says_what_is_different_in_words(office: Office) -> None:
    key = await office.publish(CREATED, CLOSE, STOP)
    pause = {"key": "pause", "block": "wait", "duration": {"amount": 2}}
    draft = draw({"trigger": "record_created", "filter": OPEN}, pause, CLOSE | {"set": {"status": "open"}},
                 recurrence="first_time")  # fmt: skip
    found = await reviewed(office, key, draft)
    assert found.trigger == "a record of Items is created, if Status is equal to open"
    assert [told for _, _, told in found.steps] == ["Wait 2 days", "Set Status to open"]
    changes = {one.key: (one.change, one.parts) for one in found.differences.nodes}
    assert changes == {
        "start": ("changed", ["filter"]), "pause": ("added", []), "close": ("changed", ["set"]),
        "stop": ("removed", []),
    }  # fmt: skip
    close = next(one for one in found.differences.nodes if one.key == "close")
    assert close.before is not None
    assert close.before.sentence == "Set Status to done"
    assert {(e.change, e.source, e.target) for e in found.differences.edges} == {
        ("removed", "start", "close"), ("removed", "close", "stop"), ("added", "start", "pause"),
        ("added", "pause", "close"),
    }  # fmt: skip
    assert [(s.key, s.after) for s in found.differences.settings] == [("recurrence", "first_time")]


async def test_a_review_tells_which_records_are_gained_and_lost(office: Office) -> None:
    key = await office.publish(CREATED, CLOSE)
    for name, status in (("a", "new"), ("b", "open"), ("ö", "open"), ("d", None)):
        await office.insert(name=name, status=status)
    found = (await reviewed(office, key, draw({"trigger": "record_created", "filter": OPEN}, CLOSE))).records
    counts = {kind: getattr(found, kind).count for kind in ("active", "draft", "gained", "lost")}
    assert counts == {"active": 1, "draft": 2, "gained": 2, "lost": 1}
    assert [one.title for one in found.gained.examples] == ["b", "ö"]
    changed = {"field": "status", "operator": "has_changed"}
    asked = await reviewed(office, key, draw({"trigger": "record_created", "filter": changed}, CLOSE))
    assert "what has changed" in (asked.records.reason or "")


def updated(*fields: str, **more: Any) -> dict[str, Any]:
    return {"trigger": "record_updated", "fields": list(fields), **more}


def sets(**values: Any) -> dict[str, Any]:
    return {"key": "set", "block": "update_record", "set": values}


AGAIN = {"formula": 'note & "x"'}
MAKE = {"key": "make", "block": "create_record", "module": "items", "set": {"name": "Nästa"}}
DELETE = {"key": "gone", "block": "delete_record", "which": "linked", "link": "parent"}
UPLOADED = {"trigger": "document_uploaded", "on": "uploaded"}
DRAW = {
    "key": "draw",
    "block": "generate_pdf",
    "title": "Letter",
    "html": "<p>{{ today }}</p>",
    "name": "Letter",
}
RENAME = {"key": "name", "block": "rename_document", "pattern": "{{ document.name }} x"}
Flow = tuple[Mapping[str, Any], Mapping[str, Any]]
LOOPS: list[tuple[str, Flow, Sequence[Flow], str]] = [
    ("writes what it does not watch", (updated("status"), sets(note="x")), [], "cannot_loop"),
    ("writes what it watches, ever the same", (updated("status"), sets(status="done")), [], "cannot_loop"),
    ("writes what it watches, ever new", (updated("note"), sets(note=AGAIN)), [], "can_loop"),
    ("watches everything", (updated(), sets(note=AGAIN)), [], "can_loop"),
    ("makes what it waits for", ({"trigger": "record_created"}, MAKE), [], "can_loop"),
    ("two in a circle", (updated("status"), sets(note=AGAIN)), [(updated("note"), sets(status="open"))], "can_loop"),
    ("two that meet no more", (updated("status", filter=NEW), sets(note=AGAIN)),
     [(updated("note"), sets(status="open"))], "cannot_loop"),
    ("a stage that is never entered", ({"trigger": "stage_entered", "field": "status", "to": "new"}, sets(note="x")),
     [(updated("note"), sets(status="open"))], "cannot_loop"),
    ("by a date", ({"trigger": "date_reached", "field": "due_date"}, sets(due_date={"today": {"plus": 1}})), [],
     "can_loop"),
    ("by hand", ({"trigger": "manual"}, sets(note=AGAIN)), [], "cannot_loop"),
    ("deletes until nothing is left", ({"trigger": "record_deleted"}, DELETE), [], "cannot_loop"),
    ("draws what it waits for", (UPLOADED, DRAW), [], "can_loop"),
    ("only renames what was uploaded", (UPLOADED, RENAME), [], "cannot_loop"),
    ("renames what was renamed", ({**UPLOADED, "on": "changed"}, RENAME), [], "can_loop"),
    ("draws when a field changes", (updated("status"), DRAW), [], "cannot_loop"),
    ("draws for another, who changes that field", (updated("note"), DRAW), [(UPLOADED, sets(note=AGAIN))], "can_loop"),
    ("makes anew what another deletes", ({"trigger": "record_deleted"}, MAKE),
     [(CREATED, {"key": "gone", "block": "delete_record", "which": "record"})], "can_loop"),
]  # fmt: skip


@pytest.mark.parametrize(("draft", "others", "verdict"), [c[1:] for c in LOOPS], ids=[c[0] for c in LOOPS])
async def test_a_loop_is_found_before_it_is_published(
    office: Office, draft: Flow, others: Sequence[Flow], verdict: str
) -> None:
    for trigger, node in others:
        await office.publish(trigger, node, name="Another")
    key = await drafted(office, *draft)
    found = (await reviewed(office, key)).termination
    assert found.verdict == verdict, found
    if verdict == "can_loop":
        assert found.path[0].name == "Draft"
        assert len(found.path) == 1 + len(others)


async def test_once_per_record_is_no_loop(office: Office) -> None:
    key = await drafted(office, updated("note"), sets(note=AGAIN), recurrence="first_time")
    assert (await reviewed(office, key)).termination.verdict == "cannot_loop"


async def test_a_review_names_caps_runs_under_way_and_problems(office: Office) -> None:
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 1}}
    mail = {"key": "mail", "block": "send_email", "to": [{"owner": True}], "subject": "Hej", "text": "x"}
    key = await office.publish(CREATED, wait, mail)
    await office.insert(name="a", status="new")
    await office.settle()
    found = await reviewed(office, key, draw(CREATED, wait, {"key": "x", "block": "if"}))
    assert found.in_flight == [{"version": 1, "status": "waiting", "runs": 1}]
    assert found.caps == []
    assert "x" in {node for _, node in found.checked.problems}
    assert len((await reviewed(office, key, draw(CREATED, mail))).caps) == 4


async def test_two_versions_are_compared(office: Office) -> None:
    key = await office.publish(CREATED, CLOSE)
    await reviewed(office, key, draw(CREATED, STOP))
    async with office.database.transaction() as db:
        await store.publish(db, office.rights, key)
        there = await compare_versions(db, office.rights, key, "1", "2")
        back = await compare_versions(db, office.rights, key, "draft", "1")
        same = await compare_versions(db, office.rights, key, "2", "draft")
    assert {one.key: one.change for one in there.nodes} == {"stop": "added", "close": "removed"}
    assert {one.key: one.change for one in back.nodes} == {"stop": "removed", "close": "added"}
    assert not same.any


# Quotas ----------------------------------------------------------------------------------------------

DAILY = {"trigger": "schedule", "cron": "0 8 * * *"}


async def limit(office: Office, **limits: int) -> None:
    async with office.database.transaction() as db:
        await save_quotas(db, office.rights, Quotas(**limits))


async def publish(office: Office, key: str) -> None:
    async with office.database.transaction() as db:
        await store.publish(db, office.rights, key)


async def test_no_more_workflows_become_active_than_there_may_be(office: Office) -> None:
    one, two = await office.publish(CREATED, CLOSE), await drafted(office, CREATED, CLOSE)
    await limit(office, active_and_disabled=1)
    await publish(office, one)  # it counts already
    with pytest.raises(Conflict, match="no room"):
        await publish(office, two)
    with pytest.raises(Conflict, match="no room"):
        await drafted(office, CREATED, CLOSE)
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, one, "disabled")
        assert (await shown(db))["active_and_disabled"] == {"used": 1, "limit": 1, "full": True}
        await store.set_state(db, office.rights, one, "archived")
    await publish(office, two)
    with pytest.raises(Conflict, match="no room"):
        async with office.database.transaction() as db:
            await store.set_state(db, office.rights, one, "disabled")


async def test_no_more_workflows_go_by_the_clock_than_there_may(office: Office) -> None:
    one, two = await office.publish(DAILY, CLOSE), await drafted(office, DAILY, CLOSE)
    three = await drafted(office, CREATED, CLOSE)
    await limit(office, scheduled=1)
    with pytest.raises(Conflict, match="clock"):
        await publish(office, two)
    await publish(office, three)
    await publish(office, one)
    async with office.database.transaction() as db:
        assert (await shown(db))["scheduled"] == {"used": 1, "limit": 1, "full": True}


async def test_only_administrators_set_quotas(office: Office) -> None:
    async with office.database.transaction() as db:
        with pytest.raises(Refused):
            await save_quotas(db, Rights(office.admin, builder=True), Quotas())

"""Why a workflow ran on a record, or did not: each thing that had to hold, with what it saw (H4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.office import Office

from whereupon.errors import NotFound, Refused
from whereupon.people.rights import Rights
from whereupon.runs.why import Why, why, why_each
from whereupon.workflows import recurrence, store

CREATED = {"trigger": "record_created"}
ON_STATUS = {"trigger": "record_updated", "fields": ["status"]}
STOP = {"key": "stop", "block": "stop"}
NOT_NEW = {"all": [{"field": "name", "operator": "is_not_empty"},
                   {"field": "status", "operator": "not_equals", "value": "new"}]}  # fmt: skip


async def ask(office: Office, key: str, record: int | str, **more: Any) -> Why:
    async with office.database.transaction() as db:
        return await why(db, more.pop("rights", office.rights), key, str(record), **more)


async def create(office: Office) -> int:
    made = await office.insert(name="Ωmega", status="new")
    await office.settle()
    return made


async def disabled(office: Office, key: str) -> None:
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, key, "disabled")


async def publisher_gone(office: Office, key: str) -> None:
    await office.execute("UPDATE whereupon.users SET active = false WHERE id = $1", office.admin)


async def renote(office: Office, record: int) -> None:
    await office.execute("UPDATE data.items SET note = 'x' WHERE id = $1", record)


Work = Callable[[Office, str], Awaitable[None]]
CASES: list[tuple[str, dict[str, Any], dict[str, Any], Work | None, str, str]] = [
    ("disabled", CREATED, {}, disabled, "active", "It is disabled"),
    ("another kind of change", ON_STATUS, {}, None, "trigger", "this record was created"),
    ("conditions", CREATED | {"filter": NOT_NEW}, {}, None, "filter", "equal to new: not held, it is new"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("trigger", "settings", "work", "failed", "told"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
async def test_what_did_not_hold_is_named(office, trigger, settings, work, failed, told) -> None:
    key = await office.publish(trigger, STOP, **settings)
    if work:
        await work(office, key)
    found = await ask(office, key, await create(office))
    assert not found.ran
    assert told in found.verdict
    assert next(check.key for check in found.checks if check.held is False) == failed


async def test_a_run_that_happened_is_named(office: Office) -> None:
    key = await office.publish(CREATED, STOP)
    found = await ask(office, key, await create(office))
    assert (found.ran, found.runs[0]["status"]) == (True, "succeeded")
    assert all(check.held for check in found.checks)


async def test_a_change_from_before_it_was_active_did_not_start_it(office: Office) -> None:
    record = await create(office)
    found = await ask(office, await office.publish(CREATED, STOP), record)
    assert "became active" in found.verdict


async def test_the_fields_that_changed_are_told(office: Office) -> None:
    key = await office.publish(ON_STATUS, STOP)
    record = await create(office)
    await renote(office, record)
    found = await ask(office, key, record)
    assert "updated, in Note" in found.verdict
    assert found.change is not None
    assert found.change["fields"] == ["Note"]


async def test_an_earlier_change_can_be_asked_about(office: Office) -> None:
    key = await office.publish(ON_STATUS, STOP)
    record = await create(office)
    await office.execute("UPDATE data.items SET status = 'open' WHERE id = $1", record)
    await office.settle()
    opened = (await ask(office, key, record)).change
    assert opened is not None
    await renote(office, record)
    assert not (await ask(office, key, record)).ran
    assert (await ask(office, key, record, change_id=opened["id"])).ran
    assert (await ask(office, key, record, at=opened["at"])).ran
    with pytest.raises(NotFound):
        await ask(office, key, record, change_id=99_999)


async def test_the_first_time_was_before(office: Office) -> None:
    key = await office.publish(ON_STATUS, STOP, recurrence="first_time")
    record = await create(office)
    for status in ("open", "done"):
        await office.execute("UPDATE data.items SET status = $2 WHERE id = $1", record, status)
        await office.settle()
    found = await ask(office, key, record)
    assert "runs once per record" in found.verdict
    claim = next(check for check in found.checks if check.key == "recurrence")
    assert claim.values["run"] == found.runs[-1]["id"] if found.runs else claim.values["run"]
    async with office.database.transaction() as db:
        assert await recurrence.reset_recurrence(db, office.rights, key, str(record)) == 1
    given_back = await ask(office, key, record)
    assert given_back.verdict == "It ran for this record before, and may start for it once more."


async def test_only_a_change_from_not_met_to_met_counts(office: Office) -> None:
    opened = {"field": "status", "operator": "equals", "value": "open"}
    key = await office.publish({"trigger": "record_updated", "filter": opened}, STOP, recurrence="when_met")
    record = await create(office)
    await office.execute("UPDATE data.items SET status = 'open' WHERE id = $1", record)
    await office.settle()
    await renote(office, record)
    await office.settle()
    assert "already" in (await ask(office, key, record)).verdict


async def test_a_second_run_that_was_skipped_says_so(office: Office) -> None:
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 1}}
    key = await office.publish(ON_STATUS, wait, concurrency="skip")
    record = await create(office)
    for status in ("open", "done"):
        await office.execute("UPDATE data.items SET status = $2 WHERE id = $1", record, status)
        await office.settle()
    assert "Another run of this workflow was under way" in (await ask(office, key, record)).verdict


async def test_a_publisher_who_is_gone_is_named(office: Office) -> None:
    key = await office.publish(CREATED, STOP)
    await publisher_gone(office, key)
    found = await ask(office, key, await create(office))
    assert next(check for check in found.checks if check.key == "publisher").held is False


OTHERS = [
    ({"trigger": "manual"}, "a person presses"),
    ({"trigger": "schedule", "cron": "0 8 * * *"}, "next on"),
    ({"trigger": "date_reached", "field": "due_date"}, "the date is empty"),
]


@pytest.mark.parametrize(("trigger", "told"), OTHERS)
async def test_what_no_change_starts_says_what_does(office, trigger, told) -> None:
    key = await office.publish(trigger, STOP)
    assert told in (await ask(office, key, await create(office))).verdict


async def test_a_deleted_record_can_be_asked_about(office: Office) -> None:
    key = await office.publish({"trigger": "record_deleted"}, STOP)
    record = await create(office)
    await office.execute("DELETE FROM data.items WHERE id = $1", record)
    await office.settle()
    assert (await ask(office, key, record)).ran
    with pytest.raises(NotFound):
        await ask(office, key, 99)


async def test_each_active_workflow_of_a_record_has_a_verdict(office: Office) -> None:
    await office.publish(CREATED, STOP, name="A")
    await office.publish(ON_STATUS, STOP, name="B")
    await disabled(office, await office.publish(CREATED, STOP, name="C"))
    record = await create(office)
    async with office.database.transaction() as db:
        found = await why_each(db, office.rights, "items", str(record))
    assert [(one["name"], one["ran"], one["failed"]) for one in found] == [
        ("A", True, None), ("B", False, "trigger"),
    ]  # fmt: skip


async def test_only_builders_who_may_read_the_record_are_answered(office: Office) -> None:
    key = await office.publish(CREATED, STOP)
    record = await create(office)
    for rights in (Rights(office.admin), replace(Rights(office.admin), builder=True)):
        with pytest.raises(Refused):
            await ask(office, key, record, rights=rights)


async def test_moments_are_told_by_the_clocks_of_the_workflow(office: Office) -> None:
    flow = await office.publish(
        {"trigger": "record_created"}, {"key": "end", "block": "stop"}, time_zone="Asia/Tokyo"
    )
    item = await office.insert(name="One")
    await office.settle()
    await office.execute("UPDATE whereupon.workflows SET activated_at = '2026-01-31T15:30Z'")
    async with office.database.connection() as db:
        found = await why(db, office.rights, flow, str(item))
    assert "It is active since 1 February 2026, 00:30." in [check.sentence for check in found.checks]

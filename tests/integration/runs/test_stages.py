"""Staged scale-up: a few records, then more, then all, with a person's look in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.office import Office, draw, work_off_bulk_runs

from whereupon.api.app import create_app
from whereupon.people.tokens import create_token
from whereupon.settings import Settings
from whereupon.workflows import store

NEW = {"field": "status", "operator": "equals", "value": "new"}
OPEN_THEM = {"key": "open", "block": "update_record", "set": {"status": "open"}}
NIGHTLY = {"trigger": "schedule", "cron": "0 3 * * *", "filter": NEW}
CHANGED = {"trigger": "record_updated", "filter": {"field": "status", "operator": "has_changed"}}


@pytest.fixture
async def client(office: Office, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(office.database, Settings(data=tmp_path))
    async with office.database.transaction() as db:
        token, _ = await create_token(db, office.admin, "tests")
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {token}"}
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client,
    ):
        yield client


async def drafted(office: Office, *nodes: Mapping[str, Any], trigger: Mapping[str, Any] = NIGHTLY) -> str:
    new = store.NewWorkflow(
        name="Open what is new", module="items", document=draw(trigger, *(nodes or (OPEN_THEM,)))
    )
    async with office.database.transaction() as db:
        return (await store.create_workflow(db, office.rights, new))["key"]


async def with_items(office: Office, count: int, **values: Any) -> None:
    columns = "".join(f', "{name}"' for name in values)
    marks = "".join(f", ${n}" for n in range(2, len(values) + 2))
    await office.execute(
        f"INSERT INTO data.items (name, status{columns}) SELECT 'Αντικείμενο ' || n, 'new'{marks} "
        "FROM generate_series(1, $1::int) n",
        count, *values.values(),
    )  # fmt: skip


async def staged(office: Office, client: httpx2.AsyncClient, answer: httpx2.Response) -> dict[str, Any]:
    """Work the stage off that was begun; how things stand then."""
    assert answer.is_success, answer.text
    key = answer.json()["workflow"]["key"]
    await work_off_bulk_runs(office)
    return (await client.get(f"/api/v1/workflows/{key}/scale-up")).json()


async def test_from_a_few_records_to_all_and_then_active(office: Office, client: httpx2.AsyncClient) -> None:
    await with_items(office, 130)
    key = await drafted(office)
    at = f"/api/v1/workflows/{key}/scale-up"
    before = (await client.get(at)).json()
    assert (before["status"], before["left"], before["next"]) == (
        None, 130, {"step": 1, "most": 10, "suggested": 5},
    )  # fmt: skip
    first = await staged(office, client, await client.post(at, json={"size": 5}))
    [stage] = first["stages"]
    assert (first["status"], first["left"], stage["status"]) == ("open", 125, "succeeded")
    found = {k: stage[k] for k in ("expected", "matched", "processed", "changed", "failed", "still_matching")}
    assert found == {
        "expected": 5, "matched": 5, "processed": 5, "changed": 5, "failed": 0, "still_matching": 0,
    }  # fmt: skip
    assert first["next"] == {"step": 2, "most": 125, "suggested": 100}
    records = (await client.get(f"/api/v1/bulk-runs/{stage['bulk_run']}/records?outcome=changed")).json()
    assert [one["changes"][0]["after"] for one in records["items"]] == ["open"] * 5
    second = await staged(office, client, await client.post(f"{at}/approve", json={"stage": 1, "size": 100}))
    assert [stage["changed"] for stage in second["stages"]] == [5, 100]
    assert second["stages"][0]["approved_by_name"] is not None
    assert second["next"]["suggested"] == 25
    third = await staged(office, client, await client.post(f"{at}/approve", json={"stage": 2, "size": 25}))
    assert (third["left"], third["next"], third["stages"][2]["step"]) == (0, None, 4)
    assert await office.fetchval("SELECT count(*) FROM data.items WHERE status = 'open'") == 130
    assert await office.fetchval("SELECT count(*) FROM whereupon.runs") == 130  # each record once
    done = (await client.post(f"{at}/approve", json={"stage": 3})).json()
    assert (done["status"], done["workflow"]["state"]) == ("finished", "draft")
    active = (await client.post(f"{at}/activate")).json()
    assert (active["workflow"]["state"], await versions(office)) == ("active", [1])
    said = await office.fetch(
        "SELECT action, details FROM whereupon.audit WHERE subject = $1", f"workflow:{key}"
    )
    assert [row["action"] for row in said if "stage" in row["action"] or "scale" in row["action"]] == [
        "begin_stage", "approve_stage", "begin_stage", "approve_stage", "begin_stage", "approve_stage",
        "finish_scale_up",
    ]  # fmt: skip


async def versions(office: Office) -> list[int]:
    return [row["number"] for row in await office.fetch("SELECT number FROM whereupon.versions ORDER BY 1")]


@pytest.mark.parametrize(("answer", "again"), [(None, 0), ("skip", 0), ("run", 3)])
async def test_activating_asks_what_becomes_of_dates_that_have_passed(
    office: Office, client: httpx2.AsyncClient, answer: str | None, again: int
) -> None:
    await with_items(office, 3, due_date=date(2020, 1, 2))
    await with_items(office, 2, due_date=date(2200, 1, 2))  # their time is to come: a stage leaves them alone
    await with_items(office, 1)
    key = await drafted(office, trigger={"trigger": "date_reached", "field": "due_date", "passed": "run"})
    at = f"/api/v1/workflows/{key}/scale-up"
    before = (await client.get(at)).json()
    assert (before["left"], before["by_dates"]) == (3, True)
    await staged(office, client, await client.post(at, json={"size": 3}))
    assert await office.fetchval(
        "SELECT array_agg(DISTINCT due_date) FROM data.items WHERE status = 'open'"
    ) == [date(2020, 1, 2)]
    await client.post(f"{at}/approve", json={"stage": 1})
    asked = (await client.get(f"/api/v1/workflows/{key}/backlog?of_draft=true")).json()["backlog"]
    assert (asked["records"]["count"], asked["trigger"]) == (3, "run")
    body = None if answer is None else {"backlog": answer}
    assert (await client.post(f"{at}/activate", json=body)).json()["workflow"]["state"] == "active"
    started = "SELECT count(*) FROM whereupon.due_dates WHERE skipped IS NULL AND fired_at IS NULL AND due_at"
    assert await office.fetchval(f"{started} < now()") == again
    assert await office.fetchval(f"{started} > now()") == 2


async def test_a_draft_that_was_changed_in_the_middle_is_said_and_tried_on_a_few_again(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await with_items(office, 40)
    key = await drafted(office)
    at = f"/api/v1/workflows/{key}/scale-up"
    await staged(office, client, await client.post(at, json={"size": 10}))
    document = draw(NIGHTLY, {**OPEN_THEM, "set": {"status": "done"}})
    assert (await client.patch(f"/api/v1/workflows/{key}", json={"document": document})).is_success
    changed = (await client.get(at)).json()
    assert (changed["redrawn"], changed["stages"][0]["as_drawn"]) == (True, False)
    assert changed["next"] == {"step": 2, "most": 30, "suggested": 5}
    on = await staged(office, client, await client.post(f"{at}/approve", json={"stage": 1, "size": 5}))
    assert [(stage["version"], stage["as_drawn"]) for stage in on["stages"]] == [(1, False), (2, True)]
    assert await office.fetchval("SELECT count(*) FROM data.items WHERE status = 'done'") == 5


async def test_what_failed_in_a_stage_is_run_again_as_the_stage_ran_it(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await with_items(office, 12)
    await office.execute("UPDATE data.items SET amount = id % 2")
    key = await office.publish(NIGHTLY, OPEN_THEM)
    assert (await client.put(f"/api/v1/workflows/{key}/state", json={"state": "disabled"})).is_success
    more = {**OPEN_THEM, "set": {"amount": {"formula": "amount * 99999999999"}, "status": "open"}}
    await client.patch(f"/api/v1/workflows/{key}", json={"document": draw(NIGHTLY, more)})
    now = await staged(
        office, client, await client.post(f"/api/v1/workflows/{key}/scale-up", json={"size": 10})
    )
    await office.execute("UPDATE data.items SET amount = 0")
    at = f"/api/v1/bulk-runs/{now['stages'][0]['bulk_run']}/rerun"
    again = (await client.post(at, json={"which": "failed"})).json()
    await work_off_bulk_runs(office)
    found = (await client.get(f"/api/v1/bulk-runs/{again['id']}")).json()
    assert (found["version"], found["matched"], found["failed"]) == (2, 5, 0)
    assert (await client.get(f"/api/v1/workflows/{key}/scale-up")).json()["left"] == 2


async def test_failed_records_are_counted_and_the_person_stops(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await with_items(office, 20)
    await office.execute("UPDATE data.items SET amount = id % 2")
    too_much = {
        "key": "more",
        "block": "update_record",
        "set": {"amount": {"formula": "amount * 99999999999"}},
    }
    key = await drafted(office, too_much)
    at = f"/api/v1/workflows/{key}/scale-up"
    now = await staged(office, client, await client.post(at, json={"size": 10}))
    assert (now["stages"][0]["status"], now["stages"][0]["failed"]) == ("partial", 5)
    stopped = (await client.post(f"{at}/stop")).json()
    assert (stopped["status"], stopped["left"]) == ("stopped", 20)
    assert (await client.post(f"{at}/activate")).status_code == 409
    again = await client.post(at, json={"size": 5})
    assert (again.status_code, len(again.json()["stages"])) == (201, 1)


@pytest.mark.parametrize(
    ("trigger", "module", "size", "status", "words"),
    [
        (NIGHTLY, "items", 11, 422, "1 to 10"),
        (NIGHTLY, "items", 0, 422, "greater than or equal to 1"),
        (NIGHTLY, None, 5, 409, "no module"),
        ({"trigger": "record_deleted"}, "items", 5, 409, "deleted"),
        ({**NIGHTLY, "filter": {**NEW, "value": "done"}}, "items", 5, 409, "No record"),
        ({**NIGHTLY, "each_record": False, "filter": None}, "items", 5, 409, "one job"),
        (CHANGED, "items", 5, 409, "changed"),
    ],
)  # fmt: skip
async def test_what_cannot_be_scaled_up_is_refused_in_words(
    office: Office,
    client: httpx2.AsyncClient,
    trigger: Mapping[str, Any],
    module: str | None,
    size: int,
    status: int,
    words: str,
) -> None:
    await with_items(office, 20)
    document = draw({k: v for k, v in trigger.items() if v is not None}, OPEN_THEM)
    async with office.database.transaction() as db:
        new = store.NewWorkflow(name="Δοκιμή", module=module, document=document)
        key = (await store.create_workflow(db, office.rights, new))["key"]
    answer = await client.post(f"/api/v1/workflows/{key}/scale-up", json={"size": size})
    assert answer.status_code == status
    assert words in answer.text
    assert await office.fetchval("SELECT count(*) FROM whereupon.bulk_runs") == 0


async def test_while_it_is_active_or_a_stage_is_under_way_there_is_no_other(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await with_items(office, 20)
    key = await office.publish(NIGHTLY, OPEN_THEM)
    at = f"/api/v1/workflows/{key}/scale-up"
    active = await client.post(at, json={"size": 5})
    assert (active.status_code, "Disable it" in active.text) == (409, True)
    assert (await client.put(f"/api/v1/workflows/{key}/state", json={"state": "disabled"})).is_success
    assert (await client.post(at, json={"size": 5})).status_code == 201
    for path, body in (("", {"size": 5}), ("/approve", {"stage": 1, "size": 5}), ("/stop", None)):
        refused = await client.post(f"{at}{path}", json=body)
        assert refused.status_code == 409, path
    await work_off_bulk_runs(office)
    assert (await client.post(f"{at}/approve", json={"stage": 1})).status_code == 422
    assert (await client.post(f"{at}/approve", json={"stage": 2, "size": 5})).status_code == 409
    assert await versions(office) == [1]  # what was published is what the stages run
    assert await office.fetchval("SELECT count(*) FROM whereupon.runs") == 5


async def test_only_builders_see_and_do_this(office: Office, client: httpx2.AsyncClient) -> None:
    key = await drafted(office)
    user = await office.user("nobody@office.example")
    async with office.database.transaction() as db:
        token, _ = await create_token(db, user, "tests")
    headers = {"authorization": f"Bearer {token}"}
    for path in ("scale-up", "matching"):
        assert (await client.get(f"/api/v1/workflows/{key}/{path}", headers=headers)).status_code == 403
    answer = await client.post(f"/api/v1/workflows/{key}/scale-up", json={"size": 5}, headers=headers)
    assert answer.status_code == 403


async def test_on_how_many_records_it_would_run_is_known_before(
    office: Office, client: httpx2.AsyncClient
) -> None:
    await with_items(office, 7)
    key = await office.publish(NIGHTLY, OPEN_THEM)
    job = await office.publish({**NIGHTLY, "each_record": False}, {"key": "stop", "block": "stop"})
    draft = await drafted(office)
    found = [(await client.get(f"/api/v1/workflows/{one}/matching")).json() for one in (key, job)]
    assert [one["matching"] for one in found] == [7, None]
    assert (await client.get(f"/api/v1/workflows/{draft}/matching")).status_code == 409

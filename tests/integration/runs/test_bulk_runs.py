"""Bulk runs: the list is taken once, each record has one run, the counters are exact, and people can act."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from tests.office import Office, make_bulk_runs, work_off_bulk_runs

from whereupon.errors import Conflict, NotFound, Refused
from whereupon.people.rights import Rights
from whereupon.runs.bulk import chunks, deeds, opening, telling
from whereupon.runs.bulk.deeds import FixFirst, version_of
from whereupon.workers.bulk import BulkWorker

BY_HAND = {"trigger": "manual"}
OPEN = {"filter": {"field": "status", "operator": "equals", "value": "open"}}
DONE = {"key": "done", "block": "update_record", "set": {"status": "done"}}
WAIT = {"key": "wait", "block": "wait", "duration": {"amount": 3, "unit": "days"}}
# The database refuses records of 13.
BAD = {"key": "thirteen", "block": "update_record", "set": {"note": "{{ record.name }}", "amount": "{{ record.amount }}"}}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "CHUNK", 4)


async def fill(office: Office, count: int, **values: Any) -> None:
    columns = {"name": "'Άννα ' || n", "status": "'open'"} | values
    await office.execute(
        f"INSERT INTO data.items ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
        f"FROM generate_series(1, {count}) n"
    )


async def order(office: Office, workflow: str) -> int:
    async with office.database.transaction() as db:
        return await deeds.run_on_all(db, office.rights, workflow)


async def told(office: Office, bulk: int) -> dict[str, Any]:
    async with office.database.connection() as db:
        return await telling.get_bulk_run(db, office.rights, bulk)


async def records(office: Office, bulk: int, **wanted: Any) -> list[dict[str, Any]]:
    async with office.database.connection() as db:
        catalog = (await office.engine.current(db)).catalog
        return await telling.list_records(db, office.rights, catalog, bulk, **wanted)


def counts(bulk: Mapping[str, Any]) -> dict[str, Any]:
    names = ("status", "matched", "processed", "changed", "skipped", "failed", "waiting", "still_matching")
    return {name: bulk[name] for name in names if bulk[name]}


async def test_every_record_of_the_list_has_one_run_and_nobody_matches_afterwards(office: Office) -> None:
    await fill(office, 10)
    await office.insert(name="closed", status="done")
    key = await office.publish(BY_HAND | OPEN, DONE)
    bulk = await order(office, key)
    assert (await told(office, bulk))["status"] == "queued"
    await work_off_bulk_runs(office)
    found = await told(office, bulk)
    assert counts(found) == {"status": "succeeded", "matched": 10, "processed": 10, "changed": 10}
    assert (found["still_matching"], found["seconds_left"]) == (0, None)
    assert found["edges"] == [{"from": "done", "port": "next", "count": 10}]
    first = (await records(office, bulk))[0]
    assert first["record"]["title"] == "Άννα 1"
    assert first["changes"] == [{"field": "status", "label": "Status", "before": "open", "after": "done"}]
    again = await order(office, key)
    await work_off_bulk_runs(office)
    assert counts(await told(office, again)) == {"status": "succeeded"}

"""Loading packs: whole, once, and without starting anything."""

from __future__ import annotations

import pytest

from tests.office import Office, open_office
from whereupon.db.pool import Database
from whereupon.packs.contents import pack_keys, read_pack
from whereupon.packs.loading import load_pack


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


@pytest.mark.parametrize("key", pack_keys())
async def test_a_pack_loads_and_a_second_time_changes_nothing(office: Office, key: str) -> None:
    first = await load_pack(office.database, key, office.rights)
    counted = "SELECT (SELECT count(*) FROM whereupon.changes) AS changes, (SELECT count(*) FROM whereupon.users) AS users, (SELECT count(*) FROM whereupon.versions) AS versions"
    before = (await office.fetch(counted))[0]
    second = await load_pack(office.database, key, office.rights)
    assert (first.again, second.again) == (False, True)
    assert second.records == first.records
    assert (await office.fetch(counted))[0] == before
    published = {row["key"] for row in await office.fetch("SELECT key FROM whereupon.workflows WHERE state = 'active'")}
    assert published == {workflow.key for workflow in read_pack(key).workflows}


@pytest.mark.parametrize("key", pack_keys())
async def test_sample_records_start_no_workflow(office: Office, key: str) -> None:
    await load_pack(office.database, key, office.rights)
    await office.settle()
    assert await office.runs() == []

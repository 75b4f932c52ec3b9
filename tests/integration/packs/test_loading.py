"""Loading packs: whole, once, and without starting anything."""

from __future__ import annotations

import pytest
from tests.office import Office, open_office

from whereupon.conditions.compile import compile_condition
from whereupon.conditions.tree import parse_condition
from whereupon.conditions.values import Scope
from whereupon.db.pool import Database
from whereupon.errors import Invalid, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.packs.contents import pack_keys, read_pack
from whereupon.packs.keeping import remove_pack
from whereupon.packs.loading import load_pack
from whereupon.packs.older_database import make_schema
from whereupon.people.rights import load_rights

# What loading a pack adds to.
COUNTED = """
SELECT (SELECT count(*) FROM whereupon.changes) AS changes, (SELECT count(*) FROM whereupon.users) AS users,
       (SELECT count(*) FROM whereupon.versions) AS versions,
       (SELECT count(*) FROM whereupon.modules) AS modules
"""
VIEWS = """
SELECT m.key AS module, v.name, v.definition->'where' AS condition FROM whereupon.views v
JOIN whereupon.modules m ON m.id = v.module_id
"""


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


@pytest.mark.parametrize("key", pack_keys())
async def test_a_pack_loads_a_second_time_changes_nothing_and_it_goes_again(office: Office, key: str) -> None:
    first = await load_pack(office.database, key, office.rights)
    before = (await office.fetch(COUNTED))[0]
    second = await load_pack(office.database, key, office.rights)
    assert (first.again, second.again) == (False, True)
    assert second.records == first.records
    assert (await office.fetch(COUNTED))[0] == before
    published = {
        row["key"]
        for row in await office.fetch(
            "SELECT key FROM whereupon.workflows WHERE state = 'active' AND kind = 'workflow'"
        )
    }
    pack = read_pack(key)
    async with office.database.connection() as db:
        catalog = await load_catalog(db)
        for view in await db.fetch(VIEWS):  # each shows something at once
            module = catalog.module(view["module"])
            condition = compile_condition(parse_condition(view["condition"]), Scope(catalog, module))
            assert await db.fetchval(f"SELECT count(*) FROM {module.sql} n WHERE {condition}"), view["name"]
    assert published == {workflow.key for workflow in pack.workflows}
    told = await remove_pack(office.database, key, office.rights)
    attached = pack.about.older_database is not None  # these tables stay, and so does what names them
    kept = [(step.name, step.why) for step in told.steps if step.action != "remove"]
    assert kept == [] or attached


@pytest.mark.parametrize("key", pack_keys())
async def test_sample_records_start_no_workflow(office: Office, key: str) -> None:
    await load_pack(office.database, key, office.rights)
    await office.settle()
    assert await office.runs() == []


# Everything about the tables that their own program could notice, but for our triggers.
STRUCTURE = """
SELECT (SELECT jsonb_agg(to_jsonb(c) - 'table_catalog' ORDER BY c.table_name, c.ordinal_position)
        FROM information_schema.columns c WHERE c.table_schema = 'northwind') AS columns,
       (SELECT jsonb_agg(pg_get_constraintdef(k.oid) ORDER BY k.conname) FROM pg_constraint k
        WHERE k.connamespace = 'northwind'::regnamespace) AS constraints,
       (SELECT jsonb_agg(indexdef ORDER BY indexname) FROM pg_indexes
        WHERE schemaname = 'northwind') AS indexes,
       (SELECT count(*) FROM northwind.orders) AS orders
"""
TRIGGERS = """
SELECT DISTINCT t.tgname::text AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'northwind'::regnamespace AND NOT t.tgisinternal
"""


async def test_northwind_is_attached_and_never_altered(office: Office) -> None:
    older = read_pack("northwind").about.older_database
    assert older is not None
    assert await make_schema(office.database.url, "northwind", older)
    before = (await office.fetch(STRUCTURE))[0]
    await load_pack(office.database, "northwind", office.rights)
    assert not await make_schema(office.database.url, "northwind", older)
    assert (await office.fetch(STRUCTURE))[0] == before
    assert before["orders"] == 830
    names = [row["name"] for row in await office.fetch(TRIGGERS)]
    assert names
    assert all(name.startswith("zz_whereupon_") for name in names)


async def test_a_pack_that_cannot_be_loaded_leaves_nothing(office: Office) -> None:
    await office.module({"key": "leads", "fields": [{"key": "name", "type": "text"}]})
    before = await office.fetchval("SELECT count(*) FROM whereupon.modules")
    with pytest.raises(Invalid) as refused:
        await load_pack(office.database, "cases", office.rights)
    assert '"leads" is there already' in str(refused.value)
    assert await office.fetchval("SELECT count(*) FROM whereupon.modules") == before
    assert await office.fetchval("SELECT count(*) FROM whereupon.groups") == 0


async def test_only_an_administrator_loads_packs(office: Office) -> None:
    async with office.database.connection() as db:
        clerk = await load_rights(db, await office.user("clerk@example.org"))
    with pytest.raises(Refused):
        await load_pack(office.database, "cases", clerk)

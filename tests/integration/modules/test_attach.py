"""A database that was there before: its tables become modules, untouched, and every write to them counts."""

from importlib.resources import files
from typing import Any

import pytest

from whereupon.changes.capture import arm, disarm
from whereupon.conditions import Scope, compile_condition
from whereupon.db.pool import Connection, Database
from whereupon.errors import Conflict, Invalid, NotFound, Refused
from whereupon.modules.attach import attach_schema, attach_table, detach
from whereupon.modules.catalog import load_catalog
from whereupon.modules.define import defining
from whereupon.modules.definitions import FieldIn
from whereupon.people.rights import everything
from whereupon.records.read import list_records, read_record
from whereupon.records.schema import DEFINER
from whereupon.records.write import Writer, create_record, delete_record, update_record

NORTHWIND = files("whereupon.packs.northwind").joinpath("northwind.sql")
ADMIN = Writer(everything())


@pytest.fixture
async def shop(db: Connection) -> None:
    await db.execute("""
        CREATE SCHEMA shop;
        CREATE TABLE shop."Kunder & Co" (
          code char(5) PRIMARY KEY, "Företagets Namn" varchar(20) NOT NULL, n smallint);
        CREATE TABLE shop.orders (
          id uuid PRIMARY KEY DEFAULT gen_random_uuid(), customer_id char(5) REFERENCES shop."Kunder & Co",
          parent_id uuid REFERENCES shop.orders ON DELETE CASCADE, placed timestamp, total double precision,
          raw bytea, meta jsonb, at date, tax numeric(6,2), twice integer GENERATED ALWAYS AS (2) STORED);
        CREATE TABLE shop.stock (place int, product int, amount int, PRIMARY KEY (place, product));
        CREATE TABLE shop.log (line text);
        CREATE VIEW shop.seen AS SELECT 1 AS one;
    """)


async def attach(database: Database, table: str, **given: Any):
    return await defining(database, lambda db: attach_table(db, arm, "shop", table, **given))


async def test_columns_become_fields_and_foreign_keys_references(shop, database: Database):
    orders = await attach(database, "orders")
    kunder = await attach(database, "Kunder & Co")
    async with database.connection() as db:
        orders = (await load_catalog(db)).module("orders")
    assert (kunder.key, kunder.title_field, kunder.key_type) == (
        "kunder_co",
        "foretagets_namn",
        "bpchar",
    )
    assert {k: f.type for k, f in orders.fields.items()} == {
        "id": "text", "customer": "reference", "parent": "reference", "placed": "datetime", "total": "decimal",  # noqa: E501
        "meta": "long_text", "at": "date", "tax": "decimal", "twice": "integer",
    }  # fmt: skip
    assert [k for k, f in orders.fields.items() if f.read_only] == ["meta", "twice"]
    assert (orders.field("customer").target, orders.field("parent").target) == ("kunder_co", "orders")


async def test_an_attached_table_is_read_and_written_like_any_other(shop, database: Database, db: Connection):
    await attach(database, "Kunder & Co")
    await attach(database, "orders")
    catalog = await load_catalog(db)
    await create_record(
        db, catalog, "kunder_co", {"code": "ÅKERI", "foretagets_namn": "Åkeri", "n": 3}, ADMIN
    )
    data = {
        "customer": "ÅKERI",
        "placed": "2026-11-22T12:00:00+02:00",
        "total": 1.5,
        "at": "2026-11-22",
        "tax": "0.25",
    }
    order = await create_record(db, catalog, "orders", data, ADMIN)
    assert order.values | {"id": "", "placed": ""} == {
        "id": "", "customer": "ÅKERI", "parent": None, "placed": "", "total": 1.5, "meta": None, "at": "2026-11-22",  # noqa: E501
        "tax": 0.25, "twice": 2,
    }  # fmt: skip
    changed = await update_record(
        db, catalog, "orders", order.id, {"parent": order.id}, ADMIN, if_match=order.etag
    )
    assert changed.values["parent"] == order.id
    page = await list_records(db, catalog, "orders", ADMIN.rights, titles=True, sort=["-total", "customer"])
    assert page.titles["customer"] == {"ÅKERI": "Åkeri"}
    with pytest.raises(Conflict):
        await delete_record(db, catalog, "kunder_co", "ÅKERI", ADMIN)
    await delete_record(db, catalog, "orders", order.id, ADMIN)
    rows = await db.fetch("SELECT op::text, record_id FROM whereupon.changes ORDER BY id")
    assert [tuple(r) for r in rows] == [("I", "ÅKERI"), ("I", order.id), ("U", order.id), ("D", order.id)]


BAD = [
    ({}, {"/code", "/foretagets_namn"}),
    ({"code": "x", "foretagets_namn": "å" * 21, "n": 40_000}, {"/foretagets_namn", "/n"}),
    ({"code": None, "foretagets_namn": ""}, {"/code", "/foretagets_namn"}),
]


@pytest.mark.parametrize(("data", "paths"), BAD)
async def test_the_columns_own_limits_are_told_before_the_database_says_no(
    shop, database: Database, db: Connection, data: Any, paths: set[str]
):
    await attach(database, "Kunder & Co")
    with pytest.raises(Invalid) as refusal:
        await create_record(db, await load_catalog(db), "kunder_co", data, ADMIN)
    assert {p.path for p in refusal.value.problems} == paths


async def test_a_composite_key_can_be_read_but_not_written(shop, database: Database, db: Connection):
    await attach(database, "stock")
    await db.execute("INSERT INTO shop.stock VALUES (1, 2, 3), (1, 3, 4)")
    catalog = await load_catalog(db)
    page = await list_records(db, catalog, "stock", ADMIN.rights, sort=["-amount"], limit=1)
    assert [r.id for r in page.records] == ["1,3"]
    rest = await list_records(db, catalog, "stock", ADMIN.rights, sort=["-amount"], cursor=page.next)
    assert [r.id for r in rest.records] == ["1,2"]
    assert (await read_record(db, catalog, "stock", "1,2", ADMIN.rights)).values["amount"] == 3
    for attempt in (
        create_record(db, catalog, "stock", {"place": 1, "product": 9}, ADMIN),
        update_record(db, catalog, "stock", "1,2", {"amount": 9}, ADMIN),
        delete_record(db, catalog, "stock", "1,2", ADMIN),
    ):
        with pytest.raises(Refused):
            await attempt
    assert await db.fetchval("SELECT count(*) FROM whereupon.changes") == 2


NOT_ATTACHED = [
    ("shop", "log", Refused, "primary key"),
    ("shop", "seen", Refused, "view"),
    ("shop", "", NotFound, "no table"),
    ("shop", "ö\x00", NotFound, "no table"),
    ("shop", 'x"; DROP TABLE shop.log', NotFound, "no table"),
    ("whereupon", "runs", Refused, "belongs to"),
    ("pg_catalog", "pg_class", Refused, "belongs to"),
]


@pytest.mark.parametrize(("schema", "table", "error", "reason"), NOT_ATTACHED)
async def test_what_cannot_be_attached_is_refused_with_the_reason(
    shop, database: Database, schema: str, table: str, error: type[Exception], reason: str
):
    with pytest.raises(error, match=reason):
        await defining(database, lambda db: attach_table(db, arm, schema, table))


async def test_attaching_alters_nothing_and_detaching_leaves_nothing(
    shop, database: Database, db: Connection
):
    described = "SELECT attname, atttypid, attnotnull, atthasdef FROM pg_attribute WHERE attrelid = 'shop.orders'::regclass"  # noqa: E501
    before = await db.fetch(described)
    await attach(database, "orders")
    await attach(database, "Kunder & Co")
    with pytest.raises(Conflict, match="already"):
        await attach(database, "orders")
    for wanted in (FieldIn(key="x", type="text"), FieldIn(key="y", type="line_items")):
        with pytest.raises(Refused):
            await defining(database, lambda db, wanted=wanted: DEFINER.add_field(db, "orders", wanted))
    for key in ("kunder_co", "orders"):
        with pytest.raises(Refused):
            await defining(database, lambda db, key=key: DEFINER.remove_module(db, key))
        await defining(database, lambda db, key=key: detach(db, disarm, key))
    assert await db.fetch(described) == before
    await db.execute("INSERT INTO shop.orders (total) VALUES (1)")
    assert await db.fetchval("SELECT count(*) FROM whereupon.changes") == 0
    assert set((await load_catalog(db)).modules) == {"users"}


async def test_a_formula_may_be_added_to_an_attached_table(shop, database: Database, db: Connection):
    await attach(database, "orders")
    formula = FieldIn(key="gross", type="formula", options={"expression": "total * 2"})
    await defining(database, lambda db: DEFINER.add_field(db, "orders", formula))
    record = await create_record(db, await load_catalog(db), "orders", {"total": 1.5}, ADMIN)
    assert record.values["gross"] == 3


async def test_northwind_is_attached_whole(database: Database, db: Connection):
    await db.execute("CREATE SCHEMA northwind; SET search_path = northwind")
    await db.execute(NORTHWIND.read_text("utf-8"))
    await db.execute("RESET ALL")
    await db.execute("SET timezone = 'UTC'")
    found = await defining(database, lambda db: attach_schema(db, arm, "northwind"))
    assert len(found.modules) == 14
    assert found.left_out == {}
    catalog = await load_catalog(db)
    assert {k: f.target for k, f in catalog.module("orders").fields.items() if f.type == "reference"} == {
        "customer": "customers", "employee": "employees", "ship_via": "shippers",
    }  # fmt: skip
    read_only = sorted(m.key for m in found.modules if m.read_only)
    assert read_only == ["customer_customer_demo", "employee_territories", "order_details"]
    for module in found.modules:
        await list_records(db, catalog, module.key, ADMIN.rights, titles=True)
    scope = Scope(catalog, catalog.module("orders"))
    where = compile_condition({"field": "customer.country", "operator": "equals", "value": "sweden"}, scope)
    page = await list_records(db, catalog, "orders", ADMIN.rights, where=where, titles=True)
    assert page.titles["customer"] == {"BERGS": "Berglunds snabbköp", "FOLKO": "Folk och fä HB"}
    await db.execute("UPDATE northwind.orders SET freight = freight + 1 WHERE customer_id = 'BERGS'")
    assert await db.fetchval("SELECT count(*) FROM whereupon.changes") == 18
    order = page.records[0]
    changed = await update_record(db, catalog, "orders", order.id, {"ship_city": "Luleå"}, ADMIN)
    assert changed.values["ship_city"] == "Luleå"

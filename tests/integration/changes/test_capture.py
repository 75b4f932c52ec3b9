"""Whoever writes to a module's table, and however: it is captured once, whole, and only if it is a change."""

import time
from typing import Any

import asyncpg
import pytest

from whereupon.changes.capture import arm, disarm
from whereupon.db.pool import Connection, Database, set_context
from whereupon.modules.catalog import Module

TWO = "INSERT INTO data.cases (id, subject, n) VALUES (1, 'Ärende', 5), (2, NULL, NULL)"
# What is done after two records are there; then each change as operation and record.
WRITES = [
    ("insert", "INSERT INTO data.cases (id, subject) VALUES (3, '')", [("I", "3")]),
    ("insert many", "INSERT INTO data.cases SELECT 10 + i FROM generate_series(1, 3) i", [("I", "11"), ("I", "12"), ("I", "13")]),  # noqa: E501
    ("update", "UPDATE data.cases SET n = 6 WHERE id = 1", [("U", "1")]),
    ("update to null", "UPDATE data.cases SET subject = '' WHERE id = 1", [("U", "1")]),
    ("update of all", "UPDATE data.cases SET status = 'open'", [("U", "1"), ("U", "2")]),
    ("update without effect", "UPDATE data.cases SET n = n, subject = subject", []),
    ("empty text for null", "UPDATE data.cases SET subject = '' WHERE id = 2", []),
    ("update of nothing", "UPDATE data.cases SET n = 1 WHERE false", []),
    ("delete", "DELETE FROM data.cases WHERE id = 2", [("D", "2")]),
    ("truncate", "TRUNCATE data.cases", [("D", "1"), ("D", "2")]),
    ("key change", "UPDATE data.cases SET id = 9 WHERE id = 1", [("D", "1"), ("I", "9")]),
    ("keys swapped", "UPDATE data.cases SET id = id + 1 WHERE id = 2", [("D", "2"), ("I", "3")]),
    ("upsert, new", "INSERT INTO data.cases (id) VALUES (3) ON CONFLICT (id) DO UPDATE SET n = 1", [("I", "3")]),  # noqa: E501
    ("upsert, there", "INSERT INTO data.cases (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 1", [("U", "1")]),  # noqa: E501
    ("upsert, nothing", "INSERT INTO data.cases (id) VALUES (1) ON CONFLICT DO NOTHING", []),
    ("merge", "MERGE INTO data.cases c USING (VALUES (1, 7), (2, 0), (3, 8)) v(id, n) ON c.id = v.id "
     "WHEN MATCHED AND v.n = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET n = v.n "
     "WHEN NOT MATCHED THEN INSERT (id, n) VALUES (v.id, v.n)", [("D", "2"), ("I", "3"), ("U", "1")]),
    ("writing CTE", "WITH x AS (DELETE FROM data.cases WHERE id = 1 RETURNING n) INSERT INTO data.cases (id, n) SELECT 5, n FROM x",  # noqa: E501
     [("D", "1"), ("I", "5")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sql", "expected"), WRITES, ids=[w[0] for w in WRITES])
async def test_every_kind_of_write_is_captured(
    cases: Module, db: Connection, changes, name: str, sql: str, expected: Any
):
    await db.execute(TWO)
    await changes()
    await db.execute(sql)
    assert sorted((op, record) for op, record, _, _ in await changes()) == sorted(expected)
    assert await db.fetchval("SELECT count(*) FROM whereupon.pending_changes") == 2 + len(expected)


async def test_a_change_holds_the_row_before_and_after(cases: Module, db: Connection, changes):
    await db.execute(TWO)
    await changes()
    await db.execute("UPDATE data.cases SET n = NULL WHERE id = 1")
    [(_, _, old, new)] = await changes()
    assert (old["n"], new["n"]) == (5, None)
    assert old["subject"] == new["subject"] == "Ärende"
    assert old["updated_at"] < new["updated_at"]
    assert old["created_at"] == new["created_at"]


async def test_numbers_are_compared_by_value(cases: Module, db: Connection, changes):
    await db.execute("INSERT INTO data.cases (id, amount) VALUES (1, 5.0)")
    await changes()
    await db.execute("UPDATE data.cases SET amount = 5")
    assert await changes() == []
    assert await db.fetchval("SELECT updated_at = created_at FROM data.cases")


async def test_copy_is_captured(cases: Module, db: Connection, changes):
    await db.copy_records_to_table(
        "cases", schema_name="data", columns=["id", "subject"], records=[(1, "a"), (2, "")]
    )
    assert [(op, new["subject"]) for op, _, _, new in await changes()] == [("I", "a"), ("I", None)]


async def test_a_rolled_back_write_leaves_nothing(cases: Module, db: Connection, changes):
    transaction = db.transaction()
    await transaction.start()
    await db.execute(TWO)
    await transaction.rollback()
    assert await changes() == []


async def test_the_writer_may_say_who_it_is_and_what_for(cases: Module, database: Database):
    async with database.transaction() as db:
        await db.execute("INSERT INTO whereupon.users (id, email, name) VALUES (7, 'å@x.se', 'Åke')")
        await set_context(db, actor=7, origin="workflow", run=3, causes={"2": 4})
        await db.execute(TWO)
    async with database.transaction() as db:
        await set_context(db, origin="import", match=False)
        await db.execute("UPDATE data.cases SET n = 1")
    async with database.connection() as db:
        rows = await db.fetch("SELECT actor_id, origin, run_id FROM whereupon.changes ORDER BY id LIMIT 2")
        assert sorted(tuple(r) for r in rows) == [(7, "workflow", 3), (7, "workflow", 4)]
        assert await db.fetchval("SELECT count(*) FROM whereupon.changes") == 4
        assert await db.fetchval("SELECT count(*) FROM whereupon.pending_changes") == 2
        await db.execute("DELETE FROM data.cases")
        assert (
            await db.fetchval("SELECT origin FROM whereupon.changes ORDER BY id DESC LIMIT 1") == "external"
        )


async def test_a_plan_made_for_one_row_serves_many(cases: Module, db: Connection, changes):
    await db.execute("INSERT INTO data.cases (id, n) SELECT i, i FROM generate_series(1, 20000) i")
    for _ in range(7):  # past the point where PostgreSQL settles for one plan
        await db.execute("UPDATE data.cases SET n = n + 1 WHERE id = 1")
    await changes()
    started = time.monotonic()
    await db.execute("UPDATE data.cases SET n = n + 1")
    assert len(await changes()) == 20_000
    assert time.monotonic() - started < 10


@pytest.fixture
async def attached(db: Connection):
    """Tables that were here before: (SQL to make one, key columns) → armed module."""

    async def attach(create: str, *keys: str, table: str = "t") -> Module:
        await db.execute("CREATE SCHEMA IF NOT EXISTS legacy")
        await db.execute(create)
        module = Module(
            id=77, key=table, label=table, label_plural=table, schema="legacy", table=table, key_columns=keys,
            key_type="text", attached=True, read_only=False, system=False, captured=True, title_field=None,
            owner_field=None, parent_field=None, fields={},
        )  # fmt: skip
        await arm(db, module)
        return module

    return attach


async def test_a_composite_key_is_joined_by_commas(attached, db: Connection, changes):
    await attached("CREATE TABLE legacy.t (a int, b text, v int, PRIMARY KEY (a, b))", "a", "b")
    await db.execute("INSERT INTO legacy.t VALUES (1, 'ä', 0)")
    await db.execute("UPDATE legacy.t SET v = 1")
    await db.execute("TRUNCATE legacy.t")
    assert [(op, record) for op, record, _, _ in await changes()] == [
        ("I", "1,ä"),
        ("U", "1,ä"),
        ("D", "1,ä"),
    ]


async def test_a_padded_key_is_named_without_its_blanks(attached, db: Connection, changes):
    module = await attached("CREATE TABLE legacy.t (id char(5) PRIMARY KEY, v int)", "id")
    await db.execute("INSERT INTO legacy.t VALUES ('ä', 1)")
    await db.execute("UPDATE legacy.t SET v = 2")
    await db.execute("TRUNCATE legacy.t")
    assert {record for _, record, _, _ in await changes()} == {"ä"}
    await db.execute("INSERT INTO legacy.t VALUES ('ä', 1)")
    assert await db.fetchval(f"SELECT {module.key_sql('n')} FROM legacy.t n") == "ä"


async def test_raw_bytes_stay_out_of_the_history(attached, db: Connection, changes):
    await attached("CREATE TABLE legacy.t (id text PRIMARY KEY, photo bytea, v int)", "id")
    await db.execute(r"INSERT INTO legacy.t VALUES ('Ö', '\x00ff', 1)")
    await db.execute(r"UPDATE legacy.t SET photo = '\x01'")
    await db.execute("DELETE FROM legacy.t")
    assert await changes() == [("I", "Ö", None, {"id": "Ö", "v": 1}), ("D", "Ö", {"id": "Ö", "v": 1}, None)]


async def test_an_owner_may_alter_an_attached_table_at_any_time(
    attached, database: Database, db: Connection, changes
):
    """In a session whose plans were made before, and without us hearing of it."""
    await attached("CREATE TABLE legacy.t (id int PRIMARY KEY, v int)", "id")
    async with database.connection() as writer:
        for id in range(7):
            await writer.execute("INSERT INTO legacy.t (id, v) VALUES ($1, 0)", id)
            await writer.execute("UPDATE legacy.t SET v = 1 WHERE id = $1", id)
        await changes()
        await db.execute("ALTER TABLE legacy.t ADD COLUMN extra text DEFAULT 'x'")
        await writer.execute("UPDATE legacy.t SET v = 2 WHERE id = 0")
        await db.execute("ALTER TABLE legacy.t DROP COLUMN v")
        await writer.execute("UPDATE legacy.t SET extra = 'y' WHERE id = 0")
        await writer.execute("INSERT INTO legacy.t (id) VALUES (99)")
        await db.execute("ALTER TABLE legacy.t RENAME COLUMN extra TO more")
        await writer.execute("UPDATE legacy.t SET more = 'z' WHERE id = 0")
    assert [new for _, _, _, new in await changes()] == [
        {"id": 0, "v": 2, "extra": "x"}, {"id": 0, "extra": "y"}, {"id": 99, "extra": "x"}, {"id": 0, "more": "z"},  # noqa: E501
    ]  # fmt: skip


async def test_a_lost_key_column_never_stops_the_owners_writes(attached, db: Connection, changes):
    await attached("CREATE TABLE legacy.t (id int PRIMARY KEY, v int)", "id")
    await db.execute("ALTER TABLE legacy.t RENAME COLUMN id TO number")
    await db.execute("INSERT INTO legacy.t VALUES (1, 1)")
    await db.execute("UPDATE legacy.t SET v = 2")
    await db.execute("DELETE FROM legacy.t")
    await db.execute("TRUNCATE legacy.t")
    assert await changes() == []


async def test_partitions_are_captured_whichever_way_one_writes(attached, db: Connection, changes):
    await db.execute("CREATE SCHEMA legacy")
    await db.execute("CREATE TABLE legacy.t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)")
    await attached("CREATE TABLE legacy.t1 PARTITION OF legacy.t FOR VALUES FROM (0) TO (100)", "id")
    await db.execute("INSERT INTO legacy.t VALUES (1, 1)")
    await db.execute("INSERT INTO legacy.t1 VALUES (2, 1)")
    await db.execute("TRUNCATE legacy.t")
    assert sorted((op, r) for op, r, _, _ in await changes()) == [
        ("D", "1"),
        ("D", "2"),
        ("I", "1"),
        ("I", "2"),
    ]


async def test_a_program_without_rights_on_our_schema_may_still_write(
    attached, database: Database, db: Connection, changes
):
    await attached("CREATE TABLE legacy.t (id int PRIMARY KEY, v int)", "id")
    role = "writer_" + (await db.fetchval("SELECT current_database()"))
    try:
        await db.execute(f"CREATE ROLE {role}")
    except asyncpg.InsufficientPrivilegeError:
        pytest.skip("this server's role may not create roles")
    await db.execute(
        f"GRANT USAGE ON SCHEMA legacy TO {role}; GRANT ALL ON legacy.t TO {role}; GRANT {role} TO current_user"  # noqa: E501
    )
    try:
        async with database.transaction() as writer:
            await writer.execute(f"SET LOCAL ROLE {role}")
            await writer.execute("INSERT INTO legacy.t VALUES (1, 1)")
            await writer.execute("UPDATE legacy.t SET v = 2")
            await writer.execute("DELETE FROM legacy.t")
        assert [op for op, _, _, _ in await changes()] == ["I", "U", "D"]
    finally:
        await db.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


async def test_disarming_leaves_the_table_as_it_was(attached, db: Connection, changes):
    module = await attached("CREATE TABLE legacy.t (id int PRIMARY KEY)", "id")
    await disarm(db, module)
    await db.execute("INSERT INTO legacy.t VALUES (1)")
    assert await changes() == []
    assert await db.fetchval("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'legacy.t'::regclass") == 0


async def test_bulk_writes_are_captured_fast(cases: Module, db: Connection):
    """Prints rows per second; fails only far below what a laptop does."""
    rates: dict[str, float] = {}
    for name, sql in (
        (
            "insert",
            "INSERT INTO data.cases (subject, status, n) SELECT 'x', 'open', i FROM generate_series(1, 50000) i",  # noqa: E501
        ),
        ("update", "UPDATE data.cases SET status = 'closed'"),
        ("delete", "DELETE FROM data.cases"),
    ):
        started = time.monotonic()
        await db.execute(sql)
        rates[name] = 50_000 / (time.monotonic() - started)
    print({name: f"{rate:,.0f} rows/s" for name, rate in rates.items()})
    assert min(rates.values()) > 10_000

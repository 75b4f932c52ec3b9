"""Modules and fields are made, changed and removed while records are there, and nothing is lost unasked."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from whereupon.changes.capture import arm
from whereupon.db.pool import Connection, Database
from whereupon.errors import Conflict, Invalid, Refused
from whereupon.modules.catalog import Catalog, Module, load_catalog
from whereupon.modules.define import Definer, Formula, defining
from whereupon.modules.definitions import FieldChange, FieldIn, ModuleChange, ModuleIn

ALL_FIELDS: list[dict[str, Any]] = [
    {"key": "subject", "type": "text", "required": True, "indexed": True},
    {"key": "notes", "type": "long_text"},
    {"key": "body", "type": "rich_text"},
    {"key": "n", "type": "integer", "options": {"minimum": 0}},
    {"key": "rate", "type": "decimal"},
    {"key": "amount", "type": "money"},
    {"key": "urgent", "type": "boolean", "options": {"default": False}},
    {"key": "due", "type": "date", "options": {"default": {"dynamic": "today"}}},
    {"key": "at", "type": "time"},
    {"key": "seen", "type": "datetime"},
    {"key": "mail", "type": "email", "unique": True},
    {"key": "phone", "type": "phone"},
    {"key": "link", "type": "url"},
    {"key": "kind", "type": "select", "options": {"choices": ["it's", "väntar", "b\\c"], "default": "it's"}},
    {"key": "tags", "type": "multi_select", "indexed": True, "options": {"choices": ["a", "b"]}},
    {"key": "stage", "type": "stage", "options": {"choices": ["new", "done"]}},
    {"key": "parent", "type": "reference", "options": {"target": "cases", "on_delete": "set_null"}},
    {"key": "owner", "type": "user", "options": {"default": {"dynamic": "user"}}},
    {"key": "scan", "type": "file"},
    {"key": "number", "type": "auto_number", "options": {"prefix": "C-", "digits": 4}},
    {"key": "select", "type": "text"},
    {"key": "order", "type": "integer"},
    {"key": "total", "type": "formula", "options": {"expression": "n + 1"}},
    {"key": "lines", "type": "line_items", "options": {"fields": [{"key": "product", "type": "text"}]}},
]


def check_formula(catalog: Catalog, module: Module, expression: str) -> Formula:
    return Formula(
        "integer", frozenset({f"{module.key}.{word}" for word in expression.split() if word in module.fields})
    )


ADD_DRAFT = "INSERT INTO whereupon.workflows (key, name, module_id, draft) VALUES ('w', 'Välkomst', $1, $2)"
ADD_PUBLISHED = """
WITH w AS (
  INSERT INTO whereupon.workflows (key, name, state, draft)
  VALUES ('w', 'Aktiv', 'active', '{}') RETURNING id)
INSERT INTO whereupon.versions (workflow_id, number, document, uses)
SELECT id, 1, '{}', '["cases.status"]' FROM w
"""
DEFINER = Definer(arm=arm, check_formula=check_formula)


@pytest.fixture
def make(database: Database) -> Callable[..., Awaitable[Module]]:
    async def make(key: str, *fields: dict[str, Any], **others: Any) -> Module:
        wanted = ModuleIn.model_validate({"key": key, "fields": list(fields), **others})
        return await defining(database, lambda db: DEFINER.create_module(db, wanted))

    return make


@pytest.fixture
def change(database: Database):
    async def change(module: str, field: str, **given: Any):
        wanted = FieldChange.model_validate(given)
        return await defining(database, lambda db: DEFINER.change_field(db, module, field, wanted))

    return change


async def columns(db: Connection, table: str) -> dict[str, str]:
    rows = await db.fetch(
        "SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute "
        "WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        table,
    )
    return {row["attname"]: row["type"] for row in rows}


async def test_every_field_type_becomes_a_real_column_that_keeps_its_promise(make, db: Connection):
    module = await make("cases", *ALL_FIELDS, owner_field="owner")
    found = await columns(db, "data.cases")
    assert found["amount"] == "numeric(18,2)"
    assert found["tags"] == "text[]"
    assert found["parent"] == "bigint"
    assert "total" not in found
    assert module.title_field == "subject"
    assert module.fields["lines"].options == {"target": "cases_lines", "parent": "parent"}
    await db.execute("SELECT set_config('whereupon.context', '{}', false)")
    row = await db.fetchrow("INSERT INTO data.cases (subject, notes) VALUES ('Ärende', '') RETURNING *")
    assert row is not None
    assert (row["number"], row["kind"], row["urgent"], row["notes"]) == ("C-0001", "it's", False, None)
    assert row["due"] is not None
    refused = [
        ("n", "-1"), ("kind", "'x'"), ("tags", "ARRAY['c']"), ("rate", "'NaN'"), ("due", "'infinity'"),
        ("parent", "99"), ("seen", "'infinity'"), ("amount", "1e17"), ("subject", "''"),
    ]  # fmt: skip
    for column, value in refused:
        with pytest.raises(asyncpg.PostgresError):
            await db.execute(f'UPDATE data.cases SET "{column}" = {value}')


async def test_unique_text_ignores_case(make, db: Connection):
    await make("people", {"key": "mail", "type": "email", "unique": True})
    await db.execute("INSERT INTO data.people (mail) VALUES ('Åsa@x.se'), (NULL), (NULL)")
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute("INSERT INTO data.people (mail) VALUES ('åSA@X.SE')")


BAD_MODULES = [
    ({"key": "Cases"}, {"/key"}),
    ({"key": 'x"; DROP TABLE users; --'}, {"/key"}),
    ({"key": "users"}, {"/key"}),
    ({"key": "x", "title_field": "nope"}, {"/title_field"}),
    ({"key": "x", "label": "a\x00b"}, {"/label"}),
    ({"key": "x", "fields": [{"key": "id", "type": "text"}, {"key": "xmin", "type": "text"},
                             {"key": "old", "type": "text"}, {"key": "ä", "type": "text"},
                             {"key": "", "type": "text"}]},
     {f"/fields/{i}/key" for i in range(5)}),
    ({"key": "x", "fields": [{"key": "a", "type": "text"}, {"key": "a", "type": "text"}]}, {"/fields/1/key"}),
    ({"key": "x", "fields": [{"key": "a", "type": "txt"}]}, {"/fields/0/type"}),
    ({"key": "x", "fields": [{"key": "a", "type": "select"}]}, {"/fields/0/options/choices"}),
    ({"key": "x", "fields": [{"key": "a", "type": "text", "options": {"max_lenght": 3}}]},
     {"/fields/0/options/max_lenght"}),
    ({"key": "x", "fields": [{"key": "a", "type": "reference", "options": {"target": "nope"}}]},
     {"/fields/0/options/target"}),
    ({"key": "x", "fields": [{"key": "a", "type": "integer", "options": {"default": "ten"}}]},
     {"/fields/0/options/default"}),
    ({"key": "x", "fields": [{"key": "a", "type": "long_text", "unique": True}]}, {"/fields/0/unique"}),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "paths"), BAD_MODULES)
async def test_a_bad_definition_is_refused_naming_every_place(
    make, db: Connection, wanted: dict[str, Any], paths: set[str]
):
    others = {k: v for k, v in wanted.items() if k not in ("key", "fields")}
    with pytest.raises(Invalid) as refusal:
        await make(wanted["key"], *wanted.get("fields", []), **others)
    assert {p.path for p in refusal.value.problems} == paths
    assert await db.fetchval("SELECT count(*) FROM whereupon.modules") == 1


async def test_a_module_may_have_500_fields(make, db: Connection):
    started = time.monotonic()
    module = await make("wide", *({"key": f"f{i}", "type": "text"} for i in range(500)))
    assert len(module.fields) == 504
    assert time.monotonic() - started < 10
    await db.execute("INSERT INTO data.wide (f499) VALUES ('')")
    assert await db.fetchval("SELECT f499 IS NULL FROM data.wide")


async def test_modules_may_refer_to_each_other_in_a_circle(make, database: Database, db: Connection):
    await make("a")
    await make("b", {"key": "a", "type": "reference", "options": {"target": "a"}})
    wanted = FieldIn(key="b", type="reference", options={"target": "b"})
    await defining(database, lambda db: DEFINER.add_field(db, "a", wanted))
    with pytest.raises(Conflict, match=r'"b.a"'):
        await defining(database, lambda db: DEFINER.remove_module(db, "a"))
    await defining(database, lambda db: DEFINER.remove_field(db, "b", "a"))
    await defining(database, lambda db: DEFINER.remove_field(db, "a", "b"))
    await defining(database, lambda db: DEFINER.remove_module(db, "a"))
    assert set((await load_catalog(db)).modules) == {"b", "users"}


async def test_a_renamed_field_keeps_values_checks_triggers_and_title(make, change, db: Connection):
    kind = {"key": "kind", "type": "select", "options": {"choices": ["x", "y"]}}
    await make("cases", {"key": "subject", "type": "text", "unique": True}, kind)
    await db.execute("INSERT INTO data.cases (subject, kind) VALUES ('Ä', 'x')")
    await change("cases", "subject", key="title")
    await change("cases", "kind", key="sort", options={"choices": ["x", "z"]})
    assert await db.fetchval("SELECT title FROM data.cases WHERE sort = 'x'") == "Ä"
    assert (await load_catalog(db)).module("cases").title_field == "title"
    await db.execute("UPDATE data.cases SET title = '', sort = 'z'")
    assert await db.fetchval("SELECT title IS NULL FROM data.cases")
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("UPDATE data.cases SET sort = 'y'")


CHANGES = [
    ("text", {}, "'5'", {"type": "integer"}, 5),
    ("text", {}, "NULL", {"type": "integer"}, None),
    ("text", {}, "'Ä'", {"type": "long_text"}, "Ä"),
    ("text", {}, "'x'", {"type": "select", "options": {"choices": ["x"]}}, "x"),
    ("integer", {}, "5", {"type": "money"}, 5),
    ("select", {"choices": ["x"]}, "'x'", {"type": "multi_select"}, ["x"]),
    ("integer", {"default": 7}, "5", {"type": "text", "options": {"default": "sju"}}, "5"),
]
REFUSED_CHANGES = [
    ("text", {}, "'five'", {"type": "integer"}, "values_in_the_way"),
    ("text", {}, "'2026-02-30'", {"type": "date"}, "values_in_the_way"),
    ("text", {}, "'Ä'", {"type": "select", "options": {"choices": ["x"]}}, "values_in_the_way"),
    ("decimal", {}, "1.005", {"type": "money"}, "values_in_the_way"),
    ("datetime", {}, "now()", {"type": "date"}, "no_such_change"),
    ("text", {}, "'long'", {"options": {"max_length": 3}}, "values_in_the_way"),
    ("select", {"choices": ["x", "y"]}, "'x'", {"options": {"choices": ["y"]}}, "values_in_the_way"),
    ("text", {}, "NULL", {"required": True}, "values_missing"),
    ("text", {}, "'dup'), ('Dup'", {"unique": True, "options": {"max_length": 100}}, "not_unique"),
]


@pytest.mark.parametrize(("type", "options", "value", "given", "after"), CHANGES)
async def test_a_type_changes_where_nothing_is_lost(
    make, change, db: Connection, type, options, value, given, after
):
    await make("t", {"key": "f", "type": type, "options": options})
    await db.execute(f"INSERT INTO data.t (f) VALUES ({value})")
    await change("t", "f", **given)
    assert await db.fetchval("SELECT f FROM data.t") == after
    await db.execute("INSERT INTO data.t DEFAULT VALUES")


@pytest.mark.parametrize(("type", "options", "value", "given", "code"), REFUSED_CHANGES)
async def test_a_change_that_would_lose_values_is_refused(
    make, change, db: Connection, type, options, value, given, code
):
    await make("t", {"key": "f", "type": type, "options": options})
    await db.execute(f"INSERT INTO data.t (f) VALUES ({value})")
    before = await db.fetch("SELECT * FROM data.t")
    with pytest.raises(Invalid) as refusal:
        await change("t", "f", **given)
    assert [p.code for p in refusal.value.problems] == [code]
    assert await db.fetch("SELECT * FROM data.t") == before


async def test_a_field_that_a_workflow_or_a_formula_uses_stays(make, database: Database, db: Connection):
    module = await make("cases", {"key": "status", "type": "text"}, {"key": "n", "type": "integer"},
                        {"key": "total", "type": "formula", "options": {"expression": "n + 1"}})  # fmt: skip
    draft = {
        "nodes": [
            {"key": "s", "block": "if", "config": {"filter": {"field": "case.status", "operator": "equals"}}}
        ]
    }
    await db.execute(ADD_DRAFT, module.id, draft)
    for key, named in (("status", "Välkomst"), ("n", "cases.total")):
        with pytest.raises(Conflict, match=named):
            await defining(database, lambda db, key=key: DEFINER.remove_field(db, "cases", key))
    with pytest.raises(Conflict, match="Välkomst"):
        await defining(database, lambda db: DEFINER.remove_module(db, "cases"))
    await db.execute("UPDATE whereupon.workflows SET state = 'archived'")
    await defining(database, lambda db: DEFINER.remove_field(db, "cases", "status"))
    assert "status" not in await columns(db, "data.cases")


async def test_a_published_use_counts_too(make, database: Database, db: Connection):
    await make("cases", {"key": "status", "type": "text"})
    await db.execute(ADD_PUBLISHED)
    with pytest.raises(Conflict, match="Aktiv"):
        await defining(database, lambda db: DEFINER.remove_field(db, "cases", "status"))


async def test_a_renamed_module_takes_its_references_along(make, database: Database, db: Connection):
    await make(
        "cases", {"key": "lines", "type": "line_items", "options": {"fields": [{"key": "x", "type": "text"}]}}
    )
    await make("notes", {"key": "case", "type": "reference", "options": {"target": "cases"}})
    await defining(
        database, lambda db: DEFINER.change_module(db, "cases", ModuleChange(key="tickets", label="Ärende"))
    )
    catalog = await load_catalog(db)
    assert catalog.module("notes").field("case").target == "tickets"
    assert catalog.module("cases_lines").field("parent").target == "tickets"
    await db.execute("INSERT INTO data.tickets DEFAULT VALUES")
    assert await db.fetchval("SELECT count(*) FROM whereupon.changes") == 1


async def test_removing_a_module_takes_its_lines_along_but_not_the_other_way(
    make, database: Database, db: Connection
):
    await make("cases", {"key": "lines", "type": "line_items", "options": {"fields": []}})
    with pytest.raises(Conflict):
        await defining(database, lambda db: DEFINER.remove_module(db, "cases_lines"))
    await defining(database, lambda db: DEFINER.remove_module(db, "cases"))
    assert await db.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'data'") == 0


async def test_what_every_record_has_cannot_be_removed(make, database: Database):
    await make("cases")
    for key in ("id", "created_at", "updated_at", "created_by"):
        with pytest.raises(Refused):
            await defining(database, lambda db, key=key: DEFINER.remove_field(db, "cases", key))
    with pytest.raises(Refused):
        await defining(database, lambda db: DEFINER.remove_module(db, "users"))


async def test_a_long_reader_does_not_make_writers_wait_behind_a_change(
    make, database: Database, db: Connection
):
    """The change gives up its place in the queue again and again, and is made once the reader ends."""
    await make("cases", {"key": "subject", "type": "text"})
    slowest, stop = 0.0, asyncio.Event()

    async def write() -> None:
        nonlocal slowest
        while not stop.is_set():
            started = time.monotonic()
            await db.execute("INSERT INTO data.cases (subject) VALUES ('x')")
            slowest = max(slowest, time.monotonic() - started)
            await asyncio.sleep(0.01)

    async with database.transaction() as reader:
        await reader.fetch("SELECT * FROM data.cases")
        writer = asyncio.create_task(write())
        wanted = FieldIn(key="extra", type="integer")
        changing = asyncio.create_task(defining(database, lambda db: DEFINER.add_field(db, "cases", wanted)))
        await asyncio.sleep(1.5)
        assert not changing.done()
    await changing
    stop.set()
    await writer
    assert slowest < 0.8
    assert "extra" in await columns(db, "data.cases")

"""A small world to ask conditions of: accounts, contacts, quotes with lines, tasks, and an attached shop table."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from whereupon.conditions import Kind, Scope, compile_condition
from whereupon.conditions.formula import compile_formula
from whereupon.conditions.values import INTEGER, JSON, TEXT, ValueType, reference
from whereupon.modules.catalog import Catalog, Field, Module

TABLES = """
CREATE TABLE data.accounts (id bigint PRIMARY KEY, name text, country text, manager bigint, credit numeric);
CREATE TABLE data.quotes (
  id bigint PRIMARY KEY, name text, notes text, amount numeric, quantity bigint, accepted boolean, due date,
  sent_at timestamptz, opens time, stage text, tags text[], account bigint, owner bigint);
CREATE TABLE data.quote_lines (id bigint PRIMARY KEY, parent bigint, product text, price numeric, pieces bigint);
CREATE TABLE data.tasks (id bigint PRIMARY KEY, quote bigint, title text, done boolean, hours numeric, due date);
CREATE TABLE public.shop_items (
  code char(5) PRIMARY KEY, label varchar(40), price real, sold_at timestamp, remark text, supplier bigint);
INSERT INTO whereupon.users (id, email, name, manager_id) VALUES
  (1, 'maria@example.org', 'María Sánchez', NULL), (2, 'nikos@example.org', 'Νίκος', 1);
INSERT INTO data.accounts VALUES
  (1, 'Οίκος ΑΕ', 'Greece', 2, 1000), (2, 'Øresund ApS', 'Denmark', NULL, NULL), (3, NULL, NULL, NULL, 5);
"""
STAGES = {
    "choices": [
        {"key": "draft", "label": "Draft"},
        {"key": "sent", "label": "Sent"},
        {"key": "won", "label": "Won"},
    ]
}


def field(key: str, kind: str, column: str | None = "", **options: Any) -> Field:
    label = options.pop("label", key.replace("_", " ").capitalize())
    read_only = options.pop("read_only", False)
    return Field(0, key, label, kind, key if column == "" else column, options=options, read_only=read_only)


def module(number: int, key: str, table: str, *fields: Field, **more: Any) -> Module:
    schema, name = table.split(".")
    given = {
        "key_columns": ("id",), "key_type": "bigint", "attached": False, "read_only": False, "system": False,
        "captured": True, "title_field": None, "owner_field": None, "parent_field": None,
    } | more  # fmt: skip
    label = key.rstrip("s").replace("_", " ").capitalize()
    known = {f.key: f for f in fields}
    return Module(number, key, label, f"{label}s", schema, name, fields=known, **given)


def formula(key: str, expression: str, result: str | None = None) -> Field:
    return field(key, "formula", None, expression=expression, result=result)


MODULES = (
    module(1, "users", "whereupon.users", field("id", "integer"), field("name", "text"), field("email", "email"),
           field("manager", "user", "manager_id"), attached=True, system=True, title_field="name"),
    module(2, "accounts", "data.accounts", field("id", "integer"), field("name", "text"), field("country", "text"),
           field("manager", "user"), field("credit", "money"), formula("half", "credit / 2"), title_field="name"),
    module(3, "quotes", "data.quotes", field("id", "integer"), field("name", "text"), field("notes", "long_text"),
           field("amount", "money"), field("quantity", "integer"), field("accepted", "boolean"), field("due", "date"),
           field("sent_at", "datetime"), field("opens", "time"), field("stage", "stage", **STAGES),
           field("tags", "multi_select", choices=["new", "big", "Ελλάδα"]), field("account", "reference", target="accounts"),
           field("owner", "user"), field("lines", "line_items", None, target="quote_lines"),
           formula("gross", "ROUND(amount * 1.24, 2)", "decimal"), formula("over", "gross > account.credit"),
           formula("loop_a", "loop_b + 1"), formula("loop_b", "loop_a + 1"),
           formula("total", "SUM(lines.price * lines.pieces)"), title_field="name"),
    module(4, "quote_lines", "data.quote_lines", field("id", "integer"), field("parent", "reference", target="quotes"),
           field("product", "text"), field("price", "money"), field("pieces", "integer"), parent_field="parent"),
    module(5, "tasks", "data.tasks", field("id", "integer"), field("quote", "reference", target="quotes"),
           field("title", "text"), field("done", "boolean"), field("hours", "decimal"), field("due", "date")),
    module(6, "shop_items", "public.shop_items", field("code", "text"), field("label", "text"),
           field("price", "decimal"), field("sold_at", "datetime"), field("remark", "text"),
           field("supplier", "reference", target="accounts"), key_columns=("code",), key_type="character(5)", attached=True),
)  # fmt: skip
OUTPUTS: dict[str, dict[str, ValueType]] = {
    "call": {"status": INTEGER, "body": JSON, "message": TEXT, "names": ValueType(Kind.TEXT_LIST)},
    "make": {"record": reference("accounts")},
}


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog({m.key: m for m in MODULES}, 1, {m.id: m for m in MODULES})


@pytest.fixture(scope="session")
def scope(catalog: Catalog) -> Scope:
    """Conditions on quotes, without a change."""
    return Scope(catalog, catalog.modules["quotes"], time_zone="Europe/Athens")


@pytest.fixture
async def world(db: asyncpg.Connection[Any]) -> asyncpg.Connection[Any]:
    await db.execute(TABLES)
    return db


QUOTE = (
    "name",
    "notes",
    "amount",
    "quantity",
    "accepted",
    "due",
    "sent_at",
    "opens",
    "stage",
    "tags",
    "account",
    "owner",
)
QUOTE_TYPES = "text, text, numeric, bigint, boolean, date, timestamptz, time, text, text[], bigint, bigint"


def values(row: dict[str, Any], kind: str = "data.quotes") -> str:
    """A row of quotes as SQL; what is not named is null."""
    from whereupon.conditions import literal

    columns = ", ".join(f"'{key}', {literal(value)}" for key, value in row.items())
    return f"jsonb_populate_record(NULL::{kind}, jsonb_build_object({columns}))"


Ask = Callable[..., Any]


@pytest.fixture
def held(world: asyncpg.Connection[Any], scope: Scope) -> Ask:
    """await held(condition, row, old=…, op=…): does the condition hold for such a quote?"""

    async def ask(condition: object, row: dict[str, Any], *, old: dict[str, Any] | None = None,
                  op: str | None = None, scope: Scope = scope, data: str | None = None) -> bool:  # fmt: skip
        if op is not None:
            scope = replace(scope, old="o", op=f"'{op}'::\"char\"")
        sql = compile_condition(condition, scope)
        source = f"FROM {values(row)} n, {values(old or {})} o"
        found = await world.fetchval(f"SELECT 1 {source} WHERE {sql}")
        return found == 1

    return ask


@pytest.fixture
def calculated(world: asyncpg.Connection[Any], scope: Scope) -> Ask:
    """await calculated("1 + 1", row): what the formula gives, as PostgreSQL writes it; None when missing."""

    async def ask(text: str, row: dict[str, Any] | None = None, scope: Scope = scope) -> str | None:
        value = compile_formula(text, scope)
        return await world.fetchval(f"SELECT ({value.sql})::text FROM {values(row or {})} n")

    return ask

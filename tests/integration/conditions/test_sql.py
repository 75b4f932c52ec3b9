"""The SQL itself: short, bare columns for indexes, and changed only on purpose (snapshot.sql beside this file)."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from whereupon.conditions import Scope, compile_condition
from whereupon.conditions.formula import compile_formula

SNAPSHOT = Path(__file__).with_name("snapshot.sql")
CONDITIONS: list[Any] = [
    {"field": "name", "operator": "equals", "value": "Maria"},
    {"field": "name", "operator": "not_contains", "value": "O'Brien\\"},
    {"field": "stage", "operator": "is_one_of", "value": ["sent", "won"]},
    {"field": "amount", "operator": "greater_than", "value": 100},
    {"field": "sent_at", "operator": "equals", "value": "2026-03-29"},
    {"field": "due", "operator": "less_than", "value": {"today": {"plus": -30}}},
    {"field": "account.manager.email", "operator": "is_not_empty"},
    {"field": "gross", "operator": "at_least", "value": {"field": "account.credit"}},
    {"field": "stage", "operator": "has_changed_to", "value": "sent"},
    {"field": "amount", "operator": "has_changed"},
    {"all": [{"field": "accepted", "operator": "equals", "value": True},
             {"any": [{"field": "tags", "operator": "contains", "value": "new"},
                      {"not": {"field": "name", "operator": "begins_with", "value": "x"}}]}]},
    {"children": "tasks.quote", "aggregate": "all", "where": {"field": "done", "operator": "equals", "value": True}},
    {"children": "lines", "aggregate": "sum", "field": "price", "operator": "at_least", "value": 10},
]  # fmt: skip
FORMULAS = [
    "ROUND(amount * 1.24, 2)",
    'IF(amount > 100, "A", "B")',
    "TODAY() + 3",
    "SUM(lines.price * lines.pieces)",
]


def test_the_sql_is_as_it_was(scope: Scope) -> None:
    """To accept a change, delete snapshot.sql and run this test twice."""
    changing = replace(scope, old="o", op="c.op")
    found = [compile_condition(c, changing) for c in CONDITIONS] + [
        compile_formula(f, scope).sql for f in FORMULAS
    ]
    written = "\n".join(found) + "\n"
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(written)
        pytest.fail("wrote snapshot.sql: read it, then run again")
    assert written == SNAPSHOT.read_text()


INDEXED: list[tuple[str, Any]] = [
    ("(lower(name) text_pattern_ops)", {"field": "name", "operator": "equals", "value": "Name 77"}),
    ("(lower(name) text_pattern_ops)", {"field": "name", "operator": "is_one_of", "value": ["name 7", "ΑΘΉΝΑ"]}),
    ("(lower(name) text_pattern_ops)", {"field": "name", "operator": "begins_with", "value": "name 77"}),
    ("(stage)", {"field": "stage", "operator": "equals", "value": "WON"}),
    ("(amount)", {"field": "amount", "operator": "between", "value": [3, 4.5]}),
    ("(sent_at)", {"field": "sent_at", "operator": "equals", "value": "2026-03-29"}),
    ("(due)", {"field": "due", "operator": "less_than", "value": {"dynamic": "yesterday"}}),
    ("(account)", {"field": "account", "operator": "equals", "value": 7}),
    ("USING gin (tags)", {"field": "tags", "operator": "contains", "value": "new"}),
]  # fmt: skip


@pytest.mark.parametrize(("index", "condition"), INDEXED, ids=lambda v: str(v)[:50])
async def test_a_positive_comparison_can_use_an_index(
    world: Any, scope: Scope, index: str, condition: Any
) -> None:
    """With sequential scans priced out, the plan shows whether an index fits at all."""
    await world.execute(
        "INSERT INTO data.quotes (id, name) SELECT i, 'Name ' || i FROM generate_series(1, 2000) i"
    )
    await world.execute(
        f"CREATE INDEX ON data.quotes {index if index.startswith('USING') else f'{index}'}; ANALYZE data.quotes"
    )
    await world.execute("SET enable_seqscan = off")
    plan = await world.fetch(
        f"EXPLAIN SELECT id FROM data.quotes n WHERE {compile_condition(condition, scope)}"
    )
    text = "\n".join(r[0] for r in plan)
    assert "Index Cond" in text, text


async def test_a_thousand_conditions_are_one_short_statement(world: Any, scope: Scope) -> None:
    import time

    changing = replace(scope, old="o", op="'U'")
    started = time.perf_counter()
    sqls = [
        compile_condition(
            {"all": [{"field": "stage", "operator": "has_changed_to", "value": "sent"},
                     {"field": "amount", "operator": "greater_than", "value": i},
                     {"field": "name", "operator": "contains", "value": f"customer {i}"}]}, changing)
        for i in range(1000)
    ]  # fmt: skip
    assert time.perf_counter() - started < 3
    assert max(map(len, sqls)) < 200
    cases = ", ".join(f"({i}, {sql})" for i, sql in enumerate(sqls))
    row = """jsonb_populate_record(NULL::data.quotes, '{"stage": "sent", "amount": 500, "name": "Customer 42"}')"""
    old = "jsonb_populate_record(NULL::data.quotes, '{}')"
    found = await world.fetch(
        f"SELECT i FROM {row} n, {old} o, LATERAL (VALUES {cases}) v(i, held) WHERE held"
    )
    assert [r["i"] for r in found] == [4, 42]

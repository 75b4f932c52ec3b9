"""Whatever is written where a constant may stand stays a constant, and whatever cannot be stored is refused."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from typing import Any

import pytest

from whereupon.conditions import Scope, check_condition, check_value, compile_value, literal
from whereupon.conditions.formula import check_formula
from whereupon.conditions.operators import OPERATORS, Right
from whereupon.errors import Invalid

HOSTILE = [
    "'", "''", "\\", "\\'", "'); DROP TABLE data.quotes; --", "$$; SELECT 1; $$", "%", "_", "%_%", "E'\\047'", '"', "{0}", "{zone}",
    "a\nb", "\t", "--", "/*", "*/ OR 1=1", "\u202e", "😀", "ﷺ", "\ufeff", "Ω'Ω", "%s", "$1", ":x", "\x01", "\x7f", "\\x27", "\\u0000",
]  # fmt: skip
TEXT_OPERATORS = [
    o.key for o in OPERATORS.values() if o.right is Right.ONE and "text" in o.takes and not o.of_change
]


@pytest.fixture(params=["on", "off"])
async def server(world: Any, request: Any) -> Any:
    """Also with standard_conforming_strings off, as a server may be set."""
    await world.execute(f"SET standard_conforming_strings = {request.param}")
    await world.execute("SET escape_string_warning = off")
    await world.execute("INSERT INTO data.quotes (id) VALUES (1)")
    return world


async def test_hostile_texts_come_back_as_they_were(server: Any, scope: Scope) -> None:
    for text in HOSTILE:
        assert await server.fetchval(f"SELECT {literal(text)}::text") == text
        assert await server.fetchval(f"SELECT {compile_value(text, scope).sql}") == text
        assert await server.fetchval(f"SELECT {literal({text: [text]})}") == {text: [text]}
        assert await server.fetchval(f"SELECT {literal([text, text])}") == [text, text]
        doubled = text.replace('"', '""')
        formula = {"formula": f'"{doubled}"'}
        assert await server.fetchval(f"SELECT {compile_value(formula, scope).sql}") == text


async def test_hostile_texts_are_constants_in_every_operator(server: Any, scope: Scope) -> None:
    from whereupon.conditions import compile_condition

    await server.execute("UPDATE data.quotes SET name = 'harmless'")
    for text in HOSTILE:
        await server.execute("UPDATE data.quotes SET notes = $1", text)
        for operator in TEXT_OPERATORS:
            sides = {}
            for field in ("name", "notes"):
                sql = compile_condition({"field": field, "operator": operator, "value": text}, scope)
                sides[field] = await server.fetchval(f"SELECT {sql} FROM data.quotes n")
            if operator not in ("less_than", "greater_than", "at_most", "at_least"):
                assert sides == {"name": "not_" in operator, "notes": "not_" not in operator}, (
                    operator,
                    text,
                )
        listed = compile_condition({"field": "notes", "operator": "is_one_of", "value": ["x", text]}, scope)
        assert await server.fetchval(f"SELECT {listed} FROM data.quotes n"), text


NAMES = [
    "name'",
    'name"',
    "name; DROP TABLE x",
    "name)",
    "n.name",
    "name::text",
    "(SELECT 1)",
    "name\0",
    "Ω",
    "",
    " ",
    "a" * 301,
]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_refused_wherever_a_name_stands(scope: Scope, name: str) -> None:
    known = {"operator": "equals", "value": 1}
    for condition in (
        {"field": name, **known},
        {"field": "name", "operator": name, "value": 1},
        {"field": "name", "operator": "equals", "value": {"field": name}},
        {"field": "name", "operator": "equals", "value": {"dynamic": name}},
        {"field": "due", "operator": "equals", "value": {"today": {"plus": 1, "unit": name}}},
        {"children": name, "aggregate": "any"},
        {"children": "tasks.quote", "aggregate": name, **known},
        {"children": "tasks.quote", "aggregate": "sum", "field": name, **known},
    ):
        assert check_condition(condition, scope), condition
    assert check_formula(f"{name}.x", scope)


STORABLE_NOT = ["\0", "a\0b", "\ud800", "x\udfff", "a" * 10_001]


@pytest.mark.parametrize("text", STORABLE_NOT, ids=ascii)
def test_texts_that_cannot_be_stored_are_refused(scope: Scope, text: str) -> None:
    for value in (text, [text], {"formula": f'"{text}"'}, {"a": text}):
        assert check_value(value, scope), value
    for document in ({text: 1}, [1, {"x": text}]):
        with pytest.raises(Invalid):
            literal_json(document)
    assert check_condition({"field": "name", "operator": "contains", "value": text}, scope)
    assert check_condition({"field": "tags", "operator": "contains", "value": [text]}, scope)


def literal_json(document: Any) -> str:
    from whereupon.conditions.values import quote_json

    return quote_json(document)


NUMBERS = [
    float("inf"),
    float("-inf"),
    float("nan"),
    10**61,
    1e300,
    1e-300,
    "1e5",
    "0x10",
    "٣",
    "1_000",
    "NaN",
    "Infinity",
    "5 --",
]


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_numbers_that_are_none_are_refused(scope: Scope, number: Any) -> None:
    assert check_condition({"field": "amount", "operator": "equals", "value": number}, scope)


DATES = [
    "2026-13-01",
    "0000-01-01",
    "10000-01-01",
    "infinity",
    "now",
    "today",
    "epoch",
    "2026-01-01'",
    "",
    20260101,
    "٢٠٢٦-٠١-٠١",
    None,
]


@pytest.mark.parametrize("day", DATES, ids=str)
def test_dates_that_are_none_are_refused(scope: Scope, day: Any) -> None:
    for field in ("due", "sent_at", "opens"):
        assert check_condition({"field": field, "operator": "equals", "value": day}, scope), field


SHAPES: list[Any] = [
    5, "x", [], True, {"all": {}}, {"all": [5]}, {"not": []}, {"all": [], "any": []}, {"field": "name"}, {"x": 1},
    {"field": ["name"], "operator": "equals"}, {"field": "name", "operator": "equals", "value": {"x": 1}},
    {"field": "name", "operator": "equals", "value": {"field": "name", "formula": "1"}},
    {"field": "name", "operator": "equals", "value": [[1]]}, {"field": "name", "operator": "equals", "value": {}},
    {"field": "due", "operator": "equals", "value": {"now": 5}}, {"children": "tasks.quote"}, {1: 2}, {"field": None},
    {"all": [{"field": "name", "operator": "is_empty"}] * 201},
    {"field": "name", "operator": "is_one_of", "value": ["x"] * 1001},
]  # fmt: skip


@pytest.mark.parametrize("document", SHAPES, ids=lambda d: str(d)[:40])
def test_documents_that_are_no_condition_give_problems_not_tracebacks(scope: Scope, document: Any) -> None:
    problems = check_condition(document, scope)
    assert problems
    assert all(p.path == "" or p.path.startswith("/") for p in problems)
    assert not any("tagged-union" in p.message + p.path or "<" in p.path for p in problems)


def test_conditions_are_bounded_in_depth(scope: Scope) -> None:
    document: Any = {"field": "name", "operator": "is_empty"}
    for _ in range(19):
        document = {"all": [document]}
    assert check_condition(document, scope) == []
    for _ in range(100_000):
        document = {"not": document}
    assert [p.code for p in check_condition(document, scope)] == ["too_deep"]


async def test_the_time_zone_is_quoted_too(world: Any, scope: Scope) -> None:
    from dataclasses import replace

    from whereupon.conditions import compile_condition

    crooked = replace(scope, time_zone="UTC'; DROP TABLE data.quotes; --")
    sql = compile_condition({"field": "due", "operator": "equals", "value": {"dynamic": "today"}}, crooked)
    assert "'UTC''; DROP" in sql

"""Groups, NOT, child records, earlier blocks' outputs and attached tables mean what a person expects."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from dataclasses import replace
from typing import Any

import pytest

from whereupon.conditions import Kind, Scope, ValueType, check_condition, compile_condition, fields_read
from whereupon.conditions.values import INTEGER, JSON, TEXT, reference

A = {"field": "name", "operator": "equals", "value": "a"}
B = {"field": "amount", "operator": "greater_than", "value": 5}


async def test_groups_nest(held: Any) -> None:
    either = {"any": [A, {"all": [B, {"not": A}]}]}
    assert await held(either, {"name": "A"})
    assert await held(either, {"amount": "6"})
    assert not await held(either, {"amount": "5"})
    assert await held({"all": []}, {})
    assert await held(None, {})
    assert await held({}, {})
    assert not await held({"not": {"all": []}}, {})


CHILDREN: list[tuple[dict[str, Any], list[int]]] = [
    # condition, the quotes that meet it: 1 has two done tasks, 2 one done and one not, 3 one unknown, 4 none
    ({"aggregate": "all", "where": {"field": "done", "operator": "equals", "value": True}}, [1]),
    ({"aggregate": "any", "where": {"field": "done", "operator": "equals", "value": True}}, [1, 2]),
    ({"aggregate": "none", "where": {"field": "done", "operator": "equals", "value": True}}, [3, 4]),
    ({"aggregate": "any"}, [1, 2, 3]),
    ({"aggregate": "none"}, [4]),
    ({"aggregate": "all", "where": {"not": {"field": "done", "operator": "equals", "value": True}}}, [3]),
    ({"aggregate": "count", "operator": "equals", "value": 0}, [4]),
    ({"aggregate": "count", "operator": "at_least", "value": 2}, [1, 2]),
    ({"aggregate": "count", "where": {"field": "title", "operator": "contains", "value": "Ω"},
      "operator": "greater_than", "value": {"field": "quantity"}}, [1]),
    ({"aggregate": "sum", "field": "hours", "operator": "greater_than", "value": 2.5}, [1]),
    ({"aggregate": "sum", "field": "hours", "operator": "equals", "value": 0}, [3, 4]),
    ({"aggregate": "max", "field": "hours", "operator": "at_least", "value": 2}, [1, 2]),
    ({"aggregate": "min", "field": "due", "operator": "less_than", "value": "2026-02-01"}, [1]),
    ({"aggregate": "min", "field": "due", "operator": "is_empty"}, [2, 3, 4]),
    ({"aggregate": "average", "field": "hours", "operator": "between", "value": [1.5, 1.5]}, [1]),
    ({"aggregate": "any", "where": {"field": "quote.name", "operator": "equals", "value": "Three"}}, [3]),
]  # fmt: skip
CHILD_ROWS = """
INSERT INTO data.quotes (id, name, quantity) VALUES (1, 'One', 1), (2, 'Two', 0), (3, 'Three', 0), (4, 'Four', 0);
INSERT INTO data.tasks (id, quote, title, done, hours, due) VALUES
  (1, 1, 'Ω', true, 1, '2026-01-01'), (2, 1, 'ω', true, 2, '2026-03-01'),
  (3, 2, 'x', true, 2, NULL), (4, 2, NULL, false, NULL, NULL), (5, 3, '', NULL, NULL, NULL)"""


async def test_child_records_are_asked_together(world: Any, scope: Scope) -> None:
    """All of no children does not hold: a project without tasks is not one whose tasks are all done."""
    await world.execute(CHILD_ROWS)
    for part, expected in CHILDREN:
        condition = {"children": "tasks.quote", **part}
        sql = compile_condition(condition, scope)
        rows = await world.fetch(f"SELECT id FROM data.quotes n WHERE {sql} ORDER BY id")
        assert [r["id"] for r in rows] == expected, condition
        sql = compile_condition({"not": condition}, scope)
        rows = await world.fetch(f"SELECT id FROM data.quotes n WHERE {sql} ORDER BY id")
        assert [r["id"] for r in rows] == [i for i in (1, 2, 3, 4) if i not in expected], condition


async def test_line_items_are_children_by_their_fields_name(world: Any, scope: Scope) -> None:
    await world.execute(
        "INSERT INTO data.quotes (id) VALUES (1); INSERT INTO data.quote_lines VALUES (1, 1, 'x', 2, 3)"
    )
    condition = {"children": "lines", "aggregate": "sum", "field": "price", "operator": "equals", "value": 2}
    assert await world.fetchval(f"SELECT {compile_condition(condition, scope)} FROM data.quotes n")


OUTPUTS: dict[str, dict[str, ValueType]] = {
    "call": {"status": INTEGER, "body": JSON, "message": TEXT, "names": ValueType(Kind.TEXT_LIST)},
    "make": {"record": reference("accounts")},
}
DATA = """'{"call": {"status": 200, "body": {"customer": {"email": "Ωmega@x.gr", "age": 41, "vip": true}}, "names": ["a"]},
           "make": {"record": 1}}'::jsonb"""
OUTPUT_CASES: list[tuple[str, str, Any, bool]] = [
    ("nodes.call.status", "equals", 200, True),
    ("nodes.call.message", "is_empty", None, True),
    ("nodes.call.message", "equals", "x", False),
    ("nodes.call.body.customer.email", "ends_with", "X.GR", True),
    ("nodes.call.body.customer.email", "equals", "ωmega@x.gr", True),
    ("nodes.call.body.customer.age", "greater_than", 40, True),
    ("nodes.call.body.customer.age", "greater_than", 41, False),
    ("nodes.call.body.customer.vip", "equals", True, True),
    ("nodes.call.body.customer.nope", "is_empty", None, True),
    ("nodes.call.body.customer.email", "greater_than", 5, False),
    ("nodes.call.names", "contains", "a", True),
    ("nodes.make.record.country", "equals", "greece", True),
    ("nodes.make.record", "equals", 1, True),
    ("user.manager.name", "begins_with", "MARÍA", True),
    ("owner", "equals", {"field": "user"}, True),
]


async def test_outputs_of_earlier_blocks_and_the_acting_user_are_values(world: Any, scope: Scope) -> None:
    rich = replace(scope, outputs=OUTPUTS, data=DATA, user="2")
    for field, operator, value, expected in OUTPUT_CASES:
        sql = compile_condition({"field": field, "operator": operator, "value": value}, rich)
        row = "jsonb_populate_record(NULL::data.quotes, '{\"owner\": 2}')"
        assert await world.fetchval(f"SELECT ({sql}) IS TRUE FROM {row} n") is expected, (field, operator)


ATTACHED: list[tuple[str, str, Any, bool]] = [
    ("price", "equals", 9.8, True),
    ("price", "is_one_of", [9.8], True),
    ("sold_at", "equals", "2026-01-06", True),
    ("code", "equals", "ab", True),
    ("label", "is_empty", None, True),
    ("label", "less_than", "x", False),
    ("remark", "not_equals", "x", True),
    ("supplier.name", "begins_with", "οίκ", True),
    ("id", "equals", "ab", True),
]


async def test_columns_of_attached_tables_compare_as_their_fields_say(world: Any, catalog: Any) -> None:
    await world.execute("INSERT INTO shop_items VALUES ('ab', '', 9.8, '2026-01-05 22:30', NULL, 1)")
    shop = Scope(catalog, catalog.modules["shop_items"], time_zone="Europe/Athens")
    for field, operator, value, expected in ATTACHED:
        sql = compile_condition({"field": field, "operator": operator, "value": value}, shop)
        assert await world.fetchval(f"SELECT ({sql}) IS TRUE FROM shop_items n") is expected, (
            field,
            operator,
        )


REFUSED: list[tuple[Any, str, str, str]] = [
    # condition, path, code, suggestion has
    ({"all": [A, {"field": "nmae", "operator": "is_empty"}]}, "/all/1/field", "unknown_field", "name"),
    ({"field": "name", "operator": "equal", "value": 1}, "/operator", "unknown_operator", "equals"),
    ({"field": "name", "operator": "equals", "value": 5}, "/value", "wrong_type", "quotes"),
    ({"field": "name", "operator": "equals", "value": ""}, "/value", "missing_value", "is empty"),
    ({"field": "name", "operator": "equals"}, "/value", "missing", "is_empty"),
    ({"field": "name", "operator": "is_empty", "value": 1}, "/value", "unknown_key", "out"),
    ({"field": "name", "operator": "equals", "value": ["a"]}, "/value", "wrong_type", "is_one_of"),
    ({"field": "name", "operator": "is_one_of", "value": []}, "/value", "wrong_count", ""),
    ({"field": "name", "operator": "is_one_of", "value": ["a", 5]}, "/value/1", "wrong_type", ""),
    ({"field": "amount", "operator": "between", "value": [1]}, "/value", "wrong_count", ""),
    ({"field": "amount", "operator": "begins_with", "value": "1"}, "/operator", "wrong_type", "less_than"),
    ({"field": "amount", "operator": "equals", "value": "1,5"}, "/value", "wrong_type", "12.5"),
    ({"field": "amount", "operator": "equals", "value": True}, "/value", "wrong_type", ""),
    ({"field": "amount", "operator": "equals", "value": {"field": "name"}}, "/value", "wrong_type", "VALUE"),
    ({"field": "amount", "operator": "equals", "value": {"formula": "1 +"}}, "/value/formula", "syntax", ""),
    ({"field": "amount", "operator": "equals", "value": {"field": "x"}}, "/value/field", "unknown_field", ""),
    ({"field": "due", "operator": "equals", "value": "31/12/2026"}, "/value", "wrong_type", "2026-03-31"),
    ({"field": "due", "operator": "equals", "value": "2026-02-30"}, "/value", "wrong_type", ""),
    ({"field": "due", "operator": "less_than", "value": {"today": {"plus": 1, "unit": "hours"}}},
     "/value/today/unit", "wrong_unit", "now"),
    ({"field": "due", "operator": "less_than", "value": {"now": {"plus": 99999, "unit": "years"}}},
     "/value/now/plus", "too_large", ""),
    ({"field": "stage", "operator": "equals", "value": "snet"}, "/value", "unknown_choice", "sent"),
    ({"field": "stage", "operator": "is_one_of", "value": ["won", "x"]}, "/value/1", "unknown_choice", "draft"),
    ({"field": "account", "operator": "equals", "value": "Greece"}, "/value", "wrong_type", "dot"),
    ({"field": "account", "operator": "equals", "value": {"field": "owner"}}, "/value", "wrong_type", "dot"),
    ({"field": "account", "operator": "less_than", "value": 5}, "/operator", "wrong_type", "equals"),
    ({"field": "lines", "operator": "is_empty"}, "/field", "many_values", "COUNT"),
    ({"field": "lines.price", "operator": "is_empty"}, "/field", "many_values", "SUM"),
    ({"field": "name..x", "operator": "is_empty"}, "/field", "unknown_field", "dots"),
    ({"field": "account" + ".manager" * 9, "operator": "is_empty"}, "/field", "too_deep", ""),
    ({"any": []}, "/any", "empty_group", ""),
    ({"children": "task.quote", "aggregate": "any"}, "/children", "unknown_children", "tasks.quote"),
    ({"children": "tasks.quote", "aggregate": "all"}, "/where", "missing", ""),
    ({"children": "tasks.quote", "aggregate": "any", "field": "x"}, "/field", "unknown_key", ""),
    ({"children": "tasks.quote", "aggregate": "sum", "operator": "equals", "value": 1}, "/field", "missing", ""),
    ({"children": "tasks.quote", "aggregate": "sum", "field": "title", "operator": "equals", "value": 1},
     "/field", "wrong_type", ""),
    ({"children": "tasks.quote", "aggregate": "count"}, "/operator", "missing", ""),
    ({"children": "tasks.quote", "aggregate": "count", "operator": "has_changed"}, "/operator", "no_change", ""),
    ({"children": "tasks.quote", "aggregate": "any", "where": {"field": "hoors", "operator": "is_empty"}},
     "/where/field", "unknown_field", "hours"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "path", "code", "hint"), REFUSED, ids=lambda v: str(v)[:40])
def test_wrong_conditions_are_refused_at_their_place(
    scope: Scope, condition: Any, path: str, code: str, hint: str
) -> None:
    problems = check_condition(condition, scope, "/config/filter")
    assert [(p.code, p.path) for p in problems] == [(code, "/config/filter" + path)]
    assert hint in (problems[0].suggestion or "")


def test_every_wrong_place_is_named_at_once(scope: Scope) -> None:
    wrong = {"any": [{"field": "x1", "operator": "is_empty"}, {"all": [{"field": "x2", "operator": "y"}, A]}]}
    paths = [p.path for p in check_condition(wrong, scope)]
    assert paths == ["/any/0/field", "/any/1/all/0/field", "/any/1/all/0/operator"]


def test_has_changed_of_a_linked_record_is_refused(scope: Scope) -> None:
    changing = replace(scope, old="o", op="c.op")
    (problem,) = check_condition({"field": "account.name", "operator": "has_changed"}, changing)
    assert problem.code == "no_change"
    assert '"account"' in (problem.suggestion or "")


def test_the_fields_read_are_all_that_the_verdict_depends_on(scope: Scope) -> None:
    condition = {"all": [
        {"field": "account.manager.email", "operator": "is_empty"},
        {"field": "amount", "operator": "less_than", "value": {"formula": "account.credit + quantity"}},
        {"children": "tasks.quote", "aggregate": "any", "where": {"field": "done", "operator": "equals", "value": True}},
    ]}  # fmt: skip
    assert fields_read(condition, scope) == {
        "quotes.account", "accounts.manager", "users.email", "quotes.amount", "quotes.quantity", "accounts.credit",
        "tasks.quote", "tasks.done"}  # fmt: skip


def test_without_a_record_only_outputs_and_the_user_have_names(scope: Scope) -> None:
    plain = replace(scope, module=None, outputs=OUTPUTS, data="r.data")
    (problem,) = check_condition({"field": "name", "operator": "is_empty"}, plain)
    assert problem.code == "no_record"
    assert check_condition({"field": "nodes.call.status", "operator": "equals", "value": 200}, plain) == []

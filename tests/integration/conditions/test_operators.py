"""What each operator means, for a value, a missing one, an empty one and one in another alphabet (C1, rule 7)."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from typing import Any

import pytest

from whereupon.conditions.operators import OPERATORS, Right
from whereupon.errors import Invalid

# field, operator, value: then rows that meet it, and rows that do not. {} has every field missing.
CASES: list[tuple[str, str, Any, list[Any], list[Any]]] = [
    ("name", "equals", "Maria", ["maria", "MARIA"], [None, "María", "Maria "]),
    ("name", "equals", "ΑΘΉΝΑ", ["Αθήνα", "αθήνα"], [None, "Αθηνα"]),
    ("name", "equals", "ΟΊΚΟΣ", ["οίκος", "Οίκος"], [None, "οικος"]),
    ("name", "not_equals", "Maria", [None, "María"], ["MARIA"]),
    ("name", "equals_exactly", "Maria", ["Maria"], [None, "maria"]),
    ("name", "not_equals_exactly", "Maria", [None, "maria"], ["Maria"]),
    ("name", "begins_with", "50%", ["50% off"], [None, "500", "a 50%"]),
    ("name", "begins_with", "Αθ", ["αθήνα"], [None, "Θ"]),
    ("name", "begins_with_exactly", "Ab", ["Abc"], [None, "abc"]),
    ("name", "ends_with", "_x", ["a_X"], [None, "aax", "_xa"]),
    ("name", "ends_with", "ήνα", ["ΑΘΉΝΑ"], [None, "ηνα"]),
    ("name", "ends_with_exactly", "Bc", ["aBc"], [None, "abc"]),
    ("name", "contains", "%", ["100% sure"], [None, "100 sure"]),
    ("name", "contains", "\\", ["a\\b"], [None, "ab"]),
    ("name", "contains", "θή", ["ΑΘΉΝΑ"], [None, "ΑΘΗΝΑ"]),
    ("name", "contains_exactly", "b", ["abc"], [None, "ABC"]),
    ("name", "not_contains", "b", [None, "acd"], ["aBc"]),
    ("name", "not_contains_exactly", "b", [None, "aBc"], ["abc"]),
    ("name", "less_than", "m", ["Anna", "ANNA"], [None, "Nikos"]),
    ("name", "is_empty", None, [None, ""], ["x", " "]),
    ("name", "is_not_empty", None, ["x", "Ω"], [None, ""]),
    ("name", "is_one_of", ["a", "Β"], ["A", "β"], [None, "c"]),
    ("name", "is_not_one_of", ["a", "b"], [None, "c"], ["A"]),
    ("name", "is_one_of_exactly", ["a", "b"], ["a"], [None, "A"]),
    ("name", "is_not_one_of_exactly", ["a", "b"], [None, "A"], ["a"]),
    ("name", "between", ["b", "d"], ["B", "c"], [None, "a", "e"]),
    ("amount", "equals", 5, ["5.00", "5"], [None, "5.01"]),
    ("amount", "equals", "5.50", ["5.5"], [None, "5"]),
    ("amount", "not_equals", 5, [None, "6"], ["5.0"]),
    ("amount", "less_than", 0, ["-0.01"], [None, "0"]),
    ("amount", "greater_than", 1.5, ["1.51"], [None, "1.5"]),
    ("amount", "at_most", 0.1, ["0.1"], [None, "0.1000001"]),
    ("amount", "at_least", 10, ["10"], [None, "9.99"]),
    ("amount", "between", [1, 2], ["1", "2"], [None, "0.99", "2.01"]),
    ("amount", "is_one_of", [1, 2.5], ["2.50"], [None, "2"]),
    ("amount", "greater_than", {"formula": "quantity * 2"}, [], [None, "6"]),
    ("quantity", "equals", 10**25, [], [None, 5]),
    ("quantity", "is_empty", None, [None], [0]),
    ("accepted", "equals", True, [True], [None, False]),
    ("accepted", "equals", False, [False], [None, True]),
    ("accepted", "not_equals", True, [None, False], [True]),
    ("due", "equals", "2026-03-29", ["2026-03-29"], [None, "2026-03-30"]),
    ("due", "less_than", {"dynamic": "today"}, ["2000-01-01"], [None, "2999-01-01"]),
    ("due", "greater_than", {"today": {"plus": 3}}, ["2999-01-01"], [None, "2000-01-01"]),
    ("due", "between", ["2026-01-01", "2026-01-31"], ["2026-01-31"], [None, "2026-02-01"]),
    ("due", "before_days_from_now", -30, ["2000-01-01"], [None, "2999-01-01"]),
    ("due", "after_days_from_now", 30, ["2999-01-01"], [None, "2000-01-01"]),
    # 2026-03-29 is the day on which Athens goes from +02 to +03.
    ("sent_at", "equals", "2026-03-29", ["2026-03-28T22:00:00+00:00", "2026-03-29T20:59:59+00:00"],
     [None, "2026-03-28T21:59:59+00:00", "2026-03-29T21:00:00+00:00"]),
    ("sent_at", "less_than", "2026-03-29", ["2026-03-28T21:59:00+00:00"], [None, "2026-03-28T22:00:00+00:00"]),
    ("sent_at", "greater_than", "2026-03-29", ["2026-03-29T21:00:00+00:00"], [None, "2026-03-29T20:00:00+00:00"]),
    ("sent_at", "at_most", "2026-03-29", ["2026-03-29T20:59:00+00:00"], [None, "2026-03-29T21:00:00+00:00"]),
    ("sent_at", "at_least", "2026-03-29", ["2026-03-28T22:00:00+00:00"], [None, "2026-03-28T21:00:00+00:00"]),
    ("sent_at", "equals", "2026-01-05T12:00", ["2026-01-05T10:00:00+00:00"], [None, "2026-01-05T12:00:00+00:00"]),
    ("sent_at", "less_than", {"now": {"plus": -1, "unit": "hours"}}, ["2000-01-01T00:00Z"], [None, "2999-01-01T00:00Z"]),
    ("sent_at", "before_days_from_now", 0, ["2000-01-01T00:00Z"], [None, "2999-01-01T00:00Z"]),
    ("sent_at", "is_one_of", ["2026-03-29", "2026-04-01"], ["2026-04-01T10:00Z"], [None, "2026-04-02T10:00Z"]),
    ("opens", "at_least", "09:30", ["09:30"], [None, "09:29:59"]),
    ("stage", "equals", "SENT", ["sent"], [None, "draft"]),
    ("stage", "is_one_of", ["sent", "won"], ["won"], [None, "draft"]),
    ("stage", "is_not_one_of", ["sent", "won"], [None, "draft"], ["won"]),
    ("stage", "begins_with", "SE", ["sent"], [None, "draft"]),
    ("tags", "contains", "new", [["new", "big"]], [None, [], ["big"]]),
    ("tags", "contains", ["new", "big"], [["big", "new"]], [None, ["new"]]),
    ("tags", "contains", "ελλάδα", [["Ελλάδα"]], [None, ["new"]]),
    ("tags", "not_contains", "new", [None, [], ["big"]], [["new"]]),
    ("tags", "is_one_of", ["new", "big"], [["big"]], [None, ["Ελλάδα"]]),
    ("tags", "equals", ["new", "big"], [["big", "new"]], [None, ["new"]]),
    ("tags", "is_empty", None, [None, []], [["new"]]),
    ("tags", "is_not_empty", None, [["new"]], [None, []]),
    ("account", "equals", 1, [1], [None, 2]),
    ("account", "not_equals", "1", [None, 2], [1]),
    ("account", "is_empty", None, [None], [1]),
    ("account", "is_one_of", [1, 2], [2], [None, 3]),
    ("account.country", "equals", "GREECE", [{"account": 1}], [{}, {"account": 2}, {"account": 3}]),
    ("account.country", "not_equals", "Greece", [{}, {"account": 2}, {"account": 3}], [{"account": 1}]),
    ("account.manager.manager.email", "ends_with", "@example.org", [{"account": 1}], [{}, {"account": 2}]),
    ("account.name", "begins_with", "øre", [{"account": 2}], [{}, {"account": 1}]),
    ("amount", "at_least", {"field": "account.credit"}, [{"amount": "1000", "account": 1}],
     [{}, {"amount": "5"}, {"amount": "5", "account": 1}, {"amount": "5", "account": 2}]),
    ("name", "contains", {"field": "notes"}, [{"name": "ABC", "notes": "b"}],
     [{}, {"name": "abc"}, {"notes": "b"}, {"name": "abc", "notes": ""}]),
    ("gross", "greater_than", 12, [{"amount": "10"}], [{}, {"amount": "9"}]),
    ("over", "equals", True, [{"amount": "900", "account": 1}], [{"amount": "800", "account": 1}, {}]),
]  # fmt: skip
ROWS = [
    (field, operator, value, row if isinstance(row, dict) else {field: row}, holds)
    for field, operator, value, met, unmet in CASES
    for rows, holds in ((met, True), (unmet, False))
    for row in rows
]


async def test_each_operator_holds_where_the_table_says(held: Any) -> None:
    wrong = []
    for field, operator, value, row, holds in ROWS:
        condition = {"field": field, "operator": operator, "value": value}
        if await held(condition, row) is not holds:
            wrong.append((condition, row))
        if await held({"not": condition}, row) is holds:
            wrong.append(({"not": condition}, row))
    assert wrong == []


def test_every_operator_is_in_the_table_of_cases() -> None:
    assert {o for _, o, *_ in CASES} | {"has_changed", "has_changed_to", "has_changed_from"} == set(OPERATORS)


async def test_every_operator_has_a_case_with_a_missing_value() -> None:
    for key in {o for _, o, *_ in CASES}:
        assert any(o == key and (f not in r or r[f] is None) for f, o, _, r, _ in ROWS), key


CHANGES: list[tuple[str, Any, str, Any, Any, bool]] = [
    # operator, value, operation, before, after, holds
    ("has_changed", None, "U", "a", "b", True),
    ("has_changed", None, "U", "a", "A", True),
    ("has_changed", None, "U", "a", "a", False),
    ("has_changed", None, "U", None, "Ω", True),
    ("has_changed", None, "U", "a", None, True),
    ("has_changed", None, "U", None, None, False),
    ("has_changed", None, "I", None, "a", True),
    ("has_changed", None, "I", None, None, False),
    ("has_changed", None, "D", "a", None, False),
    ("has_changed", None, "D", "a", "a", False),
    ("has_changed_to", "b", "U", "a", "B", True),
    ("has_changed_to", "b", "U", "b", "B", False),
    ("has_changed_to", "b", "U", "a", "c", False),
    ("has_changed_to", "b", "U", None, "b", True),
    ("has_changed_to", "b", "I", None, "b", True),
    ("has_changed_to", "b", "I", None, None, False),
    ("has_changed_to", "b", "D", "a", "b", False),
    ("has_changed_from", "a", "U", "A", "b", True),
    ("has_changed_from", "a", "U", "a", None, True),
    ("has_changed_from", "a", "U", "a", "A", False),
    ("has_changed_from", "a", "I", None, "b", False),
    ("has_changed_from", "a", "D", "a", None, False),
]


@pytest.mark.parametrize("op_known", [True, False])
async def test_has_changed_compares_the_record_before_and_after(
    held: Any, scope: Any, op_known: bool
) -> None:
    from dataclasses import replace

    from whereupon.conditions import compile_condition

    for operator, value, op, before, after, holds in CHANGES:
        condition = {"field": "name", "operator": operator, "value": value}
        case = (operator, op, before, after)
        if op_known:  # the operation as a literal, as a statement for one operation has it
            sql = compile_condition(condition, replace(scope, old="o", op=f"'{op}'"))
            assert "<> 'D'" not in sql
        assert await held(condition, {"name": after}, old={"name": before}, op=op) is holds, case
        assert await held({"not": condition}, {"name": after}, old={"name": before}, op=op) is not holds, case


async def test_a_number_written_differently_has_not_changed(held: Any) -> None:
    condition = {"field": "amount", "operator": "has_changed"}
    assert not await held(condition, {"amount": "5.0"}, old={"amount": "5"}, op="U")
    assert await held(condition, {"amount": "5.01"}, old={"amount": "5"}, op="U")
    assert await held(
        {"field": "gross", "operator": "has_changed"}, {"amount": "6"}, old={"amount": "5"}, op="U"
    )


async def test_the_value_before_is_a_value_too(held: Any) -> None:
    condition = {"field": "amount", "operator": "greater_than", "value": {"formula": "old.amount * 2"}}
    assert await held(condition, {"amount": "11"}, old={"amount": "5"}, op="U")
    assert not await held(condition, {"amount": "10"}, old={"amount": "5"}, op="U")


def test_each_operator_says_what_stands_on_its_right(scope: Any) -> None:
    from whereupon.conditions import check_condition

    for operator in OPERATORS.values():
        if operator.right is Right.NONE or operator.of_change:
            continue
        (problem,) = check_condition({"field": "name", "operator": operator.key}, scope, "/filter") or [None]
        assert problem is not None
        assert problem.path in ("/filter/value", "/filter/operator"), operator.key


async def test_has_changed_without_a_change_is_refused(held: Any) -> None:
    with pytest.raises(Invalid) as error:
        await held({"all": [{"field": "name", "operator": "has_changed"}]}, {})
    (problem,) = error.value.problems
    assert (problem.code, problem.path) == ("no_change", "/all/0/operator")
    assert "schedule" in (problem.suggestion or "")

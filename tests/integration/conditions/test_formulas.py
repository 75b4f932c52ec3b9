"""What formulas calculate, what they refuse, and that nothing in them can fail for one record."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from dataclasses import replace
from typing import Any

import pytest

from whereupon.conditions.describe import describe_functions, operators_by_field_type
from whereupon.conditions.formula import check_formula, compile_formula
from whereupon.conditions.functions import FUNCTIONS, ROWS
from whereupon.conditions.values import DATE, DATETIME, DECIMAL, INTEGER, TEXT
from whereupon.errors import Invalid


@pytest.mark.parametrize("function", [r for r in ROWS if r.value is not None], ids=lambda r: r.name)
async def test_the_example_of_each_function_gives_what_it_says(calculated: Any, function: Any) -> None:
    assert await calculated(function.example) == function.value


async def test_functions_of_the_clock_run_too(calculated: Any) -> None:
    for row in ROWS:
        if row.value is None:
            assert await calculated(row.example), row.name


VALUES: list[tuple[str, dict[str, Any], str | None]] = [
    # arithmetic, Excel's precedence
    ("1 + 2 * 3", {}, "7"), ("=(1 + 2) * 3", {}, "9"), ("-2 ^ 2", {}, "4.0000000000000000"), ("10 - 4 - 3", {}, "3"),
    ("50%", {}, "0.50000000000000000000"), ("0.1 + 0.2", {}, "0.3"), ("7 / 2", {}, "3.5000000000000000"),
    ("- -3", {}, "3"), ("2147483647 + 1", {}, "2147483648"), ("9223372036854775807 * 2", {}, "18446744073709551614"),
    ("quantity * 9223372036854775807", {"quantity": 10}, "92233720368547758070"), ("1e3 + .5", {}, "1000.5"),
    ("amount * 1.24", {"amount": "10.50"}, "13.0200"), ("amount * 1.24", {}, None), ("amount + 1", {"amount": None}, None),
    # what has no answer is missing
    ("1 / 0", {}, None), ("amount / quantity", {"amount": "5", "quantity": 0}, None), ("MOD(5, 0)", {}, None),
    ("SQRT(0 - 1)", {}, None), ("POWER(0, -1)", {}, None), ("POWER(-8, 0.5)", {}, None), ("10 ^ 101", {}, None),
    ('VALUE("abc")', {}, None), ('VALUE("1e5")', {}, None), ('VALUE("")', {}, None), ('VALUE("-٣")', {}, None),
    ("DATE(20000, 1, 1)", {}, None), ("TODAY() + 1000000000", {}, None), ("DATE(9999, 12, 31) + 1", {}, None),
    ("NOW() + 99999999", {}, None), ('FIND("x", "abc")', {}, None), ("LEFT(name, -1)", {"name": "a"}, None),
    ("EDATE(due, 10000000)", {"due": "2026-01-01"}, None), ("ROUND(1.5, 99999999999)", {}, "1.5" + "0" * 999),
    ("ROUND(1.5, quantity)", {"quantity": 10**15}, None),
    # text
    ('"a" & "b" & 1.50', {}, "ab1.5"), ('name & ""', {"name": "Αθήνα"}, "Αθήνα"), ('"x" & name', {}, "x"),
    ("due & \"\"", {"due": "2026-03-09"}, "2026-03-09"), ("accepted & \"\"", {"accepted": True}, "TRUE"),
    ("sent_at & \"\"", {"sent_at": "2026-03-29T01:00:00+00:00"}, "2026-03-29 04:00"),
    ('LEN(name)', {"name": "Ελλάδα"}, "6"), ("LEN(name)", {}, None), ("UPPER(name)", {"name": "señor"}, "SEÑOR"),
    ('LEFT("abc", 0)', {}, ""), ('LEFT("abc")', {}, "a"), ('RIGHT("abc", 9)', {}, "abc"), ('MID("abc", 2, 9)', {}, "bc"),
    ('SUBSTITUTE("a%b_c", "%", "")', {}, "ab_c"), ("SUBSTITUTE(name, \"\", \"x\")", {"name": "a"}, "a"),
    ('"a""b"', {}, 'a"b'), ('LEN(quantity)', {"quantity": 123}, "3"), ('TRIM(name)', {"name": " a  b\n"}, "a b"),
    ("MID(\"O'Brien\\\", 1, 8)", {}, "O'Brien\\"),
    # choice
    ('IF(amount > 100, "A", "B")', {"amount": "101"}, "A"), ('IF(amount > 100, "A", "B")', {}, "B"),
    ('IF(amount > 100, amount, "")', {"amount": "5"}, None), ("IF(accepted, 1)", {"accepted": False}, None),
    ("IF(accepted, 1, 2.5)", {"accepted": False}, "2.5"), ('IF(stage = "SENT", 1, 0)', {"stage": "sent"}, "1"),
    ("IFBLANK(name, stage)", {"stage": "won"}, "won"), ("IFBLANK(amount, 0)", {}, "0"),
    ("COALESCE(notes, name, \"Ω\")", {"notes": ""}, "Ω"), ("IFBLANK(1 / 0, -1)", {}, "-1"),
    # comparison is two-valued, as in conditions
    ("amount = 5", {}, "false"), ("amount <> 5", {}, "true"), ("NOT(amount = 5)", {}, "true"), ("AND(accepted)", {}, "false"),
    ("OR(accepted, 1 = 1)", {}, "true"), ('name = "ΑΘΉΝΑ"', {"name": "αθήνα"}, "true"), ('EXACT(name, "A")', {"name": "a"}, "false"),
    ("ISBLANK(name)", {"name": ""}, "true"), ("ISBLANK(amount)", {"amount": "0"}, "false"), ("ISBLANK(name)", {}, "true"),
    # several values
    ("SUM(amount, 2, quantity)", {"amount": "1.5"}, "3.5"), ("MIN(amount, quantity)", {"quantity": 3}, "3"),
    ("MAX(due, DATE(2026, 1, 1))", {"due": "2025-01-01"}, "2026-01-01"), ("AVERAGE(amount, quantity)", {}, None),
    ("COUNT(amount, name, 1)", {"name": ""}, "1"),
    # dates
    ("due + 3", {"due": "2026-02-27"}, "2026-03-02"), ("3 + due", {"due": "2026-02-27"}, "2026-03-02"),
    ("due - 1", {"due": "2026-03-01"}, "2026-02-28"), ("due + 3", {}, None), ("due - DATE(2026, 1, 1)", {"due": "2026-03-01"}, "59"),
    ("due + 1 - 1 + 2", {"due": "2026-03-01"}, "2026-03-03"), ("DATE(2026, 13, 32)", {}, "2027-02-01"),
    ("DATE(2026, 2, 0)", {}, "2026-01-31"), ("WEEKDAY(due)", {"due": "2026-03-08"}, "1"), ("WEEKDAY(due, 3)", {"due": "2026-03-08"}, None),
    ("NETWORKDAYS(DATE(2026, 3, 9), DATE(2026, 3, 6))", {}, "-2"), ("NETWORKDAYS(DATE(2026, 3, 7), DATE(2026, 3, 8))", {}, "0"),
    ("EDATE(DATE(2024, 2, 29), -12)", {}, "2023-02-28"), ("EOMONTH(DATE(2024, 2, 1), 0)", {}, "2024-02-29"),
    ('DATEDIF(due, DATE(2026, 3, 8), "y")', {"due": "2024-03-09"}, "1"), ('DATEDIF(due, DATE(2026, 3, 8), "D")', {"due": "2026-03-01"}, "7"),
    # local time: Athens is +02 in winter, +03 in summer
    ("HOUR(sent_at)", {"sent_at": "2026-01-05T22:30:00+00:00"}, "0"), ("DAY(sent_at)", {"sent_at": "2026-01-05T22:30:00+00:00"}, "6"),
    ("MINUTE(opens)", {"opens": "09:30"}, "30"), ("sent_at - sent_at", {"sent_at": "2026-01-05T00:00Z"}, "0.000000000000000000000000"),
    ("HOUR(sent_at + 1)", {"sent_at": "2026-03-28T10:00:00+00:00"}, "12"), ("sent_at > due", {"sent_at": "2026-01-05T22:30Z", "due": "2026-01-05"}, "true"),
    ("sent_at + 0.5 > sent_at", {"sent_at": "2026-01-05T22:30Z"}, "true"),
    # patterns
    ('TEXT(amount, "0.00")', {"amount": "-1234.567"}, "-1234.57"), ('TEXT(amount, "€ #,##0.00")', {"amount": "1234.5"}, "€ 1,234.50"),
    ('TEXT(0.256, "0%")', {}, "26%"), ('TEXT(7, "000")', {}, "007"), ('TEXT(amount, "0.00")', {}, None), ('TEXT(0, "0")', {}, "0"),
    ('TEXT(due, "dd/mm/yyyy")', {"due": "2026-03-09"}, "09/03/2026"), ('TEXT(due, "d mmmm yy, dddd")', {"due": "2026-03-09"}, "9 March 26, Monday"),
    ('TEXT(sent_at, "yyyy-mm-dd hh:mm:ss")', {"sent_at": "2026-01-05T22:30:05Z"}, "2026-01-06 00:30:05"), ('TEXT(opens, "h.mm")', {"opens": "09:05"}, "9.05"),
    ('TEXT(due, """Q"" yyyy")', {"due": "2026-03-09"}, "Q 2026"),
    # fields: linked, formulas, child records
    ("account.name & \" / \" & account.manager.name", {"account": 1}, "Οίκος ΑΕ / Νίκος"), ("account.half", {"account": 1}, "500.0000000000000000"),
    ("gross * 2", {"amount": "10"}, "24.80"), ("account.id", {"account": 2}, "2"),
]  # fmt: skip


async def test_formulas_give_what_the_table_says(calculated: Any) -> None:
    found = [(text, row, await calculated(text, row)) for text, row, _ in VALUES]
    assert found == VALUES


CHILDREN: list[tuple[str, str | None]] = [
    ("COUNT(lines)", "2"), ("SUM(lines.price * lines.pieces)", "30.0"), ("total", "30.0"), ("MAX(lines.price)", "10.0"),
    ("AVERAGE(lines.pieces)", "2.0000000000000000"), ("COUNT(lines.product)", "1"), ("COUNT(IF(lines.price > 5, 1))", "1"),
    ("SUM(tasks.quote.hours)", "3"), ("COUNT(tasks.quote)", "2"), ("MIN(tasks.quote.due)", None),
    ("SUM(lines.price / SUM(lines.price))", "1.00000000000000000000"), ("SUM(lines.price * quantity)", "45.0"),
    ("SUM(lines.pieces * lines.parent.quantity)", "12"), ("amount - SUM(lines.price)", "85.0"),
]  # fmt: skip


async def test_child_records_are_summed_and_counted(world: Any, scope: Any) -> None:
    await world.execute("""
        INSERT INTO data.quotes (id, amount, quantity) VALUES (1, 100, 3), (2, 100, 3);
        INSERT INTO data.quote_lines VALUES (1, 1, 'Β', 10.0, 2), (2, 1, NULL, 5.0, 2), (3, NULL, 'x', 99, 1);
        INSERT INTO data.tasks VALUES (1, 1, 'a', true, 3, NULL), (2, 1, 'b', NULL, NULL, NULL)""")
    for text, expected in CHILDREN:
        value = compile_formula(text, scope)
        found = await world.fetchval(f"SELECT ({value.sql})::text FROM data.quotes n WHERE id = 1")
        assert found == expected, text
    for text, expected in [("COUNT(lines)", "0"), ("SUM(lines.price)", "0"), ("AVERAGE(lines.price)", None)]:
        value = compile_formula(text, scope)
        assert await world.fetchval(f"SELECT ({value.sql})::text FROM data.quotes n WHERE id = 2") == expected


REFUSED: list[tuple[str, str, str, str | None]] = [
    # formula, code, where, suggestion has
    ("RUOND(1.5)", "unknown_function", "column 1:", "ROUND"), ("eval(name)", "unknown_function", "column 1:", None),
    ("1 + pg_sleep(10)", "unknown_function", "column 5:", None), ('IFERROR(1, 2)', "unknown_function", "column 1:", "IFBLANK"),
    ("amuont * 2", "unknown_field", "column 1:", "amount"), ("account.nmae", "unknown_field", "column 1:", "name"),
    ("country", "unknown_field", "column 1:", "account.country"), ("amount.x", "not_a_link", "column 1:", "amount"),
    ("record.amount", "unknown_field", "column 1:", '"amount"'), ("1 +\n nope", "unknown_field", "Line 2, column 2:", None),
    ('name + 1', "wrong_type", "column 6:", "&"), ("amount * name", "wrong_type", "column 8:", "VALUE"), ("name * account", "wrong_type", "column 6:", None),
    ("due + due", "wrong_type", "column 5:", "Subtract"), ("1 - due", "wrong_type", "column 3:", None), ('account & ""', "wrong_type", "column 9:", "dot"),
    ("UPPER(due)", "wrong_type", "column 1:", "TEXT"), ("IF(amount, 1, 2)", "wrong_type", "column 1:", None),
    ('IF(accepted, 1, "x")', "wrong_type", "column 1:", None), ('amount = ""', "missing_value", "column 8:", "ISBLANK"),
    ('stage = "snet"', "unknown_choice", "column 7:", "sent"), ("ROUND()", "wrong_count", "column 1:", "ROUND("), ("TODAY(1)", "wrong_count", "column 1:", None),
    ("lines", "many_values", "column 1:", "COUNT"), ("lines.price", "many_values", "column 1:", "SUM"), ("SUM(lines.nope)", "unknown_field", "column 5:", None),
    ("SUM(lines.product)", "wrong_type", "column 1:", None), ("SUM(lines.price, tasks.quote.hours)", "many_values", "column 1:", None),
    ("loop_a", "formula_circle", "column 1:", "circle"), ("old.amount", "no_change", "column 1:", "schedule"), ("user.email", "no_user", "column 1:", None),
    ("nodes.call.status", "unknown_output", "column 1:", None), ('TEXT(amount, name)', "wrong_value", "column 1:", None),
    ('TEXT(amount, "abc")', "wrong_value", "column 1:", None), ('TEXT(due, "qq")', "wrong_value", "column 1:", "double quotes"), ("true < false", "wrong_type", "column 6:", None),
    ('DATEDIF(due, due, name)', "wrong_value", "column 1:", None), ("name < 5", "wrong_type", "column 6:", None), ("SUM", "unknown_field", "column 1:", "SUM("),
    ("1" + "0" * 61, "too_large", "column 1:", None), ("x" * 4001, "too_long", "", None), ("", "empty", "", None), ("IF(" * 60, "too_deep", "column", None),
    ("+".join(["1"] * 300), "too_many", "", None), ("name; DROP TABLE data.quotes", "syntax", "column 5:", "commas"), ("'a' OR 1=1", "syntax", "column 1:", "double quotes"),
    ("amount::text", "syntax", "column 7:", None), ("__import__", "unknown_field", "column 1:", None), ("name -- comment", "unknown_field", "column", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "where", "hint"), REFUSED, ids=lambda v: str(v)[:24])
def test_mistakes_are_refused_with_their_place_and_a_suggestion(
    scope: Any, text: str, code: str, where: str, hint: str | None
) -> None:
    problem = check_formula(text, scope)[0]
    assert problem.code == code, problem
    assert where in problem.message
    assert hint is None or hint in (problem.suggestion or "")


def test_a_formula_has_the_type_that_its_parts_give(scope: Any) -> None:
    cases = {"1 + 2": INTEGER, "1 / 2": DECIMAL, "ROUND(amount)": INTEGER, "ROUND(amount, 2)": DECIMAL,
             "TODAY() + 1": DATE, "NOW() + 1": DATETIME, "due - due": INTEGER, "name & 1": TEXT, "quantity": INTEGER,
             "MIN(due, NOW())": DATETIME, "MOD(quantity, 2)": INTEGER, "SUM(lines.pieces)": INTEGER}  # fmt: skip
    assert {text: compile_formula(text, scope).type for text in cases} == cases


def test_a_formula_of_another_type_than_expected_is_refused(scope: Any) -> None:
    (problem,) = check_formula("amount / 3", scope, INTEGER)
    assert "ROUND" in (problem.suggestion or "")
    assert check_formula("quantity / 3", scope, DECIMAL) == []
    with pytest.raises(Invalid):
        compile_formula("name", scope, DECIMAL)


def test_a_formula_tells_every_field_that_it_reads(scope: Any) -> None:
    assert compile_formula("over", scope).reads == {
        "quotes.over", "quotes.gross", "quotes.amount", "quotes.account", "accounts.credit"}  # fmt: skip
    assert compile_formula("SUM(lines.price)", scope).reads == {"quote_lines.parent", "quote_lines.price"}


def test_formulas_that_read_formulas_cannot_explode(catalog: Any, scope: Any) -> None:
    from whereupon.modules.catalog import Catalog

    quotes = catalog.modules["quotes"]
    fields = dict(quotes.fields)
    for i in range(1, 40):
        before = f"f{i - 1} + f{i - 1}" if i > 1 else "amount + amount"
        fields[f"f{i}"] = replace(fields["gross"], key=f"f{i}", options={"expression": before})
    grown = replace(quotes, fields=fields)
    bigger = replace(scope, catalog=Catalog({**catalog.modules, "quotes": grown}, 2), module=grown)
    assert [p.code for p in check_formula("f39", bigger)] == ["too_large"]
    assert check_formula("f5", bigger) == []


def test_every_function_and_operator_is_described() -> None:
    assert {f["name"] for f in describe_functions()} == set(FUNCTIONS)
    assert all(f["doc"].endswith(".") and f["example"] for f in describe_functions())
    assert "begins_with" not in operators_by_field_type()["money"]

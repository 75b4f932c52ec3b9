"""How formulas are read: precedence, positions, and limits that nothing recursive is reached before."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

import pytest

from whereupon.conditions.syntax import Call, Chain, Comparison, Name, Number, Signed, Text, parse
from whereupon.errors import Invalid


def test_precedence_is_excels() -> None:
    tree = parse('=a & -2 ^ 2 <> "x""y" & 50%')
    assert isinstance(tree, Comparison)
    assert tree.operator == "<>"
    assert isinstance(tree.left, Chain)
    power = tree.left.rest[0][1]
    assert isinstance(power, Chain)
    assert isinstance(power.first, Signed)  # (-2) ^ 2
    assert isinstance(tree.right, Chain)
    assert tree.right.first == Text('x"y', 15)


def test_names_functions_and_positions() -> None:
    tree = parse("Sum(lines.price,\n 1)")
    assert tree == Call("SUM", (Name(("lines", "price"), 4), Number(1, 18)), 0)  # type: ignore[arg-type]


WRONG = [
    # formula, where, message has, suggestion has
    ("a == b", "column 4", '"="', "once"), ("a != b", "column 3", '"!"', "<>"), ("'x'", "column 1", "'", "double quotes"),
    ("1 +", "column 4", "too early", ""), ("ROUND(1", "column 8", "too early", "parenthesis"), ("a b", "column 3", '"b"', "operator"),
    ('"abc', "column 1", '"', "not closed"), ("F(1;2)", "column 4", ";", "commas"), ("\n\n  a $ b", "Line 3, column 5", "$", ""),
    ("Ελλάδα", "column 1", "Ε", ""), ("f(,)", "column 3", ",", ""), ("-" * 60 + "1", "column 51", "nested", ""), ("(" * 5000, "", "characters", ""),
    ("(" * 60, "column 51", "nested", ""), ("5 5", "column 3", "5", "operator"), ("{{ name }}", "column 1", "{", "braces"), (")", "column 1", ")", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "message", "hint"), WRONG, ids=lambda v: str(v)[:20])
def test_a_mistake_is_told_with_line_column_and_what_to_do(
    text: str, where: str, message: str, hint: str
) -> None:
    with pytest.raises(Invalid) as error:
        parse(text)
    (problem,) = error.value.problems
    assert where in problem.message
    assert message in problem.message
    assert hint in (problem.suggestion or "")


def test_an_operator_inside_a_text_is_text() -> None:
    assert parse('"(((((--' + "(" * 100 + '"') == Text("(((((--" + "(" * 100, 0)

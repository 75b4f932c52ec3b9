"""What a condition document may look like, and how a wrong one is told of."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from typing import Any

import pytest

from whereupon.conditions.tree import (
    All,
    AnyOf,
    Comparison,
    FieldValue,
    Not,
    TodayValue,
    parse_condition,
    parse_value,
)
from whereupon.errors import Invalid

LEAF = {"field": "name", "operator": "equals", "value": "Ω"}
WRONG: list[tuple[Any, str, str, str | None]] = [
    # document, pointer, code, suggestion
    ({"all": [{"feild": "a", "operator": "x"}]}, "/all/0", "unknown_shape", '"field"'),
    ({"any": [{"field": "a", "operater": "x", "operator": "y"}]}, "/any/0/operater", "unknown_key", '"operator"'),
    ({"field": "a"}, "/operator", "missing", None),
    ({"children": "x.y", "aggregate": "cuont"}, "/aggregate", "unknown_word", '"count"'),
    ({**LEAF, "value": {"today": {"plus": 1, "unti": "days"}}}, "/value/today/unti", "unknown_key", '"unit"'),
    ({**LEAF, "value": {"dynamic": "tomorow"}}, "/value/dynamic", "unknown_word", '"tomorrow"'),
    ({**LEAF, "value": {"fromula": "1"}}, "/value", "unknown_shape", '"formula"'),
    ({**LEAF, "value": [1, {"feild": "x"}]}, "/value/1", "unknown_shape", '"field"'),
    ({"all": "x"}, "/all", "wrong_type", None),
    ({"not": None}, "/not", "unknown_shape", None),
    ("Ελλάδα", "", "unknown_shape", None),
]  # fmt: skip


@pytest.mark.parametrize(("document", "pointer", "code", "suggestion"), WRONG, ids=lambda v: str(v)[:40])
def test_a_wrong_document_is_named_by_pointer_and_suggestion(
    document: Any, pointer: str, code: str, suggestion: str | None
) -> None:
    with pytest.raises(Invalid) as error:
        parse_condition(document)
    (problem,) = error.value.problems
    assert (problem.path, problem.code) == (pointer, code)
    assert suggestion is None or suggestion in (problem.suggestion or "")


def test_groups_leaves_and_values_are_told_apart() -> None:
    tree = parse_condition({"all": [LEAF, {"any": [{"not": LEAF}]}]})
    assert isinstance(tree, All)
    assert isinstance(tree.all[0], Comparison)
    assert isinstance(tree.all[1], AnyOf)
    assert isinstance(tree.all[1].any[0], Not)
    assert parse_value({"field": "a"}) == FieldValue(field="a")
    assert isinstance(parse_value({"today": {"plus": -3}}), TodayValue)
    assert parse_value(["Ω", 1, None]) == ["Ω", 1, None]
    assert parse_condition(None) == parse_condition({}) == All(all=[])


def test_a_pointer_escapes_what_a_key_may_contain() -> None:
    with pytest.raises(Invalid) as error:
        parse_condition({**LEAF, "a/b~c": 1})
    assert error.value.problems[0].path == "/a~1b~0c"

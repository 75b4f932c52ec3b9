"""A condition or value in words, without a record: "Amount is greater than 1,000 and Status is Done".

For people who look at a drawing, not for anything that decides: what is not understood is shown as it
is written, and what is long is cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.conditions.explain import children_words, choice_labels, field_of, label_of
from whereupon.conditions.operators import OPERATORS
from whereupon.conditions.paths import find_collection, linked
from whereupon.conditions.tree import (
    All,
    AnyOf,
    Children,
    Comparison,
    DynamicValue,
    FieldValue,
    FormulaValue,
    Not,
    NowValue,
    Offset,
    TodayValue,
    parse_condition,
    parse_value,
)
from whereupon.conditions.values import Scope
from whereupon.errors import Invalid
from whereupon.modules.catalog import Field

LONGEST = 140


def condition_words(condition: object, scope: Scope) -> str:
    """The condition as part of a sentence; "always" for one that always holds."""
    try:
        node = parse_condition(condition)
    except Invalid:
        return "a condition that is not complete"
    return shortened(_words(node, scope))


def value_words(value: object, scope: Scope, field: Field | None = None) -> str:
    """The value as people say it; `field`: whose choices its constants are."""
    try:
        found = parse_value(value)
    except Invalid:
        return "a value that is not complete"
    return shortened(_value(found, choice_labels(field) if field else {}, scope))


def shortened(text: str, most: int = LONGEST) -> str:
    """One line, cut where it is long.

    >>> shortened("a  b"), shortened("abcdef", 4)
    ('a b', 'abc…')
    """
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _words(node: object, scope: Scope) -> str:
    match node:
        case All(all=parts):
            return " and ".join(_inner(part, scope) for part in parts) or "always"
        case AnyOf(any=parts):
            return " or ".join(_inner(part, scope) for part in parts) or "never"
        case Not(negated=negated):
            return f"not ({_words(negated, scope)})"
        case Comparison():
            subject = label_of(node.field, scope)
            return _compared(subject, node.operator, node.value, _labels(node.field, scope), scope)
        case Children():
            return _children(node, scope)
        case _:
            return str(node)


def _inner(node: object, scope: Scope) -> str:
    """A group inside a group stands in brackets."""
    words = _words(node, scope)
    many = isinstance(node, All | AnyOf) and len(node.all if isinstance(node, All) else node.any) > 1
    return f"({words})" if many else words


def _compared(subject: str, operator: str | None, value: Any, labels: Mapping[str, str], scope: Scope) -> str:
    found = OPERATORS.get(operator or "")
    asked = found.label if found else (operator or "")
    return f"{subject} {asked} {_value(value, labels, scope) if value is not None else ''}".strip()


def _children(node: Children, scope: Scope) -> str:
    inner = find_collection(node.children.split("."), scope)
    where = ""
    if node.where is not None:
        there = linked(scope, inner.module) if inner else scope
        where = f" ({_words(node.where, there)})"
    subject = children_words(node, scope) + where
    return subject if node.operator is None else _compared(subject, node.operator, node.value, {}, scope)


def _value(value: Any, labels: Mapping[str, str], scope: Scope) -> str:
    match value:
        case FieldValue(field=path):
            return label_of(path, scope)
        case FormulaValue(formula=text):
            return f"= {text}"
        case TodayValue(today=offset):
            return _from("today", offset)
        case NowValue(now=offset):
            return _from("now", offset)
        case DynamicValue(dynamic=name):
            return name
        case list():
            return " or ".join(_value(item, labels, scope) for item in value[:5])  # pyright: ignore[reportUnknownVariableType]
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:,}"
        case str():
            return labels.get(value, value) if value else "nothing"
        case _:
            return str(value)


def _from(origin: str, offset: Offset) -> str:
    if offset.plus == 0:
        return origin
    unit = offset.unit.removesuffix("s") if abs(offset.plus) == 1 else offset.unit
    return f"{abs(offset.plus):,} {unit} {'after' if offset.plus > 0 else 'before'} {origin}"


def _labels(path: str | None, scope: Scope) -> dict[str, str]:
    found = field_of(path, scope) if path else None
    return choice_labels(found) if found else {}

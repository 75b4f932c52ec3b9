"""What a function's parameter accepts, and the type that several values have in common."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from whereupon.conditions.expressions import as_text, convert, local_day, mismatch, start_of_day
from whereupon.conditions.values import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    NOTHING,
    TEXT,
    Compiled,
    Kind,
    Scope,
    ValueType,
    literal,
)
from whereupon.errors import Invalid


def as_parameter(value: Compiled, kind: str, scope: Scope) -> str:
    """The SQL of a value as a parameter of that kind takes it. Raises Invalid when it does not fit."""
    return value.sql if kind == "any" else _PARAMETERS[kind](value, scope)


def _number(value: Compiled, scope: Scope) -> str:
    """In numeric, which neither overflows nor loses digits."""
    match value.type.kind:
        case Kind.DECIMAL:
            return value.sql
        case Kind.INTEGER:
            return f"{value.sql}::numeric"
        case Kind.JSON | Kind.NOTHING:
            return convert(value, DECIMAL, scope).sql
        case _:
            raise Invalid.of(mismatch(value, DECIMAL))


def _whole(value: Compiled, scope: Scope) -> str:
    if isinstance(value.constant, int | Decimal) and value.constant == int(value.constant):
        return literal(max(-1000, min(1000, int(value.constant))))
    return f"whereupon.formula_whole({_number(value, scope)})"


def _text(value: Compiled, scope: Scope) -> str:
    if value.type.is_number:
        return as_text(value, scope)
    return convert(value, TEXT, scope).sql


def _boolean(value: Compiled, scope: Scope) -> str:
    return convert(value, BOOLEAN, scope).sql


def _day(value: Compiled, scope: Scope) -> str:
    if value.type.kind not in (Kind.DATE, Kind.DATETIME):
        raise Invalid.of(mismatch(value, DATE))
    return local_day(value, scope)


def _clock(value: Compiled, scope: Scope) -> str:
    if value.type.kind is Kind.TIME:
        return value.sql
    if value.type.kind is not Kind.DATETIME:
        raise Invalid.of(mismatch(value, DATETIME))
    return f"({value.sql} AT TIME ZONE {literal(scope.time_zone)})"


_PARAMETERS: dict[str, Callable[[Compiled, Scope], str]] = {
    "number": _number, "whole": _whole, "text": _text, "boolean": _boolean, "day": _day, "clock": _clock,
}  # fmt: skip


def common(values: list[Compiled], scope: Scope) -> tuple[list[str], ValueType]:
    """The values as one type, and that type; a written-out "" is a missing value of any type."""
    blank = [v.type.kind is Kind.NOTHING or v.constant == "" for v in values]
    kinds = [v.type for v, b in zip(values, blank, strict=True) if not b]
    kind = _widest(kinds) if kinds else TEXT
    sqls = [
        _as_common(v, kind, scope) if not b else f"NULL::{kind.sql}"
        for v, b in zip(values, blank, strict=True)
    ]
    return sqls, kind


def _widest(kinds: list[ValueType]) -> ValueType:
    widest = kinds[0]
    for kind in kinds[1:]:
        if kind == widest:
            continue
        if kind.is_number and widest.is_number:
            widest = DECIMAL
        elif {kind.kind, widest.kind} == {Kind.DATE, Kind.DATETIME}:
            widest = DATETIME
        elif kind.kind is widest.kind and kind.kind in (Kind.TEXT, Kind.TEXT_LIST):
            widest = ValueType(kind.kind)
        else:
            raise Invalid.of(mismatch(Compiled("", kind), widest))
    return widest


def _as_common(value: Compiled, kind: ValueType, scope: Scope) -> str:
    if kind.is_number:
        return _number(value, scope)
    return start_of_day(value, scope) if kind.kind is Kind.DATETIME else value.sql


def joinable(values: list[Compiled], scope: Scope) -> Compiled:
    """The values as one text; missing ones are left out."""
    for value in values:
        if value.type.kind is Kind.REFERENCE:
            raise Invalid.of(mismatch(value, TEXT))
    texts = ["''" if v.type == NOTHING else as_text(v, scope) for v in values]
    reads = frozenset[str]().union(*(v.reads for v in values))
    return Compiled(f"concat({', '.join(texts)})", TEXT, reads)

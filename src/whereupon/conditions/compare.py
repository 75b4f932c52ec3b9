"""How two values are compared, once for conditions and formulas: types made to meet, text without case, days.

The SQL is three-valued: null when a value is missing, which in a filter is "does not hold".
"""

from __future__ import annotations

from typing import Literal

from whereupon.conditions.constants import one_of_choices
from whereupon.conditions.expressions import convert, linkable, local_day, mismatch, start_of_day
from whereupon.conditions.values import DECIMAL, TEXT, Compiled, Kind, Scope, ValueType, literal, refuse
from whereupon.errors import Invalid

Symbol = Literal["=", "<", "<=", ">", ">="]
ORDERED = (Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.TIME, Kind.DATETIME)


def compare(symbol: Symbol, left: Compiled, right: Compiled, scope: Scope, *, exactly: bool = False) -> str:
    """The SQL of `left symbol right`. Raises Invalid when the two cannot be compared."""
    refuse_missing(left, right)
    left, right = meet(left, right, scope)
    if symbol != "=" and left.type.kind not in ORDERED:
        refuse("wrong_type", f"{_capital(left.type.noun)} is neither less nor greater than another.")
    match left.type.kind, right.type.kind:
        case Kind.DATETIME, Kind.DATE:
            return _moment_and_day(symbol, left, right, scope)
        case Kind.DATE, Kind.DATETIME:
            return f"{left.sql} {symbol} {local_day(right, scope)}"
        case Kind.TEXT, Kind.TEXT:
            one, other = texts(left, right, exactly=exactly, ordered=symbol != "=")
            return f"{one} {symbol} {other}"
        case Kind.TEXT_LIST, Kind.TEXT_LIST:
            return f"({left.sql} @> {right.sql} AND {left.sql} <@ {right.sql})"
        case _:
            return f"{left.sql} {symbol} {right.sql}"


def is_among(left: Compiled, rights: list[Compiled], scope: Scope, *, exactly: bool = False) -> str:
    """The SQL of "left equals one of these", short where the values are plain."""
    refuse_missing(left, *rights)
    pairs = [meet(left, right, scope) for right in rights]
    kinds = {(one.type.kind, other.type.kind) for one, other in pairs}
    if kinds == {(Kind.TEXT, Kind.TEXT)}:
        pairs_sql = [texts(one, other, exactly=exactly) for one, other in pairs]
    elif len(kinds) == 1 and left.type.kind is not Kind.JSON and not kinds & DAY_AND_MOMENT:
        pairs_sql = [(one.sql, other.sql) for one, other in pairs]
    else:
        return f"({' OR '.join(compare('=', left, r, scope, exactly=exactly) for r in rights)})"
    if len({one for one, _ in pairs_sql}) > 1:
        return f"({' OR '.join(f'{one} = {other}' for one, other in pairs_sql)})"
    return f"{pairs_sql[0][0]} IN ({', '.join(other for _, other in pairs_sql)})"


DAY_AND_MOMENT = {(Kind.DATE, Kind.DATETIME), (Kind.DATETIME, Kind.DATE), (Kind.TEXT_LIST, Kind.TEXT_LIST)}


def texts(
    left: Compiled, right: Compiled, *, exactly: bool = False, ordered: bool = False
) -> tuple[str, str]:
    """Two texts as they are compared: to the letter, or without case."""
    if exactly or _same_choices(left, right):
        return left.sql, right.sql
    return folded(left, ordered=ordered), folded(right, ordered=ordered)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def refuse_missing(*values: Compiled) -> None:
    """A written-out empty value can only be asked for with "is empty". Raises Invalid."""
    if any(v.type.kind is Kind.NOTHING or v.constant in ("", []) for v in values):
        hint = 'Use "is empty" or "is not empty" (in a formula: ISBLANK).'
        refuse("missing_value", "Nothing can be compared with an empty value.", hint)


def _same_choices(left: Compiled, right: Compiled) -> bool:
    """A select compared with one of its own keys: exact, so that an index can serve it."""
    return left.type.choices is not None and left.type.choices == right.type.choices


def folded(value: Compiled, *, ordered: bool = False) -> str:
    """A text without its case; for an order, an empty text is a missing one."""
    written = value.constant if isinstance(value.constant, str) else None
    if written is not None and written.isascii() and written == written.lower():
        return literal(written)  # already folded, whatever the database's locale
    return f"nullif(lower({value.sql}), '')" if ordered and written is None else f"lower({value.sql})"


def meet(left: Compiled, right: Compiled, scope: Scope) -> tuple[Compiled, Compiled]:
    """The two as types that SQL can compare. Raises Invalid when there is no honest way."""
    one, other = left.type, right.type
    if one.kind is other.kind is Kind.TEXT:
        return _chosen(left, right)
    if one.kind is other.kind and one.kind not in (Kind.REFERENCE, Kind.JSON):
        return left, right
    if (one.is_number and other.is_number) or {one.kind, other.kind} == {Kind.DATE, Kind.DATETIME}:
        return left, right
    if linkable(one, other):
        return left, right
    if one.kind is Kind.JSON:
        return convert(left, _from_json(other), scope), _plain(right, scope)
    if other.kind is Kind.JSON:
        return left, convert(right, _from_json(one), scope)
    raise Invalid.of(mismatch(right, one))


def _from_json(wanted: ValueType) -> ValueType:
    """What structured data is read as: a number, or what the other side is, or text."""
    if wanted.is_number:
        return DECIMAL
    return TEXT if wanted.kind is Kind.JSON else wanted


def _plain(value: Compiled, scope: Scope) -> Compiled:
    return convert(value, TEXT, scope) if value.type.kind is Kind.JSON else value


def _chosen(left: Compiled, right: Compiled) -> tuple[Compiled, Compiled]:
    """A written-out text beside a select must be one of its choices, on whichever side it stands."""
    if left.type.choices and isinstance(right.constant, str) and right.type.choices is None:
        key = one_of_choices(right.constant, left.type)
        return left, Compiled(literal(key), left.type, right.reads, key)
    if right.type.choices and isinstance(left.constant, str) and left.type.choices is None:
        key = one_of_choices(left.constant, right.type)
        return Compiled(literal(key), right.type, left.reads, key), right
    return left, right


def _moment_and_day(symbol: Symbol, left: Compiled, right: Compiled, scope: Scope) -> str:
    """A date with time against a day: the local day that it falls on; written as ranges, for indexes."""
    begins, ends = start_of_day(right, scope), start_of_day(right, scope, plus=1)
    match symbol:
        case "=":
            return f"({left.sql} >= {begins} AND {left.sql} < {ends})"
        case "<" | ">=":
            return f"{left.sql} {symbol} {begins}"
        case ">":
            return f"{left.sql} >= {ends}"
        case "<=":
            return f"{left.sql} < {ends}"

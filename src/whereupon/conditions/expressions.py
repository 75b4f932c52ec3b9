"""What is compared with or stored: constants, fields, formulas, days and moments, as SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whereupon.conditions.constants import INTEGER_KEYS, constant
from whereupon.conditions.paths import compile_path
from whereupon.conditions.tree import (
    DynamicValue,
    FieldValue,
    FormulaValue,
    NowValue,
    Offset,
    TodayValue,
    parse_value,
)
from whereupon.conditions.values import (
    DATE,
    DATETIME,
    TEXT,
    Compiled,
    Kind,
    Scope,
    ValueType,
    literal,
    refuse,
)
from whereupon.errors import Invalid, Problem


def compile_value(value: Any, scope: Scope, expected: ValueType | None = None) -> Compiled:
    """The SQL of a value document, of the expected type if one is given. Raises Invalid.

    Unlike inside a condition, the SQL stands on its own: a constant carries its type.
    """
    found = compile_operand(value, scope, expected)
    if expected is not None:
        return convert(found, expected, scope)
    if found.constant is None or found.type.kind not in (Kind.TEXT, Kind.INTEGER):
        return found
    return Compiled(f"{found.sql}::{_roomy(found)}", found.type, found.reads, found.constant)


def _roomy(value: Compiled) -> str:
    whole = isinstance(value.constant, int) and abs(value.constant) >= 2**63
    return "numeric" if whole else value.type.sql


def check_value(value: Any, scope: Scope, expected: ValueType | None = None, path: str = "") -> list[Problem]:
    """What is wrong with a value document found at `path`; an empty list when nothing is."""
    try:
        compile_value(value, scope, expected)
    except Invalid as error:
        return [p.under(path) for p in error.problems]
    return []


def compile_operand(value: Any, scope: Scope, expected: ValueType | None = None) -> Compiled:
    """The SQL of a value as it is; `expected` only says how to read a constant."""
    match parse_value(value):
        case FieldValue(field=path):
            return _at("/field", lambda: compile_path(path, scope))
        case FormulaValue(formula=text):
            from whereupon.conditions.formula import compile_formula  # late: the parser is built on first use

            return _at("/formula", lambda: compile_formula(text, scope))
        case NowValue(now=offset):
            return Compiled(moment(offset, scope), DATETIME)
        case TodayValue(today=offset):
            return Compiled(day(offset, scope), DATE)
        case DynamicValue(dynamic="now"):
            return Compiled("now()", DATETIME)
        case DynamicValue(dynamic=name):
            return Compiled(day(Offset(plus=NAMED_DAYS[name]), scope), DATE)
        case plain:
            return constant(plain, expected, scope)


NAMED_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


def _at(pointer: str, compiled: Callable[[], Compiled]) -> Compiled:
    try:
        return compiled()
    except Invalid as error:
        raise Invalid.of(*(p.under(pointer) for p in error.problems)) from None


def today(scope: Scope) -> str:
    """The day that it is in the scope's time zone."""
    return f"(now() AT TIME ZONE {literal(scope.time_zone)})::date"


def day(offset: Offset, scope: Scope) -> str:
    """So many days, weeks, months or years from today; the last day of a month that is too short."""
    if offset.unit in ("minutes", "hours"):
        message = f"A day cannot be counted in {offset.unit}."
        refuse("wrong_unit", message, 'Use "now" instead of "today".', "/today/unit")
    if offset.unit in ("days", "weeks"):
        days = offset.plus * (7 if offset.unit == "weeks" else 1)
        return f"({today(scope)} + {literal(days)})" if days else today(scope)
    _check_years(offset, "today")
    return f"({today(scope)} + interval '{offset.plus} {offset.unit}')::date"


def moment(offset: Offset, scope: Scope) -> str:
    """So long from now: hours are hours, days keep the time on the clock across a change to summer time."""
    _check_years(offset, "now")
    if not offset.plus:
        return "now()"
    if offset.unit in ("minutes", "hours"):
        return f"(now() + interval '{offset.plus} {offset.unit}')"
    zone = literal(scope.time_zone)
    return f"((now() AT TIME ZONE {zone} + interval '{offset.plus} {offset.unit}') AT TIME ZONE {zone})"


def _check_years(offset: Offset, name: str) -> None:
    """Keep what is counted within the years that a date can have."""
    years = abs(offset.plus) / {"weeks": 52, "months": 12, "years": 1}.get(offset.unit, 365)
    if years > 1_000:
        refuse("too_large", f"{offset.plus} {offset.unit} is more than 1,000 years.", None, f"/{name}/plus")


def local_day(value: Compiled, scope: Scope) -> str:
    """The day of a date or date with time, in the scope's time zone."""
    if value.type.kind is Kind.DATE:
        return value.sql
    return f"({value.sql} AT TIME ZONE {literal(scope.time_zone)})::date"


def start_of_day(value: Compiled, scope: Scope, plus: int = 0) -> str:
    """The moment at which a day begins, in the scope's time zone; a date with time is itself."""
    if value.type.kind is not Kind.DATE:
        return value.sql
    begins = f"({value.sql} + {plus})" if plus else value.sql
    return f"({begins}::timestamp AT TIME ZONE {literal(scope.time_zone)})"


def as_text(value: Compiled, scope: Scope) -> str:
    """A value as it reads in a sentence: 12.5, 2026-03-31, 2026-03-31 14:00, TRUE."""
    match value.type.kind:
        case Kind.TEXT:
            return value.sql
        case Kind.DECIMAL | Kind.INTEGER:
            return f"trim_scale(({value.sql})::numeric)::text"
        case Kind.BOOLEAN:
            return f"upper(({value.sql})::text)"
        case Kind.DATE:
            return f"to_char({value.sql}, 'YYYY-MM-DD')"
        case Kind.TIME:
            return f"to_char({value.sql}, 'HH24:MI')"
        case Kind.DATETIME:
            return f"to_char({value.sql} AT TIME ZONE {literal(scope.time_zone)}, 'YYYY-MM-DD HH24:MI')"
        case Kind.TEXT_LIST:
            return f"array_to_string({value.sql}, ', ')"
        case Kind.JSON:
            return f"({value.sql} #>> '{{}}')"
        case _:
            return f"({value.sql})::text"


def convert(value: Compiled, expected: ValueType, scope: Scope) -> Compiled:
    """The value as the expected type, where nothing is lost or guessed. Raises Invalid otherwise."""
    sql = _converted(value, expected, scope)
    if sql is None:
        raise Invalid.of(mismatch(value, expected))
    return Compiled(sql, expected, value.reads, value.constant)


def _converted(value: Compiled, expected: ValueType, scope: Scope) -> str | None:
    match value.type.kind, expected.kind:
        case Kind.NOTHING, _:
            return f"NULL::{expected.sql}"
        case (Kind.INTEGER, Kind.INTEGER) | (Kind.INTEGER | Kind.DECIMAL, Kind.DECIMAL):
            return f"{value.sql}::{expected.sql}"
        case Kind.DATE, Kind.DATETIME:
            return start_of_day(value, scope)
        case Kind.DATETIME, Kind.DATE:
            return local_day(value, scope)
        case Kind.TEXT, Kind.TEXT:
            return f"{value.sql}::text" if value.constant is not None else value.sql
        case Kind.TEXT, Kind.TEXT_LIST:
            return f"ARRAY[{value.sql}]::text[]"
        case Kind.JSON, Kind.TEXT:
            return as_text(value, scope)
        case Kind.JSON, Kind.DECIMAL:
            return f"whereupon.formula_value({as_text(value, scope)})"
        case Kind.JSON, Kind.BOOLEAN:
            return f"({value.sql} = 'true')"
        case Kind.JSON, Kind.JSON:
            return value.sql
        case _, Kind.JSON:
            return f"to_jsonb({value.sql}{'::text' if value.type == TEXT else ''})"
        case one, other:
            if linkable(value.type, expected):
                return value.sql if value.constant is None else f"{value.sql}::{expected.sql}"
            return value.sql if one is other and one is not Kind.REFERENCE else None


def linkable(one: ValueType, other: ValueType) -> bool:
    """Whether one may be put where the other is expected, when a link is among them."""
    if one.kind is Kind.REFERENCE and other.kind is Kind.REFERENCE:
        return one.module == other.module
    link, key = (one, other) if one.kind is Kind.REFERENCE else (other, one)
    if link.kind is not Kind.REFERENCE:
        return False
    return key.kind is (Kind.INTEGER if link.key_type in INTEGER_KEYS else Kind.TEXT)


def mismatch(value: Compiled, expected: ValueType) -> Problem:
    """The problem that a value has another type than is needed, and what to do about it."""
    message = f"This is {value.type.noun}; {expected.noun} is needed."
    return Problem("wrong_type", message, suggestion=_remedy(value.type, expected))


def _remedy(given: ValueType, expected: ValueType) -> str | None:
    if given.kind is Kind.REFERENCE:
        return f"Name a field of {given.module}, with a dot after the link."
    if expected.kind is Kind.INTEGER and given.kind is Kind.DECIMAL:
        return "Round it first: ROUND(…, 0)."
    if expected.kind is Kind.TEXT:
        return 'Make it a text: TEXT(…, "0.00") or … & "".'
    if given.kind is Kind.TEXT and expected.is_number:
        return "Read it as a number: VALUE(…)."
    return None

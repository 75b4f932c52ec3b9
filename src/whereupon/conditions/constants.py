"""What a written-out value means for a field of some type: "2026-03-01" is a day, "Sent" one of the choices.

Nothing is guessed: a value that does not fit is refused here, when it is saved, not when records meet it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from whereupon.conditions.values import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    JSON,
    NOTHING,
    TEXT,
    TEXT_LIST,
    TIME,
    Compiled,
    Kind,
    Scope,
    ValueType,
    literal,
    quote_json,
    refuse,
)
from whereupon.errors import did_you_mean

T = TypeVar("T")
NUMBER = re.compile(r"[+-]?\d{1,60}(\.\d{1,60})?", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
KEY_NUMBER = re.compile(r"-?\d{1,19}", re.ASCII)
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
INTEGER_KEYS = ("bigint", "integer", "smallint")


def constant(value: Any, expected: ValueType | None, scope: Scope) -> Compiled:
    """The SQL of a constant, typed as `expected` or, without that, as what it looks like.

    A day given for a date with time stays a day: what that means depends on who compares or stores it.
    """
    if value is None:
        return Compiled("NULL", NOTHING)
    if expected is None or expected.kind is Kind.NOTHING:
        return _as_it_looks(value)
    return _READERS[expected.kind](value, expected, scope)


LOOKS: tuple[tuple[type, ValueType], ...] = (
    (bool, BOOLEAN), (int, INTEGER), (float, DECIMAL), (Decimal, DECIMAL), (str, TEXT),
    (datetime, DATETIME), (date, DATE), (time, TIME),
)  # fmt: skip


def _as_it_looks(value: Any) -> Compiled:
    found = next((kind for looks, kind in LOOKS if isinstance(value, looks)), None)
    if found is not None:
        return Compiled(literal(value), found, constant=value)
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):  # pyright: ignore[reportUnknownVariableType]
        return Compiled(literal(list[str](value)), TEXT_LIST, constant=value)  # pyright: ignore[reportUnknownArgumentType]
    return Compiled(quote_json(value), JSON, constant=value)  # pyright: ignore[reportUnknownArgumentType]


def _misfit(value: Any, expected: ValueType, example: str) -> NoReturn:
    refuse("wrong_type", f"{_shown(value)} is not {expected.noun}.", f"For example {example}.")


def _shown(value: Any) -> str:
    written = repr(value) if not isinstance(value, str) else f'"{value}"'
    return written if len(written) <= 60 else written[:57] + "…"


def _text(value: Any, expected: ValueType, scope: Scope) -> Compiled:
    if not isinstance(value, str):
        _misfit(value, expected, f'"{value}", in quotes')
    chosen = one_of_choices(value, expected) if value else value
    return Compiled(literal(chosen), expected if expected.choices else TEXT, constant=chosen)


def one_of_choices(value: str, expected: ValueType) -> str:
    """The choice that is meant, ignoring case; any text where there are no choices."""
    if expected.choices is None or value in expected.choices:
        return value
    found = next((c for c in expected.choices if c.lower() == value.lower()), None)
    if found is None:
        hint = did_you_mean(value, expected.choices) or f"The choices: {', '.join(expected.choices[:20])}."
        refuse("unknown_choice", f"{_shown(value)} is not one of the choices.", hint)
    return found


def _number(value: Any, expected: ValueType, scope: Scope) -> Compiled:
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        _misfit(value, expected, "12.5")
    written = literal(value)
    return Compiled(written, DECIMAL if "." in written else INTEGER, constant=value)


def _boolean(value: Any, expected: ValueType, scope: Scope) -> Compiled:
    if not isinstance(value, bool):
        _misfit(value, expected, "true or false, without quotes")
    return Compiled(literal(value), BOOLEAN, constant=value)


def _date(value: Any, expected: ValueType, scope: Scope) -> Compiled:
    if isinstance(value, date) and not isinstance(value, datetime):
        return Compiled(literal(value), DATE, constant=value)
    day = _parsed(date.fromisoformat, value, expected, '"2026-03-31"')
    return Compiled(literal(day), DATE, constant=day)


def _datetime(value: Any, expected: ValueType, scope: Scope) -> Compiled:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if is_day or (isinstance(value, str) and DAY.fullmatch(value.strip())):
        return _date(value, DATE, scope)
    example = '"2026-03-31T14:00:00" or "2026-03-31"'
    moment = (
        value if isinstance(value, datetime) else _parsed(datetime.fromisoformat, value, expected, example)
    )
    written = literal(moment)
    local = f"({written} AT TIME ZONE {literal(scope.time_zone)})"
    return Compiled(written if moment.tzinfo else local, DATETIME, constant=moment)


def _time(value: Any, expected: ValueType, scope: Scope) -> Compiled:
    moment = value if isinstance(value, time) else _parsed(time.fromisoformat, value, expected, '"09:30"')
    if moment.tzinfo:
        _misfit(value, expected, '"09:30", without a time zone')
    return Compiled(literal(moment), TIME, constant=moment)


def _parsed(read: Callable[[str], T], value: Any, expected: ValueType, example: str) -> T:
    if isinstance(value, str) and value.isascii():
        try:
            return read(value.strip())
        except ValueError:
            pass
    _misfit(value, expected, example)


def _text_list(value: Any, expected: ValueType, scope: Scope) -> Compiled:
    items: list[Any] = list(value) if isinstance(value, list | tuple) else [value]  # pyright: ignore[reportUnknownArgumentType]
    if not all(isinstance(v, str) for v in items):
        _misfit(value, expected, '["first", "second"]')
    chosen = [one_of_choices(v, expected) for v in items]
    return Compiled(literal(chosen), TEXT_LIST, constant=chosen)


def _reference(value: Any, expected: ValueType, scope: Scope) -> Compiled:
    """The key of a record: a number or text as the module's key is; never the name of the record."""
    if expected.key_type in INTEGER_KEYS:
        value = int(value) if isinstance(value, str) and KEY_NUMBER.fullmatch(value) else value
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
            hint = "A link is compared by id; name a field of the linked record with a dot."
            refuse("wrong_type", f"{_shown(value)} is not the id of a record of {expected.module}.", hint)
    elif not isinstance(value, str) or (expected.key_type == "uuid" and not UUID.fullmatch(value)):
        _misfit(value, expected, f"the record's id ({expected.key_type}) in quotes")
    return Compiled(literal(value), expected, constant=value)


def _json(value: Any, expected: ValueType, scope: Scope) -> Compiled:
    return Compiled(quote_json(value), JSON, constant=value)


_READERS: dict[Kind, Callable[[Any, ValueType, Scope], Compiled]] = {
    Kind.TEXT: _text, Kind.INTEGER: _number, Kind.DECIMAL: _number, Kind.BOOLEAN: _boolean, Kind.DATE: _date,
    Kind.DATETIME: _datetime, Kind.TIME: _time, Kind.TEXT_LIST: _text_list, Kind.REFERENCE: _reference,
    Kind.JSON: _json,
}  # fmt: skip

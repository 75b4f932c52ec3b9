"""What a script returned, held against what it was said to return."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, cast

from whereupon.conditions.values import Kind, ValueType
from whereupon.errors import did_you_mean

LONGEST_TEXT, MOST_TEXTS, DEEPEST = 100_000, 10_000, 100
LARGEST = 2**53 - 1  # beyond it JavaScript's whole numbers are no longer exact
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(\.\d+)?Z)?", re.ASCII)


class WrongOutput(Exception):
    """It is not what was declared; the message says which value, and what it is instead."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def take(result: Any, types: Mapping[str, ValueType]) -> dict[str, Any]:
    """The declared values, as they are stored. Raises WrongOutput.

    >>> take({"a": 3.0}, {"a": ValueType(Kind.INTEGER), "b": ValueType(Kind.TEXT)})
    {'a': 3, 'b': None}
    """
    if not isinstance(result, Mapping):
        listed = ", ".join(f"{name}: …" for name in types)
        what = "nothing" if result is None else described(result)
        raise WrongOutput(f"The script returned {what}.", f"It should end with: return {{ {listed} }};")
    values = cast(Mapping[str, Any], result)
    for name in values:
        if name not in types:
            shown = _plain(name)[:60]
            told = f'The script returned "{shown}", which is not among what comes out.'
            raise WrongOutput(told, did_you_mean(name, types) or "Add it there, or leave it out.")
    return {name: _take_one(name, values.get(name), kind) for name, kind in types.items()}


def _take_one(name: str, value: Any, kind: ValueType) -> Any:
    if value is None:
        return None
    found = READERS[kind.kind](value)
    if found is None:
        told = f'"{name}" of the script should be {kind.noun}; it is {described(value)}.'
        raise WrongOutput(told, HINTS.get(kind.kind))
    refuse_strange(name, found)
    return found


def refuse_strange(name: str, value: Any) -> None:
    """Raises WrongOutput for characters and depths that cannot be stored."""
    todo: list[tuple[Any, int]] = [(value, 0)]
    while todo:
        part, depth = todo.pop()
        if depth > DEEPEST:
            raise WrongOutput(f'"{name}" of the script is nested more than {DEEPEST} levels deep.')
        if isinstance(part, str) and part != _plain(part):
            raise WrongOutput(f'"{name}" of the script contains a character that cannot be stored.')
        if isinstance(part, Mapping):
            inner = cast(Mapping[str, Any], part)
            todo += [(one, depth + 1) for one in (*inner, *inner.values())]
        elif isinstance(part, list):
            todo += [(one, depth + 1) for one in cast(list[Any], part)]


def _plain(text: str) -> str:
    return "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= LONGEST_TEXT else None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not float(value).is_integer():
        return None
    return int(value) if abs(value) <= LARGEST else None


def _number(value: Any) -> float | int | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _day(value: Any) -> str | None:
    found = DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        return date.fromisoformat(found[1]).isoformat() if found else None
    except ValueError:
        return None


def _moment(value: Any) -> str | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat() if found else None


def _texts(value: Any) -> list[str] | None:
    if not isinstance(value, list):
        return None
    items = cast(list[Any], value)
    fit = len(items) <= MOST_TEXTS and all(_text(item) is not None for item in items)
    return items if fit else None


READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text, Kind.INTEGER: _whole, Kind.DECIMAL: _number, Kind.BOOLEAN: _boolean, Kind.DATE: _day,
    Kind.DATETIME: _moment, Kind.TEXT_LIST: _texts, Kind.JSON: lambda value: value,
}  # fmt: skip
HINTS = {
    Kind.TEXT: "String(value) makes a text of anything.",
    Kind.INTEGER: "Math.round(value) makes a whole number.",
    Kind.DECIMAL: "Number(text) reads a number from a text.",
    Kind.BOOLEAN: "Return true or false, as a comparison gives it.",
    Kind.DATE: 'Return a text like "2026-03-01", or a Date.',
    Kind.DATETIME: 'Return a text like "2026-03-01T12:00:00Z", or a Date.',
}


def described(value: Any) -> str:
    """What it is, in a few words.

    >>> described("a" * 50), described([1]), described(True)
    ('the text "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"', 'a list of 1', 'true')
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str() if len(value) > LONGEST_TEXT:
            return f"a text of {len(value):,} characters"
        case str():
            shown = _plain(value)
            return f'the text "{shown[:40]}{"…" if len(shown) > 40 else ""}"'
        case list():
            return f"a list of {len(cast(list[Any], value)):,}"
        case _:
            return "an object"

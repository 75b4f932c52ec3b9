"""Values with a name and a type: what a workflow is given, gives back, or is told in a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from whereupon.conditions.expressions import check_value, compile_value
from whereupon.conditions.values import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    TEXT,
    Kind,
    Scope,
    ValueType,
    literal,
)
from whereupon.errors import Problem
from whereupon.sdk.block import Config
from whereupon.sdk.fields import ComputedValue, Shown

NAME = r"^[a-z][a-z0-9_]{0,58}$"
TYPES: Mapping[str, ValueType] = {
    "text": TEXT, "integer": INTEGER, "decimal": DECIMAL, "boolean": BOOLEAN, "date": DATE,
    "datetime": DATETIME,
}  # fmt: skip
TYPE_LABELS = {
    "text": "Text", "integer": "Whole number", "decimal": "Number", "boolean": "Yes or no", "date": "Date",
    "datetime": "Date and time",
}  # fmt: skip
TypeName = Annotated[
    Literal["text", "integer", "decimal", "boolean", "date", "datetime"], Shown(labels=TYPE_LABELS)
]


class Declared(Config):
    """A value that is expected: what it is called and what it is."""

    name: str = Field(pattern=NAME, title="Name", description="Small letters, digits and underscores.")
    type: TypeName = Field("text", title="What it is")


class Given(Config):
    """A value that is handed over, computed here."""

    name: str = Field(pattern=NAME, title="Name", description="As it was declared there.")
    value: ComputedValue = Field(title="Value")


def types_of(declared: Sequence[Declared]) -> dict[str, ValueType]:
    """Name → type."""
    return {one.name: TYPES[one.type] for one in declared}


def repeated(names: Sequence[str]) -> str | None:
    """The first name that is there twice.

    >>> repeated(["a", "b", "a"])
    'a'
    """
    return next((name for name in names if names.count(name) > 1), None)


def check_given(given: Sequence[Given], scope: Scope, path: str) -> list[Problem]:
    """What is wrong with the values."""
    return [
        problem
        for index, one in enumerate(given)
        for problem in check_value(one.value, scope, None, f"{path}/{index}/value")
    ]


def reads_of_given(given: Sequence[Given], scope: Scope) -> frozenset[str]:
    """The "module.field" names that computing the values reads."""
    return frozenset[str]().union(*(compile_value(one.value, scope).reads for one in given))


def given_sql(given: Sequence[Given], scope: Scope) -> str:
    """SQL jsonb of all values, by name."""
    parts = (f"{literal(one.name)}, to_jsonb({compile_value(one.value, scope).sql})" for one in given)
    return f"jsonb_build_object({', '.join(parts)})"


def fits(value: Any, wanted: ValueType) -> bool:
    """Whether a value that went through JSON is of the type; nothing fits every one.

    >>> fits(3, DECIMAL), fits("3", INTEGER), fits("2026-02-30", DATE), fits(None, TEXT)
    (True, False, False, True)
    """
    match value, wanted.kind:
        case None, _:
            return True
        case bool(), kind:
            return kind is Kind.BOOLEAN
        case int(), kind:
            return kind in (Kind.INTEGER, Kind.DECIMAL)
        case float(), kind:
            return kind is Kind.DECIMAL
        case str(), Kind.TEXT:
            return True
        case str(), Kind.DATE:
            return _parses(date, value)
        case str(), Kind.DATETIME:
            return _parses(datetime, value)
        case _:
            return False


def _parses(kind: type[date] | type[datetime], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True


def misfits(values: Mapping[str, Any], wanted: Mapping[str, ValueType]) -> str | None:
    """A sentence on the first value that is not what was declared.

    >>> misfits({"total": "many"}, {"total": INTEGER})
    '"total" is not a whole number.'
    """
    for name, value in values.items():
        if name in wanted and not fits(value, wanted[name]):
            return f'"{name}" is not {wanted[name].noun}.'
    return None

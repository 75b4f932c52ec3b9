"""What a value is in a condition or a formula: its type, its SQL, and the record around it.

Everything that people write as a constant passes through `literal`, the only place that quotes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn

from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Catalog, Field, Module

BROUGHT = "@trigger"  # under this name `data` holds what the start brought along; no node can be called so
LONGEST_TEXT = 10_000  # characters of one constant
MOST_DIGITS = 60  # of one number, before or after the point


class Kind(StrEnum):
    """The closed set of what a value can be."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    TEXT_LIST = "text_list"
    REFERENCE = "reference"
    JSON = "json"
    NOTHING = "nothing"  # the constant null: fits every type


SQL_TYPES = {
    Kind.TEXT: "text", Kind.INTEGER: "bigint", Kind.DECIMAL: "numeric", Kind.BOOLEAN: "boolean",
    Kind.DATE: "date", Kind.TIME: "time", Kind.DATETIME: "timestamptz", Kind.TEXT_LIST: "text[]",
    Kind.JSON: "jsonb", Kind.NOTHING: "text",
}  # fmt: skip
NOUNS = {
    Kind.TEXT: "text", Kind.INTEGER: "a whole number", Kind.DECIMAL: "a number", Kind.BOOLEAN: "yes or no",
    Kind.DATE: "a date", Kind.TIME: "a time of day", Kind.DATETIME: "a date with time",
    Kind.TEXT_LIST: "a list of texts", Kind.JSON: "structured data", Kind.NOTHING: "nothing",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ValueType:
    """A kind, and for a link the module that it leads to, for a choice the keys to choose from.

    Structured data may be a row of a module's records, or with `many` a list of them: then `columns` names
    what is in each.
    """

    kind: Kind
    module: str | None = None
    key_type: str = "bigint"  # SQL type of the key that a reference holds
    choices: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    many: bool = False

    @property
    def sql(self) -> str:
        """The SQL type that holds such a value."""
        return self.key_type if self.kind is Kind.REFERENCE else SQL_TYPES[self.kind]

    @property
    def noun(self) -> str:
        """The type as an office person says it.

        >>> ValueType(Kind.DATETIME).noun
        'a date with time'
        """
        if self.columns is not None:
            return "a list of rows" if self.many else "a row"
        return f"a link to {self.module}" if self.kind is Kind.REFERENCE else NOUNS[self.kind]

    @property
    def is_number(self) -> bool:
        return self.kind in (Kind.INTEGER, Kind.DECIMAL)


TEXT, INTEGER, DECIMAL = ValueType(Kind.TEXT), ValueType(Kind.INTEGER), ValueType(Kind.DECIMAL)
BOOLEAN, JSON, NOTHING = ValueType(Kind.BOOLEAN), ValueType(Kind.JSON), ValueType(Kind.NOTHING)
DATE, TIME, DATETIME = ValueType(Kind.DATE), ValueType(Kind.TIME), ValueType(Kind.DATETIME)
TEXT_LIST = ValueType(Kind.TEXT_LIST)


def reference(module: str, key_type: str = "bigint") -> ValueType:
    """The type of a link to a record of that module."""
    return ValueType(Kind.REFERENCE, module=module, key_type=key_type)


# What a field of each type holds. Links and choices carry more (`type_of_field`); formulas and line items
# have no column and are not here.
FIELD_KINDS = {
    "text": Kind.TEXT, "long_text": Kind.TEXT, "rich_text": Kind.TEXT, "email": Kind.TEXT, "phone": Kind.TEXT,
    "url": Kind.TEXT, "auto_number": Kind.TEXT, "integer": Kind.INTEGER, "decimal": Kind.DECIMAL,
    "money": Kind.DECIMAL, "boolean": Kind.BOOLEAN, "date": Kind.DATE, "time": Kind.TIME,
    "datetime": Kind.DATETIME, "select": Kind.TEXT, "stage": Kind.TEXT, "multi_select": Kind.TEXT_LIST,
    "reference": Kind.REFERENCE, "user": Kind.REFERENCE, "file": Kind.REFERENCE,
}  # fmt: skip
CHOICE_TYPES = ("select", "stage", "multi_select")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A value as SQL. `reads`: the fields that it depends on; `constant`: what was written out, if it was."""

    sql: str
    type: ValueType
    reads: frozenset[str] = frozenset()
    constant: Any = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean, and where the SQL will stand.

    `row` and `old` are SQL aliases typed as the module's table (`old` is a row of nulls for a new record);
    `op` is an SQL expression giving 'I', 'U' or 'D'; `data` an SQL jsonb {node: {output: value}} whose
    types `outputs` tells; `user` an SQL expression with the acting user's id. `others`: rows that stand
    beside this one in the same statement, by the name that begins their paths: where records are looked
    for, `record.…` is the run's own. `document`: SQL jsonb of the file that it is about. `trail` is ours:
    the formula fields being inlined, so that a circle is seen.
    """

    catalog: Catalog
    module: Module | None
    row: str = "n"
    old: str | None = None
    op: str | None = None
    outputs: Mapping[str, Mapping[str, ValueType]] = field(default_factory=dict[str, Mapping[str, ValueType]])
    data: str | None = None
    user: str | None = None
    time_zone: str = "UTC"
    others: Mapping[str, Scope] = field(default_factory=dict[str, "Scope"])
    document: str | None = None
    trail: tuple[str, ...] = ()


def refuse(code: str, message: str, suggestion: str | None = None, path: str = "") -> NoReturn:
    """Raise Invalid with this one problem."""
    raise Invalid.of(Problem(code, message, path, suggestion))


def type_of_field(found: Field, catalog: Catalog) -> ValueType:
    """The type of a field with a column. Formulas and line items have none of their own: KeyError."""
    kind = FIELD_KINDS[found.type]
    if kind is Kind.REFERENCE:
        name = found.target or "documents"
        target = catalog.modules.get(name)
        return reference(name, target.key_type if target else "bigint")
    return ValueType(kind, choices=choice_keys(found) if found.type in CHOICE_TYPES else None)


def choice_keys(found: Field) -> tuple[str, ...] | None:
    """The keys of a select's choices; None when it has none written down."""
    choices: list[Any] = list(found.options.get("choices") or [])
    return tuple(str(c["key"] if isinstance(c, Mapping) else c) for c in choices) or None  # pyright: ignore[reportUnknownArgumentType]


def literal(value: object) -> str:
    """An SQL literal for a plain Python value. Raises Invalid for what SQL cannot hold.

    >>> literal("O'Brien"), literal(-5), literal(True), literal(None)
    ("'O''Brien'", '(-5)', 'true', 'NULL')
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case str():
            return quote_text(value)
        case int() | float() | Decimal():
            return quote_number(value)
        case datetime():
            return f"'{value.isoformat()}'::{'timestamptz' if value.tzinfo else 'timestamp'}"
        case date():
            return f"'{value.isoformat()}'::date"
        case time():
            return f"'{value.isoformat()}'::time"
        case Mapping():
            return quote_json(value)  # pyright: ignore[reportUnknownArgumentType]
        case list() | tuple():
            return f"ARRAY[{', '.join(literal(v) for v in value)}]::text[]"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            raise TypeError(f"{type(value).__name__} has no SQL literal")


def quote_text(value: str) -> str:
    """A quoted SQL string. Refuses NUL, lone surrogates, and texts of more than 10,000 characters.

    Backslashes make it an E'' string, which means the same whatever standard_conforming_strings is.
    """
    if len(value) > LONGEST_TEXT:
        refuse("too_long", f"A text may have {LONGEST_TEXT:,} characters here; this has {len(value):,}.")
    if "\0" in value:
        refuse("bad_text", "The text contains a NUL character, which cannot be stored.")
    if any("\ud800" <= c <= "\udfff" for c in value):
        refuse("bad_text", "The text contains half of a surrogate pair, which is not a character.")
    doubled = value.replace("'", "''")
    return f"E'{doubled.replace(chr(92), chr(92) * 2)}'" if "\\" in doubled else f"'{doubled}'"


def quote_json(value: Mapping[str, Any] | list[Any]) -> str:
    """A jsonb literal; refuses what jsonb cannot hold (NUL, NaN, Infinity)."""
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError):
        refuse("bad_json", "This holds something that JSON cannot store.")
    if "\\u0000" in written.replace("\\\\", ""):
        refuse("bad_json", "This holds a NUL character, which cannot be stored.")
    return f"{quote_text(written)}::jsonb"


def quote_number(value: int | float | Decimal) -> str:
    """A number written out in full, in parentheses when negative."""
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        refuse("bad_number", "Infinity and NaN are not numbers here.")
    exponent = number.as_tuple().exponent
    if number.adjusted() > MOST_DIGITS or (isinstance(exponent, int) and exponent < -MOST_DIGITS):
        refuse("too_large", f"A number may have {MOST_DIGITS} digits before and after the point.")
    written = format(number, "f")
    return f"({written})" if number.is_signed() else written

"""What kinds of field there are, and how a value comes in from outside and goes out again.

A type is one row of FIELD_TYPES: its column, its options, what it accepts and how it reads. A value that
a field cannot hold is a BadValue saying why; nothing is cut, rounded or guessed silently.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import BaseModel

from whereupon.errors import Problem, did_you_mean
from whereupon.modules.catalog import Field
from whereupon.modules.options import (
    AddressOptions,
    AutoNumberOptions,
    ChoiceOptions,
    DecimalOptions,
    FormulaOptions,
    IntegerOptions,
    LineItemsOptions,
    LongTextOptions,
    MoneyOptions,
    Options,
    ReferenceOptions,
    TextOptions,
)

NUMBER = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{0,60})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
INTEGER_KEY = re.compile(r"-?[0-9]{1,19}", re.ASCII)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?", re.ASCII)
DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)?",
    re.ASCII,
)
EMAIL = re.compile(r"""[^\s@<>()\[\],;:"\\]{1,64}@[^\s@<>()\[\],;:"\\]+\.[^\s@<>()\[\],;:"\\.]{2,}""")
PHONE = re.compile(r"\+?[0-9() ./-]{2,40}(\s?(x|ext\.?)\s?[0-9]{1,8})?", re.ASCII)
BIGINT = 2**63
WIDE = Context(prec=400)  # more digits than any number that we take
LENGTHS = {"text": 10_000, "email": 254, "phone": 254, "url": 2048}
T = TypeVar("T")


class BadValue(Exception):
    """A value that a field cannot hold: why, and what to send instead."""

    def __init__(self, code: str, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.suggestion = code, message, suggestion

    def at(self, path: str) -> Problem:
        return Problem(self.code, self.message, path, self.suggestion)


@dataclass(frozen=True, slots=True)
class FieldType:
    """One kind of field.

    `sql` gives the column's type from the options (None: the type has no column); `parameter` is the SQL
    type as which a value is sent; `accept` makes a JSON value into one for asyncpg; `read` is the SQL that
    reads {column}, `show` makes what it gives into JSON; `texts`: empty text is stored as null.
    """

    key: str
    label: str
    options: type[BaseModel]
    sql: Callable[[Mapping[str, Any]], str] | None
    accept: Callable[[Any, Field], Any]
    parameter: str = "text"
    read: str = "{column}"
    show: Callable[[Any], Any] = lambda value: value
    texts: bool = False


def accept_value(field: Field, value: Any) -> Any:
    """The value for asyncpg; None for null, empty text and an empty list. Raises BadValue."""
    return None if value is None or value == "" else FIELD_TYPES[field.type].accept(value, field)


def field_type(key: str) -> FieldType:
    """Raises BadValue with the nearest type."""
    if key not in FIELD_TYPES:
        raise BadValue("unknown_type", f'There is no field type "{key}".', did_you_mean(key, FIELD_TYPES))
    return FIELD_TYPES[key]


# Accepting, in the order of the table ------------------------------------------------------------


def accept_text(value: Any, field: Field) -> str:
    text = storable_text(value)
    limit = field.options.get("max_length") or LENGTHS.get(field.type, 1_000_000)
    if len(text) > limit:
        raise BadValue("too_long", f"This is {len(text):,} characters long; {limit:,} are allowed.")
    return text


def storable_text(value: Any) -> str:
    """Text that PostgreSQL can hold: no NUL, no half of a surrogate pair, no other control character."""
    if not isinstance(value, str):
        raise BadValue("wrong_type", f"Text is expected, not {named(value)}.", "Put it in quotation marks.")
    for character in value if not value.isprintable() else "":
        if "\ud800" <= character <= "\udfff":
            raise BadValue("bad_character", "This holds half of a surrogate pair, which is not a character.")
        if character < " " and character not in "\t\n\r":
            raise BadValue("bad_character", f"This holds the control character U+{ord(character):04X}.")
    return value


def accept_rich_text(value: Any, field: Field) -> str | None:
    """HTML with everything that could run or load taken out."""
    import nh3

    text = accept_text(value, field)
    return accept_text(nh3.clean(text), field) or None


def accept_integer(value: Any, field: Field) -> int:
    number = exact_number(value)
    if number != number.to_integral_value():
        raise BadValue("not_whole", f"A whole number is expected, not {value}.")
    if not -BIGINT <= number < BIGINT:
        raise BadValue("out_of_range", f"This number is too large; the limit is {BIGINT - 1:,}.")
    return int(within(number, field))


def accept_decimal(value: Any, field: Field) -> Decimal:
    number = exact_number(value)
    precision, scale = field.options.get("precision") or 28, field.options.get("scale")
    kept = 10 if scale is None else scale
    digits = -cast("int", number.normalize(WIDE).as_tuple().exponent)
    if digits > kept:
        told = f"At most {kept} digits after the point are kept here; this has {digits}."
        raise BadValue("too_precise", told, "Round it before you send it.")
    whole = precision - (scale or 0)
    if number and number.adjusted() >= whole:
        raise BadValue("out_of_range", f"At most {whole} digits before the point are allowed here.")
    return within(number, field)


def exact_number(value: Any) -> Decimal:
    """A JSON number, or one in quotation marks, with every digit as it was written."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise BadValue("wrong_type", f"A number is expected, not {named(value)}.")
    text = value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
    if len(text) > 130 or not NUMBER.fullmatch(text):
        raise BadValue("wrong_type", "A number is expected, such as 12 or 12.5.")
    return Decimal(text)


def within(number: Decimal, field: Field) -> Decimal:
    low, high = field.options.get("minimum"), field.options.get("maximum")
    if low is not None and number < Decimal(str(low)):
        raise BadValue("too_small", f"The smallest value allowed is {low}.")
    if high is not None and number > Decimal(str(high)):
        raise BadValue("too_large", f"The largest value allowed is {high}.")
    return number


def accept_boolean(value: Any, field: Field) -> bool:
    if not isinstance(value, bool):
        raise BadValue("wrong_type", f"true or false is expected, not {named(value)}.")
    return value


def accept_date(value: Any, field: Field) -> dt.date:
    return parsed(value, DATE, dt.date.fromisoformat, "A date", "2026-11-22")


def accept_time(value: Any, field: Field) -> dt.time:
    return parsed(value, TIME, dt.time.fromisoformat, "A time", "14:30 or 14:30:00")


def accept_datetime(value: Any, field: Field) -> dt.datetime:
    moment = parsed(value, DATETIME, read_moment, "A date and time", "2026-11-22T14:30:00Z")
    if moment.tzinfo is None:
        way_out = 'End it with "Z" or an offset such as "+02:00".'
        raise BadValue("no_time_zone", "This time has no time zone.", way_out)
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        raise BadValue("out_of_range", "This time is out of range.") from None


def read_moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.upper().replace(" ", "T"))


def parsed(value: Any, pattern: re.Pattern[str], parse: Callable[[str], T], what: str, example: str) -> T:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadValue("wrong_type", f"{what} is expected.", f"Write it as {example}.")
    try:
        return parse(value)
    except ValueError as error:
        told = f"{what} is expected: {error}."
        raise BadValue("out_of_range", told, f"Write it as {example}.") from None


def accept_email(value: Any, field: Field) -> str:
    text = accept_text(value, field)
    if not EMAIL.fullmatch(text) or ".." in text:
        way_out = "Write it as name@example.org."
        raise BadValue("not_an_email", f'"{text[:80]}" is not an email address.', way_out)
    return text


def accept_phone(value: Any, field: Field) -> str:
    text = accept_text(value, field)
    if not PHONE.fullmatch(text) or sum(c.isdigit() for c in text) < 3:
        way_out = "Write it as +358 40 123 4567."
        raise BadValue("not_a_phone_number", f'"{text[:60]}" is not a phone number.', way_out)
    return text


def accept_url(value: Any, field: Field) -> str:
    text = accept_text(value, field)
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        right = False
    if not right:
        way_out = "Write it as https://example.org/page."
        raise BadValue("not_a_url", f'"{text[:80]}" is not a web address.', way_out)
    return text


def accept_choice(value: Any, field: Field) -> str:
    text = storable_text(value)
    choices: dict[str, str] = {c["key"]: c["label"] for c in field.options.get("choices", [])}
    if text in choices:
        return text
    by_label = next((k for k, label in choices.items() if label.casefold() == text.casefold()), None)
    near = f'Did you mean "{by_label}"?' if by_label else did_you_mean(text, choices)
    way_out = near or f"Choose from: {listed(choices)}."
    raise BadValue("not_a_choice", f'"{text[:80]}" is not one of the choices.', way_out)


def accept_choices(value: Any, field: Field) -> list[str] | None:
    if not isinstance(value, list):
        raise BadValue("wrong_type", f"A list of choices is expected, not {named(value)}.")
    chosen = [accept_choice(v, field) for v in cast("list[Any]", value)]
    if len(set(chosen)) < len(chosen):
        raise BadValue("chosen_twice", "The same choice is there twice.")
    return chosen or None


def accept_reference(value: Any, field: Field) -> str:
    """The other record's key as text, whatever type that key has."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise BadValue("wrong_type", f"The id of a record is expected, not {named(value)}.")
    text = storable_text(str(value))
    if len(text) > 500:
        raise BadValue("too_long", "No id is that long.")
    return text


def accept_own_id(value: Any, field: Field) -> int:
    """The id of a user or a document of ours."""
    text = accept_reference(value, field)
    if not INTEGER_KEY.fullmatch(text) or not -BIGINT <= int(text) < BIGINT:
        raise BadValue("wrong_type", f'"{text[:40]}" is not an id.')
    return int(text)


def accept_nothing(value: Any, field: Field) -> Any:
    raise BadValue("read_only", f"{field.label} is made by the system and cannot be set.")


NAMES: Mapping[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def named(value: object) -> str:
    """What a JSON value is called: "a list", "true or false"."""
    return NAMES.get(value.__class__, "that")


def listed(words: Mapping[str, Any], most: int = 12) -> str:
    """The first words of a list for a sentence, and … when there are more."""
    return ", ".join(list(words)[:most]) + (" …" if len(words) > most else "")


# Showing -----------------------------------------------------------------------------------------


def show_number(value: Decimal | float | int | None) -> int | float | str | None:
    """A JSON number when it says exactly the same, else text with every digit.

    >>> show_number(Decimal("12.50")), show_number(Decimal("0.12345678901234567890"))
    (12.5, '0.12345678901234567890')
    """
    if not isinstance(value, Decimal):
        return value
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value():
        return int(value) if abs(value) < 2**53 else str(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else str(value)


def show_scalar(value: Any) -> Any:
    """Keys of attached tables may be UUIDs, numbers or dates: JSON has text and numbers."""
    if isinstance(value, Decimal):
        return show_number(value)
    return value if value is None or isinstance(value, (int, float, str)) else str(value)


# The table ---------------------------------------------------------------------------------------


def of(sql: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda options: sql


def numeric(options: Mapping[str, Any]) -> str:
    """Without a scale the digits stay as they come, and a CHECK bounds them."""
    scale = options.get("scale")
    return "numeric" if scale is None else f"numeric({options.get('precision', 28)},{scale})"


ISO = "(to_json({column}) #>> '{{}}')"  # ISO 8601 whatever DateStyle says, and no year is too far for it
INSTANT = "timestamptz"
FIELD_TYPES: Mapping[str, FieldType] = {
    t.key: t
    for t in (
        FieldType("text", "Text", TextOptions, of("text"), accept_text, texts=True),
        FieldType("long_text", "Long text", LongTextOptions, of("text"), accept_text, texts=True),
        FieldType("rich_text", "Rich text", LongTextOptions, of("text"), accept_rich_text, texts=True),
        FieldType("integer", "Whole number", IntegerOptions, of("bigint"), accept_integer, "bigint"),
        FieldType("decimal", "Decimal", DecimalOptions, numeric, accept_decimal, "numeric", show=show_number),
        FieldType("money", "Money", MoneyOptions, numeric, accept_decimal, "numeric", show=show_number),
        FieldType("boolean", "Yes/no", Options, of("boolean"), accept_boolean, "boolean"),
        FieldType("date", "Date", Options, of("date"), accept_date, "date", ISO),
        FieldType("time", "Time", Options, of("time"), accept_time, "time", "{column}::text"),
        FieldType("datetime", "Date and time", Options, of(INSTANT), accept_datetime, INSTANT, ISO),
        FieldType("email", "Email", AddressOptions, of("text"), accept_email, texts=True),
        FieldType("phone", "Phone", AddressOptions, of("text"), accept_phone, texts=True),
        FieldType("url", "Web address", AddressOptions, of("text"), accept_url, texts=True),
        FieldType("select", "Choice", ChoiceOptions, of("text"), accept_choice, texts=True),
        FieldType("multi_select", "Choices", ChoiceOptions, of("text[]"), accept_choices, "text[]"),
        FieldType("stage", "Stage", ChoiceOptions, of("text"), accept_choice, texts=True),
        FieldType(
            "reference", "Reference", ReferenceOptions, of("bigint"), accept_reference, show=show_scalar
        ),
        FieldType("user", "User", Options, of("bigint"), accept_own_id, "bigint"),
        FieldType("file", "File", Options, of("bigint"), accept_own_id, "bigint"),
        FieldType(
            "auto_number", "Automatic number", AutoNumberOptions, of("text"), accept_nothing, texts=True
        ),
        FieldType("formula", "Formula", FormulaOptions, None, accept_nothing, show=show_scalar),
        FieldType("line_items", "Line items", LineItemsOptions, None, accept_nothing),
    )
}

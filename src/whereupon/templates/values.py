"""What a template sees of a stored value: numbers keep every digit, dates know that they are dates.

Values arrive as JSON. Each type prints well by itself, compares as people expect, and is only ever
data: nothing of it is parsed or evaluated again.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

Convert = Callable[[Any], Any]  # a JSON value → what the template sees; None stays None


class Number(Decimal):
    """An exact number that prints with at least `places` decimals and no needless zeros."""

    places: int
    currency: str | None

    def __new__(cls, value: Decimal | int | str, places: int = 0, currency: str | None = None) -> Number:
        number = super().__new__(cls, value)
        number.places, number.currency = places, currency
        return number

    def __str__(self) -> str:
        return plain_number(self, self.places)

    def __format__(self, specifier: str, *rest: Any, **options: Any) -> str:
        return format(Decimal(self), specifier)


def plain_number(number: Decimal, places: int = 0) -> str:
    """Never in scientific notation.

    >>> plain_number(Decimal("12.5000"), 2), plain_number(Decimal("1E+3")), plain_number(Decimal("-0.0"))
    ('12.50', '1000', '0')
    """
    exact = Decimal(number) if number else Decimal(0)
    whole, _, fraction = format(exact, "f").partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole


class Day(date):
    """A date: prints as ISO 8601, compares with other dates and with ISO text."""

    def __liquid__(self) -> str:
        return self.isoformat()

    def __str__(self) -> str:
        return self.isoformat()


class Moment(datetime):
    """A date and time in the time zone of the workflow: prints as 2026-11-22 14:30."""

    def __liquid__(self) -> str:
        return self.strftime("%Y-%m-%dT%H:%M:%S")

    def __str__(self) -> str:
        return self.strftime("%Y-%m-%d %H:%M")


class Clock(time):
    """A time of day: prints as 14:30, with seconds only when it has some."""

    def __liquid__(self) -> str:
        return self.isoformat()

    def __str__(self) -> str:
        return self.strftime("%H:%M:%S" if self.second else "%H:%M")


class Choice(str):
    """One choice of a select or stage: prints as its label, compares as its key (or its label)."""

    key: str

    def __new__(cls, key: str, label: str) -> Choice:
        choice = super().__new__(cls, label)
        choice.key = key
        return choice

    def __liquid__(self) -> str:
        return self.key

    def __eq__(self, other: object) -> bool:
        return self.key == other or str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


class Choices(tuple[Any, ...]):
    """Several values of one field: prints them with commas, can be looped over."""

    def __str__(self) -> str:
        return ", ".join(str(item) for item in self)


class Linked(dict[str, Any]):
    """A linked record: prints as its title, and has the fields that the template names."""

    def __init__(self, title: str | None, fields: Mapping[str, Any]) -> None:
        super().__init__(fields)
        self.title = title

    def __liquid__(self) -> str | None:
        return self.title

    def __str__(self) -> str:
        return self.title or ""


def to_number(value: object, default: Decimal | None = None) -> Number:
    """Whatever a template calls a number; text that is none, and nothing at all, is `default`.

    Raises ValueError without a default. Not-a-number and infinity are no numbers here.
    """
    if isinstance(value, Number):
        return value
    try:
        return Number(exact_number(value))
    except (InvalidOperation, ValueError) as error:
        if default is None:
            raise ValueError(str(value)) from error
        return Number(default)


def exact_number(value: object) -> Decimal:
    """Raises ValueError or InvalidOperation for what is no number, or none that can be printed."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise ValueError(f"{type(value).__name__} is not a number")
    if isinstance(value, str) and len(value) > 200:
        raise ValueError("too long for a number")
    number = Decimal(str(value).strip())
    if not number.is_finite() or abs(number.adjusted()) > 400:
        raise ValueError(f"{value} is not a number that can be printed")
    return number


def to_date(text: str) -> object:
    """A date as PostgreSQL's JSON gives it; one out of Python's range (BC, infinity) stays text."""
    try:
        return Day.fromisoformat(text)
    except ValueError:
        return text


def to_moment(text: str, zone: ZoneInfo) -> object:
    """A moment in that zone; one out of Python's range stays text."""
    try:
        at = datetime.fromisoformat(text)
        local = at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        return text
    return Moment(
        local.year,
        local.month,
        local.day,
        local.hour,
        local.minute,
        local.second,
        local.microsecond,
        local.tzinfo,
        fold=local.fold,
    )


def to_clock(text: str) -> object:
    """A time of day; 24:00, which PostgreSQL knows and Python does not, stays text."""
    try:
        return Clock.fromisoformat(text)
    except ValueError:
        return text


def rich_for_html(text: str) -> Markup:
    """Rich text was written with marks: the harmless ones stay, everything else goes."""
    import nh3

    return Markup(nh3.clean(text))


def rich_for_text(text: str) -> str:
    """Rich text without its marks."""
    import nh3

    spaced = text.replace("<br", "\n<br").replace("</p>", "</p>\n")
    return html.unescape(nh3.clean(spaced, tags=set())).strip()


def to_linked(value: Mapping[str, Any]) -> Linked:
    """{"": title, field: value, …} → a Linked."""
    return Linked(value.get(""), {key: item for key, item in value.items() if key != ""})


def converter(kind: str, options: Mapping[str, Any], *, html: bool, zone: ZoneInfo) -> Convert:
    """How a JSON value of this kind becomes what the template sees."""
    labels: Mapping[str, str] = options.get("labels", {})
    match kind:
        case "number":
            places, currency = int(options.get("places", 0)), options.get("currency")
            return lambda value: Number(Decimal(str(value)), places, currency)
        case "date":
            return to_date
        case "datetime":
            return lambda value: to_moment(value, zone)
        case "time":
            return to_clock
        case "choice":
            return lambda value: Choice(value, labels.get(value, value))
        case "choices":
            return lambda value: Choices(Choice(item, labels.get(item, item)) for item in value)
        case "list":
            return lambda value: Choices(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType]
        case "rich":
            return rich_for_html if html else rich_for_text
        case "linked":
            return to_linked
        case _:
            raise ValueError(f"no such kind of value: {kind}")

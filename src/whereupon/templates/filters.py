"""The filters that a template may use: `{{ record.amount | times: 1.24 | money }}`.

Liquid's own filters that are safe, our exact arithmetic in place of its floating point, and ways
to write dates and money. Every filter is bounded in what it takes and what it makes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext
from functools import update_wrapper, wraps
from typing import Any, cast
from zoneinfo import ZoneInfo

from liquid.builtin.filters import array, misc, string
from liquid.exceptions import FilterArgumentError
from liquid.undefined import is_undefined

from whereupon.templates.sizes import check_length, check_size
from whereupon.templates.values import Day, Moment, Number, plain_number, to_date, to_moment, to_number

Filter = Callable[..., Any]

# Fifty digits are more than any amount has, and keep every calculation short.
EXACT = Context(prec=50)
ZERO = Decimal(0)
WHOLE = Decimal(1)

# language: decimal mark, thousands mark
MARKS = {
    "en": (".", ","),
    "de": (",", "."), "el": (",", "."), "es": (",", "."), "it": (",", "."), "nl": (",", "."),
    "pt": (",", "."), "tr": (",", "."), "da": (",", "."), "fr": (",", "\u202f"), "pl": (",", "\u00a0"),
    "cs": (",", "\u00a0"), "sv": (",", "\u00a0"), "fi": (",", "\u00a0"), "nb": (",", "\u00a0"),
    "ch": (".", "\u2019"),
}  # fmt: skip

# Directives of strftime; a width or anything else after % could print megabytes.
DIRECTIVE = re.compile(r"%(-?)([aAbBcdDeFhHIjklmMnpPrRStTuUVwWxXyYzZ%])|%.?", re.DOTALL)


def mathematical(calculate: Callable[..., Decimal]) -> Filter:
    """A filter over exact numbers; what is missing or no number counts as 0, as in Liquid."""

    @wraps(calculate)
    def filtered(left: object, *arguments: object) -> object:
        try:
            with localcontext(EXACT):
                return calculate(to_number(left, ZERO), *(to_number(a, ZERO) for a in arguments))
        except ArithmeticError as error:
            raise FilterArgumentError(f"{left} cannot be calculated with", token=None) from error

    return filtered


def like(result: Decimal, *origins: Number) -> Number:
    """A result that prints with the decimals, and in the currency, of what it was made from."""
    currency = next((o.currency for o in origins if o.currency), None)
    return Number(result, max((o.places for o in origins), default=0), currency)


def is_whole(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= 0


@mathematical
def abs_(left: Number) -> Number:
    return like(abs(left), left)


@mathematical
def at_most(left: Number, other: Number) -> Number:
    return like(min(left, other), left, other)


@mathematical
def at_least(left: Number, other: Number) -> Number:
    return like(max(left, other), left, other)


@mathematical
def plus(left: Number, other: Number) -> Number:
    return like(left + other, left, other)


@mathematical
def minus(left: Number, other: Number) -> Number:
    return like(left - other, left, other)


@mathematical
def times(left: Number, other: Number) -> Number:
    """The product."""
    return like(left * other, left, other)


@mathematical
def divided_by(left: Number, other: Number) -> Number:
    """Two whole numbers divide to a whole number, as in Liquid; any other pair exactly, to 10 decimals."""
    if not other:
        raise FilterArgumentError("divided_by: a number cannot be divided by 0", token=None)
    if is_whole(left) and is_whole(other):
        return like((left / other).to_integral_value(ROUND_FLOOR), left, other)
    return like((left / other).quantize(Decimal("1e-10")), left, other)


@mathematical
def modulo(left: Number, other: Number) -> Number:
    if not other:
        raise FilterArgumentError("modulo: a number cannot be divided by 0", token=None)
    return like(left - other * (left / other).to_integral_value(ROUND_FLOOR), left, other)


@mathematical
def ceil(left: Number) -> Number:
    return Number(left.to_integral_value(ROUND_CEILING))


@mathematical
def floor(left: Number) -> Number:
    return Number(left.to_integral_value(ROUND_FLOOR))


@mathematical
def round_(left: Number, places: Decimal = ZERO) -> Number:
    """Half up, as people round money; printed with exactly that many decimals."""
    wanted = max(0, min(20, int(places)))
    return Number(left.quantize(WHOLE.scaleb(-wanted), ROUND_HALF_UP), wanted, left.currency)


def sum_(items: Any, key: object = None) -> Number:
    """The sum of a list of numbers, or of one field of a list of records."""
    values = listed(items)
    numbers = [to_number(field_of(value, key), ZERO) for value in values]
    with localcontext(EXACT):
        return like(sum(numbers, ZERO), *numbers)


def number(value: object, places: object = 2, language: object = "en") -> str:
    """`{{ record.size | number: 1, "el" }}`: with thousands marks and so many decimals."""
    if value is None or is_undefined(value) or value == "":
        return ""
    decimals = max(0, min(20, int(to_number(places, Decimal(2)))))
    with localcontext(EXACT):
        rounded = to_number(value, ZERO).quantize(WHOLE.scaleb(-decimals), ROUND_HALF_UP)
    mark, thousands = MARKS.get(str(language).split("-")[0].lower(), MARKS["en"])
    whole, _, fraction = plain_number(rounded, decimals).partition(".")
    grouped = thousands.join(re.findall(r"\d{1,3}", whole[::-1]))[::-1]
    return ("-" if whole.startswith("-") else "") + grouped + (mark + fraction if fraction else "")


def money(value: object, currency: object = None, language: object = "en") -> str:
    """`{{ record.amount | money }}` → 1,234.50 EUR; the currency is the field's unless given."""
    text = number(value, 2, language)
    own = value.currency if isinstance(value, Number) else None
    name = str(currency) if currency else own
    return f"{text}\u00a0{name}" if text and name else text


def date_(value: object, pattern: object = "%Y-%m-%d") -> str:
    """`{{ record.due | date: "%d/%m/%Y" }}`; what is no date is printed as it is."""
    moment = as_date(value)
    if moment is None:
        return "" if value is None or is_undefined(value) else str(value)
    return DIRECTIVE.sub(lambda found: written(moment, found), str(pattern))


def as_date(value: object) -> date | time | None:
    """The date that a value is, or that a text says in ISO 8601."""
    if isinstance(value, (date, time)):
        return value
    if isinstance(value, str) and len(value) <= 40:
        found = to_date(value) if len(value) <= 10 else to_moment(value, ZoneInfo("UTC"))
        return found if isinstance(found, (Day, Moment)) else None
    return None


def written(moment: date | time, found: re.Match[str]) -> str:
    """One directive. Years are written here: strftime pads those before 1000 differently by platform."""
    minus_sign, letter = found.group(1), found.group(2)
    if letter is None:
        raise FilterArgumentError(f"date: {found.group()} is no date directive", token=None)
    if isinstance(moment, time):
        moment = datetime.combine(date(1900, 1, 1), moment)
    if letter == "Y":
        return str(moment.year) if minus_sign else f"{moment.year:04d}"
    return moment.strftime(f"%{minus_sign}{letter}")


def replace(text: object, old: object, new: object = "") -> object:
    """As Liquid's, but the length is known before the text is made."""
    whole, before, after = "" if text is None else str(text), str(old), str(new)
    count = whole.count(before) if before else len(whole) + 1
    check_length(len(whole) + count * max(0, len(after) - len(before)))
    return string.replace(text, old, new)


def join(items: Any, separator: object = " ", *, environment: Any) -> object:
    """As Liquid's, but the length is known before the text is made; what is missing is empty."""
    values = ["" if value is None else value for value in listed(items)]
    check_length(sum(len(str(value)) for value in values) + len(str(separator)) * len(values))
    return array.join(values, separator, environment=environment)


join.with_environment = True  # pyright: ignore[reportFunctionMemberAccess]


def uniq(items: Any, key: object = None) -> object:
    """As Liquid's, in one pass."""
    kept: dict[object, object] = {}
    for value in listed(items):
        found = field_of(value, key)
        kept.setdefault(found if found.__hash__ else repr(found), value)
    return list(kept.values())


def field_of(value: Any, key: object) -> Any:
    """One field of a record; a value without fields is what it is."""
    if key is None or not isinstance(value, Mapping):
        return value
    record = cast("Mapping[Any, Any]", value)
    return record.get(key)


def listed(items: object) -> list[Any]:
    """A list as it is; one value as a list of one."""
    return list(cast("Iterable[Any]", items)) if isinstance(items, (list, tuple, range)) else [items]


def bounded(name: str, inner: Filter) -> Filter:
    """The filter, with what goes in and what comes out held to a size; no list is an empty list."""
    takes_list = name in _LISTS

    def outer(left: object, *arguments: Any, **options: Any) -> object:
        if left is None and takes_list:
            left = []
        for value in (left, *arguments):
            check_size(value)
        result = inner(left, *arguments, **options)
        check_size(result)
        return result

    update_wrapper(outer, inner)
    return outer


_ARITHMETIC: dict[str, Filter] = {
    "abs": abs_, "at_least": at_least, "at_most": at_most, "ceil": ceil, "divided_by": divided_by,
    "floor": floor, "minus": minus, "modulo": modulo, "plus": plus, "round": round_, "times": times,
    "sum": sum_, "number": number, "money": money,
}  # fmt: skip
_TEXT: dict[str, Filter] = {
    "append": string.append, "capitalize": string.capitalize, "downcase": string.downcase,
    "escape": string.escape, "escape_once": string.escape_once, "lstrip": string.lstrip,
    "newline_to_br": string.newline_to_br, "prepend": string.prepend, "remove": string.remove,
    "remove_first": string.remove_first, "remove_last": string.remove_last, "replace": replace,
    "replace_first": string.replace_first, "replace_last": string.replace_last, "rstrip": string.rstrip,
    "slice": string.slice_, "split": string.split, "squish": string.squish, "strip": string.strip,
    "strip_html": string.strip_html, "strip_newlines": string.strip_newlines, "truncate": string.truncate,
    "truncatewords": string.truncatewords, "upcase": string.upcase, "url_encode": string.url_encode,
    "url_decode": string.url_decode, "date": date_, "default": misc.default, "size": misc.size,
}  # fmt: skip
_LISTS: dict[str, Filter] = {
    "compact": array.compact, "concat": array.concat, "find": array.find, "first": array.first,
    "has": array.has, "join": join, "last": array.last, "map": array.map_, "reject": array.reject,
    "reverse": array.reverse, "sort": array.sort, "sort_natural": array.sort_natural, "uniq": uniq,
    "where": array.where,
}  # fmt: skip

FILTERS: dict[str, Filter] = {
    name: bounded(name, inner) for name, inner in sorted((_ARITHMETIC | _TEXT | _LISTS).items())
}
# What a filter over a list of records gives: the same records, or one of them.
KEEPS_LIST = frozenset(
    {"compact", "concat", "reject", "reverse", "sort", "sort_natural", "uniq", "where", "slice"}
)
GIVES_ITEM = frozenset({"find", "first", "last"})
# Their first argument names a field of the records.
TAKES_FIELD = frozenset(
    {"compact", "find", "has", "map", "reject", "sort", "sort_natural", "sum", "uniq", "where"}
)

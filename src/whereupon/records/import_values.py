"""Cells of a file as values of fields: read as the mapping says, and nothing guessed that it does not say."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from whereupon.errors import did_you_mean
from whereupon.modules.catalog import Field
from whereupon.modules.field_types import BadValue, listed
from whereupon.records.imports import ImportColumn
from whereupon.records.sheets import Cell, shown

DATE = re.compile(r"(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})\.?", re.ASCII)
DAY_AND_TIME = re.compile(r"(?P<date>\S+?(?: \d{1,2} \d{2,4})?)(?:[T ]+(?P<time>\d{1,2}:.*))?", re.ASCII)
TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?\s*([AaPp])?\.?[Mm]?\.?\s*"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
ORDERS = {"ymd": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}
EXAMPLES = {"ymd": "2026-11-22", "dmy": "22/11/2026", "mdy": "11/22/2026"}
# Blanks (narrow and unbreakable ones too) and apostrophes stand between thousands; signs around a number.
SPACES = re.compile("[\\s'\u2019\u00a0\u202f\u2009]")
SIGNS = re.compile(r"^[€$£¥]|[€$£¥]$")
POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?", re.ASCII)
COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d+)?", re.ASCII)
YES = frozenset({"true", "yes", "y", "1", "x", "on", "ναι", "αληθές", "kyllä", "ja", "oui", "sí", "si"})
NO = frozenset({"false", "no", "n", "0", "off", "όχι", "οχι", "ψευδές", "ei", "nein", "nej", "non"})


def value_of(cell: Cell, field: Field, column: ImportColumn, zone: ZoneInfo) -> Any:
    """The value to write, None for an empty cell. Raises BadValue. References are found elsewhere."""
    if cell is None:
        return None
    convert = CONVERTED.get(field.type)
    return shown(cell) if convert is None else convert(cell, field, column, zone)


def as_number(cell: Cell, field: Field, column: ImportColumn, zone: ZoneInfo) -> Decimal | int:
    if isinstance(cell, (int, Decimal)) and not isinstance(cell, bool):
        return cell
    if not isinstance(cell, str):
        raise BadValue("wrong_type", "A number is expected.")
    text = SIGNS.sub("", SPACES.sub("", cell))
    comma = column.decimal == "comma"
    if not text.strip("+-.,") or not (COMMA if comma else POINT).fullmatch(text):
        hint = "Write it as 1.234,50 or 1234,5." if comma else "Write it as 1,234.50 or 1234.5."
        raise BadValue("wrong_type", f'"{cell[:60]}" is not a number.', hint)
    plain = text.replace(".", "").replace(",", ".") if comma else text.replace(",", "")
    number = Decimal(plain)
    return int(number) if number == number.to_integral_value() and abs(number) < 2**63 else number


def as_boolean(cell: Cell, field: Field, column: ImportColumn, zone: ZoneInfo) -> bool:
    if isinstance(cell, bool):
        return cell
    word = shown(cell).casefold()
    if word in YES or word in NO:
        return word in YES
    raise BadValue("wrong_type", f'"{word[:60]}" is neither yes nor no.', "Write yes or no, true or false.")


def as_date(cell: Cell, field: Field, column: ImportColumn, zone: ZoneInfo) -> str:
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if not isinstance(cell, str):
        raise BadValue("wrong_type", "A date is expected.", f"Write it as {example(column)}.")
    day, time = divided(cell, column)
    if time and not re.fullmatch(r"0?0:00(:00([.,]0+)?)?", time):
        raise BadValue("wrong_type", f'"{cell[:60]}" has a time, and the field has none.')
    return day.isoformat()


def as_moment(cell: Cell, field: Field, column: ImportColumn, zone: ZoneInfo) -> str:
    """Times without a zone are those of the importer's."""
    if isinstance(cell, dt.datetime):
        return at_zone(cell, zone)
    if isinstance(cell, dt.date):
        return at_zone(dt.datetime.combine(cell, dt.time()), zone)
    if not isinstance(cell, str):
        raise BadValue("wrong_type", "A date and time is expected.")
    day, time = divided(cell, column)
    clock, offset = read_time(time) if time else (dt.time(), None)
    moment = dt.datetime.combine(day, clock)
    return moment.replace(tzinfo=offset).astimezone(dt.UTC).isoformat() if offset else at_zone(moment, zone)


def at_zone(moment: dt.datetime, zone: ZoneInfo) -> str:
    try:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(dt.UTC).isoformat()
    except OverflowError:
        raise BadValue("out_of_range", "This time is out of range.") from None


def as_time(cell: Cell, field: Field, column: ImportColumn, zone: ZoneInfo) -> str:
    if isinstance(cell, dt.datetime):
        cell = cell.time()
    if isinstance(cell, dt.time):
        return cell.isoformat()
    if not isinstance(cell, str):
        raise BadValue("wrong_type", "A time is expected.", "Write it as 14:30.")
    return read_time(cell)[0].isoformat()


def divided(text: str, column: ImportColumn) -> tuple[dt.date, str | None]:
    """The day and the text of the time, if there is one."""
    found = DAY_AND_TIME.fullmatch(" ".join(text.split()))
    parts = DATE.fullmatch(found["date"]) if found else None
    if found is None or parts is None:
        raise not_a_date(text, column)
    numbers = [parts[1], parts[2], parts[3]]
    order = ORDERS["ymd" if len(parts[1]) == 4 else column.date_format or "ymd"]
    year, month, day = (numbers[place] for place in order)
    if len(year) not in (2, 4):
        raise not_a_date(text, column)
    try:
        return dt.date(full_year(year), int(month), int(day)), found["time"]
    except ValueError:
        raise not_a_date(text, column) from None


def full_year(year: str) -> int:
    """Two digits as POSIX reads them: 69 to 99 are of the last century."""
    return int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 69 else 2000)


def not_a_date(text: str, column: ImportColumn) -> BadValue:
    return BadValue("wrong_type", f'"{text[:60]}" is not such a date.', f"Write it as {example(column)}.")


def example(column: ImportColumn) -> str:
    return EXAMPLES[column.date_format or "ymd"]


def read_time(text: str) -> tuple[dt.time, dt.tzinfo | None]:
    """A time of day and its zone, where it says one. Raises BadValue."""
    found = TIME.fullmatch(text.strip())
    if found is None:
        raise BadValue("wrong_type", f'"{text[:60]}" is not a time.', "Write it as 14:30.")
    hour, half = int(found[1]), (found[5] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        clock = dt.time(hour, int(found[2]), int(found[3] or 0), int((found[4] or "0").ljust(6, "0")))
        zone = found["zone"]
        return clock, dt.datetime.fromisoformat(f"2000-01-01T00:00{zone}").tzinfo if zone else None
    except ValueError:
        raise BadValue("out_of_range", f'"{text[:60]}" is not a time.', "Write it as 14:30.") from None


def as_choice(cell: Cell, field: Field, column: ImportColumn, zone: ZoneInfo) -> str:
    """By key, or by label whatever its case."""
    word = shown(cell)
    choices: Mapping[str, str] = {c["key"]: c["label"] for c in field.options.get("choices", [])}
    if word in choices:
        return word
    folded = word.casefold()
    for key, label in choices.items():
        if folded in (key.casefold(), label.casefold()):
            return key
    labels = dict.fromkeys(choices.values())  # what stands in a file is what people see
    way_out = did_you_mean(word, labels) or f"Choose from: {listed(labels)}."
    raise BadValue("not_a_choice", f'"{word[:60]}" is not one of the choices.', way_out)


def as_choices(cell: Cell, field: Field, column: ImportColumn, zone: ZoneInfo) -> list[str]:
    """Several with commas or semicolons between."""
    words = [word.strip() for word in re.split("[;,\n]", shown(cell)) if word.strip()]
    return list(dict.fromkeys(as_choice(word, field, column, zone) for word in words))


Convert = Callable[[Cell, Field, ImportColumn, ZoneInfo], Any]
CONVERTED: Mapping[str, Convert] = {
    "integer": as_number, "decimal": as_number, "money": as_number, "boolean": as_boolean, "date": as_date,
    "datetime": as_moment, "time": as_time, "select": as_choice, "stage": as_choice,
    "multi_select": as_choices,
}  # fmt: skip

"""What the columns of a file seem to be: by their headers first, then by what stands below them."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo

from whereupon.modules.catalog import Field, Module
from whereupon.modules.field_types import EMAIL, BadValue
from whereupon.people.rights import Rights
from whereupon.records.import_values import value_of
from whereupon.records.imports import ID, NOT_IMPORTED, DateFormat, ImportColumn
from whereupon.records.sheets import Cell, shown

NEAR = 0.8  # how like a header must be to a name
MOST_COMPARED = 10_000  # pairs of a header and a field
LONGEST = 60  # characters of a header that are compared
UTC = ZoneInfo("UTC")
DATE_FORMATS: tuple[DateFormat, ...] = ("ymd", "dmy", "mdy")


def suggest(
    module: Module, rights: Rights, header: Sequence[str], rows: Sequence[Sequence[Cell]]
) -> dict[int, ImportColumn]:
    """For each column that fits a field, what to make of it; each field is taken once."""
    fields = {
        key: field for key, field in module.fields.items()
        if key in rights.writable(module, "create") | rights.writable(module, "update")
        and field.type not in NOT_IMPORTED and key != module.parent_field
    }  # fmt: skip
    values = {place: samples(rows, place) for place in range(len(header))}
    taken: dict[int, tuple[str, str | None]] = {}
    for _, place, key, by in sorted(by_name(fields, header), key=lambda one: -one[0]):
        if place not in taken and key not in {found for found, _ in taken.values()}:
            taken[place] = (key, by)
    for place in range(len(header)):
        key = None if place in taken else by_content(fields, values[place], {k for k, _ in taken.values()})
        if key:
            taken[place] = (key, None)
    return {
        place: column_of(place, fields.get(key), key, by, values[place])
        for place, (key, by) in sorted(taken.items())
    }


def samples(rows: Sequence[Sequence[Cell]], place: int) -> list[Cell]:
    """What is not empty below a header."""
    return [row[place] for row in rows if place < len(row) and row[place] is not None]


def by_name(
    fields: Mapping[str, Field], header: Sequence[str]
) -> Iterable[tuple[float, int, str, str | None]]:
    """How like each header is to each field's label and key; an "Account (ID)" is a reference by its id."""
    names = {key: (plain(field.label), plain(key)) for key, field in fields.items()}
    compared = 0
    for place, text in enumerate(header):
        name = plain(text)
        if name in ("id", "recordid"):
            yield 1.0, place, ID, None
        for key, field in fields.items():
            compared += 1
            # A file of a thousand columns is not worth minutes: beyond, only what is the same is found.
            near = [
                similar(name, one) if compared <= MOST_COMPARED else float(name == one) for one in names[key]
            ]
            likeness = max(near) if name else 0.0
            if likeness >= NEAR:
                yield likeness, place, key, None
            elif field.type in ("reference", "user") and name == names[key][0] + "id":
                yield 0.99, place, key, ID


def plain(text: str) -> str:
    """Letters and digits alone, without case and accents.

    >>> plain("Ημ/νία Γέννησης"), plain("E-mail address")
    ('ημνιαγεννησησ', 'emailaddress')
    """
    folded = unicodedata.normalize("NFKD", text[:LONGEST].casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in folded if not unicodedata.combining(c)))


def similar(one: str, other: str) -> float:
    """How like two names are, from 0 to 1; 0 as well where they are not like enough to matter."""
    if not (one and other):
        return 0.0
    if one == other:
        return 1.0
    found = difflib.SequenceMatcher(None, one, other)
    # Cheap upper bounds first: a thousand headers meet a hundred fields.
    if found.real_quick_ratio() < NEAR or found.quick_ratio() < NEAR:
        return 0.0
    return found.ratio()


def by_content(fields: Mapping[str, Field], values: Sequence[Cell], taken: set[str]) -> str | None:
    """The only field left of the kind that all values are of."""
    kind = kind_of(values)
    left = [key for key, field in fields.items() if field.type == kind and key not in taken]
    return left[0] if kind and len(left) == 1 else None


def kind_of(values: Sequence[Cell]) -> str | None:
    texts = [shown(value) for value in values]
    if not texts:
        return None
    if all(EMAIL.fullmatch(text) for text in texts):
        return "email"
    if all(text.startswith(("http://", "https://")) for text in texts):
        return "url"
    return "date" if any(reads(values, "date", date_format) for date_format in DATE_FORMATS) else None


def reads(
    values: Sequence[Cell],
    kind: str,
    date_format: DateFormat | None = None,
    decimal: Literal["point", "comma"] = "point",
) -> bool:
    """Whether all values can be read so."""
    field = Field(0, "x", "x", kind, "x")
    column = ImportColumn(column=0, field="x", date_format=date_format, decimal=decimal)
    try:
        return all(value_of(value, field, column, UTC) is not None for value in values)
    except BadValue:
        return False


def column_of(
    place: int, field: Field | None, key: str, by: str | None, values: Sequence[Cell]
) -> ImportColumn:
    """With how its dates and numbers seem to be written."""
    found: dict[str, Any] = {"column": place, "field": key, "lookup_by": by}
    if field is not None and field.type in ("date", "datetime") and values:
        likely = (f for f in DATE_FORMATS if reads(values, field.type, f))
        found["date_format"] = next(likely, None)
    if field is not None and field.type in ("integer", "decimal", "money"):
        found["decimal"] = decimal_of(values)
    return ImportColumn(**found)


def decimal_of(values: Sequence[Cell]) -> Literal["point", "comma"]:
    """A comma, if all can be read so, and not with a point, or a comma stands where thousands do not."""
    texts = [value for value in values if isinstance(value, str)]
    if not texts or not reads(texts, "decimal", None, "comma"):
        return "point"
    return "point" if reads(texts, "decimal", None, "point") else "comma"

"""The order of a list, and pages of it that cost the same however far one goes (keyset pages).

A page is read in stretches, each of which an index serves: what equals the last record's value and comes
after it, what has a greater value, and last what has none. An OR over these would be one statement, and
PostgreSQL would read the list from its beginning for it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.modules.catalog import Catalog, Field, Module, quote
from whereupon.modules.field_types import FIELD_TYPES
from whereupon.modules.names import shown
from whereupon.records.statements import Shown, selected, shown_field

UNSORTED = frozenset({"line_items", "multi_select", "rich_text"})
CHOICES = frozenset({"select", "stage"})
# What a formula gives when it is read: dates as ISO text, which sorts as dates do.
FORMULA_SORTS: Mapping[str, str] = {"integer": "bigint", "decimal": "numeric", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Sort:
    """One step of an order: the SQL, its type, the direction; whether it may be null, or has an index."""

    key: str
    sql: str
    type: str
    descending: bool
    nullable: bool = True
    indexed: bool = False

    def by(self, *, known: bool = False) -> str:
        """SQL for ORDER BY. `known`: there are only values, so that an index can be read backwards too."""
        last = " NULLS LAST" if self.nullable and not known else ""
        return f"{self.sql} {'DESC' if self.descending else 'ASC'}{last}"

    @property
    def beyond(self) -> str:
        return "<" if self.descending else ">"


def sorting(catalog: Catalog, module: Module, readable: Sequence[str], sort: Sequence[str]) -> list[Sort]:
    """The order asked for, made total by the key. Raises Invalid."""
    order, problems = list[Sort](), list[Problem]()
    for asked in sort:
        key = asked.removeprefix("-")
        if key not in readable:
            problems.append(unknown(module, key, readable, "/sort"))
        elif module.fields[key].type in UNSORTED:
            told = f"Records cannot be sorted by a {module.fields[key].type} field."
            problems.append(Problem("cannot_sort", told, "/sort"))
        else:
            order.append(sort_by(catalog, module, module.fields[key], asked.startswith("-")))
    if problems:
        raise Invalid.of(*problems)
    if len(module.key_columns) > 1:
        return [*order, Sort("", module.key_sql("n"), "text", False)]
    # In the direction of the step before it, so that one index serves both, read either way.
    descending = order[-1].descending if order else False
    return [*order, Sort("", f"n.{quote(module.key_column)}", module.key_type, descending, nullable=False)]


def unknown(module: Module, key: str, known: Iterable[str], path: str) -> Problem:
    """The problem with a field that is not there, or not for this user."""
    told = f'{module.label} has no field "{shown(key)}".'
    return Problem("unknown_field", told, path, did_you_mean(key, known))


def sort_by(catalog: Catalog, module: Module, found: Field, descending: bool) -> Sort:
    """Text is sorted ignoring case, as it is compared; choices by their keys."""
    if found.type == "formula":
        bare = shown_field(catalog, module, found).sql
        return Sort(found.key, bare, FORMULA_SORTS.get(found.options.get("result", ""), "text"), descending)
    kind, column = FIELD_TYPES[found.type], f"n.{quote(found.column or '')}"
    nullable, indexed = not found.required, found.indexed or found.unique
    if kind.texts:
        sql = column if found.type in CHOICES and not module.attached else f"lower({column}::text)"
        return Sort(found.key, sql, "text", descending, nullable, indexed)
    if found.type == "reference":
        key_type = found.options.get("sql_type") or catalog.module(found.options["target"]).key_type
        return Sort(found.key, column, key_type, descending, nullable, True)
    sql_type = found.options.get("sql_type") or kind.parameter
    return Sort(found.key, column, sql_type, descending, nullable, indexed)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a list: its condition, its order, and the values of the condition's parameters."""

    condition: str
    by: str
    values: tuple[str, ...]


def stretches(order: Sequence[Sort], after: Sequence[str | None] | None) -> list[Stretch]:
    """The parts of the list after the values of a cursor, in their order."""
    first, rest = order[0], order[1:]
    if not (rest and first.indexed):
        condition, values = keyset(order, after) if after is not None else ("true", ())
        return [Stretch(condition, by(order), values)]
    missing = Stretch(f"{first.sql} IS NULL", by(rest), ())
    if after is None:
        if not (first.nullable and first.descending):
            return [Stretch("true", by(order), ())]
        return [Stretch(f"{first.sql} IS NOT NULL", by(order, known=True), ()), missing]
    further, values = keyset(rest, after[1:])
    if after[0] is None:
        return [Stretch(f"{first.sql} IS NULL AND ({further})", by(rest), values)]
    here = f"${len(values) + 1}::text::{first.type}"
    same = Stretch(f"{first.sql} = {here} AND ({further})", by(rest), (*values, after[0]))
    beyond = f"{first.sql} {first.beyond} $1::text::{first.type}"
    found = [same, Stretch(beyond, by(order, known=True), (after[0],))]
    return [*found, missing] if first.nullable else found


def by(order: Sequence[Sort], *, known: bool = False) -> str:
    return ", ".join(step.by(known=known and place == 0) for place, step in enumerate(order))


def part_sql(module: Module, read: Iterable[Shown], order: Sequence[Sort], part: Stretch, where: str) -> str:
    """One stretch; the values of the order come last in each row, as text, for the cursor."""
    places = ", ".join(f"({s.sql})::text" for s in order)
    return (
        f"SELECT {selected(module, read)}, {places} FROM {module.sql} AS n "
        f"WHERE ({where}) AND ({part.condition}) ORDER BY {part.by} LIMIT ${len(part.values) + 1}"
    )


def keyset(order: Sequence[Sort], after: Sequence[str | None]) -> tuple[str, tuple[str, ...]]:
    """SQL for "comes after these values", nulls last, and the values of its parameters."""
    alternatives: list[str] = []
    same, values = "", list[str]()
    for step, value in zip(order, after, strict=True):
        if value is None:
            same += f"{step.sql} IS NULL AND "
            continue  # nothing comes after a missing value but what the next steps tell apart
        values.append(value)
        here = f"${len(values)}::text::{step.type}"
        none = f" OR {step.sql} IS NULL" if step.nullable else ""
        alternatives.append(f"{same}({step.sql} {step.beyond} {here}{none})")
        same += f"{step.sql} = {here} AND "
    return " OR ".join(f"({a})" for a in alternatives) or "false", tuple(values)


def make_cursor(order: Sequence[Sort], row: Any) -> str:
    """The place of a row in an order, for the next page."""
    values = [row[len(row) - len(order) + i] for i in range(len(order))]
    packed = orjson.dumps([[f"{'-' if s.descending else ''}{s.key}" for s in order], values])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def cursor_place(cursor: str | None, order: Sequence[Sort]) -> list[str | None] | None:
    """Raises Invalid when the cursor is not one of a list in this order."""
    if cursor is None:
        return None
    try:
        packed: Any = orjson.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=="))
        steps, values = packed
        right = steps == [f"{'-' if s.descending else ''}{s.key}" for s in order] and usable(
            values, len(order)
        )
    except (ValueError, TypeError, binascii.Error):
        right, values = False, None
    if not right:
        told = "This cursor does not belong to this list in this order."
        raise Invalid.of(Problem("bad_cursor", told, "/cursor", "Leave it out to begin at the first page."))
    return cast("list[str | None]", values)


def usable(values: Any, count: int) -> bool:
    if not isinstance(values, list):
        return False
    given = cast("list[Any]", values)
    texts = all(v is None or (isinstance(v, str) and "\x00" not in v) for v in given)
    return texts and len(given) == count

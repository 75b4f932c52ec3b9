"""Rows of a file become records: read, matched with what is there, and written through the usual way.

A bad row is told with its number and the reason, and the others go on: rows are written many at a time,
and where the database refuses them, in halves until the bad ones stand alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from whereupon.db.pool import GONE, TRANSIENT, Connection
from whereupon.errors import Invalid, Problem, Unavailable, WhereuponError
from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.modules.ddl import literal
from whereupon.modules.field_types import BadValue
from whereupon.records.bulk import create_records, update_records
from whereupon.records.import_matching import References, find_existing, folded
from whereupon.records.import_values import value_of
from whereupon.records.imports import ID, ImportColumn
from whereupon.records.read import Record, list_records
from whereupon.records.sheets import Cell, Row, shown
from whereupon.records.write import Writer

MOST_EXAMPLES = 5
LONGEST_SHOWN = 200  # characters of a value in a problem


@dataclass(frozen=True, slots=True)
class Order:
    """What an import is to do, as it was ordered."""

    mapping: tuple[ImportColumn, ...]
    key: tuple[str, ...]
    on_existing: str
    clears: bool
    zone: ZoneInfo
    header: tuple[str, ...]
    dry_run: bool

    def column_of(self, field_key: str) -> ImportColumn | None:
        return next((column for column in self.mapping if column.field == field_key), None)

    def header_of(self, column: ImportColumn) -> str:
        return self.header[column.column] if column.column < len(self.header) else ""


@dataclass(slots=True)
class Item:
    """One row on its way: its values by field, the record that it is about, what is wrong with it."""

    number: int
    cells: list[Cell]
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    record_id: str | None = None
    written: Record | None = None
    problems: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(slots=True)
class Outcome:
    """What became of some rows."""

    created: list[Item] = field(default_factory=list[Item])
    updated: list[Item] = field(default_factory=list[Item])
    skipped: list[Item] = field(default_factory=list[Item])
    failed: list[Item] = field(default_factory=list[Item])
    examples: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(slots=True)
class Seen:
    """What rows of earlier chunks would have made: a dry run takes every chunk back."""

    keys: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])
    unique: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def add(self, made: Seen) -> None:
        """Remember what a chunk made."""
        self.keys |= made.keys
        for key, values in made.unique.items():
            self.unique.setdefault(key, set()).update(values)


@dataclass(slots=True)
class Importing:
    """One import at work, as its user and with the definitions of now."""

    db: Connection
    catalog: Catalog
    module: Module
    writer: Writer
    order: Order
    references: References
    seen: Seen
    made: Seen = field(default_factory=Seen)  # what these rows add to it

    async def take(self, rows: Sequence[Row]) -> Outcome:
        """Write some rows, inside the caller's transaction."""
        items = [self.read(number, cells) for number, cells in rows]
        await self.resolve(items)
        outcome = Outcome()
        for wave in self.waves(items):
            await self.write_wave(wave, outcome)
        outcome.failed = [item for item in items if item.problems]
        return outcome

    # Reading -----------------------------------------------------------------------------------------

    def read(self, number: int, cells: list[Cell]) -> Item:
        """The values of a row; empty cells are None."""
        item = Item(number, cells)
        for column in self.order.mapping:
            cell = cells[column.column] if column.column < len(cells) else None
            found = self.module.fields.get(column.field)
            if found is None or found.type in ("reference", "user"):
                item.values[column.field] = None if cell is None else shown(cell)
                continue
            try:
                item.values[column.field] = value_of(cell, found, column, self.order.zone)
            except BadValue as bad:
                self.blame(item, bad.at(f"/{column.field}"))
        return item

    async def resolve(self, items: Sequence[Item]) -> None:
        """What names other records becomes their ids."""
        for column in self.order.mapping:
            found = self.module.fields.get(column.field)
            if found is None or found.type not in ("reference", "user"):
                continue
            named = {text for item in items if (text := item.values.get(column.field)) is not None}
            if not named:
                continue
            ids = await self.references.ids_of(self.db, self.catalog, found, column.lookup_by, named)
            for item in items:
                text = item.values.get(column.field)
                if text is not None:
                    self.refer(item, found, text, ids.get(text, []))

    def refer(self, item: Item, found: Field, text: str, ids: Sequence[str]) -> None:
        if len(ids) == 1:
            item.values[found.key] = ids[0]
            return
        target = self.catalog.module(found.target or "")
        if not ids:
            told, hint = (
                f'There is no {target.label.lower()} "{text[:80]}".',
                "Create it first, or mend the name.",
            )
        else:
            told = f'{len(ids)} {target.label_plural.lower()} are called "{text[:80]}".'
            hint = "Name it by a field that is unique, or by its id."
        self.blame(item, Problem("no_such_record", told, f"/{found.key}", hint))

    def blame(self, item: Item, problem: Problem) -> None:
        """Note what is wrong with a row, in the words of the file."""
        key = problem.path.strip("/").split("/")[0]
        column = self.order.column_of(key)
        cell = item.cells[column.column] if column and column.column < len(item.cells) else None
        item.problems.append(
            {
                "column": self.order.header_of(column) if column else None, "field": key or None,
                "value": None if cell is None else shown(cell)[:LONGEST_SHOWN], "message": problem.message,
                "suggestion": problem.suggestion,
            }
        )  # fmt: skip

    # Matching ----------------------------------------------------------------------------------------

    def waves(self, items: Sequence[Item]) -> list[list[Item]]:
        """Rows without faults, in their order, divided so that no key is twice in one part."""
        waves: list[list[Item]] = [[]]
        keys: set[tuple[str, ...]] = set()
        for item in items:
            key = self.key_of(item)
            if item.problems:
                continue
            if key is not None and key in keys:
                waves.append([])
                keys = set()
            if key is not None:
                keys.add(key)
            waves[-1].append(item)
        return waves

    def key_of(self, item: Item) -> tuple[str, ...] | None:
        """What its record is found by, as one text compares with another."""
        if item.problems or not self.order.key:
            return None
        for key in self.order.key:
            if item.values.get(key) is None:
                label = self.module.fields[key].label if key in self.module.fields else "The id"
                told = f"{label} is empty, so the record cannot be found."
                self.blame(item, Problem("required", told, f"/{key}"))
                return None
        return folded(item.values, self.order.key)

    async def write_wave(self, wave: Sequence[Item], outcome: Outcome) -> None:
        existing = await find_existing(
            self.db, self.catalog, self.module, self.order.key, [i.values for i in wave], self.writer.rights
        )
        new: list[Item] = []
        old: list[Item] = []
        for place, item in enumerate(wave):
            self.decide(item, existing.get(place, []), new, old, outcome)
        before = await self.before(old, outcome)
        await self.write(new, self.create)
        await self.write(old, self.update)
        for item in new:
            if item.written is not None:
                outcome.created.append(item)
        for item in old:
            if item.written is not None:
                outcome.updated.append(item)
        if self.order.dry_run:
            self.remember(new)
            self.illustrate(new, old, before, outcome)

    def decide(
        self, item: Item, ids: Sequence[str], new: list[Item], old: list[Item], outcome: Outcome
    ) -> None:
        """Whether a row makes a record, changes one, or is left out."""
        known = (
            self.order.dry_run
            and bool(self.order.key)
            and folded(item.values, self.order.key) in self.seen.keys
        )
        if len(ids) > 1:
            told = f"{len(ids)} records match this row."
            self.blame(item, Problem("ambiguous", told, f"/{self.order.key[0]}", "Match on more fields."))
        elif not ids and not known:
            if self.order.key == (ID,):
                told = f'There is no {self.module.label.lower()} "{item.values[ID]}".'
                self.blame(item, Problem("no_such_record", told, f"/{ID}"))
            elif not self.taken(item):
                new.append(item)
        elif self.order.on_existing == "fail":
            self.blame(
                item, Problem("there_already", "Such a record is there already.", f"/{self.order.key[0]}")
            )
        elif self.order.on_existing == "skip":
            outcome.skipped.append(item)
        elif not ids:
            outcome.updated.append(item)  # what an earlier chunk of the dry run would have made
        elif self.changed_values(item):
            item.record_id = ids[0]
            old.append(item)
        else:
            outcome.skipped.append(item)

    def changed_values(self, item: Item) -> dict[str, Any]:
        return {
            key: value for key, value in item.values.items()
            if key not in self.order.key and (value is not None or self.order.clears)
        }  # fmt: skip

    # Writing -----------------------------------------------------------------------------------------

    async def create(self, items: Sequence[Item]) -> list[Record]:
        sent = [{k: v for k, v in item.values.items() if v is not None and k != ID} for item in items]
        return await create_records(self.db, self.catalog, self.module.key, sent, self.writer)

    async def update(self, items: Sequence[Item]) -> list[Record]:
        sent = [{**self.changed_values(item), "id": item.record_id} for item in items]
        return await update_records(self.db, self.catalog, self.module.key, sent, self.writer)

    async def write(self, items: Sequence[Item], way: Any) -> None:
        """Write rows together; those that are refused are told, the others written without them."""
        pending: list[Sequence[Item]] = [items] if items else []
        while pending:
            some = pending.pop()
            try:
                records = await way(some)
            except Invalid as error:
                pending += self.without_the_bad(some, error.problems)
            except (*TRANSIENT, *GONE, Unavailable):
                raise
            except (WhereuponError, asyncpg.PostgresError) as error:
                pending += self.without_the_bad(some, [as_problem(error)])
            else:
                for item, record in zip(some, records, strict=True):
                    item.written = record

    def without_the_bad(self, some: Sequence[Item], problems: Sequence[Problem]) -> list[Sequence[Item]]:
        """What is left to try: the rows that the problems do not name, or halves when they name none."""
        if len(some) == 1:
            for problem in problems:
                self.blame(some[0], without_place(problem))
            return []
        bad: set[int] = {
            place for problem in problems if (place := place_of(problem)) is not None and place < len(some)
        }
        if not bad:
            middle = len(some) // 2
            return [some[middle:], some[:middle]]
        for problem in problems:
            place = place_of(problem)
            if place is not None and place in bad:
                self.blame(some[place], without_place(problem))
        rest = [item for place, item in enumerate(some) if place not in bad]
        return [rest] if rest else []

    # Dry runs ----------------------------------------------------------------------------------------

    def taken(self, item: Item) -> bool:
        """Whether a row of an earlier chunk has what must be unique."""
        for key, values in self.seen.unique.items():
            value = item.values.get(key)
            if value is not None and str(value).casefold() in values:
                told = f"Another row has this {self.module.fields[key].label} already."
                self.blame(item, Problem("not_unique", told, f"/{key}"))
                return True
        return False

    def remember(self, new: Sequence[Item]) -> None:
        unique = [f.key for f in self.module.fields.values() if f.unique and self.order.column_of(f.key)]
        for item in new:
            if item.written is None:
                continue
            if self.order.key:
                self.made.keys.add(folded(item.values, self.order.key))
            for key in unique:
                if item.values.get(key) is not None:
                    self.made.unique.setdefault(key, set()).add(str(item.values[key]).casefold())

    async def before(self, old: Sequence[Item], outcome: Outcome) -> Mapping[str, Record]:
        """Of a dry run: the first records as they are."""
        if not self.order.dry_run or not old:
            return {}
        ids = [item.record_id or "" for item in old[:MOST_EXAMPLES]]
        where = f"{self.module.key_sql('n')} = ANY ({text_array(ids)})"
        page = await list_records(
            self.db,
            self.catalog,
            self.module.key,
            self.writer.rights,
            where=where,
            fields=self.shown_fields(),
        )
        return {record.id: record for record in page.records}

    def shown_fields(self) -> list[str]:
        return [c.field for c in self.order.mapping if c.field in self.module.fields]

    def illustrate(
        self, new: Sequence[Item], old: Sequence[Item], before: Mapping[str, Record], outcome: Outcome
    ) -> None:
        """Of a dry run: the first rows as the records that they would be."""
        fields = self.shown_fields()
        for item in sorted([*new, *old], key=lambda item: item.number):
            if len(outcome.examples) >= MOST_EXAMPLES or item.written is None:
                continue
            known = before.get(item.record_id or "")
            if item.record_id is not None and known is None:
                continue
            outcome.examples.append(
                {
                    "row": item.number, "action": "create" if item.record_id is None else "update",
                    "id": item.record_id,
                    "before": None if known is None else {key: known.values.get(key) for key in fields},
                    "after": {key: item.written.values.get(key) for key in fields},
                }
            )  # fmt: skip


def text_array(ids: Sequence[str]) -> str:
    return literal(list(ids))


def as_problem(error: Exception) -> Problem:
    """Why rows were refused as a whole; what a database says of its own accord, in its words."""
    if isinstance(error, WhereuponError):
        return (
            error.problems[0] if error.problems else Problem(error.code, error.message, "", error.suggestion)
        )
    return Problem("not_storable", f"The database refuses this: {error}.")


def place_of(problem: Problem) -> int | None:
    """Which of several rows a problem is about: /12/fee is about row 12."""
    first = problem.path[1:].partition("/")[0]
    return int(first) if first.isascii() and first.isdigit() else None


def without_place(problem: Problem) -> Problem:
    if place_of(problem) is None:
        return problem
    rest = problem.path[1:].partition("/")[2]
    return Problem(problem.code, problem.message, f"/{rest}" if rest else "", problem.suggestion)

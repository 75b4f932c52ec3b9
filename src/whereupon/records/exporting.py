"""Records as a file for a spreadsheet: labels above, typed values below, nothing that runs as a formula."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import io
import tempfile
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.people.rights import Rights
from whereupon.records.neutral import harmless
from whereupon.records.order import sorting
from whereupon.records.read import MOST, Page, chosen, list_records, visible

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_IN_WORKBOOK = 200_000  # rows; a CSV file has no such limit
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # spreadsheets take a CSV file without it for something else than UTF-8
NUMBERS = frozenset({"integer", "decimal", "money"})
SAFE_DIGITS = 2**53
EPOCH = dt.date(1900, 3, 1)  # before this day a workbook's calendar is wrong


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is exported: records, order and columns, as far as the user may read them."""

    catalog: Catalog
    module: Module
    rights: Rights
    where: str | None
    sort: tuple[str, ...]
    fields: tuple[Field, ...]
    ids: bool

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        module: Module,
        rights: Rights,
        where: str | None,
        sort: Sequence[str],
        columns: Sequence[str] | None,
        ids: bool,
    ) -> Chosen:
        """Raises Invalid for unknown columns and orders. Line items are not exported."""
        keys = chosen(module, rights, columns)
        sorting(catalog, module, visible(module, rights), sort)
        fields = tuple(module.fields[key] for key in keys if module.fields[key].type != "line_items")
        return cls(catalog, module, rights, where, tuple(sort), fields, ids)

    def header(self) -> list[str]:
        """The labels, with a column of ids beside each reference if they are asked for."""
        found = ["ID"] if self.ids else []
        for field in self.fields:
            found.append(field.label)
            if self.ids and named(field):
                found.append(f"{field.label} (ID)")
        return found

    def rows(self, page: Page) -> list[list[Any]]:
        """The cells of a page: numbers, dates and times typed, choices and references by their names."""
        found: list[list[Any]] = []
        for record in page.records:
            cells: list[Any] = [record.id] if self.ids else []
            for field in self.fields:
                value = record.values.get(field.key)
                cells.append(cell_of(field, value, page.titles.get(field.key, {})))
                if self.ids and named(field):
                    cells.append(value if value is None else str(value))
            found.append(cells)
        return found

    async def pages(self, db: Connection) -> AsyncGenerator[list[list[Any]]]:
        """Every record, some at a time."""
        cursor: str | None = None
        while True:
            page = await list_records(
                db, self.catalog, self.module.key, self.rights, where=self.where, sort=self.sort, limit=MOST,
                cursor=cursor, fields=[field.key for field in self.fields], titles=True,
            )  # fmt: skip
            yield self.rows(page)
            if page.next is None:
                return
            cursor = page.next


def named(field: Field) -> bool:
    """Whether the field shows another record by its name."""
    return field.type in ("reference", "user")


def cell_of(field: Field, value: Any, titles: Any) -> Any:
    """One value as it stands in a cell."""
    if value is None:
        return None
    match field.type:
        case "reference" | "user":
            title = titles.get(str(value))
            return str(value) if title is None else str(title)
        case "select" | "stage":
            return labels(field).get(value, value)
        case "multi_select":
            known = labels(field)
            return "; ".join(known.get(one, str(one)) for one in value)
        case "date":
            return as_date(value)
        case "datetime":
            return as_moment(value)
        case "integer" | "decimal" | "money":
            return Decimal(str(value))
        case _:
            return value if isinstance(value, (bool, int, float)) else str(value)


def labels(field: Field) -> dict[Any, str]:
    return {choice["key"]: choice["label"] for choice in field.options.get("choices", [])}


def as_date(value: Any) -> Any:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return str(value)  # a year that Python does not know


def as_moment(value: Any) -> Any:
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        return str(value)


# CSV ----------------------------------------------------------------------------------------------


async def csv_of(db: Connection, chosen: Chosen, delimiter: str) -> AsyncGenerator[bytes]:
    """The file, a page at a time."""
    yield csv_text([chosen.header()], delimiter, begins=True)
    async for rows in chosen.pages(db):
        if rows:
            yield csv_text(rows, delimiter)


def csv_text(rows: Iterable[Sequence[Any]], delimiter: str, *, begins: bool = False) -> bytes:
    """Lines of a CSV file (RFC 4180), as UTF-8."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([[csv_cell(value) for value in row] for row in rows])
    return ((BOM if begins else "") + written.getvalue()).encode()


def csv_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case int() | float():
            return str(value)
        case dt.datetime():
            return value.isoformat()
        case dt.date():
            return value.isoformat()
        case _:
            return harmless(str(value))


# Workbook -----------------------------------------------------------------------------------------


async def workbook_of(db: Connection, chosen: Chosen) -> bytes:
    """The whole file. Raises Invalid when there are more records than such a file should hold."""
    from xlsxwriter import Workbook

    with tempfile.TemporaryFile() as file:
        options = {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd",
        }  # fmt: skip
        book: Any = Workbook(file, options)
        sheet: Any = book.add_worksheet()
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        bold = book.add_format({"bold": True})
        for place, label in enumerate(chosen.header()):
            sheet.write_string(0, place, harmless(label), bold)
        sheet.freeze_panes(1, 0)
        count = 0
        async for rows in chosen.pages(db):
            if count + len(rows) > MOST_IN_WORKBOOK:
                raise too_many()
            await asyncio.to_thread(write_rows, sheet, formats, rows, count + 1)
            count += len(rows)
        await asyncio.to_thread(book.close)
        file.seek(0)
        return file.read()


def write_rows(sheet: Any, formats: dict[str, Any], rows: Sequence[Sequence[Any]], first: int) -> None:
    for number, row in enumerate(rows, first):
        for place, value in enumerate(row):
            write_cell(sheet, formats, number, place, value)


def write_cell(sheet: Any, formats: dict[str, Any], row: int, column: int, value: Any) -> None:
    """Typed where the workbook can hold the value exactly; times in UTC, as a workbook has no zones."""
    match value:
        case None:
            pass
        case bool():
            sheet.write_boolean(row, column, value)
        case int() | float() | Decimal() if fits_a_cell(value):
            sheet.write_number(row, column, value)
        case dt.datetime() if value.date() >= EPOCH:
            moment = value.astimezone(dt.UTC).replace(tzinfo=None)
            sheet.write_datetime(row, column, moment, formats["datetime"])
        case dt.date() if value >= EPOCH:
            sheet.write_datetime(row, column, value, formats["date"])
        case dt.date():
            sheet.write_string(row, column, value.isoformat())
        case _:
            sheet.write_string(row, column, harmless(str(value))[:32_767])


def fits_a_cell(value: int | float | Decimal) -> bool:
    """A cell's number has 15 digits; one with more is written as text, so that none is lost."""
    exact = Decimal(str(value))
    return exact.is_finite() and len(exact.normalize().as_tuple().digits) <= 15


def too_many() -> Invalid:
    """What is said when a workbook would be too large."""
    told = f"A workbook takes {MOST_IN_WORKBOOK:,} records at most, and these are more."
    return Invalid.of(Problem("too_many", told, "?format", "Export CSV, or narrow the condition."))

"""The sheet itself: where its header is, which column is which, and its rows.

Sheets are filled in by people: titles stand above the header, columns are renamed and moved, cells merged.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path

from whereupon.errors import Invalid, Problem
from whereupon.planning.words import folded
from whereupon.records.sheets import Cell, Sheet, open_sheet, shown

HEADERS = {
    "what": "What the email is",
    "update": "On which update",
    "who": "To whom",
    "when": "When",
    "content": "Content",
    "attachments": "Attachments",
    "category": "Category",
}
# What else people call them.
ALSO = {
    "what": ("what", "email", "name", "workflow", "what is it", "what the e-mail is", "communication"),
    "update": ("update", "trigger", "based on what update the email should send", "event", "on update"),
    "who": ("who", "whom", "recipient", "recipients", "to", "send to"),
    "when": ("when the email should send", "time", "timing", "when to send"),
    "content": ("the content of the email", "text", "body", "message", "subject and text", "email content"),
    "attachments": ("attachment", "what attachments should be sent", "files"),
    "category": ("type", "kind", "communication category", "type of communication"),
}
REQUIRED = ("what", "update", "who", "content")
MOST_ROWS = 500
HEADER_WITHIN = 30  # rows
CARRIED = ("what", "update", "when", "category", "content")  # what a merged cell stands for below itself


@dataclass(slots=True)
class SheetRow:
    """One row: its number in the file, its cells by column, and which were taken from the row above."""

    number: int
    cells: dict[str, str]
    carried: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Read:
    """What was read. `unknown`: headers that mean nothing to us."""

    rows: list[SheetRow]
    unknown: list[str]
    sheet: str | None
    sheets: list[str]


def read_sheet(path: Path, sheet: str | None = None) -> Read:
    """Reads the file; it blocks. Raises Invalid: no header, too many rows, no spreadsheet at all."""
    with closing(open_sheet(path, sheet=sheet, header_row=0)) as opened:
        return rows_of(opened)


def rows_of(sheet: Sheet) -> Read:
    """The rows below the header, each with its number in the sheet."""
    top = [[shown(cell).strip() for cell in cells] for cells in islice(sheet.all_rows(), HEADER_WITHIN)]
    place, columns = header_of(top)
    unknown = [text for nr, text in enumerate(top[place]) if text and nr not in columns]
    rows: list[SheetRow] = []
    for number, cells in sheet.rows():
        if number <= place + 1:
            continue
        said = cells_of(cells, columns)
        if not any(said.values()):
            continue
        if len(rows) >= MOST_ROWS:
            told = f"The sheet has more than {MOST_ROWS} rows, and each would become a workflow."
            raise Invalid.of(Problem("too_many", told, "/file", "Divide it, or delete what is not meant."))
        rows.append(SheetRow(number, said))
    carry(rows)
    return Read(rows, unknown, sheet.sheet, sheet.sheets)


def cells_of(cells: Sequence[Cell], columns: dict[int, str]) -> dict[str, str]:
    said = dict.fromkeys(HEADERS, "")
    for nr, column in columns.items():
        if nr < len(cells):
            said[column] = shown(cells[nr]).strip()
    return said


def header_of(top: Sequence[Sequence[str]]) -> tuple[int, dict[int, str]]:
    """The row that names the most columns. Raises Invalid naming the columns that it lacks."""
    found = [recognised(row) for row in top]
    best = max(range(len(found)), key=lambda nr: len(found[nr]), default=None)
    columns = found[best] if best is not None else {}
    missing = [HEADERS[name] for name in REQUIRED if name not in columns.values()]
    if best is None or missing:
        told = f"No row names these columns: {', '.join(missing or HEADERS.values())}."
        advice = f"The columns are called {', '.join(HEADERS.values())}; the template has them."
        raise Invalid.of(Problem("no_header", told, "/file", advice))
    return best, columns


def recognised(row: Sequence[str]) -> dict[int, str]:
    """Place → column, each column once. Exact names first, then names that are near."""
    names = {folded(name): column for column, name in HEADERS.items()}
    names |= {folded(other): column for column, others in ALSO.items() for other in others}
    found: dict[int, str] = {}
    for near in (False, True):
        for nr, text in enumerate(row):
            said = re.sub(r"[\s:?*]+$", "", folded(text)).lstrip("*")
            if nr in found or not said or len(said) > 80:
                continue
            match = names.get(said)
            if match is None and near:
                close = difflib.get_close_matches(said, names, 1, 0.8)
                match = names[close[0]] if close else None
            if match is not None and match not in found.values():
                found[nr] = match
    return found


def carry(rows: Sequence[SheetRow]) -> None:
    """A merged cell is empty but in its first row: what is missing below is taken from above."""
    for above, row in pairwise(rows):
        if row.cells["what"] or row.number != above.number + 1:
            continue
        for column in CARRIED:
            if not row.cells[column] and above.cells[column]:
                row.cells[column] = above.cells[column]
                row.carried.append(column)

"""Uploaded files as rows of cells: text files read here, workbooks by a process of their own."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any

from whereupon.errors import Invalid, Problem
from whereupon.records.delimited import read_text
from whereupon.records.neutral import as_written

Cell = None | str | bool | int | Decimal | dt.date | dt.datetime | dt.time
Row = tuple[int, list[Cell]]  # its number in the file, from 1, and its cells
WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # zip archive (xlsx, ods), OLE container (xls)
MOST_ROWS, MOST_COLUMNS = 500_000, 1_000
SECONDS = 150  # for a workbook to be read
TYPED: dict[str, Callable[[str], Cell]] = {
    "date": dt.date.fromisoformat, "datetime": dt.datetime.fromisoformat, "time": dt.time.fromisoformat,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file, to be closed: `all_rows` gives its rows from the top, each time anew."""

    format: str
    sheets: list[str]
    sheet: str | None
    encoding: str | None
    delimiter: str | None
    header_row: int
    all_rows: Callable[[], Iterator[list[Cell]]]
    close: Callable[[], None] = lambda: None

    def header(self) -> list[str]:
        """What stands above each column; the place of the column where nothing does."""
        if self.header_row == 0:
            width = max((len(row) for row in islice(self.all_rows(), 100)), default=0)
            return [lettered(place) for place in range(width)]
        row = next(islice(self.all_rows(), self.header_row - 1, None), None)
        return [shown(cell).strip() or lettered(place) for place, cell in enumerate(row or ())]

    def rows(self, after: int = 0) -> Iterator[Row]:
        """The data rows that hold anything, without the first `after` of them. Raises Invalid: too many."""
        count = 0
        for number, cells in enumerate(self.all_rows(), 1):
            if number <= self.header_row or all(cell is None for cell in cells):
                continue
            count += 1
            if count > MOST_ROWS:
                raise refused(f"The file has more than {MOST_ROWS:,} rows.", "Divide it into several files.")
            if count > after:
                yield number, cells


def open_sheet(
    path: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int = 1,
) -> Sheet:
    """Read a file. It blocks: call it in a thread. Raises Invalid for what cannot be read."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(WORKBOOK):
        return open_workbook(path, sheet, header_row)
    text = read_text(path.read_bytes(), encoding, delimiter)
    return Sheet(
        "csv", [], None, text.encoding, text.delimiter, header_row,
        lambda: (text_cells(row) for row in text.rows()),
    )  # fmt: skip


def text_cells(row: list[str]) -> list[Cell]:
    """Cells without blanks around them; an apostrophe that kept a formula from running goes."""
    if len(row) > MOST_COLUMNS:
        raise refused(f"A row has {len(row):,} columns; {MOST_COLUMNS:,} can be read.", None)
    return [as_written(cell.strip()) or None for cell in row]


def open_workbook(path: Path, sheet: str | None, header_row: int) -> Sheet:
    """Its rows are kept in a file without a name, and read from there."""
    with ExitStack() as stack:
        kept = stack.enter_context(tempfile.TemporaryFile("w+b"))
        first = unpacked(path, sheet or "", kept)
        stack.pop_all()  # open until the sheet is closed
    return Sheet(
        "workbook",
        first["sheets"],
        first["sheet"],
        None,
        None,
        header_row,
        lambda: kept_rows(kept),
        kept.close,
    )


def unpacked(path: Path, sheet: str, kept: IO[bytes]) -> Any:
    """Have the workbook read into `kept`; gives what its first line tells. Raises Invalid."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "whereupon.records.sheet_process", str(path), sheet],
            stdin=subprocess.DEVNULL, stdout=kept, stderr=subprocess.DEVNULL, env={}, timeout=SECONDS,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise refused("The workbook takes too long to read.", "Save the sheet as CSV.") from None
    kept.seek(0)
    first: Any = json.loads(kept.readline() or b"{}")
    if "fault" in first:
        raise refused(first["fault"], "Save the part that you need as a file of its own.")
    if done.returncode != 0 or "sheets" not in first:
        told = (
            "The file cannot be read: it is no workbook, is damaged or protected, or needs too much memory."
        )
        raise refused(told, "Open it in a spreadsheet program and save the sheet as CSV.")
    return first


def kept_rows(kept: IO[bytes]) -> Iterator[list[Cell]]:
    """The rows from the top, each with its own place in the file."""
    kept.seek(0)
    kept.readline()
    place = kept.tell()
    while True:
        kept.seek(place)
        lines = kept.readlines(1 << 20)
        if not lines:
            return
        place = kept.tell()
        for line in lines:
            yield [typed(value) for value in json.loads(line, parse_float=Decimal)]


def typed(value: Any) -> Cell:
    if isinstance(value, dict):
        [(kind, text)] = value.items()  # pyright: ignore[reportUnknownVariableType]
        return TYPED[kind](text)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, str):
        return as_written(value.replace("\0", "").strip()) or None
    return value


def shown(cell: Cell) -> str:
    """A cell as people read it.

    >>> shown(None), shown(True), shown(Decimal("1.50")), shown(dt.date(2026, 11, 22))
    ('', 'true', '1.50', '2026-11-22')
    """
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case dt.datetime():
            return cell.isoformat(sep=" ")
        case dt.date() | dt.time():
            return cell.isoformat()
        case Decimal():
            return f"{cell:f}"
        case _:
            return str(cell)


def lettered(place: int) -> str:
    """A column as spreadsheets call it.

    >>> lettered(0), lettered(27)
    ('Column A', 'Column AB')
    """
    letters, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"Column {letters}"


def refused(message: str, suggestion: str | None) -> Invalid:
    return Invalid.of(Problem("not_readable", message, "/document_id", suggestion))

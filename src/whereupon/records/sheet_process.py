"""A process of its own that reads a workbook and writes its rows as lines of JSON.

A workbook may be made to take any amount of memory (two cells in far corners are enough), or to break the
reader. So it is read here, with a limit on memory and time, where nothing else is harmed.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
import zipfile
from typing import Any

MEMORY = 1_500_000_000  # bytes of address space
SECONDS = 120  # of computing
UNPACKED = 400_000_000  # bytes that the parts of a workbook may unpack to
WRITTEN = 1_000_000_000  # bytes of rows: a text that is there once may stand in a million cells
MOST_ROWS, MOST_COLUMNS = 500_001, 1_000


class TooBig(Exception):
    """The workbook is larger than is read; the message says in what."""


def main(path: str, sheet: str) -> int:
    """Write one line that tells of the workbook, then one for each row; or one with the fault."""
    limit(resource.RLIMIT_AS, MEMORY)
    limit(resource.RLIMIT_CPU, SECONDS)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, WRITTEN)
    try:
        write(path, sheet)
    except TooBig as error:
        say({"fault": str(error)})
    return 0


def limit(what: int, most: int) -> None:
    """No more than so much of it for this process, from now on."""
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def write(path: str, wanted: str) -> None:
    """Every row of the sheet named, or of the first one."""
    import python_calamine

    library: Any = python_calamine
    refuse_bomb(path)
    with open(path, "rb") as file:
        book = library.load_workbook(file)
        names: list[str] = list(book.sheet_names)
        if not names:
            raise TooBig("This workbook has no sheets.")
        if wanted and wanted not in names:
            raise TooBig(f'There is no sheet "{wanted[:100]}" in this workbook.')
        sheet = book.get_sheet_by_name(wanted or names[0])
        height, width = int(sheet.height), int(sheet.width)
        if height > MOST_ROWS:
            raise TooBig(f"This sheet has {height:,} rows; {MOST_ROWS - 1:,} and a header can be read.")
        if width > MOST_COLUMNS:
            raise TooBig(f"This sheet has {width:,} columns; {MOST_COLUMNS:,} can be read.")
        say({"sheets": names, "sheet": wanted or names[0]})
        for row in sheet.to_python(skip_empty_area=False):
            say([cell(value) for value in row])


def refuse_bomb(path: str) -> None:
    """Modern workbooks are zip archives: see what they would unpack to before anything is unpacked."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > UNPACKED:
        raise TooBig(f"This workbook unpacks to {size // 1_000_000:,} MB; {UNPACKED // 1_000_000} are read.")


def cell(value: Any) -> Any:
    """A value as JSON: dates and times in an object that says which."""
    match value:
        case "" | None:
            return None
        case bool() | int() | str():
            return value
        case float():
            return int(value) if value.is_integer() and abs(value) < 1e15 else float(f"{value:.15g}")
        case dt.datetime():
            return {"datetime": value.isoformat()}
        case dt.date():
            return {"date": value.isoformat()}
        case dt.time():
            return {"time": value.isoformat()}
        case _:
            return str(value)


def say(value: Any) -> None:
    """One line of JSON to whoever reads."""
    sys.stdout.write(json.dumps(value, allow_nan=False, default=str) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))

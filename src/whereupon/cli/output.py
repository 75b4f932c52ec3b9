"""Tables and sentences for people, JSON for programs: the same facts either way."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from rich.console import Console

COLOURS: Mapping[str, str] = {
    "succeeded": "green", "sent": "green", "active": "green", "partial": "yellow", "held": "yellow",
    "waiting": "cyan", "queued": "cyan", "running": "cyan", "failed": "red", "uncertain": "red",
    "cancelled": "dim", "discarded": "dim", "archived": "dim", "disabled": "dim", "draft": "dim",
}  # fmt: skip


PIPED_WIDTH = 100_000  # characters; a table takes what it needs


@cache
def stdout() -> Console:
    """Where results go."""
    from rich.console import Console

    # What is piped on is not broken into lines for a screen.
    piped = not sys.stdout.isatty()
    return Console(highlight=False, soft_wrap=piped, width=PIPED_WIDTH if piped else None)


@cache
def stderr() -> Console:
    """Where errors and progress go."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def as_plain(value: object) -> object:
    """What orjson leaves to us."""
    from whereupon.db.pool import json_default

    return dict(value) if isinstance(value, Mapping) else json_default(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def print_json(value: object) -> None:
    """One JSON document, indented."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    sys.stdout.write(orjson.dumps(value, default=as_plain, option=options).decode() + "\n")


def tell(value: object, sentence: str, *, as_json: bool) -> None:
    """What was done."""
    if as_json:
        print_json(value)
    else:
        stdout().print(sentence, markup=False)


def show_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str = "None."
) -> None:
    """A table with these columns; as JSON everything that is known."""
    if as_json:
        return print_json([dict(row) for row in rows])
    if not rows:
        return stdout().print(empty, markup=False)
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = all(type(row[column]) in (int, float) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(styled(row[column]) for column in columns))
    stdout().print(table)
    return None


def show_facts(facts: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing, a line per fact."""
    if as_json:
        return print_json(dict(facts))
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), styled(value))
    stdout().print(table)
    return None


def styled(value: object) -> Any:
    """A cell: times to the second, states in their colour, nothing for nothing."""
    from rich.text import Text

    written = plain(value)
    return Text(written, style=COLOURS.get(written, ""))


def plain(value: object) -> str:
    """A value as people read it.

    >>> plain(None), plain(True), plain({"a": [1]})
    ('', 'yes', '{"a":[1]}')
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case dict() | list():
            return orjson.dumps(value, default=as_plain, option=orjson.OPT_NON_STR_KEYS).decode()
        case _:
            return str(value)


def with_progress(items: Sequence[Any], doing: str, *, quiet: bool) -> Iterable[Any]:
    """The items, with a bar on stderr while somebody watches and it takes long enough to matter."""
    if quiet or len(items) < 20 or not sys.stderr.isatty():
        return items
    from rich.progress import track

    return track(items, description=doing, console=stderr(), transient=True)


def waiting(doing: str, *, quiet: bool) -> Any:
    """A sign of life on stderr for work whose length is not known."""
    from contextlib import nullcontext

    if quiet or not sys.stderr.isatty():
        return nullcontext()
    return stderr().status(doing)

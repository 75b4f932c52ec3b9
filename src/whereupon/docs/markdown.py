"""Markdown as the reference pages need it: tables, JSON, words in code type."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, cast


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, or nothing when there are no rows.

    >>> print(table(["a", "b"], [["1", "x|y"]]))
    | a | b |
    |---|---|
    | 1 | x\\|y |
    """
    lines = ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns), *lines])


def cell(text: str) -> str:
    """Text that does not end its cell."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """Code type, also for text with backticks in it.

    >>> code("a"), code("`a`")
    ('`a`', '`` `a` ``')
    """
    written = str(text)
    return f"`` {written} ``" if "`" in written else f"`{written}`"


def json_block(value: Any) -> str:
    """A fenced block of JSON, in lines that fit."""
    return f"```json\n{folded(value)}\n```"


def folded(value: Any, indent: str = "") -> str:
    """JSON on one line when that is short, else a line per part.

    >>> print(folded({"a": [1, 2]}))
    {"a": [1, 2]}
    """
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= 100 or not isinstance(value, (dict, list)):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(k)}: {folded(v, inner)}" for k, v in cast("dict[str, Any]", value).items()]
    else:
        parts = [folded(v, inner) for v in cast("list[Any]", value)]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(inner + part for part in parts) + "\n" + indent + closing


def page(*parts: str) -> str:
    """Parts with an empty line between them; empty ones are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def listed(words: Iterable[str]) -> str:
    """Words in code type, with commas."""
    return ", ".join(code(word) for word in words)

"""What people write on a command line, made into what the product takes: JSON, files, name=value pairs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import orjson

from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Module

# Written as they are; anything else that reads as JSON is what JSON says.
TEXTUAL = frozenset({
    "text", "long_text", "rich_text", "email", "phone", "url", "select", "stage", "reference", "date", "time",
    "datetime", "auto_number",
})  # fmt: skip


def read_json(text: str, what: str) -> Any:
    """Parse JSON. Raises Invalid with the place."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        told = f"{what} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        raise Invalid.of(Problem("no_json", told), what="What was given cannot be read.") from None


def read_json_file(file: Path) -> Any:
    """The JSON in a file, or on standard input for "-" (cli/failing.py). Raises Invalid."""
    if str(file) in ("-", "@-"):
        return read_json(sys.stdin.read(), "Standard input")
    try:
        return read_json(file.read_text(encoding="utf-8"), str(file))
    except FileNotFoundError:
        raise Invalid(f"There is no file {file}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}.") from None


def read_values(words: Sequence[str], module: Module) -> dict[str, Any]:
    """A record's values from one JSON object, "@file", "-" (standard input) or name=value pairs.

    An empty value is a missing one. Raises Invalid.
    """
    if len(words) == 1 and words[0][:1] in ("{", "@"):
        word = words[0]
        found = (
            read_json(word, "The record") if word[0] == "{" else read_json_file(Path(word.removeprefix("@")))
        )
        if not isinstance(found, dict):
            raise Invalid("A record is a JSON object.", suggestion='An example: {"name": "Anna"}')
        return cast("dict[str, Any]", found)
    wrong = [word for word in words if "=" not in word]
    if wrong or not words:
        named = f'"{wrong[0]}" is no name=value pair.' if wrong else "No values were given."
        raise Invalid(
            named, suggestion="Write name=value pairs, one JSON object, @file, or - for standard input."
        )
    return {key: read_value(key, value, module) for key, _, value in (word.partition("=") for word in words)}


def read_value(key: str, written: str, module: Module) -> Any:
    """One value, by what its field holds."""
    field = module.fields.get(key)
    if written == "":
        return None
    if field is None or field.type in TEXTUAL:
        return written
    if field.type in ("decimal", "money"):
        return written  # every digit, not a float
    if field.type == "multi_select" and written[0] != "[":
        return [choice.strip() for choice in written.split(",")]
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError:
        return written

"""YAML without its surprises, and without what a hostile file would do with them.

`no`, `2026-01-31`, `10:30` and `0401` are texts. A key stands once, values are written out instead of
referred to, and nothing comes out that is no JSON.
"""

from __future__ import annotations

import math
import re
from typing import Any, cast

import yaml

from whereupon.errors import Invalid, Problem

DEEPEST = 100  # mappings and lists inside one another
LARGEST = 2**63
QUOTES = "Texts with : # ? or quotes go into quotes."
PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null")}
INT = re.compile(r"^[-+]?(?:0|[1-9][0-9_]*)$")
# Narrower than YAML 1.1 has it, so that whatever is written as a text is read as one.
FLOAT = re.compile(r"^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$")
TRUTH = re.compile("^(?:true|false)$")


class NotYaml(Invalid):
    """A text that is not read. `line`: where, counted from 1; None: nobody can tell."""

    def __init__(self, told: str, line: int | None, suggestion: str | None = None) -> None:
        super().__init__("What was sent is not valid.", problems=[Problem("not_yaml", told, "", suggestion)])
        self.line = line


class StrictLoader(yaml.SafeLoader):
    """Mappings with texts as keys, lists, texts, numbers, true, false and nothing; no aliases, no tags."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """A part of the document, of which there are only so many inside one another."""
        event = cast("Any", self.peek_event())  # pyright: ignore[reportUnknownMemberType]
        if isinstance(event, yaml.AliasEvent):
            raise strange("it refers to another place with *, and values are written out here", event)
        self.depth += 1
        if self.depth > DEEPEST:
            raise strange("it is nested too deep", event)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """The value of a part."""
        if node.tag not in PLAIN:
            raise strange(
                f"the tag {node.tag.removeprefix('tag:yaml.org,2002:')[:40]} is not read here", node
            )
        try:
            value = cast("Any", super().construct_object(node, deep))  # pyright: ignore[reportUnknownMemberType]
        except ValueError:
            raise strange("a number is too large", node) from None
        if isinstance(value, str):
            require_text(value, node)
        elif isinstance(value, int | float) and not isinstance(value, bool) and not fits(value):
            raise strange("a number is too large", node)
        return value

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Keys with their values, none of them twice."""
        seen: set[str] = set()
        for key_node, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise strange("a key that is a number, a list or empty goes into quotes", key_node)
            if key in seen:
                raise strange(f'"{key[:60]}" stands twice in the same place', key_node)
            seen.add(key)
        return super().construct_mapping(node, deep)


def resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """By the first character of what is written without quotes: what it may be but a text."""
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    kept = [
        ("int", INT, "-+0123456789"), ("float", FLOAT, "-+0123456789."), ("bool", TRUTH, "tf"),
        ("null", re.compile("^(?:~|null|Null|NULL|)$"), "~nN"),
    ]  # fmt: skip
    for name, pattern, firsts in kept:
        for first in [*firsts, ""] if name == "null" else firsts:
            found.setdefault(first, []).append((f"tag:yaml.org,2002:{name}", pattern))
    return found


StrictLoader.yaml_implicit_resolvers = resolvers()


class Strange(yaml.MarkedYAMLError):
    """YAML that is refused although it is YAML."""


def strange(told: str, at: Any) -> Strange:
    return Strange(None, None, told, at.start_mark)


def fits(number: int | float) -> bool:
    """Whether JSON, and what reads it, has such a number."""
    return math.isfinite(number) and (isinstance(number, float) or abs(number) < LARGEST)


def require_text(value: str, node: Any) -> None:
    """What a database can keep: no NUL, no half of a pair of surrogates."""
    if "\0" in value:
        raise strange("a NUL character cannot be stored", node)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise strange("half a character (a lone surrogate) cannot be stored", node) from None


def read_yaml(text: str, name: str) -> Any:
    """What the text says. Raises NotYaml with the line for what is no YAML, or not ours.

    >>> read_yaml("on: no\\nat: 10:30\\nof: [1, 0.5, true, ~]", "x.yaml")
    {'on': 'no', 'at': '10:30', 'of': [1, 0.5, True, None]}
    """
    try:
        return yaml.load(text, StrictLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        told = f"{name} is not YAML: a character that no text has (U+{ord_of(error):04X}). Line {line}."
        raise NotYaml(told, line) from None
    except yaml.YAMLError as error:
        raise not_yaml(error, name) from None
    except RecursionError:
        raise NotYaml(f"{name} is nested too deep.", None) from None


def ord_of(error: yaml.reader.ReaderError) -> int:
    found: Any = error.character
    return found if isinstance(found, int) else ord(found)


def not_yaml(error: yaml.YAMLError, name: str) -> NotYaml:
    mark: Any = getattr(error, "problem_mark", None)
    where = f" Line {mark.line + 1}, column {mark.column + 1}." if mark else ""
    said = getattr(error, "problem", None) or "it cannot be read"
    line = mark.line + 1 if mark else None
    if isinstance(error, Strange):
        return NotYaml(f"{name} cannot be taken: {said}.{where}", line)
    return NotYaml(f"{name} is not YAML: {said}.{where}", line, QUOTES)


def line_of(text: str, pointer: str) -> tuple[int, int] | None:
    """Where a place stands: the line, from 1, and how many parts of its JSON pointer are not there.

    >>> line_of("a:\\n  b: 1", "/a/b"), line_of("a:\\n  b: 1", "/a/c"), line_of("a: 1", "/b")
    ((2, 0), (1, 1), None)
    """
    try:
        node = cast("Any", yaml.compose(text, StrictLoader))  # pyright: ignore[reportUnknownMemberType]
    except (yaml.YAMLError, RecursionError):
        return None
    found, parts = None, pointer.split("/")[1:]
    for nr, part in enumerate(parts, 1):
        line, node = step_into(node, part)
        if line is None:
            break
        found = (line, len(parts) - nr)
    return found


def step_into(node: Any, part: str) -> tuple[int | None, Any]:
    """The line of a key or an entry, and what is under it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        found = node.value[int(part)]
        return found.start_mark.line + 1, found
    return None, None

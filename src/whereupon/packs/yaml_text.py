"""YAML as people read and compare it: keys in their order, long texts line by line, always the same text."""

from __future__ import annotations

from typing import Any

import yaml

TEXT = "tag:yaml.org,2002:str"


class PlainDumper(yaml.SafeDumper):
    """No anchors: the same list twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists are set in below their key."""
        return super().increase_indent(flow, False)


def represent_text(dumper: PlainDumper, text: str) -> yaml.ScalarNode:
    """Several lines stand as they are, where that loses nothing."""
    if not all(character.isprintable() or character == "\n" for character in text):
        return dumper.represent_scalar(TEXT, text, '"')  # pyright: ignore[reportUnknownMemberType]
    lines = text.split("\n")
    stands = len(lines) > 1 and all(line == line.rstrip() for line in lines)
    style = "|" if stands and not text.startswith((" ", "\n")) else None
    return dumper.represent_scalar(TEXT, text, style)  # pyright: ignore[reportUnknownMemberType]


PlainDumper.add_representer(str, represent_text)


def as_yaml(value: Any) -> str:
    """The text. Whoever reads it with `strict_yaml.read_yaml` gets the value back.

    >>> as_yaml({"key": "welcome", "on": "no", "html": "<p>\\nΓειά</p>"})
    "key: welcome\\n'on': 'no'\\nhtml: |-\\n  <p>\\n  Γειά</p>\\n"
    """
    return yaml.dump(value, Dumper=PlainDumper, sort_keys=False, allow_unicode=True, width=110)

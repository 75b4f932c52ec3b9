"""A chat message: what it says in a room of Slack, Teams and the like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from whereupon.errors import WhereuponError
from whereupon.outbox.addresses import one_line
from whereupon.outbox.channels.text import cleaned
from whereupon.templates.template import Template, render

MOST_CHARACTERS = 3_000  # what all of the services take
MOST_TITLE = 200
# What calls everybody, or is a link under other words: only the builder's own words may do so, never a value.
CALLS = re.compile(
    r"@(?=everyone|here|channel|all\b|room|\*\*)|<(?=[!@#]|\w+:)|(?<=\])(?=\()|(?<=!)(?=\[)", re.IGNORECASE
)
APART = "\u200b"  # a space without width


class Empty(WhereuponError):
    """Nothing is said."""

    status, exit_code, code, title = 422, 2, "empty_message", "Empty"


def chat_source(text: Template, *, title: Template | None, provider: str | None) -> dict[str, Any]:
    """What every chat message of a block says, to be stored once."""
    said = {"text": text.stored, "provider": provider}
    return said | ({"title": title.stored} if title is not None else {})


def render_chat(source: Mapping[str, Any], context: Mapping[str, Any], recipient: str) -> dict[str, Any]:
    """The message to a room; `recipient` is the name of its provider. Raises RenderingFailed, Empty."""
    harmless = tamed(context)
    title = one_line(render(source["title"], harmless))[:MOST_TITLE] if "title" in source else ""
    text = cleaned(render(source["text"], harmless))
    if not text:
        raise Empty("The message is empty.", suggestion="Write something in the block.")
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS - 1] + "…"
    return {"to": [recipient], "title": title, "text": text, "provider": source.get("provider")}


def tamed(value: Any) -> Any:
    r"""The values of a message, which call nobody.

    >>> tamed({"name": "@everyone <!here>"})
    {'name': '@\u200beveryone <\u200b!here>'}
    """
    match value:
        case str():
            return CALLS.sub(lambda found: found.group() + APART, value)
        case dict():
            return {key: tamed(one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [tamed(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value

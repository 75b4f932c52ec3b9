"""A text message (SMS): what it says to one number, and in how many parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from whereupon.errors import WhereuponError
from whereupon.outbox.addresses import CONTROLS
from whereupon.outbox.segments import count_segments
from whereupon.templates.template import Template, render

PARTS = 3  # more cost more than a mail is worth
LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")


class TooLong(WhereuponError):
    """The text has more parts than the block allows."""

    status, exit_code, code, title = 422, 2, "text_too_long", "Too long"


def text_source(text: Template, *, provider: str | None, parts: int = PARTS) -> dict[str, Any]:
    """What every text message of a block says, to be stored once."""
    return {"text": text.stored, "provider": provider, "parts": parts}


def render_text(source: Mapping[str, Any], context: Mapping[str, Any], recipient: str) -> dict[str, Any]:
    """The message to one number. Raises RenderingFailed or TooLong: then this message fails, and no other."""
    text = cleaned(render(source["text"], context))
    counted = count_segments(text)
    most: int = source.get("parts", PARTS)
    if counted.parts > most:
        raise TooLong(
            f"The text has {counted.characters} characters ({counted.encoding}), which makes {counted.parts} "
            f"parts; {most} {'is' if most == 1 else 'are'} allowed.",
            suggestion="Shorten the text, or allow more parts in the block.",
        )
    if not text:
        raise TooLong("The text is empty.", suggestion="Write something in the block.")
    return {
        "to": [recipient], "text": text, "provider": source.get("provider"), "encoding": counted.encoding,
        "characters": counted.characters, "parts": counted.parts,
    }  # fmt: skip


def cleaned(text: str) -> str:
    r"""Without what no phone shows: control and direction characters; lines stay lines.

    >>> cleaned("Hello\r\nAda\x00\u202e ")
    'Hello\nAda'
    """
    lines = LINE_ENDS.sub("\n", text).split("\n")
    kept = [CONTROLS.sub(" ", line).encode("utf-8", "replace").decode().rstrip() for line in lines]
    return "\n".join(line for line in kept).strip()

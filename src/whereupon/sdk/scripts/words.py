"""What went wrong in a script, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.sdk.scripts.process import LONGEST_ANSWER, MEMORY


def fault_words(fault: Mapping[str, Any], seconds: float) -> tuple[str, str | None]:
    """What happened, and what to do.

    >>> fault_words({"kind": "error", "name": "TypeError", "message": "x is null", "line": 3}, 2)
    ('Line 3 of the script: TypeError: x is null.', None)
    """
    match fault.get("kind"):
        case "time":
            told = f"The script took longer than {seconds:g} seconds and was stopped."
            return told, "Does a loop in it never end?"
        case "memory":
            return _too_much_memory()
        case "depth":
            told = "The script was stopped: its functions call each other without end."
            return told, "About a thousand calls may stand inside each other."
        case "output":
            told = f"The script returned more than {LONGEST_ANSWER:,} characters."
            return told, "Return only what later blocks need."
        case "error" if fault.get("message") == "out of memory":
            return _too_much_memory()
        case "error":
            return _error_words(fault), None
        case _:
            return (
                "The script brought its process down. Nothing else was concerned.",
                "Write it in another way.",
            )


def _too_much_memory() -> tuple[str, str]:
    told = f"The script needed more than {MEMORY >> 20} MB of memory and was stopped."
    return told, "Does it collect more and more in a list or a text?"


def _error_words(fault: Mapping[str, Any]) -> str:
    place = f"Line {fault['line']} of the script: " if "line" in fault else "The script failed: "
    if "thrown" in fault:
        said = f"it threw {_short(fault['thrown'])}"
    else:
        name, message = _short(fault.get("name")), _short(fault.get("message"))
        said = ": ".join(part for part in (name, message) if part) or "an error without a message"
    return place + said.rstrip(".") + "."


def _short(text: Any) -> str:
    """One line, not too long.

    >>> _short("a\\n  b")
    'a b'
    """
    return storable(" ".join(str(text or "").split()))[:500]


def storable(text: str) -> str:
    """A text that the database takes: without NUL and halves of characters.

    >>> storable("a" + chr(0) + "b" + chr(0xD800))
    'a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}'
    """
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)

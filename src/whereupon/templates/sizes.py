"""How big a value inside a template may grow before the rendering is stopped."""

from __future__ import annotations

from typing import Any

from liquid.exceptions import ResourceLimitError

MAX_TEXT = 1_000_000  # characters
MAX_ITEMS = 10_000  # of a list or a range


def check_size(value: object) -> None:
    """Raises ResourceLimitError when a text or a list is larger than a template may handle."""
    if isinstance(value, str):
        check_length(len(value))
    elif isinstance(value, (list, tuple, range)) and not 0 <= length_of(value) <= MAX_ITEMS:  # pyright: ignore[reportUnknownArgumentType]
        raise ResourceLimitError(f"a list has more than {MAX_ITEMS:,} items", token=None)


def check_length(characters: int) -> None:
    """The same for a text that is about to be made: it never is."""
    if characters > MAX_TEXT:
        raise ResourceLimitError(f"a text has more than {MAX_TEXT:,} characters", token=None)


def length_of(items: list[Any] | tuple[Any, ...] | range) -> int:
    """Its length; -1 for a range so long that Python cannot say."""
    try:
        return len(items)
    except OverflowError:
        return -1

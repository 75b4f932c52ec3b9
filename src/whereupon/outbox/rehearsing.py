"""Whether this task is a test, which is rolled back: then nothing leaves, and nothing of it is remembered."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)


@contextmanager
def rehearsal() -> Generator[None]:
    """Everything inside is a test."""
    token = _rehearsing.set(True)
    try:
        yield
    finally:
        _rehearsing.reset(token)


def rehearsing() -> bool:
    """Whether what is done now will be rolled back."""
    return _rehearsing.get()


def refuse_in_rehearsal() -> None:
    """Raises where something was about to leave during a test: a defect, never a person's mistake."""
    if rehearsing():
        raise RuntimeError("Nothing may leave during a test.")

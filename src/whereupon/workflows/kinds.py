"""Workflows that are made from something else, a playbook or a strategy, are changed there alone."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from whereupon.errors import Conflict

Kind = Literal["workflow", "playbook", "strategy", "data_task"]
OPEN: ContextVar[Kind] = ContextVar("OPEN", default="workflow")


@contextmanager
def changing(kind: Kind) -> Generator[None]:
    """Within this, the workflows of that kind may be changed: by whoever makes them."""
    token = OPEN.set(kind)
    try:
        yield
    finally:
        OPEN.reset(token)


def require_own_kind(kind: str, key: str) -> None:
    """Raises Conflict for a workflow that is made from something else."""
    if kind != OPEN.get():
        called = kind.replace("_", " ")
        raise Conflict(
            f'The workflow "{key}" is made from a {called}.',
            suggestion=f"Change the {called}; its workflow follows.",
        )

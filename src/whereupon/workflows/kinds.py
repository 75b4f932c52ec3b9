"""Workflows that are made from something else, a playbook or a strategy, are changed there alone."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from whereupon.errors import Conflict

Kind = Literal["workflow", "playbook", "strategy", "data_task"]
# SQL jsonb of what workflow "w" is made from: its kind, key and name; null for one that people draw.
# The workflow of a data task is named after the task's id and a module's.
MADE_FROM = """
CASE w.kind
  WHEN 'data_task' THEN (SELECT jsonb_build_object('kind', w.kind, 'key', d.key, 'name', d.name)
    FROM whereupon.data_tasks d WHERE d.id = split_part(w.key, '_', 3)::bigint)
  WHEN 'strategy' THEN (SELECT jsonb_build_object('kind', w.kind, 'key', g.key, 'name', g.name)
    FROM whereupon.strategy_steps s JOIN whereupon.strategies g ON g.id = s.strategy_id
    WHERE s.workflow_id = w.id)
  WHEN 'playbook' THEN jsonb_build_object('kind', w.kind, 'key', w.key, 'name', w.name)
END AS made_from
"""
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

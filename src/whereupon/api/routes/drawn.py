"""What playbooks and strategies have in common over HTTP: both are drawn, checked and published."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from whereupon.api.declare import Out
from whereupon.errors import Problem


class FaultOut(Out):
    """What stands against publishing it. `path`: JSON pointer into the definition; "" for the whole."""

    code: str
    message: str
    path: str
    suggestion: str | None


class Note(BaseModel):
    """What has changed, for those who read the list of versions."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=2_000)


class DrawingToCheck(BaseModel):
    """A definition that need not be saved."""

    model_config = ConfigDict(extra="forbid")

    definition: dict[str, Any]


class CheckedDrawing(Out):
    """Everything that is wrong with it; nothing: it can be published."""

    problems: list[FaultOut]


def told(faults: Iterable[Problem]) -> list[dict[str, Any]]:
    """As FaultOut has them."""
    return [{**fault.as_json(), "suggestion": fault.suggestion} for fault in faults]

"""Shapes that several nouns share in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Path
from pydantic import ConfigDict, Field

from whereupon.api.declare import Out

T = TypeVar("T")


class Page(Out, Generic[T]):
    """Some items of a list, and where to go on."""

    items: list[T]
    next_cursor: str | None = Field(
        description="Send it as `cursor` for the next page; null: this was the last."
    )


class Anything(Out):
    """An object whose keys depend on the definitions."""

    model_config = ConfigDict(extra="allow")


class MadeFrom(Out):
    """What a workflow is made from that people do not draw themselves; it is changed there."""

    kind: Literal["data_task", "playbook", "strategy"]
    key: str
    name: str


PathId = Annotated[int, Path(ge=1, le=2**63 - 1)]
PathKey = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^/\x00]+$")]
JsonObject = dict[str, Any]

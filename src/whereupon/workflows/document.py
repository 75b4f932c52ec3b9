"""The workflow as people draw it: nodes, edges and settings, one JSON document with a published schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.people.users import time_zones

START = "start"
KEPT = "kept"  # the context in which a document is read that was published once
NODE_KEY = r"^[a-z][a-z0-9_]{0,58}$"
ROLE_KEY = r"^[a-z][a-z0-9_]{0,59}$"


class Part(BaseModel):
    """The base of every part of the document: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ErrorPolicy(Part):
    """What follows when a block fails for a run (D22)."""

    policy: Literal["stop", "continue", "retry", "exit"] = "stop"
    retries: int = Field(3, ge=1, le=20, description="For retry: how many more times.")
    backoff_seconds: int = Field(
        60, ge=1, le=86_400, description="For retry: the first pause; each next is twice as long."
    )


class Position(Part):
    """Where the editor draws the node; the engine does not look."""

    x: float
    y: float


class Node(Part):
    """A block in its place."""

    key: str = Field(pattern=NODE_KEY)
    block: str
    label: str = Field("", max_length=200)
    config: dict[str, Any] = Field(default_factory=dict)
    on_error: ErrorPolicy = Field(default_factory=lambda: ErrorPolicy.model_validate({}))
    position: Position | None = None


class Edge(Part):
    """A connection from one node's exit to another node."""

    source: str = Field(alias="from")
    port: str = "next"
    target: str = Field(alias="to")


class WorkflowSettings(Part):
    """What holds for the whole workflow."""

    priority: int = Field(100, ge=0, le=1_000_000, description="Lower starts first (rule 5).")
    recurrence: Literal["every_time", "first_time", "when_met"] = "every_time"
    concurrency: Literal["parallel", "queue", "skip", "restart"] = "parallel"
    time_zone: str | None = Field(None, description="IANA name; none: the organisation's.")
    acts_as: str | None = Field(
        None,
        pattern=ROLE_KEY,
        description="Key of a role: its runs do only what that role and the publisher both may. None: "
        "what the publisher may (rule 28).",
    )

    @field_validator("time_zone")
    @classmethod
    def known_zone(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and value not in time_zones():
            if info.context == KEPT:
                return None  # this machine's list has become shorter: the organisation's holds
            near = did_you_mean(value, time_zones()) or ""
            raise ValueError(f'there is no time zone "{value}". {near}'.strip())
        return value


class Document(Part):
    """A whole workflow. `format` is raised when an old document would mean something else."""

    format: Literal[1] = 1
    nodes: Annotated[list[Node], Field(max_length=500)] = Field(default_factory=list[Node])
    edges: Annotated[list[Edge], Field(max_length=2_000)] = Field(default_factory=list[Edge])
    settings: WorkflowSettings = Field(default_factory=lambda: WorkflowSettings.model_validate({}))

    @property
    def start(self) -> Node | None:
        return next((n for n in self.nodes if n.block == START), None)

    def exits(self, key: str) -> dict[str, str]:
        """The node that each connected exit of `key` leads to."""
        return {edge.port: edge.target for edge in self.edges if edge.source == key}


@dataclass(frozen=True, slots=True)
class Graph:
    """The document's edges for walking: node → exit → node."""

    exits: Mapping[str, Mapping[str, str]]
    known: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]], compare=False)

    @classmethod
    def of(cls, document: Document) -> Graph:
        return cls({node.key: document.exits(node.key) for node in document.nodes})

    def reachable(self, start: str) -> frozenset[str]:
        """Every node that a run starting at `start` may come to, `start` included."""
        seen, todo = {start}, [start]
        while todo:
            following = set(self.exits.get(todo.pop(), {}).values()) - seen
            seen |= following
            todo += following
        return frozenset(seen)

    def after(self, key: str) -> frozenset[str]:
        """The nodes that come after one, itself only when a cycle leads back."""
        if key not in self.known:
            following = self.exits.get(key, {}).values()
            self.known[key] = frozenset[str]().union(*(self.reachable(target) for target in following))
        return self.known[key]


def blank(trigger: str = "record_created") -> dict[str, Any]:
    """A new workflow's document: its START is already there (A2)."""
    start = {"key": START, "block": START, "config": {"trigger": trigger}}
    return {"format": 1, "nodes": [start], "edges": [], "settings": {}}


def parse_document(raw: object, *, kept: bool = False) -> Document:
    """The document, or Invalid naming every place that does not fit the schema. `kept`: it was published."""
    try:
        return Document.model_validate(raw, context=KEPT if kept else None)
    except ValidationError as error:
        raise Invalid("The workflow document is not valid.", problems=problems_of(error, Document)) from None


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """pydantic's findings as ours: a JSON pointer, a plain sentence, a suggestion for unknown keys."""
    found: list[Problem] = []
    for item in error.errors(include_url=False, include_context=False):
        # Tags of discriminated unions ("<field>") are no part of what was sent.
        location = tuple(part for part in item["loc"] if not str(part).startswith("<"))
        path = "".join(f"/{part}" for part in location)
        name = str(location[-1]) if location else ""
        match item["type"]:
            case "extra_forbidden":
                known = known_keys(model, location[:-1])
                advice = did_you_mean(name, known) or (f"Known: {', '.join(known)}." if known else None)
                found.append(Problem("unknown_key", f'"{name}" is not known here.', path, advice))
            case "missing":
                found.append(Problem("missing", f'"{name}" is required.', path))
            case _:
                sentence = item["msg"].removeprefix("Value error, ").rstrip(".") + "."
                found.append(Problem("invalid", sentence[0].upper() + sentence[1:], path))
    return found


def known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that are allowed at a place of a model, as far as its annotations tell."""
    current: Any = model
    for part in location:
        if not isinstance(part, int):
            field = current.model_fields.get(part) if current is not None else None
            current = _inner_model(field.annotation) if field else None
    fields: Mapping[str, Any] = current.model_fields if current is not None else {}
    return [info.alias or name for name, info in fields.items()]


def _inner_model(annotation: Any) -> Any:
    """The model inside list[Model], Annotated[...] or Model | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    parts: tuple[Any, ...] = getattr(annotation, "__args__", ())  # pyright: ignore[reportUnknownArgumentType] - it is any annotation
    inner = (_inner_model(part) for part in parts)
    return next((model for model in inner if model is not None), None)

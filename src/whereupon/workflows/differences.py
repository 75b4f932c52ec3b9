"""What is different between two documents: blocks, connections and settings, in data and in words (A11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from whereupon.workflows.check import Surroundings
from whereupon.workflows.document import START, Document, Edge, Node
from whereupon.workflows.drafting import summary_of, trigger_words
from whereupon.workflows.plan import Plan, make_plan

Kind = Literal["added", "removed", "changed"]
SETTINGS = {
    "priority": "Priority",
    "recurrence": "How often for each record",
    "concurrency": "While a run is under way on the record",
    "time_zone": "Time zone",
    "acts_as": "Its runs act with the rights of",
}
PUBLISHER = "whoever publishes it"
PARTS = {"block": "Block", "label": "Name", "on_error": "On error"}


@dataclass(frozen=True, slots=True)
class Side:
    """A node as it is in one of the two documents."""

    label: str
    block: str
    sentence: str
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NodeDifference:
    """A node that is in only one of them, or different. `parts`: keys of its configuration and beside it."""

    key: str
    change: Kind
    before: Side | None
    after: Side | None
    parts: list[str]


@dataclass(frozen=True, slots=True)
class EdgeDifference:
    """A connection that is in only one of them."""

    change: Kind
    source: str
    port: str
    target: str


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A setting of the whole workflow."""

    key: str
    label: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Differences:
    """Everything that is different, positions left out; all empty: they mean the same."""

    nodes: list[NodeDifference]
    edges: list[EdgeDifference]
    settings: list[SettingDifference]

    @property
    def any(self) -> bool:
        return bool(self.nodes or self.edges or self.settings)


def compare(before: Document, after: Document, around: Surroundings) -> Differences:
    """From one to the other."""
    return Differences(
        nodes=list(_nodes(make_plan(before), make_plan(after), around)),
        edges=list(_edges(before, after)),
        settings=list(_settings(before, after, around)),
    )


def side_of(node: Node, plan: Plan, around: Surroundings) -> Side:
    """A node in words."""
    step = plan.steps.get(node.key)
    known = step.block.label if step else node.block
    if node.block == START:
        told = trigger_words(plan, around)
        return Side(node.label or "Start", node.block, told[:1].upper() + told[1:], node.config)
    return Side(node.label or known, node.block, summary_of(node.key, plan, around) or known, node.config)


def _nodes(before: Plan, after: Plan, around: Surroundings) -> Iterator[NodeDifference]:
    """In the order of the newer one; what was removed comes last."""
    old = {node.key: node for node in before.document.nodes}
    new = {node.key: node for node in after.document.nodes}
    for key, node in new.items():
        parts = _parts(old[key], node) if key in old else []
        if key not in old or parts:
            was = side_of(old[key], before, around) if key in old else None
            kind: Kind = "changed" if key in old else "added"
            yield NodeDifference(key, kind, was, side_of(node, after, around), parts)
    for key, node in old.items():
        if key not in new:
            yield NodeDifference(key, "removed", side_of(node, before, around), None, [])


def _parts(old: Node, new: Node) -> list[str]:
    """The keys of the configuration that differ, and what stands beside it."""
    keys = dict.fromkeys([*old.config, *new.config])
    config = [key for key in keys if old.config.get(key) != new.config.get(key)]
    return config + [PARTS[name] for name in PARTS if getattr(old, name) != getattr(new, name)]


def _edges(before: Document, after: Document) -> Iterator[EdgeDifference]:
    old, new = _drawn(before), _drawn(after)
    yield from (EdgeDifference("removed", *edge) for edge in old if edge not in new)
    yield from (EdgeDifference("added", *edge) for edge in new if edge not in old)


def _drawn(document: Document) -> dict[tuple[str, str, str], Edge]:
    return {(edge.source, edge.port, edge.target): edge for edge in document.edges}


def _settings(before: Document, after: Document, around: Surroundings) -> Iterator[SettingDifference]:
    for key, label in SETTINGS.items():
        old, new = getattr(before.settings, key), getattr(after.settings, key)
        if old != new:
            told = (_role(old, around), _role(new, around)) if key == "acts_as" else (old, new)
            yield SettingDifference(key, label, *told)


def _role(key: str | None, around: Surroundings) -> str:
    """What people call it; one that is gone by its key."""
    if key is None:
        return PUBLISHER
    role = around.catalog.roles.get(key)
    return key if role is None else role["name"]

"""Before a strategy is published: what differs from what is published now, step by step, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from whereupon.db.pool import Connection
from whereupon.people.rights import Rights
from whereupon.playbooks.strategies import ACTIVE, get_strategy
from whereupon.playbooks.strategy_definition import (
    BLOCKS,
    StrategyDefinition,
    StrategyStep,
    compile_step,
    parse_strategy,
)
from whereupon.sdk import registry
from whereupon.workflows import store
from whereupon.workflows.check import Surroundings
from whereupon.workflows.differences import PARTS, NodeDifference, compare, side_of
from whereupon.workflows.document import START, Document, parse_document
from whereupon.workflows.plan import make_plan

PUBLISHED = """
SELECT t.step, t.name, v.document FROM whereupon.strategy_steps t
JOIN whereupon.workflows w ON w.id = t.workflow_id JOIN whereupon.versions v ON v.id = w.active_version_id
WHERE t.strategy_id = $1 AND t.active ORDER BY t.nr
"""


async def review_strategy(
    db: Connection, rights: Rights, key: str, definition: Mapping[str, Any]
) -> dict[str, Any]:
    """{"published", "steps": what is added, changed or removed, "kept": how many stay as they are}.

    Raises NotFound, Refused, and Invalid for what is no strategy.
    """
    rights.require_builder()
    known = await get_strategy(db, rights, key)
    wanted = parse_strategy(definition)
    there = {row["step"]: row for row in await db.fetch(PUBLISHED, known["id"])}
    others = await _segments_before(db, known)
    around = await store.surroundings(db, rights, known["module"])
    steps = [*_steps(wanted, there, known["id"], others, around)]
    changed = {one["step"] for one in steps}
    kept = sum(1 for step in wanted.steps if step.key not in changed)
    return {"published": known["state"] == "active", "steps": steps, "kept": kept}


async def _segments_before(db: Connection, known: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Of the strategies whose records are not this one's."""
    found: list[Mapping[str, Any]] = []
    for row in await db.fetch(ACTIVE, known["module_id"]):
        if (row["position"], row["id"]) < (known["position"], known["id"]):
            found.append(parse_strategy(row["definition"]).segment or {"all": []})
    return tuple(found)


def _steps(
    wanted: StrategyDefinition,
    there: Mapping[str, Any],
    strategy: int,
    others: tuple[Mapping[str, Any], ...],
    around: Surroundings,
) -> Iterator[dict[str, Any]]:
    for step in wanted.steps:
        after = parse_document(compile_step(wanted, step, strategy, others))
        before = there.get(step.key)
        if before is None:
            yield _told(step.key, step.name, "added", [], _sentences(after, around), [])
            continue
        found = compare(parse_document(before["document"]), after, around).nodes
        if found:
            yield _changed(step, found)
    keys = {step.key for step in wanted.steps}
    for key, row in there.items():
        if key not in keys:
            said = _sentences(parse_document(row["document"]), around)
            yield _told(key, row["name"], "removed", said, [], [])


def _changed(step: StrategyStep, found: list[NodeDifference]) -> dict[str, Any]:
    was = [one.before.sentence for one in found if one.before]
    now = [one.after.sentence for one in found if one.after]
    parts = [part for one in found if one.key == step.key for part in one.parts]
    # A sentence that stays the same tells nothing: then it is the parts that differ.
    old = [words for words in was if words not in now]
    new = [words for words in now if words not in was]
    return _told(step.key, step.name, "changed", old, new, [_title(step, part) for part in parts])


def _sentences(document: Document, around: Surroundings) -> list[str]:
    """When it comes, and what it does."""
    plan = make_plan(document)
    shown = [node for node in document.nodes if node.block == START or not node.key.endswith("__")]
    return [side_of(node, plan, around).sentence for node in shown]


def _title(step: StrategyStep, part: str) -> str:
    """A part of the message as its form calls it."""
    if part in PARTS.values():
        return part
    field = registry.block(BLOCKS[step.type]).Config.model_fields.get(part)
    return (field.title if field is not None else None) or part


def _told(
    step: str, name: str, change: str, was: list[str], now: list[str], parts: list[str]
) -> dict[str, Any]:
    return {"step": step, "name": name, "change": change, "was": was, "now": now, "parts": parts}

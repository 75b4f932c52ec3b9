"""What is different between two states of a thing, in words: a part by its name, what it was, what it is.

Workflows are compared block by block, everything else key by key; entries of a list that have keys of their
own (phases, steps) are matched by them, so that moving one is not told as changing all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import BaseModel

from whereupon.conditions.tree import parse_condition
from whereupon.conditions.words import condition_words, shortened, value_words
from whereupon.errors import Invalid, NotFound
from whereupon.packs.kinds import Content
from whereupon.packs.kinds.workflows import people
from whereupon.playbooks.definition import DecideStep, FileStep, PlaybookDefinition
from whereupon.playbooks.strategy_definition import StrategyDefinition, StrategyStep
from whereupon.runs.review import steps_of
from whereupon.sdk import registry
from whereupon.sdk.fields import Shown
from whereupon.workflows.check import Surroundings
from whereupon.workflows.differences import PARTS, NodeDifference, compare
from whereupon.workflows.document import START, blank, parse_document
from whereupon.workflows.drafting import readable, trigger_words
from whereupon.workflows.plan import make_plan

Happened = Literal["added", "removed", "changed"]
LONGEST = 200
MOST_LINES = 200
DOCUMENTS = {"document": "", "draft": "Draft: "}
NAMES = {
    "name": "Name", "description": "Description", "category": "Category", "module": "Module",
    "state": "State", "html": "Text", "text": "Plain text", "subject": "Subject", "position": "Order",
    "set": "What it sets", "where": "Which records",
}  # fmt: skip
TITLED: tuple[type[BaseModel], ...] = (
    StrategyStep, StrategyDefinition, PlaybookDefinition, FileStep, DecideStep,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is different. `what`: which part; `before`, `after`: in words."""

    what: str
    change: Happened
    before: str | None = None
    after: str | None = None


def in_words(
    kind: str, before: Content, after: Content, around: Surroundings, users: Mapping[str, int]
) -> list[Told]:
    """Everything that is different, at most so many lines. `users`: their numbers by address."""
    found = list(_told(kind, before, after, around, users))
    return found[:MOST_LINES]


def does(kind: str, content: Content, around: Surroundings, users: Mapping[str, int]) -> list[str]:
    """What a new thing does, in short sentences."""
    if kind == "workflow":
        plan = make_plan(readable(numbered(content["document"], users))[0])
        started = trigger_words(plan, around)
        steps = [f"{label}: {told}" if told else label for _, label, told in steps_of(plan, around)]
        return ([f"When {started}"] if started else []) + steps[:12]
    definition: Any = content.get("definition")
    if isinstance(definition, dict):
        parts = cast("dict[str, Any]", definition)
        phases = listed(parts.get("phases"))
        steps = [step for phase in phases for step in listed(phase.get("steps"))] or listed(
            parts.get("steps")
        )
        return [str(step.get("name") or step.get("key") or "") for step in steps[:12]]
    return [shortened(str(content["subject"]))] if content.get("subject") else []


def listed(value: Any) -> list[dict[str, Any]]:
    """The mappings in a list."""
    entries = cast("list[Any]", value) if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, dict)]


def _told(
    kind: str, before: Content, after: Content, around: Surroundings, users: Mapping[str, int]
) -> Iterator[Told]:
    drawn = DOCUMENTS if kind == "workflow" else {}
    scope = around.scope(make_plan(parse_document(blank())), START)
    for name in dict.fromkeys([*before, *after]):
        if name in drawn or before.get(name) == after.get(name):
            continue
        if name == "definition":
            yield from of_values(before.get(name), after.get(name), "", scope)
        else:
            yield from of_values(before.get(name), after.get(name), titled(name), scope)
    for name, lead in drawn.items():
        old, new = (one.get(name, one.get("document", {})) for one in (before, after))
        if name == "document" or name in before or name in after:
            for line in of_documents(old, new, around, users):
                yield Told(lead + line.what, line.change, line.before, line.after)


# Workflows -----------------------------------------------------------------------------------------


def of_documents(old: Any, new: Any, around: Surroundings, users: Mapping[str, int]) -> Iterator[Told]:
    """Blocks, connections and settings that differ."""
    before, after = (readable(numbered(one, users))[0] for one in (old, new))
    found = compare(before, after, around)
    labels = {node.key: node.label or known_as(node.block) for one in (before, after) for node in one.nodes}
    plans = make_plan(before), make_plan(after)
    for node in found.nodes:
        sides = [around.scope(plan, node.key) if node.key in keys_of(plan) else None for plan in plans]
        yield from of_node(node, sides[0], sides[1])
    for edge in found.edges:
        port = "" if edge.port == "next" else f", {edge.port.replace('_', ' ')}"
        way = f"“{labels.get(edge.source, edge.source)}”{port} → “{labels.get(edge.target, edge.target)}”"
        gone = edge.change == "removed"
        yield Told("Connection", edge.change, way if gone else None, None if gone else way)
    for setting in found.settings:
        yield Told(setting.label, "changed", plain(setting.before), plain(setting.after))


def keys_of(plan: Any) -> set[str]:
    return {node.key for node in plan.document.nodes}


def numbered(document: Any, users: Mapping[str, int]) -> Any:
    """People by their numbers again, as blocks know them; an address that nobody has stays."""
    return people(document, lambda value, _: users.get(value, value) if isinstance(value, str) else value, "")


def of_node(node: NodeDifference, old: Any, new: Any) -> Iterator[Told]:
    """A block: whole if it came or went, else each part of it that differs."""
    side = node.after or node.before
    assert side is not None
    name = f"“{side.label}”"
    if node.before is None or node.after is None:
        words = side.sentence or side.label
        gone = node.after is None
        yield Told(name, node.change, words if gone else None, None if gone else words)
        return
    fields = fields_of(side.block, node.after.config)
    told = 0
    for part in node.parts:
        if part in PARTS.values():
            continue
        was, now = node.before.config.get(part), node.after.config.get(part)
        title, widget = fields.get(part, (titled(part), None))
        title = "Condition" if widget == "condition" else title
        told += 1
        words = in_scope(was, widget, old), in_scope(now, widget, new)
        if words[0] == words[1]:
            words = plain(was), plain(now)
        yield Told(f"{title} of {name}", "changed", *around_change(*words))
    if PARTS["label"] in node.parts:
        yield Told(f"Name of {name}", "changed", node.before.label, node.after.label)
    rest = [part for part in node.parts if part in (PARTS["block"], PARTS["on_error"])]
    for part in rest:
        before, after = node.before, node.after
        kinds = (known_as(before.block), known_as(after.block)) if part == PARTS["block"] else (None, None)
        yield Told(f"{part} of {name}", "changed", *kinds)


def in_scope(value: Any, widget: str | None, scope: Any) -> str:
    """A value of a block's configuration as its form shows it."""
    if scope is not None and value is not None:
        if widget == "condition":
            return condition_words(value, scope)
        if widget == "value":
            return value_words(value, scope)
    return plain(value)


def fields_of(block: str, config: Mapping[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Title and widget of each key of a block's configuration."""
    if block == START:
        known = registry.triggers().get(str(config.get("trigger")))
        own = titles_of(known.Config) if known else {}
        return {"trigger": ("Trigger", None), "filter": ("Condition", "condition")} | own
    try:
        return titles_of(registry.block(block).Config)
    except NotFound:
        return {}


def titles_of(model: type[BaseModel]) -> dict[str, tuple[str, str | None]]:
    return {
        info.alias or name: (
            info.title or titled(name), next((m.widget for m in info.metadata if isinstance(m, Shown)), None)
        )
        for name, info in model.model_fields.items()
    }  # fmt: skip


def known_as(block: str) -> str:
    if block == START:
        return "Start"
    try:
        return registry.block(block).label
    except NotFound:
        return block


# Everything else -----------------------------------------------------------------------------------


def of_values(before: Any, after: Any, where: str, scope: Any) -> Iterator[Told]:
    """What differs between two values, part by part."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict) and not is_value(before) and not is_value(after):
        old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        for name in dict.fromkeys([*old, *new]):
            if name not in ("format", "key"):
                title = titled(name)
                told = f"{title} of {where}" if where else title
                yield from of_values(old.get(name), new.get(name), told, scope)
        return
    if keyed(before) and keyed(after):
        yield from of_lists(before, after, where, scope)
        return
    if before is None or after is None:
        gone = after is None
        words = spoken(before if gone else after, scope)
        yield Told(where, "removed" if gone else "added", words if gone else None, None if gone else words)
        return
    words = spoken(before, scope), spoken(after, scope)
    if where == NAMES["html"] and bare(words[0]) != bare(words[1]):
        words = bare(words[0]), bare(words[1])
    yield Told(where, "changed", *around_change(*words))


def bare(html: str) -> str:
    """What people read of a mail.

    >>> bare("<p>Dear <b>Ana</b>,</p>")
    'Dear Ana ,'
    """
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def of_lists(before: Any, after: Any, where: str, scope: Any) -> Iterator[Told]:
    """Entries by their keys: what came, went and changed, and whether the others stand otherwise."""
    old, new = ({entry["key"]: entry for entry in entries} for entries in (before, after))
    for key, entry in new.items():
        if key not in old:
            yield Told(named(entry), "added", None, inside(where))
    for key, entry in old.items():
        if key not in new:
            yield Told(named(entry), "removed", inside(where))
        else:
            yield from of_values(entry, new[key], named(entry), scope)
    if [key for key in old if key in new] != [key for key in new if key in old]:
        names = [", ".join(named(entry) for entry in one.values()) for one in (old, new)]
        yield Told(
            f"Order of {where}" if where else "Order", "changed", shortened(names[0]), shortened(names[1])
        )


def inside(where: str) -> str:
    return where[:1].upper() + where[1:]


def named(entry: Mapping[str, Any]) -> str:
    """What an entry is called, in quotes."""
    return f"“{shortened(str(entry.get('name') or entry.get('label') or entry['key']), 60)}”"


def keyed(value: Any) -> bool:
    """A list of things that each have a key."""
    if not isinstance(value, list):
        return False
    entries = cast("list[Any]", value)
    return all(
        isinstance(one, dict) and isinstance(cast("dict[str, Any]", one).get("key"), str) for one in entries
    )


def spoken(value: Any, scope: Any) -> str:
    """A condition as people say it; any other value as it is."""
    if isinstance(value, dict) and is_value(value):
        found = cast("Any", value)
        try:
            parse_condition(found)
        except Invalid:
            return plain(value)
        return condition_words(found, scope)
    return plain(value)


def is_value(value: Any) -> bool:
    """A condition, or a value that is computed: told as a whole."""
    return bool({"operator", "field", "formula", "all", "any", "not", "user", "group"} & set(value))


def titled(name: str) -> str:
    """A key as people read it: "only_if" as the form has it, or else as a word."""
    if name in NAMES:
        return NAMES[name]
    found = next((m.model_fields[name].title for m in TITLED if name in m.model_fields), None)
    return found or name.replace("_", " ").capitalize()


def plain(value: Any) -> str:
    """Any value on one line."""
    match value:
        case None | "" | [] | {}:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case str():
            return " ".join(value.split())
        case int() | float():
            return f"{value:,}"
        case list():
            entries = cast("list[Any]", value)
            if all(isinstance(one, str | int | float) for one in entries):
                return ", ".join(map(plain, entries))
            return json.dumps(entries, ensure_ascii=False)
        case _:
            return json.dumps(value, ensure_ascii=False)


def around_change(before: str, after: str) -> tuple[str, str]:
    """Two long texts, cut to where they differ.

    >>> around_change("a", "b")
    ('a', 'b')
    """
    if max(len(before), len(after)) <= LONGEST:
        return before, after
    same = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        same += 1
    start = max(0, same - 40)
    lead = "…" if start else ""
    return lead + shortened(before[start:], LONGEST), lead + shortened(after[start:], LONGEST)

"""“On which update”: what starts the mail, and for which records only.

Booking is created
Booking: Status becomes Cancelled, if Delegate → E-mail is not empty
Course date                      (and the time says: 14 days before Starts on)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.planning.conditions import (
    Unsayable,
    choice_names,
    labels_of,
    read_conditions,
    write_conditions,
)
from whereupon.planning.words import (
    RESERVED,
    Unclear,
    called,
    choose,
    fields_by_name,
    folded,
    listed,
    modules_by_name,
    tokens,
)

MADE = frozenset({"created", "made", "added", "new", "placed", "received", "registered", "entered", "opened"})
CHANGED = frozenset({"updated", "changed", "edited", "amended"})
GONE = frozenset({"deleted", "removed"})
EVENTS = {
    "is created": {"trigger": "record_created"},
    "is created or updated": {"trigger": "record_updated", "also_on_creation": True},
    "is updated": {"trigger": "record_updated"},
    "is changed": {"trigger": "record_updated"},
    "is deleted": {"trigger": "record_deleted"},
}
ENDING = re.compile(r"\s(" + "|".join(sorted(EVENTS, key=len, reverse=True)) + r")\s*$", re.IGNORECASE)
ONLY_IF = re.compile(r",\s+if\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Update:
    """The module, what starts it (None: the time does), and the filter."""

    module: Module
    trigger: dict[str, Any] | None
    filter: dict[str, Any] | None = None


def read_update(text: str, catalog: Catalog) -> Update:
    """Raises Unclear."""
    if not text.strip():
        raise Unclear("It does not say on which update.", "For example: Booking is created")
    event, *conditions = ONLY_IF.split(text.strip(), maxsplit=1)
    update = read_event(event, catalog)
    if not conditions:
        return update
    return Update(update.module, update.trigger, read_conditions(conditions[0], update.module, catalog))


def read_event(text: str, catalog: Catalog) -> Update:
    modules = modules_by_name(catalog)
    if ending := ENDING.search(text):
        name = re.sub(r"^(when\s+)?(an?|the)\s+", "", text[: ending.start()].strip(), flags=re.IGNORECASE)
        return Update(module_called(name, modules), dict(EVENTS[folded(ending[1])]))
    name, colon, rest = text.partition(":")
    if colon:
        return of_fields(module_called(name, modules), rest.strip())
    if found := modules.get(folded(text)):
        return Update(found, None)
    raise guess(text, modules)


def module_called(name: str, modules: dict[str, Module]) -> Module:
    known = f"There are: {listed(sorted({m.label for m in modules.values()}))}."
    return choose(name, modules, "kind of record", others=known)


def of_fields(module: Module, text: str) -> Update:
    """“Status becomes Cancelled”, “Phone, E-mail changes”. Raises Unclear."""
    names = fields_by_name(module)
    known = f"Fields of {module.label}: {listed(f.label for f in module.fields.values() if not f.system)}."
    if becomes := re.fullmatch(r"(.+?)\s+becomes\s+(.+)", text, re.IGNORECASE | re.DOTALL):
        field = choose(becomes[1], names, f"field of {module.label}", others=known)
        if field.type not in ("select", "stage"):
            instead = f"{module.label}: {field.label} changes"
            raise Unclear(f"{field.label} has no choices that it could become.", f"“{instead}”?", instead)
        others = f"Choices: {listed(labels_of(field))}."
        wanted = becomes[2].strip().strip('"“”')
        key = choose(wanted, choice_names(field), f"choice of {field.label}", others=others)
        return Update(module, {"trigger": "stage_entered", "field": field.key, "to": key})
    if changes := re.fullmatch(r"(.+?)\s+changes?", text, re.IGNORECASE | re.DOTALL):
        fields = [
            choose(name, names, f"field of {module.label}", others=known).key
            for name in changes[1].split(",")
        ]
        return Update(module, {"trigger": "record_updated", "fields": fields})
    raise Unclear(
        f"“{text}” says neither what changes nor what it becomes.",
        f"Like this: {module.label}: Status becomes … or {module.label}: Status changes",
    )


# What could be meant -------------------------------------------------------------------------------


def guess(text: str, modules: dict[str, Module]) -> Unclear:
    """“When a delegate has made a booking” → “Booking is created”."""
    said = tokens(text)
    all_modules = {m.key: m for m in modules.values()}
    named = {m.key for m in all_modules.values() if tokens(m.label) <= said}
    # “A delegate cancels a place on a course date”: what leads to both is a booking.
    apart = all(not (named - {key}) & targets(all_modules[key]) for key in named)
    between = [m for m in all_modules.values() if apart and len(named & targets(m)) > 1]
    leading = sorted(named, key=lambda key: (-len((named - {key}) & targets(all_modules[key])), key))
    meant = [*between, *(all_modules[key] for key in leading)]
    if not meant:
        return Unclear(
            f"“{text.strip()}” names no kind of record.",
            f"There are: {listed(sorted({m.label for m in modules.values()}))}.",
        )
    sentences = [one for module in meant if (one := likely(module, said, modules))]
    if sentences:
        suggestion = " or ".join(f"“{one}”" for one in sentences[:3])
        return Unclear(f"“{text.strip()}” is not said exactly.", f"{suggestion}?", sentences[0])
    name = max(meant, key=lambda m: len(m.label)).label
    return Unclear(f"“{text.strip()}” does not say what happens to the {name}.", f"“{name} is created”?",
                   f"{name} is created")  # fmt: skip


def targets(module: Module) -> set[str]:
    return {field.target for field in module.fields.values() if field.target and not field.system}


def likely(module: Module, said: frozenset[str], modules: dict[str, Module]) -> str | None:
    """The sentence that this module and these words make, if any."""
    name = called(module, modules)
    for field in module.fields.values():
        if field.type in ("select", "stage"):
            for choice in field.options.get("choices", []):
                if tokens(choice["label"]) <= said and not tokens(choice["label"]) <= tokens(module.label):
                    label = called(field, fields_by_name(module))
                    return f"{name}: {label} becomes {choice_called(field, choice)}"
    for words, event in ((MADE, "is created"), (GONE, "is deleted"), (CHANGED, "is updated")):
        if words & said:
            return f"{name} {event}"
    return None


# The other way -------------------------------------------------------------------------------------


def write_update(module: Module, trigger: dict[str, Any] | None, filter_: Any, catalog: Catalog) -> str:
    """The words; `trigger` None: the time starts it. Raises Unsayable."""
    name = called(module, modules_by_name(catalog))
    words = name if trigger is None else write_event(name, module, trigger)
    return words if filter_ is None else f"{words}, if {write_conditions(filter_, module, catalog)}"


def write_event(name: str, module: Module, trigger: dict[str, Any]) -> str:
    for words, event in EVENTS.items():
        if event == trigger:
            return f"{name} {words}"
    fields = fields_by_name(module)
    match trigger:
        case {"trigger": "stage_entered", "field": str(key), "to": str(to), **rest} if not rest:
            field = module.fields.get(key)
            choice = (
                next((c for c in field.options.get("choices", []) if c["key"] == to), None) if field else None
            )
            if field is None or choice is None:
                raise Unsayable("it waits for a choice that is not there")
            return f"{name}: {called(field, fields)} becomes {choice_called(field, choice)}"
        case {"trigger": "record_updated", "fields": [*keys], **rest} if not rest and keys:
            if any(key not in module.fields for key in keys):
                raise Unsayable("it waits for a field that is not there")
            return f"{name}: {', '.join(called(module.fields[key], fields) for key in keys)} changes"
        case _:
            raise Unsayable("it starts in a way that the sheet has no words for")


def choice_called(field: Field, choice: dict[str, str]) -> str:
    label = choice["label"]
    plain = not RESERVED.search(label) and choice_names(field).get(folded(label)) == choice["key"]
    return label if plain and label.strip() == label else choice["key"]

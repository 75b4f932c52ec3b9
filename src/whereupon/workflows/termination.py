"""Whether a workflow can go in circles, by itself or through others (H1, F8), from what each reads and
writes. Cautious: it says "cannot loop" only where that is certain; the loop guard (rule 19) stands behind it.

An edge leads from one workflow to another when what the first writes may start the second. A way back to
the draft is a loop, unless something on it ends it: a workflow that runs only once per record, or one
that always writes the same values, so that the second time nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from whereupon.conditions.tree import All, Comparison
from whereupon.conditions.values import Scope
from whereupon.modules.catalog import Catalog, Module
from whereupon.triggers.date_reached import DateConfig
from whereupon.workflows.plan import Plan, Start

Verdict = Literal["cannot_loop", "can_loop", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One workflow, as far as this question goes."""

    key: str
    name: str
    plan: Plan
    module: Module | None
    scope: Callable[[str], Scope]
    known_as: str = ""  # the workflow's key, by which others start it


@dataclass(frozen=True, slots=True)
class Effects:
    """What a workflow may do to records. `constants`: "module.field" → all that it ever writes there; fields
    that are absent get values that cannot be known. `opaque`: the label of a block that may do anything."""

    writes: frozenset[str] = frozenset()
    constants: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])
    opaque: str | None = None
    starts: frozenset[str] = frozenset()  # keys of workflows that it runs


@dataclass(frozen=True, slots=True)
class Link:
    """The workflow `key` writes `through` ("module.field", or "module" for a new record), which starts the
    next one; nothing: it runs the next one itself."""

    key: str
    name: str
    through: str
    label: str


@dataclass(frozen=True, slots=True)
class Termination:
    """The verdict, the sentence that says it, and the way round."""

    verdict: Verdict
    sentence: str
    path: list[Link]


def judge(draft: Subject, others: Sequence[Subject]) -> Termination:
    """Whether the draft, once active beside the others, may come back to itself."""
    subjects = {one.key: one for one in (*others, draft)}
    effects = {key: effects_of(one) for key, one in subjects.items()}
    path = _way_back(draft.key, subjects, effects)
    if path is not None:
        told = " → ".join([*(f"{one.name} → {one.label}" for one in path), draft.name])
        return Termination("can_loop", f"It can start itself again: {told}.", path)
    reached = _reached(draft.key, subjects, effects)
    opaque = next((key for key in reached if effects[key].opaque), None)
    if opaque is not None:
        block, name = effects[opaque].opaque, subjects[opaque].name
        told = f'Nobody can tell: "{block}" of {name} may change anything.'
        return Termination("cannot_tell", told, [])
    return Termination("cannot_loop", "It cannot go in circles, neither by itself nor through others.", [])


def effects_of(one: Subject) -> Effects:
    """What all its blocks together may do."""
    writes, opaque = set[str](), None
    constants: dict[str, list[Any]] = {}
    unknown, starts = set[str](), set[str]()
    for key, step in one.plan.steps.items():
        scope = one.scope(key)
        written = step.block.writes(step.config, scope)
        fixed = step.block.constants(step.config, scope)
        for name in written:
            if name in fixed:
                constants.setdefault(name, []).append(fixed[name])
            else:
                unknown.add(name)
        writes |= written | _by_deleting(step.block.removes(step.config, scope), scope.catalog)
        if step.block.does_to_documents is not None and scope.module is not None:
            writes.add(f"{scope.module.key}.{FILES[step.block.does_to_documents]}")
        starts |= step.block.starts(step.config)
        opaque = opaque or (step.block.label if step.block.opaque else None)
    known = {name: values for name, values in constants.items() if name not in unknown}
    return Effects(frozenset(writes), known, opaque, frozenset(starts))


GONE = "-"  # "module.-": a record of the module is deleted
FILES: Mapping[str, str] = {"new": "+file", "changed": "~file"}  # and what happens to its documents


def _by_deleting(modules: Iterable[str], catalog: Catalog) -> set[str]:
    """What goes with deleted records, and what is emptied because it led to them."""
    found, todo, seen = set[str](), list(modules), set[str]()
    while todo:
        key = todo.pop()
        if key in seen:
            continue
        seen.add(key)
        found.add(f"{key}.{GONE}")
        for child, link in catalog.children(key):
            if link.options.get("on_delete") == "cascade" or child.parent_field == link.key:
                todo.append(child.key)
            elif link.options.get("on_delete") == "set_null":
                found.add(f"{child.key}.{link.key}")
    return found


# What starts what -----------------------------------------------------------------------------------


def _starters(effects: Effects, other: Subject) -> Iterator[str]:
    """The names among the writes by which the other one may be started."""
    start, module = other.plan.start, other.module
    if start is None or module is None:
        return
    listens = start.trigger.operations(start.config)
    watched = start.trigger.reads(start.config, other.scope(start.node.key))
    needed = _needed(start, module)
    for name in sorted(effects.writes):
        key, _, written = name.partition(".")
        if key != module.key:
            continue
        if start.trigger.has_document or written in FILES.values():
            if written in {FILES[kind] for kind in start.trigger.files(start.config)}:
                yield name
            continue
        creates = (not written and "I" in listens) or (written == GONE and "D" in listens)
        counts = name in watched or (not watched and "U" in listens) or _moves_its_date(start, written)
        updates = bool(written) and written != GONE and counts and ("U" in listens or start.trigger.scheduled)
        if (creates or updates) and not _excluded(name, effects, needed):
            yield name


def _moves_its_date(start: Start, written: str) -> bool:
    return isinstance(start.config, DateConfig) and start.config.field == written


def _needed(start: Start, module: Module) -> dict[str, list[Any]]:
    """Fields that must have one of these values for it to start: "module.field" → values."""
    found = {f"{module.key}.{k}": [v] for k, v in start.trigger.sample_change(start.config).items()}
    parts = start.filter.all if isinstance(start.filter, All) else [start.filter]
    for part in parts:
        if isinstance(part, Comparison) and "." not in part.field:
            values = _values_of(part)
            if values is not None:
                found.setdefault(f"{module.key}.{part.field}", values)
    return found


def _values_of(part: Comparison) -> list[Any] | None:
    plain = (str, int, float, bool)
    if part.operator in ("equals", "has_changed_to") and isinstance(part.value, plain):
        return [part.value]
    if part.operator == "is_one_of" and isinstance(part.value, list):
        items = cast(list[Any], part.value)
        return items if all(isinstance(item, plain) for item in items) else None
    return None


def _excluded(name: str, effects: Effects, needed: Mapping[str, list[Any]]) -> bool:
    """Whether what is written there is never one of the values that are needed."""
    if name not in needed or name not in effects.constants:
        return False
    wanted = {_same(value) for value in needed[name]}
    return all(_same(value) not in wanted for value in effects.constants[name])


def _same(value: Any) -> str:
    """Texts are compared without regard to case."""
    return str(value).lower()


# The way round --------------------------------------------------------------------------------------


def _links(
    key: str, subjects: Mapping[str, Subject], effects: Mapping[str, Effects]
) -> Iterator[tuple[str, str]]:
    """(the other's key, by what) for everything that this one may start."""
    for other in subjects.values():
        if other.known_as and other.known_as in effects[key].starts:
            yield other.key, ""
        for name in _starters(effects[key], other):
            yield other.key, name


def _reached(key: str, subjects: Mapping[str, Subject], effects: Mapping[str, Effects]) -> list[str]:
    found, todo = [key], [key]
    while todo:
        new = {other for other, _ in _links(todo.pop(), subjects, effects)} - set(found)
        found += new
        todo += new
    return found


def _way_back(key: str, subjects: Mapping[str, Subject], effects: Mapping[str, Effects]) -> list[Link] | None:
    """The shortest way from the draft to itself on which nothing ends the circle."""
    paths: list[list[Link]] = [[]]
    ends, seen = [key], set[tuple[str, str]]()
    while paths:
        path, at = paths.pop(0), ends.pop(0)
        for other, name in _links(at, subjects, effects):
            link = Link(at, subjects[at].name, name, _label(name, subjects[at]))
            if other == key and not _comes_to_rest([*path, link], subjects, effects):
                return [*path, link]
            if other != key and (other, name) not in seen:
                seen.add((other, name))
                paths.append([*path, link])
                ends.append(other)
    return None


def _comes_to_rest(
    path: Sequence[Link], subjects: Mapping[str, Subject], effects: Mapping[str, Effects]
) -> bool:
    """Whether the circle ends by itself. One that makes new records or documents never does."""
    makes = any(link.through and "." not in link.through for link in path)
    if makes or any(link.through.endswith(f".{FILES['new']}") for link in path):
        return False
    if any(link.through.endswith(f".{GONE}") for link in path):
        return True  # a record goes only once, and none is made here
    once = any(subjects[link.key].plan.document.settings.recurrence == "first_time" for link in path)
    return once or (len(path) == 1 and _writes_one_value(path[0], effects))


def _writes_one_value(link: Link, effects: Mapping[str, Effects]) -> bool:
    """Alone in its circle, and always with the same value: the second time nothing changes."""
    values = effects[link.key].constants.get(link.through)
    return values is not None and len({_same(value) for value in values}) == 1


def _label(name: str, subject: Subject) -> str:
    if not name:
        return "runs it"
    key, _, written = name.partition(".")
    catalog = subject.scope(next(iter(subject.plan.steps), "")).catalog if subject.plan.steps else None
    module = catalog.modules.get(key) if catalog else None
    if module is None:
        return name
    if written == GONE:
        return f"a deleted record of {module.label_plural}"
    if written in FILES.values():
        return f"a document of {module.label_plural}"
    found = module.fields.get(written)
    return f"{found.label} of {module.label_plural}" if found else f"a new record of {module.label_plural}"

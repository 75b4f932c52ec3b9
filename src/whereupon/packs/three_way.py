"""What an update of a pack does to one thing: its shipped and its local changes are put side by side.

Four states meet: as shipped last time, as it was here right after that, as it is here now, and as it is
shipped now. What the office changed stays; what only the pack changed is taken over; where both changed the
same attribute, the office's stays and that is told. Pure: nothing here touches the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

Content = Mapping[str, Any]
Action = Literal["add", "change", "remove", "keep", "conflict", "same"]
MISSING = object()


@dataclass(frozen=True, slots=True)
class Known:
    """A thing as the pack knew it last time: as it was shipped, and as it was here right after that."""

    shipped: Content
    installed: Content


@dataclass(frozen=True, slots=True)
class Step:
    """What is done about one thing. `taken`, `kept`: attributes by name. `content`: what to write."""

    kind: str
    key: str
    action: Action
    why: str = ""
    taken: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    content: Content | None = None

    @property
    def name(self) -> str:
        """How a person names it to take what is shipped: "workflow/case_welcome"."""
        return f"{self.kind}/{self.key}"


def merge(
    kind: str, key: str, known: Known | None, now: Content | None, shipped: Content | None,
    *, nested: Set[str] = frozenset(), take: bool = False,
) -> Step:  # fmt: skip
    """The step for one thing. `take`: what is shipped wins over what the office changed."""
    if shipped is None:
        return leaving(kind, key, known, now)
    if now is None:
        if known is None or take:
            return Step(kind, key, "add", content=shipped)
        return Step(kind, key, "keep", "It was removed here.")
    if known is None:
        return unknown_before(kind, key, now, shipped, take=take)
    return each_attribute(kind, key, known, now, shipped, nested, take=take)


def leaving(kind: str, key: str, known: Known | None, now: Content | None) -> Step:
    """The pack has it no longer."""
    if now is None or known is None:
        return Step(kind, key, "same")
    if dict(now) == dict(known.installed):
        return Step(kind, key, "remove", "The pack has it no longer.")
    return Step(kind, key, "keep", "The pack has it no longer, but it was changed here.")


def unknown_before(kind: str, key: str, now: Content, shipped: Content, *, take: bool) -> Step:
    """It is here, but not from this pack, or from before packs were kept track of."""
    if all(now.get(name) == value for name, value in shipped.items()):
        return Step(kind, key, "same")
    if take:
        return Step(kind, key, "change", taken=tuple(shipped), content={**now, **shipped})
    return Step(kind, key, "conflict", "It is here already, and differs.")


def each_attribute(
    kind: str, key: str, known: Known, now: Content, shipped: Content, nested: Set[str], *, take: bool
) -> Step:
    """Attribute by attribute."""
    before, here = flat(known.shipped, nested), flat(now, nested)
    coming, installed = flat(shipped, nested), flat(known.installed, nested)
    taken: list[str] = []
    kept: list[str] = []
    result = dict(here)
    for name in sorted(before.keys() | coming.keys()):
        if before.get(name, MISSING) == coming.get(name, MISSING):
            continue
        changed_here = here.get(name, MISSING) != installed.get(name, MISSING)
        if here.get(name, MISSING) == coming.get(name, MISSING):
            continue
        if changed_here and not take:
            kept.append(name)
        else:
            taken.append(name)
            result.pop(name, None)
            if name in coming:
                result[name] = coming[name]
    if taken:
        why = f"Changed here too, and kept: {', '.join(kept)}." if kept else ""
        action: Action = "conflict" if kept else "change"
        return Step(kind, key, action, why, tuple(taken), tuple(kept), deep(result, nested))
    if kept:
        return Step(
            kind, key, "conflict", f"Changed here too, and kept: {', '.join(kept)}.", kept=tuple(kept)
        )
    touched = [name for name in installed if here.get(name, MISSING) != installed[name]]
    return Step(kind, key, "keep", "It was changed here.") if touched else Step(kind, key, "same")


def remembered(step: Step, known: Known | None, now: Content | None, after: Content | None,
               shipped: Content, nested: Set[str]) -> Known:  # fmt: skip
    """What to keep in mind for the next time: what the office has changed is still its change then."""
    if known is None or now is None or after is None:
        return Known(shipped, after or {})
    installed, here, there = flat(known.installed, nested), flat(now, nested), flat(after, nested)
    ours = {name for name in installed.keys() | here.keys()
            if here.get(name, MISSING) != installed.get(name, MISSING)}  # fmt: skip
    base = {name: value for name, value in there.items() if name not in ours}
    base |= {name: installed[name] for name in ours if name in installed and name not in step.taken}
    base |= {name: there[name] for name in step.taken if name in there}
    return Known(shipped, deep(base, nested))


def flat(content: Content, nested: Set[str]) -> dict[str, Any]:
    """Nested attributes by a name of their own: {"options": {"a": 1}} is {"options.a": 1}."""
    found: dict[str, Any] = {}
    for name, value in content.items():
        if name in nested and isinstance(value, Mapping):
            found |= {f"{name}.{key}": one for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
        else:
            found[name] = value
    return found


def deep(content: Content, nested: Set[str]) -> dict[str, Any]:
    """The reverse of `flat`."""
    found: dict[str, Any] = {name: {} for name in nested}
    for name, value in content.items():
        outer, dot, inner = name.partition(".")
        if dot and outer in nested:
            found[outer][inner] = value
        else:
            found[name] = value
    return found

"""A pack as a list of things of the kinds that there are, and what is kept in mind of it from then on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from whereupon.db.pool import Connection
from whereupon.packs.contents import Pack
from whereupon.packs.kinds import Content, kinds
from whereupon.packs.kinds.workflows import tidy
from whereupon.packs.three_way import Known

Things = dict[tuple[str, str], Content]  # kind and key → content

FIND = "SELECT value FROM whereupon.settings WHERE key = $1"
KEEP = """
INSERT INTO whereupon.settings (key, value) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""
FORGET = "DELETE FROM whereupon.settings WHERE key = $1"


def shipped_things(pack: Pack) -> Things:
    """What the pack ships, in the order in which the kinds need each other."""
    return dict(sorted(each_thing(pack), key=lambda pair: place_of(pair[0][0])))


def each_thing(pack: Pack) -> Iterator[tuple[tuple[str, str], Content]]:
    for group in pack.people.groups:
        yield ("group", group.key), {"name": group.name}
    for role in pack.people.roles:
        content = role.model_dump(mode="json")
        yield ("role", role.key), {name: content[name] for name in ("name", "modules")}
    for module in pack.modules.modules:
        content = module.model_dump(mode="json", exclude={"key", "fields"}, exclude_unset=True)
        yield ("module", module.key), content
        for field in module.fields:
            yield (
                ("field", f"{module.key}.{field.key}"),
                field.model_dump(mode="json", exclude={"key"}, exclude_unset=True),
            )
    for late in pack.modules.late_fields:
        content = late.model_dump(mode="json", exclude={"key", "module"}, exclude_unset=True)
        yield ("field", f"{late.module}.{late.key}"), content
    for workflow in pack.workflows:
        content = workflow.model_dump(mode="json", exclude={"key", "scenario"})
        yield ("workflow", workflow.key), content | {"document": tidy(content["document"], drawn=False)}
    for kind, things in pack.more.items():
        for thing in things:
            content = dict(thing)
            yield (kind, content.pop("key")), content


def place_of(kind: str) -> int:
    """Where a kind stands in the order in which things are made."""
    return next((nr for nr, one in enumerate(kinds()) if one.key == kind), len(kinds()))


async def things_now(db: Connection) -> Things:
    """Everything that is there, of every kind; documents of workflows without their drawing."""
    found: Things = {}
    for one in kinds():
        for key, content in (await one.now(db)).items():
            found[one.key, key] = undrawn(content) if one.key == "workflow" else content
    return found


def undrawn(content: Content) -> Content:
    """A workflow without where its nodes stand, and whether it runs: both are the office's own business."""
    drawn = {k: v for k, v in content.items() if k not in ("state", "draft")}
    # A draft that was not published is a change of the office's, too.
    return drawn | {"document": tidy(content.get("draft", content["document"]), drawn=False)}


# What is kept in mind ------------------------------------------------------------------------------


async def known_of(db: Connection, pack: str) -> Mapping[str, Any] | None:
    """What was noted when the pack was loaded or updated; None: it was not loaded."""
    return cast("Mapping[str, Any] | None", await db.fetchval(FIND, f"pack:{pack}"))


def known_things(noted: Mapping[str, Any]) -> dict[tuple[str, str], Known]:
    """The things by kind and key; none for a pack that was loaded before they were kept in mind."""
    things: Mapping[str, Mapping[str, Any]] = noted.get("things", {})
    return {
        (kind, key): Known(one["shipped"], one["installed"])
        for kind, of_kind in things.items()
        for key, one in of_kind.items()
    }


def as_noted(known: Mapping[tuple[str, str], Known]) -> dict[str, Any]:
    """The same as JSON."""
    found: dict[str, dict[str, Any]] = {}
    for (kind, key), one in known.items():
        found.setdefault(kind, {})[key] = {"shipped": one.shipped, "installed": one.installed}
    return found

"""Modules and their fields. Nothing that holds data goes unless that was asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from whereupon.db.pool import Connection
from whereupon.errors import Conflict
from whereupon.modules.catalog import Field, Module, load_catalog, quote
from whereupon.modules.definitions import FieldChange, FieldIn, ModuleChange, ModuleIn
from whereupon.packs.kinds.kind import Content, Kind
from whereupon.people.rights import Rights
from whereupon.records.schema import DEFINER

ABOUT = ("label", "label_plural", "description", "title_field", "owner_field")
OF_FIELD = ("type", "label", "description", "required", "unique", "indexed", "options")


class Modules(Kind):
    """A module without its fields, by its key. A new one is made with its fields at once."""

    key = "module"
    label = "Module"
    folder = "modules"
    in_files = False

    async def now(self, db: Connection) -> dict[str, Content]:
        modules = (await load_catalog(db)).modules.values()
        return {m.key: {name: getattr(m, name) for name in ABOUT} for m in modules if own(m)}

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        if now is None:
            await DEFINER.create_module(db, ModuleIn.model_validate({"key": key, **content}))
        else:
            given = {name: content[name] for name in ABOUT if content.get(name) != now.get(name)}
            if given:
                await DEFINER.change_module(db, key, ModuleChange.model_validate(given))

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        module = (await load_catalog(db)).module(key)
        if await db.fetchval(f"SELECT EXISTS (SELECT FROM {module.sql})"):
            raise Conflict("There are records in it.")
        await DEFINER.remove_module(db, key)


class Fields(Kind):
    """A field, by the keys of its module and itself: "cases.stage"."""

    key = "field"
    label = "Field"
    folder = "fields"
    in_files = False
    nested: ClassVar = frozenset({"options"})

    async def now(self, db: Connection) -> dict[str, Content]:
        modules = (await load_catalog(db)).modules.values()
        return {
            f"{m.key}.{f.key}": content_of(f)
            for m in modules
            if own(m)
            for f in m.fields.values()
            if not f.system
        }

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        module, _, name = key.partition(".")
        if now is None:
            await DEFINER.add_field(db, module, FieldIn.model_validate({"key": name, **content}))
            return
        given: dict[str, Any] = {k: v for k, v in content.items() if k != "options" and v != now.get(k)}
        options = {k: v for k, v in content["options"].items() if v != now["options"].get(k)}
        options |= dict.fromkeys(now["options"].keys() - content["options"].keys())
        change = FieldChange.model_validate(given | ({"options": options} if options else {}))
        await DEFINER.change_field(db, module, name, change)

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        module, _, name = key.partition(".")
        await DEFINER.remove_field(db, module, name)

    async def loss(self, db: Connection, key: str, now: Content, new: Content | None) -> list[str]:
        if new is not None:
            return []
        module_key, _, name = key.partition(".")
        module = (await load_catalog(db)).module(module_key)
        column = module.field(name).column
        if column is None:
            return []
        filled = await db.fetchval(
            f"SELECT count(*) FROM (SELECT FROM {module.sql} WHERE {quote(column)} IS NOT NULL LIMIT 10001) x"
        )
        return [f"{filled:,} records have a value in it."] if filled else []


def own(module: Module) -> bool:
    """A module that an office made, not one of ours, an attached table, or the lines of another."""
    return not (module.system or module.attached or module.parent_field)


def content_of(field: Field) -> Content:
    """A field as FieldIn has it."""
    return {name: getattr(field, name) for name in OF_FIELD} | {"options": dict(field.options)}

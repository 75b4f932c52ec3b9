"""Saved views that everybody may see. People's own stay theirs: only views with a key are known here."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, NotFound
from whereupon.modules.catalog import load_catalog
from whereupon.packs.kinds.kind import Content, Kind
from whereupon.people.rights import Rights
from whereupon.records.views import (
    Name,
    NewView,
    ViewChange,
    ViewDefinition,
    change_view,
    create_view,
    delete_view,
)

ALL = """
SELECT v.key, m.key AS module, v.name, v.definition
FROM whereupon.views v JOIN whereupon.modules m ON m.id = v.module_id WHERE v.key IS NOT NULL ORDER BY v.key
"""
ID = "SELECT id FROM whereupon.views WHERE key = $1"
NAME = "UPDATE whereupon.views SET key = $2 WHERE id = $1"


class ViewIn(BaseModel):
    """A view of a module's records: which, in what order, with which columns."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")
    module: str
    name: Name
    definition: ViewDefinition = ViewDefinition()


class Views(Kind):
    """A shared view, by its key. It belongs to whoever installed the pack."""

    key = "view"
    label = "View"
    folder = "views"
    in_files = False  # an office's own views have no key
    model: ClassVar = ViewIn

    async def now(self, db: Connection) -> dict[str, Content]:
        rows = [dict(row) for row in await db.fetch(ALL)]
        return {row.pop("key"): self.normal(row) for row in rows}

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        view, catalog = ViewIn.model_validate({"key": key, **content}), await load_catalog(db)
        if now is None:
            new = NewView(module=view.module, name=view.name, shared=True, definition=view.definition)
            made = await create_view(db, catalog, rights, new)
            await db.execute(NAME, made["id"], key)
            return
        if view.module != now["module"]:
            raise Conflict(f'The view "{key}" is of another module.', suggestion="Give it another key.")
        change = ViewChange(name=view.name, definition=view.definition)
        await change_view(db, catalog, rights, await self._id(db, key), change)

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        await delete_view(db, await load_catalog(db), rights, await self._id(db, key))

    async def _id(self, db: Connection, key: str) -> int:
        found: int | None = await db.fetchval(ID, key)
        if found is None:
            raise NotFound(f'There is no view "{key}".')
        return found

    def normal(self, content: Content) -> Content:
        full = ViewIn.model_validate({"key": "x", **content})
        return full.model_dump(mode="json", exclude={"key"}, exclude_defaults=True)

"""Saved views: which records of a module, in what order, with which columns; one's own and shared ones.

A view is checked when it is saved. A field that goes later leaves the view as it is: what does not fit any
more is told with it, so that one can mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import asyncpg
from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import (
    Conflict,
    Invalid,
    NotFound,
    PreconditionFailed,
    Problem,
    Refused,
    WhereuponError,
)
from whereupon.modules.catalog import Catalog, Module
from whereupon.modules.names import shown
from whereupon.people.rights import Rights
from whereupon.records.conditions_sent import where_sql
from whereupon.records.order import sorting, unknown
from whereupon.records.read import visible

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Key = Annotated[str, Field(min_length=1, max_length=100)]

COLUMNS = """
  v.id, m.key AS module, v.owner_id, u.name AS owner_name, v.name, v.shared, v.definition,
  v.created_at, v.updated_at, v.xmin::text AS etag
"""
SOURCE = """
FROM whereupon.views v JOIN whereupon.modules m ON m.id = v.module_id
JOIN whereupon.users u ON u.id = v.owner_id
"""
# $1 who asks, $2 the modules that may be read, $3 one of them or null for all.
LIST = f"""
SELECT {COLUMNS} {SOURCE}
WHERE (v.owner_id = $1 OR v.shared) AND m.key = ANY($2::text[]) AND ($3::text IS NULL OR m.key = $3)
ORDER BY m.key, lower(v.name), v.id LIMIT 1000
"""
GET = f"SELECT {COLUMNS} {SOURCE} WHERE v.id = $1"
CREATE = """
INSERT INTO whereupon.views (module_id, owner_id, name, shared, definition) VALUES ($1, $2, $3, $4, $5)
RETURNING id
"""
CHANGE = """
UPDATE whereupon.views SET name = $2, shared = $3, definition = $4, updated_at = now() WHERE id = $1
"""


class ViewDefinition(BaseModel):
    """What a view shows. Without `columns`, all; without `where`, every record."""

    model_config = ConfigDict(extra="forbid")

    where: dict[str, Any] | None = Field(default=None, description="A condition.")
    sort: list[Key] = Field(default=[], max_length=20, description='Field keys; "-" before one: descending.')
    columns: list[Key] = Field(default=[], max_length=200, description="Field keys, in their order.")


class NewView(BaseModel):
    """A view to save. `shared`: everybody who may read the module sees it."""

    model_config = ConfigDict(extra="forbid")

    module: Key
    name: Name
    shared: bool = False
    definition: ViewDefinition = ViewDefinition()


class ViewChange(BaseModel):
    """What is sent is changed; a definition is changed as a whole."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    shared: bool | None = None
    definition: ViewDefinition | None = None


async def list_views(
    db: Connection, catalog: Catalog, rights: Rights, module: str | None
) -> list[dict[str, Any]]:
    """One's own and the shared ones, of a module or of all that one may read. Raises NotFound, Refused."""
    if module is not None:
        rights.require("read", catalog.module(module).key)
    readable = [key for key in catalog.modules if rights.may("read", key)]
    rows = await db.fetch(LIST, rights.user_id, readable, module)
    return [told(catalog, rights, dict(row)) for row in rows]


async def get_view(db: Connection, catalog: Catalog, rights: Rights, view_id: int) -> dict[str, Any]:
    """Raises NotFound, also for one that is somebody else's own."""
    row: Any = await db.fetchrow(GET, view_id)
    if (
        row is None
        or not (row["shared"] or row["owner_id"] == rights.user_id)
        or not rights.may("read", row["module"])
    ):
        raise NotFound(f"There is no view {view_id}.")
    return told(catalog, rights, dict(row))


async def create_view(db: Connection, catalog: Catalog, rights: Rights, new: NewView) -> dict[str, Any]:
    """Raises NotFound, Refused, Invalid naming every wrong place, Conflict when the name is taken."""
    module = catalog.module(new.module)
    rights.require("read", module.key)
    require_sound(catalog, module, rights, new.definition)
    values = (module.id, rights.user_id, new.name.strip(), new.shared, stored(new.definition))
    try:
        made: int = await db.fetchval(CREATE, *values)
    except asyncpg.UniqueViolationError:
        raise taken(new.name) from None
    return await get_view(db, catalog, rights, made)


async def change_view(
    db: Connection,
    catalog: Catalog,
    rights: Rights,
    view_id: int,
    change: ViewChange,
    *,
    etag: str | None = None,
) -> dict[str, Any]:
    """Raises NotFound, Refused, Invalid, Conflict, PreconditionFailed."""
    before = await owned(db, catalog, rights, view_id, etag)
    if change.definition is not None:
        require_sound(catalog, catalog.module(before["module"]), rights, change.definition)
    name = before["name"] if change.name is None else change.name.strip()
    shared = before["shared"] if change.shared is None else change.shared
    kept = before["definition"] if change.definition is None else stored(change.definition)
    try:
        await db.execute(CHANGE, view_id, name, shared, kept)
    except asyncpg.UniqueViolationError:
        raise taken(name) from None
    return await get_view(db, catalog, rights, view_id)


async def delete_view(
    db: Connection, catalog: Catalog, rights: Rights, view_id: int, *, etag: str | None = None
) -> None:
    """Raises NotFound, Refused, PreconditionFailed."""
    await owned(db, catalog, rights, view_id, etag)
    await db.execute("DELETE FROM whereupon.views WHERE id = $1", view_id)


async def owned(
    db: Connection, catalog: Catalog, rights: Rights, view_id: int, etag: str | None
) -> dict[str, Any]:
    """The view, locked, of its owner; administrators may also change shared ones."""
    await db.execute("SELECT FROM whereupon.views WHERE id = $1 FOR UPDATE", view_id)
    before = await get_view(db, catalog, rights, view_id)
    if before["owner_id"] != rights.user_id and not rights.administrator:
        raise Refused(
            f"This view belongs to {before['owner_name']}.", suggestion="Save one of your own beside it."
        )
    if etag is not None and etag != before["etag"]:
        raise PreconditionFailed("Somebody changed this view meanwhile.", suggestion="Read it again first.")
    return before


def taken(name: str) -> Conflict:
    return Conflict(
        f'You have a view "{shown(name)}" of this module already.', suggestion="Choose another name."
    )


def stored(definition: ViewDefinition) -> dict[str, Any]:
    return definition.model_dump()


def told(catalog: Catalog, rights: Rights, view: dict[str, Any]) -> dict[str, Any]:
    """The view as this reader may know it, with what of it does not fit any more."""
    module = catalog.modules.get(view["module"])
    found = [] if module is None else problems_of(catalog, module, rights, view["definition"])
    return view | {
        "mine": view["owner_id"] == rights.user_id,
        "problems": [{"suggestion": None} | problem.as_json() for problem in found],
    }


def require_sound(catalog: Catalog, module: Module, rights: Rights, definition: ViewDefinition) -> None:
    """Raises Invalid naming every mistake."""
    found = problems_of(catalog, module, rights, stored(definition))
    if found:
        raise Invalid.of(*(problem.under("/definition") for problem in found), what="The view has mistakes.")


def problems_of(
    catalog: Catalog, module: Module, rights: Rights, definition: Mapping[str, Any]
) -> list[Problem]:
    """What of a definition names fields that are not there, may not be read, or cannot be used so."""
    readable, found = visible(module, rights), list[Problem]()
    for index, key in enumerate(definition.get("columns") or []):
        if key not in readable:
            found.append(unknown(module, key, readable, f"/columns/{index}"))
    for index, key in enumerate(definition.get("sort") or []):
        found += trouble(lambda key=key: sorting(catalog, module, readable, [key]), f"/sort/{index}", "/sort")
    where = definition.get("where")
    if where is not None:
        found += trouble(lambda: where_sql(catalog, module, where, rights), "/where")
    return found


def trouble(attempt: Any, path: str, instead_of: str = "") -> list[Problem]:
    """What is wrong with what is attempted, placed under `path`."""
    try:
        attempt()
    except Invalid as error:
        return [
            Problem(p.code, p.message, path + p.path.removeprefix(instead_of), p.suggestion)
            for p in error.problems
        ]
    except WhereuponError as error:
        return [Problem(error.code, error.message, path, error.suggestion)]
    return []

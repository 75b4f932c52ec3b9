"""Roles: named bundles of rights, given to users. A user with several has what any of them gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import asyncpg
from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Problem, did_you_mean
from whereupon.modules.catalog import Catalog, load_catalog, revise
from whereupon.people import audit
from whereupon.people.groups import Key
from whereupon.people.service_roles import require_unused
from whereupon.people.users import Name, require_an_administrator, require_no_nulls

ADMINISTRATOR = "administrator"  # the role that is always there


class ModuleRights(BaseModel):
    """What a role gives in one module. `own`: records whose owner field names the user."""

    model_config = ConfigDict(extra="forbid")

    read: Literal["none", "own", "all"] = "none"
    create: Literal["none", "all"] = "none"
    update: Literal["none", "own", "all"] = "none"
    delete: Literal["none", "own", "all"] = "none"
    fields: Annotated[dict[str, Literal["none", "read", "write"]], Field(max_length=500)] = Field(
        default={}, description="Limits on single fields, by key; one left out is as open as the module."
    )


Modules = Annotated[dict[str, ModuleRights], Field(max_length=2000, description="Rights by module key.")]


class NewRole(BaseModel):
    """A role to add."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    name: Name
    administrator: bool = Field(default=False, description="Everything, people and settings included.")
    builder: bool = Field(default=False, description="May make modules and workflows.")
    modules: Modules = {}


class RoleChange(BaseModel):
    """What is to change; `modules`, if given, are all of them."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    administrator: bool | None = None
    builder: bool | None = None
    modules: Modules | None = None


COLUMNS = """
  r.id, r.key, r.name, r.administrator, r.builder, r.created_at, r.xmin::text AS etag,
  coalesce((SELECT jsonb_object_agg(m.key, jsonb_build_object(
              'read', g.can_read, 'create', g.can_create, 'update', g.can_update, 'delete', g.can_delete,
              'fields', g.fields))
            FROM whereupon.role_modules g JOIN whereupon.modules m ON m.id = g.module_id
            WHERE g.role_id = r.id), '{}') AS modules
"""
LIST = f"SELECT {COLUMNS} FROM whereupon.roles r WHERE r.id > $1 ORDER BY r.id LIMIT $2"
GET = f"SELECT {COLUMNS} FROM whereupon.roles r WHERE r.key = $1"
CREATE = """
INSERT INTO whereupon.roles (key, name, administrator, builder) VALUES ($1, $2, $3, $4) RETURNING id
"""
CHANGE = """
UPDATE whereupon.roles SET name = coalesce($2, name), administrator = coalesce($3, administrator),
  builder = coalesce($4, builder) WHERE id = $1
"""
GRANT = """
INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_create, can_update, can_delete, fields)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def list_roles(db: Connection, *, after: int = 0, limit: int = 50) -> list[Mapping[str, Any]]:
    """The roles with an id above `after`, oldest first."""
    return [dict(row) for row in await db.fetch(LIST, after, limit)]


async def get_role(db: Connection, key: str) -> Mapping[str, Any]:
    """One role with its rights by module key. Raises NotFound."""
    row = await db.fetchrow(GET, key)
    if row is None:
        raise NotFound(f'There is no role "{key}".')
    return dict(row)


async def create_role(db: Connection, new: NewRole, *, actor: int | None) -> Mapping[str, Any]:
    """Raises Conflict when the key is taken, Invalid for unknown modules and fields."""
    catalog = await load_catalog(db)
    require_valid(catalog, new.modules)
    try:
        role_id: Any = await db.fetchval(CREATE, new.key, new.name, new.administrator, new.builder)
    except asyncpg.UniqueViolationError:
        raise Conflict(f'There is a role "{new.key}" already.') from None
    await set_modules(db, role_id, catalog, new.modules)
    await audit.append(db, actor, "create_role", f"role:{new.key}", **new.model_dump(exclude={"key"}))
    await revise(db)
    return await get_role(db, new.key)


async def change_role(
    db: Connection, key: str, change: RoleChange, *, actor: int | None, etag: str | None = None
) -> Mapping[str, Any]:
    """Change what is given. Raises NotFound, Invalid, Conflict, PreconditionFailed."""
    await db.execute("SELECT FROM whereupon.roles WHERE key = $1 FOR UPDATE", key)
    role = await get_role(db, key)
    if etag is not None and etag != role["etag"]:
        raise PreconditionFailed("Somebody changed this role meanwhile.", suggestion="Read it again.")
    wanted = change.model_dump(exclude_unset=True)
    require_no_nulls(wanted, wanted)
    if key == ADMINISTRATOR and wanted.get("administrator") is False:
        raise Conflict("The administrator role stays what it is.", suggestion="Make another role.")
    await db.execute(
        CHANGE, role["id"], wanted.get("name"), wanted.get("administrator"), wanted.get("builder")
    )
    if change.modules is not None:
        catalog = await load_catalog(db)
        require_valid(catalog, change.modules)
        await db.execute("DELETE FROM whereupon.role_modules WHERE role_id = $1", role["id"])
        await set_modules(db, role["id"], catalog, change.modules)
    await require_an_administrator(db)
    await audit.append(db, actor, "change_role", f"role:{key}", **wanted)
    await revise(db)
    return await get_role(db, key)


def require_valid(catalog: Catalog, modules: Mapping[str, ModuleRights]) -> None:
    """Raises Invalid naming each module and field that does not exist."""
    problems = [problem for key, rights in modules.items() for problem in unknown_names(catalog, key, rights)]
    if problems:
        raise Invalid.of(*problems)


def unknown_names(catalog: Catalog, key: str, rights: ModuleRights) -> list[Problem]:
    """What a role names that is not there.

    >>> unknown_names(Catalog({}, 1), "cases", ModuleRights())[0].message
    'There is no module "cases".'
    """
    path = f"/modules/{key}"
    module = catalog.modules.get(key)
    if module is None:
        near = did_you_mean(key, catalog.modules)
        return [Problem("unknown_module", f'There is no module "{key}".', path, near)]
    return [
        Problem(
            "unknown_field",
            f'{module.label} has no field "{name}".',
            f"{path}/fields/{name}",
            did_you_mean(name, module.fields),
        )
        for name in rights.fields
        if name not in module.fields
    ]


async def set_modules(
    db: Connection, role_id: int, catalog: Catalog, modules: Mapping[str, ModuleRights]
) -> None:
    """Write the rights of a role that has none yet."""
    await db.executemany(
        GRANT,
        [
            (
                role_id,
                catalog.modules[key].id,
                r.read,
                r.create,
                r.update,
                r.delete,
                {name: level for name, level in r.fields.items() if level != "write"},
            )
            for key, r in modules.items()
        ],
    )


async def delete_role(db: Connection, key: str, *, actor: int | None) -> None:
    """Take it from everyone who has it, and remove it. Raises NotFound, Conflict, also while workflows
    act with its rights."""
    if key == ADMINISTRATOR:
        raise Conflict("The administrator role stays.", suggestion="Take it from users instead.")
    await require_unused(db, key)
    if await db.fetchval("DELETE FROM whereupon.roles WHERE key = $1 RETURNING id", key) is None:
        raise NotFound(f'There is no role "{key}".')
    await require_an_administrator(db)
    await audit.append(db, actor, "delete_role", f"role:{key}")
    await revise(db)

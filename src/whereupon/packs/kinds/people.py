"""Groups and roles. Who is in them is the office's own business, and never touched."""

from __future__ import annotations

from typing import ClassVar

from whereupon.db.pool import Connection
from whereupon.errors import Conflict
from whereupon.packs.kinds.kind import Content, Kind
from whereupon.people.groups import GroupChange, NewGroup, change_group, create_group, delete_group
from whereupon.people.rights import Rights
from whereupon.people.roles import NewRole, RoleChange, change_role, create_role, delete_role, list_roles

ALL_GROUPS = "SELECT key, name FROM whereupon.groups ORDER BY key"
MEMBERS = """
SELECT count(*) FROM whereupon.group_members m JOIN whereupon.groups g ON g.id = m.group_id WHERE g.key = $1
"""
HOLDERS = """
SELECT count(*) FROM whereupon.user_roles m JOIN whereupon.roles r ON r.id = m.role_id
JOIN whereupon.users u ON u.id = m.user_id WHERE r.key = $1 AND u.active
"""
# Active workflows that name the group anywhere in what they do.
GROUP_USERS = """
SELECT count(*) FROM whereupon.workflows w JOIN whereupon.versions v ON v.id = w.active_version_id
WHERE w.state = 'active' AND v.document @? format('$.** ? (@.group == "%s")', $1::text)::jsonpath
"""


class Groups(Kind):
    """A group, by its key."""

    key = "group"
    label = "Group"
    folder = "groups"
    in_files = False

    async def now(self, db: Connection) -> dict[str, Content]:
        return {row["key"]: {"name": row["name"]} for row in await db.fetch(ALL_GROUPS)}

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        if now is None:
            await create_group(db, NewGroup(key=key, name=content["name"]), actor=rights.user_id)
        else:
            await change_group(db, key, GroupChange(name=content["name"]), actor=rights.user_id)

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        if await db.fetchval(MEMBERS, key):
            raise Conflict("There are people in it.")
        if await db.fetchval(GROUP_USERS, key):
            raise Conflict("Active workflows name it.")
        await delete_group(db, key, actor=rights.user_id)


class Roles(Kind):
    """A role, with its rights by module."""

    key = "role"
    label = "Role"
    folder = "roles"
    in_files = False
    nested: ClassVar = frozenset({"modules"})

    async def now(self, db: Connection) -> dict[str, Content]:
        rows = await list_roles(db, limit=100_000)
        return {row["key"]: {"name": row["name"], "modules": row["modules"]} for row in rows}

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        if now is None:
            await create_role(db, NewRole.model_validate({"key": key, **content}), actor=rights.user_id)
        else:
            await change_role(db, key, RoleChange.model_validate(content), actor=rights.user_id)

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        if await db.fetchval(HOLDERS, key):
            raise Conflict("There are people who have it.")
        await delete_role(db, key, actor=rights.user_id)

"""Groups: several people who are written to, or share work, under one name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import asyncpg
from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Problem
from whereupon.modules.catalog import revise
from whereupon.people import audit
from whereupon.people.users import Email, Id, Name, require_no_nulls

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["sales"])]
Members = Annotated[list[Id], Field(max_length=10_000, description="Ids of users.")]


class NewGroup(BaseModel):
    """A group to add."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    name: Name
    email: Email | None = None
    members: Members = []


class GroupChange(BaseModel):
    """What is to change; `members`, if given, are all of them."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    email: Email | None = None
    members: Members | None = None


COLUMNS = """
  g.id, g.key, g.name, g.email, g.created_at, g.xmin::text AS etag,
  array(SELECT m.user_id FROM whereupon.group_members m WHERE m.group_id = g.id ORDER BY m.user_id) AS members
"""
LIST = f"SELECT {COLUMNS} FROM whereupon.groups g WHERE g.id > $1 ORDER BY g.id LIMIT $2"
GET = f"SELECT {COLUMNS} FROM whereupon.groups g WHERE g.key = $1"
CREATE = "INSERT INTO whereupon.groups (key, name, email) VALUES ($1, $2, $3) RETURNING id"
CHANGE = """
UPDATE whereupon.groups SET name = coalesce($2, name), email = CASE WHEN $3 THEN $4 ELSE email END
WHERE id = $1
"""
KNOWN = "SELECT id FROM whereupon.users WHERE id = ANY($1)"
# Who stays keeps the time of the last assignment, which round robin goes by.
SET_MEMBERS = """
WITH gone AS (DELETE FROM whereupon.group_members WHERE group_id = $1 AND user_id <> ALL($2::bigint[]))
INSERT INTO whereupon.group_members (group_id, user_id) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING
"""


async def list_groups(db: Connection, *, after: int = 0, limit: int = 50) -> list[Mapping[str, Any]]:
    return [dict(row) for row in await db.fetch(LIST, after, limit)]


async def get_group(db: Connection, key: str) -> Mapping[str, Any]:
    """One group with the ids of its members. Raises NotFound."""
    row = await db.fetchrow(GET, key)
    if row is None:
        raise NotFound(f'There is no group "{key}".')
    return dict(row)


async def create_group(db: Connection, new: NewGroup, *, actor: int | None) -> Mapping[str, Any]:
    """Raises Conflict when the key is taken, Invalid for members that do not exist."""
    try:
        group_id: Any = await db.fetchval(CREATE, new.key, new.name, new.email)
    except asyncpg.UniqueViolationError:
        raise Conflict(f'There is a group "{new.key}" already.') from None
    await set_members(db, group_id, new.members)
    await audit.append(db, actor, "create_group", f"group:{new.key}", members=new.members)
    await revise(db)
    return await get_group(db, new.key)


async def change_group(
    db: Connection, key: str, change: GroupChange, *, actor: int | None, etag: str | None = None
) -> Mapping[str, Any]:
    """Change what is given. Raises NotFound, Invalid, PreconditionFailed."""
    await db.execute("SELECT FROM whereupon.groups WHERE key = $1 FOR UPDATE", key)
    group = await get_group(db, key)
    if etag is not None and etag != group["etag"]:
        raise PreconditionFailed("Somebody changed this group meanwhile.", suggestion="Read it again.")
    wanted = change.model_dump(exclude_unset=True)
    require_no_nulls(wanted, ("name", "members"))
    await db.execute(CHANGE, group["id"], wanted.get("name"), "email" in wanted, wanted.get("email"))
    if "members" in wanted:
        await set_members(db, group["id"], wanted["members"])
    await audit.append(db, actor, "change_group", f"group:{key}", **wanted)
    await revise(db)
    return await get_group(db, key)


async def set_members(db: Connection, group_id: int, members: list[int]) -> None:
    """Make these the members. Raises Invalid naming each who does not exist."""
    known = {row["id"] for row in await db.fetch(KNOWN, members)}
    problems = [
        Problem("unknown_user", f"There is no user {user_id}.", f"/members/{i}")
        for i, user_id in enumerate(members)
        if user_id not in known
    ]
    if problems:
        raise Invalid.of(*problems)
    await db.execute(SET_MEMBERS, group_id, members)


async def delete_group(db: Connection, key: str, *, actor: int | None) -> None:
    """Raises NotFound. Its members stay."""
    if await db.fetchval("DELETE FROM whereupon.groups WHERE key = $1 RETURNING id", key) is None:
        raise NotFound(f'There is no group "{key}".')
    await audit.append(db, actor, "delete_group", f"group:{key}")
    await revise(db)

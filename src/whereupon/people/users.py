"""Users: people who sign in, own records and are written to. They are disabled, never deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

import asyncpg
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Problem, did_you_mean
from whereupon.modules.catalog import revise
from whereupon.people import audit
from whereupon.people.passwords import hash_password, require_good
from whereupon.people.sessions import set_password, sign_out_everywhere


@cache
def time_zones() -> frozenset[str]:
    """Those that the database knows as well: "localtime" is only Python's word for this machine's own."""
    return frozenset(available_timezones()) - {"localtime"}


def time_zone_name(value: str) -> str:
    """An IANA zone. Raises ValueError with the nearest names."""
    if value not in time_zones():
        near = did_you_mean(value, time_zones())
        raise ValueError(f'There is no time zone "{value}".' + (f" {near}" if near else ""))
    return value


def address(value: str) -> str:
    """An e-mail address in small letters. Raises ValueError."""
    lowered = value.strip().lower()
    local, at, domain = lowered.rpartition("@")
    strange = any(c.isspace() or c in '<>,;:"()' for c in lowered)
    if strange or not (local and at and "." in domain.strip(".")):
        raise ValueError("This is not an e-mail address.")
    return lowered


Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Email = Annotated[
    str, Field(min_length=3, max_length=254, examples=["ada@example.org"]), AfterValidator(address)
]
TimeZone = Annotated[str, Field(max_length=60, examples=["Europe/Helsinki"]), AfterValidator(time_zone_name)]
Keys = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=200)]


class NewUser(BaseModel):
    """A person to add. Without a password they cannot sign in yet."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    name: Name
    password: str | None = Field(
        default=None, max_length=200, description="At least 10 characters, and not a common one."
    )
    phone: str | None = Field(default=None, max_length=40)
    manager_id: Id | None = None
    time_zone: TimeZone | None = None
    locale: str | None = Field(default=None, max_length=20, examples=["fi"])
    roles: Keys = Field(default=[], description="Keys of roles.")
    groups: Keys = Field(default=[], description="Keys of groups.")


class UserChange(BaseModel):
    """What is to change about a user; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    email: Email | None = None
    name: Name | None = None
    password: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=40)
    manager_id: Id | None = None
    time_zone: TimeZone | None = None
    locale: str | None = Field(default=None, max_length=20)
    active: bool | None = None
    roles: Keys | None = None
    groups: Keys | None = None


COLUMNS = """
  u.id, u.email, u.name, u.phone, u.manager_id, u.active, u.time_zone, u.locale, u.created_at, u.updated_at,
  u.xmin::text AS etag, u.password_hash IS NOT NULL AS has_password,
  array(SELECT r.key FROM whereupon.user_roles x JOIN whereupon.roles r ON r.id = x.role_id
        WHERE x.user_id = u.id ORDER BY r.key) AS roles,
  array(SELECT g.key FROM whereupon.group_members x JOIN whereupon.groups g ON g.id = x.group_id
        WHERE x.user_id = u.id ORDER BY g.key) AS groups
"""
LIST = f"""
SELECT {COLUMNS} FROM whereupon.users u
WHERE u.id > $1 AND ($3::boolean IS NULL OR u.active = $3)
  AND ($4::text IS NULL OR position(lower($4) in lower(u.name || ' ' || u.email)) > 0)
ORDER BY u.id LIMIT $2
"""
GET = f"SELECT {COLUMNS} FROM whereupon.users u WHERE u.id = $1"
CREATE = """
INSERT INTO whereupon.users (email, name, password_hash, phone, manager_id, time_zone, locale)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
"""
# Everyone above a user; a cycle that is there already cannot make it run for ever.
MANAGERS_ABOVE = """
WITH RECURSIVE above (id) AS (
  SELECT $1::bigint UNION SELECT u.manager_id FROM whereupon.users u JOIN above a ON u.id = a.id
  WHERE u.manager_id IS NOT NULL)
SELECT EXISTS (SELECT FROM above WHERE id = $2)
"""
SET_ROLES = """
WITH wanted AS (SELECT id FROM whereupon.roles WHERE key = ANY($2)),
gone AS (DELETE FROM whereupon.user_roles WHERE user_id = $1 AND role_id NOT IN (SELECT id FROM wanted))
INSERT INTO whereupon.user_roles (user_id, role_id) SELECT $1, id FROM wanted ON CONFLICT DO NOTHING
"""
SET_GROUPS = """
WITH wanted AS (SELECT id FROM whereupon.groups WHERE key = ANY($2)),
gone AS (DELETE FROM whereupon.group_members WHERE user_id = $1 AND group_id NOT IN (SELECT id FROM wanted))
INSERT INTO whereupon.group_members (group_id, user_id) SELECT id, $1 FROM wanted ON CONFLICT DO NOTHING
"""
ADMINISTRATORS = """
SELECT count(DISTINCT u.id) FROM whereupon.users u
JOIN whereupon.user_roles x ON x.user_id = u.id JOIN whereupon.roles r ON r.id = x.role_id
WHERE u.active AND r.administrator
"""
PLAIN_COLUMNS = ("email", "name", "phone", "manager_id", "time_zone", "locale", "active")


async def list_users(
    db: Connection, *, after: int = 0, limit: int = 50, active: bool | None = None, search: str | None = None
) -> list[Mapping[str, Any]]:
    """Users by id; `search` is a part of name or address."""
    return [dict(row) for row in await db.fetch(LIST, after, limit, active, search)]


FIND_USERS = """
SELECT u.id, u.name, u.email FROM whereupon.users u
WHERE CASE WHEN $2::bigint[] IS NULL THEN u.active ELSE u.id = ANY($2) END
  AND ($1::text IS NULL OR position(lower($1) in lower(u.name || ' ' || u.email)) > 0)
ORDER BY lower(u.name), u.id LIMIT $3
"""
FIND_GROUPS = """
SELECT g.id, g.key, g.name,
       (SELECT count(*) FROM whereupon.group_members m WHERE m.group_id = g.id) AS members
FROM whereupon.groups g
WHERE $2::bigint[] IS NULL AND ($1::text IS NULL OR position(lower($1) in lower(g.name || ' ' || g.key)) > 0)
ORDER BY lower(g.name), g.id LIMIT $3
"""


async def find_people(
    db: Connection, *, search: str | None = None, ids: list[int] | None = None, limit: int = 20
) -> dict[str, Any]:
    """Names to choose from: active users and groups; with `ids`, these users, active or not."""
    return {
        "users": [dict(row) for row in await db.fetch(FIND_USERS, search, ids, limit)],
        "groups": [dict(row) for row in await db.fetch(FIND_GROUPS, search, ids, limit)],
    }


async def get_user(db: Connection, user_id: int) -> Mapping[str, Any]:
    """One user, with the keys of roles and groups. Raises NotFound."""
    row = await db.fetchrow(GET, user_id)
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    return dict(row)


async def create_user(db: Connection, new: NewUser, *, actor: int | None) -> Mapping[str, Any]:
    """Add a person. Raises Invalid, or Conflict when the address is taken."""
    if new.password is not None:
        require_good(new.password, (new.email, new.name))
    await require_known(db, roles=new.roles, groups=new.groups, manager_id=new.manager_id)
    password = await hash_password(new.password) if new.password is not None else None
    columns = (new.email, new.name, password, new.phone, new.manager_id, new.time_zone, new.locale)
    try:
        user_id: Any = await db.fetchval(CREATE, *columns)
    except asyncpg.UniqueViolationError:
        raise taken(new.email) from None
    await db.execute(SET_ROLES, user_id, new.roles)
    await db.execute(SET_GROUPS, user_id, new.groups)
    await audit.append(db, actor, "create_user", f"user:{user_id}", email=new.email, roles=new.roles)
    await revise(db)
    return await get_user(db, user_id)


async def change_user(
    db: Connection, user_id: int, change: UserChange, *, actor: int | None, etag: str | None = None
) -> Mapping[str, Any]:
    """Change what is given. Raises NotFound, Invalid, Conflict; PreconditionFailed for another `etag`."""
    before = await locked_user(db, user_id, etag)
    wanted = change.model_dump(exclude_unset=True)
    require_no_nulls(wanted, ("email", "name", "active", "roles", "groups", "password"))
    await require_known(
        db,
        roles=wanted.get("roles") or [],
        groups=wanted.get("groups") or [],
        manager_id=wanted.get("manager_id"),
    )
    await require_no_cycle(db, user_id, wanted.get("manager_id"))
    await set_columns(db, user_id, wanted)
    await set_the_rest(db, user_id, wanted, personal=(before["email"], before["name"]))
    await require_an_administrator(db)
    told = wanted | ({"password": "changed"} if "password" in wanted else {})
    await audit.append(db, actor, "change_user", f"user:{user_id}", **told)
    await revise(db)
    return await get_user(db, user_id)


async def locked_user(db: Connection, user_id: int, etag: str | None) -> Mapping[str, Any]:
    """The user, locked until the transaction ends. Raises NotFound, PreconditionFailed."""
    await db.execute("SELECT FROM whereupon.users WHERE id = $1 FOR UPDATE", user_id)
    user = await get_user(db, user_id)
    if etag is not None and etag != user["etag"]:
        raise PreconditionFailed("Somebody changed this user meanwhile.", suggestion="Read it again first.")
    return user


def require_no_nulls(wanted: Mapping[str, Any], keys: Iterable[str]) -> None:
    """Raises Invalid naming every key that cannot be emptied, and is to be."""
    problems = [
        Problem("required", f"{key} cannot be emptied.", f"/{key}")
        for key in keys
        if key in wanted and wanted[key] is None
    ]
    if problems:
        raise Invalid.of(*problems)


async def set_columns(db: Connection, user_id: int, wanted: Mapping[str, Any]) -> None:
    """Write the plain columns that are given."""
    columns = [c for c in PLAIN_COLUMNS if c in wanted]
    assignments = "".join(f"{c} = ${i}, " for i, c in enumerate(columns, 2))
    statement = f"UPDATE whereupon.users SET {assignments}updated_at = now() WHERE id = $1"
    try:
        await db.execute(statement, user_id, *(wanted[c] for c in columns))
    except asyncpg.UniqueViolationError:
        raise taken(wanted["email"]) from None


async def set_the_rest(
    db: Connection, user_id: int, wanted: Mapping[str, Any], *, personal: tuple[str, str]
) -> None:
    """Password, roles and groups, which live elsewhere; who is disabled is signed out."""
    if "password" in wanted:
        require_good(wanted["password"], personal)
        await set_password(db, user_id, wanted["password"])
    if "roles" in wanted:
        await db.execute(SET_ROLES, user_id, wanted["roles"])
    if "groups" in wanted:
        await db.execute(SET_GROUPS, user_id, wanted["groups"])
    if wanted.get("active") is False:
        await sign_out_everywhere(db, user_id)


def taken(email: str) -> Conflict:
    return Conflict(f"Another user has the address {email}.", suggestion="Change that user instead.")


async def require_known(
    db: Connection, *, roles: list[str], groups: list[str], manager_id: int | None
) -> None:
    """Raises Invalid naming every role, group and manager that does not exist."""
    problems = [*await unknown(db, "roles", roles), *await unknown(db, "groups", groups)]
    if manager_id is not None and not await exists(db, manager_id):
        problems.append(Problem("unknown_user", f"There is no user {manager_id}.", "/manager_id"))
    if problems:
        raise Invalid.of(*problems)


async def exists(db: Connection, user_id: int) -> bool:
    """Whether there is such a user, active or not."""
    return await db.fetchval("SELECT true FROM whereupon.users WHERE id = $1", user_id) is not None


async def unknown(db: Connection, table: str, keys: list[str]) -> list[Problem]:
    """A problem for each key that is not in the table."""
    if not keys:
        return []
    known = [row["key"] for row in await db.fetch(f"SELECT key FROM whereupon.{table}")]
    return [
        Problem(
            "unknown", f'There is no "{key}" among the {table}.', f"/{table}/{i}", did_you_mean(key, known)
        )
        for i, key in enumerate(keys)
        if key not in known
    ]


async def require_no_cycle(db: Connection, user_id: int, manager_id: int | None) -> None:
    """Raises Invalid when the user would be, over some managers, their own manager."""
    if manager_id is None:
        return
    # Two who are made each other's manager at the same moment would both pass without the lock.
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('whereupon.managers'))")
    if await db.fetchval(MANAGERS_ABOVE, manager_id, user_id):
        raise Invalid.of(Problem("manager_cycle", "A user cannot be above themselves.", "/manager_id"))


async def require_an_administrator(db: Connection) -> None:
    """Raises Conflict when the transaction leaves nobody who may change anything back."""
    if not await db.fetchval(ADMINISTRATORS):
        raise Conflict(
            "Nobody would be an administrator any more.",
            suggestion="Give another active user the role first.",
        )

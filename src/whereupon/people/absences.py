"""Who is away, from which day to which, and who stands in meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import asyncpg
from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, Refused
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.people.users import Id

EARLIEST, LATEST = date(1990, 1, 1), date(2200, 1, 1)


class NewAbsence(BaseModel):
    """From a day to a day, both included, where the person is. Without a delegate nobody stands in."""

    model_config = ConfigDict(extra="forbid")

    first_day: date
    last_day: date
    delegate_id: Id | None = None
    user_id: Id | None = Field(default=None, description="Who is away; none: oneself.")
    note: Annotated[str, Field(max_length=500)] | None = None


# Everybody whose work comes to a person now: the person, and who is away and has named them, or somebody
# who is away and has named them … A circle ends by itself: nobody is counted twice. Whoever is away and has
# a delegate stands in for nobody.
STANDS_IN_FOR = """
WITH RECURSIVE away AS (
  SELECT a.user_id, a.delegate_id FROM whereupon.absences a JOIN whereupon.users d ON d.id = a.delegate_id
  WHERE a.starts_at <= now() AND a.ends_at > now() AND d.active),
mine (id) AS (
  SELECT $1::bigint
  UNION SELECT a.user_id FROM away a JOIN mine m ON a.delegate_id = m.id
  WHERE NOT EXISTS (SELECT FROM away me WHERE me.user_id = $1))
SELECT id FROM mine ORDER BY id <> $1, id
"""
AWAY = """
SELECT a.user_id, a.delegate_id, coalesce(d.active, false) AS active FROM whereupon.absences a
LEFT JOIN whereupon.users d ON d.id = a.delegate_id WHERE a.starts_at <= now() AND a.ends_at > now()
"""
COLUMNS = """
a.id, a.user_id, u.name AS user_name, a.first_day, a.last_day, a.delegate_id, d.name AS delegate_name, a.note,
a.created_at, a.starts_at <= now() AND a.ends_at > now() AS now, a.ends_at <= now() AS over
"""
SOURCE = """
FROM whereupon.absences a JOIN whereupon.users u ON u.id = a.user_id
LEFT JOIN whereupon.users d ON d.id = a.delegate_id
"""
LIST = f"""
SELECT {COLUMNS} {SOURCE} WHERE ($1::bigint IS NULL OR a.user_id = $1 OR a.delegate_id = $1) AND a.id < $2
  AND ($3 OR a.ends_at > now()) ORDER BY a.id DESC LIMIT $4
"""
GET = f"SELECT {COLUMNS} {SOURCE} WHERE a.id = $1"
ZONE = """
SELECT coalesce(u.time_zone, (SELECT value->>'time_zone' FROM whereupon.settings WHERE key = 'organisation'),
  'UTC') FROM whereupon.users u WHERE u.id = $1 FOR UPDATE
"""
OVERLAPS = """
SELECT first_day, last_day FROM whereupon.absences
WHERE user_id = $1 AND first_day <= $3 AND last_day >= $2 LIMIT 1
"""
ADD = """
INSERT INTO whereupon.absences (user_id, first_day, last_day, starts_at, ends_at, delegate_id, note,
  created_by)
VALUES ($1, $2, $3, $2::date::timestamp AT TIME ZONE $4, ($3::date + 1)::timestamp AT TIME ZONE $4, $5, $6,
  $7)
RETURNING id
"""
ACTIVE = "SELECT active FROM whereupon.users WHERE id = $1"


async def people_of(db: Connection, user_id: int) -> list[int]:
    """The person first, then those for whom they stand in at this moment."""
    return [row["id"] for row in await db.fetch(STANDS_IN_FOR, user_id)]


async def who_acts_for(db: Connection, users: list[int]) -> dict[int, int]:
    """Who does the work of each of these users now: they themselves, or who stands in at the end."""
    away = {row["user_id"]: row["delegate_id"] for row in await db.fetch(AWAY) if row["active"]}
    return {user: last_delegate(away, user) for user in users}


def last_delegate(away: Mapping[int, int], user: int) -> int:
    """Along the delegates to one who is there; in a circle nobody stands in.

    >>> last_delegate({1: 2, 2: 3}, 1), last_delegate({1: 2, 2: 1}, 1), last_delegate({}, 1)
    (3, 1, 1)
    """
    seen, last = {user}, user
    while last in away:
        last = away[last]
        if last in seen:
            return user
        seen.add(last)
    return last


async def list_absences(
    db: Connection,
    rights: Rights,
    *,
    everyone: bool = False,
    past: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """One's own and those in which one stands in, the newest first; an administrator sees everybody's."""
    user = None if everyone and rights.administrator else rights.user_id
    return [dict(row) for row in await db.fetch(LIST, user, before or 2**62, past, limit)]


async def add_absence(db: Connection, rights: Rights, new: NewAbsence) -> dict[str, Any]:
    """Say that somebody is away. Raises Invalid; Conflict where they are away already; Refused for others."""
    user = new.user_id if new.user_id is not None else rights.user_id
    if user != rights.user_id and not rights.administrator:
        raise Refused("Only administrators may say that somebody else is away.")
    zone = await db.fetchval(ZONE, user)
    await _check(db, new, user, zone)
    overlap = await db.fetchrow(OVERLAPS, user, new.first_day, new.last_day)
    if overlap is not None:
        days = f"{overlap['first_day'].isoformat()} to {overlap['last_day'].isoformat()}"
        raise Conflict(f"There is an absence from {days} already.", suggestion="Remove that one first.")
    try:
        made = await db.fetchval(
            ADD, user, new.first_day, new.last_day, zone, new.delegate_id, new.note, rights.user_id
        )
    except asyncpg.DataError as error:
        raise Invalid.of(Problem("date", "These days cannot be used.", "/first_day")) from error
    kept = new.model_dump(mode="json", exclude={"user_id", "note"})
    await audit.append(db, rights.user_id, "add_absence", f"user:{user}", **kept)
    return dict(await db.fetchrow(GET, made) or {})


async def _check(db: Connection, new: NewAbsence, user: int | None, zone: str | None) -> None:
    problems: list[Problem] = []
    if zone is None:
        problems.append(Problem("unknown_user", f"There is no user {user}.", "/user_id"))
    if not EARLIEST <= new.first_day <= LATEST:
        problems.append(Problem("date", "This day is too far away.", "/first_day"))
    if new.last_day < new.first_day:
        problems.append(Problem("wrong_order", "The last day is before the first.", "/last_day"))
    elif new.last_day > LATEST:
        problems.append(Problem("date", "This day is too far away.", "/last_day"))
    if new.delegate_id is not None and new.delegate_id == user:
        problems.append(Problem("oneself", "Nobody stands in for themselves.", "/delegate_id"))
    elif new.delegate_id is not None and not await db.fetchval(ACTIVE, new.delegate_id):
        message = "This person is disabled or does not exist."
        problems.append(Problem("unknown_user", message, "/delegate_id", "Choose somebody else."))
    if problems:
        raise Invalid.of(*problems)


async def remove_absence(db: Connection, rights: Rights, absence_id: int) -> None:
    """Say that somebody is there after all, or back early. Raises NotFound for one of somebody else's."""
    row = await db.fetchrow(GET, absence_id)
    if row is None or (row["user_id"] != rights.user_id and not rights.administrator):
        raise NotFound(f"There is no absence {absence_id} of yours.")
    await db.execute("DELETE FROM whereupon.absences WHERE id = $1", absence_id)
    days = {"first_day": row["first_day"].isoformat(), "last_day": row["last_day"].isoformat()}
    await audit.append(db, rights.user_id, "remove_absence", f"user:{row['user_id']}", **days)

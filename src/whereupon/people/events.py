"""Events: what happens at a time, for a person or a group, perhaps about a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, PreconditionFailed, Problem
from whereupon.people.rights import Rights
from whereupon.people.users import Id, TimeZone, exists, require_no_nulls

Kind = Literal["meeting", "call", "visit", "deadline", "other"]
Status = Literal["planned", "held", "cancelled"]
KINDS: Mapping[str, str] = {
    "meeting": "Meeting", "call": "Call", "visit": "Visit", "deadline": "Deadline", "other": "Other",
}  # fmt: skip
LONGEST_DAYS = 366
Title = Annotated[str, Field(min_length=1, max_length=300, pattern=r"\S")]


class NewEvent(BaseModel):
    """An event to plan. Without an assignee it is one's own."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    kind: Kind = "meeting"
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    all_day: bool = Field(False, description="Whole days: from the day of the start to that of the end.")
    time_zone: TimeZone | None = Field(None, description="None: that of the organisation.")
    location: str | None = Field(None, max_length=500)
    description: str | None = Field(None, max_length=20_000)
    assignee_user_id: Id | None = None
    module: str | None = Field(None, max_length=100, description="With `record_id`: what it is about.")
    record_id: str | None = Field(None, max_length=500)


class EventChange(BaseModel):
    """What is to change about an event; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = None
    kind: Kind | None = None
    status: Status | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    location: str | None = Field(None, max_length=500)
    description: str | None = Field(None, max_length=20_000)
    assignee_user_id: Id | None = None


COLUMNS = """
  e.id, e.title, e.description, e.kind, e.location, e.starts_at, e.ends_at, e.all_day, e.time_zone, e.status,
  e.assignee_user_id, u.name AS assignee, e.assignee_group_id, g.name AS assignee_group, m.key AS module,
  e.record_id, e.run_id, e.created_by, e.created_at, e.updated_at, e.sequence, e.xmin::text AS etag
"""
SOURCE = """
FROM whereupon.events e LEFT JOIN whereupon.users u ON u.id = e.assignee_user_id
LEFT JOIN whereupon.groups g ON g.id = e.assignee_group_id
LEFT JOIN whereupon.modules m ON m.id = e.module_id
"""
# $1: the user; null: everybody's.
MINE = """
  ($1::bigint IS NULL OR e.assignee_user_id = $1 OR (e.assignee_user_id IS NULL AND e.created_by = $1)
   OR e.assignee_group_id IN (SELECT group_id FROM whereupon.group_members WHERE user_id = $1))
"""
LIST = f"""
SELECT {COLUMNS} {SOURCE}
WHERE {MINE} AND e.ends_at > $2 AND e.starts_at < $3 ORDER BY e.starts_at, e.id LIMIT $4
"""
OF_RECORD = f"""
SELECT {COLUMNS} {SOURCE}
WHERE e.module_id = $1 AND e.record_id = $2 ORDER BY e.starts_at DESC, e.id DESC LIMIT $3
"""
GET = f"SELECT {COLUMNS} {SOURCE} WHERE ({MINE} OR e.created_by = $1) AND e.id = $2"
INSERT = """
INSERT INTO whereupon.events (title, kind, starts_at, ends_at, all_day, time_zone, location, description,
  assignee_user_id, module_id, record_id, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id
"""
# The day of the start, and the midnight after the day of the end.
WHOLE_DAYS = """
SELECT date_trunc('day', $1 AT TIME ZONE $3) AT TIME ZONE $3 AS starts_at,
  (date_trunc('day', $2 AT TIME ZONE $3) + interval '1 day') AT TIME ZONE $3 AS ends_at
"""
ZONE = (
    "SELECT coalesce((SELECT value->>'time_zone' FROM whereupon.settings WHERE key = 'organisation'), 'UTC')"
)
PLAIN_COLUMNS = (
    "title", "kind", "status", "starts_at", "ends_at", "location", "description", "assignee_user_id",
)  # fmt: skip


async def list_events(
    db: Connection,
    rights: Rights,
    since: datetime,
    until: datetime,
    *,
    everyone: bool = False,
    limit: int = 500,
) -> list[Mapping[str, Any]]:
    """The user's events and those of their groups that touch this span, by their start."""
    user = None if everyone and rights.administrator else rights.user_id
    return [dict(row) for row in await db.fetch(LIST, user, since, until, limit)]


async def events_of(
    db: Connection, module_id: int, record_id: str, limit: int = 50
) -> list[Mapping[str, Any]]:
    """Those about a record, the latest first. Whether the record may be read is for the caller to ask."""
    return [dict(row) for row in await db.fetch(OF_RECORD, module_id, record_id, limit)]


async def get_event(db: Connection, rights: Rights, event_id: int) -> Mapping[str, Any]:
    """Raises NotFound for an event that is not this user's to see."""
    row = await db.fetchrow(GET, None if rights.administrator else rights.user_id, event_id)
    if row is None:
        raise NotFound(f"There is no event {event_id}.")
    return dict(row)


async def plan_event(
    db: Connection, rights: Rights, event: NewEvent, module_id: int | None
) -> Mapping[str, Any]:
    """Plan an event. `module_id`: of the record that it is about, which the user may read. Raises Invalid."""
    require_span(event.starts_at, event.ends_at)
    zone = event.time_zone or str(await db.fetchval(ZONE))
    starts_at, ends_at = event.starts_at, event.ends_at
    if event.all_day:
        row: Any = await db.fetchrow(WHOLE_DAYS, starts_at, ends_at, zone)
        starts_at, ends_at = row["starts_at"], row["ends_at"]
    assignee = event.assignee_user_id
    await require_user(db, assignee)
    made: int = await db.fetchval(
        INSERT, event.title, event.kind, starts_at, ends_at, event.all_day, zone, event.location,
        event.description, assignee if assignee is not None else rights.user_id, module_id,
        event.record_id if module_id is not None else None, rights.user_id,
    )  # fmt: skip
    row = await db.fetchrow(GET, None, made)
    return dict(row or {})


async def change_event(
    db: Connection, rights: Rights, event_id: int, change: EventChange, *, etag: str | None = None
) -> Mapping[str, Any]:
    """Move, cancel or hand on an event. Raises NotFound, Invalid, PreconditionFailed."""
    await db.execute("SELECT FROM whereupon.events WHERE id = $1 FOR UPDATE", event_id)
    event = await get_event(db, rights, event_id)
    if etag is not None and etag != event["etag"]:
        raise PreconditionFailed("Somebody changed this event meanwhile.", suggestion="Read it again first.")
    wanted = change.model_dump(exclude_unset=True)
    require_no_nulls(wanted, ("title", "kind", "status", "starts_at", "ends_at"))
    require_span(wanted.get("starts_at", event["starts_at"]), wanted.get("ends_at", event["ends_at"]))
    await require_user(db, wanted.get("assignee_user_id"))
    columns = [c for c in PLAIN_COLUMNS if c in wanted]
    assignments = "".join(f"{c} = ${i}, " for i, c in enumerate(columns, 2))
    statement = (
        f"UPDATE whereupon.events SET {assignments}sequence = sequence + 1, updated_at = now() WHERE id = $1"
    )
    await db.execute(statement, event_id, *(wanted[c] for c in columns))
    row = await db.fetchrow(GET, None, event_id)
    return dict(row or {})


def require_span(starts_at: datetime, ends_at: datetime) -> None:
    """Raises Invalid for an end before the start, or a year later."""
    if ends_at < starts_at:
        raise Invalid.of(Problem("wrong_order", "The end is before the start.", "/ends_at"))
    if (ends_at - starts_at).days > LONGEST_DAYS:
        raise Invalid.of(Problem("too_long", "An event lasts a year at most.", "/ends_at"))


async def require_user(db: Connection, user_id: int | None) -> None:
    if user_id is not None and not await exists(db, user_id):
        raise Invalid.of(Problem("unknown_user", f"There is no user {user_id}.", "/assignee_user_id"))


# One event per run, in one statement.
INSERT_MANY = """
INSERT INTO whereupon.events (run_id, record_id, title, description, location, assignee_user_id, starts_at,
  ends_at, module_id, node, assignee_group_id, kind, all_day, time_zone, created_by)
SELECT run_id, record_id, title, description, location, assignee, starts_at, ends_at, $9, $10, $11, $12, $13,
  $14, $15
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[],
  $8::timestamptz[]) AS v(run_id, record_id, title, description, location, assignee, starts_at, ends_at)
RETURNING id, run_id
"""


async def plan_events(db: Connection, columns: Sequence[Any]) -> dict[int, int]:
    """Plan one event for each of many runs: run → event. `columns` in the order of the statement."""
    return {row["run_id"]: row["id"] for row in await db.fetch(INSERT_MANY, *columns)}

"""Tasks: what people are to do, given to one of them or to a group, and done by whoever takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, PreconditionFailed, Problem
from whereupon.people.rights import Rights
from whereupon.people.users import Id, exists, require_no_nulls

Status = Literal["open", "in_progress", "done", "cancelled"]


class TaskChange(BaseModel):
    """What is to change about a task; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None
    description: str | None = Field(default=None, max_length=20_000)
    status: Status | None = None
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    due_at: AwareDatetime | None = None
    assignee_user_id: Id | None = None


COLUMNS = """
  t.id, t.title, t.description, t.status, t.priority, t.due_at, t.assignee_user_id, t.assignee_group_id,
  m.key AS module, t.record_id, t.run_id, t.created_at, t.updated_at, t.done_at, t.xmin::text AS etag
"""
# $1: the user, null for one who sees everything; a task of a group is a task of each member.
MINE = """
  ($1::bigint IS NULL OR t.assignee_user_id = $1
   OR t.assignee_group_id IN (SELECT group_id FROM whereupon.group_members WHERE user_id = $1))
"""
SOURCE = "FROM whereupon.tasks t LEFT JOIN whereupon.modules m ON m.id = t.module_id"
LIST = f"""
SELECT {COLUMNS} {SOURCE} WHERE {MINE} AND t.id > $2 AND ($3::text IS NULL OR t.status = $3)
ORDER BY t.id LIMIT $4
"""
GET = f"SELECT {COLUMNS} {SOURCE} WHERE {MINE} AND t.id = $2"
OPEN = "t.status IN ('open', 'in_progress')"
DUE = f"SELECT {COLUMNS} {SOURCE} WHERE {MINE} AND {OPEN} ORDER BY t.due_at NULLS LAST, t.id LIMIT $2"
COUNT_DUE = f"""
SELECT count(*) AS count, count(*) FILTER (WHERE t.due_at < now()) AS overdue
FROM whereupon.tasks t WHERE {MINE} AND {OPEN}
"""
PLAIN_COLUMNS = ("title", "description", "status", "priority", "due_at", "assignee_user_id")


def whose(rights: Rights, everyone: bool = True) -> int | None:
    """Whose tasks a user sees: an administrator, if so asked, everybody's."""
    return None if rights.administrator and everyone else rights.user_id


async def list_tasks(
    db: Connection,
    rights: Rights,
    *,
    everyone: bool = False,
    status: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[Mapping[str, Any]]:
    """The user's own tasks and those of their groups, by id."""
    return [dict(row) for row in await db.fetch(LIST, whose(rights, everyone), after, status, limit)]


async def due_tasks(db: Connection, rights: Rights, *, limit: int = 5) -> dict[str, Any]:
    """How many open tasks the user and the user's groups have, and those that are due first."""
    counted = await db.fetchrow(COUNT_DUE, rights.user_id)
    rows = await db.fetch(DUE, rights.user_id, limit)
    return {**dict(counted or {}), "items": [dict(row) for row in rows]}


async def get_task(db: Connection, rights: Rights, task_id: int) -> Mapping[str, Any]:
    """Raises NotFound for a task that is not this user's to see."""
    row = await db.fetchrow(GET, whose(rights), task_id)
    if row is None:
        raise NotFound(f"There is no task {task_id}.")
    return dict(row)


async def change_task(
    db: Connection, rights: Rights, task_id: int, change: TaskChange, *, etag: str | None = None
) -> Mapping[str, Any]:
    """Do, reassign or move a task. Raises NotFound, Invalid, PreconditionFailed."""
    await db.execute("SELECT FROM whereupon.tasks WHERE id = $1 FOR UPDATE", task_id)
    task = await get_task(db, rights, task_id)
    if etag is not None and etag != task["etag"]:
        raise PreconditionFailed("Somebody changed this task meanwhile.", suggestion="Read it again first.")
    wanted = change.model_dump(exclude_unset=True)
    require_no_nulls(wanted, ("title", "status", "priority"))
    assignee = wanted.get("assignee_user_id")
    if assignee is not None and not await exists(db, assignee):
        raise Invalid.of(Problem("unknown_user", f"There is no user {assignee}.", "/assignee_user_id"))
    columns = [c for c in PLAIN_COLUMNS if c in wanted]
    assignments = "".join(f"{c} = ${i}, " for i, c in enumerate(columns, 2))
    if "status" in wanted:
        assignments += "done_at = " + (
            "coalesce(done_at, now()), " if wanted["status"] == "done" else "NULL, "
        )
    statement = f"UPDATE whereupon.tasks SET {assignments}updated_at = now() WHERE id = $1"
    await db.execute(statement, task_id, *(wanted[c] for c in columns))
    row = await db.fetchrow(GET, None, task_id)
    assert row is not None
    return dict(row)

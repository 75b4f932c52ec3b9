"""Tasks: what people are to do, given to one of them or to a group, and done by whoever takes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Problem, Refused
from whereupon.people.absences import people_of
from whereupon.people.item_history import Kind, note
from whereupon.people.rights import Rights
from whereupon.people.users import Id, require_no_nulls

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
  t.id, t.kind, t.title, t.description, t.status, t.priority, t.due_at, t.assignee_user_id,
  t.assignee_group_id, m.key AS module, t.record_id, t.run_id, t.needs_file, t.created_at, t.updated_at,
  t.done_at, t.done_by, t.escalate_at, t.escalated_at, t.escalated_to, t.xmin::text AS etag
"""
# $1: the user, then those for whom the user stands in; null for one who sees everything. A task of a group
# is a task of each member.
IN_MY_GROUPS = """
  t.assignee_group_id IN (SELECT group_id FROM whereupon.group_members WHERE user_id = ($1::bigint[])[1])
"""
MINE = f"""
  ($1::bigint[] IS NULL OR t.assignee_user_id = ANY($1) OR t.escalated_to = ANY($1) OR {IN_MY_GROUPS})
"""
# What somebody else has taken out of a group's queue is no longer for me to do.
FOR_ME = f"""
  (t.assignee_user_id = ANY($1::bigint[]) OR t.escalated_to = ANY($1)
   OR (t.assignee_user_id IS NULL AND {IN_MY_GROUPS}))
"""
SOURCE = "FROM whereupon.tasks t LEFT JOIN whereupon.modules m ON m.id = t.module_id"
LIST = f"""
SELECT {COLUMNS} {SOURCE} WHERE {MINE} AND t.id > $2 AND ($3::text IS NULL OR t.status = $3)
  AND ($5::timestamptz IS NULL OR t.due_at >= $5) AND ($6::timestamptz IS NULL OR t.due_at < $6)
ORDER BY t.id LIMIT $4
"""
GET = f"SELECT {COLUMNS} {SOURCE} WHERE {MINE} AND t.id = $2"
OPEN = "t.status IN ('open', 'in_progress')"
DUE = f"SELECT {COLUMNS} {SOURCE} WHERE {FOR_ME} AND {OPEN} ORDER BY t.due_at NULLS LAST, t.id LIMIT $2"
COUNT_DUE = f"""
SELECT count(*) AS count, count(*) FILTER (WHERE t.due_at < now()) AS overdue
FROM whereupon.tasks t WHERE {FOR_ME} AND {OPEN}
"""
PLAIN_COLUMNS = ("title", "description", "status", "priority", "due_at", "assignee_user_id")
DEEDS: Mapping[str, Kind] = {
    "open": "reopened", "in_progress": "started", "done": "done", "cancelled": "cancelled",
}  # fmt: skip


async def whose(db: Connection, rights: Rights, everyone: bool = True) -> list[int] | None:
    """Whose tasks a user sees: their own and of those they stand in for; an administrator everybody's."""
    if rights.user_id is None or (rights.administrator and everyone):
        return None
    return await people_of(db, rights.user_id)


async def list_tasks(
    db: Connection,
    rights: Rights,
    *,
    everyone: bool = False,
    status: str | None = None,
    due: tuple[datetime | None, datetime | None] = (None, None),
    after: int = 0,
    limit: int = 50,
) -> list[Mapping[str, Any]]:
    """The user's own tasks and those of their groups, by id. `due`: from and before."""
    people = await whose(db, rights, everyone)
    return [dict(row) for row in await db.fetch(LIST, people, after, status, limit, *due)]


async def due_tasks(db: Connection, rights: Rights, *, limit: int = 5) -> dict[str, Any]:
    """How many open tasks the user and the user's groups have, and those that are due first."""
    people = await people_of(db, rights.user_id or 0)
    counted = await db.fetchrow(COUNT_DUE, people)
    rows = await db.fetch(DUE, people, limit)
    return {**dict(counted or {}), "items": [dict(row) for row in rows]}


async def get_task(db: Connection, rights: Rights, task_id: int) -> Mapping[str, Any]:
    """Raises NotFound for a task that is not this user's to see."""
    row = await db.fetchrow(GET, await whose(db, rights), task_id)
    if row is None:
        raise NotFound(f"There is no task {task_id}.")
    return dict(row)


ACTIVE = "SELECT active FROM whereupon.users WHERE id = $1"
LOCK = "SELECT FROM whereupon.tasks WHERE id = $1 FOR UPDATE"
HAS_FILE = "SELECT EXISTS (SELECT FROM whereupon.inbox_history WHERE task_id = $1 AND kind = 'file')"


async def change_task(
    db: Connection, rights: Rights, task_id: int, change: TaskChange, *, etag: str | None = None
) -> Mapping[str, Any]:
    """Do, reassign or move a task. Raises NotFound, Invalid, PreconditionFailed."""
    await db.execute(LOCK, task_id)
    task = await get_task(db, rights, task_id)
    if etag is not None and etag != task["etag"]:
        raise PreconditionFailed("Somebody changed this task meanwhile.", suggestion="Read it again first.")
    wanted = change.model_dump(exclude_unset=True)
    await _check(db, task, wanted)
    columns = [c for c in PLAIN_COLUMNS if c in wanted]
    assignments = "".join(f"{c} = ${i}, " for i, c in enumerate(columns, 2))
    if "status" in wanted:
        done = wanted["status"] == "done"
        assignments += f"done_at = {'coalesce(done_at, now())' if done else 'NULL'}, "
        assignments += f"done_by = {'$' + str(len(columns) + 2) if done else 'NULL'}, "
    if "due_at" in wanted:
        assignments += f"escalate_at = ${columns.index('due_at') + 2}::timestamptz + escalate_after, "
    statement = f"UPDATE whereupon.tasks SET {assignments}updated_at = now() WHERE id = $1"
    by = [rights.user_id] if wanted.get("status") == "done" else []
    await db.execute(statement, task_id, *(wanted[c] for c in columns), *by)
    await _note_changes(db, rights, task, wanted)
    return await _again(db, task_id)


async def _check(db: Connection, task: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    require_no_nulls(wanted, ("title", "status", "priority"))
    assignee = wanted.get("assignee_user_id")
    if assignee is not None and assignee != task["assignee_user_id"]:
        active = await db.fetchval(ACTIVE, assignee)
        if not active:
            said = "is disabled" if active is False else "does not exist"
            raise Invalid.of(
                Problem("unknown_user", f"User {assignee} {said}.", "/assignee_user_id", "Choose another.")
            )
    finishes = wanted.get("status") == "done" and task["status"] != "done"
    if finishes and task["needs_file"] and not await db.fetchval(HAS_FILE, task["id"]):
        raise Invalid.of(Problem("missing", "Upload the document first.", "/status"))


async def _note_changes(
    db: Connection, rights: Rights, task: Mapping[str, Any], wanted: Mapping[str, Any]
) -> None:
    """One line for each deed, with whose task it was."""
    changed = {name: value for name, value in wanted.items() if value != task[name]}
    owner, by = task["assignee_user_id"], rights.user_id
    if "status" in changed:
        await note(db, "task", task["id"], by, DEEDS[changed["status"]], for_user=owner)
    if "assignee_user_id" in changed:
        to = {"from": owner, "to": changed["assignee_user_id"]}
        await note(db, "task", task["id"], by, "reassigned", for_user=owner, **to)
    if "due_at" in changed:
        was, now = (at.isoformat() if at else None for at in (task["due_at"], changed["due_at"]))
        await note(db, "task", task["id"], by, "moved", for_user=owner, **{"from": was, "to": now})
    others = sorted(changed.keys() & {"title", "description", "priority"})
    if others:
        await note(db, "task", task["id"], by, "changed", for_user=owner, fields=others)


async def _again(db: Connection, task_id: int) -> Mapping[str, Any]:
    row = await db.fetchrow(GET, None, task_id)
    assert row is not None
    return dict(row)


# A group's queue --------------------------------------------------------------------------------------

TAKE = "UPDATE whereupon.tasks SET assignee_user_id = $2, updated_at = now() WHERE id = $1"
GIVE_BACK = "UPDATE whereupon.tasks SET assignee_user_id = NULL, updated_at = now() WHERE id = $1"
NAME = "SELECT name FROM whereupon.users WHERE id = $1"
IS_MEMBER = "SELECT true FROM whereupon.group_members WHERE group_id = $1 AND user_id = $2"


async def claim_task(db: Connection, rights: Rights, task_id: int) -> Mapping[str, Any]:
    """Take a group's task. Of two who do so at once one gets it; the other gets a Conflict naming them."""
    await db.execute(LOCK, task_id)
    task = await get_task(db, rights, task_id)
    _require_open(task)
    if task["assignee_user_id"] == rights.user_id:
        return task
    if task["assignee_user_id"] is not None:
        name = await db.fetchval(NAME, task["assignee_user_id"]) or "Somebody else"
        raise Conflict(f"{name} has taken this already.", suggestion="Choose another task.")
    if task["assignee_group_id"] is None:
        raise Conflict("This task is in no group’s queue.", suggestion="Hand it on to yourself instead.")
    if not rights.administrator and not await db.fetchval(
        IS_MEMBER, task["assignee_group_id"], rights.user_id
    ):
        raise Refused("Only the people of its group may take this task.")
    await db.execute(TAKE, task_id, rights.user_id)
    await note(db, "task", task_id, rights.user_id, "claimed")
    return await _again(db, task_id)


async def release_task(db: Connection, rights: Rights, task_id: int) -> Mapping[str, Any]:
    """Put a task back into its group's queue. Raises NotFound, Conflict, Refused."""
    await db.execute(LOCK, task_id)
    task = await get_task(db, rights, task_id)
    _require_open(task)
    if task["assignee_group_id"] is None:
        raise Conflict("This task came from no group.", suggestion="Hand it on to somebody instead.")
    holder = task["assignee_user_id"]
    if holder is None:
        return task
    if not rights.administrator and holder not in await people_of(db, rights.user_id or 0):
        raise Refused("Only whoever has taken a task may put it back.")
    await db.execute(GIVE_BACK, task_id)
    await note(db, "task", task_id, rights.user_id, "released", for_user=holder)
    return await _again(db, task_id)


def _require_open(task: Mapping[str, Any]) -> None:
    if task["status"] not in ("open", "in_progress"):
        raise Conflict("This task is over already.")


async def comment_task(db: Connection, rights: Rights, task_id: int, comment: str) -> None:
    """Say something about a task. Raises NotFound."""
    task = await get_task(db, rights, task_id)
    owner = task["assignee_user_id"]
    stands_in = owner if owner in await people_of(db, rights.user_id or 0) else None
    await note(db, "task", task_id, rights.user_id, "commented", comment.strip(), for_user=stands_in)


async def note_file(db: Connection, rights: Rights, task_id: int, document: int, name: str) -> None:
    """Say that a document belongs to a task. Raises NotFound."""
    await get_task(db, rights, task_id)
    await note(db, "task", task_id, rights.user_id, "file", document=document, name=name)

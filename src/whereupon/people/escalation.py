"""What is late is passed up, once: to the manager of whoever has it, who then sees it beside their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.db.pool import Connection

BATCH = 500

OPEN = "t.status IN ('open', 'in_progress')"
# Two workers do not take the same.
LATE = f"""
SELECT t.id, t.title, t.assignee_user_id, t.assignee_group_id, t.module_id, t.record_id, t.run_id, t.node
FROM whereupon.tasks t WHERE {OPEN} AND t.escalated_at IS NULL AND t.escalate_at <= now()
ORDER BY t.escalate_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""
NEXT = f"""
SELECT extract(epoch FROM min(t.escalate_at) - now())::float8 FROM whereupon.tasks t
WHERE {OPEN} AND t.escalated_at IS NULL AND t.escalate_at IS NOT NULL
"""
USERS = "SELECT id, manager_id, active FROM whereupon.users"
MEMBERS = "SELECT group_id, user_id FROM whereupon.group_members WHERE group_id = ANY($1)"
PASS_UP = """
WITH late AS (
  UPDATE whereupon.tasks t SET escalated_at = now(), escalated_to = v.manager, updated_at = now()
  FROM unnest($1::bigint[], $2::bigint[]) AS v(id, manager) WHERE t.id = v.id
  RETURNING t.id, t.title, t.module_id, t.record_id, t.run_id, t.node, t.assignee_user_id, v.manager),
noted AS (
  INSERT INTO whereupon.inbox_history (task_id, kind, for_user_id, details)
  SELECT id, 'escalated', assignee_user_id, jsonb_build_object('to', manager) FROM late),
told AS (
  INSERT INTO whereupon.notifications (user_id, title, module_id, record_id, run_id, node)
  SELECT manager, left('Late: ' || title, 300), module_id, record_id, run_id, node FROM late
  WHERE manager IS NOT NULL RETURNING 1)
SELECT pg_notify('whereupon_notifications', '') WHERE EXISTS (SELECT 1 FROM told)
"""


async def escalate_late(db: Connection, most: int = BATCH) -> int:
    """Pass up what is late by as much as was agreed; how many there were.

    Where nobody is above, the task only says so: its history is where people look for what happened to it.
    """
    late = await db.fetch(LATE, most)
    if not late:
        return 0
    users = {row["id"]: row for row in await db.fetch(USERS)}
    groups = [row["assignee_group_id"] for row in late if row["assignee_user_id"] is None]
    members: dict[int, list[int]] = {}
    for row in await db.fetch(MEMBERS, groups):
        members.setdefault(row["group_id"], []).append(row["user_id"])
    to = [manager_of(row, users, members) for row in late]
    await db.execute(PASS_UP, [row["id"] for row in late], to)
    return len(late)


async def seconds_to_late(db: Connection) -> float | None:
    """How long until the next is to be passed up; None when there is none."""
    return await db.fetchval(NEXT)


def manager_of(
    task: Mapping[str, Any], users: Mapping[int, Mapping[str, Any]], members: Mapping[int, Sequence[int]]
) -> int | None:
    """The manager of whoever has a task; of a group's queue, the one who manages most of its people."""
    holder = task["assignee_user_id"]
    people = [holder] if holder is not None else members.get(task["assignee_group_id"] or 0, ())
    found = [above for person in people if (above := above_of(person, users)) is not None]
    return Counter(found).most_common(1)[0][0] if found else None


def above_of(person: int, users: Mapping[int, Mapping[str, Any]]) -> int | None:
    """The nearest manager who is not disabled; a circle of managers ends.

    >>> users = {1: {"manager_id": 2, "active": True}, 2: {"manager_id": 3, "active": False},
    ...          3: {"manager_id": 1, "active": True}}
    >>> above_of(1, users), above_of(3, users), above_of(9, users)
    (3, 1, None)
    """
    seen = {person}
    while (row := users.get(person)) is not None and row["manager_id"] is not None:
        person = row["manager_id"]
        if person in seen:
            return None
        seen.add(person)
        if (manager := users.get(person)) is not None and manager["active"]:
            return person
    return None

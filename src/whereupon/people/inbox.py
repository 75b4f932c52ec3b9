"""One list of everything that waits for a person: tasks, steps, approvals, forms and what there is to know.

What is overdue stands first, then what is due soonest; what has no day comes last, and notifications after
it, the newest first. Each kind is read by an index of its own, so a page costs the same however much waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from whereupon.db.pool import Connection
from whereupon.people.absences import people_of
from whereupon.people.rights import Rights

Kind = Literal["task", "step", "approval", "form", "notification"]
KINDS: tuple[Kind, ...] = ("task", "step", "approval", "form", "notification")


class Place(NamedTuple):
    """Where a page ends: when its last entry is due (ISO 8601, or "infinity"), its rank and its number."""

    due: str
    rank: int
    number: int


BEGINNING = Place("-infinity", 0, 0)


# After a place: what is due later; or at the same time and of a later rank; or of the same rank, a later id.
# `number` is what a branch is ordered by within one due time.
def _after(due: str, number: str, rank: int) -> str:
    return (
        f"({due}, {number}) > ($2::text::timestamptz, CASE WHEN $3 < {rank} THEN -9223372036854775808 "
        f"WHEN $3 > {rank} THEN 9223372036854775807 ELSE $4 END::bigint)"
    )


DUE = "coalesce({}.due_at, 'infinity'::timestamptz)"
OPEN = "t.status IN ('open', 'in_progress')"
TASK, QUESTION, NOTE = 1, 2, 3
MINE = "(SELECT unnest($1::bigint[]) AS user_id)"
MY_GROUPS = "(SELECT group_id FROM whereupon.group_members WHERE user_id = ($1::bigint[])[1])"
T, P = DUE.format("t"), DUE.format("p")
WANTED_TASK = "($6::text[] IS NULL OR t.kind = ANY($6))"
OF_TASK = f"{TASK} AS rank, t.id, t.id AS number, {T} AS due"
# Of each person and each group, and of what was passed up to somebody, the next $5.
OWN = f"""
SELECT {OF_TASK}, x.user_id AS whose FROM {MINE} x CROSS JOIN LATERAL (
  SELECT * FROM whereupon.tasks t WHERE t.assignee_user_id = x.user_id AND {OPEN} AND {WANTED_TASK}
    AND ($7::bigint IS NULL OR t.assignee_group_id = $7) AND {_after(T, "t.id", TASK)}
  ORDER BY {T}, t.id LIMIT $5) t
"""
QUEUED = f"""
SELECT {OF_TASK}, NULL::bigint FROM {MY_GROUPS} x CROSS JOIN LATERAL (
  SELECT * FROM whereupon.tasks t WHERE t.assignee_group_id = x.group_id AND t.assignee_user_id IS NULL
    AND {OPEN} AND {WANTED_TASK} AND ($7::bigint IS NULL OR t.assignee_group_id = $7)
    AND {_after(T, "t.id", TASK)}
  ORDER BY {T}, t.id LIMIT $5) t
"""
PASSED_UP = f"""
SELECT {OF_TASK}, x.user_id FROM {MINE} x CROSS JOIN LATERAL (
  SELECT * FROM whereupon.tasks t WHERE t.escalated_to = x.user_id AND {OPEN} AND {WANTED_TASK}
    AND $7::bigint IS NULL AND {_after(T, "t.id", TASK)}
    AND coalesce(t.assignee_user_id, 0) <> ALL($1) AND (t.assignee_user_id IS NOT NULL
      OR coalesce(t.assignee_group_id, 0) NOT IN {MY_GROUPS})
  ORDER BY {T}, t.id LIMIT $5) t
"""
# Of a question whose run is over nobody is asked any more. Whoever is asked for another, too, sees it once.
ASKED = f"""
SELECT DISTINCT ON (p.due, p.question_id) {QUESTION}, p.question_id, p.question_id, p.due, x.user_id
FROM {MINE} x CROSS JOIN LATERAL (
  SELECT p.question_id, {P} AS due FROM whereupon.question_people p
  JOIN whereupon.questions q ON q.id = p.question_id AND q.status = 'open'
  JOIN whereupon.runs r ON r.id = q.run_id AND r.ended_at IS NULL AND r.node = q.node
  WHERE p.user_id = x.user_id AND p.waiting AND ($6::text[] IS NULL OR q.kind = ANY($6))
    AND $7::bigint IS NULL AND {_after(P, "p.question_id", QUESTION)}
  ORDER BY {P}, p.question_id LIMIT $5) p
ORDER BY p.due, p.question_id, x.user_id <> ($1::bigint[])[1]
"""
# What is told of a question stands there once: as the question.
NOTES = f"""
SELECT {NOTE}, n.id, -n.id, 'infinity'::timestamptz, n.user_id FROM (
  SELECT * FROM whereupon.notifications n WHERE n.user_id = ($1::bigint[])[1] AND n.read_at IS NULL
    AND n.question_id IS NULL AND ($6::text[] IS NULL OR 'notification' = ANY($6)) AND $7::bigint IS NULL
    AND n.id < CASE WHEN $3 < {NOTE} THEN 9223372036854775807 ELSE -$4 END::bigint
  ORDER BY n.id DESC LIMIT $5) n
"""
BRANCHES = " UNION ALL ".join(f"({branch})" for branch in (OWN, QUEUED, PASSED_UP, ASKED, NOTES))
LIST = f"""
WITH found AS (
  SELECT * FROM ({BRANCHES}) f (rank, id, number, due, whose) ORDER BY due, rank, number LIMIT $5)
SELECT f.rank, f.number, f.id, coalesce(t.kind, q.kind, 'notification') AS kind,
  coalesce(t.title, q.title, n.title) AS title, left(coalesce(t.description, q.body, n.body), 500) AS body,
  nullif(f.due, 'infinity') AS due_at, f.due < now() AS overdue, coalesce(t.status, 'open') AS status,
  t.priority, t.needs_file, coalesce(t.module_id, q.module_id, n.module_id) AS module_id,
  coalesce(t.record_id, q.record_id, n.record_id) AS record_id,
  coalesce(t.run_id, q.run_id, n.run_id) AS run_id, w.name AS workflow_name,
  t.assignee_user_id, a.name AS assignee, t.assignee_group_id AS group_id, g.name AS group_name,
  CASE WHEN f.whose <> ($1::bigint[])[1] THEN f.whose END AS for_user_id,
  CASE WHEN f.whose <> ($1::bigint[])[1] THEN o.name END AS for_user_name,
  t.escalated_at, t.escalated_to IS NOT NULL AND t.escalated_to = f.whose
    AND t.assignee_user_id IS DISTINCT FROM f.whose AS escalated_to_me,
  coalesce(t.created_at, q.created_at, n.created_at) AS created_at, t.xmin::text AS etag
FROM found f LEFT JOIN whereupon.tasks t ON f.rank = {TASK} AND t.id = f.id
LEFT JOIN whereupon.questions q ON f.rank = {QUESTION} AND q.id = f.id
LEFT JOIN whereupon.notifications n ON f.rank = {NOTE} AND n.id = f.id
LEFT JOIN whereupon.users a ON a.id = t.assignee_user_id
LEFT JOIN whereupon.groups g ON g.id = t.assignee_group_id
LEFT JOIN whereupon.users o ON o.id = f.whose
LEFT JOIN whereupon.runs r ON r.id = coalesce(t.run_id, q.run_id, n.run_id)
LEFT JOIN whereupon.workflows w ON w.id = r.workflow_id
ORDER BY f.due, f.rank, f.number
"""


async def list_inbox(
    db: Connection,
    rights: Rights,
    *,
    kinds: Sequence[Kind] | None = None,
    group: int | None = None,
    after: Place | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """A page of what waits for the user and those for whom they stand in. `group`: out of its queue only."""
    people = await people_of(db, rights.user_id or 0)
    due, rank, number = after or BEGINNING
    wanted = list(kinds) if kinds is not None else None
    rows = await db.fetch(LIST, people, due, rank, number, limit, wanted, group)
    return [dict(row) for row in rows]


def place_of(row: Mapping[str, Any]) -> Place:
    """Where a page ends that ends with this row."""
    due: datetime | None = row["due_at"]
    return Place(due.isoformat() if due else "infinity", row["rank"], row["number"])


COUNT = f"""
SELECT count(*) AS count, count(*) FILTER (WHERE due < now()) AS overdue,
  count(*) FILTER (WHERE rank = {TASK}) AS tasks, count(*) FILTER (WHERE rank = {QUESTION}) AS questions,
  count(*) FILTER (WHERE rank = {NOTE}) AS notifications
FROM ({BRANCHES}) f (rank, id, number, due, whose)
"""
QUEUES = """
SELECT g.id, g.key, g.name,
  (SELECT count(*) FROM (SELECT FROM whereupon.tasks t WHERE t.assignee_group_id = g.id
    AND t.assignee_user_id IS NULL AND t.status IN ('open', 'in_progress') LIMIT $2) x) AS waiting
FROM whereupon.groups g JOIN whereupon.group_members m ON m.group_id = g.id
WHERE m.user_id = $1 ORDER BY g.name, g.id
"""
MOST_COUNTED = 1_000  # of each person and group; "1,000" then means "or more"


async def count_inbox(db: Connection, rights: Rights) -> dict[str, Any]:
    """How much waits, at most a thousand of each kind and person, and in the queues of one's groups."""
    people = await people_of(db, rights.user_id or 0)
    row = await db.fetchrow(COUNT, people, *BEGINNING, MOST_COUNTED, None, None)
    queues = [dict(one) for one in await db.fetch(QUEUES, rights.user_id, MOST_COUNTED)]
    return {**dict(row or {}), "queues": queues}

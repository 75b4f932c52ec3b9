"""What happened to a task or a question, in order: taken, handed on, commented, escalated, done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection

Of = Literal["task", "question"]
Kind = Literal[
    "claimed", "released", "reassigned", "moved", "changed", "started", "done", "reopened", "cancelled",
    "commented", "file", "escalated", "decided", "answered",
]  # fmt: skip
Comment = Annotated[str, Field(min_length=1, max_length=5_000, pattern=r"\S")]


class NewComment(BaseModel):
    """Something to say about it."""

    model_config = ConfigDict(extra="forbid")

    comment: Comment


ADD = """
INSERT INTO whereupon.inbox_history (task_id, question_id, user_id, for_user_id, kind, comment, details)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
LIST = """
SELECT h.id, h.at, h.kind, h.comment, h.details, h.user_id, u.name AS user_name, h.for_user_id,
  f.name AS for_user_name
FROM whereupon.inbox_history h LEFT JOIN whereupon.users u ON u.id = h.user_id
LEFT JOIN whereupon.users f ON f.id = h.for_user_id
WHERE CASE WHEN $1 THEN h.task_id = $2 ELSE h.question_id = $2 END AND h.id > $3 ORDER BY h.id LIMIT $4
"""


async def note(
    db: Connection,
    of: Of,
    item: int,
    user: int | None,
    kind: Kind,
    comment: str | None = None,
    *,
    for_user: int | None = None,
    **details: object,
) -> None:
    """Write one line, in the transaction of the deed. `for_user`: in whose place it was done."""
    task, question = (item, None) if of == "task" else (None, item)
    stands_in = for_user if for_user != user else None
    await db.execute(ADD, task, question, user, stands_in, kind, comment, details)


async def history_of(
    db: Connection, of: Of, item: int, *, after: int = 0, limit: int = 100
) -> list[Mapping[str, Any]]:
    """The lines of one task or question, the oldest first. Who may read it is for the caller to ask."""
    return [dict(row) for row in await db.fetch(LIST, of == "task", item, after, limit)]

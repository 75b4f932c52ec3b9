"""Who changed people, rights and settings, and when: appended, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.db.pool import Connection

APPEND = "INSERT INTO whereupon.audit (actor_id, action, subject, details) VALUES ($1, $2, $3, $4)"
LIST = """
SELECT a.id, a.at, a.actor_id, u.name AS actor_name, a.action, a.subject, a.details
FROM whereupon.audit a LEFT JOIN whereupon.users u ON u.id = a.actor_id
WHERE a.id < $1 ORDER BY a.id DESC LIMIT $2
"""


async def append(db: Connection, actor: int | None, action: str, subject: str, **details: object) -> None:
    """Write one line, in the transaction of the deed itself.

    `action` is a verb and a noun ("change_role"), `subject` what it was done to ("role:sales").
    Secrets never go into `details`.
    """
    await db.execute(APPEND, actor, action, subject, details)


async def list_entries(
    db: Connection, *, before: int | None = None, limit: int = 50
) -> list[Mapping[str, Any]]:
    """The newest entries first; `before` is the id to go on from."""
    return [dict(row) for row in await db.fetch(LIST, before or 2**62, limit)]

"""Who changed people, rights and settings, and when: appended, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whereupon.db.pool import Connection

APPEND = "INSERT INTO whereupon.audit (actor_id, action, subject, details) VALUES ($1, $2, $3, $4)"
LIST = """
SELECT a.id, a.at, a.actor_id, u.name AS actor_name, a.action, a.subject, a.details
FROM whereupon.audit a LEFT JOIN whereupon.users u ON u.id = a.actor_id
WHERE a.id < $1 AND ($3::bigint IS NULL OR a.actor_id = $3) AND ($4::text IS NULL OR a.action = $4)
  AND ($5::text IS NULL OR a.subject = $5 OR starts_with(a.subject, $5 || ':'))
  AND ($6::timestamptz IS NULL OR a.at >= $6) AND ($7::timestamptz IS NULL OR a.at < $7)
ORDER BY a.id DESC LIMIT $2
"""
ACTIONS = "SELECT DISTINCT action FROM whereupon.audit ORDER BY 1 LIMIT 500"


async def append(db: Connection, actor: int | None, action: str, subject: str, **details: object) -> None:
    """Write one line, in the transaction of the deed itself.

    `action` is a verb and a noun ("change_role"), `subject` what it was done to ("role:sales").
    Secrets never go into `details`.
    """
    await db.execute(APPEND, actor, action, subject, details)


async def list_entries(
    db: Connection,
    *,
    before: int | None = None,
    limit: int = 50,
    actor: int | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Mapping[str, Any]]:
    """The newest entries first; `before` is the id to go on from.

    `subject` is one thing ("role:sales") or one kind of thing ("role").
    """
    rows = await db.fetch(LIST, before or 2**62, limit, actor, action, subject, since, until)
    return [dict(row) for row in rows]


async def list_actions(db: Connection) -> list[str]:
    """Every action that there are entries of."""
    return [row["action"] for row in await db.fetch(ACTIONS)]

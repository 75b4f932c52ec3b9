"""Notifications: what a person is told inside the program, until they have read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.db.pool import Connection

COLUMNS = "n.id, n.title, n.body, m.key AS module, n.record_id, n.run_id, n.created_at, n.read_at"
LIST = f"""
SELECT {COLUMNS} FROM whereupon.notifications n LEFT JOIN whereupon.modules m ON m.id = n.module_id
WHERE n.user_id = $1 AND n.id < $2 AND (NOT $3::boolean OR n.read_at IS NULL) ORDER BY n.id DESC LIMIT $4
"""
MARK_READ = """
UPDATE whereupon.notifications SET read_at = now()
WHERE user_id = $1 AND read_at IS NULL AND ($2::bigint[] IS NULL OR id = ANY($2)) RETURNING id
"""


async def list_notifications(
    db: Connection, user_id: int, *, unread: bool = False, before: int | None = None, limit: int = 50
) -> list[Mapping[str, Any]]:
    """One's own, the newest first."""
    return [dict(row) for row in await db.fetch(LIST, user_id, before or 2**62, unread, limit)]


async def mark_read(db: Connection, user_id: int, ids: list[int] | None = None) -> list[int]:
    """Mark these, or all, as read; gives those that were not read before."""
    return [row["id"] for row in await db.fetch(MARK_READ, user_id, ids)]

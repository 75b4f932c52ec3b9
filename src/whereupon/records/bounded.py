"""Reading for which there is only so much time: an answer in time is better than a complete one."""

from __future__ import annotations

from typing import Any

import asyncpg

from whereupon.db.pool import Connection

LIMIT = "SELECT set_config('statement_timeout', $1, true)"
CURRENT = "SELECT current_setting('statement_timeout')"


async def fetch_within(db: Connection, milliseconds: int, sql: str, *values: Any) -> list[Any] | None:
    """The rows, or None when they did not come in time. The caller's transaction goes on either way."""
    try:
        async with db.transaction():
            before = await db.fetchval(CURRENT)
            await db.execute(LIMIT, str(milliseconds))
            rows = await db.fetch(sql, *values)
            await db.execute(LIMIT, before)
    except asyncpg.QueryCanceledError:
        return None
    return rows

"""The first time (rule 9): claimed once for each record, and given back only when somebody says so."""

from __future__ import annotations

from whereupon.db.pool import Connection
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.workflows.store import get_workflow, locked

RESET = "DELETE FROM whereupon.claims WHERE workflow_id = $1 AND ($2::text IS NULL OR record_id = $2)"


async def reset_recurrence(db: Connection, rights: Rights, key: str, record_id: str | None = None) -> int:
    """Let "the first time" come again, for one record or for all (rule 9). How many were reset."""
    rights.require_builder()
    row = await locked(db, key, None)
    done = await db.execute(RESET, row["id"], record_id)
    await audit.append(db, rights.user_id, "reset_recurrence", f"workflow:{key}", record=record_id)
    return int(done.split()[-1])


async def count_first_times(db: Connection, rights: Rights, key: str) -> int:
    """How many records had their first time, and would have it again after a reset."""
    rights.require_builder()
    row = await get_workflow(db, key)
    return await db.fetchval("SELECT count(*) FROM whereupon.claims WHERE workflow_id = $1", row["id"])

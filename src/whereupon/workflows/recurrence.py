"""The first time (rule 9): claimed once for each record, and given back only when somebody says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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


CLAIM = """
SELECT c.claimed_at, (SELECT min(r.id) FROM whereupon.runs r
  WHERE r.workflow_id = c.workflow_id AND r.record_id = c.record_id) AS run
FROM whereupon.claims c WHERE c.workflow_id = $1 AND c.record_id = $2
"""


async def first_time_of(db: Connection, workflow_id: int, record_id: str) -> Mapping[str, Any] | None:
    """When it had its first time on a record, and in which run; None when it may still have it."""
    return await db.fetchrow(CLAIM, workflow_id, record_id)


BEFORE = """
SELECT EXISTS (SELECT FROM whereupon.runs
  WHERE workflow_id = $1 AND module_id = $2 AND record_id = $3 AND created_at < $4)
"""


async def ran_before(db: Connection, workflow_id: int, module_id: int, record_id: str, at: datetime) -> bool:
    """Whether it ran on the record before that moment: with no first time now, that was given back."""
    return await db.fetchval(BEFORE, workflow_id, module_id, record_id, at)

"""What went wrong or is held, newest first: found by an index of its own among millions of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from whereupon.db.pool import Connection
from whereupon.people.rights import Rights
from whereupon.runs.history import readable_modules
from whereupon.workflows.kinds import MADE_FROM

Trouble = Literal["failed", "partial", "held"]
MOST = 1_000  # counted

# The status stands in the statement itself, or the index on troubled runs would not be looked at.
NEWEST = """
SELECT r.id, w.key AS workflow, w.name AS workflow_name, m.key AS module, r.module_id, r.record_id, r.status,
       r.error, r.created_at, r.ended_at, v.uses
FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id
LEFT JOIN whereupon.versions v ON v.id = r.version_id
LEFT JOIN whereupon.modules m ON m.id = r.module_id
WHERE r.status = '{status}' AND r.bulk_id IS NULL AND ($1::text[] IS NULL OR m.key IS NULL OR m.key = ANY($1))
  AND r.created_at > now() - $2 * interval '1 day'
ORDER BY r.id DESC LIMIT $3
"""
COUNT = """
SELECT count(*) FROM (
  SELECT FROM whereupon.runs r LEFT JOIN whereupon.modules m ON m.id = r.module_id
  WHERE r.status = '{status}' AND r.bulk_id IS NULL
    AND ($1::text[] IS NULL OR m.key IS NULL OR m.key = ANY($1))
    AND r.created_at > now() - $2 * interval '1 day' LIMIT $3) x
"""


# A bulk run is one thing that went wrong, however many of its records did.
BULK = """
FROM whereupon.bulk_runs b LEFT JOIN whereupon.workflows w ON w.id = b.workflow_id
LEFT JOIN whereupon.modules m ON m.id = b.module_id
WHERE b.status IN ('failed', 'partial') AND ($1::text[] IS NULL OR m.key IS NULL OR m.key = ANY($1))
  AND b.created_at > now() - $2 * interval '1 day'
"""
NEWEST_BULK = f"""
SELECT b.id, w.key AS workflow, w.name AS workflow_name, b.status, b.matched, b.failed,
  b.created_at, b.ended_at, {MADE_FROM}
{BULK} ORDER BY b.id DESC LIMIT $3
"""
COUNT_BULK = f"SELECT count(*) FROM (SELECT {BULK} LIMIT $3) x"


async def newest_bulk_runs(
    db: Connection, rights: Rights, *, days: int = 7, limit: int = 5
) -> dict[str, Any]:
    """The same of bulk runs of which some records, or all, failed."""
    allowed = readable_modules(rights)
    rows = await db.fetch(NEWEST_BULK, allowed, days, limit)
    count = await db.fetchval(COUNT_BULK, allowed, days, MOST)
    return {"count": count, "items": [dict(row) for row in rows]}


async def newest(
    db: Connection, rights: Rights, status: Trouble, *, days: int = 7, limit: int = 5
) -> dict[str, Any]:
    """How many single runs have that status (at most 1,000 are counted) and the newest, of the last days.

    Only on records that the user may read; what went wrong only for who may read what the workflow uses.
    """
    allowed = readable_modules(rights)
    rows = await db.fetch(NEWEST.format(status=status), allowed, days, limit)
    count = await db.fetchval(COUNT.format(status=status), allowed, days, MOST)
    return {"count": count, "items": [as_seen(dict(row), rights) for row in rows]}


def as_seen(run: dict[str, Any], rights: Rights) -> dict[str, Any]:
    """The run with one sentence of what went wrong, or none for who may not read what it uses."""
    uses: list[str] | None = run.pop("uses")
    error: Mapping[str, Any] | None = run.pop("error")
    open_to_all = rights.administrator or (uses is not None and rights.sees(uses))
    return run | {"message": error.get("message") if error and open_to_all else None}

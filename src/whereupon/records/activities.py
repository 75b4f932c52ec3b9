"""Activities: calls, notes and meetings on a record, written down by people or by workflows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import NotFound, Refused
from whereupon.modules.catalog import Catalog
from whereupon.people.rights import Rights
from whereupon.records.documents import require_change
from whereupon.records.read import read_record

Kind = Literal["note", "call", "meeting", "email", "other"]
KINDS: Mapping[str, str] = {
    "note": "Note", "call": "Call", "meeting": "Meeting", "email": "Email", "other": "Other",
}  # fmt: skip


class NewActivity(BaseModel):
    """Something that was done or learned about a record."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = "note"
    title: Annotated[str, Field(min_length=1, max_length=300, pattern=r"\S")]
    body: str | None = Field(None, max_length=20_000)
    happened_at: AwareDatetime | None = Field(None, description="None: now.")


COLUMNS = """
  a.id, a.kind, a.title, a.body, to_json(a.happened_at) #>> '{}' AS happened_at, a.user_id, u.name AS "user",
  a.run_id, w.name AS workflow, a.created_by, to_json(a.created_at) #>> '{}' AS created_at
"""
SOURCE = """
FROM whereupon.activities a LEFT JOIN whereupon.users u ON u.id = a.user_id
LEFT JOIN whereupon.runs r ON r.id = a.run_id LEFT JOIN whereupon.workflows w ON w.id = r.workflow_id
"""
# The latest first; the page begins before the activity $3, in that order.
LIST = f"""
SELECT {COLUMNS} {SOURCE}
WHERE a.module_id = $1 AND a.record_id = $2 AND ($3::bigint IS NULL
  OR (a.happened_at, a.id) < (SELECT b.happened_at, b.id FROM whereupon.activities b WHERE b.id = $3))
ORDER BY a.happened_at DESC, a.id DESC LIMIT $4
"""
GET = f"SELECT {COLUMNS} {SOURCE} WHERE a.id = $1"
INSERT = """
INSERT INTO whereupon.activities (kind, title, body, happened_at, user_id, module_id, record_id, created_by)
VALUES ($1, $2, $3, coalesce($4, now()), $5, $6, $7, $5) RETURNING id
"""
OWN = "SELECT created_by FROM whereupon.activities WHERE id = $1 AND module_id = $2 AND record_id = $3"


async def list_activities(
    db: Connection,
    catalog: Catalog,
    module_key: str,
    record_id: str,
    rights: Rights,
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Those of a record that the user may read, the latest first. Raises as `read_record` does."""
    record = await read_record(db, catalog, module_key, record_id, rights, lines=False)
    rows = await db.fetch(LIST, catalog.module(module_key).id, record.id, before, limit)
    return [dict(row) for row in rows]


async def add_activity(
    db: Connection, catalog: Catalog, module_key: str, record_id: str, rights: Rights, activity: NewActivity
) -> dict[str, Any]:
    """Write one down, on a record that the user may change. Raises Refused, NotFound."""
    module = catalog.module(module_key)
    record_id = await require_change(db, catalog, module, record_id, rights)
    made: int = await db.fetchval(
        INSERT, activity.kind, activity.title, activity.body, activity.happened_at, rights.user_id, module.id,
        record_id,
    )  # fmt: skip
    return dict(await db.fetchrow(GET, made) or {})


async def remove_activity(
    db: Connection, catalog: Catalog, module_key: str, record_id: str, rights: Rights, activity_id: int
) -> None:
    """Only who wrote it, or an administrator. Raises NotFound, Refused."""
    module = catalog.module(module_key)
    record_id = await require_change(db, catalog, module, record_id, rights)
    row = await db.fetchrow(OWN, activity_id, module.id, record_id)
    if row is None:
        raise NotFound(f"There is no activity {activity_id} of this record.")
    if not rights.administrator and row["created_by"] != rights.user_id:
        raise Refused("Only who wrote an activity may remove it.", suggestion="Ask an administrator.")
    await db.execute("DELETE FROM whereupon.activities WHERE id = $1", activity_id)


# One activity per run, in one statement.
INSERT_MANY = """
INSERT INTO whereupon.activities (run_id, record_id, title, body, happened_at, user_id, module_id, node, kind,
  created_by)
SELECT run_id, record_id, title, body, coalesce(happened_at, now()), person, $7, $8, $9, $10
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[])
  AS v(run_id, record_id, title, body, happened_at, person)
RETURNING id, run_id
"""


async def add_activities(db: Connection, columns: Sequence[Any]) -> dict[int, int]:
    """One for each of many runs: run → activity. `columns` in the order of the statement."""
    return {row["run_id"]: row["id"] for row in await db.fetch(INSERT_MANY, *columns)}

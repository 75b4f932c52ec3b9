"""Bulk runs as people look at them: how far they are, why records failed, what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from whereupon.changes.timeline import differences
from whereupon.db.pool import Connection
from whereupon.errors import NotFound
from whereupon.modules.catalog import Catalog, Module
from whereupon.people.rights import Rights
from whereupon.runs.bulk.causes import CAUSE, find_causes
from whereupon.runs.bulk.reckoning import CHANGED, COUNT_EDGES, FAILED, SKIPPED
from whereupon.runs.history import WITHHELD
from whereupon.workflows.kinds import MADE_FROM
from whereupon.workflows.listing import name_records

Outcome = Literal["failed", "skipped", "changed", "unchanged", "cancelled", "waiting", "under_way", "to_do"]
Status = Literal["queued", "running", "paused", "succeeded", "partial", "failed", "cancelled"]

SELECT = f"""
SELECT b.id, w.key AS workflow, w.name AS workflow_name, v.number AS version, m.key AS module,
  m.label_plural AS module_label, b.started_by, b.user_id, u.name AS user_name, b.nominal_at, b.status,
  b.matched, b.processed, b.changed, b.skipped, b.failed, b.waiting, b.still_matching, b.rerun_of, b.error,
  b.most, b.named, b.created_at, b.started_at, b.ended_at, b.module_id, b.parent_run_id, v.uses, {MADE_FROM},
  coalesce(b.per_second, CASE WHEN b.status = 'running' THEN (b.processed - b.pace_processed)
    / greatest(extract(epoch FROM clock_timestamp() - b.pace_at)::float8, 0.1) END) AS per_second
FROM whereupon.bulk_runs b
LEFT JOIN whereupon.workflows w ON w.id = b.workflow_id
LEFT JOIN whereupon.versions v ON v.id = b.version_id
LEFT JOIN whereupon.modules m ON m.id = b.module_id
LEFT JOIN whereupon.users u ON u.id = b.user_id
"""
LIST = (
    SELECT
    + """
WHERE ($1::bigint IS NULL OR b.id < $1) AND ($2::text IS NULL OR w.key = $2)
  AND ($3::text IS NULL OR b.status = $3)
ORDER BY b.id DESC LIMIT $4
"""
)
FIND = SELECT + "WHERE b.id = $1"
KEPT = (
    "id", "version", "started_by", "nominal_at", "status", "matched", "processed", "changed", "skipped",
    "failed", "waiting", "still_matching", "rerun_of", "created_at", "started_at", "ended_at", "made_from",
)  # fmt: skip


async def list_bulk_runs(
    db: Connection,
    rights: Rights,
    *,
    after: int | None = None,
    workflow: str | None = None,
    status: Status | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Bulk runs, the newest first; `after`: the last id of the page before."""
    rights.require_builder()
    return [as_told(row, rights) for row in await db.fetch(LIST, after, workflow, status, limit)]


async def get_bulk_run(db: Connection, rights: Rights, bulk_id: int) -> dict[str, Any]:
    """One of them, with why its records failed and which way its runs went. Raises NotFound."""
    row = await _find(db, rights, bulk_id)
    causes = [cause.as_json() for cause in await find_causes(db, bulk_id)]
    if not _whole(row, rights):
        causes = [cause | WITHHELD for cause in causes]
    return as_told(row, rights) | {"causes": causes, "edges": await edges_of(db, bulk_id)}


async def _find(db: Connection, rights: Rights, bulk_id: int) -> Any:
    rights.require_builder()
    row = await db.fetchrow(FIND, bulk_id)
    if row is None:
        raise NotFound(f"There is no bulk run {bulk_id}.")
    return row


def as_told(row: Mapping[str, Any], rights: Rights) -> dict[str, Any]:
    """A row as the API tells it, with the rate and what is left at that rate."""
    by = {"id": row["user_id"], "name": row["user_name"]} if row["user_id"] is not None else None
    module = {"key": row["module"], "label": row["module_label"]} if row["module"] else None
    workflow = {"key": row["workflow"], "name": row["workflow_name"]} if row["workflow"] else None
    rate: float | None = row["per_second"]
    return {name: row[name] for name in KEPT} | {
        "workflow": workflow, "module": module, "by": by, "limit": row["most"], "run": row["parent_run_id"],
        "per_second": None if rate is None else round(rate, 2), "seconds_left": seconds_left(row),
        "error": row["error"] if _whole(row, rights) or row["error"] is None
        else {"code": row["error"].get("code")} | WITHHELD,
    }  # fmt: skip


def seconds_left(row: Mapping[str, Any]) -> float | None:
    """At the rate of the last seconds; None while that is not known, and for what is not running.

    >>> seconds_left({"status": "running", "matched": 100, "processed": 40, "waiting": 10, "per_second": 5.0})
    10.0
    >>> seconds_left({"status": "paused", "matched": 100, "processed": 40, "waiting": 0, "per_second": 5.0})
    """
    if row["status"] != "running" or row["matched"] is None or not row["per_second"]:
        return None
    return round(max(0, row["matched"] - row["processed"] - row["waiting"]) / row["per_second"], 1)


def _whole(row: Mapping[str, Any], rights: Rights) -> bool:
    """Whether all that its runs did may be seen: values and errors come from the fields that they use."""
    return rights.administrator or (row["uses"] is not None and rights.sees(row["uses"]))


# Which way the runs went -----------------------------------------------------------------------------

# Of chunks under way, so many at most are counted while somebody looks; a chunk that is over says it itself.
EDGES = f"""
SELECT e.item->>'from' AS "from", e.item->>'port' AS port, sum((e.item->>'count')::bigint)::bigint AS count
FROM (
  SELECT edges FROM whereupon.bulk_chunks WHERE bulk_id = $1 AND edges IS NOT NULL
  UNION ALL
  SELECT x.edges FROM (SELECT * FROM whereupon.bulk_chunks WHERE bulk_id = $1 AND edges IS NULL
                       AND status IN ('under_way', 'resting', 'done') ORDER BY first_nr LIMIT 4) c,
    LATERAL ({COUNT_EDGES}) x
) chunk, jsonb_array_elements(chunk.edges) e (item)
GROUP BY 1, 2 ORDER BY 1, 2
"""


async def edges_of(db: Connection, bulk_id: int) -> list[dict[str, Any]]:
    """How often its runs left a block by an exit."""
    return [dict(row) for row in await db.fetch(EDGES, bulk_id)]


# What became of each record --------------------------------------------------------------------------

CANCELLED = "r.status = 'cancelled' AND r.error->>'code' NOT IN ('skipped', 'record_deleted')"
OUTCOME = f"""
CASE WHEN r.id IS NULL THEN CASE WHEN b.status = 'cancelled' THEN 'cancelled' ELSE 'to_do' END
  WHEN {FAILED} THEN 'failed' WHEN {SKIPPED} THEN 'skipped' WHEN r.status = 'cancelled' THEN 'cancelled'
  WHEN r.status IN ('waiting', 'held') THEN 'waiting' WHEN r.ended_at IS NULL THEN 'under_way'
  WHEN {CHANGED} THEN 'changed' ELSE 'unchanged' END
"""
BY_RUN = """FROM whereupon.runs r JOIN whereupon.bulk_runs b ON b.id = r.bulk_id
  CROSS JOIN LATERAL (SELECT r.bulk_nr AS nr, r.record_id) m
WHERE r.bulk_id = $1 AND r.bulk_nr > $2 AND """
BY_MEMBER = """FROM whereupon.bulk_members m JOIN whereupon.bulk_runs b ON b.id = m.bulk_id
  LEFT JOIN whereupon.runs r ON r.bulk_id = m.bulk_id AND r.bulk_nr = m.nr
WHERE m.bulk_id = $1 AND m.nr > $2 AND """
# Whence the records of an outcome come. The statuses stand there in the words of the index.
OUTCOMES: Mapping[Outcome | None, str] = {
    None: BY_MEMBER + "true",
    "failed": BY_RUN + "r.status = ANY('{failed,partial}') AND r.status <> 'succeeded'",
    "skipped": BY_RUN + f"r.status = ANY('{{cancelled}}') AND r.status <> 'succeeded' AND {SKIPPED}",
    "waiting": BY_RUN + "r.status = ANY('{waiting,held}') AND r.status <> 'succeeded'",
    "under_way": BY_RUN + "r.status = ANY('{queued,running}') AND r.status <> 'succeeded'",
    "changed": BY_RUN + f"r.status = 'succeeded' AND {CHANGED}",
    "unchanged": BY_RUN + f"r.status = 'succeeded' AND NOT {CHANGED}",
    "cancelled": BY_MEMBER + f"(r.id IS NULL AND b.status = 'cancelled' OR {CANCELLED})",
    "to_do": BY_MEMBER + "r.id IS NULL AND b.status <> 'cancelled'",
}
RECORDS = f"""
SELECT m.nr, m.record_id, b.module_id, {OUTCOME} AS outcome, r.id AS run_id, r.error, r.status AS run_status
{{source}} AND ($3::text IS NULL OR r.error->>'code' = $3 OR left({CAUSE}, 12) = $3)
ORDER BY m.nr LIMIT $4
"""
# What a run did to its own record, from before its first change to after its last.
CHANGES = """
SELECT k.run_id, (array_agg(k.old ORDER BY k.id))[1] AS old, (array_agg(k.new ORDER BY k.id DESC))[1] AS new
FROM unnest($2::text[], $3::bigint[]) x (record_id, run_id)
JOIN whereupon.changes k ON k.module_id = $1 AND k.record_id = x.record_id AND k.run_id = x.run_id
WHERE k.op IN ('I', 'U', 'D') GROUP BY 1
"""


async def list_records(
    db: Connection,
    rights: Rights,
    catalog: Catalog,
    bulk_id: int,
    *,
    outcome: Outcome | None = None,
    cause: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Members in the order of the list, each with what became of it; `after`: the last nr of the page before.

    `cause`: only those that failed by it, a cause's name or an error's code. Raises NotFound.
    """
    bulk = await _find(db, rights, bulk_id)
    source = OUTCOMES[outcome]
    if outcome == "to_do" and bulk["ended_at"] is not None:
        return []
    if outcome == "cancelled" and bulk["status"] != "cancelled":
        source = BY_RUN + f"r.status = ANY('{{cancelled}}') AND r.status <> 'succeeded' AND {CANCELLED}"
    if bulk["module_id"] is None and outcome is None:
        source = BY_RUN + "true"
    rows = await db.fetch(RECORDS.format(source=source), bulk_id, after, cause, limit)
    found = [dict(row) for row in rows]
    module = catalog.by_id.get(bulk["module_id"] or 0)
    changes = await changes_of(db, rights, module, found)
    await name_records(db, rights, catalog, found)
    whole = _whole(bulk, rights)
    return [_record(row, changes.get(row["run_id"], []), whole) for row in found]


def _record(row: Mapping[str, Any], changes: list[dict[str, Any]], whole: bool) -> dict[str, Any]:
    error: Mapping[str, Any] | None = row["error"]
    if error is not None and not whole:
        error = {"code": error.get("code"), "node": error.get("node")} | WITHHELD
    record = {"id": row["record_id"], "title": row["record_title"]} if row["record_id"] is not None else None
    return {name: row[name] for name in ("nr", "outcome", "run_id", "run_status")} | {
        "record": record, "error": error, "changes": changes,
    }  # fmt: skip


async def changes_of(
    db: Connection, rights: Rights, module: Module | None, members: Sequence[Mapping[str, Any]]
) -> dict[int, list[dict[str, Any]]]:
    """By run: the fields of its own record that are different, as far as they may be read."""
    done = [one for one in members if one["run_id"] is not None and one["record_id"] is not None]
    if module is None or not done:
        return {}
    keys, runs = [one["record_id"] for one in done], [one["run_id"] for one in done]
    readable = rights.readable(module)
    return {
        row["run_id"]: [
            {"field": key, "label": module.fields[key].label, **values}
            for key, values in differences(module, row["old"] or {}, row["new"] or {}, readable).items()
        ]
        for row in await db.fetch(CHANGES, module.id, keys, runs)
    }

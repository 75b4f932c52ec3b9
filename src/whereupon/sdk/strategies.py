"""How records stand to their default strategy: active, paused or ended, changed by people and by runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from whereupon.conditions.values import literal
from whereupon.db.pool import Connection
from whereupon.modules.catalog import Module

Action = Literal["pause", "resume", "restart", "end"]
ACTIONS = {"pause": "Pause it", "resume": "Resume it", "restart": "Begin again", "end": "End it"}
STATUS_AFTER = {"pause": "paused", "resume": "active", "restart": "active", "end": "ended"}
DONE_WORDS = {"pause": "paused", "resume": "resumed", "restart": "restarted", "end": "ended"}

# $1 module, $2 records, $3 status, $4 action, $5 user, $6 runs (one per record, or none), $7 reason, $8: what
# has ended stays ended. A pause changes nothing about what has ended.
CHANGE = """
WITH asked AS (
  SELECT DISTINCT ON (record_id) * FROM unnest($2::text[], $6::bigint[]) AS a(record_id, run_id)),
before AS (
  SELECT a.record_id, a.run_id, coalesce(s.status, 'active') AS was FROM asked a
  LEFT JOIN whereupon.strategy_records s ON s.module_id = $1 AND s.record_id = a.record_id),
changing AS (
  SELECT * FROM before WHERE $4 = 'restart' OR (was <> $3 AND NOT (($8 OR $4 = 'pause') AND was = 'ended'))),
written AS (
  INSERT INTO whereupon.strategy_records (module_id, record_id, status, anchor)
  SELECT $1, record_id, $3, CASE WHEN $4 = 'restart' THEN clock_timestamp() END FROM changing
  ORDER BY record_id
  ON CONFLICT (module_id, record_id) DO UPDATE SET status = excluded.status,
    anchor = coalesce(excluded.anchor, whereupon.strategy_records.anchor), changed_at = clock_timestamp())
INSERT INTO whereupon.strategy_changes (module_id, record_id, action, was, status, user_id, run_id, reason)
SELECT $1, record_id, $4, was, $3, $5, run_id, $7 FROM changing ORDER BY record_id RETURNING record_id
"""
# The steps of a record that begins again are counted anew, also those that it had (runs/strategies.py).
FORGET = """
WITH gone AS (
  DELETE FROM whereupon.due_dates d USING whereupon.strategy_steps s, whereupon.strategies g
  WHERE d.workflow_id = s.workflow_id AND g.id = s.strategy_id AND g.module_id = $1
    AND d.record_id = ANY($2::text[]))
UPDATE whereupon.strategy_records SET to_count = true WHERE module_id = $1 AND record_id = ANY($2::text[])
"""


async def change_status(
    db: Connection,
    module_id: int,
    records: Sequence[str],
    action: Action,
    *,
    user: int | None = None,
    runs: Sequence[int | None] = (),
    reason: str | None = None,
    gently: bool = False,
) -> list[str]:
    """Pause, resume, restart or end the strategy of these records; those for which that changed something.

    `gently`: one that was ended stays so.
    """
    given = list(runs) or [None] * len(records)
    rows = await db.fetch(
        CHANGE, module_id, list(records), STATUS_AFTER[action], action, user, given, reason, gently
    )
    changed = [row["record_id"] for row in rows]
    if action == "restart" and changed:
        await db.execute(FORGET, module_id, changed)
    return changed


def open_sql(module: Module, row: str = "n") -> str:
    """SQL boolean: whether a record gets steps of its strategy now: neither paused nor ended, and no playbook
    has it for itself."""
    key, mine = module.key_sql(row), f"module_id = {int(module.id)}"
    return (
        f"(NOT EXISTS (SELECT FROM whereupon.strategy_records s WHERE s.{mine} AND s.record_id = {key} "
        "AND s.status <> 'active') AND NOT EXISTS (SELECT FROM whereupon.playbook_tracks k "
        f"WHERE k.{mine} AND k.record_id = {key} AND k.status = 'running' AND k.exclusive))"
    )


def anchor_sql(module: Module, zone: str, *, day: bool, row: str = "n") -> str:
    """SQL: since when a record's steps are counted, as its strategy began again; null: by its own date."""
    value = f"(s.anchor AT TIME ZONE {literal(zone)})::date" if day else "s.anchor"
    return (
        f"(SELECT {value} FROM whereupon.strategy_records s WHERE s.module_id = {int(module.id)} "
        f"AND s.record_id = {module.key_sql(row)})"
    )

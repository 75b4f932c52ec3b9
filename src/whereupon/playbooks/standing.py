"""How one record stands to its strategy: which it is, paused or not, what comes next and what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.conditions.compile import compile_condition
from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.catalog import Catalog, Module
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.playbooks.strategies import ACTIVE
from whereupon.records.statements import owned_by
from whereupon.sdk.strategies import STATUS_AFTER, change_status

MOST_RECORDS = 10_000


class StatusChange(BaseModel):
    """What is to become of the strategy, and why."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["pause", "resume", "restart", "end"]
    reason: str | None = Field(None, max_length=2_000)


class StatusChanges(StatusChange):
    """The same for many records of a module."""

    module: str = Field(min_length=1, max_length=100)
    records: list[str] = Field(min_length=1, max_length=MOST_RECORDS)


STATUS = """
SELECT status, anchor, changed_at FROM whereupon.strategy_records WHERE module_id = $1 AND record_id = $2
"""
HELD = """
SELECT t.id AS track, w.key AS playbook, w.name AS playbook_name
FROM whereupon.playbook_tracks t JOIN whereupon.playbooks p ON p.id = t.playbook_id
JOIN whereupon.workflows w ON w.id = p.workflow_id
WHERE t.module_id = $1 AND t.record_id = $2 AND t.status = 'running' AND t.exclusive
"""
NEXT = """
SELECT s.step, s.name, d.due_at FROM whereupon.strategy_steps s
JOIN whereupon.due_dates d ON d.workflow_id = s.workflow_id
WHERE s.strategy_id = $1 AND s.active AND d.record_id = $2 AND d.fired_at IS NULL ORDER BY d.due_at, s.nr
"""
# Steps of any strategy of the module: those that ran, and dates that came and started nothing.
TAKEN = """
SELECT g.key AS strategy, s.step, s.name, r.created_at AS at, r.id AS run_id, r.status, NULL::text AS skipped
FROM whereupon.strategy_steps s JOIN whereupon.strategies g ON g.id = s.strategy_id AND g.module_id = $1
JOIN whereupon.runs r ON r.workflow_id = s.workflow_id AND r.module_id = $1 AND r.record_id = $2
UNION ALL
SELECT g.key, s.step, s.name, d.fired_at, NULL, NULL, d.skipped
FROM whereupon.strategy_steps s JOIN whereupon.strategies g ON g.id = s.strategy_id AND g.module_id = $1
JOIN whereupon.due_dates d ON d.workflow_id = s.workflow_id AND d.record_id = $2
WHERE d.skipped IS NOT NULL AND d.skipped <> 'passed'
ORDER BY 4, 5 LIMIT 500
"""
HISTORY = """
SELECT c.id, c.at, c.action, c.was, c.status, c.reason, c.user_id, u.name AS user_name, c.run_id,
  w.key AS workflow, w.name AS workflow_name, w.kind
FROM whereupon.strategy_changes c LEFT JOIN whereupon.users u ON u.id = c.user_id
LEFT JOIN whereupon.runs r ON r.id = c.run_id LEFT JOIN whereupon.workflows w ON w.id = r.workflow_id
WHERE c.module_id = $1 AND c.record_id = $2 ORDER BY c.id DESC LIMIT 500
"""


async def strategy_of(
    db: Connection, rights: Rights, catalog: Catalog, module_key: str, record_id: str
) -> dict[str, Any]:
    """Everything about one record. Raises NotFound, Refused."""
    module = catalog.module(module_key)
    rights.require("read", module.key)
    chosen = await _strategy(db, rights, catalog, module, record_id)
    status = await db.fetchrow(STATUS, module.id, record_id)
    held = await db.fetchrow(HELD, module.id, record_id)
    coming = await db.fetch(NEXT, chosen["id"], record_id) if chosen else []
    return {
        "strategy": {"key": chosen["key"], "name": chosen["name"]} if chosen else None,
        "status": status["status"] if status else "active",
        "changed_at": status["changed_at"] if status else None,
        "counted_from": status["anchor"] if status else None,
        "held_by": dict(held) if held else None,
        "next": [dict(row) for row in coming],
        "taken": [dict(row) for row in await db.fetch(TAKEN, module.id, record_id)],
        "history": [_told(dict(row)) for row in await db.fetch(HISTORY, module.id, record_id)],
    }


def _told(row: dict[str, Any]) -> dict[str, Any]:
    key, name, kind = (row.pop(part) for part in ("workflow", "workflow_name", "kind"))
    row["workflow"] = {"key": key, "name": name, "kind": kind} if key else None
    return row


async def _strategy(
    db: Connection, rights: Rights, catalog: Catalog, module: Module, record_id: str
) -> Mapping[str, Any] | None:
    """The first active strategy whose segment the record is in. Raises NotFound for a strange record."""
    rows: Sequence[Any] = await db.fetch(ACTIVE, module.id)
    scope = Scope(catalog=catalog, module=module)
    cases = [f"({_segment(row, scope)}) IS TRUE" for row in rows]
    own = owned_by(module, str(rights.user_id)) if rights.own_only("read", module.key) else "true"
    found = await db.fetchrow(
        f"SELECT ARRAY[{', '.join(cases)}]::boolean[] AS held FROM {module.sql} n "
        f"WHERE {module.key_sql('n')} = $1 AND {own}",
        record_id,
    )
    if found is None:
        raise NotFound(f'There is no {module.label} "{record_id}".')
    return next((row for row, held in zip(rows, found["held"], strict=True) if held), None)


def _segment(row: Mapping[str, Any], scope: Scope) -> str:
    segment = row["definition"].get("segment")
    return compile_condition(segment, scope) if segment else "true"


async def change_strategy_status(
    db: Connection,
    rights: Rights,
    catalog: Catalog,
    module_key: str,
    records: Sequence[str],
    change: StatusChange,
) -> list[str]:
    """Pause, resume, restart or end it for records; those that it changed for. Raises Invalid, Refused."""
    module = catalog.module(module_key)
    rights.require("update", module.key)
    own = owned_by(module, str(rights.user_id)) if rights.own_only("update", module.key) else "true"
    key = module.key_sql("n")
    rows = await db.fetch(
        f"SELECT {key} AS key FROM {module.sql} n WHERE {key} = ANY($1::text[]) AND {own}", list(records)
    )
    there = {row["key"] for row in rows}
    if missing := [one for one in dict.fromkeys(records) if one not in there]:
        told = [
            Problem("no_such_record", f'There is no {module.label} "{one}".', "/records") for one in missing
        ]
        raise Invalid.of(*told[:100])
    changed = await change_status(
        db, module.id, sorted(there), change.action, user=rights.user_id, reason=change.reason
    )
    counts = {"module": module.key, "records": len(changed), "status": STATUS_AFTER[change.action]}
    await audit.append(db, rights.user_id, "change_strategy_status", f"module:{module.key}", **counts)
    return changed

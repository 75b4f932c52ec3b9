"""Both ways of doing a workflow to many records, for tests that hold them against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.office import Office

from whereupon.db.pool import Connection
from whereupon.runs import stretches
from whereupon.runs.start import NewRun, insert_runs

NEW_BULK = """
INSERT INTO whereupon.bulk_runs (workflow_id, version_id, module_id, started_by, user_id)
SELECT w.id, w.active_version_id, w.module_id, 'manual', $2 FROM whereupon.workflows w WHERE w.key = $1
RETURNING id, workflow_id, version_id, module_id
"""
MEMBERS = """
INSERT INTO whereupon.bulk_members (bulk_id, nr, record_id)
SELECT $1, u.nr, u.key FROM unnest($2::text[]) WITH ORDINALITY AS u(key, nr)
"""
# What there is afterwards, without ids and times.
RUNS = """
SELECT record_id, version_id, status, node, executions, attempts, data, waiting, error, depth, chain, serial,
  started_by, user_id, wakes_on_change, started_at IS NOT NULL AS started, ended_at IS NOT NULL AS ended,
  ready_at IS NOT NULL AS due
FROM whereupon.runs WHERE id > $1 ORDER BY record_id
"""
STEPS = """
SELECT r.record_id, s.seq, s.node, s.block, s.status, s.port, s.input, s.output, s.error, s.records
FROM whereupon.step_runs s JOIN whereupon.runs r ON r.id = s.run_id WHERE r.id > $1 ORDER BY r.record_id, s.seq
"""
CHANGES = """
SELECT c.module_id, c.record_id, c.op::text, c.old - '{updated_at}'::text[] AS old,
  c.new - '{updated_at}'::text[] AS new, c.actor_id, c.origin, r.record_id AS run_of
FROM whereupon.changes c LEFT JOIN whereupon.runs r ON r.id = c.run_id WHERE c.id > $2 AND r.id > $1
ORDER BY c.record_id, c.id
"""
LAST = "SELECT coalesce((SELECT max(id) FROM whereupon.runs), 0), coalesce((SELECT max(id) FROM whereupon.changes), 0)"


class Undo(Exception):
    """Raised to take a transaction back."""


async def as_set(office: Office, workflow: str, keys: Sequence[str], chunk: int = 7) -> Any:
    """What is left behind when the records are worked off in chunks; it is taken back. None: it cannot be."""
    found: Any = None
    try:
        async with office.database.transaction() as db:
            definitions = await office.engine.current(db)
            since = await db.fetchrow(LAST)
            row = await db.fetchrow(NEW_BULK, workflow, office.admin)
            await db.execute(MEMBERS, row["id"], list(keys))
            version = definitions.versions[row["version_id"]]
            tallies = []
            for first in range(1, len(keys) + 1, chunk):
                last = min(first + chunk - 1, len(keys))
                tallies.append(await stretches.work_off(db, version, row["id"], first, last))
            if None not in tallies:
                found = await left_behind(db, since)
            raise Undo
    except Undo:
        return found


async def one_by_one(office: Office, workflow: str, keys: Sequence[str]) -> Any:
    """The same when the engine advances ordinary runs, from the same state; taken back, too."""
    found: Any = None
    try:
        async with office.database.transaction() as db:
            definitions = await office.engine.current(db)
            since = await db.fetchrow(LAST)
            row = await db.fetchrow(NEW_BULK, workflow, office.admin)
            version = definitions.versions[row["version_id"]]
            await insert_runs(db, [
                NewRun(row["workflow_id"], version.id, version.plan.first, "manual", row["module_id"], key,
                       user_id=office.admin)
                for key in keys
            ])  # fmt: skip
            from whereupon.runs.advance import advance_batch

            while (await advance_batch(db, definitions, careful=True)).runs:
                pass
            found = await left_behind(db, since)
            raise Undo
    except Undo:
        return found


async def left_behind(db: Connection, since: Any) -> dict[str, list[dict[str, Any]]]:
    """Records, runs, history and changes as they are now."""
    run, change = since
    return {
        "records": [dict(r) for r in await db.fetch("SELECT to_jsonb(i) - 'updated_at' AS row FROM data.items i ORDER BY id")],
        "runs": [dict(r) for r in await db.fetch(RUNS, run)],
        "steps": [dict(r) for r in await db.fetch(STEPS, run)],
        "changes": [dict(r) for r in await db.fetch(CHANGES, run, change)],
    }

"""Rule 30: a record that is erased leaves nothing behind, here: neither its history nor what waits for it.

Deleting keeps history; erasing is for a person who wants to be forgotten. What names the record elsewhere (a
mail that another record's run sent, a backup, a system that was told) cannot be found from here. The answer
of the function says what went, and the audit log that it went, by its key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.records.write import Writer, delete_record

OF_RECORDS = "module_id = $1 AND record_id = ANY($2::text[])"
RUNS_OF = f"SELECT id FROM whereupon.runs WHERE {OF_RECORDS}"
# First ended, so that a run that waits for one of them goes on.
END_RUNS = """
UPDATE whereupon.runs SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
  waiting = NULL, ended_at = clock_timestamp(),
  error = jsonb_build_object('code', 'erased', 'message', 'The record was erased.')
WHERE id = ANY($1::bigint[]) AND ended_at IS NULL
"""
# What is deleted by run: $1 ids. Children before what they belong to.
BY_RUN = {
    "messages": "DELETE FROM whereupon.messages WHERE run_id = ANY($1::bigint[])",
    "calls": "DELETE FROM whereupon.calls WHERE run_id = ANY($1::bigint[])",
    "signals": "DELETE FROM whereupon.signals WHERE run_id = ANY($1::bigint[])",
    "questions": "DELETE FROM whereupon.questions WHERE run_id = ANY($1::bigint[])",
    "notifications": "DELETE FROM whereupon.notifications WHERE run_id = ANY($1::bigint[])",
    "steps": "DELETE FROM whereupon.step_runs WHERE run_id = ANY($1::bigint[])",
    "runs": "DELETE FROM whereupon.runs WHERE id = ANY($1::bigint[])",
}
# What is deleted by record: $1 module, $2 keys.
BY_RECORD = {
    **{
        table: f"DELETE FROM whereupon.{table} WHERE {OF_RECORDS}"
        for table in (
            "documents", "tasks", "events", "activities", "notifications", "questions", "hook_deliveries",
            "strategy_changes", "strategy_records",
        )
    },
    "playbook_tracks": f"""
WITH gone AS (DELETE FROM whereupon.playbook_tracks WHERE {OF_RECORDS} RETURNING id),
said AS (DELETE FROM whereupon.playbook_events e USING gone g WHERE e.track_id = g.id)
DELETE FROM whereupon.playbook_steps s USING gone g WHERE s.track_id = g.id""",
    # The first answer to who created it, kept for a repetition.
    "answers": """
DELETE FROM whereupon.idempotency_keys i USING whereupon.modules m
WHERE m.id = $1 AND i.headers->>'location' = ANY(
  SELECT '/api/v1/records/' || m.key || '/' || key FROM unnest($2::text[]) AS key)""",
    "due_dates": """
DELETE FROM whereupon.due_dates d USING whereupon.workflows w
WHERE w.id = d.workflow_id AND w.module_id = $1 AND d.record_id = ANY($2::text[])""",
    "claims": """
DELETE FROM whereupon.claims c USING whereupon.workflows w
WHERE w.id = c.workflow_id AND w.module_id = $1 AND c.record_id = ANY($2::text[])""",
    "bulk_members": """
DELETE FROM whereupon.bulk_members m USING whereupon.bulk_runs b
WHERE b.id = m.bulk_id AND b.module_id = $1 AND m.record_id = ANY($2::text[])""",
    "changes": f"""
WITH gone AS (DELETE FROM whereupon.changes WHERE {OF_RECORDS} RETURNING id)
DELETE FROM whereupon.pending_changes p USING gone g WHERE p.change_id = g.id""",
}  # fmt: skip


async def erase_record(
    db: Connection, catalog: Catalog, module_key: str, record_id: str, rights: Rights
) -> dict[str, int]:
    """Delete a record, what goes with it, and all that is known of them. How many rows of each kind went.

    No workflow starts. Only an administrator may; call it inside a transaction. Raises NotFound, Refused,
    Conflict. The files of its documents leave the store within a week (records/sweeping).
    """
    rights.require_administrator()
    module = catalog.module(module_key)
    doomed = await family(db, catalog, module, record_id)
    await delete_record(db, catalog, module_key, record_id, Writer(rights, origin="api", match=False))
    gone: dict[str, int] = {}
    for one, keys in doomed.values():
        runs = [row["id"] for row in await db.fetch(RUNS_OF, one.id, keys)]
        await db.execute(END_RUNS, runs)
        for kind, statement in BY_RUN.items():
            add(gone, kind, await db.execute(statement, runs))
        for kind, statement in BY_RECORD.items():
            add(gone, kind, await db.execute(statement, one.id, keys))
        add(gone, "records", f"DELETE {len(keys)}")
    await audit.append(db, rights.user_id, "erase_record", f"record:{module.key}:{record_id}", **gone)
    return {kind: count for kind, count in gone.items() if count}


def add(gone: dict[str, int], kind: str, said: str) -> None:
    """Count what PostgreSQL said that it deleted: "DELETE 3"."""
    gone[kind] = gone.get(kind, 0) + int(said.rpartition(" ")[2])


async def family(
    db: Connection, catalog: Catalog, module: Module, record_id: str
) -> Mapping[int, tuple[Module, Sequence[str]]]:
    """The record and those that are deleted with it: module id → module, keys."""
    found: dict[int, tuple[Module, list[str]]] = {}
    todo: list[tuple[Module, list[str]]] = [(module, [record_id])]
    while todo:
        parent, keys = todo.pop()
        known = found.setdefault(parent.id, (parent, []))[1]
        new = [key for key in keys if key not in known]
        known += new
        for child, link in catalog.children(parent.key) if new else ():
            goes_along = link.options.get("on_delete") == "cascade" or child.parent_field == link.key
            if goes_along and link.column is not None:
                todo.append((child, await keys_of(db, child, link.column, parent, new)))
    return found


async def keys_of(
    db: Connection, child: Module, column: str, parent: Module, parents: Sequence[str]
) -> list[str]:
    """The children whose reference leads to one of these."""
    rows: list[Any] = await db.fetch(
        f"SELECT {child.key_sql('n')} AS key FROM {child.sql} n "
        f"WHERE n.{quote(column)} = ANY($1::text[]::{parent.key_type}[])",
        list(parents),
    )
    return [row["key"] for row in rows]

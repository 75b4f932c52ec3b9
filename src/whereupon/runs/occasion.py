"""One occasion, many records: runs for all that meet a workflow's filter, made by one statement.

The list is taken once (rule 23): the runs themselves are the list, so what the workflow changes cannot
make it skip or repeat a record, and a restart goes on where it was. 100,000 records take a few seconds.
"""

from __future__ import annotations

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Module, quote
from whereupon.people.rights import Rights
from whereupon.runs.actions import filter_sql
from whereupon.runs.definitions import Version

# A run for each record of `matching` (a query that gives `key`), in that order. `wanted` is what is left
# of them after the recurrence; rule 17's "skip" makes runs that are over from birth.
START = """
WITH matching AS MATERIALIZED ({matching}),
{wanted},
judged AS (
  SELECT w.key, w.nr, {busy} AS busy FROM wanted w),
made AS (
  INSERT INTO whereupon.runs (workflow_id, version_id, module_id, record_id, status, node, ready_at, shard,
                              started_by, serial, error, ended_at)
  SELECT $1, $2, $3, j.key,
    CASE WHEN j.busy THEN 'cancelled' WHEN $4::text IS NULL THEN 'succeeded' ELSE 'queued' END,
    CASE WHEN NOT j.busy THEN $4::text END,
    CASE WHEN NOT j.busy AND $4::text IS NOT NULL THEN clock_timestamp() END,
    whereupon.shard(j.key), $5, $6,
    CASE WHEN j.busy THEN jsonb_build_object('code', 'skipped',
      'message', 'Another run of this workflow was under way on this record.') END,
    CASE WHEN j.busy OR $4::text IS NULL THEN clock_timestamp() END
  FROM judged j ORDER BY j.nr
  RETURNING 1)
SELECT count(*) FROM made
"""
EVERY_TIME = "wanted AS (SELECT key, nr FROM matching)"
# Rule 9: claimed in the statement that creates the runs.
FIRST_TIME = """
claimed AS (
  INSERT INTO whereupon.claims (workflow_id, record_id) SELECT $1, key FROM matching
  ON CONFLICT DO NOTHING RETURNING record_id),
wanted AS (SELECT m.key, m.nr FROM matching m JOIN claimed c ON c.record_id = m.key)
"""
BUSY = """EXISTS (SELECT FROM whereupon.runs r WHERE r.module_id = $3 AND r.record_id = w.key
                  AND r.workflow_id = $1 AND r.ended_at IS NULL AND r.started_by <> 'for_each')"""
# Rule 17, "restart": the runs under way on these records end first.
END_OTHERS = """
UPDATE whereupon.runs r SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
  waiting = NULL, ended_at = clock_timestamp(),
  error = jsonb_build_object('code', 'restarted', 'message', 'A newer run took its place.')
WHERE r.workflow_id = $1 AND r.ended_at IS NULL AND r.module_id = $2 AND r.started_by <> 'for_each'
  AND r.record_id IN (SELECT key FROM ({matching}) m)
"""


async def start_on_all(db: Connection, version: Version, started_by: str) -> int:
    """Start a run on every record that meets the filter and that the publisher may read; how many.

    Raises Refused when the publisher may not read the module at all. Call it inside a transaction.
    """
    module, settings = version.module, version.plan.document.settings
    assert module is not None
    matching = matching_sql(version, module)
    if settings.concurrency == "restart":
        await db.execute(END_OTHERS.format(matching=matching), version.workflow_id, module.id)
    statement = START.format(
        matching=matching,
        wanted=FIRST_TIME if settings.recurrence == "first_time" else EVERY_TIME,
        busy=BUSY if settings.concurrency == "skip" else "false",
    )
    serial = settings.concurrency == "queue"
    made: int = await db.fetchval(
        statement, version.workflow_id, version.id, module.id, version.plan.first, started_by, serial
    )
    return made


def matching_sql(version: Version, module: Module) -> str:
    """SQL that gives `key` and `nr` of each record, in the order of the module's key."""
    order = ", ".join(f"n.{quote(column)}" for column in module.key_columns)
    conditions = f"({filter_sql(version)}) AND {readable_sql(version.rights, module)}"
    return (
        f"SELECT {module.key_sql('n')} AS key, row_number() OVER (ORDER BY {order}) AS nr "
        f"FROM {module.sql} n WHERE {conditions}"
    )


def readable_sql(rights: Rights | None, module: Module) -> str:
    """Which rows the publisher may read (rule 28). Without a publisher the runs are held, not narrowed."""
    if rights is None:
        return "true"
    rights.require("read", module.key)
    if not rights.own_only("read", module.key):
        return "true"
    owner = module.fields.get(module.owner_field or "")
    return (
        f"n.{quote(owner.column)} = {rights.user_id}"
        if owner and owner.column and rights.user_id
        else "false"
    )

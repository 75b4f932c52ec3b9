"""A chunk of a bulk run sets out and arrives: members are locked, placed, their runs written in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whereupon.conditions.values import quote_json
from whereupon.db.pool import Connection
from whereupon.modules.catalog import quote
from whereupon.runs.stretches.standing import COLUMNS, NOBODY, ON_ITS_OWN, OVER, STANDING
from whereupon.runs.stretches.stretch import Stretch
from whereupon.runs.travellers import RECORD_DELETED


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a chunk's members. Each has a run, told by runs.bulk_id and runs.bulk_nr.

    `processed`: all that are over, those skipped and failed included. `changed`: whose own record is not as
    it was. `edges`: how often the runs left a block by an exit, as {"from", "port", "count"}; None: unknown.
    """

    processed: int
    changed: int
    skipped: int
    failed: int
    edges: Sequence[Mapping[str, Any]] | None = None


# The records are locked in the order of their keys and stay so until the commit: what is judged is what is
# written. Who holds one meanwhile is not waited for; that member's run is left to the engine.
SET_OUT = """
WITH members AS MATERIALIZED (
  SELECT nr, record_id FROM whereupon.bulk_members WHERE bulk_id = $1 AND nr BETWEEN $2 AND $3),
locked AS MATERIALIZED (
  SELECT n.{key} AS key FROM {table} n WHERE n.{key} = ANY(ARRAY(SELECT record_id::{key_type} FROM members))
  ORDER BY n.{key} FOR NO KEY UPDATE SKIP LOCKED),
placed AS (
  SELECT m.nr, m.record_id, l.key IS NOT NULL AS ready,
    l.key IS NULL AND NOT EXISTS (SELECT FROM {table} n WHERE n.{key} = m.record_id::{key_type}) AS gone
  FROM members m LEFT JOIN locked l ON l.key = m.record_id::{key_type} ORDER BY m.nr)
INSERT INTO {standing} (place, {columns}, status, node)
SELECT CASE WHEN p.ready THEN 1 WHEN p.gone THEN {over} ELSE {on_its_own} END,
  nextval('whereupon.runs_id_seq'), p.record_id, p.nr, NULL, 0, '{{}}',
  CASE WHEN p.gone THEN {deleted} END, false,
  CASE WHEN p.gone THEN 'cancelled' WHEN NOT p.ready THEN 'queued' END,
  CASE WHEN NOT p.ready AND NOT p.gone THEN $4::text END
FROM placed p
"""


async def set_out(db: Connection, stretch: Stretch, bulk_id: int, first: int, last: int) -> None:
    """Let the members stand at the first block, each with the id that its run will have."""
    module = stretch.module
    sql = SET_OUT.format(
        table=module.sql, key=quote(module.key_column), key_type=module.key_type, standing=STANDING,
        columns=", ".join(COLUMNS), over=OVER, on_its_own=ON_ITS_OWN, deleted=quote_json(RECORD_DELETED),
    )  # fmt: skip
    await db.execute(NOBODY)
    await db.execute(sql, bulk_id, first, last, stretch.legs[0].node)


ARRIVE = """
WITH arrived AS MATERIALIZED (SELECT s.* FROM {standing} s WHERE s.place IN ({over}, {on_its_own})),
made AS (
  INSERT INTO whereupon.runs (id, workflow_id, version_id, module_id, record_id, status, node, ready_at,
    shard, started_by, user_id, serial, data, executions, error, started_at, ended_at, bulk_id, bulk_nr)
  SELECT s.run_id, b.workflow_id, $2, $3, s.record_id, s.status, s.node,
    CASE WHEN s.place = {on_its_own} THEN clock_timestamp() END, whereupon.shard(s.record_id), b.started_by,
    b.user_id, $4, s.data, s.seq, s.error, CASE WHEN s.place = {over} OR s.seq > 0 THEN now() END,
    CASE WHEN s.place = {over} THEN now() END, b.id, s.nr
  FROM arrived s, whereupon.bulk_runs b WHERE b.id = $1 ORDER BY s.run_id),
counted AS (
  SELECT count(*) FILTER (WHERE place = {over}) AS processed, count(*) FILTER (WHERE changed) AS changed,
    count(*) FILTER (WHERE status = 'cancelled') AS skipped,
    count(*) FILTER (WHERE status IN ('failed', 'partial')) AS failed,
    count(*) FILTER (WHERE place <> {over}) AS going_on
  FROM arrived),
ways AS (
  SELECT jsonb_build_object('from', left_node, 'port', left_by, 'count', count(*)) AS way
  FROM {standing} WHERE left_by IS NOT NULL GROUP BY left_node, left_by)
SELECT counted.*, (SELECT coalesce(jsonb_agg(way), '[]') FROM ways) AS edges,
  CASE WHEN changed > 0 THEN pg_notify('whereupon_changes', '') END AS told_matchers,
  CASE WHEN going_on > 0 THEN pg_notify('whereupon_runs', '') END AS told_engine
FROM counted
"""


async def arrive(db: Connection, stretch: Stretch, bulk_id: int) -> Tally:
    """Write the runs, with what became of them; tell the workers that there is something to do."""
    sql = ARRIVE.format(standing=STANDING, over=OVER, on_its_own=ON_ITS_OWN)
    version = stretch.version
    serial = version.plan.document.settings.concurrency == "queue"
    row = await db.fetchrow(sql, bulk_id, version.id, stretch.module.id, serial)
    assert row is not None
    return Tally(row["processed"], row["changed"], row["skipped"], row["failed"], row["edges"])

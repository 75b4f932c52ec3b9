"""Branches of a run: one for each item, set-based, and how they ended.

A branch is a run of the same version that begins inside the loop, with the item as its record. It is
unique by (run, node, iteration, number) (rule 24), keeps its parent's chain of causes and depth (rule 19),
and counts its own blocks (rule 18). When it ends, however it does, the database wakes the parent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from whereupon.db.pool import Connection
from whereupon.sdk.block import Batch, RunView
from whereupon.sdk.outcomes import Fail

# $1 runs, $2 their iterations, $3 the first node inside, $4 this node, $5 at most, $6 all at once.
# Gives how many items each run has; where there are too many, none was started.
START = """
WITH found AS MATERIALIZED (
  SELECT r.id AS run_id, f.key, row_number() OVER (PARTITION BY r.id ORDER BY f.place) AS nr,
    count(*) OVER (PARTITION BY r.id) AS total
  FROM {source}, LATERAL ({items}) f),
made AS (
  INSERT INTO whereupon.runs (workflow_id, version_id, module_id, record_id, status, node, ready_at, shard,
    started_by, user_id, parent_run_id, branch_node, branch_iteration, branch_number, awaited, depth, chain,
    data)
  SELECT p.workflow_id, p.version_id, {module}, f.key, 'queued', $3,
    CASE WHEN $6 OR f.nr = 1 THEN clock_timestamp() END, whereupon.shard(f.key),
    'for_each', p.user_id, p.id, $4, i.iteration, f.nr, true, p.depth,
    coalesce(p.chain, jsonb_build_array(jsonb_build_array(p.workflow_id, p.module_id, p.record_id,
      md5((coalesce(c.new, c.old) - '{{updated_at}}'::text[])::text)))),
    p.data || jsonb_build_object($4::text, jsonb_build_object('number', f.nr, 'total', f.total))
  FROM found f JOIN whereupon.runs p ON p.id = f.run_id
  JOIN unnest($1::bigint[], $2::integer[]) AS i(run_id, iteration) ON i.run_id = p.id
  LEFT JOIN whereupon.changes c ON c.id = p.change_id
  WHERE f.total <= $5 ORDER BY f.run_id, f.nr)
SELECT run_id, max(total) AS total FROM found GROUP BY run_id
"""
# Of (run $1, iteration $2) at node $3: how its branches stand.
TALLY = """
SELECT b.parent_run_id AS run_id, count(*) AS total, count(*) FILTER (WHERE b.ended_at IS NULL) AS open,
  count(*) FILTER (WHERE b.status = 'succeeded') AS succeeded,
  count(*) FILTER (WHERE b.status IN ('failed', 'partial')) AS failed,
  count(*) FILTER (WHERE b.status = 'cancelled') AS cancelled
FROM unnest($1::bigint[], $2::integer[]) AS i(run_id, iteration)
JOIN whereupon.runs b
  ON b.parent_run_id = i.run_id AND b.branch_node = $3 AND b.branch_iteration = i.iteration
GROUP BY 1
"""
FIRST_FLAW = """
SELECT DISTINCT ON (b.parent_run_id) b.parent_run_id AS run_id, b.record_id, b.status, b.error
FROM unnest($1::bigint[], $2::integer[]) AS i(run_id, iteration)
JOIN whereupon.runs b
  ON b.parent_run_id = i.run_id AND b.branch_node = $3 AND b.branch_iteration = i.iteration
WHERE b.status IN ('failed', 'partial', 'cancelled')
ORDER BY b.parent_run_id, b.status = 'cancelled', b.branch_number
"""
# In turn: how the branch number $4 of each run stands, and letting it go.
STANDING = """
SELECT i.run_id, b.status, b.ended_at IS NOT NULL AS over
FROM unnest($1::bigint[], $2::integer[], $4::integer[]) AS i(run_id, iteration, number)
JOIN whereupon.runs b ON b.parent_run_id = i.run_id AND b.branch_node = $3
  AND b.branch_iteration = i.iteration AND b.branch_number = i.number
"""
LET_GO = """
UPDATE whereupon.runs b SET ready_at = clock_timestamp()
FROM unnest($1::bigint[], $2::integer[], $4::integer[]) AS i(run_id, iteration, number)
WHERE b.parent_run_id = i.run_id AND b.branch_node = $3 AND b.branch_iteration = i.iteration
  AND b.branch_number = i.number AND b.status = 'queued' AND b.ready_at IS NULL
"""
# What somebody is advancing just now comes back here when it is over.
CALL_OFF = """
UPDATE whereupon.runs SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
  waiting = NULL, ended_at = clock_timestamp(),
  error = jsonb_build_object('code', 'called_off', 'message', 'Another item failed before.')
WHERE id IN (
  SELECT b.id FROM unnest($1::bigint[], $2::integer[]) AS i(run_id, iteration)
  JOIN whereupon.runs b ON b.parent_run_id = i.run_id AND b.branch_node = $3
    AND b.branch_iteration = i.iteration
  WHERE b.ended_at IS NULL ORDER BY b.id FOR UPDATE OF b SKIP LOCKED)
"""


class Tally(NamedTuple):
    """How the branches of a run stand. `flaw`: what the first one says that did not succeed."""

    total: int
    open: int
    succeeded: int
    failed: int
    cancelled: int
    flaw: Fail | None = None


NONE = Tally(0, 0, 0, 0, 0)


async def start_branches(
    batch: Batch, items: str, module_id: int, *, first: str, most: int, together: bool
) -> dict[int, int]:
    """A branch for every item of every run; how many items each has. Over `most`: none is started.

    `items`: SQL that gives `key` and `place` of each, beside the run's record.
    """
    sql = START.format(source=batch.place.source, items=items, module=int(module_id))
    iterations = [run.iteration for run in batch.runs]
    rows = await batch.db.fetch(sql, batch.ids, iterations, first, batch.place.node, most, together)
    return {row["run_id"]: row["total"] for row in rows}


async def tally(batch: Batch, runs: Sequence[RunView]) -> dict[int, Tally]:
    """How the branches of these runs stand."""
    asked = [run.id for run in runs], [run.iteration for run in runs], batch.place.node
    found = {row["run_id"]: Tally(*list(row)[1:]) for row in await batch.db.fetch(TALLY, *asked)}
    if any(one.failed or one.cancelled for one in found.values()):
        for row in await batch.db.fetch(FIRST_FLAW, *asked):
            one = found[row["run_id"]]
            found[row["run_id"]] = one._replace(flaw=_flaw(one, row))
    return {run.id: found.get(run.id, NONE) for run in runs}


def _flaw(one: Tally, row: Mapping[str, Any]) -> Fail:
    error: Mapping[str, Any] = row["error"] or {}
    count = one.failed + one.cancelled
    verb = "was cancelled" if row["status"] == "cancelled" else "failed"
    told = str(error.get("message", "")).rstrip(".")
    because = f": {told}." if told else "."
    message = f"{count:,} of {one.total:,} items did not succeed. Record {row['record_id']} {verb}{because}"
    return Fail(message, "items_failed", "Look at those items, and run them again.")


async def standing(
    db: Connection, node: str, at: Mapping[int, tuple[int, int]]
) -> dict[int, tuple[str, bool]]:
    """Of each run's (iteration, branch): its status, and whether it is over."""
    rows = await db.fetch(STANDING, *_columns(node, at))
    return {row["run_id"]: (row["status"], row["over"]) for row in rows}


async def let_go(db: Connection, node: str, at: Mapping[int, tuple[int, int]]) -> None:
    """Let each run's (iteration, branch) begin."""
    if at:
        await db.execute(LET_GO, *_columns(node, at))


async def call_off(db: Connection, node: str, runs: Sequence[RunView]) -> None:
    """End the branches of these runs that are not over."""
    if runs:
        await db.execute(CALL_OFF, [run.id for run in runs], [run.iteration for run in runs], node)


def _columns(node: str, at: Mapping[int, tuple[int, int]]) -> tuple[Any, ...]:
    return list(at), [one for one, _ in at.values()], node, [number for _, number in at.values()]

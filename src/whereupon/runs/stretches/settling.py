"""After a block, in SQL: write the rows of history, and say where each member goes next (as runs/settle.py).

The SQL is the second half of a statement whose first half gives `outcomes`: the columns of a member, `port`
and `output` of those that are done, `failure` of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.conditions.values import literal, quote_json, quote_text
from whereupon.runs.stretches.standing import COLUMNS, ON_ITS_OWN, OVER, STANDING
from whereupon.runs.travellers import MAX_DATA_BYTES, TOO_MUCH
from whereupon.workflows.plan import ERROR_PORT, Step

CARRIED = ", ".join("l.error" if name == "error" else f"o.{name}" for name in COLUMNS)
# `way`: the exit by which a member leaves, null when it stops as failed. `left_by`: the same where the block
# was done; a failure that is passed over is not counted as a way that was taken. `lost`: it comes to its end,
# and nothing went well.
SETTLE = """
told AS (
  INSERT INTO whereupon.step_runs (run_id, seq, node, block, status, port, input, output, error, records,
                                   started_at, ended_at)
  SELECT o.run_id, o.seq + 1, {node}, {block}, CASE WHEN o.failure IS NULL THEN 'succeeded' ELSE {failed} END,
    CASE WHEN o.failure IS NULL THEN o.port END, {given}, CASE WHEN o.failure IS NULL THEN o.output END,
    o.failure, CASE WHEN o.failure IS NULL THEN 1 ELSE 0 END, now(), now()
  FROM outcomes o),
ways AS (
  SELECT o.run_id, o.record_id, o.nr, o.change_id, o.seq + 1 AS seq, d.data,
    CASE WHEN d.too_much THEN {stopped} ELSE {error} END AS error, o.changed, o.failure,
    CASE WHEN d.too_much THEN NULL WHEN o.failure IS NULL THEN o.port ELSE {way_of_failure} END AS way,
    CASE WHEN o.failure IS NULL THEN o.port END AS left_by
  FROM outcomes o CROSS JOIN LATERAL ({data}) d),
moved AS (
  INSERT INTO {standing} (place, {columns}, left_node, left_by, status, node)
  SELECT p.place, {carried}, {node}, o.left_by,
    CASE WHEN o.way IS NULL THEN 'failed' WHEN p.place = {on_its_own} THEN 'queued'
         WHEN o.error IS NULL THEN 'succeeded' WHEN e.lost THEN 'failed' ELSE 'partial' END,
    CASE WHEN o.way IS NULL THEN {node} WHEN e.lost THEN l.error->>'node' {target} END
  FROM ways o CROSS JOIN LATERAL (SELECT {place} AS place) p
  CROSS JOIN LATERAL (SELECT p.place = {over} AND (o.error->>'failed_blocks')::integer >= o.seq AS lost) e
  CROSS JOIN LATERAL (SELECT CASE WHEN e.lost AND o.seq > 1 AND o.way IS NOT NULL THEN {all_failed}
    ELSE o.error END AS error) l)
"""
ALL_FAILED = """o.error || jsonb_build_object('code', 'all_failed', 'node', o.error->'first_node',
      'message', 'All ' || o.seq || ' blocks failed. The last one: ' || (o.error->>'message'))"""


def settle_sql(step: Step, places: Mapping[str, int]) -> str:
    """The CTEs; `places`: of the nodes that belong to the stretch, the others go on as runs of their own."""
    key = quote_text(step.node.key)
    policy = step.node.on_error.policy
    goes_on = policy in ("continue", "exit")
    return SETTLE.format(
        standing=STANDING, columns=", ".join(COLUMNS), carried=CARRIED, on_its_own=ON_ITS_OWN,
        over=OVER, all_failed=ALL_FAILED,
        node=key, block=quote_text(step.block.key), failed="'continued'" if goes_on else "'failed'",
        given=_given(step), data=_data(step, goes_on), stopped=_stopped(step), error=_error(step, policy),
        way_of_failure=_way_of_failure(step, policy), place=_place(step, places),
        target=_target(step, places),
    )  # fmt: skip


def _given(step: Step) -> str:
    return "coalesce(o.given, '{}')"


def _data(step: Step, goes_on: bool) -> str:
    """SELECT of what the run carries now, with what later blocks may read of this one, and whether it is too
    much. The size in memory is told at once; only where that is large it is written down to be measured."""
    if not step.kept:
        return "SELECT o.data, false AS too_much"
    key = quote_text(step.node.key)
    failed = f"jsonb_build_object({key}, jsonb_build_object('error', o.failure))" if goes_on else "'{}'"
    data = f"o.data || CASE WHEN o.failure IS NULL THEN jsonb_build_object({key}, o.output) ELSE {failed} END"
    measured = f"octet_length(x.data::text) > {MAX_DATA_BYTES}"
    return (
        f"SELECT x.data, o.failure IS NULL AND pg_column_size(x.data) > {MAX_DATA_BYTES // 3} AND {measured} "
        f"AS too_much FROM (SELECT {data} AS data OFFSET 0) x"
    )


def _stopped(step: Step) -> str:
    return quote_json({"code": "too_much_data", "message": TOO_MUCH, "node": step.node.key})


def _error(step: Step, policy: str) -> str:
    """What was wrong, with the node; where it left by the error exit, it has been dealt with."""
    if policy == "exit":
        return "o.error"
    key = quote_text(step.node.key)
    at = f"jsonb_build_object('node', {key})"
    if policy == "continue":
        at += (
            " || jsonb_build_object('failed_blocks', coalesce((o.error->>'failed_blocks')::integer, 0) + 1,"
            f" 'first_node', coalesce(o.error->>'first_node', {key}))"
        )
    return f"CASE WHEN o.failure IS NULL THEN o.error ELSE o.failure || {at} END"


def _way_of_failure(step: Step, policy: str) -> str:
    match policy:
        case "exit":
            return literal(ERROR_PORT)
        case "continue":
            return literal(step.block.goes_on_by or next(iter(step.ports()), "end"))
        case _:
            return "NULL"


def _place(step: Step, places: Mapping[str, int]) -> str:
    """The place that each exit leads to."""
    return _by_exit({port: str(places.get(target, ON_ITS_OWN)) for port, target in step.exits.items()}, OVER)


def _target(step: Step, places: Mapping[str, int]) -> str:
    """For those that go on by themselves: the node at which they do."""
    outside = {port: target for port, target in step.exits.items() if target not in places}
    return " ".join(f"WHEN o.way = {literal(port)} THEN {literal(to)}" for port, to in outside.items())


def _by_exit(values: Mapping[str, str], otherwise: Any) -> str:
    cases = " ".join(f"WHEN {literal(port)} THEN {value}" for port, value in values.items())
    return f"CASE o.way {cases} ELSE {otherwise} END" if cases else str(otherwise)

"""Writing down an advance: how far each run came, and its history. In the transaction of everything else.

Most runs of a batch have most columns in common, so these go over once and only what differs goes
over for each: encoding values is the largest part of what the worker itself does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from whereupon.runs.travellers import StepRun, Traveller

# Runs that simply succeeded.
FINISH_RUNS = """
UPDATE whereupon.runs r
SET status = 'succeeded', node = NULL, ready_at = NULL, waiting = NULL, wakes_on_change = false, attempts = 0,
    executions = v.executions, started_at = coalesce(r.started_at, $3), ended_at = $3
FROM unnest($1::bigint[], $2::integer[]) AS v(id, executions)
WHERE r.id = v.id
"""
# What has become of all the others.
WRITE_RUNS = """
UPDATE whereupon.runs r
SET status = v.status, node = v.node, ready_at = v.ready_at, data = v.data, waiting = v.waiting,
    wakes_on_change = v.wakes_on_change, executions = v.executions, attempts = v.attempts, error = v.error,
    started_at = coalesce(r.started_at, $12), ended_at = v.ended_at
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::jsonb[], $7::boolean[],
            $8::integer[], $9::smallint[], $10::jsonb[], $11::timestamptz[])
  AS v(id, status, node, ready_at, data, waiting, wakes_on_change, executions, attempts, error, ended_at)
WHERE r.id = v.id
"""
# History rows of one kind: the same block, the same way out, at the same time.
INSERT_STEPS = """
INSERT INTO whereupon.step_runs (run_id, seq, input, output, error, records, node, block, status, port,
  started_at, ended_at)
SELECT v.run_id, v.seq, {input}, {output}, {error}, {records}, $7, $8, $9, $10, $11, $12
FROM unnest($1::bigint[], $2::integer[]{arrays}) AS v(run_id, seq{names})
"""
PAYLOAD = (("input", "jsonb"), ("output", "jsonb"), ("error", "jsonb"), ("records", "integer"))


async def write_back(db: asyncpg.Connection[Any], travellers: Sequence[Traveller], now: datetime) -> None:
    """Write progress and history of all runs of the advance."""
    await _write_steps(db, travellers)
    done = [t for t in travellers if t.simply_succeeded]
    others = [t for t in travellers if not t.simply_succeeded]
    # These first: one may wait for a run that is done, whose end then wakes it.
    if others:
        await db.execute(
            WRITE_RUNS,
            [t.id for t in others], [t.status for t in others], [t.node for t in others],
            [t.ready_at for t in others], [t.data for t in others], [t.waiting for t in others],
            [t.wakes_on_change for t in others], [t.executions for t in others], [t.attempts for t in others],
            [t.error for t in others], [t.ended_at for t in others], now,
        )  # fmt: skip
    if done:
        await db.execute(FINISH_RUNS, [t.id for t in done], [t.executions for t in done], now)


async def _write_steps(db: asyncpg.Connection[Any], travellers: Sequence[Traveller]) -> None:
    kinds: dict[tuple[Any, ...], list[tuple[int, StepRun]]] = {}
    for traveller in travellers:
        for step in traveller.steps:
            kind = (step.node, step.block, step.status, step.port, step.started_at, step.ended_at)
            kinds.setdefault(kind, []).append((traveller.id, step))
    for kind, rows in kinds.items():
        await _insert_steps(db, kind, rows)


async def _insert_steps(
    db: asyncpg.Connection[Any], kind: tuple[Any, ...], rows: Sequence[tuple[int, StepRun]]
) -> None:
    """Insert rows of one kind; a column in which all agree goes over once."""
    parts: dict[str, str] = {}
    arrays, names, values = "", "", list[Any]()
    for number, (name, sql_type) in enumerate(PAYLOAD, 3):
        column = [getattr(step, name) for _, step in rows]
        agreed = all(value == column[0] for value in column[1:])
        values.append(column[0] if agreed else column)
        parts[name] = f"${number}::{sql_type}" if agreed else f"v.{name}"
        if not agreed:
            arrays += f", ${number}::{sql_type}[]"
            names += f", {name}"
    sql = INSERT_STEPS.format(arrays=arrays, names=names, **parts)
    await db.execute(sql, [run for run, _ in rows], [step.seq for _, step in rows], *values, *kind)

"""A run on its way through one advance: what it brought, what happened to it, what is to be written."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg
import orjson

from whereupon.sdk.block import RunView

# The due runs of the locked lanes ($1), oldest first, each lane from its mark on ($4, $5); a serial run waits
# for the earlier one on its record. That it is due is asked of the locked row again: it may have been
# cancelled since it was found. (An expression, so that no index tempts the planner.)
TAKE_RUNS = """
SELECT r.id, r.workflow_id, r.version_id, r.module_id, r.record_id, r.node, r.change_id, r.data, r.waiting,
       r.executions, r.attempts, r.error, r.wakes_on_change, w.state AS workflow_state,
       r.shard AS lane, r.ready_at AS due_at
FROM unnest($1::smallint[], $4::timestamptz[], $5::bigint[]) AS lane(nr, since, after),
     LATERAL (SELECT id FROM whereupon.runs q
              WHERE q.shard = lane.nr AND q.ready_at <= statement_timestamp()
                AND (q.ready_at, q.id) > (lane.since, lane.after)
                AND q.workflow_id <> ALL($3::bigint[])
                AND NOT (q.serial AND EXISTS (
                  SELECT 1 FROM whereupon.runs e
                  WHERE e.module_id = q.module_id AND e.record_id = q.record_id
                    AND e.workflow_id = q.workflow_id
                    AND e.id < q.id AND e.ended_at IS NULL AND e.started_by <> 'for_each'))
              ORDER BY q.ready_at, q.id LIMIT $2) due
JOIN whereupon.runs r ON r.id = due.id
JOIN whereupon.workflows w ON w.id = r.workflow_id
WHERE coalesce(r.ready_at, 'infinity') <= statement_timestamp()
ORDER BY r.id
FOR UPDATE OF r SKIP LOCKED
"""
# The same of some runs that this transaction has made itself, whenever they would be due.
TAKE_THESE = """
SELECT r.id, r.workflow_id, r.version_id, r.module_id, r.record_id, r.node, r.change_id, r.data, r.waiting,
       r.executions, r.attempts, r.error, r.wakes_on_change, w.state AS workflow_state
FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id
WHERE r.id = ANY($1::bigint[]) AND r.ended_at IS NULL AND r.status <> 'held' ORDER BY r.id
"""
RECORD_DELETED = {"code": "record_deleted", "message": "The record was deleted."}
BROUGHT_COLUMNS = 14  # of both statements; Traveller begins with the same
MAX_EXECUTIONS = 10_000
MAX_DATA_BYTES = 10_000_000
TOO_MUCH = f"The run carries more than {MAX_DATA_BYTES // 1_000_000} MB of outputs."


class StepRun(NamedTuple):
    """One row of a run's history: which block, how it ended, what went in and what came out."""

    seq: int
    node: str
    block: str
    status: str
    port: str | None
    input: Mapping[str, Any]
    output: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    records: int
    started_at: datetime
    ended_at: datetime


@dataclass(slots=True)
class Traveller:
    """A run being advanced. Mutable for the length of one transaction, and nowhere else."""

    id: int
    workflow_id: int
    version_id: int
    module_id: int | None
    record_id: str | None
    node: str | None
    change_id: int | None
    data: dict[str, Any]
    waiting: dict[str, Any] | None
    executions: int
    attempts: int
    error: dict[str, Any] | None
    wakes_on_change: bool
    workflow_state: str
    status: str = "running"
    ready_at: datetime | None = None
    ended_at: datetime | None = None
    steps: list[StepRun] = field(default_factory=list[StepRun])
    arrived_with: dict[str, Any] | None = None  # the data as it was read, to see whether it changed

    @property
    def simply_succeeded(self) -> bool:
        """Whether nothing is to be written but that it is over."""
        return self.status == "succeeded" and self.error is None and self.data is self.arrived_with

    def view(self) -> RunView:
        """What the block may see."""
        memo = self.waiting.get("memo") if self.waiting else None
        return RunView(
            self.id, self.workflow_id, self.record_id, self.change_id, self.data, self.executions, memo
        )

    @property
    def waking(self) -> bool:
        """Whether it comes back to a block that let it wait (and not for another try)."""
        return self.waiting is not None and not self.waiting.get("retry")

    def end(self, status: str, now: datetime, error: dict[str, Any] | None = None) -> None:
        """Nothing more will happen to it. Where a failed one stood is kept: a rerun may begin there."""
        self.node = self.node if status == "failed" else None
        self.status, self.ready_at, self.ended_at = status, None, now
        self.waiting, self.wakes_on_change = None, False
        self.error = error or self.error

    def hold(self, error: dict[str, Any]) -> None:
        """It stays where it is until a person does something."""
        self.status, self.ready_at, self.error = "held", None, error

    def wait(self, until: datetime | None, on_change: bool, waiting: dict[str, Any]) -> None:
        """It stays at its node until a time, a change of its record, or an outcome."""
        self.status, self.ready_at, self.wakes_on_change, self.waiting = "waiting", until, on_change, waiting

    def carry(self, node: str, output: dict[str, Any]) -> str | None:
        """Keep a node's output for later blocks; a sentence when the run would carry too much."""
        self.data = {**self.data, node: output}
        if len(orjson.dumps(self.data, default=str)) > MAX_DATA_BYTES:
            return TOO_MUCH
        return None


class Mark(NamedTuple):
    """How far a crowded lane was taken: what is due before it is looked for again when the mark is old."""

    since: datetime
    after: int
    set_at: float  # on the process's clock


# Where a million runs are due at once, those that are done stay in the index until it is cleaned: looking for
# the next ones from the beginning would pass all of them, every time.
Marks = dict[int, Mark]
MARK_SECONDS = 1.0
BEGINNING = Mark(datetime(1, 1, 1, tzinfo=UTC), 0, 0.0)


async def take_runs(
    db: asyncpg.Connection[Any], lanes: Sequence[int], limit: int, paused: Sequence[int], marks: Marks
) -> list[Traveller]:
    """The due runs of these lanes, locked, in the order of starting; the marks are moved."""
    now, most = time.monotonic(), max(1, limit // len(lanes))
    known = [marks.get(lane, BEGINNING) for lane in lanes]
    begin = [mark if now - mark.set_at < MARK_SECONDS else BEGINNING for mark in known]
    rows = await db.fetch(TAKE_RUNS, lanes, most, paused, [m.since for m in begin], [m.after for m in begin])
    last: dict[int, list[tuple[datetime, int]]] = {}
    for row in rows:
        last.setdefault(row["lane"], []).append((row["due_at"], row["id"]))
    for lane, mark in zip(lanes, begin, strict=True):
        taken = last.get(lane, ())
        if len(taken) < most:
            marks.pop(lane, None)
        else:
            marks[lane] = Mark(*max(taken), now if mark is BEGINNING else mark.set_at)
    return [Traveller(*tuple(row.values())[:BROUGHT_COLUMNS], arrived_with=row["data"]) for row in rows]


async def take_these(db: asyncpg.Connection[Any], ids: Sequence[int]) -> list[Traveller]:
    """Those of the runs that are under way, due or not."""
    return [Traveller(**dict(row), arrived_with=row["data"]) for row in await db.fetch(TAKE_THESE, list(ids))]

"""Creating runs: many at once, by COPY, with what the workflow wants of runs on the same record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import asyncpg


@dataclass(slots=True)
class NewRun:
    """A run about to be. With `error` it is over from birth; with no `node` it has nothing to do."""

    workflow_id: int
    version_id: int
    node: str | None
    started_by: str
    module_id: int | None = None
    record_id: str | None = None
    change_id: int | None = None
    user_id: int | None = None
    depth: int = 1
    chain: list[Any] | None = None
    error: dict[str, Any] | None = None
    concurrency: str = "parallel"
    parent_run_id: int | None = None
    rerun_of: int | None = None
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    branch_node: str | None = None  # the block whose branch it is
    branch_iteration: int | None = None
    branch_number: int | None = None
    awaited: bool | None = None  # its parent waits for it to end
    shard: int | None = None  # the record's lane, where it is known already

    @property
    def key(self) -> tuple[int, int | None, str | None]:
        """What concurrency is about: the workflow on the record."""
        return (self.workflow_id, self.module_id, self.record_id)

    @property
    def is_plain(self) -> bool:
        """Started by a change of a person or a program, with nothing special about it."""
        return (
            self.status == "queued" and self.shard is not None and self.parent_run_id is None
            and self.rerun_of is None and self.user_id is None and self.chain is None and not self.data
        )  # fmt: skip

    @property
    def status(self) -> str:
        """What it is born as."""
        if self.error is not None:
            return "cancelled" if self.error["code"] == SKIPPED["code"] else "failed"
        return "succeeded" if self.node is None else "queued"


SKIPPED = {"code": "skipped", "message": "Another run of this workflow was under way on this record."}


def cannot_ask(why: str) -> dict[str, Any]:
    """What a run says that began only to tell that it could not begin."""
    return {
        "code": "cannot_ask",
        "message": f"The database could not say whether its conditions hold: {why}.",
        "suggestion": "Look whether the module's fields still fit its table, then run it again.",
    }


COLUMNS = (
    "workflow_id", "version_id", "module_id", "record_id", "status", "node", "ready_at", "shard",
    "started_by", "user_id", "change_id", "parent_run_id", "rerun_of", "depth", "chain", "data", "serial",
    "error", "ended_at", "branch_node", "branch_iteration", "branch_number", "awaited",
)  # fmt: skip
# The lane of each record, as the database computes it.
SHARDS = "SELECT whereupon.shard(k) AS shard FROM unnest($1::text[]) WITH ORDINALITY AS u(k, i) ORDER BY i"
# Rule 17: which of these (workflow, record) have a run under way.
UNDER_WAY = """
SELECT r.id, r.workflow_id, r.module_id, r.record_id FROM whereupon.runs r
JOIN (SELECT DISTINCT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS u(w, m, k)) u
  ON r.module_id = u.m AND r.record_id = u.k AND r.workflow_id = u.w
WHERE r.ended_at IS NULL AND r.started_by <> 'for_each'
"""
# Who starts at the same time takes turns, lane by lane, or neither would see the other.
TURN = 0x5748_5354
TAKE_TURNS = f"""
SELECT pg_advisory_xact_lock({TURN}, lane)
FROM (SELECT DISTINCT whereupon.shard(k) AS lane FROM unnest($1::text[]) k ORDER BY 1) l
"""
CANCEL = """
UPDATE whereupon.runs SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
  waiting = NULL, ended_at = clock_timestamp(),
  error = jsonb_build_object('code', 'restarted', 'message', 'A newer run took its place.')
WHERE id = ANY($1::bigint[]) AND ended_at IS NULL
"""


async def insert_runs(db: asyncpg.Connection[Any], runs: Sequence[NewRun]) -> Sequence[NewRun]:
    """Insert them in order, so that ids follow the order of starting (rule 5); they are given as born."""
    if not runs:
        return runs
    runs = await _settle_concurrency(db, runs)
    if all(run.is_plain for run in runs):
        await _insert_plain(db, runs)
        return runs
    now: datetime = await db.fetchval("SELECT clock_timestamp()")
    lanes = await _lanes(db, runs)
    records = [_row(run, lane, now) for run, lane in zip(runs, lanes, strict=True)]
    await db.copy_records_to_table("runs", schema_name="whereupon", columns=COLUMNS, records=records)
    return runs


# Plain runs: what their workflows have in common goes over once ($1-$6), then which workflow, record,
# lane and change each run has ($7-$10).
INSERT_PLAIN = """
WITH w AS (
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::boolean[])
  WITH ORDINALITY AS w(workflow_id, version_id, module_id, node, started_by, serial, nr))
INSERT INTO whereupon.runs (workflow_id, version_id, module_id, node, started_by, serial, status, ready_at,
                            record_id, shard, change_id)
SELECT w.workflow_id, w.version_id, w.module_id, w.node, w.started_by, w.serial, 'queued', clock_timestamp(),
       r.record_id, r.shard, r.change_id
FROM unnest($7::integer[], $8::text[], $9::smallint[], $10::bigint[])
  WITH ORDINALITY AS r(nr, record_id, shard, change_id, place) JOIN w ON w.nr = r.nr
ORDER BY r.place
"""


async def _insert_plain(db: asyncpg.Connection[Any], runs: Sequence[NewRun]) -> None:
    """The common case, with few values to send for each run."""
    kinds: dict[tuple[Any, ...], int] = {}
    for run in runs:
        queued = run.concurrency == "queue"
        kind = (run.workflow_id, run.version_id, run.module_id, run.node, run.started_by, queued)
        kinds.setdefault(kind, len(kinds) + 1)
    numbers = [
        kinds[r.workflow_id, r.version_id, r.module_id, r.node, r.started_by, r.concurrency == "queue"]
        for r in runs
    ]
    columns = [list(column) for column in zip(*kinds, strict=True)]
    each = [run.record_id for run in runs], [run.shard for run in runs], [run.change_id for run in runs]
    await db.execute(INSERT_PLAIN, *columns, numbers, *each)


async def _lanes(db: asyncpg.Connection[Any], runs: Sequence[NewRun]) -> list[int]:
    """The lane of each run's record; a run without a record goes by its workflow."""
    known = [run.shard for run in runs if run.shard is not None]
    if len(known) == len(runs):
        return known
    keys = [run.record_id or f"workflow {run.workflow_id}" for run in runs]
    return [row["shard"] for row in await db.fetch(SHARDS, keys)]


INSERT_ONE = f"""
INSERT INTO whereupon.runs (id, {", ".join(COLUMNS)})
VALUES ($1, {", ".join(f"${i}" for i in range(2, len(COLUMNS) + 2))})
"""


async def reserve_run(db: asyncpg.Connection[Any]) -> int:
    """The id of a run that is about to be, for what is written in its name before it is there."""
    return await db.fetchval("SELECT nextval(pg_get_serial_sequence('whereupon.runs', 'id'))")


async def insert_reserved(db: asyncpg.Connection[Any], run_id: int, run: NewRun) -> NewRun:
    """Insert a run under a reserved id; the run as it was born."""
    (born,) = await _settle_concurrency(db, [run])
    (lane,) = await _lanes(db, [born])
    now: datetime = await db.fetchval("SELECT clock_timestamp()")
    await db.execute(INSERT_ONE, run_id, *_row(born, lane, now))
    return born


def _row(run: NewRun, shard: int, now: datetime) -> tuple[Any, ...]:
    over = run.status != "queued"
    return (
        run.workflow_id, run.version_id, run.module_id, run.record_id, run.status, None if over else run.node,
        None if over else now, shard, run.started_by, run.user_id, run.change_id, run.parent_run_id,
        run.rerun_of,
        run.depth, run.chain, run.data, run.concurrency == "queue", run.error, now if over else None,
        run.branch_node, run.branch_iteration, run.branch_number, run.awaited,
    )  # fmt: skip


async def _settle_concurrency(db: asyncpg.Connection[Any], runs: Sequence[NewRun]) -> list[NewRun]:
    """Rule 17: "skip" does not start beside another, "restart" ends the others first."""
    picky = [run for run in runs if run.concurrency in ("skip", "restart") and run.record_id is not None]
    if not picky:
        return list(runs)
    columns = [r.workflow_id for r in picky], [r.module_id for r in picky], [r.record_id for r in picky]
    await db.execute(TAKE_TURNS, columns[2])
    rows = await db.fetch(UNDER_WAY, *columns)
    busy = {(row["workflow_id"], row["module_id"], row["record_id"]) for row in rows}
    restarting = {run.key for run in picky if run.concurrency == "restart"}
    ousted = [r["id"] for r in rows if (r["workflow_id"], r["module_id"], r["record_id"]) in restarting]
    if ousted:
        await db.execute(CANCEL, ousted)
    latest = {run.key: index for index, run in enumerate(runs)}
    kept: list[NewRun] = []
    for index, run in enumerate(runs):
        skips = run.concurrency == "skip" and run.key in busy
        superseded = run.concurrency == "restart" and latest[run.key] != index
        kept.append(replace(run, error=SKIPPED) if run.error is None and (skips or superseded) else run)
        busy |= {run.key} if run.concurrency == "skip" else set()
    return kept

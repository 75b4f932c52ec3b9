"""From changes to runs: which workflows does each change start?

One statement per module and operation holds the conditions of all active workflows (rule 8), so a
batch of changes is matched in a handful of round trips however many workflows there are. Changes
are taken from the queue, and runs created, in one transaction under a lock per lane of records:
each change is matched once, and the changes of one record in commit order (rule 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import structlog

from whereupon.db.pool import GONE, TRANSIENT
from whereupon.runs.definitions import Active, Definitions, load_definitions
from whereupon.runs.due_dates import dated, follow_dates
from whereupon.runs.lanes import MATCH, lock_lanes
from whereupon.runs.loops import Ancestry, judge_chain, load_ancestry
from whereupon.runs.match_sql import Statement, listens, match_sql, statements
from whereupon.runs.start import NewRun, cannot_ask, insert_runs

log = structlog.get_logger()
BATCH = 2_000

# Take the oldest changes of the locked lanes off the queue. By row address and by key list: the plan
# must stay the same however stale the statistics of a table are that fills and empties all day.
TAKE_CHANGES = """
WITH taken AS (
  DELETE FROM whereupon.pending_changes WHERE ctid = ANY(ARRAY(
    SELECT t.ctid FROM unnest($1::smallint[]) lane,
      LATERAL (SELECT q.ctid FROM whereupon.pending_changes q
               WHERE q.shard = lane ORDER BY q.change_id LIMIT $2) t))
  RETURNING change_id)
SELECT array(SELECT change_id FROM taken) AS ids, (SELECT number FROM whereupon.revision) AS revision,
  (SELECT module_id FROM whereupon.runs WHERE wakes_on_change ORDER BY module_id LIMIT 1) AS waited_for
"""
# Those of them that may concern anybody (null: all may).
READ_CHANGES = """
SELECT c.id, c.module_id, c.record_id, c.op, c.run_id, c.at, whereupon.shard(c.record_id) AS shard
FROM whereupon.changes c
WHERE c.id = ANY($1::bigint[]) AND ($2::bigint[] IS NULL OR c.module_id = ANY($2::bigint[])) ORDER BY c.id
"""
# A change of a record wakes the runs that wait for a condition on it.
WAKE_WAITING = """
UPDATE whereupon.runs r SET ready_at = clock_timestamp()
FROM unnest($1::bigint[], $2::text[]) AS c(module_id, record_id)
WHERE r.wakes_on_change AND r.module_id = c.module_id AND r.record_id = c.record_id
"""


class Change(NamedTuple):
    """What the matcher needs of a change; the rows stay in the database."""

    id: int
    module_id: int
    record_id: str
    op: str
    run_id: int | None
    at: datetime
    shard: int


@dataclass(frozen=True, slots=True)
class Matched:
    """How much was done: changes taken off the queue, runs created."""

    changes: int
    runs: int


async def match_batch(
    db: asyncpg.Connection[Any], definitions: Definitions, limit: int = BATCH, *, careful: bool = False
) -> Matched:
    """Match up to `limit` changes, inside the caller's transaction.

    `careful`: what the database refuses to ask, for a table was altered, say, stops nothing else.
    """
    lanes = await lock_lanes(db, MATCH)
    if not lanes:
        return Matched(0, 0)
    taken = await db.fetchrow(TAKE_CHANGES, lanes, max(1, limit // len(lanes)))
    assert taken is not None
    if taken["ids"] and taken["revision"] != definitions.revision:
        # A workflow was disabled, say, since they were loaded: a change that came after may not start it.
        definitions = await load_definitions(db)
    waited_for = taken["waited_for"] is not None
    changes = await _read(db, taken["ids"], None if waited_for else concerned(definitions))
    refused: list[Refused] = []
    if careful:
        pairs, refused = await match_carefully(db, definitions, changes)
    else:
        pairs = await match_changes(db, definitions, changes)
    runs = await create_runs(db, definitions, pairs, refused)
    if waited_for:
        await wake_waiting(db, changes)
    await follow_dates(db, definitions, _touched(changes), careful=careful)
    return Matched(len(taken["ids"]), runs)


def concerned(definitions: Definitions) -> Sequence[int]:
    """The modules whose changes may start a workflow or move a date, found once per revision."""
    if "concerned" not in definitions.memory:
        definitions.memory["concerned"] = sorted({
            active.version.module.id
            for active in definitions.active
            if active.version.module and any(listens(active, active.version.module.id, op) for op in "IUDF")
        } | {active.version.module.id for active in dated(definitions) if active.version.module})  # fmt: skip
    return definitions.memory["concerned"]


async def _read(
    db: asyncpg.Connection[Any], ids: Sequence[int], modules: Sequence[int] | None
) -> list[Change]:
    """The changes in the order of their making; only those of these modules."""
    rows = await db.fetch(READ_CHANGES, ids, modules) if ids and modules != [] else []
    return [
        Change(r["id"], r["module_id"], r["record_id"], r["op"].decode(), r["run_id"], r["at"], r["shard"])
        for r in rows
    ]


def _touched(changes: Sequence[Change]) -> dict[int, list[str]]:
    """Module id → keys of the records that changed."""
    found: dict[int, list[str]] = {}
    for change in changes:
        found.setdefault(change.module_id, []).append(change.record_id)
    return found


async def wake_waiting(db: asyncpg.Connection[Any], changes: Sequence[Change]) -> None:
    """Let runs that wait for a condition look again."""
    touched = {(c.module_id, c.record_id) for c in changes}
    await db.execute(WAKE_WAITING, [m for m, _ in touched], [r for _, r in touched])


# Records that were changed since, without anything that is to be matched.
QUIET = """
SELECT DISTINCT c.record_id FROM whereupon.changes c WHERE c.id > $1 AND c.module_id = $2 AND NOT EXISTS (
  SELECT FROM whereupon.pending_changes p WHERE p.shard = whereupon.shard(c.record_id) AND p.change_id = c.id)
"""


async def follow_quietly(
    db: asyncpg.Connection[Any], definitions: Definitions, module_id: int, after: int
) -> None:
    """Records were written so that nothing starts, after that change: their dates move all the same, and
    runs that wait for them look again."""
    keys = [row["record_id"] for row in await db.fetch(QUIET, after, module_id)]
    if keys:
        await db.execute(WAKE_WAITING, [module_id] * len(keys), list(keys))
        await follow_dates(db, definitions, {module_id: keys}, quietly=True, careful=True)


async def match_changes(
    db: asyncpg.Connection[Any], definitions: Definitions, changes: Sequence[Change]
) -> list[tuple[Change, Active]]:
    """The pairs that hold, by change, then priority, then age of the workflow (rule 5)."""
    found: list[tuple[Change, Active]] = []
    for (module_id, op), some in _by_kind(changes).items():
        for statement in statements(definitions, module_id, op):
            found += await _ask(db, statement, some)
    return sorted(found, key=_in_order)


def _by_kind(changes: Sequence[Change]) -> dict[tuple[int, str], list[Change]]:
    found: dict[tuple[int, str], list[Change]] = {}
    for change in changes:
        found.setdefault((change.module_id, change.op), []).append(change)
    return found


def _in_order(pair: tuple[Change, Active]) -> tuple[int, int, int]:
    return pair[0].id, pair[1].priority, pair[1].workflow_id


async def _ask(
    db: asyncpg.Connection[Any], statement: Statement, changes: Sequence[Change]
) -> list[tuple[Change, Active]]:
    by_id = {change.id: change for change in changes}
    found: list[tuple[Change, Active]] = []
    for row in await db.fetch(statement.sql, list(by_id)):
        change = by_id[row["change_id"]]
        hits: list[Active] = [statement.workflows[i] for i in row["hits"]]
        found += [(change, active) for active in hits if active.hears(change.id, change.at)]
    return found


class Refused(NamedTuple):
    """A change of which the database could not say whether it starts a workflow, and why."""

    change: Change
    active: Active
    why: str


async def match_carefully(
    db: asyncpg.Connection[Any], definitions: Definitions, changes: Sequence[Change]
) -> tuple[list[tuple[Change, Active]], list[Refused]]:
    """The same where something cannot be asked: workflow by workflow, and there change by change."""
    found: list[tuple[Change, Active]] = []
    refused: list[Refused] = []
    for (module_id, op), some in _by_kind(changes).items():
        module = definitions.catalog.by_id.get(module_id)
        for active in definitions.active if module else ():
            if module and listens(active, module_id, op):
                one = Statement(match_sql(module, op, [active], definitions), (active,))
                await _narrow(db, one, some, found, refused)
    return sorted(found, key=_in_order), refused


async def _narrow(
    db: asyncpg.Connection[Any], statement: Statement, changes: Sequence[Change],
    found: list[tuple[Change, Active]], refused: list[Refused],
) -> None:  # fmt: skip
    """Ask for all of the changes; where that is refused, for each half."""
    (active,) = statement.workflows
    try:
        async with db.transaction():
            found += await _ask(db, statement, changes)
    except (*TRANSIENT, *GONE):
        raise
    except asyncpg.PostgresError as error:
        if len(changes) > 1:
            middle = len(changes) // 2
            for half in (changes[:middle], changes[middle:]):
                await _narrow(db, statement, half, found, refused)
        elif active.hears(changes[0].id, changes[0].at):
            log.warning("conditions cannot be asked", workflow=active.version.name, error=str(error))
            refused.append(Refused(changes[0], active, str(error)))


HEARD = """
SELECT CASE WHEN heard_from IS NULL THEN activated_at <= $3 ELSE heard_from < $2 END FROM whereupon.workflows
WHERE id = $1
"""


async def is_heard(db: asyncpg.Connection[Any], workflow_id: int, change: Change) -> bool:
    """Whether a change came after the workflow became active."""
    return bool(await db.fetchval(HEARD, workflow_id, change.id, change.at))


# Rule 9: the first time per workflow and record; what was claimed before is not returned.
CLAIM = """
INSERT INTO whereupon.claims (workflow_id, record_id)
SELECT DISTINCT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING
RETURNING workflow_id, record_id
"""


async def create_runs(
    db: asyncpg.Connection[Any], definitions: Definitions, pairs: Sequence[tuple[Change, Active]],
    refused: Sequence[Refused] = (),
) -> int:  # fmt: skip
    """A run for every pair, after recurrence and the loop guard. Returns how many.

    `refused`: they have runs that failed, so that people see them, and run them again.
    """
    pairs = await claim_first(db, pairs)
    ancestry = await load_ancestry(db, {c.id: c.run_id for c, _ in pairs if c.run_id is not None})
    new = [new_run(change, active, ancestry, definitions) for change, active in pairs]
    new += [
        replace(new_run(one.change, one.active, ancestry, definitions), error=cannot_ask(one.why))
        for one in refused
    ]
    await insert_runs(db, new)
    return len(new)


async def claim_first(
    db: asyncpg.Connection[Any], pairs: Sequence[tuple[Change, Active]]
) -> list[tuple[Change, Active]]:
    """Without the pairs whose workflow runs only the first time and had its first time."""
    wanted = [(a.workflow_id, c.record_id) for c, a in pairs if a.recurrence == "first_time"]
    if not wanted:
        return list(pairs)
    rows = await db.fetch(CLAIM, [w for w, _ in wanted], [r for _, r in wanted])
    free = {(row["workflow_id"], row["record_id"]) for row in rows}
    kept: list[tuple[Change, Active]] = []
    for change, active in pairs:
        key = (active.workflow_id, change.record_id)
        if active.recurrence != "first_time" or key in free:
            free.discard(key)
            kept.append((change, active))
    return kept


def new_run(
    change: Change, active: Active, ancestry: Mapping[int, Ancestry], definitions: Definitions
) -> NewRun:
    """The run that a change starts, failed from birth when it would close a loop (rule 19)."""
    version = active.version
    start = version.plan.start
    assert start is not None
    link = (version.workflow_id, change.module_id, change.record_id)
    verdict = judge_chain(ancestry.get(change.id), link, definitions)
    return NewRun(
        workflow_id=version.workflow_id,
        version_id=version.id,
        module_id=change.module_id,
        record_id=change.record_id,
        node=version.plan.first,
        started_by=start.trigger.key,
        change_id=change.id,
        depth=verdict.depth,
        chain=verdict.chain,
        error=verdict.error,
        concurrency=active.concurrency,
        parent_run_id=change.run_id,
        shard=change.shard,
    )

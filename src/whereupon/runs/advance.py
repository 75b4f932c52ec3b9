"""Advancing runs: many at once, block by block, in one transaction (rules 10-12).

A batch of due runs is taken under a lock per lane of records. Runs that stand at the same block of
the same version execute it together. What the block writes, how far each run came, its history and
its outgoing messages commit together or not at all, so a crash loses nothing and doubles nothing.
When one record makes the batch fail, the batch is done again carefully: in halves, each in a
savepoint, until the bad one stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import asyncpg
import structlog

from whereupon.db.pool import GONE, TRANSIENT
from whereupon.errors import WhereuponError
from whereupon.modules.catalog import Module, quote
from whereupon.runs.definitions import Definitions, Version, load_versions
from whereupon.runs.lanes import ADVANCE, lock_lanes
from whereupon.runs.others import start_others
from whereupon.runs.principal import as_publisher
from whereupon.runs.refusals import refusal
from whereupon.runs.settle import LOCKED, Settling, settle
from whereupon.runs.stretches.crowd import CROWD, walk_together
from whereupon.runs.stretches.stretch import MOST_LEGS
from whereupon.runs.travellers import MAX_EXECUTIONS, RECORD_DELETED, Marks, Traveller, take_runs
from whereupon.runs.write_back import write_back
from whereupon.sdk.block import Batch
from whereupon.sdk.outcomes import Fail, Outcome, Start
from whereupon.workflows.plan import Step

BATCH = 2_000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Advanced:
    """How much was done: runs taken, and how many of them ended; `who` took part."""

    runs: int
    ended: int
    who: Sequence[Traveller] = ()


@dataclass(slots=True)
class Advance:
    """One transaction's work. `careful`: every block in a savepoint, failures narrowed down by halves.

    `rehearsal`: it will be rolled back, so nobody waits: what waits is over when it is asked again.
    """

    db: asyncpg.Connection[Any]
    definitions: Definitions
    careful: bool
    now: datetime
    standing: dict[tuple[int, str], list[Traveller]] = field(
        default_factory=dict[tuple[int, str], list[Traveller]]
    )
    rehearsal: bool = False
    alone: set[int] = field(default_factory=set[int])  # runs that go block by block from here


async def advance_batch(
    db: asyncpg.Connection[Any], definitions: Definitions, *, limit: int = BATCH, careful: bool = False
) -> Advanced:
    """Take up to `limit` due runs as far as they come, inside the caller's transaction."""
    lanes = await lock_lanes(db, ADVANCE)
    # Who looks for the bad one begins at the beginning.
    marks: Marks = {} if careful else definitions.memory.setdefault("marks", Marks())
    travellers = await take_runs(db, lanes, limit, definitions.paused, marks) if lanes else []
    if not travellers:
        return Advanced(0, 0)
    advance = Advance(db, definitions, careful, await db.fetchval("SELECT clock_timestamp()"))
    await set_off(advance, travellers)
    while advance.standing:
        await execute_next(advance)
    await write_back(db, travellers, advance.now)
    return Advanced(len(travellers), sum(1 for t in travellers if t.ended_at is not None), travellers)


async def set_off(advance: Advance, travellers: Sequence[Traveller]) -> None:
    """Put every run at its node; those that cannot go on end, or are held."""
    await _load_missing_versions(advance, travellers)
    unreadable: dict[int, dict[str, Any]] = {}
    gone = await _deleted_records(advance, travellers, unreadable)
    for traveller in travellers:
        if traveller.id in unreadable:
            traveller.hold(unreadable[traveller.id])
        else:
            _set_off(advance, traveller, gone)


async def _load_missing_versions(advance: Advance, travellers: Iterable[Traveller]) -> None:
    """Runs in flight keep to their version, which may no longer be the active one (A11)."""
    known = advance.definitions
    missing = {t.version_id for t in travellers} - known.versions.keys()
    if missing:
        known.versions.update(await load_versions(advance.db, missing, known.catalog, known.time_zone))


async def _deleted_records(
    advance: Advance, travellers: Sequence[Traveller], unreadable: dict[int, dict[str, Any]] | None = None
) -> frozenset[int]:
    """The runs whose record is there no more (rule 14); a delete trigger's record is the last row.

    When careful, runs whose whole table is gone are put into `unreadable`: they stop nobody else's.
    """
    by_module: dict[int, list[Traveller]] = {}
    for traveller in travellers:
        version = advance.definitions.versions.get(traveller.version_id)
        there = version is not None and not version.deleted_at(traveller.node)
        if there and traveller.module_id and traveller.record_id is not None:
            by_module.setdefault(traveller.module_id, []).append(traveller)
    gone: set[int] = set()
    for module_id, some in by_module.items():
        module = advance.definitions.catalog.by_id.get(module_id)
        if module is None:
            gone |= {t.id for t in some}
            continue
        asked = _missing_sql(module), [t.id for t in some], [t.record_id for t in some]
        if not advance.careful or unreadable is None:
            gone |= {row["run_id"] for row in await advance.db.fetch(*asked)}
            continue
        try:
            async with advance.db.transaction():
                gone |= {row["run_id"] for row in await advance.db.fetch(*asked)}
        except (*TRANSIENT, *GONE):
            raise
        except asyncpg.PostgresError as error:
            unreadable |= {t.id: _unreadable(module, error) for t in some}
    return frozenset(gone)


def _unreadable(module: Module, error: asyncpg.PostgresError) -> dict[str, Any]:
    return {
        "code": "unreadable",
        "message": f"The table of {module.label_plural} cannot be read: {error}.",
        "suggestion": "Bring it back as it was, then release the run.",
    }


def _missing_sql(module: Module) -> str:
    if len(module.key_columns) == 1:
        there = f"n.{quote(module.key_column)} = u.record_id::{module.key_type}"
    else:
        there = f"{module.key_sql('n')} = u.record_id"
    return (
        f"SELECT run_id FROM unnest($1::bigint[], $2::text[]) AS u(run_id, record_id) "
        f"WHERE NOT EXISTS (SELECT 1 FROM {module.sql} n WHERE {there})"
    )


def _set_off(advance: Advance, traveller: Traveller, gone: frozenset[int]) -> None:
    """Put a run at its node, unless something stands against going on (rules 13-15, 28)."""
    version = advance.definitions.versions.get(traveller.version_id)
    if traveller.id in gone:
        traveller.end("cancelled", advance.now, RECORD_DELETED)
    elif traveller.workflow_state in ("archived", "deleted") or version is None:
        error = {"code": "workflow_ended", "message": f"The workflow is {traveller.workflow_state}."}
        traveller.end("cancelled", advance.now, error)
    elif version.rights is None:
        traveller.hold(version.held)
    elif traveller.node is None or traveller.node not in version.plan.steps:
        traveller.end("succeeded", advance.now)
    else:
        _stand(advance, traveller, traveller.node)


def _stand(advance: Advance, traveller: Traveller, node: str) -> None:
    traveller.node = node
    advance.standing.setdefault((traveller.version_id, node), []).append(traveller)


async def execute_next(advance: Advance) -> tuple[str, Sequence[Traveller]]:
    """Execute the place whose first run is the oldest, for at most one run per record: the node, the runs."""
    key = min(advance.standing, key=lambda k: advance.standing[k][0].id)
    chosen, others = _one_per_record(advance.standing.pop(key))
    if others:
        advance.standing[key] = others
    version = advance.definitions.versions[key[0]]
    step = version.plan.steps[key[1]]
    if await _go_together(advance, version, key[1], chosen):
        return key[1], chosen
    outcomes = await _execute(advance, version, step, chosen)
    settling = Settling(step, advance.now)
    for traveller, outcome in zip(chosen, outcomes, strict=True):
        target = settle(settling, traveller, outcome)
        if target is not None:
            _stand(advance, traveller, target)
    if step.kept:
        await _write_data(advance, chosen)
    if step.block.deletes:
        await _end_those_gone(advance)
    return key[1], chosen


async def _go_together(
    advance: Advance, version: Version, node: str, travellers: Sequence[Traveller]
) -> bool:
    """Many runs go as far as blocks can be done as sets; whether they did. Not when looking for the bad one,
    nor in a rehearsal, which tells block by block."""
    if len(travellers) < CROWD or advance.careful or advance.rehearsal:
        return False
    most = MAX_EXECUTIONS - MOST_LEGS  # who is near the limit is counted block by block
    ready = [
        t for t in travellers
        if t.waiting is None and not t.attempts and t.id not in advance.alone and t.executions < most
    ]  # fmt: skip
    if len(ready) < CROWD:
        return False
    went = await walk_together(advance.db, version, node, ready, advance.now)
    if went is None:
        return False
    advance.alone.update(t.id for t in travellers)
    for traveller in travellers:
        if traveller.ended_at is None:
            _stand(advance, traveller, went.get(traveller.id, node))
    if any(version.plan.steps[key].kept for key in version.plan.steps):
        await _write_data(advance, travellers)
    return True


async def _end_those_gone(advance: Advance) -> None:
    """Runs of this advance that stand on a record which a block has just deleted end here (rule 14)."""
    everybody = [traveller for some in advance.standing.values() for traveller in some]
    gone = await _deleted_records(advance, everybody) if everybody else frozenset[int]()
    for place, some in list(advance.standing.items()):
        left = [traveller for traveller in some if traveller.id not in gone]
        for traveller in some:
            if traveller.id in gone:
                traveller.end("cancelled", advance.now, RECORD_DELETED)
        if left:
            advance.standing[place] = left
        else:
            del advance.standing[place]


def _one_per_record(travellers: list[Traveller]) -> tuple[list[Traveller], list[Traveller]]:
    """Two runs on one record may not share a statement: the later one has its turn after the first."""
    seen: set[tuple[int | None, str | int]] = set()
    chosen: list[Traveller] = []
    others: list[Traveller] = []
    for traveller in travellers:
        key = (traveller.module_id, traveller.record_id if traveller.record_id is not None else traveller.id)
        (others if key in seen else chosen).append(traveller)
        seen.add(key)
    return chosen, others


# Later blocks read the outputs of earlier ones from the run's row.
WRITE_DATA = """
UPDATE whereupon.runs r SET data = v.data FROM unnest($1::bigint[], $2::jsonb[]) AS v(id, data)
  WHERE r.id = v.id
"""


async def _write_data(advance: Advance, travellers: Sequence[Traveller]) -> None:
    going_on = [t for t in travellers if t.ended_at is None]
    if going_on:
        await advance.db.execute(WRITE_DATA, [t.id for t in going_on], [t.data for t in going_on])


async def _execute(
    advance: Advance, version: Version, step: Step, travellers: Sequence[Traveller]
) -> list[Outcome]:
    """One outcome per run. Runs that come back from a wait are asked apart from those that arrive."""
    found: dict[int, Outcome] = {}
    for waking in (False, True):
        some = [t for t in travellers if t.waking is waking]
        if some:
            outcomes = await _attempt(advance, version, step, some, waking)
            found |= {t.id: outcome for t, outcome in zip(some, outcomes, strict=True)}
    return [found[t.id] for t in travellers]


async def _attempt(
    advance: Advance, version: Version, step: Step, travellers: Sequence[Traveller], waking: bool
) -> list[Outcome]:
    """Execute for all; when careful and it fails, for each half, down to the one that is to blame."""
    if not advance.careful:
        return await _call(advance, version, step, travellers, waking)
    try:
        async with advance.db.transaction():
            return await _call(advance, version, step, travellers, waking)
    except GONE:
        raise
    except Exception as error:
        if len(travellers) == 1:
            return [_blame(error, version, step, travellers[0])]
    middle = len(travellers) // 2
    return [
        *await _attempt(advance, version, step, travellers[:middle], waking),
        *await _attempt(advance, version, step, travellers[middle:], waking),
    ]


async def _call(
    advance: Advance, version: Version, step: Step, travellers: Sequence[Traveller], waking: bool
) -> list[Outcome]:
    assert version.rights is not None  # a run without rights was held when it set off
    batch = Batch(advance.db, version.place(step.node.key), [t.view() for t in travellers], version.rights)
    woken = step.block.skip_batch if advance.rehearsal else step.block.wake_batch
    work = woken if waking else step.block.run_batch
    try:
        outcomes = await as_publisher(version, step, batch, partial(work, step.config))
    except WhereuponError as error:  # it concerns the node, not one record: a right that is missing, say
        return [Fail(str(error), error.code, error.suggestion) for _ in travellers]
    if any(isinstance(outcome, Start) for outcome in outcomes):
        outcomes = await start_others(advance.db, advance.definitions, batch, outcomes)
    if len(outcomes) != len(travellers):
        raise ValueError(
            f'Block "{step.block.key}" gave {len(outcomes)} outcomes for {len(travellers)} runs.'
        )
    return outcomes


def _blame(error: Exception, version: Version, step: Step, traveller: Traveller) -> Outcome:
    """What the one bad record's history says."""
    if isinstance(error, TRANSIENT):
        return LOCKED
    if isinstance(error, asyncpg.PostgresError):
        return refusal(error, version.catalog)
    log.error("block failed unexpectedly", block=step.block.key, run=traveller.id, exc_info=error)
    return Fail(
        f'The block "{step.block.label}" failed unexpectedly: {type(error).__name__}.',
        "unexpected",
        "The worker's log says more; the other records went through.",
    )

"""One workflow starts another (B14): on the version that is active now, as its own publisher, in the chain of
causes of the run that starts it (rule 19).

Who publishes the one decides what it may start: a record has to be there for them to read, and the other's
filter and recurrence hold as for a start by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from whereupon.conditions.values import BROUGHT
from whereupon.modules.catalog import quote
from whereupon.people.rights import Rights
from whereupon.runs.actions import CLAIM, filter_sql, own_records
from whereupon.runs.definitions import Definitions, Version, load_versions
from whereupon.runs.loops import Ancestry, judge_chain
from whereupon.runs.start import NewRun, insert_runs
from whereupon.runs.task_runs import start_tasks
from whereupon.sdk.block import Batch, RunView
from whereupon.sdk.outcomes import Done, Fail, Outcome, Start, StartTask, Wait
from whereupon.sdk.variables import misfits

FIND = """
SELECT key, id, name, state, active_version_id FROM whereupon.workflows
WHERE key = ANY($1::text[]) AND state <> 'deleted'
"""
# Of each run: the chain that led to it.
CAUSES = """
SELECT r.id, r.depth, r.chain, r.workflow_id, r.module_id, r.record_id,
  md5((coalesce(c.new, c.old) - '{updated_at}'::text[])::text) AS state
FROM whereupon.runs r LEFT JOIN whereupon.changes c ON c.id = r.change_id WHERE r.id = ANY($1::bigint[])
"""
STARTED = """
SELECT parent_run_id, id FROM whereupon.runs
WHERE parent_run_id = ANY($1::bigint[]) AND branch_node = $2 AND branch_iteration = ANY($3::integer[])
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One run that asks for another."""

    run: RunView
    start: Start


async def start_others(
    db: asyncpg.Connection[Any], definitions: Definitions, batch: Batch, outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """The outcomes with every Start carried out: Wait, Done or Fail."""
    tasks = [
        (run.id, outcome)
        for run, outcome in zip(batch.runs, outcomes, strict=True)
        if isinstance(outcome, StartTask)
    ]
    asked = [
        Asked(run, outcome)
        for run, outcome in zip(batch.runs, outcomes, strict=True)
        if isinstance(outcome, Start) and not isinstance(outcome, StartTask)
    ]
    rows = {row["key"]: row for row in await db.fetch(FIND, list({one.start.workflow for one in asked}))}
    settled = await start_tasks(db, batch.rights, tasks)
    for key in dict.fromkeys(one.start.workflow for one in asked):
        some = [one for one in asked if one.start.workflow == key]
        version = await _version(db, definitions, rows.get(key))
        fault = _fault(rows.get(key), key, version, some[0].start, batch.rights)
        if version is None or fault is not None:
            settled |= {one.run.id: fault or Fail(f"{key} cannot be started.", "not_started") for one in some}
        else:
            settled |= await _start(db, definitions, batch, version, some)
    return [settled.get(run.id, outcome) for run, outcome in zip(batch.runs, outcomes, strict=True)]


async def _version(db: asyncpg.Connection[Any], definitions: Definitions, row: Any) -> Version | None:
    if row is None or row["active_version_id"] is None:
        return None
    version_id = row["active_version_id"]
    if version_id not in definitions.versions:
        found = await load_versions(db, [version_id], definitions.catalog, definitions.time_zone)
        definitions.versions.update(found)
    return definitions.versions.get(version_id)


def _fault(row: Any, key: str, version: Version | None, start: Start, rights: Rights) -> Fail | None:
    """What stands against starting it at all."""
    if row is None:
        return Fail(f'There is no workflow "{key}".', "no_workflow", "Choose another one.")
    if row["state"] != "active" or version is None:
        return Fail(f"{row['name']} is {row['state']}, so it does not run.", "not_active", "Activate it.")
    if version.module is not None and version.module.id != start.module_id:
        message = f"{row['name']} is about {version.module.label_plural}, and this is no such record."
        return Fail(message, "wrong_record", "Choose the link that leads to one.")
    begin = version.plan.start
    if (
        begin is not None
        and begin.trigger.key not in ("called", "manual", "schedule", "playbook")
        and not rights.builder
    ):
        return Fail("Only a builder may start a workflow that starts by itself.", "refused")
    if version.module is not None and not rights.may("read", version.module.key):
        return Fail(f"{rights.run_subject} may not read {version.module.label_plural}.", "refused")
    return None


async def _start(
    db: asyncpg.Connection[Any], definitions: Definitions, batch: Batch, version: Version, asked: list[Asked]
) -> dict[int, Outcome]:
    found: dict[int, Outcome] = {}
    begin = version.plan.start
    wanted: Mapping[str, Any] = begin.trigger.brings(begin.config) if begin else {}
    for one in asked:
        if fault := _wrong_values(one.start.values, wanted, version.name):
            found[one.run.id] = fault
    asked = [one for one in asked if one.run.id not in found]
    states = await _states(db, version, asked, batch.rights)
    taken = await _claimed(db, version, [one for one in asked if one.run.id in states])
    causes = {row["id"]: row for row in await db.fetch(CAUSES, [one.run.id for one in taken])}
    new = [
        _new(one, version, definitions, batch.place.node, causes[one.run.id], states[one.run.id])
        for one in taken
    ]
    born = await insert_runs(db, new)
    ids = await _ids(db, batch, taken)
    now: datetime = await db.fetchval("SELECT clock_timestamp()")
    for one, run in zip(taken, born, strict=True):
        found[one.run.id] = _outcome(one.start, run, ids.get(one.run.id), now)
    left_out = Done("next", {"started": False, "run": None}, records=0)
    return {one.run.id: left_out for one in asked} | found


def _wrong_values(values: Mapping[str, Any], wanted: Mapping[str, Any], name: str) -> Fail | None:
    unknown = sorted(set(values) - set(wanted))
    if unknown:
        takes = ", ".join(wanted) or "none"
        return Fail(f'{name} takes no value "{unknown[0]}".', "unknown_value", f"It takes: {takes}.")
    wrong = misfits(values, wanted)
    return Fail(f"{name} wants something else: {wrong}", "wrong_type") if wrong else None


async def _states(
    db: asyncpg.Connection[Any], version: Version, asked: Sequence[Asked], rights: Rights
) -> dict[int, str]:
    """The runs whose record the other workflow takes, each with the state that the record is in (rule 19)."""
    module = version.module
    if module is None:
        return {one.run.id: _digest(None, one.start.values) for one in asked}
    where = f"({filter_sql(version, 'u.data')}) AND ({own_records(rights, module)})"
    single = len(module.key_columns) == 1  # so that the key's own index is used
    this = (
        f"n.{quote(module.key_column)} = u.key::{module.key_type}"
        if single
        else f"{module.key_sql('n')} = u.key"
    )
    rows = await db.fetch(
        f"SELECT u.run_id, md5((to_jsonb(n.*) - '{{updated_at}}'::text[])::text) AS state "
        f"FROM unnest($1::bigint[], $2::text[], $3::jsonb[]) AS u(run_id, key, data) "
        f"JOIN {module.sql} n ON {this} WHERE {where}",
        [one.run.id for one in asked], [one.start.record_id for one in asked],
        [{BROUGHT: dict(one.start.values)} for one in asked],
    )  # fmt: skip
    states = {row["run_id"]: row["state"] for row in rows}
    return {
        one.run.id: _digest(states[one.run.id], one.start.values) for one in asked if one.run.id in states
    }


def _digest(state: str | None, values: Mapping[str, Any]) -> str:
    """With other values it is another occasion."""
    return f"{state or ''} {sorted(values.items())}" if values else state or ""


async def _claimed(db: asyncpg.Connection[Any], version: Version, asked: list[Asked]) -> list[Asked]:
    """Rule 9: a workflow that runs once per record, does."""
    if version.plan.document.settings.recurrence != "first_time" or version.module is None:
        return asked
    rows = await db.fetch(
        CLAIM, version.workflow_id, list(dict.fromkeys(one.start.record_id for one in asked))
    )
    free = {row["record_id"] for row in rows}
    kept: list[Asked] = []
    for one in asked:
        if one.start.record_id in free:
            free.discard(one.start.record_id)
            kept.append(one)
    return kept


def _new(
    one: Asked, version: Version, definitions: Definitions, node: str, cause: Mapping[str, Any], state: str
) -> NewRun:
    own = [cause["workflow_id"], cause["module_id"], cause["record_id"], cause["state"]]
    ancestry = Ancestry(state, cause["depth"], cause["chain"] or [own])
    module_id = version.module.id if version.module else None
    record_id = one.start.record_id if version.module else None
    link: Any = (version.workflow_id, module_id, record_id)
    verdict = judge_chain(ancestry, link, definitions)
    return NewRun(
        workflow_id=version.workflow_id, version_id=version.id, node=version.plan.first,
        started_by=_started_by(version), module_id=module_id, record_id=record_id, depth=verdict.depth,
        chain=verdict.chain, error=verdict.error, parent_run_id=one.run.id,
        concurrency=version.plan.document.settings.concurrency, branch_node=node,
        branch_iteration=one.run.iteration, branch_number=1, awaited=one.start.awaited,
        data={BROUGHT: dict(one.start.values)} if one.start.values else {},
    )  # fmt: skip


def _started_by(version: Version) -> str:
    """A playbook is one, whoever starts it: its track ends with its run."""
    start = version.plan.start
    return "playbook" if start is not None and start.trigger.key == "playbook" else "run_workflow"


async def _ids(db: asyncpg.Connection[Any], batch: Batch, taken: Sequence[Asked]) -> dict[int, int]:
    runs, iterations = [one.run.id for one in taken], [one.run.iteration for one in taken]
    rows = await db.fetch(STARTED, runs, batch.place.node, iterations) if taken else []
    return {row["parent_run_id"]: row["id"] for row in rows}


def _outcome(start: Start, born: NewRun, run_id: int | None, now: datetime) -> Outcome:
    """It waits; for one that was over from birth, not at all."""
    shown = {"run": str(run_id), "values": dict(start.values)}
    if start.awaited:
        return Wait(until=None if born.status == "queued" else now, input=shown)
    if born.status == "failed" and born.error is not None:
        return Fail(born.error["message"], born.error["code"], born.error.get("suggestion"))
    return Done("next", {"started": born.status != "cancelled", "run": str(run_id)}, shown)

"""D18: runs a saved data task: a query, a field mapping and a matching rule, as one bulk update."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field

from whereupon.conditions.values import INTEGER, Scope
from whereupon.errors import Invalid, Problem, WhereuponError, did_you_mean
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.data_tasks import DataTask, Parts, Result, run_task, task_parts, task_reads, task_writes
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome, StartTask, Wait


class RunTaskConfig(Config):
    """Which one."""

    task: Annotated[str, Shown("data-task")] = Field(
        min_length=1, max_length=100, title="Data task", description="A saved data task's key."
    )
    this_record: Annotated[bool, Shown(advanced=True)] = Field(
        False, title="Only from this record", description="Off: from all records that the task finds."
    )


class RunDataTask(Block[RunTaskConfig]):
    """It acts on all records that its own query finds, whatever the run's record is. More than 50,000 go as a
    bulk run, for which the run waits, when it is a job without a record; cancelling the run cancels it. When
    some records fail, the block is done and the run ends as partial; when none is written, the block fails.
    """

    key = "data_task"
    label = "Run data task"
    group = "Records"
    icon = "database"
    description = "Runs a saved data task: updates or creates many records at once."
    Config = RunTaskConfig
    outputs: ClassVar = {
        "found": INTEGER, "updated": INTEGER, "created": INTEGER, "unchanged": INTEGER, "left_out": INTEGER,
        "failed": INTEGER,
    }  # fmt: skip
    examples = ({"task": "tidy_up"},)

    def check(self, config: RunTaskConfig, scope: Scope) -> list[Problem]:
        if config.task not in scope.catalog.data_tasks:
            near = did_you_mean(config.task, scope.catalog.data_tasks)
            return [Problem("unknown_task", f'There is no data task "{config.task}".', "/task", near)]
        try:
            parts = _parts(config, scope)
            if config.this_record and (scope.module is None or scope.module.key != parts.source.key):
                told = f"The data task takes {parts.source.label_plural}, and this is no such record."
                return [Problem("wrong_record", told, "/this_record", "Choose another data task.")]
        except Invalid as error:
            told = "; ".join(problem.message for problem in error.problems)
            return [Problem("faulty_task", f"The data task has a fault: {told}", "/task", "Mend it first.")]
        return []

    def describe(self, config: RunTaskConfig, scope: Scope) -> str:
        return f"Run the data task “{scope.catalog.task_names.get(config.task, config.task)}”"

    def reads(self, config: RunTaskConfig, scope: Scope) -> frozenset[str]:
        return task_reads(_parts(config, scope))

    def writes(self, config: RunTaskConfig, scope: Scope) -> frozenset[str]:
        return task_writes(_parts(config, scope))

    async def run_batch(self, config: RunTaskConfig, batch: Batch) -> list[Outcome]:
        try:
            parts = _parts(config, batch.place.scope)
        except WhereuponError as error:
            return [Fail(str(error), error.code, error.suggestion) for _ in batch.runs]
        outcomes: list[Outcome] = []
        for run in batch.runs:
            one = Batch(batch.db, batch.place, [run], batch.rights)
            only = run.record_id if config.this_record else None
            outcomes.append(await _outcome(one, parts, config, only))
        return outcomes

    async def wake_batch(self, config: RunTaskConfig, batch: Batch) -> list[Outcome]:
        bulks = [(run.memo or {}).get("bulk") for run in batch.runs]
        rows = {row["id"]: row for row in await batch.db.fetch(BULK_RUNS, bulks)}
        now = await batch.db.fetchval("SELECT clock_timestamp()")
        return [outcome_of_bulk(rows.get(bulk), bulk, now) for bulk in bulks]


def _parts(config: RunTaskConfig, scope: Scope) -> Parts:
    found: Any = scope.catalog.data_tasks.get(config.task)
    if found is None:
        message = f'There is no data task "{config.task}".'
        raise Invalid.of(Problem("unknown_task", message, "/task", "Choose another one."))
    return task_parts(DataTask.model_validate(found), scope)


async def _outcome(batch: Batch, parts: Parts, config: RunTaskConfig, only: str | None) -> Outcome:
    try:
        result = await run_task(batch, parts, only)
    except WhereuponError as error:
        if batch.runs[0].record_id is None and any(one.code == "too_many" for one in error.problems):
            return StartTask(config.task)
        return Fail(str(error), error.code, error.suggestion)
    if result.failed and not result.updated + result.created + result.unchanged:
        return _none_written(result.failed, _first(result))
    output = {**result.counts, "records": result.examples, "failures": result.failures}
    return Done("next", output, records=result.updated + result.created, flaw=_flaw(result))


MEND = "Mend these records, then run it again."
LOOK_AGAIN = timedelta(seconds=2)
BULK_RUNS = """
SELECT id, status, matched, processed, changed, skipped, failed, error FROM whereupon.bulk_runs
WHERE id = ANY($1::bigint[]) AND ended_at IS NOT NULL
"""


def outcome_of_bulk(row: Mapping[str, Any] | None, bulk: Any, now: datetime) -> Outcome:
    """What came of the bulk run that the run waits for."""
    if row is None:
        return Wait(until=now + LOOK_AGAIN, memo={"bulk": bulk})
    if row["status"] == "failed" and row["failed"]:
        return _none_written(row["failed"], f"Bulk run {bulk} names them.")
    if row["status"] not in ("succeeded", "partial"):
        error: Mapping[str, str] = row["error"] or {}
        told = error.get("message") or f"The bulk run is {row['status']}."
        return Fail(told, "bulk_run", f"Open bulk run {bulk}: it names each record.")
    failed = row["failed"]
    output = {
        "found": row["matched"], "updated": row["changed"], "created": 0, "failed": failed,
        "left_out": row["skipped"], "bulk_run": bulk,
        "unchanged": max(0, row["processed"] - row["changed"] - row["skipped"] - failed),
    }  # fmt: skip
    flaw = None
    if failed:
        message = f"{failed:,} records were not written. Bulk run {bulk} names them."
        flaw = Fail(message, "records_failed", "Open it, mend these records, and run the failed ones again.")
    return Done("next", output, records=row["changed"], flaw=flaw)


def _none_written(failed: int, which: str) -> Fail:
    """Something failed, and nothing went well."""
    told = "The one record was not written." if failed == 1 else f"None of {failed:,} records was written."
    return Fail(f"{told} {which}", "records_failed", MEND)


def _flaw(result: Result) -> Fail | None:
    if not result.failed:
        return None
    return Fail(f"{result.failed:,} records were not written. {_first(result)}", "records_failed", MEND)


def _first(result: Result) -> str:
    first = result.failures[0]
    return f"{first['record']}: {first['message']}"

"""D18: runs a saved data task: a query, a field mapping and a matching rule, as one bulk update."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from whereupon.conditions.values import INTEGER, Scope
from whereupon.errors import Invalid, Problem, WhereuponError, did_you_mean
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.data_tasks import DataTask, Parts, Result, run_task, task_parts, task_reads, task_writes
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome


class RunTaskConfig(Config):
    """Which one."""

    task: Annotated[str, Shown("data-task")] = Field(
        min_length=1, max_length=100, title="Data task", description="A saved data task's key."
    )


class RunDataTask(Block[RunTaskConfig]):
    """It acts on all records that its own query finds, whatever the run's record is."""

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
            _parts(config, scope)
        except Invalid as error:
            told = "; ".join(problem.message for problem in error.problems)
            return [Problem("faulty_task", f"The data task has a fault: {told}", "/task", "Mend it first.")]
        return []

    def describe(self, config: RunTaskConfig, scope: Scope) -> str:
        return f"Run the data task {config.task}"

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
            outcomes.append(await _outcome(one, parts))
        return outcomes


def _parts(config: RunTaskConfig, scope: Scope) -> Parts:
    found: Any = scope.catalog.data_tasks.get(config.task)
    if found is None:
        message = f'There is no data task "{config.task}".'
        raise Invalid.of(Problem("unknown_task", message, "/task", "Choose another one."))
    return task_parts(DataTask.model_validate(found), scope)


async def _outcome(batch: Batch, parts: Parts) -> Outcome:
    try:
        result = await run_task(batch, parts)
    except WhereuponError as error:
        return Fail(str(error), error.code, error.suggestion)
    output = {**result.counts, "records": result.examples, "failures": result.failures}
    return Done("next", output, records=result.updated + result.created, flaw=_flaw(result))


def _flaw(result: Result) -> Fail | None:
    if not result.failed:
        return None
    first = result.failures[0]
    message = f"{result.failed:,} records were not written. {first['record']}: {first['message']}"
    return Fail(message, "records_failed", "Mend these records, then run it again.")

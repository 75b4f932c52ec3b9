"""B14: runs another workflow, on this record or a linked one, with values passed in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from whereupon.conditions.explain import label_of
from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import BOOLEAN, TEXT, Kind, Scope, ValueType
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Module
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome, Start, Wait
from whereupon.sdk.variables import (
    Declared,
    Given,
    check_given,
    given_sql,
    misfits,
    reads_of_given,
    repeated,
    types_of,
)

RECORDS = {"record": "This record", "linked": "A linked record", "none": "No record"}
OWN: Mapping[str, ValueType] = {"started": BOOLEAN, "run": TEXT}


class RunConfig(Config):
    """Which workflow, on which record, with which values."""

    workflow: Annotated[str, Shown("workflow")] = Field(
        min_length=1, max_length=100, title="Workflow", description="Its key. It has to be active by then."
    )
    on: Annotated[Literal["record", "linked", "none"], Shown(labels=RECORDS)] = Field("record", title="On")
    link: Annotated[str | None, Shown("path", types=["reference", "user"], when={"on": ["linked"]})] = Field(
        None, title="Link", description="The link to follow, or several of them with dots."
    )
    values: list[Given] = Field(
        default_factory=list[Given],
        max_length=50,
        title="Values that it is given",
        description="What its trigger declares; its blocks use them as trigger.name.",
    )
    wait: bool = Field(True, title="Wait until it is over")
    gives: Annotated[list[Declared], Shown(when={"wait": True})] = Field(
        default_factory=list[Declared],
        max_length=50,
        title="Values that it gives back",
        description="For the blocks after this one: what its “Give back values” names.",
    )

    @model_validator(mode="after")
    def fits(self) -> RunConfig:
        if (self.link is not None) != (self.on == "linked"):
            raise ValueError('"link" is required with on = "linked", and goes with nothing else')
        if twice := repeated([one.name for one in self.values]) or repeated([o.name for o in self.gives]):
            raise ValueError(f'there are two values "{twice}"')
        if taken := set(OWN) & {one.name for one in self.gives}:
            raise ValueError(f'"{min(taken)}" is a name of this block\'s own')
        if self.gives and not self.wait:
            raise ValueError("values come back only if it waits")
        return self


class RunWorkflow(Block[RunConfig]):
    """The other workflow acts as its own publisher, on the version that is active when it starts."""

    key = "run_workflow"
    label = "Run workflow"
    group = "Logic"
    icon = "stack-2"
    description = "Runs another workflow on this record or a linked one, and goes on when it is over."
    Config = RunConfig
    outputs: ClassVar = OWN
    examples = ({"workflow": "helper", "values": [{"name": "reason", "value": "late"}]},)

    def outputs_of(self, config: RunConfig) -> Mapping[str, ValueType]:
        return {**OWN, **types_of(config.gives)}

    def starts(self, config: RunConfig) -> frozenset[str]:
        return frozenset({config.workflow})

    def check(self, config: RunConfig, scope: Scope) -> list[Problem]:
        try:
            _target(config, scope)
        except Invalid as error:
            return list(error.problems)
        return check_given(config.values, scope, "/values")

    def describe(self, config: RunConfig, scope: Scope) -> str:
        where = f" on {label_of(config.link, scope)}" if config.link else ""
        return f"Run {config.workflow}{where}"

    def reads(self, config: RunConfig, scope: Scope) -> frozenset[str]:
        link = compile_path(config.link, scope).reads if config.link else frozenset[str]()
        return link | reads_of_given(config.values, scope)

    async def run_batch(self, config: RunConfig, batch: Batch) -> list[Outcome]:
        scope = batch.place.scope
        module, key = _target(config, scope)
        columns = batch.place.once("columns", lambda: {"given": given_sql(config.values, scope), "key": key})
        rows = await batch.rows(columns)
        if module is None:
            return [
                Start(config.workflow, values=rows[run.id]["given"], awaited=config.wait)
                for run in batch.runs
            ]
        return [
            Start(config.workflow, module.id, rows[run.id]["key"], rows[run.id]["given"], config.wait)
            if rows[run.id]["key"] is not None
            else Fail("There is no linked record.", "no_record", "Fill in the link, or ask for it before.")
            for run in batch.runs
        ]

    async def wake_batch(self, config: RunConfig, batch: Batch) -> list[Outcome]:
        rows = await batch.db.fetch(ENDED, batch.ids, [run.iteration for run in batch.runs], batch.place.node)
        found = {row["parent_run_id"]: row for row in rows}
        return [_after(config, run, found.get(run.id)) for run in batch.runs]

    async def skip_batch(self, config: RunConfig, batch: Batch) -> list[Outcome]:
        return await self.wake_batch(config, batch)  # the other one is tried, too


# How the other runs ended, and what they gave back.
ENDED = """
SELECT b.parent_run_id, b.id, b.status, b.error, b.ended_at IS NOT NULL AS over, w.name,
  (SELECT s.output FROM whereupon.step_runs s WHERE s.run_id = b.id AND s.block = 'give_back'
   ORDER BY s.seq DESC LIMIT 1) AS given
FROM unnest($1::bigint[], $2::integer[]) AS i(run_id, iteration)
JOIN whereupon.runs b ON b.parent_run_id = i.run_id AND b.branch_node = $3
  AND b.branch_iteration = i.iteration
JOIN whereupon.workflows w ON w.id = b.workflow_id
"""


def _after(config: RunConfig, run: RunView, row: Any) -> Outcome:
    """What follows for one run: it waits on, fails as the other one did, or has its values."""
    if row is None:
        return Fail("The other run is no longer there.", "no_run")
    if not row["over"]:
        return Wait(memo=dict(run.memo or {}))
    error: Mapping[str, Any] = row["error"] or {}
    told = str(error.get("message", "")).rstrip(".")
    if row["status"] in ("failed", "cancelled"):
        verb = "failed" if row["status"] == "failed" else "was cancelled"
        message = f"{row['name']} {verb}{f': {told}' if told else ''}."
        return Fail(message, f"workflow_{row['status']}", f"Look at run {row['id']}.")
    given: Mapping[str, Any] = row["given"] or {}
    wanted = types_of(config.gives)
    if wrong := misfits(given, wanted):
        return Fail(f"{row['name']} gave back something else: {wrong}", "wrong_type")
    values = {name: given.get(name) for name in wanted}
    flaw = Fail(f"{row['name']} ended as partial: {told}.", "workflow_partial")
    output = {"started": True, "run": str(row["id"]), **values}
    return Done("next", output, flaw=flaw if row["status"] == "partial" else None)


def _target(config: RunConfig, scope: Scope) -> tuple[Module | None, str]:
    """The module of the record that it is run on, and SQL for the record's key. Raises Invalid."""
    if config.on == "none":
        return None, "NULL::text"
    if config.on == "record":
        if scope.module is None:
            raise Invalid.of(Problem("no_record", "There is no record here.", "/on", 'Choose "No record".'))
        return scope.module, "r.record_id"
    try:
        found = compile_path(config.link or "", scope)
    except Invalid as error:
        raise Invalid.of(*(problem.under("/link") for problem in error.problems)) from None
    module = scope.catalog.modules.get(found.type.module or "")
    if found.type.kind is not Kind.REFERENCE or module is None:
        message = f'"{config.link}" is {found.type.noun}, not a link to a record.'
        raise Invalid.of(Problem("wrong_type", message, "/link"))
    return module, f"({found.sql})::text"

"""D1: sends a run through the first exit whose condition holds, or through "otherwise"."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.values import TEXT, Scope
from whereupon.conditions.words import condition_words, shortened
from whereupon.errors import Problem
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import AskedCondition, Shown
from whereupon.sdk.outcomes import Done, Outcome
from whereupon.sdk.stretch import Parting

OTHERWISE = "otherwise"


class Case(Config):
    """One exit and what lets a run through it."""

    port: Annotated[str, Shown("key")] = Field(
        pattern=r"^[a-z][a-z0-9_]{0,40}$", title="Exit", description="The exit's name."
    )
    condition: AskedCondition = Field(title="Taken if")


class SwitchConfig(Config):
    """The cases, asked in order."""

    cases: list[Case] = Field(min_length=1, max_length=50, title="Exits, asked in order")

    @field_validator("cases")
    @classmethod
    def distinct(cls, value: list[Case]) -> list[Case]:
        names = [case.port for case in value]
        if len(set(names)) < len(names) or {OTHERWISE, "error"} & set(names):
            raise ValueError('each exit needs a name of its own; "otherwise" and "error" are taken')
        return value


class Switch(Block[SwitchConfig]):
    """Many exits; the first that holds is taken."""

    key = "switch"
    label = "Switch"
    group = "Logic"
    icon = "arrows-split"
    description = "Goes on by the first exit whose condition holds, else by “otherwise”."
    Config = SwitchConfig
    outputs: ClassVar = {"port": TEXT}
    port_labels: ClassVar = {OTHERWISE: "Otherwise"}
    examples = (
        {
            "cases": [
                {"port": "done", "condition": {"field": "status", "operator": "equals", "value": "done"}}
            ]
        },
    )

    def ports(self, config: SwitchConfig) -> tuple[str, ...]:
        return (*(case.port for case in config.cases), OTHERWISE)

    def check(self, config: SwitchConfig, scope: Scope) -> list[Problem]:
        return [
            problem
            for index, case in enumerate(config.cases)
            for problem in check_condition(case.condition, scope, f"/cases/{index}/condition")
        ]

    def describe(self, config: SwitchConfig, scope: Scope) -> str:
        cases = (f"{case.port}: {condition_words(case.condition, scope)}" for case in config.cases)
        return shortened("; ".join(cases))

    def reads(self, config: SwitchConfig, scope: Scope) -> frozenset[str]:
        return frozenset[str]().union(*(fields_read(case.condition, scope) for case in config.cases))

    async def run_batch(self, config: SwitchConfig, batch: Batch) -> list[Outcome]:
        sql = batch.place.once("cases", lambda: _first_that_holds(config, batch.place.scope))
        rows = await batch.rows({"port": sql})
        return [Done(rows[run.id]["port"], {"port": rows[run.id]["port"]}) for run in batch.runs]

    def in_sql(self, config: SwitchConfig, batch: Batch) -> Parting:
        return Parting(_first_that_holds(config, batch.place.scope), "jsonb_build_object('port', o.port)")


def _first_that_holds(config: SwitchConfig, scope: Scope) -> str:
    cases = (f"WHEN {compile_condition(case.condition, scope)} THEN '{case.port}'" for case in config.cases)
    return f"CASE {' '.join(cases)} ELSE '{OTHERWISE}' END"

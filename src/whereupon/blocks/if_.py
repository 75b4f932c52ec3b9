"""D1: sends a run through "true" or "false", as a condition holds for its record."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.values import BOOLEAN, Scope
from whereupon.conditions.words import condition_words
from whereupon.errors import Problem
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import AskedCondition
from whereupon.sdk.outcomes import Done, Outcome
from whereupon.sdk.stretch import Parting


class IfConfig(Config):
    """What is asked."""

    condition: AskedCondition = Field(
        title="If", description="Asked of the record as it is when the run comes here."
    )


class If(Block[IfConfig]):
    """One question, two exits."""

    key = "if"
    label = "If"
    group = "Logic"
    icon = "arrows-split-2"
    description = "Goes on by “true” when the condition holds for the record, by “false” when it does not."
    Config = IfConfig
    outputs: ClassVar = {"held": BOOLEAN}
    port_labels: ClassVar = {"true": "True", "false": "False"}
    examples = ({"condition": {"field": "status", "operator": "equals", "value": "new"}},)

    def ports(self, config: IfConfig) -> tuple[str, ...]:
        return ("true", "false")

    def check(self, config: IfConfig, scope: Scope) -> list[Problem]:
        return check_condition(config.condition, scope, "/condition")

    def describe(self, config: IfConfig, scope: Scope) -> str:
        return f"If {condition_words(config.condition, scope)}"

    def reads(self, config: IfConfig, scope: Scope) -> frozenset[str]:
        return fields_read(config.condition, scope)

    async def run_batch(self, config: IfConfig, batch: Batch) -> list[Outcome]:
        sql = batch.place.once("held", lambda: _held(config, batch.place.scope))
        rows = await batch.rows({"held": sql})
        return [HELD if rows[run.id]["held"] else NOT_HELD for run in batch.runs]

    def in_sql(self, config: IfConfig, batch: Batch) -> Parting:
        port = f"CASE WHEN {_held(config, batch.place.scope)} THEN 'true' ELSE 'false' END"
        return Parting(port, "jsonb_build_object('held', o.port = 'true')")


def _held(config: IfConfig, scope: Scope) -> str:
    return f"({compile_condition(config.condition, scope)}) IS TRUE"


HELD, NOT_HELD = Done("true", {"held": True}), Done("false", {"held": False})

"""B14: what a workflow gives back to the one that runs it."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from whereupon.conditions.values import Scope
from whereupon.errors import Problem
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.outcomes import Done, Outcome
from whereupon.sdk.variables import Given, check_given, given_sql, reads_of_given, repeated


class GiveBackConfig(Config):
    """The values, by name."""

    values: list[Given] = Field(min_length=1, max_length=50, title="Values")

    @model_validator(mode="after")
    def names_are_different(self) -> GiveBackConfig:
        if twice := repeated([one.name for one in self.values]):
            raise ValueError(f'there are two values "{twice}"')
        return self


class GiveBack(Block[GiveBackConfig]):
    """A run that nobody waits for keeps the values in its history."""

    key = "give_back"
    label = "Give back values"
    group = "Logic"
    icon = "git-merge"
    description = "Ends the run, and gives values to the workflow that runs this one."
    Config = GiveBackConfig
    examples = ({"values": [{"name": "total", "value": {"formula": "IFBLANK(amount, 0) * 2"}}]},)

    def ports(self, config: GiveBackConfig) -> tuple[str, ...]:
        return ()

    def check(self, config: GiveBackConfig, scope: Scope) -> list[Problem]:
        return check_given(config.values, scope, "/values")

    def describe(self, config: GiveBackConfig, scope: Scope) -> str:
        return f"Give back {', '.join(one.name for one in config.values)}"

    def reads(self, config: GiveBackConfig, scope: Scope) -> frozenset[str]:
        return reads_of_given(config.values, scope)

    async def run_batch(self, config: GiveBackConfig, batch: Batch) -> list[Outcome]:
        sql = batch.place.once("values", lambda: given_sql(config.values, batch.place.scope))
        rows = await batch.rows({"given": sql})
        found: list[dict[str, Any]] = [rows[run.id]["given"] for run in batch.runs]
        return [Done("end", values) for values in found]

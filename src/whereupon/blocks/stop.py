"""D23: ends the run here, well or with an error of the workflow's own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from whereupon.conditions.values import Scope
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.stretch import Ending

RESULTS = {"succeeded": "Succeeded", "failed": "Failed"}


class StopConfig(Config):
    """How it ends."""

    result: Annotated[Literal["succeeded", "failed"], Shown(labels=RESULTS)] = Field(
        "succeeded", title="The run ends as"
    )
    reason: str = Field("", max_length=500, title="Reason", description="Shown in the history.")


class Stop(Block[StopConfig]):
    """A branch that has nothing more to do."""

    key = "stop"
    label = "Stop"
    group = "Logic"
    icon = "player-stop"
    description = "Ends the run here, as succeeded or as failed."
    Config = StopConfig
    examples = ({}, {"result": "failed", "reason": "No address"})

    def ports(self, config: StopConfig) -> tuple[str, ...]:
        return ()

    def describe(self, config: StopConfig, scope: Scope) -> str:
        reason = f": {config.reason}" if config.reason else ""
        return f"Stop as {config.result}{reason}"

    async def run_batch(self, config: StopConfig, batch: Batch) -> list[Outcome]:
        return [_outcome(config) for _ in batch.runs]

    def in_sql(self, config: StopConfig, batch: Batch) -> Ending:
        return Ending(_outcome(config))


def _outcome(config: StopConfig) -> Done | Fail:
    if config.result == "failed":
        return Fail(config.reason or "The workflow stopped the run as failed.", "stopped")
    return Done("end", {}, {"reason": config.reason})

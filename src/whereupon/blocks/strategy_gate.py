"""E5: the first block of every step of a strategy: is the record still in it?"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from whereupon.conditions.values import TEXT, Scope
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Outcome
from whereupon.sdk.strategies import open_sql


class GateConfig(Config):
    """Which step of which strategy."""

    strategy: int = Field(title="Strategy", description="The id of the strategy.")
    step: Annotated[str, Shown("key")] = Field(max_length=60, title="Step")


class StrategyGate(Block[GateConfig]):
    """Strategies set it by themselves: somebody may have paused one since its step was started."""

    key = "strategy_gate"
    label = "Step of a strategy"
    group = "People"
    icon = "clock-pause"
    description = "Goes on unless the record's strategy is paused or ended, or a playbook has the record."
    Config = GateConfig
    outputs: ClassVar = {"step": TEXT}
    internal = True
    port_labels: ClassVar = {"held": "Paused or ended"}
    examples = ({"strategy": 1, "step": "reminder"},)

    def ports(self, config: GateConfig) -> tuple[str, ...]:
        return ("next", "held")

    def describe(self, config: GateConfig, scope: Scope) -> str:
        return "Unless the strategy is paused or ended"

    async def run_batch(self, config: GateConfig, batch: Batch) -> list[Outcome]:
        module = batch.place.module
        rows = await batch.rows({"open": open_sql(module) if module else "true"})
        return [Done("next" if rows[run.id]["open"] else "held", {"step": config.step}) for run in batch.runs]

"""E5: a step of a strategy starts so long after a date of the record, or after the strategy began again."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from whereupon.conditions.values import Compiled, Kind, Scope
from whereupon.modules.catalog import Module
from whereupon.sdk.strategies import anchor_sql, open_sql
from whereupon.triggers.date_reached import DateConfig, DateReached


class StrategyStepConfig(DateConfig):
    """Which step of which strategy, and when."""

    strategy: int = Field(title="Strategy", description="The id of the strategy.")

    def source(self, scope: Scope) -> Compiled:
        """The record's own date, unless its strategy began again later."""
        found = super().source(scope)
        if scope.module is None:
            return found
        anchor = anchor_sql(scope.module, scope.time_zone, day=found.type.kind is Kind.DATE)
        return replace(found, sql=f"coalesce({anchor}, {found.sql})")


class StrategyStep(DateReached):
    """Made from a strategy, and changed there. What comes while a record is paused is left out."""

    key = "strategy_step"
    label = "A step of a strategy is due"
    description = "Starts so long before or after a date, unless the strategy is paused. Strategies set it."
    Config = StrategyStepConfig
    internal = True
    examples: ClassVar = ({"strategy": 1, "field": "due_date", "amount": 5, "time_of_day": "09:00"},)

    def guard(self, config: DateConfig, module: Module) -> str:
        return open_sql(module)

"""B2: a workflow starts when a record is updated: any field, or the fields that were named."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.tree import ConditionNode, parse_condition
from whereupon.conditions.values import Scope
from whereupon.errors import Problem
from whereupon.sdk.block import Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.trigger import Trigger


class UpdatedConfig(Config):
    """Which updates count."""

    fields: Annotated[list[str], Shown("fields")] = Field(
        default_factory=list,
        max_length=100,
        title="Which fields",
        description="Only when one of these changed; none: any field.",
    )
    also_on_creation: bool = Field(
        False,
        title="Also when it is created",
        description="Also when the record is created with a value in one of them.",
    )


class RecordUpdated(Trigger[UpdatedConfig]):
    """An update that leaves every column as it was is no update (rule 2)."""

    key = "record_updated"
    label = "A record is updated"
    description = "Starts when a record changes: in any field, or in the fields that you choose."
    Config = UpdatedConfig
    has_old = True
    examples = ({"fields": ["status"]}, {"also_on_creation": True})

    def operations(self, config: UpdatedConfig) -> frozenset[str]:
        return frozenset("UI") if config.also_on_creation else frozenset("U")

    def condition(self, config: UpdatedConfig, scope: Scope, operation: str) -> str:
        return compile_condition(_any_changed(config), scope) if config.fields else "true"

    def check(self, config: UpdatedConfig, scope: Scope) -> list[Problem]:
        return [
            Problem(problem.code, problem.message, f"/fields/{index}", problem.suggestion)
            for index, name in enumerate(config.fields)
            for problem in check_condition(_changed(name), scope, "")
        ]

    def reads(self, config: UpdatedConfig, scope: Scope) -> frozenset[str]:
        return fields_read(_any_changed(config), scope) if config.fields else frozenset()

    def sentence(self, config: UpdatedConfig, scope: Scope) -> str:
        module = scope.module
        if module is None:
            return self.label
        named = ", ".join(module.fields[key].label for key in config.fields if key in module.fields)
        changes = f"{named} of a record of {module.label_plural} changes"
        what = changes if named else f"a record of {module.label_plural} is updated"
        return what + (" (also when it is created)" if config.also_on_creation else "")


def _changed(field: str) -> ConditionNode:
    return parse_condition({"field": field, "operator": "has_changed"})


def _any_changed(config: UpdatedConfig) -> ConditionNode:
    return parse_condition({"any": [{"field": field, "operator": "has_changed"} for field in config.fields]})

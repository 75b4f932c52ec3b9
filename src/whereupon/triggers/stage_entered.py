"""B4: a workflow starts when a record enters a stage, from any stage or from a given one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.tree import ConditionNode, parse_condition
from whereupon.conditions.values import Scope
from whereupon.errors import Problem
from whereupon.modules.catalog import Field as ModuleField
from whereupon.sdk.block import Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.trigger import Trigger


class StageConfig(Config):
    """Which stage, of which field."""

    field: Annotated[str, Shown("field", types=["stage", "select"])] = Field(
        title="Field", description="The stage field."
    )
    to: Annotated[str, Shown("choice", field="field")] = Field(
        title="Enters the stage", description="The stage that is entered."
    )
    source: Annotated[str | None, Shown("choice", field="field")] = Field(
        None, alias="from", title="Coming from", description="Only when it came from this stage."
    )


class StageEntered(Trigger[StageConfig]):
    """A record that is created in the stage enters it too, unless a stage to come from is given."""

    key = "stage_entered"
    label = "A record enters a stage"
    description = "Starts when a record moves to the stage that you choose."
    Config = StageConfig
    has_old = True
    examples = ({"field": "stage", "to": "ready"}, {"field": "stage", "to": "ready", "from": "new"})

    def operations(self, config: StageConfig) -> frozenset[str]:
        return frozenset("U") if config.source else frozenset("UI")

    def condition(self, config: StageConfig, scope: Scope, operation: str) -> str:
        return compile_condition(_entered(config), scope)

    def sample_change(self, config: StageConfig) -> dict[str, str]:
        return {config.field: config.to}

    def check(self, config: StageConfig, scope: Scope) -> list[Problem]:
        field = scope.module.fields.get(config.field) if scope.module else None
        if field is not None and field.type not in ("stage", "select"):
            advice = "Choose a field of type stage or select."
            return [Problem("wrong_type", f"{field.label} is no stage field.", "/field", advice)]
        return check_condition(_entered(config), scope, "")

    def reads(self, config: StageConfig, scope: Scope) -> frozenset[str]:
        return fields_read(_entered(config), scope)

    def sentence(self, config: StageConfig, scope: Scope) -> str:
        if scope.module is None:
            return self.label
        labels = _labels(scope.module.fields.get(config.field))
        origin = f" from “{labels.get(config.source, config.source)}”" if config.source else ""
        return f"a record of {scope.module.label_plural} enters “{labels.get(config.to, config.to)}”{origin}"


def _labels(field: ModuleField | None) -> dict[str, str]:
    """Stage → what people see."""
    choices: list[dict[str, str]] = (field.options.get("choices") or []) if field else []
    return {choice["key"]: choice.get("label") or choice["key"] for choice in choices}


def _entered(config: StageConfig) -> ConditionNode:
    leaves = [{"field": config.field, "operator": "has_changed_to", "value": config.to}]
    if config.source:
        leaves.append({"field": config.field, "operator": "has_changed_from", "value": config.source})
    return parse_condition({"all": leaves})

"""B14: a workflow starts when another one asks for it, with values that it declares."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from whereupon.conditions.values import Scope, ValueType
from whereupon.sdk.block import Config
from whereupon.sdk.trigger import Trigger
from whereupon.sdk.variables import Declared, repeated, types_of


class CalledConfig(Config):
    """What it has to be given."""

    inputs: list[Declared] = Field(
        default_factory=list[Declared],
        max_length=50,
        title="Values that it is given",
        description="Every block may use them, as trigger.name.",
    )

    @model_validator(mode="after")
    def names_are_different(self) -> CalledConfig:
        if twice := repeated([one.name for one in self.inputs]):
            raise ValueError(f'there are two values "{twice}"')
        return self


class Called(Trigger[CalledConfig]):
    """Nothing else starts it. The filter decides for which records it may be."""

    key = "called"
    label = "Another workflow starts it"
    description = "Starts when another workflow runs it, with the values that it hands over."
    Config = CalledConfig
    examples = ({}, {"inputs": [{"name": "reason"}, {"name": "amount", "type": "decimal"}]})

    def brings(self, config: CalledConfig) -> Mapping[str, ValueType]:
        return types_of(config.inputs)

    def sentence(self, config: CalledConfig, scope: Scope) -> str:
        names = ", ".join(one.name for one in config.inputs)
        return f"another workflow starts it{f' and gives {names}' if names else ''}"

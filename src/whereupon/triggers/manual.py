"""B7: a workflow starts by hand, on a record, on a selection, or on all that meet its filter."""

from __future__ import annotations

from pydantic import Field

from whereupon.conditions.values import Scope
from whereupon.sdk.block import Config
from whereupon.sdk.trigger import Trigger


class ManualConfig(Config):
    """What the button says."""

    button: str = Field(
        "Run", min_length=1, max_length=60, title="Button", description="The words on the button."
    )


class Manual(Trigger[ManualConfig]):
    """The filter decides for which records the button is offered."""

    key = "manual"
    label = "A person starts it"
    description = "Starts when a person presses its button on a record or on a selection of records."
    Config = ManualConfig
    examples = ({}, {"button": "Send again"})

    def sentence(self, config: ManualConfig, scope: Scope) -> str:
        where = f" on a record of {scope.module.label_plural}" if scope.module else ""
        return f'a person presses "{config.button}"{where}'

"""E4: a playbook's workflow starts when somebody starts the playbook on a record."""

from __future__ import annotations

from collections.abc import Mapping

from whereupon.conditions.values import INTEGER, Scope, ValueType
from whereupon.sdk.block import Config
from whereupon.sdk.trigger import Trigger


class PlaybookTriggerConfig(Config):
    """Nothing is to be said: the playbook says it all."""


class PlaybookStarted(Trigger[PlaybookTriggerConfig]):
    """Made from a playbook, and changed there. The filter says on which records it may be started."""

    key = "playbook"
    label = "A playbook is started"
    description = "Starts when a playbook is started on a record. Playbooks set it by themselves."
    Config = PlaybookTriggerConfig
    internal = True
    examples = ({},)

    def brings(self, config: PlaybookTriggerConfig) -> Mapping[str, ValueType]:
        return {"track": INTEGER}

    def sentence(self, config: PlaybookTriggerConfig, scope: Scope) -> str:
        return "the playbook is started on a record"

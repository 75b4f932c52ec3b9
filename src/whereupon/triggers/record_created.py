"""B1: a workflow starts when a record is created."""

from __future__ import annotations

from whereupon.conditions.values import Scope
from whereupon.sdk.block import Config
from whereupon.sdk.trigger import Trigger


class RecordCreated(Trigger[Config]):
    """Whoever creates it: a person, an import that says so, a run, or another program."""

    key = "record_created"
    label = "A record is created"
    description = "Starts once for every new record of the module."
    Config = Config
    has_old = True  # on creation a field "has changed" if it has a value (rule 6)
    examples = ({},)

    def operations(self, config: Config) -> frozenset[str]:
        return frozenset("I")

    def sentence(self, config: Config, scope: Scope) -> str:
        return f"a record of {scope.module.label_plural} is created" if scope.module else self.label

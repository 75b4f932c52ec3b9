"""B3: a workflow starts when a record is deleted; its blocks see the last values."""

from __future__ import annotations

from whereupon.conditions.values import Scope
from whereupon.sdk.block import Config
from whereupon.sdk.trigger import Trigger


class RecordDeleted(Trigger[Config]):
    """The last row is the record (rule 14)."""

    key = "record_deleted"
    label = "A record is deleted"
    description = "Starts when a record is deleted. The blocks see the values that it had last."
    Config = Config
    examples = ({},)

    def operations(self, config: Config) -> frozenset[str]:
        return frozenset("D")

    def sentence(self, config: Config, scope: Scope) -> str:
        return f"a record of {scope.module.label_plural} is deleted" if scope.module else self.label

"""What the author of a trigger writes: which changes it listens to, and the SQL that says yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from whereupon.conditions.values import Scope, ValueType
from whereupon.errors import Problem
from whereupon.modules.catalog import Module
from whereupon.sdk.block import Config, Files

C = TypeVar("C", bound=Config)


class Trigger(Generic[C]):
    """One way in which a workflow starts.

    `operations` are the letters of the changes it listens to: I, U, D, or none for
    triggers that start otherwise (by hand, by the clock).
    """

    key: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str]
    Config: ClassVar[type[Config]]
    has_old: ClassVar[bool] = False  # "has changed" makes sense in its filter
    has_document: ClassVar[bool] = False  # what happened is about a file: `document.name` means something
    scheduled: ClassVar[bool] = False
    internal: ClassVar[bool] = False  # made by something else that people draw: no palette offers it
    examples: ClassVar[Sequence[Mapping[str, Any]]] = ()

    def operations(self, config: C) -> frozenset[str]:
        """Letters of the changes that may start it, given its configuration."""
        return frozenset()

    def condition(self, config: C, scope: Scope, operation: str) -> str:
        """SQL boolean over the change, beside the filter; "true" where any such change will do."""
        return "true"

    def guard(self, config: C, module: Module) -> str:
        """SQL boolean over the record `n`, beside the filter: whether it may start on it at all now."""
        return "true"

    def sample_change(self, config: C) -> Mapping[str, Any]:
        """Field → value of a change that would start it, for tests; empty where any or none would."""
        return {}

    def files(self, config: C) -> frozenset[Files]:
        """With `has_document`: what must have happened to a document."""
        return frozenset()

    def sample_document(self, config: C) -> Mapping[str, str]:
        """With `has_document`: name, type and folder of a document that would start it, for tests."""
        return {}

    def check(self, config: C, scope: Scope) -> list[Problem]:
        """What is wrong with the configuration, paths relative to it."""
        return []

    def reads(self, config: C, scope: Scope) -> frozenset[str]:
        """The "module.field" names that it watches."""
        return frozenset()

    def writes(self, config: C, scope: Scope) -> frozenset[str]:
        """The "module.field" names that it writes before the run begins; a bare "module" where it creates."""
        return frozenset()

    def brings(self, config: C) -> Mapping[str, ValueType]:
        """What a start brings along, by name: every block may use it as `trigger.<name>`."""
        return {}

    def sentence(self, config: C, scope: Scope) -> str:
        """The trigger in words: "a case is created"."""
        return self.label

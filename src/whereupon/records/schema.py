"""The verbs on modules and fields, with what they need from above: triggers armed, formulas checked."""

from __future__ import annotations

from dataclasses import replace

from whereupon.changes.capture import arm
from whereupon.conditions import Scope, compile_value
from whereupon.errors import Invalid
from whereupon.modules.catalog import Catalog, Module
from whereupon.modules.define import Definer, Formula, defining

__all__ = ["DEFINER", "check_formula", "defining"]


def check_formula(catalog: Catalog, module: Module, expression: str) -> Formula:
    """The type of a formula field and what it reads. Raises Invalid with the position of the fault."""
    try:
        compiled = compile_value({"formula": expression}, Scope(catalog, module))
    except Invalid as invalid:
        raise Invalid.of(
            *(replace(p, path=p.path.removeprefix("/formula")) for p in invalid.problems)
        ) from None
    return Formula(compiled.type.kind.value, compiled.reads)


DEFINER = Definer(arm=arm, check_formula=check_formula)

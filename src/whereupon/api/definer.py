"""The verbs on modules, with what lies above that package put in: capture, and the check of formulas."""

from __future__ import annotations

from whereupon.changes.capture import arm
from whereupon.conditions.expressions import compile_value
from whereupon.conditions.values import Kind, Scope
from whereupon.modules.catalog import Catalog, Module
from whereupon.modules.define import Definer, Formula

# How the type of a formula's value is written down where it is no type of field.
WRITTEN = {Kind.TEXT_LIST: "multi_select", Kind.JSON: "text", Kind.NOTHING: "text"}


def check_formula(catalog: Catalog, module: Module, expression: str) -> Formula:
    """What a formula gives and reads. Raises Invalid when it is wrong."""
    value = compile_value({"formula": expression}, Scope(catalog, module))
    return Formula(WRITTEN.get(value.type.kind, value.type.kind.value), value.reads)


DEFINER = Definer(arm=arm, check_formula=check_formula)

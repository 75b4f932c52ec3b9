"""Conditions and formulas: one meaning, one compiler, to SQL."""

from whereupon.conditions.expressions import compile_value
from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import Compiled, Kind, Scope, ValueType, literal, type_of_field

__all__ = [
    "Compiled",
    "Kind",
    "Scope",
    "ValueType",
    "compile_path",
    "compile_value",
    "literal",
    "type_of_field",
]

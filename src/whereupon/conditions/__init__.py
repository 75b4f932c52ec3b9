"""Conditions and formulas: one meaning, one compiler, to SQL.

What the rest of the product uses; formulas (whereupon.conditions.formula) and explanations
(whereupon.conditions.explain) are imported where they are needed.
"""

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.expressions import check_value, compile_value
from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import Compiled, Kind, Scope, ValueType, literal, type_of_field

__all__ = [
    "Compiled",
    "Kind",
    "Scope",
    "ValueType",
    "check_condition",
    "check_value",
    "compile_condition",
    "compile_path",
    "compile_value",
    "fields_read",
    "literal",
    "type_of_field",
]

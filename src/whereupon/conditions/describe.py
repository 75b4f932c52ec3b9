"""What there is to choose from when a condition or formula is written: operators by field type, functions."""

from __future__ import annotations

from typing import Any

from whereupon.conditions.functions import ROWS as FUNCTIONS
from whereupon.conditions.operators import ROWS as OPERATORS
from whereupon.conditions.values import FIELD_KINDS


def describe_operators() -> list[dict[str, Any]]:
    """Each operator: key, label, what stands on the right, the kinds of values that it takes."""
    return [
        {
            "key": o.key,
            "label": o.label,
            "right": o.right.value,
            "kinds": sorted(k.value for k in o.takes),
            "of_change": o.of_change,
        }
        for o in OPERATORS
    ]


def operators_by_field_type() -> dict[str, list[str]]:
    """For each field type the keys of the operators that can be asked of it.

    >>> operators_by_field_type()["boolean"][:2]
    ['equals', 'not_equals']
    """
    return {name: [o.key for o in OPERATORS if kind in o.takes] for name, kind in FIELD_KINDS.items()}


def describe_functions() -> list[dict[str, Any]]:
    """Each function of formulas: name, group, what it takes, what it gives, an example and a sentence."""
    return [
        {
            "name": f.name,
            "group": f.group,
            "takes": [p.kind for p in f.parameters],
            "repeats": f.repeats,
            "optional": sum(p.default is not None for p in f.parameters),
            "gives": f.gives.kind.value if f.gives else None,
            "example": f.example,
            "example_value": f.value,
            "doc": f.doc,
        }
        for f in FUNCTIONS
    ]

"""Rows that an earlier block read, with some columns of a module: each column keeps the type of its field."""

from __future__ import annotations

from whereupon.conditions.values import (
    FIELD_KINDS,
    JSON,
    TEXT,
    Compiled,
    Kind,
    Scope,
    ValueType,
    literal,
    reference,
    refuse,
    type_of_field,
)
from whereupon.errors import did_you_mean
from whereupon.modules.catalog import Catalog, Field


def rows_of(module: str, columns: tuple[str, ...], *, many: bool) -> ValueType:
    """The type of rows of a module, or of one of them. "id" is always among the columns."""
    return ValueType(Kind.JSON, module=module, columns=("id", *(c for c in columns if c != "id")), many=many)


def column_field(kind: ValueType, column: str, catalog: Catalog) -> Field | None:
    """The field that a column is of; None for the key, and for what is no field any more."""
    module = catalog.modules.get(kind.module or "")
    return module.fields.get(column) if module else None


def column_type(kind: ValueType, column: str, catalog: Catalog) -> ValueType:
    """What a column of such rows holds."""
    module, found = catalog.modules.get(kind.module or ""), column_field(kind, column, catalog)
    if found is None:
        return reference(module.key, module.key_type) if column == "id" and module else JSON
    if found.type == "formula":
        result = FIELD_KINDS.get(str(found.options.get("result")))
        return ValueType(result) if result is not None and result is not Kind.REFERENCE else TEXT
    return JSON if found.type == "line_items" else type_of_field(found, catalog)


def column_value(value: Compiled, column: str, scope: Scope) -> Compiled:
    """One column of the row that a value is. Raises Invalid for what is no column of it."""
    kind = value.type
    if kind.many:
        refuse(
            "many_values", "These are many rows, not one value.", 'Use "first", or loop over them in a text.'
        )
    if column not in (kind.columns or ()):
        known = kind.columns or ()
        hint = did_you_mean(column, known) or f"Its columns: {', '.join(known[:12])}."
        refuse("unknown_output", f'These rows have no column "{column}".', hint)
    wanted = column_type(kind, column, scope.catalog)
    if wanted.kind is Kind.JSON:
        return Compiled(f"({value.sql} -> {literal(column)})", JSON)
    if wanted.kind is Kind.TEXT_LIST:
        items = f"jsonb_array_elements_text(nullif({value.sql} -> {literal(column)}, 'null'))"
        return Compiled(f"(SELECT array_agg(_x) FROM {items} _x)", wanted)
    bare = f"({value.sql} ->> {literal(column)})"
    return Compiled(bare if wanted.kind is Kind.TEXT else f"{bare}::{wanted.sql}", wanted)

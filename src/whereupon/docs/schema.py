"""A pydantic model as tables: each key, what it takes, its default and what it means."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from whereupon.docs.markdown import code, table

Schema = Mapping[str, Any]
COLUMNS = ("key", "takes", "default", "meaning")
# Parts that are described once, on pages of their own.
CONDITION, VALUE = "[condition](conditions.md)", "[value](conditions.md#values)"
ELSEWHERE = {
    "All": CONDITION, "AnyOf": CONDITION, "Not": CONDITION, "Children": CONDITION, "Comparison": CONDITION,
    "FieldValue": VALUE, "FormulaValue": VALUE, "NowValue": VALUE, "TodayValue": VALUE, "DynamicValue": VALUE,
    "Offset": VALUE,
}  # fmt: skip
LIMITS = {
    "minimum": "at least {}", "maximum": "at most {}", "exclusiveMaximum": "less than {}",
    "exclusiveMinimum": "more than {}", "minLength": "at least {} long", "maxLength": "at most {} long",
    "minItems": "at least {}", "maxItems": "at most {}", "pattern": "matching {}",
}  # fmt: skip
UNSAID = {10**28, -(10**28), 2**63, -(2**63)}  # as far as the column goes
WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}


def tables_of(model: type[BaseModel]) -> str:
    """The model's table, then one for each model inside it."""
    schema: Schema = model.model_json_schema(by_alias=True)
    inner = {name: part for name, part in schema.get("$defs", {}).items() if name not in ELSEWHERE}
    titled = [
        f"**{name}**: {part.get('description', '')}\n\n{table_of(part)}" for name, part in inner.items()
    ]
    return "\n\n".join([table_of(schema) or "No configuration.", *titled])


def table_of(schema: Schema) -> str:
    """One row per key; required keys say so instead of a default."""
    required: list[str] = schema.get("required", [])
    properties: Mapping[str, Schema] = schema.get("properties", {})
    return table(COLUMNS, (_row(name, part, name in required) for name, part in properties.items()))


def _row(name: str, part: Schema, required: bool) -> tuple[str, str, str, str]:
    default = "**required**" if required else _default(part)
    return code(name), takes(part), default, part.get("description", "")


def _default(part: Schema) -> str:
    value = part.get("default")
    return "" if value is None or value == "" else code(json.dumps(value, ensure_ascii=False))


def takes(part: Schema) -> str:
    """What may stand there, in words: "text, at most 300 characters".

    >>> takes({"type": "string", "maxLength": 1000}), takes({"enum": ["a", "b"]})
    ('text, at most 1,000 long', '`a`, `b`')
    """
    return ", ".join([_kind(part), *_limits(part)])


def _limits(part: Schema) -> Iterator[str]:
    for name, words in LIMITS.items():
        if name in part and part[name] not in UNSAID:
            yield words.format(_limit(part[name]))
    for option in part.get("anyOf", ()):
        yield from _limits(option)


def _limit(value: Any) -> str:
    if isinstance(value, str):
        return code(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}"


BY_WIDGET = {"condition": CONDITION, "value": VALUE, "assignments": f"object of {VALUE}"}


def _kind(part: Schema) -> str:
    if part.get("x-widget") in BY_WIDGET:
        return BY_WIDGET[part["x-widget"]]
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return ELSEWHERE[name] if name in ELSEWHERE else str(name)
    if "enum" in part or "const" in part:
        return ", ".join(code(value) for value in part.get("enum", [part.get("const")]))
    options: list[Schema] = part.get("oneOf") or part.get("anyOf") or []
    if options:
        words = dict.fromkeys(_kind(option) for option in options if option.get("type") != "null")
        return VALUE if VALUE in words else " or ".join(words)
    match part.get("type"):
        case "array":
            return f"list of {_kind(part.get('items', {}))}"
        case "object":
            return f"object of {_kind(_values(part))}" if _values(part) else "object"
        case kind:
            return WORDS.get(str(kind), "anything")


def _values(part: Schema) -> Schema:
    found = part.get("additionalProperties")
    return found if isinstance(found, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]

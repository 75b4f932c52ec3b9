"""What an answer may hold: a value for each chosen field, of the field's type, and nothing besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.errors import Problem
from whereupon.modules.catalog import Field
from whereupon.modules.field_types import LENGTHS, BadValue, accept_value
from whereupon.modules.names import shown

# The types of field that an answer can fill. Links, people and files are not told by words.
FILLABLE = (
    "text", "long_text", "rich_text", "email", "phone", "url", "integer", "decimal", "money", "boolean",
    "date", "time", "datetime", "select", "multi_select", "stage",
)  # fmt: skip
LONGEST_TEXT = 20_000  # characters of one answered text, however long the field may be
KEPT_OPTIONS = ("choices", "max_length", "precision", "scale", "minimum", "maximum", "currency")
# How a value is written, for models that do not follow formats in a schema.
WRITTEN = {
    "rich_text": "simple HTML", "email": "one e-mail address", "phone": "it like +358 40 123 4567",
    "url": "it like https://example.org/page", "date": "it like 2026-11-22", "time": "it like 14:30",
    "datetime": "it with its offset, like 2026-11-22T14:30:00Z", "boolean": "true or false",
}  # fmt: skip
FORMATS = {"date": "date", "time": "time", "datetime": "date-time", "email": "email"}


def field_as_json(field: Field) -> dict[str, Any]:
    """All that is needed to ask for a field and to judge its value, apart from the catalog."""
    options = {key: field.options[key] for key in KEPT_OPTIONS if field.options.get(key) is not None}
    return {
        "key": field.key, "label": field.label, "type": field.type, "description": field.description,
        "options": options,
    }  # fmt: skip


def field_of_json(told: Mapping[str, Any]) -> Field:
    """The field again."""
    return Field(
        0, told["key"], told["label"], told["type"], told["key"], options=told["options"],
        description=told["description"],
    )  # fmt: skip


def answer_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """A JSON schema: one object with exactly these fields, each null where the data does not say."""
    return {
        "type": "object",
        "properties": {f.key: field_schema(f) for f in fields},
        "required": [f.key for f in fields],
        "additionalProperties": False,
    }


def field_schema(field: Field) -> dict[str, Any]:
    """The schema of one value."""
    told = ": ".join(part for part in (field.label, field.description) if part)
    how = WRITTEN.get(field.type)
    described = f"{told}. {choices_in_words(field) or (f'Write {how}. ' if how else '')}"
    null = "Null if the data does not say."
    return {"anyOf": [value_schema(field), {"type": "null"}], "description": f"{described}{null}"}


def value_schema(field: Field) -> dict[str, Any]:
    """What a value is when there is one."""
    match field.type:
        case "integer":
            return {"type": "integer"} | bounds(field)
        case "decimal" | "money":
            return {"type": "number"} | bounds(field)
        case "boolean":
            return {"type": "boolean"}
        case "select" | "stage":
            return {"type": "string", "enum": choice_keys(field)}
        case "multi_select":
            return {"type": "array", "items": {"type": "string", "enum": choice_keys(field)}}
        case _ if field.type in FORMATS:
            return {"type": "string", "format": FORMATS[field.type]}
        case _:
            return {"type": "string", "maxLength": longest(field)}


def bounds(field: Field) -> dict[str, Any]:
    """The smallest and the largest value, where the field has them."""
    names = {"minimum": "minimum", "maximum": "maximum"}
    return {
        name: float(value) for key, name in names.items() if (value := field.options.get(key)) is not None
    }


def choice_keys(field: Field) -> list[str]:
    return [choice["key"] for choice in field.options.get("choices", [])]


def choices_in_words(field: Field) -> str:
    """The choices with what they are called, where that says more than their keys."""
    choices: list[Mapping[str, str]] = list(field.options.get("choices") or [])
    labelled = [f"{c['key']} ({c['label']})" for c in choices if c["label"] != c["key"]]
    return f"One of: {', '.join(labelled)}. " if labelled else ""


def longest(field: Field) -> int:
    """Characters that a text may have."""
    return min(field.options.get("max_length") or LENGTHS.get(field.type, LONGEST_TEXT), LONGEST_TEXT)


def judge(answer: Mapping[str, Any], fields: Sequence[Field]) -> tuple[dict[str, Any], list[Problem]]:
    """The values of an answer as the fields take them, and what is wrong with the others.

    A field that is null is not among the values: nobody said anything of it.
    """
    by_key = {field.key: field for field in fields}
    problems = [
        Problem("unknown_field", f'"{shown(str(key))}" was not asked for.', f"/{shown(str(key))}")
        for key in answer if key not in by_key
    ]  # fmt: skip
    values: dict[str, Any] = {}
    for key, field in by_key.items():
        value = cleaned(answer.get(key))
        if value is None:
            continue
        try:
            if isinstance(value, str) and len(value) > LONGEST_TEXT:
                told = f"This is {len(value):,} characters long; {LONGEST_TEXT:,} are allowed."
                raise BadValue("too_long", told)
            accept_value(field, value)
        except BadValue as bad:
            problems.append(bad.at(f"/{key}"))
        else:
            values[key] = value
    return values, problems


def cleaned(value: Any) -> Any:
    """A text without blanks around it; None for one that is empty, and for an empty list."""
    if isinstance(value, str):
        return value.strip() or None
    return None if value == [] else value


def in_words(problems: Sequence[Problem]) -> str:
    """What is wrong, in one line for each value."""
    lines = [f"{p.path.lstrip('/')}: {p.message} {p.suggestion or ''}".strip() for p in problems[:20]]
    return " ".join(lines)

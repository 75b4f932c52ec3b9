"""The conditions that a planning sheet can say: comparisons of the record's fields, all of which must hold.

Status is Sent and Amount is at least 100 and Case → Case type is not “permanent_residence”
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.planning.words import RESERVED, Unclear, called, choose, fields_by_name, folded, listed

# Words → operator, and whether a value follows; longer ones first, so that “is not empty” is not “is”.
OPERATORS: Mapping[str, tuple[str, bool]] = {
    "is not empty": ("is_not_empty", False),
    "is empty": ("is_empty", False),
    "has changed": ("has_changed", False),
    "does not contain": ("not_contains", True),
    "contains": ("contains", True),
    "begins with": ("begins_with", True),
    "ends with": ("ends_with", True),
    "is less than": ("less_than", True),
    "is more than": ("greater_than", True),
    "is at most": ("at_most", True),
    "is at least": ("at_least", True),
    "is before": ("less_than", True),
    "is after": ("greater_than", True),
    "is not": ("not_equals", True),
    "is": ("equals", True),
}
WORDS = {operator: words for words, (operator, _) in OPERATORS.items()} | {
    "less_than": "is less than", "greater_than": "is more than",
}  # fmt: skip
DAYS = ("today", "tomorrow", "yesterday")
CHOICES = ("select", "stage", "multi_select")
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,10})?")
QUOTED = re.compile(r'["“]((?:[^"“”]|"")*)["”]')
FOUND = re.compile(r"\s(" + "|".join(OPERATORS) + r")(?=\s|$)", re.IGNORECASE)


def read_conditions(text: str, module: Module, catalog: Catalog) -> dict[str, Any]:
    """The filter. Raises Unclear."""
    parts = [read_comparison(part, module, catalog) for part in split_outside_quotes(text, " and ")]
    return parts[0] if len(parts) == 1 else {"all": parts}


def split_outside_quotes(text: str, word: str) -> list[str]:
    """The parts between a word that does not stand in quotes."""
    masked = QUOTED.sub(lambda found: "\x00" * len(found[0]), text)
    places = [found.start() for found in re.finditer(re.escape(word), masked, re.IGNORECASE)]
    starts = [0, *(place + len(word) for place in places)]
    return [text[start:end] for start, end in zip(starts, [*places, len(text)], strict=True)]


def read_comparison(text: str, module: Module, catalog: Catalog) -> dict[str, Any]:
    """“Status is Sent”. Raises Unclear."""
    masked = QUOTED.sub(lambda found: "\x00" * len(found[0]), text)
    found = FOUND.search(masked)
    if found is None:
        example = f"{module.label}, if Status is “…”"
        raise Unclear(f"“{text.strip()}” is no condition.", f"Write it like this: {example}")
    path, field = read_path(text[: found.start()], module, catalog)
    operator, takes_value = OPERATORS[folded(found[1])]
    rest = text[found.end() :].strip()
    if not takes_value:
        if rest:
            raise Unclear(f"“{rest}” is too much after “{found[1]}”.")
        return {"field": path, "operator": operator}
    return {"field": path, "operator": operator, "value": read_value(rest, field)}


def read_path(text: str, module: Module, catalog: Catalog) -> tuple[str, Field]:
    """“Case → Case type” or "case.case_type": the path, and the field at its end. Raises Unclear."""
    keys: list[str] = []
    field: Field | None = None
    for part in re.split(r"\s*[→>.]\s*", text.strip()):
        if field is not None:
            target = catalog.modules.get(field.target or "")
            if target is None or target.system:
                raise Unclear(f"{field.label} leads to no other record.")
            module = target
        names = fields_by_name(module)
        known = (
            f"Fields of {module.label}: {listed(f.label for f in module.fields.values() if not f.system)}."
        )
        field = choose(part, names, f"field of {module.label}", others=known)
        keys.append(field.key)
    assert field is not None
    return ".".join(keys), field


def read_value(text: str, field: Field) -> Any:
    """A choice, a number, a day, or a text in quotes. Raises Unclear."""
    quoted = QUOTED.fullmatch(text)
    word = quoted[1].replace('""', '"') if quoted else text
    if not word and not quoted:
        raise Unclear(f"What is {field.label} compared with?", "Write a value after it.")
    if field.type in CHOICES:
        names = choice_names(field)
        return choose(word, names, f"choice of {field.label}", others=f"Choices: {listed(labels_of(field))}.")
    if field.type == "boolean":
        if folded(word) not in ("yes", "no", "true", "false"):
            raise Unclear(f"{field.label} is yes or no.", "Write yes or no.")
        return folded(word) in ("yes", "true")
    if not quoted and folded(word) in DAYS:
        return {"dynamic": folded(word)}
    if not quoted and NUMBER.fullmatch(word):
        number = Decimal(word)
        return int(number) if number == number.to_integral_value() and "." not in word else float(number)
    return word


def choice_names(field: Field) -> dict[str, str]:
    """What a person may write for each choice, in small letters → its key."""
    choices: list[dict[str, str]] = field.options.get("choices", [])
    return {folded(c["label"]): c["key"] for c in choices} | {folded(c["key"]): c["key"] for c in choices}


def labels_of(field: Field) -> list[str]:
    """What people read for each choice."""
    return [choice["label"] for choice in field.options.get("choices", [])]


# The other way -------------------------------------------------------------------------------------


class Unsayable(Exception):
    """What a planning sheet has no words for; the message says what."""


def write_conditions(condition: Any, module: Module, catalog: Catalog) -> str:
    """The words. Raises Unsayable."""
    return " and ".join(write_comparison(part, module, catalog) for part in parts_of(condition))


def parts_of(condition: Any) -> Iterator[dict[str, Any]]:
    """The comparisons that must all hold. Raises Unsayable for any other condition."""
    match condition:
        case {"all": list(parts), **rest} if not rest and parts:  # pyright: ignore[reportUnknownVariableType]
            yield from cast("list[dict[str, Any]]", parts)
        case {"field": _, "operator": _}:
            yield condition
        case _:
            raise Unsayable("its filter is more than comparisons that must all hold")


def write_comparison(part: dict[str, Any], module: Module, catalog: Catalog) -> str:
    """One comparison as a sheet says it. Raises Unsayable."""
    operator = part.get("operator")
    if operator not in WORDS or not isinstance(part.get("field"), str):
        raise Unsayable("its filter compares in a way that the sheet has no words for")
    names: list[str] = []
    field: Field | None = None
    for key in str(part["field"]).split("."):
        target = catalog.modules.get((field.target or "") if field else module.key)
        if target is None or key not in target.fields:
            raise Unsayable("its filter names a field that is not there")
        field = target.fields[key]
        names.append(called(field, fields_by_name(target)))
    assert field is not None
    words = f"{' → '.join(names)} {WORDS[operator]}"
    return words if part.get("value") is None else f"{words} {write_value(part['value'], field)}"


def write_value(value: Any, field: Field) -> str:
    """A value as a sheet says it. Raises Unsayable."""
    match value:
        case bool():
            return "yes" if value else "no"
        case {"dynamic": str(day)} if day in DAYS:
            return day
        case int() | float():
            text = f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
            return text if NUMBER.fullmatch(text) else quoted(text)
        case str() if field.type in CHOICES:
            label = next((c["label"] for c in field.options.get("choices", []) if c["key"] == value), "")
            plain = label and not RESERVED.search(label) and choice_names(field).get(folded(label)) == value
            return label if plain else quoted(value)
        case str():
            return quoted(value)
        case _:
            raise Unsayable("its filter compares with something that is no plain value")


def quoted(text: str) -> str:
    """A text in quotes. Raises Unsayable for one that would end them."""
    if "“" in text or "”" in text or "\n" in text:
        raise Unsayable("its filter compares with a text that cannot stand in quotes")
    return '"' + text.replace('"', '""') + '"'

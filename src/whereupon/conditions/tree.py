"""What a condition looks like as JSON: groups, comparisons, children, and the values compared with.

Wrong documents give Problems with JSON pointers, all at once, never pydantic's own text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from whereupon.errors import Invalid, Problem, did_you_mean

MOST_LEAVES = 200
MOST_LEVELS = 20
MOST_ITEMS = 1_000  # of a list compared with


class Part(BaseModel):
    """What all parts share: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FieldValue(Part):
    """Another field: of the record, of a linked one, or an earlier block's output."""

    field: str = Field(min_length=1, max_length=300, description="account.credit_limit")


class FormulaValue(Part):
    """What a formula gives."""

    formula: str = Field(min_length=1, description="ROUND(amount * 1.24, 2)")


class Offset(Part):
    """How far from now."""

    plus: int = Field(default=0, ge=-100_000, le=100_000)
    unit: Literal["minutes", "hours", "days", "weeks", "months", "years"] = "days"


class NowValue(Part):
    """This moment, or so long before or after it."""

    now: Offset


class TodayValue(Part):
    """Today in the workflow's time zone, or so many days, weeks, months or years from it."""

    today: Offset


class DynamicValue(Part):
    """A day or moment by its name."""

    dynamic: Literal["today", "tomorrow", "yesterday", "now"]


VALUE_PARTS: dict[str, type[Part]] = {
    "field": FieldValue,
    "formula": FormulaValue,
    "now": NowValue,
    "today": TodayValue,
    "dynamic": DynamicValue,
}


def _value_tag(value: Any) -> str | None:
    if isinstance(value, BaseModel):
        value = dict(value)
    if not isinstance(value, Mapping):
        return "<constant>"
    return next((f"<{k}>" for k in VALUE_PARTS if k in value), None)


Item = Annotated[
    Annotated[FieldValue, Tag("<field>")]
    | Annotated[FormulaValue, Tag("<formula>")]
    | Annotated[NowValue, Tag("<now>")]
    | Annotated[TodayValue, Tag("<today>")]
    | Annotated[DynamicValue, Tag("<dynamic>")]
    | Annotated[Any, Tag("<constant>")],
    Discriminator(_value_tag),
]
Value = Annotated[
    Annotated[Item, Tag("<one>")] | Annotated[list[Item], Tag("<list>")],
    Discriminator(lambda value: "<list>" if isinstance(value, list) else "<one>"),
]


class All(Part):
    """Every one of these holds."""

    all: list[Condition]


class AnyOf(Part):
    """At least one of these holds."""

    any: list[Condition]


class Not(Part):
    """This does not hold; a missing value counts as not held inside, so as held here."""

    negated: Condition = Field(alias="not")


class Comparison(Part):
    """A field, an operator and, for most operators, a value."""

    field: str = Field(min_length=1, max_length=300)
    operator: str
    value: Value = None


Aggregate = Literal["count", "sum", "min", "max", "average", "all", "any", "none"]


class Children(Part):
    """About the records that link here: how many, their sum, or whether all, any or none meet `where`."""

    children: str = Field(min_length=1, max_length=300, description="tasks.project, or a line-items field")
    aggregate: Aggregate
    where: Condition | None = None
    field: str | None = None
    operator: str | None = None
    value: Value = None


CONDITION_PARTS: dict[str, type[Part]] = {
    "all": All, "any": AnyOf, "not": Not, "children": Children, "field": Comparison,
}  # fmt: skip


def _condition_tag(value: Any) -> str | None:
    if isinstance(value, Part):
        return next(f"<{k}>" for k, part in CONDITION_PARTS.items() if isinstance(value, part))
    if not isinstance(value, Mapping):
        return None
    return next((f"<{k}>" for k in CONDITION_PARTS if k in value), None)


Condition = Annotated[
    Annotated[All, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[Not, Tag("<not>")]
    | Annotated[Children, Tag("<children>")]
    | Annotated[Comparison, Tag("<field>")],
    Discriminator(_condition_tag),
]
for _part in (All, AnyOf, Not, Children):
    _part.model_rebuild()

ConditionNode = All | AnyOf | Not | Children | Comparison
_conditions: TypeAdapter[ConditionNode] = TypeAdapter(Condition)
_values: TypeAdapter[Any] = TypeAdapter(Value)


def parse_condition(document: object) -> ConditionNode:
    """The tree of a JSON document; None and {} are the condition that always holds. Raises Invalid."""
    if isinstance(document, All | AnyOf | Not | Children | Comparison):
        return document
    if document is None or document == {}:
        return All(all=[])
    _check_size(document)
    try:
        return _conditions.validate_python(document)
    except ValidationError as error:
        raise _invalid(error, "condition") from None


def parse_value(document: object) -> Any:
    """FieldValue, FormulaValue and so on, or the constant itself. Raises Invalid."""
    if isinstance(document, BaseModel) or not isinstance(document, Mapping | list):
        return document
    _check_size(document)  # pyright: ignore[reportUnknownArgumentType]
    try:
        return _values.validate_python(document)
    except ValidationError as error:
        raise _invalid(error, "value") from None


def _check_size(document: object) -> None:
    """Refuse what is too deep or too big before anything walks it recursively."""
    leaves, pending = 0, [(document, 1)]
    while pending:
        part, level = pending.pop()
        if level > 2 * MOST_LEVELS + 6:  # a level of groups is an object and a list
            raise Invalid.of(Problem("too_deep", f"Conditions may be nested {MOST_LEVELS} levels deep."))
        if isinstance(part, Mapping):
            leaves += "operator" in part or "children" in part
            pending += [(v, level + 1) for v in part.values()]  # pyright: ignore[reportUnknownVariableType]
        elif isinstance(part, list | tuple):
            if len(part) > MOST_ITEMS:  # pyright: ignore[reportUnknownArgumentType]
                raise Invalid.of(Problem("too_many", f"A list may have {MOST_ITEMS:,} items."))
            pending += [(v, level + 1) for v in part]  # pyright: ignore[reportUnknownVariableType]
    if leaves > MOST_LEAVES:
        raise Invalid.of(
            Problem("too_many", f"A condition may have {MOST_LEAVES} comparisons, not {leaves}.")
        )


def _invalid(error: ValidationError, what: str) -> Invalid:
    problems = (_problem(e, what) for e in error.errors(include_url=False))
    return Invalid.of(*problems, what=f"The {what} is not valid.")


def _problem(error: ErrorDetails, what: str) -> Problem:
    """One pydantic error in our words, at a JSON pointer."""
    steps, part = _steps(error["loc"])
    path = "".join(f"/{str(s).replace('~', '~0').replace('/', '~1')}" for s in steps)
    match error["type"]:
        case "extra_forbidden":
            name = str(steps[-1])
            return Problem("unknown_key", f'"{name}" is not known here.', path, _known(name, part))
        case "union_tag_not_found":
            return _unrecognised(error["input"], path, what == "value" or "/value" in path)
        case "missing":
            return Problem("missing", f'"{steps[-1]}" is missing.', path)
        case "literal_error":
            expected = str(error.get("ctx", {}).get("expected", ""))
            names = expected.replace("'", "").replace(" or ", ", ").split(", ")
            message = f'"{error["input"]}" is not one of: {", ".join(names)}.'
            return Problem("unknown_word", message, path, did_you_mean(str(error["input"]), names))
        case _:
            return Problem("wrong_type", f"{error['msg'].rstrip('.')}.", path)


def _steps(location: tuple[int | str, ...]) -> tuple[list[int | str], type[Part] | None]:
    """The location without the union's tags, and the part that holds its last step."""
    steps: list[int | str] = []
    part: type[Part] | None = None
    in_value = False
    for step in location:
        if isinstance(step, str) and step.startswith("<") and step.endswith(">"):
            name = step.strip("<>")
            part = (VALUE_PARTS.get(name) if in_value else CONDITION_PARTS.get(name)) or part
        else:
            steps.append(step)
            in_value = step == "value" or (in_value and isinstance(step, int))
            part = Offset if step in ("now", "today") and len(steps) < len(location) else part
    return steps, part


def _known(key: str, part: type[Part] | None) -> str | None:
    names = [f.alias or name for name, f in part.model_fields.items()] if part else []
    return did_you_mean(key, names) or (f"Known here: {', '.join(names)}." if names else None)


def _unrecognised(given: object, path: str, is_value: bool) -> Problem:
    known = list(VALUE_PARTS if is_value else CONDITION_PARTS)
    keys = [str(k) for k in given] if isinstance(given, Mapping) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    near = next((s for k in keys if (s := did_you_mean(k, known))), None)
    what = "a value" if is_value else "a condition"
    return Problem("unknown_shape", f"This is not {what}: it has none of {', '.join(known)}.", path, near)

"""How a module is described from outside: by the API, by a pack, in a file. The same words for all."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.modules import catalog
from whereupon.modules.names import shown

M = TypeVar("M", bound=BaseModel)


class Definition(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FieldIn(Definition):
    """A field to make. `options` are those of its type (field_types.FIELD_TYPES)."""

    key: str = Field(description="Name in formulas, in the API and in the table: a-z, 0-9 and _.")
    type: str
    label: str = Field(default="", max_length=200, description="What people see; none: made from the key.")
    description: str = Field(default="", max_length=5000)
    required: bool = False
    unique: bool = False
    indexed: bool = Field(default=False, description="Fast to search by.")
    options: dict[str, Any] = Field(default_factory=dict)


class ModuleIn(Definition):
    """A module to make, with its fields."""

    key: str = Field(description="Name in the API and of the table: a-z, 0-9 and _.")
    label: str = Field(
        default="", max_length=200, description="What people see, for one; none: made from the key."
    )
    label_plural: str = Field(default="", max_length=200, description="What people see, for many.")
    description: str = Field(default="", max_length=5000)
    title_field: str | None = Field(
        default=None, description="What names a record; none: the first text field."
    )
    owner_field: str | None = Field(default=None, description="The user field that says whose record it is.")
    fields: list[FieldIn] = Field(default_factory=list[FieldIn], max_length=1000)


class FieldChange(Definition):
    """What to change of a field; what is left out stays. `options` are merged, null takes one away."""

    key: str | None = None
    type: str | None = None
    label: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=5000)
    required: bool | None = None
    unique: bool | None = None
    indexed: bool | None = None
    position: int | None = Field(default=None, ge=0, le=100_000)
    options: dict[str, Any] | None = None


class ModuleChange(Definition):
    """What to change of a module; what is left out stays."""

    key: str | None = None
    label: str | None = Field(default=None, min_length=1, max_length=200)
    label_plural: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=5000)
    title_field: str | None = None
    owner_field: str | None = None


def read_definition(model: type[M], data: Any, path: str = "") -> M:
    """The model made from JSON. Raises Invalid naming every wrong place."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid.of(*problems_of(error, model, path)) from None


def problems_of(error: ValidationError, model: type[BaseModel], path: str = "") -> list[Problem]:
    """Pydantic's findings as ours, with the nearest known key for each unknown one."""
    problems: list[Problem] = []
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        pointer = path + "".join(f"/{part}" for part in found["loc"])
        if found["type"] == "extra_forbidden":
            word = str(found["loc"][-1])
            known = model.model_fields if len(found["loc"]) == 1 else FieldIn.model_fields
            told = f'There is no "{shown(word)}" here.'
            problems.append(Problem("unknown_key", told, pointer, did_you_mean(word, known)))
        else:
            told = found["msg"].removeprefix("Value error, ")
            problems.append(Problem(found["type"], f"{told}.", pointer))
    return problems


def describe(module: catalog.Module) -> dict[str, Any]:
    """A module as JSON, for the API: everything that one may know of it."""
    return {
        "id": module.id,
        "key": module.key,
        "label": module.label,
        "label_plural": module.label_plural,
        "description": module.description,
        "table": f"{module.schema}.{module.table}",
        "key_columns": list(module.key_columns),
        "attached": module.attached,
        "read_only": module.read_only,
        "system": module.system,
        "captured": module.captured,
        "title_field": module.title_field,
        "owner_field": module.owner_field,
        "parent_field": module.parent_field,
        "fields": [describe_field(field) for field in module.fields.values()],
    }


def describe_field(field: catalog.Field) -> dict[str, Any]:
    """A field as JSON, for the API."""
    return {
        "key": field.key,
        "label": field.label,
        "description": field.description,
        "type": field.type,
        "required": field.required,
        "unique": field.unique,
        "indexed": field.indexed,
        "read_only": field.read_only,
        "system": field.system,
        "position": field.position,
        "options": dict(field.options),
    }

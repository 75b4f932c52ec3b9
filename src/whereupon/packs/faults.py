"""What does not fit the shape of a file, in words, with the nearest key for one that is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from whereupon.errors import Problem, did_you_mean


def faults_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Every finding, each with its place."""
    return [
        fault_of(found["type"], found["msg"], found["loc"], model)
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def fault_of(kind: str, told: str, place: Sequence[int | str], model: type[BaseModel]) -> Problem:
    pointer = "".join(f"/{part}" for part in place)
    name = str(place[-1]) if place else ""
    if kind == "extra_forbidden":
        near = did_you_mean(name, keys_at(model, place[:-1]))
        return Problem("unknown_key", f'There is no "{name[:60]}" here.', pointer, near)
    if kind == "missing":
        return Problem("missing", f'"{name}" is missing.', pointer)
    return Problem(kind, f"{told.removeprefix('Value error, ')}.", pointer)


def keys_at(annotation: Any, place: Sequence[int | str]) -> set[str]:
    """The keys that a model has at a place inside it, as far as its annotations tell.

    >>> from whereupon.modules.definitions import ModuleIn
    >>> "required" in keys_at(ModuleIn, ["fields", 3]), "title_field" in keys_at(ModuleIn, [])
    (True, True)
    """
    models = set(models_in(annotation))
    names = [part for part in place if isinstance(part, str)]
    if not names:
        return {info.alias or key for one in models for key, info in one.model_fields.items()}
    found: set[str] = set()
    for one in models:
        for key, info in one.model_fields.items():
            if names[0] in (key, info.alias):
                found |= keys_at(info.annotation, names[1:])
    return found


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names: in a list, as one of several."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)

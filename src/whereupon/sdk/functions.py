"""Functions of the integrator: Python that a workflow calls, declared with `@whereupon.function` (D13).

    @whereupon.function("Shipping cost", description="Asks the carrier what a parcel costs.")
    async def shipping_cost(ctx: whereupon.Context, weight: Decimal, express: bool = False) -> Decimal: ...

What the function says of itself becomes a block: its name the palette entry, its parameters the form, what
it returns the outputs. `whereupon.sdk.function_block` makes it, from an entry point `whereupon.functions`.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from whereupon.conditions.values import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    JSON,
    TEXT,
    TEXT_LIST,
    ValueType,
)

F = TypeVar("F", bound=Callable[..., Any])
DECLARED = "__whereupon_function__"
NAME = re.compile(r"[a-z][a-z0-9_]{0,50}", re.ASCII)
# What a parameter or a result may be, and what that is for a workflow.
KINDS: Mapping[Any, ValueType] = {
    str: TEXT, int: INTEGER, float: DECIMAL, Decimal: DECIMAL, bool: BOOLEAN, date: DATE, datetime: DATETIME,
    list[str]: TEXT_LIST, dict: JSON, list: JSON, Any: JSON,
}  # fmt: skip


class Failed(Exception):
    """Raised by a function that could not do its work: the run's step fails with this message."""

    def __init__(self, message: str, code: str = "failed", suggestion: str | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.suggestion = message, code, suggestion


class TryAgain(Exception):
    """Raised by a function whose other side is not there now: it is called again, with the same key."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.message, self.after = message, after


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `kind` None: not computed from the record, but written into the form (a choice)."""

    name: str
    annotation: Any
    kind: ValueType | None
    info: FieldInfo | None
    default: Any = inspect.Parameter.empty

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def title(self) -> str:
        return (self.info and self.info.title) or self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Declared:
    """A function as it was declared. `context`: the parameter that gets the context, if it wants one."""

    call: Callable[..., Any]
    name: str
    label: str
    description: str
    group: str
    icon: str
    seconds: float
    attempts: int
    context: str | None
    parameters: tuple[Parameter, ...]
    returns: Any
    outputs: Mapping[str, ValueType]

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.call)


def function(
    label: str,
    *,
    description: str = "",
    group: str = "Functions",
    icon: str = "function",
    name: str | None = None,
    seconds: float = 30.0,
    attempts: int = 1,
) -> Callable[[F], F]:
    """Offer a function to workflows. It stays the function that it was.

    `label`, `description`, `group`, `icon`: as the editor's palette shows it. `name`: what workflows call
    it by, for ever; by default the function's own name. `seconds`: after which a call counts as failed.
    `attempts`: how often it is called in all when it raises TryAgain. Raises TypeError for parameters or
    results of other types than KINDS, Literal and, as a result, a class of such fields.
    """

    def declare(call: F) -> F:
        setattr(call, DECLARED, _declared(call, label, description, group, icon, name, seconds, attempts))
        return call

    return declare


def declared(call: Any) -> Declared | None:
    """What a function was declared as; None for one that was not."""
    found = getattr(call, DECLARED, None)
    return found if isinstance(found, Declared) else None


def _declared(
    call: Callable[..., Any], label: str, description: str, group: str, icon: str, name: str | None,
    seconds: float, attempts: int,
) -> Declared:  # fmt: skip
    key = name or getattr(call, "__name__", "")
    if not NAME.fullmatch(key):
        raise TypeError(f'"{key}" is no name for a function: small letters, digits and _ only.')
    hints = typing.get_type_hints(call, include_extras=True)
    given = list(inspect.signature(call).parameters.values())
    context = given[0].name if given and _is_context(given[0], hints) else None
    parameters = tuple(_parameter(key, one, hints) for one in given if one.name != context)
    returns = hints.get("return", type(None))
    about = description or inspect.getdoc(call) or label
    return Declared(
        call, key, label, about.strip(), group, icon, seconds, max(1, attempts), context, parameters, returns,
        _outputs(key, returns),
    )  # fmt: skip


def _is_context(one: inspect.Parameter, hints: Mapping[str, Any]) -> bool:
    from whereupon.sdk.function_context import Context, SyncContext

    return hints.get(one.name) in (Context, SyncContext) or (one.name == "ctx" and one.name not in hints)


def _parameter(function: str, one: inspect.Parameter, hints: Mapping[str, Any]) -> Parameter:
    if one.kind not in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY):
        raise TypeError(f"{function}: *{one.name} cannot be asked for in a form.")
    if one.name not in hints:
        raise TypeError(f"{function}: the parameter {one.name} has no annotation.")
    annotation = hints[one.name]
    infos = [part for part in getattr(annotation, "__metadata__", ()) if isinstance(part, FieldInfo)]
    plain = bare(annotation)
    kind = None if get_origin(plain) is Literal else _kind(plain)
    if kind is None and get_origin(plain) is not Literal:
        raise TypeError(f"{function}: {one.name} is a {plain}, which no field of a record is.")
    return Parameter(one.name, annotation, kind, infos[0] if infos else None, one.default)


def bare(annotation: Any) -> Any:
    """The type itself: without Annotated, and without "or None"."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    others = [part for part in get_args(annotation) if part is not type(None)]
    is_optional = type(None) in get_args(annotation)
    return bare(others[0]) if is_optional and len(others) == 1 else annotation


def _kind(plain: Any) -> ValueType | None:
    if get_origin(plain) is list and get_args(plain) == (str,):
        return TEXT_LIST
    origin = get_origin(plain)
    if origin in (dict, list):
        return JSON
    try:
        return KINDS.get(plain)
    except TypeError:
        return None


def _outputs(function: str, returns: Any) -> Mapping[str, ValueType]:
    """What later blocks can use: the fields of a class, or one value named "result"."""
    plain = bare(returns)
    if plain in (None, type(None)):
        return {}
    if (fields := _fields_of(plain)) is not None:
        return {name: _kind(bare(kind)) or JSON for name, kind in fields.items()}
    if get_origin(plain) is Literal:
        return {"result": TEXT}
    if (kind := _kind(plain)) is None:
        raise TypeError(f"{function} returns a {plain}, which later blocks could not use.")
    return {"result": kind}


def _fields_of(plain: Any) -> dict[str, Any] | None:
    """The fields of a TypedDict, a dataclass, a NamedTuple or a pydantic model; None for anything else."""
    if not isinstance(plain, type):
        return None
    if issubclass(plain, BaseModel):
        return _model_fields(plain)
    kind = cast(Any, plain)
    has_fields = dataclasses.is_dataclass(kind) or typing.is_typeddict(kind) or hasattr(kind, "_fields")
    return typing.get_type_hints(kind) if has_fields else None


def _model_fields(plain: type[BaseModel]) -> dict[str, Any]:
    return {name: field.annotation for name, field in plain.model_fields.items()}


def as_outputs(found: Declared, returned: Any) -> dict[str, Any]:
    """What a call returned, as JSON by output. Raises pydantic's ValidationError."""
    if not found.outputs:
        return {}
    adapter: TypeAdapter[Any] = TypeAdapter(found.returns)
    kept = adapter.dump_python(adapter.validate_python(returned), mode="json")
    if _fields_of(bare(found.returns)) is None:
        return {"result": kept}
    if isinstance(kept, (list, tuple)):  # a NamedTuple
        return dict(zip(found.outputs, kept, strict=True))  # pyright: ignore[reportUnknownArgumentType]
    return dict.fromkeys(found.outputs) | dict(kept or {})

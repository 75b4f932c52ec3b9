"""What somebody sent for a record, checked whole before anything is written: every wrong field at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from whereupon.errors import Invalid, Problem, Refused, did_you_mean
from whereupon.modules.catalog import Catalog, Field, Module
from whereupon.modules.field_types import BadValue, accept_value, named
from whereupon.modules.names import shown
from whereupon.people.rights import Rights
from whereupon.records.keys import fits_key

Action = Literal["create", "update"]
MOST_LINES = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One line item: `id` names an existing line, None makes a new one."""

    id: str | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Values for asyncpg by field key, and lines by the key of their field."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    lines: dict[str, list[Line]] = field(default_factory=dict[str, list[Line]])


def accept(
    catalog: Catalog, module: Module, data: Any, rights: Rights, action: Action, path: str = ""
) -> Accepted:
    """Raises Refused when the user may not write this, Invalid naming every wrong field by JSON pointer."""
    refuse_read_only(module)
    rights.require(action, module.key)
    accepted, problems = Accepted(), list[Problem]()
    if not isinstance(data, dict):
        raise Invalid.of(Problem("wrong_type", f"An object is expected, not {named(data)}.", path))
    sent = cast("dict[str, Any]", data)
    for key, value in sent.items():
        problems += accept_one(
            catalog, module, key, value, rights, action, accepted, f"{path}/{pointer(key)}"
        )
    problems += missing(module, sent, action, path)
    if problems:
        raise Invalid.of(*problems)
    rights.require(action, module.key, fields=sent)
    return accepted


def accept_one(
    catalog: Catalog,
    module: Module,
    key: str,
    value: Any,
    rights: Rights,
    action: Action,
    into: Accepted,
    path: str,
) -> Iterator[Problem]:
    """One field's value, put where it belongs, or its problems."""
    found = module.fields.get(key)
    if found is None:
        told = f'{module.label} has no field "{shown(key)}".'
        yield Problem("unknown_field", told, path, did_you_mean(key, module.fields))
    elif found.read_only:
        told = f"{found.label} is set by the system and cannot be written."
        yield Problem("read_only", told, path, "Leave it out.")
    elif found.type == "line_items":
        yield from accept_lines(catalog, found, value, rights, action, into, path)
    else:
        try:
            into.values[key] = accept_value(found, value)
        except BadValue as bad:
            yield bad.at(path)
        else:
            yield from check_accepted(catalog, found, into.values[key], path)


def check_accepted(catalog: Catalog, found: Field, value: Any, path: str) -> Iterator[Problem]:
    """What the value alone cannot tell: whether it must be there, whether such a record can exist."""
    if value is None and found.required:
        yield Problem("required", f"{found.label} must have a value.", path)
    if value is not None and found.type == "reference":
        target = catalog.module(found.options["target"])
        if not fits_key(target.key_type, str(value)):
            told = f'{found.label}: there is no {target.label.lower()} "{shown(str(value))}".'
            yield Problem("no_such_record", told, path)


def accept_lines(
    catalog: Catalog, found: Field, value: Any, rights: Rights, action: Action, into: Accepted, path: str
) -> Iterator[Problem]:
    child = catalog.module(found.options["target"])
    if not isinstance(value, list):
        yield Problem("wrong_type", f"A list of lines is expected, not {named(value)}.", path)
        return
    lines = cast("list[Any]", value)
    if len(lines) > MOST_LINES:
        yield Problem("too_many", f"{len(lines):,} lines are too many; {MOST_LINES:,} are allowed.", path)
        return
    into.lines[found.key] = []
    for index, line in enumerate(lines):
        try:
            into.lines[found.key].append(accept_line(catalog, child, line, rights, action, f"{path}/{index}"))
        except Invalid as invalid:
            yield from invalid.problems


def accept_line(
    catalog: Catalog, child: Module, line: Any, rights: Rights, action: Action, path: str
) -> Line:
    """A line with an id changes that line; only an update may name one."""
    if not isinstance(line, dict):
        raise Invalid.of(Problem("wrong_type", f"An object is expected, not {named(line)}.", path))
    sent = dict(cast("dict[str, Any]", line))
    id = sent.pop("id", None)
    if id is not None and action == "create":
        told = "A line of a new record has no id yet."
        raise Invalid.of(Problem("read_only", told, f"{path}/id", "Leave it out."))
    if child.parent_field in sent:
        told = "Which record a line belongs to is given by where it stands."
        raise Invalid.of(Problem("read_only", told, f"{path}/{child.parent_field}", "Leave it out."))
    here: Action = "create" if id is None else "update"
    accepted = accept(catalog, child, sent, rights, here, path)
    return Line(None if id is None else str(id), accepted.values)


def missing(module: Module, sent: Mapping[str, Any], action: Action, path: str) -> Iterator[Problem]:
    """Required fields that a new record does not name, and that have no default."""
    if action == "create":
        for found in module.fields.values():
            if must_be_sent(found) and found.key not in sent and found.key != module.parent_field:
                told = f"{found.label} must have a value."
                yield Problem("required", told, f"{path}/{found.key}")


def must_be_sent(found: Field) -> bool:
    """Whether a new record needs the field in what is sent for it."""
    has_default = found.options.get("default") is not None or found.options.get("has_default")
    return found.required and not found.read_only and not has_default


def refuse_read_only(module: Module) -> None:
    """Raises Refused when nobody can write to the module."""
    if module.read_only:
        reason = "its key has several columns" if len(module.key_columns) > 1 else "it is managed elsewhere"
        raise Refused(f"{module.label_plural} can only be read here: {reason}.")


def pointer(key: str) -> str:
    """A key as part of a JSON pointer (RFC 6901).

    >>> pointer("a/b~c")
    'a~1b~0c'
    """
    return shown(key).replace("~", "~0").replace("/", "~1")

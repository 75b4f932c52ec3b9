"""Computed values are held to what a form is held to: an address is an address, HTML is cleaned.

Most values need no second look: their types fit, and the table's own constraints stand behind them. Those of
a few field types do; they are computed first, looked at as the API looks at what people send, and written as
they were accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whereupon.conditions.tree import parse_value
from whereupon.conditions.values import Scope
from whereupon.errors import Invalid
from whereupon.modules.catalog import Field
from whereupon.modules.field_types import BadValue, accept_value
from whereupon.records.documents import load, readable
from whereupon.sdk.block import Batch

CHECKED = frozenset({"email", "phone", "url", "rich_text", "file"})
WRITTEN_OUT = frozenset({"email", "phone", "url", "rich_text", "text", "long_text"})


def accepted_constant(field: Field, value: Any) -> Any:
    """A value that is written out in the configuration, as it will be stored. Raises Invalid."""
    if field.type not in WRITTEN_OUT or not isinstance(value, str) or value == "":
        return value
    try:
        return accept_value(field, value)
    except BadValue as bad:
        raise Invalid.of(bad.at("")) from None


def needs_a_look(field: Field, value: Any, scope: Scope) -> bool:
    """Whether the value is known only when it is computed, and its type alone does not make it right."""
    if field.type not in CHECKED or value is None:
        return False
    return field.type == "file" or not isinstance(parse_value(value), str)


@dataclass(frozen=True, slots=True)
class Looked:
    """The values, one list for each field, and what is wrong, by the number of the row."""

    columns: Sequence[Sequence[str | None]]
    problems: Mapping[int, str]


async def look_at(batch: Batch, fields: Sequence[Field], rows: Sequence[Sequence[str | None]]) -> Looked:
    """Each row has one text for each of the fields, as it was computed."""
    problems: dict[int, str] = {}
    accepted = [list[str | None]() for _ in fields]
    for number, row in enumerate(rows):
        for field, value, column in zip(fields, row, accepted, strict=True):
            kept, wrong = _accept(field, value)
            column.append(kept)
            if wrong is not None:
                problems.setdefault(number, f"{field.label}: {wrong}")
    for field, column in zip(fields, accepted, strict=True):
        if field.type == "file":
            problems = {**await _strange_documents(batch, field, column), **problems}
    return Looked(accepted, problems)


def _accept(field: Field, value: str | None) -> tuple[str | None, str | None]:
    """The value as it is stored, or what is wrong with it."""
    try:
        accepted = accept_value(field, value)
    except BadValue as bad:
        return None, bad.message
    return None if accepted is None else str(accepted), None


async def _strange_documents(batch: Batch, field: Field, column: Sequence[str | None]) -> dict[int, str]:
    """A workflow hands on no document that its publisher may not read."""
    wanted = {int(value) for value in column if value is not None}
    documents = await load(batch.db, sorted(wanted)) if wanted else []
    known = await readable(batch.db, batch.place.catalog, documents, batch.rights)
    return {
        number: f"{field.label}: There is no document {value}."
        for number, value in enumerate(column)
        if value is not None and int(value) not in known
    }

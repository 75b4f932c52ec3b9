"""What a request or a document says of a record: the record with all its fields, or values by name.

Only fields that the run's principal may read (rule 28), as the API shows them to that user.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal, cast
from urllib.parse import urlencode

import orjson

from whereupon.conditions.expressions import check_value, compile_value
from whereupon.conditions.values import Scope
from whereupon.errors import Problem
from whereupon.modules.catalog import Field, Module, quote
from whereupon.modules.field_types import show_number
from whereupon.records.read import visible
from whereupon.records.statements import Shown, shown_field, shown_fields
from whereupon.sdk.block import Batch
from whereupon.sdk.texts import is_text
from whereupon.sdk.writing import own_sql

Body = Literal["record", "json", "form", "text", "none"]
MOST_LINES = 1_000  # of one record
CONTENT_TYPES = {
    "record": "application/json", "json": "application/json", "form": "application/x-www-form-urlencoded"
}  # fmt: skip


def check_body(kind: Body, values: Mapping[str, Any], scope: Scope) -> list[Problem]:
    """What is wrong with what is to be said."""
    if kind in ("text", "none"):
        return []
    found = [
        problem
        for name, value in values.items()
        if not is_text(value)
        for problem in check_value(value, scope, path=f"/values/{name}")
    ]
    if kind == "record" and scope.module is None:
        told = "The workflow is about no record, so there is none to send."
        found.append(Problem("no_record", told, "/body", "Choose values instead."))
    return found + _check_names(values)


def _check_names(values: Mapping[str, Any]) -> list[Problem]:
    """A name must not be a value and the beginning of others at once."""
    found = list[Problem]()
    for name in values:
        parts = name.split(".")
        above = [".".join(parts[:i]) for i in range(1, len(parts))]
        if not all(parts) or len(parts) > 20:
            found.append(
                Problem("bad_name", f'"{name}" is no name.', f"/values/{name}", "Write it like a.b.")
            )
        elif taken := next((one for one in above if one in values), None):
            told = f'"{taken}" is a value already, so "{name}" cannot be inside it.'
            found.append(Problem("bad_name", told, f"/values/{name}"))
    return found


def reads_of_body(kind: Body, values: Mapping[str, Any], scope: Scope) -> frozenset[str]:
    """Of the whole record only that it is read: which fields, is known when it is."""
    if kind in ("text", "none"):
        return frozenset()
    own = {scope.module.key} if kind == "record" and scope.module else set[str]()
    known = [compile_value(value, scope).reads for value in values.values() if not is_text(value)]
    return frozenset(own).union(*known)


async def write_bodies(
    batch: Batch, kind: Body, values: Mapping[str, Any], texts: Mapping[int, Mapping[str, str]]
) -> dict[int, tuple[str, str]]:
    """Run → what is sent and its content type. `texts`: the values with variables, as "/values/name"."""
    if kind in ("text", "none"):
        return {}
    given = await _values(batch, values)
    records = await record_values(batch) if kind == "record" else {}
    module = batch.place.module
    found: dict[int, tuple[str, str]] = {}
    for run in batch.runs:
        said = {name: texts[run.id].get(f"/values/{name}", given[run.id].get(name)) for name in values}
        if kind == "form":
            found[run.id] = (urlencode(_pairs(said)), CONTENT_TYPES[kind])
            continue
        document: dict[str, Any] = {}
        if kind == "record":
            document = {"type": module.key if module else None, "record": records.get(run.id)}
        for name, value in said.items():
            _put(document, name, value)
        found[run.id] = (orjson.dumps(document).decode(), CONTENT_TYPES[kind])
    return found


async def _values(batch: Batch, values: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    computed = {name: value for name, value in values.items() if not is_text(value)}
    if not computed:
        return {run.id: {} for run in batch.runs}
    scope = batch.place.scope
    sql = batch.place.once(
        "values", lambda: {f"v{i}": compile_value(v, scope).sql for i, v in enumerate(computed.values())}
    )
    rows = await batch.rows(sql)
    return {
        run: {name: as_json(row[f"v{i}"]) for i, name in enumerate(computed)} for run, row in rows.items()
    }


async def record_values(batch: Batch) -> dict[int, dict[str, Any]]:
    """Run → its record with all fields that the principal may read, line items included."""
    module, catalog = batch.place.module, batch.place.catalog
    if module is None:
        return {}
    keys = visible(module, batch.rights)
    shown = batch.place.once(f"record {keys}", lambda: shown_fields(catalog, module, keys))
    columns = {"key": module.key_sql("n"), **{f"f{i}": one.sql for i, one in enumerate(shown)}}
    found: dict[int, dict[str, Any]] = {}
    for run, row in (await batch.rows(columns)).items():
        values = {one.key: one.show(row[f"f{i}"]) for i, one in enumerate(shown)}
        found[run] = {"id": row["key"]} | values
    for field in (module.fields[key] for key in keys):
        if field.type == "line_items":
            lines = await _lines(batch, module, field)
            for run, values in found.items():
                values[field.key] = lines.get(run, [])
    return found


async def _lines(batch: Batch, module: Module, field: Field) -> dict[int, list[dict[str, Any]]]:
    """Run → the line items of its record, in their order."""
    catalog = batch.place.catalog
    child = catalog.module(field.options["target"])
    link = child.fields[child.parent_field or ""]
    keys = tuple(key for key in visible(child, batch.rights) if key != link.key)
    if not keys:
        return {}
    shown: list[Shown] = [
        shown_field(catalog, child, f, "l") for key in keys if (f := child.fields[key]).type != "line_items"
    ]
    allowed = own_sql(batch, "read", child, "l") if child.owner_field else "true"
    order = 'l."position" NULLS LAST, ' if "position" in child.fields else ""
    columns = "".join(f", {one.sql} AS f{i}" for i, one in enumerate(shown))
    rows = await batch.db.fetch(
        f"SELECT * FROM (SELECT r.id AS run_id{columns}, "
        f"row_number() OVER (PARTITION BY r.id ORDER BY {order}l.{quote(child.key_column)}) AS nr "
        f"FROM {batch.place.source} JOIN {child.sql} l "
        f"ON l.{quote(link.column or '')} = n.{quote(module.key_column)} WHERE {allowed}) m "
        f"WHERE m.nr <= {MOST_LINES} ORDER BY m.run_id, m.nr",
        batch.ids,
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        line = {one.key: one.show(row[f"f{i}"]) for i, one in enumerate(shown)}
        found.setdefault(row["run_id"], []).append(line)
    return found


def as_json(value: Any) -> Any:
    """A value of the database as JSON has it.

    >>> as_json(Decimal("1.50")), as_json(date(2026, 1, 2)), as_json([1])
    (1.5, '2026-01-02', [1])
    """
    match value:
        case Decimal():
            return show_number(value)
        case datetime() | date() | time():
            return value.isoformat()
        case None | bool() | int() | float() | str() | list() | dict():
            return cast(Any, value)
        case _:
            return str(value)


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields of a form; of a list each value for itself.

    >>> _pairs({"a": [1, True], "b": None})
    [('a', '1'), ('a', 'true'), ('b', '')]
    """
    found: list[tuple[str, str]] = []
    for name, value in values.items():
        each = cast(list[Any], value) if isinstance(value, list) else [value]
        found += [(name, _written(one)) for one in each]
    return found


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _put(document: dict[str, Any], name: str, value: Any) -> None:
    """Set "customer.name" as the name inside customer."""
    *above, last = name.split(".")
    for part in above:
        below = document.setdefault(part, {})
        if not isinstance(below, dict):
            below = document[part] = {}
        document = cast(dict[str, Any], below)
    document[last] = value

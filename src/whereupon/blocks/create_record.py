"""D6: creates a record in any module, with a field mapping, and with line items copied from this record's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import asyncpg
import orjson
from pydantic import Field

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.tree import Condition, Value
from whereupon.conditions.values import TEXT, Scope, literal, type_of_field
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.catalog import Module, quote
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Outcome
from whereupon.sdk.writing import (
    Assignment,
    check_assignments,
    column_type,
    compile_assignments,
    context_sql,
    image_sql,
    reads_of_assignments,
)


class LinesConfig(Config):
    """Line items of the new record, one for each line of this record."""

    source: Annotated[str, Shown("field", types=["line_items"])] = Field(
        alias="from", title="Lines of this record", description="The line-items field of this record."
    )
    to: Annotated[str, Shown("field", module=["../module"], types=["line_items"])] = Field(
        title="Become lines in", description="The line-items field of the new record."
    )
    where: Annotated[Condition | None, Shown("condition", module=["from"])] = Field(
        None, title="Only lines where", description="Only the lines for which this holds."
    )
    set: Annotated[dict[str, Value], Shown("assignments", module=["to"], values=["from"])] = Field(
        min_length=1,
        max_length=100,
        title="Values of each new line",
        description="What each field of the new line gets, computed from the old line.",
    )


class CreateConfig(Config):
    """What is created."""

    module: Annotated[str, Shown("module")] = Field(
        title="Create a record in", description="The module of the new record."
    )
    set: Annotated[dict[str, Value], Shown("assignments", module=["module"])] = Field(
        default_factory=dict,
        max_length=500,
        title="Values",
        description="What each field gets, computed from this record.",
    )
    lines: Annotated[list[LinesConfig], Shown(advanced=True)] = Field(
        default_factory=list[LinesConfig],
        max_length=10,
        title="Copy line items",
        description="Line items of the new record, made from line items of this one.",
    )


class CreateRecord(Block[CreateConfig]):
    """The new record is a change like any other, and knows which run made it."""

    key = "create_record"
    label = "Create record"
    group = "Records"
    icon = "file-plus"
    description = "Creates a record in any module, with values from this record, line items included."
    Config = CreateConfig
    outputs: ClassVar = {"id": TEXT}
    examples = ({"module": "items", "set": {"name": "Call back"}},)

    def check(self, config: CreateConfig, scope: Scope) -> list[Problem]:
        try:
            module = _module(config.module, scope)
        except Invalid as error:
            return list(error.problems)
        found = check_assignments(config.set, module, scope, "/set") + _missing(config, module)
        for index, lines in enumerate(config.lines):
            found += [problem.under(f"/lines/{index}") for problem in _check_lines(lines, module, scope)]
        return found

    def describe(self, config: CreateConfig, scope: Scope) -> str:
        module = scope.catalog.modules.get(config.module)
        lines = ", with its line items" if config.lines else ""
        return f"Create a record in {module.label_plural if module else config.module}{lines}"

    def reads(self, config: CreateConfig, scope: Scope) -> frozenset[str]:
        module = _module(config.module, scope)
        found = reads_of_assignments(config.set, module, scope)
        for lines in config.lines:
            old, new = _line_modules(lines, module, scope)
            inner = _line_scope(old, scope)
            found |= reads_of_assignments(lines.set, new, inner) | {f"{old.key}.{old.parent_field}"}
            found |= fields_read(lines.where, inner) if lines.where is not None else frozenset()
        return found

    def writes(self, config: CreateConfig, scope: Scope) -> frozenset[str]:
        module = _module(config.module, scope)
        made = [(module.key, config.set)]
        made += [(_line_modules(lines, module, scope)[1].key, lines.set) for lines in config.lines]
        return frozenset(name for key, set_ in made for name in (key, *(f"{key}.{field}" for field in set_)))

    async def run_batch(self, config: CreateConfig, batch: Batch) -> list[Outcome]:
        scope = batch.place.scope
        module = _module(config.module, scope)
        batch.rights.require("create", module.key, config.set)
        sql = batch.place.once(
            "insert", lambda: _insert_sql(batch, module, compile_assignments(config.set, module, scope))
        )
        rows = {row["run_id"]: row for row in await batch.db.fetch(sql, batch.ids)}
        created = [(run, row["key"]) for run, row in rows.items()]
        counts = [
            await _copy_lines(batch, lines, index, module, created)
            for index, lines in enumerate(config.lines)
        ]
        return [
            _outcome(module, rows[run.id], sum(count.get(run.id, 0) for count in counts))
            for run in batch.runs
        ]


def _missing(config: CreateConfig, module: Module) -> list[Problem]:
    """Required fields that get no value and have no default."""
    return [
        Problem(
            "missing",
            f'"{field.label}" of {module.label} is required.',
            "/set",
            f'Give "{field.key}" a value.',
        )
        for field in module.fields.values()
        if field.required and field.key not in config.set and _must_be_given(field)
    ]


def _must_be_given(field: ModuleField) -> bool:
    has_own = (
        field.type in ("auto_number", "formula", "line_items") or field.options.get("default") is not None
    )
    return not (field.read_only or field.system or has_own)


def _module(key: str, scope: Scope) -> Module:
    module = scope.catalog.modules.get(key)
    if module is None:
        near = did_you_mean(key, scope.catalog.modules)
        raise Invalid.of(Problem("unknown_module", f'There is no module "{key}".', "/module", near))
    if module.read_only:
        raise Invalid.of(Problem("read_only", f"{module.label_plural} are read-only.", "/module"))
    return module


def _line_modules(lines: LinesConfig, module: Module, scope: Scope) -> tuple[Module, Module]:
    """The modules of the old and the new lines. Raises Invalid."""
    if scope.module is None:
        raise Invalid.of(Problem("no_record", "There is no record to take lines from.", "/from"))
    return _lines_of(scope.module, lines.source, scope, "/from"), _lines_of(module, lines.to, scope, "/to")


def _lines_of(module: Module, key: str, scope: Scope, at: str) -> Module:
    field = module.fields.get(key)
    if field is None or field.type != "line_items":
        known = [f.key for f in module.fields.values() if f.type == "line_items"]
        advice = did_you_mean(key, known) or (f"It has: {', '.join(known)}." if known else None)
        raise Invalid.of(Problem("unknown_field", f'{module.label} has no line items "{key}".', at, advice))
    return scope.catalog.modules[field.target or ""]


def _line_scope(old: Module, scope: Scope) -> Scope:
    return Scope(
        catalog=scope.catalog, module=old, row="l", user=scope.user, time_zone=scope.time_zone,
        outputs=scope.outputs, data=scope.data,
    )  # fmt: skip


def _check_lines(lines: LinesConfig, module: Module, scope: Scope) -> list[Problem]:
    try:
        old, new = _line_modules(lines, module, scope)
    except Invalid as error:
        return list(error.problems)
    inner = _line_scope(old, scope)
    where = check_condition(lines.where, inner, "/where") if lines.where is not None else []
    return where + check_assignments(lines.set, new, inner, "/set")


def new_key_sql(module: Module, given: Sequence[Assignment]) -> str:
    """SQL for the new record's key: the value given, else the next of the column's sequence."""
    own = next((a.value.sql for a in given if a.field.column == module.key_column), None)
    if own is not None:
        return f"({own})::{module.key_type}"
    sequence = f"pg_get_serial_sequence({literal(module.sql)}, {literal(module.key_column)})"
    return f"nextval({sequence})::{module.key_type}"


def _insert_sql(batch: Batch, module: Module, assignments: Sequence[Assignment]) -> str:
    """INSERT one record per run ($1); gives run_id, the new key and what was written."""
    others = [a for a in assignments if a.field.column != module.key_column]
    key = new_key_sql(module, assignments)
    values = _values_sql(batch, others)
    selected = f"SELECT r.id AS run_id, {key} AS key{values} FROM {batch.place.source} ORDER BY r.id"
    return _write_sql(batch, module, [a.field for a in others], selected)


def _values_sql(batch: Batch, assignments: Sequence[Assignment], first: int = 0) -> str:
    return "".join(
        f", ({a.value.sql})::{column_type(a.field, batch)} AS v{i}" for i, a in enumerate(assignments, first)
    )


def _write_sql(batch: Batch, module: Module, fields: Sequence[ModuleField], selected: str) -> str:
    """INSERT what `selected` gives: run_id, key, v0, v1 … in the order of `fields`."""
    columns = "".join(f", {quote(f.column or '')}" for f in fields)
    values = "".join(f", v.v{i}" for i in range(len(fields)))
    by_user = "created_by" in module.fields and not module.attached and batch.rights.user_id is not None
    author = (", created_by", f", {batch.rights.user_id}") if by_user else ("", "")
    key = quote(module.key_column)
    return f"""
WITH v AS MATERIALIZED ({selected}),
context AS MATERIALIZED ({context_sql(batch.rights.user_id, "v", "key")}),
written AS (
  INSERT INTO {module.sql} AS t ({key}{columns}{author[0]})
  SELECT v.key{values}{author[1]} FROM v, context
  RETURNING t.{key} AS key, {image_sql(fields, "t")}::text AS written)
SELECT v.run_id, v.key::text AS key, w.written FROM v JOIN written w ON w.key = v.key
"""


async def _copy_lines(
    batch: Batch, lines: LinesConfig, index: int, module: Module, created: Sequence[tuple[int, str]]
) -> dict[int, int]:
    """Insert the new lines of all runs at once; how many each run got."""
    old, new = _line_modules(lines, module, batch.place.scope)
    batch.rights.require("create", new.key, lines.set)
    sql = batch.place.once(f"lines {index}", lambda: _lines_sql(batch, lines, old, new))
    counts: dict[int, int] = {}
    for row in await batch.db.fetch(sql, [run for run, _ in created], [key for _, key in created]):
        counts[row["run_id"]] = counts.get(row["run_id"], 0) + 1
    return counts


def _lines_sql(batch: Batch, lines: LinesConfig, old: Module, new: Module) -> str:
    """INSERT the lines of the new parents: $1 runs, $2 the key of each run's new record."""
    place, inner = batch.place, _line_scope(old, batch.place.scope)
    assignments = compile_assignments(lines.set, new, inner)
    old_parent = quote(old.fields[old.parent_field or ""].column or "")
    link = new.fields[new.parent_field or ""]
    where = compile_condition(lines.where, inner) if lines.where is not None else "true"
    own_key = quote(place.module.key_column) if place.module else ""
    selected = (
        f"SELECT r.id AS run_id, {new_key_sql(new, [])} AS key, "
        f"p.key::{type_of_field(link, place.catalog).sql} AS v0"
        f"{_values_sql(batch, assignments, first=1)} "
        f"FROM {place.source} JOIN unnest($1::bigint[], $2::text[]) AS p(run_id, key) ON p.run_id = r.id "
        f"JOIN {old.sql} l ON l.{old_parent} = n.{own_key} WHERE {where} "
        f"ORDER BY r.id, l.{quote(old.key_column)}"
    )
    return _write_sql(batch, new, [link, *(a.field for a in assignments)], selected)


def _outcome(module: Module, row: asyncpg.Record, lines: int) -> Outcome:
    output = {"id": row["key"], "module": module.key, "values": orjson.Fragment(row["written"])}
    return Done("next", output | ({"lines": lines} if lines else {}), records=1 + lines)

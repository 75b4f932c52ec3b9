"""Line items of a new record, made from line items or child records of the old one, all runs at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.paths import Collection
from whereupon.conditions.tree import Condition, Value
from whereupon.conditions.values import Scope, type_of_field
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.catalog import Module, quote
from whereupon.sdk.accepting import look_at
from whereupon.sdk.block import Batch, Config
from whereupon.sdk.creating import new_key_sql, write_sql
from whereupon.sdk.fields import Shown
from whereupon.sdk.targets import candidate_scope, children_of
from whereupon.sdk.writing import (
    Origin,
    Pair,
    check_assignments,
    compile_assignments,
    given_rows,
    look_columns,
    reads_of_assignments,
    value_sqls,
)


class Transfer(Config):
    """Line items of the new record, one for each line of the old one."""

    source: Annotated[str, Shown("children", module=["../each"])] = Field(
        alias="from",
        title="Lines of this record",
        description="Line items or child records of this record: lines, or tasks.project.",
    )
    to: Annotated[str, Shown("children", module=["../module"])] = Field(
        title="Become lines in", description="Line items or child records of the new record."
    )
    where: Annotated[Condition | None, Shown("condition", module=["from"], others=["record"])] = Field(
        None, title="Only lines where", description="Only the lines for which this holds."
    )
    set: Annotated[
        dict[str, Value], Shown("assignments", module=["to"], values=["from"], others=["record"])
    ] = Field(
        min_length=1,
        max_length=100,
        title="Values of each new line",
        description="What each field of the new line gets, computed from the old line.",
    )


def _ends(lines: Transfer, module: Module, scope: Scope) -> tuple[Collection, Collection]:
    """The old lines and the new ones. Raises Invalid."""
    if scope.module is None:
        raise Invalid.of(Problem("no_record", "There is no record to take lines from.", "/from"))
    new = Scope(catalog=scope.catalog, module=module)
    old = children_of(lines.source, scope, "/from")
    to = children_of(lines.to, new, "/to")
    if to.links:
        raise Invalid.of(Problem("unknown_field", f'"{lines.to}" is not of the new record.', "/to"))
    return old, to


def _line_scope(old: Collection, scope: Scope) -> Scope:
    """What names mean for an old line: its own fields; `record.…` is the run's record."""
    run = scope.others.get("record", scope)
    return candidate_scope(old.module, run, row="m")


def check_transfer(lines: Transfer, module: Module, scope: Scope) -> list[Problem]:
    """What is wrong with it, paths relative to it."""
    try:
        old, new = _ends(lines, module, scope)
    except Invalid as error:
        return list(error.problems)
    inner = _line_scope(old, scope)
    where = check_condition(lines.where, inner, "/where") if lines.where is not None else []
    return where + check_assignments(lines.set, new.module, inner, "/set")


def reads_of_transfer(lines: Transfer, module: Module, scope: Scope) -> frozenset[str]:
    """The "module.field" names that it reads."""
    old, new = _ends(lines, module, scope)
    inner = _line_scope(old, scope)
    where = fields_read(lines.where, inner) if lines.where is not None else frozenset[str]()
    return where | old.reads | reads_of_assignments(lines.set, new.module, inner)


def writes_of(lines: Transfer, module: Module, scope: Scope) -> frozenset[str]:
    """The "module.field" names that it writes, and the module that it makes records in."""
    key = _ends(lines, module, scope)[1].module.key
    return frozenset({key, *(f"{key}.{field}" for field in lines.set)})


@dataclass(slots=True)
class Moved:
    """How many lines each run got, and what was wrong with those that it did not get."""

    counts: dict[int, int] = field(default_factory=dict[int, int])
    problems: dict[int, list[str]] = field(default_factory=dict[int, list[str]])


@dataclass(frozen=True, slots=True)
class Statements:
    """$1 runs; run, part and key of each new record; with `look`, also the line, and what was looked at."""

    insert: str
    look: str
    looked_at: Sequence[ModuleField]


async def transfer(
    batch: Batch,
    lines: Transfer,
    index: int,
    module: Module,
    scope: Scope,
    origin: Origin,
    new: Sequence[Pair],
    moved: Moved,
) -> None:
    """Make the new lines of all runs, and note in `moved` what came of it."""
    old, to = _ends(lines, module, scope)
    batch.rights.require("create", to.module.key, lines.set)
    if not new:
        return
    sql = batch.place.once(f"lines {index}", lambda: _statements(batch, lines, old, to, scope, origin))
    arrays: list[list[Any]] = [[p.run_id for p in new], [p.part for p in new], [p.key for p in new]]
    runs = sorted({p.run_id for p in new})
    if sql.looked_at:
        arrays = await _looked_at(batch, sql, runs, arrays, moved)
    for row in await batch.db.fetch(sql.insert, runs, *arrays):
        moved.counts[row["run_id"]] = moved.counts.get(row["run_id"], 0) + 1


async def _looked_at(
    batch: Batch, sql: Statements, runs: Sequence[int], arrays: Sequence[Sequence[Any]], moved: Moved
) -> list[list[Any]]:
    """The arrays for the lines whose values are right."""
    rows = await batch.db.fetch(sql.look, runs, *arrays)
    looked = await look_at(batch, sql.looked_at, [tuple(row.values())[4:] for row in rows])
    for number, told in looked.problems.items():
        moved.problems.setdefault(rows[number]["run_id"], []).append(told)
    good = [n for n in range(len(rows)) if n not in looked.problems]
    named = [[rows[n][name] for n in good] for name in ("run_id", "part", "key", "line")]
    return [*named, *([column[n] for n in good] for column in looked.columns)]


def _statements(
    batch: Batch, lines: Transfer, old: Collection, to: Collection, scope: Scope, origin: Origin
) -> Statements:
    inner = _line_scope(old, scope)
    assignments = compile_assignments(lines.set, to.module, inner)
    looked_at = [a.field for a in assignments if a.looked_at]
    where = f" AND ({compile_condition(lines.where, inner)})" if lines.where is not None else ""
    line = f"m.{quote(old.module.key_column)}"
    bare = (
        f"FROM {origin.source} JOIN {given_rows('run_id part key', 0, 2)} ON {origin.joined} "
        f"JOIN {old.module.sql} m ON {old.joined(inner, scope)}{where}"
    )
    given = (
        f"FROM {origin.source} "
        f"JOIN {given_rows('run_id part key line', len(looked_at), 2)} ON {origin.joined} "
        f"JOIN {old.module.sql} m ON {old.joined(inner, scope)}{where} AND {line}::text = p.line"
    )
    values = "".join(f", {sql} AS v{i}" for i, sql in enumerate(value_sqls(batch, assignments), 1))
    selected = (
        f"SELECT r.id AS run_id, p.part, {new_key_sql(to.module, [])} AS key, "
        f"p.key::{type_of_field(to.link, batch.place.catalog).sql} AS v0{values} "
        f"{given if looked_at else bare} ORDER BY r.id, p.part, {line}"
    )
    look = f"SELECT r.id AS run_id, p.part, p.key, {line}::text AS line{look_columns(assignments)} {bare}"
    insert = write_sql(batch, to.module, [to.link, *(a.field for a in assignments)], selected)
    return Statements(insert, look, looked_at)

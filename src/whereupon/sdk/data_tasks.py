"""Saved data tasks (D18): a query, what each record found gives, and by which rule it finds its target.

Set-based: the records are found, their values computed and written by a few statements, whoever runs the
task: a workflow's block, or a person who presses Run now. A record that the database refuses fails alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.tree import Condition, Value
from whereupon.conditions.values import Scope, quote_text
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.people.rights import Rights, require_reads
from whereupon.sdk.block import Batch, Config, Place, RunView
from whereupon.sdk.creating import Making, insert_statement, make
from whereupon.sdk.fields import Shown
from whereupon.sdk.writing import (
    Assignment,
    Origin,
    Pair,
    Written,
    check_assignments,
    compile_assignments,
    own_sql,
    reads_of_assignments,
    update_records,
    update_sql,
)

MOST_RECORDS = 50_000
TRIED = 1_000  # where there are more, a trial takes so many
SHOWN = 20  # records that are shown as examples
MISSING = {"skip": "Leave it out", "create": "Create it"}
BY_HAND = 0  # the run that stands for "no run" inside one transaction


class DataTask(Config):
    """Which records, where their values go, and what these are."""

    module: Annotated[str, Shown("module")] = Field(title="Take the records of")
    where: Annotated[Condition | None, Shown("condition", module=["module"])] = Field(
        None, title="Only records where", description="Only those for which this holds; none: all."
    )
    target: Annotated[str | None, Shown("module")] = Field(
        None, title="Write to other records of", description="None: to the records themselves."
    )
    match: Annotated[list[str], Shown("fields", module=["target"], when={"target": True})] = Field(
        default_factory=list[str],
        max_length=5,
        title="Find the record by",
        description="Fields of the record written to: it has the values that these get below.",
    )
    missing: Annotated[Literal["skip", "create"], Shown(labels=MISSING, when={"target": True})] = Field(
        "skip", title="When there is none"
    )
    set: Annotated[dict[str, Value], Shown("assignments", module=["target", "module"], values=["module"])] = (
        Field(min_length=1, max_length=100, title="Values to write", description="From each record found.")
    )

    @model_validator(mode="after")
    def fits(self) -> DataTask:
        if (self.target is not None) != bool(self.match):
            raise ValueError("say by which fields the record written to is found, and only if it is another")
        if stray := [key for key in self.match if key not in self.set]:
            raise ValueError(f'"{stray[0]}" gets no value, so nothing can be found by it')
        return self


@dataclass(frozen=True, slots=True)
class Parts:
    """A task in its surroundings."""

    task: DataTask
    source: Module
    target: Module
    inner: Scope  # a record found, as row s
    assignments: Sequence[Assignment] = ()

    @property
    def same(self) -> bool:
        return self.task.target is None


@dataclass(slots=True)
class Result:
    """What a task did. `examples` and `failures`: the first of them.

    `tried`: there were more than a trial goes through, so it took only so many; None: all.
    """

    found: int = 0
    tried: int | None = None
    updated: int = 0
    created: int = 0
    unchanged: int = 0
    left_out: int = 0
    failed: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failures: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def counts(self) -> dict[str, int]:
        names = ("found", "updated", "created", "unchanged", "left_out", "failed")
        return {name: getattr(self, name) for name in names}


def task_parts(task: DataTask, scope: Scope) -> Parts:
    """The task with its modules and compiled values. Raises Invalid."""
    source = _module(task.module, "/module", scope.catalog)
    target = _module(task.target, "/target", scope.catalog) if task.target else source
    inner = Scope(catalog=scope.catalog, module=source, row="s", user=scope.user, time_zone=scope.time_zone)
    parts = Parts(task, source, target, inner)
    if faults := check_task(parts):
        raise Invalid.of(*faults)
    return Parts(task, source, target, inner, compile_assignments(task.set, target, inner))


def check_task(parts: Parts) -> list[Problem]:
    """What is wrong with it."""
    task = parts.task
    found = check_condition(task.where, parts.inner, "/where") if task.where is not None else []
    found += check_assignments(task.set, parts.target, parts.inner, "/set")
    if task.missing == "create" and not parts.same:
        found += [
            Problem("missing", f'"{f.label}" of {parts.target.label} is required.', "/set",
                    f'Give "{f.key}" a value.')
            for f in parts.target.fields.values()
            if f.required and f.key not in task.set and not f.read_only and not f.system
            and f.type not in ("auto_number", "formula", "line_items") and f.options.get("default") is None
        ]  # fmt: skip
    return found


def _module(key: str, at: str, catalog: Catalog) -> Module:
    module = catalog.modules.get(key)
    if module is None:
        near = did_you_mean(key, catalog.modules)
        raise Invalid.of(Problem("unknown_module", f'There is no module "{key}".', at, near))
    if len(module.key_columns) != 1:
        raise Invalid.of(Problem("no_key", f"{module.label_plural} have no single key to go by.", at))
    return module


def task_reads(parts: Parts) -> frozenset[str]:
    """The "module.field" names that it reads."""
    task = parts.task
    found = {parts.source.key, *(f"{parts.target.key}.{key}" for key in task.match)}
    found |= fields_read(task.where, parts.inner) if task.where is not None else set()
    return frozenset(found) | reads_of_assignments(task.set, parts.target, parts.inner)


def task_writes(parts: Parts) -> frozenset[str]:
    """The "module.field" names that it writes; the bare module where it creates."""
    made = {parts.target.key} if parts.task.missing == "create" and not parts.same else set[str]()
    return frozenset(made | {f"{parts.target.key}.{key}" for key in parts.task.set})


# Running it ----------------------------------------------------------------------------------------


def by_hand(db: Any, catalog: Catalog, rights: Rights, time_zone: str) -> Batch:
    """A batch of no run at all, for a task that a person runs."""
    user = f"{int(rights.user_id)}::bigint" if rights.user_id is not None else None
    scope = Scope(catalog=catalog, module=None, user=user, time_zone=time_zone)
    place = Place(0, 0, "data_task", catalog, None, scope, "unnest($1::bigint[]) AS r(id)", False)
    return Batch(db, place, [RunView(BY_HAND, 0, None, None, {}, 0)], rights)


async def run_task(batch: Batch, parts: Parts, only: str | None = None, *, trial: bool = False) -> Result:
    """Run it for the batch's one run, in the caller's transaction. Raises Invalid, Refused.

    `only`: the one record that it is to take, if it meets the condition. `trial`: where it finds too many, it
    takes the first thousand of them.
    """
    task, rights = parts.task, batch.rights
    require_reads(rights, task_reads(parts), batch.place.catalog, parts.source.key)
    rights.require("update", parts.target.key, task.set)
    origin = _origin(batch, parts, only)
    counted = await _count(batch, origin, None if trial else MOST_RECORDS + 1)
    result = Result(found=counted)
    if counted > MOST_RECORDS and trial:
        origin = _origin(batch, parts, only, first=TRIED)
        result.tried = counted = TRIED
    elif counted > MOST_RECORDS:
        told = f"More than {MOST_RECORDS:,} records are found; nothing was written."
        raise Invalid.of(Problem("too_many", told, "/where", "Narrow the condition."))
    making = Making()
    if not parts.same and task.missing == "create":
        rights.require("create", parts.target.key, task.set)
        making = await make(
            batch, insert_statement(batch, parts.target, parts.assignments, origin, task.match)
        )
        _note_made(result, making, parts)
        pairs = [
            Pair(row.run_id, made.key, row.part) for row, made in making.made.items() if not made.created
        ]
    else:
        pairs = await _pairs(batch, parts, origin)
        result.left_out = counted - len(pairs)
    if pairs:
        update = update_sql(batch, parts.target, parts.assignments, origin)
        _note_written(result, await update_records(batch, parts.target, update, pairs, apart=True), parts)
    return result


def _origin(batch: Batch, parts: Parts, only: str | None, first: int | None = None) -> Origin:
    """The records found, once for each run; only those that the principal may read."""
    limit = f" ORDER BY s.{quote(parts.source.key_column)} LIMIT {first}" if first is not None else ""
    where = [own_sql(batch, "read", parts.source, "s")]
    if parts.task.where is not None:
        where.append(f"({compile_condition(parts.task.where, parts.inner)})")
    key = parts.source.key_sql("s")
    if only is not None:
        column = f"s.{quote(parts.source.key_column)}"
        where.append(f"{column} = {quote_text(only)}::{parts.source.key_type}")
    found = f"(SELECT * FROM {parts.source.sql} s WHERE {' AND '.join(where)}{limit}) s"
    return Origin(f"{batch.place.source} JOIN {found} ON true", key, f"s.{quote(parts.source.key_column)}")


async def _count(batch: Batch, origin: Origin, most: int | None) -> int:
    limit = f" LIMIT {most}" if most is not None else ""
    sql = f"SELECT count(*) FROM (SELECT FROM {origin.source}{limit}) x"
    return int(await batch.db.fetchval(sql, batch.ids))


async def _pairs(batch: Batch, parts: Parts, origin: Origin) -> list[Pair]:
    """Which record each record found writes to: itself, or the oldest that matches."""
    if parts.same:
        sql = f"SELECT r.id AS run_id, {origin.part} AS key, {origin.part} AS part FROM {origin.source}"
    else:
        compared = [a for a in parts.assignments if a.field.key in parts.task.match]
        same = " AND ".join(f"t.{quote(a.field.column or '')} = ({a.value.sql})" for a in compared)
        key = f"t.{quote(parts.target.key_column)}"
        sql = (
            f"SELECT r.id AS run_id, f.key, {origin.part} AS part FROM {origin.source}, LATERAL ("
            f"SELECT {key}::text AS key FROM {parts.target.sql} t WHERE {same} ORDER BY {key} LIMIT 1) f"
        )
    return [Pair(row["run_id"], row["key"], row["part"]) for row in await batch.db.fetch(sql, batch.ids)]


def _note_made(result: Result, making: Making, parts: Parts) -> None:
    for made in making.made.values():
        if made.created:
            result.created += 1
            _example(result, parts, made.key, None, made.values)
    for row, told in making.problems.items():
        _failure(result, parts.source, row.part, told)


def _note_written(result: Result, written: Sequence[Written], parts: Parts) -> None:
    for one in written:
        if one.problem is not None:
            _failure(result, parts.target, one.record_id, one.problem)
        elif not one.allowed:
            _failure(result, parts.target, one.record_id, "It may not be updated.")
        elif one.changed:
            result.updated += 1
            _example(result, parts, one.record_id, one.before, one.after)
        else:
            result.unchanged += 1


def _example(result: Result, parts: Parts, key: str, before: Any, after: Any) -> None:
    if len(result.examples) < SHOWN:
        shown: Mapping[str, Any] = {
            "module": parts.target.key,
            "record": key,
            "before": before,
            "after": after,
        }
        result.examples.append(dict(shown))


def _failure(result: Result, module: Module, key: str, told: str) -> None:
    result.failed += 1
    if len(result.failures) < SHOWN:
        result.failures.append({"module": module.key, "record": key, "message": told})

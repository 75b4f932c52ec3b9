"""How blocks write records: set-based, as the run's principal, each change knowing the run that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import asyncpg
import orjson

from whereupon.conditions.expressions import compile_value
from whereupon.conditions.values import Compiled, Scope, literal, type_of_field
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.catalog import Field, Module, quote
from whereupon.modules.field_types import FIELD_TYPES
from whereupon.people.rights import Action
from whereupon.records.violations import BROKEN
from whereupon.sdk.accepting import accepted_constant, look_at, needs_a_look
from whereupon.sdk.block import Batch


def not_allowed(batch: Batch) -> str:
    """What is told of a record that the run's principal may not update."""
    return f"{batch.rights.run_subject} may not update it."


@dataclass(frozen=True, slots=True)
class Assignment:
    """One column and the value that it gets. `looked_at`: computed, then accepted as a form's would be."""

    field: Field
    value: Compiled
    looked_at: bool = False


def writable_field(module: Module, key: str) -> Field:
    """The field, or Invalid when it is unknown or nobody may write it."""
    try:
        field = module.field(key)
    except NotFound as error:
        raise Invalid.of(Problem("unknown_field", error.message, "", error.suggestion)) from None
    if module.read_only:
        raise Invalid.of(Problem("read_only", f"{module.label_plural} are read-only."))
    if field.read_only or field.column is None:
        why = "it is computed or kept by the system"
        raise Invalid.of(Problem("read_only", f'"{field.label}" cannot be written: {why}.'))
    return field


def compile_assignments(values: Mapping[str, Any], module: Module, scope: Scope) -> list[Assignment]:
    """Field → value, compiled. Raises Invalid naming every wrong one, paths by field key."""
    found: list[Assignment] = []
    problems: list[Problem] = []
    for key, value in values.items():
        try:
            field = writable_field(module, key)
            kept = accepted_constant(field, value)
            compiled = compile_value(kept, scope, type_of_field(field, scope.catalog))
            found.append(Assignment(field, _no_empty_text(field, compiled, module),
                                    needs_a_look(field, kept, scope)))  # fmt: skip
        except Invalid as error:
            problems += [problem.under(f"/{key}") for problem in error.problems]
    if problems:
        raise Invalid.of(*problems)
    return found


def _no_empty_text(field: Field, value: Compiled, module: Module) -> Compiled:
    """Our own tables store no empty texts (rule 2)."""
    if module.attached or not FIELD_TYPES[field.type].texts or value.constant:
        return value
    return replace(value, sql=f"nullif({value.sql}, '')")


def check_assignments(values: Mapping[str, Any], module: Module, scope: Scope, path: str) -> list[Problem]:
    """The same as a list of problems."""
    try:
        compile_assignments(values, module, scope)
    except Invalid as error:
        return [problem.under(path) for problem in error.problems]
    return []


def reads_of_assignments(values: Mapping[str, Any], module: Module, scope: Scope) -> frozenset[str]:
    """What computing the values reads."""
    return frozenset[str]().union(*(a.value.reads for a in compile_assignments(values, module, scope)))


def constant_values(module: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of assignments to a module's fields, those whose value is written out: "module.field" → value."""
    plain = (str, int, float, bool)
    return {f"{module}.{key}": value for key, value in values.items() if isinstance(value, plain)}


def context_sql(user_id: int | None, pairs: str, key: str) -> str:
    """SQL that sets who writes and why: `pairs` is a relation with run_id and the written key."""
    fixed = literal(orjson.dumps({"actor": user_id, "origin": "workflow", "quiet": True}).decode())
    return (
        f"SELECT set_config('whereupon.context', ({fixed}::jsonb || "
        f"jsonb_build_object('causes', jsonb_object_agg({key}::text, run_id)))::text, true) AS told "
        f"FROM {pairs}"
    )


def image_sql(fields: Sequence[Field], row: str) -> str:
    """SQL jsonb {field key: value} of some columns of a row."""
    parts = ", ".join(f"{literal(f.key)}, {row}.{quote(f.column or '')}" for f in fields)
    return f"jsonb_build_object({parts})"


class Written(NamedTuple):
    """What one run did to one record. `allowed` is false where the run's principal may not touch it;
    `problem`: why nothing was written."""

    run_id: int
    record_id: str
    before: orjson.Fragment | None
    after: orjson.Fragment | None
    allowed: bool = True
    changed: bool = False
    problem: str | None = None


class Pair(NamedTuple):
    """A run, and a record that it writes; `part`: which of the run's rows the values come from."""

    run_id: int
    key: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where values are computed from: SQL after FROM, $1 the runs. `part` tells the rows of a run apart."""

    source: str
    part: str = ""
    order: str = ""  # of the rows of one run

    @property
    def joined(self) -> str:
        """The condition that a row `p` (run_id, part) is about a row of the source."""
        return f"p.run_id = r.id{f' AND p.part = {self.part}' if self.part else ''}"


@dataclass(frozen=True, slots=True)
class Update:
    """An UPDATE, made once per place. `look`: SQL that computes the values to be looked at first."""

    sql: str
    looked_at: Sequence[Field] = ()
    look: str = ""


def update_sql(
    batch: Batch, module: Module, assignments: Sequence[Assignment], origin: Origin | None = None
) -> Update:
    """UPDATE of the pairs (run $2, record $3, part $4): what was, what is, and whether it was allowed.

    $1 are the runs, as in the batch's source; from $5 on values that were looked at. A record whose values
    are so already is not touched.
    """
    rows, key = origin or Origin(batch.place.source), quote(module.key_column)
    looked_at = [a.field for a in assignments if a.looked_at]
    fields = [a.field for a in assignments]
    values = ", ".join(f"{sql} AS v{i}" for i, sql in enumerate(value_sqls(batch, assignments)))
    sets = ", ".join(f"{quote(f.column or '')} = v.v{i}" for i, f in enumerate(fields))
    now = ", ".join(f"t.{quote(f.column or '')} AS n{i}" for i, f in enumerate(fields))
    then, was = (", ".join(f"w.{letter}{i}" for i in range(len(fields))) for letter in "vn")
    after = ", ".join(f"{literal(f.key)}, v.v{i}" for i, f in enumerate(fields))
    allowed = own_sql(batch, "update", module, "t")
    pairs = f"{rows.source} JOIN {given_rows('run_id key part', len(looked_at), 2)} ON {rows.joined}"
    sql = f"""
WITH w AS MATERIALIZED (
  SELECT r.id AS run_id, t.{key} AS key, {values}, {now}, {image_sql(fields, "t")} AS before,
    {allowed} AS allowed
  FROM {pairs}
  JOIN {module.sql} t ON t.{key} = p.key::{module.key_type}),
v AS MATERIALIZED (SELECT w.*, ({was}) IS DISTINCT FROM ({then}) AS changed FROM w),
context AS MATERIALIZED ({context_sql(batch.rights.user_id, "v", "key")}),
written AS (
  UPDATE {module.sql} t SET {sets} FROM v, context WHERE t.{key} = v.key AND v.allowed AND v.changed)
SELECT v.run_id, v.key::text AS key, v.before::text AS before, jsonb_build_object({after})::text AS after,
  v.allowed, v.changed
FROM v
"""
    if not looked_at:
        return Update(sql)
    texts = look_columns(assignments)
    bare = f"{rows.source} JOIN {given_rows('run_id key part', 0, 2)} ON {rows.joined}"
    target = f"JOIN {module.sql} t ON t.{key} = p.key::{module.key_type}"
    look = f"SELECT p.run_id, p.key, p.part{texts} FROM {bare} {target}"
    return Update(sql, looked_at, look)


def given_rows(names: str, looked_at: int, first: int) -> str:
    """unnest of parallel arrays from ${first} on as p: `names` (run_id is a number), then c0, c1 …"""
    columns = [*names.split(), *(f"c{i}" for i in range(looked_at))]
    arrays = (
        f"${i}::{'bigint' if column == 'run_id' else 'text'}[]" for i, column in enumerate(columns, first)
    )
    return f"unnest({', '.join(arrays)}) AS p({', '.join(columns)})"


def look_columns(assignments: Sequence[Assignment]) -> str:
    """The values to be looked at, as text, as they stand in a SELECT."""
    chosen = [a for a in assignments if a.looked_at]
    return "".join(f", ({a.value.sql})::text AS c{i}" for i, a in enumerate(chosen))


def value_sqls(batch: Batch, assignments: Sequence[Assignment]) -> list[str]:
    """Each value, cast to its column's type; those that were looked at as they were accepted (p.c0 …)."""
    looked_at = iter(range(len(assignments)))
    return [
        f"({f'p.c{next(looked_at)}' if a.looked_at else a.value.sql})::{column_type(a.field, batch)}"
        for a in assignments
    ]


def own_sql(batch: Batch, action: Action, module: Module, row: str) -> str:
    """SQL boolean: the run's principal may do this to the row (its own ones, or all)."""
    if not batch.rights.own_only(action, module.key):
        return "true"
    owner = module.fields.get(module.owner_field or "")
    if owner is None or owner.column is None or batch.rights.user_id is None:
        return "false"
    return f"coalesce({row}.{quote(owner.column)} = {int(batch.rights.user_id)}, false)"


def column_type(field: Field, batch: Batch) -> str:
    """The SQL type that a value of the field is cast to."""
    return type_of_field(field, batch.place.catalog).sql


# Lock first, in key order: then the values are computed from rows that nobody can change meanwhile.
LOCK = "SELECT 1 FROM {table} t WHERE t.{key} = ANY($1::text[]::{key_type}[]) ORDER BY t.{key} FOR UPDATE"


async def lock_records(db: asyncpg.Connection[Any], module: Module, keys: Sequence[str]) -> None:
    """Lock the records until the transaction ends, in an order that lets two batches pass each other."""
    sql = LOCK.format(table=module.sql, key=quote(module.key_column), key_type=module.key_type)
    await db.execute(sql, list(keys))


async def update_records(
    batch: Batch,
    module: Module,
    update: Update,
    pairs: Sequence[tuple[int, str] | Pair],
    *,
    apart: bool = False,
) -> list[Written]:
    """Update every pair (run, record); where two runs mean the same record, one after the other.

    `apart`: a record that the database refuses fails alone, and the others are written.
    """
    every = [pair if isinstance(pair, Pair) else Pair(*pair) for pair in pairs]
    await lock_records(batch.db, module, sorted({pair.key for pair in every}))
    written: list[Written] = []
    for turn in turns(every):
        good, columns, wrong = await _look(batch, update, turn)
        written += wrong
        if good and apart:
            written += await Apart(batch, update).write(good, columns)
        elif good:
            written += await write_pairs(batch, update, good, columns)
    return written


async def write_pairs(
    batch: Batch, update: Update, pairs: Sequence[Pair], columns: Sequence[Sequence[str | None]]
) -> list[Written]:
    """One statement; no record twice among the pairs."""
    rows = await batch.db.fetch(update.sql, sorted({p.run_id for p in pairs}), *arrays_of(pairs), *columns)
    return [
        Written(r["run_id"], r["key"], orjson.Fragment(r["before"]), orjson.Fragment(r["after"]),
                r["allowed"], r["changed"])
        for r in rows
    ]  # fmt: skip


def arrays_of(pairs: Sequence[Pair]) -> tuple[list[int], list[str], list[str]]:
    return [p.run_id for p in pairs], [p.key for p in pairs], [p.part for p in pairs]


async def _look(
    batch: Batch, update: Update, pairs: Sequence[Pair]
) -> tuple[list[Pair], list[list[str | None]], list[Written]]:
    """The pairs whose values are right, these values by column, and what is wrong with the others."""
    if not update.looked_at:
        return list(pairs), [], []
    runs = sorted({p.run_id for p in pairs})
    rows = await batch.db.fetch(update.look, runs, *arrays_of(pairs))
    there = [Pair(row["run_id"], row["key"], row["part"]) for row in rows]
    looked = await look_at(batch, update.looked_at, [tuple(row.values())[3:] for row in rows])
    good = [number for number in range(len(there)) if number not in looked.problems]
    wrong = [Written(there[n].run_id, there[n].key, None, None, problem=told)
             for n, told in looked.problems.items()]  # fmt: skip
    return [there[n] for n in good], [[column[n] for n in good] for column in looked.columns], wrong


MOST_ALONE = 200  # failures that are told apart; what is left of them shares the last one's reason


class Apart:
    """Writes pairs so that each the database refuses fails alone: in halves, each in a savepoint."""

    def __init__(self, batch: Batch, update: Update) -> None:
        self.batch, self.update, self.alone = batch, update, 0

    async def write(self, pairs: Sequence[Pair], columns: Sequence[Sequence[str | None]]) -> list[Written]:
        try:
            async with self.batch.db.transaction():
                return await write_pairs(self.batch, self.update, pairs, columns)
        except BROKEN as error:
            if len(pairs) == 1 or self.alone >= MOST_ALONE:
                self.alone += 1
                told = refusal(error)
                return [Written(p.run_id, p.key, None, None, problem=told) for p in pairs]
        middle = len(pairs) // 2
        return [
            *await self.write(pairs[:middle], [column[:middle] for column in columns]),
            *await self.write(pairs[middle:], [column[middle:] for column in columns]),
        ]


def refusal(error: asyncpg.PostgresError | Exception) -> str:
    """What the database said, without the values of the row."""
    constraint = getattr(error, "constraint_name", None)
    named = f" (constraint {constraint})" if constraint else ""
    return f"The database refused it: {str(error).splitlines()[0].rstrip('.')}{named}."


P = TypeVar("P", bound=tuple[Any, ...])


def turns(pairs: Sequence[P]) -> list[list[P]]:
    """The pairs in rounds in which no record comes twice, earlier runs first.

    >>> turns([(1, "a"), (2, "a"), (3, "b")])
    [[(1, 'a'), (3, 'b')], [(2, 'a')]]
    """
    rounds: list[list[P]] = []
    times: dict[str, int] = {}
    for pair in sorted(pairs):
        turn = times.get(pair[1], 0)
        times[pair[1]] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(pair)
    return rounds

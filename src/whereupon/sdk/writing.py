"""How blocks write records: set-based, as the run's principal, each change knowing the run that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg
import orjson

from whereupon.conditions.expressions import compile_value
from whereupon.conditions.values import Compiled, Scope, literal, type_of_field
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.catalog import Field, Module, quote
from whereupon.people.rights import Action
from whereupon.sdk.block import Batch


@dataclass(frozen=True, slots=True)
class Assignment:
    """One column and the value that it gets."""

    field: Field
    value: Compiled


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
            found.append(Assignment(field, compile_value(value, scope, type_of_field(field, scope.catalog))))
        except Invalid as error:
            problems += [problem.under(f"/{key}") for problem in error.problems]
    if problems:
        raise Invalid.of(*problems)
    return found


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
    """What one run did to one record. `allowed` is false where the run's principal may not touch it."""

    run_id: int
    record_id: str
    before: orjson.Fragment
    after: orjson.Fragment
    allowed: bool


def update_sql(batch: Batch, module: Module, assignments: Sequence[Assignment]) -> str:
    """UPDATE of the pairs (run $2, record $3): what was, what is, and whether it was allowed.

    $1 are the runs, as in the batch's source. A record whose values are so already is not touched.
    """
    key = quote(module.key_column)
    fields = [a.field for a in assignments]
    values = ", ".join(
        f"({a.value.sql})::{column_type(a.field, batch)} AS v{i}" for i, a in enumerate(assignments)
    )
    sets = ", ".join(f"{quote(f.column or '')} = v.v{i}" for i, f in enumerate(fields))
    now = ", ".join(f"t.{quote(f.column or '')}" for f in fields)
    then = ", ".join(f"v.v{i}" for i in range(len(fields)))
    after = ", ".join(f"{literal(f.key)}, v.v{i}" for i, f in enumerate(fields))
    allowed = own_sql(batch, "update", module, "t")
    return f"""
WITH v AS MATERIALIZED (
  SELECT r.id AS run_id, t.{key} AS key, {values}, {image_sql(fields, "t")} AS before, {allowed} AS allowed
  FROM {batch.place.source}
  JOIN unnest($2::bigint[], $3::text[]) AS p(run_id, key) ON p.run_id = r.id
  JOIN {module.sql} t ON t.{key} = p.key::{module.key_type}),
context AS MATERIALIZED ({context_sql(batch.rights.user_id, "v", "key")}),
written AS (
  UPDATE {module.sql} t SET {sets} FROM v, context
  WHERE t.{key} = v.key AND v.allowed AND ({now}) IS DISTINCT FROM ({then}))
SELECT v.run_id, v.key::text AS key, v.before::text AS before, jsonb_build_object({after})::text AS after,
  v.allowed
FROM v
"""


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
    batch: Batch, module: Module, sql: str, pairs: Sequence[tuple[int, str]]
) -> list[Written]:
    """Update every pair (run, record); where two runs mean the same record, one after the other."""
    await lock_records(batch.db, module, sorted({key for _, key in pairs}))
    written: list[Written] = []
    for turn in turns(pairs):
        runs, keys = [run for run, _ in turn], [key for _, key in turn]
        rows = await batch.db.fetch(sql, sorted(set(runs)), runs, keys)
        written += [
            Written(r["run_id"], r["key"], orjson.Fragment(r["before"]), orjson.Fragment(r["after"]),
                    r["allowed"])
            for r in rows
        ]  # fmt: skip
    return written


def turns(pairs: Sequence[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """The pairs in rounds in which no record comes twice, earlier runs first.

    >>> turns([(1, "a"), (2, "a"), (3, "b")])
    [[(1, 'a'), (3, 'b')], [(2, 'a')]]
    """
    rounds: list[list[tuple[int, str]]] = []
    times: dict[str, int] = {}
    for run, key in sorted(pairs):
        turn = times.get(key, 0)
        times[key] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append((run, key))
    return rounds

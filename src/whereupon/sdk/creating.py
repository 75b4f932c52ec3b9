"""How blocks make records: set-based, for a run or for each of its child records; found ones are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from whereupon.conditions.values import literal
from whereupon.modules.catalog import Field, Module, quote
from whereupon.modules.field_types import FIELD_TYPES
from whereupon.sdk.accepting import look_at
from whereupon.sdk.block import Batch
from whereupon.sdk.writing import (
    Assignment,
    Origin,
    column_type,
    context_sql,
    given_rows,
    image_sql,
    look_columns,
    value_sqls,
)

LOCKS = 1_464_811_520  # where our advisory locks begin, a module's id beyond
BUCKETS = 64  # of the locks on what is looked for: few enough for one transaction to hold them all


class Row(NamedTuple):
    """One record to be: of which run, and of which of its parts."""

    run_id: int
    part: str


@dataclass(frozen=True, slots=True)
class Made:
    """The record that came of a row. `created` is false for one that was there."""

    key: str
    created: bool
    values: orjson.Fragment | None = None


@dataclass(slots=True)
class Making:
    """What came of the rows, and why nothing came of some. `rows`: in the order of the statement."""

    rows: list[Row] = field(default_factory=list[Row])
    made: dict[Row, Made] = field(default_factory=dict[Row, Made])
    problems: dict[Row, str] = field(default_factory=dict[Row, str])


def new_key_sql(module: Module, given: Sequence[Assignment]) -> str:
    """SQL for the new record's key: the value given, else the next of the column's sequence."""
    own = next((a.value.sql for a in given if a.field.column == module.key_column), None)
    if own is not None:
        return f"({own})::{module.key_type}"
    sequence = f"pg_get_serial_sequence({literal(module.sql)}, {literal(module.key_column)})"
    return f"nextval({sequence})::{module.key_type}"


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT of records, made once per place.

    `probe` reads the rows first, where they are to be looked at, counted or compared; then `sql` takes those
    that are good: $2 runs, $3 parts, from $4 on the values that were looked at.
    """

    module: Module
    sql: str
    looked_at: Sequence[Field] = ()
    probe: str = ""
    matches: Sequence[Field] = ()


def insert_statement(
    batch: Batch,
    module: Module,
    assignments: Sequence[Assignment],
    origin: Origin,
    match: Sequence[str] = (),
    *,
    probed: bool = False,
) -> Insert:
    """The INSERT of one record for each row of the origin."""
    looked_at = [a.field for a in assignments if a.looked_at]
    probed = probed or bool(looked_at or match)
    key = new_key_sql(module, assignments)
    others = [(a, sql) for a, sql in zip(assignments, value_sqls(batch, assignments), strict=True)
              if a.field.column != module.key_column]  # fmt: skip
    values = "".join(f", {sql} AS v{i}" for i, (_, sql) in enumerate(others))
    part = origin.part or "''"
    given = f" JOIN {given_rows('run_id part', len(looked_at), 2)} ON {origin.joined}" if probed else ""
    order = f"r.id{f', {origin.order}' if origin.order else ''}"
    selected = (
        f"SELECT r.id AS run_id, {part} AS part, {key} AS key{values} "
        f"FROM {origin.source}{given} ORDER BY {order}"
    )
    sql = write_sql(batch, module, [a.field for a, _ in others], selected)
    if not probed:
        return Insert(module, sql)
    compared = [a for a in assignments if a.field.key in match]
    matches = "".join(f", {_comparable(a.field, f'({a.value.sql})')} AS m{i}" for i, a in enumerate(compared))
    probe = (
        f"SELECT r.id AS run_id, {part} AS part{look_columns(assignments)}{matches} "
        f"FROM {origin.source} ORDER BY {order}"
    )
    return Insert(module, sql, looked_at, probe, [a.field for a in compared])


def _comparable(found: Field, sql: str) -> str:
    """As texts are compared everywhere: without their case."""
    return f"lower({sql}::text)" if FIELD_TYPES[found.type].texts else f"{sql}::text"


def write_sql(batch: Batch, module: Module, fields: Sequence[Field], selected: str) -> str:
    """INSERT what `selected` gives: run_id, part, key, v0, v1 … in the order of `fields`."""
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
SELECT v.run_id, v.part, v.key::text AS key, w.written FROM v JOIN written w ON w.key = v.key
"""


async def make(batch: Batch, insert: Insert, *, most: int = 0) -> Making:
    """Make the records of all runs. `most`: a run with more rows makes none (its problem is on each row)."""
    making = Making()
    if not insert.probe:
        _take(making, await batch.db.fetch(insert.sql, batch.ids))
        making.rows = list(making.made)
        return making
    rows = await batch.db.fetch(insert.probe, batch.ids)
    values = [tuple(row.values())[2:] for row in rows]
    making.rows = [Row(row["run_id"], row["part"]) for row in rows]
    count = len(insert.looked_at)
    looked = await look_at(batch, insert.looked_at, [row[:count] for row in values])
    making.problems = {making.rows[n]: told for n, told in looked.problems.items()}
    _refuse_many(making, most)
    good = [n for n, row in enumerate(making.rows) if row not in making.problems]
    wanted = {n: values[n][count:] for n in good}
    new, followers = await _unknown(batch, insert, making, wanted)
    columns = [[column[n] for n in new] for column in looked.columns]
    keys = [making.rows[n] for n in new]
    runs = sorted({row.run_id for row in keys})
    if keys:
        found = [[row.run_id for row in keys], [row.part for row in keys]]
        _take(making, await batch.db.fetch(insert.sql, runs, *found, *columns))
    for follower, first in followers.items():
        made = making.made.get(making.rows[first])
        if made is not None:
            making.made[making.rows[follower]] = Made(made.key, created=False)
    return making


def _take(making: Making, rows: Sequence[Any]) -> None:
    for row in rows:
        made = Made(row["key"], created=True, values=orjson.Fragment(row["written"]))
        making.made[Row(row["run_id"], row["part"])] = made


def _refuse_many(making: Making, most: int) -> None:
    counts: dict[int, int] = {}
    for row in making.rows:
        counts[row.run_id] = counts.get(row.run_id, 0) + 1
    for row in making.rows:
        if most and counts[row.run_id] > most:
            making.problems[row] = f"It would create {counts[row.run_id]:,} records; {most:,} are allowed."


async def _unknown(
    batch: Batch, insert: Insert, making: Making, wanted: Mapping[int, tuple[str | None, ...]]
) -> tuple[list[int], dict[int, int]]:
    """Numbers of the rows for which a record has to be made, and of those that take another row's record.

    What was found is noted in `making`. A row with a value missing is like no record.
    """
    if not insert.matches:
        return list(wanted), {}
    whole = {n: values for n, values in wanted.items() if None not in values}
    await _lock(batch, insert.module, whole.values())
    found = await _find(batch, insert, whole)
    for n, key in found.items():
        making.made[making.rows[n]] = Made(key, created=False)
    first: dict[tuple[str | None, ...], int] = {}
    new, followers = list[int](), dict[int, int]()
    for n in wanted:
        if n in found:
            continue
        leader = first.setdefault(wanted[n], n) if n in whole else n
        if leader == n:
            new.append(n)
        else:
            followers[n] = leader
    return new, followers


# Whoever looks for the same values waits, so that no two of them find nothing and both make a record.
LOCK = """
SELECT pg_advisory_xact_lock($1::int, bucket) FROM (
  SELECT DISTINCT abs(hashtext(v) % $2)::int AS bucket FROM unnest($3::text[]) v ORDER BY 1) b
"""


async def _lock(batch: Batch, module: Module, values: Any) -> None:
    texts = sorted({"\x1f".join(value) for value in values})
    if texts:
        await batch.db.execute(LOCK, LOCKS + module.id, BUCKETS, texts)


async def _find(batch: Batch, insert: Insert, wanted: Mapping[int, tuple[str | None, ...]]) -> dict[int, str]:
    """Row → key of the oldest record that has these values."""
    if not wanted:
        return {}
    sql = batch.place.once(f"find in {insert.module.key}", lambda: _find_sql(batch, insert))
    columns = [[values[i] for values in wanted.values()] for i in range(len(insert.matches))]
    return {row["n"]: row["key"] for row in await batch.db.fetch(sql, list(wanted), *columns)}


def _find_sql(batch: Batch, insert: Insert) -> str:
    module, key = insert.module, quote(insert.module.key_column)
    names = ", ".join(f"m{i}" for i in range(len(insert.matches)))
    arrays = ", ".join(f"${i}::text[]" for i in range(2, len(insert.matches) + 2))
    same = " AND ".join(_same(batch, found, i) for i, found in enumerate(insert.matches))
    return (
        f"SELECT p.n, f.key FROM unnest($1::bigint[], {arrays}) AS p(n, {names}), LATERAL ("
        f"SELECT t.{key}::text AS key FROM {module.sql} t WHERE {same} ORDER BY t.{key} LIMIT 1) f"
    )


def _same(batch: Batch, found: Field, number: int) -> str:
    column = f"t.{quote(found.column or '')}"
    if FIELD_TYPES[found.type].texts:
        return f"lower({column}::text) = p.m{number}"
    return f"{column} = p.m{number}::{column_type(found, batch)}"

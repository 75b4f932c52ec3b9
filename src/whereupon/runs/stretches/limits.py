"""What a table would refuse, asked beforehand in SQL, so that one bad record does not make a whole set fail.

This is only a guess at what the table itself will say: records that look bad are written alone, and it is
the table's own refusal that their history tells. What nobody could guess (a trigger of another program) is
found by trying in turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Module, quote
from whereupon.sdk.writing import Assignment

# Each column with the longest text, the digits before and after the point, or the bytes that it holds.
LOAD_COLUMNS = """
SELECT attname AS name, attnotnull AS needed,
  CASE WHEN atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND atttypmod > 4
       THEN atttypmod - 4 END AS longest,
  CASE WHEN atttypid = 'numeric'::regtype AND atttypmod > 4
       THEN ((atttypmod - 4) >> 16) - ((atttypmod - 4) & 2047) END AS digits,
  CASE WHEN atttypid = 'numeric'::regtype AND atttypmod > 4 THEN (atttypmod - 4) & 2047 END AS scale,
  CASE WHEN atttypid IN ('int2'::regtype, 'int4'::regtype) THEN attlen * 8 - 1 END AS bits
FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
LOAD_CHECKS = """
SELECT pg_get_expr(conbin, conrelid) AS expression,
  ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY(conkey)) AS columns
FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype = 'c' ORDER BY conname
"""
LOAD_LINKS = """
SELECT a.attname AS name, format('%I.%I', n.nspname, c.relname) AS target, t.attname AS key
FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = k.confkey[1]
WHERE k.conrelid = $1::text::regclass AND k.contype = 'f' AND cardinality(k.conkey) = 1 ORDER BY k.conname
"""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column takes. `digits`, `scale`: of a number, before and after the point; `bits`: of a whole
    one, without the sign."""

    name: str
    needed: bool
    longest: int | None
    digits: int | None
    scale: int | None
    bits: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What stands on a table: its columns, its checks (with their columns), its links (column → target)."""

    columns: Sequence[Column]
    checks: Sequence[tuple[str, frozenset[str]]]
    links: Sequence[tuple[str, str, str]]


async def load_limits(db: Connection, module: Module) -> Limits:
    """As the database has them, which holds for attached tables as for our own."""
    return Limits(
        [Column(**dict(row)) for row in await db.fetch(LOAD_COLUMNS, module.sql)],
        [(r["expression"], frozenset(r["columns"])) for r in await db.fetch(LOAD_CHECKS, module.sql)],
        [(r["name"], r["target"], r["key"]) for r in await db.fetch(LOAD_LINKS, module.sql)],
    )


def broken_sql(limits: Limits, assignments: Sequence[Assignment]) -> str:
    """SQL boolean: the table would refuse the values v.v0, v.v1 … in the row `t`."""
    values = {one.field.column or "": f"v.v{i}" for i, one in enumerate(assignments)}
    parts = [part for column in limits.columns if column.name in values
             for part in _column_parts(column, values[column.name])]  # fmt: skip
    parts += _check_parts(limits, values)
    parts += [
        f"{values[name]} IS NOT NULL AND NOT EXISTS "
        f"(SELECT FROM {target} l WHERE l.{quote(key)} = {values[name]})"
        for name, target, key in limits.links
        if name in values
    ]
    return f"coalesce({' OR '.join(f'({part})' for part in parts)}, false)" if parts else "false"


def _column_parts(column: Column, value: str) -> list[str]:
    parts: list[str] = []
    if column.needed:
        parts.append(f"{value} IS NULL")
    if column.longest is not None:
        parts.append(f"coalesce(char_length({value}::text) > {column.longest}, false)")
    if column.digits is not None:
        parts.append(f"coalesce(abs(round({value}, {column.scale})) >= 1e{column.digits}, false)")
    if column.bits is not None:
        parts.append(f"coalesce(abs({value}::numeric) >= {2**column.bits}, false)")
    return parts


def _check_parts(limits: Limits, values: dict[str, str]) -> list[str]:
    """The table's checks, over a row of the columns that they name: new values where there are any."""
    concerned = [(sql, columns) for sql, columns in limits.checks if columns & values.keys()]
    if not concerned:
        return []
    named = sorted(frozenset[str]().union(*(columns for _, columns in concerned)))
    row = ", ".join(f"{values.get(name, f't.{quote(name)}')} AS {quote(name)}" for name in named)
    refused = " OR ".join(f"({sql}) IS FALSE" for sql, _ in concerned)
    return [f"(SELECT {refused} FROM (SELECT {row}) new_row)"]

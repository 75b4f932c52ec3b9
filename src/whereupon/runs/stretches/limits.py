"""What a table would refuse, asked beforehand in SQL, so that one bad record does not make a whole set fail.

Where a record breaks one rule and no trigger of another program stands before it, what the table would say is
known, and it is not asked. Every other record that looks bad is written alone, and its history tells the
table's own refusal. What nobody could guess is found by trying in turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.runs.refusals import refusal_of
from whereupon.sdk.outcomes import Fail
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
SELECT conname AS name, pg_get_expr(conbin, conrelid) AS expression,
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
# Whether the table speaks for itself, and in words that are known: no row trigger but ours, English messages.
LOAD_PLAIN = """
SELECT NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1::text::regclass AND NOT tgisinternal
                   AND tgtype & 1 = 1 AND NOT starts_with(tgname, 'zz_whereupon_'))
  AND current_setting('lc_messages') ~* '^(en|c$|c\\.|posix|$)'
"""
# Another one as soon as anything that is read above is altered. Asked when the members' rows are locked: from
# then on nobody alters the table.
MARK = """
SELECT md5(concat_ws(' ', current_setting('lc_messages'),
  (SELECT string_agg(concat(attnum, attnotnull, atttypid, '/', atttypmod), ' ' ORDER BY attnum)
   FROM pg_attribute WHERE attrelid = t.id AND attnum > 0 AND NOT attisdropped),
  (SELECT string_agg(concat(oid, '/', xmin), ' ' ORDER BY oid) FROM pg_constraint WHERE conrelid = t.id),
  (SELECT string_agg(concat(oid, '/', xmin), ' ' ORDER BY oid) FROM pg_trigger WHERE tgrelid = t.id)))
FROM (SELECT $1::text::regclass::oid AS id) t
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

    @property
    def rounds(self) -> bool:
        """Whether a value may be stored as another one than it is."""
        return self.scale is not None or self.longest is not None


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK, with the columns that it is about."""

    name: str
    expression: str
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Limits:
    """What stands on a table: its columns, its checks, its links (column, target, key of the target).

    `plain`: what it says to a broken rule is known beforehand. `mark`: as of when.
    """

    mark: str
    table: str
    columns: Sequence[Column]
    checks: Sequence[Check]
    links: Sequence[tuple[str, str, str]]
    plain: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """`broken`: SQL boolean over the row `t` and the new values v.v0, v.v1 …; `says`: what the table says
    to it, None where only the table knows."""

    broken: str
    says: Fail | None = None


async def load_limits(db: Connection, module: Module) -> Limits:
    """As the database has them, which holds for attached tables as for our own."""
    mark = await mark_of(db, module)
    checks = await db.fetch(LOAD_CHECKS, module.sql)
    return Limits(
        mark,
        module.table,
        [Column(**dict(row)) for row in await db.fetch(LOAD_COLUMNS, module.sql)],
        [Check(row["name"], row["expression"], frozenset(row["columns"])) for row in checks],
        [(r["name"], r["target"], r["key"]) for r in await db.fetch(LOAD_LINKS, module.sql)],
        await db.fetchval(LOAD_PLAIN, module.sql),
    )


async def mark_of(db: Connection, module: Module) -> str:
    """What is different when the table has other limits."""
    return await db.fetchval(MARK, module.sql)


def rules_of(limits: Limits, assignments: Sequence[Assignment], catalog: Catalog) -> list[Rule]:
    """The rules that the new values may break."""
    values = {one.field.column or "": f"v.v{i}" for i, one in enumerate(assignments)}
    columns = [column for column in limits.columns if column.name in values]
    rules = [rule for column in columns for rule in _rules_of_column(limits, column, values[column.name])]
    rounding = {column.name for column in columns if column.rounds}
    rules += [_rule_of_check(limits, check, values, rounding, catalog)
              for check in limits.checks if check.columns & values.keys()]  # fmt: skip
    return rules + [
        Rule(
            f"{values[name]} IS NOT NULL AND NOT EXISTS "
            f"(SELECT FROM {target} l WHERE l.{quote(key)} = {values[name]})"
        )
        for name, target, key in limits.links
        if name in values
    ]


def _rules_of_column(limits: Limits, column: Column, value: str) -> list[Rule]:
    rules: list[Rule] = []
    if column.needed:
        told = (
            f'null value in column "{column.name}" of relation "{limits.table}" violates not-null constraint'
        )
        says = Fail(f"The database refused it: {told}.", "database_23502")
        rules.append(Rule(f"{value} IS NULL", says if limits.plain else None))
    if column.longest is not None:
        rules.append(Rule(f"char_length({value}::text) > {column.longest}"))
    if column.digits is not None:
        rules.append(Rule(f"abs(round({value}, {column.scale})) >= 1e{column.digits}"))
    if column.bits is not None:
        rules.append(Rule(f"abs({value}::numeric) >= {2**column.bits}"))
    return rules


def _rule_of_check(
    limits: Limits, check: Check, values: Mapping[str, str], rounding: AbstractSet[str], catalog: Catalog
) -> Rule:
    """Over a row of the columns that it names: new values where there are any."""
    named = sorted(check.columns)
    row = ", ".join(f"{values.get(name, f't.{quote(name)}')} AS {quote(name)}" for name in named)
    broken = f"(SELECT ({check.expression}) IS FALSE FROM (SELECT {row}) new_row)"
    if not limits.plain or check.columns & rounding:
        return Rule(broken)
    told = f'new row for relation "{limits.table}" violates check constraint "{check.name}"'
    return Rule(broken, refusal_of("23514", told, check.name, catalog))

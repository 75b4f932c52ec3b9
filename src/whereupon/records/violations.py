"""What PostgreSQL refused, said in the words of the module: which field, why, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import asyncpg

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, Problem, WhereuponError
from whereupon.modules.catalog import Catalog, Field, Module, quote
from whereupon.modules.names import shown

OURS = re.compile(r"f([0-9]+)_(check|reference|unique|index|order)")
MOVED = (asyncpg.UndefinedColumnError, asyncpg.UndefinedTableError)  # the catalog in hand is an old one
BROKEN = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, *MOVED)
# The columns of a constraint or unique index of a table that was here before us.
COLUMNS = """
SELECT array_agg(a.attname::text) FROM pg_attribute a,
  (SELECT conrelid AS relid, conkey::int[] AS keys FROM pg_constraint
   WHERE conname = $2 AND conrelid = $1::text::regclass
   UNION ALL
   SELECT i.indrelid, i.indkey::int[] FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
   WHERE c.relname = $2 AND i.indrelid = $1::text::regclass) k
WHERE a.attrelid = k.relid AND a.attnum = ANY (k.keys)
"""


async def explain(
    db: Connection, catalog: Catalog, module: Module, error: Exception, values: Sequence[Mapping[str, Any]]
) -> WhereuponError:
    """The error to raise instead of PostgreSQL's. `values`: what was to be written, one per record."""
    if isinstance(error, MOVED):
        told = f"The fields of {module.label} were changed just now; nothing was written."
        return Conflict(told, suggestion="Read the module again, then try again.")
    if isinstance(error, asyncpg.RestrictViolationError):
        return still_referred_to(catalog, module, error)
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        if error.table_name != module.table or error.schema_name != module.schema or not values:
            return still_referred_to(catalog, module, error)
        with suppress(asyncpg.InFailedSQLTransactionError):
            problems = await missing_targets(db, catalog, module, values)
            if problems:
                return Invalid.of(*problems)
    return Invalid.of(await problem_of(db, module, error))


async def problem_of(db: Connection, module: Module, error: Any) -> Problem:
    fields = await fields_of(db, module, error)
    path = f"/{fields[0].key}" if fields else ""
    label = ", ".join(f.label for f in fields) or "a field"
    match error:
        case asyncpg.UniqueViolationError():
            return Problem("not_unique", f"Another record has this {label} already.", path)
        case asyncpg.NotNullViolationError():
            return Problem("required", f"{label} must have a value.", path)
        case asyncpg.ForeignKeyViolationError():
            return Problem("no_such_record", f"{label} names a record that does not exist.", path)
        case asyncpg.CheckViolationError():
            return Problem("not_allowed", f"{label} cannot have this value ({error.constraint_name}).", path)
        case asyncpg.StringDataRightTruncationError():
            return Problem("too_long", f"A text is longer than its column: {error}.", path)
        case _:
            return Problem("not_storable", f"The database cannot store this: {error}.", path)


BROKEN_RULE = {
    "check": "{field} of {module} cannot have this value",
    "unique": "Another {module} has this {field} already",
    "reference": "{field} of {module} names a record that does not exist",
}


def sentence_of_constraint(catalog: Catalog, name: str) -> str | None:
    """What a constraint of ours says, in the words of the module; None for one that is not ours."""
    found = OURS.fullmatch(name)
    if not found or found[2] not in BROKEN_RULE:
        return None
    for module in catalog.modules.values():
        for field in module.fields.values():
            if field.id == int(found[1]):
                bounds = (
                    f": it must be {limits}" if (limits := limits_of(field)) and found[2] == "check" else ""
                )
                return (
                    BROKEN_RULE[found[2]].format(field=f"“{field.label}”", module=module.label) + f"{bounds}."
                )
    return None


def limits_of(field: Field) -> str:
    """“at least 0 and at most 120”, as far as the field's options say."""
    words = {"minimum": "at least", "maximum": "at most"}
    return " and ".join(
        f"{word} {value}" for key, word in words.items() if (value := field.options.get(key)) is not None
    )


async def fields_of(db: Connection, module: Module, error: Any) -> list[Field]:
    """The fields that a constraint is about."""
    name: str = getattr(error, "constraint_name", None) or ""
    found = OURS.fullmatch(name)
    if found:
        return [f for f in module.fields.values() if f.id == int(found[1])]
    columns: list[str] = [error.column_name] if getattr(error, "column_name", None) else []
    if name and not columns:
        with suppress(asyncpg.InFailedSQLTransactionError):  # the caller's transaction: then without the name
            columns = await db.fetchval(COLUMNS, module.sql, name) or []
    return [f for f in module.fields.values() if f.column in columns]


async def missing_targets(
    db: Connection, catalog: Catalog, module: Module, values: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    """Every reference that leads nowhere, not just the first that PostgreSQL met."""
    problems: list[Problem] = []
    for field in module.fields.values():
        named = [(i, str(v[field.key])) for i, v in enumerate(values) if v.get(field.key) is not None]
        gone = await absent(db, catalog, field, sorted({id for _, id in named})) if named else set[str]()
        for index, id in named:
            if id in gone:
                told = f'{field.label}: there is no {target_label(catalog, field)} "{shown(id)}".'
                prefix = f"/{index}" if len(values) > 1 else ""
                problems.append(Problem("no_such_record", told, f"{prefix}/{field.key}"))
    return problems[:100]


async def absent(db: Connection, catalog: Catalog, field: Field, ids: list[str]) -> set[str]:
    """Which of these ids lead nowhere."""
    if field.type == "file":
        table, key = "whereupon.documents", "id"
    elif field.type in ("reference", "user"):
        target = catalog.module(field.target or "")
        table, key = target.sql, target.key_column
    else:
        return set()
    there = f"SELECT FROM {table} t WHERE t.{quote(key)}::text = w.id"
    sql = f"SELECT id FROM unnest($1::text[]) AS w(id) WHERE NOT EXISTS ({there})"
    rows: list[Any] = await db.fetch(sql, ids)
    return {row["id"] for row in rows}


def target_label(catalog: Catalog, field: Field) -> str:
    return "document" if field.type == "file" else catalog.module(field.target or "").label.lower()


def still_referred_to(catalog: Catalog, module: Module, error: Any) -> Conflict:
    """A delete that other records stand in the way of."""
    found = OURS.fullmatch(error.constraint_name or "")
    names = [
        f'"{m.key}.{f.key}"'
        for m in catalog.modules.values()
        for f in m.fields.values()
        if (f.id == int(found[1]) if found else m.table == error.table_name and f.target == module.key)
    ]
    where = names[0] if names else f'"{error.table_name}"'
    return Conflict(
        f"This record cannot be deleted: other records refer to it by {where}.",
        suggestion="Delete or change these first.",
    )

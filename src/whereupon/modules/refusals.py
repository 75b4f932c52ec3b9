"""What the records that are there say against a change: counted, with examples, before anything is tried."""

from __future__ import annotations

from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem, Refused
from whereupon.modules.catalog import Field, Module, quote

TABLE_EXISTS = "SELECT to_regclass(format('%I.%I', $1::text, $2::text)) IS NOT NULL"


def refuse_system(module: Module) -> None:
    """Raises Refused for a module that is part of the product."""
    if module.system:
        raise Refused(f'"{module.key}" is always there; it cannot be removed or renamed.')


async def refuse_foreign_table(db: Connection, module: Module) -> None:
    """Raises Invalid when a table of that name stands in our schema already."""
    if await db.fetchval(TABLE_EXISTS, module.schema, module.table):
        told = f'There is a table "{module.schema}.{module.table}" already.'
        raise Invalid.of(Problem("table_exists", told, "/key", "Choose another key, or attach that table."))


async def refuse_missing(db: Connection, module: Module, field: Field, empty: str) -> None:
    """Raises Invalid saying how many records have no value for a field that is to be required."""
    count: int = await db.fetchval(f"SELECT count(*) FROM {module.sql} WHERE {empty}")
    if count:
        told = f'{records(count)} no value for "{field.key}".'
        way_out = "Give them one, or give the new field a default."
        raise Invalid.of(Problem("values_missing", told, "/required", way_out))


async def refuse_duplicates(db: Connection, module: Module, column: str, expression: str) -> None:
    """Raises Invalid naming values that stand in more than one record."""
    rows: list[Any] = await db.fetch(
        f"SELECT left(min({column}::text), 60) AS value, count(*) AS times FROM {module.sql} "
        f"WHERE {column} IS NOT NULL GROUP BY {expression} HAVING count(*) > 1 ORDER BY 2 DESC, 1 LIMIT 5"
    )
    if rows:
        named = ", ".join(f'"{row["value"]}" ({row["times"]} times)' for row in rows)
        told = f"These values stand in several records: {named}."
        raise Invalid.of(Problem("not_unique", told, "/unique", "Change them first."))


async def refuse_unfitting(
    db: Connection, module: Module, old: Field, fits: str | None, purpose: str
) -> None:
    """Raises Invalid saying how many records hold a value that cannot stay, with examples."""
    if not fits or not old.column:
        return
    column = quote(old.column)
    where = f"FROM {module.sql} WHERE {column} IS NOT NULL AND NOT ({fits})"
    count: int = await db.fetchval(f"SELECT count(*) {where}")
    if count:
        rows: list[Any] = await db.fetch(
            f"SELECT DISTINCT left({column}::text, 60) AS value {where} ORDER BY 1 LIMIT 3"
        )
        examples = ", ".join(f'"{row["value"]}"' for row in rows)
        told = f"{records(count)} a value that cannot {purpose}, such as {examples}."
        raise Invalid.of(Problem("values_in_the_way", told, "/options", "Change these values first."))


def records(count: int) -> str:
    """How many have something.

    >>> records(1), records(1200)
    ('1 record has', '1,200 records have')
    """
    return "1 record has" if count == 1 else f"{count:,} records have"

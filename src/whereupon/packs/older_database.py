"""A database that was here before us: made by its own script, then attached and never altered."""

from __future__ import annotations

import asyncpg

from whereupon.changes.capture import arm
from whereupon.db.pool import Connection
from whereupon.modules.attach import attach_table
from whereupon.modules.catalog import quote
from whereupon.modules.definitions import ModuleChange
from whereupon.packs.contents import OlderDatabase, script_of
from whereupon.records.schema import DEFINER

# One at a time: two that load the pack at the same moment must not both run the script.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('whereupon.older_database'))"
IS_THERE = "SELECT to_regnamespace(quote_ident($1)) IS NOT NULL"


async def make_schema(url: str, key: str, older: OlderDatabase) -> bool:
    """Run the script in a schema of its own; False when that schema is there already.

    On a connection of its own: the script sets what it likes, and whoever comes next must not inherit it.
    """
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(LOCK)
            if await connection.fetchval(IS_THERE, older.schema_name):
                return False
            await connection.execute(f"CREATE SCHEMA {quote(older.schema_name)}")
            await connection.execute(f"SET LOCAL search_path TO {quote(older.schema_name)}")
            await connection.execute(script_of(key, older))
            return True
    finally:
        await connection.close()


async def attach_tables(db: Connection, older: OlderDatabase) -> None:
    """Make modules of its tables, in a transaction of `defining`. Only triggers are put on them."""
    for table in older.tables:
        await attach_table(db, arm, older.schema_name, table.table, key=table.key)
        named = table.model_dump(exclude={"table", "key"}, exclude_defaults=True)
        await DEFINER.change_module(db, table.key, ModuleChange.model_validate(named))

"""Put the triggers on a table that make every write to it a change, whoever writes.

Our own tables also get the two that run before a row is written: empty text becomes null, and
updated_at moves. A table that was here before us gets the capturing ones only, and is otherwise left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import asyncpg

from whereupon.db.pool import Connection
from whereupon.errors import Refused
from whereupon.modules.catalog import Module, quote
from whereupon.modules.ddl import literal
from whereupon.modules.field_types import FIELD_TYPES

# Names begin with z, so that they fire after the owner's own triggers: PostgreSQL goes by name.
CAPTURING = {
    "zz_whereupon_insert": "AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows",
    "zz_whereupon_update": "AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "zz_whereupon_delete": "AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows",
    "zz_whereupon_truncate": "BEFORE TRUNCATE ON {table}",
}
NORMALISE, TOUCH = "zz_whereupon_1_normalise", "zz_whereupon_2_touch"
# Columns that are no use in a history: raw bytes and search vectors.
OMITTED_COLUMNS = """
SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}') FROM pg_attribute a
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
  AND a.atttypid IN ('bytea'::regtype, 'tsvector'::regtype)
"""
# Whether the key is one column of type char(n), which JSON shows with blanks at the end.
PADDED_KEY = """
SELECT cardinality($2::text[]) = 1 AND EXISTS (
  SELECT FROM pg_attribute
  WHERE attrelid = $1::text::regclass AND attname = ($2::text[])[1] AND atttypid = 'bpchar'::regtype)
"""
# The table, and its partitions: a program may write to one directly. Partitions are truncated one by one.
TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind = 'p' AS partitioned
FROM (SELECT $1::text::regclass::oid AS oid UNION SELECT relid FROM pg_partition_tree($1::text::regclass)) t
JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY (c.oid = $1::text::regclass) DESC, 1
"""


async def arm(db: Connection, module: Module) -> None:
    """Make the triggers of a module's table fit its columns; calling it again is harmless.

    Raises Refused, naming the GRANT, when the table is somebody else's and the right is missing.
    """
    omitted: list[str] = await db.fetchval(OMITTED_COLUMNS, module.sql)
    padded = ", 'padded'" if await db.fetchval(PADDED_KEY, module.sql, list(module.key_columns)) else ""
    call = f"whereupon.capture('{module.id}', {array(module.key_columns)}, {array(omitted)}{padded})"
    tables: list[Any] = await db.fetch(TABLES, module.sql)
    try:
        for table in tables:
            await arm_table(db, table["name"], table["partitioned"], call)
    except asyncpg.InsufficientPrivilegeError:
        role: str = await db.fetchval("SELECT current_user::text")
        raise refused(module, role) from None
    if not module.attached:
        await arm_own(db, module)


async def arm_table(db: Connection, table: str, partitioned: bool, call: str) -> None:
    for name, event in CAPTURING.items():
        if not (partitioned and name == "zz_whereupon_truncate"):
            head = f"CREATE OR REPLACE TRIGGER {name} {event.format(table=table)}"
            await db.execute(f"{head} FOR EACH STATEMENT EXECUTE FUNCTION {call}")


def refused(module: Module, role: str) -> Refused:
    return Refused(
        f"Whereupon may not watch {module.schema}.{module.table}.",
        suggestion=f"Let its owner run: GRANT SELECT, TRIGGER ON {module.sql} TO {quote(role)};",
    )


async def arm_own(db: Connection, module: Module) -> None:
    """The two triggers before a row is written; a WHEN clause keeps each away where it is not needed."""
    texts = [quote(f.column) for f in module.fields.values() if f.column and FIELD_TYPES[f.type].texts]
    if texts:
        empty = " OR ".join(f"NEW.{column} = ''" for column in texts)
        await db.execute(
            f"CREATE OR REPLACE TRIGGER {NORMALISE} BEFORE INSERT OR UPDATE ON {module.sql} "
            f"FOR EACH ROW WHEN ({empty}) EXECUTE FUNCTION whereupon.normalise()"
        )
    else:
        await db.execute(f"DROP TRIGGER IF EXISTS {NORMALISE} ON {module.sql}")
    await db.execute(
        f"CREATE OR REPLACE TRIGGER {TOUCH} BEFORE UPDATE ON {module.sql} "
        "FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION whereupon.touch()"
    )


async def disarm(db: Connection, module: Module) -> None:
    """Take the capturing triggers off a table; it is as it was before."""
    tables: list[Any] = await db.fetch(TABLES, module.sql)
    for table in tables:
        for name in CAPTURING:
            await db.execute(f"DROP TRIGGER IF EXISTS {name} ON {table['name']}")


def array(names: Iterable[str]) -> str:
    """An SQL literal of a text array, whatever the names hold.

    >>> array(["id", "it's"])
    '\\'{"id","it\\'\\'s"}\\''
    """
    quoted = ",".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names)
    return literal("{" + quoted + "}")

"""A clock that tests set: in one database, functions of the same names stand before those of PostgreSQL.

Nothing in memory decides what is due, so whoever is connected to that database, and whatever is served from
it, lives by this clock. It goes on from where it is set. Connections from before do not see it.
"""

from __future__ import annotations

from datetime import datetime

from whereupon.db.pool import Connection

READINGS = ("clock_timestamp", "statement_timestamp", "transaction_timestamp", "now")
SCHEMA = """
CREATE SCHEMA faked;
CREATE TABLE faked.clock (ahead interval NOT NULL, frozen timestamptz);
INSERT INTO faked.clock VALUES ('0');
"""
READ = """
CREATE FUNCTION faked.{name}() RETURNS timestamptz LANGUAGE sql {kind} AS
'SELECT coalesce(frozen, pg_catalog.{name}() + ahead) FROM faked.clock'
"""
# What was bound before: functions that name their schemas, and the moments that rows are made at.
EVERYWHERE = """
DO $do$
DECLARE one record;
BEGIN
  EXECUTE format('ALTER DATABASE %I SET search_path = faked, pg_catalog, public', current_database());
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'whereupon'::regnamespace AND EXISTS (
      SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=pg_catalog%') LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = faked, pg_catalog, pg_temp', one.name);
  END LOOP;
  FOR one IN SELECT d.adrelid::regclass AS of, a.attname, pg_get_expr(d.adbin, d.adrelid) AS told
    FROM pg_catalog.pg_attrdef d
    JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE pg_get_expr(d.adbin, d.adrelid) ~ '^(now|clock_timestamp)\\(\\)$' LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT faked.%s', one.of, one.attname, one.told);
  END LOOP;
END $do$
"""


async def install_clock(db: Connection) -> None:
    """Of the database that this is connected to. Connect again to live by it."""
    await db.execute(SCHEMA)
    for name in READINGS:
        kind = "VOLATILE" if name == "clock_timestamp" else "STABLE"
        await db.execute(READ.format(name=name, kind=kind))
    await db.execute(EVERYWHERE)


async def set_clock(db: Connection, at: datetime, *, frozen: bool = False) -> None:
    """It is that moment now. `frozen`: until it is set again."""
    await db.execute(
        "UPDATE faked.clock SET ahead = $1 - pg_catalog.clock_timestamp(), frozen = CASE WHEN $2 THEN $1 END",
        at, frozen,
    )  # fmt: skip

"""Bring the database to the schema that this program expects: at every start, once, under a lock.

Alembic does the work, but a program that finds the schema as it should be, which is nearly always,
learns that with one query and never imports it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg

from whereupon.db.pool import GONE
from whereupon.errors import Conflict, Refused, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
OLDEST_SERVER = 15
LOCK = 0x57484552  # "WHER": an advisory lock's number, the same in every program
# How a connection is opened for schema work: a statement that waits for a lock does not wait for ever.
SCHEMA_WORK = {"application_name": "whereupon migrate", "timezone": "UTC", "lock_timeout": "60s"}

# Which revision the database is at; no row when it has never been migrated.
CURRENT_REVISION = "SELECT version_num FROM whereupon.alembic_version"
# Schemas are made in the database by whoever may create in it; no superuser is needed.
MAY_CREATE = """
SELECT current_user::text AS role, current_database()::text AS database,
  has_database_privilege(current_database(), 'CREATE') AS may_create
"""


async def migrate(url: str) -> bool:
    """Migrate the database at `url`; true when there was something to do.

    Raises Unavailable (not reachable, PostgreSQL older than 15), Conflict (the database is newer than
    this program) and Refused (the role may not create schemas).
    """
    connection = await connect_for_schema_work(url)
    try:
        refuse_old_server(connection)
        if await is_at_head(connection):
            return False
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)  # released when we disconnect
        if await is_at_head(connection):
            return False
        await refuse_without_rights(connection)
        await upgrade(url)
        return True
    finally:
        await connection.close()


async def current_revision(connection: asyncpg.Connection[Any]) -> str | None:
    """The revision that the database is at, such as "0001", or None before the first migration."""
    try:
        found: str | None = await connection.fetchval(CURRENT_REVISION)
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None
    return found


def known_revisions() -> list[str]:
    """The revisions that this program brings, oldest first: the numbers that their files begin with."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


async def is_at_head(connection: asyncpg.Connection[Any]) -> bool:
    """Whether nothing is to be done. Raises Conflict when the database is ahead of this program."""
    current, known = await current_revision(connection), known_revisions()
    if current is not None and current not in known:
        raise Conflict(
            f"The database is at revision {current}, and this program knows only up to {known[-1]}.",
            suggestion="A newer Whereupon has migrated it: start that version, or restore an older backup.",
        )
    return current == known[-1]


async def connect_for_schema_work(url: str) -> asyncpg.Connection[Any]:
    """One connection, not from a pool. Raises Unavailable."""
    try:
        return await asyncpg.connect(url, server_settings=SCHEMA_WORK)
    except (*GONE, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise Unavailable(
            f"The database cannot be reached: {error}",
            suggestion="Check WHEREUPON_DATABASE_URL and that PostgreSQL is running.",
        ) from error


def refuse_old_server(connection: asyncpg.Connection[Any]) -> None:
    """Raises Unavailable for a PostgreSQL that lacks what we build on (MERGE, NULLS NOT DISTINCT)."""
    version = connection.get_server_version()
    if version.major < OLDEST_SERVER:
        raise Unavailable(
            f"The server is PostgreSQL {version.major}; Whereupon needs {OLDEST_SERVER} or newer.",
            suggestion="Upgrade the server, or unset WHEREUPON_DATABASE_URL to use the embedded one.",
        )


async def refuse_without_rights(connection: asyncpg.Connection[Any]) -> None:
    """Raises Refused, with the statement that grants it, when the role may not create our schemas."""
    row = await connection.fetchrow(MAY_CREATE)
    assert row is not None
    if not row["may_create"]:
        raise Refused(
            f"The role {row['role']} may not create schemas in the database {row['database']}.",
            suggestion=f'As its owner, run: GRANT CREATE ON DATABASE "{row["database"]}" TO "{row["role"]}";',
        )


async def upgrade(url: str) -> None:
    """Run Alembic up to the newest revision, all in one transaction."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: connect_for_schema_work(url), poolclass=NullPool
    )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        async with engine.begin() as connection:

            def run(sync_connection: object) -> None:
                config.attributes["connection"] = sync_connection
                command.upgrade(config, "head")

            await connection.run_sync(run)
    finally:
        await engine.dispose()

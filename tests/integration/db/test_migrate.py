"""Migrations run once, whoever comes first, and never backwards."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from whereupon.db.migrate import current_revision, known_revisions, migrate
from whereupon.errors import Conflict, Refused, Unavailable

# A program that starts against a database that is as it should be, and prints which heavy packages it loaded.
START_AT_HEAD = """
import asyncio, sys
from whereupon.db.migrate import migrate
assert asyncio.run(migrate(sys.argv[1])) is False
print(sorted({"sqlalchemy", "alembic", "pgqueuer"} & set(sys.modules)))
"""


async def test_an_empty_database_is_brought_to_the_newest_revision(empty_database_url: str) -> None:
    assert await migrate(empty_database_url) is True
    connection = await asyncpg.connect(empty_database_url)
    assert await current_revision(connection) == known_revisions()[-1]
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'whereupon'")
    assert {"modules", "changes", "runs", "messages", "pgqueuer"} <= {row["tablename"] for row in tables}
    await connection.close()


async def test_ten_programs_starting_together_migrate_once(empty_database_url: str) -> None:
    done = await asyncio.gather(*(migrate(empty_database_url) for _ in range(10)))
    assert sorted(done) == [False] * 9 + [True]


async def test_a_failed_migration_leaves_nothing_behind(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whereupon.db.queue.queue_settings", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await migrate(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT to_regnamespace('whereupon') IS NULL")
    await connection.close()


async def test_a_database_newer_than_the_program_is_refused_by_name(
    db: asyncpg.Connection[Any], database_url: str
) -> None:
    await db.execute("UPDATE whereupon.alembic_version SET version_num = '9999'")
    with pytest.raises(Conflict, match="9999") as caught:
        await migrate(database_url)
    assert caught.value.suggestion is not None
    assert "newer" in caught.value.suggestion


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await migrate("postgresql://nobody:x@127.0.0.1:1/nothing")


async def test_an_unknown_database_is_unavailable(server_url: str) -> None:
    with pytest.raises(Unavailable, match="does not exist"):
        await migrate(urlunsplit(urlsplit(server_url)._replace(path="/δεν_υπάρχει")))


async def test_a_role_that_may_not_create_schemas_is_told_what_to_grant(server_url: str) -> None:
    with pytest.raises(Refused, match="may not create schemas") as caught:
        await migrate(urlunsplit(urlsplit(server_url)._replace(path="/postgres")))
    assert "GRANT CREATE ON DATABASE" in str(caught.value)


def test_a_start_at_head_loads_neither_sqlalchemy_nor_alembic(database_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", START_AT_HEAD, database_url], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


async def test_jobs_survive_a_crash_and_the_queues_log_need_not(db: asyncpg.Connection[Any]) -> None:
    rows = await db.fetch(
        "SELECT relname, relpersistence::text AS kind FROM pg_class"
        " WHERE relname LIKE 'pgqueuer%' AND relkind = 'r'"
    )
    assert {row["relname"]: row["kind"] for row in rows} == {
        "pgqueuer": "p", "pgqueuer_schedules": "p", "pgqueuer_log": "u", "pgqueuer_statistics": "u",
    }  # fmt: skip

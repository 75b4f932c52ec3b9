"""The doctor finds what is wrong, says what to do, and does not cry wolf."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from whereupon.db.doctor import Check, examine
from whereupon.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return Settings(data=folder)


def named(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


async def test_a_healthy_installation_passes_every_check(database_url: str, settings: Settings) -> None:
    checks = await examine(database_url, settings)
    assert [check for check in checks if not check.ok] == []
    assert {"server", "version", "rights", "migrations", "capture", "queue", "clock", "disk space"} <= {
        check.name for check in checks
    }


async def test_whatever_is_wrong_comes_with_advice(settings: Settings) -> None:
    checks = await examine("postgresql://nobody:x@127.0.0.1:1/nothing", settings)
    assert not named(checks, "server").ok
    assert all(check.advice for check in checks if not check.ok)


async def test_a_database_that_was_never_migrated_is_told(
    empty_database_url: str, settings: Settings
) -> None:
    assert "has not been made" in named(await examine(empty_database_url, settings), "migrations").message


async def test_a_module_whose_triggers_are_gone_is_named(
    db: asyncpg.Connection[Any], database_url: str, settings: Settings
) -> None:
    await db.execute("CREATE TABLE data.cases (id bigint)")
    await db.execute(
        "INSERT INTO whereupon.modules (key, label, label_plural, table_schema, table_name, key_columns)"
        " VALUES ('cases', 'Υπόθεση', 'Υποθέσεις', 'data', 'cases', '{id}')"
    )
    found = named(await examine(database_url, settings), "capture")
    assert (found.ok, "cases" in found.message) == (False, True)


async def test_secrets_without_their_key_are_told(
    db: asyncpg.Connection[Any], database_url: str, settings: Settings
) -> None:
    await db.execute(
        "INSERT INTO whereupon.secrets (name, key_id, nonce, sealed) VALUES ('smtp', 'k', '', '')"
    )
    assert not named(await examine(database_url, settings), "secret key").ok
    file = settings.data / "secret.key"
    file.write_text("key")
    file.chmod(0o644)
    assert "chmod 600" in named(await examine(database_url, settings), "secret key").advice
    file.chmod(0o600)
    assert named(await examine(database_url, settings), "secret key").ok


async def test_mails_whose_links_lead_nowhere_are_told(
    db: asyncpg.Connection[Any], database_url: str, settings: Settings
) -> None:
    assert named(await examine(database_url, settings), "links").ok
    await db.execute("INSERT INTO whereupon.settings (key, value) VALUES ('mail', '{}')")
    found = named(await examine(database_url, settings), "links")
    assert (found.ok, "WHEREUPON_PUBLIC_URL" in found.advice) == (False, True)
    public = settings.model_copy(update={"public_url": "https://office.example.org"})
    found = named(await examine(database_url, public), "links")
    assert (found.ok, found.message) == (True, "Links in mails lead to https://office.example.org.")


async def test_old_changes_that_nobody_matches_are_told(
    db: asyncpg.Connection[Any], database_url: str, settings: Settings
) -> None:
    await db.execute(
        "WITH c AS (INSERT INTO whereupon.changes (module_id, record_id, op, origin, at)"
        " VALUES (1, '1', 'I', 'api', now() - interval '1 hour') RETURNING id)"
        " INSERT INTO whereupon.pending_changes (shard, change_id) SELECT 0, id FROM c"
    )
    found = named(await examine(database_url, settings), "queue")
    assert (found.ok, found.message[:9]) == (False, "1 changes")


async def test_a_data_folder_open_to_others_is_told(database_url: str, settings: Settings) -> None:
    settings.data.chmod(0o755)
    found = named(await examine(database_url, settings), "data folder")
    assert (found.ok, found.advice) == (False, f"chmod 700 {settings.data}")

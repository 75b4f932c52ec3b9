"""A backup brings everything back, touches nothing that is in the way, and says why it refuses."""

from __future__ import annotations

import json
import stat
import tarfile
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from whereupon.db.backup import backup, extract, read_manifest, restore
from whereupon.db.migrate import known_revisions, migrate
from whereupon.errors import Conflict, Invalid, Unavailable


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a key and two documents."""
    folder = tmp_path / "data"
    (folder / "documents" / "ab").mkdir(parents=True)
    (folder / "secret.key").write_bytes(b"\x00key\xff")
    (folder / "documents" / "ab" / "συμβόλαιο").write_bytes(b"contract")
    (folder / "documents" / "empty").write_bytes(b"")
    (folder / "server.json").write_text("not for the backup")
    return folder


@pytest.fixture
async def saved(database_url: str, db: asyncpg.Connection[Any], tmp_path: Path, data: Path) -> Path:
    """A backup of a database with one table of records."""
    await db.execute("CREATE TABLE data.cases (id bigint PRIMARY KEY, title text)")
    await db.execute("INSERT INTO data.cases VALUES (1, 'Ωραία; \\restrict'), (2, NULL), (3, '')")
    await backup(database_url, tmp_path / "saved.tar", data=data)
    return tmp_path / "saved.tar"


async def fetch(url: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_what_was_backed_up_comes_back_whole(
    saved: Path, data: Path, empty_database_url: str, tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    manifest = await restore(empty_database_url, saved, data=fresh)
    rows = await fetch(empty_database_url, "SELECT * FROM data.cases ORDER BY id")
    assert rows == [(1, "Ωραία; \\restrict"), (2, None), (3, "")]
    assert (manifest.documents, manifest.secret_key, manifest.revision) == (2, True, known_revisions()[-1])
    for name in ("secret.key", "documents/ab/συμβόλαιο", "documents/empty"):
        assert (fresh / name).read_bytes() == (data / name).read_bytes()
    assert stat.S_IMODE((fresh / "secret.key").stat().st_mode) == 0o600
    assert not (fresh / "server.json").exists()
    assert await migrate(empty_database_url) is False


async def test_a_file_may_be_named_from_the_folder_that_one_is_in(
    database_url: str, empty_database_url: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data.parent)
    await backup(database_url, Path("αντίγραφο.tar"), data=Path("data"))
    manifest = await restore(empty_database_url, Path("αντίγραφο.tar"), data=Path("fresh"))
    assert manifest.documents == 2
    assert (data.parent / "fresh" / "secret.key").exists()


async def test_a_backup_is_readable_by_its_owner_alone_and_leaves_nothing_beside_it(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert sorted(path.name for path in saved.parent.iterdir()) == ["data", "saved.tar"]


async def test_a_backup_never_overwrites_a_file(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "there.tar").write_text("precious")
    with pytest.raises(Conflict, match="never overwrites"):
        await backup(database_url, tmp_path / "there.tar")
    assert (tmp_path / "there.tar").read_text() == "precious"


async def test_a_database_without_our_schema_is_not_backed_up(
    empty_database_url: str, tmp_path: Path
) -> None:
    with pytest.raises(Conflict, match="nothing to back up"):
        await backup(empty_database_url, tmp_path / "x.tar")


async def test_a_database_with_something_in_it_is_replaced_only_when_told(
    saved: Path, database_url: str, db: asyncpg.Connection[Any]
) -> None:
    await db.execute("UPDATE data.cases SET title = 'later'; CREATE TABLE data.newer (id int)")
    with pytest.raises(Conflict, match="not empty"):
        await restore(database_url, saved)
    assert await fetch(database_url, "SELECT DISTINCT title FROM data.cases") == [("later",)]
    await restore(database_url, saved, replace=True)
    assert await fetch(database_url, "SELECT title FROM data.cases WHERE id = 1") == [("Ωραία; \\restrict",)]
    assert await fetch(database_url, "SELECT to_regclass('data.newer')::text") == [(None,)]


async def test_a_restore_that_fails_changes_nothing(saved: Path, database_url: str, tmp_path: Path) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE SCHEMA other; CREATE VIEW other.v AS SELECT 1 AS one")
    await connection.execute(
        "CREATE VIEW other.cases AS SELECT * FROM data.cases; CREATE TABLE public.t (id int)"
    )
    # A role-wide refusal in the middle of the script: the dump's own table is somebody else's lock.
    await connection.execute("BEGIN; LOCK TABLE data.cases")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("whereupon.db.backup.DROP_OURS", "SET lock_timeout = '200ms'; DROP TABLE public.t; "
                      "DROP SCHEMA data CASCADE;")  # fmt: skip
        with pytest.raises(Unavailable, match="lock"):
            await restore(database_url, saved, replace=True)
    await connection.execute("ROLLBACK")
    assert await connection.fetchval("SELECT count(*) FROM data.cases") == 3
    assert await connection.fetchval("SELECT to_regclass('public.t') IS NOT NULL")
    await connection.close()


@pytest.mark.parametrize("content", [b"", b"not an archive", "σκουπίδια".encode(), b"\x00" * 10_240])
async def test_a_file_that_is_no_backup_is_refused(
    empty_database_url: str, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Invalid, match="not a backup"):
        await restore(empty_database_url, tmp_path / "file")


async def test_a_missing_file_is_named(empty_database_url: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"no file .*nothing\.tar"):
        await restore(empty_database_url, tmp_path / "nothing.tar")


async def test_a_damaged_dump_is_noticed_before_anything_is_changed(
    saved: Path, empty_database_url: str, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.tar"
    content = saved.read_bytes()
    at = content.index(b"PGDMP") + 2000
    damaged.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
    with pytest.raises(Invalid, match="damaged"):
        await restore(empty_database_url, damaged)
    assert await fetch(empty_database_url, "SELECT to_regnamespace('whereupon')::text") == [(None,)]


async def test_a_backup_of_a_newer_version_is_refused_by_name(
    saved: Path, empty_database_url: str, tmp_path: Path
) -> None:
    parts = tmp_path / "parts"
    extract(saved, parts)
    manifest = json.loads((parts / "manifest.json").read_text()) | {"revision": "0999", "whereupon": "9.9"}
    (parts / "manifest.json").write_text(json.dumps(manifest))
    newer = tmp_path / "newer.tar"
    with tarfile.open(newer, "w") as archive:
        for path in sorted(parts.iterdir()):
            archive.add(path, path.name)
    assert read_manifest(newer).whereupon == "9.9"
    with pytest.raises(Conflict, match=r"Whereupon 9\.9"):
        await restore(empty_database_url, newer)


async def test_another_secret_key_in_place_is_kept(
    saved: Path, empty_database_url: str, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "secret.key").write_bytes(b"another")
    with pytest.raises(Conflict, match="another key"):
        await restore(empty_database_url, saved, data=other)
    assert (other / "secret.key").read_bytes() == b"another"


async def test_a_path_that_leads_out_of_the_archive_is_refused(
    saved: Path, empty_database_url: str, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile.tar"
    hostile.write_bytes(saved.read_bytes())
    (tmp_path / "payload").write_text("x")
    with tarfile.open(hostile, "a") as archive:
        archive.add(tmp_path / "payload", "../../escaped")
    with pytest.raises(Invalid, match="damaged"):
        await restore(empty_database_url, hostile)
    assert not (tmp_path.parent / "escaped").exists()

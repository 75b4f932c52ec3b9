"""A secret opens with the right key, for the right host, and in its own row only."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from whereupon.db.pool import Connection as Db
from whereupon.errors import Conflict, Invalid, NotFound
from whereupon.outbox.secrets import Key, keep_secret, load_key, open_secret
from whereupon.settings import Settings

KEY, OTHER = Key(b"k" * 32), Key(b"o" * 32)


@pytest.mark.parametrize("value", ["hunter2", "", "κωδικός 🙂", "x" * 10_000])
async def test_what_was_kept_is_opened(db: Db, value: str) -> None:
    handle = await keep_secret(db, KEY, "mail.password", value, host="smtp.example.com")
    assert handle == "secret:mail.password"
    assert await open_secret(db, KEY, handle, host="SMTP.example.com") == value


async def test_the_database_holds_nothing_readable(db: Db) -> None:
    await keep_secret(db, KEY, "mail", "canary-5c1e", host="h")
    row = await db.fetchrow("SELECT * FROM whereupon.secrets")
    assert b"canary" not in bytes(row["sealed"])
    assert "canary" not in str(dict(row))


async def test_another_host_or_key_does_not_open_it(db: Db) -> None:
    handle = await keep_secret(db, KEY, "mail", "x", host="smtp.example.com")
    for key, host in ((KEY, "evil.example"), (OTHER, "smtp.example.com")):
        with pytest.raises(Conflict):
            await open_secret(db, key, handle, host=host)


async def test_a_ciphertext_moved_to_another_row_does_not_open(db: Db) -> None:
    for name in ("a", "b"):
        await keep_secret(db, KEY, name, name, host="h")
    await db.execute(
        "UPDATE whereupon.secrets t SET sealed = f.sealed, nonce = f.nonce "
        "FROM whereupon.secrets f WHERE t.name = 'a' AND f.name = 'b'"
    )
    with pytest.raises(Conflict):
        await open_secret(db, KEY, "secret:a", host="h")
    assert await open_secret(db, KEY, "secret:b", host="h") == "b"


async def test_a_new_secret_replaces_the_old(db: Db) -> None:
    await keep_secret(db, KEY, "mail", "old", host="h")
    assert await open_secret(db, KEY, await keep_secret(db, KEY, "mail", "new", host="h"), host="h") == "new"
    with pytest.raises(NotFound):
        await open_secret(db, KEY, "secret:none", host="h")


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "new")  # pyright: ignore[reportCallIssue]
    key = load_key(settings)
    assert load_key(settings) == key
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600
    assert [f.name for f in (tmp_path / "new").iterdir()] == ["secret.key"]
    assert "k" * 32 not in repr(KEY)


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(b"x" * 31).decode(), "ü" * 44])
def test_a_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret.key").write_text(text)
    with pytest.raises(Invalid):
        load_key(Settings(data=tmp_path))  # pyright: ignore[reportCallIssue]

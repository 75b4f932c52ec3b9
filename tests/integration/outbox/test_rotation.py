"""The installation's key is changed, and every secret opens before, meanwhile and after, cut off or not."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from whereupon.db.backup import key_at_rest
from whereupon.db.pool import Database
from whereupon.errors import Conflict, Invalid
from whereupon.outbox import rotation
from whereupon.outbox.rotation import look_at_secrets, rotate
from whereupon.outbox.secrets import Key, keep_secret, load_key, open_secret, purpose
from whereupon.settings import Settings

SECRETS = {"mail": "hunter2", "shared:carrier": "κωδικός 🙂", "ai:house": "x" * 5_000}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")  # pyright: ignore[reportCallIssue]


@pytest.fixture
async def kept(database: Database, settings: Settings) -> dict[str, str]:
    for name, value in SECRETS.items():
        await keep(database, settings, name, value)
    return SECRETS


async def keep(database: Database, settings: Settings, name: str, value: str) -> None:
    async with database.transaction() as db:
        await keep_secret(db, load_key(settings), name, value, host="h.example")


async def opened(database: Database, settings: Settings) -> dict[str, str]:
    """What a process that starts now can open."""
    async with database.connection() as db:
        names = [row["name"] for row in await db.fetch("SELECT name FROM whereupon.secrets ORDER BY name")]
        key = load_key(settings)
        return {name: await open_secret(db, key, f"secret:{name}", host="h.example") for name in names}


async def sealed(database: Database) -> list[Any]:
    async with database.connection() as db:
        return [row["sealed"] for row in await db.fetch("SELECT sealed FROM whereupon.secrets")]


def key_files(settings: Settings) -> list[str]:
    return sorted(file.name for file in settings.data.iterdir())


async def test_every_secret_is_sealed_again_and_opens(
    database: Database, settings: Settings, kept: dict[str, str]
) -> None:
    before, was = load_key(settings), await sealed(database)
    done = await rotate(database, settings)
    assert (done.sealed, done.left) == (3, [])
    assert load_key(settings).id == done.key_id != before.id
    assert await opened(database, settings) == kept
    assert not set(was) & set(await sealed(database))
    assert key_files(settings) == ["secret.key"]
    assert stat.S_IMODE((settings.data / "secret.key").stat().st_mode) == 0o600
    async with database.connection() as db:
        with pytest.raises(Conflict):
            await open_secret(db, before, "secret:mail", host="h.example")


STEPS: dict[str, tuple[Any, str]] = {
    "before anything is sealed": (rotation, "reseal"),
    "before the new key is in place": (rotation, "_put_in_place"),
    "while the files change their places": (os, "replace"),
    "after the new key is in place": (os, "fsync"),
    "before the old key is thrown away": (Path, "unlink"),
}


@pytest.mark.parametrize("step", STEPS)
async def test_cut_off_at_any_step_everything_opens_and_it_is_done_again(
    database: Database, settings: Settings, kept: dict[str, str], step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    home, name = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(home, name, cut_off(getattr(home, name)))
        with pytest.raises(PowerFailure):
            await rotate(database, settings)
    assert await opened(database, settings) == kept
    await keep(database, settings, "later", "kept meanwhile")
    await rotate(database, settings)
    assert await opened(database, settings) == {**kept, "later": "kept meanwhile"}
    assert key_files(settings) == ["secret.key"]


class PowerFailure(BaseException):
    """Nothing of ours runs after it."""


def cut_off(work: Callable[..., Any]) -> Callable[..., Any]:
    """Fails, except for files that are only prepared: the key's bytes, and names with something behind."""

    def fail(*given: Any, **more: Any) -> Any:
        first = given[0]
        partial = isinstance(first, Path) and first.name.startswith(("secret.key.new.", "secret.key.old."))
        if partial or (isinstance(first, int) and not stat.S_ISDIR(os.fstat(first).st_mode)):
            return work(*given, **more)
        raise PowerFailure

    return fail


async def test_what_is_kept_with_the_old_key_meanwhile_is_sealed_again(
    database: Database, settings: Settings, kept: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = load_key(settings)
    resealed = rotation.reseal

    async def meanwhile(database: Database, key: Key) -> Any:
        done = await resealed(database, key)
        if done.sealed == 3:
            async with database.transaction() as db:
                await keep_secret(db, old, "late", "with the old key", host="h.example")
        return done

    monkeypatch.setattr(rotation, "reseal", meanwhile)
    assert (await rotate(database, settings)).sealed == 4
    assert await opened(database, settings) == {**kept, "late": "with the old key"}


async def test_nobody_keeps_a_secret_while_they_are_sealed_again(
    database: Database, settings: Settings, kept: dict[str, str]
) -> None:
    async with database.transaction() as db:
        await db.execute(rotation.HOLD_ALONE)
        task = asyncio.create_task(keep(database, settings, "mail", "new"))
        done, _ = await asyncio.wait([task], timeout=0.1)
        assert not done
    await task
    assert (await opened(database, settings))["mail"] == "new"


async def test_a_secret_that_no_key_opens_is_named_and_left(
    database: Database, settings: Settings, kept: dict[str, str]
) -> None:
    async with database.transaction() as db:
        await keep_secret(db, Key(b"?" * 32), "lost", "x", host="h.example")
    assert [one.name for one in await look_at_secrets(database, settings) if not one.opens] == ["lost"]
    done = await rotate(database, settings)
    assert (done.sealed, done.left) == (3, ["lost"])
    looks = {one.name: (one.opens, one.current) for one in await look_at_secrets(database, settings)}
    assert looks == {**dict.fromkeys(kept, (True, True)), "lost": (False, False)}


async def test_secrets_sealed_without_a_key_of_their_own_open_and_get_one(
    database: Database, settings: Settings
) -> None:
    key, nonce, about = load_key(settings), b"n" * 12, purpose(900, "mail", "h.example")
    async with database.transaction() as db:
        await db.execute(
            "INSERT INTO whereupon.secrets (id, name, bound_to, key_id, nonce, sealed) "
            "OVERRIDING SYSTEM VALUE VALUES (900, 'mail', 'h.example', $1, $2, $3)",
            key.id, nonce, AESGCM(key.material).encrypt(nonce, b"as before", about),
        )  # fmt: skip
    assert await opened(database, settings) == {"mail": "as before"}
    await rotate(database, settings)
    assert await opened(database, settings) == {"mail": "as before"}


def in_base64(letter: bytes) -> str:
    return base64.b64encode(letter * 32).decode()


async def test_a_key_in_the_environment_is_changed_by_putting_the_new_one_first(
    database: Database, tmp_path: Path
) -> None:
    def with_keys(*keys: bytes) -> Settings:
        return Settings(data=tmp_path, secret_key=" ".join(map(in_base64, keys)))  # pyright: ignore[reportCallIssue]

    await keep(database, with_keys(b"o"), "mail", "hunter2")
    with pytest.raises(Invalid) as one_key:
        await rotate(database, with_keys(b"o"))
    assert "NEW OLD" in (one_key.value.problems[0].suggestion or "")
    assert await opened(database, with_keys(b"n", b"o")) == {"mail": "hunter2"}
    assert (await rotate(database, with_keys(b"n", b"o"))).sealed == 1
    assert await opened(database, with_keys(b"n")) == {"mail": "hunter2"}
    assert list(tmp_path.iterdir()) == []


async def test_no_backup_is_made_of_rows_and_keys_of_two_moments(
    database: Database, database_url: str, settings: Settings, kept: dict[str, str]
) -> None:
    async with key_at_rest(database_url):
        task = asyncio.create_task(rotate(database, settings))
        done, _ = await asyncio.wait([task], timeout=0.1)
        assert not done
        assert key_files(settings) == ["secret.key"]
    assert (await task).sealed == 3

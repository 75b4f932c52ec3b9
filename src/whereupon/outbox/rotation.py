"""Another key for the installation: every secret is sealed again, and nothing is unreadable meanwhile.

With the key in a file: the new one is written beside it, then the secrets are sealed with it, then it takes
the old one's place, and what was kept in between is sealed again. Whoever reads the key reads the new and
the old one, too, so each state in which this may be interrupted is one in which everything opens; begun
again, it goes on from there. With the key in the environment, the operator puts the new one before the old.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whereupon.db.pool import Database
from whereupon.errors import Invalid, Problem
from whereupon.outbox.secrets import (
    KEY_FILE,
    NEW_KEY_FILE,
    OLD_KEY_FILE,
    WRAPPED_BYTES,
    Key,
    load_key,
    make_key,
    purpose,
    seal,
    unseal,
    unwrap,
    wrap,
)
from whereupon.settings import Settings

ALL = "SELECT id, name, bound_to, key_id, nonce, sealed FROM whereupon.secrets ORDER BY id"
# While the key is changed nobody keeps a secret, and nobody else changes the key.
HOLD_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('whereupon secret key', 0))"
OTHERS = f"{ALL.removesuffix('ORDER BY id')} WHERE key_id <> $1 ORDER BY id FOR UPDATE"
RESEAL = "UPDATE whereupon.secrets SET key_id = $2, sealed = $3 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Look:
    """One stored secret: what it is for, and whether it opens. Never what it is."""

    name: str
    host: str
    opens: bool
    current: bool  # sealed with the key of now


async def look_at_secrets(database: Database, settings: Settings) -> list[Look]:
    """Every stored secret, tried with the keys at hand."""
    async with database.connection() as db:
        rows = await db.fetch(ALL)
    key = load_key(settings) if rows else None
    return [
        Look(row["name"], row["bound_to"] or "", _opens(key, row), row["key_id"] == key.id)
        for row in rows
        if key is not None
    ]


def _opens(key: Key, row: Mapping[str, Any]) -> bool:
    about = purpose(row["id"], row["name"], row["bound_to"] or "")
    return unseal(key.of(row["key_id"]), row["nonce"], row["sealed"], about) is not None


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a change of the key did. `left`: the names of secrets that no key at hand opens."""

    key_id: str
    sealed: int
    left: list[str] = field(default_factory=list[str])


# One change of the key at a time, and no backup meanwhile (db/backup.py): its rows and its key go together.
BEGIN_CHANGE = "SELECT pg_advisory_lock(hashtextextended('whereupon key change', 0))"
END_CHANGE = "SELECT pg_advisory_unlock(hashtextextended('whereupon key change', 0))"


async def rotate(database: Database, settings: Settings) -> Rotated:
    """Seal every secret with a new key. Raises Invalid where the environment holds one key alone."""
    async with database.connection() as db:
        await db.execute(BEGIN_CHANGE)
        try:
            return await _rotate(database, settings)
        finally:
            await db.execute(END_CHANGE)


async def _rotate(database: Database, settings: Settings) -> Rotated:
    if settings.secret_key:
        return await reseal(database, _key_of_environment(settings))
    folder = settings.data
    current = load_key(settings)
    new = Key(_new_key(folder).material, (current, *current.others))
    before = await reseal(database, new)
    _put_in_place(folder)
    after = await reseal(database, new)  # what was kept with the old key meanwhile
    if not after.left:
        (folder / OLD_KEY_FILE).unlink(missing_ok=True)
    return Rotated(new.id, before.sealed + after.sealed, after.left)


def _key_of_environment(settings: Settings) -> Key:
    key = load_key(settings)
    if not key.others:
        fresh = base64.b64encode(os.urandom(32)).decode()
        raise Invalid.of(
            Problem(
                "one_key",
                "The key is in WHEREUPON_SECRET_KEY, and it is the only one there.",
                "",
                'Set WHEREUPON_SECRET_KEY="NEW OLD" on every host, with a new key before the old (a fresh '
                f"one is {fresh}), start serve and the workers again, and do this again.",
            )
        )
    return key


def _new_key(folder: Path) -> Key:
    """The new key, durable before anything is sealed with it; the one of an interrupted change, if any."""
    return make_key(folder / NEW_KEY_FILE)


def _put_in_place(folder: Path) -> None:
    """The new key becomes the key; the old one stays beside it. Any step may be the last that happens."""
    file, old = folder / KEY_FILE, folder / OLD_KEY_FILE
    if file.exists():
        spare = folder / f"{OLD_KEY_FILE}.part"
        spare.unlink(missing_ok=True)
        os.link(file, spare)
        os.replace(spare, old)  # which does nothing where they are the same file already
        spare.unlink(missing_ok=True)
    os.replace(folder / NEW_KEY_FILE, file)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def reseal(database: Database, key: Key) -> Rotated:
    """Seal with `key` whatever is sealed with another one, all or nothing; what no key opens is left."""
    left = list[str]()
    sealed = 0
    async with database.transaction() as db:
        await db.execute(HOLD_ALONE)
        for row in await db.fetch(OTHERS, key.id):
            again = _sealed_again(key, row)
            if again is None:
                left.append(row["name"])
            else:
                await db.execute(RESEAL, row["id"], key.id, again)
                sealed += 1
    return Rotated(key.id, sealed, left)


def _sealed_again(key: Key, row: Mapping[str, Any]) -> bytes | None:
    """The same secret under another key. Only its own key is opened for that, not the secret itself."""
    about = purpose(row["id"], row["name"], row["bound_to"] or "")
    old = key.of(row["key_id"])
    if old.id != row["key_id"]:
        return None
    own = unwrap(old, row["sealed"], about)
    if own is not None:
        return wrap(key, own, about) + row["sealed"][WRAPPED_BYTES:]
    value = unseal(old, row["nonce"], row["sealed"], about)
    return seal(key, row["nonce"], value, about) if value is not None else None

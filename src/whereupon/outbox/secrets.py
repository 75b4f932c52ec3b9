"""Passwords that Whereupon must know to sign in elsewhere: encrypted, and only for the host they are for.

Each secret is sealed with a key of its own, and that key with the key of the installation (AES-256-GCM both),
which lies outside the database: WHEREUPON_SECRET_KEY, or a file in the data folder that only its owner can
read. What a secret is for is authenticated with it, so that a row copied over another row, or bound to
another host, no longer opens. Another key for the installation: outbox/rotation.py.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem
from whereupon.settings import Settings

KEY_FILE = "secret.key"
NEW_KEY_FILE, OLD_KEY_FILE = f"{KEY_FILE}.new", f"{KEY_FILE}.old"  # while the key is being changed
KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES  # a secret's own key, sealed, with its nonce
HANDLE = "secret:"


@dataclass(frozen=True, slots=True)
class Key:
    """The key of this installation; `id` tells keys apart and says nothing about them.

    `others`: keys that secrets may still be sealed with, while the key is being changed.
    """

    material: bytes = field(repr=False)
    others: tuple[Key, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        return hashlib.sha256(b"whereupon key id" + self.material).hexdigest()[:16]

    def of(self, key_id: str) -> Key:
        """The one of that id among this and the others; this one when there is none."""
        return next((key for key in (self, *self.others) if key.id == key_id), self)


def load_key(settings: Settings) -> Key:
    """The key from the environment, or from the data folder, where it is made on first use.

    WHEREUPON_SECRET_KEY may hold several, apart by blanks: the first one seals, all of them open.
    """
    if settings.secret_key and settings.secret_key.strip():
        first, *others = [Key(decode_key(part)) for part in settings.secret_key.split()]
        return Key(first.material, tuple(others))
    file = settings.data / KEY_FILE
    others = [found for name in (NEW_KEY_FILE, OLD_KEY_FILE) if (found := _read_key(settings.data / name))]
    return Key((_read_key(file) or make_key(file)).material, tuple(others))


def _read_key(file: Path) -> Key | None:
    try:
        return Key(decode_key(file.read_text()))
    except FileNotFoundError:
        return None


def decode_key(text: str) -> bytes:
    """Raises Invalid when it is not 32 bytes in base64."""
    try:
        material = base64.b64decode(text.strip(), validate=True)
    except ValueError:  # of which binascii.Error is one kind
        material = b""
    if len(material) != KEY_BYTES:
        raise Invalid.of(
            Problem(
                "bad_key",
                "The secret key must be 32 bytes in base64.",
                "",
                "Make one with: openssl rand -base64 32",
            )
        )
    return material


def make_key(file: Path) -> Key:
    """A new random key, readable by its owner only; of two processes at once, one wins and both use it."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_name(f"{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(base64.b64encode(os.urandom(KEY_BYTES)).decode() + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(partial, file)  # fails when the file is there, so nothing is ever overwritten
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    return Key(decode_key(file.read_text()))


# The id is part of what is authenticated, so it is drawn first. The name's old secret goes. While the key is
# being changed, nothing is kept: it would be kept with the old one.
HOLD = "SELECT pg_advisory_xact_lock_shared(hashtextextended('whereupon secret key', 0))"
REPLACE = "DELETE FROM whereupon.secrets WHERE name = $1"
DRAW_ID = "SELECT nextval(pg_get_serial_sequence('whereupon.secrets', 'id'))"
INSERT = """
INSERT INTO whereupon.secrets (id, name, bound_to, key_id, nonce, sealed) OVERRIDING SYSTEM VALUE
VALUES ($1, $2, $3, $4, $5, $6)
"""
FIND = "SELECT id, name, bound_to, key_id, nonce, sealed FROM whereupon.secrets WHERE name = $1"


async def keep_secret(db: Connection, key: Key, name: str, value: str, *, host: str) -> str:
    """Store or replace a secret that may only be sent to `host`; gives its handle, "secret:name"."""
    nonce = os.urandom(NONCE_BYTES)
    async with db.transaction():
        await db.execute(HOLD)
        await db.execute(REPLACE, name)
        number: int = await db.fetchval(DRAW_ID)
        sealed = seal(key, nonce, value.encode(), purpose(number, name, host))
        await db.execute(INSERT, number, name, host.lower(), key.id, nonce, sealed)
    return HANDLE + name


async def open_secret(db: Connection, key: Key, handle: str, *, host: str) -> str:
    """The secret behind a handle, for this host only. Raises NotFound, or Conflict when it does not open."""
    row: Any = await db.fetchrow(FIND, handle.removeprefix(HANDLE))
    if row is None:
        raise NotFound(
            f'There is no secret "{handle}".', suggestion="Enter the password again in the settings."
        )
    opened = unseal(key.of(row["key_id"]), row["nonce"], row["sealed"], purpose(row["id"], row["name"], host))
    if opened is None:
        raise Conflict(
            f'The secret "{handle}" does not open for {host}: it is for another host, or the key is another.',
            suggestion="Enter the password again in the settings.",
        )
    return opened.decode()


def purpose(number: int, name: str, host: str) -> bytes:
    """What is authenticated together with the secret."""
    return "\0".join((str(number), name, host.lower())).encode()


# Envelopes --------------------------------------------------------------------------------------------


def seal(key: Key, nonce: bytes, value: bytes, about: bytes) -> bytes:
    """The value sealed with a new key, behind that key sealed with the installation's."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    own = os.urandom(KEY_BYTES)
    return wrap(key, own, about) + AESGCM(own).encrypt(nonce, value, about)


def wrap(key: Key, own: bytes, about: bytes) -> bytes:
    """A secret's own key, sealed."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key.material).encrypt(nonce, own, about)


def unwrap(key: Key, sealed: bytes, about: bytes) -> bytes | None:
    """A secret's own key; None when it does not open."""
    return _decrypt(key.material, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:WRAPPED_BYTES], about)


def unseal(key: Key, nonce: bytes, sealed: bytes, about: bytes) -> bytes | None:
    """What was sealed, also without a key of its own as before; None when it does not open."""
    own = unwrap(key, sealed, about)
    if own is not None:
        return _decrypt(own, nonce, sealed[WRAPPED_BYTES:], about)
    return _decrypt(key.material, nonce, sealed, about)


def _decrypt(material: bytes, nonce: bytes, sealed: bytes, about: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(material).decrypt(nonce, sealed, about)
    except (InvalidTag, ValueError):  # ValueError: too short to be anything
        return None

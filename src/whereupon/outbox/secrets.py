"""Passwords that Whereupon must know to sign in elsewhere: encrypted, and only for the host they are for.

AES-256-GCM; the key lies outside the database (WHEREUPON_SECRET_KEY, or a file in the data folder that
only its owner can read). What a secret is for is authenticated with it, so that a row copied over
another row, or bound to another host, no longer opens.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem
from whereupon.settings import Settings

KEY_FILE = "secret.key"
KEY_BYTES, NONCE_BYTES = 32, 12
HANDLE = "secret:"


@dataclass(frozen=True, slots=True)
class Key:
    """The key of this installation; `id` tells keys apart and says nothing about them."""

    material: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return hashlib.sha256(b"whereupon key id" + self.material).hexdigest()[:16]


def load_key(settings: Settings) -> Key:
    """The key from the environment, or from the data folder, where it is made on first use."""
    if settings.secret_key:
        return Key(decode_key(settings.secret_key))
    file = settings.data / KEY_FILE
    try:
        return Key(decode_key(file.read_text()))
    except FileNotFoundError:
        return make_key(file)


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


# The id is part of what is authenticated, so it is drawn first. The name's old secret goes.
REPLACE = "DELETE FROM whereupon.secrets WHERE name = $1"
DRAW_ID = "SELECT nextval(pg_get_serial_sequence('whereupon.secrets', 'id'))"
INSERT = """
INSERT INTO whereupon.secrets (id, name, bound_to, key_id, nonce, sealed) OVERRIDING SYSTEM VALUE
VALUES ($1, $2, $3, $4, $5, $6)
"""
FIND = "SELECT id, name, bound_to, key_id, nonce, sealed FROM whereupon.secrets WHERE name = $1"


async def keep_secret(db: Connection, key: Key, name: str, value: str, *, host: str) -> str:
    """Store or replace a secret that may only be sent to `host`; gives its handle, "secret:name"."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    async with db.transaction():
        await db.execute(REPLACE, name)
        number: int = await db.fetchval(DRAW_ID)
        sealed = AESGCM(key.material).encrypt(nonce, value.encode(), purpose(number, name, host))
        await db.execute(INSERT, number, name, host.lower(), key.id, nonce, sealed)
    return HANDLE + name


async def open_secret(db: Connection, key: Key, handle: str, *, host: str) -> str:
    """The secret behind a handle, for this host only. Raises NotFound, or Conflict when it does not open."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    row = await db.fetchrow(FIND, handle.removeprefix(HANDLE))
    if row is None:
        raise NotFound(
            f'There is no secret "{handle}".', suggestion="Enter the password again in the settings."
        )
    try:
        opened = AESGCM(key.material).decrypt(
            row["nonce"], row["sealed"], purpose(row["id"], row["name"], host)
        )
    except InvalidTag as error:
        raise Conflict(
            f'The secret "{handle}" does not open for {host}: it is for another host, or the key is another.',
            suggestion="Enter the password again in the settings.",
        ) from error
    return opened.decode()


def purpose(number: int, name: str, host: str) -> bytes:
    """What is authenticated together with the secret."""
    return "\0".join((str(number), name, host.lower())).encode()

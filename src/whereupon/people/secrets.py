"""Random keys that people and programs carry: shown once, and only their SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets


def new_key(prefix: str = "") -> str:
    """256 random bits, URL-safe, after a prefix that tells what it is."""
    return prefix + secrets.token_urlsafe(32)


def key_hash(key: str) -> bytes:
    """What is stored. A fast hash is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()

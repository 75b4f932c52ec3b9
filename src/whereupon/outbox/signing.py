"""What goes along with a request so that its receiver can trust it: a signature, and the chain of causes.

A receiver checks the signature after Standard Webhooks (https://www.standardwebhooks.com). The chain says
which workflows led to the request (rule 19). Only this installation can read it or make one, so that a
request that comes back to us goes on with its chain, and nobody else learns or forges anything.
"""

from __future__ import annotations

import base64
import functools
import hmac
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.outbox.secrets import NONCE_BYTES, Key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHAIN_HEADER = "whereupon-chain"
CHAIN_PURPOSE = b"whereupon chain 1"
MAX_HEADER = 8_000  # characters
SECRET_PREFIX = "whsec_"
Link = list[Any]  # [workflow id, module id, record id, state], as in runs/loops.py

# Each run's chain, up to and including itself.
CHAINS = """
SELECT r.id, r.chain, r.workflow_id, r.module_id, r.record_id,
       md5((coalesce(c.new, c.old) - '{updated_at}'::text[])::text) AS state
FROM whereupon.runs r LEFT JOIN whereupon.changes c ON c.id = r.change_id
WHERE r.id = ANY($1::bigint[])
"""


async def load_chains(db: Connection, runs: Sequence[int]) -> dict[int, list[Link]]:
    """Run → its chain, itself the last link. Its depth is the chain's length."""
    return {
        row["id"]: row["chain"] or [[row["workflow_id"], row["module_id"], row["record_id"], row["state"]]]
        for row in await db.fetch(CHAINS, list(runs))
    }


def sign_chain(key: Key, chain: Sequence[Link]) -> str:
    """The value of the header CHAIN_HEADER: the chain, which only this installation can read.

    >>> key = Key(bytes(32))
    >>> read_chain(key, sign_chain(key, [[1, 2, "3", None]]))
    [[1, 2, '3', None]]
    """
    nonce = os.urandom(NONCE_BYTES)
    sealed = _box(key).encrypt(nonce, orjson.dumps(list(chain)), CHAIN_PURPOSE)
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def read_chain(key: Key, header: str | None) -> list[Link] | None:
    """The chain of a request that we sent ourselves; None without a header, or when it is not ours."""
    from cryptography.exceptions import InvalidTag

    if not header or len(header) > MAX_HEADER:
        return None
    try:
        raw = base64.b64decode(header, altchars=b"-_", validate=True)
        opened = _box(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], CHAIN_PURPOSE)
    except (ValueError, InvalidTag):
        return None
    chain: list[Link] = orjson.loads(opened)
    return chain


@functools.lru_cache(maxsize=8)
def _box(key: Key) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.digest(key.material, CHAIN_PURPOSE, "sha256"))


def sign_webhook(secret: str, key: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The three headers of Standard Webhooks for one attempt; `key` is the same at every attempt.

    Of bytes, and without the library's detours: this is done for every request.

    >>> sign_webhook("whsec_aGVsbG8gd29ybGQgaGVsbG8=", "1-call-0", 1700000000, b"{}")["webhook-id"]
    '1-call-0'
    """
    signed = hmac.digest(signing_key(secret), b"%s.%d.%s" % (key.encode(), timestamp, body), "sha256")
    return {
        "webhook-id": key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def signing_key(secret: str) -> bytes:
    """The key in a signing secret: base64, with or without "whsec_". Raises Invalid."""
    text = secret.removeprefix(SECRET_PREFIX)
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        found = b""
    if not found:
        raise Invalid.of(
            Problem(
                "bad_signing_secret",
                "A signing secret is base64, usually with whsec_ before it.",
                "",
                "Make one with: echo whsec_$(openssl rand -base64 32)",
            )
        )
    return found

"""The same POST sent twice is done once: its answer is kept with its effect, in one transaction.

After the IETF draft "The Idempotency-Key HTTP Header Field": same key and same request: the first
answer again; same key and another request: 422; the first one still under way: 409.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, Problem

HEADER = "idempotency-key"
MAX_LENGTH = 200
KEPT_HEADERS = ("etag", "location", "content-type")

# Held until the transaction ends, so that of two at once the second is told so at once.
LOCK = """
SELECT pg_try_advisory_xact_lock(hashtextextended('whereupon.idempotency ' || $1::bigint || ' ' || $2, 0))
"""
FIND = """
SELECT request_hash, status, response, headers FROM whereupon.idempotency_keys WHERE user_id = $1 AND key = $2
"""
KEEP = """
INSERT INTO whereupon.idempotency_keys (user_id, key, request_hash, status, response, headers)
VALUES ($1, $2, $3, $4, $5, $6)
"""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key as one user sent it, and the fingerprint of the request that it came with."""

    user_id: int
    key: str
    request_hash: bytes

    @classmethod
    def of(cls, request: Request, user_id: int | None, body: bytes) -> IdempotencyKey | None:
        """The key of a POST that has one. Raises Invalid for one that is empty, long or strange."""
        key = request.headers.get(HEADER)
        if key is None or user_id is None or request.method != "POST":
            return None
        if not key or len(key) > MAX_LENGTH or not key.isascii() or not key.isprintable():
            message = f"An Idempotency-Key has 1 to {MAX_LENGTH} printable characters."
            raise Invalid.of(Problem("idempotency_key", message, HEADER))
        line = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
        return cls(user_id, key, hashlib.sha256(line + body).digest())

    async def former_answer(self, db: Connection) -> Response | None:
        """What was answered the first time, None if this is it. Raises Conflict, Invalid."""
        if not await db.fetchval(LOCK, self.user_id, self.key):
            raise Conflict(
                "A request with this Idempotency-Key is under way.",
                suggestion="Wait for its answer, or send this again in a second.",
            )
        row = await db.fetchrow(FIND, self.user_id, self.key)
        if row is None:
            return None
        if row["request_hash"] != self.request_hash:
            message = "This Idempotency-Key came with another request before."
            raise Invalid.of(
                Problem("idempotency_key", message, HEADER, "Take a new key for each new request.")
            )
        if row["response"] is None:
            raise Conflict("This was done already, and its answer held a secret that is shown only once.")
        return Response(
            row["response"], row["status"], headers={**row["headers"], "Idempotent-Replayed": "true"}
        )

    async def keep(self, db: Connection, response: Response, *, secret: bool) -> None:
        """Remember the answer with its effect; one that holds a secret only as having been given."""
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        body = None if secret else bytes(response.body)
        await db.execute(KEEP, self.user_id, self.key, self.request_hash, response.status_code, body, headers)

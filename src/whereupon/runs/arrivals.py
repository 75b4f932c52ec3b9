"""What another program sends to a workflow's address (B8), from the raw request to a run that is queued.

Nothing is taken without the address's secret; where the workflow asks for signatures, not without a fresh
and sound one (Standard Webhooks). The record, the run and the delivery's id commit together, so that the
same delivery sent again gets the same answer and does nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from whereupon.db.pool import Connection, encode_json
from whereupon.errors import Conflict, Invalid, NotFound, NotSignedIn, Problem
from whereupon.outbox.secrets import Key, open_secret
from whereupon.outbox.signing import signing_key
from whereupon.people.secrets import key_hash
from whereupon.runs.hooks import PREFIX, host_of

LARGEST_BYTES = 1_000_000
DEEPEST = 32  # levels of lists and objects in one another
WINDOW_SECONDS = 300
LONGEST_ID = 200
KEPT_BYTES = 20_000  # of what was sent with a delivery that started nothing
KEPT_REFUSALS = 50  # of one address

FIND = """
SELECT h.workflow_id, h.signing_secret, h.per_minute, w.key, w.name, w.state, w.active_version_id,
  h.used_at IS NULL OR h.used_at < now() - interval '1 minute' AS is_due
FROM whereupon.hooks h JOIN whereupon.workflows w ON w.id = h.workflow_id
WHERE h.token_hash = $1 AND w.state <> 'deleted'
"""
USED = "UPDATE whereupon.hooks SET used_at = now() WHERE workflow_id = $1"


@dataclass(frozen=True, slots=True)
class Hook:
    """An address that is known, and the workflow behind it."""

    workflow_id: int
    workflow: str
    name: str
    state: str
    version_id: int | None
    signing_secret: str | None
    per_minute: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request, whole. `id` is the sender's own, the same at each attempt; None: it has none."""

    hook: Hook
    raw: bytes
    headers: Mapping[str, str]
    payload: dict[str, Any]
    id: str | None

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.raw).digest()


async def find_hook(db: Connection, token: str) -> Hook:
    """The workflow behind an address. Raises NotFound."""
    row = await db.fetchrow(FIND, key_hash(token)) if token.startswith(PREFIX) else None
    if row is None:
        raise NotFound(
            "There is nothing at this address.", suggestion="Ask for the address that is used now."
        )
    if row["is_due"]:
        await db.execute(USED, row["workflow_id"])
    return Hook(
        row["workflow_id"], row["key"], row["name"], row["state"], row["active_version_id"],
        row["signing_secret"], row["per_minute"],
    )  # fmt: skip


async def require_authentic(
    db: Connection, key: Key, hook: Hook, raw: bytes, headers: Mapping[str, str]
) -> None:
    """Raises NotSignedIn unless it is signed, where the workflow asks for that."""
    if hook.signing_secret is not None:
        secret = await open_secret(db, key, hook.signing_secret, host=host_of(hook.workflow_id))
        require_signed(secret, raw, headers, time.time())


def read_arrival(hook: Hook, raw: bytes, payload: Any, headers: Mapping[str, str]) -> Arrival:
    """The request, judged by itself: its shape, its id. Raises Invalid."""
    if not isinstance(payload, dict):
        raise Invalid.of(Problem("not_an_object", "A JSON object is expected: {…}."))
    if not not_deeper_than(payload, DEEPEST):
        raise Invalid.of(Problem("too_deep", f"What is sent may be nested {DEEPEST} levels deep."))
    return Arrival(hook, raw, headers, cast("dict[str, Any]", payload), read_id(headers))


def require_signed(secret: str, raw: bytes, headers: Mapping[str, str], now: float) -> None:
    """Raises NotSignedIn unless one of the signatures is right and the request was signed just now."""
    sent_id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")
    if not (sent_id and moment and signatures):
        raise NotSignedIn(
            "This is not signed.", suggestion="Send webhook-id, webhook-timestamp and webhook-signature."
        )
    if not (moment.isascii() and moment.isdigit() and len(moment) < 12):
        raise NotSignedIn("webhook-timestamp is no number of seconds since 1970.")
    if abs(now - int(moment)) > WINDOW_SECONDS:
        raise NotSignedIn(
            f"This was signed more than {WINDOW_SECONDS} seconds ago, or by a clock that is wrong.",
            suggestion="Sign it again with the time that it is now.",
        )
    signed = b"%s.%s.%s" % (sent_id.encode("utf-8", "surrogatepass"), moment.encode(), raw)
    right = base64.b64encode(hmac.digest(signing_key(secret), signed, "sha256"))
    given = [one.partition(",") for one in signatures.split(" ")[:10]]
    found = [hmac.compare_digest(right, value.encode("utf-8", "surrogatepass"))
             for version, _, value in given if version == "v1"]  # fmt: skip
    if not any(found):
        raise NotSignedIn("The signature is wrong.", suggestion="Sign the body as it is sent, byte for byte.")


def read_id(headers: Mapping[str, str]) -> str | None:
    """The sender's id of the delivery. Raises Invalid for one that cannot be kept."""
    found = headers.get("webhook-id") or headers.get("idempotency-key")
    if found is not None and not (len(found) <= LONGEST_ID and found.isascii() and found.isprintable()):
        told = f"The id of a delivery has 1 to {LONGEST_ID} printable characters."
        raise Invalid.of(Problem("webhook_id", told, "webhook-id"))
    return found or None


def not_deeper_than(value: Any, levels: int) -> bool:
    """Without recursion: what is sent may be nested as deep as the parser lets it.

    >>> not_deeper_than({"a": [1]}, 2), not_deeper_than({"a": [1]}, 1)
    (True, False)
    """
    layer: list[Any] = [value]
    for _ in range(levels):
        inner: list[Any] = []
        for one in layer:
            if isinstance(one, dict):
                inner += cast("dict[str, Any]", one).values()
            elif isinstance(one, list):
                inner += cast("list[Any]", one)
        layer = inner
    return not any(isinstance(one, (dict, list)) for one in layer)


# Once ------------------------------------------------------------------------------------------------

# Held until the transaction ends: of two at once the second waits, and then finds the first.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('whereupon.delivery ' || $1::bigint || ' ' || $2, 0))"
FORMER = """
SELECT fingerprint, status, answer FROM whereupon.hook_deliveries
WHERE workflow_id = $1 AND message_id = $2 AND status < 300
"""


async def former_answer(db: Connection, arrival: Arrival) -> Mapping[str, Any] | None:
    """What was answered when the same delivery came before. Raises Conflict for another one by its id."""
    if arrival.id is None:
        return None
    await db.execute(LOCK, arrival.hook.workflow_id, arrival.id)
    row = await db.fetchrow(FORMER, arrival.hook.workflow_id, arrival.id)
    if row is None:
        return None
    if row["fingerprint"] != arrival.fingerprint:
        raise Conflict(
            "Something else came with this id before.", suggestion="Take a new id for each new delivery."
        )
    return row["answer"]


KEEP = """
INSERT INTO whereupon.hook_deliveries (workflow_id, status, message_id, fingerprint, run_id, module_id,
  record_id, answer, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
"""
TRIM = """
DELETE FROM whereupon.hook_deliveries WHERE workflow_id = $1 AND status >= 300 AND id <= (
  SELECT id FROM whereupon.hook_deliveries WHERE workflow_id = $1 AND status >= 300
  ORDER BY id DESC OFFSET $2 LIMIT 1)
"""


async def keep_refusal(
    db: Connection, hook: Hook, status: int, answer: Mapping[str, Any], payload: Any, message_id: str | None
) -> None:
    """Note what was refused, so that people see why; the latest ones of each address are kept."""
    kept = payload if payload is not None and len(encode_json(payload)) <= KEPT_BYTES else None
    await db.execute(KEEP, hook.workflow_id, status, message_id, None, None, None, None, dict(answer), kept)
    await db.execute(TRIM, hook.workflow_id, KEPT_REFUSALS)

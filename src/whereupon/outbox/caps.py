"""Not too much mail at once (rule 26): what exceeds a cap is held, never dropped, and its owner told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whereupon.db.pool import Connection
from whereupon.outbox.addresses import BadAddress, read_mailboxes
from whereupon.outbox.messages import Claimed
from whereupon.outbox.settings import Caps

Window = tuple[str, str, datetime]  # scope, key, from when


@dataclass(frozen=True, slots=True)
class Cap:
    """One kind of cap. `sentence` is what its owner reads; {limit} and {name} are filled in."""

    key: str  # field of Caps, and the hold_reason
    scope: str  # of message_counters
    sentence: str


CAPS = (
    Cap(
        "first_messages",
        "first",
        "“{name}” is new or was changed and wants to send more than {limit} messages.",
    ),
    Cap("workflow_per_hour", "workflow", "“{name}” wants to send more than {limit} messages in an hour."),
    Cap(
        "recipient_per_day",
        "recipient",
        "“{name}” wants to write to somebody who got {limit} messages today.",
    ),
    Cap(
        "organisation_per_day",
        "organisation",
        "More than {limit} messages a day want to leave; “{name}” had to stop.",
    ),
)


def windows_of(message: Claimed, caps: Caps) -> Iterator[tuple[Cap, int, Window]]:
    """Which counters a message moves, with their limits. What a person released moves none."""
    for cap in CAPS:
        limit: int | None = getattr(caps, cap.key)
        if limit is None or message.released:
            continue
        for key, since in keys_of(cap, message):
            yield cap, limit, (cap.scope, key, since)


def keys_of(cap: Cap, message: Claimed) -> list[tuple[str, datetime]]:
    workflow = str(message.workflow_id)
    match cap.scope:
        case "first":
            known = message.workflow_id is not None and not message.past_first
            return [(workflow, message.since)] if known else []
        case "workflow":
            return [(workflow, message.hour)] if message.workflow_id is not None else []
        case "recipient":
            return [(address, message.day) for address in addresses_of(message.recipient)]
        case _:
            return [("", message.day)]


def addresses_of(recipient: str) -> list[str]:
    try:
        return [box.address.lower() for box in read_mailboxes(recipient)]
    except BadAddress:
        return []  # it will fail by itself


# Counts are added before they are compared, in one order, so that two deliverers cannot both pass a cap.
ADD = """
INSERT INTO whereupon.message_counters AS c (scope, key, from_time, count)
SELECT *
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[]) AS n (scope, key, from_time, count)
ORDER BY scope, key, from_time
ON CONFLICT (scope, key, from_time) DO UPDATE SET count = c.count + excluded.count
RETURNING scope, key, from_time, count
"""
HOLD = """
UPDATE whereupon.messages m SET status = 'held', hold_reason = h.reason
FROM unnest($1::bigint[], $2::text[]) AS h (id, reason) WHERE m.id = h.id
"""
# Whoever writes this row first tells the owner.
TELL_ONCE = """
INSERT INTO whereupon.message_counters (scope, key, from_time, count) VALUES ('told', $1, $2, 1)
ON CONFLICT DO NOTHING RETURNING true
"""
# The workflow's owner; without one, everybody who administers.
NOTIFY = """
WITH noted AS (
INSERT INTO whereupon.notifications (user_id, title, body, run_id, node)
SELECT u.id, $2, $3, $4, $5 FROM whereupon.users u
WHERE u.active AND CASE WHEN $1::bigint IS NOT NULL THEN u.id = $1 ELSE u.id IN (
  SELECT ur.user_id FROM whereupon.user_roles ur JOIN whereupon.roles r ON r.id = ur.role_id
  WHERE r.administrator) END
RETURNING 1)
SELECT pg_notify('whereupon_notifications', '') WHERE EXISTS (SELECT FROM noted)
"""


async def within_caps(db: Connection, messages: Sequence[Claimed], caps: Caps) -> list[Claimed]:
    """Those that may go now; the others are held. Call it in the claim's transaction.

    A message that was tried before has been counted already.
    """
    new = [message for message in messages if message.attempts == 0]
    wanted = Counter(window for message in new for _, _, window in windows_of(message, caps))
    counted = await add(db, wanted)
    room = {window: count - wanted[window] for window, count in counted.items()}  # before this batch
    held: list[tuple[Claimed, Cap, int, Window]] = []
    passed: list[Claimed] = []
    for message in messages:
        if message.attempts == 0 and (full := first_full(message, caps, room)) is not None:
            held.append((message, *full))
        else:
            passed.append(message)
            if message.attempts == 0:
                for _, _, window in windows_of(message, caps):
                    room[window] += 1
    if held:
        await hold(db, held, Counter({w: count - room[w] for w, count in counted.items() if count > room[w]}))
    return passed


def first_full(message: Claimed, caps: Caps, room: dict[Window, int]) -> tuple[Cap, int, Window] | None:
    """The first cap that leaves no room for the message."""
    for cap, limit, window in windows_of(message, caps):
        if room[window] >= limit:
            return cap, limit, window
    return None


async def add(db: Connection, wanted: Counter[Window]) -> dict[Window, int]:
    """The counters after adding; they stay locked until the transaction ends."""
    if not wanted:
        return {}
    columns: list[list[Any]] = [list(column) for column in zip(*wanted, strict=True)]
    rows = await db.fetch(ADD, *columns, list(wanted.values()))
    return {(row["scope"], row["key"], row["from_time"]): row["count"] for row in rows}


async def hold(
    db: Connection, held: Sequence[tuple[Claimed, Cap, int, Window]], unused: Counter[Window]
) -> None:
    """Hold messages, give back what they had counted, and tell each owner once per cap and window."""
    await db.execute(HOLD, [message.id for message, *_ in held], [cap.key for _, cap, _, _ in held])
    await add(db, Counter({window: -count for window, count in unused.items()}))
    told: set[tuple[str, datetime]] = set()
    for message, cap, limit, (_, _, since) in held:
        mark = (f"{cap.key}:{message.workflow_id}", since)
        if mark not in told:
            told.add(mark)
            if await db.fetchval(TELL_ONCE, *mark):
                await tell(db, message, cap, limit)


async def tell(db: Connection, message: Claimed, cap: Cap, limit: int) -> None:
    """Notify the workflow's owner that messages are held; without an owner, the administrators."""
    sentence = cap.sentence.format(limit=f"{limit:,}", name=message.workflow_name or "A message")
    body = "The rest is held. Look at a few of them, then release or discard them."
    await db.execute(NOTIFY, message.owner_id, sentence, body, message.run_id, message.node)

"""Not too many messages at once (rule 26): what exceeds a cap is held, never dropped, its owner told once.

What is counted are recipients, hidden ones too: one mail to thirty people counts thirty times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import WhereuponError
from whereupon.outbox.addresses import read_mailboxes
from whereupon.outbox.mail import LISTS
from whereupon.outbox.messages import Claimed
from whereupon.outbox.settings import Caps
from whereupon.templates.template import render

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


@dataclass(frozen=True, slots=True)
class Counted:
    """A message with its recipients, each once; `rooms`: it goes to a room, which is nobody in particular."""

    message: Claimed
    recipients: tuple[str, ...]
    rooms: bool = False

    @property
    def number(self) -> int:
        """What it counts where people are not told apart; one that cannot be read fails by itself."""
        return max(1, len(self.recipients))


def counted(message: Claimed, source: Mapping[str, Any]) -> Counted:
    """The message with everybody it goes to."""
    if message.channel != "email":
        return Counted(message, (message.recipient,), rooms=message.channel == "chat")
    texts = [message.recipient]
    try:
        for key in LISTS:
            if key != "reply_to":
                texts += [render(stored, message.context) for stored in source.get(key, [])]
        found = [box.address.lower() for text in texts for box in read_mailboxes(text)]
    except WhereuponError:
        found = []
    return Counted(message, tuple(dict.fromkeys(found)))


def windows_of(one: Counted, caps: Caps) -> Iterator[tuple[Cap, int, Window, int]]:
    """Which counters a message moves, their limits, and by how much. What a person released moves none."""
    for cap in CAPS:
        limit: int | None = getattr(caps, cap.key)
        if limit is None or one.message.released:
            continue
        for key, since, number in keys_of(cap, one):
            yield cap, limit, (cap.scope, key, since), number


def keys_of(cap: Cap, one: Counted) -> list[tuple[str, datetime, int]]:
    message = one.message
    workflow = str(message.workflow_id)
    match cap.scope:
        case "first":
            known = message.workflow_id is not None and not message.past_first
            return [(workflow, message.since, one.number)] if known else []
        case "workflow":
            return [(workflow, message.hour, one.number)] if message.workflow_id is not None else []
        case "recipient":
            return [] if one.rooms else [(address, message.day, 1) for address in one.recipients]
        case _:
            return [("", message.day, one.number)]


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


async def within_caps(
    db: Connection, messages: Sequence[Claimed], caps: Caps, sources: Mapping[int, Mapping[str, Any]]
) -> list[Claimed]:
    """Those that may go now; the others are held. Call it in the claim's transaction.

    A message that was tried before has been counted already. `sources`: what they say, by source id.
    """
    new = {m.id: counted(m, sources.get(m.source_id, {})) for m in messages if m.attempts == 0}
    wanted: Counter[Window] = Counter()
    for one in new.values():
        for _, _, window, number in windows_of(one, caps):
            wanted[window] += number
    totals = await add(db, wanted)
    used = {window: count - wanted[window] for window, count in totals.items()}  # before this batch
    held: list[tuple[Claimed, Cap, int, Window]] = []
    passed: list[Claimed] = []
    for message in messages:
        one = new.get(message.id)
        if one is not None and (full := first_full(one, caps, used)) is not None:
            held.append((message, *full))
            continue
        passed.append(message)
        for _, _, window, number in windows_of(one, caps) if one else ():
            used[window] += number
    if held:
        await hold(db, held, Counter({w: count - used[w] for w, count in totals.items() if count > used[w]}))
    return passed


def first_full(one: Counted, caps: Caps, used: Mapping[Window, int]) -> tuple[Cap, int, Window] | None:
    """The first cap that leaves no room for the message."""
    for cap, limit, window, number in windows_of(one, caps):
        if used[window] + number > limit:
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

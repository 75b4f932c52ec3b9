"""The loop that looks after inboxes: what is late is passed up, and who wants mails of what comes gets them.

A person chooses: a mail at once, one a day with everything that is due, or none. Mails leave by the outbox
like all others; what is noted for them goes in the transaction that queues them, so each is written once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from whereupon.db.pool import Connection, Database
from whereupon.outbox.messages import NewMessage, queue, source_id
from whereupon.people.absences import who_acts_for
from whereupon.people.escalation import escalate_late
from whereupon.people.inbox import list_inbox
from whereupon.people.rights import Rights
from whereupon.sdk.asking import link_to
from whereupon.workers.loop import repeat

POLL_SECONDS = 5.0
BATCH = 500
DIGEST_HOUR = 7  # of the day where the person is
MOST_LINES = 50  # of what is due, in a daily mail

TAKE = """
WITH taken AS (
  SELECT id FROM whereupon.inbox_news WHERE NOT daily ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
DELETE FROM whereupon.inbox_news n USING taken t WHERE n.id = t.id
RETURNING n.id, n.user_id, n.title, n.due_at
"""
PEOPLE = """
SELECT u.id, u.email, u.name, u.active, u.preferences->>'inbox_mail' AS wants,
  coalesce(u.time_zone, (SELECT value->>'time_zone' FROM whereupon.settings WHERE key = 'organisation'),
    'UTC') AS zone
FROM whereupon.users u WHERE u.id = ANY($1::bigint[])
"""
KEEP_FOR_THE_DAY = """
INSERT INTO whereupon.inbox_news (user_id, daily, title, due_at)
SELECT user_id, true, title, due_at FROM unnest($1::bigint[], $2::text[], $3::timestamptz[])
  AS v(user_id, title, due_at)
"""
# Whose morning it is, and who has had no mail of this day.
MORNING = """
WITH local AS (
  SELECT u.id, now() AT TIME ZONE coalesce(u.time_zone,
    (SELECT value->>'time_zone' FROM whereupon.settings WHERE key = 'organisation'), 'UTC') AS clock
  FROM whereupon.users u WHERE u.active AND u.preferences->>'inbox_mail' IN ('at_once', 'daily')
    AND u.preferences->>'inbox_mail' = 'daily')
UPDATE whereupon.users u SET inbox_digest_on = l.clock::date
FROM local l WHERE u.id = l.id AND extract(hour FROM l.clock) >= $1
  AND u.inbox_digest_on IS DISTINCT FROM l.clock::date RETURNING u.id
"""
NEW_SINCE = "DELETE FROM whereupon.inbox_news WHERE daily AND user_id = $1 RETURNING id, title, due_at"


class Postman:
    """One per worker process; any number share the work."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def run(self, stop: asyncio.Event) -> None:
        """Go round until `stop`."""
        await repeat("inboxes", self.tick, stop)

    async def tick(self) -> float:
        """One round. Answers how long to sleep."""
        async with self.database.transaction() as db:
            late = await escalate_late(db)
        async with self.database.transaction() as db:
            taken = await mail_at_once(db)
        async with self.database.transaction() as db:
            await mail_of_the_day(db)
        return 0.0 if late == BATCH or taken == BATCH else POLL_SECONDS


async def mail_at_once(db: Connection) -> int:
    """One mail to each person of what has come for them since a moment ago; how many things there were."""
    news = await db.fetch(TAKE, BATCH)
    if not news:
        return 0
    acting = await who_acts_for(db, list({row["user_id"] for row in news}))
    people = {row["id"]: row for row in await db.fetch(PEOPLE, list({*acting, *acting.values()}))}
    by_reader: dict[int, list[Mapping[str, Any]]] = {}
    for row in sorted(news, key=lambda row: row["id"]):
        reader = acting[row["user_id"]]
        whose = "" if reader == row["user_id"] else people[row["user_id"]]["name"]
        by_reader.setdefault(reader, []).append({**row, "for": whose})
    for reader, items in by_reader.items():
        await _write_or_keep(db, people[reader], items)
    return len(news)


async def _write_or_keep(db: Connection, person: Any, items: Sequence[Mapping[str, Any]]) -> None:
    """By the wish of whoever reads it, who may be standing in for those whom it was for."""
    if person["active"] and person["wants"] == "at_once":
        lines = [line(item["title"], item["due_at"], person["zone"], item["for"]) for item in items]
        subject = items[0]["title"] if len(items) == 1 else f"{len(items)} new in your inbox"
        await _queue(db, person["email"], subject, ["New in your inbox:", "", *lines])
    elif person["active"] and person["wants"] == "daily":
        titles = [f"{item['title']} (for {item['for']})" if item["for"] else item["title"] for item in items]
        await db.execute(KEEP_FOR_THE_DAY, [person["id"]] * len(items), titles, [i["due_at"] for i in items])


async def mail_of_the_day(db: Connection) -> int:
    """The daily mail of everybody whose morning it is; how many were written. Nothing to say: no mail."""
    users = [row["id"] for row in await db.fetch(MORNING, DIGEST_HOUR)]
    people = await db.fetch(PEOPLE, users) if users else []
    return sum([await _write_day(db, person) for person in people])


async def _write_day(db: Connection, person: Any) -> bool:
    new = sorted(await db.fetch(NEW_SINCE, person["id"]), key=lambda row: row["id"])
    zone = person["zone"]
    today = datetime.now(UTC).astimezone(zone_of(zone)).date()
    waiting = await list_inbox(
        db, Rights(person["id"]), kinds=["task", "step", "approval", "form"], limit=MOST_LINES
    )
    due = [
        row for row in waiting if row["due_at"] and row["due_at"].astimezone(zone_of(zone)).date() <= today
    ]
    if not (new or due):
        return False
    said = _section("Due today or late:", _lines(due, zone)) + _section(
        "New since yesterday:", _lines(new[:MOST_LINES], zone)
    )
    subject = f"Your inbox: {len(due)} due, {len(new)} new"
    await _queue(db, person["email"], subject, said)
    return True


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [title, "", *lines, ""] if lines else []


def _lines(rows: Iterable[Any], zone: str) -> list[str]:
    return [line(row["title"], row["due_at"], zone, dict(row).get("for_user_name") or "") for row in rows]


def line(title: str, due: datetime | None, zone: str, whose: str = "") -> str:
    """One thing in words.

    >>> line("Call Νίκος", datetime(2026, 5, 4, 7, 30, tzinfo=UTC), "Europe/Athens", "Anna")
    '- Call Νίκος, due 4 May 2026, 10:30 (for Anna)'
    """
    at = due.astimezone(zone_of(zone)) if due else None
    when = f", due {at.day} {at:%B %Y, %H:%M}" if at else ""
    return f"- {' '.join(title.split())}{when}{f' (for {whose})' if whose else ''}"


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


async def _queue(db: Connection, address: str, subject: str, lines: Sequence[str]) -> None:
    text = "\n".join(lines).rstrip()
    inbox = {
        "subject": subject[:200],
        "text": text,
        "link": link_to("/inbox"),
        "profile": link_to("/profile"),
    }
    source = await source_id(db, "email", MAIL)
    await queue(db, [NewMessage(None, None, None, address, source, {"inbox": inbox})])


def _stored(text: str) -> dict[str, Any]:
    return {"liquid": text, "html": False, "zone": "UTC", "kinds": {}}


MAIL = {
    "subject": _stored("{{ inbox.subject }}"),
    "text": _stored(
        "{{ inbox.text }}\n\nOpen your inbox: {{ inbox.link }}\n\n"
        "You chose to get these mails. Change that in your profile: {{ inbox.profile }}\n"
    ),
}

"""A user's calendar at an address of its own, as iCalendar (RFC 5545), for any calendar program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from whereupon.db.pool import Connection
from whereupon.errors import NotFound
from whereupon.people import audit
from whereupon.people.events import KINDS, list_events
from whereupon.people.rights import LOAD_RIGHTS, Rights, rights_of_row
from whereupon.people.secrets import key_hash, new_key
from whereupon.people.tasks import list_tasks

PREFIX = "whc_"
PAST = timedelta(days=90)
FUTURE = timedelta(days=730)
MOST_EVENTS = 2_000
USED_SECONDS = 60  # how often use is written down
RESTS_DAYS = 180  # an address that nobody asks for so long has ended
DONE_AS = {"in_progress": "IN-PROCESS", "done": "COMPLETED", "cancelled": "CANCELLED"}
STATUSES = {"planned": "CONFIRMED", "held": "CONFIRMED", "cancelled": "CANCELLED"}

OPEN = """
INSERT INTO whereupon.calendar_feeds (user_id, token_hash) VALUES ($1, $2)
ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = now(), used_at = NULL
RETURNING created_at, used_at
"""
SHOW = "SELECT created_at, used_at FROM whereupon.calendar_feeds WHERE user_id = $1"
CLOSE = "DELETE FROM whereupon.calendar_feeds WHERE user_id = $1 RETURNING user_id"
FIND = """
SELECT user_id FROM whereupon.calendar_feeds
WHERE token_hash = $1 AND coalesce(used_at, created_at) > now() - make_interval(days => $2)
"""
USED = """
UPDATE whereupon.calendar_feeds SET used_at = now()
WHERE user_id = $1 AND (used_at IS NULL OR used_at < now() - make_interval(secs => $2))
"""


async def open_calendar(db: Connection, user_id: int) -> tuple[str, Mapping[str, Any]]:
    """A new secret address, never shown again; one that there was before ends."""
    token = new_key(PREFIX)
    row = await db.fetchrow(OPEN, user_id, key_hash(token))
    await audit.append(db, user_id, "open_calendar", f"user:{user_id}")
    return token, dict(row or {})


async def calendar_of(db: Connection, user_id: int) -> Mapping[str, Any]:
    """Since when there is an address, and when it was last asked; empty when there is none."""
    return dict(await db.fetchrow(SHOW, user_id) or {})


async def close_calendar(db: Connection, user_id: int) -> None:
    """End the address for good. Raises NotFound when there is none."""
    if await db.fetchval(CLOSE, user_id) is None:
        raise NotFound("Your calendar has no address.")
    await audit.append(db, user_id, "close_calendar", f"user:{user_id}")


async def owner_of(db: Connection, token: str) -> Rights:
    """Whose calendar the address opens. Raises NotFound, also for who is disabled."""
    found = await db.fetchval(FIND, key_hash(token), RESTS_DAYS) if token.startswith(PREFIX) else None
    row = await db.fetchrow(LOAD_RIGHTS, found) if found is not None else None
    if row is None or not row["active"]:
        raise NotFound("There is no such calendar.", suggestion="Make a new address in your profile.")
    await db.execute(USED, found, USED_SECONDS)
    return rights_of_row(row)


@dataclass(frozen=True, slots=True)
class Links:
    """How events are told apart from those of other installations, and where their records are shown."""

    host: str
    public_url: str | None = None


async def write_calendar(db: Connection, rights: Rights, links: Links) -> bytes:
    """The user's events and tasks with a day from three months ago on, as a file for calendar programs."""
    now: datetime = await db.fetchval("SELECT now()")
    events = await list_events(db, rights, now - PAST, now + FUTURE, limit=MOST_EVENTS)
    tasks = await list_tasks(db, rights, due=(now - PAST, now + FUTURE), limit=MOST_EVENTS)
    name: str = await db.fetchval("SELECT name FROM whereupon.users WHERE id = $1", rights.user_id)
    return as_icalendar(name, events, links, tasks)


def as_icalendar(
    name: str, events: Sequence[Mapping[str, Any]], links: Links, tasks: Sequence[Mapping[str, Any]] = ()
) -> bytes:
    """The events with the time zones that they name, and the tasks."""
    from icalendar import Calendar

    made: Any = Calendar()
    made.add("prodid", "-//Whereupon//Calendar//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("x-wr-calname", name)
    for event in events:
        made.add_component(_event(event, links))
    for task in tasks:
        made.add_component(_todo(task, links))
    made.add_missing_timezones()
    return made.to_ical()


def _event(event: Mapping[str, Any], links: Links) -> Any:
    from icalendar import Event

    made: Any = Event()
    zone = zone_of(event["time_zone"])
    made.add("uid", f"event-{event['id']}@{links.host}")
    made.add("dtstamp", event["updated_at"].astimezone(UTC))
    made.add("created", event["created_at"].astimezone(UTC))
    made.add("last-modified", event["updated_at"].astimezone(UTC))
    made.add("sequence", event["sequence"])
    made.add("summary", event["title"])
    starts_at, ends_at = event["starts_at"].astimezone(zone), event["ends_at"].astimezone(zone)
    if event["all_day"]:
        made.add("dtstart", starts_at.date())
        made.add("dtend", max(ends_at.date(), starts_at.date() + timedelta(days=1)))
    else:
        made.add("dtstart", starts_at)
        made.add("dtend", ends_at)
    made.add("categories", [KINDS.get(event["kind"], event["kind"])])
    made.add("status", STATUSES.get(event["status"], "CONFIRMED"))
    for key in ("description", "location"):
        if event[key]:
            made.add(key, event[key])
    _link(made, event, links)
    return made


def _todo(task: Mapping[str, Any], links: Links) -> Any:
    from icalendar import Todo

    made: Any = Todo()
    made.add("uid", f"task-{task['id']}@{links.host}")
    made.add("dtstamp", task["updated_at"].astimezone(UTC))
    made.add("created", task["created_at"].astimezone(UTC))
    made.add("last-modified", task["updated_at"].astimezone(UTC))
    made.add("summary", task["title"])
    made.add("due", task["due_at"].astimezone(UTC))
    made.add("status", DONE_AS.get(task["status"], "NEEDS-ACTION"))
    if task["status"] == "done" and task["done_at"]:
        made.add("completed", task["done_at"].astimezone(UTC))
    if task["description"]:
        made.add("description", task["description"])
    _link(made, task, links)
    return made


def _link(made: Any, about: Mapping[str, Any], links: Links) -> None:
    """The record that it is about."""
    if links.public_url and about["module"] and about["record_id"]:
        made.add("url", f"{links.public_url.rstrip('/')}/records/{about['module']}/{about['record_id']}")


def zone_of(name: str) -> Any:
    """The zone; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC

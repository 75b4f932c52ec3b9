"""Events over HTTP, calendars as other programs read them, and activities on records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

from whereupon.people.calendar import Links, as_icalendar

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
EARLIER = (SOON - timedelta(hours=1)).isoformat()
MEETING: dict[str, Any] = {
    "title": 'Möte, "A; B"\nBEGIN:VALARM',
    "starts_at": SOON.isoformat(),
    "ends_at": (SOON + timedelta(minutes=90)).isoformat(),
    "time_zone": "Europe/Helsinki",
    "location": "Hall Ω; 2",
    "description": "Line one\r\nATTENDEE:mailto:x@example.org\n\nΤέλος " + "long " * 60,
}
ITEMS: dict[str, Any] = {
    "key": "items", "label": "Item", "label_plural": "Items", "owner_field": "owner",
    "fields": [{"key": "name", "type": "text"}, {"key": "owner", "type": "user"}],
}  # fmt: skip


async def feed(client: Any, anyone: Any) -> icalendar.Calendar:
    made = await client.post("/api/v1/calendar")
    assert made.status_code == 201, made.text
    got = await anyone.get(made.json()["path"])
    assert got.status_code == 200, got.text
    assert got.headers["content-type"] == "text/calendar; charset=utf-8"
    return icalendar.Calendar.from_ical(got.content)


async def plan(client: Any, **more: Any) -> dict[str, Any]:
    made = await client.post("/api/v1/events", json={**MEETING, **more})
    assert made.status_code == 201, made.text
    return made.json()


SPANS = [
    # zone, start and end in UTC, the clock on the wall then
    ("Europe/Helsinki", "2026-03-28T09:00:00Z", "2026-03-28T10:30:00Z", (11, 0), (12, 30)),
    ("Europe/Helsinki", "2026-03-29T09:00:00Z", "2026-03-29T10:00:00Z", (12, 0), (13, 0)),  # summer time
    ("America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", (1, 30), (1, 30)),  # twice 1:30
    ("Asia/Kathmandu", "2026-05-05T00:00:00Z", "2026-05-05T00:15:00Z", (5, 45), (6, 0)),
    ("UTC", "2026-05-05T00:00:00Z", "2026-05-05T00:00:00Z", (0, 0), (0, 0)),
]


def row(zone: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    """An event as it is stored."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return {
        "id": 1, "title": MEETING["title"], "kind": "call", "status": "planned", "sequence": 0,
        "all_day": False, "time_zone": zone, "starts_at": datetime.fromisoformat(start),
        "ends_at": datetime.fromisoformat(end), "created_at": moment, "updated_at": moment,
        "description": MEETING["description"], "location": MEETING["location"], "module": None,
        "record_id": None, **more,
    }  # fmt: skip


def read_back(*rows: dict[str, Any]) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(as_icalendar("Ζωή", rows, Links("office.example")))


@pytest.mark.parametrize(("zone", "start", "end", "begins", "ends"), SPANS)
def test_an_event_comes_back_from_a_calendar_program_as_it_was(
    zone: str, start: str, end: str, begins: Any, ends: Any
) -> None:
    (event,) = read_back(row(zone, start, end)).walk("VEVENT")
    assert str(event["summary"]) == MEETING["title"]
    assert str(event["location"]) == MEETING["location"]
    assert str(event["description"]).split() == MEETING["description"].split()
    for name, moment, clock in (("dtstart", start, begins), ("dtend", end, ends)):
        value: datetime = event[name].dt
        assert (value.hour, value.minute) == clock
        assert value.astimezone(UTC) == datetime.fromisoformat(moment) or clock == (1, 30), name
    assert (event["uid"], event["status"]) == ("event-1@office.example", "CONFIRMED")


def test_time_zones_are_described_in_the_file_itself_and_texts_stay_texts() -> None:
    file = read_back(*(row(zone, start, end) for zone, start, end, _, _ in SPANS))
    zones = [str(zone["tzid"]) for zone in file.walk("VTIMEZONE")]
    assert sorted(zones) == ["America/New_York", "Asia/Kathmandu", "Europe/Helsinki"]
    assert file.walk("VALARM") == []
    assert all("attendee" not in event for event in file.walk("VEVENT"))


def test_whole_days_are_days() -> None:
    span = row("Europe/Helsinki", "2026-03-28T22:00:00Z", "2026-03-30T21:00:00Z", all_day=True)
    (event,) = read_back(span).walk("VEVENT")
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2026, 3, 29), date(2026, 3, 31))


async def test_whole_days_are_planned_from_midnight_to_midnight(admin: Any) -> None:
    day = {"all_day": True, "starts_at": "2026-03-28T22:30:00Z", "ends_at": "2026-03-30T08:00:00Z"}
    planned = await plan(admin, **day, time_zone="Europe/Helsinki")
    assert (planned["starts_at"], planned["ends_at"]) == ("2026-03-28T22:00:00Z", "2026-03-30T21:00:00Z")


async def test_what_was_moved_and_cancelled_is_told_to_calendars(admin: Any, anyone: Any) -> None:
    planned = await plan(admin)
    seen = {"if-match": f'"{planned["etag"]}"'}
    change = {"starts_at": EARLIER, "status": "cancelled"}
    changed = await admin.patch(f"/api/v1/events/{planned['id']}", json=change, headers=seen)
    assert changed.status_code == 200, changed.text
    late = await admin.patch(f"/api/v1/events/{planned['id']}", json=change, headers=seen)
    assert late.status_code == 412
    (event,) = (await feed(admin, anyone)).walk("VEVENT")
    assert (event["sequence"], event["status"]) == (1, "CANCELLED")
    assert event["dtstart"].dt == SOON - timedelta(hours=1)
    assert event["dtstart"].dt.tzinfo == ZoneInfo("Europe/Helsinki")


TASKS = """
INSERT INTO whereupon.tasks (title, description, due_at, assignee_user_id, status, done_at)
SELECT t.title, 'Ναι; "x"', t.due_at, $1, t.status, CASE WHEN t.status = 'done' THEN now() END
FROM (VALUES ('Κλήση', $2::timestamptz, 'open'), ('Done', $2, 'done'), ('Some day', NULL, 'open'))
  AS t(title, due_at, status)
"""


async def test_tasks_with_a_day_are_there_as_tasks(admin: Any, anyone: Any, database: Any) -> None:
    async with database.connection() as db:
        await db.execute(TASKS, (await admin.get("/api/v1/me")).json()["user"]["id"], SOON)
    todos = {str(todo["summary"]): todo for todo in (await feed(admin, anyone)).walk("VTODO")}
    assert {name: str(todo["status"]) for name, todo in todos.items()} == {
        "Κλήση": "NEEDS-ACTION", "Done": "COMPLETED",
    }  # fmt: skip
    assert (todos["Κλήση"]["due"].dt, str(todos["Κλήση"]["description"])) == (SOON, 'Ναι; "x"')


async def test_an_address_shows_its_owners_events_and_ends_with_a_new_one(
    admin: Any, anyone: Any, client_of: Any
) -> None:
    eve = await client_of("eve@example.org")
    await plan(admin, title="The boss's own")
    await plan(eve, title="Eve's own")
    await plan(admin, title="For Eve", assignee_user_id=eve.user_id)
    file = await feed(eve, anyone)
    assert sorted(str(event["summary"]) for event in file.walk("VEVENT")) == ["Eve's own", "For Eve"]
    old = (await eve.post("/api/v1/calendar")).json()["path"]
    new = (await eve.post("/api/v1/calendar")).json()["path"]
    assert len(old.split("/")[-1]) > 43
    assert (await anyone.get(old)).status_code == 404
    assert (await anyone.get(new)).status_code == 200
    kept = await eve.get("/api/v1/calendar")
    assert kept.json()["open"]
    assert new.split("/")[-1].removesuffix(".ics") not in kept.text
    assert (await eve.delete("/api/v1/calendar")).status_code == 204
    assert (await anyone.get(new)).status_code == 404
    assert (await eve.delete("/api/v1/calendar")).status_code == 404


async def test_who_is_disabled_or_never_looks_has_no_calendar(
    admin: Any, anyone: Any, client_of: Any, database: Any
) -> None:
    eve = await client_of("eve@example.org")
    path = (await eve.post("/api/v1/calendar")).json()["path"]
    for days, status in ((179, 200), (181, 404)):  # since anybody asked for it
        async with database.connection() as db:
            aged = "UPDATE whereupon.calendar_feeds SET used_at = now() - $1 * interval '1 day'"
            await db.execute(aged, days)
        assert (await anyone.get(path)).status_code == status
    path = (await eve.post("/api/v1/calendar")).json()["path"]
    assert (await anyone.get(path)).status_code == 200
    await admin.patch(f"/api/v1/users/{eve.user_id}", json={"active": False})
    assert (await anyone.get(path)).status_code == 404


ADDRESSES = ["whc_x", "x", "whc_" + "A" * 43, "..%2f..", "%00", "Ω"]


@pytest.mark.parametrize("token", ADDRESSES)
async def test_a_guess_opens_nothing(anyone: Any, token: str) -> None:
    assert (await anyone.get(f"/api/v1/calendar/{token}.ics")).status_code in (404, 422)


async def test_an_address_is_not_asked_without_end(admin: Any, anyone: Any) -> None:
    path = (await admin.post("/api/v1/calendar")).json()["path"]
    answers = [(await anyone.get(path)).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


BAD = [
    ({"ends_at": EARLIER}, "wrong_order"),
    ({"ends_at": (SOON + timedelta(days=400)).isoformat()}, "too_long"),
    ({"assignee_user_id": 4711}, "unknown_user"),
    ({"time_zone": "Europe/Helsinky"}, "invalid"),
    ({"starts_at": "2026-03-28T09:00:00"}, "invalid"),
    ({"record_id": "1"}, "missing"),
    ({"title": " "}, "invalid"),
]


@pytest.mark.parametrize(("change", "code"), BAD)
async def test_an_event_that_cannot_be_is_refused(admin: Any, change: dict[str, Any], code: str) -> None:
    refused = await admin.post("/api/v1/events", json={**MEETING, **change})
    assert refused.status_code == 422, refused.text
    assert [one["code"] for one in refused.json()["problems"]] == [code]


async def test_only_ones_own_events_are_seen(admin: Any, client_of: Any) -> None:
    eve = await client_of("eve@example.org")
    planned = await plan(admin)
    assert (await eve.get(f"/api/v1/events/{planned['id']}")).status_code == 404
    span = {"since": EARLIER, "until": MEETING["ends_at"]}
    assert (await eve.get("/api/v1/events", params=span)).json()["items"] == []
    assert len((await admin.get("/api/v1/events", params=span)).json()["items"]) == 1
    assert (await eve.get("/api/v1/events", params={**span, "everyone": "true"})).status_code == 403


def test_an_unknown_zone_and_an_empty_calendar_are_still_files() -> None:
    assert b"BEGIN:VCALENDAR" in as_icalendar("", [], Links("test"))
    start = "2026-01-01T08:00:00Z"
    (event,) = read_back(row("Mars/Base", start, start, kind="odd", status="odd")).walk("VEVENT")
    assert event["dtstart"].dt == datetime.fromisoformat(start)


# Activities -----------------------------------------------------------------------------------------


async def test_activities_are_written_down_listed_and_removed_by_their_writer(
    admin: Any, client_of: Any
) -> None:
    await admin.post("/api/v1/modules", json=ITEMS)
    record = (await admin.post("/api/v1/records/items", json={"name": "Ω"})).json()
    url = f"/api/v1/records/items/{record['id']}/activities"
    for number in range(3):
        body = {"kind": "call", "title": f"Call {number}", "happened_at": f"2026-01-0{number + 1}T10:00:00Z"}
        assert (await admin.post(url, json=body)).status_code == 201
    page = (await admin.get(url, params={"limit": 2})).json()
    assert [one["title"] for one in page["items"]] == ["Call 2", "Call 1"]
    rest = (await admin.get(url, params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [one["title"] for one in rest["items"]] == ["Call 0"]
    stranger = await client_of("eve@example.org")
    assert (await stranger.get(url)).status_code in (403, 404)
    assert (await stranger.post(url, json={"title": "x"})).status_code in (403, 404)
    gone = f"{url}/{page['items'][0]['id']}"
    assert (await stranger.delete(gone)).status_code in (403, 404)
    assert (await admin.delete(gone)).status_code == 204
    assert (await admin.delete(gone)).status_code == 404
    assert len((await admin.get(url)).json()["items"]) == 2


async def test_events_about_a_record_are_on_its_page_for_who_may_read_it(admin: Any, client_of: Any) -> None:
    await admin.post("/api/v1/modules", json=ITEMS)
    record = (await admin.post("/api/v1/records/items", json={"name": "Ω"})).json()
    await plan(admin, module="items", record_id=record["id"])
    url = f"/api/v1/records/items/{record['id']}/events"
    assert [one["record_id"] for one in (await admin.get(url)).json()["items"]] == [str(record["id"])]
    assert (await (await client_of("eve@example.org")).get(url)).status_code in (403, 404)
    missing = await admin.post("/api/v1/events", json={**MEETING, "module": "items", "record_id": "99"})
    assert missing.status_code == 404


async def test_whoever_has_the_calendar_already_is_told_so_until_something_changes(
    admin: Any, anyone: Any
) -> None:
    event = await plan(admin)
    path = (await admin.post("/api/v1/calendar")).json()["path"]
    first = await anyone.get(path)
    etag = first.headers["etag"]
    again = await anyone.get(path, headers={"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    written = icalendar.Calendar.from_ical(first.content)
    assert icalendar.Calendar.from_ical(written.to_ical()).to_ical() == first.content, "the round trip"
    moved = await admin.patch(f"/api/v1/events/{event['id']}", json={"title": "Καινούργιο"})
    assert moved.status_code == 200
    changed = await anyone.get(path, headers={"if-none-match": etag})
    assert changed.status_code == 200
    before, after = (
        one.walk("VEVENT")[0] for one in (written, icalendar.Calendar.from_ical(changed.content))
    )
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after["last-modified"].dt >= before["last-modified"].dt
    zones = {str(zone["tzid"]) for zone in written.walk("VTIMEZONE")}
    named = {
        value.params["tzid"] for name in ("dtstart", "dtend") if "tzid" in (value := before[name]).params
    }
    assert named <= zones, "every zone that is named is described"

"""Settings of the organisation, how long history is kept, messages by filter, and the report on health."""

from __future__ import annotations

import pytest

from whereupon.conditions.values import Scope
from whereupon.modules.catalog import Catalog
from whereupon.outbox.mail import mail_source
from whereupon.templates.template import parse

SOURCE = """
INSERT INTO whereupon.message_sources (sha256, channel, source) VALUES ($1, 'email', $2) RETURNING id
"""
MESSAGE = """
INSERT INTO whereupon.messages (run_id, node, channel, recipient, source_id, context, status, error)
VALUES ($1, 'mail', 'email', $2, $3, $4, $5, $6) RETURNING id
"""


async def test_the_organisation_is_kept_with_all_that_templates_may_name(admin):
    words = {
        "name": "Ääkköset Oy", "legal_name": "", "email": "Info@Example.org", "currency": "EUR",
        "address": "Τρία 3", "country": "Finland", "locale": "fi-FI", "time_zone": "Europe/Helsinki",
    }  # fmt: skip
    saved = (await admin.put("/api/v1/settings/organisation", json=words)).json()["organisation"]
    assert {key: saved[key] for key in words} == words | {"email": "info@example.org"}
    me = (await admin.get("/api/v1/me")).json()["organisation"]
    assert (me["currency"], me["locale"]) == ("EUR", "fi-FI")
    emptied = (await admin.put("/api/v1/settings/organisation", json={})).json()["organisation"]
    assert set(emptied.values()) == {None}


@pytest.mark.parametrize(
    "words", [{"currency": "euro"}, {"locale": "suomi_"}, {"email": "x"}, {"name": ""}, {"time_zone": "EST9"}]
)
async def test_what_is_no_organisation_is_refused(admin, words):
    assert (await admin.put("/api/v1/settings/organisation", json=words)).status_code == 422


async def test_working_hours_begin_with_office_hours_and_are_set_per_weekday(admin):
    before = (await admin.get("/api/v1/settings")).json()["working_hours"]["days"]
    assert (before["monday"], "saturday" in before) == ([{"start": "09:00", "end": "17:00"}], False)
    days = {"monday": [{"start": "08:00", "end": "12:00"}, {"start": "13:00", "end": "24:00"}], "sunday": []}
    saved = await admin.put("/api/v1/settings/working-hours", json={"days": days})
    assert saved.json()["working_hours"]["days"] == days


SPANS = [
    [{"start": "9:00", "end": "17:00"}],
    [{"start": "09:00", "end": "25:00"}],
    [{"start": "17:00", "end": "09:00"}],
    [{"start": "09:00", "end": "09:00"}],
    [{"start": "09:00", "end": "12:00"}, {"start": "11:00", "end": "13:00"}],
    [{"start": "", "end": "ä"}],
    [{"start": "09:00"}],
]


@pytest.mark.parametrize("spans", SPANS)
async def test_hours_that_cannot_be_are_refused(admin, spans):
    refused = await admin.put("/api/v1/settings/working-hours", json={"days": {"monday": spans}})
    assert refused.status_code == 422
    assert (
        await admin.put("/api/v1/settings/working-hours", json={"days": {"maanantai": []}})
    ).status_code == 422


async def test_holidays_are_kept_in_order_each_day_once(admin):
    days = [{"date": "2027-01-06", "name": "Loppiainen"}, {"date": "2026-12-25", "name": "Χριστούγεννα"}]
    saved = (await admin.put("/api/v1/settings/holidays", json={"days": days})).json()
    assert [day["date"] for day in saved["holidays"]["days"]] == ["2026-12-25", "2027-01-06"]
    twice = await admin.put("/api/v1/settings/holidays", json={"days": [days[0], days[0]]})
    assert twice.status_code == 422
    assert "2027-01-06" in twice.text
    assert (await admin.put("/api/v1/settings/holidays", json={"days": []})).json()["holidays"]["days"] == []


async def test_how_long_history_is_kept_is_what_the_pruner_goes_by(admin, database):
    assert (await admin.get("/api/v1/settings")).json()["retention"]["runs"] == 365
    saved = await admin.put("/api/v1/settings/retention", json={"changes": 30, "runs": 90, "work": 730})
    assert saved.json()["retention"] == {"changes": 30, "runs": 90, "messages": 365, "work": 730}
    async with database.connection() as db:
        stored = await db.fetchval("SELECT value FROM whereupon.settings WHERE key = 'retention'")
    assert stored == {"changes": 30, "runs": 90, "messages": 365, "work": 730}
    assert (await admin.put("/api/v1/settings/retention", json={"runs": 0})).status_code == 422


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("organisation", {}),
        ("working-hours", {"days": {}}),
        ("holidays", {"days": []}),
        ("retention", {}),
        ("caps", {}),
    ],
)
async def test_settings_are_for_administrators(client_of, path, body):
    eve = await client_of("eve@example.org")
    assert (await eve.put(f"/api/v1/settings/{path}", json=body)).status_code == 403


@pytest.fixture
async def mails(database):
    """Held for two people, one failed; what they say is HTML with a value in it."""
    nowhere = Scope(Catalog({}, 1), None)
    source = mail_source(
        subject=parse("Hei", nowhere), html=parse("<p>Ääni</p><script>x</script>", nowhere, html=True)
    )
    async with database.transaction() as db:
        number = await db.fetchval(SOURCE, b"x", source)
        rows = [
            ("ada@example.org", "held", None),
            ("Εύα <eva@example.org>", "held", None),
            ("ada@other.example", "failed", {"code": "refused", "message": "550 no"}),
        ]
        return [
            await db.fetchval(MESSAGE, n, to, number, {}, status, error)
            for n, (to, status, error) in enumerate(rows)
        ]


async def test_messages_are_found_by_recipient_and_time(admin, mails):
    async def ids(**params):
        return [m["id"] for m in (await admin.get("/api/v1/messages", params=params)).json()["items"]]

    assert await ids(recipient="ADA@") == [mails[2], mails[0]]
    assert await ids(recipient="ada", status="held") == [mails[0]]
    assert await ids(recipient="εύα") == [mails[1]]
    assert await ids(until="2020-01-01T00:00:00Z") == []
    assert await ids(since="2020-01-01T00:00:00Z") == mails[::-1]
    assert await ids(recipient="%") == []
    counts = (await admin.get("/api/v1/messages/counts")).json()
    assert (counts["held"], counts["failed"], counts["queued"]) == (2, 1, 0)


async def test_a_message_that_is_held_is_shown_as_it_would_look(admin, mails):
    shown = (await admin.get(f"/api/v1/messages/{mails[1]}")).json()
    assert (shown["rendered"], shown["preview"]["subject"]) == (None, "Hei")
    assert "Ääni" in shown["preview"]["html"]
    assert "script" not in shown["preview"]["html"]
    assert "eva@example.org" in shown["preview"]["to"][0]


async def test_held_messages_are_released_by_a_filter_and_others_stay(admin, mails):
    done = await admin.post("/api/v1/messages/release", json={"filter": {"recipient": "eva@"}})
    assert done.json() == {"ids": [mails[1]]}
    done = await admin.post("/api/v1/messages/discard", json={"filter": {}})
    assert done.json() == {"ids": mails[:2]}
    failed = (await admin.get(f"/api/v1/messages/{mails[2]}")).json()
    assert failed["status"] == "failed"
    for unclear in ({}, {"ids": mails, "filter": {}}, {"filter": {"status": "lost"}}):
        assert (await admin.post("/api/v1/messages/release", json=unclear)).status_code == 422


async def test_a_builder_does_not_learn_by_searching_to_whom_was_written(admin, mails, client_of):
    await admin.post("/api/v1/roles", json={"key": "builder", "name": "B", "builder": True, "modules": {}})
    builder = await client_of("builder@example.org", "builder")
    assert len((await builder.get("/api/v1/messages")).json()["items"]) == 3
    assert (await builder.get("/api/v1/messages?recipient=ada")).json()["items"] == []
    for written_to in ("ada", "nobody"):  # nor by whether there is another page
        found = await builder.get("/api/v1/messages", params={"recipient": written_to, "limit": 1})
        assert found.json() == {"items": [], "next_cursor": None}
    refused = await builder.post("/api/v1/messages/discard", json={"filter": {"recipient": "ada"}})
    assert refused.status_code == 403
    shown = (await builder.get(f"/api/v1/messages/{mails[0]}")).json()
    assert (shown["preview"], shown["recipient"]) == (None, None)


async def test_the_report_names_workers_the_clock_what_is_late_and_where_mail_fails(admin, mails, database):
    made = (await admin.post("/api/v1/workflows", json={"name": "Kello"})).json()
    async with database.connection() as db:
        await db.execute(
            "INSERT INTO whereupon.worker_processes (host, pid, seen_at, ticked_at) VALUES "
            "('näin', 1, now(), now()), ('poissa', 2, now() - interval '1 hour', NULL)"
        )
        await db.execute(
            "INSERT INTO whereupon.occurrences (workflow_id, nominal_at, fired_at, status) VALUES "
            "($1, now() - interval '3 hours', NULL, 'skipped'), "
            "($1, now() - interval '2 hours', now() - interval '1 hour', 'fired'), "
            "($1, now() - interval '1 hour', now() - interval '1 hour', 'fired')",
            made["id"],
        )
    found = (await admin.get("/api/v1/health/report")).json()
    assert [(w["host"], w["alive"]) for w in found["workers"]] == [("näin", True), ("poissa", False)]
    assert found["occurrences"] == {"on_time": 1, "late": 1, "skipped": 1}
    assert [o["kind"] for o in found["troubled_occurrences"]] == ["late", "skipped"]
    [destination] = found["destinations"]
    assert (destination["destination"], destination["failed"]) == ("other.example", 1)
    assert destination["last_error"] == "550 no"
    assert found["clock"]["last_tick_at"] is not None
    assert [one["code"] for one in found["findings"]] == ["messages_held"]
    assert found["status"] == "warning"
    assert found["docs"].startswith("/")


async def test_the_report_on_an_empty_database_is_whole(admin, client_of):
    found = (await admin.get("/api/v1/health/report")).json()
    assert (found["status"], found["workers"], found["destinations"]) == ("down", [], [])
    assert set(found["oldest"].values()) == {None}
    eve = await client_of("eve@example.org")
    assert (await eve.get("/api/v1/health/report")).status_code == 403


async def test_names_for_a_template_go_level_by_level(admin, client_of):
    module = {
        "key": "cases", "label": "Case", "label_plural": "Cases",
        "fields": [{"key": "subject", "type": "text"}, {"key": "owner", "type": "user"}],
    }  # fmt: skip
    await admin.post("/api/v1/modules", json=module)
    found = (await admin.post("/api/v1/templates/variables", json={"module": "cases"})).json()["items"]
    by_name = {one["name"]: one for one in found}
    assert by_name["subject"]["template"] == "{{ record.subject }}"
    below = await admin.post("/api/v1/templates/variables", json={"module": "cases", "path": "owner"})
    assert "{{ record.owner.email }}" in [one["template"] for one in below.json()["items"]]
    without = (await admin.post("/api/v1/templates/variables", json={})).json()["items"]
    assert all(not one["name"].startswith("subject") for one in without)
    for body, status in (({"module": "ei"}, 404), ({"module": "cases", "path": "ei"}, 404)):
        assert (await admin.post("/api/v1/templates/variables", json=body)).status_code == status
    eve = await client_of("eve@example.org")
    assert (await eve.post("/api/v1/templates/variables", json={})).status_code == 403

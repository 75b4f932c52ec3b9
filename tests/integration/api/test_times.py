"""Schedules and dates over HTTP: the next times, what never comes, and the question about the past."""

from __future__ import annotations

from typing import Any

from tests.integration.api.test_workflows import KEY, workflow

__all__ = ["workflow"]
ASK = "/api/v1/workflows/next-times"
CLOSE = {"key": "close", "block": "update_record", "config": {"set": {"status": "done"}}}


def document(**trigger: Any) -> dict[str, Any]:
    start = {"key": "start", "block": "start", "config": trigger}
    edges = [{"from": "start", "port": "next", "to": "close"}]
    return {"format": 1, "nodes": [start, CLOSE], "edges": edges, "settings": {"time_zone": "Europe/Athens"}}


async def test_the_next_five_times_are_told_while_one_chooses(admin):
    body = {"when": {"every": "day", "at": "03:30"}, "time_zone": "Europe/Athens"}
    found = (await admin.post(ASK, json=body)).json()
    assert (found["words"], found["time_zone"], len(found["times"])) == (
        "every day at 03:30", "Europe/Athens", 5,
    )  # fmt: skip
    by_cron = await admin.post(ASK, json={"cron": "0 0 1 1 *"})
    assert [time[5:] for time in by_cron.json()["times"]] == ["01-01T00:00:00Z"] * 5
    once = await admin.post(ASK, json={"when": {"every": "once", "day": "2099-12-31", "at": "08:00"}})
    assert once.json()["times"] == ["2099-12-31T08:00:00Z"]


async def test_what_is_no_schedule_is_said_at_its_place(admin, client_of):
    cases = [
        ({}, "", "say when"),
        ({"when": {"every": "day"}}, "/when", "needs at"),
        ({"when": {"every": "Κυριακή"}}, "/when/every", "should be"),
        ({"cron": "0 0 31 2 *"}, "/cron", "no such day in that month"),
        ({"when": {"every": "once", "day": "2020-01-01", "at": "08:00"}}, "/when", "no time to come"),
        ({"cron": "0 8 * * *", "time_zone": "Europe/Atlantis"}, "/time_zone", "time zone"),
    ]
    for body, path, said in cases:
        answer = await admin.post(ASK, json=body)
        [problem] = answer.json()["problems"]
        assert (answer.status_code, problem["path"], said in problem["message"].lower()) == (
            422,
            path,
            True,
        ), body
    eve = await client_of("eve@example.org")
    assert (await eve.post(ASK, json={"cron": "0 8 * * *"})).status_code == 403


async def test_a_schedule_that_never_comes_is_not_published(admin, workflow):
    never = {"trigger": "schedule", "when": {"every": "once", "day": "2020-01-01", "at": "08:00"}}
    assert (await admin.put(f"{KEY}/draft", json=document(**never))).status_code == 200
    told = (await admin.get(f"{KEY}/problems")).json()["problems"]
    assert [(one["code"], one["path"]) for one in told] == [("never", "/nodes/0/config/when")]
    refused = await admin.post(f"{KEY}/publish", json={})
    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (422, "never")
    changed = {"field": "status", "operator": "has_changed"}
    asks = document(trigger="schedule", cron="0 8 * * *", filter=changed)
    await admin.put(f"{KEY}/draft", json=asks)
    assert (await admin.post(f"{KEY}/publish", json={})).json()["problems"][0]["code"] == "no_change"


async def test_a_schedule_whose_time_has_gone_cannot_be_enabled_again(admin, workflow, database):
    ahead = {"trigger": "schedule", "when": {"every": "once", "day": "2099-01-01", "at": "08:00"}}
    await admin.put(f"{KEY}/draft", json=document(**ahead))
    assert (await admin.post(f"{KEY}/publish", json={})).status_code == 200
    assert (await admin.get(f"{KEY}/times")).json()["next_at"] == "2099-01-01T06:00:00Z"
    await admin.put(f"{KEY}/state", json={"state": "disabled"})
    assert (await admin.get(f"{KEY}/times")).json()["next_at"] is None
    async with database.connection() as db:
        await db.execute(
            "UPDATE whereupon.versions "
            "SET document = jsonb_set(document, '{nodes,0,config,when,day}', '\"2020-01-01\"')"
        )
    again = await admin.put(f"{KEY}/state", json={"state": "active"})
    assert (again.status_code, again.json()["problems"][0]["code"]) == (422, "never")
    assert (await admin.get(KEY)).json()["state"] == "disabled"


async def test_records_whose_date_has_passed_are_counted_before_activation(admin, workflow):
    for subject in ("Å", "ω"):
        await admin.post("/api/v1/records/cases", json={"subject": subject})
    by_date = {"trigger": "date_reached", "field": "created_at", "amount": -1, "unit": "working_days"}
    await admin.put(f"{KEY}/draft", json=document(**by_date))
    found = (await admin.post(f"{KEY}/review")).json()["backlog"]
    assert (found["records"]["count"], found["trigger"], found["late_hours"]) == (2, "skip", None)
    assert (await admin.get(f"{KEY}/backlog")).json() == {"backlog": None}
    assert (await admin.post(f"{KEY}/publish", json={"backlog": "maybe"})).status_code == 422
    assert (await admin.post(f"{KEY}/publish", json={"backlog": "skip"})).status_code == 200
    times = (await admin.get(f"{KEY}/times")).json()
    assert [(one["why"], one["records"]) for one in times["skipped"]] == [("passed", 2)]
    assert (len(times["examples"]), times["waiting"]) == (2, 0)
    assert (await admin.post(f"{KEY}/review")).json()["backlog"]["records"]["count"] == 0
    assert (await admin.get("/api/v1/workflows/nothing/times")).status_code == 404

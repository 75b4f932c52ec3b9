"""Time in the browser: a schedule chosen step by step, its next times, and the question about past dates."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import Opening
from tests.browser.doing import choose, field
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, check_axe, settled
from tests.browser.small_office import small_office

NOTE = {
    "key": "note",
    "block": "update_record",
    "config": {"set": {"note": "Seen."}},
    "position": {"x": 0, "y": 150},
}
EDGES = [{"from": "start", "port": "next", "to": "note"}]


@pytest.fixture(scope="module")
def small(opening: Opening, template: str) -> Iterator[Installation]:
    with small_office(opening, template) as made:
        yield made


def make(office: Installation, key: str, **trigger: Any) -> str:
    """A draft with that trigger; the path of its editor."""
    start = {"key": "start", "block": "start", "config": trigger, "position": {"x": 0, "y": 0}}
    document = {
        "format": 1, "nodes": [start, NOTE], "edges": EDGES, "settings": {"time_zone": "Europe/Athens"},
    }  # fmt: skip
    new = {"key": key, "name": f"Workflow {key}", "module": "requests", "document": document}
    office.ask("POST", "/api/v1/workflows", new)
    return f"/workflows/{key}"


async def opened(open_page: OpenPage, office: Installation, path: str) -> Page:
    page = await open_page(office, "admin")
    await page.goto(path)
    await settled(page)
    return page


async def at_start(page: Page) -> None:
    await page.get_by_test_id("node-start").click()


async def test_a_schedule_is_chosen_and_its_next_times_are_told(
    small: Installation, open_page: OpenPage
) -> None:
    path = make(small, "monthly", trigger="schedule", when={"every": "day", "at": "08:00"})
    page = await opened(open_page, small, path)
    await at_start(page)
    times = page.get_by_test_id("next-times")
    await expect(times.get_by_role("listitem")).to_have_count(5)
    await choose(page, "How often", "On days of the month")
    days = page.get_by_role("group", name="On these days")
    await days.get_by_role("button", name="Day 31").click()
    await days.get_by_role("button", name="Last day").click()
    await field(page, "At").fill("06:45")
    await expect(times).to_contain_text("On the 1st, 31st and last day of every month at 06:45")
    await expect(times).to_contain_text("The next 5 times (Europe/Athens)")
    await choose(page, "In a month without that day", "Not in that month")
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = small.ask("GET", f"/api/v1{path}")["draft"]["nodes"][0]["config"]["when"]
    assert kept == {"every": "month", "days": [1, 31, "last"], "at": "06:45", "short_month": "skip"}
    await check_axe(page)


async def test_five_fields_stay_as_they_are_and_say_what_is_wrong(
    small: Installation, open_page: OpenPage, watch: Watch
) -> None:
    watch.expect("status of 422")
    page = await opened(open_page, small, make(small, "cron", trigger="schedule", cron="0 8 * * 1-5"))
    await at_start(page)
    times = page.get_by_test_id("next-times")
    await expect(times).to_contain_text("At 08:00, Monday through Friday")
    await field(page, "When").fill("0 8 31 2 *")
    await expect(page.get_by_text("there is no such day in that month").first).to_be_visible()
    await page.get_by_text("Step by step").click()
    await choose(page, "How often", "Once")
    await expect(times).to_contain_text("Once, on")


async def test_a_run_that_waits_for_a_signal_is_sent_it(small: Installation, open_page: OpenPage) -> None:
    wait = {"key": "wait", "block": "wait", "label": "Πληρωμή", "config": {"signal": "paid"}}
    said = {"formula": 'CONCAT("paid by ", nodes.wait.values.by)'}
    nodes = [{"key": "start", "block": "start", "config": {"trigger": "manual"}}, wait]
    nodes.append({"key": "note", "block": "update_record", "config": {"set": {"note": said}}})
    edges = [{"from": "start", "to": "wait"}, {"from": "wait", "to": "note"}]
    document = {"format": 1, "nodes": nodes, "edges": edges, "settings": {}}
    new = {"key": "paid", "name": "Paid", "module": "requests", "document": document}
    small.ask("POST", "/api/v1/workflows", new)
    small.ask("POST", "/api/v1/workflows/paid/publish", {})
    small.ask("POST", "/api/v1/workflows/paid/start", {"records": ["1"]})
    (run,) = small.ask("GET", "/api/v1/runs?workflow=paid")["items"]
    page = await opened(open_page, small, f"/runs/{run['id']}")
    card = page.get_by_test_id("waits-for-signal")
    await expect(card).to_contain_text("Waits for the signal “paid”")
    await card.get_by_role("button", name="Send the signal").click()
    dialog = page.get_by_role("dialog", name="Send a signal")
    await expect(field(dialog, "Name of the signal")).to_have_value("paid")
    await dialog.get_by_role("button", name="Add a value").click()
    await dialog.get_by_label("Name of value 1").fill("by")
    await dialog.get_by_label("Value 1", exact=True).fill("Άννα")
    await check_axe(page)
    await dialog.get_by_role("button", name="Send the signal").click()
    await expect(page.get_by_role("main")).to_contain_text("Succeeded")
    await expect(card).to_have_count(0)
    assert (await small.sql("SELECT note FROM data.requests WHERE id = 1"))[0]["note"] == "paid by Άννα"
    said = await small.sql("SELECT actor_id, subject FROM whereupon.audit WHERE action = 'signal_run'")
    assert [tuple(row) for row in said] == [(small.people["admin"].id, f"run:{run['id']}")]


STARTED = """
SELECT count(*) FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id WHERE w.key = 'dates'
"""


async def test_publishing_asks_about_dates_that_have_passed(small: Installation, open_page: OpenPage) -> None:
    path = make(small, "dates", trigger="date_reached", field="created_at", amount=-1, unit="working_days")
    page = await opened(open_page, small, path)
    await page.get_by_role("button", name="Publish").click()
    asked = page.get_by_test_id("backlog")
    await expect(asked).to_contain_text("For 2 records the time has passed already")
    await expect(asked.get_by_role("radio", name="Leave them")).to_be_checked()
    await asked.get_by_role("radio", name="Start for them too").check()
    await check_axe(page)
    await page.get_by_test_id("publish-now").click()
    await expect(page.get_by_test_id("backlog")).to_have_count(0)
    found = small.ask("GET", f"/api/v1{path}/times")
    assert found["skipped"] == []
    for _ in range(300):  # they start within a minute
        if (await small.sql(STARTED))[0][0] == 2:
            break
        await asyncio.sleep(0.2)
    small.ask("PUT", f"/api/v1{path}/state", {"state": "disabled"})
    small.ask("POST", "/api/v1/records/requests", {"name": "Late", "amount": 1, "status": "new"})
    page = await opened(open_page, small, "/workflows")
    await page.get_by_test_id("state-switch-dates").click(force=True)
    await expect(page.get_by_test_id("backlog")).to_contain_text("For 1 record the time has passed already")
    await page.get_by_role("button", name="Enable", exact=True).click()
    await expect(page.get_by_text("is active again")).to_be_visible()
    skipped = small.ask("GET", f"/api/v1{path}/times")["skipped"]
    assert [(one["why"], one["records"]) for one in skipped] == [("passed", 1)]

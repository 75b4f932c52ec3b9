"""Runs over many records as a person sees them: live progress, what failed and again, and in stages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from tests.browser.conftest import Opening
from tests.browser.installation import Installation, connected
from tests.browser.looking import OpenPage, look_at, settled
from tests.browser.small_office import small_office

CHUNK = 1_000  # what a worker takes at a time
NEW = {"field": "status", "operator": "equals", "value": "new"}
MANY = """
INSERT INTO data.requests (name, amount, status)
SELECT $2 || ' ' || n, n % 7, 'new' FROM generate_series(1, $1::int) n
"""
HELD = "SELECT FROM data.requests WHERE name LIKE 'Paper%' ORDER BY id DESC LIMIT 1 FOR UPDATE"


@pytest.fixture(scope="module")
def office(opening: Opening, template: str) -> Iterator[Installation]:
    with small_office(opening, template) as made:
        yield made


def drafted(office: Installation, key: str, name: str, begins: str, **values: Any) -> None:
    """A workflow that sets these fields of each new request whose name begins so."""
    meant = {"all": [NEW, {"field": "name", "operator": "begins_with", "value": begins}]}
    start = {"trigger": "schedule", "cron": "0 3 1 1 *", "filter": meant}
    document = {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": start},
            {"key": "set", "block": "update_record", "config": {"set": values}},
        ],
        "edges": [{"from": "start", "port": "next", "to": "set"}],
        "settings": {},
    }
    new = {"key": key, "name": name, "module": "requests", "document": document}
    office.ask("POST", "/api/v1/workflows", new)


def count(page: Page, name: str) -> Locator:
    return page.get_by_test_id(f"count-{name}").locator("dd")


async def test_progress_is_seen_as_it_is_made(office: Installation, open_page: OpenPage) -> None:
    await office.sql(MANY, CHUNK + 40, "Paper")
    drafted(office, "approve", "[Request] — Approve", "Paper", status="approved")
    office.ask("POST", "/api/v1/workflows/approve/publish", {})
    page = await open_page(office, "admin")
    await page.goto("/workflows")
    await page.get_by_role("button", name=re.compile("Approve")).click()
    async with (
        connected(office.database_url) as db,
        db.transaction(),
    ):  # another program holds the last record
        await db.execute(HELD)
        await page.get_by_role("menuitem", name="Run on all now").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("1,040 records of Requests meet its conditions now")
        await dialog.get_by_role("button", name="Run on 1,040 records").click()
        line = page.get_by_test_id("bulk-line")
        await expect(line).to_contain_text(re.compile(r"^1,0\d\d of 1,040 done"), timeout=40_000)
        await expect(page.get_by_role("main")).to_contain_text("Running")
        await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await expect(page.get_by_test_id("bulk-line")).to_contain_text("1,040 of 1,040 done", timeout=20_000)
    await expect(page.get_by_test_id("still-matching")).to_contain_text("0 of 1,040 still match")
    await expect(count(page, "changed")).to_have_text("1,040")
    canvas = page.get_by_test_id("workflow-canvas")
    await expect(canvas).to_contain_text("1,040")


async def test_some_fail_and_are_run_again_when_they_are_put_right(
    office: Installation, open_page: OpenPage
) -> None:
    await office.sql(MANY, 14, "Χαρτί")
    drafted(office, "double", "[Request] — Ask for much more", "Χαρτί",
            status="approved", amount={"formula": "amount * 1000000000000000000"})  # fmt: skip
    office.ask("POST", "/api/v1/workflows/double/publish", {})
    page = await open_page(office, "admin")
    await page.goto("/workflows")
    await page.get_by_role("button", name=re.compile("Ask for much more")).click()
    await page.get_by_role("menuitem", name="Run on all now").click()
    await page.get_by_role("button", name="Run on 14 records").click()
    causes = page.get_by_test_id("bulk-causes")
    await expect(causes).to_contain_text("12 records")
    await expect(page.get_by_role("main")).to_contain_text("Partly done")
    await causes.get_by_role("button", name="Show the records").click()
    await expect(causes.get_by_role("link", name="Χαρτί 1", exact=True)).to_be_visible()
    await expect(causes.get_by_role("link", name="Χαρτί 7", exact=True)).to_have_count(0)  # it is done
    await settled(page)
    await look_at(page, "bulk-run-partial")
    await page.goto("/workflows")
    bars = page.get_by_test_id("workflow-row-double").get_by_test_id("run-bar")
    await expect(bars).to_have_count(1)
    await expect(bars).to_have_accessible_name(re.compile("^Partly done, 14 records, 12 failed"))
    await office.sql("UPDATE data.requests SET amount = 0 WHERE name LIKE 'Χαρτί%'")
    await bars.click()
    await page.get_by_role("button", name="Run again").click()
    await page.get_by_role("menuitem", name="On the 12 that failed").click()
    await expect(page.get_by_test_id("bulk-line")).to_contain_text("12 of 12 done")
    await expect(page.get_by_role("main")).to_contain_text("Succeeded")
    await expect(page.get_by_role("main")).to_contain_text("repeats bulk run")
    await expect(count(page, "failed")).to_have_text("0")


async def test_a_workflow_is_scaled_up_from_a_few_records_to_all_and_activated(
    office: Installation, open_page: OpenPage
) -> None:
    await office.sql(MANY, 112, "Lamp")
    drafted(office, "lamps", "[Request] — Approve lamps", "Lamp", status="approved", note="By stages")
    page = await open_page(office, "admin")
    await page.goto("/workflows")
    await page.get_by_role("button", name=re.compile("Approve lamps")).click()
    await page.get_by_role("menuitem", name="Scale up in stages").click()
    await expect(page.get_by_test_id("begin")).to_contain_text("112 records of Requests")
    await settled(page)
    await look_at(page, "stages-begin")
    await page.get_by_role("button", name="Run on 5 records").click()
    first = page.get_by_test_id("stage-1")
    await expect(first.get_by_test_id("stage-changed")).to_contain_text("5")
    await expect(
        first.get_by_test_id("before-after").get_by_role("link", name=re.compile("^Lamp"))
    ).to_have_count(5)
    await expect(first.get_by_test_id("before-after")).to_contain_text("By stages")
    await expect(first.get_by_test_id("stage-still_matching")).to_contain_text("0")
    await page.reload()  # where one stands is kept
    await settled(page)
    await look_at(page, "stages-decide")
    size = page.get_by_label("How many records")
    await expect(size).to_have_value("100")
    await page.get_by_role("button", name="Looks right, next stage").click()
    await expect(page.get_by_test_id("stage-2").get_by_test_id("stage-processed")).to_contain_text("100")
    await expect(page.get_by_test_id("decide")).to_contain_text("7 records of Requests are left")
    await page.get_by_role("button", name="Looks right, next stage").click()
    await expect(page.get_by_test_id("stage-3").get_by_test_id("stage-processed")).to_contain_text("7")
    await page.get_by_role("button", name="Looks right, finish").click()
    await page.get_by_test_id("finished").get_by_role("button", name="Activate").click()
    await expect(page.get_by_test_id("finished")).to_contain_text("It is active now")
    [row] = await office.sql("SELECT count(*) AS done FROM data.requests WHERE note = 'By stages'")
    assert row["done"] == 112

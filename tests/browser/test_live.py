"""What happens elsewhere is seen on pages that are open: nobody reloads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from tests.browser.conftest import Opening
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, settled
from tests.browser.small_office import small_office

RELOADED = "addEventListener('pagehide', () => sessionStorage.setItem('left', 'yes'))"


@pytest.fixture
def office(opening: Opening, template: str) -> Iterator[Installation]:
    """One in which a workflow tells the administrator of every new request."""
    with small_office(opening, template) as made:
        made.ask("POST", "/api/v1/workflows", telling(made.people["admin"].id))
        made.ask("POST", "/api/v1/workflows/tell/publish", {})
        yield made


def telling(user: int) -> dict[str, Any]:
    notify = {"to": [{"user": user}], "title": "New: {{ record.name }}"}
    return {
        "key": "tell", "name": "[Request] — Tell the boss", "module": "requests",
        "document": {
            "format": 1,
            "nodes": [
                {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
                {"key": "notify", "block": "notify", "config": notify},
            ],
            "edges": [{"from": "start", "port": "next", "to": "notify"}],
            "settings": {},
        },
    }  # fmt: skip


async def test_a_run_that_was_started_elsewhere_appears_in_the_history_on_home_and_in_the_bell(
    office: Installation, open_page: OpenPage
) -> None:
    history, home, list_of_records = [await open_page(office, "admin") for _ in range(3)]
    for page, path in ((history, "/runs"), (home, "/"), (list_of_records, "/workflows")):
        await page.goto(path)
        await settled(page)
        await page.evaluate(RELOADED)
    await expect(history.get_by_text("No runs yet")).to_be_visible()
    await expect(home.get_by_test_id("run-bar")).to_have_count(0)
    for count, name in enumerate(("Fence", "Ντουλάπα"), start=1):
        office.ask("POST", "/api/v1/records/requests", {"name": name}, who="admin")
        run = history.get_by_test_id("runs-table").get_by_role("row").filter(has_text=name)
        await expect(run).to_contain_text("Succeeded")
        await expect(home.get_by_test_id("run-bar")).to_have_count(count)
        await expect(list_of_records.get_by_test_id("run-bar")).to_have_count(count)
        words = f"Notifications: {count} new notification{'s' if count > 1 else ''}"
        for page in (history, home):
            await expect(page.get_by_role("button", name=words, exact=True)).to_be_visible()
            await expect(page.get_by_role("alert").filter(has_text=f"New: {name}")).to_be_visible()
    for page in (history, home, list_of_records):
        assert await page.evaluate("sessionStorage.getItem('left')") is None


async def test_the_bell_of_somebody_else_stays_silent(office: Installation, open_page: OpenPage) -> None:
    mine, theirs = await open_page(office, "admin"), await open_page(office, "user")
    for page in (mine, theirs):
        await page.goto("/inbox")
        await settled(page)
    office.ask("POST", "/api/v1/records/requests", {"name": "Fence"}, who="admin")
    await expect(bell(mine)).to_have_accessible_name("Notifications: 1 new notification")
    await expect(bell(theirs)).to_have_accessible_name("Notifications")


def bell(page: Page) -> Locator:
    return page.get_by_role("banner").get_by_role("button", name="Notifications")

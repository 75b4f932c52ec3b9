"""Secret addresses in the browser: one that starts a workflow, one at which a list is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import Opening
from tests.browser.doing import choose
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, settled
from tests.browser.small_office import small_office

FORM: dict[str, Any] = {
    "nodes": [
        {"key": "start", "block": "start", "config": {
            "trigger": "webhook",
            "variables": [{"name": "what", "path": "ask.what", "required": True}],
            "set": {"name": {"field": "trigger.what"}},
        }},
        {"key": "note", "block": "update_record", "config": {"set": {"note": "By the form"}}},
    ],
    "edges": [{"from": "start", "to": "note"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def small(opening: Opening, template: str) -> Iterator[Installation]:
    """Two requests, and a workflow that a form starts."""
    with small_office(opening, template) as made:
        new = {"name": "[Request] — By the form", "key": "by_form", "module": "requests", "document": FORM}
        made.ask("POST", "/api/v1/workflows", new)
        made.ask("POST", "/api/v1/workflows/by_form/publish", {})
        yield made


async def shown_once(page: Page, label: str) -> str:
    """The path of an address that is on the screen."""
    return urlsplit(await page.get_by_label(label, exact=True).inner_text()).path.strip()


async def test_an_address_is_made_used_and_shows_what_was_wrong(
    open_page: OpenPage, small: Installation, watch: Watch
) -> None:
    page = await open_page(small, "admin")
    outside = (await open_page(small)).context.request
    watch.expect(r"status of 422")
    await page.goto("/workflows/by_form")
    await settled(page)
    await page.get_by_test_id("node-start").click()
    hook = page.get_by_test_id("hook")
    await hook.get_by_role("button", name="Make address").click()
    address = await shown_once(page, "Address")
    assert (await outside.post(address, data={"ask": {"what": "Ein Dach"}})).status == 202
    assert (await outside.post(address, data={"ask": {"what": ""}})).status == 422
    await hook.get_by_role("button", name="Look again").click()
    refused = hook.get_by_test_id("delivery-422")
    await refused.get_by_role("button").click()
    await expect(refused).to_contain_text("/ask/what")
    await expect(hook.get_by_test_id("delivery-202")).to_contain_text("Taken")
    # What is kept tells the address from others, and is not the address.
    await page.reload()
    await page.get_by_test_id("node-start").click()
    await expect(hook).to_contain_text("whk_")
    await expect(hook.get_by_label("Address", exact=True)).to_have_count(0)
    await hook.get_by_role("button", name="New address").click()
    await page.get_by_role("dialog").get_by_role("button", name="New address").click()
    other = await shown_once(page, "Address")
    assert other != address
    assert (await outside.post(address, data={"ask": {"what": "Ein Tor"}})).status == 404
    rows = await small.sql("SELECT name FROM data.requests ORDER BY id DESC LIMIT 1")
    assert rows[0]["name"] == "Ein Dach"


async def test_a_list_is_published_read_and_taken_back(
    open_page: OpenPage, small: Installation, watch: Watch
) -> None:
    page = await open_page(small, "admin")
    outside = (await open_page(small)).context.request
    await page.goto("/settings/published")
    await settled(page)
    await page.get_by_role("button", name="Publish a list").click()
    dialog = page.get_by_role("dialog", name="Publish a list")
    await choose(dialog, "Records of", "Requests")
    await dialog.get_by_role("button", name="Publish", exact=True).click()
    address = await shown_once(page, "As CSV, for a spreadsheet")
    table = await outside.get(address)
    assert table.status == 200
    assert "Desk lamps" in await table.text()
    await dialog.get_by_role("button", name="Close").last.click()
    row = page.get_by_role("row").filter(has_text="Requests")
    await row.get_by_role("button", name="Take back").click()
    await page.get_by_role("dialog", name="Take back").get_by_role("button", name="Take back").click()
    await expect(row).to_contain_text("Taken back")
    assert (await outside.get(address)).status == 410

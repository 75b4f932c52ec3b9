"""The server is away for a while: one goes on working, and everything arrives when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Error, Locator, Page, expect
from tests.browser.editing import (
    eventually,
    expect_saved,
    is_called,
    labels_of,
    make_walker,
    make_workflow,
    name_step,
    open_editor,
    open_record,
    save_state,
    walker,
)
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, settled

AWAY = "No connection to the server."


@pytest.fixture(scope="module")
def office(own_office: Installation) -> Installation:
    """One that may be stopped."""
    return own_office


@pytest.fixture(autouse=True)
def outages(watch: Watch) -> None:
    """While the server is away, the browser complains of each request."""
    watch.expect("net::ERR_", "status of 50[234]")


@pytest.fixture(autouse=True)
def running(office: Installation) -> Iterator[None]:
    """Whatever a test did, the next one finds the server running."""
    yield
    if not office.is_running:
        office.start()


def banner(page: Page) -> Locator:
    """The bar that says that there is no connection."""
    return page.get_by_role("status").filter(has_text=AWAY)


async def test_what_is_drawn_meanwhile_is_saved_by_itself(open_page: OpenPage, office: Installation) -> None:
    page = await open_page(office, "admin")
    await open_editor(page, make_workflow(office, "outage"))
    office.stop()
    await name_step(page, "first", "While it was away")
    await expect(banner(page)).to_be_visible()
    await expect(save_state(page)).to_have_attribute("data-state", "offline")
    await name_step(page, "second", "And more")
    office.start()
    await expect_saved(page)
    await expect(banner(page)).to_be_hidden()
    labels = await labels_of(office, "outage")
    assert (labels["first"], labels["second"]) == ("While it was away", "And more")


@pytest.mark.parametrize(
    ("button", "label"), [("Restore my changes", "Not sent"), ("Discard the copy", "Second step")]
)
async def test_after_a_reload_meanwhile_the_copy_of_the_browser_is_offered(
    open_page: OpenPage, office: Installation, watch: Watch, button: str, label: str
) -> None:
    key = f"reloaded_{button.split()[0].lower()}"
    path = make_workflow(office, key)
    page = await open_page(office, "admin")
    await open_editor(page, path)
    office.stop()
    await name_step(page, "second", "Not sent")
    await expect(save_state(page)).to_have_attribute("data-state", "offline")
    with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
        await page.reload()
    office.start()
    page = await instead_of(page)
    watch.over(page, office.address)
    await open_editor(page, path)
    dialog = page.get_by_role("dialog", name="Changes that were not saved")
    await expect(dialog).to_contain_text("Changed “Not sent”")
    await dialog.get_by_role("button", name=button).click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_test_id("node-second")).to_contain_text(label)
    await eventually(lambda: is_called(office, key, label))
    await expect_saved(page)
    await open_editor(page, path)
    await expect(page.get_by_test_id("kept")).to_have_count(0)


async def instead_of(page: Page) -> Page:
    """Another tab: the browser's own page about the error loads again whenever it likes."""
    context = page.context
    await page.close()
    return await context.new_page()


async def test_a_record_that_could_not_be_saved_keeps_what_was_typed(
    open_page: OpenPage, office: Installation
) -> None:
    path = make_walker(office)
    page = await open_page(office, "admin")
    await open_record(page, path)
    await page.get_by_label("Notes").fill("Typed with the server there.")
    office.stop()
    await page.get_by_label("Town").fill("Eger")
    await page.get_by_test_id("save-record").click()
    await expect(page.get_by_role("alert").filter(has_text="Not saved").first).to_be_visible()
    await expect(banner(page)).to_be_visible()
    await page.get_by_label("Notes").fill("Typed while it was away.")
    office.start()
    await expect(banner(page)).to_be_hidden()
    await page.get_by_test_id("save-record").click()
    await expect(page.get_by_test_id("save-record")).to_be_hidden()
    now = await walker(office, path)
    assert (now["town"], now["notes"]) == ("Eger", "Typed while it was away.")


async def test_a_page_that_is_opened_meanwhile_is_drawn_once_the_server_is_back(
    open_page: OpenPage, office: Installation
) -> None:
    path = make_walker(office, name="Ilona")
    page = await open_page(office, "admin")
    await open_record(page, path)
    await page.goto("/")
    await settled(page)
    await page.get_by_role("navigation").get_by_role("link", name="Records").click()
    await page.wait_for_url("**/records")
    await settled(page)
    office.stop()
    await page.get_by_role("link", name="Walkers", exact=True).click()
    await expect(banner(page)).to_be_visible()
    office.start()
    await expect(page.get_by_role("link", name="Ilona")).to_be_visible()


async def test_news_arrive_again_after_the_restart(open_page: OpenPage, office: Installation) -> None:
    make_walker(office)
    ada = office.people["admin"]
    tell = {"to": [{"user": ada.id}], "title": "Met {{ record.name }}"}
    document: dict[str, Any] = {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
            {"key": "tell", "block": "notify", "config": tell},
        ],
        "edges": [{"from": "start", "port": "next", "to": "tell"}],
        "settings": {},
    }
    new = {"key": "tell_ada", "name": "Tell Ada", "module": "walkers", "document": document}
    office.ask("POST", "/api/v1/workflows", new)
    office.ask("POST", "/api/v1/workflows/tell_ada/publish", {})
    page = await open_page(office, "admin")
    await page.goto("/")
    await settled(page)
    make_walker(office, name="Réka")
    await expect(page.get_by_role("alert").filter(has_text="Met Réka")).to_be_visible()
    office.stop()
    await expect(banner(page)).to_be_visible()
    office.start()
    await expect(banner(page)).to_be_hidden()
    make_walker(office, name="Ágnes")
    await expect(page.get_by_role("alert").filter(has_text="Met Ágnes")).to_be_visible()

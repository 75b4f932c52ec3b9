"""Everything with the keyboard alone: from the sign-in to a published workflow that ran."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import Opening
from tests.browser.doing import drawn_lines, field, saved
from tests.browser.installation import PASSWORD, PEOPLE, Installation
from tests.browser.keyboard import (
    NO_MOUSE,
    go_by_search,
    pick,
    pick_typed,
    press,
    round_trip,
    tab_to,
    write,
)
from tests.browser.looking import OpenPage, settled
from tests.browser.pages import PLACES
from tests.browser.small_office import small_office


@pytest.fixture
def office(opening: Opening, template: str) -> Iterator[Installation]:
    with small_office(opening, template) as made:
        yield made


async def test_from_the_sign_in_to_a_workflow_that_ran(office: Installation, open_page: OpenPage) -> None:
    page = await open_page(office, fresh=True)
    await page.add_init_script(NO_MOUSE)
    await sign_in_by_key(page)
    await begin_workflow(page)
    await draw(page)
    await fill_in(page)
    await publish(page)
    await fire(page, office)
    await look_back(page)


async def sign_in_by_key(page: Page) -> None:
    await page.goto("/sign-in")
    await settled(page)
    await write(page, "Email", PEOPLE["admin"].email)
    await write(page, "Password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()


async def begin_workflow(page: Page) -> None:
    await go_by_search(page, "New workflow")
    dialog = page.get_by_role("dialog")
    await tab_to(dialog.get_by_role("radio", checked=True))
    updated = dialog.get_by_role("radio", name=re.compile("A record is updated"))
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Space")
    await expect(updated).to_be_checked()
    await pick(dialog, "Module", "Requests")
    await write(dialog, "Name", "[Request] — Tell the office")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("editor-canvas")).to_be_focused()


async def draw(page: Page) -> None:
    """A block after START, two after its exits, one connected again, one removed and brought back."""
    canvas = page.get_by_test_id("editor-canvas")
    await add(page, "if")
    await page.keyboard.press("Shift+ArrowDown")
    await add(page, "notification")
    await page.keyboard.press("ArrowUp")  # to the block before it
    await expect(page.get_by_test_id("announcer")).to_contain_text("True leads to Create notification")
    await add(page, "update")  # after the exit that is free
    assert await drawn_lines(page) == {"start/next/if", "if/true/notify", "if/false/update_record"}
    await page.keyboard.press("Delete")
    await expect(page.get_by_test_id("node-update_record")).to_have_count(0)
    await page.keyboard.press("Control+z")
    await expect(page.get_by_test_id("node-update_record")).to_be_visible()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowDown")  # along the first exit, to the notification
    await page.keyboard.press("c")
    dialog = page.get_by_role("dialog")
    await pick(dialog, "Leads to", "Update fields")
    await press(dialog.get_by_role("button", name="Connect"))
    await expect(canvas).to_be_focused()
    assert "notify/next/update_record" in await drawn_lines(page)
    await page.keyboard.press("l")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(canvas).to_be_focused()


async def add(page: Page, typed: str) -> None:
    await page.keyboard.press("/")
    await expect(page.get_by_test_id("add-block").get_by_role("combobox")).to_be_focused()
    await page.keyboard.type(typed)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("add-block")).to_have_count(0)
    await expect(page.get_by_test_id("editor-canvas")).to_be_focused()


async def fill_in(page: Page) -> None:
    side, canvas = page.get_by_test_id("side-panel"), page.get_by_test_id("editor-canvas")
    await page.keyboard.press("Enter")
    await write(side, "Name of this step", "Tell the boss")
    await pick(side, "A user", PEOPLE["admin"].name)
    await write(side, "Headline", "Approved: ")
    await pick_typed(side, "Insert a variable into “Headline”", "Name")
    await expect(field(side, "Headline")).to_have_value("Approved: {{ record.name }}")
    await expect(field(side, "Headline")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(canvas).to_be_focused()  # out of the form, the block is still selected

    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await press(side.get_by_role("button", name="Add: condition"))
    await pick_typed(side, re.compile("^Field:"), "Amount", back=True)
    await pick(side, "Comparison", "is greater than or equal to")
    await write(side, "Value", "1000")
    await expect(page.get_by_test_id("matches")).to_contain_text("Matches 1 of 2 records now.")
    await page.keyboard.press("Escape")

    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await pick(side, "Which fields", "Status")
    await page.keyboard.press("Escape")  # closes the list
    await press(side.get_by_role("button", name="Add: condition"))
    await pick_typed(side, re.compile("^Field:"), "Status", back=True)
    await pick(side, "Value", "Approved")
    await page.keyboard.press("Escape")

    for _ in range(3):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await pick(side, "Values to write: Set another field", "Note")
    await write(side, "Note", "told")
    await page.keyboard.press("Escape")
    await expect(canvas).to_be_focused()
    await saved(page)


async def publish(page: Page) -> None:
    await tab_to(page.get_by_role("button", name="Publish", exact=True), back=True)
    await page.keyboard.press("Enter")
    review = page.get_by_role("dialog")
    await expect(review).to_contain_text("0 of 2 meet the filter now")
    await press(review.get_by_role("button", name="Publish", exact=True))
    await expect(review).to_contain_text("Version 1 is active")
    await press(review.get_by_role("button", name="Back to the editor"))
    await expect(review).to_have_count(0)


async def fire(page: Page, office: Installation) -> None:
    await go_by_search(page, "Requests")
    table = page.get_by_test_id("record-table")
    cell = table.get_by_role("row").filter(has_text="New roof").get_by_text("New roof")
    await expect(cell).to_be_visible()
    await tab_to(table.locator("td[tabindex='0']"))
    for _ in range(5):
        if await page.evaluate("document.activeElement.closest('tr').textContent.includes('New roof')"):
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="New roof")).to_be_visible()
    await pick(page, "Status", "Approved")
    await page.keyboard.press("Control+s")
    bell = page.get_by_role("button", name="Notifications: 1 new notification")
    await expect(bell).to_be_visible()
    await expect(field(page, "Note")).to_have_value("told")
    await tab_to(bell, back=True)
    await page.keyboard.press("Enter")
    news = page.get_by_role("dialog", name="Notifications")
    await expect(news.get_by_text("Approved: New roof")).to_be_visible()
    await expect(news.locator(":focus")).to_have_count(1)  # only then does Escape reach it
    await page.keyboard.press("Escape")
    await expect(news).to_have_count(0)
    await expect(bell).to_be_focused()
    found = await office.sql("SELECT r.status, q.name, q.note FROM whereupon.runs r "
                             "JOIN data.requests q ON q.id::text = r.record_id")  # fmt: skip
    assert [tuple(row) for row in found] == [("succeeded", "New roof", "told")]


async def look_back(page: Page) -> None:
    await go_by_search(page, "History")
    run = page.get_by_test_id("runs-table").get_by_role("link", name="[Request] — Tell the office")
    await press(run)
    replay = page.get_by_test_id("replay")
    await expect(replay).to_contain_text("3 of 3")
    await press(replay.get_by_role("button", name="Previous block"))
    await expect(replay).to_contain_text("2 of 3")
    await expect(page.get_by_test_id("node-update_record")).not_to_have_attribute("data-status", "succeeded")
    before = page.url
    await press(page.get_by_test_id("step-update_record").get_by_role("button").first)
    await press(page.get_by_test_id("step-update_record").get_by_role("button", name="Run again from here"))
    dialog = page.get_by_role("dialog", name="Run again from a block")
    await expect(dialog.get_by_test_id("what-follows")).to_contain_text("Update fields")
    await press(dialog.get_by_role("button", name="Run again from here"))
    await expect(page).not_to_have_url(before)
    await expect(page.get_by_test_id("replay")).to_contain_text("1 of 1")


@pytest.mark.parametrize(
    ("path", "ready"),
    [
        ("/", "h1"),
        ("/workflows", "[data-testid=run-bar]"),
        ("/workflows/{workflow}", "[data-testid=editor-canvas]"),
        ("/records/cases", "[data-testid=record-table]"),
        ("/records/cases/{case}", "h1"),
        ("/runs", "[data-testid=runs-table]"),
        ("/runs/{run}", "[data-testid=replay]"),
        ("/settings/modules/cases", "[data-testid=fields]"),
    ],
)
async def test_tab_leads_through_the_whole_page_and_out_of_it(
    served: Installation, open_page: OpenPage, path: str, ready: str
) -> None:
    places = {name: (await served.sql(sql))[0][0] for name, sql in PLACES.items() if f"{{{name}}}" in path}
    page = await open_page(served, "admin")
    await page.goto(path.format(**places))
    await settled(page, ready)
    assert len(await round_trip(page)) > 10


async def test_a_focus_that_nobody_can_see_is_noticed(served: Installation, open_page: OpenPage) -> None:
    """Without this, an eye that has gone blind would let everything pass."""
    page = await open_page(served)
    await page.goto("/sign-in")
    await settled(page)
    await page.evaluate(
        "document.querySelector('button[type=submit]').style.cssText = 'outline: 0 !important'"
    )
    with pytest.raises(AssertionError, match="Nothing shows that it has the focus"):
        await round_trip(page)

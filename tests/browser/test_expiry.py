"""A session that ends while somebody works: they sign in over the page, and nothing they typed is lost."""

from __future__ import annotations

import pytest
from playwright.async_api import FilePayload, Page, expect
from tests.browser.editing import (
    end_sessions,
    ended,
    ends_on_the_way,
    eventually,
    expect_saved,
    is_called,
    labels_of,
    make_walker,
    make_workflow,
    name_step,
    open_editor,
    open_record,
    sign_in_again,
    walker,
)
from tests.browser.installation import PASSWORD, Installation
from tests.browser.looking import OpenPage, Watch, settled

WALKERS, WORKFLOWS = "**/api/v1/records/walkers", "**/api/v1/workflows"
SECRET, DRAWN = "Only Ada may know this", "What Ada drew"


@pytest.fixture(autouse=True)
def refusals(watch: Watch) -> None:
    """Without a session, requests are refused, and the browser says so."""
    watch.expect("status of 401")


async def test_an_edit_of_a_workflow_is_saved_after_signing_in_over_it(
    open_page: OpenPage, office: Installation
) -> None:
    page = await open_page(office, "admin")
    await open_editor(page, make_workflow(office, "expired"))
    async with ends_on_the_way(office, page, "admin", f"{WORKFLOWS}/expired", "PATCH"):
        await name_step(page, "second", "Typed without a session")
    await expect(ended(page).get_by_label("Email")).to_have_value("ada@office.example")
    await expect(page.get_by_test_id("node-name")).to_have_value("Typed without a session")
    assert (await labels_of(office, "expired"))["second"] == "Second step"
    await sign_in_again(page, PASSWORD)
    await expect(ended(page)).to_be_hidden()
    await expect_saved(page)
    assert (await labels_of(office, "expired"))["second"] == "Typed without a session"
    await page.get_by_test_id("node-name").fill("And on it goes")
    await eventually(lambda: is_called(office, "expired", "And on it goes"))


async def test_an_edit_of_a_record_is_saved_after_signing_in_over_it(
    open_page: OpenPage, office: Installation
) -> None:
    path = make_walker(office)
    page = await open_page(office, "admin")
    await open_record(page, path)
    await page.get_by_label("Town").fill("Eger")
    await page.get_by_label("Notes").fill("Two lines\nof notes.")
    async with ends_on_the_way(office, page, "admin", f"{WALKERS}/*", "PATCH"):
        await page.get_by_test_id("save-record").click()
    await expect(page.get_by_label("Notes")).to_have_value("Two lines\nof notes.")
    await sign_in_again(page, PASSWORD)
    await expect(page.get_by_test_id("save-record")).to_be_hidden()
    now = await walker(office, path)
    assert (now["town"], now["notes"]) == ("Eger", "Two lines\nof notes.")
    await expect(page.get_by_label("Town")).to_have_value("Eger")


async def test_a_wrong_password_is_said_in_the_dialog_and_costs_nothing(
    open_page: OpenPage, office: Installation
) -> None:
    path = make_walker(office)
    page = await open_page(office, "admin")
    await open_record(page, path)
    await page.get_by_label("Town").fill("Eger")
    async with ends_on_the_way(office, page, "admin", f"{WALKERS}/*", "PATCH"):
        await page.get_by_test_id("save-record").click()
    await sign_in_again(page, "not this one at all")
    await expect(ended(page).get_by_role("alert")).to_contain_text("do not belong together")
    await page.keyboard.press("Escape")
    await expect(ended(page)).to_be_visible()
    await sign_in_again(page, PASSWORD)
    await expect(page.get_by_test_id("save-record")).to_be_hidden()
    assert (await walker(office, path))["town"] == "Eger"


async def test_a_new_record_is_created_once_after_signing_in(
    open_page: OpenPage, office: Installation
) -> None:
    make_walker(office)
    page = await open_page(office, "admin")
    await page.goto("/records/walkers?new=1")
    form = page.get_by_role("dialog", name="New walker")
    await form.get_by_label("Name").fill("Zsófia")
    await form.get_by_label("Notes").fill("New in town.")
    async with ends_on_the_way(office, page, "admin", WALKERS, "POST"):
        await form.get_by_test_id("save-record").click()
    await sign_in_again(page, PASSWORD)
    await expect(page.get_by_role("heading", level=1, name="Zsófia")).to_be_visible()
    rows = await office.sql("SELECT notes FROM data.walkers WHERE name = 'Zsófia'")
    assert [row["notes"] for row in rows] == ["New in town."]


async def test_an_end_that_the_page_notices_by_itself_costs_nothing_either(
    open_page: OpenPage, office: Installation
) -> None:
    path = make_walker(office)
    page = await open_page(office, "admin")
    await open_record(page, path)
    await page.get_by_label("Town").fill("Eger")
    await end_sessions(office, page, "admin")
    await page.get_by_role("tab", name="Runs").dispatch_event("click")  # whatever lies over it by now
    await expect(ended(page)).to_be_visible()
    await sign_in_again(page, PASSWORD)
    await expect(ended(page)).to_be_hidden()
    await expect(page.get_by_label("Town")).to_have_value("Eger")
    await page.keyboard.press("Control+s")
    await expect(page.get_by_test_id("save-record")).to_be_hidden()
    assert (await walker(office, path))["town"] == "Eger"


async def test_a_file_is_uploaded_after_signing_in(open_page: OpenPage, office: Installation) -> None:
    make_walker(office)
    page = await open_page(office, "admin")
    await page.goto("/records/walkers/import")
    await settled(page)
    await end_sessions(office, page, "admin")
    file = FilePayload(name="walkers.csv", mimeType="text/csv", buffer=b"Name,Town\nIda,Eger\n")
    await page.locator("input[type=file]").set_input_files([file])
    await expect(ended(page)).to_be_visible()
    await sign_in_again(page, PASSWORD)
    await expect(page.get_by_role("table", name="Columns and fields")).to_be_visible()


# Somebody else --------------------------------------------------------------------------------------


async def sign_in_as(page: Page, office: Installation, who: str) -> None:
    """From the dialog, as another person."""
    await ended(page).get_by_role("button", name="Sign in as somebody else").click()
    await page.wait_for_url("**/sign-in")
    await page.get_by_label("Email").fill(office.people[who].email)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    await settled(page)


async def test_whoever_signs_in_instead_sees_nothing_of_the_first_persons(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    watch.expect("status of 403", "status of 404")
    path = make_walker(office, name=SECRET, notes=SECRET)
    page = await open_page(office, "admin")
    await open_record(page, path)
    await page.get_by_label("Town").fill(SECRET)
    async with ends_on_the_way(office, page, "admin", f"{WALKERS}/*", "PATCH"):
        await page.get_by_test_id("save-record").click()
    await sign_in_as(page, office, "user")
    for where in ("/", "/records", path, "/records/walkers"):
        await page.goto(where)
        await page.wait_for_load_state("networkidle")
        assert SECRET not in await everything(page)
    assert (await walker(office, path))["town"] == "Pécs"


async def test_an_unsaved_draft_is_offered_to_whoever_wrote_it_and_nobody_else(
    open_page: OpenPage, office: Installation
) -> None:
    path = make_workflow(office, "handed_over")
    page = await open_page(office, "admin")
    await open_editor(page, path)
    async with ends_on_the_way(office, page, "admin", f"{WORKFLOWS}/handed_over", "PATCH"):
        await name_step(page, "second", DRAWN)
    await sign_in_as(page, office, "builder")
    await open_editor(page, path)
    await expect(page.get_by_test_id("kept")).to_have_count(0)
    assert DRAWN not in await everything(page)
    assert (await labels_of(office, "handed_over"))["second"] == "Second step"
    async with ends_on_the_way(office, page, "builder", f"{WORKFLOWS}/handed_over", "PATCH"):
        await name_step(page, "first", "Bo goes on")
    await sign_in_as(page, office, "admin")
    await open_editor(page, path)
    await expect(page.get_by_test_id("kept")).to_contain_text(DRAWN)
    await page.get_by_role("button", name="Restore my changes").click()
    await eventually(lambda: is_called(office, "handed_over", DRAWN))


async def everything(page: Page) -> str:
    """All that the page holds, inputs included."""
    return await page.evaluate(
        "() => document.documentElement.outerHTML + "
        "[...document.querySelectorAll('input, textarea')].map(input => input.value).join('\\n')"
    )

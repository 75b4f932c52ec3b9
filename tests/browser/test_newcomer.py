"""A newcomer's path: from the first start to a workflow that was drawn, tested, published, and ran."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Locator, Page, expect
from tests.browser.doing import (
    choose,
    drag,
    drawn_lines,
    drop_block,
    field,
    fill,
    line,
    middle,
    middle_of_line,
    pick_name,
    saved,
    top_of,
)
from tests.browser.installation import PASSWORD, Installation
from tests.browser.looking import OpenPage, settled, shot

RECORDS = (("Ανακαίνιση", 400), ("New roof", 5200), ("Desk lamps", 90))


async def test_from_the_first_start_to_a_run_in_the_history(
    fresh_served: Installation, open_page: OpenPage
) -> None:
    page = await open_page(fresh_served)
    await set_up(page, fresh_served)
    await make_module(page)
    await make_records(page, fresh_served)
    await begin_workflow(page)
    await draw(page)
    await fill_in(page)
    await try_out(page, fresh_served)
    await publish(page, fresh_served)
    await fire(page, fresh_served)
    await look_back(page)


async def set_up(page: Page, office: Installation) -> None:
    assert office.setup_token
    await page.goto(f"/setup#token={office.setup_token}")
    await settled(page)
    await shot(page, "newcomer-01-set-up")
    await fill(page, Your_name="Nora Neu", Email="nora@office.example", Password=PASSWORD)
    await page.get_by_role("button", name="Next").click()
    await fill(page, Name_of_the_organisation="City Works")
    await page.get_by_role("button", name="Next").click()
    await expect(page.get_by_role("checkbox", name="Begin with an empty office")).to_be_checked()
    await page.get_by_role("button", name="Create and sign in").click()
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()
    await settled(page)
    await shot(page, "newcomer-02-home")
    assert await office.sql("SELECT name FROM whereupon.users WHERE email = $1", "nora@office.example")


async def make_module(page: Page) -> None:
    await page.get_by_role("link", name="Add modules").click()
    await page.get_by_role("button", name="New module").click()
    form = page.get_by_role("dialog")
    await fill(form, Name_of_one="Request", Name_of_many="Requests")
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Requests")).to_be_visible()
    await add_field(page, "Amount", "Money")
    await add_field(page, "Status", "Choice", Choices="New\nApproved\nRefused")
    await add_field(page, "Contact", "Email")
    await add_field(page, "Note", "Text")
    await settled(page)
    await shot(page, "newcomer-03-module", told=False)


async def add_field(page: Page, name: str, kind: str, **options: str) -> None:
    await page.get_by_role("button", name="Add field").click()
    form = page.get_by_role("dialog")
    await fill(form, Name=name)
    await choose(form, "Type", kind)
    await fill(form, **options)
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_be_hidden()
    await expect(page.get_by_test_id("fields").get_by_role("button", name=name, exact=True)).to_be_visible()


async def make_records(page: Page, office: Installation) -> None:
    await page.get_by_role("link", name="Records", exact=True).first.click()
    await page.get_by_role("link", name="Requests").first.click()
    await page.get_by_role("button", name="New request").first.click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Create another after this").check()
    for name, amount in RECORDS:
        await fill(form, Name=name, Amount=str(amount), Contact="people@street.example")
        await choose(form, "Status", "New")
        if name == RECORDS[-1][0]:
            await form.get_by_label("Create another after this").uncheck()
        await form.get_by_role("button", name="Create", exact=True).click()
        if name != RECORDS[-1][0]:
            await expect(field(form, "Name")).to_have_value("")
    await expect(page.get_by_role("heading", name=RECORDS[-1][0])).to_be_visible()
    kept = await office.sql("SELECT name, amount, status FROM data.requests ORDER BY id")
    assert [tuple(row) for row in kept] == [(name, amount, "new") for name, amount in RECORDS]


async def begin_workflow(page: Page) -> None:
    await page.get_by_role("link", name="Workflows").first.click()
    await page.get_by_role("button", name="New workflow").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("radio", name=re.compile("A record is updated")).click()
    await choose(dialog, "Module", "Requests")
    await expect(dialog.get_by_role("radio", name=re.compile("strategy"))).to_have_count(0)
    await fill(dialog, Name="[Request] — Tell the applicant")
    await shot(page, "newcomer-04-new-workflow", told=False)
    await dialog.get_by_role("button", name="Create and open").click()
    await expect(page.get_by_test_id("node-start")).to_be_visible()


async def draw(page: Page) -> None:
    """Every way of the mouse: onto the empty place, out of an exit, onto a line, and back again."""
    await drop_block(page, "if", await middle(page.get_by_test_id("first-block")))
    await expect(line(page, "start/next/if")).to_be_attached()
    x, y = await middle(page.get_by_test_id("handle-if-true"))
    await drag(page, page.get_by_test_id("handle-if-true"), (x, y + 70))
    menu = page.get_by_test_id("add-block")
    await menu.get_by_role("combobox").fill("update")
    await menu.get_by_test_id("add-update_record").click()
    await expect(line(page, "if/true/update_record")).to_be_attached()
    await drop_block(page, "notify", await middle_of_line(page, "if/true/update_record"))
    await expect(line(page, "notify/next/update_record")).to_be_attached()
    await page.get_by_role("button", name="Undo (Ctrl Z)").click()
    await expect(line(page, "if/true/update_record")).to_be_attached()
    await page.get_by_role("button", name="Redo (Ctrl Shift Z)").click()
    await expect(line(page, "if/true/notify")).to_be_attached()
    await page.get_by_role("button", name="Arrange from top to bottom (L)").click()
    # One that is dropped beside everything is not connected yet: a line is drawn to it.
    canvas = await page.get_by_test_id("editor-canvas").bounding_box()
    assert canvas is not None
    await drop_block(page, "send_email", (canvas["x"] + 560, canvas["y"] + 560))
    await drag(page, page.get_by_test_id("handle-notify-next"), await top_of(page, "send_email"))
    await expect(line(page, "notify/next/send_email")).to_be_attached()
    await drag(page, page.get_by_test_id("handle-send_email-next"), await top_of(page, "update_record"))
    await expect(line(page, "send_email/next/update_record")).to_be_attached()
    await page.get_by_role("button", name="Arrange from top to bottom (L)").click()
    await saved(page)
    wanted = {"start/next/if", "if/true/notify", "notify/next/send_email", "send_email/next/update_record"}
    assert await drawn_lines(page) == wanted


async def fill_in(page: Page) -> None:
    side, problems = page.get_by_test_id("side-panel"), page.get_by_test_id("problems")
    await page.get_by_test_id("problems-tab").click()
    for block in ("If", "Create notification", "Send email", "Update fields"):
        await expect(problems).to_contain_text(block)
    await shot(page, "newcomer-05-problems")
    await page.get_by_test_id("problems-tab").click()

    await page.get_by_test_id("node-start").click()
    await choose(side, "Which fields", "Status")
    await page.keyboard.press("Escape")
    await ask_for(side, "Status")
    await choose(side, "Value", "Approved")
    await expect(page.get_by_test_id("matches")).to_have_text("Matches 0 of 3 records now.")

    await page.get_by_test_id("node-if").click()
    await ask_for(side, "Amount", "is greater than or equal to")
    await field(side, "Value").fill("1000")
    await expect(page.get_by_test_id("matches")).to_contain_text("Matches 1 of 3 records now.")
    await expect(page.get_by_test_id("matches").get_by_role("link")).to_have_text("New roof")
    await shot(page, "newcomer-06-condition")

    await page.get_by_test_id("node-notify").click()
    await choose(side, "Preview with", "New roof")
    await choose(side, "A user", "Nora Neu")
    await field(side, "Headline").fill("Approved: ")
    await pick_name(side, "Insert a variable into “Headline”", "Name")
    await expect(side.get_by_text("Reads: Approved: New roof")).to_be_visible()

    await page.get_by_test_id("node-send_email").click()
    await choose(side, "Send to 1", "A field of the record")
    await pick_name(side, re.compile("^A field of the record:"), "Contact")
    await field(side, "Subject").fill("Good news about ")
    await pick_name(side, "Insert a variable into “Subject”", "Name")
    await side.get_by_role("textbox", name="Text", exact=True).click()
    await page.keyboard.type("We can pay ")
    await pick_name(side, "Insert a variable into “Text”", "Amount")
    await side.get_by_text("Preview", exact=True).click()
    await expect(side.frame_locator("iframe").locator("body")).to_have_text("We can pay 5200.00")
    await saved(page)
    await shot(page, "newcomer-07-mail")

    await page.get_by_test_id("problems-tab").click()
    await problems.get_by_role("button", name=re.compile("Update fields")).click()  # leads to its form
    await choose(side, "Values to write: Set another field", "Note")
    await field(side, "Note").fill("Applicant told")
    await expect(problems).not_to_contain_text("is not filled in")
    await expect(problems.get_by_label("Problem", exact=True)).to_have_count(0)
    await page.get_by_test_id("problems-tab").click()
    await saved(page)


async def ask_for(side: Locator, path: str, operator: str | None = None) -> None:
    """One more comparison, of that field."""
    await side.get_by_role("button", name="Add: condition").click()
    await pick_name(side, re.compile("^Field:"), path)
    if operator is not None:
        await choose(side, "Comparison", operator)


async def try_out(page: Page, office: Installation) -> None:
    before = await everything(office)
    await page.get_by_role("button", name="Test", exact=True).click()
    panel = page.get_by_test_id("test-panel")
    await choose(panel, "Sample records", "New roof")
    await page.keyboard.press("Escape")
    await choose(panel, "Add a field", "Status")
    await choose(panel, "Status", "Approved")
    await page.get_by_test_id("run-test").click()
    await expect(page.get_by_test_id("proof")).to_have_text(re.compile(r"Nothing was changed: \d+ writes"))
    details = page.get_by_test_id("test-details")
    await expect(details).to_contain_text("It would start")
    await expect(details).to_contain_text("Left by “True”")
    forward = details.get_by_role("button", name="Next block")
    await forward.click()
    await expect(page.get_by_test_id("tested-notification")).to_contain_text("Approved: New roof")
    await forward.click()
    mail = page.get_by_test_id("tested-mail")
    await expect(mail).to_contain_text("people@street.example")
    await expect(mail).to_contain_text("Good news about New roof")
    await expect(mail.frame_locator("iframe").locator("body")).to_have_text("We can pay 5200.00")
    await shot(page, "newcomer-08-test")
    await forward.click()
    changed = page.get_by_test_id("tested-change").get_by_role("row").filter(has_text="Note")
    assert [text.strip() for text in await changed.get_by_role("cell").all_inner_texts()] == [
        "Note",
        "–",
        "Applicant told",
    ]
    await page.get_by_role("button", name="Back to drawing").click()
    assert await everything(office) == before


async def everything(office: Installation) -> dict[str, Any]:
    """All that a run would leave behind: the records as they are, and how many there are of the rest."""
    tables = ("changes", "runs", "step_runs", "messages", "message_sources", "notifications", "tasks")
    counts = {table: (await office.sql(f"SELECT count(*) FROM whereupon.{table}"))[0][0] for table in tables}
    return counts | {"requests": await office.sql("SELECT * FROM data.requests ORDER BY id")}


async def publish(page: Page, office: Installation) -> None:
    await page.get_by_role("button", name="Publish", exact=True).click()
    review = page.get_by_role("dialog")
    for told in ("Status of a record of Requests changes", "0 of 3 meet the filter now", "No circle"):
        await expect(review).to_contain_text(told)
    await shot(page, "newcomer-09-publish")
    await review.get_by_role("button", name="Publish", exact=True).click()
    await expect(review).to_contain_text("Version 1 is active")
    await review.get_by_role("button", name="Back to the editor").click()
    found = await office.sql("SELECT w.state, v.number FROM whereupon.workflows w JOIN whereupon.versions v "
                             "ON v.id = w.active_version_id")  # fmt: skip
    assert [tuple(row) for row in found] == [("active", 1)]


async def fire(page: Page, office: Installation) -> None:
    await go_to(page, "Records")
    await page.get_by_role("link", name="Requests").first.click()
    await page.get_by_test_id("record-table").get_by_role("link", name="New roof").click()
    await choose(page, "Status", "Approved")
    await page.get_by_test_id("save-record").click()
    await expect(page.get_by_role("button", name="Notifications: 1 new notification")).to_be_visible()
    await expect(page.get_by_role("alert").filter(has_text="Approved: New roof")).to_be_visible()
    await expect(field(page, "Note")).to_have_value("Applicant told")
    await shot(page, "newcomer-10-record")
    runs = await office.sql("SELECT r.status, s.node FROM whereupon.runs r JOIN whereupon.step_runs s "
                            "ON s.run_id = r.id ORDER BY s.seq")  # fmt: skip
    walked = ["if", "notify", "send_email", "update_record"]
    assert [tuple(row) for row in runs] == [("succeeded", node) for node in walked]
    assert [row["title"] for row in await office.sql("SELECT title FROM whereupon.notifications")] == [
        "Approved: New roof"
    ]
    sent = await office.sql("SELECT recipient FROM whereupon.messages")
    assert [row["recipient"] for row in sent] == ["people@street.example"]
    notes = await office.sql("SELECT name, note FROM data.requests WHERE note IS NOT NULL")
    assert [tuple(row) for row in notes] == [("New roof", "Applicant told")]


async def look_back(page: Page) -> None:
    await go_to(page, "History")
    row = page.get_by_test_id("runs-table").get_by_role("row").filter(has_text="New roof")
    await expect(row).to_contain_text("Succeeded")
    await row.get_by_role("link", name="[Request] — Tell the applicant").click()
    replay = page.get_by_test_id("replay")
    await expect(replay).to_contain_text("4 of 4")
    await expect(page.get_by_test_id("node-update_record")).to_have_attribute("data-status", "succeeded")
    await shot(page, "newcomer-11-replay")
    for at in (3, 2, 1):
        await replay.get_by_role("button", name="Previous block").click()
        await expect(replay).to_contain_text(f"{at} of 4")
    # At that moment the run had been at the first block, and not yet at the second.
    await expect(page.get_by_test_id("node-if")).to_have_attribute("data-status", "succeeded")
    await expect(page.get_by_test_id("node-notify")).not_to_have_attribute("data-status", re.compile(""))
    await replay.get_by_role("button", name="Next block").click()
    await expect(page.get_by_test_id("node-notify")).to_have_attribute("data-status", "succeeded")
    step = page.get_by_test_id("step-update_record")
    await step.get_by_role("button").first.click()
    await expect(step).to_contain_text("Applicant told")
    await go_to(page, "Home")
    await expect(page.get_by_test_id("run-bar")).to_have_count(1)
    await expect(page.get_by_test_id("run-bar")).to_have_accessible_name(re.compile("Succeeded, New roof"))
    await shot(page, "newcomer-12-home")


async def go_to(page: Page, place: str) -> None:
    """By the navigation, wherever it stands on this page."""
    await page.get_by_role("link", name=place, exact=True).filter(visible=True).first.click()

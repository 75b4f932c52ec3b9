"""A planning sheet in the browser, from the file to drafts; a pack that is looked at before it is updated."""

from __future__ import annotations

from playwright.async_api import FilePayload, expect
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, look_at, settled

from whereupon.planning.sheet import HEADERS
from whereupon.planning.writing import workbook
from whereupon.records.exporting import XLSX

GREETING = "Καλώς ήρθες\n\nDear {{ record.name }}, welcome."
ROWS = (
    ("Welcome", "Member is created", "email", "2 minutes after", GREETING, "", "Customer"),
    ("Welcome again", "When a member has joined the club", "the e-mail", "", GREETING, "", ""),
    ("Απόδειξη", "Κάτι", "", "", "", "", ""),
)


def filled_in() -> FilePayload:
    sheet = workbook({"Plan": [tuple(HEADERS.values()), *ROWS]})
    return FilePayload(name="Σχέδιο.xlsx", mimeType=XLSX, buffer=sheet)


async def test_rows_are_corrected_and_become_drafts(open_page: OpenPage, office: Installation) -> None:
    page = await open_page(office, "admin")
    await page.goto("/planning")
    await settled(page)
    await page.locator("input[type=file]").set_input_files([filled_in()])
    await expect(page.get_by_text("1 of 3 rows can become a draft")).to_be_visible()
    await look_at(page, "planning-preview")
    unclear = page.get_by_test_id("planning-row-3")
    await expect(unclear).to_contain_text("“Member is created”?")
    await page.get_by_role("button", name="Use all 2 suggestions").click()
    await expect(page.get_by_text("2 of 3 rows can become drafts")).to_be_visible()
    await expect(unclear).to_contain_text("When a record of Members is created")
    wrong = page.get_by_test_id("planning-row-4")
    await wrong.get_by_role("button", name="Change the row").click()
    await wrong.get_by_label("Content").fill("Αντίο\n\nBye")
    await wrong.get_by_label("On which update").fill("Member is deleted")
    await wrong.get_by_label("To whom").fill("email")
    await wrong.get_by_role("button", name="Look again").click()
    await expect(page.get_by_text("3 of 3 rows can become drafts")).to_be_visible()
    await page.get_by_role("checkbox", name="Make a draft of “[Member] — Welcome again”").uncheck()
    await page.get_by_role("button", name="Make 2 drafts").click()
    await expect(page.get_by_role("heading", name="2 drafts were made")).to_be_visible()
    await page.get_by_role("link", name="[Member] — Welcome", exact=True).click()
    await expect(page.get_by_test_id("editor-canvas")).to_be_visible()


async def test_a_pack_tells_what_an_update_would_do(open_page: OpenPage, office: Installation) -> None:
    page = await open_page(office, "admin")
    await page.goto("/settings/packs")
    await settled(page)
    await page.get_by_role("button", name="Update Membership").click()
    await expect(page.get_by_role("dialog", name="What an update of Membership would do")).to_be_visible()
    await look_at(page, "pack-update")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Remove Membership").click()
    removal = page.get_by_role("dialog", name="What would go with Membership")
    await expect(removal).to_contain_text("sample records")
    await removal.get_by_role("button", name="Leave it").click()
    await expect(page.get_by_role("button", name="Remove Membership")).to_be_visible()

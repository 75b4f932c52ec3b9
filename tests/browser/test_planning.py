"""A planning sheet in the browser, from the file to drafts; packs and YAML files, looked at, then applied."""

from __future__ import annotations

import io
import zipfile

from playwright.async_api import FilePayload, expect
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, look_at, settled

from whereupon.planning.sheet import HEADERS
from whereupon.planning.writing import workbook
from whereupon.records.exporting import XLSX

GREETING = "Καλώς ήρθες\n\nDear {{ record.name }}, welcome."
ROWS = (
    ("Welcome", "Member is created", "email", "2 minutes after", GREETING, "", "Customer"),
    ("Welcome again", "When a member has joined the club", "the e-mail", "", GREETING, "", ""),
    ("Απόδειξη", "Κάτι", "", "", "", "", ""),
)


WORKFLOW = """key: late
name: "[Member] — Late"
description: Tells the office about members who are late.
module: members
state: disabled
document:
  nodes:
    - {{key: start, block: start, config: {{trigger: record_created}}}}
    - key: is_late
      block: if
      label: Is it late?
      config: {{condition: {{field: name, operator: contains, value: {value}}}}}
    - {{key: tell, block: notify, config: {{to: [{{owner: true}}], title: Late}}}}
  edges: [{{from: start, to: is_late}}, {{from: is_late, port: "true", to: tell}}]
"""


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
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as packed:
        packed.writestr("choir/pack.yaml", "name: Χορωδία\ndescription: Singers.")
        packed.writestr("choir/modules.yaml", "modules: [{key: singers, lable: Singer}]")
    own = FilePayload(name="choir.zip", mimeType="application/zip", buffer=memory.getvalue())
    await page.get_by_test_id("pack-file").locator("input[type=file]").set_input_files([own])
    await expect(page.get_by_text("choir.zip cannot be installed")).to_be_visible()
    await expect(page.get_by_test_id("pack-file")).to_contain_text('There is no "lable" here.')


def sent(**texts: str) -> list[FilePayload]:
    """Files as a person drops them."""
    return [
        FilePayload(name=f"{name}.yaml", mimeType="application/yaml", buffer=text.encode())
        for name, text in texts.items()
    ]


async def test_files_are_looked_at_applied_and_never_over_what_somebody_did_meanwhile(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    watch.expect("status of 412")  # somebody was quicker
    page = await open_page(office, "admin")
    late = WORKFLOW.format(value="x")
    await page.goto("/files")
    await settled(page)
    await page.locator("input[type=file]").set_input_files(sent(late=late, broken="key: a\nkey: b\nhtml: x"))
    await expect(page.get_by_test_id("files-summary")).to_have_text("1 change in 2 files")
    await expect(page.get_by_test_id("file-broken.yaml")).to_contain_text('"key" stands twice')
    await page.get_by_role("button", name="Apply 1 change").click()
    await page.get_by_role("link", name="[Member] — Late").click()
    await expect(page.get_by_test_id("editor-canvas")).to_be_visible()

    await page.goto("/files")
    await settled(page)
    changed = WORKFLOW.format(value="Γειά")
    await page.locator("input[type=file]").set_input_files(sent(late=changed))
    card = page.get_by_test_id("file-workflows/late.yaml")
    await expect(card).to_contain_text("Condition of “Is it late?”Name contains xName contains Γειά")
    await card.get_by_role("button", name="Show the lines").click()
    await look_at(page, "files-plan")
    draft = office.ask("GET", "/api/v1/workflows/late")["draft"] | {"settings": {"priority": 5}}
    office.ask("PATCH", "/api/v1/workflows/late", {"document": draft})
    await page.get_by_role("button", name="Apply 1 change").click()
    await expect(page.get_by_text("Something was changed here since you looked")).to_be_visible()
    await expect(card).to_contain_text("Not as before")
    apply = page.get_by_role("button", name="Apply 1 change")
    await expect(apply).to_be_disabled()
    await page.get_by_role("checkbox", name="This may be lost").check()
    await apply.click()
    await expect(page.get_by_role("heading", name="1 file applied")).to_be_visible()
    await page.goto("/workflows")
    await page.get_by_role("checkbox", name="Choose “[Member] — Late”").check()
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Save this file").click()
    assert (await saved.value).suggested_filename == "late.yaml"

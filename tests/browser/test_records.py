"""Records in the browser: lists, filters, views, edits of many; forms with lines and files; why."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect
from tests.browser.editing import WITHIN, eventually
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, settled

LINES = [
    {"key": "what", "type": "text", "label": "What", "required": True},
    {"key": "hours", "type": "decimal", "label": "Hours", "options": {"precision": 8, "scale": 2}},
]
REPAIRS = {
    "key": "repairs", "label": "Repair", "label_plural": "Repairs", "title_field": "what",
    "fields": [
        {"key": "what", "type": "text", "label": "Broken thing", "required": True},
        {"key": "town", "type": "text", "label": "Town"},
        {"key": "cost", "type": "integer", "label": "Cost"},
        {"key": "state", "type": "select", "label": "State",
         "options": {"choices": [{"key": "open", "label": "Open"}, {"key": "done", "label": "Done"}]}},
        {"key": "seen", "type": "date", "label": "Seen on"},
        {"key": "notes", "type": "long_text", "label": "Notes"},
        {"key": "photo", "type": "file", "label": "Photo"},
        {"key": "work", "type": "line_items", "label": "Work",
         "options": {"parent": "repair", "fields": LINES}},
    ],
}  # fmt: skip
TOWNS = ("Αθήνα", "Brno", "Cluj", "Debrecen")
DONE: dict[str, Any] = {
    "key": "repair_done", "name": "Tell that it is done", "module": "repairs",
    "document": {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": {
                "trigger": "record_updated", "fields": ["state"],
                "filter": {"field": "state", "operator": "equals", "value": "done"}}},
            {"key": "note", "block": "update_record", "config": {"set": {"notes": "Told."}}},
        ],
        "edges": [{"from": "start", "port": "next", "to": "note"}],
        "settings": {},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def repairs(office: Installation) -> Installation:
    """Twelve repairs in four towns, and a workflow that watches them."""
    office.ask("POST", "/api/v1/modules", REPAIRS)
    for number in range(12):
        values = {
            "what": f"Thing {number:02}",
            "town": TOWNS[number % 4],
            "cost": number * 10,
            "state": "open",
        }
        office.ask("POST", "/api/v1/records/repairs", values)
    office.ask("POST", "/api/v1/workflows", DONE)
    office.ask("POST", "/api/v1/workflows/repair_done/publish", {})
    return office


async def open_list(page: Page, query: str = "") -> Locator:
    """The list, drawn; its table."""
    await page.goto(f"/records/repairs{query}")
    await settled(page)
    return page.get_by_test_id("record-table")


async def titles(page: Page) -> list[str]:
    """What the rows are called, from top to bottom."""
    return [text.strip() for text in await page.locator("[data-testid$=-what]").all_inner_texts()]


async def count_of(office: Installation, where: str, *values: Any) -> int:
    return (await office.sql(f"SELECT count(*) FROM data.repairs WHERE {where}", *values))[0][0]


# Lists ----------------------------------------------------------------------------------------------


async def test_a_list_is_sorted_by_its_heads(open_page: OpenPage, repairs: Installation) -> None:
    page = await open_page(repairs, "admin")
    table = await open_list(page, "?columns=what,cost")
    head = table.get_by_role("columnheader", name="Cost")
    await head.get_by_role("button").click()
    await expect(head).to_have_attribute("aria-sort", "ascending")
    await expect(page.locator("[data-testid$=-what]").first).to_have_text("Thing 00")
    await head.get_by_role("button").click()
    await expect(head).to_have_attribute("aria-sort", "descending")
    await expect(page.locator("[data-testid$=-what]").first).to_have_text("Thing 11")
    await page.reload()
    await expect(page.locator("[data-testid$=-what]").first).to_have_text("Thing 11")


async def test_a_filter_is_built_counted_and_kept_in_the_address(
    open_page: OpenPage, repairs: Installation
) -> None:
    page = await open_page(repairs, "admin")
    await open_list(page)
    await page.get_by_test_id("filter-open").click()
    drawer = page.get_by_role("dialog", name="Which repairs")
    await drawer.get_by_role("button", name="Add: condition").click()
    condition = drawer.get_by_test_id("condition-1")
    await condition.get_by_role("button", name=re.compile("^Field")).click()
    await page.get_by_role("option", name="Town").click()
    await condition.get_by_label("Value").last.fill("αθήνα")
    await expect(drawer.get_by_test_id("matches").first).to_contain_text("3 of 12")
    await drawer.get_by_role("button", name="Show these").click()
    await expect(page.get_by_test_id("filter-open")).to_have_text("Filter is on")
    await expect(page.get_by_test_id("record-count")).to_have_text("3 records")
    await page.reload()
    await expect(page.get_by_test_id("record-count")).to_have_text("3 records")
    assert sorted(await titles(page)) == ["Thing 00", "Thing 04", "Thing 08"]
    await page.get_by_role("button", name="Clear the filter").click()
    await expect(page.get_by_test_id("record-count")).to_have_text("12 records")


async def test_the_search_finds_by_title(open_page: OpenPage, repairs: Installation) -> None:
    page = await open_page(repairs, "admin")
    await open_list(page)
    await page.get_by_role("searchbox", name="Search by broken thing").fill("thing 07")
    await expect(page.get_by_test_id("record-count")).to_have_text("1 record")
    assert await titles(page) == ["Thing 07"]


async def test_a_view_is_saved_found_again_changed_and_deleted(
    open_page: OpenPage, repairs: Installation
) -> None:
    page = await open_page(repairs, "admin")
    await open_list(page, "?sort=-cost&columns=what,cost,town")
    await page.get_by_role("button", name=re.compile("More about the view|Save as")).first.click()
    await page.get_by_role("menuitem", name="Save as a new view").click()
    dialog = page.get_by_role("dialog", name="Save as a new view")
    await dialog.get_by_label("Name of the view").fill("Dear ones")
    await dialog.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("tab", name="Dear ones")).to_have_attribute("aria-selected", "true")
    await page.goto("/records/repairs")
    await page.get_by_role("tab", name="Dear ones").click()
    await expect(page.locator("[data-testid$=-what]").first).to_have_text("Thing 11")
    await page.get_by_role("columnheader", name="Town").get_by_role("button").click()
    await page.get_by_role("button", name="Save the view").click()
    await expect(page.get_by_text("The view is saved.")).to_be_visible()
    saved = await repairs.sql("SELECT definition FROM whereupon.views WHERE name = 'Dear ones'")
    assert saved[0]["definition"]["sort"] == ["town"]
    await page.get_by_role("button", name="More about the view Dear ones").click()
    await page.get_by_role("menuitem", name="Delete the view").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("tab", name="Dear ones")).to_have_count(0)


async def test_a_cell_is_changed_where_it_stands(open_page: OpenPage, repairs: Installation) -> None:
    page = await open_page(repairs, "admin")
    await open_list(page, "?sort=what&columns=what,notes")
    cell = page.locator("[data-cell='2:1']")
    await cell.dblclick()
    await cell.get_by_label("Notes").fill("In the cell.")
    await page.keyboard.press("Control+Enter")
    await expect(cell).to_have_text("In the cell.")
    await cell.dblclick()
    await cell.get_by_label("Notes").fill("Not kept.")
    await page.keyboard.press("Escape")
    await expect(cell).to_have_text("In the cell.")
    assert await count_of(repairs, "what = 'Thing 02' AND notes = 'In the cell.'") == 1


async def test_many_records_are_changed_at_once_after_a_count(
    open_page: OpenPage, repairs: Installation
) -> None:
    page = await open_page(repairs, "admin")
    await open_list(page, '?where={"field":"town","operator":"equals","value":"Brno"}')
    await page.get_by_role("checkbox", name="Select all that are shown").check()
    bar = page.get_by_test_id("bulk-bar")
    await expect(bar).to_contain_text("3 selected")
    await bar.get_by_role("button", name="Edit fields").click()
    dialog = page.get_by_role("dialog", name="Change 3 records")
    await dialog.get_by_label("Add a field").click()
    await page.get_by_role("option", name="State").click()
    await dialog.get_by_label("State").first.click()
    await page.get_by_role("option", name="Done").click()
    await dialog.get_by_role("button", name="Check").click()
    await expect(dialog.get_by_role("status")).to_contain_text("3 records will be changed")
    assert await count_of(repairs, "state = 'done' AND town = 'Brno'") == 0
    await dialog.get_by_role("button", name="Change 3 records").click()
    await expect(page.get_by_text("3 records are changed.")).to_be_visible()
    assert await count_of(repairs, "state = 'done' AND town = 'Brno'") == 3
    assert await count_of(repairs, "state = 'done' AND town <> 'Brno'") == 0
    await eventually(lambda: count_of(repairs, "town = 'Brno' AND notes = 'Told.'"))


# One record -----------------------------------------------------------------------------------------


async def test_a_record_is_created_with_lines_and_a_file_and_then_changed(
    open_page: OpenPage, repairs: Installation, watch: Watch
) -> None:
    watch.expect("status of 422")
    page = await open_page(repairs, "admin")
    await open_list(page, "?new=1")
    form = page.get_by_role("dialog", name="New repair")
    await form.get_by_test_id("save-record").click()
    await expect(form.get_by_test_id("field-what")).to_contain_text(re.compile("value|empty|required", re.I))
    await form.get_by_label("Broken thing").fill("Ρολόι του πύργου")
    await form.get_by_label("Cost").fill("250")
    await form.get_by_label("Seen on").fill("2026-11-20")
    await form.get_by_role("button", name="Add a line").click()
    await form.get_by_label("Line 1: What").fill("Oil")
    await form.get_by_label("Line 1: Hours").fill("1.5")
    await form.get_by_role("button", name="Add a line").click()
    await form.get_by_label("Line 2: What").fill("Hands")
    await form.get_by_label("Line 2: Hours").fill("2.25")
    await expect(form.get_by_role("table", name="Work")).to_contain_text("3.75")
    async with page.expect_file_chooser() as chooser:
        await form.get_by_role("button", name="Photo: Choose a file").click()
    photo = FilePayload(name="πύργος.txt", mimeType="text/plain", buffer=b"a tower")
    await (await chooser.value).set_files([photo])
    await expect(form.get_by_role("link", name="πύργος.txt")).to_be_visible()
    await form.get_by_test_id("save-record").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ρολόι του πύργου")
    where = "what = 'Ρολόι του πύργου' AND cost = 250 AND seen = '2026-11-20' AND photo IS NOT NULL"
    assert await count_of(repairs, where) == 1
    await change_it(page)
    query = "SELECT l.what, l.hours FROM data.repairs r JOIN data.{} l ON l.repair = r.id ORDER BY l.position"
    lines = await repairs.sql(query.format(await child_of(repairs)))
    assert [(line["what"], float(line["hours"])) for line in lines] == [("Hands", 3.0)]
    await page.get_by_test_id("side-panel").get_by_role("tab", name="Timeline").click()
    await expect(page.get_by_test_id("timeline")).to_contain_text("Debrecen")


async def change_it(page: Page) -> None:
    """Another town, a line less and more hours of the other; saved with Ctrl-S."""
    await page.get_by_label("Town").fill("Debrecen")
    await page.get_by_role("button", name="Remove line 1").click()
    await page.get_by_label("Line 1: Hours").fill("3")
    await page.keyboard.press("Control+s")
    await expect(page.get_by_test_id("save-record")).to_be_hidden()


async def child_of(office: Installation) -> str:
    """The table of a repair's lines."""
    modules = office.ask("GET", "/api/v1/modules")["items"]
    return next(
        module["key"] for module in modules if module["key"].startswith("repair") and module["parent_field"]
    )


async def test_unsaved_changes_are_asked_about_before_leaving(
    open_page: OpenPage, repairs: Installation
) -> None:
    page = await open_page(repairs, "admin")
    await open_list(page, "?sort=what")
    await page.get_by_role("link", name="Thing 03").click()
    await page.get_by_label("Town").fill("Nowhere")
    await page.get_by_role("link", name="Repairs", exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Leave without saving?")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_label("Town")).to_have_value("Nowhere")
    await page.get_by_role("link", name="Repairs", exact=True).first.click()
    await dialog.get_by_role("button", name="Leave").click()
    await expect(page.get_by_test_id("record-table")).to_be_visible()
    assert await count_of(repairs, "town = 'Nowhere'") == 0


async def test_why_did_this_not_run_is_answered_on_the_record(
    open_page: OpenPage, repairs: Installation
) -> None:
    page = await open_page(repairs, "admin")
    made = repairs.ask("POST", "/api/v1/records/repairs", {"what": "Bell", "town": "Cluj", "state": "done"})
    repairs.ask("PATCH", f"/api/v1/records/repairs/{made['id']}", {"state": "open"})
    await page.goto(f"/records/repairs/{made['id']}")
    await page.get_by_test_id("why-open").click()
    drawer = page.get_by_role("dialog", name="Why did this not run?")
    verdict = drawer.get_by_role("button", name=re.compile("Tell that it is done"))
    await expect(verdict).to_be_visible(timeout=WITHIN * 1000)
    await expect(verdict.get_by_label("It did not run")).to_be_visible()
    await verdict.click()
    tree = drawer.get_by_test_id("why-tree")
    await expect(tree.get_by_label("does not hold").first).to_be_visible()
    await expect(tree).to_contain_text("State")


async def test_an_export_has_what_the_list_shows(open_page: OpenPage, repairs: Installation) -> None:
    page = await open_page(repairs, "admin")
    await open_list(
        page, '?columns=what,town&sort=what&where={"field":"town","operator":"equals","value":"Αθήνα"}'
    )
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export").click()
        await page.get_by_role("menuitem", name="CSV file").click()
    path = await (await download.value).path()
    rows = path.read_text(encoding="utf-8-sig").splitlines()
    assert rows[1:] == ["Thing 00,Αθήνα", "Thing 04,Αθήνα", "Thing 08,Αθήνα"]

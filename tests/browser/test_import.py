"""A file becomes records in four steps; workflows run on them only when one says so (B12)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect
from tests.browser.editing import eventually
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, settled

GUESTS = {
    "key": "guests", "label": "Guest", "label_plural": "Guests", "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name", "required": True},
        {"key": "mail", "type": "email", "label": "Email"},
        {"key": "since", "type": "date", "label": "Guest since"},
        {"key": "note", "type": "text", "label": "Note"},
    ],
}  # fmt: skip
GREET: dict[str, Any] = {
    "key": "greet", "name": "Greet the guest", "module": "guests",
    "document": {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
            {"key": "note", "block": "update_record", "config": {"set": {"note": "greeted"}}},
        ],
        "edges": [{"from": "start", "port": "next", "to": "note"}],
        "settings": {},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def inn(office: Installation) -> Installation:
    """A module of guests with a workflow that greets each."""
    office.ask("POST", "/api/v1/modules", GUESTS)
    office.ask("POST", "/api/v1/workflows", GREET)
    office.ask("POST", "/api/v1/workflows/greet/publish", {})
    return office


def file_of(name: str, *lines: str) -> FilePayload:
    """A CSV file for an input of the page."""
    return FilePayload(name=name, mimeType="text/csv", buffer="\r\n".join(lines).encode())


async def upload(page: Page, name: str, *lines: str) -> None:
    """The first step; it ends with the columns of the file."""
    await page.goto("/records/guests/import")
    await settled(page)
    await page.locator("input[type=file]").set_input_files([file_of(name, *lines)])
    await expect(page.get_by_role("table", name="Columns and fields")).to_be_visible()


async def counts(page: Page) -> list[str]:
    """New, changed, as they were, left out."""
    shown = page.get_by_test_id("import-counts")
    await expect(shown).to_be_visible()
    return re.findall(r"^\d+$", await shown.inner_text(), re.MULTILINE)


async def guests(inn: Installation, mark: str) -> list[tuple[str, str | None]]:
    """The guests whose address has the mark, with their notes."""
    rows = await inn.sql("SELECT name, note FROM data.guests WHERE mail LIKE $1 ORDER BY name", f"%{mark}%")
    return [(row["name"], row["note"]) for row in rows]


async def import_them(page: Page, mark: str, *, fires: bool) -> None:
    """Two good rows and a bad one, from the file to the end."""
    await upload(
        page, f"{mark}.csv",
        "Name,Email,Guest since,Room", f"Ζωή,zoe@{mark}.example,2026-01-02,7",
        f"Ümit,umit@{mark}.example,2026-03-04,8", f"Bad,no address at {mark},2026-05-06,9",
    )  # fmt: skip
    await expect(page.get_by_text("1 column is not imported.")).to_be_visible()
    await page.get_by_role("button", name="Try it").click()
    assert await counts(page) == ["2", "0", "0", "1"]
    problems = page.get_by_role("table", name="Rows that are left out")
    await expect(problems).to_contain_text(f"no address at {mark}")
    await expect(page.get_by_role("radio", name="No", exact=True)).to_be_checked()
    await expect(page.get_by_text("Would start 2 runs of “Greet the guest”.")).to_be_visible()
    if fires:
        await page.get_by_role("radio", name="Yes").check()
    await page.get_by_role("button", name="Import 2 records").click()
    await expect(page.get_by_text("It took")).to_be_visible()
    assert await counts(page) == ["2", "0", "0", "1"]


async def test_an_import_runs_no_workflow_unless_one_says_so(open_page: OpenPage, inn: Installation) -> None:
    page = await open_page(inn, "admin")
    before = await runs(inn)
    await import_them(page, "quiet", fires=False)
    assert await guests(inn, "quiet") == [("Ümit", None), ("Ζωή", None)]
    await wait_until_all_is_matched(inn)
    assert await runs(inn) == before
    await page.get_by_role("link", name="To guests").first.click()
    await expect(page.get_by_role("link", name="Ζωή").first).to_be_visible()


async def test_an_import_runs_workflows_when_one_says_so(open_page: OpenPage, inn: Installation) -> None:
    page = await open_page(inn, "admin")
    before = await runs(inn)
    await import_them(page, "loud", fires=True)

    async def greeted() -> bool:
        return [note for _, note in await guests(inn, "loud")] == ["greeted", "greeted"]

    await eventually(greeted)
    assert await runs(inn) == before + 2


async def runs(inn: Installation) -> int:
    statement = "SELECT count(*) FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id "
    return (await inn.sql(statement + "WHERE w.key = 'greet'"))[0][0]


async def wait_until_all_is_matched(inn: Installation) -> None:
    """Whatever would start, has started."""

    async def matched() -> bool:
        return not (await inn.sql("SELECT EXISTS (SELECT FROM whereupon.pending_changes)"))[0][0]

    await eventually(matched)


async def test_trying_changes_nothing(open_page: OpenPage, inn: Installation) -> None:
    page = await open_page(inn, "admin")
    await upload(page, "tried.csv", "Name,Email", "Only tried,one@tried.example")
    await page.get_by_role("button", name="Try it").click()
    assert await counts(page) == ["1", "0", "0", "0"]
    await expect(page.get_by_role("table", name="The first records as they would be")).to_contain_text(
        "Only tried"
    )
    assert await guests(inn, "tried") == []
    await page.get_by_role("button", name="Back to the columns").click()
    await expect(page.get_by_role("table", name="Columns and fields")).to_be_visible()


async def test_records_that_are_there_are_found_by_a_field_and_changed(
    open_page: OpenPage, inn: Installation
) -> None:
    page = await open_page(inn, "admin")
    inn.ask("POST", "/api/v1/records/guests", {"name": "Before", "mail": "one@known.example"})
    await upload(page, "known.csv", "Name;Email", "After;one@known.example", "New;two@known.example")
    await page.get_by_role("combobox", name="Which records are there already").click()
    await page.get_by_role("option", name="Email").click()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Try it").click()
    assert await counts(page) == ["1", "1", "0", "0"]
    await page.get_by_role("button", name="Import 2 records").click()
    await expect(page.get_by_text("It took")).to_be_visible()
    assert [name for name, _ in await guests(inn, "known")] == ["After", "New"]


async def test_a_column_goes_where_one_says(open_page: OpenPage, inn: Installation) -> None:
    page = await open_page(inn, "admin")
    await upload(page, "mapped.csv", "Who,Reach", "Mapped,one@mapped.example")
    for column, field in (("Who", "Name"), ("Reach", "Email")):
        await page.get_by_label(f"Field for {column}").first.click()
        await page.get_by_role("option", name=field).first.click()
    await page.get_by_role("button", name="Try it").click()
    assert await counts(page) == ["1", "0", "0", "0"]
    await page.get_by_role("button", name="Import 1 record").click()
    await expect(page.get_by_text("It took")).to_be_visible()
    assert [name for name, _ in await guests(inn, "mapped")] == ["Mapped"]


async def test_imports_are_listed_with_what_came_of_them(open_page: OpenPage, inn: Installation) -> None:
    page = await open_page(inn, "admin")
    await upload(page, "listed.csv", "Name,Email", "Listed,one@listed.example")
    await page.get_by_role("button", name="Try it").click()
    await page.get_by_role("button", name="Import 1 record").click()
    await expect(page.get_by_text("It took")).to_be_visible()
    await page.goto("/imports")
    row = page.get_by_role("row").filter(has_text="listed.csv").filter(has_not_text="tried only")
    await expect(row).to_contain_text("Succeeded")
    await expect(row).to_contain_text("1 new, 0 changed")
    await expect(row).to_contain_text("Ada Ädel")

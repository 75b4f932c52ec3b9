"""Versions in the browser: reviewed, published, compared, restored; runs finish on theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from tests.browser.conftest import Opening
from tests.browser.doing import choose, line, saved
from tests.browser.editing import eventually
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, settled
from tests.browser.small_office import small_office

NEVER_NOTED = {"field": "status", "operator": "equals", "value": "approved"}


@pytest.fixture(scope="module")
def small(opening: Opening, template: str) -> Iterator[Installation]:
    """Two requests: desk lamps for 90, a new roof for 5200."""
    with small_office(opening, template) as made:
        rights = dict.fromkeys(("create", "read", "update", "delete"), "all")
        made.ask("PATCH", "/api/v1/roles/builder", {"modules": {"requests": rights}})
        yield made


def document(above: int, note: str = "Seen.") -> dict[str, Any]:
    """Whatever costs more than that waits until it is approved; roofs get a note first."""
    filter_ = {"field": "amount", "operator": "greater_than", "value": above}
    roof = {"condition": {"field": "name", "operator": "contains", "value": "roof"}}
    steps = [
        ("start", "start", {"trigger": "record_created", "filter": filter_}),
        ("roof", "if", roof),
        ("note", "update_record", {"set": {"note": note}}),
        ("wait", "wait", {"condition": NEVER_NOTED}),
        ("end", "update_record", {"set": {"note": f"{note} Approved."}}),
    ]
    nodes = [
        {"key": key, "block": block, "label": key.title(), "config": config,
         "position": {"x": 0, "y": 150 * place}}
        for place, (key, block, config) in enumerate(steps)
    ]  # fmt: skip
    lines = ["start/next/roof", "roof/true/note", "roof/false/wait", "note/next/wait", "wait/next/end"]
    edges = [dict(zip(("from", "port", "to"), one.split("/"), strict=True)) for one in lines]
    return {"format": 1, "nodes": nodes, "edges": edges, "settings": {}}


def make(office: Installation, key: str, *versions: dict[str, Any]) -> str:
    """A workflow of these versions, all published; the path of its editor."""
    new = {"key": key, "name": f"Workflow {key}", "module": "requests", "document": versions[0]}
    office.ask("POST", "/api/v1/workflows", new)
    for number, version in enumerate(versions, 1):
        change(office, key, version)
        office.ask("POST", f"/api/v1/workflows/{key}/publish", {"note": f"Note {number}"})
    return f"/workflows/{key}"


def change(office: Installation, key: str, draft: dict[str, Any]) -> None:
    office.ask("PATCH", f"/api/v1/workflows/{key}", {"document": draft})


def add(office: Installation, name: str, amount: int) -> int:
    """A request, as somebody would enter it."""
    return int(office.ask("POST", "/api/v1/records/requests", {"name": name, "amount": amount})["id"])


RUNS = """
SELECT r.id, r.status, v.number FROM whereupon.runs r
JOIN whereupon.workflows w ON w.id = r.workflow_id JOIN whereupon.versions v ON v.id = r.version_id
WHERE w.key = $1 ORDER BY r.id
"""


async def runs_of(office: Installation, key: str) -> list[tuple[str, int]]:
    """Status and version of each run, the oldest first."""
    return [(row["status"], row["number"]) for row in await office.sql(RUNS, key)]


async def came_to(office: Installation, key: str, expected: list[tuple[str, int]]) -> None:
    async def is_so() -> bool:
        return await runs_of(office, key) == expected

    await eventually(is_so)


async def amount_asked(office: Installation, key: str) -> int:
    """What the draft's filter compares with."""
    found = await office.sql("SELECT draft FROM whereupon.workflows WHERE key = $1", key)
    return found[0]["draft"]["nodes"][0]["config"]["filter"]["value"]


async def open_editor(page: Page, path: str) -> None:
    await page.goto(path)
    await expect(page.get_by_test_id("node-roof")).to_be_visible()


async def open_runs(page: Page, path: str) -> Locator:
    """The panel of runs below the canvas."""
    await open_editor(page, path)
    await page.get_by_role("tab", name="Last runs").click()
    panel = page.get_by_test_id("runs-panel")
    await expect(panel).to_be_visible()
    return panel


async def open_review(page: Page, key: str) -> Locator:
    await page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Publish “Workflow {key}”")
    await expect(dialog.get_by_test_id("publish-review")).to_be_visible()
    return dialog


# Publishing -----------------------------------------------------------------------------------------


async def test_the_review_shows_what_is_different_and_which_records_come_and_go(
    open_page: OpenPage, small: Installation
) -> None:
    path = make(small, "reviewed", document(1000))
    change(small, "reviewed", document(50, "Read."))
    page = await open_page(small, "builder")
    await open_editor(page, path)
    dialog = await open_review(page, "reviewed")
    await expect(dialog).to_contain_text("What is different from version 1")
    start = dialog.get_by_test_id("difference-start")
    await expect(start.locator("del")).to_contain_text(re.compile("1,?000"))
    await expect(start.locator("ins")).to_contain_text("50")
    await expect(dialog.get_by_test_id("difference-note")).to_contain_text("Read.")
    await expect(dialog.get_by_test_id("difference-roof")).to_have_count(0)
    moved = dialog.get_by_test_id("records-moved")
    await expect(moved.locator("[data-kind=gained]")).to_contain_text(re.compile(r"1 more: Desk lamps"))
    await expect(moved.locator("[data-kind=lost]")).to_have_count(0)
    await dialog.get_by_label("What is new").fill("Small ones, too")
    await dialog.get_by_test_id("publish-now").click()
    await expect(page.get_by_text("Version 2 is active")).to_be_visible()
    rows = await small.sql(
        "SELECT v.number, v.note FROM whereupon.versions v JOIN whereupon.workflows w "
        "ON w.id = v.workflow_id WHERE w.key = 'reviewed' ORDER BY v.number"
    )
    assert [tuple(row) for row in rows] == [(1, "Note 1"), (2, "Small ones, too")]


async def test_a_narrower_filter_says_which_records_fall_out_and_a_role_that_rights_do(
    open_page: OpenPage, small: Installation
) -> None:
    rights = {"requests": {"read": "all", "update": "all"}}
    small.ask("POST", "/api/v1/roles", {"key": "clerks", "name": "Clerks", "modules": rights})
    path = make(small, "narrower", document(50))
    change(small, "narrower", document(1000))
    page = await open_page(small, "builder")
    await open_editor(page, path)
    await choose(page, "Runs act with the rights of", "Clerks")
    await expect(page.get_by_text("only what both “Clerks” and")).to_be_visible()
    await saved(page)
    dialog = await open_review(page, "narrower")
    setting = dialog.get_by_role("listitem").filter(has_text="Its runs act with the rights of")
    await expect(setting.locator("del")).to_have_text("whoever publishes it")
    await expect(setting.locator("ins")).to_have_text("Clerks")
    lost = dialog.get_by_test_id("records-moved").locator("[data-kind=lost]")
    await expect(lost).to_contain_text(re.compile(r"1 fewer: Desk lamps"))
    await dialog.get_by_role("button", name="Back to the draft").click()
    await expect(dialog).to_be_hidden()
    assert small.ask("GET", "/api/v1/workflows/narrower")["active_version"] == 1


# Versions -------------------------------------------------------------------------------------------


async def open_versions(page: Page) -> Locator:
    await page.get_by_role("button", name="Versions").click()
    drawer = page.get_by_role("dialog", name="Versions")
    await expect(drawer.get_by_test_id("comparison")).to_be_visible()
    return drawer


async def test_two_versions_are_compared_side_by_side(open_page: OpenPage, small: Installation) -> None:
    path = make(small, "compared", document(1000), document(50, "Read."))
    page = await open_page(small, "builder")
    await open_editor(page, path)
    drawer = await open_versions(page)
    await expect(drawer.get_by_text("Note 1")).to_be_visible()
    await expect(drawer.get_by_text("They mean the same.")).to_be_visible()
    await drawer.get_by_role("button", name="Compare version 1 with the draft").click()
    differences = drawer.get_by_test_id("differences")
    await expect(differences.get_by_test_id("difference-note")).to_contain_text("Read.")
    await drawer.get_by_role("combobox", name="To").click()
    await page.get_by_role("option", name="Version 2 (active)").click()
    await expect(drawer.get_by_label("Canvas: Version 1")).to_be_visible()
    after = drawer.get_by_label("Canvas: Version 2 (active)")
    await expect(after.get_by_test_id("node-start")).to_have_attribute("data-status", "changed")
    await expect(after.get_by_test_id("node-roof")).not_to_have_attribute("data-status", "changed")
    await expect(differences.get_by_test_id("difference-start").locator("ins")).to_contain_text("50")
    await drawer.get_by_role("button", name="The other way round").click()
    await expect(differences.get_by_test_id("difference-start").locator("del")).to_contain_text("50")


async def test_an_old_version_is_restored_as_the_draft_and_that_is_undone(
    open_page: OpenPage, small: Installation
) -> None:
    path = make(small, "restored", document(1000), document(50))
    page = await open_page(small, "builder")
    await open_editor(page, path)
    drawer = await open_versions(page)
    await drawer.get_by_role("button", name="Restore as draft: version 1").click()
    question = page.get_by_role("dialog", name="Make version 1 the draft?")
    await question.get_by_role("button", name="Restore as draft").click()
    await expect(page.get_by_text("Version 1 is the draft now")).to_be_visible()
    await expect(drawer).to_be_hidden()
    assert await amount_asked(small, "restored") == 1000
    assert small.ask("GET", "/api/v1/workflows/restored")["active_version"] == 2
    await page.get_by_role("button", name="Undo (Ctrl Z)").click()
    await eventually(lambda: asks(small, "restored", 50))
    await saved(page)


async def asks(office: Installation, key: str, amount: int) -> bool:
    return await amount_asked(office, key) == amount


# Runs -----------------------------------------------------------------------------------------------


async def test_a_run_under_way_finishes_on_the_version_it_began_with(
    open_page: OpenPage, small: Installation
) -> None:
    path = make(small, "flying", document(7000))
    roof = add(small, "Second roof", 7100)
    await came_to(small, "flying", [("waiting", 1)])
    change(small, "flying", document(7000, "Read."))
    page = await open_page(small, "builder")
    await open_editor(page, path)
    dialog = await open_review(page, "flying")
    await expect(dialog).to_contain_text("1 run (waiting) finishes on version 1")
    await dialog.get_by_test_id("publish-now").click()
    await expect(page.get_by_text("Version 2 is active")).to_be_visible()
    await page.get_by_role("button", name="Back to the editor").click()
    later = add(small, "Third roof", 7200)
    await came_to(small, "flying", [("waiting", 1), ("waiting", 2)])
    for record in (roof, later):
        small.ask("PATCH", f"/api/v1/records/requests/{record}", {"status": "approved"})
    await came_to(small, "flying", [("succeeded", 1), ("succeeded", 2)])
    notes = await small.sql("SELECT note FROM data.requests WHERE id = ANY($1) ORDER BY id", [roof, later])
    assert [row["note"] for row in notes] == ["Seen. Approved.", "Read. Approved."]
    drawer = await open_versions(page)
    await expect(drawer.get_by_text("No run is on it any more.").first).to_be_visible()


async def test_the_ways_of_all_runs_are_counted_by_exit(open_page: OpenPage, small: Installation) -> None:
    path = make(small, "counted", document(9000))
    for name in ("Red roof", "Blue roof", "Tower"):
        add(small, name, 9100)
    await came_to(small, "counted", [("waiting", 1)] * 3)
    page = await open_page(small, "builder")
    panel = await open_runs(page, path)
    await panel.get_by_role("button", name="Paths of all runs").click()
    dialog = page.get_by_role("dialog", name="Paths of all runs")
    await expect(dialog).to_contain_text("3 runs")
    await expect(dialog.get_by_test_id("node-wait")).to_contain_text("3 waiting")
    await expect(dialog.get_by_test_id("node-end")).to_have_attribute("data-status", "untouched")
    for name, count in (("start/next/roof", 3), ("roof/true/note", 2), ("roof/false/wait", 1)):
        await expect(line(dialog.page, name).last).to_be_attached()
        assert await count_on(dialog, name) == str(count), name


async def count_on(dialog: Locator, name: str) -> str:
    """The number beside that line: the one nearest to its middle."""
    return await dialog.evaluate(COUNT_ON, name)


COUNT_ON = """(dialog, name) => {
  const path = dialog.querySelector(`.react-flow__edge[data-id="${name}"] path.react-flow__edge-path`)
  const half = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM())
  const away = thing => {
    const { x, y, width, height } = thing.getBoundingClientRect()
    return Math.hypot(x + width / 2 - half.x, y + height / 2 - half.y)
  }
  const labels = [...dialog.querySelectorAll('.react-flow__edgelabel-renderer > div')]
  return labels.sort((one, other) => away(one) - away(other))[0].textContent
}"""


async def test_all_runs_that_wait_are_cancelled_at_once(open_page: OpenPage, small: Installation) -> None:
    path = make(small, "cancelled", document(11000))
    for number in range(3):
        add(small, f"Roof {number}", 11100)
    await came_to(small, "cancelled", [("waiting", 1)] * 3)
    page = await open_page(small, "builder")
    panel = await open_runs(page, path)
    await panel.get_by_role("button", name="Cancel all under way").click()
    question = page.get_by_role("dialog", name="Cancel every run of “Workflow cancelled”")
    await question.get_by_role("button", name="Let them go on").click()
    assert await runs_of(small, "cancelled") == [("waiting", 1)] * 3
    await panel.get_by_role("button", name="Cancel all under way").click()
    await question.get_by_role("button", name="Cancel the runs").click()
    await expect(page.get_by_text("3 runs were cancelled")).to_be_visible()
    assert await runs_of(small, "cancelled") == [("cancelled", 1)] * 3
    await expect(panel.get_by_role("button", name="Cancel all under way")).to_have_count(0)


async def test_a_paused_queue_keeps_runs_until_it_goes_on(open_page: OpenPage, small: Installation) -> None:
    path = make(small, "paused", document(13000))
    page = await open_page(small, "builder")
    panel = await open_runs(page, path)
    await panel.get_by_role("button", name="Pause", exact=True).click()
    await expect(panel).to_contain_text("Its queue is paused.")
    assert small.ask("GET", "/api/v1/workflows/paused")["paused"] is True
    add(small, "Late roof", 13100)
    await came_to(small, "paused", [("queued", 1)])
    await expect(panel.get_by_role("table")).to_contain_text("Late roof")
    await expect(panel.get_by_role("table")).to_contain_text("Queued")
    await panel.get_by_role("button", name="Go on").click()
    await expect(page.get_by_text("The queue goes on")).to_be_visible()
    await came_to(small, "paused", [("waiting", 1)])
    await settled(page)
    await expect(panel.get_by_role("table")).to_contain_text("Waiting")

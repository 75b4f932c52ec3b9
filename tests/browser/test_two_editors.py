"""Two people change the same thing at once: nobody's work is lost, and each knows what the other did."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Locator, Page, expect
from tests.browser.editing import (
    eventually,
    expect_saved,
    held_back,
    labels_of,
    make_walker,
    make_workflow,
    name_step,
    open_editor,
    open_record,
    save_state,
    step,
    walker,
)
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, settled

CONFLICT = "status of 412"


async def two_at(open_page: OpenPage, office: Installation, path: str) -> tuple[Page, Page]:
    """The same page in the browsers of Ada and Bo."""
    ada, bo = await open_page(office, "admin"), await open_page(office, "builder")
    for page in (ada, bo):
        await open_editor(page, path)
    return ada, bo


async def both_name(ada: Page, bo: Page, key: str, *, hers: tuple[str, str], his: tuple[str, str]) -> Locator:
    """Ada's change is saved while Bo's is on its way; the answer is the dialog that Bo gets."""
    async with held_back(bo, f"**/api/v1/workflows/{key}") as waiting:
        await name_step(bo, *his)
        await waiting.wait()
        await name_step(ada, *hers)
        await expect(save_state(ada)).not_to_have_attribute("data-state", "unsaved")
        await expect_saved(ada)
    dialog = bo.get_by_role("dialog", name="Two drafts of this workflow")
    await expect(dialog).to_be_visible()
    return dialog


# The workflow ---------------------------------------------------------------------------------------


async def test_whoever_has_nothing_unsaved_sees_the_others_change_and_who_made_it(
    open_page: OpenPage, office: Installation
) -> None:
    ada, bo = await two_at(open_page, office, make_workflow(office, "seen"))
    await name_step(ada, "first", "Ada was here")
    await expect(bo.get_by_test_id("node-first")).to_contain_text("Ada was here")
    await expect(bo.get_by_test_id("others")).to_have_text(re.compile("Ada Ädel is editing this too"))
    await name_step(bo, "second", "And Bo, too")
    await expect(ada.get_by_test_id("node-second")).to_contain_text("And Bo, too")
    await expect(ada.get_by_test_id("others")).to_have_text(re.compile("Bo Βήτα is editing this too"))
    labels = await labels_of(office, "seen")
    assert (labels["first"], labels["second"]) == ("Ada was here", "And Bo, too")


async def test_changes_of_different_steps_fit_together(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    watch.expect(CONFLICT)
    ada, bo = await two_at(open_page, office, make_workflow(office, "fits"))
    dialog = await both_name(ada, bo, "fits", hers=("first", "Hers"), his=("second", "His"))
    await expect(dialog).to_contain_text("Ada Ädel saved this workflow")
    await expect(dialog.get_by_role("region", name="What you changed")).to_contain_text("Changed “His”")
    theirs = dialog.get_by_role("region", name="What Ada Ädel changed")
    await expect(theirs).to_contain_text("Changed “Hers”")
    await expect(dialog).to_contain_text("You changed different things. Both fit together.")
    await dialog.get_by_role("button", name="Merge both").click()
    await expect(dialog).to_be_hidden()
    await expect_saved(bo)
    labels = await labels_of(office, "fits")
    assert (labels["first"], labels["second"]) == ("Hers", "His")
    await expect(ada.get_by_test_id("node-second")).to_contain_text("His")


@pytest.mark.parametrize(
    ("key", "button", "label"),
    [("mine", "Keep mine, overwrite theirs", "His"), ("theirs", "Take theirs", "Hers")],
)
async def test_of_the_same_step_one_takes_mine_or_theirs(
    open_page: OpenPage, office: Installation, watch: Watch, key: str, button: str, label: str
) -> None:
    watch.expect(CONFLICT)
    ada, bo = await two_at(open_page, office, make_workflow(office, key))
    dialog = await both_name(ada, bo, key, hers=("first", "Hers"), his=("first", "His"))
    await expect(dialog).to_contain_text("Ada Ädel saved this workflow")
    await expect(dialog).to_contain_text("You both changed 1 thing")
    await expect(dialog.get_by_role("button", name="Merge: choose 1 first")).to_be_disabled()
    await dialog.get_by_role("button", name=button).click()
    await expect(dialog).to_be_hidden()
    await expect_saved(bo)
    assert (await labels_of(office, key))["first"] == label
    for page in (ada, bo):
        await expect(page.get_by_test_id("node-first")).to_contain_text(label)


async def test_ones_own_draft_comes_back_with_undo_after_theirs_was_taken(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    watch.expect(CONFLICT)
    ada, bo = await two_at(open_page, office, make_workflow(office, "undone"))
    dialog = await both_name(ada, bo, "undone", hers=("first", "Hers"), his=("first", "His"))
    await dialog.get_by_role("button", name="Take theirs").click()
    await expect(bo.get_by_test_id("node-first")).to_contain_text("Hers")
    await bo.get_by_role("button", name="Undo (Ctrl Z)").click()
    await expect(bo.get_by_test_id("node-first")).to_contain_text("His")
    await expect_saved(bo)
    await eventually(lambda: is_called(office, "undone", "first", "His"))


async def test_of_several_places_each_is_chosen_and_the_rest_is_merged(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    watch.expect(CONFLICT)
    path = make_workflow(office, "merged")
    ada, bo = await two_at(open_page, office, path)
    async with held_back(bo, "**/api/v1/workflows/merged") as waiting:
        await name_step(bo, "first", "His first")
        await waiting.wait()
        await name_step(bo, "second", "His second")
        await name_step(ada, "first", "Her first")
        await name_step(ada, "second", "Her second")
        await rename_workflow(ada, "Named by Ada")
        await eventually(lambda: is_called(office, "merged", "second", "Her second"))
        await expect_saved(ada)
    dialog = bo.get_by_role("dialog", name="Two drafts of this workflow")
    await expect(dialog).to_contain_text("You both changed 2 things")
    await expect(dialog.get_by_role("region", name="What Ada Ädel changed")).to_contain_text("the name")
    await choose(dialog, "His first", "Mine")
    await choose(dialog, "His second", "Theirs")
    await dialog.get_by_role("button", name="Merge both").click()
    await expect_saved(bo)
    await eventually(lambda: is_called(office, "merged", "first", "His first"))
    assert (await labels_of(office, "merged"))["second"] == "Her second"
    assert office.ask("GET", "/api/v1/workflows/merged")["name"] == "Named by Ada"


async def test_a_step_that_the_other_removed_is_kept_or_goes_as_one_says(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    watch.expect(CONFLICT)
    ada, bo = await two_at(open_page, office, make_workflow(office, "removed"))
    async with held_back(bo, "**/api/v1/workflows/removed") as waiting:
        await name_step(bo, "second", "Worked on")
        await waiting.wait()
        await ada.get_by_test_id("node-second").click()
        await ada.keyboard.press("Delete")
        await expect(ada.get_by_test_id("node-second")).to_be_hidden()
        await eventually(lambda: has_no(office, "removed", "second"))
    dialog = bo.get_by_role("dialog", name="Two drafts of this workflow")
    await expect(dialog).to_contain_text("Removed “Second step”")
    await choose(dialog, "Worked on", "Mine")
    await dialog.get_by_role("button", name="Merge both").click()
    await expect_saved(bo)
    assert (await labels_of(office, "removed"))["second"] == "Worked on"


async def test_blocks_that_both_added_are_both_kept(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    """What a program adds under the key that the editor would give its next block is not overwritten."""
    watch.expect(CONFLICT)
    path = make_workflow(office, "added")
    bo = await open_page(office, "builder")
    await open_editor(bo, path)
    async with held_back(bo, "**/api/v1/workflows/added") as waiting:
        await bo.get_by_test_id("node-second").click()
        await bo.keyboard.press("Control+d")
        await waiting.wait()
        mine = json.loads(await bo.evaluate(KEPT_COPY, "added"))["draft"]["document"]["nodes"][-1]["key"]
        now = office.ask("GET", "/api/v1/workflows/added")
        added = step(mine, "By a program", 3)
        document = now["draft"] | {"nodes": [*now["draft"]["nodes"], added]}
        office.ask("PATCH", "/api/v1/workflows/added", {"document": document})
    dialog = bo.get_by_role("dialog", name="Two drafts of this workflow")
    await dialog.get_by_role("button", name="Merge both").click()
    await expect_saved(bo)
    labels = await labels_of(office, "added")
    assert len(labels) == 5
    assert labels[mine] == "By a program"


KEPT_COPY = """async key => {
  const isCopy = name => name.startsWith('whereupon.draft.') && name.includes(key)
  for (;;) {
    const name = Object.keys(localStorage).find(isCopy)
    if (name) return localStorage.getItem(name)
    await new Promise(done => requestAnimationFrame(done))
  }
}"""


async def rename_workflow(page: Page, name: str) -> None:
    await page.get_by_test_id("workflow-name").click()
    await page.get_by_label("Name", exact=True).first.fill(name)
    await page.keyboard.press("Enter")


async def choose(dialog: Locator, what: str, side: str) -> None:
    """Whose version of one place it shall be."""
    await dialog.get_by_role("radiogroup", name=what).get_by_text(side, exact=True).click()


async def is_called(office: Installation, workflow: str, key: str, label: str) -> bool:
    return (await labels_of(office, workflow)).get(key) == label


async def has_no(office: Installation, workflow: str, key: str) -> bool:
    return key not in await labels_of(office, workflow)


# A record -------------------------------------------------------------------------------------------


async def two_at_record(open_page: OpenPage, office: Installation, path: str) -> tuple[Page, Page]:
    ada, bo = await open_page(office, "admin"), await open_page(office, "builder")
    for page in (ada, bo):
        await open_record(page, path)
    return ada, bo


async def save(page: Page) -> None:
    await page.get_by_test_id("save-record").click()


async def test_different_fields_of_a_record_are_both_kept(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    watch.expect(CONFLICT)
    path = make_walker(office)
    ada, bo = await two_at_record(open_page, office, path)
    await bo.get_by_label("Notes").fill("Knows the hills.\nWalks alone.")
    await ada.get_by_label("Town").fill("Győr")
    await save(ada)
    await expect(ada.get_by_test_id("save-record")).to_be_hidden()
    await save(bo)
    await expect(bo.get_by_text("both changes are kept")).to_be_visible()
    now = await walker(office, path)
    assert (now["town"], now["notes"]) == ("Győr", "Knows the hills.\nWalks alone.")
    await expect(bo.get_by_label("Town")).to_have_value("Győr")


@pytest.mark.parametrize(("side", "town"), [("Yours", "Eger"), ("Saved meanwhile", "Győr")])
async def test_the_same_field_of_a_record_is_chosen_field_by_field(
    open_page: OpenPage, office: Installation, watch: Watch, side: str, town: str
) -> None:
    watch.expect(CONFLICT)
    path = make_walker(office, town="Pécs")
    ada, bo = await two_at_record(open_page, office, path)
    await bo.get_by_label("Town").fill("Eger")
    await bo.get_by_label("Notes").fill("Only here.")
    await ada.get_by_label("Town").fill("Győr")
    await save(ada)
    await expect(ada.get_by_test_id("save-record")).to_be_hidden()
    await save(bo)
    dialog = bo.get_by_role("dialog", name="Somebody changed this meanwhile")
    group = dialog.get_by_role("radiogroup", name="Town")
    await expect(dialog).to_contain_text("Ada Ädel")
    await expect(group).to_contain_text("Before: Pécs")
    await expect(dialog.get_by_role("radiogroup", name="Notes")).to_have_count(0)
    assert (await walker(office, path))["town"] == "Győr"
    await group.get_by_role("radio", name=side).click()
    await dialog.get_by_role("button", name="Save what is chosen").click()
    await expect(bo.get_by_test_id("save-record")).to_be_hidden()
    now = await walker(office, path)
    assert (now["town"], now["notes"]) == (town, "Only here.")


async def test_back_to_the_form_keeps_what_was_typed(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    watch.expect(CONFLICT)
    path = make_walker(office)
    page = await open_page(office, "admin")
    await open_record(page, path)
    await page.get_by_label("Town").fill("Eger")
    office.ask("PATCH", f"/api/v1{path}", {"town": "Győr"})
    await save(page)
    await page.get_by_role("button", name="Back to the form").click()
    await expect(page.get_by_label("Town")).to_have_value("Eger")
    assert (await walker(office, path))["town"] == "Győr"


# Views and templates --------------------------------------------------------------------------------


async def test_a_view_that_somebody_else_changed_is_not_overwritten_unknowingly(
    open_page: OpenPage, office: Installation, watch: Watch
) -> None:
    watch.expect(CONFLICT)
    make_walker(office)
    definition = {"where": None, "sort": ["name"], "columns": ["name", "town"]}
    new = {"module": "walkers", "name": "By name", "shared": True, "definition": definition}
    view = office.ask("POST", "/api/v1/views", new)
    page = await open_page(office, "admin")
    await page.goto(f"/records/walkers?view={view['id']}&sort=-town")
    await settled(page)
    others = definition | {"columns": ["name", "town", "notes"]}
    office.ask("PATCH", f"/api/v1/views/{view['id']}", {"definition": others})
    await page.get_by_role("button", name="Save the view").click()
    alert = page.get_by_role("alert").filter(has_text="The view was not saved")
    await expect(alert).to_contain_text(re.compile("changed|meanwhile|else", re.IGNORECASE))
    assert office.ask("GET", f"/api/v1/views/{view['id']}")["definition"]["sort"] == ["name"]
    await expect(page.get_by_role("columnheader", name="Town")).to_have_attribute("aria-sort", "descending")
    await page.get_by_role("button", name="Save the view").click()
    await expect(page.get_by_text("The view is saved.")).to_be_visible()
    assert office.ask("GET", f"/api/v1/views/{view['id']}")["definition"]["sort"] == ["-town"]


@pytest.mark.parametrize(("button", "subject"), [("Take theirs", "Theirs"), ("Save mine", "Mine")])
async def test_of_two_versions_of_a_template_one_is_chosen(
    open_page: OpenPage, office: Installation, watch: Watch, button: str, subject: str
) -> None:
    watch.expect(CONFLICT)
    key = f"letter_{subject.lower()}"
    words = {"name": "Letter", "subject": "Before", "html": "<p>Hello</p>"}
    office.ask("POST", "/api/v1/templates", {"key": key, **words})
    page = await open_page(office, "builder")
    await page.goto(f"/templates/{key}")
    await settled(page)
    box = page.get_by_role("textbox", name="Subject")
    await box.click()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Mine")
    office.ask("PUT", f"/api/v1/templates/{key}", words | {"subject": "Theirs"})
    await page.get_by_role("button", name="Save", exact=True).click()
    alert = page.get_by_role("alert").filter(has_text="Somebody else has changed this template")
    await expect(alert).to_be_visible()
    await expect(box).to_have_value("Mine")
    assert office.ask("GET", f"/api/v1/templates/{key}")["subject"] == "Theirs"
    await alert.get_by_role("button", name=button).click()
    await expect(alert).to_be_hidden()
    await expect(box).to_have_value(subject)
    assert office.ask("GET", f"/api/v1/templates/{key}")["subject"] == subject

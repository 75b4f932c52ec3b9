"""The wizard, the gallery, data tasks and the alarm in the browser; the wizard by keyboard alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect
from tests.browser import keyboard
from tests.browser.conftest import Opening
from tests.browser.doing import choose
from tests.browser.installation import Installation, add_people
from tests.browser.looking import OpenPage, look_at, settled

OPENS_MS = 30_000  # the editor, on a busy machine
LAPSE = {
    "module": "members",
    "where": {"field": "member_type", "operator": "not_equals", "value": "lapsed"},
    "set": {"wants_texts": False},
}


@pytest.fixture(scope="module")
def office(opening: Opening, template: str) -> Iterator[Installation]:
    """A club and nothing else: quicker than the full office."""
    with opening(template, {}) as made:
        asyncio.run(add_people(made))
        made.ask("POST", "/api/v1/packs/membership")
        yield made


@pytest.fixture(scope="module")
def tasks(office: Installation) -> list[str]:
    """Two saved data tasks."""
    made: list[Any] = [
        office.ask("POST", "/api/v1/data-tasks", {"name": name, "definition": LAPSE})
        for name in ("Quiet members", "Ήσυχα μέλη")
    ]
    return [one["key"] for one in made]


async def next_step(page: Page) -> None:
    await keyboard.press(page.get_by_role("button", name="Next", exact=True))


async def test_data_tasks_are_scheduled_by_keyboard_alone(
    open_page: OpenPage, office: Installation, tasks: list[str]
) -> None:
    page = await open_page(office, "admin")
    await page.goto("/wizard")
    await settled(page)
    await look_at(page, "wizard")
    await keyboard.press(page.get_by_test_id("wizard-kind-data-tasks"))
    await keyboard.write(page, "Name", "Nightly care of members")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="When should it run?")).to_be_focused()
    await next_step(page)
    await expect(page.get_by_role("alert")).to_have_text("Say when it should run.")
    await keyboard.pick(page, "How often", "Every day")
    await next_step(page)
    for name in ("Quiet members", "Ήσυχα μέλη"):
        await keyboard.pick(page, "Add a data task", name)
    await keyboard.press(page.get_by_role("button", name="Move “Ήσυχα μέλη” up"))
    await next_step(page)
    summary = page.get_by_test_id("wizard-summary")
    await expect(summary.get_by_test_id("wizard-next-times").get_by_role("listitem")).to_have_count(5)
    await expect(summary.locator("ol > li")).to_contain_text(["Ήσυχα μέλη", "Quiet members"])
    await look_at(page, "wizard-summary")
    await keyboard.press(page.get_by_role("button", name="Finish"))
    await expect(page.get_by_test_id("editor-canvas")).to_be_visible(timeout=OPENS_MS)
    [row] = await office.sql(
        "SELECT w.state, v.document->'nodes' AS nodes FROM whereupon.workflows w "
        "JOIN whereupon.versions v ON v.id = w.active_version_id WHERE w.name = 'Nightly care of members'"
    )
    assert row["state"] == "active"
    assert [node["config"].get("task") for node in row["nodes"]] == [None, *reversed(tasks)]


async def test_a_data_task_is_run_with_progress_and_joins_a_schedule(
    open_page: OpenPage, office: Installation, tasks: list[str]
) -> None:
    page = await open_page(office, "admin")
    await page.goto(f"/data-tasks/{tasks[0]}")
    await settled(page)
    await page.get_by_role("button", name="Run now").click()
    await expect(page.get_by_role("dialog")).to_contain_text("records now?")
    await page.get_by_role("button", name="Run it").click()
    await expect(page).to_have_url(re.compile(r"/runs/bulk/\d+$"))
    await expect(page.get_by_text("Succeeded").first).to_be_visible()
    left = "SELECT count(*) FROM data.members WHERE wants_texts AND member_type <> 'lapsed'"
    assert (await office.sql(left))[0][0] == 0
    await page.goto(f"/data-tasks/{tasks[0]}")
    await page.get_by_label("Description").fill("Saved with the schedule")
    await page.get_by_role("button", name="Add to a schedule").click()
    dialog = page.get_by_test_id("add-to-schedule")
    await dialog.get_by_label("One that is there").check()
    await choose(dialog, "Workflow", "Nightly care of members (2 data tasks)")
    await look_at(page, "add-to-schedule")
    await dialog.get_by_role("button", name="Add and open").click()
    await expect(page.get_by_test_id("editor-canvas")).to_be_visible(timeout=OPENS_MS)
    [draft] = await office.sql(
        "SELECT w.draft->'nodes' AS nodes, d.description FROM whereupon.workflows w, whereupon.data_tasks d "
        "WHERE w.name = 'Nightly care of members' AND d.key = $1", tasks[0],
    )  # fmt: skip
    assert draft["description"] == "Saved with the schedule"
    assert [node.get("on_error", {}).get("policy") for node in draft["nodes"][1:]] == ["continue"] * 3


async def test_a_ready_made_workflow_is_found_looked_at_and_taken_as_a_draft(
    open_page: OpenPage, office: Installation, empty_served: Installation
) -> None:
    page = await open_page(office, "admin")
    await page.goto("/gallery")
    await settled(page, "[data-testid=gallery] > *")
    await look_at(page, "gallery")
    await page.get_by_role("textbox", name="What it does, or for whom").fill("summer party")
    await expect(page.get_by_test_id("gallery").locator("> *")).to_have_count(1)
    await page.get_by_role("button", name=re.compile("^Look at")).click()
    look = page.get_by_test_id("gallery-look")
    await expect(look).to_contain_text("A person presses")
    await look_at(page, "gallery-look")
    await look.get_by_role("button", name="Use as a copy").click()
    await expect(page.get_by_test_id("editor-canvas")).to_be_visible(timeout=OPENS_MS)
    [row] = await office.sql("SELECT state FROM whereupon.workflows WHERE name LIKE '%summer party (2)'")
    assert row["state"] == "draft"

    other = await open_page(empty_served, "admin")
    await other.goto("/gallery?category=finance")
    await other.get_by_role("button", name=re.compile("^Look at")).first.click()
    await expect(other.get_by_test_id("gallery-look")).to_contain_text("Your office does not have")
    await expect(other.get_by_role("button", name="Load the pack")).to_be_enabled()
    await look_at(other, "gallery-pack-missing")


async def test_home_says_on_top_that_no_worker_is_there(open_page: OpenPage, office: Installation) -> None:
    page = await open_page(office, "admin")
    told = "No worker has been seen for 7 minutes: no workflow runs, no schedule starts."

    async def without_workers(route: Route) -> None:
        answer = await route.fetch()
        home = await answer.json()
        finding = {"level": "down", "code": "no_worker", "message": told, "suggestion": "Start one."}
        home["scheduler"] |= {"status": "down", "findings": [finding], "workers": 0}
        await route.fulfill(response=answer, json=home)

    await page.route("**/api/v1/home", without_workers)
    await page.goto("/")
    await expect(page.get_by_test_id("alarm")).to_contain_text(f"{told} Start one.")
    await look_at(page, "home-alarm")

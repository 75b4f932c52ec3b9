"""Why did this not run? Asked below the canvas and on a record: what did not hold, and what was seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from tests.browser.conftest import Opening
from tests.browser.editing import eventually
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, check_axe, settled
from tests.browser.small_office import small_office

EVERYTHING = dict.fromkeys(("create", "read", "update", "delete"), "all")
DEAR = {"field": "amount", "operator": "greater_than", "value": 1000}
NOTE = {"key": "note", "block": "update_record", "config": {"set": {"note": "Seen."}}}
# Writes nothing, so that the latest change is ours.
STOP: dict[str, Any] = {"key": "note", "block": "stop", "config": {}}


def document(start: dict[str, Any], step: dict[str, Any], **settings: str) -> dict[str, Any]:
    nodes = [{"key": "start", "block": "start", "config": start}, step]
    edges = [{"from": "start", "port": "next", "to": "note"}]
    return {"format": 1, "nodes": nodes, "edges": edges, "settings": settings}


FLOWS = {
    "dear": document({"trigger": "record_created", "filter": DEAR}, STOP),
    "off": document({"trigger": "record_created"}, NOTE),
    "once": document({"trigger": "record_updated", "fields": ["amount"]}, NOTE, recurrence="first_time"),
}


@pytest.fixture(scope="module")
def small(opening: Opening, template: str) -> Iterator[Installation]:
    """Requests that three workflows watch; "off" is disabled. A plain user may read and change them."""
    with small_office(opening, template) as made:
        made.ask("PATCH", "/api/v1/roles/builder", {"modules": {"requests": EVERYTHING}})
        made.ask(
            "POST", "/api/v1/roles", {"key": "clerk", "name": "Clerk", "modules": {"requests": EVERYTHING}}
        )
        made.ask("PATCH", f"/api/v1/users/{made.people['user'].id}", {"roles": ["clerk"]})
        for key, drawn in FLOWS.items():
            new = {"key": key, "name": f"Workflow {key}", "module": "requests", "document": drawn}
            made.ask("POST", "/api/v1/workflows", new)
            made.ask("POST", f"/api/v1/workflows/{key}/publish", {})
        made.ask("PUT", "/api/v1/workflows/off/state", {"state": "disabled"})
        yield made


RUNS = """
SELECT count(*) FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id
WHERE w.key = $1 AND r.record_id = $2 AND r.status = 'succeeded'
"""


async def ran(office: Installation, key: str, record: int) -> int:
    return (await office.sql(RUNS, key, str(record)))[0][0]


async def add(office: Installation, name: str, amount: int) -> int:
    """A request that all workflows have looked at."""
    record = int(office.ask("POST", "/api/v1/records/requests", {"name": name, "amount": amount})["id"])
    await looked_at(office)
    return record


async def looked_at(office: Installation) -> None:
    async def is_so() -> bool:
        return not (await office.sql("SELECT count(*) FROM whereupon.pending_changes"))[0][0]

    await eventually(is_so)


async def had_its_turn(office: Installation, name: str) -> int:
    """A request whose amount was changed twice: "once" ran for the first change alone."""
    record = await add(office, name, 10)
    office.ask("PATCH", f"/api/v1/records/requests/{record}", {"amount": 20})
    await eventually(lambda: ran(office, "once", record))
    office.ask("PATCH", f"/api/v1/records/requests/{record}", {"amount": 30})
    await looked_at(office)
    assert await ran(office, "once", record) == 1
    return record


# From the editor ------------------------------------------------------------------------------------


async def ask_in_editor(page: Page, key: str, name: str) -> Locator:
    """The answer for that record, asked below the canvas."""
    await page.goto(f"/workflows/{key}")
    await expect(page.get_by_test_id("node-note")).to_be_visible()
    await page.get_by_role("tab", name="Last runs").click()
    await page.get_by_test_id("runs-panel").get_by_role("button", name="Why did it not run?").click()
    dialog = page.get_by_role("dialog", name="Why did it not run?")
    await dialog.get_by_role("combobox", name="Record").fill(name)
    await page.get_by_role("option", name=name).click()
    answer = dialog.get_by_test_id("why-answer")
    await expect(answer).to_be_visible()
    return answer


async def test_a_filter_that_was_not_met_is_shown_with_the_value_that_was_seen(
    open_page: OpenPage, small: Installation
) -> None:
    record = await add(small, "Παλιά λάμπα", 77)
    page = await open_page(small, "builder")
    answer = await ask_in_editor(page, "dear", "Παλιά λάμπα")
    await expect(answer).to_contain_text("It did not run")
    await expect(answer.get_by_role("status")).to_contain_text(re.compile(r"Amount.*1,?000"))
    part = answer.get_by_test_id("explained").get_by_role("listitem").first
    await expect(part.get_by_label("does not hold")).to_be_visible()
    await expect(part).to_contain_text("77")
    assert await ran(small, "dear", record) == 0


async def test_what_ran_says_so_and_leads_to_its_run(open_page: OpenPage, small: Installation) -> None:
    record = await add(small, "Copper roof", 8000)
    await eventually(lambda: ran(small, "dear", record))
    page = await open_page(small, "builder")
    answer = await ask_in_editor(page, "dear", "Copper roof")
    await expect(answer).to_contain_text("It ran")
    await expect(answer.get_by_label("does not hold")).to_have_count(0)
    await answer.get_by_role("link", name=re.compile("^[Rr]un ")).first.click()
    await expect(page).to_have_url(re.compile(r"/runs/\d+$"))
    first = page.url
    await page.get_by_test_id("node-note").click()
    await page.get_by_test_id("chosen-block").get_by_role("button", name="Run again from here").click()
    dialog = page.get_by_role("dialog", name="Run again from a block")
    await expect(dialog).to_contain_text("This run sent no mail and made no call from these blocks")
    await expect(dialog).to_contain_text("It works on Copper roof, as that record is now.")
    await check_axe(page)
    await dialog.get_by_role("button", name="Run again from here").click()
    await expect(page).not_to_have_url(first)
    await expect(page.get_by_role("main")).to_contain_text("Succeeded")
    assert await ran(small, "dear", record) == 2


async def test_a_disabled_workflow_says_that_nothing_starts_it(
    open_page: OpenPage, small: Installation
) -> None:
    record = await add(small, "Door", 5)
    page = await open_page(small, "builder")
    answer = await ask_in_editor(page, "off", "Door")
    await expect(answer.get_by_role("status")).to_have_text("It is disabled, so nothing starts it.")
    await expect(answer.get_by_test_id("why-tree").get_by_label("does not hold")).to_have_count(1)
    assert await ran(small, "off", record) == 0


async def test_a_first_time_that_was_used_is_told_with_its_moment_and_its_run(
    open_page: OpenPage, small: Installation
) -> None:
    record = await had_its_turn(small, "Window")
    page = await open_page(small, "builder")
    answer = await ask_in_editor(page, "once", "Window")
    await expect(answer.get_by_role("status")).to_contain_text("It runs once per record, and did on")
    found = await small.sql(
        "SELECT r.id FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id "
        "WHERE w.key = 'once' AND r.record_id = $1", str(record),
    )  # fmt: skip
    tree = answer.get_by_test_id("why-tree")
    await expect(tree.get_by_role("link")).to_have_attribute("href", f"/runs/{found[0]['id']}")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Let it start once more").click()
    asked = page.get_by_role("dialog", name="Let it start once more for")
    await expect(asked).to_contain_text("Nothing starts now")
    await asked.get_by_role("button", name="Let it start once more").click()
    await expect(page.get_by_text("It may start once more for")).to_be_visible()
    assert (await small.sql("SELECT count(*) FROM whereupon.claims"))[0][0] == 0


# From a record --------------------------------------------------------------------------------------


async def test_on_a_record_each_active_workflow_says_why_it_did_not_run(
    open_page: OpenPage, small: Installation
) -> None:
    record = await had_its_turn(small, "Gate")
    page = await open_page(small, "builder")
    await page.goto(f"/records/requests/{record}")
    await page.get_by_test_id("why-open").click()
    drawer = page.get_by_role("dialog", name="Why did this not run?")
    once = drawer.get_by_role("button", name=re.compile("Workflow once"))
    await expect(once).to_contain_text("It runs once per record, and did on")
    await expect(once.get_by_label("It did not run")).to_be_visible()
    await expect(drawer.get_by_role("button", name=re.compile("Workflow dear"))).to_be_visible()
    await expect(drawer.get_by_role("button", name=re.compile("Workflow off"))).to_have_count(0)
    await once.click()
    await drawer.get_by_role("button", name="Let it start once more for this record").click()
    await (
        page.get_by_role("dialog", name="Let it start once more?")
        .get_by_role("button", name="Let it start once more")
        .click()
    )
    await expect(drawer.get_by_test_id("why-tree")).to_contain_text(
        "It ran for this record before, and may start for it once more."
    )
    claims = "SELECT count(*) FROM whereupon.claims WHERE record_id = $1"
    assert (await small.sql(claims, str(record)))[0][0] == 0
    await drawer.get_by_role("button", name=re.compile("Workflow dear")).click()
    tree = drawer.get_by_test_id("why-tree")
    await expect(tree).to_contain_text("this record was updated")
    await expect(tree.get_by_test_id("explained")).to_contain_text("30")


async def test_a_plain_user_is_not_offered_what_only_builders_may_ask(
    open_page: OpenPage, small: Installation
) -> None:
    record = await add(small, "Ünlü lamba", 12)
    page = await open_page(small, "user")
    await page.goto(f"/records/requests/{record}")
    await settled(page)
    await expect(page.get_by_label("Amount")).to_be_visible()
    await expect(page.get_by_test_id("why-open")).to_have_count(0)
    await page.get_by_test_id("side-panel").get_by_role("tab", name="Runs").click()
    await expect(page.get_by_test_id("side-panel")).to_contain_text("No workflow")
    answer = await page.context.request.get(f"/api/v1/records/requests/{record}/why")
    assert answer.status == 403

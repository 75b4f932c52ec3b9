"""Playbooks in the browser: drawn by one, started and worked through by three (scenario 22)."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from playwright.async_api import Page, expect
from tests.browser.installation import PASSWORD, Installation, add_person
from tests.browser.looking import OpenPage, check_axe, settled

from whereupon.db.pool import Database
from whereupon.people.users import NewUser

# An account with an address, and two of its claims that nobody disputes yet.
ACCOUNT = """
SELECT d.id, d.email, array_agg(c.id ORDER BY c.id)
FROM data.debtors d JOIN data.claims c ON c.account = d.id
WHERE d.email <> '' AND c.status = 'open' AND NOT EXISTS (
  SELECT FROM whereupon.playbook_tracks t WHERE t.record_id = c.id::text AND t.ended_at IS NULL)
GROUP BY d.id HAVING count(*) > 1 ORDER BY d.id LIMIT 1
"""
HANDED = "UPDATE data.claims SET agent = $2 WHERE id = ANY($1::bigint[])"
NUMBER = "SELECT number FROM data.claims WHERE id = $1"
LINK = """
SELECT substring(m.rendered->>'text' FROM '/uploads/[A-Za-z0-9_-]+') AS link FROM whereupon.messages m
JOIN whereupon.runs r ON r.id = m.run_id
WHERE m.rendered->>'text' LIKE '%/uploads/%' AND m.recipient = $1 AND r.record_id = $2
ORDER BY m.id DESC LIMIT 1
"""
STEPS = """
SELECT s.step, s.status, u.name FROM whereupon.playbook_steps s
JOIN whereupon.playbook_tracks t ON t.id = s.track_id LEFT JOIN whereupon.users u ON u.id = s.ended_by
WHERE t.record_id = $1 ORDER BY s.id
"""
STATUS = "SELECT status FROM whereupon.playbook_tracks WHERE record_id = $1 ORDER BY id DESC LIMIT 1"
DRAWN = """
SELECT p.definition->'phases' AS phases FROM whereupon.playbooks p
JOIN whereupon.workflows w ON w.id = p.workflow_id WHERE w.key = 'disputed_claim'
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def staffed(office: Installation) -> Installation:
    """An agent and her manager, who can both sign in."""
    database = await Database.connect(office.database_url, min_size=1, max_size=1)
    try:
        manager = NewUser(
            email="mira@office.example", name="Mira Dąb", password=PASSWORD, roles=["collector"]
        )
        office.people["manager"] = boss = await add_person(database, manager, "manager")
        agent = NewUser(
            email="aris@office.example", name="Άρης Λύκος", password=PASSWORD, roles=["collector"]
        )
        agent = agent.model_copy(update={"manager_id": boss.id})
        office.people["agent"] = await add_person(database, agent, "agent")
    finally:
        await database.close()
    return office


async def opened(open_page: OpenPage, office: Installation, who: str | None, path: str) -> Page:
    page = await open_page(office, who)
    await page.goto(path)
    await settled(page)
    return page


async def test_a_disputed_claim_goes_through_the_hands_of_three_people(
    open_page: OpenPage, staffed: Installation
) -> None:
    account, address, claims = (await staffed.sql(ACCOUNT))[0]
    claim, number = claims[0], (await staffed.sql(NUMBER, claims[0]))[0][0]
    await staffed.sql(HANDED, claims, staffed.people["agent"].id)

    # The agent starts it on one claim of the account.
    page = await opened(open_page, staffed, "agent", f"/records/debtors/{account}")
    await page.get_by_role("button", name="Start playbook").click()
    dialog = page.get_by_role("dialog", name="Start playbook")
    await dialog.get_by_role("checkbox", name=number, exact=True).check()
    await dialog.get_by_label("Why").fill("Λένε ότι τα κιβώτια ήταν άδεια")
    await check_axe(page)
    await dialog.get_by_role("button", name="Start on one record").click()
    row = (
        page.get_by_role("table", name="Playbooks on the records").get_by_role("row").filter(has_text=number)
    )
    await expect(row).to_contain_text("Under way")
    await page.get_by_role("button", name="Start playbook").click()
    busy = dialog.get_by_role("checkbox", name=number, exact=True)
    await expect(busy).to_be_disabled()
    await expect(dialog).to_contain_text("Has “Disputed claim” already, so it gets none")
    await page.keyboard.press("Escape")

    # The client uploads by the link in the mail, without signing in.
    await row.get_by_role("link", name=number).click()
    papers = page.get_by_test_id("track-step-proof")
    await expect(papers).to_contain_text("Άρης Λύκος has it")
    link = (await staffed.sql(LINK, address, str(claim)))[0][0]
    client = await opened(open_page, staffed, None, link)
    await expect(client.get_by_role("heading", name=f"Papers about claim {number}")).to_be_visible()
    await check_axe(client)
    scan: Any = {"name": "άδεια κιβώτια.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 two boxes"}
    await client.locator('input[type="file"]').set_input_files(scan)
    await client.get_by_role("button", name="Upload").click()
    await expect(client.get_by_role("heading", name="Thank you")).to_be_visible()

    # It goes on by itself; the agent says that the next step is done.
    await expect(papers).to_contain_text("one file")
    talk = page.get_by_test_id("track-step-talk")
    await talk.get_by_role("button", name="Done").click()
    done = page.get_by_role("dialog", name="Done")
    await done.get_by_label("Comment").fill("Two boxes came empty")
    await done.get_by_role("button", name="Done").click()
    verdict = page.get_by_test_id("track-step-verdict")
    await expect(verdict).to_contain_text("asked: Mira Dąb")
    await expect(page.get_by_test_id("strategy-of-record")).to_contain_text("Paused by Disputed claim")
    await expect(verdict.get_by_role("button", name="Approve")).to_have_count(0)

    # The manager approves, and the strategy goes on.
    boss = await opened(open_page, staffed, "manager", f"/records/claims/{claim}")
    await boss.get_by_role("button", name="Approve").click()
    await boss.get_by_role("dialog").get_by_role("button", name="Approve").click()
    await expect(boss.get_by_test_id("playbooks-of-record")).to_contain_text("One earlier playbook")
    await expect(boss.get_by_test_id("strategy-of-record")).to_contain_text("Active")
    assert (await staffed.sql(STATUS, str(claim)))[0][0] == "completed"
    steps = [tuple(row) for row in await staffed.sql(STEPS, str(claim))]
    assert [step[:2] for step in steps] == [("proof", "done"), ("talk", "done"), ("verdict", "done")]
    assert steps[1][2] == "Άρης Λύκος"


async def test_steps_are_dragged_with_the_mouse_and_moved_with_the_keyboard(
    open_page: OpenPage, staffed: Installation
) -> None:
    page = await opened(open_page, staffed, "builder", "/playbooks/disputed_claim")
    letter, pause = page.get_by_test_id("step-letter"), page.get_by_test_id("step-pause")
    await pause.drag_to(letter, target_position={"x": 20, "y": 4})
    tell = page.get_by_test_id("phase-tell")
    await expect(tell.get_by_role("listitem").first).to_contain_text("Pause the strategy")
    menu = page.get_by_role("button", name="What to do with the step Talk to ‹account name›")
    await menu.press("Enter")
    await page.get_by_role("menuitem", name="To the next phase").press("Enter")
    await expect(tell.get_by_test_id("step-talk")).to_be_visible()
    await expect(menu).to_be_focused()
    await page.get_by_role("button", name="What to do with the step Papers about claim ‹number›").press(
        "Enter"
    )
    kept = page.get_by_role("menuitem", name="Remove")
    await expect(kept).to_contain_text("The first step cannot be removed.")
    await kept.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("step-proof")).to_be_visible()
    await page.get_by_role("button", name="Add step to Decide").click()
    await page.get_by_role("menuitem", name="Manual step").click()
    form = page.get_by_test_id("step-form")
    await expect(form.get_by_text("Planned date")).to_be_visible()
    await expect(page.get_by_test_id("problems")).to_contain_text("missing or wrong")
    await page.get_by_test_id("step-pause").get_by_role("button").first.click()
    await expect(form.get_by_text("Planned date")).to_have_count(0)
    await page.get_by_role("button", name="Save draft").click()
    await expect(page.get_by_text("The draft was saved")).to_be_visible()
    phases = (await staffed.sql(DRAWN))[0][0]
    drawn = [[step["key"] for step in phase["steps"]] for phase in phases]
    assert drawn[:2] == [["proof"], ["pause", "talk", "letter"]]
    assert drawn[2][:3] == ["verdict", "go_on", "stop"]
    assert len(drawn[2]) == 4

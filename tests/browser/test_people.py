"""Half of a workflow is people: they take work, add files, stand in for each other, plan, and sign in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, Route, expect
from tests import openid_provider
from tests.browser.conftest import Opening
from tests.browser.doing import field
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, check_axe, settled
from tests.browser.small_office import small_office
from tests.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider

ZONE = ZoneInfo("Europe/Sofia")  # of the browsers
TASK = """
INSERT INTO whereupon.tasks (title, assignee_user_id, assignee_group_id, due_at, needs_file)
VALUES ($1, $2, $3, now() + $4::text::interval, $5) RETURNING id
"""
GROUP = """
WITH made AS (INSERT INTO whereupon.groups (key, name) VALUES ('desk', 'Front desk') RETURNING id)
INSERT INTO whereupon.group_members (group_id, user_id) SELECT id, unnest($1::bigint[]) FROM made
RETURNING group_id
"""
FORM = """
SELECT substring(rendered->>'text' FROM '/forms/[A-Za-z0-9_-]+') AS link FROM whereupon.messages
WHERE recipient = 'nadia@outside.example' AND rendered->>'text' LIKE '%/forms/%'
"""


@pytest.fixture(scope="module")
def small(opening: Opening, template: str) -> Iterator[Installation]:
    with small_office(opening, template) as made:
        yield made


async def give(
    of: Installation, title: str, user: int | None, due: str, group: int | None = None, file: bool = False
) -> int:
    return (await of.sql(TASK, title, user, group, due, file))[0][0]


async def inbox_of(open_page: OpenPage, small: Installation, who: str) -> Page:
    page = await open_page(small, who)
    await page.goto("/inbox")
    await settled(page)
    return page


async def press(page: Page, button: Locator) -> None:
    """Press it, and wait for what the server says to that."""
    async with page.expect_response("**/claim"):
        await button.click()


async def test_of_two_who_take_a_task_one_gets_it_and_the_other_reads_who(
    open_page: OpenPage, small: Installation, watch: Watch
) -> None:
    people = {who: small.people[who] for who in ("builder", "user")}
    group = (await small.sql(GROUP, [one.id for one in people.values()]))[0][0]
    number = await give(small, "Call Νίκος back", None, "-1 hour", group)
    pages = {who: await inbox_of(open_page, small, who) for who in people}
    watch.expect(r"status of 409")
    rows = {who: page.get_by_test_id(f"item-task-{number}") for who, page in pages.items()}
    for row in rows.values():
        await expect(row).to_contain_text("Front desk")
    both = asyncio.Barrier(2)

    async def together(route: Route) -> None:
        """Neither goes out before both have pressed: what is taken goes from the other's list."""
        await both.wait()
        await route.continue_()

    for page in pages.values():
        await page.route("**/claim", together)
    async with asyncio.TaskGroup() as pressing:
        for who, row in rows.items():
            pressing.create_task(press(pages[who], row.get_by_role("button", name="Take it")))
    holder = (await small.sql("SELECT assignee_user_id FROM whereupon.tasks WHERE id = $1", number))[0][0]
    winner = next(who for who, one in people.items() if one.id == holder)
    loser = next(who for who in people if who != winner)
    await expect(pages[loser].get_by_text(f"{people[winner].name} has taken this already.")).to_be_visible()
    await expect(rows[loser]).to_have_count(0)
    await expect(rows[winner].get_by_role("button", name="Done")).to_be_visible()


async def test_a_step_is_done_with_its_document_and_its_history_says_so(
    open_page: OpenPage, small: Installation
) -> None:
    number = await give(small, "Scan the passport", small.people["admin"].id, "-1 day", file=True)
    page = await inbox_of(open_page, small, "admin")
    overdue = page.get_by_role("region", name="Overdue")
    await overdue.get_by_role("button", name="Scan the passport", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Say something about it").fill("Ήρθε με το ταχυδρομείο")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    file = {"name": "διαβατήριο.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"}
    await dialog.locator('input[type="file"]').set_input_files(file)  # type: ignore[arg-type]
    history = dialog.get_by_role("region", name="What happened")
    await expect(history.get_by_role("link", name="διαβατήριο.pdf")).to_be_visible()
    await expect(history).to_contain_text("Ήρθε με το ταχυδρομείο")
    await dialog.get_by_role("checkbox", name="“Scan the passport” is done").click()
    await expect(history).to_contain_text("did it")
    assert (await small.sql("SELECT status FROM whereupon.tasks WHERE id = $1", number))[0][0] == "done"


async def test_while_somebody_is_away_their_work_is_with_whoever_stands_in(
    open_page: OpenPage, small: Installation
) -> None:
    user, builder = small.people["user"], small.people["builder"]
    number = await give(small, "Answer the ministry", user.id, "2 days")
    page = await open_page(small, "user")
    await page.goto("/profile")
    await settled(page)
    await page.get_by_role("button", name="Sign out everywhere").click()
    await page.get_by_role("dialog", name="Sign out everywhere?").get_by_role("button", name="Cancel").click()
    section = page.get_by_role("region", name="Absences")
    today = (await small.sql("SELECT to_char(now() - interval '12 hours', 'YYYY-MM-DD')"))[0][0]
    later = (await small.sql("SELECT to_char(now() + interval '3 days', 'YYYY-MM-DD')"))[0][0]
    await section.get_by_label("First day").fill(today)
    await section.get_by_label("Last day").fill(later)
    await section.get_by_role("combobox", name="Stands in").click()
    await page.get_by_role("option", name=builder.name).click()
    await section.get_by_role("button", name="Add", exact=True).click()
    await expect(section).to_contain_text(f"{builder.name} stands in")

    other = await inbox_of(open_page, small, "builder")
    row = other.get_by_test_id(f"item-task-{number}")
    await expect(row).to_contain_text(f"for {user.name}")
    await row.get_by_role("button", name="Done").click()
    await expect(row).to_have_count(0)
    done = "SELECT user_id, for_user_id FROM whereupon.inbox_history WHERE task_id = $1 AND kind = 'done'"
    assert tuple((await small.sql(done, number))[0]) == (builder.id, user.id)


def ask_and_approve(boss: int) -> dict[str, Any]:
    """A new request: its sender fills in a form, then the boss approves it."""
    where = {"name": "street", "label": "Where is it", "required": True}
    asking = {
        "outside": {"address": "nadia@outside.example"}, "title": "About {{ record.name }}",
        "fields": [where], "record_fields": ["note"], "prefill": True,
        "time_limit": {"amount": 3, "unit": "days"},
    }  # fmt: skip
    approving = {"ask": [{"user": boss}], "title": "Go to {{ nodes.form.street }}?", "comment": "required"}
    nodes = (
        ("start", "start", {"trigger": "record_created"}), ("form", "ask_form", asking),
        ("approval", "approval", approving), ("note", "update_record", {"set": {"status": "approved"}}),
    )  # fmt: skip
    edges = (("start", "next", "form"), ("form", "filled", "approval"), ("approval", "approved", "note"))
    document: dict[str, Any] = {
        "format": 1, "settings": {},
        "nodes": [{"key": key, "block": block, "config": config} for key, block, config in nodes],
        "edges": [{"from": source, "port": port, "to": to} for source, port, to in edges],
    }  # fmt: skip
    return {"key": "visits", "name": "Visits", "module": "requests", "document": document}


async def as_soon_as(of: Installation, rows: str) -> Any:
    """The first of these rows, once a workflow has made it."""
    for _ in range(300):
        if found := await of.sql(rows):
            return found[0]
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to that")


async def test_somebody_without_an_account_fills_in_a_form_and_its_approval_is_given_in_the_inbox(
    open_page: OpenPage, small: Installation, watch: Watch
) -> None:
    small.ask("POST", "/api/v1/workflows", ask_and_approve(small.people["admin"].id))
    small.ask("POST", "/api/v1/workflows/visits/publish", {})
    record = small.ask("POST", "/api/v1/records/requests", {
        "name": "Σκεπή", "amount": 70, "status": "new", "note": "Mind the dog",
    })  # fmt: skip
    guest = await open_page(small)
    await guest.goto((await as_soon_as(small, FORM))["link"])
    await settled(guest)
    await expect(guest.get_by_role("heading", name="About Σκεπή")).to_be_visible()
    await expect(guest.get_by_text("You can answer until")).to_be_visible()
    await check_axe(guest)
    watch.expect(r"status of 422", r"status of 410")
    await guest.get_by_role("button", name="Send").click()
    await expect(guest.get_by_label("Where is it")).to_have_attribute("aria-invalid", "true")
    await guest.get_by_label("Where is it").fill("Οδός Άνθεων 4")
    await expect(guest.get_by_label("Note")).to_have_value("Mind the dog")
    await guest.get_by_label("Note").fill("Ring twice")
    await guest.get_by_role("button", name="Send").click()
    await expect(guest.get_by_role("heading", name="Thank you")).to_be_visible()
    await guest.reload()
    await expect(guest.get_by_role("heading", name="This form is closed")).to_be_visible()

    page = await inbox_of(open_page, small, "admin")
    # It is asked once, though the bell rang for it, too.
    asked = page.get_by_role("main").get_by_role("listitem").filter(has_text="Go to Οδός Άνθεων 4?")
    await expect(asked).to_have_count(1)
    bell = page.get_by_role("button", name="Notifications")
    await bell.click()
    await bell.focus()
    await expect(bell).to_have_attribute("aria-expanded", "true")
    await bell.press("Escape")
    await expect(bell).to_have_attribute("aria-expanded", "false")
    await page.get_by_role("button", name="Go to Οδός Άνθεων 4?", exact=True).click()
    question = page.get_by_role("dialog", name="Approval")
    await question.get_by_role("button", name="Approve").click()
    saying = page.get_by_role("dialog", name="Approve")
    await saying.get_by_role("button", name="Approve").click()
    await expect(saying.get_by_text("Say why")).to_be_visible()
    await saying.get_by_label("Comment").fill("On Monday")
    await saying.get_by_role("button", name="Approve").click()
    await expect(question.get_by_text("Ada Ädel: approved — On Monday")).to_be_visible()
    await page.goto(f"/records/requests/{record['id']}")
    await expect(page.get_by_label("Note")).to_have_value("Ring twice")
    approved = "SELECT note FROM data.requests WHERE name = 'Σκεπή' AND status = 'approved'"
    assert (await as_soon_as(small, approved))["note"] == "Ring twice"


async def test_an_event_is_planned_and_moved_with_the_keyboard_in_the_month(
    open_page: OpenPage, small: Installation
) -> None:
    page = await open_page(small, "admin")
    await page.goto("/calendar?view=month&day=2026-05-13")
    await settled(page)
    grid = page.get_by_test_id("calendar-month")
    await grid.locator('[data-day="2026-05-13"]').focus()
    # Into June and back, quicker than either month is drawn.
    keys = ("ArrowRight", *("ArrowDown",) * 3, *("ArrowUp",) * 2)
    await asyncio.gather(*(page.keyboard.press(key) for key in keys))
    await expect(grid.locator('[data-day="2026-05-21"]')).to_be_focused()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("What").fill("Σύσκεψη")
    await dialog.get_by_role("button", name="Save").click()
    chip = grid.locator('[data-day="2026-05-21"]').get_by_role("button", name="Meeting 09:00 Σύσκεψη")
    await expect(chip).to_be_visible()
    starts: Any = (await small.sql("SELECT starts_at FROM whereupon.events WHERE title = 'Σύσκεψη'"))[0][0]
    assert starts.astimezone(ZONE).strftime("%d %H:%M") == "21 09:00"
    await chip.drag_to(grid.locator('[data-day="2026-05-26"]'))
    await expect(grid.locator('[data-day="2026-05-26"]')).to_contain_text("Σύσκεψη")
    await page.get_by_role("radio", name="Week").locator("..").click()
    await expect(page.get_by_test_id("calendar-hours")).to_be_visible()


# Signing in elsewhere --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with openid_provider.running() as made:
        yield made


async def test_an_administrator_sets_a_provider_and_somebody_signs_in_there(
    open_page: OpenPage, small: Installation, provider: Provider, watch: Watch
) -> None:
    provider.client.redirect_uris = [f"{small.address}/api/v1/sign-in/callback"]
    provider.knows("u-7", email="zoe@office.example", email_verified=True, name="Ζωή")
    await small.sql(
        "INSERT INTO whereupon.settings (key, value) VALUES ('egress', $1) ON CONFLICT (key) DO UPDATE "
        "SET value = excluded.value", {"allowed_networks": ["127.0.0.0/8"]},
    )  # fmt: skip
    page = await open_page(small, "admin")
    await page.goto("/settings/single-sign-on")
    await settled(page)
    for label, value in (
        ("Name", "Example ID"), ("Issuer", provider.issuer), ("Client ID", CLIENT_ID),
        ("Client secret", CLIENT_SECRET),
    ):  # fmt: skip
        await field(page, label).fill(value)
    await page.get_by_role("button", name="Ask the provider").click()
    await expect(page.get_by_text("The provider answers, and publishes 2 keys.")).to_be_visible()
    await page.get_by_role("switch", name="Add people at their first sign-in").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Single sign-on was saved")).to_be_visible()

    stranger = await open_page(small)
    watch.expect("Another machine was asked: " + re.escape(provider.issuer), r"status of 404 .*favicon")
    await stranger.goto("/sign-in")
    await stranger.get_by_role("link", name="Sign in with Example ID").click()
    await stranger.get_by_label("Account").fill("u-7")
    await stranger.get_by_role("button", name="Sign in").click()
    await expect(stranger.get_by_role("heading", level=1)).to_contain_text(re.compile("."))
    await stranger.goto("/profile")
    await expect(stranger.get_by_label("Email")).to_have_value("zoe@office.example")

    provider.twist = lambda _: {"nonce": "of somebody else's sign-in"}
    liar = await open_page(small)
    await liar.goto("/sign-in")
    await liar.get_by_role("link", name="Sign in with Example ID").click()
    await liar.get_by_label("Account").fill("u-7")
    await liar.get_by_role("button", name="Sign in").click()
    await expect(liar.get_by_role("alert")).to_contain_text("does not prove who you are")

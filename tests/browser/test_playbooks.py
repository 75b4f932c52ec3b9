"""Playbooks in the browser: drawn by one, started and worked through by three (scenario 22), over weekends
and holidays, by a clock that the test sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, expect
from tests.browser.conftest import Opening
from tests.browser.doing import choose
from tests.browser.installation import PASSWORD, Installation, add_people, add_person, connected
from tests.browser.looking import OpenPage, check_axe, settled
from tests.clock import install_clock, set_clock

from whereupon.db.pool import Database
from whereupon.packs.loading import load_pack
from whereupon.people.rights import load_rights
from whereupon.people.users import NewUser

ZONE = ZoneInfo("Europe/Sofia")  # of the office, and of the browsers
# A Thursday in spring. In Bulgaria Friday is a holiday, and the Wednesday after it.
BEGINS = datetime(2026, 4, 30, 10, 0, tzinfo=ZONE)
HOLIDAYS = [{"date": "2026-05-01", "name": "Labour Day"}, {"date": "2026-05-06", "name": "St George"}]
ORGANISATION = {"name": "Harbour & Partners", "time_zone": "Europe/Sofia"}
SETTING = "INSERT INTO whereupon.settings (key, value) VALUES ($1, $2)"
ADDRESS = "biuro@dab.example"
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
TRACKS = """
SELECT w.name, t.status FROM whereupon.playbook_tracks t JOIN whereupon.playbooks p ON p.id = t.playbook_id
JOIN whereupon.workflows w ON w.id = p.workflow_id WHERE t.record_id = $1 ORDER BY t.id
"""
EVENTS = """
SELECT e.what FROM whereupon.playbook_events e JOIN whereupon.playbook_tracks t ON t.id = e.track_id
WHERE t.record_id = $1 AND e.step = $2 ORDER BY e.id
"""
TEXTS = "SELECT count(*) FROM whereupon.messages WHERE channel = 'text'"
DRAWN = """
SELECT p.definition->'phases' AS phases FROM whereupon.playbooks p
JOIN whereupon.workflows w ON w.id = p.workflow_id WHERE w.key = 'disputed_claim'
"""
CALL = {
    "type": "manual", "key": "call", "name": "Agree on instalments", "description": "Call them.",
    "planned": {"amount": 2}, "participant": {"owner": True},
}  # fmt: skip
INSTALMENTS = {
    "key": "instalments", "name": "Payment in instalments", "module": "claims",
    "definition": {
        "format": 1, "account": "account", "second": "queue",
        "phases": [{"key": "phase_1", "name": "Agree", "steps": [CALL]}],
    },
}  # fmt: skip
PEOPLE: tuple[tuple[str, str, str, str | None, list[str]], ...] = (
    ("director", "dora@office.example", "Dora Ķēniņa", None, []),
    ("manager", "mira@office.example", "Mira Dąb", "director", []),
    ("agent", "aris@office.example", "Άρης Λύκος", "manager", ["collectors"]),
    ("leaver", "petra@office.example", "Petra Ó Sé", "manager", []),
)


async def furnish(made: Installation) -> None:
    """The pack, by the clock of the test; an agent, those above her, and somebody who leaves."""
    async with connected(made.database_url) as db:
        await install_clock(db)
        await set_clock(db, BEGINS)
        await db.execute(SETTING, "organisation", ORGANISATION)
        await db.execute(SETTING, "holidays", {"days": HOLIDAYS})
    await add_people(made)
    database = await Database.connect(made.database_url, min_size=1, max_size=2)
    try:
        async with database.connection() as db:
            rights = await load_rights(db, made.people["admin"].id)
        await load_pack(database, "collections", rights)
        for who, email, name, above, groups in PEOPLE:
            boss = made.people[above].id if above else None
            new = NewUser(
                email=email, name=name, password=PASSWORD, roles=["collector"], groups=groups, manager_id=boss
            )
            made.people[who] = await add_person(database, new, who)
    finally:
        await database.close()


@pytest.fixture(scope="module")
def office(opening: Opening, template: str) -> Iterator[Installation]:
    """An office that lives by the clock of the test."""
    with opening(template, {}, prepare=furnish) as made:
        made.ask("POST", "/api/v1/playbooks", INSTALMENTS)
        made.ask("POST", "/api/v1/playbooks/instalments/publish", {})
        yield made


@dataclass
class Claims:
    """An account, and its claims by what becomes of them: the record, and the number that people see."""

    account: str
    ids: dict[str, str]
    numbers: dict[str, str]


@pytest.fixture(scope="module")
def claims(office: Installation) -> Claims:
    def make(module: str, **values: Any) -> Any:
        return office.ask("POST", f"/api/v1/records/{module}", values, who="agent")

    account = make("debtors", name="Stolarnia Dąb", email=ADDRESS)["id"]
    of = {"disputed": "agent", "left": "leaver", "paid": "agent", "other": "agent"}
    made = {
        which: make(
            "claims", account=account, amount="912.40", due_on="2026-04-20", agent=office.people[who].id
        )
        for which, who in of.items()
    }
    numbers = {which: one["values"]["number"] for which, one in made.items()}
    return Claims(account, {which: one["id"] for which, one in made.items()}, numbers)


async def opened(open_page: OpenPage, office: Installation, who: str | None, path: str) -> Page:
    """A browser of its own, by the clock of the test."""
    page = await open_page(office, who)
    await page.context.clock.set_fixed_time(await now(office))
    await page.goto(path)
    await settled(page)
    return page


async def now(office: Installation) -> datetime:
    return (await office.sql("SELECT faked.clock_timestamp()"))[0][0]


async def it_is(office: Installation, at: datetime, *pages: Page) -> None:
    """Everybody's clock is set to that moment: the server's, the worker's, and those of these browsers."""
    async with connected(office.database_url) as db:
        await set_clock(db, at)
    for page in pages:
        await page.context.clock.set_fixed_time(at)
        await page.reload()
        await settled(page)


def may(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=ZONE)


async def start_on(page: Page, claims: Claims, *which: str) -> None:
    """On these claims of the account whose page it is."""
    await page.get_by_role("button", name="Start playbook").click()
    dialog = page.get_by_role("dialog", name="Start playbook")
    await choose(dialog, "Playbook", "Disputed claim")
    for one in which:
        await dialog.get_by_role("checkbox", name=claims.numbers[one], exact=True).check()
    await dialog.get_by_label("Why").fill("Λένε ότι τα κιβώτια ήταν άδεια")
    await check_axe(page)
    await dialog.get_by_role("button", name="Start on").click()


async def test_a_disputed_claim_goes_through_the_hands_of_three_people(
    open_page: OpenPage, office: Installation, claims: Claims
) -> None:
    claim, number = claims.ids["disputed"], claims.numbers["disputed"]
    # Thursday: the agent starts it on claims of the account; who has one already gets no second one.
    page = await opened(open_page, office, "agent", f"/records/debtors/{claims.account}")
    await start_on(page, claims, *claims.ids)
    row = (
        page.get_by_role("table", name="Playbooks on the records").get_by_role("row").filter(has_text=number)
    )
    await expect(row).to_contain_text("Under way")
    await page.get_by_role("button", name="Start playbook").click()
    dialog = page.get_by_role("dialog", name="Start playbook")
    await choose(dialog, "Playbook", "Disputed claim")
    await expect(dialog.get_by_role("checkbox", name=number, exact=True)).to_be_disabled()
    await expect(dialog).to_contain_text("Has “Disputed claim” already, so it gets none")
    await page.keyboard.press("Escape")
    await row.get_by_role("link", name=number).click()
    papers = page.get_by_test_id("track-step-proof")
    await expect(papers).to_contain_text("Άρης Λύκος has it")
    # Five working days: not the holidays of Friday and Wednesday, not two weekends.
    await expect(papers).to_contain_text("due 11 May 2026, 17:00")

    # Saturday: the client uploads by the link in the mail, without signing in.
    await it_is(office, may(2, 11), page)
    link = (await office.sql(LINK, ADDRESS, claim))[0][0]
    client = await opened(open_page, office, None, link)
    await expect(client.get_by_role("heading", name=f"Papers about claim {number}")).to_be_visible()
    await check_axe(client)
    scan: Any = {"name": "άδεια κιβώτια.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 two boxes"}
    await client.locator('input[type="file"]').set_input_files(scan)
    await client.get_by_role("button", name="Upload").click()
    await expect(client.get_by_role("heading", name="Thank you")).to_be_visible()
    await client.context.close()
    await expect(papers).to_contain_text("one file")
    talk = page.get_by_test_id("track-step-talk")
    await expect(talk).to_contain_text("due 5 May 2026, 17:00")

    # Tuesday: it is late only when the hour has passed; then the agent is reminded, and says that it is done.
    await it_is(office, may(5, 16, 50), page)
    await expect(talk).to_contain_text("Άρης Λύκος has it")
    await expect(talk.get_by_text("Late", exact=True)).to_have_count(0)
    assert await events(office, claim, "talk") == []
    await it_is(office, may(5, 17, 1), page)
    await expect(talk.get_by_text("Late", exact=True)).to_be_visible()
    await page.goto("/inbox")
    await expect(page.get_by_role("main").get_by_text("Late: Talk to Stolarnia Dąb")).to_be_visible()
    overdue = page.get_by_role("region", name="Overdue")
    await expect(overdue.get_by_role("button", name="Talk to Stolarnia Dąb", exact=True)).to_be_visible()
    assert await events(office, claim, "talk") == ["reminded"]
    await page.goto(f"/records/claims/{claim}")
    await talk.get_by_role("button", name="Done").click()
    done = page.get_by_role("dialog", name="Done")
    await done.get_by_label("Comment").fill("Two boxes came empty")
    await done.get_by_role("button", name="Done").click()
    verdict = page.get_by_test_id("track-step-verdict")
    await expect(verdict).to_contain_text("asked: Mira Dąb")
    await expect(verdict).to_contain_text("due 11 May 2026, 17:00")  # St George's day and a weekend later
    standing = page.get_by_test_id("strategy-of-record")
    await expect(standing).to_contain_text("Paused by Disputed claim")
    await expect(verdict.get_by_role("button", name="Approve")).to_have_count(0)

    # On Sunday the manager has time until tomorrow; on Monday evening it is late, and her director sees it.
    await it_is(office, may(10, 12))
    boss = await opened(open_page, office, "manager", "/inbox")
    asked = boss.get_by_role("button", name=f"Does claim {number} stand?", exact=True)
    await expect(boss.get_by_role("region", name="Later").locator(asked)).to_be_visible()
    assert await events(office, claim, "verdict") == []
    await it_is(office, may(11, 17, 5), boss)
    await expect(boss.get_by_role("region", name="Overdue").locator(asked)).to_be_visible()
    director = await opened(open_page, office, "director", "/inbox")
    passed_up = director.get_by_role("button", name=f"Does claim {number} stand?", exact=True)
    await expect(director.get_by_role("region", name="Overdue").locator(passed_up)).to_be_visible()
    assert await events(office, claim, "verdict") == ["escalated"]

    # The manager approves in her inbox, and the strategy goes on.
    await asked.click()
    question = boss.get_by_role("dialog", name="Approval")
    await question.get_by_role("button", name="Approve", exact=True).click()
    saying = boss.get_by_role("dialog", name="Approve")
    await saying.get_by_role("button", name="Approve", exact=True).click()
    await expect(question.get_by_text("Mira Dąb: approved")).to_be_visible()
    await boss.goto(f"/records/claims/{claim}")
    await expect(boss.get_by_test_id("playbooks-of-record")).to_contain_text("One earlier playbook")
    await expect(boss.get_by_test_id("strategy-of-record")).to_contain_text("Active")
    await boss.get_by_role("button", name="One earlier playbook").click()
    await boss.get_by_role("button", name="Disputed claim", exact=True).click()
    await track_on(boss).get_by_role("button", name="History").click()
    told = boss.get_by_role("list", name="History of Disputed claim")
    await expect(told).to_contain_text("Late, so it was passed up to Dora Ķēniņa")
    assert [tuple(row) for row in await office.sql(TRACKS, claim)] == [("Disputed claim", "completed")]
    steps = [tuple(row) for row in await office.sql(STEPS, claim)]
    assert steps == [("proof", "done", None), ("talk", "done", "Άρης Λύκος"), ("verdict", "done", "Mira Dąb")]
    # What its strategy had for the fifth of May was left out: it had a playbook.
    assert (await office.sql(TEXTS))[0][0] == 0


def track_on(page: Page) -> Locator:
    return page.get_by_test_id(re.compile(r"^track-\d+$"))


async def events(office: Installation, claim: str, step: str) -> list[str]:
    return [row["what"] for row in await office.sql(EVENTS, claim, step)]


async def test_a_step_of_somebody_who_is_disabled_goes_to_the_group_that_helps_out(
    open_page: OpenPage, office: Installation, claims: Claims
) -> None:
    claim, number = claims.ids["left"], claims.numbers["left"]
    admin = await opened(open_page, office, "admin", "/settings/users")
    await admin.get_by_role("button", name="Petra Ó Sé").click()
    await admin.get_by_role("dialog").get_by_role("button", name="Disable").click()
    asked = admin.get_by_role("dialog", name="Disable Petra Ó Sé?")
    await expect(asked).to_contain_text("Steps of playbooks that they have go to whoever helps out.")
    await asked.get_by_role("button", name="Disable").click()

    page = await opened(open_page, office, "agent", "/inbox")
    row = page.get_by_role("listitem").filter(
        has=page.get_by_role("button", name=f"Papers about claim {number}")
    )
    await expect(row).to_contain_text("for Collectors")
    await row.get_by_role("button", name="Take it").click()
    await expect(row).to_contain_text("for you · Collectors")
    await page.goto(f"/records/claims/{claim}")
    papers = page.get_by_test_id("track-step-proof")
    await expect(papers).to_contain_text("Άρης Λύκος has it, given to the group that helps out")
    await track_on(page).get_by_role("button", name="History").click()
    why = "Passed on to Collectors: Petra Ó Sé can no longer sign in"
    await expect(page.get_by_role("list", name="History of Disputed claim")).to_contain_text(why)


async def test_a_claim_that_is_paid_leaves_its_playbook_and_the_next_one_begins(
    open_page: OpenPage, office: Installation, claims: Claims
) -> None:
    claim = claims.ids["paid"]
    page = await opened(open_page, office, "agent", f"/records/claims/{claim}")
    await page.get_by_role("button", name="Start playbook").click()
    dialog = page.get_by_role("dialog", name="Start playbook")
    await choose(dialog, "Playbook", "Disputed claim")
    await expect(dialog.get_by_test_id("before-start")).to_contain_text(
        "has a playbook already and gets none"
    )
    await expect(dialog.get_by_role("button", name="Start", exact=True)).to_be_disabled()
    await choose(dialog, "Playbook", "Payment in instalments")
    await expect(dialog.get_by_test_id("before-start")).to_contain_text("waits until that is over")
    await dialog.get_by_role("button", name="Start on one record").click()
    shown = page.get_by_test_id("playbooks-of-record")
    await expect(shown).to_contain_text("Waits its turn")
    await expect(shown).to_contain_text("It begins by itself as soon as the playbook before it is over.")

    await choose(page, "Status", "Paid")
    await page.get_by_role("button", name="Save", exact=True).click()
    call = page.get_by_test_id("track-step-call")
    await expect(call).to_contain_text("Άρης Λύκος has it")
    await page.get_by_role("button", name="One earlier playbook").click()
    await page.get_by_role("button", name="Disputed claim", exact=True).click()
    await expect(shown).to_contain_text("Ended early")
    await expect(shown).to_contain_text("It ended early, because of this: Status is equal to Paid.")
    await expect(page.get_by_test_id("track-step-proof")).to_contain_text("Not needed any more")
    await check_axe(page)
    assert [tuple(row) for row in await office.sql(TRACKS, claim)] == [
        ("Disputed claim", "exited"), ("Payment in instalments", "running"),
    ]  # fmt: skip
    assert [tuple(row) for row in await office.sql(TRACKS, claims.ids["other"])] == [
        ("Disputed claim", "running")
    ]  # fmt: skip


async def test_steps_are_dragged_with_the_mouse_and_moved_with_the_keyboard(
    open_page: OpenPage, office: Installation
) -> None:
    page = await opened(open_page, office, "builder", "/playbooks/disputed_claim")
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
    await expect(form.get_by_text("Reminders", exact=True)).to_be_visible()
    await expect(page.get_by_test_id("problems")).to_contain_text("missing or wrong")
    await page.get_by_test_id("step-pause").get_by_role("button").first.click()
    await expect(form.get_by_text("Planned date")).to_have_count(0)
    await page.get_by_role("button", name="Save draft").click()
    await expect(page.get_by_text("The draft was saved")).to_be_visible()
    phases = (await office.sql(DRAWN))[0][0]
    drawn = [[step["key"] for step in phase["steps"]] for phase in phases]
    assert drawn[:2] == [["proof"], ["pause", "talk", "letter"]]
    assert drawn[2][:3] == ["verdict", "go_on", "stop"]
    assert len(drawn[2]) == 4


async def test_publishing_a_strategy_tells_what_it_changes(open_page: OpenPage, office: Installation) -> None:
    page = await opened(open_page, office, "admin", "/strategies/dunning")
    await page.get_by_role("button", name="Remove the step Letter").click()
    await page.get_by_role("button", name="Publish").click()
    told = page.get_by_role("dialog", name="Publish “Default strategy”?")
    gone = told.get_by_role("listitem").filter(has_text="Letter").first
    await expect(gone).to_contain_text("Removed")
    await expect(gone).to_contain_text("30 days after Due on")
    await expect(told).to_contain_text("2 steps stay as they are.")
    await check_axe(page)
    await told.get_by_role("button", name="Publish now").click()
    await expect(page.get_by_text("The strategy was published")).to_be_visible()
    rows = await office.sql("SELECT step FROM whereupon.strategy_steps WHERE active ORDER BY nr")
    assert [row["step"] for row in rows] == ["reminder", "text"]

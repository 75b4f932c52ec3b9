"""Messages that were held or refused, and workflows that are stopped, copied, put away and deleted."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.async_api import Locator, Page, expect
from tests.browser.conftest import Opening
from tests.browser.editing import eventually
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, settled
from tests.browser.small_office import small_office

REFUSED = "550 5.1.1 No such person here"


class Post:
    """A mail server on this machine: keeps what it is given, and knows nobody called "nobody"."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return REFUSED
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.subjects.append(str(message_from_bytes(content, policy=policy.default)["subject"]))
        return "250 OK"


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=post.port, enable_SMTPUTF8=True)
    controller.start()
    yield post
    controller.stop()


@pytest.fixture(scope="module")
def small(opening: Opening, template: str, post: Post) -> Iterator[Installation]:
    """Requests, and a mail server that takes what it is given."""
    with small_office(opening, template) as made:
        sender = {"from_address": "Office <office@office.example>"}
        server = {"host": "127.0.0.1", "port": post.port, "security": "none"}
        made.ask("PUT", "/api/v1/settings/mail", server | sender)
        yield made


def make(office: Installation, key: str, step: dict[str, Any], above: int) -> None:
    """A published workflow of one step, for requests that cost exactly that."""
    filter_ = {"field": "amount", "operator": "equals", "value": above}
    nodes = [
        {"key": "start", "block": "start", "config": {"trigger": "record_created", "filter": filter_}},
        {"key": "step"} | step,
    ]
    edges = [{"from": "start", "port": "next", "to": "step"}]
    document: dict[str, Any] = {"format": 1, "nodes": nodes, "edges": edges, "settings": {}}
    new: dict[str, Any] = {"key": key, "name": f"Workflow {key}", "module": "requests", "document": document}
    office.ask("POST", "/api/v1/workflows", new)
    office.ask("POST", f"/api/v1/workflows/{key}/publish", {})


def mail(to: str) -> dict[str, Any]:
    config = {
        "to": [{"address": to}],
        "subject": "About {{ record.name }}",
        "html": "<p>Dear reader of <b>{{ record.name }}</b></p>",
    }
    return {"block": "send_email", "config": config}


WAIT = {"block": "wait", "config": {"duration": {"amount": 30}}}


def add(office: Installation, name: str, amount: int) -> None:
    office.ask("POST", "/api/v1/records/requests", {"name": name, "amount": amount})


MESSAGES = """
SELECT m.status FROM whereupon.messages m JOIN whereupon.workflows w ON w.id = m.workflow_id
WHERE w.key = $1 ORDER BY m.id
"""
RUNS = """
SELECT r.status FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id
WHERE w.key = $1 ORDER BY r.id
"""


async def came_to(office: Installation, statement: str, key: str, *expected: str) -> None:
    """The states of all messages or runs of a workflow, in whichever order."""

    async def is_so() -> bool:
        found = [row["status"] for row in await office.sql(statement, key)]
        return sorted(found) == sorted(expected)

    await eventually(is_so)


# Messages -------------------------------------------------------------------------------------------


async def test_what_a_lowered_cap_holds_is_looked_at_and_released(
    open_page: OpenPage, small: Installation, post: Post
) -> None:
    page = await open_page(small, "admin")
    await page.goto("/settings/limits")
    await settled(page)
    caps = page.locator("form").filter(has_text="First messages of a new or changed workflow")
    await caps.get_by_label("First messages of a new or changed workflow").fill("1")
    await caps.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    make(small, "letters", mail("reader@office.example"), 501)
    for name in ("Καρέκλα", "Table <b>", "Shelf"):
        add(small, name, 501)
    await came_to(small, MESSAGES, "letters", "sent", "held", "held")
    assert len([subject for subject in post.subjects if subject.startswith("About")]) == 1
    await page.goto("/messages?status=held")
    await expect(page.get_by_role("table", name="Messages")).to_contain_text("the workflow is new")
    await page.get_by_role("button", name="Look and decide").click()
    dialog = page.get_by_role("dialog", name="Held messages of “Workflow letters”")
    await expect(dialog).to_contain_text("2 messages are held")
    await look_at_samples(dialog)
    await dialog.get_by_role("button", name="Release all").click()
    await expect(page.get_by_text("2 messages are on their way")).to_be_visible()
    await came_to(small, MESSAGES, "letters", "sent", "sent", "sent")
    assert {"About Καρέκλα", "About Table <b>", "About Shelf"} <= set(post.subjects)
    await expect(page.get_by_text("Nothing is held")).to_be_visible()


async def look_at_samples(dialog: Locator) -> None:
    """Two examples, each in a frame that may do nothing; what a record holds is text in it."""
    for number in (1, 2):
        await expect(dialog).to_contain_text(f"Example {number} of 2")
        frame = dialog.locator("iframe[title='The mail as its recipient sees it']")
        await expect(frame).to_have_attribute("sandbox", "")
        body = frame.content_frame.locator("body")
        await expect(body).to_contain_text("Dear reader of")
        await expect(body.locator("b b")).to_have_count(0)
        if number == 1:
            await dialog.get_by_role("button", name="Next example").click()


async def test_a_message_that_failed_shows_what_the_mail_server_said(
    open_page: OpenPage, small: Installation
) -> None:
    make(small, "refused", mail("nobody@office.example"), 502)
    add(small, "Stairs", 502)
    await came_to(small, MESSAGES, "refused", "failed")
    page = await open_page(small, "admin")
    await page.goto("/messages?status=failed")
    row = page.get_by_role("row").filter(has_text="nobody@office.example")
    await expect(row).to_contain_text("No such person here")
    await row.get_by_role("button", name="Open the message to nobody@office.example").click()
    drawer = page.get_by_role("dialog", name=re.compile("^Message"))
    alert = drawer.get_by_role("alert").filter(has_text="Not delivered")
    await expect(alert).to_contain_text("No such person here")
    await expect(drawer).to_contain_text("About Stairs")


# The list of workflows ------------------------------------------------------------------------------


async def act(page: Page, key: str, deed: str, *, sure: bool = False) -> None:
    """A deed of the menu of one workflow, and the yes to its question."""
    await page.get_by_role("button", name=f"Actions for “Workflow {key}”", exact=True).click()
    await page.get_by_role("menuitem", name=deed, exact=True).click()
    if sure:
        question = page.get_by_role("dialog", name=f"{deed} “Workflow {key}”?")
        await question.get_by_role("button", name=deed, exact=True).click()


async def open_list(page: Page) -> None:
    await page.goto("/workflows")
    await settled(page)


async def test_disabling_cancels_the_runs_under_way_if_one_says_so(
    open_page: OpenPage, small: Installation
) -> None:
    make(small, "stopped", WAIT, 503)
    add(small, "Pipe", 503)
    await came_to(small, RUNS, "stopped", "waiting")
    page = await open_page(small, "admin")
    await open_list(page)
    switch = page.get_by_test_id("state-switch-stopped")
    await switch.click(force=True)
    question = page.get_by_role("dialog", name="Disable “Workflow stopped”?")
    await question.get_by_label("Cancel them").check()
    await question.get_by_role("button", name="Disable").click()
    await expect(page.get_by_text("“Workflow stopped” is disabled")).to_be_visible()
    await expect(switch).not_to_be_checked()
    await came_to(small, RUNS, "stopped", "cancelled")
    assert small.ask("GET", "/api/v1/workflows/stopped")["state"] == "disabled"


async def test_a_copy_is_a_draft_of_its_own(open_page: OpenPage, small: Installation) -> None:
    make(small, "original", WAIT, 504)
    page = await open_page(small, "admin")
    await open_list(page)
    await act(page, "original", "Duplicate")
    await expect(page.get_by_text(re.compile("was made$"))).to_be_visible()
    rows = await small.sql(
        "SELECT key, state, draft FROM whereupon.workflows WHERE name LIKE '%Workflow original%' ORDER BY id"
    )
    assert [row["state"] for row in rows] == ["active", "draft"]
    assert rows[0]["draft"]["nodes"] == rows[1]["draft"]["nodes"]
    await expect(page.get_by_test_id(f"state-switch-{rows[1]['key']}")).to_be_visible()


async def test_an_archived_workflow_rests_until_it_is_taken_out(
    open_page: OpenPage, small: Installation
) -> None:
    make(small, "resting", WAIT, 505)
    add(small, "Tap", 505)
    await came_to(small, RUNS, "resting", "waiting")
    page = await open_page(small, "admin")
    await open_list(page)
    await act(page, "resting", "Archive", sure=True)
    await expect(page.get_by_text("“Workflow resting” was archived")).to_be_visible()
    await came_to(small, RUNS, "resting", "cancelled")
    await page.goto("/workflows?state=archived")
    await settled(page)
    await act(page, "resting", "Take out of the archive")
    await expect(page.get_by_text("“Workflow resting” is disabled, and can be edited again")).to_be_visible()
    assert small.ask("GET", "/api/v1/workflows/resting")["state"] == "disabled"


async def test_the_history_of_a_deleted_workflow_stays(open_page: OpenPage, small: Installation) -> None:
    make(small, "gone", WAIT, 506)
    add(small, "Old boiler", 506)
    await came_to(small, RUNS, "gone", "waiting")
    found = await small.sql("SELECT id FROM whereupon.workflows WHERE key = 'gone'")
    page = await open_page(small, "admin")
    await open_list(page)
    await act(page, "gone", "Delete", sure=True)
    await expect(page.get_by_text("“Workflow gone” was deleted")).to_be_visible()
    await expect(page.get_by_role("button", name="Actions for “Workflow gone”")).to_have_count(0)
    kept = await small.sql("SELECT status FROM whereupon.runs WHERE workflow_id = $1", found[0]["id"])
    assert [row["status"] for row in kept] == ["cancelled"]
    await page.goto("/runs")
    await expect(page.get_by_role("row").filter(has_text="Old boiler")).to_contain_text("Cancelled")

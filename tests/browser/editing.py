"""Two people in the editor and in the record form: what the tests of editing share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Locator, Page, Route, expect
from tests.browser.installation import Installation
from tests.browser.looking import settled

WALKERS = {
    "key": "walkers", "label": "Walker", "label_plural": "Walkers", "title_field": "name",
    "fields": [
        {"key": "name", "label": "Name", "type": "text", "required": True},
        {"key": "town", "label": "Town", "type": "text"},
        {"key": "notes", "label": "Notes", "type": "long_text"},
    ],
}  # fmt: skip
WITHIN = 10.0  # seconds
expect.set_options(timeout=WITHIN * 1000)


def step(key: str, label: str, place: int) -> dict[str, Any]:
    """A block that writes a note, so that it needs nothing of the installation."""
    config = {"set": {"notes": f"by {key}"}}
    position = {"x": 0, "y": 140 * place}
    return {"key": key, "block": "update_record", "label": label, "config": config, "position": position}


def make_module(office: Installation) -> None:
    """A module of walkers that the builder may write to, unless there is one."""
    modules = office.ask("GET", "/api/v1/modules")["items"]
    if any(module["key"] == WALKERS["key"] for module in modules):
        return
    office.ask("POST", "/api/v1/modules", WALKERS)
    rights = dict.fromkeys(("create", "read", "update", "delete"), "all")
    office.ask("PATCH", "/api/v1/roles/builder", {"modules": {"walkers": rights}})


def make_workflow(office: Installation, key: str) -> str:
    """A draft with two steps, and the path of its editor."""
    make_module(office)
    start = {"key": "start", "block": "start", "config": {"trigger": "record_created"}}
    nodes = [start | {"position": {"x": 0, "y": 0}}, step("first", "First step", 1)]
    nodes.append(step("second", "Second step", 2))
    edges = [
        {"from": "start", "port": "next", "to": "first"},
        {"from": "first", "port": "next", "to": "second"},
    ]
    document: dict[str, Any] = {"format": 1, "nodes": nodes, "edges": edges, "settings": {}}
    new = {"key": key, "name": f"Workflow {key}", "module": "walkers", "document": document}
    office.ask("POST", "/api/v1/workflows", new)
    return f"/workflows/{key}"


def make_walker(office: Installation, **values: Any) -> str:
    """A record, and the path of its page."""
    make_module(office)
    made = office.ask("POST", "/api/v1/records/walkers", {"name": "Ödön", "town": "Pécs"} | values)
    return f"/records/walkers/{made['id']}"


async def open_editor(page: Page, path: str) -> None:
    """The editor, once its canvas is drawn."""
    await page.goto(path)
    await expect(page.get_by_test_id("node-second")).to_be_visible()


async def name_step(page: Page, key: str, label: str) -> None:
    """Another name for a step, typed into its form."""
    await page.get_by_test_id(f"node-{key}").click()
    await page.get_by_test_id("node-name").fill(label)


def save_state(page: Page) -> Locator:
    """The sign that says whether all is saved."""
    return page.get_by_test_id("save-state")


async def expect_saved(page: Page) -> None:
    """The editor says that the server has everything."""
    await expect(save_state(page)).to_have_attribute("data-state", "saved")


async def labels_of(office: Installation, key: str) -> dict[str, str]:
    """What the steps of a draft are called in the database."""
    found = await office.sql("SELECT draft FROM whereupon.workflows WHERE key = $1", key)
    return {node["key"]: node.get("label", "") for node in found[0]["draft"]["nodes"]}


async def is_called(office: Installation, workflow: str, label: str) -> bool:
    """Whether the second step of the draft has that label in the database."""
    return (await labels_of(office, workflow))["second"] == label


async def walker(office: Installation, path: str) -> dict[str, Any]:
    """A walker as it is in the database."""
    rows = await office.sql("SELECT * FROM data.walkers WHERE id = $1", int(path.rpartition("/")[2]))
    return dict(rows[0])


async def eventually(question: Callable[[], Awaitable[Any]]) -> Any:
    """The answer, as soon as it is not empty."""
    async with asyncio.timeout(WITHIN):
        while True:
            if answer := await question():
                return answer
            await asyncio.sleep(0.02)


@asynccontextmanager
async def held_back(page: Page, pattern: str, method: str = "PATCH") -> AsyncGenerator[asyncio.Event]:
    """What the page sends there arrives when the block ends: a slow network. The event: something waits."""
    ended, waiting = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        if route.request.method == method:
            waiting.set()
            await ended.wait()
        await route.continue_()

    await page.route(pattern, hold)
    try:
        yield waiting
    finally:
        ended.set()


async def open_record(page: Page, path: str) -> None:
    """A record's page, once its form is drawn."""
    await page.goto(path)
    await settled(page)
    await expect(page.get_by_label("Town")).to_be_visible()


# Sessions -------------------------------------------------------------------------------------------


@asynccontextmanager
async def ends_on_the_way(
    office: Installation, page: Page, who: str, pattern: str, method: str
) -> AsyncGenerator[None]:
    """Their session ends while the first such request is on its way: before it, nothing has noticed."""
    is_over = asyncio.Event()

    async def end(route: Route) -> None:
        if route.request.method == method and not is_over.is_set():
            is_over.set()
            await end_sessions(office, page, who)
        await route.continue_()

    await page.route(pattern, end)
    yield
    await expect(ended(page)).to_be_visible()
    await page.unroute(pattern, end)


async def end_sessions(office: Installation, page: Page, who: str) -> None:
    """Nobody asked for it: that person's sessions are gone, and the server knows."""
    await office.sql("DELETE FROM whereupon.sessions WHERE user_id = $1", office.people[who].id)
    await office.sql("SELECT pg_notify('whereupon_revision', '')")

    async def refused() -> bool:
        return (await page.context.request.get("/api/v1/me")).status == 401

    await eventually(refused)


def ended(page: Page) -> Locator:
    """The dialog over the page that asks for the password."""
    return page.get_by_role("dialog", name="Your session ended")


async def sign_in_again(page: Page, password: str) -> None:
    """What the person does in that dialog."""
    await ended(page).locator("input[type=password]").fill(password)
    await ended(page).get_by_role("button", name="Sign in", exact=True).click()

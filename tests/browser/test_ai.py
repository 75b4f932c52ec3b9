"""AI in the browser: a provider is set and tried, and the block's form says how much a record sends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from playwright.async_api import expect
from tests.browser.conftest import Opening
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, check_axe, settled
from tests.browser.small_office import small_office

from whereupon.packs.answering import Heard, Said, StandIn, completion, stand_in

KEY = "sk-canary-browser-1"


@pytest.fixture(scope="module")
def provider() -> Iterator[StandIn]:
    """A server that speaks like OpenAI, in a thread of its own."""
    ready, over, found = threading.Event(), threading.Event(), list[StandIn]()

    def answer(heard: Heard) -> Said:
        known = heard.headers.get("authorization") == f"Bearer {KEY}"
        return Said(completion({"kind": "fault"})) if known else Said({"error": {"message": "no"}}, 401)

    async def serve() -> None:
        async with stand_in(answer) as server:
            found.append(server)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    over.set()
    thread.join()


@pytest.fixture(scope="module")
def small(opening: Opening, template: str) -> Iterator[Installation]:
    """An office that may ask servers on this machine."""
    with small_office(opening, template) as made:
        made.ask("PUT", "/api/v1/settings/egress", {"allowed_networks": ["127.0.0.0/8"]})
        yield made


async def test_a_provider_is_set_in_the_browser_and_answers(
    open_page: OpenPage, small: Installation, provider: StandIn
) -> None:
    page = await open_page(small, "admin")
    await page.goto("/settings/ai")
    await settled(page)
    await check_axe(page)
    await page.get_by_role("button", name="Add a provider").click()
    dialog = page.get_by_role("dialog", name="Add a provider")
    await dialog.get_by_label("Name").fill("Ο δικός μας")
    await dialog.get_by_label("Model", exact=False).first.fill("tiny")
    await dialog.get_by_label("Address").fill(provider.url)
    await dialog.get_by_label("Key").fill(KEY)
    await check_axe(page)
    await dialog.get_by_role("button", name="Save").click()
    card = page.get_by_role("region", name="Ο δικός μας")
    await expect(card).to_contain_text("Kept, encrypted")
    await card.get_by_role("button", name="Send a test").click()
    await expect(card.get_by_role("alert")).to_contain_text("It answered")
    await check_axe(page)
    assert KEY not in await page.content()


async def test_the_form_says_how_much_a_record_sends(
    open_page: OpenPage, small: Installation, provider: StandIn
) -> None:
    given = {"name": "Ο δικός μας", "model": "tiny", "base_url": provider.url}
    small.ask("PUT", "/api/v1/ai/providers/own", given)
    config = {"instructions": "Note what it is about.", "fields": ["note"], "along": ["fields"]}
    document = {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
            {"key": "ai", "block": "ai_prompt", "config": config},
        ],
        "edges": [{"from": "start", "port": "next", "to": "ai"}],
    }
    body = {"key": "read", "name": "[Request] — Read", "module": "requests", "document": document}
    small.ask("POST", "/api/v1/workflows", body)
    page = await open_page(small, "admin")
    await page.goto("/workflows/read")
    await settled(page)
    await page.get_by_test_id("node-ai").click()
    await page.get_by_role("combobox", name="Preview with").click()
    await page.get_by_role("option", name="Desk lamps").click()
    counted = page.get_by_test_id("ai-preview")
    await expect(counted).to_contain_text("This record sends about")
    await counted.get_by_role("button", name="Show what is sent").click()
    await expect(counted).to_contain_text("Name: Desk lamps")
    await page.get_by_role("checkbox", name="The record’s fields").uncheck()
    await expect(counted).to_contain_text("This record sends nothing")
    await expect(page.get_by_role("combobox", name="AI provider")).to_be_visible()
    await check_axe(page)

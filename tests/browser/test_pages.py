"""Every page in every state: drawn without a complaint, usable by everybody, kept as a picture to look at."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from tests.browser.conftest import FAILED
from tests.browser.installation import Installation
from tests.browser.looking import Watch, look_at
from tests.browser.pages import PAGES, TABLE, Visit, go, go_on, path_of
from tests.browser.tabs import new_context

ROUTES = Path(__file__).parents[2] / "web" / "src" / "app" / "routes.tsx"

Walk = Callable[[Installation, Visit], Awaitable[Page]]


@pytest.fixture
def visited(request: pytest.FixtureRequest, visit: Visit) -> Installation:
    """The installation that shows the page in this state."""
    where = {"empty": "empty_served", "first_start": "fresh_served"}.get(visit.state, "served")
    return request.getfixturevalue(where)


@pytest.mark.parametrize("visit", PAGES, ids=lambda visit: visit.id)
async def test_page(walk: Walk, visited: Installation, visit: Visit) -> None:
    page = await walk(visited, visit)
    await look_at(page, visit.id)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tabs_of_states(browser: Browser) -> AsyncIterator[dict[tuple[str, str], Page]]:
    """One for each state in which pages are visited, from the first page on."""
    tabs: dict[tuple[str, str], Page] = {}
    yield tabs
    for page in tabs.values():
        await page.context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def walk(
    request: pytest.FixtureRequest,
    browser: Browser,
    watch: Watch,
    tabs_of_states: dict[tuple[str, str], Page],
) -> AsyncIterator[Walk]:
    """Goes to a page from the one before; from a new tab where that one was in another state, or failed."""
    keys: list[tuple[str, str]] = []

    async def go_there(installation: Installation, visit: Visit) -> Page:
        key = (installation.address, visit.state)
        keys.append(key)
        page = tabs_of_states.get(key)
        if page is None:
            page = tabs_of_states[key] = await (
                await new_context(browser, installation, visit.who)
            ).new_page()
            watch.over(page, installation.address)
            await go(page, visit, installation)
        else:
            watch.over(page, installation.address)
            await go_on(page, await path_of(visit, installation), visit.ready)
        return page

    yield go_there
    watch.leave()
    for key in keys:
        if request.node.stash.get(FAILED, False):
            await tabs_of_states.pop(key).context.close()


def test_every_route_is_on_the_list_of_pages() -> None:
    routes = re.findall(r"page\('([^']+)'", ROUTES.read_text(encoding="utf-8"))
    listed = "\n".join(path for _, path, *_ in TABLE)
    missing = [route for route in routes if not re.search(pattern_of(route), listed, re.MULTILINE)]
    assert len(routes) > 10
    assert missing == []


def pattern_of(route: str) -> str:
    """A route of the application as a pattern for paths."""
    return "^" + re.sub(r":\w+", "[^/]+", route.removesuffix("/*")) + "$"

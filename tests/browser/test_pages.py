"""Every page in every state: drawn without a complaint, usable by everybody, kept as a picture to look at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, look_at
from tests.browser.pages import PAGES, TABLE, Visit, go

ROUTES = Path(__file__).parents[2] / "web" / "src" / "app" / "routes.tsx"


@pytest.fixture
def visited(request: pytest.FixtureRequest, visit: Visit) -> Installation:
    """The installation that shows the page in this state."""
    where = {"empty": "empty_served", "first_start": "fresh_served"}.get(visit.state, "served")
    return request.getfixturevalue(where)


@pytest.mark.parametrize("visit", PAGES, ids=lambda visit: visit.id)
async def test_page(open_tab: OpenPage, visited: Installation, visit: Visit, watch: Watch) -> None:
    if visit.state == "error":
        watch.expect("status of 503")
    page = await open_tab(visited, visit.who)
    watch.over(page, visited.address)
    try:
        await go(page, visit, visited)
        await look_at(page, visit.id)
    finally:
        await page.close()


def test_every_route_is_on_the_list_of_pages() -> None:
    routes = re.findall(r"page\('([^']+)'", ROUTES.read_text(encoding="utf-8"))
    listed = "\n".join(path for _, path, *_ in TABLE)
    missing = [route for route in routes if not re.search(pattern_of(route), listed, re.MULTILINE)]
    assert len(routes) > 10
    assert missing == []


def pattern_of(route: str) -> str:
    """A route of the application as a pattern for paths."""
    return "^" + re.sub(r":\w+", "[^/]+", route.removesuffix("/*")) + "$"

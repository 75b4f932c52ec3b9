"""Browsers that tests use one after the other.

A new browser context compiles the whole application again, which costs more than most tests do. So a tab that
a test leaves is emptied of everything but what was fetched and compiled, and the next test starts in it.
"""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, BrowserContext, Error, Page, expect
from tests.browser.installation import Installation
from tests.browser.looking import sign_in

PATIENCE_MS = 10_000
OPTIONS: dict[str, Any] = {
    "locale": "en-GB", "timezone_id": "Europe/Sofia", "color_scheme": "light", "reduced_motion": "reduce",
    "viewport": {"width": 1280, "height": 800},
}  # fmt: skip
BLANK = "/icon.svg"  # of the same site, so that the process stays, and without a script
# Whether time can be told to stand still: a script of the test is in there, and stays.
FORGET = """() => {
  localStorage.clear()
  sessionStorage.clear()
  return !('__pwClock' in window)
}"""


async def new_context(
    browser: Browser, installation: Installation, who: str | None, **of_context: Any
) -> BrowserContext:
    """A browser of somebody's own: cookies, storage and cache that nobody else has."""
    context = await browser.new_context(base_url=installation.address, **(OPTIONS | of_context))
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    if who is not None:
        await sign_in(context, installation, who)
    return context


class Tabs:
    """Tabs that nobody uses just now, by the installation that they were at."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.idle: dict[str, list[Page]] = {}
        self.homes: dict[str, Installation] = {}

    async def take(self, installation: Installation, who: str | None) -> Page:
        """A tab in which that person is signed in, and which knows nothing of whoever had it before."""
        await self.leave_what_ended()
        if idle := self.idle.get(installation.address):
            page = idle.pop()
            if who is not None:
                await sign_in(page.context, installation, who)
            return page
        return await (await new_context(self.browser, installation, who)).new_page()

    async def give_back(self, page: Page, installation: Installation) -> None:
        """Empty it and keep it; where that cannot be done, close it."""
        if installation.is_running and await is_emptied(page, installation.address):
            self.idle.setdefault(installation.address, []).append(page)
            self.homes[installation.address] = installation
        else:
            await page.context.close()

    async def leave_what_ended(self) -> None:
        """Close what was kept for installations that are no more."""
        for address in [address for address, home in self.homes.items() if not home.is_running]:
            del self.homes[address]
            for page in self.idle.pop(address):
                await page.context.close()


async def is_emptied(page: Page, address: str) -> bool:
    """Whether everything is as in a new browser, but for what was fetched."""
    if page.is_closed():
        return False
    try:
        for other in page.context.pages:
            if other is not page:
                await other.close()
        await page.unroute_all(behavior="ignoreErrors")
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size(OPTIONS["viewport"])
        await page.goto(address + BLANK)
        await page.context.clear_cookies()
        return await page.evaluate(FORGET)
    except Error:
        return False

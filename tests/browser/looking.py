"""How the tests look at a page: what it complains of, whether anybody can use it, how it looks."""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request
from tests.browser.installation import Installation

from whereupon.api.identity import COOKIE

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "screenshots"  # git-ignored
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
OpenPage = Callable[..., Awaitable[Page]]  # (installation, who=None, **of the context)
# While nobody is signed in, the application asks who is.
EXPECTED = (r"status of 401 .*/api/v1/me$",)
# Whatever spins or shimmers until an answer is there.
BUSY = ".mantine-Loader-root, .mantine-Skeleton-root[data-visible], [aria-busy=true]"
IS_SETTLED = f"() => document.readyState === 'complete' && !document.querySelector('{BUSY}')"
# Transitions that end are waited for: a half-faded text has too little contrast.
TRANSITIONS_ENDED = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  const ending = document.getAnimations().filter(a => a.effect?.getComputedTiming().iterations !== Infinity)
  await Promise.race([Promise.allSettled(ending.map(a => a.finished)), new Promise(r => setTimeout(r, 2000))])
}"""


class Watch:
    """Hears what pages complain of: errors, things that the policy forbids, requests to other machines."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.expected: list[str] = list(EXPECTED)

    def over(self, page: Page, address: str) -> None:
        """Listen to one page of that installation."""
        host = urlsplit(address).netloc

        def on_console(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.complaints.append(f"{message.text} {message.location.get('url', '')}".strip())

        def on_request(request: Request) -> None:
            asked = urlsplit(request.url)
            if asked.scheme in ("http", "https", "ws", "wss") and asked.netloc != host:
                self.complaints.append(f"Another machine was asked: {request.url}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"Uncaught: {error}"))
        page.on("crash", lambda _: self.complaints.append("The page crashed."))
        page.on("request", on_request)

    def expect(self, *patterns: str) -> None:
        """These complaints (regular expressions) belong to the test."""
        self.expected += patterns

    def unexpected(self) -> list[str]:
        """What nobody expected."""
        return [c for c in self.complaints if not any(re.search(pattern, c) for pattern in self.expected)]


async def sign_in(context: BrowserContext, installation: Installation, who: str) -> None:
    """A new session of that person in this browser, without the form."""
    key = await installation.session_of(who)
    await context.add_cookies(
        [{"name": COOKIE, "value": key, "url": installation.address, "httpOnly": True, "sameSite": "Lax"}]
    )


async def settled(page: Page, ready: str = "h1") -> None:
    """Wait until the page shows what it is about, and nothing on it is still loading."""
    await page.locator(ready).first.wait_for()
    await page.wait_for_function(IS_SETTLED)
    await page.evaluate(TRANSITIONS_ENDED)


async def shot(page: Page, name: str, *, full: bool = False) -> None:
    """Keep how it looks, light and dark, as screenshots/NAME-light.png and NAME-dark.png."""
    SCREENSHOTS.mkdir(exist_ok=True)
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate(TRANSITIONS_ENDED)
        await take(page, f"{name}-{scheme}", full=full)
    await page.emulate_media(color_scheme="light")


async def take(page: Page, name: str, *, full: bool = False) -> None:
    """One picture, as the page is now."""
    path = SCREENSHOTS / f"{name}.png"
    await page.screenshot(path=path, full_page=full, animations="disabled", caret="hide")


async def check_axe(page: Page) -> None:
    """Whoever cannot see well, or uses no mouse, can use this page: no violation, light or dark."""
    found = await axe_violations(page)
    assert not found, "\n".join(found)


async def look_at(page: Page, name: str) -> None:
    """Both of the above at once: kept as pictures, and no violation."""
    found = await axe_violations(page, keep=name)
    assert not found, "\n".join(found)


async def axe_violations(page: Page, keep: str | None = None) -> list[str]:
    """What axe finds, light and dark: the rule, what it wants, and where. `keep`: pictures of this name."""
    await page.evaluate(axe())
    found: list[str] = []
    SCREENSHOTS.mkdir(exist_ok=True)
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate(TRANSITIONS_ENDED)
        if keep is not None:
            await take(page, f"{keep}-{scheme}")
        told = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [f"{scheme}: {line}" for violation in told["violations"] for line in lines_of(violation)]
    await page.emulate_media(color_scheme="light")
    return found


@functools.cache
def axe() -> str:
    """axe-core, as npm fetched it. `; 0`: evaluating it gives nothing that would have to be sent back."""
    return AXE.read_text(encoding="utf-8") + "\n; 0"


def lines_of(violation: Any) -> list[str]:
    """One line per place."""
    return [
        f"{violation['id']} ({violation['help']}) at {node['html'][:120]}: "
        f"{' '.join(node.get('failureSummary', '').split())[:300]}"
        for node in violation["nodes"]
    ]

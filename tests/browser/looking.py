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
UNTOLD = ".mantine-Notification-root { visibility: hidden }"
IS_SETTLED = f"() => document.readyState === 'complete' && !document.querySelector('{BUSY}')"
# What axe asks about colours; all its other rules find the same in the dark as in the light. Frames are left
# out: axe would have to be in them, and the only ones, of mails, run no script.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
RUN_AXE = """rules => axe.run(document, {
  resultTypes: ['violations'], iframes: false, preload: false,
  ...(rules && {runOnly: {type: 'rule', values: rules}}),
})"""
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
        self.ears: list[tuple[Page, str, Callable[[Any], None]]] = []

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

        heard: dict[str, Callable[[Any], None]] = {
            "console": on_console,
            "pageerror": lambda error: self.complaints.append(f"Uncaught: {error}"),
            "crash": lambda _: self.complaints.append("The page crashed."),
            "request": on_request,
        }
        for event, ear in heard.items():
            page.on(event, ear)  # pyright: ignore[reportCallIssue, reportArgumentType]
            self.ears.append((page, event, ear))

    def leave(self) -> None:
        """Listen no more: others use the pages now."""
        for page, event, ear in self.ears:
            page.remove_listener(event, ear)
        self.ears.clear()

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


async def shot(page: Page, name: str, *, full: bool = False, told: bool = True) -> None:
    """Keep how it looks, light and dark, as screenshots/NAME-light.png and NAME-dark.png.

    `told`: with what is said in passing in the corner.
    """
    SCREENSHOTS.mkdir(exist_ok=True)
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate(TRANSITIONS_ENDED)
        await take(page, f"{name}-{scheme}", full=full, told=told)
    await page.emulate_media(color_scheme="light")


async def take(page: Page, name: str, *, full: bool = False, told: bool = True) -> None:
    """One picture, as the page is now."""
    path, style = SCREENSHOTS / f"{name}.png", None if told else UNTOLD
    await page.screenshot(path=path, full_page=full, animations="disabled", caret="hide", style=style)


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
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe())
    found: list[str] = []
    SCREENSHOTS.mkdir(exist_ok=True)
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate(TRANSITIONS_ENDED)
        if keep is not None:
            await take(page, f"{keep}-{scheme}")
        told = await page.evaluate(RUN_AXE, None if scheme == SCHEMES[0] else OF_COLOURS)
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

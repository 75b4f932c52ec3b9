"""`make bench-web`: how quick the built application is in headless Chromium, against the targets.

python -m tests.browser.bench [names …] [--json]   Exit code 1 when a target is missed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from statistics import median
from typing import Any

from playwright.async_api import Browser, Locator, Page, async_playwright
from tests.acceptance.serving import data_folder
from tests.browser.chromium import ARGUMENTS, REASON, find_chromium
from tests.browser.installation import PASSWORD, Installation, add_people, connected, furnish, opened
from tests.browser.looking import BUSY, axe_violations, settled, sign_in
from tests.browser.pages import PAGES, go

from whereupon.bench.__main__ import line_of
from whereupon.bench.figures import Figure, Target
from whereupon.db.embedded import EmbeddedServer
from whereupon.db.migrate import migrate

TIMES = 5
BLOCKS, ROWS = 200, 1_000_000
TARGETS: Mapping[str, Target] = {
    "first_page_ms": Target("ms", 1_500, False),
    "before_editor_kb": Target("KB", 300, False),
    "editor_200_blocks_ms": Target("ms", 1_500, False),
    "drag_frame_ms": Target("ms", 20, False),
    "pan_frame_ms": Target("ms", 20, False),
    "list_first_page_ms": Target("ms", 300, False),
    "list_filter_ms": Target("ms", 300, False),
    "axe_violations": Target("", 0, False),
}
# When the page was last drawn anew before it kept still, in ms since the navigation began. It waits for
# what `selector` names, and until nothing spins.
DRAWN = """([selector, busy]) => new Promise((done, fail) => {
  let since = 0, count = -1
  const look = now => {
    const found = document.querySelectorAll(selector).length
    const waits = found === 0 || document.querySelector(busy)
    if (waits || found !== count) { since = now; count = found }
    if (!waits && now - since > 500) done({ ms: since, count: found })
    else if (now > 60000) fail(new Error(`nothing is drawn at ${selector}`))
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})"""
# From a click to the frame in which the table shows other rows than before.
CLICKED = """([click, rows, busy]) => new Promise((done, fail) => {
  const keys = () => [...document.querySelectorAll(rows)].map(row => row.dataset.testid).join()
  const before = keys(), began = performance.now()
  click.click()
  const look = now => {
    const after = keys()
    if (after && after !== before && !document.querySelector(busy)) done(performance.now() - began)
    else if (now - began > 30000) fail(new Error('the rows stay as they are'))
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})"""
START_FRAMES = """() => {
  window.frames_ = []
  let before = performance.now()
  const tick = now => {
    window.frames_?.push(now - before)
    before = now
    if (window.frames_) requestAnimationFrame(tick)
  }
  requestAnimationFrame(tick)
}"""
END_FRAMES = "() => { const found = window.frames_; window.frames_ = null; return found.slice(2) }"
LOADED = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(entry => !new URL(entry.name).pathname.startsWith('/api/'))
  .map(entry => [new URL(entry.name).pathname, entry.encodedBodySize])"""
MODULE = {
    "key": "parcels", "label": "Parcel", "label_plural": "Parcels",
    "fields": [
        {"key": "name", "type": "text", "required": True, "indexed": True},
        {"key": "city", "type": "select", "indexed": True,
         "options": {"choices": [f"city_{n}" for n in range(50)]}},
        {"key": "weight", "type": "decimal", "options": {"precision": 10, "scale": 2}},
        {"key": "sent_on", "type": "date", "indexed": True},
    ],
}  # fmt: skip
FILL = """
INSERT INTO data.parcels (name, city, weight, sent_on)
SELECT 'Parcel ' || n, 'city_' || n % 50, n % 1000, date '2020-01-01' + n % 2000
FROM generate_series(1, $1::int) n
"""
ROW = "[data-testid^='row-']"


class Bench:
    """An installation to measure at, and a browser to measure with."""

    def __init__(self, installation: Installation, browser: Browser) -> None:
        self.installation = installation
        self.browser = browser

    @asynccontextmanager
    async def page(self, who: str | None = "admin") -> AsyncGenerator[Page]:
        """A page of a browser that was never here: nothing is cached."""
        context = await self.browser.new_context(
            base_url=self.installation.address, viewport={"width": 1280, "height": 800}
        )
        if who is not None:
            await sign_in(context, self.installation, who)
        try:
            yield await context.new_page()
        finally:
            await context.close()

    async def opened(self, path: str, selector: str) -> tuple[float, int]:
        """How long a page takes in such a browser, in ms, and how many of `selector` it then shows."""
        async with self.page() as page:
            await page.goto(path, wait_until="commit")
            drawn = await page.evaluate(DRAWN, [selector, BUSY])
            return drawn["ms"], drawn["count"]

    async def median_of(self, path: str, selector: str) -> tuple[float, int]:
        """The median over some such browsers."""
        found = [await self.opened(path, selector) for _ in range(TIMES)]
        return median(ms for ms, _ in found), found[-1][1]


# What is measured ----------------------------------------------------------------------------------


async def first_page(bench: Bench) -> list[Found]:
    """Home, until it is drawn and one can click on it."""
    ms, _ = await bench.median_of("/", "h1")
    return [("first_page_ms", ms, f"home, cold, median of {TIMES}")]


async def loaded_before_editor(bench: Bench) -> list[Found]:
    """What the sign-in page and then the home page fetch, as it comes over the wire."""
    async with bench.page(None) as page:
        await page.goto("/sign-in")
        await settled(page)
        await page.locator("input[name=email]").fill(bench.installation.people["admin"].email)
        await page.locator("input[type=password]").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/")
        await settled(page)
        entries = dict[str, float](await page.evaluate(LOADED))
    return [("before_editor_kb", sum(entries.values()) / 1024, f"{len(entries)} files, gzip")]


async def editor(bench: Bench) -> list[Found]:
    """A workflow of 200 blocks: opening it, dragging one block, panning the canvas."""
    bench.installation.ask("POST", "/api/v1/workflows", many_blocks(BLOCKS))
    path, card = "/workflows/many_blocks", ".react-flow__node"
    ms, count = await bench.median_of(path, card)
    async with bench.page() as page:
        await page.goto(path)
        await page.evaluate(DRAWN, [card, BUSY])
        block, pane = page.locator(card).nth(4), page.locator(".react-flow__pane")
        x, y, width, height = await box(block)
        dragging = await frames(page, x + width / 2, y + height / 2)
        assert (await box(block))[:2] != (x, y), "the block was not dragged"
        x, y, width, _ = await box(pane)
        before = await box(block)
        panning = await frames(page, x + width - 12, y + 12, -1)
        assert await box(block) != before, "the canvas was not panned"
    return [
        ("editor_200_blocks_ms", ms, f"cold, median of {TIMES}; {count} blocks drawn"),
        ("drag_frame_ms", median(dragging), note_on(dragging)),
        ("pan_frame_ms", median(panning), note_on(panning)),
    ]


def note_on(lengths: Sequence[float]) -> str:
    return f"median of {len(lengths)} frames; worst {max(lengths):.0f} ms"


async def box(what: Locator) -> tuple[float, float, float, float]:
    """Left, top, width, height on the screen."""
    found = await what.bounding_box()
    assert found is not None, "it cannot be seen"
    return found["x"], found["y"], found["width"], found["height"]


async def frames(page: Page, x: float, y: float, direction: int = 1) -> list[float]:
    """The lengths of the frames while the mouse drags from there, in ms."""
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 5 * direction, y + 5)
    await page.evaluate(START_FRAMES)
    for step in range(120):
        await page.mouse.move(x + (5 + step * 1.5) * direction, y + 5 + step * 1.5)
        await asyncio.sleep(0.008)
    found: list[float] = await page.evaluate(END_FRAMES)
    await page.mouse.up()
    return found


def many_blocks(count: int) -> Mapping[str, Any]:
    """A workflow with so many blocks, each after the one before it, START among them."""
    nodes: list[dict[str, Any]] = [
        {"key": "start", "block": "start", "config": {"trigger": "record_created"}, "position": place(0)}
    ]
    nodes += [
        {
            "key": f"block_{n}",
            "block": "update_record",
            "config": {"set": {"weight": n}},
            "position": place(n),
        }
        for n in range(1, count)
    ]
    edges = [{"from": a["key"], "port": "next", "to": b["key"]} for a, b in pairwise(nodes)]
    document: dict[str, Any] = {"format": 1, "nodes": nodes, "edges": edges, "settings": {}}
    return {"key": "many_blocks", "name": "Many blocks", "module": "parcels", "document": document}


def place(n: int) -> dict[str, float]:
    return {"x": n % 10 * 300, "y": n // 10 * 150}


async def list_of_a_million(bench: Bench) -> list[Found]:
    """A module of 1,000,000 records: from a click on it to its first rows, then from a click on a filter."""
    condition = {"field": "city", "operator": "equals", "value": "city_7"}
    view = {"module": "parcels", "name": "City 7", "definition": {"where": condition}}
    bench.installation.ask("POST", "/api/v1/views", view)
    first, filtered = list[float](), list[float]()
    for _ in range(TIMES):
        async with bench.page() as page:
            await page.goto("/records")
            await settled(page)
            module = page.locator("main a[href='/records/parcels']").first
            first.append(await page.evaluate(CLICKED, [await module.element_handle(), ROW, BUSY]))
            tab = page.get_by_role("tab", name="City 7")
            filtered.append(await page.evaluate(CLICKED, [await tab.element_handle(), ROW, BUSY]))
    return [
        ("list_first_page_ms", median(first), f"{ROWS:,} records, from the click to the rows"),
        ("list_filter_ms", median(filtered), "an indexed field, from the click to the rows"),
    ]


async def judged_by_axe(bench: Bench) -> list[Found]:
    """Every page of the full office, light and dark."""
    found: list[str] = []
    pages = [visit for visit in PAGES if visit.state in ("full", "error", "signed_out")]
    for visit in pages:
        async with bench.page(visit.who) as page:
            await go(page, visit, bench.installation)
            found += [f"{visit.id} {line}" for line in await axe_violations(page)]
    for line in found:
        print(line, file=sys.stderr)
    return [("axe_violations", len(found), f"on {len(pages)} pages, light and dark")]


Found = tuple[str, float, str]  # the figure's name, its value, how it came about
MEASUREMENTS: Sequence[tuple[Callable[[Bench], Awaitable[list[Found]]], tuple[str, ...]]] = (
    (first_page, ("first_page_ms",)),
    (loaded_before_editor, ("before_editor_kb",)),
    (editor, ("editor_200_blocks_ms", "drag_frame_ms", "pan_frame_ms")),
    (list_of_a_million, ("list_first_page_ms", "list_filter_ms")),
    (judged_by_axe, ("axe_violations",)),
)


class WebFigure(Figure):
    """A figure of the pages, held against the table above."""

    @property
    def target(self) -> Target:
        return TARGETS[self.name]


# Running it ----------------------------------------------------------------------------------------


async def measure(installation: Installation, wanted: Sequence[str], tell: Callable[[Figure], None]) -> None:
    """Measure these figures, each told as soon as it is known."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        bench = Bench(installation, browser)
        for measurement, names in MEASUREMENTS:
            if set(wanted) & set(names):
                for name, value, note in await measurement(bench):
                    if name in wanted:
                        tell(WebFigure(name, round(value, 1), note))
        await browser.close()


async def fill(installation: Installation) -> None:
    """The packs with what happened in them, and three people."""
    await migrate(installation.database_url)
    await furnish(installation)
    await add_people(installation)


async def add_many_records(installation: Installation, rows: int) -> None:
    """Records by SQL, without an entry in the history for each: nobody changed them."""
    async with connected(installation.database_url) as db:
        await db.execute("ALTER TABLE data.parcels DISABLE TRIGGER USER")
        await db.execute(FILL, rows)
        await db.execute("ALTER TABLE data.parcels ENABLE TRIGGER USER")
        await db.execute("ANALYZE data.parcels")


def main(arguments: Sequence[str]) -> int:
    """Print a line per figure as it comes, or one JSON list at the end."""
    as_json, names = "--json" in arguments, [name for name in arguments if name != "--json"]
    if unknown := [name for name in names if name not in TARGETS]:
        print(f'There is no figure "{unknown[0]}". There are: {", ".join(TARGETS)}.', file=sys.stderr)
        return 2
    if find_chromium() is None:
        print(REASON, file=sys.stderr)
        return 1
    wanted, figures = names or list(TARGETS), list[Figure]()

    def tell(figure: Figure) -> None:
        figures.append(figure)
        if not as_json:
            sys.stdout.write(line_of(figure))
            sys.stdout.flush()

    with data_folder() as folder:
        server = EmbeddedServer(folder)
        installation = Installation(server.start(), folder)
        asyncio.run(fill(installation))
        with opened(installation):
            installation.ask("POST", "/api/v1/modules", MODULE)
            rows = ROWS if {"list_first_page_ms", "list_filter_ms"} & set(wanted) else 100
            asyncio.run(add_many_records(installation, rows))
            asyncio.run(measure(installation, wanted, tell))
    if as_json:
        print(json.dumps([figure.as_json() for figure in figures], indent=2))
    return 0 if all(figure.ok for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

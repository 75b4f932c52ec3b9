"""What a person does with a mouse: drags, fills in forms, chooses from lists."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect

Scope = Page | Locator
STANDS_STILL = """thing => new Promise(done => {
  let before = '', same = 0
  const look = () => {
    const { x, y, width, height } = thing.getBoundingClientRect()
    const now = `${x} ${y} ${width} ${height}`
    same = now === before ? same + 1 : 0
    before = now
    same > 5 ? done() : requestAnimationFrame(look)
  }
  look()
})"""
HALF_WAY = """path => {
  const at = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM())
  return [at.x, at.y]
}"""


def page_of(scope: Scope) -> Page:
    return scope if isinstance(scope, Page) else scope.page


def field(scope: Scope, label: str) -> Locator:
    """The input of that label, whichever kind it is; required or not."""
    named = re.compile(rf"^{re.escape(label)}( \*)?$")
    fields = "input:not([type=hidden], [type=radio]), textarea, [role=textbox], button[aria-haspopup]"
    return scope.locator(fields).and_(scope.get_by_label(named)).first


async def fill(scope: Scope, **values: str) -> None:
    """Type into the fields of these labels; _ stands for a space."""
    for label, value in values.items():
        await field(scope, label.replace("_", " ")).fill(value)


async def choose(scope: Scope, label: str, option: str) -> None:
    """Open the list of that label and take one of it."""
    await field(scope, label).click()
    await page_of(scope).get_by_role("option", name=re.compile(rf"^{re.escape(option)}")).first.click()


async def pick_name(scope: Scope, button: str | re.Pattern[str], typed: str) -> None:
    """Open a list of variables or fields, type, and take the first that is found."""
    page = page_of(scope)
    await scope.get_by_role("button", name=button).click()
    await page.keyboard.type(typed)
    await page.get_by_role("option", name=re.compile(typed, re.IGNORECASE)).first.click()


# The canvas ----------------------------------------------------------------------------------------


async def middle(thing: Locator) -> tuple[float, float]:
    """The middle of it, once it stands still."""
    await still(thing)
    box = await thing.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def still(thing: Locator) -> None:
    """Wait until it is where it was a moment ago: nothing moves the canvas any more."""
    await thing.evaluate(STANDS_STILL)


async def drag(page: Page, source: Locator, to: tuple[float, float]) -> None:
    """Press, move in steps as a hand does, let go."""
    await page.mouse.move(*await middle(source))
    await page.mouse.down()
    await page.mouse.move(to[0] - 40, to[1] - 30, steps=6)
    await page.mouse.move(*to, steps=6)
    await page.mouse.up()


async def drop_block(page: Page, block: str, to: tuple[float, float]) -> None:
    """Drag a block out of the palette."""
    item = page.get_by_test_id(f"palette-{block}")
    await item.scroll_into_view_if_needed()
    await drag(page, item, to)


async def middle_of_line(page: Page, name: str) -> tuple[float, float]:
    """Half way along a line, by its name: "if/true/notify"."""
    path = line(page, name).locator("path.react-flow__edge-path")
    await still(path)
    x, y = await path.evaluate(HALF_WAY)
    return x, y


async def top_of(page: Page, node: str) -> tuple[float, float]:
    """Where a line to that block ends."""
    card = page.get_by_test_id(f"node-{node}")
    await still(card)
    box = await card.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"]


def line(page: Page, name: str) -> Locator:
    """A line on the canvas, by its name: "if/true/notify"."""
    return page.locator(f'.react-flow__edge[data-id="{name}"]')


async def drawn_lines(page: Page) -> set[str]:
    """The names of all lines on the canvas."""
    return set(await page.locator(".react-flow__edge").evaluate_all("all => all.map(e => e.dataset.id)"))


async def saved(page: Page) -> None:
    """The draft has reached the server."""
    await expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")

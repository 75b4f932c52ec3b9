"""What a person does with the keyboard alone, with an eye on whether the focus can be seen."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect
from tests.browser.doing import Scope, field, page_of

INSIDE = 8  # stops within one field of the browser's own, as of a date with a time
MOST = 150  # presses of Tab until something that is on the page must have been reached
# No mouse: any pointer event is a complaint that the test's watch hears.
NO_MOUSE = """for (const kind of ['pointerdown', 'mousedown', 'touchstart'])
  addEventListener(kind, () => console.error(`A pointer was used: ${kind}`), true)"""
# After a Tab: what has the focus, whether it is in sight, and whether what had it before looked different
# while it had it. A look: what shows focus, of the element and of what is drawn around and beside it.
LOOK_AROUND = """async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done))
  await frame()
  const moving = document.getAnimations().filter(a => a.effect?.getComputedTiming().iterations !== Infinity)
  await Promise.race([Promise.allSettled(moving.map(a => a.finished)), new Promise(r => setTimeout(r, 1000))])
  const look = one => [one, one.parentElement, one.parentElement?.parentElement, one.nextElementSibling,
                       one.firstElementChild, one.parentElement?.nextElementSibling]
    .filter(Boolean)
    .map(part => {
      const s = getComputedStyle(part)
      return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderTopColor,
              s.backgroundColor, s.color, s.opacity, s.textDecorationLine].join()
    }).join('|')
  const named = one => `<${one.tagName.toLowerCase()} ${one.getAttribute('aria-label') ?? ''} ` +
    `${one.id} ${one.textContent?.trim().slice(0, 40)}>`
  const before = window.lastFocused
  let unseen = null
  if (before?.one.isConnected && before.one !== document.activeElement && look(before.one) === before.look)
    unseen = named(before.one)
  const now = document.activeElement
  if (!now || now === document.body) { window.lastFocused = null; return { unseen, outside: null } }
  now.scrollIntoViewIfNeeded?.(false)
  const { x, y, width, height } = (now.matches('input[type=radio], input[type=checkbox]')
    ? now.parentElement : now).getBoundingClientRect()
  const inSight = x < innerWidth && y < innerHeight && x + width > 0 && y + height > 0 && width * height > 0
  window.lastFocused = { one: now, look: look(now) }
  return { unseen, outside: inSight ? null : named(now) }
}"""
HAS_FOCUS = (
    "one => one === document.activeElement || (one.tabIndex < 0 && one.contains(document.activeElement))"
)


async def tab_to(thing: Locator, *, back: bool = False) -> None:
    """Press Tab until it has the focus; on the way, whatever has the focus must show it."""
    page = thing.page
    await thing.first.wait_for()
    for _ in range(MOST):
        if await thing.first.evaluate(HAS_FOCUS):
            return
        await press_tab(page, back=back)
    raise AssertionError(f"Tab does not lead to {thing}")


async def press_tab(page: Page, *, back: bool = False) -> None:
    """One step, after which one can see where one is."""
    await page.keyboard.press("Shift+Tab" if back else "Tab")
    seen = await page.evaluate(LOOK_AROUND)
    assert seen["unseen"] is None, f"Nothing shows that it has the focus: {seen['unseen']}"
    assert seen["outside"] is None, f"It has the focus, and is not in sight: {seen['outside']}"


async def press(thing: Locator, key: str = "Enter", *, back: bool = False) -> None:
    """Go there by Tab and press a key."""
    await tab_to(thing, back=back)
    await thing.page.keyboard.press(key)


async def write(scope: Scope, label: str, text: str) -> None:
    """Go to the field of that label by Tab, and type."""
    await tab_to(field(scope, label))
    await page_of(scope).keyboard.press("Control+a")
    await page_of(scope).keyboard.type(text)


async def pick(scope: Scope, label: str, option: str) -> None:
    """Go to the list of that label by Tab, and take one of it with the arrow keys."""
    page = page_of(scope)
    await tab_to(field(scope, label))
    await page.keyboard.press("ArrowDown")
    await page.get_by_role("option", name=re.compile(rf"^{re.escape(option)}")).first.wait_for()
    for _ in range(60):
        now = page.locator("[role=option][data-combobox-selected]:visible")
        if await now.count() and (await now.first.inner_text()).startswith(option):
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")


async def pick_typed(scope: Scope, button: str | re.Pattern[str], typed: str, *, back: bool = False) -> None:
    """Open a list of variables or fields by its button, type, and take the first that is found."""
    page = page_of(scope)
    await press(scope.get_by_role("button", name=button), back=back)
    await page.get_by_role("combobox", name=re.compile("^Search")).and_(page.locator(":focus")).wait_for()
    await page.keyboard.type(typed)
    await expect(page.get_by_role("option", selected=True).first).to_contain_text(typed, ignore_case=True)
    await page.keyboard.press("Enter")


async def go_by_search(page: Page, typed: str) -> None:
    """Ctrl-K, type, and take the first that is found."""
    await page.keyboard.press("Control+k")
    await page.get_by_role("textbox", name="Search or go to").and_(page.locator(":focus")).wait_for()
    await page.keyboard.type(typed)
    await page.get_by_role("option", name=typed).or_(page.get_by_role("button", name=typed)).first.wait_for()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")


async def round_trip(page: Page) -> list[str]:
    """Tab from the top of the page to its end: what had the focus, in order."""
    visited: list[str] = []
    for _ in range(400):
        await press_tab(page)
        at = await page.evaluate(
            "() => document.activeElement === document.body ? null : "
            "(document.activeElement.dataset.stop ??= String(Math.random()))"
        )
        if at is None or (visited and at == visited[0]):
            return visited
        stays = visited[-1:] == [at] and visited.count(at) < INSIDE
        assert stays or at not in visited, "Tab leads back to where one was: a trap"
        visited.append(at)
    raise AssertionError("Tab comes to no end")

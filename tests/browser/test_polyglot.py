"""A string that many languages understand is text on every page: nothing runs, nothing is asked elsewhere."""

from __future__ import annotations

import csv
import io
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, expect
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, Watch, settled
from tests.browser.pages import go_on
from tests.browser.polyglot import FILE, FORMULA, LINE, NAME, RICH, Poly, spread
from tests.browser.tabs import new_context

# Whether the page holds the text: as text, or in an input.
SHOWS = """text => {
  const plain = words => words.replace(/\\s+/g, ' ')
  const held = [...document.querySelectorAll('input, textarea')].map(input => input.value)
  return [document.body.textContent, ...held].some(words => plain(words).includes(plain(text)))
}"""
# What would be there if a page had taken the string for HTML.
TRACES = """() => [...document.querySelectorAll(
  '[onerror], [onload], [onclick], [src*="evil.example"], a[href^="javascript:" i], body script:not([src])'
)].map(found => found.outerHTML.slice(0, 200))"""
# Told before anything of the page runs: what the policy had to forbid.
LISTEN = """
window.forbidden = []
addEventListener('securitypolicyviolation', event =>
  forbidden.push(`${event.violatedDirective} ${event.blockedURI}`))
"""
OPENED: list[str] = []  # windows that the pages opened: alert(1)
# A mail is drawn in a frame that runs and fetches nothing; the browser says what it refused there.
IN_FRAME = ("Blocked script execution in 'about:srcdoc'", '"img-src data:"')


@pytest.fixture(scope="module")
def poly(own_office: Installation) -> Poly:
    """An office with the string in every name and every field."""
    return spread(own_office)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tab(browser: Browser, poly: Poly) -> AsyncIterator[Page]:
    """One tab that goes from page to page, and hears what is forbidden there and what opens."""
    context = await new_context(browser, poly.office, "admin")
    page = await context.new_page()
    page.on("dialog", lambda dialog: OPENED.append(dialog.message))
    await page.add_init_script(LISTEN)
    await page.goto("/")
    await settled(page)
    yield page
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def wanderer(tab: Page, poly: Poly, watch: Watch) -> AsyncIterator[Page]:
    """The same, with an eye on what it complains of during one test."""
    watch.over(tab, poly.office.address)
    yield tab
    await tab.keyboard.press("Escape")  # what lies over all pages, as the search does
    watch.leave()


async def nothing(page: Page) -> None:
    """What is looked at is there already."""


def click(role: str, name: str) -> Callable[[Page], Awaitable[None]]:
    """Open what is behind a button or a tab."""

    async def act(page: Page) -> None:
        await page.get_by_role(role, name=name).first.click()  # pyright: ignore[reportArgumentType]

    return act


async def select_mail(page: Page) -> None:
    """The form of the block that sends the mail, with the preview of a record."""
    await page.get_by_test_id("node-mail").click()
    await expect(page.get_by_test_id("node-name")).to_have_value(NAME)


async def run_test(page: Page) -> None:
    """Test mode, on the newest records."""
    await page.get_by_role("button", name="Test", exact=True).click()
    await page.get_by_role("button", name="The 5 newest").click()
    await page.get_by_test_id("run-test").click()
    await expect(page.get_by_test_id("proof")).to_be_visible()


async def search(page: Page) -> None:
    """Ctrl-K, and the beginning of the string."""
    await page.keyboard.press("Control+k")
    await page.get_by_placeholder("Search or go to").fill(FORMULA)
    await expect(page.get_by_role("dialog").get_by_text(LINE[:40]).first).to_be_visible()


async def open_steps(page: Page) -> None:
    """What each block of a run took and gave."""
    await expect(page.get_by_test_id("run-error")).to_be_visible()
    for step in await page.get_by_test_id("steps").get_by_role("button", expanded=False).all():
        await step.click()


async def open_bell(page: Page) -> None:
    """The newest notifications."""
    await page.get_by_role("button", name="Notifications").click()


async def edit_name(page: Page) -> None:
    """The cell of a name, as an input."""
    await page.locator("[data-cell='0:0']").dblclick()


async def open_message(page: Page) -> None:
    """The newest mail, as it was sent."""
    await page.locator("[data-testid^=message-row-] button").first.click()
    await expect(page.locator("iframe")).to_be_visible()


@dataclass(frozen=True)
class Place:
    """A page on which the string must be text. `text`: how much of it is seen there."""

    path: str
    act: Callable[[Page], Awaitable[None]] = nothing
    text: str = LINE
    ready: str = "h1"


PLACES = {
    "home": Place("/", text=NAME),
    "modules": Place("/records"),
    "list": Place(
        "/records/poly?columns=name,story,letter,mail,page,choice,choices,phase,parent,person,paper"
    ),
    "cell": Place("/records/poly", edit_name),
    "view": Place("/records/poly?view={view}", text=NAME),
    "record": Place("/records/poly/{record}"),
    "timeline": Place("/records/poly/{record}?tab=timeline"),
    "runs of it": Place("/records/poly/{record}?tab=runs", text=NAME),
    "documents": Place("/records/poly/{record}?tab=documents", text=FILE[:60]),
    "related": Place("/records/poly/{record}?tab=related"),
    "why": Place("/records/poly/{record}", click("button", "Why did this not run?"), text=NAME),
    "new record": Place("/records/poly?new=1", text=NAME[:180]),
    "search": Place("/", search),
    "workflows": Place("/workflows", text=NAME),
    "editor": Place("/workflows/poly", text=NAME),
    "block": Place("/workflows/poly", select_mail, text=NAME),
    "outline": Place("/workflows/poly", click("button", "Show as a list"), text=NAME),
    "test mode": Place("/workflows/poly", run_test),
    "publish": Place("/workflows/poly", click("button", "Publish"), text=NAME),
    "versions": Place("/workflows/poly", click("button", "Versions")),
    "history": Place("/runs"),
    "run and its error": Place("/runs/{run}", open_steps),
    "messages": Place("/messages", text=NAME),
    "message": Place("/messages", open_message),
    "templates": Place("/templates", text=NAME),
    "template": Place("/templates/poly"),
    "inbox": Place("/inbox"),
    "notifications": Place("/inbox?tab=notifications"),
    "bell": Place("/", open_bell),
    "imports": Place("/imports", text=FILE[:60]),
    "import": Place("/records/poly/import?import={problem_import}"),
    "settings of modules": Place("/settings/modules"),
    "settings of a module": Place("/settings/modules/poly"),
    "users": Place("/settings/users", text=NAME),
    "groups": Place("/settings/groups", text=NAME),
    "roles": Place("/settings/roles", text=NAME),
    "audit": Place("/settings/audit", text="poly"),
}


@pytest.mark.parametrize("name", PLACES)
async def test_the_string_is_text(wanderer: Page, poly: Poly, watch: Watch, name: str) -> None:
    place, page = PLACES[name], wanderer
    watch.expect(*IN_FRAME)
    await go_on(page, place.path.format(**vars(poly)), place.ready)
    await place.act(page)
    await page.wait_for_function(SHOWS, arg=place.text)
    await settled(page, place.ready)
    assert await page.evaluate(TRACES) == []
    assert await page.evaluate("forbidden.splice(0)") == []
    assert OPENED == []
    for frame in await page.locator("iframe").all():
        assert await frame.get_attribute("sandbox") == ""


async def test_the_traces_are_found_where_a_page_takes_it_for_html(
    open_page: OpenPage, poly: Poly, watch: Watch
) -> None:
    """Without this, a look that has gone blind would let everything pass."""
    watch.expect("")
    page = await open_page(poly.office, "admin", fresh=True)
    await page.add_init_script(LISTEN)
    await page.goto("/")
    await settled(page)
    await page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", LINE)
    assert len(await page.evaluate(TRACES)) >= 2
    await page.wait_for_function("forbidden.length > 0")


async def test_what_was_typed_is_what_is_kept_and_shown(open_page: OpenPage, poly: Poly) -> None:
    """Not one character is lost on the way from the form to the database and back."""
    page = await open_page(poly.office, "admin")
    await page.goto("/records/poly?new=1")
    form = page.get_by_role("dialog")
    await form.get_by_test_id("field-name").locator("input").fill(f"{LINE} other")
    await form.get_by_test_id("field-story").locator("textarea").first.fill(f"{LINE}\n{LINE}")
    await form.get_by_test_id("save-record").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"{LINE} other")
    await expect(page.get_by_test_id("field-name").locator("input")).to_have_value(f"{LINE} other")
    rows = await poly.office.sql("SELECT name, story FROM data.poly ORDER BY id DESC LIMIT 1")
    assert dict(rows[0]) == {"name": f"{LINE} other", "story": f"{LINE}\n{LINE}"}


async def test_the_name_of_a_file_to_import_and_its_cells_are_text(
    open_page: OpenPage, poly: Poly, watch: Watch
) -> None:
    page = await open_page(poly.office, "admin")
    await page.goto("/records/poly/import")
    await settled(page)
    quoted = LINE.replace('"', '""')
    content = f'"{quoted}"\r\n"{quoted}"\r\n'.encode()
    file = FilePayload(name=FILE.replace(".txt", ".csv"), mimeType="text/csv", buffer=content)
    await page.locator("input[type=file]").set_input_files([file])
    table = page.get_by_role("table", name="Columns and fields")
    await expect(table).to_contain_text(LINE)
    assert await page.evaluate(TRACES) == []


async def test_html_that_no_server_cleaned_is_as_harmless(
    open_page: OpenPage, poly: Poly, watch: Watch
) -> None:
    """Rich text that somebody wrote into the database directly. Where it is read, nothing may run."""
    watch.expect("inline event handler")  # what reads it says what it left out
    made = poly.ask("POST", "/records/poly", {"name": f"{LINE} other"})
    await poly.office.sql("UPDATE data.poly SET letter = $1 WHERE id = $2", RICH, int(made["id"]))
    page = await open_page(poly.office, "admin", fresh=True)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for path in (f"/records/poly/{made['id']}", "/records/poly?columns=name,letter&sort=-created_at"):
        await page.goto(path)
        await settled(page)
        await expect(page.get_by_text("{{ 7*7 }} <b>").first).to_be_visible()
        assert await page.evaluate(TRACES) == []
    assert dialogs == []


@pytest.mark.parametrize(
    "path", ["/records/poly/export?format=csv", "/runs/export", "/imports/{problem_import}/problems.csv"]
)
def test_a_table_that_is_saved_holds_no_formula(poly: Poly, path: str) -> None:
    """A spreadsheet takes a cell that begins with = + - @ for a formula (OWASP: CSV injection)."""
    server = poly.office.running
    address = f"{server.address}/api/v1{path.format(**vars(poly))}"
    request = urllib.request.Request(address, headers=dict(server.bearer()))
    with urllib.request.urlopen(request, timeout=10) as answer:
        rows = list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig"))))
    assert len(rows) >= 2
    cells = [cell for row in rows for cell in row]
    assert any(FORMULA in cell for cell in cells)
    assert [cell for cell in cells if cell[:1] in ("=", "@", "\t", "\r")] == []

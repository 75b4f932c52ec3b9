"""Installations to visit, browsers to visit them with, and an eye on what pages complain of.

Everything here runs in two xdist groups, each on one event loop and with one browser.
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright
from tests.browser.chromium import ARGUMENTS, REASON, find_chromium, is_required
from tests.browser.installation import Installation, Person, add_people, furnish, opened
from tests.browser.looking import SCREENSHOTS, OpenPage, Watch, sign_in
from tests.browser.tabs import Tabs, new_context
from tests.conftest import (
    FOLDER,
    drop_database,
    first_of_all,
    run_sql,
    template_name,
    with_database,
)

from whereupon.api.assets import BUILT

HERE = Path(__file__).parent
# Two workers do all of this, each with one browser: more of them would only wait for each other. These files
# are half of the work; what they share is `served`, and what the others share is `office`.
WITH_PAGES = {
    "test_addresses", "test_ai", "test_keyboard", "test_live", "test_messages", "test_newcomer", "test_pages",
    "test_plugin", "test_polyglot", "test_restart", "test_smoke", "test_wizard",
}  # fmt: skip
FAILED = pytest.StashKey[bool]()
Opening = Callable[..., AbstractContextManager[Installation]]


# First: xdist looks at the groups in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            group = "pages" if item.path.stem in WITH_PAGES else "work"
            item.add_marker(pytest.mark.xdist_group(f"browser {group}"))
            # Whichever test comes first waits until an office is furnished, for all of them.
            item.add_marker(pytest.mark.timeout(120, func_only=True))
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


# Installations -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def opening(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Opening:
    """Serves a copy of a database: `with opening(template, people) as installation`. `prepare`: before."""

    @contextmanager
    def open_copy(
        template: str,
        people: dict[str, Person],
        *options: str,
        prepare: Callable[[Installation], Coroutine[Any, Any, None]] | None = None,
    ) -> Generator[Installation]:
        name = f"browser_{uuid.uuid4().hex[:16]}"
        asyncio.run(run_sql(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'))
        folder = tmp_path_factory.mktemp("installation")
        copy = Installation(with_database(server_url, name), folder, dict(people), options=options)
        try:
            if prepare is not None:
                asyncio.run(prepare(copy))
            with opened(copy) as made:
                yield made
        finally:
            asyncio.run(drop_database(server_url, name))

    return open_copy


@pytest.fixture(scope="session")
def furnished(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Not served, only copied: the packs with the runs of their scenarios, and our three people.

    The first worker that asks furnishes it; the others read who the people are.
    """
    if not (BUILT / "index.html").exists():
        pytest.fail("The browser application is not built; `make web` builds it.")
    name = template_name("furnished")
    made = Installation(with_database(server_url, name), tmp_path_factory.mktemp("furnished"))
    people = Path(os.environ[FOLDER]) / "furnished.json"
    with first_of_all("furnished") as first:
        if first:
            asyncio.run(
                run_sql(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
            )
            asyncio.run(furnish(made))
            asyncio.run(add_people(made))
            people.write_text(json.dumps({who: asdict(person) for who, person in made.people.items()}))
    made.people = {who: Person(**person) for who, person in json.loads(people.read_text()).items()}
    return made


def name_of_database(installation: Installation) -> str:
    return urlsplit(installation.database_url).path.removeprefix("/")


@pytest.fixture(scope="session")
def served(opening: Opening, furnished: Installation) -> Iterator[Installation]:
    """A full office that all tests share: leave it as full as it was, and change only what is yours."""
    with opening(name_of_database(furnished), furnished.people) as made:
        yield made


@pytest.fixture(scope="session")
def office(opening: Opening, furnished: Installation) -> Iterator[Installation]:
    """A full office to which tests add things of their own, each under names that nobody else has."""
    with opening(name_of_database(furnished), furnished.people) as made:
        yield made


@pytest.fixture(scope="module")
def own_office(opening: Opening, furnished: Installation) -> Iterator[Installation]:
    """A full office of this file's tests alone, to be stopped and ill-treated (costs 3 s of a processor)."""
    with opening(name_of_database(furnished), furnished.people) as made:
        yield made


@pytest.fixture(scope="session")
def empty_served(opening: Opening, template: str) -> Iterator[Installation]:
    """Three people and nothing else, for pages that are empty: leave it so."""
    with opening(template, {}) as made:
        asyncio.run(add_people(made))
        yield made


@pytest.fixture
def fresh_served(opening: Opening, template: str) -> Iterator[Installation]:
    """An installation that nobody has set up yet; `setup_token` is what `serve` printed."""
    with opening(template, {}) as made:
        yield made


# Browsers ------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests; each has contexts of its own."""
    program = find_chromium()
    if program is None:
        (pytest.fail if is_required() else pytest.skip)(REASON)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the test's pages complained of; the test fails when nobody expected it."""
    watch = Watch()
    yield watch
    assert watch.unexpected() == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tabs(browser: Browser) -> Tabs:
    """Those that were used and are used again."""
    return Tabs(browser)


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(
    request: pytest.FixtureRequest, browser: Browser, tabs: Tabs, watch: Watch
) -> AsyncIterator[OpenPage]:
    """Opens a browser of its own for each call: `page = await open_page(served, "builder")`.

    It has been used before and was emptied, unless it shall be `fresh` (for scripts that cannot be taken
    out again) or of another kind than the usual.
    """
    opened: list[tuple[Page, Installation, bool]] = []

    async def open_one(
        installation: Installation, who: str | None = None, *, fresh: bool = False, **of_context: Any
    ) -> Page:
        is_usual = not fresh and not of_context
        if is_usual:
            page = await tabs.take(installation, who)
        else:
            page = await (await new_context(browser, installation, who, **of_context)).new_page()
        opened.append((page, installation, is_usual))
        watch.over(page, installation.address)
        return page

    yield open_one
    watch.leave()
    has_failed = request.node.stash.get(FAILED, False)
    if has_failed:
        await keep_failure(request.node.name, [page for page, *_ in opened])
    for page, installation, is_usual in opened:
        if is_usual and not has_failed:
            await tabs.give_back(page, installation)
        else:
            await page.context.close()


async def keep_failure(name: str, pages: list[Page]) -> None:
    """What the browsers showed when the test failed."""
    folder = SCREENSHOTS / "failed"
    folder.mkdir(parents=True, exist_ok=True)
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)[:100]
    for n, page in enumerate(pages):
        if not page.is_closed():
            await page.screenshot(path=folder / f"{plain}-{n}.png")


@pytest_asyncio.fixture(loop_scope="session")
async def page(open_page: OpenPage, served: Installation) -> Page:
    """A browser at the full office in which nobody is signed in."""
    return await open_page(served)


@pytest.fixture
def signed_in(served: Installation) -> Callable[..., Any]:
    """Signs somebody in without the form: `await signed_in(page, "builder")`."""

    async def sign(page: Page, who: str = "admin", installation: Installation = served) -> None:
        await sign_in(page.context, installation, who)

    return sign

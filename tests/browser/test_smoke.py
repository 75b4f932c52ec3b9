"""The application is served, starts in a browser, and asks nobody else for anything."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect
from tests.browser.installation import PASSWORD, Installation
from tests.browser.looking import OpenPage, Watch, settled


async def test_whoever_is_not_signed_in_is_asked_to_sign_in_and_goes_on_where_they_wanted_to(
    page: Page,
) -> None:
    await page.goto("/runs")
    await expect(page).to_have_url("/sign-in")
    await page.get_by_label("Address").or_(page.get_by_label("Email")).first.fill("ada@office.example")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url("/runs")


async def test_a_wrong_password_is_said_on_the_page(page: Page, watch: Watch) -> None:
    watch.expect("status of 401 .*/api/v1/session")
    await page.goto("/sign-in")
    await page.locator("input[name=email]").fill("ada@office.example")
    await page.locator("input[type=password]").fill("not this one at all")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Address and password do not belong together")


async def test_at_the_first_start_one_is_led_to_the_setup(
    open_page: OpenPage, fresh_served: Installation
) -> None:
    page = await open_page(fresh_served)
    await page.goto("/workflows")
    await expect(page).to_have_url(re.compile("/setup"))


@pytest.mark.parametrize("who", ["admin", "builder", "user"])
async def test_home_opens_for_everybody(open_page: OpenPage, served: Installation, who: str) -> None:
    page = await open_page(served, who)
    await page.goto("/")
    await settled(page)


async def test_the_watch_hears_what_a_page_complains_of(page: Page, watch: Watch) -> None:
    """Without this, an eye that has gone blind would let everything pass."""
    await page.goto("/sign-in")
    await settled(page)
    assert watch.unexpected() == []
    await page.evaluate("console.error('a complaint')")
    await page.evaluate("setTimeout(() => { throw new Error('nobody caught it') })")
    await page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))")
    await page.evaluate("fetch('http://127.0.0.1:9/elsewhere').catch(() => 0)")
    await page.wait_for_timeout(100)
    heard = "\n".join(watch.unexpected())
    assert "a complaint" in heard
    assert "nobody caught it" in heard
    assert "script-src 'self'" in heard  # the inline script
    assert "connect-src 'self'" in heard  # another machine: refused before it is asked
    watch.expect("")

"""The pictures of the documentation: taken by the tests of the browser, made small, put into docs/images.

`python -m tests.browser.pictures` takes them anew; `… kept` uses what screenshots/ holds already.
"""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from pathlib import Path

from playwright.async_api import Page, async_playwright
from tests.browser.chromium import ARGUMENTS, REASON, find_chromium
from tests.browser.looking import ROOT, SCREENSHOTS

IMAGES = ROOT / "docs" / "images"
FIRST_HOUR = (
    "newcomer-01-set-up", "newcomer-02-home", "newcomer-03-module", "newcomer-04-new-workflow",
    "newcomer-05-problems", "newcomer-06-condition", "newcomer-07-mail", "newcomer-08-test",
    "newcomer-09-publish", "newcomer-10-record", "newcomer-11-replay",
)  # fmt: skip
OF_PAGES = ("home-full", "playbook-full", "bulk-run-full")
# Nobody sees a difference, at a quarter of the size.
AS_WEBP = """async png => {
  const picture = await createImageBitmap(await (await fetch(png)).blob())
  const canvas = document.createElement('canvas')
  Object.assign(canvas, {width: picture.width, height: picture.height})
  canvas.getContext('2d').drawImage(picture, 0, 0)
  return canvas.toDataURL('image/webp', 0.85)
}"""


def take() -> None:
    """Let the tests look at these pages."""
    wanted = " or ".join(("newcomer", *OF_PAGES))
    files = [f"tests/browser/{name}.py" for name in ("test_newcomer", "test_pages")]
    subprocess.run([sys.executable, "-m", "pytest", "-q", *files, "-k", wanted], cwd=ROOT, check=True)


async def put() -> None:
    """Each picture into the documentation, in its light colours."""
    program = find_chromium()
    if program is None:
        sys.exit(REASON)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        page = await browser.new_page()
        for name in (*FIRST_HOUR, *OF_PAGES):
            (IMAGES / f"{name}.webp").write_bytes(await webp(page, SCREENSHOTS / f"{name}-light.png"))
        await browser.close()


async def webp(page: Page, png: Path) -> bytes:
    """The same picture, as a browser compresses it."""
    told = "data:image/png;base64," + base64.b64encode(png.read_bytes()).decode()
    return base64.b64decode((await page.evaluate(AS_WEBP, told)).partition(",")[2])


if __name__ == "__main__":
    if sys.argv[1:] != ["kept"]:
        take()
    asyncio.run(put())

"""The browser application's files: what is sent for which address, how long it is kept, what it may do."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from whereupon.api.app import create_app
from whereupon.api.assets import POLICY
from whereupon.settings import Settings

PAGE = "<!doctype html><title>Καλημέρα</title><script type=module src=/assets/index-Ab12.js></script>"
SCRIPT = "console.log('Ω');" * 200
A_PERSON = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class NoDatabase:
    url = ""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as a build leaves it behind."""
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "built.json").write_text('{"sources": "0"}')
    (folder / "icon.svg").write_text("<svg/>")
    script = folder / "assets" / "index-Ab12.js"
    script.write_text(SCRIPT)
    script.with_name("index-Ab12.js.gz").write_bytes(gzip.compress(SCRIPT.encode(), mtime=0))
    (tmp_path / "secret.txt").write_text("not for you")
    (folder / "way-out.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def browser(built: Path, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(NoDatabase(), Settings(data=tmp_path), built)
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=A_PERSON) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    ["/", "/sign-in", "/workflows/welcome/runs", "/records/Υποθέσεις/7", "/templates/a.b", "/api-like"],
)
async def test_every_page_is_the_application(browser: httpx2.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_script_comes_from_a_text_or_from_elsewhere() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert "unsafe-eval" not in POLICY
    assert "http" not in POLICY


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/workflows", {"accept": "*/*"}, 404),  # a program, not a person
        ("GET", "/workflows", {"accept": ""}, 404),
        ("GET", "/", {"accept": "*/*"}, 200),
        ("HEAD", "/workflows", A_PERSON, 200),
        ("POST", "/workflows", A_PERSON, 404),
        ("DELETE", "/", A_PERSON, 404),
        ("GET", "/assets/index-Old1.js", A_PERSON, 404),
        ("GET", "/assets/", A_PERSON, 404),
        ("GET", "/assets/" + "a" * 5000 + ".js", A_PERSON, 404),
        ("GET", "/api", A_PERSON, 404),
        ("GET", "/api/", A_PERSON, 404),
        ("GET", "/api/v1/nothing", A_PERSON, 404),
        ("POST", "/api/v1/nothing", A_PERSON, 404),
        ("PATCH", "/api/v1/session", A_PERSON, 405),
        ("GET", "/api/v1/session", A_PERSON, 405),
    ],
)
async def test_what_is_no_page_is_refused_as_before(
    browser: httpx2.AsyncClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = await browser.request(method, path, headers=headers)
    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/way-out.txt", "/built.json",
        "/..%5csecret.txt", "/index.html%00.txt", "/x//secret.txt", "/assets/index-Ab12.js.gz",
    ],
)  # fmt: skip
async def test_only_built_files_are_sent(browser: httpx2.AsyncClient, path: str) -> None:
    answer = await browser.get(path, headers={"accept": "*/*"})
    assert answer.status_code == 404
    assert "not for you" not in answer.text


async def test_a_hashed_file_is_kept_for_ever_and_others_are_asked_for_again(
    browser: httpx2.AsyncClient,
) -> None:
    script, icon = await browser.get("/assets/index-Ab12.js"), await browser.get("/icon.svg")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.text == SCRIPT
    assert icon.headers["cache-control"] == "no-cache"
    assert icon.headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [
        ("gzip, deflate, br", True),
        ("GZIP;q=0.5", True),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.00", False),
        ("", False),
    ],
)
async def test_a_packed_file_is_sent_to_who_takes_it(
    browser: httpx2.AsyncClient, built: Path, accepts: str, packed: bool
) -> None:
    answer = await browser.get("/assets/index-Ab12.js", headers={"accept-encoding": accepts})
    assert answer.text == SCRIPT
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
    sent = int(answer.headers["content-length"])
    assert (sent == (built / "assets" / "index-Ab12.js.gz").stat().st_size) is packed


async def test_what_the_browser_has_is_not_sent_again_until_it_is_built_anew(
    browser: httpx2.AsyncClient, built: Path
) -> None:
    first = await browser.get("/")
    again = await browser.get("/inbox", headers={"if-none-match": f'W/"x", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    (built / "index.html").write_text(PAGE + "<!-- νέο -->")
    anew = await browser.get("/", headers={"if-none-match": first.headers["etag"]})
    assert anew.status_code == 200
    assert anew.headers["etag"] != first.headers["etag"]


async def test_packed_and_unpacked_are_told_apart(browser: httpx2.AsyncClient) -> None:
    plain = await browser.get("/assets/index-Ab12.js", headers={"accept-encoding": "br"})
    packed = await browser.get("/assets/index-Ab12.js", headers={"accept-encoding": "gzip"})
    assert plain.headers["etag"] != packed.headers["etag"]


async def test_before_the_first_build_a_page_says_how_to_build(tmp_path: Path) -> None:
    app = create_app(NoDatabase(), Settings(data=tmp_path), tmp_path / "nothing")
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=A_PERSON) as client:
        answer = await client.get("/workflows")
    assert answer.status_code == 503
    assert answer.headers["cache-control"] == "no-store"
    assert "make web" in answer.text

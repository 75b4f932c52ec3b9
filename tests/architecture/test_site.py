"""The documentation as a site: it builds, every link leads somewhere, nothing is fetched from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LISTED = sorted(p for p in (*DOCS.glob("how-to/*.md"), *DOCS.glob("decisions/*.md")) if p.name != "README.md")


pytestmark = pytest.mark.xdist_group("site")  # one worker builds it, once


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` builds it: a link or an anchor that leads nowhere ends the build."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    written = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    pages = {path.with_name("index.html") if path.name == "README.html" else path for path in written}
    assert pages - {path.relative_to(site) for path in site.rglob("*.html")} == set()


def test_pages_fetch_nothing_from_another_machine(site: Path) -> None:
    for page in site.rglob("*.html"):
        fetched = re.findall(
            r'<(?:script|img|link|iframe)\b[^>]*?\b(?:src|href)="(https?://[^"]+)"', page.read_text("utf-8")
        )
        assert fetched == [], page.name


def test_the_navigation_names_every_how_to_and_every_page_of_the_reference() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    pages = [p.relative_to(DOCS) for folder in ("how-to", "reference") for p in (DOCS / folder).rglob("*.md")]
    assert [str(page) for page in pages if f"- {page}\n" not in navigation] == []


@pytest.mark.parametrize("page", LISTED, ids=lambda page: page.name)
def test_the_list_of_its_folder_names_every_page(page: Path) -> None:
    assert f"]({page.name})" in page.with_name("README.md").read_text("utf-8")

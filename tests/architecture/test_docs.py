"""The reference says what the code does: nothing undocumented, no page out of date, no link into nowhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.browser.pictures import FIRST_HOUR, OF_PAGES

from whereupon.cli.main import COMMANDS
from whereupon.conditions.functions import ROWS as FUNCTIONS
from whereupon.conditions.operators import ROWS as OPERATORS
from whereupon.docs import notes
from whereupon.docs.pages import reference, write_reference
from whereupon.modules.field_types import FIELD_TYPES
from whereupon.sdk import registry
from whereupon.settings import Settings
from whereupon.templates.filters import FILTERS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PROSE = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`[^`\n]+`")


pytestmark = pytest.mark.xdist_group("pages")  # one worker writes them, once


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return reference()


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_committed_pages_are_what_the_code_says(pages: dict[str, str]) -> None:
    """`python -m whereupon.docs` brings them up to date."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.iterdir()}
    assert sorted(committed) == sorted(pages)
    assert [name for name in pages if committed[name] != pages[name]] == []


def test_writing_the_pages_tells_which_have_changed(
    pages: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whereupon.docs.pages.reference", lambda: pages)  # made once is enough
    assert write_reference(tmp_path) == list(pages)
    (tmp_path / "blocks.md").write_text("Παλιό")
    (tmp_path / "errors.md").unlink()
    assert write_reference(tmp_path) == ["blocks.md", "errors.md"]
    assert write_reference(tmp_path) == []


def test_each_block_and_trigger_says_what_it_is_for_and_shows_an_example() -> None:
    kinds: list[Any] = [*registry.blocks().values(), *registry.triggers().values()]
    assert len(kinds) > 40
    for one in kinds:
        assert one.label, one.key
        assert one.description.endswith("."), one.key
        assert type(one).__doc__, one.key
        assert one.Config.__doc__, one.key
        assert one.examples, one.key


def test_each_field_type_filter_operator_function_and_setting_is_explained() -> None:
    assert sorted(notes.FIELD_TYPES) == sorted(FIELD_TYPES)
    assert sorted(notes.FILTERS) == sorted(FILTERS)
    assert [operator.key for operator in OPERATORS if not operator.label] == []
    assert [function.name for function in FUNCTIONS if not function.doc or not function.example] == []
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("blocks.md", registry.blocks()),
        ("triggers.md", registry.triggers()),
        ("conditions.md", [operator.key for operator in OPERATORS]),
        ("field-types.md", FIELD_TYPES),
        ("templates.md", FILTERS),
        ("cli.md", [f"whereupon {name}" for name, *_ in COMMANDS]),
        ("settings.md", [f"WHEREUPON_{name.upper()}" for name in Settings.model_fields]),
    ],
)
def test_each_page_names_everything_that_there_is(pages: dict[str, str], page: str, names: list[str]) -> None:
    assert [
        name for name in names if f"`{name}`" not in pages[page] and f"# {name}\n" not in pages[page]
    ] == []


def test_every_command_says_what_it_is_for(pages: dict[str, str]) -> None:
    sections = re.split(r"^#+ (whereupon .+)$", pages["cli.md"], flags=re.MULTILINE)[1:]
    silent = [name for name, text in zip(sections[::2], sections[1::2], strict=True) if not sentences(text)]
    assert len(sections) > 40
    assert silent == []


def sentences(text: str) -> list[str]:
    """The lines of a command's section that explain it."""
    return re.findall(r"^[A-Z].*[.?]$", FENCED.sub("", text).split("**Parameters**")[0], re.MULTILINE)


@pytest.mark.parametrize("path", PROSE, ids=name_of)
def test_every_link_leads_somewhere(path: Path) -> None:
    assert broken_links(path.read_text(encoding="utf-8"), path.parent) == []


def broken_links(text: str, folder: Path) -> list[str]:
    """Links to files that are not there, and to headings that a page does not have."""
    links = [a or b for a, b in LINK.findall(QUOTED.sub("", FENCED.sub("", text)))]
    inside = [link for link in links if not link.startswith(("http://", "https://", "mailto:"))]
    return [link for link in inside if not leads_somewhere(link, text, folder)]


def leads_somewhere(link: str, text: str, folder: Path) -> bool:
    name, _, heading = link.partition("#")
    target = folder / name
    if name and not target.exists():
        return False
    return not heading or heading in headings(target.read_text(encoding="utf-8") if name else text)


def headings(text: str) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ +(.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_pictures_are_those_that_the_browser_tests_take_and_each_is_shown() -> None:
    """`python -m tests.browser.pictures` takes them."""
    taken = {f"{name}.webp" for name in (*FIRST_HOUR, *OF_PAGES)}
    shown = {name for path in PROSE for name in re.findall(r"images/([^)]+)\)", path.read_text("utf-8"))}
    assert {path.name for path in (ROOT / "docs" / "images").iterdir()} == taken == shown


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("", []),
        ("[a](missing.md)", ["missing.md"]),
        ("# Ένα δύο\n[a](#ένα-δύο) [b](#τρία) [c](https://example.org)", ["#τρία"]),
        ('<img src="missing.svg">', ["missing.svg"]),
        ("```\n[a](missing.md)\n```", []),
    ],
)
def test_the_check_of_links_itself_finds_what_is_broken(text: str, broken: list[str], tmp_path: Path) -> None:
    assert broken_links(text, tmp_path) == broken

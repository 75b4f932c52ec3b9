"""The page of each pack says what the pack brings: by its names, whole, with the number of its records."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from whereupon.packs.contents import Pack, pack_keys, read_pack

PAGES = Path(__file__).parents[2] / "docs" / "how-to" / "packs"
# What an older database holds is told where attaching is.
TOLD = [key for key in pack_keys() if read_pack(key).about.older_database is None]
WORKFLOW = re.compile(r"\[[A-Z][\w ]+\] — [^*→|]+(?<! )")


def words_of(key: str) -> str:
    """The page as one line, as it is read."""
    return " ".join((PAGES / f"{key}.md").read_text("utf-8").split())


def records_of(pack: Pack) -> Counter[str]:
    """How many sample records each module has."""
    found = Counter(record.module for record in pack.records.records)
    for sample in pack.samples.samples:
        found[sample.module] += sample.count
    return found


def names_of(pack: Pack) -> set[str]:
    """Everything that people see a name of, but for workflows."""
    people = [*pack.people.groups, *pack.people.roles, *pack.people.people]
    others = {str(thing["name"]) for things in pack.more.values() for thing in things}
    return {pack.about.name} | {one.name for one in people} | others


def test_each_pack_has_a_page_and_the_page_of_packs_leads_there() -> None:
    assert sorted(page.stem for page in PAGES.glob("*.md")) == sorted(TOLD)
    shelf = PAGES.with_suffix(".md").read_text("utf-8")
    assert [key for key in TOLD if f"](packs/{key}.md)" not in shelf] == []


@pytest.mark.parametrize("key", TOLD)
def test_a_page_tells_all_that_its_pack_brings(key: str) -> None:
    pack, words = read_pack(key), words_of(key)
    counts = records_of(pack)
    rows = [f"| {module.label_plural} | {counts[module.key]} |" for module in pack.modules.modules]
    assert [row for row in rows if row not in words] == []
    assert sorted(name for name in names_of(pack) if name not in words) == []
    assert f"whereupon packs install {key}" in words


@pytest.mark.parametrize("key", TOLD)
def test_a_page_names_the_workflows_of_its_pack_and_no_others(key: str) -> None:
    assert set(WORKFLOW.findall(words_of(key))) == {workflow.name for workflow in read_pack(key).workflows}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("**[Claim] — Playbook when it is disputed**: so", ["[Claim] — Playbook when it is disputed"]),
        ("**Workflows → [Case] — Καλώς ήρθατε → Test**", ["[Case] — Καλώς ήρθατε"]),
    ],
)
def test_names_of_workflows_are_found_in_a_text(text: str, found: list[str]) -> None:
    assert WORKFLOW.findall(text) == found

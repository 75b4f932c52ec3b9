"""Blocks and triggers of another package: their palette entry, their forms, their runs. No TypeScript."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import Opening
from tests.browser.doing import choose, drop_block, field, fill, middle, pick_name, saved
from tests.browser.installation import Installation
from tests.browser.looking import OpenPage, check_axe, settled, shot
from tests.browser.small_office import small_office

STATIONERY = '''
"""A stamp, and somebody who listens for a word."""

from typing import Annotated, Literal

from pydantic import Field

from whereupon.conditions.compile import check_condition, compile_condition
from whereupon.conditions.values import INTEGER, TEXT
from whereupon.sdk.block import Block, Config
from whereupon.sdk.fields import AskedCondition, Line, Shown
from whereupon.sdk.outcomes import Done
from whereupon.sdk.texts import check_text, render_texts
from whereupon.sdk.trigger import Trigger

INKS = {"blue": "Office blue", "red": "Warning red", "own": "A colour of our own"}


class Copy(Config):
    """Who gets one."""

    reader: str = Field(min_length=1, title="Reader")
    pages: int = Field(1, ge=1, le=99, title="Pages")


class StampConfig(Config):
    """What is stamped, and how."""

    clerk: str = Field(min_length=1, max_length=60, title="Clerk", description="Whose stamp it is.")
    copies: int = Field(1, ge=1, le=9, title="Stamps per page")
    ink: Annotated[Literal["blue", "red", "own"], Shown(labels=INKS)] = Field("blue", title="Ink")
    colour: Annotated[str | None, Shown(when={"ink": ["own"]})] = Field(None, title="Its colour")
    urgent: AskedCondition = Field(title="Urgent when", description="Then it is stamped twice.")
    words: Line = Field(min_length=1, title="Words on the stamp")
    given_to: list[Copy] = Field(default_factory=list, max_length=5, title="Given to")


class Stamp(Block[StampConfig]):
    """Writes nothing; its output tells what it would have stamped."""

    key = "stamp"
    label = "Stamp it"
    group = "Stationery"
    icon = "printer"
    description = "Puts a stamp on the paper of the record."
    Config = StampConfig
    outputs = {"stamp": TEXT, "count": INTEGER}
    examples = ()

    def check(self, config, scope):
        return [*check_condition(config.urgent, scope, "/urgent"), *check_text(config.words, scope, "/words")]

    def describe(self, config, scope):
        return f"Stamp of {config.clerk} in {config.colour or INKS[config.ink]}"

    async def run_batch(self, config, batch):
        urgent = await batch.rows({"it": f"({compile_condition(config.urgent, batch.place.scope)}) IS TRUE"})
        texts = await render_texts(batch, {"words": config.words})
        return [self.stamped(config, texts[run.id]["words"], urgent[run.id]["it"]) for run in batch.runs]

    def stamped(self, config, words, urgent):
        readers = ", ".join(f"{copy.reader} ({copy.pages})" for copy in config.given_to)
        count = config.copies * (2 if urgent else 1)
        said = f"{words} / {config.clerk}, {config.colour or config.ink}, for {readers}"
        return Done(output={"stamp": said, "count": count})


class WordConfig(Config):
    """What is listened for."""

    word: str = Field(min_length=1, title="Word", description="Somewhere in the name.")


class WordHeard(Trigger[WordConfig]):
    """The name says it."""

    key = "word_heard"
    label = "A word is heard"
    description = "Starts when the name of a new record has this word in it."
    Config = WordConfig

    def operations(self, config):
        return frozenset("I")

    def condition(self, config, scope, operation):
        return compile_condition({"field": "name", "operator": "contains", "value": config.word}, scope)

    def sentence(self, config, scope):
        return f'the name of a new record says "{config.word}"'
'''
METADATA = "Metadata-Version: 2.1\nName: stationery\nVersion: 1.0\n"
ENTRY_POINTS = """
[whereupon.blocks]
stamp = stationery:Stamp

[whereupon.triggers]
word_heard = stationery:WordHeard
"""


@pytest.fixture
def office(
    opening: Opening, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """An office into whose environment the package was installed: its module, and what names its parts."""
    (tmp_path / "stationery.py").write_text(STATIONERY, encoding="utf-8")
    metadata = tmp_path / "stationery-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(METADATA)
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    path = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    with small_office(opening, template) as made:
        yield made


async def test_a_block_and_a_trigger_of_a_package_are_chosen_filled_in_published_and_run(
    office: Installation, open_page: OpenPage
) -> None:
    page = await open_page(office, "admin")
    await begin_workflow(page)
    await see_it_in_the_palette(page)
    await drop_block(page, "stamp", await middle(page.get_by_test_id("first-block")))
    await fill_in(page)
    await shot(page, "plugin-form")
    await check_axe(page)
    assert await stored(office) == {
        "trigger": {"trigger": "word_heard", "word": "roof"},
        "stamp": {
            "clerk": "Bo", "copies": 3, "ink": "own", "colour": "violet",
            "urgent": {"field": "amount", "operator": "greater_than", "value": 1000},
            "words": "Seen: {{ record.name }}",
            "given_to": [{"reader": "Uma", "pages": 4}, {"reader": "Ada"}],
        },
    }  # fmt: skip
    await publish(page)
    for name, amount in (("Garden", 9), ("Second roof", 2000)):
        office.ask("POST", "/api/v1/records/requests", {"name": name, "amount": amount})
    await see_it_run(page)


async def begin_workflow(page: Page) -> None:
    await page.goto("/workflows?new=1")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("radio", name=re.compile("^A word is heard")).click()
    await choose(dialog, "Module", "Requests")
    await fill(dialog, Name="[Request] — Stamp it")
    await dialog.get_by_role("button", name="Create and open").click()
    side = page.get_by_test_id("side-panel")
    await page.get_by_test_id("node-start").click()
    await expect(side.get_by_text("Starts when the name of a new record has this word")).to_be_visible()
    await field(side, "Word").fill("roof")
    await expect(page.get_by_test_id("node-start")).to_contain_text(
        'the name of a new record says "roof"', ignore_case=True
    )


async def see_it_in_the_palette(page: Page) -> None:
    group = page.get_by_test_id("palette").get_by_role("region", name="Stationery")
    item = group.get_by_test_id("palette-stamp")
    await expect(item).to_have_text("Stamp it")
    await expect(item.locator("svg.tabler-icon-printer")).to_be_visible()
    await item.hover()
    await expect(page.get_by_role("tooltip").filter(has_text="Puts a stamp on the paper")).to_be_visible()


async def fill_in(page: Page) -> None:
    side = page.get_by_test_id("side-panel")
    await expect(page.get_by_test_id("node-stamp")).to_be_visible()
    await expect(side.get_by_text("Whose stamp it is.")).to_be_visible()
    await field(side, "Clerk").fill("Bo")
    await field(side, "Stamps per page").fill("3")
    await expect(field(side, "Its colour")).to_have_count(0)
    await choose(side, "Ink", "A colour of our own")
    await field(side, "Its colour").fill("violet")
    await side.get_by_role("button", name="Add: condition").click()
    await pick_name(side, re.compile("^Field:"), "Amount")
    await choose(side, "Comparison", "is greater than")
    await field(side, "Value").fill("1000")
    await expect(page.get_by_test_id("matches")).to_contain_text("Matches 1 of 2 records now.")
    await choose(side, "Preview with", "New roof")
    await field(side, "Words on the stamp").fill("Seen: ")
    await pick_name(side, "Insert a variable into “Words on the stamp”", "Name")
    await expect(side.get_by_text("Reads: Seen: New roof")).to_be_visible()
    given = side.get_by_role("list", name="Given to")
    for number, reader in enumerate(("Uma", "Ada")):
        await side.get_by_role("button", name="Add to “Given to”").click()
        await field(given.get_by_role("listitem").nth(number), "Reader").fill(reader)
    await field(given.get_by_role("listitem").nth(0), "Pages").fill("4")
    await expect(page.get_by_test_id("node-stamp")).to_contain_text("Stamp of Bo in violet")
    await expect(page.get_by_test_id("node-stamp").get_by_role("img")).to_have_count(0)  # no problem
    await saved(page)


async def stored(office: Installation) -> dict[str, Any]:
    """The two configurations as the database has them."""
    (row,) = await office.sql("SELECT draft FROM whereupon.workflows")
    draft = json.loads(row["draft"]) if isinstance(row["draft"], str) else row["draft"]
    configs = {node["key"]: node["config"] for node in draft["nodes"]}
    return {"trigger": configs["start"], "stamp": configs["stamp"]}


async def publish(page: Page) -> None:
    await page.get_by_role("button", name="Publish", exact=True).click()
    review = page.get_by_role("dialog")
    await expect(review).to_contain_text("Stamp of Bo in violet")
    await review.get_by_role("button", name="Publish", exact=True).click()
    await expect(review).to_contain_text("Version 1 is active")
    await review.get_by_role("button", name="Back to the editor").click()


async def see_it_run(page: Page) -> None:
    await page.goto("/runs")
    rows = page.get_by_test_id("runs-table").get_by_role("row")
    run = rows.filter(has_text="Second roof")
    await expect(run).to_contain_text("Succeeded")
    await expect(rows.filter(has_text="Garden")).to_have_count(0)
    await run.get_by_role("link", name="[Request] — Stamp it").click()
    await settled(page, "[data-testid=replay]")
    step = page.get_by_test_id("step-stamp")
    await expect(step).to_contain_text("Stamp it")
    await step.get_by_role("button").first.click()
    for told in ("Seen: Second roof / Bo, violet, for Uma (4), Ada (1)", "6"):
        await expect(step.get_by_role("cell", name=told, exact=True)).to_be_visible()

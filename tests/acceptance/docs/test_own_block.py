"""The block of docs/how-to/block.md, as an installed package: found by its entry point, checked, and run."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Invalid
from whereupon.sdk import registry

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "block.md"
CREATED = {"trigger": "record_created"}


def block_of(language: str) -> str:
    """The page's one block in that language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return found


def install(folder: Path) -> None:
    """What an installer leaves behind: the module, and the metadata with its entry points."""
    project = tomllib.loads(block_of("toml"))["project"]
    (folder / "shouting.py").write_text(block_of("python"), encoding="utf-8")
    metadata = folder / f"{project['name']}-{project['version']}.dist-info"
    metadata.mkdir()
    described = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(described)
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in names.items())
        for group, names in project["entry-points"].items()
    )
    (metadata / "entry_points.txt").write_text("\n".join(groups))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package on the path for one test."""
    install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.blocks.cache_clear()
    yield
    sys.modules.pop("shouting", None)
    monkeypatch.undo()
    registry.blocks.cache_clear()


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


def test_a_block_is_there_only_while_its_package_is_installed() -> None:
    registry.blocks.cache_clear()
    assert "shout" not in registry.blocks()


def test_an_installed_package_adds_its_block_beside_ours(installed: None) -> None:
    assert registry.block("shout").label == "Shout"
    assert {"if", "send_email"} < set(registry.blocks())


@pytest.mark.parametrize("name", ["Ωmega", " "])
async def test_it_runs_in_a_workflow_and_later_blocks_see_its_output(
    installed: None, office: Office, name: str
) -> None:
    example = registry.block("shout").examples[0]
    note = {"key": "note", "block": "update_record", "set": {"amount": {"field": "nodes.it.loudness"}}}
    await office.publish(CREATED, {"key": "it", "block": "shout", **example}, note)
    item = await office.insert(name=name)
    await office.settle()
    assert [run["status"] for run in await office.runs()] == ["succeeded"]
    assert (await office.item(item))["amount"] == len(f"Hey, {name}!") + 10


async def test_its_failure_is_the_runs_failure_with_its_advice(installed: None, office: Office) -> None:
    await office.publish(CREATED, {"key": "it", "block": "shout", "text": "quietly"})
    await office.insert(name="a")
    await office.settle()
    run = (await office.runs())[0]
    assert (run["status"], run["error"]["code"]) == ("failed", "too_quiet")


@pytest.mark.parametrize("text", [None, "", "{{ record.náme }}"])
async def test_its_configuration_is_checked_when_it_is_published(
    installed: None, office: Office, text: str | None
) -> None:
    given = {} if text is None else {"text": text}
    with pytest.raises(Invalid):
        await office.publish(CREATED, {"key": "it", "block": "shout", **given})

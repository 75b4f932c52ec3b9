"""Each scenario of each pack, played as a user's day, its negatives included."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from whereupon.db.pool import Database
from whereupon.packs.demo import administrator, quiet, workers
from whereupon.packs.loading import load_pack
from whereupon.packs.scenarios import Result, Scenario, all_scenarios, play
from whereupon.settings import Settings
from whereupon.workflows import store
from whereupon.workflows.kinds import changing

MakePacked = Callable[[str], Awaitable[str]]
# The scenarios of a pack are one worker's: it loads the pack once.
SCENARIOS = [
    pytest.param(
        pack, scenario, id=f"{pack}-{scenario.number}", marks=pytest.mark.xdist_group(f"pack {pack}")
    )
    for pack, scenario in all_scenarios()
]
FIRST = list({str(one.values[0]): one for one in reversed(SCENARIOS)}.values())  # of each pack
# One for each way to start, and for an insert by another program.
CARELESS = [one for one in SCENARIOS if one.values[1].number in (2, 3, 4, 7, 14, 21, 23, 27, 34)]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)  # pyright: ignore[reportCallIssue]


async def played(
    url: str, pack: str, scenario: Scenario, settings: Settings, *, working: bool = True
) -> Result:
    database = await Database.connect(url)
    try:
        rights = (await administrator(database)).rights
        loaded = await load_pack(database, pack, rights)

        async def settle() -> None:
            if working:
                await quiet(database)

        if not working:
            return await play(database, loaded, rights, settle, scenario, settings)
        async with workers(database, settings):
            return await play(database, loaded, rights, settle, scenario, settings)
    finally:
        await database.close()


@pytest.mark.parametrize(("pack", "scenario"), SCENARIOS)
async def test_a_scenario_comes_out_as_promised(
    make_packed: MakePacked, pack: str, scenario: Scenario, settings: Settings
) -> None:
    result = await played(await make_packed(pack), pack, scenario, settings)
    assert result.problems == []
    assert len(result.events) >= 3
    assert any(why.ran for why in result.whys)
    assert any(not why.ran for why in result.whys)


# These leave the pack's database worse than it was: they come last, and in this order.


@pytest.mark.parametrize(("pack", "scenario"), CARELESS)
async def test_a_scenario_fails_when_its_workflow_starts_too_often(
    make_packed: MakePacked, pack: str, scenario: Scenario, settings: Settings
) -> None:
    url = await make_packed(pack)
    for workflow in scenario.workflows:
        await make_careless(url, workflow)
    assert not (await played(url, pack, scenario, settings)).passed


@pytest.mark.parametrize(("pack", "scenario"), FIRST)
async def test_a_scenario_fails_when_nothing_is_done(
    make_packed: MakePacked, pack: str, scenario: Scenario, settings: Settings
) -> None:
    url = await make_packed(pack)
    assert not (await played(url, pack, scenario, settings, working=False)).passed


async def make_careless(url: str, workflow: str) -> None:
    """Publish the workflow without its filter and recurrence, on any change."""
    database = await Database.connect(url)
    rights = (await administrator(database)).rights
    async with database.transaction() as db:
        document: Any = (await store.get_workflow(db, workflow))["draft"]
        document["settings"] = {}
        config = document["nodes"][0]["config"]
        dated = ("trigger", "field", "amount", "unit")
        asks = {
            "schedule": ("trigger", "cron"),
            "date_reached": dated,
            "strategy_step": ("strategy", *dated),
            "webhook": ("trigger", "variables", "set", "match"),
        }
        kept = asks.get(config["trigger"], ("trigger", "also_on_creation"))
        document["nodes"][0]["config"] = {key: config[key] for key in kept if key in config}
        if config["trigger"] == "stage_entered":
            document["nodes"][0]["config"]["trigger"] = "record_updated"
        kind = await db.fetchval("SELECT kind FROM whereupon.workflows WHERE key = $1", workflow)
        with changing(kind):
            await store.change_workflow(db, rights, workflow, store.WorkflowChange(document=document))
            await store.publish(db, rights, workflow)
    await database.close()

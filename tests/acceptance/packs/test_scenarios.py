"""Each scenario of each pack, played as a user's day, its negatives included."""

from __future__ import annotations

import pytest

from whereupon.db.pool import Database
from whereupon.packs.demo import administrator, quiet, workers
from whereupon.packs.loading import load_pack
from whereupon.packs.scenarios import Result, Scenario, all_scenarios, play

SCENARIOS = all_scenarios()
IDS = [f"{pack}-{scenario.number}" for pack, scenario in SCENARIOS]


async def played(url: str, pack: str, scenario: Scenario, *, working: bool = True) -> Result:
    database = await Database.connect(url)
    try:
        rights = (await administrator(database)).rights
        loaded = await load_pack(database, pack, rights)

        async def settle() -> None:
            if working:
                await quiet(database)

        if not working:
            return await play(database, loaded, rights, settle, scenario)
        async with workers(database):
            return await play(database, loaded, rights, settle, scenario)
    finally:
        await database.close()


@pytest.mark.parametrize(("pack", "scenario"), SCENARIOS, ids=IDS)
async def test_a_scenario_comes_out_as_promised(make_packed, pack: str, scenario: Scenario) -> None:
    result = await played(await make_packed(pack), pack, scenario)
    assert result.problems == []
    assert len(result.events) >= 3
    assert any(why.ran for why in result.whys)
    assert any(not why.ran for why in result.whys)

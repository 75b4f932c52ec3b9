"""`whereupon demo`: all packs on one database, as often as one likes, one JSON object for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from whereupon.db.pool import Database
from whereupon.errors import Conflict
from whereupon.outbox.settings import MailSettings, save_mail_settings
from whereupon.packs import demo
from whereupon.packs.contents import pack_keys
from whereupon.packs.scenarios import all_scenarios, scenarios_of
from whereupon.people.sessions import sign_in

ALL = [scenario.number for _, scenario in all_scenarios()]
SOME = [(pack, scenarios_of(pack)[0]) for pack in pack_keys()]  # the first of each pack
PROGRAM = """
import asyncio
from whereupon.packs import demo
from whereupon.packs.scenarios import scenarios_of
demo.all_scenarios = lambda: [(pack, scenarios_of(pack)[0]) for pack in demo.pack_keys()]
asyncio.run(demo.run(once=True, json=True))
"""


async def test_a_second_demonstration_on_the_same_database_comes_out_the_same(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as shortened:
        shortened.setattr(demo, "all_scenarios", lambda: SOME)
        first = await demo.run(database_url, again=False)
        assert first is not None
        capsys.readouterr()
        assert await demo.run(database_url, again=False) is None, "what was played need not be played again"
        said = capsys.readouterr().out
        assert "All 6 scenarios were played here before" in said
        assert "Sign in as demo@" in said
    assert not await demo.greet_again(database_url), "not all of them were"
    second = await demo.on_database(database_url)
    for report, numbers in ((first, [scenario.number for _, scenario in SOME]), (second, ALL)):
        assert [problem for result in report.results for problem in result.problems] == []
        assert [result.scenario.number for result in report.results] == numbers
        assert report.passed
    database = await Database.connect(database_url)
    async with database.connection() as db:
        assert (
            await db.fetchval("SELECT count(*) FROM whereupon.users WHERE email = $1", demo.ADMINISTRATOR)
            == 1
        )
        assert await sign_in(db, second.administrator.email, second.administrator.password)
    await database.close()


def test_once_prints_one_json_object_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert told["passed"] is True
    assert [scenario["number"] for scenario in told["scenarios"]] == [one.number for _, one in SOME]
    expected = {
        "number",
        "name",
        "events",
        "runs",
        "messages",
        "tasks",
        "notifications",
        "passed",
        "problems",
    }
    assert all(expected <= scenario.keys() for scenario in told["scenarios"])


async def test_it_does_not_play_where_mail_really_leaves(database_url: str, database: Database) -> None:
    async with database.connection() as db:
        await save_mail_settings(db, MailSettings(host="smtp.example.org", from_address="office@example.org"))
    with pytest.raises(Conflict):
        await demo.on_database(database_url)

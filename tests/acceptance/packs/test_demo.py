"""`whereupon demo`: all packs on one database, as often as one likes, one JSON object for programs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from whereupon.db.pool import Database
from whereupon.errors import Conflict
from whereupon.outbox.settings import MailSettings, save_mail_settings
from whereupon.packs import demo
from whereupon.packs.scenarios import all_scenarios
from whereupon.people.sessions import sign_in

ALL = [scenario.number for _, scenario in all_scenarios()]
PROGRAM = "import asyncio; from whereupon.packs.demo import run; asyncio.run(run(once=True, json=True))"


async def test_a_second_demonstration_on_the_same_database_comes_out_the_same(database_url: str) -> None:
    first, second = await demo.on_database(database_url), await demo.on_database(database_url)
    for report in (first, second):
        assert [problem for result in report.results for problem in result.problems] == []
        assert [result.scenario.number for result in report.results] == ALL
        assert report.passed
    database = await Database.connect(database_url)
    async with database.connection() as db:
        assert (
            await db.fetchval("SELECT count(*) FROM whereupon.users WHERE email = $1", demo.ADMINISTRATOR)
            == 1
        )
        assert await sign_in(db, second.administrator.email, second.administrator.password)
    await database.close()


def test_once_prints_one_json_object_and_leaves_nothing_behind() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert told["passed"] is True
    assert [scenario["number"] for scenario in told["scenarios"]] == ALL
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

"""Playbooks and strategies on the command line: the same nouns, readable, JSON for programs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.office import Office, open_office

from whereupon.cli.failing import exit_code_of
from whereupon.cli.main import make_app
from whereupon.db.pool import Database
from whereupon.playbooks.definition import blank
from whereupon.playbooks.strategies import NewStrategy, create_strategy

STEP = {"description": "Ask why.", "planned": {"amount": 1}, "participant": {"owner": True}}
STRATEGY = {"date": "due_date", "steps": [
    {"key": "note", "name": "Note", "amount": 3, "type": "task",
     "message": {"title": "Note", "assignee": {"owner": True}}},
]}  # fmt: skip


async def furnish(url: str) -> None:
    database = await Database.connect(url)
    office = await open_office(database)
    for name in ("Ωmega", "Ægir"):
        await office.insert(name=name, owner=office.admin)
    async with database.transaction() as db:
        new = NewStrategy(name="Dunning", module="items", definition=STRATEGY)
        await create_strategy(db, office.rights, new)
    await database.close()


async def work(url: str) -> None:
    """What the workers would do."""
    database = await Database.connect(url)
    async with database.connection() as db:
        rights: Any = None
        admin: int = await db.fetchval("SELECT min(id) FROM whereupon.users")
    from whereupon.workers.engine import Engine

    await Office(database, admin, rights, Engine(database)).settle()
    await database.close()


def test_a_playbook_is_drawn_published_started_and_done(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WHEREUPON_DATABASE_URL", database_url)
    monkeypatch.setenv("WHEREUPON_DATA", str(tmp_path))
    asyncio.run(furnish(database_url))

    def do(*words: str, fails: bool = False) -> Any:
        code = exit_code_of(make_app(), [*words, "--json"])
        told = capsys.readouterr()
        assert (code != 0) == fails, told.err
        return json.loads(told.err if fails else told.out)

    file = tmp_path / "dispute.json"
    definition = blank()
    file.write_text(json.dumps(definition))
    made = do("playbooks", "draw", str(file), "--module", "items", "--name", "Διαφωνία")
    assert do("playbooks", "publish", made["key"], fails=True)["problems"][0]["path"].startswith("/phases/0")
    definition["phases"][0]["steps"][0] |= STEP
    file.write_text(json.dumps(definition))
    do("playbooks", "draw", str(file), "--key", made["key"])
    assert do("playbooks", "publish", made["key"])["active_version"] == 1
    started = do("playbooks", "start", made["key"], "1", "2", "77")
    assert (len(started["started"]), [one["record_id"] for one in started["refused"]]) == (2, ["77"])
    asyncio.run(work(database_url))
    one, two = (str(number) for number in started["started"])
    assert (
        do("playbooks", "done", one, "step_1", "--comment", "Ναι")["phases"][0]["steps"][0]["status"]
        == "done"
    )
    assert do("playbooks", "reassign", two, "step_1", fails=True)["error"] == "invalid"
    assert do("playbooks", "cancel", two, "--reason", "By mistake")["status"] == "cancelled"
    asyncio.run(work(database_url))
    assert [row["status"] for row in do("playbooks", "tracks")] == ["cancelled", "completed"]
    assert do("strategies", "publish", "dunning")["state"] == "active"
    assert do("strategies", "status", "pause", "items", "1", "--reason", "Αμφισβητείται")["records"] == ["1"]
    found = do("strategies", "record", "items", "1")
    assert (found["status"], found["history"][0]["reason"]) == ("paused", "Αμφισβητείται")
    for words in (["playbooks", "list"], ["playbooks", "show", made["key"]], ["playbooks", "track", one],
                  ["playbooks", "tracks"], ["strategies", "list"], ["strategies", "show", "dunning"],
                  ["strategies", "record", "items", "1"]):  # fmt: skip
        assert exit_code_of(make_app(), words) == 0
        assert capsys.readouterr().out.strip()

"""Calls leave after the commit, are made at least once, and their runs go on with what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from tests.calling import calling as at_work
from tests.calling import settle
from tests.office import Office, open_office

from whereupon.conditions.values import TEXT
from whereupon.db.pool import Database
from whereupon.errors import Invalid, Unavailable
from whereupon.outbox.calls import Call, calls_of, hurry
from whereupon.sdk import registry
from whereupon.sdk.block import Batch, Config
from whereupon.sdk.outcomes import Fail
from whereupon.sdk.outside import Again, Ask, Got, OutsideBlock, Patience, Performed, World
from whereupon.settings import Settings
from whereupon.workers import caller as calling
from whereupon.workers.caller import Caller
from whereupon.workers.report import report


class EchoConfig(Config):
    """What the other side says."""

    word: str = "hello"
    to: str = ""


class Echo(OutsideBlock[EchoConfig]):
    """Another side that can be told how to behave."""

    key, label, group, icon, description = "echo", "Echo", "Messages", "send", "Says it again."
    Config = EchoConfig
    outputs: ClassVar = {"word": TEXT}
    patience = Patience(3, 0.01, 0.02)
    seconds = 0.5

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.answers: dict[str, list[Performed | Exception]] = {}
        self.hangs = asyncio.Event()

    async def prepare(self, config: EchoConfig, batch: Batch) -> Sequence[Ask | Fail]:
        return [Ask({"word": config.word}, config.to) for _ in batch.runs]

    async def perform(self, call: Call, world: World) -> Performed:
        word = call.request["word"]
        self.heard.append(call.key)
        if word == "hang":
            await self.hangs.wait()
        told = self.answers.get(word, [])
        answer = told.pop(0) if told else Got({"word": word})
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Echo:
    made = Echo()
    known = MappingProxyType({**registry.blocks(), "echo": made})
    monkeypatch.setattr(registry, "blocks", lambda: known)
    return made


@pytest.fixture
async def caller(database: Database, tmp_path: Path) -> AsyncIterator[Caller]:
    async with at_work(database, tmp_path) as made:
        yield made


SAYS: Mapping[str, Any] = {"key": "says", "block": "echo", "word": "Καλημέρα"}
NOTE: Mapping[str, Any] = {
    "key": "note", "block": "update_record", "set": {"note": {"field": "nodes.says.word"}},
}  # fmt: skip


async def test_the_answer_is_there_for_the_blocks_after_it(
    office: Office, echo: Echo, caller: Caller
) -> None:
    await office.publish({"trigger": "record_created"}, SAYS, NOTE)
    item = await office.insert(name="One")
    await settle(office, caller)
    assert (await office.item(item))["note"] == "Καλημέρα"
    [run] = await office.runs()
    assert run["status"] == "succeeded"
    [says, _] = await office.steps(run["id"])
    assert (says["input"], says["output"]) == ({"word": "Καλημέρα"}, {"word": "Καλημέρα"})


async def test_each_of_many_runs_is_called_for_once(office: Office, echo: Echo, caller: Caller) -> None:
    await office.publish({"trigger": "record_created"}, SAYS)
    await office.execute("INSERT INTO data.items (name) SELECT 'n' || i FROM generate_series(1, 300) i")
    await settle(office, caller, seconds=20)
    assert {run["status"] for run in await office.runs()} == {"succeeded"}
    assert (len(echo.heard), len(set(echo.heard))) == (300, 300)


@pytest.mark.parametrize(
    ("answers", "status", "code", "attempts"),
    [
        ([Again("Busy.", "busy"), Again("Busy.", "busy")], "succeeded", None, 3),
        ([Again("Busy.", "busy")] * 3, "failed", "busy", 3),
        ([Fail("No.", "refused")], "failed", "refused", 1),
        ([Invalid("Wrong.")], "failed", "invalid", 1),
        ([RuntimeError("a defect")], "failed", "unexpected", 1),
    ],
)
async def test_what_goes_wrong_is_tried_again_or_told(
    office: Office,
    echo: Echo,
    caller: Caller,
    answers: list[Any],
    status: str,
    code: str | None,
    attempts: int,
) -> None:
    echo.answers["Καλημέρα"] = list(answers)
    await office.publish({"trigger": "record_created"}, SAYS)
    await office.insert(name="One")
    await settle(office, caller)
    [run] = await office.runs()
    assert (run["status"], (run["error"] or {}).get("code")) == (status, code)
    assert (len(echo.heard), len(set(echo.heard))) == (attempts, 1)


async def test_one_that_hangs_is_given_up_and_the_others_go_through(
    office: Office, echo: Echo, caller: Caller
) -> None:
    await office.publish(
        {"trigger": "record_created"}, {**SAYS, "word": "hang", "to": "slow:80"}, name="Slow"
    )
    await office.publish({"trigger": "record_created"}, {**SAYS, "to": "quick:80"}, name="Quick")
    await office.insert(name="One")
    await settle(office, caller)
    found = {
        run["workflow"]: (run["status"], (run["error"] or {}).get("code")) for run in await office.runs()
    }
    assert found == {"slow": ("failed", "timeout"), "quick": ("succeeded", None)}


async def test_a_call_whose_caller_died_is_made_again_with_the_same_key(
    office: Office, echo: Echo, database: Database, tmp_path: Path
) -> None:
    await office.publish({"trigger": "record_created"}, {**SAYS, "word": "hang"})
    await office.insert(name="One")
    await office.settle()
    dead = Caller(database, Settings(data=tmp_path))  # pyright: ignore[reportCallIssue]
    assert await dead.take() == 0.0
    await asyncio.sleep(0.05)
    for task in dead.under_way.values():
        task.cancel()
    echo.hangs.set()
    await office.execute("UPDATE whereupon.calls SET alive_at = alive_at - interval '1 minute'")
    alive = Caller(database, Settings(data=tmp_path))  # pyright: ignore[reportCallIssue]
    await alive.live()
    await alive.take()
    await asyncio.gather(*alive.under_way.values())
    await alive.write()
    await office.settle()
    assert [run["status"] for run in await office.runs()] == ["succeeded"]
    assert (len(echo.heard), len(set(echo.heard))) == (2, 1)


async def test_a_cancelled_run_makes_no_call(
    office: Office, echo: Echo, database: Database, tmp_path: Path
) -> None:
    await office.publish({"trigger": "record_created"}, SAYS)
    await office.insert(name="One")
    await office.settle()
    await office.execute("UPDATE whereupon.runs SET status = 'cancelled', ended_at = now()")
    caller = Caller(database, Settings(data=tmp_path))  # pyright: ignore[reportCallIssue]
    await caller.take()
    await caller.live()
    assert (echo.heard, caller.under_way) == ([], {})
    assert await office.fetchval("SELECT status FROM whereupon.calls") == "discarded"


async def test_outcomes_are_kept_while_the_database_is_away(
    office: Office, echo: Echo, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.publish({"trigger": "record_created"}, SAYS)
    await office.insert(name="One")
    await office.settle()
    caller = Caller(database, Settings(data=tmp_path))  # pyright: ignore[reportCallIssue]
    await caller.take()
    await asyncio.gather(*caller.under_way.values())

    async def away(*_: Any) -> None:
        raise ConnectionResetError("gone")

    monkeypatch.setattr(calling, "AWAY_PAUSE", 0)
    with monkeypatch.context() as patched:
        patched.setattr(calling, "settle", away)
        with pytest.raises(Unavailable):
            await caller.write()
    await caller.write()
    await office.settle()
    assert [run["status"] for run in await office.runs()] == ["succeeded"]


async def test_people_see_what_a_run_waits_for_and_need_not_wait_for_the_next_attempt(
    office: Office, echo: Echo, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Echo, "patience", Patience(3, 600.0))
    echo.answers["Καλημέρα"] = [Again("It answers 500.", "server_error")]
    await office.publish({"trigger": "record_created"}, {**SAYS, "to": "hooks.example:443"})
    await office.insert(name="One")
    await office.settle()
    caller = Caller(database, Settings(data=tmp_path))  # pyright: ignore[reportCallIssue]

    async def attempt() -> None:
        await caller.take()
        await asyncio.gather(*caller.under_way.values())
        await caller.write()

    await attempt()
    async with database.transaction() as db:
        [call] = await calls_of(db, 1)
        assert (call["status"], call["attempts"], call["error"]["message"]) == (
            "queued",
            1,
            "It answers 500.",
        )
        found = await report(db)
        assert [(one["destination"], one["failed"]) for one in found["destinations"]] == [
            ("hooks.example:443", 0)
        ]
        assert found["queues"]["calls_to_make"] == 1
        assert await hurry(db, 1) == [call["id"]]
    await attempt()
    await office.settle()
    assert [run["status"] for run in await office.runs()] == ["succeeded"]


@pytest.mark.parametrize("strange", ["a\0b", "\ud800", 10**30, [object()]])
async def test_an_outcome_that_cannot_be_stored_fails_alone(
    office: Office, echo: Echo, caller: Caller, strange: Any
) -> None:
    echo.answers["Καλημέρα"] = [Got({"word": strange})]
    await office.publish({"trigger": "record_created"}, SAYS)
    await office.execute("INSERT INTO data.items (name) SELECT 'n' || i FROM generate_series(1, 5) i")
    await settle(office, caller)
    codes = sorted((run["error"] or {}).get("code", "") for run in await office.runs())
    assert codes == ["", "", "", "", "unstorable"]
    assert len(echo.heard) == 5

"""The functions of docs/how-to/function.md, as an installed package: found, drawn, checked, called."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.calling import calling as at_work
from tests.calling import settle
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Invalid
from whereupon.people.rights import load_rights
from whereupon.sdk import registry
from whereupon.sdk.outside import Patience
from whereupon.workers.caller import Caller

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "function.md"
CREATED = {"trigger": "record_created"}
# A builder who may read and create items, and change none.
CLERK = """
WITH role AS (INSERT INTO whereupon.roles (key, name, builder) VALUES ('clerk', 'Clerk', true) RETURNING id),
granted AS (
  INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_create, can_update, can_delete)
  SELECT role.id, m.id, 'all', 'all', 'none', 'none' FROM role, whereupon.modules m WHERE m.key = 'items')
INSERT INTO whereupon.user_roles SELECT $1, id FROM role
"""
# What the page's functions do not show.
MORE = '''

import asyncio
import time
from datetime import date, datetime
from typing import Any


CALLS = []


@whereupon.function("Count", attempts=3)
def count(ctx: whereupon.SyncContext, where: dict | None = None) -> int:
    """Counts items, in a thread."""
    CALLS.append((ctx.key, ctx.attempt))
    if ctx.attempt < 2:
        raise whereupon.TryAgain("Not yet.", after=0.01)
    made = ctx.records.create("items", {"name": "made", "status": "done"})
    ctx.records.update("items", made["id"], {"note": f"by {ctx.record()['name']}"})
    return len(ctx.records.list("items", {"field": "status", "operator": "equals", "value": "done"}))


@whereupon.function("Everything")
async def everything(
    text: str, whole: int, number: float, yes: bool, day: date, moment: datetime, texts: list[str],
    data: Any, left_out: str | None = None, of_its_own: int = 7,
) -> dict:
    return {"types": [type(v).__name__ for v in (text, whole, number, yes, day, moment, texts, data)],
            "text": text, "left_out": left_out, "of_its_own": of_its_own, "day": day}


@whereupon.function("Wipe")
async def wipe(ctx) -> None:
    await ctx.records.delete(ctx.module, ctx.record_id)


@whereupon.function("Grow")
async def grow(ctx: whereupon.Context) -> None:
    record = await ctx.record()
    await ctx.records.update(ctx.module, ctx.record_id, {"note": record["note"] + "x"})


@whereupon.function("Break")
def break_(how: str) -> int:
    match how:
        case "raise":
            raise ValueError("no such parcel")
        case "lie":
            return "a text"
        case "leave":
            raise SystemExit
        case _:
            time.sleep(0.01)
            return 1


@whereupon.function("Hang", seconds=0.2)
def hang() -> None:
    time.sleep(0.6)
'''


def block_of(language: str) -> str:
    """The page's one block in that language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return found


def install(folder: Path) -> None:
    """What an installer leaves behind: the module, and the metadata with its entry points."""
    project = tomllib.loads(block_of("toml"))["project"]
    (folder / "parcels.py").write_text(block_of("python") + MORE, encoding="utf-8")
    metadata = folder / f"{project['name']}-{project['version']}.dist-info"
    metadata.mkdir()
    described = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(described)
    ((group, names),) = project["entry-points"].items()
    (metadata / "entry_points.txt").write_text(
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in names.items())
    )


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package on the path for one test."""
    install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.blocks.cache_clear()
    yield
    sys.modules.pop("parcels", None)
    monkeypatch.undo()
    registry.blocks.cache_clear()


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


@pytest.fixture
async def caller(installed: None, database: Database, tmp_path: Path) -> AsyncIterator[Caller]:
    async with at_work(database, tmp_path) as made:
        yield made


async def call(office: Office, caller: Caller, block: str, **config: Any) -> Mapping[str, Any]:
    """The run of a new record's workflow with this block: its error, and its step."""
    filtered = {"field": "name", "operator": "equals", "value": "One"}
    await office.publish({**CREATED, "filter": filtered}, {"key": "it", "block": block, **config})
    item = await office.insert(name="One", amount=4)
    await settle(office, caller)
    run = (await office.runs(record_id=str(item)))[-1]
    steps = await office.steps(run["id"])
    return {**dict(run), "item": item, "step": dict(steps[-1])}


async def test_each_function_is_a_block_with_a_form_of_its_parameters(installed: None) -> None:
    block = registry.block("fn_parcel_price")
    assert (block.label, block.group, block.icon) == ("Price of a parcel", "Functions", "receipt")
    assert {name: kind.noun for name, kind in block.outputs.items()} == {
        "price": "a number", "days": "a whole number",
    }  # fmt: skip
    form = block.Config.model_json_schema()["properties"]
    assert (form["weight"]["title"], form["weight"]["x-widget"]) == ("Weight in kg", "value")
    assert form["speed"]["x-labels"] == {"normal": "Normal", "express": "Express"}
    assert registry.block("fn_add_note").opaque


async def test_what_it_returns_is_there_for_later_blocks(
    installed: None, office: Office, caller: Caller
) -> None:
    price = {"key": "it", "block": "fn_parcel_price", "weight": {"field": "amount"}, "speed": "express"}
    note = {"key": "note", "block": "update_record", "set": {"amount": {"field": "nodes.it.price"}}}
    await office.publish(CREATED, price, note)
    item = await office.insert(name="One", amount=2.5)
    await settle(office, caller)
    assert [run["status"] for run in await office.runs()] == ["succeeded"]
    assert (await office.item(item))["amount"] == 10


@pytest.mark.parametrize(
    ("weight", "code", "message"),
    [(31, "too_heavy", "up to 30 kg"), (0, "bad_input", "Weight in kg"), (None, "bad_input", "Weight in kg")],
)
async def test_its_failure_is_the_runs_failure_with_its_words(
    installed: None, office: Office, caller: Caller, weight: Any, code: str, message: str
) -> None:
    run = await call(office, caller, "fn_parcel_price", weight=weight)
    assert (run["status"], run["error"]["code"]) == ("failed", code)
    assert message in run["error"]["message"]


@pytest.mark.parametrize(
    ("how", "message"),
    [("raise", "ValueError: no such parcel"), ("lie", "returned something else than it said"),
     ("leave", "SystemExit"), ("work", None)],
)  # fmt: skip
async def test_what_it_raises_is_told(
    installed: None, office: Office, caller: Caller, how: str, message: str | None
) -> None:
    run = await call(office, caller, "fn_break_", how=how)
    if message is None:
        assert run["step"]["output"] == {"result": 1}
    else:
        assert message in run["error"]["message"]


async def test_one_that_hangs_is_given_up(installed: None, office: Office, caller: Caller) -> None:
    run = await call(office, caller, "fn_hang")
    assert (run["status"], run["error"]["code"]) == ("failed", "timeout")


async def test_values_come_as_the_types_that_it_names(
    installed: None, office: Office, caller: Caller
) -> None:
    run = await call(
        office, caller, "fn_everything", text="Ω’ \\ \"", whole=3, number=1.5, yes=True,
        day={"formula": "DATE(2026, 3, 1)"}, moment={"field": "created_at"}, texts=["a", "Ω"],
        data={"field": "amount"},
    )  # fmt: skip
    assert run["error"] is None
    told = run["step"]["output"]["result"]
    assert told["types"] == ["str", "int", "float", "bool", "date", "datetime", "list", "float"]
    assert (told["text"], told["left_out"], told["of_its_own"]) == ('Ω’ \\ "', None, 7)
    assert told["day"] == "2026-03-01"


@pytest.mark.parametrize(
    "config",
    [{}, {"weight": {"field": "amuont"}}, {"weight": {"field": "name"}}, {"weight": 1, "speed": "slow"},
     {"weight": 1, "wieght": 2}],
)  # fmt: skip
async def test_its_form_is_checked_when_it_is_published(
    installed: None, office: Office, config: Mapping[str, Any]
) -> None:
    with pytest.raises(Invalid):
        await office.publish(CREATED, {"key": "it", "block": "fn_parcel_price", **config})


async def test_records_are_written_as_the_publisher_and_know_the_run(
    installed: None, office: Office, caller: Caller
) -> None:
    run = await call(office, caller, "fn_add_note", line="seen")
    assert run["step"]["output"] == {"result": "1 lines"}
    assert (await office.item(run["item"]))["note"] == "seen"
    last = (await office.fetch("SELECT * FROM whereupon.changes ORDER BY id DESC LIMIT 1"))[0]
    assert (last["run_id"], last["actor_id"], last["origin"]) == (run["id"], office.admin, "workflow")


async def test_a_function_that_is_not_async_reads_and_writes_from_its_thread(
    installed: None, office: Office, caller: Caller
) -> None:
    registry.block("fn_count").__class__.patience = Patience(3, 0.01, 0.02)
    run = await call(office, caller, "fn_count")
    assert run["step"]["output"] == {"result": 1}
    calls = sys.modules["parcels"].CALLS
    assert [attempt for _, attempt in calls] == [1, 2]
    assert len({key for key, _ in calls}) == 1
    assert (await office.fetchval("SELECT note FROM data.items WHERE name = 'made'")) == "by One"


async def test_a_record_may_be_deleted(installed: None, office: Office, caller: Caller) -> None:
    await office.publish(CREATED, {"key": "it", "block": "fn_wipe"})
    await office.insert(name="One")
    await settle(office, caller)
    assert await office.fetchval("SELECT count(*) FROM data.items") == 0


async def test_it_may_do_no_more_than_the_publisher(installed: None, office: Office, caller: Caller) -> None:
    """Rights are those of now: taken away after publishing, they are gone."""
    clerk = await office.user("clerk@example.org")
    await office.execute(CLERK, clerk)
    async with office.database.connection() as db:
        rights = await load_rights(db, clerk)
    await office.publish(CREATED, {"key": "it", "block": "fn_add_note", "line": "no"}, rights=rights)
    item = await office.insert(name="One")
    await settle(office, caller)
    [run] = await office.runs()
    assert (run["status"], run["error"]["code"]) == ("failed", "refused")
    assert (await office.item(item))["note"] is None


async def test_a_circle_through_a_function_is_stopped(
    installed: None, office: Office, caller: Caller
) -> None:
    """Its writes start workflows like any other, and the guard sees through them (rule 19)."""
    node = {"key": "it", "block": "fn_grow"}
    await office.publish({"trigger": "record_updated"}, node)
    item = await office.insert(name="One", note="x")
    await office.execute("UPDATE data.items SET note = 'y' WHERE id = $1", item)
    await settle(office, caller)
    errors = [(run["error"] or {}).get("code") for run in await office.runs()]
    assert errors.count("loop") == 1
    assert len(errors) < 30


@pytest.mark.parametrize(
    "source",
    [
        "@function('A')\ndef a(x): ...", "@function('A')\ndef a(*xs: str): ...",
        "@function('A')\ndef a(x: set[str]): ...", "@function('A')\ndef a() -> set[str]: ...",
        "@function('A', name='Größe')\ndef a(): ...",
    ],
)  # fmt: skip
def test_what_no_form_can_ask_for_is_refused_when_it_is_declared(source: str) -> None:
    from whereupon import function

    with pytest.raises(TypeError):
        exec(source, {"function": function, "__name__": "own"})

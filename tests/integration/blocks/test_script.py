"""Scripts compute values in a sandbox: what goes in, what comes out, and what must not get through."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.calling import calling as at_work
from tests.calling import settle
from tests.integration.blocks.hostile_scripts import ENDLESS, GREEDY, REACHING, TRICKS
from tests.office import Office

from whereupon.db.pool import Database
from whereupon.errors import Invalid
from whereupon.runs.rehearsal import ToRehearse, rehearse
from whereupon.sdk.scripts.pool import Sandbox, Script, pool
from whereupon.workers.caller import Caller

CREATED = {"trigger": "record_created"}
DOUBLE = {
    "key": "it", "block": "script",
    "inputs": [{"name": key, "value": {"field": key}} for key in ("amount", "name")],
    "code": "console.log('for', input.name);\n"
    "return { twice: input.amount * 2, loud: input.name.toUpperCase() };",
    "outputs": [{"name": "twice", "type": "number"}, {"name": "loud", "type": "text"}],
}  # fmt: skip
NOTE = {
    "key": "note", "block": "update_record",
    "set": {"amount": {"field": "nodes.it.twice"}, "note": {"field": "nodes.it.loud"}},
}  # fmt: skip


@pytest.fixture
async def caller(database: Database, tmp_path: Path) -> AsyncIterator[Caller]:
    async with at_work(database, tmp_path) as made:
        yield made


def script(code: str, **more: Any) -> dict[str, Any]:
    return {"key": "it", "block": "script", "code": code, "outputs": [{"name": "x", "type": "data"}], **more}


async def run_one(office: Office, caller: Caller, node: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """The one run of a workflow with this script: its row, and the script's step."""
    await office.publish(CREATED, node)
    await office.insert(**{"name": "One", **values})
    await settle(office, caller)
    run = dict((await office.runs())[-1])
    steps = await office.steps(run["id"])
    return {**run, "step": dict(steps[0]) if steps else {}}


# What it does -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "amount", "twice", "loud"),
    [("Ωmega ’n’ ß", 2.5, 5, "ΩMEGA ’N’ SS"), (" ", 0, 0, " "),
     ("a\\\"b\n${c}`</script>", -1, -2, "A\\\"B\n${C}`</SCRIPT>")]
)  # fmt: skip
async def test_what_it_computes_is_there_for_the_blocks_after_it(
    office: Office, caller: Caller, name: str, amount: float, twice: float, loud: str
) -> None:
    await office.publish(CREATED, DOUBLE, NOTE)
    item = await office.insert(name=name, amount=amount)
    await settle(office, caller)
    row = await office.item(item)
    assert (row["amount"], row["note"]) == (twice, loud)
    run = (await office.runs())[-1]
    step = (await office.steps(run["id"]))[0]
    assert step["input"] == {"amount": amount, "name": name}
    assert step["output"]["console"] == f"for {name}".replace("\n", " ").rstrip("\n")


INPUTS: Mapping[str, tuple[Any, Any]] = {
    "a text": ("Ω", "Ω"), "yes": (True, True), "nothing": (None, None), "a number": (1.25, 1.25),
    "a whole number": (7, 7), "a day": ({"formula": "DATE(2026, 3, 1)"}, "2026-03-01"),
    "an empty field": ({"field": "due_date"}, None),
    "a number too large for JavaScript": ({"formula": "9007199254740993"}, "9007199254740993"),
}  # fmt: skip


async def test_inputs_come_as_values_of_javascript(office: Office, caller: Caller) -> None:
    inputs = [{"name": f"v{i}", "value": value} for i, (value, _) in enumerate(INPUTS.values())]
    found = await run_one(office, caller, script("return { x: input };", inputs=inputs))
    assert found["error"] is None
    assert found["step"]["output"]["x"] == {f"v{i}": seen for i, (_, seen) in enumerate(INPUTS.values())}


@pytest.mark.parametrize(
    ("kind", "expression", "kept"),
    [
        ("text", "'Ω'", "Ω"), ("text", "null", None), ("text", "undefined", None),
        ("text", "5", "script_output"),
        ("whole_number", "3.0", 3), ("whole_number", "12n", 12), ("whole_number", "3.5", "script_output"),
        ("whole_number", "2**53", "script_output"), ("number", "0.5", 0.5),
        ("number", "'5'", "script_output"),
        ("number", "NaN", "script_error"), ("number", "1/0", "script_error"), ("yes_no", "1 < 2", True),
        ("yes_no", "1", "script_output"), ("date", "'2026-03-01'", "2026-03-01"),
        ("date", "new Date(0)", "1970-01-01"), ("date", "'2026-02-30'", "script_output"),
        ("datetime", "new Date(0)", "1970-01-01T00:00:00+00:00"), ("datetime", "'soon'", "script_output"),
        ("texts", "['a', 'Ω']", ["a", "Ω"]), ("texts", "['a', 1]", "script_output"),
        ("data", "{a: [1, {b: null}]}", {"a": [1, {"b": None}]}), ("data", "() => 1", "script_error"),
        ("data", "Symbol.iterator", "script_error"), ("text", "'\\0'", "script_output"),
        ("data", "['\\ud800']", "script_output"), ("number", "1e20", 1e20), ("data", "[1e20, -0]", [1e20, 0]),
        ("data", "[...Array(150)].reduce((x) => [x], 1)", "script_output"),
    ],
)  # fmt: skip
def test_outputs_are_of_the_type_that_was_declared(kind: str, expression: str, kept: Any) -> None:
    from whereupon.blocks.script import _performed
    from whereupon.sdk.outcomes import Fail

    found = _performed(
        pool().run(Script(f"return {{ x: {expression} }};", {})), {"outputs": {"x": kind}, "seconds": 2}
    )
    assert (found.code if isinstance(found, Fail) else found.result["values"]["x"]) == kept


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "The script returned nothing."),
        ("return 5", "The script returned the number 5."),
        ("return { X: 1 }", 'The script returned "X", which is not among what comes out.'),
        (
            "\n\nconst a = 1;\nreturn { x: input.missing.thing }",
            "Line 4 of the script: TypeError: cannot read property 'thing'",
        ),
        ("\n\nreturn missing.thing", "Line 3 of the script: ReferenceError: missing is not defined."),
        ("throw new Error('no stock')", "Line 1 of the script: Error: no stock."),
        ("throw 'no stock'", "The script failed: it threw no stock."),
        ("return Promise.resolve(1)", "there is nothing to wait for in a script"),
    ],
)
async def test_what_goes_wrong_is_told_with_its_line(
    office: Office, caller: Caller, code: str, said: str
) -> None:
    found = await run_one(office, caller, script("console.log('got here');" + (code or ";")))
    assert found["status"] == "failed"
    assert said in found["error"]["message"]
    assert "Its console says: got here" in found["error"]["suggestion"]


@pytest.mark.parametrize(
    ("config", "at"),
    [
        ({"code": "let x = ;"}, "/nodes/1/config/code"),
        ({"code": "return {"}, "/nodes/1/config/code"),
        ({"code": "}); while (true) {}; (function () {"}, "/nodes/1/config/code"),
        ({"code": ""}, "/nodes/1/config/code"),
        ({"outputs": []}, "/nodes/1/config/outputs"),
        ({"outputs": [{"name": "console"}]}, "/nodes/1/config"),
        ({"inputs": [{"name": "a"}, {"name": "a"}]}, "/nodes/1/config"),
        ({"inputs": [{"name": "Größe"}]}, "/nodes/1/config/inputs/0/name"),
        ({"inputs": [{"name": "a", "value": {"field": "amuont"}}]}, "/nodes/1/config/inputs/0/value"),
    ],
)
async def test_what_cannot_be_run_is_refused_when_it_is_published(
    office: Office, config: Mapping[str, Any], at: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await office.publish(CREATED, {**script("return { x: 1 };"), **config})
    assert any(problem.path.startswith(at) for problem in refused.value.problems)


async def test_it_gives_the_same_every_time(office: Office) -> None:
    code = "return { x: [Date.now(), new Date().toISOString(), Math.random(), Math.random()] };"
    one, again, other = (
        pool().run(Script(code, {}, moment=1_700_000_000_123, key=key)).result["x"] for key in ("a", "a", "b")
    )
    assert one == again
    assert one[:2] == [1_700_000_000_123, "2023-11-14T22:13:20.123Z"]
    assert one[2:] != other[2:]
    assert all(0 <= number < 1 for number in one[2:])


async def test_in_a_test_it_is_really_run_and_its_output_is_shown(office: Office) -> None:
    config = {key: DOUBLE[key] for key in ("inputs", "code", "outputs")}
    document = {
        "format": 1, "settings": {},
        "nodes": [
            {"key": "start", "block": "start", "config": CREATED},
            {"key": "it", "block": "script", "config": config},
        ],
        "edges": [{"from": "start", "port": "next", "to": "it"}],
    }  # fmt: skip
    form = {"name": "Ωmega", "amount": "4"}
    told = await rehearse(office.database, office.rights, ToRehearse(document, "items", form=form))
    [step] = told["records"][0]["steps"]
    assert step["output"] == {"twice": 8, "loud": "ΩMEGA", "console": "for Ωmega"}
    assert told["proof"]["rolled_back"]


# What must not get through ---------------------------------------------------------------------------------


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file, a variable and a listening socket that no script may touch."""
    file = tmp_path / "canary.txt"
    file.write_text("untouched canary")
    os.utime(file, (1, 1))
    monkeypatch.setenv("WHEREUPON_SECRET_KEY_CANARY", "untouched canary")
    return file


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_stopped_and_the_next_one_works(code: str) -> None:
    found = pool().run(Script(code, {}, seconds=0.2))
    assert (found.fault or {}).get("kind") in ("time", "memory")
    assert pool().run(Script("return { x: 1 }", {})).result == {"x": 1}


@pytest.mark.parametrize("code", GREEDY.values(), ids=GREEDY)
def test_what_takes_too_much_is_stopped_and_the_next_one_works(code: str) -> None:
    found = pool().run(Script(code, {}, seconds=2.0))
    assert found.fault is not None
    assert pool().run(Script("return { x: 1 }", {})).result == {"x": 1}


@pytest.mark.parametrize("code", REACHING.values(), ids=REACHING)
def test_nothing_of_the_host_can_be_reached(code: str) -> None:
    found = pool().run(Script(code, {"file": "/etc/passwd"}))
    assert found.fault is None
    assert found.result == {"x": []}


@pytest.mark.parametrize("code", TRICKS.values(), ids=TRICKS)
def test_tricks_concern_the_script_itself_alone(code: str) -> None:
    pool().run(Script(code, {}))
    after = pool().run(Script("return { x: [typeof stolen, JSON.stringify({ a: 1 }), [1].map(String)] }", {}))
    assert after.result == {"x": ["undefined", '{"a":1}', ["1"]]}


def test_the_process_itself_can_open_nothing(canary: Path) -> None:
    """Should a script ever get out of the engine: no files, no sockets, no processes, no environment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        found = confined(f"""
attempts = {{
    "read": lambda: open({str(canary)!r}).read(), "write": lambda: open({str(canary)!r}, "w"),
    "connect": lambda: socket.socket().connect(("127.0.0.1", {listening.getsockname()[1]})),
    "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM), "fork": os.fork,
    "execute": lambda: os.execv("/bin/true", ["true"]), "list": lambda: os.listdir("/"),
    "end another": lambda: os.kill({os.getpid()}, 0), "thread": threading.Thread().start,
    "new code": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
}}
""")
        assert found == dict.fromkeys(found, "refused")
        assert len(found) == 10
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert canary.read_text() == "untouched canary"
    assert canary.stat().st_mtime == 1


def confined(attempts: str) -> dict[str, str]:
    """What becomes of attempts made by a process that is confined as the one for scripts."""
    import json
    import subprocess
    import sys

    from whereupon.sdk.scripts import process

    program = f"""
import importlib.util, json, mmap, os, socket, sys, threading
spec = importlib.util.spec_from_file_location("process", {process.__file__!r})
process = importlib.util.module_from_spec(spec)
spec.loader.exec_module(process)
{attempts}
process.limit()
assert process.confine()
told = {{}}
for name, attempt in attempts.items():
    try:
        attempt()
        told[name] = "done"
    except (OSError, RuntimeError):
        told[name] = "refused"
os.write(1, json.dumps(told).encode())
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_a_process_for_scripts_has_nothing_of_ours(canary: Path) -> None:
    sandbox = Sandbox.start()
    try:
        assert sandbox.confined
        place = Path("/proc") / str(sandbox.process.pid)
        assert (place / "environ").read_bytes() == b""
        assert list((place / "cwd").iterdir()) == []
        opened = {os.readlink(entry).partition(":")[0] for entry in (place / "fd").iterdir()}
        assert opened <= {"/dev/null", "pipe", "/memfd"}  # the engine's memory, as it is in the beginning
        assert "Seccomp:\t2" in (place / "status").read_text()
    finally:
        sandbox.end()


def test_a_process_that_dies_takes_nobody_with_it() -> None:
    pool().run(Script("return { x: 1 }", {}))
    for sandbox in pool().free:
        sandbox.process.kill()
        sandbox.process.wait()
    assert pool().run(Script("return { x: 1 }", {})).result == {"x": 1}


def test_processes_that_nobody_asks_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    from whereupon.sdk.scripts import pool as pools

    one = pools.Pool()
    one.run(Script("return { x: 1 }", {}))
    [sandbox] = one.free
    monkeypatch.setattr(pools, "IDLE_SECONDS", 0)
    one.tidy()
    assert (one.free, sandbox.process.poll() is not None) == ([], True)


async def test_other_runs_are_unharmed_by_one_that_never_ends(office: Office, caller: Caller) -> None:
    code = "if (input.name === 'bad') for (;;) {}\nreturn { x: input.name };"
    inputs = [{"name": "name", "value": {"field": "name"}}]
    await office.publish(CREATED, script(code, inputs=inputs, seconds=0.3))
    await office.execute(
        "INSERT INTO data.items (name) SELECT CASE WHEN i % 10 = 0 THEN 'bad' ELSE 'good' END "
        "FROM generate_series(1, 40) i"
    )
    await settle(office, caller)
    runs = await office.runs()
    codes = [(run["error"] or {}).get("code") for run in runs]
    assert (codes.count(None), codes.count("script_time")) == (36, 4)

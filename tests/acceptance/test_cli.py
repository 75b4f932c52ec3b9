"""The command line as an operator uses it: readable, JSON for programs, and a sentence for every mistake."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import asyncpg
import pytest
from tests.acceptance.serving import COMMAND, ITEMS, PASSWORD, WORKFLOW, data_folder, environment, run

from whereupon.cli.failing import exit_code_of
from whereupon.cli.main import make_app
from whereupon.cli.output import stderr, stdout
from whereupon.db.embedded import EmbeddedServer

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.xdist_group("commands")  # one worker makes the office, once


def run_here(folder: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """The same command without a process of its own: all but the interpreter's start and end."""
    output, errors = StringIO(), StringIO()
    with (
        mock.patch.dict(os.environ, environment(folder)), mock.patch.object(sys, "stdin", StringIO(given)),
        redirect_stdout(output), redirect_stderr(errors),
    ):  # fmt: skip
        forget_consoles()
        code = exit_code_of(make_app(), words)
    forget_consoles()
    return subprocess.CompletedProcess(words, code, output.getvalue(), errors.getvalue())


def forget_consoles() -> None:
    """They keep the stream that they were made for."""
    stdout.cache_clear()
    stderr.cache_clear()


class Office:
    """A data folder with an administrator, a module and a workflow, made by commands."""

    def __init__(self, folder: Path, how: Run = run_here) -> None:
        self.folder, self.how = folder, how

    def do(self, *words: str, given: str = "") -> str:
        """A command that works; what it prints."""
        done = self.how(self.folder, *words, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *words: str, given: str = "") -> Any:
        return json.loads(self.do(*words, "--json", given=given))

    def fail(self, *words: str, given: str = "") -> tuple[int, str]:
        """A command that does not; its exit code, and what it says."""
        done = self.how(self.folder, *words, given=given)
        assert done.returncode != 0
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        return done.returncode, " ".join(done.stderr.split())


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with data_folder() as folder:
        server = EmbeddedServer(folder)
        server.start()  # so that not every command has to
        try:
            real = Office(folder, run)
            real.do("users", "create-admin", "Boss@example.org", "--name", "Η Μαρία", given=PASSWORD + "\n")
            real.do("modules", "create", "-", given=json.dumps(ITEMS))
            real.do("workflows", "apply", "-", "--publish", given=json.dumps(WORKFLOW))
            yield Office(folder)
        finally:
            server.stop()


def test_help_comes_at_once(tmp_path: Path) -> None:
    best = min(timed(tmp_path) for _ in range(3))
    assert best < 1.0  # 0.2 s where nothing else is going on


def timed(folder: Path) -> float:
    began = time.monotonic()
    done = subprocess.run(
        [*COMMAND, "--help"], capture_output=True, text=True, check=True, env=environment(folder)
    )
    assert "serve" in done.stdout
    return time.monotonic() - began


@pytest.mark.parametrize("how", [run, run_here])
def test_a_record_lives_from_create_to_delete(office: Office, how: Run) -> None:
    office = Office(office.folder, how)
    made = office.json("records", "create", "items", "name=Άννα", "note=a = b")
    assert (made["name"], made["note"]) == ("Άννα", "a = b")
    key = str(made["id"])
    assert office.json("records", "update", "items", key, "note=")["note"] is None
    code, said = office.fail("records", "update", "items", key, "note=y", "--if-match", "1")
    assert (code, "meanwhile" in said or "changed" in said) == (4, True)
    assert "Άννα" in office.do("records", "list", "items")
    assert "deleted" in office.do("records", "delete", "items", key)
    assert office.fail("records", "get", "items", key)[0] == 3


def test_lists_are_narrowed_by_a_condition(office: Office) -> None:
    for name in ("Zoë", "Ζωή", "zoo"):
        office.do("records", "create", "items", f"name={name}")
    where = json.dumps({"field": "name", "operator": "begins_with", "value": "zo"})
    found = office.json("records", "list", "items", "--where", where, "--sort", "-name", "--fields", "name")
    assert [record["name"] for record in found] == ["Zoë", "zoo"]


def test_a_workflow_is_exported_changed_and_applied(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "workflow.json"
    office.do("workflows", "export", "note_it", "--file", str(file))
    exported = json.loads(file.read_text())
    exported["document"]["nodes"][1]["config"]["set"] = {"note": "ξανά"}
    file.write_text(json.dumps(exported))
    office.do("workflows", "apply", str(file))
    assert office.json("workflows", "show", "note_it")["active_version"] == 1
    office.do("workflows", "publish", "note_it", "--note", "Greek")
    assert [v["number"] for v in office.json("workflows", "versions", "note_it")] == [2, 1]


def test_a_workflow_that_cannot_be_published_is_told_every_fault(office: Office) -> None:
    document = {"format": 1, "edges": [], "settings": {}, "nodes": [
        {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
        {"key": "lost", "block": "update_record", "config": {"set": {"nmae": "x"}}}]}  # fmt: skip
    faulty = {"key": "faulty", "name": "Faulty", "module": "items", "document": document}
    office.do("workflows", "apply", "-", given=json.dumps(faulty))
    done = run(office.folder, "workflows", "check", "faulty", "--json")
    assert done.returncode == 2
    assert len(json.loads(done.stdout)) >= 2
    code, said = office.fail("workflows", "publish", "faulty")
    assert code == 2
    assert 'Did you mean "name"?' in said
    assert (
        office.fail("workflows", "apply", "-", "--publish", given=json.dumps(faulty | {"key": "other"}))[0]
        == 2
    )
    assert office.fail("workflows", "show", "other")[0] == 3  # all or nothing


def test_runs_are_started_shown_cancelled_and_run_again(office: Office) -> None:
    key = str(office.json("records", "create", "items", "name=by hand")["id"])
    assert office.json("workflows", "run", "note_it", key, "404") == {
        "started": 1, "left_out": ["404"], "bulk_run": None
    }  # fmt: skip
    runs = office.json("runs", "list", "--workflow", "note_it", "--record", key)
    assert [r["status"] for r in runs] == ["queued"]
    number = str(runs[0]["id"])
    assert office.json("runs", "cancel", number) == {"cancelled": 1}
    assert office.fail("runs", "cancel", number)[0] == 3
    again = office.json("runs", "rerun", number)["run"]
    assert office.json("runs", "show", str(again))["rerun_of"] == int(number)
    last = office.json("runs", "rerun", number, "--from", "note")["run"]
    assert office.json("runs", "show", str(last))["node"] == "note"
    code, said = office.fail("runs", "rerun", number, "--from", "ntoe")
    assert (code, 'Did you mean "note"?' in said) == (2, True)
    assert office.fail("runs", "rerun", number, "--from", "note", "--start-at", "failed")[0] == 2
    assert "cancelled" in office.do("runs", "list", "--status", "cancelled")
    assert office.json("runs", "signal", number, "πληρωμή") == {"waiting": False}
    assert office.fail("runs", "signal", number, "paid", "--values", "[1]")[0] == 2
    assert office.fail("runs", "signal", "999999", "go")[0] == 3
    assert office.json("workflows", "reset", "note_it", key) == {"reset": 0}
    assert office.fail("workflows", "reset", "κανένα")[0] == 3


def test_bulk_runs_are_ordered_shown_paused_cancelled_and_run_again(office: Office) -> None:
    bulk = str(office.json("workflows", "run-on-all", "note_it")["bulk_run"])
    assert office.json("bulk-runs", "list", "--workflow", "note_it")[0]["status"] == "queued"
    assert office.json("bulk-runs", "pause", bulk)["status"] == "paused"
    assert office.fail("bulk-runs", "pause", bulk)[0] == 4
    assert "queued" in office.do("bulk-runs", "resume", bulk)
    office.do("bulk-runs", "cancel", bulk)
    again = office.json("bulk-runs", "rerun", bulk, "--which", "all")["bulk_run"]
    assert office.json("bulk-runs", "show", str(again))["rerun_of"] == int(bulk)
    assert "note_it" in office.do("bulk-runs", "show", bulk, "--outcome", "cancelled")
    office.do("bulk-runs", "cancel", str(again))
    assert office.fail("bulk-runs", "show", "999999")[0] == 3


def test_users_and_tokens(office: Office) -> None:
    assert office.json("users", "list")[0]["name"] == "Η Μαρία"
    assert office.do("users", "token", "boss@example.org", "--days", "3").startswith("whu_")
    assert office.fail("users", "token", "bos@example.org") == (
        3, '✗ There is no user "bos@example.org". Did you mean "boss@example.org"?',
    )  # fmt: skip
    assert office.fail("users", "create-admin", "x@example.org", given="short\n")[0] == 2
    assert office.fail("users", "create-admin", "boss@example.org", given=PASSWORD)[0] == 4


def test_as_somebody_with_fewer_rights_less_is_possible(office: Office) -> None:
    url = EmbeddedServer(office.folder).url
    asyncio.run(add_clerk(url))
    for words in (
        ("records", "list", "items"),
        ("records", "create", "items", "name=x"),
        ("workflows", "publish", "note_it"),
        ("users", "list"),
        ("messages", "list"),
    ):
        code, said = office.fail(*words, "--as", "clerk@example.org")
        assert (code, "administrator" in said) == (5, True)
    assert office.json("modules", "list", "--as", "Clerk@example.org") == []
    assert office.fail("runs", "list", "--as", "nobody@example.org")[0] == 3


async def add_clerk(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO whereupon.users (email, name) VALUES ('clerk@example.org', 'Clerk')"
    )
    await connection.close()


def test_backup_restore_and_doctor(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "all.backup"
    assert office.json("backup", str(file))["bytes"] == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert office.fail("backup", str(file))[0] == 4
    assert office.fail("restore", str(file))[0] == 4  # not over what is there
    office.do("restore", str(file), "--replace")
    assert office.json("workflows", "list")
    checks = office.json("doctor")
    assert checks["ok"] is True
    assert "migrations" in {check["name"] for check in checks["checks"]}
    assert office.json("migrate")["changed"] is False


def test_the_key_of_the_secrets_is_changed(office: Office) -> None:
    assert office.json("secrets", "check") == []
    done = office.json("secrets", "rotate")
    assert (done["sealed"], done["left"]) == (0, [])
    assert [file.name for file in office.folder.glob("secret.key*")] == ["secret.key"]
    assert "secrets" in {check["name"] for check in office.json("doctor")["checks"]}


def test_messages_that_are_not_there_are_not_released(office: Office) -> None:
    assert office.json("messages", "list", "--status", "held") == []
    assert office.fail("messages", "release", "1", "2")[0] == 3
    assert office.fail("messages", "discard")[0] == 2
    assert office.fail("messages", "show", "7")[0] == 3


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nonsense",), 2, "nonsense"),
        (("records", "lst", "items"), 2, 'Did you mean "list"?'),
        (("records", "list", "items", "--limt", "3"), 2, "Did you mean --limit?"),
        (("records", "list", "itms"), 3, 'Did you mean "items"?'),
        (("records", "list", "items", "--where", "{"), 2, "no JSON"),
        (("records", "list", "items", "--where", '{"field": "nme", "operator": "is_empty"}'), 2, '"name"'),
        (("records", "create", "items"), 2, "No values"),
        (("records", "create", "items", ""), 2, "name=value"),
        (("records", "create", "items", "όνομα=x"), 2, "όνομα"),
        (("records", "create", "items", "@/no/such/file"), 2, "/no/such/file"),
        (("records", "create", "items", "[1]"), 2, "name=value"),
        (("runs", "show", "abc"), 2, "abc"),
        (("runs", "show", "999999"), 3, "999999"),
        (("runs", "cancel"), 2, "Say which runs"),
        (("workflows", "state", "note_it", "asleep"), 2, "asleep"),
        (("workflows", "run", "note_it"), 2, "--all"),
        (("workflows", "apply", "/no/such/file"), 2, "/no/such/file"),
        (("restore", "/no/such/file"), 2, "/no/such/file"),
        (("users", "create-admin", "not an address"), 2, "address"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_by_a_sentence_and_an_exit_code(
    office: Office, words: tuple[str, ...], code: int, said: str
) -> None:
    found, sentence = office.fail(*words)
    assert found == code
    assert said in sentence


def test_errors_are_json_where_json_is_asked_for(office: Office) -> None:
    done = run(office.folder, "records", "create", "items", '{"nme": 1}', "--json")
    told = json.loads(done.stderr)
    assert (done.returncode, done.stdout, told["error"]) == (2, "", "invalid")
    assert {problem["path"] for problem in told["problems"]} == {"/nme", "/name"}

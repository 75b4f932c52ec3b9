"""What README.md and the tutorial tell people to type is typed here, against a real server.

A block marked `bash` is run by bash, one after the other, in one environment; one marked `sql` by another
program on the same database; one marked `sh` is only shown. A `json` block right after it is what it printed:
every key shown is there with that value, "…" stands for anything. What only looks is tried again for a
while: runs take a moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.acceptance.serving import serving
from tests.conftest import drop_database, run_sql, with_database

Place = tuple[Path, dict[str, str]]  # where one types, and the environment
ROOT = Path(__file__).parents[3]
# Each of these begins with nothing at all …
ALONE = ("README.md", "docs/tutorial.md", "docs/how-to/attach.md")
# … and these find one installation where the tutorial has been. mail.md shows the first message of all.
TOGETHER = (
    "docs/how-to/mail.md", "docs/how-to/why-not.md", "docs/how-to/webhook.md", "docs/how-to/publish.md",
    "docs/how-to/ai.md", "docs/how-to/request.md", "docs/how-to/text-and-chat.md", "docs/how-to/calendar.md",
    "docs/how-to/schedules-and-health.md", "docs/operations.md", "docs/how-to/backup.md",
)  # fmt: skip
ADMINISTRATOR = "whereupon users create-admin ana@example.org --name Ana <<< 'correct horse battery staple'"
TOKEN = 'export AUTH="Authorization: Bearer $(whereupon users token ana@example.org)"'
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHANGES_SOMETHING = re.compile(
    r"--json '|-X |--data|-d |publish|create-admin|psql|records (create|update|delete)"
)
PATIENCE = 20.0  # seconds

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="The text uses curl.")


@dataclass(frozen=True, slots=True)
class Command:
    """A block to run, and what is said to come out of it (None: nothing is said)."""

    text: str
    shown: str | None = None
    language: str | None = None
    sql: bool = False

    @property
    def only_looks(self) -> bool:
        return not self.sql and CHANGES_SOMETHING.search(self.text) is None


def commands_of(text: str) -> list[Command]:
    """The commands of a text, in order."""
    blocks = [(m.group(1), m.group(2), m.end(), m.start()) for m in BLOCK.finditer(text)]
    found: list[Command] = []
    for (language, body, end, _), following in zip(blocks, [*blocks[1:], None], strict=False):
        if language in ("bash", "sql"):
            joined = following is not None and not text[end : following[3]].strip()
            answer = following if joined and following and following[0] in ("json", "text") else None
            shown, kind = (answer[1], answer[0]) if answer else (None, None)
            found.append(Command(body, shown, kind, sql=language == "sql"))
    return found


def differences(shown: Any, found: Any, path: str = "") -> list[str]:
    """Where what is shown is not in what was found."""
    match shown:
        case "…":
            return []
        case dict() if isinstance(found, dict):
            missing = [f"{path}/{key} is missing" for key in shown if key not in found]
            return missing + [
                d
                for key in shown
                if key in found
                for d in differences(shown[key], found[key], f"{path}/{key}")
            ]
        case list() if isinstance(found, list) and len(found) == len(shown):
            pairs = zip(shown, found, strict=True)
            return [d for i, (a, b) in enumerate(pairs) for d in differences(a, b, f"{path}/{i}")]
        case _:
            return [] if shown == found else [f"{path} is {found!r}, not {shown!r}"]


def wrong_in(command: Command, output: str) -> list[str]:
    """What the text says wrongly about the output."""
    match command.language:
        case "json":
            try:
                return differences(json.loads(command.shown or ""), json.loads(output))
            except json.JSONDecodeError as error:
                return [f"{error}: {output}"]
        case "text":
            missing = [
                line for line in (command.shown or "").splitlines() if words(line) not in words(output)
            ]
            return [f"{line!r} is not in {output!r}" for line in missing]
        case _:
            return []


def words(text: str) -> str:
    """A table's widths depend on what is in it."""
    return " ".join(text.split())


@contextmanager
def installed(server_url: str, template: str, folder: Path) -> Generator[dict[str, str]]:
    """`whereupon serve` on a database of its own; gives the environment to type in."""
    name = f"texts_{uuid.uuid4().hex[:16]}"
    asyncio.run(run_sql(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'))
    url = with_database(server_url, name)
    try:
        with serving(folder / "data", WHEREUPON_DATABASE_URL=url) as server:
            yield {
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "WHEREUPON_DATABASE_URL": url,
                "WHEREUPON_DATA": str(folder / "data"),
                "WHEREUPON": f"{server.address}/api/v1",
            }
    finally:
        asyncio.run(drop_database(server_url, name))


@pytest.fixture(scope="module")
def office(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An installation with an administrator, for texts that leave each other's things alone."""
    folder = tmp_path_factory.mktemp("texts")
    with installed(server_url, template, folder) as environment:
        asyncio.run(follow([Command(ADMINISTRATOR), Command(TOKEN)], folder, environment, patience=0))
        yield folder, environment


async def shell(text: str, folder: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    """Run a block where the ones before it left off: exported variables are kept in a file."""
    state = folder / "exported"
    state.touch()
    script = f"source {state}\nset -euo pipefail\n{text}\nexport -p > {state}\n"
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", script, env=environment, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def perform(command: Command, folder: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    if not command.sql:
        return await shell(command.text, folder, environment)
    connection = await asyncpg.connect(environment["WHEREUPON_DATABASE_URL"])
    try:
        await connection.execute(command.text)
    finally:
        await connection.close()
    return 0, "", ""


async def follow(
    commands: Iterable[Command], folder: Path, environment: dict[str, str], patience: float = PATIENCE
) -> None:
    """Type everything; fail at the first thing that is not as the text says."""
    for command in commands:
        deadline = time.monotonic() + (patience if command.only_looks else 0)
        while True:
            code, output, errors = await perform(command, folder, environment)
            wrong = [] if code else wrong_in(command, output)
            if (code == 0 and not wrong) or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.2)
        assert code == 0, f"{command.text}\n{output}\n{errors}"
        assert wrong == [], f"{command.text}\n{output}"


def read(name: str) -> list[Command]:
    commands = commands_of((ROOT / name).read_text(encoding="utf-8"))
    assert commands
    return commands


@needs_curl
@pytest.mark.parametrize("name", ALONE)
def test_what_the_text_tells_to_type_does_what_it_says(
    name: str, server_url: str, template: str, tmp_path: Path
) -> None:
    with installed(server_url, template, tmp_path) as environment:
        first = [Command(ADMINISTRATOR), Command(TOKEN)] if "/how-to/" in name else []
        asyncio.run(follow([*first, *read(name)], tmp_path, environment))


@needs_curl
@pytest.mark.xdist_group("texts")
@pytest.mark.parametrize("name", TOGETHER)
async def test_so_does_each_text_that_begins_where_the_tutorial_ends(name: str, office: Place) -> None:
    await follow(read(name), *office)


TEXT = """
```sh
false
```
```bash
echo '{"α": [1, {"b": 2}]}'
```
```json
{"α": [1, {"b": "…"}]}
```
```bash
true
```
And so:
```json
{}
```
"""


def test_the_reader_of_texts_knows_what_to_run_and_what_is_shown() -> None:
    assert commands_of("") == []
    assert [(c.text, c.shown) for c in commands_of(TEXT)] == [
        ('echo \'{"α": [1, {"b": 2}]}\'\n', '{"α": [1, {"b": "…"}]}\n'),
        ("true\n", None),
    ]


@pytest.mark.parametrize(
    ("shown", "found", "wrong"),
    [
        ({}, {"a": 1}, []),
        ({"a": "…"}, {"a": None}, []),
        ({"a": 1}, {"b": 1}, ["/a is missing"]),
        ({"é": [1]}, {"é": [1, 2]}, ["/é is [1, 2], not [1]"]),
        ([{"a": "ω"}], [{"a": "Ω", "b": 1}], ["/0/a is 'Ω', not 'ω'"]),
        (None, {}, [" is {}, not None"]),
    ],
)
def test_what_is_shown_wrongly_is_found(shown: Any, found: Any, wrong: list[str]) -> None:
    assert differences(shown, found) == wrong


@needs_curl
@pytest.mark.parametrize("text", ["false", "curl -sS --fail http://127.0.0.1:9/", "echo '{\"a\": 1}'"])
async def test_a_text_that_is_wrong_is_found_out(text: str, tmp_path: Path) -> None:
    command = Command(text, '{"a": 2}', "json")
    with pytest.raises(AssertionError):
        await follow([command], tmp_path, dict(os.environ), patience=0.3)

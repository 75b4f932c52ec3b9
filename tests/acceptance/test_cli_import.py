"""`whereupon import` as an operator uses it: tried first, then done, with every bad row told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.serving import ITEMS, PASSWORD, data_folder, run

from whereupon.db.embedded import EmbeddedServer

FILE = "Name;Amount;Nimi\nΛεμόνι;1.234,50;x\n;1,00;y\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as folder:
        server = EmbeddedServer(folder)
        server.start()
        try:
            made = run(
                folder, "users", "create-admin", "boss@example.org", "--name", "B", given=PASSWORD + "\n"
            )
            assert made.returncode == 0, made.stderr
            made = run(folder, "modules", "create", "-", given=json.dumps(ITEMS))
            assert made.returncode == 0, made.stderr
            yield folder
        finally:
            server.stop()


def test_a_file_is_tried_and_then_imported(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "φρούτα.csv"
    file.write_bytes(FILE.encode("cp1253"))
    tried = run(folder, "import", "items", str(file), "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "2 rows: 1 would be created" in tried.stdout
    assert run(folder, "records", "list", "items", "--json").stdout.strip() == "[]"
    done = run(folder, "import", "items", str(file), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["created"], found["failed"], found["problems"][0]["row"]) == (1, 1, 3)
    [record] = json.loads(run(folder, "records", "list", "items", "--json").stdout)
    assert record["name"] == "Λεμόνι"


def test_a_mistake_is_told_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("Name\nAda\n")
    for words, said in (
        (("items", "gone.csv"), "There is no file"),
        (("items", str(file), "--map", "Nme=name"), 'Did you mean "Name"?'),
        (("itms", str(file)), 'Did you mean "items"?'),
    ):
        done = run(folder, "import", *words)
        assert done.returncode != 0
        assert said in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr

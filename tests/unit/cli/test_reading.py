"""What is written on a command line becomes the values that the field's type wants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from whereupon.cli.failing import with_standard_input
from whereupon.cli.output import plain
from whereupon.cli.reading import read_json, read_json_file, read_values
from whereupon.errors import Invalid
from whereupon.modules.catalog import Field, Module

TYPES = {
    "name": "text", "count": "integer", "fee": "decimal", "done": "boolean", "tags": "multi_select",
    "day": "date",
}  # fmt: skip


def module() -> Module:
    fields = {key: Field(n, key, key, kind, key) for n, (key, kind) in enumerate(TYPES.items())}
    return Module(
        id=1, key="items", label="Item", label_plural="Items", schema="data", table="items",
        key_columns=("id",),
        key_type="bigint", attached=False, read_only=False, system=False, captured=True, title_field=None,
        owner_field=None, parent_field=None, fields=fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("name=Άννα", "Άννα"),
        ("name=", None),
        ("name=123", "123"),
        ("name=a=b", "a=b"),
        ("name=null", "null"),
        ("count=3", 3),
        ("count=three", "three"),
        ("count=", None),
        ("fee=3.10", "3.10"),
        ("done=true", True),
        ("tags=a,b", ["a", "b"]),
        ("tags=", None),
        ('tags=["x, y"]', ["x, y"]),
        ("day=2026-11-22", "2026-11-22"),
        ("unknown=1", "1"),
    ],
)
def test_a_pair_is_read_by_its_fields_type(word: str, value: Any) -> None:
    assert read_values([word], module()) == {word.partition("=")[0]: value}


def test_an_object_or_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_text('{"name": "Ζ", "count": null}')
    assert read_values(['{"name": ""}'], module()) == {"name": ""}
    assert read_values([f"@{file}"], module()) == {"name": "Ζ", "count": None}


@pytest.mark.parametrize(
    "words", [[], [""], ["name"], ["{"], ["[1]"], ["@"], ["name=a", "οδός"], ['{"a": 1} x']]
)
def test_what_is_no_record_is_refused(words: list[str]) -> None:
    with pytest.raises(Invalid):
        read_values(words, module())


def test_bad_json_is_placed() -> None:
    with pytest.raises(Invalid) as error:
        read_json('{"a":\n ώ}', "The file")
    assert "line 2" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{"])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(content)
    with pytest.raises(Invalid):
        read_json_file(file)


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ([], []),
        (["-"], ["@-"]),
        (["--note", "-"], ["--note", "-"]),
        (["Ω", "-", "--json"], ["Ω", "@-", "--json"]),
    ],
)
def test_a_dash_is_standard_input(words: list[str], read: list[str]) -> None:
    assert with_standard_input(words) == read


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), ("", ""), (False, "no"), ("Ωμέγα", "Ωμέγα"), ({}, "{}"), (0, "0")]
)
def test_values_are_shown_plainly(value: object, shown: str) -> None:
    assert plain(value) == shown

"""Tables and blocks that Markdown shows as they are meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from whereupon.docs.markdown import cell, folded, listed, page, table
from whereupon.docs.schema import tables_of, takes


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("a|b", "a\\|b"), ("two\nlines", "two lines"), ("Αθήνα", "Αθήνα")],
)
def test_a_cell_stays_one_cell(text: str, shown: str) -> None:
    assert cell(text) == shown


@pytest.mark.parametrize("value", [None, "", [], {}, {"é": ["x" * 60, {"y": "z" * 80}]}, list(range(80))])
def test_folded_json_is_the_same_json_in_short_lines(value: Any) -> None:
    assert json.loads(folded(value)) == value
    assert max(len(line) for line in folded(value).splitlines()) <= 110


def test_a_table_without_rows_is_left_out_and_so_is_an_empty_part() -> None:
    assert table(["a"], []) == ""
    assert page("# A", "", table(["a"], []), "b") == "# A\n\nb\n"
    assert listed([]) == ""


class Inner(BaseModel):
    """What is inside."""

    deep: bool = False


class Outer(BaseModel):
    """What is outside."""

    name: str = Field(max_length=5, description="Its | name.")
    many: list[Inner] = Field(default_factory=list[Inner], max_length=3)
    number: int | None = Field(None, ge=1)


def test_a_model_becomes_a_table_of_its_keys_and_one_of_each_model_inside() -> None:
    found = tables_of(Outer)
    assert "| `name` | text, at most 5 long | **required** | Its \\| name. |" in found
    assert "| `many` | list of Inner, at most 3 |  |  |" in found
    assert "| `number` | whole number, at least 1 |  |  |" in found
    assert "**Inner**: What is inside." in found
    assert "| `deep` | true or false | `false` |  |" in found


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "anything"),
        ({"type": "array"}, "list of anything"),
        ({"anyOf": [{"type": "null"}, {"type": "string", "pattern": "^α$"}]}, "text, matching `^α$`"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "object of number"),
        ({"const": 1}, "`1`"),
    ],
)
def test_what_a_key_takes_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert takes(schema) == words

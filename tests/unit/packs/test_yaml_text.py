"""What is written as YAML is read back as it was, whatever texts hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whereupon.packs.strict_yaml import read_yaml
from whereupon.packs.yaml_text import as_yaml

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
INTEGERS = st.integers(-(2**63) + 1, 2**63 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_any_value_comes_back(value: Any) -> None:
    assert read_yaml(as_yaml({"value": value}), "x.yaml") == {"value": value}


@pytest.mark.parametrize(
    "text",
    ["", "no", "true", "2026-01-31", "12:30", "0x1f", "1e3", "<p>\n  a\n</p>\n", " a\nb", "a \nb", "\n\n",
     "#", "a: b\nc: {{ record.name }}", "null", "~", "Ελένη\n\nΚαρρά\n", "a\tb\nc", "- x\n- y",
     "...\n---\n", "\x85a\n"],
)  # fmt: skip
def test_texts_that_look_like_something_else_are_texts(text: str) -> None:
    assert read_yaml(as_yaml({"a": text, text: [text]}), "x.yaml") == {"a": text, text: [text]}


def test_several_lines_are_several_lines() -> None:
    assert as_yaml({"html": "<p>\nΓειά\n</p>\n"}) == "html: |\n  <p>\n  Γειά\n  </p>\n"

"""Each filter does what the reference shows."""

from __future__ import annotations

import pytest

from whereupon.docs import notes
from whereupon.templates.template import render

CASES = [(name, text, shown) for name, (_, text, shown) in notes.FILTERS.items()]


@pytest.mark.parametrize(("name", "text", "shown"), CASES, ids=[name for name, _, _ in CASES])
def test_the_example_of_the_reference_gives_what_it_says(name: str, text: str, shown: str) -> None:
    assert f"| {name}" in text
    assert render({"liquid": text, "html": False, "zone": "UTC", "kinds": {}}, {}) == shown

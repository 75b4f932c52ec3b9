"""The list of figures: each has a target, and exactly one measurement gives it."""

from collections import Counter

import pytest

from whereupon.bench import run
from whereupon.bench.__main__ import line_of
from whereupon.bench.figures import TARGETS, Figure
from whereupon.bench.suite import MEASUREMENTS
from whereupon.errors import Invalid


def test_every_target_has_exactly_one_measurement() -> None:
    assert Counter(name for _, names in MEASUREMENTS for name in names) == Counter(list(TARGETS))


@pytest.mark.parametrize(
    ("name", "value", "ok"),
    [
        ("runs_per_second", 10_000, True),
        ("runs_per_second", 9_999, False),
        ("runs_per_second", 0, False),
        ("idle_cpu_percent", 1, True),
        ("idle_cpu_percent", 1.01, False),
    ],
)
def test_a_figure_is_held_against_its_target(name: str, value: float, ok: bool) -> None:
    figure = Figure(name, value)
    assert figure.ok is ok
    assert figure.as_json()["ok"] is ok
    assert line_of(figure).startswith("✓" if ok else "✗")


async def test_an_unknown_figure_is_refused_with_a_suggestion_before_anything_starts() -> None:
    with pytest.raises(Invalid) as caught:
        await run(["runs_per_secnod"])
    assert "runs_per_second" in (caught.value.suggestion or "")
    with pytest.raises(Invalid):
        await run(["ταχύτητα"])

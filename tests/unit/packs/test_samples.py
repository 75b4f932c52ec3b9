"""Sample records are drawn by a seed, and plausible."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from whereupon.errors import Invalid
from whereupon.packs.contents import read_pack
from whereupon.packs.samples import Draw, SampleIn

TODAY = date(2026, 11, 22)


def draw(seed: str = "a") -> Draw:
    return Draw(random.Random(seed), TODAY, {}, {"office": [3]}, {"members": ["7", "8"]})


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ({"one_of": ["a", "b"]}, {"a", "b"}),
        ({"one_of": {"a": 1, "Ω": 3}}, {"a", "Ω"}),
        ({"record_of": "members"}, {"7", "8"}),
        ({"user_in": "office"}, {3}),
        ({"user_in": "nobody"}, {None}),
        ({"day": [-1, 0]}, {"2026-11-21", "2026-11-22"}),
        ({"number": [1, 2]}, {1, 2}),
        ({"some": [0.5, "x"]}, {"x", None}),
        ("plain", {"plain"}),
        (None, {None}),
        ({"a": 1, "b": 2}, [{"a": 1, "b": 2}]),
    ],
)
def test_a_value_is_drawn_as_it_says(wanted: Any, allowed: Any) -> None:
    one = draw()
    assert all(one.value(wanted, "") in allowed for _ in range(20))


def test_later_fields_look_at_earlier_ones() -> None:
    values = {
        "status": "paid", "name": {"person": True}, "email": {"email": "name"}, "on": "2026-01-01",
        "due": {"days_after": ["on", 5, 5]}, "paid": {"by": {"status": {"paid": "yes"}}},
        "open": {"by": {"status": {"sent": "yes"}}}, "_hidden": 1,
    }  # fmt: skip
    made = draw().record(SampleIn(module="members", count=1, values=values))
    assert (made["due"], made["paid"]) == ("2026-01-06", "yes")
    assert made["email"].endswith(".1@sample.example")
    assert made.keys().isdisjoint({"open", "_hidden"})


def test_the_same_seed_gives_the_same_records() -> None:
    (members, *_) = read_pack("membership").samples.samples
    first, second, other = (
        [one.record(members) for _ in range(20)] for one in (draw("x"), draw("x"), draw("y"))
    )
    assert first == second != other


@pytest.mark.parametrize("wanted", [{"persn": True}, {"record_of": "member"}])
def test_what_cannot_be_drawn_is_refused_with_the_nearest_name(wanted: Any) -> None:
    with pytest.raises(Invalid) as refused:
        draw().value(wanted, "/name")
    assert "Did you mean" in str(refused.value.problems[0].suggestion)

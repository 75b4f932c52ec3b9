"""How many parts a text has (3GPP TS 23.038): what the phone company charges for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whereupon.outbox.segments import BASIC, DOUBLE, count_segments


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("", ("GSM-7", 0, 1)),
        ("a" * 160, ("GSM-7", 160, 1)),
        ("a" * 161, ("GSM-7", 161, 2)),
        ("a" * 306, ("GSM-7", 306, 2)),
        ("a" * 307, ("GSM-7", 307, 3)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("€" * 81, ("GSM-7", 162, 2)),
        ("a" * 152 + "€" * 5, ("GSM-7", 162, 2)),
        ("€" * 153, ("GSM-7", 306, 3)),  # 76 of them in a part: one is never cut in half
        ("ΔΦΓΛΩΠΨΣΘΞ" * 16, ("GSM-7", 160, 1)),
        ("ά" * 70, ("UCS-2", 70, 1)),
        ("ά" * 71, ("UCS-2", 71, 2)),
        ("ά" * 134, ("UCS-2", 134, 2)),
        ("ά" * 135, ("UCS-2", 135, 3)),
        ("😀" * 35, ("UCS-2", 70, 1)),
        ("😀" * 36, ("UCS-2", 72, 2)),
        ("😀" * 67, ("UCS-2", 134, 3)),  # 33 in a part
        ("a" * 69 + "“", ("UCS-2", 70, 1)),
    ],
)
def test_parts_are_counted_as_phones_count_them(text: str, counted: tuple[str, int, int]) -> None:
    assert count_segments(text) == counted


def test_the_alphabet_is_whole() -> None:
    assert len(BASIC) == 127, "128 places, of which one is the escape"
    assert len(DOUBLE) == 10


@given(st.text(max_size=400))
def test_a_longer_text_never_has_fewer_parts(text: str) -> None:
    assert count_segments(text + "a").parts >= count_segments(text).parts

"""How many parts a text message has: what a phone network charges for, and what a phone puts together.

A text of the phone's own alphabet (GSM 03.38, 3GPP TS 23.038) has 160 characters in one part and 153 in
each of several; any other character makes the whole text UCS-2, of 70 and 67. Some characters take two
places (€ [ ] { } ~ ^ | and the backslash; an emoji in UCS-2), and are never cut in half.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("\f^{}\\[~]|€")
LIMITS = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


class Segments(NamedTuple):
    """`characters`: places taken, of 7 bits or of 16."""

    encoding: Literal["GSM-7", "UCS-2"]
    characters: int
    parts: int


def count_segments(text: str) -> Segments:
    """How a text goes out.

    >>> count_segments("Hello"), count_segments("Γειά σου").encoding
    (Segments(encoding='GSM-7', characters=5, parts=1), 'UCS-2')
    """
    letters = set(text)
    if letters <= BASIC | DOUBLE:
        return counted("GSM-7", (2 if letter in DOUBLE else 1 for letter in text))
    return counted("UCS-2", (2 if ord(letter) > 0xFFFF else 1 for letter in text))


def counted(encoding: Literal["GSM-7", "UCS-2"], places: Iterable[int]) -> Segments:
    """Fill part after part; what takes two places stays together."""
    one, each = LIMITS[encoding]
    total, parts, used = 0, 1, 0
    for size in places:
        total += size
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    return Segments(encoding, total, 1 if total <= one else parts)

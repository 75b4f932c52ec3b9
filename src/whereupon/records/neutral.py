"""Texts for a spreadsheet that nobody can make a formula of."""

from __future__ import annotations

import re

# What a spreadsheet begins a formula with, in wide letters too, also after space that some of them drop
# (OWASP, CSV injection).
FORMULA = re.compile(r"[\t\r\n]|\s*[=+@＝＋－＠-]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
NUMBER = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,15})?", re.ASCII)


def harmless(text: str) -> str:
    """The text without control characters, with an apostrophe before what would begin a formula.

    >>> harmless("=1+1"), harmless("@SUM(A1)"), harmless("a\\x00b"), harmless("-12,50"), harmless("plain")
    ("'=1+1", "'@SUM(A1)", 'ab', '-12,50', 'plain')
    >>> harmless(" =1+1"), harmless("＝1+1"), harmless("\\n=1+1"), harmless(" -12"), harmless("Ωραία - ναι")
    ("' =1+1", "'＝1+1", "'\\n=1+1", "' -12", 'Ωραία - ναι')
    """
    clean = CONTROLS.sub("", text)
    return "'" + clean if FORMULA.match(clean) and not NUMBER.fullmatch(clean) else clean


def as_written(text: str) -> str:
    """The text that `harmless` was given, as far as it can be told.

    >>> as_written("'=1+1"), as_written("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text[:1] == "'" and FORMULA.match(text[1:]) else text

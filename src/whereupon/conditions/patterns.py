"""TEXT(value, pattern): Excel's number and date patterns as PostgreSQL's."""

from __future__ import annotations

import re

from whereupon.conditions.expressions import mismatch
from whereupon.conditions.values import DECIMAL, TEXT, Compiled, Kind, Scope, literal, refuse
from whereupon.errors import Invalid

NUMBER = re.compile(
    r"(?P<before>[^#0,.%]*)(?P<whole>[#0,]+)(?P<decimals>\.0+)?(?P<percent>%?)(?P<after>[^#0,.%]*)"
)
DATE = re.compile(
    r'(?P<word>y+|m+|d+|h+|s+)|(?P<quoted>"[^"]*")|(?P<letter>[^\W\d_])|(?P<other>.)', re.I | re.S
)
MOST_DIGITS = 24
DATE_WORDS = {
    "yyyy": "YYYY", "yy": "YY", "mmmm": "FMMonth", "mmm": "Mon", "mm": "MM", "m": "FMMM", "dddd": "FMDay",
    "ddd": "Dy", "dd": "DD", "d": "FMDD", "hh": "HH24", "h": "FMHH24", "ss": "SS", "s": "FMSS",
}  # fmt: skip
LONGEST = 100


def compile_pattern(value: Compiled, pattern: Compiled, scope: Scope) -> str:
    """The SQL text of a value in a pattern that is written out. Raises Invalid for a pattern that is none."""
    written = pattern.constant
    if not isinstance(written, str) or not 0 < len(written) <= LONGEST:
        refuse("wrong_value", f"The pattern is a text of 1 to {LONGEST} characters, written out in quotes.",
               'For example "0.00" or "dd/mm/yyyy".')  # fmt: skip
    match value.type.kind:
        case Kind.INTEGER | Kind.DECIMAL:
            return _number(value, written)
        case Kind.DATE | Kind.TIME:
            moment = (
                f"{value.sql}::timestamp"
                if value.type.kind is Kind.DATE
                else f"(date '2000-01-01' + {value.sql})"
            )
            return f"to_char({moment}, {literal(date_mask(written))})"
        case Kind.DATETIME:
            local = f"{value.sql} AT TIME ZONE {literal(scope.time_zone)}"
            return f"to_char({local}, {literal(date_mask(written))})"
        case Kind.TEXT:
            raise Invalid.of(mismatch(value, DECIMAL))
        case _:
            raise Invalid.of(mismatch(value, TEXT))


def _number(value: Compiled, written: str) -> str:
    """Digits, grouping and decimals by to_char; a currency sign or unit before or after as it stands."""
    found = NUMBER.fullmatch(written)
    if found is None:
        refuse(
            "wrong_value", f'"{written}" is not a pattern for a number.', 'For example "#,##0.00" or "0%".'
        )
    number = f"({value.sql})::numeric" + (" * 100" if found["percent"] else "")
    digits = f"to_char({number}, {literal(number_mask(found['whole'], found['decimals'] or ''))})"
    before, after = literal(found["before"]), literal(found["percent"] + found["after"])
    return f"({before} || {digits} || {after})" if before != "''" or after != "''" else digits


def number_mask(whole: str, decimals: str) -> str:
    """The to_char mask of a pattern's digits.

    >>> number_mask("#,##0", ".00")[-13:]
    '99,999,990.00'
    """
    least = min(whole.count("0"), MOST_DIGITS)
    digits = "9" * (MOST_DIGITS - least) + "0" * least
    if "," in whole:
        digits = ",".join(digits[i : i + 3] for i in range(0, MOST_DIGITS, 3))
    return f"FM{digits}{decimals}"


def date_mask(pattern: str) -> str:
    """The to_char mask of a date pattern; `m` after hours or before seconds is minutes.

    >>> date_mask("d mmmm yyyy hh:mm")
    'FMDD FMMonth YYYY HH24:MI'
    """
    parts = list(DATE.finditer(pattern))
    words = [p["word"].lower() if p["word"] else "" for p in parts]
    return "".join(_date_part(p, words, i, pattern) for i, p in enumerate(parts))


def _date_part(part: re.Match[str], words: list[str], at: int, pattern: str) -> str:
    if part["quoted"]:
        return part["quoted"].replace("\\", "\\\\")
    if part["other"]:
        return part["other"] if part["other"] != "\\" else '"\\\\"'
    word = words[at]
    if word in ("m", "mm") and _are_minutes(words, at):
        return "MI" if word == "mm" else "FMMI"
    if word not in DATE_WORDS:
        hint = f"Known: {' '.join(DATE_WORDS)}; other letters stand in double quotes."
        refuse("wrong_value", f'"{part[0]}" in "{pattern}" is not part of a date.', hint)
    return DATE_WORDS[word]


def _are_minutes(words: list[str], at: int) -> bool:
    before = next((w for w in reversed(words[:at]) if w), "")
    after = next((w for w in words[at + 1 :] if w), "")
    return before[:1] == "h" or after[:1] == "s"

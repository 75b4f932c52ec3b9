"""The functions of formulas, one row each: what they take and give, their SQL, an example that runs.

`takes` names the parameters by type, in order: number, whole, text, boolean, day (a date, or the local
day of a date with time), clock, any; "=" gives a default, "…" repeats the last. A function whose type
depends on what it is given has no SQL here but a builder, in formula.py or (over child records) many.py.
"""

# ruff: noqa: E501 -- a row of a table reads better than ten lines
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whereupon.conditions.values import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    TEXT,
    Compiled,
    ValueType,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its type's word, and the constant used when it is left out."""

    kind: str
    default: Compiled | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `value` is what the example gives, as PostgreSQL writes it; None where it changes daily."""

    name: str
    group: str
    takes: str
    gives: ValueType | None
    sql: str | None
    example: str
    value: str | None
    doc: str

    @property
    def repeats(self) -> bool:
        return self.takes.endswith("…")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        words = [w.strip() for w in self.takes.removesuffix("…").split(",") if w.strip()]
        return tuple(_parameter(w) for w in words)


def _parameter(word: str) -> Parameter:
    kind, _, default = word.partition("=")
    return Parameter(kind, Compiled(default, INTEGER, constant=int(default)) if default else None)


F = Function
ROWS = (
    # Logic
    F("IF", "Logic", "boolean, any, any", None, None, 'IF(2 > 1, "yes", "no")', "yes",
      "The second value if the condition holds, otherwise the third (or nothing, when left out)."),
    F("AND", "Logic", "boolean…", BOOLEAN, " AND ", "AND(1 < 2, 2 < 3)", "true", "Whether all conditions hold."),
    F("OR", "Logic", "boolean…", BOOLEAN, " OR ", "OR(1 > 2, 2 < 3)", "true", "Whether at least one condition holds."),
    F("NOT", "Logic", "boolean", BOOLEAN, "({0} IS NOT TRUE)", "NOT(1 > 2)", "true",
      "Whether the condition does not hold; a missing value does not hold, so NOT of it does."),
    F("ISBLANK", "Logic", "any", BOOLEAN, None, 'ISBLANK("")', "true", "Whether the value is missing."),
    F("IFBLANK", "Logic", "any…", None, None, 'IFBLANK("", "none")', "none", "The first value that is not missing."),
    F("COALESCE", "Logic", "any…", None, None, "COALESCE(SQRT(-1), 0)", "0", "The same as IFBLANK."),
    F("EXACT", "Logic", "text, text", BOOLEAN, "(({0}) = ({1}) IS TRUE)", 'EXACT("a", "A")', "false",
      "Whether two texts are the same to the letter; = ignores case."),
    # Numbers
    F("ROUND", "Numbers", "number, whole=0", DECIMAL, "round({0}, {1})", "ROUND(2.345, 2)", "2.35",
      "Rounded to so many digits after the point; a half goes away from zero."),
    F("ROUNDUP", "Numbers", "number, whole=0", DECIMAL, "whereupon.formula_round_up({0}, {1})",
      "ROUNDUP(-2.341, 2)", "-2.35", "Rounded away from zero."),
    F("ROUNDDOWN", "Numbers", "number, whole=0", DECIMAL, "trunc({0}, {1})", "ROUNDDOWN(-2.349, 2)", "-2.34",
      "Rounded towards zero."),
    F("INT", "Numbers", "number", INTEGER, "floor({0})", "INT(-2.1)", "-3", "The whole number below."),
    F("ABS", "Numbers", "number", DECIMAL, "abs({0})", "ABS(-5)", "5", "The number without its sign."),
    F("MOD", "Numbers", "number, number", DECIMAL, "whereupon.formula_modulo({0}, {1})", "MOD(-7, 3)", "2",
      "What is left after dividing, with the sign of the divisor; missing for a divisor of 0."),
    F("POWER", "Numbers", "number, number", DECIMAL, "whereupon.formula_power({0}, {1})", "ROUND(POWER(2, 10))",
      "1024", "A number to a power of at most 100; the same as ^."),
    F("SQRT", "Numbers", "number", DECIMAL, "whereupon.formula_root({0})", "ROUND(SQRT(9))", "3",
      "The square root; missing for a negative number."),
    F("VALUE", "Numbers", "text", DECIMAL, "whereupon.formula_value({0})", 'VALUE(" 12.50 ")', "12.50",
      "The number that a text spells, with a point before the decimals; missing if it spells none."),
    # Several values, or child records
    F("SUM", "Several", "number…", DECIMAL, None, "SUM(1, 2, 3.5)", "6.5",
      "The sum of values, or over child records: SUM(lines.quantity * lines.price). Missing values count as 0."),
    F("AVERAGE", "Several", "number…", DECIMAL, None, "ROUND(AVERAGE(1, 2, 6))", "3",
      "The mean of the values that are not missing; missing if there are none."),
    F("COUNT", "Several", "any…", INTEGER, None, 'COUNT(1, "", 3)', "2",
      "How many values are not missing, or how many child records: COUNT(lines)."),
    F("MIN", "Several", "any…", None, None, "MIN(3, 1, 2)", "1", "The least of the values, or over child records."),
    F("MAX", "Several", "any…", None, None, "MAX(3, 1, 2)", "3", "The greatest of the values, or over child records."),
    # Text
    F("CONCAT", "Text", "any…", TEXT, None, 'CONCAT("No. ", 12.50)', "No. 12.5",
      "The values joined to one text; missing ones are left out. The same as &."),
    F("LEFT", "Text", "text, number=1", TEXT, "whereupon.formula_left({0}, {1})", 'LEFT("Αθήνα", 2)', "Αθ",
      "The first characters."),
    F("RIGHT", "Text", "text, number=1", TEXT, "whereupon.formula_right({0}, {1})", 'RIGHT("invoice", 3)', "ice",
      "The last characters."),
    F("MID", "Text", "text, number, number", TEXT, "whereupon.formula_mid({0}, {1}, {2})", 'MID("invoice", 3, 4)',
      "voic", "So many characters from a position, counted from 1."),
    F("LEN", "Text", "text", INTEGER, "length({0})", 'LEN("Αθήνα")', "5", "How many characters."),
    F("UPPER", "Text", "text", TEXT, "upper({0})", 'UPPER("abc")', "ABC", "In capitals."),
    F("LOWER", "Text", "text", TEXT, "lower({0})", 'LOWER("ABC")', "abc", "In small letters."),
    F("PROPER", "Text", "text", TEXT, "initcap({0})", 'PROPER("maria sanchez")', "Maria Sanchez",
      "Each word with a capital."),
    F("TRIM", "Text", "text", TEXT, "btrim(regexp_replace({0}, '\\s+', ' ', 'g'))", 'TRIM("  a   b ")', "a b",
      "Without spaces around, and single ones inside."),
    F("SUBSTITUTE", "Text", "text, text, text", TEXT, "whereupon.formula_substitute({0}, {1}, {2})",
      'SUBSTITUTE("a-b-c", "-", ".")', "a.b.c", "Every occurrence of the second text replaced by the third."),
    F("FIND", "Text", "text, text, number=1", INTEGER, "whereupon.formula_find({0}, {1}, {2})",
      'FIND("v", "invoice")', "3", "The position of the first text in the second, case counting; missing if not there."),
    F("SEARCH", "Text", "text, text, number=1", INTEGER, "whereupon.formula_find(lower({0}), lower({1}), {2})",
      'SEARCH("V", "invoice")', "3", "As FIND, but case does not count."),
    F("TEXT", "Text", "any, text", TEXT, None, 'TEXT(1234.5, "#,##0.00")', "1,234.50",
      'A number or date as its pattern says: "0.00", "#,##0", "0%", "dd/mm/yyyy", "d mmmm yyyy hh:mm".'),
    # Dates
    F("TODAY", "Dates", "", DATE, "(now() AT TIME ZONE {zone})::date", "TODAY()", None,
      "Today, in the workflow's time zone. Add days with +."),
    F("NOW", "Dates", "", DATETIME, "now()", "NOW()", None, "This moment. Add days with +: NOW() + 0.5."),
    F("DATE", "Dates", "number, number, number", DATE, "whereupon.formula_date({0}, {1}, {2})", "DATE(2026, 14, 1)",
      "2027-02-01", "The date of a year, month and day; month 13 is January of the next year."),
    F("YEAR", "Dates", "day", INTEGER, "extract(year FROM {0})", 'YEAR(DATE(2026, 3, 9))', "2026", "The year."),
    F("MONTH", "Dates", "day", INTEGER, "extract(month FROM {0})", 'MONTH(DATE(2026, 3, 9))', "3", "The month, 1 to 12."),
    F("DAY", "Dates", "day", INTEGER, "extract(day FROM {0})", 'DAY(DATE(2026, 3, 9))', "9", "The day of the month."),
    F("HOUR", "Dates", "clock", INTEGER, "extract(hour FROM {0})", "HOUR(NOW())", None, "The hour, 0 to 23, local."),
    F("MINUTE", "Dates", "clock", INTEGER, "extract(minute FROM {0})", "MINUTE(NOW())", None, "The minute, 0 to 59."),
    F("WEEKDAY", "Dates", "day, number=1", INTEGER, "whereupon.formula_weekday({0}, {1})",
      "WEEKDAY(DATE(2026, 3, 9), 2)", "1", "The day of the week: Sunday is 1; with a second value of 2, Monday is 1."),
    F("EDATE", "Dates", "day, number", DATE, "whereupon.formula_add_months({0}, {1})", "EDATE(DATE(2026, 1, 31), 1)",
      "2026-02-28", "So many months later; the last day of a month that is too short."),
    F("EOMONTH", "Dates", "day, number", DATE, "whereupon.formula_month_end({0}, {1})", "EOMONTH(DATE(2026, 1, 9), 0)",
      "2026-01-31", "The last day of the month, so many months later."),
    F("DAYS", "Dates", "day, day", INTEGER, "({0} - {1})", "DAYS(DATE(2026, 3, 9), DATE(2026, 3, 1))", "8",
      "The days from the second date to the first."),
    F("NETWORKDAYS", "Dates", "day, day", INTEGER, "whereupon.formula_network_days({0}, {1})",
      "NETWORKDAYS(DATE(2026, 3, 6), DATE(2026, 3, 9))", "2", "Mondays to Fridays between two dates, both counted."),
    F("DATEDIF", "Dates", "day, day, text", INTEGER, None, 'DATEDIF(DATE(2025, 3, 9), DATE(2026, 3, 8), "M")', "11",
      'Complete days "D", months "M" or years "Y" between two dates.'),
)  # fmt: skip
FUNCTIONS: Mapping[str, Function] = {row.name: row for row in ROWS}

# What people look for from Excel, and what does it here.
INSTEAD = {
    "IFERROR": "Nothing here ends in an error; a result that cannot be is missing: IFBLANK(value, otherwise).",
    "IFNA": "Use IFBLANK(value, otherwise).",
    "VLOOKUP": "Follow the link with a dot: account.country.",
    "XLOOKUP": "Follow the link with a dot: account.country.",
    "SUMIF": "Use IF inside: SUM(IF(lines.taxed, lines.amount)).",
    "COUNTIF": "Use IF inside: COUNT(IF(lines.amount > 100, 1)).",
    "CONCATENATE": "Use CONCAT or &.",
    "TEXTJOIN": "Use CONCAT or &.",
    "REPT": "Repeating a text is not offered.",
    "IFS": "Put IF into IF: IF(a, 1, IF(b, 2, 3)).",
    "SWITCH": "Put IF into IF: IF(a, 1, IF(b, 2, 3)).",
    "DATEVALUE": "Use DATE(year, month, day).",
    "WORKDAY": "Use NETWORKDAYS to count working days.",
    "CEILING": "Use ROUNDUP.",
    "FLOOR": "Use ROUNDDOWN or INT.",
}

"""Which type a field may change into, and which of its values survive that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whereupon.modules.catalog import Field
from whereupon.modules.ddl import literal


@dataclass(frozen=True, slots=True)
class Cast:
    """`using` converts {c}; `fits` says for which values that is exact (None: for all). SQL, both."""

    using: str
    fits: str | None = None


WORDS = ("text", "long_text", "email", "phone", "url", "select", "stage")
SAME = Cast("{c}")
AS_TEXT = Cast("{c}::text")
AS_NUMERIC = Cast("{c}::numeric")
TO_INTEGER = Cast("{c}::bigint", "{c} = trunc({c}) AND abs({c}) < 9223372036854775807")
# From words to words, what fits is decided by `word_limit`.
CASTS: Mapping[tuple[str, str], Cast] = {
    ("long_text", "rich_text"): SAME,
    ("text", "rich_text"): SAME,
    ("rich_text", "long_text"): SAME,
    ("auto_number", "text"): SAME,
    ("integer", "decimal"): AS_NUMERIC,
    ("integer", "money"): AS_NUMERIC,
    ("decimal", "money"): Cast("{c}", "{c} = round({c}, {scale})"),
    ("money", "decimal"): SAME,
    ("decimal", "integer"): TO_INTEGER,
    ("money", "integer"): TO_INTEGER,
    ("select", "multi_select"): Cast("ARRAY[{c}]"),
    ("stage", "multi_select"): Cast("ARRAY[{c}]"),
    ("date", "datetime"): Cast("{c}::timestamp AT TIME ZONE 'UTC'"),
    ("date", "text"): AS_TEXT,
    ("time", "text"): AS_TEXT,
    ("integer", "text"): AS_TEXT,
    ("decimal", "text"): AS_TEXT,
    ("money", "text"): AS_TEXT,
    ("boolean", "text"): AS_TEXT,
    ("text", "integer"): Cast("{c}::bigint", "{c} ~ '^[+-]?[0-9]{{1,18}}$'"),
    ("text", "decimal"): Cast("{c}::numeric", "{c} ~ '^[+-]?[0-9]{{1,18}}([.][0-9]{{1,10}})?$'"),
    ("text", "money"): Cast("{c}::numeric", "{c} ~ '^[+-]?[0-9]{{1,15}}([.][0-9]{{1,2}})?$'"),
    ("text", "boolean"): Cast("{c}::boolean", "lower({c}) IN ('true', 'false', 'yes', 'no')"),
    ("text", "date"): Cast("{c}::date", "{c} ~ '^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'"),
}
PATTERNS: Mapping[str, str] = {
    "email": r"{c} ~ '^[^\s@]+@[^\s@]+[.][^\s@]{{2,}}$'",
    "phone": r"{c} ~ '^[+]?[0-9() ./-]{{2,40}}'",
    "url": r"{c} ~ '^https?://[^\s]+$'",
}


def cast_between(old: Field, new: Field, column: str) -> Cast | None:
    """The SQL for one (quoted) column, or None where no such change is possible."""
    if old.type in WORDS and new.type in WORDS:
        cast = Cast("{c}", word_limit(new))
    elif (old.type, new.type) in CASTS:
        cast = CASTS[old.type, new.type]
    else:
        return None
    scale = new.options.get("scale", 2)
    return Cast(
        cast.using.format(c=column, scale=scale), cast.fits and cast.fits.format(c=column, scale=scale)
    )


def word_limit(new: Field) -> str:
    if new.type in PATTERNS:
        return PATTERNS[new.type]
    if new.type in ("select", "stage"):
        keys = ", ".join(literal(c["key"]) for c in new.options["choices"])
        return "{c} IN (" + keys.replace("{", "{{").replace("}", "}}") + ")"
    return "char_length({c}) <= " + str(int(new.options.get("max_length", 10_000)))


def ways_out(old_type: str) -> list[str]:
    """The types that a field of this type may change into."""
    into = [new for old, new in CASTS if old == old_type]
    return sorted({*into, *(WORDS if old_type in WORDS else ())} - {old_type})

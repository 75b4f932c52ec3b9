"""What an answer means: done, again, or never; and the values that were asked of it.

Nothing of a secret comes back: a receiver that repeats what it was sent finds it struck out here, before
anything is kept.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal, cast
from urllib.parse import quote, quote_plus

import orjson

from whereupon.conditions.values import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    JSON,
    TEXT,
    ValueType,
)
from whereupon.outbox.egress import Answer

STRUCK_OUT = "••••••"
EXCERPT = 500  # characters of an answer that an error repeats
LATER = frozenset({408, 425, 429})
LONGEST_TEXT = 1_000_000  # characters of one value
DEEPEST = 100
SHOWN_HEADERS = ("content-type", "location", "retry-after", "x-request-id", "x-ratelimit-remaining", "etag")
Kind = Literal["text", "number", "integer", "boolean", "date", "datetime", "json"]
KINDS: Mapping[str, ValueType] = {
    "text": TEXT, "number": DECIMAL, "integer": INTEGER, "boolean": BOOLEAN, "date": DATE,
    "datetime": DATETIME, "json": JSON,
}  # fmt: skip
PART = re.compile(r"[^.\[\]]+|\[[0-9]{1,9}\]")


class NotThere(ValueError):
    """The answer does not have what was asked of it, or not of that kind."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Texts that must not be kept, in every form in which they might come back."""

    needles: tuple[str, ...] = ()

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Hidden:
        """

        >>> Hidden.of(["s3cret"]).strike("you sent s3cret and czNjcmV0")
        'you sent •••••• and ••••••'
        """
        found: dict[str, None] = {}
        for secret in secrets:
            packed = base64.b64encode(secret.encode()).decode()
            escaped = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
            forms = (secret, *escaped, quote(secret, safe=""), quote_plus(secret), packed, packed.rstrip("="))
            found |= dict.fromkeys(form for form in forms if form)
        return cls(tuple(sorted(found, key=len, reverse=True)))

    def strike(self, text: str) -> str:
        """The text without them."""
        for needle in self.needles:
            text = text.replace(needle, STRUCK_OUT)
        return text

    def clean(self, value: Any, depth: int = 0) -> Any:
        """A JSON value without them, and without what the database cannot hold. Raises NotThere."""
        if depth > DEEPEST:
            raise NotThere("it is nested too deep")
        if isinstance(value, str):
            return self.strike(value.replace("\0", ""))
        if isinstance(value, list):
            return [self.clean(one, depth + 1) for one in cast(list[Any], value)]
        if isinstance(value, dict):
            known = cast(dict[str, Any], value)
            return {self.clean(key): self.clean(one, depth + 1) for key, one in known.items()}
        return value


def text_of(answer: Answer, hidden: Hidden) -> str:
    """The answer's body as text."""
    found = re.search(r"charset=\"?([\w-]{1,40})", answer.headers.get("content-type", ""), re.IGNORECASE)
    try:
        text = answer.body.decode(found[1] if found else "utf-8", "replace")
    except LookupError:
        text = answer.body.decode("utf-8", "replace")
    return hidden.strike(text.replace("\0", ""))


def excerpt(text: str, most: int = EXCERPT) -> str:
    """How it begins, in one line.

    >>> excerpt("<h1>No</h1>  \\n way", 12)
    '<h1>No</h1> …'
    """
    line = " ".join(text[: most * 4].split())
    return line if len(line) <= most else line[:most] + "…"


def shown_headers(answer: Answer, hidden: Hidden) -> dict[str, str]:
    """The headers that say something to people and later blocks."""
    known = ((name, answer.headers.get(name)) for name in SHOWN_HEADERS)
    return {name: hidden.strike(value)[:1_000] for name, value in known if value is not None}


def retry_after(answer: Answer, now: datetime | None = None) -> float | None:
    """Seconds, as a number or a date says them; None when it says nothing that can be read.

    >>> retry_after(Answer(429, {"retry-after": "120"}, b"")), retry_after(Answer(429, {}, b""))
    (120.0, None)
    """
    said = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", said, re.ASCII):
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())


# The values asked of it -------------------------------------------------------------------------------


def parts_of(path: str) -> list[str | int]:
    """A path as its steps. Raises ValueError for what is none.

    >>> parts_of("data.items[0].id"), parts_of("$.total"), parts_of("")
    (['data', 'items', 0, 'id'], ['total'], [])
    """
    text = path.strip().removeprefix("$").removeprefix(".")
    found = PART.findall(text)
    joined = "".join(f".{one}" if not one.startswith("[") else one for one in found).removeprefix(".")
    if joined != text:
        raise ValueError(f'"{path[:60]}" is no path. Write it like data.items[0].id.')
    return [int(one[1:-1]) if one.startswith("[") else one for one in found]


def value_at(document: Any, path: str) -> Any:
    """What is there, None where nothing is."""
    for part in parts_of(path):
        if isinstance(document, dict):
            document = cast(dict[str, Any], document).get(str(part))
        elif isinstance(document, list) and str(part).isdecimal():
            items, index = cast(list[Any], document), int(part)
            document = items[index] if index < len(items) else None
        else:
            return None
    return document


def read_values(answer: Answer, wanted: Sequence[Mapping[str, Any]], hidden: Hidden) -> dict[str, Any]:
    """Name → value, for each {name, source, path, type}. Raises NotThere with what is wrong with which."""
    document: Any = None
    if any(one["source"] == "body" and one["path"] for one in wanted):
        document = _document(answer, hidden)
    found: dict[str, Any] = {}
    for one in wanted:
        try:
            if one["source"] == "header":
                value: Any = hidden.clean(answer.headers.get(one["path"].strip().lower()))
            elif one["path"]:
                value = value_at(document, one["path"])
            else:
                value = _whole(answer, one["type"], hidden)
            found[one["name"]] = converted(value, one["type"])
        except NotThere as error:
            at = one["path"] or "the answer"
            raise NotThere(f'"{one["name"]}" could not be read from {at}: {error}') from error
    return found


def _whole(answer: Answer, kind: str, hidden: Hidden) -> Any:
    return _document(answer, hidden) if kind == "json" else text_of(answer, hidden)


def _document(answer: Answer, hidden: Hidden) -> Any:
    if not answer.body.strip():
        return None
    try:
        return hidden.clean(orjson.loads(answer.body.removeprefix(b"\xef\xbb\xbf")))
    except orjson.JSONDecodeError as error:
        raise NotThere("the answer is no JSON") from error


def converted(value: Any, kind: str) -> Any:
    """The value as that kind, so that the database can hold it. Raises NotThere."""
    if value is None:
        return None
    try:
        return CONVERSIONS[kind](value)
    except (ValueError, OverflowError, TypeError) as error:
        raise NotThere(f"{excerpt(_as_text(value), 60)!r} is not {KINDS[kind].noun}") from error


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    return orjson.dumps(value).decode()[:LONGEST_TEXT]


def _as_number(value: Any) -> float | int | str:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,30}(\.[0-9]{1,30})?\s*", value, re.ASCII):
        return value.strip().removeprefix("+")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise ValueError


def _as_it_is(value: Any) -> Any:
    return value


def _as_integer(value: Any) -> int:
    number = _as_number(value)
    whole = int(number)
    if (isinstance(number, float) and not number.is_integer()) or not -(2**63) <= whole < 2**63:
        raise ValueError
    return whole


def _as_boolean(value: Any) -> bool:
    known: dict[Any, bool] = {True: True, False: False, "true": True, "false": False}
    found = value.strip().lower() if isinstance(value, str) else value
    if isinstance(found, (bool, str)) and found in known:
        return known[found]
    raise ValueError


def _as_date(value: Any) -> str:
    return date.fromisoformat(str(value).strip()[:10]).isoformat()


def _as_moment(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC).isoformat()
    found = datetime.fromisoformat(str(value).strip())
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "text": _as_text, "number": _as_number, "integer": _as_integer, "boolean": _as_boolean,
    "date": _as_date, "datetime": _as_moment, "json": _as_it_is,
}  # fmt: skip

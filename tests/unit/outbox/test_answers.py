"""What an answer means: its values by path and type, when to try again, and nothing of a secret."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from whereupon.outbox.answers import (
    Hidden,
    NotThere,
    converted,
    excerpt,
    parts_of,
    read_values,
    retry_after,
    text_of,
    value_at,
)
from whereupon.outbox.egress import Answer

SECRET = 'pä"ss/w+rd'
DOCUMENT: Any = {"a": {"b": [{"c": 1}, {"c": None}]}, "list": [[1, 2]], "0": "zero", "": "empty"}


@pytest.mark.parametrize(
    "form",
    [
        SECRET, base64.b64encode(SECRET.encode()).decode(), quote(SECRET, safe=""), 'pä\\"ss/w+rd',
        'p\\u00e4\\"ss/w+rd',
    ],
)  # fmt: skip
def test_a_secret_is_struck_out_however_it_comes_back(form: str) -> None:
    hidden = Hidden.of([SECRET])
    assert form not in hidden.strike(f"before {form} after")
    assert hidden.clean({"x": [form], form: 1}) == {"x": ["••••••"], "••••••": 1}
    assert form not in text_of(Answer(200, {}, f"<p>{form}</p>".encode()), hidden)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b[0].c", 1), ("$.a.b[0].c", 1), ("a.b.0.c", 1), ("a.b[1].c", None), ("a.b[7].c", None),
        ("a.x.y", None), ("list[0][1]", 2), ("0", "zero"), ("a.b.c", None), ("a", DOCUMENT["a"]),
        ("", DOCUMENT),
    ],
)  # fmt: skip
def test_a_path_leads_to_its_value_or_to_nothing(path: str, value: object) -> None:
    assert value_at(DOCUMENT, path) == value


@pytest.mark.parametrize("path", ["a..b", "a[", "a[x]", "a]", ".a.", "a[-1]", "a[0"])
def test_what_is_no_path_is_said_so(path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        parts_of(path)


@pytest.mark.parametrize(
    ("value", "kind", "result"),
    [
        (None, "integer", None), ("12.50", "number", "12.50"), (3, "integer", 3), (3.0, "integer", 3),
        ("True", "boolean", True), (False, "boolean", False), ("2026-03-01T10:00:00Z", "date", "2026-03-01"),
        ("2026-03-01T10:00:00", "datetime", "2026-03-01T10:00:00+00:00"),
        (1_700_000_000, "datetime", "2023-11-14T22:13:20+00:00"),
        (1_700_000_000_000, "datetime", "2023-11-14T22:13:20+00:00"),
        ({"a": 1}, "text", '{"a":1}'), (True, "text", "true"), ("Ω", "text", "Ω"), ([1], "json", [1]),
    ],
)  # fmt: skip
def test_a_value_comes_as_the_type_that_was_asked_for(value: object, kind: str, result: object) -> None:
    assert converted(value, kind) == result


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x", "number"), (True, "number"), ("1e5", "number"), ("", "integer"), (1.5, "integer"),
        (2**63, "integer"), ([1], "number"), (2, "boolean"), ("yes", "boolean"), ("31.12.2026", "date"),
        ({}, "datetime"), (1e300, "datetime"), ("١٢", "integer"),
    ],
)  # fmt: skip
def test_what_is_of_another_type_is_said_so(value: object, kind: str) -> None:
    with pytest.raises(NotThere):
        converted(value, kind)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0), ("0", 0.0), ("", None), ("soon", None), ("-5", None), ("1.5", None),
        ("Sun, 01 Mar 2026 10:01:00 GMT", 60.0), ("Sun, 01 Mar 2026 09:00:00 GMT", 0.0), ("٣", None),
        ("99999999999999", None),
    ],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(said: str, seconds: float | None) -> None:
    now = datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert retry_after(Answer(429, {"retry-after": said}, b""), now) == seconds


def test_headers_and_the_whole_answer_can_be_asked_for() -> None:
    answer = Answer(
        200, {"x-id": "7", "content-type": "text/plain; charset=iso-8859-1"}, "été".encode("latin-1")
    )
    wanted = [
        {"name": "id", "source": "header", "path": "X-Id", "type": "integer"},
        {"name": "all", "source": "body", "path": "", "type": "text"},
    ]
    assert read_values(answer, wanted, Hidden()) == {"id": 7, "all": "été"}


def test_what_the_database_cannot_hold_is_left_out() -> None:
    answer = Answer(200, {}, b'{"a": "x\\u0000y"}')
    wanted = [{"name": "a", "source": "body", "path": "a", "type": "text"}]
    assert read_values(answer, wanted, Hidden()) == {"a": "xy"}
    assert excerpt("a\0" * 3) != ""

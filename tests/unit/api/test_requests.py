"""What is read of a request before any route sees it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from whereupon.api.body import parse_json
from whereupon.api.call import entity_tag
from whereupon.api.paging import encode_cursor, id_after
from whereupon.api.problems import Malformed, as_ours, problem_of, problem_response
from whereupon.errors import Invalid, Unavailable, WhereuponError

GOOD = [
    (b"null", None),
    (b'{"a": ["\xc3\xa4", 1]}', {"a": ["ä", 1]}),
    (b'""', ""),
    (b'"\\ud83d\\ude00"', "😀"),
]
BAD = [
    b"", b"{", b"[1,]", b"NaN", b"Infinity", b"-Infinity", b'"\\ud800"', b'"\xff"', b"'a'", b"[" * 100_000,
    b'"\x00"', b'{"a": 1} x',
]  # fmt: skip


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(("raw", "value"), GOOD)
def test_json_is_read(raw, value, exact):
    assert parse_json(raw, exact=exact) == value


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("raw", BAD)
def test_what_is_no_json_is_malformed(raw, exact):
    with pytest.raises(Malformed):
        parse_json(raw, exact=exact)


@pytest.mark.parametrize("exact", [True, False])
def test_a_nul_is_refused_wherever_it_stands(exact):
    with pytest.raises(Invalid) as refused:
        parse_json(b'{"a": ["x", "\\u0000"], "\\u0000": 1, "b": "\\\\u0000"}', exact=exact)
    assert [p.path for p in refused.value.problems] == ["/a/1", "/\0"]


def test_every_digit_is_kept_where_it_matters():
    assert parse_json(b"[0.1, 12345678901234567890.12]", exact=True) == [
        Decimal("0.1"), Decimal("12345678901234567890.12"),
    ]  # fmt: skip


@pytest.mark.parametrize("header", ["", '"', "x", '"a"b"', 'W/"1"', '"1", "2"', "ä"])
def test_an_entity_tag_that_is_none_is_refused(header):
    with pytest.raises(Invalid):
        entity_tag(header)


def test_a_cursor_comes_back_as_it_was_given():
    assert id_after(encode_cursor(731)) == 731
    assert id_after(None) == 0
    for position in (0, -1, 2**63, True, "7", None, [1], {"ä": 1}):
        with pytest.raises(Invalid):
            id_after(encode_cursor(position) if position != 2**63 else "OTIyMzM3MjAzNjg1NDc3NTgwOA")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("date_from_datetime_parsing", '"first_day" is to be a date, such as 2026-11-22.'),
        ("datetime_type", '"first_day" is to be a moment, such as 2026-11-22T09:30:00Z.'),
        ("int_parsing", '"first_day" is to be a whole number.'),
        ("value_error", "What it says itself."),
    ],
)
def test_what_the_library_finds_is_told_in_our_words(found, told):
    item = {"type": found, "loc": ("body", "exceptions", 0, "first_day"), "msg": "What it says itself"}
    problem = problem_of(item, None)
    assert (problem.message, problem.path) == (told, "/exceptions/0/first_day")


ERRORS = [
    (ConnectionResetError(), 503), (TimeoutError(), 503), (Unavailable("x"), 503), (Invalid("x"), 422),
    (ZeroDivisionError("secret"), 500), (WhereuponError("x"), 500),
]  # fmt: skip


@pytest.mark.parametrize(("error", "status"), ERRORS)
def test_every_error_is_one_kind_of_answer(error, status):
    answer = problem_response(error)
    assert (answer.status_code, answer.media_type) == (status, "application/problem+json")
    assert ("retry-after" in answer.headers) is (status == 503)
    assert b"secret" not in answer.body
    assert as_ours(error).message

"""What each field type accepts from outside, and what it says when it refuses."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from whereupon.modules.catalog import Field
from whereupon.modules.field_types import FIELD_TYPES, BadValue, accept_value, show_number

CHOICES = {"choices": [{"key": "new", "label": "New"}, {"key": "väntar", "label": "Väntar på svar"}]}
MONEY = {"precision": 18, "scale": 2}


def field(type: str, **options: Any) -> Field:
    return Field(id=1, key="f", label="F", type=type, column="f", options=options)


ACCEPTED = [
    ("text", {}, None, None),
    ("text", {}, "", None),
    ("text", {}, "Äiti 母 👩‍👧", "Äiti 母 👩‍👧"),
    ("text", {}, "two\nlines", "two\nlines"),
    ("rich_text", {}, '<p onclick="x()">Hé<script>alert(1)</script></p>', "<p>Hé</p>"),
    ("rich_text", {}, "<script>alert(1)</script>", None),
    ("integer", {}, 5, 5),
    ("integer", {}, 5.0, 5),
    ("integer", {}, "5.0", 5),
    ("integer", {}, 2**63 - 1, 2**63 - 1),
    ("decimal", {}, "0.1000", Decimal("0.1000")),
    ("decimal", {}, 0.1, Decimal("0.1")),
    ("decimal", {}, 1e20, Decimal("1e20")),
    ("money", MONEY, 12.5, Decimal("12.5")),
    ("boolean", {}, False, False),
    ("date", {}, "2026-11-22", dt.date(2026, 11, 22)),
    ("time", {}, "14:30", dt.time(14, 30)),
    ("datetime", {}, "2026-11-22T14:30:00+02:00", dt.datetime(2026, 11, 22, 12, 30, tzinfo=dt.UTC)),
    ("datetime", {}, "2026-11-22 14:30z", dt.datetime(2026, 11, 22, 14, 30, tzinfo=dt.UTC)),
    ("email", {}, "åsa@exämple.se", "åsa@exämple.se"),
    ("phone", {}, "+358 (0)40 123-4567 ext 12", "+358 (0)40 123-4567 ext 12"),
    ("url", {}, "https://例え.jp/ä?q=1", "https://例え.jp/ä?q=1"),
    ("select", CHOICES, "väntar", "väntar"),
    ("stage", CHOICES, "", None),
    ("multi_select", CHOICES, ["new", "väntar"], ["new", "väntar"]),
    ("multi_select", CHOICES, [], None),
    ("reference", {}, 7, "7"),
    ("reference", {}, "ALFKI", "ALFKI"),
    ("user", {}, "12", 12),
]
REFUSED = [
    ("text", {}, 5, "wrong_type"),
    ("text", {}, "a\x00b", "bad_character"),
    ("text", {}, "a\ud800b", "bad_character"),
    ("text", {"max_length": 3}, "ääää", "too_long"),
    ("text", {}, "x" * 10_001, "too_long"),
    ("integer", {}, True, "wrong_type"),
    ("integer", {}, 5.5, "not_whole"),
    ("integer", {}, "1_000", "wrong_type"),
    ("integer", {}, "٣", "wrong_type"),
    ("integer", {}, 2**63, "out_of_range"),
    ("integer", {}, "1e999", "out_of_range"),
    ("integer", {}, "1e999999999", "wrong_type"),
    ("integer", {"minimum": 1}, 0, "too_small"),
    ("decimal", {}, float("nan"), "wrong_type"),
    ("decimal", {}, float("inf"), "wrong_type"),
    ("decimal", {}, "1e28", "out_of_range"),
    ("decimal", {}, "0.12345678901", "too_precise"),
    ("decimal", {}, "1." + "0" * 40 + "1", "too_precise"),
    ("money", MONEY, 12.345, "too_precise"),
    ("boolean", {}, "true", "wrong_type"),
    ("boolean", {}, 1, "wrong_type"),
    ("date", {}, "2026-02-30", "out_of_range"),
    ("date", {}, "0000-01-01", "out_of_range"),
    ("date", {}, "22.11.2026", "wrong_type"),
    ("date", {}, "+12026-01-01", "wrong_type"),
    ("time", {}, "24:01", "out_of_range"),
    ("datetime", {}, "2026-11-22T14:30:00", "no_time_zone"),
    ("datetime", {}, "9999-12-31T23:59:59-10:00", "out_of_range"),
    ("email", {}, "a@b", "not_an_email"),
    ("email", {}, "a@b.se\nBcc: x@y.se", "not_an_email"),
    ("phone", {}, "call me", "not_a_phone_number"),
    ("url", {}, "javascript:alert(1)", "not_a_url"),
    ("url", {}, "https://[::1", "not_a_url"),
    ("select", CHOICES, "nwe", "not_a_choice"),
    ("multi_select", CHOICES, "new", "wrong_type"),
    ("multi_select", CHOICES, ["new", "new"], "chosen_twice"),
    ("multi_select", CHOICES, [None], "wrong_type"),
    ("reference", {}, True, "wrong_type"),
    ("reference", {}, {"id": 1}, "wrong_type"),
    ("user", {}, "anna", "wrong_type"),
    ("auto_number", {}, "INV-1", "read_only"),
    ("formula", {}, 1, "read_only"),
]


@pytest.mark.parametrize(("type", "options", "given", "stored"), ACCEPTED)
def test_a_good_value_becomes_what_the_column_holds(
    type: str, options: dict[str, Any], given: Any, stored: Any
):
    value = accept_value(field(type, **options), given)
    assert value == stored
    assert value.__class__ is stored.__class__


@pytest.mark.parametrize(("type", "options", "given", "code"), REFUSED)
def test_a_bad_value_is_refused_with_its_reason(type: str, options: dict[str, Any], given: Any, code: str):
    with pytest.raises(BadValue) as refusal:
        accept_value(field(type, **options), given)
    assert refusal.value.code == code


def test_a_wrong_choice_is_answered_with_the_nearest_one():
    with pytest.raises(BadValue) as by_key:
        accept_value(field("select", **CHOICES), "nev")
    with pytest.raises(BadValue) as by_label:
        accept_value(field("select", **CHOICES), "väntar på SVAR")
    assert by_key.value.suggestion == 'Did you mean "new"?'
    assert by_label.value.suggestion == 'Did you mean "väntar"?'


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (None, None),
        (Decimal("12.50"), 12.5),
        (Decimal("3.0"), 3),
        (Decimal(2**53), str(2**53)),
        (Decimal("0.12345678901234567890"), "0.12345678901234567890"),
        (Decimal("NaN"), "NaN"),
        (0, 0),
    ],
)
def test_a_number_is_shown_as_json_only_where_json_says_the_same(stored: Any, shown: Any):
    assert show_number(stored) == shown


def test_every_type_has_a_label_and_options_that_refuse_unknown_keys():
    for key, kind in FIELD_TYPES.items():
        assert kind.key == key
        assert kind.label
        assert kind.options.model_config.get("extra") == "forbid"

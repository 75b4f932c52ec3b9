"""Numbers as people write them, and as the whole world reads them."""

from __future__ import annotations

import pytest

from whereupon.outbox.phones import BadPhone, read_phone, region_of


@pytest.mark.parametrize(
    ("written", "region", "read"),
    [
        ("694 123 4567", "GR", "+306941234567"),
        ("+30 694 123 4567", None, "+306941234567"),
        ("+30 694 123 4567", "FI", "+306941234567"),
        ("0030-694.123.4567", "GR", "+306941234567"),
        ("(040) 123 4567", "FI", "+358401234567"),
        ("0044 (0)7400 123456", "GR", "+447400123456"),
        ("６９４１２３４５６７", "GR", "+306941234567"),
        ("tel:+306941234567", None, "+306941234567"),
        (" +30\t694\r\n123 4567 ", None, "+306941234567"),
    ],
)
def test_a_number_is_read_with_its_country(written: str, region: str | None, read: str) -> None:
    assert read_phone(written, region) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "abc",
        "12",
        "+1 555",
        "+30 694 123 4567 x12",
        "+30694123456789012",
        "Ωμέγα",
        "1" * 500,
        "+",
        "@",
    ],
)
def test_what_is_no_number_is_refused_by_name(written: str) -> None:
    with pytest.raises(BadPhone) as refused:
        read_phone(written, "GR")
    assert refused.value.message.startswith(f'"{written.strip()[:60]}')
    assert refused.value.suggestion or len(written) > 60


def test_a_number_without_a_country_says_what_is_missing() -> None:
    with pytest.raises(BadPhone, match="no country code"):
        read_phone("694 123 4567", None)


@pytest.mark.parametrize(
    ("phone_country", "country", "locale", "region"),
    [
        ("GR", "FI", "de-DE", "GR"),
        (None, "fi", "de-DE", "FI"),
        (None, "Greece", "el-GR", "GR"),
        (None, "", "zh-Hant-TW", "TW"),
        (None, "Ελλάδα", "el", None),
        ("XX", None, None, None),
        (None, None, None, None),
    ],
)
def test_the_country_of_numbers_that_name_none(
    phone_country: str | None, country: str | None, locale: str | None, region: str | None
) -> None:
    assert region_of(phone_country, country, locale) == region

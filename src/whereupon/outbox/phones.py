"""Numbers of phones, written as the whole world reads them: +306941234567 (E.164)."""

from __future__ import annotations

import re
from functools import lru_cache

from whereupon.db.pool import Connection
from whereupon.errors import WhereuponError
from whereupon.outbox.addresses import one_line

MOST_CHARACTERS = 60
REGION = re.compile(r"[A-Za-z]{2}")


class BadPhone(WhereuponError):
    """What should be a phone number is none; this one message cannot be sent."""

    status, exit_code, code, title = 422, 2, "bad_phone", "Not a phone number"


@lru_cache(maxsize=10_000)
def read_phone(text: str, region: str | None = None) -> str:
    """The number in E.164. `region`: the country of numbers that name none, like GR. Raises BadPhone.

    >>> read_phone("694 123 4567", "GR"), read_phone("0044 (0)7400 123456", "GR")
    ('+306941234567', '+447400123456')
    """
    import phonenumbers

    line = one_line(text)
    if len(line) > MOST_CHARACTERS:
        raise BadPhone(f'"{line[:MOST_CHARACTERS]}…" is too long for a phone number.')
    try:
        number = phonenumbers.parse(line, region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise nowhere(line, region) from error
        raise refused(line) from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise refused(line)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def refused(line: str) -> BadPhone:
    return BadPhone(
        f'"{line}" is not a phone number.',
        suggestion="A number is written with its country: +30 694 123 4567.",
    )


def nowhere(line: str, region: str | None) -> BadPhone:
    """It may be a number, of an unknown country."""
    if region is not None:
        return refused(line)
    return BadPhone(
        f'"{line}" has no country code.',
        suggestion="Write it like +30 694 123 4567, or set the country of phone numbers in the settings.",
    )


def knows_region(region: str) -> bool:
    """Whether there are phone numbers of this country (ISO 3166, two letters)."""
    import phonenumbers

    return region in phonenumbers.SUPPORTED_REGIONS


ORGANISATION = "SELECT value FROM whereupon.settings WHERE key = 'organisation'"


async def phone_region(db: Connection) -> str | None:
    """The country of numbers that name none, in this organisation."""
    found: dict[str, str | None] = await db.fetchval(ORGANISATION) or {}
    return region_of(found.get("phone_country"), found.get("country"), found.get("locale"))


def region_of(phone_country: str | None, country: str | None, locale: str | None) -> str | None:
    """The country of numbers that name none: as set, else a country of two letters, else the language's.

    >>> region_of(None, "Greece", "fi-FI"), region_of("GR", "Finland", None), region_of(None, None, "el")
    ('FI', 'GR', None)
    """
    endings = re.findall(r"-([A-Za-z]{2})(?=-|$)", locale or "")
    for guess in (phone_country, (country or "").strip(), *endings):
        if guess and REGION.fullmatch(guess) and knows_region(guess.upper()):
            return guess.upper()
    return None

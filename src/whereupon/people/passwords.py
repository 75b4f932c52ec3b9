"""Passwords: what is good enough, and hashing that is slow on purpose and never on the event loop.

Argon2id with pwdlib's recommended cost; rules after NIST SP 800-63B: length and a list of common ones,
no rules about kinds of characters.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from whereupon.errors import Invalid, Problem

MIN_LENGTH = 10
MAX_LENGTH = 200  # argon2 takes any length; a megabyte is an attack

LOOK_ALIKES = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "$": "s", "@": "a"})
SEQUENCES = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz")


def check_password(password: str, personal: Iterable[str] = ()) -> list[Problem]:
    """What is wrong with a password that somebody wants; `personal` are name, address and the like.

    >>> [p.code for p in check_password("Passw0rd2026!")]
    ['common_password']
    """
    if len(password) < MIN_LENGTH:
        message = f"The password has fewer than {MIN_LENGTH} characters."
        return [Problem("short_password", message, "/password", "Several words are easy to keep in mind.")]
    if len(password) > MAX_LENGTH:
        message = f"The password has more than {MAX_LENGTH} characters."
        return [Problem("long_password", message, "/password")]
    if is_common(password) or is_personal(password, personal):
        message = "This password is among the first that anybody would try."
        return [Problem("common_password", message, "/password", "Take words that do not belong together.")]
    return []


@cache
def common_words() -> frozenset[str]:
    """What a bad password comes down to when digits and signs at its ends are off, and look-alikes undone."""
    return frozenset(files("whereupon.people").joinpath("common_passwords.txt").read_text("utf-8").split())


def is_common(password: str) -> bool:
    """Whether little more than a well-known word, a row of keys or one repeated piece is left of it."""
    lowered = password.lower()
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", lowered)
    forms = {bare, bare.translate(LOOK_ALIKES), lowered.translate(LOOK_ALIKES)}
    return (
        not common_words().isdisjoint(forms)
        or len(set(lowered)) < 4
        or any(lowered in sequence for sequence in SEQUENCES)
        or re.fullmatch(r"(.{1,4})\1+.{0,3}", lowered) is not None
        or lowered.isdigit()
    )


def is_personal(password: str, personal: Iterable[str]) -> bool:
    """Whether the password is the person's own name or address, digits aside."""
    bare = letters(password)
    return bool(bare) and bare in {
        letters(piece) for text in personal for piece in (text, text.split("@")[0])
    }


def letters(text: str) -> str:
    """
    >>> letters("Ada.Ädel-1990")
    'adaädel'
    """
    return re.sub(r"[\W\d_]+", "", text.lower())


def require_good(password: str, personal: Iterable[str] = ()) -> None:
    """Raises Invalid when the password will not do."""
    problems = check_password(password, personal)
    if problems:
        raise Invalid.of(*problems, what="This password will not do.")


@cache
def hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def nobody() -> str:
    """The hash that is checked when there is no such user, so that both take the same time."""
    return hasher().hash("nobody has this password")


async def hash_password(password: str) -> str:
    """Tens of milliseconds and 64 MB, in a thread."""
    return await asyncio.to_thread(hasher().hash, password)


async def password_matches(password: str, stored: str | None) -> bool:
    """Whether it is the password stored; as slow for None (an unknown user, or one without)."""
    matches = await asyncio.to_thread(lambda: hasher().verify(password[:MAX_LENGTH], stored or nobody()))
    return matches and stored is not None

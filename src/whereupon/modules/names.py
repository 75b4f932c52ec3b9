"""Which keys modules and fields may have: short, lower case, and never mistaken for anything else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from whereupon.errors import Problem

KEY = re.compile(r"[a-z][a-z0-9_]{0,58}", re.ASCII)
# What every table of ours has already.
OWN_COLUMNS = frozenset({"id", "created_at", "updated_at", "created_by"})
# What every PostgreSQL table has already.
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
# What formulas and conditions read as something else.
WORDS = frozenset({"old", "nodes", "user", "true", "false", "null", "and", "or", "not"})


def check_key(key: str, path: str, taken: Container[str] = (), *, of_field: bool) -> list[Problem]:
    """What is wrong with a key, if anything. SQL keywords are fine: every name is quoted."""
    if not KEY.fullmatch(key):
        rule = "a to z, digits and _, starting with a letter, at most 59 characters"
        told = f'"{shown(key)}" cannot be a key: {rule}.'
        return [Problem("bad_key", told, path, f'Try "{key_from(key)}".')]
    if of_field and key in OWN_COLUMNS | SYSTEM_COLUMNS:
        told = f'"{key}" is a column that every record has already.'
        return [Problem("reserved_key", told, path, f'Try "{key}_value".')]
    if of_field and key in WORDS:
        told = f'"{key}" has a meaning of its own in formulas.'
        return [Problem("reserved_key", told, path, f'Try "{key}_value".')]
    if key in taken:
        return [Problem("key_taken", f'"{key}" is there already.', path, f'Try "{free_key(key, taken)}".')]
    return []


def shown(text: str) -> str:
    """Text from outside, fit to stand in a message."""
    return text[:80].encode("utf-8", "replace").decode().replace("\x00", "␀")


def key_from(words: str) -> str:
    """A key made from any text.

    >>> key_from("Företagets Namn (2)"), key_from("123"), key_from("")
    ('foretagets_namn_2', 'f_123', 'field')
    """
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:59].strip("_")
    return key if key[:1].isalpha() else f"f_{key}"[:59] if key else "field"


def free_key(key: str, taken: Container[str]) -> str:
    """The key itself, or with the first number that makes it free.

    >>> free_key("city", {"city", "city_2"})
    'city_3'
    """
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key[: 58 - len(str(number))]}_{number}"
    return free


def label_from(key: str) -> str:
    """What people see when nobody said.

    >>> label_from("due_date")
    'Due date'
    """
    return key.replace("_", " ").strip().capitalize() or key

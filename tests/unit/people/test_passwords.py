"""Which passwords are good enough, and that checking one tells nothing by its time."""

from __future__ import annotations

import pytest

from whereupon.errors import TooMany
from whereupon.people.attempts import Attempts
from whereupon.people.passwords import check_password, hash_password, hasher, password_matches
from whereupon.people.secrets import key_hash, new_key

PASSWORDS = [
    ("", "short_password"),
    ("short", "short_password"),
    ("x" * 201, "long_password"),
    ("password123", "common_password"),
    ("P@$$w0rd2026", "common_password"),
    ("пароль123456", "common_password"),
    ("1234567890", "common_password"),
    ("aaaaaaaaaaaa", "common_password"),
    ("abcabcabcabc", "common_password"),
    ("abcdefghijkl", "common_password"),
    ("9876543210", "common_password"),
    ("ada.ädel1990", "common_password"),
    ("violet teapot 9 walks", None),
    ("hevonen syö pianoa", None),
    ("Tr0ub4dor&3x", None),
]


@pytest.mark.parametrize(("password", "code"), PASSWORDS)
def test_a_password_is_good_enough_or_the_reason_is_named(password, code):
    found = check_password(password, ("ada.adel@example.org", "Ada Ädel"))
    assert [p.code for p in found] == ([code] if code else [])


async def test_the_right_password_matches_and_no_other():
    stored = await hash_password("violet teapot ä")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await password_matches("violet teapot ä", stored)
    assert not await password_matches("violet teapot a", stored)
    assert not await password_matches("", stored)


async def test_an_unknown_user_costs_the_same_work(monkeypatch):
    checked: list[str] = []
    verify = type(hasher()).verify
    monkeypatch.setattr(type(hasher()), "verify", lambda self, p, h: checked.append(h) or verify(self, p, h))
    assert not await password_matches("nobody has this password", None)
    assert len(checked) == 1
    assert checked[0].startswith("$argon2id$")


async def test_tries_are_counted_per_account_and_per_address():
    attempts = Attempts()
    for _ in range(10):
        await attempts.count("10.0.0.1", "Zoë@example.org")
    with pytest.raises(TooMany):
        await attempts.count("10.0.0.2", " zoë@EXAMPLE.org")
    await attempts.succeeded("zoë@example.org")
    await attempts.count("10.0.0.2", "zoë@example.org")
    for i in range(50):
        await attempts.count("10.0.0.1", f"other{i}@example.org")
    with pytest.raises(TooMany):
        await attempts.count("10.0.0.1", "")


def test_keys_are_long_random_and_told_apart_by_their_hash():
    keys = {new_key("whu_") for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key) >= 47 and key.startswith("whu_") for key in keys)
    assert len({key_hash(key) for key in keys}) == 100

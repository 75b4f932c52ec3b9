"""What all tests that use a database share."""

from __future__ import annotations

from functools import cache

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from tests.conftest import filled
from tests.office import open_office

from whereupon.people import passwords


@cache
def quick() -> PasswordHash:
    """The same way of hashing at the least cost; tests/unit/people looks at the real one."""
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(autouse=True)
def hashing_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of a second for each administrator would be minutes for all of them."""
    monkeypatch.setattr(passwords, "hasher", quick)


@pytest.fixture(scope="session")
def with_office(server_url: str, template: str) -> str:
    """The name of a database with an administrator and the module "items"."""
    return filled(server_url, "office", open_office)


@pytest.fixture
def copied(request: pytest.FixtureRequest, template: str) -> str:
    """Tests in an office begin with one that was made once; `open_office` finds it there."""
    if {"office", "collecting"}.isdisjoint(request.fixturenames):
        return template
    return request.getfixturevalue("with_office")

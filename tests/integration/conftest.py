"""What all tests that use a database share."""

from __future__ import annotations

from functools import cache

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from tests.conftest import filled
from tests.office import Office, open_office, open_peopled_office

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


@pytest.fixture(scope="session")
def with_people(server_url: str, template: str) -> str:
    """The same with people, and all else that the examples of blocks and triggers name."""
    return filled(server_url, "peopled", open_peopled_office)


@pytest.fixture
def copied(request: pytest.FixtureRequest, template: str) -> str:
    """Tests in an office begin with one that was made once; `open_office` finds it there."""
    asked = set(request.fixturenames)
    if "peopled" in asked:
        return request.getfixturevalue("with_people")
    if asked & {"office", "collecting"}:
        return request.getfixturevalue("with_office")
    return template


@pytest.fixture
async def peopled(office: Office) -> Office:
    """The office with a stage, an owner (its `keys`) who has a manager, and a group that gets work."""
    office.keys = [
        str(await office.fetchval("SELECT id FROM whereupon.users WHERE email = 'zoë@example.org'"))
    ]
    return office

"""An application on a fresh database, and clients that talk to it without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from whereupon.api.app import create_app
from whereupon.db.pool import Database
from whereupon.people.first_start import create_administrator
from whereupon.people.tokens import create_token
from whereupon.people.users import NewUser, create_user
from whereupon.settings import Settings


class Client(httpx2.AsyncClient):
    """A client that knows whose token it carries."""

    user_id: int | None = None


@pytest.fixture
def copied(template: str) -> str:
    """Nothing: what these tests call an office is made by requests."""
    return template


@pytest.fixture
async def app(database: Database, tmp_path: Path) -> AsyncIterator[FastAPI]:
    app = create_app(database, Settings(data=tmp_path))
    async with app.router.lifespan_context(app):
        yield app


def client(app: FastAPI, token: str | None = None) -> Client:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return Client(transport=transport, base_url="http://test", headers=headers)


@pytest.fixture
def connect(app: FastAPI) -> Callable[..., Client]:
    """Makes a client, with a token or none."""
    return lambda token=None: client(app, token)


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[Client]:
    """A client without token or session."""
    async with client(app) as c:
        yield c


@pytest.fixture
async def admin_token(database: Database) -> str:
    new = NewUser(email="root@example.org", name="Ada Ädel", password="violet teapot 9 walks")
    async with database.transaction() as db:
        user = await create_administrator(db, new)
        return (await create_token(db, user["id"], "tests"))[0]


@pytest.fixture
async def admin(app: FastAPI, admin_token: str) -> AsyncIterator[Client]:
    async with client(app, admin_token) as c:
        yield c


@pytest.fixture
async def client_of(app: FastAPI, database: Database) -> AsyncIterator[Callable[..., Awaitable[Client]]]:
    """Makes a user with the roles named, and a client with that user's token."""
    made: list[Client] = []

    async def make(email: str, *roles: str) -> Client:
        async with database.transaction() as db:
            user = await create_user(db, NewUser(email=email, name=email, roles=list(roles)), actor=None)
            token, _ = await create_token(db, user["id"], "tests")
        made.append(client(app, token))
        made[-1].user_id = user["id"]
        return made[-1]

    yield make
    for c in made:
        await c.aclose()

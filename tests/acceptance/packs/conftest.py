"""One database per pack, loaded once; each scenario is played on it with real workers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from tests.integration.conftest import hashing_is_quick as hashing_is_quick

from whereupon.db.pool import Database
from whereupon.packs.demo import administrator
from whereupon.packs.loading import load_pack


@pytest.fixture(scope="session")
def packed(server_url: str, template: str) -> Iterator[dict[str, str]]:
    """Pack → URL of a database with that pack alone."""
    made: dict[str, str] = {}
    yield made
    for url in made.values():
        asyncio.run(drop(server_url, urlsplit(url).path.strip("/")))


async def drop(server_url: str, name: str) -> None:
    connection = await asyncpg.connect(server_url)
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


@pytest.fixture(scope="session")
def make_packed(server_url: str, template: str, packed: dict[str, str]) -> Callable[[str], Awaitable[str]]:
    """The URL of a pack's database."""

    async def make(key: str) -> str:
        name = f"pack_{uuid.uuid4().hex[:16]}"
        connection = await asyncpg.connect(server_url)
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        await connection.close()
        database = await Database.connect(with_name(server_url, name))
        try:
            await load_pack(database, key, (await administrator(database)).rights)
        finally:
            await database.close()
        return with_name(server_url, name)

    async def url_of(key: str) -> str:
        if key not in packed:
            packed[key] = await make(key)
        return packed[key]

    return url_of


def with_name(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))

"""A fresh, migrated database for every test that asks for one.

One embedded server serves the whole session, every pytest-xdist worker included; a test's database is a
copy of a template that was migrated once. WHEREUPON_TEST_DATABASE_URL names a server to use instead: its
role needs the right to create databases, nothing more.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from whereupon.db.embedded import EmbeddedServer
from whereupon.db.migrate import migrate
from whereupon.db.pool import Database

FOLDER, OUTSIDE = "WHEREUPON_TEST_FOLDER", "WHEREUPON_TEST_DATABASE_URL"
PREFIX = "whereupon-tests-"
# In memory where there is room for it: each test's database is a copy of hundreds of small files.
MEMORY, ROOM = Path("/dev/shm"), 6 * 2**30  # bytes
# What tests copy: an empty database, an office with one module, one with people too, records to write, a
# large module, and a full office.
TEMPLATES = ("template", "office", "peopled", "world", "shop", "furnished")
# What this file puts into the session's folder.
LOCKS = (
    "owner.lock", "role.lock", "role.done", "furnished.json",
    *(f"{name}.{end}" for name in TEMPLATES for end in ("lock", "done")),
)  # fmt: skip
OWNER = pytest.StashKey[Any]()  # the open, locked file that says that the session lives
# Tests may lose data in a power cut.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "500"}


def pytest_configure(config: pytest.Config) -> None:
    """The first process names a folder for the session; xdist's workers inherit the name."""
    for name in [name for name in os.environ if name.startswith("WHEREUPON_")]:
        if name not in (FOLDER, OUTSIDE):
            del os.environ[name]  # nobody's own installation may be touched
    if not hasattr(config, "workerinput"):
        sweep_forgotten_servers()
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place_of_servers()))
        config.stash[OWNER] = (folder / "owner.lock").open("w")
        fcntl.flock(config.stash[OWNER], fcntl.LOCK_EX)
        os.environ[FOLDER] = str(folder)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes do not name a test: archives hold the time at which they were made, and workers must agree."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) else None


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that made the folder removes it, and the template on an outside server."""
    if OWNER in config.stash:
        if OUTSIDE in os.environ:
            for name in map(template_name, TEMPLATES):
                asyncio.run(run_sql(os.environ[OUTSIDE], f'DROP DATABASE IF EXISTS "{name}"'))
        remove_session(Path(os.environ.pop(FOLDER)))
        config.stash[OWNER].close()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Tests have no examples in their docstrings: they are not looked through a second time for some."""
    found = yield
    return [one for one in found if file_path.suffix != ".py" or isinstance(one, pytest.Module)]


def place_of_servers() -> Path:
    """A folder with a short name, for the path of a socket has at most 107 bytes."""
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return MEMORY if has_room else Path("/tmp")


def sweep_forgotten_servers() -> None:
    """A session that was killed leaves its server running: nobody holds its owner lock."""
    for folder in [*Path("/tmp").glob(f"{PREFIX}*"), *MEMORY.glob(f"{PREFIX}*")]:
        try:
            with (folder / "owner.lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_session(folder)
        except OSError:
            continue


def remove_session(folder: Path) -> None:
    """Stop the session's server, if one was started, and delete what a session makes, by name."""
    for name in LOCKS:
        (folder / name).unlink(missing_ok=True)
    EmbeddedServer(folder).remove()


def template_name(kind: str = "template") -> str:
    """Of a database that the session's tests copy: one of TEMPLATES."""
    return f"{kind}_{Path(os.environ[FOLDER]).name.removeprefix(PREFIX)}"


def with_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def run_sql(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A server whose role may create databases and is no superuser; started when first asked for."""
    if outside := os.environ.get(OUTSIDE):
        yield outside
        return
    server = EmbeddedServer(Path(os.environ[FOLDER]), options=FAST)
    url = server.start()
    with first_of_all("role") as first:
        if first:
            asyncio.run(run_sql(server.admin_url, "ALTER ROLE whereupon CREATEDB"))
    yield url
    server.stop()


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a database that was migrated once, by whichever worker came first."""
    with first_of_all("template") as first:
        if first:
            asyncio.run(make_template(server_url))
    return template_name()


@contextmanager
def first_of_all(name: str) -> Generator[bool]:
    """Whether this worker is the first to do a thing; the others wait until it is done."""
    done = Path(os.environ[FOLDER]) / f"{name}.done"
    with (Path(os.environ[FOLDER]) / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


async def make_template(server_url: str) -> None:
    await run_sql(server_url, f'CREATE DATABASE "{template_name()}"')
    url = with_database(server_url, template_name())
    await migrate(url)
    await run_sql(url, "VACUUM ANALYZE")


def filled(server_url: str, kind: str, fill: Callable[[Database], Awaitable[object]]) -> str:
    """The name of a copy of the empty database that `fill` has filled, once for all workers."""

    async def make() -> None:
        name = template_name(kind)
        await run_sql(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template_name()}" STRATEGY FILE_COPY')
        url = with_database(server_url, name)
        database = await Database.connect(url, min_size=1, max_size=2)
        await fill(database)
        await database.close()
        await run_sql(url, "ANALYZE")

    with first_of_all(kind) as first:
        if first:
            asyncio.run(make())
    return template_name(kind)


async def drop_database(server_url: str, name: str) -> None:
    """Our role may end its own connections, but not a vacuum that has just begun there: wait for that one."""
    for attempt in range(50):
        try:
            await run_sql(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')
        except (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectInUseError):
            if attempt == 49:
                raise
            await asyncio.sleep(0.1)
        else:
            return


@pytest.fixture
def copied(template: str) -> str:
    """What a test's database is a copy of; a folder whose tests all begin with the same says so here."""
    return template


@pytest.fixture
async def database_url(server_url: str, copied: str) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database of this test alone, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    await run_sql(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{copied}" STRATEGY FILE_COPY')
    yield with_database(server_url, name)
    await drop_database(server_url, name)


@pytest.fixture
async def empty_database_url(server_url: str) -> AsyncIterator[str]:
    """The URL of a database with nothing in it, for tests of migrations and restores."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    await run_sql(server_url, f'CREATE DATABASE "{name}"')
    yield with_database(server_url, name)
    await drop_database(server_url, name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on the test's database."""
    pool = await Database.connect(database_url, min_size=1, max_size=8)
    yield pool
    await pool.close()


@pytest.fixture
async def db(database: Database) -> AsyncIterator[asyncpg.Connection[Any]]:
    """One connection of that pool, outside any transaction."""
    async with database.connection() as connection:
        yield connection

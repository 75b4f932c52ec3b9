"""One way to the database: a pool of asyncpg connections, and transactions that are retried when
PostgreSQL itself says that trying again is the answer.

SQL is written by hand beside the code that runs it (docs/decisions/0002-asyncpg-everywhere.md).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar, cast

import asyncpg
import orjson

from whereupon.errors import Unavailable

# What functions that read or write take as `db`.
Connection: TypeAlias = "asyncpg.Connection[Any]"
T = TypeVar("T")
NO_SETTINGS: Mapping[str, str] = {}

# Nothing was wrong with the work itself: another transaction, or a definition change, was in the way.
TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
# The database is not there (restarting, gone, full of connections).
GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the connection broke in the middle of a conversation
    ConnectionError,
    OSError,
)


async def prepare_connection(connection: asyncpg.Connection[Any]) -> None:
    """JSON columns are Python values on our side, with orjson; times stay as asyncpg gives them."""
    await connection.set_type_codec(
        "json", encoder=encode_json, decoder=orjson.loads, schema="pg_catalog", format="text"
    )
    # The binary form (a version byte before the text), so that COPY takes jsonb columns too.
    await connection.set_type_codec(
        "jsonb",
        encoder=lambda value: b"\x01" + encode_json(value).encode(),
        decoder=lambda data: orjson.loads(data[1:]),
        schema="pg_catalog",
        format="binary",
    )


def encode_json(value: object) -> str:
    """JSON text of a value; dates, times, UUIDs and Decimals as text or number.

    >>> encode_json({"a": [1, None]})
    '{"a":[1,null]}'
    """
    return orjson.dumps(value, default=json_default, option=orjson.OPT_NON_STR_KEYS).decode()


def json_default(value: object) -> object:
    """What orjson leaves to us: Decimals keep every digit, as text; anything else is a defect."""
    match value:
        case Decimal():
            whole = value == value.to_integral_value() and abs(value) < 2**53
            return int(value) if whole else str(value)
        case set() | frozenset():
            return sorted(cast("set[Any]", value))
        case bytes():
            return "\\x" + value.hex()
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")


async def leave_as_it_is(connection: asyncpg.Connection[Any]) -> None:
    """Settings and locks end with their transaction, so giving a connection back costs no round trip."""


class Database:
    """A pool, and the three ways to use it: read, transaction, retrying transaction."""

    def __init__(self, pool: asyncpg.Pool[Any], url: str) -> None:
        self.pool = pool
        self.url = url

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        min_size: int = 1,
        max_size: int = 10,
        name: str = "whereupon",
        server_settings: Mapping[str, str] = NO_SETTINGS,
    ) -> Database:
        """Open the pool, each session with these settings. Raises Unavailable when there is no server."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=min_size,
                max_size=max_size,
                reset=leave_as_it_is,
                init=prepare_connection,
                max_inactive_connection_lifetime=300,
                # The matcher's statement holds every workflow's condition: prepare it however long it is.
                max_cacheable_statement_size=0,
                # JIT costs more than it saves on statements of a few milliseconds.
                server_settings={
                    "application_name": name,
                    "jit": "off",
                    "timezone": "UTC",
                    **server_settings,
                },
            )
        except GONE as error:
            raise Unavailable(
                f"The database cannot be reached: {error}",
                suggestion="Check WHEREUPON_DATABASE_URL and that PostgreSQL is running; "
                "`whereupon doctor` tells more.",
            ) from error
        assert pool is not None
        return cls(pool, url)

    async def close(self) -> None:
        """Close gently, and not so gently after five seconds."""
        try:
            await asyncio.wait_for(self.pool.close(), 5)
        except (TimeoutError, *GONE):
            self.pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[asyncpg.Connection[Any]]:
        """A connection for reading (each statement its own transaction). Raises Unavailable."""
        try:
            async with self.pool.acquire(timeout=10) as connection:
                yield connection  # pyright: ignore[reportReturnType]
        except (TimeoutError, *GONE) as error:
            if isinstance(error, ValueError):
                raise  # an argument that asyncpg could not encode: the database is well
            raise Unavailable(
                "The database does not answer just now; nothing was lost.",
                suggestion="Try again in a few seconds.",
            ) from error

    @asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncGenerator[asyncpg.Connection[Any]]:
        """A connection inside one transaction; options as asyncpg's (isolation, readonly)."""
        async with self.connection() as connection, connection.transaction(**options):
            yield connection

    async def retrying(self, work: Callable[[asyncpg.Connection[Any]], Awaitable[T]], *, tries: int = 5) -> T:
        """Do `work` in a transaction, again from the start when it met a passing obstacle."""
        for attempt in range(1, tries + 1):
            try:
                async with self.transaction() as connection:
                    return await work(connection)
            except TRANSIENT:
                if attempt == tries:
                    raise
                await asyncio.sleep(0.01 * 2**attempt)
        raise AssertionError("unreachable")


async def set_context(db: asyncpg.Connection[Any], **context: object) -> None:
    """Tell the capture trigger who writes and why, until the transaction ends.

    Keys: actor, origin, run, causes, match, quiet (0001_backbone.sql says what each does).
    """
    await db.execute("SELECT set_config('whereupon.context', $1, true)", json.dumps(context))

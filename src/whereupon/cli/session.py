"""How a command reaches the data: the database that the settings name, with the rights of whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import Parameter

from whereupon.cli.running import settings_with
from whereupon.db.embedded import database_server
from whereupon.db.migrate import migrate
from whereupon.db.pool import Connection, Database
from whereupon.errors import NotFound, did_you_mean
from whereupon.people.rights import Rights, everything, load_rights

T = TypeVar("T")
# Who acts when nobody is named: the administrator, if there is exactly one.
ONLY_ADMINISTRATOR = """
SELECT min(u.id) FROM whereupon.users u
JOIN whereupon.user_roles x ON x.user_id = u.id JOIN whereupon.roles r ON r.id = x.role_id
WHERE u.active AND r.administrator HAVING count(DISTINCT u.id) = 1
"""


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """What every command on data takes."""

    json: Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for programs.")] = False
    user: Annotated[str | None, Parameter(name="--as", help="Act as this user, by e-mail address.")] = None
    data: Annotated[Path | None, Parameter(help="Data folder of the embedded database.")] = None


Work = Callable[[Connection, Rights], Awaitable[T]]


def doing(common: Common, work: Work[T]) -> T:
    """Do `work` in one transaction, again from the start when something passing was in the way."""

    async def connected() -> T:
        async with opened(common) as (database, rights):
            return await database.retrying(lambda db: work(db, rights))

    return asyncio.run(connected())


@asynccontextmanager
async def opened(common: Common) -> AsyncGenerator[tuple[Database, Rights]]:
    """A small pool on the migrated database, and the rights to use it with."""
    async with database_server(settings_with(data=common.data)) as url:
        await migrate(url)
        database = await Database.connect(url, min_size=1, max_size=2, name="whereupon cli")
        try:
            async with database.connection() as db:
                rights = await rights_of(db, common.user)
            yield database, rights
        finally:
            await database.close()


async def rights_of(db: Connection, email: str | None) -> Rights:
    """The rights of the user named, else everything: who may use the data folder owns the data."""
    if email is None:
        return everything(await db.fetchval(ONLY_ADMINISTRATOR))
    return await load_rights(db, await user_id_of(db, email))


async def user_id_of(db: Connection, email: str) -> int:
    """The user with this address. Raises NotFound with the nearest one."""
    found: int | None = await db.fetchval(
        "SELECT id FROM whereupon.users WHERE email = lower($1)", email.strip()
    )
    if found is None:
        rows = await db.fetch("SELECT email FROM whereupon.users ORDER BY id LIMIT 1000")
        near = did_you_mean(email.lower(), [row["email"] for row in rows])
        raise NotFound(f'There is no user "{email}".', suggestion=near or "`whereupon users list` shows all.")
    return found

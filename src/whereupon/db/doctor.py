"""Is everything as it should be? A list of checks, each with what to do when the answer is no."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from whereupon.db.backup import SECRET_KEY
from whereupon.db.migrate import OLDEST_SERVER, connect_for_schema_work, current_revision, known_revisions
from whereupon.errors import Unavailable
from whereupon.settings import Settings

LEAST_FREE_SPACE = 1 << 30  # bytes: below, a burst of changes may fill the disk
LONGEST_QUEUE = 100_000  # changes not matched yet: more than ten seconds' work
LARGEST_SKEW = 2.0  # seconds between the database's clock and ours

# May this role do what the program does? One row: what it may and who it is.
RIGHTS = """
SELECT current_user::text AS role, has_database_privilege(current_database(), 'CREATE') AS may_create,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser
"""
# Captured modules whose table lacks one of the four triggers, or has one switched off.
UNCAPTURED = """
SELECT m.key FROM whereupon.modules m
WHERE m.captured AND (SELECT count(*) FROM pg_trigger t
  WHERE t.tgrelid = to_regclass(format('%I.%I', m.table_schema, m.table_name))
    AND t.tgfoid = 'whereupon.capture'::regproc AND t.tgenabled <> 'D') < 4
ORDER BY m.key
"""
# How much is waiting, and since when.
QUEUE = """
SELECT count(*) AS changes, coalesce(extract(epoch FROM clock_timestamp() - min(c.at)), 0)::float8 AS seconds,
  (SELECT count(*) FROM whereupon.pgqueuer WHERE status = 'queued') AS jobs
FROM whereupon.pending_changes p LEFT JOIN whereupon.changes c ON c.id = p.change_id
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer; `advice` says what to do, and is empty when all is well."""

    name: str
    ok: bool
    message: str
    advice: str = ""


async def examine(url: str, settings: Settings) -> list[Check]:
    """Every check, in the order in which one would look; those on the database need it reachable."""
    try:
        connection = await connect_for_schema_work(url)
    except Unavailable as error:
        return [Check("server", False, error.message, error.suggestion or ""), *of_the_machine(settings)]
    try:
        checks = [Check("server", True, "The database answers.")]
        checks += [await check(connection) for check in OF_THE_DATABASE]
        if checks[-1].name == "migrations" and checks[-1].ok:
            checks += [await check(connection) for check in OF_OUR_SCHEMA]
            checks += [await secret_key(connection, settings), await links(connection, settings)]
    finally:
        await connection.close()
    return checks + of_the_machine(settings)


async def version(db: asyncpg.Connection[Any]) -> Check:
    """PostgreSQL 15 or newer."""
    found = db.get_server_version()
    message = f"PostgreSQL {found.major}.{found.minor}."
    ok = found.major >= OLDEST_SERVER
    return Check("version", ok, message, "" if ok else f"Upgrade the server to {OLDEST_SERVER} or newer.")


async def clock(db: asyncpg.Connection[Any]) -> Check:
    """All times are the database's; a machine whose clock differs misreads tokens and logs."""
    theirs: float = await db.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    skew = time.time() - theirs
    ok = abs(skew) <= LARGEST_SKEW
    return Check(
        "clock", ok, f"This machine's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} "
        "the database's.", "" if ok else "Set both by NTP.",
    )  # fmt: skip


async def rights(db: asyncpg.Connection[Any]) -> Check:
    """The right to create schemas is needed; a superuser's rights are not."""
    row = await db.fetchrow(RIGHTS)
    assert row is not None
    role = row["role"]
    if not row["may_create"]:
        grant = f'GRANT CREATE ON DATABASE … TO "{role}";'
        return Check("rights", False, f"{role} may not create schemas here.", f"As the owner: {grant}")
    if row["is_superuser"]:
        return Check("rights", True, f"{role} is a superuser.", "A role that owns the database is enough.")
    return Check("rights", True, f"{role} may do what is needed, and is no superuser.")


async def migrations(db: asyncpg.Connection[Any]) -> Check:
    """The schema is the one that this program expects."""
    current, head = await current_revision(db), known_revisions()[-1]
    if current == head:
        return Check("migrations", True, f"The schema is at revision {current}, the newest.")
    if current is None:
        return Check("migrations", False, "The schema has not been made.", "`whereupon serve` makes it.")
    if current in known_revisions():
        return Check(
            "migrations", False, f"Revision {current}; {head} is expected.", "`whereupon serve` migrates it."
        )
    return Check(
        "migrations", False, f"Revision {current} is newer than this program.", "Start the newer one."
    )


async def capture(db: asyncpg.Connection[Any]) -> Check:
    """Without its triggers a table's changes start nothing."""
    rows = await db.fetch(UNCAPTURED)
    missing = [str(row["key"]) for row in rows]
    if missing:
        return Check(
            "capture", False, f"Changes are not captured for: {', '.join(missing)}.",
            "The triggers named zz_whereupon_* were dropped or disabled; attach or save the module again.",
        )  # fmt: skip
    return Check("capture", True, "Every captured module's table has its triggers.")


async def queue(db: asyncpg.Connection[Any]) -> Check:
    """Work is done about as fast as it comes in."""
    row = await db.fetchrow(QUEUE)
    assert row is not None
    message = f"{row['changes']} changes to match, the oldest {row['seconds']:.0f} s old; {row['jobs']} jobs."
    ok = row["changes"] <= LONGEST_QUEUE and row["seconds"] < 60
    return Check("queue", ok, message, "" if ok else "Is a worker running? `whereupon worker` adds one.")


async def secret_key(db: asyncpg.Connection[Any], settings: Settings) -> Check:
    """Stored secrets are of no use without the key that they were sealed with."""
    present = bool(settings.secret_key) or (settings.data / SECRET_KEY).exists()
    sealed: int = await db.fetchval("SELECT count(*) FROM whereupon.secrets")
    if present and not settings.secret_key and (settings.data / SECRET_KEY).stat().st_mode & 0o077:
        file = settings.data / SECRET_KEY
        return Check("secret key", False, f"Others may read {file}.", f"chmod 600 {file}")
    if present:
        return Check("secret key", True, "The key is there.")
    if sealed == 0:
        return Check("secret key", True, "There is none yet; the first secret makes it.")
    return Check(
        "secret key", False, f"{sealed} secrets cannot be read: {settings.data / SECRET_KEY} is missing.",
        "Bring it back from a backup, or set WHEREUPON_SECRET_KEY.",
    )  # fmt: skip


async def links(db: asyncpg.Connection[Any], settings: Settings) -> Check:
    """Where mails lead people who are to answer or to upload something."""
    told = f"Links in mails lead to {settings.address}."
    mails = await db.fetchval("SELECT EXISTS (SELECT FROM whereupon.settings WHERE key = 'mail')")
    ok = bool(settings.public_url) or not mails
    advice = "" if ok else "Set WHEREUPON_PUBLIC_URL to the address at which people reach it."
    return Check("links", ok, told, advice)


def of_the_machine(settings: Settings) -> list[Check]:
    """What can be told without a database."""
    folder = settings.data
    return [disk_space(folder), *([data_folder(folder)] if folder.exists() else [])]


def disk_space(folder: Path) -> Check:
    """The disk that holds the data folder has room."""
    nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    ok = free >= LEAST_FREE_SPACE
    return Check("disk space", ok, f"{free / 1e9:.1f} GB free.", "" if ok else f"Make room on {nearest}.")


def data_folder(folder: Path) -> Check:
    """It holds keys and documents: nobody else may enter."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    ok = not mode & 0o077
    advice = "" if ok else f"chmod 700 {folder}"
    return Check("data folder", ok, f"{folder} has the permissions {mode:04o}.", advice)


Question = Callable[["asyncpg.Connection[Any]"], Awaitable[Check]]
OF_THE_DATABASE: tuple[Question, ...] = (version, clock, rights, migrations)
OF_OUR_SCHEMA: tuple[Question, ...] = (capture, queue)

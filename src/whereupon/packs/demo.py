"""The demonstration: the packs' scenarios played on a database, and told with the reasons for what happened.

It plays through the functions that everybody's work goes through, with real workers, and checks what is in
the database afterwards. Mails are only kept for reading.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from whereupon.db.embedded import throwaway_server
from whereupon.db.migrate import migrate
from whereupon.db.pool import Connection, Database
from whereupon.errors import Conflict, Unavailable
from whereupon.outbox.settings import load_settings
from whereupon.packs.contents import pack_keys
from whereupon.packs.loading import Loaded, load_pack
from whereupon.packs.scenarios import Result, all_scenarios, play
from whereupon.people.first_start import PUT_SETTING
from whereupon.people.rights import Rights, load_rights
from whereupon.people.users import NewUser, UserChange, change_user, create_user
from whereupon.settings import Settings
from whereupon.workers.bulk import BulkWorker
from whereupon.workers.caller import Caller
from whereupon.workers.deliverer import deliver
from whereupon.workers.engine import Engine
from whereupon.workers.logs import log_to_stderr

ADMINISTRATOR = "demo@whereupon.example"
ORGANISATION = {"name": "Harbour & Partners", "email": "office@harbour.example", "time_zone": "UTC"}
QUIET_WITHIN = 30.0  # seconds
LOOK_EVERY = 0.02
# Whether anything is still to be done; what a loop takes and what it makes of it commit together.
IS_BUSY = """
SELECT EXISTS (SELECT FROM whereupon.pending_changes)
    OR EXISTS (SELECT FROM whereupon.runs WHERE ended_at IS NULL AND ready_at <= clock_timestamp())
    OR EXISTS (SELECT FROM whereupon.bulk_runs WHERE status IN ('queued', 'running'))
    OR EXISTS (SELECT FROM whereupon.messages WHERE status IN ('queued', 'sending'))
    OR EXISTS (SELECT FROM whereupon.calls
      WHERE status = 'calling' OR status = 'queued' AND due_at <= clock_timestamp())
"""
HERE = "127.0.0.0/8"  # the scenarios' other sides are servers on this machine
FIND_ADMINISTRATOR = "SELECT id FROM whereupon.users WHERE email = $1"
# Which scenarios came out as promised here, so that the next start need not play them again.
PLAYED, GET_PLAYED = "demonstration", "SELECT value FROM whereupon.settings WHERE key = $1"
# What the office is called, unless somebody said so already.
NAME_ORGANISATION = """
INSERT INTO whereupon.settings (key, value) VALUES ('organisation', $1)
ON CONFLICT (key) DO UPDATE SET value = excluded.value || whereupon.settings.value
"""


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who publishes the packs' workflows, and signs in afterwards."""

    rights: Rights
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the demonstration came to."""

    results: tuple[Result, ...]
    seconds: float
    administrator: Administrator

    @property
    def passed(self) -> bool:
        return bool(self.results) and all(result.passed for result in self.results)

    def as_json(self) -> dict[str, Any]:
        """One object, for programs."""
        scenarios = [result.as_json() for result in self.results]
        return {"scenarios": scenarios, "passed": self.passed, "seconds": round(self.seconds, 2)}


async def run(
    database_url: str | None = None,
    *,
    settings: Settings | None = None,
    once: bool = False,
    again: bool = True,
    json: bool = False,
) -> Report | None:
    """Load the packs, play their scenarios, tell what happened on stdout.

    `once`: on a throwaway server of our own, `database_url` is not looked at. Otherwise the packs stay in the
    migrated database of that URL, for `serve`. `settings`: where documents are kept; None: nowhere for long.
    Without `again`, nothing is played where all scenarios came out before, and there is no report.
    Raises Conflict where mail would really leave.
    """
    log_to_stderr("error", "demo")
    if once or database_url is None:
        async with throwaway_server({"fsync": "off"}) as url:
            await migrate(url)
            report = await on_database(url)
    elif not again and await greet_again(database_url):
        return None
    else:
        report = await on_database(database_url, settings)
    tell(report, as_json=json, signs_in=not once)
    return report


async def greet_again(url: str) -> bool:
    """Say who may sign in where all of today's scenarios came out before; False where they did not."""
    database = await Database.connect(url, name="whereupon demo")
    try:
        async with database.connection() as db:
            played: list[int] = await db.fetchval(GET_PLAYED, PLAYED) or []
        if {scenario.number for _, scenario in all_scenarios()} - set(played):
            return False
        await refuse_real_mail(database)
        sys.stdout.write(f"All {len(played)} scenarios were played here before; --again plays them again.\n")
        tell_who(await administrator(database))
    finally:
        await database.close()
    return True


async def on_database(url: str, settings: Settings | None = None) -> Report:
    """The demonstration on a migrated database, workers included."""
    if settings is not None:
        return await played(url, settings)
    with tempfile.TemporaryDirectory(prefix="whereupon-demo-") as folder:
        return await played(url, Settings(data=Path(folder)))  # pyright: ignore[reportCallIssue]


async def played(url: str, settings: Settings) -> Report:
    """The same, with documents in the data folder of the settings."""
    began = time.monotonic()
    database = await Database.connect(url, name="whereupon demo")
    try:
        await refuse_real_mail(database)
        who = await administrator(database)
        loaded = {key: await load_pack(database, key, who.rights) for key in pack_keys()}
        async with workers(database, settings):
            results = await play_all(database, loaded, who.rights, settings)
        async with database.transaction() as db:
            await db.execute(PUT_SETTING, PLAYED, [one.scenario.number for one in results if one.passed])
    finally:
        await database.close()
    return Report(results, time.monotonic() - began, who)


async def play_all(
    database: Database, loaded: Mapping[str, Loaded], rights: Rights, settings: Settings
) -> tuple[Result, ...]:
    """Every scenario, one after the other."""

    async def settle() -> None:
        await quiet(database)

    return tuple(
        [
            await play(database, loaded[pack], rights, settle, scenario, settings)
            for pack, scenario in all_scenarios()
        ]
    )


async def refuse_real_mail(database: Database) -> None:
    """Raises Conflict where a mail server is set: sample people must not be written to."""
    async with database.connection() as db:
        mail, _ = await load_settings(db)
    if mail is not None:
        raise Conflict(
            "This installation sends real mail, so the demonstration does not play here.",
            suggestion="`whereupon demo --once` plays on a database of its own.",
        )


async def administrator(database: Database) -> Administrator:
    """The demonstration's own administrator, with a new password each time."""
    password = secrets.token_urlsafe(12)
    async with database.transaction() as db:
        await db.execute(NAME_ORGANISATION, ORGANISATION)
        found: int | None = await db.fetchval(FIND_ADMINISTRATOR, ADMINISTRATOR)
        user_id = await add_administrator(db, password) if found is None else found
        if found is not None:
            await change_user(db, found, UserChange(password=password, active=True), actor=found)
        return Administrator(await load_rights(db, user_id), ADMINISTRATOR, password)


async def add_administrator(db: Connection, password: str) -> int:
    new = NewUser(email=ADMINISTRATOR, name="Demo Administrator", password=password, roles=["administrator"])
    return int((await create_user(db, new, actor=None))["id"])


@asynccontextmanager
async def workers(database: Database, settings: Settings) -> AsyncGenerator[None]:
    """Real workers, in this process, until the end of the block. They may call servers on this machine."""
    stop, engine = asyncio.Event(), Engine(database)
    allowed = ",".join(filter(None, (settings.allowed_networks, HERE)))
    nearby = settings.model_copy(update={"allowed_networks": allowed})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(engine.run(stop))
        bulk = BulkWorker(database, engine.current, wake=engine.bulk, began=engine.runs.ring)
        tasks.create_task(bulk.run(stop))
        tasks.create_task(Caller(database, nearby, wake=engine.calls).run(stop))
        tasks.create_task(deliver(database, stop=stop, busy=lambda: engine.busy, settings=nearby))
        try:
            yield
        finally:
            stop.set()


async def quiet(database: Database, within: float = QUIET_WITHIN) -> None:
    """Wait until nothing is left to do. Raises Unavailable when it does not come to rest."""
    until = time.monotonic() + within
    async with database.connection() as db:
        while await db.fetchval(IS_BUSY):
            if time.monotonic() > until:
                raise Unavailable(
                    f"Something was still to be done after {within:.0f} seconds.",
                    suggestion="`whereupon doctor` tells whether the workers run.",
                )
            await asyncio.sleep(LOOK_EVERY)


def tell(report: Report, *, as_json: bool, signs_in: bool) -> None:
    """Write the report to stdout: one JSON object on one line, or tables for people."""
    if as_json:
        sys.stdout.write(orjson.dumps(report.as_json()).decode() + "\n")
        return
    from whereupon.packs.telling import show

    show(report.results, report.seconds)
    if signs_in:
        tell_who(report.administrator)


def tell_who(who: Administrator) -> None:
    """The last line before the server's own: how to sign in."""
    sys.stdout.write(f"\nSign in as {who.email} with the password {who.password}\n")

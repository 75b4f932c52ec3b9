"""Commands that run things: serve, worker, migrate, demo, bench."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from whereupon.errors import Invalid

if TYPE_CHECKING:
    from whereupon.errors import Problem
    from whereupon.settings import Settings
    from whereupon.workers.supervisor import Serving

Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for programs.")]


def settings_with(**given: Any) -> Settings:
    """The settings, with what the command line says put over the environment."""
    from pydantic import ValidationError

    from whereupon.errors import Problem
    from whereupon.settings import Settings

    if problems := misspelt_settings(os.environ, Settings.model_fields):
        raise Invalid("A setting is not known.", problems=problems)
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = [Problem(e["type"], e["msg"], f"/{e['loc'][0]}") for e in error.errors()]
        raise Invalid("A setting is not valid.", problems=problems) from None


def misspelt_settings(environment: Iterable[str], known: Iterable[str]) -> list[Problem]:
    """Variables that are nearly one of ours: ignoring one would quietly use another database, say.

    Others that begin so are left alone: Kubernetes makes some for every service.
    """
    from whereupon.errors import Problem, did_you_mean

    ours = {name.upper() for name in known}
    begun = {name.removeprefix("WHEREUPON_") for name in environment if name.startswith("WHEREUPON_")}
    near = {name: did_you_mean(name, ours) for name in sorted(begun - ours)}
    return [
        Problem("unknown_setting", f"There is no setting WHEREUPON_{name}.", f"/WHEREUPON_{name}", hint)
        for name, hint in near.items()
        if hint and not name.startswith("TEST_")  # the test suite's own
    ]


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    worker: Annotated[bool, Parameter(negative="--no-worker")] = True,
    data: Path | None = None,
    json: Json = False,
) -> int:
    """Start everything: database, web application, workers. Ctrl-C ends it.

    Parameters
    ----------
    host
        Address to listen on; 127.0.0.1 unless WHEREUPON_HOST says otherwise.
    port
        Port to listen on; 8080 unless WHEREUPON_PORT says otherwise. 0: any free one.
    workers
        How many worker processes; 1 unless WHEREUPON_WORKERS says otherwise.
    worker
        Without: only the web application; `whereupon worker` does the work elsewhere.
    data
        Data folder of the embedded database.
    """
    from whereupon.workers.logs import log_to_stderr
    from whereupon.workers.supervisor import serve as serve_until_stopped

    count = workers if worker else 0
    settings = settings_with(host=host, port=port, workers=count, data=data)
    log_to_stderr(settings.log_level, "supervisor")
    asyncio.run(serve_until_stopped(settings, lambda serving: announce(serving, as_json=json)))
    return 0


def announce(serving: Serving, *, as_json: bool) -> None:
    """The address, and how to make the first administrator. Without rich: `serve` stays small."""
    if as_json:
        import orjson

        told = {"address": serving.address, "setup_token": serving.setup_token}
        print(orjson.dumps(told).decode(), flush=True)
        return
    print(f"Whereupon serves {serving.address}  (Ctrl-C ends it)")
    if serving.setup_token:
        print("There is no administrator yet. Make the first one in the browser, at this one-time address:")
        print(f"  {serving.address}/setup#token={serving.setup_token}")  # what follows # is never sent
        print("or with: whereupon users create-admin you@example.org --name 'Your Name'")
    sys.stdout.flush()


def worker(*, data: Path | None = None) -> int:
    """Add a worker, on this host or another one. It stops when told to, after finishing what it began.

    Parameters
    ----------
    data
        Data folder of the embedded database, when WHEREUPON_DATABASE_URL is not set.
    """
    import uvloop

    from whereupon.workers.logs import log_to_stderr
    from whereupon.workers.process import run_worker

    settings = settings_with(data=data)
    log_to_stderr(settings.log_level, "worker")
    uvloop.run(run_worker(settings))
    return 0


def migrate(*, data: Path | None = None, quiet: bool = False, json: Json = False) -> int:
    """Bring the database to this program's schema; safe to run again and by many at once.

    Parameters
    ----------
    data
        Data folder of the embedded database, when WHEREUPON_DATABASE_URL is not set.
    quiet
        Say nothing unless it fails.
    """
    from whereupon.cli.output import tell, waiting
    from whereupon.db.embedded import database_server
    from whereupon.db.migrate import known_revisions
    from whereupon.db.migrate import migrate as migrate_database

    settings = settings_with(data=data)

    async def work() -> bool:
        async with database_server(settings) as url:
            return await migrate_database(url)

    with waiting("Migrating …", quiet=quiet or json):
        changed = asyncio.run(work())
    if not quiet:
        revision = known_revisions()[-1]
        was = "is now" if changed else "was already"
        tell(
            {"changed": changed, "revision": revision},
            f"The schema {was} at revision {revision}.",
            as_json=json,
        )
    return 0


def demo(
    *,
    once: Annotated[bool, Parameter(negative="")] = False,
    again: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
) -> int:
    """Play the scenarios of the packs and tell what happened and why; then serve them.

    Where they were played before, they are only served.

    Parameters
    ----------
    once
        On a throwaway database, and do not serve. Exit code 1 when a scenario fails.
    again
        Play them also where they were played before, on more records. With --json they always are.
    host
        Address to listen on afterwards.
    port
        Port to listen on afterwards.
    data
        Data folder for the demonstration; by default one of its own.
    """
    from whereupon.packs.demo import run

    if once:
        report = asyncio.run(run(once=True, json=json))
        return 0 if report is not None and report.passed else 1
    settings = demo_settings(host=host, port=port, data=data)
    asyncio.run(play(settings, again=again or json, as_json=json))
    become_server(settings, as_json=json)
    return 0


def demo_settings(**given: Any) -> Settings:
    """As for `serve`, but not in somebody's own data folder unless told so."""
    import os

    from whereupon.settings import default_data_folder

    if given["data"] is None and "WHEREUPON_DATA" not in os.environ:
        given["data"] = default_data_folder().with_name("whereupon-demo")
    return settings_with(**given)


async def play(settings: Settings, *, again: bool, as_json: bool) -> None:
    """The scenarios on the database that is served afterwards."""
    from whereupon.db.embedded import database_server
    from whereupon.db.migrate import migrate as migrate_database
    from whereupon.packs.demo import run

    async with database_server(settings) as url:
        await migrate_database(url)
        await run(url, settings=settings, again=again, json=as_json)


def become_server(settings: Settings, *, as_json: bool) -> None:
    """Go on as `serve`, with nothing of the demonstration left in memory."""
    import os

    arguments = [
        "--host",
        settings.host,
        "--port",
        str(settings.port),
        "--data",
        str(settings.data.absolute()),
    ]
    sys.stdout.flush()
    command = [
        sys.executable,
        "-m",
        "whereupon.cli.main",
        "serve",
        *arguments,
        *(["--json"] if as_json else []),
    ]
    os.execv(sys.executable, command)


def bench(*figures: str, json: Json = False) -> int:
    """Measure this machine against the targets, on databases of its own. Exit code 1 when one is missed.

    Parameters
    ----------
    figures
        Names of figures; all without, which takes some minutes.
    """
    from whereupon.bench.__main__ import main as measure

    return asyncio.run(measure([*figures, *(["--json"] if json else [])]))

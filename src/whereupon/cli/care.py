"""Commands that look after an installation: backup, restore, doctor."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from whereupon.cli.output import print_json, stdout, tell, waiting
from whereupon.cli.running import Json, settings_with
from whereupon.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from whereupon.db.doctor import Check
    from whereupon.settings import Settings


def backup(file: Path, *, data: Path | None = None, json: Json = False) -> None:
    """Write the database, the secret key and the documents into one file. Everybody may go on working.

    Parameters
    ----------
    file
        A new file; it holds secrets, so only its owner may read it.
    data
        Data folder, when it is not the usual one.
    """
    from whereupon.db.backup import backup as write_backup
    from whereupon.db.embedded import database_server

    settings = settings_with(data=data)

    async def work() -> dict[str, Any]:
        async with database_server(settings) as url:
            return asdict(await write_backup(url, file, data=settings.data))

    with waiting("Writing the backup …", quiet=json):
        manifest = asyncio.run(work())
    size = file.stat().st_size
    told = {"file": str(file), "bytes": size, **manifest}
    tell(told, f"{file}: {size / 1e6:.1f} MB, {manifest['documents']} documents.", as_json=json)


def restore(
    file: Path,
    *,
    replace: Annotated[bool, Parameter(negative="")] = False,
    data: Path | None = None,
    json: Json = False,
) -> None:
    """Bring back what a backup holds, all or nothing. Stop `whereupon serve` first.

    Parameters
    ----------
    replace
        Allow that what is in the database now is dropped.
    data
        Data folder, when it is not the usual one.
    """
    from whereupon.db.backup import restore as bring_back
    from whereupon.db.embedded import database_server

    settings = settings_with(data=data)

    async def work() -> dict[str, Any]:
        async with database_server(settings) as url:
            return asdict(await bring_back(url, file, data=settings.data, replace=replace))

    with waiting("Restoring …", quiet=json):
        manifest = asyncio.run(work())
    tell(manifest, f"Restored what was backed up on {manifest['created_at']}.", as_json=json)


def doctor(*, data: Path | None = None, json: Json = False) -> int:
    """Look whether everything is as it should be; exit code 1 when something is not.

    Parameters
    ----------
    data
        Data folder, when it is not the usual one.
    """
    from whereupon.db.doctor import Check, examine, of_the_machine
    from whereupon.db.embedded import database_server

    settings = settings_with(data=data)

    async def work() -> list[Check]:
        try:
            async with database_server(settings) as url:
                checks = await examine(url, settings)
                known = any(check.name == "secret key" and check.ok for check in checks)
                return [*checks, *([await stored_secrets(url, settings)] if known else [])]
        except Unavailable as error:
            return [Check("server", False, error.message, error.suggestion or ""), *of_the_machine(settings)]

    with waiting("Looking …", quiet=json):
        checks = asyncio.run(work())
    well = all(check.ok for check in checks)
    if json:
        print_json({"ok": well, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
            stdout().print(f"{mark} [bold]{check.name:12}[/]", end=" ")
            stdout().print(check.message, check.advice, markup=False)
    return 0 if well else 1


async def stored_secrets(url: str, settings: Settings) -> Check:
    """Every stored secret opens with the key at hand."""
    from whereupon.db.doctor import Check
    from whereupon.db.pool import Database
    from whereupon.outbox.rotation import look_at_secrets

    database = await Database.connect(url, max_size=1)
    try:
        found = await look_at_secrets(database, settings)
    except Invalid as error:
        return Check("secrets", False, error.problems[0].message, error.problems[0].suggestion or "")
    finally:
        await database.close()
    closed = sorted(one.name for one in found if not one.opens)
    if not closed:
        return Check("secrets", True, f"{len(found)} secrets are stored, and open.")
    advice = "Bring the key back that they were sealed with, or enter them again in the settings."
    return Check("secrets", False, f"These secrets do not open: {', '.join(closed[:10])}.", advice)

"""Commands that look after an installation: backup, restore, doctor."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from whereupon.cli.output import print_json, stdout, tell, waiting
from whereupon.cli.running import Json, settings_with
from whereupon.errors import Unavailable


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
                return await examine(url, settings)
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

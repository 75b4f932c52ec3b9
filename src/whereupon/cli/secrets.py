"""`whereupon secrets`: do the stored passwords open, and another key for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cyclopts import App

from whereupon.cli.output import show_rows, tell, waiting
from whereupon.cli.running import Json, settings_with
from whereupon.db.pool import Database
from whereupon.settings import Settings

app = App(name="secrets", help="Do the stored passwords open, and another key for them.")


@app.command
def check(*, data: Path | None = None, json: Json = False) -> int:
    """Try every stored secret with the keys at hand; exit code 1 when one does not open.

    Parameters
    ----------
    data
        Data folder, when it is not the usual one.
    """
    from whereupon.outbox.rotation import look_at_secrets

    found = _with_database(settings_with(data=data), look_at_secrets)
    rows = [asdict(one) for one in found]
    show_rows(rows, ("name", "host", "opens", "current"), as_json=json, empty="There are no secrets.")
    return 0 if all(one.opens for one in found) else 1


@app.command
def rotate(*, data: Path | None = None, json: Json = False) -> int:
    """Seal every secret with a new key. Everybody may go on working; interrupted, do it again.

    Parameters
    ----------
    data
        Data folder, when it is not the usual one.
    """
    from whereupon.outbox.rotation import rotate as change_key

    settings = settings_with(data=data)
    with waiting("Sealing …", quiet=json):
        done = _with_database(settings, change_key)
    said = f"{done.sealed} secrets are sealed with the new key {done.key_id}."
    if done.left:
        said += f" No key at hand opens these: {', '.join(done.left)}. Enter them again in the settings."
    tell(asdict(done), said, as_json=json)
    return 1 if done.left else 0


def _with_database(settings: Settings, work: Callable[[Database, Settings], Awaitable[Any]]) -> Any:
    from whereupon.db.embedded import database_server

    async def doing() -> Any:
        async with database_server(settings) as url:
            database = await Database.connect(url, max_size=2)
            try:
                return await work(database, settings)
            finally:
                await database.close()

    return asyncio.run(doing())

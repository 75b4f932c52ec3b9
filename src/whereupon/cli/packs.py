"""`whereupon packs`: ready-made offices: which there are, installing, updating and removing them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from whereupon.cli.output import print_json, show_rows, stdout, tell
from whereupon.cli.session import Common, doing, opened
from whereupon.db.pool import Connection
from whereupon.errors import NotFound
from whereupon.packs.contents import Pack, read_own, read_pack
from whereupon.packs.keeping import Told, remove_pack, update_pack
from whereupon.packs.loading import install as install_pack
from whereupon.packs.parts import known_of
from whereupon.packs.shelf import list_packs
from whereupon.people.rights import Rights

app = App(name="packs", help="Ready-made modules, workflows and sample records: install, update, remove.")
COMMON = Common()
DryRun = Annotated[bool, Parameter(negative="", help="Only tell what would be done.")]


@app.command(name="list")
def list_(*, common: Common = COMMON) -> None:
    """The packs that there are, and which are installed."""

    async def work(db: Connection, rights: Rights) -> Any:
        rights.require_administrator()
        return await list_packs(db)

    show_rows(doing(common, work), ("key", "name", "loaded", "description"), as_json=common.json)


@app.command
def check(folder: Path, *, common: Common = COMMON) -> None:
    """Whether a folder is a pack: every wrong place of every file. Nothing is installed.

    Parameters
    ----------
    folder
        Where its pack.yaml lies.
    """
    pack = read_own(folder)
    counts = pack.counts()
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    tell({"key": pack.key, **counts}, f"{pack.about.name} is a sound pack: {told}.", as_json=common.json)


@app.command
def install(pack: str, *, common: Common = COMMON) -> None:
    """Install a pack, whole or not at all.

    Parameters
    ----------
    pack
        The key of one that ships with the program, or a folder that holds one.
    """
    wanted = wanted_pack(pack)

    async def work() -> Any:
        async with opened(common) as (database, rights):
            return await install_pack(database, wanted, rights)

    loaded = asyncio.run(work())
    words = "was installed before, and is left as it is" if loaded.again else "is installed"
    tell({"key": wanted.key, "again": loaded.again}, f"{wanted.about.name} {words}.", as_json=common.json)


@app.command
def update(
    pack: str,
    *,
    take: Annotated[tuple[str, ...], Parameter(negative="", consume_multiple=True)] = (),
    dry_run: DryRun = False,
    common: Common = COMMON,
) -> None:
    """Bring an installed pack to what is shipped now. What the office changed stays, and is told.

    Parameters
    ----------
    pack
        Its key, or the folder that holds its new version.
    take
        Things where what is shipped wins over what was changed here, as they are told: workflow/case_welcome
    """

    async def work() -> Told:
        async with opened(common) as (database, rights):
            async with database.connection() as db:
                noted = await known_of(db, pack) or {}
            if "file" in noted and "/" not in pack:
                raise NotFound(
                    f"{pack} was installed from the file {noted['file']}, which is not kept.",
                    suggestion="Name the folder that holds its new version, or send it in Settings → Packs.",
                )
            wanted = wanted_pack(str(noted.get("folder", pack)))
            return await update_pack(database, wanted, rights, dry=dry_run, take=take)

    show(asyncio.run(work()), as_json=common.json)


@app.command
def remove(
    pack: str,
    *,
    accept_loss: Annotated[bool, Parameter(negative="")] = False,
    dry_run: DryRun = False,
    common: Common = COMMON,
) -> None:
    """Take away what a pack brought and nobody has changed or uses.

    Parameters
    ----------
    pack
        Its key.
    accept_loss
        Runs under way of its workflows may be cancelled.
    """

    async def work() -> Told:
        async with opened(common) as (database, rights):
            return await remove_pack(database, pack, rights, dry=dry_run, accept_loss=accept_loss)

    show(asyncio.run(work()), as_json=common.json)


def wanted_pack(name: str) -> Pack:
    """A folder when it looks like one, else a pack of ours."""
    return (
        read_own(Path(name))
        if "/" in name or name.startswith(".") or Path(name).is_dir()
        else read_pack(name)
    )


WORDS = {"add": "comes", "change": "changes", "remove": "goes", "keep": "stays", "conflict": "conflict"}


def show(told: Told, *, as_json: bool) -> None:
    """The steps in a table, what becomes of records and people, and how it was done."""
    if as_json:
        return print_json(told.as_json())
    rows = [
        {"what": s.name, "": WORDS[s.action], "parts": ", ".join(s.taken), "why": s.why}
        for s in told.steps
        if s.action != "same"
    ]
    show_rows(rows, ("what", "", "parts", "why"), as_json=False, empty=f"{told.name} is up to date.")
    for note in told.notes:
        stdout().print(note)
    if told.dry:
        stdout().print("Nothing was done yet.")
    return None

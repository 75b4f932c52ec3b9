"""A pack that somebody sends as a ZIP archive: checked, tried, installed or brought up to date.

It may do less than one from a folder of the machine: it brings no script for the database, and makes nobody
an administrator or builder.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from whereupon.db.pool import Connection, Database
from whereupon.errors import Invalid, NotFound, Problem, WhereuponError
from whereupon.packs.archives import Sent, entries_of, plain_name, require_readable, text_in
from whereupon.packs.contents import Pack, own_key, read_folder
from whereupon.packs.keeping import Told, update_pack
from whereupon.packs.loading import Loaded, install, load
from whereupon.packs.parts import known_of
from whereupon.people.rights import Rights
from whereupon.records.schema import defining

MIGHTY = "SELECT key FROM whereupon.roles WHERE key = ANY($1) AND (administrator OR builder) ORDER BY key"


@dataclass(slots=True)
class Checked:
    """What is known of a pack that was sent. `update`: what it would change of the one that is installed."""

    pack: Pack | None
    problems: list[Problem] = field(default_factory=list[Problem])
    loaded: bool = False
    update: Told | None = None


class Tried(Exception):
    """Ends a transaction in which a pack was only tried."""


def read_sent(name: str, content: bytes) -> Pack:
    """The pack in an archive. Raises Invalid naming every wrong place of every file."""
    name = plain_name(name)
    files = [text_in(path, text) for path, text in entries_of(name, content) if path.endswith(".yaml")]
    require_readable(files)
    tops = sorted((one.name for one in files if one.name.rpartition("/")[2] == "pack.yaml"), key=len)
    if not tops:
        told = f"{name} is no pack: there is no pack.yaml in it."
        raise Invalid.of(Problem("no_pack", told, "/file", "Put the pack's folder into a ZIP archive."))
    folder = tops[0].removesuffix("pack.yaml")
    inside = [one for one in files if one.name.startswith(folder)]
    within = [replace(one, name=one.name.removeprefix(folder)) for one in inside]
    faults = [replace(one.fault, path=f"{one.name}#") for one in within if one.fault]
    if faults:
        raise Invalid("The pack is not valid.", problems=faults)
    key = own_key(folder.rstrip("/").rpartition("/")[2] or name.rpartition(".")[0])
    return read_folder(zipfile.Path(packed(within)), key).model_copy(update={"file": name})


def packed(files: Collection[Sent]) -> zipfile.ZipFile:
    """The files as a folder that is nowhere on a disk."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for one in files:
            archive.writestr(one.name, one.text)
    return zipfile.ZipFile(memory)


async def check_sent(database: Database, pack: Pack | Invalid, rights: Rights) -> Checked:
    """Whether it could be installed: its files, then a trial that is taken back."""
    rights.require_administrator()
    if isinstance(pack, Invalid):
        return Checked(None, list(pack.problems))
    found = Checked(pack)
    try:
        async with database.connection() as db:
            found.loaded = await known_of(db, pack.key) is not None
            await require_modest(db, pack)
        if found.loaded:
            found.update = await update_pack(database, pack, rights, dry=True)
        else:
            await tried(database, pack, rights)
    except WhereuponError as error:
        found.problems += error.problems or [Problem(error.code, error.message, "", error.suggestion)]
    return found


async def install_sent(
    database: Database, pack: Pack, rights: Rights, take: Collection[str] = ()
) -> Loaded | Told:
    """Install it, or bring the one that is installed to what was sent. Raises Invalid, Conflict."""
    rights.require_administrator()
    async with database.connection() as db:
        await require_modest(db, pack)
        loaded = await known_of(db, pack.key) is not None
    if loaded:
        return await update_pack(database, pack, rights, take=take)
    if take:
        raise NotFound("It is not installed yet, so there is nothing to choose.")
    return await install(database, pack, rights)


async def tried(database: Database, pack: Pack, rights: Rights) -> None:
    """Install it and take that back: what would fail then, fails now."""

    async def work(db: Connection) -> None:
        await load(db, pack, rights)
        raise Tried

    try:
        await defining(database, work)
    except Tried:
        return


async def require_modest(db: Connection, pack: Pack) -> None:
    """Raises Invalid for what only a pack of this machine may do."""
    problems: list[Problem] = []
    if pack.about.older_database is not None:
        told = "It has a script for the database. Such a pack is not taken from a file that was sent."
        problems.append(Problem("script", told, "pack.yaml#/older_database", "Leave older_database out."))
    given = {role for person in pack.people.people for role in person.roles}
    strange = given - {role.key for role in pack.people.roles}
    mighty = {row["key"] for row in await db.fetch(MIGHTY, sorted(given))}
    for index, person in enumerate(pack.people.people):
        for role in person.roles:
            if role in strange or role in mighty:
                told = f'It gives {person.email} the role "{role}", which is none that it brings itself.'
                advice = "Give roles to people in Settings → People, after the pack is there."
                problems.append(Problem("role", told, f"people.yaml#/people/{index}/roles", advice))
    if problems:
        raise Invalid("The pack may not do that.", problems=problems)


def people_of(pack: Pack) -> list[dict[str, Any]]:
    """Whom it brings, and with which roles."""
    return [{"email": one.email, "name": one.name, "roles": one.roles} for one in pack.people.people]

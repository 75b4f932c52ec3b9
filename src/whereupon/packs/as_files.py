"""Workflows, templates and data tasks as files (H9): written out, compared with what is there, put in place.

The files are the truth: `apply` makes what is there as they say, and takes away what was applied before and
has no file any more. What would lose runs or data is refused unless that was accepted.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import ValidationError

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, WhereuponError, did_you_mean
from whereupon.packs.faults import faults_of
from whereupon.packs.kinds import Content, Kind, kind, kinds
from whereupon.packs.parts import FIND, KEEP
from whereupon.packs.strict_yaml import read_yaml
from whereupon.packs.yaml_text import as_yaml
from whereupon.people import audit
from whereupon.people.rights import Rights

APPLIED = "files:applied"  # the setting that holds what was applied last
MOST_FILES = 5_000
MOST_CHARACTERS = 20_000_000  # of all files together
Pair = tuple[str, str]  # kind and key
Wanted = dict[Pair, Content]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is to be made, changed or taken away. `diff`: lines of text; `lost`: sentences."""

    kind: str
    key: str
    action: Literal["create", "change", "remove"]
    diff: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return path_of((self.kind, self.key))


@dataclass(slots=True)
class Plan:
    """All that differs. `now`: what was there when it was compared."""

    changes: list[Change] = field(default_factory=list[Change])
    same: int = 0
    now: Wanted = field(default_factory=dict[Pair, Content])

    @property
    def lost(self) -> list[str]:
        return [f"{change.file}: {line}" for change in self.changes for line in change.lost]

    def as_json(self) -> dict[str, Any]:
        """For the API and `--json`."""
        changes = [
            {
                "kind": c.kind, "key": c.key, "file": c.file, "action": c.action, "diff": list(c.diff),
                "lost": list(c.lost),
            }
            for c in self.changes
        ]  # fmt: skip
        return {"changes": changes, "same": self.same}


def file_kinds() -> list[Kind]:
    """The kinds that stand in files."""
    return [one for one in kinds() if one.in_files]


def path_of(pair: Pair) -> str:
    """Where the file of a thing lies, from the top folder: "workflows/welcome.yaml"."""
    return f"{kind(pair[0]).folder}/{pair[1]}.yaml"


# Export --------------------------------------------------------------------------------------------


async def export(db: Connection, rights: Rights, only: Collection[str] = ()) -> dict[str, str]:
    """Path → text of every file, sorted; of those named alone, if there are any. Raises Refused, NotFound."""
    rights.require_builder()
    found = {path_of(pair): (pair, content) for pair, content in sorted((await there(db)).items())}
    for path in only:
        if path not in found:
            raise NotFound(f"There is no {path[:200]}.", suggestion=did_you_mean(path, found))
    return {path: text_of(*found[path]) for path in found if not only or path in only}


async def listed(db: Connection, rights: Rights) -> list[dict[str, Any]]:
    """What can be written as a file: its path, and what it is called. Raises Refused."""
    rights.require_builder()
    return [
        {
            "file": path_of(pair), "kind": pair[0], "key": pair[1], "name": content.get("name") or pair[1],
            "state": content.get("state") or ("active" if pair[0] in ("playbook", "strategy") else None),
        }
        for pair, content in sorted((await there(db)).items(), key=lambda one: place(one[0]))
    ]  # fmt: skip


async def there(db: Connection) -> Wanted:
    return {
        (one.key, key): one.normal(content)
        for one in file_kinds()
        for key, content in (await one.now(db)).items()
    }


def text_of(pair: Pair, content: Content) -> str:
    """What its file says."""
    return as_yaml({"key": pair[1], **content})


# Reading -------------------------------------------------------------------------------------------


def read_files(texts: Mapping[str, str]) -> Wanted:
    """What the files say. Files outside the folders of the kinds are refused, so nothing is overlooked.

    Raises Invalid naming every wrong place as "workflows/welcome.yaml#/document".
    """
    if len(texts) > MOST_FILES or sum(map(len, texts.values())) > MOST_CHARACTERS:
        told = f"At most {MOST_FILES:,} files with {MOST_CHARACTERS:,} characters together are read."
        raise Invalid.of(Problem("too_large", told, "/files"))
    wanted: Wanted = {}
    problems: list[Problem] = []
    for path, text in sorted(texts.items()):
        try:
            pair, content = read_one(path, text)
            if path != path_of(pair):
                told = f'Its key is "{pair[1]}", so it must be called {path_of(pair)}.'
                raise Invalid.of(Problem("bad_name", told, "/key"))
            wanted[pair] = content
        except Invalid as invalid:
            problems += [replace(problem, path=f"{path}#{problem.path}") for problem in invalid.problems]
    if problems:
        raise Invalid("The files are not valid.", problems=problems[:1_000])
    return wanted


def read_one(path: str, text: str) -> tuple[Pair, Content]:
    """Raises Invalid."""
    folder, _, name = path.partition("/")
    folders = {one.folder: one for one in file_kinds()}
    if folder not in folders or "/" in name or not name.endswith(".yaml"):
        told = f"Files lie in {', '.join(folders)}, and end with .yaml."
        raise Invalid.of(Problem("bad_name", told, "", did_you_mean(folder, folders)))
    one = folders[folder]
    raw = read_yaml(text, path)
    assert one.model is not None
    try:
        one.model.model_validate(raw)
    except ValidationError as error:
        raise Invalid.of(*faults_of(error, one.model)) from None
    content = dict(raw)
    return (one.key, content.pop("key")), one.normal(content)


# Plan and apply ------------------------------------------------------------------------------------


class Undone(Exception):
    """Takes back what was only tried."""


async def plan(db: Connection, rights: Rights, wanted: Wanted) -> Plan:
    """What `apply` would do. Tried to the end and taken back, so what would fail then fails now."""
    rights.require_builder()
    found = await compared(db, wanted)
    try:
        async with db.transaction():
            await carry_out(db, rights, wanted, found)
            raise Undone
    except Undone:
        return found


async def apply(db: Connection, rights: Rights, wanted: Wanted, *, accept_loss: bool = False) -> Plan:
    """Make what is there as the files say; all or nothing. Raises Conflict for what would be lost."""
    rights.require_builder()
    found = await compared(db, wanted)
    if found.lost and not accept_loss:
        raise Conflict(
            f"Something would be lost. {' '.join(found.lost[:20])}",
            suggestion="Look at the plan; if that is right, say that this may be lost (--accept-loss).",
        )
    await carry_out(db, rights, wanted, found)
    await db.execute(KEEP, APPLIED, {"things": sorted(map(list, wanted))})
    if found.changes:
        await audit.append(db, rights.user_id, "apply_files", "files", changes=len(found.changes))
    return found


async def compared(db: Connection, wanted: Wanted) -> Plan:
    """What differs between the files and what is there."""
    now = await there(db)
    wanted = meant(wanted, now)
    found = Plan(now=now)
    for pair in sorted(wanted, key=place):
        if pair not in now:
            found.changes.append(Change(*pair, "create", differing("", text_of(pair, wanted[pair]))))
        elif now[pair] != wanted[pair]:
            lost = await kind(pair[0]).loss(db, pair[1], now[pair], wanted[pair])
            diff = differing(text_of(pair, now[pair]), text_of(pair, wanted[pair]))
            found.changes.append(Change(*pair, "change", diff, tuple(lost)))
        else:
            found.same += 1
    for pair in sorted(await applied_before(db) - wanted.keys(), key=place, reverse=True):
        if pair in now:
            lost = await kind(pair[0]).loss(db, pair[1], now[pair], None)
            line = "It has no file any more, so it is deleted."
            found.changes.append(Change(*pair, "remove", lost=(line, *lost)))
    return found


def meant(wanted: Wanted, now: Wanted) -> Wanted:
    """What files mean beside what is there."""
    return {pair: kind(pair[0]).meant(content, now.get(pair)) for pair, content in wanted.items()}


def place(pair: Pair) -> tuple[int, str]:
    return next(nr for nr, one in enumerate(kinds()) if one.key == pair[0]), pair[1]


async def applied_before(db: Connection) -> set[Pair]:
    noted: Any = await db.fetchval(FIND, APPLIED) or {}
    known = {one.key for one in file_kinds()}
    return {(kind_key, key) for kind_key, key in noted.get("things", []) if kind_key in known}


def differing(before: str, after: str) -> tuple[str, ...]:
    """Lines that go (-) and come (+), with two around them."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return tuple(line for line in lines if not line.startswith(("---", "+++")))


async def carry_out(db: Connection, rights: Rights, wanted: Wanted, found: Plan) -> None:
    """Do it. Raises Invalid naming the file."""
    for change in found.changes:
        try:
            await carry_out_one(db, rights, wanted, change, found.now)
        except Invalid as invalid:
            problems = [
                replace(problem, path=f"{change.file}#{problem.path}") for problem in invalid.problems
            ]
            raise Invalid(f"{change.file} cannot be applied.", problems=problems) from None
        except WhereuponError as error:
            raise Conflict(f"{change.file}: {error}", suggestion=error.suggestion) from None


async def carry_out_one(db: Connection, rights: Rights, wanted: Wanted, change: Change, now: Wanted) -> None:
    """Make, change or delete one thing. Raises as its kind does."""
    one = kind(change.kind)
    if change.action == "remove":
        await one.remove(db, rights, change.key)
        return
    pair = (change.kind, change.key)
    await one.write(db, rights, change.key, wanted[pair], now.get(pair))

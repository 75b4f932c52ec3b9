"""Files that somebody sent, looked at one by one and then put in place (H9).

Where `as_files` takes a folder as a whole, here each file is told for itself: new, changed, as it is, or
refused and why. What is sent is no whole folder unless that is said, so nothing else is deleted.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import asyncpg

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, PreconditionFailed, Problem, WhereuponError
from whereupon.packs import as_files
from whereupon.packs.as_files import APPLIED, Change, Pair, Undone, Wanted
from whereupon.packs.kinds import Content, kind
from whereupon.packs.kinds.workflows import USERS
from whereupon.packs.parts import KEEP
from whereupon.packs.placing import Document, FoundProblem
from whereupon.packs.words import Told, does, in_words
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.workflows.check import Surroundings
from whereupon.workflows.store import surroundings

Action = Literal["create", "change", "same", "remove", "refused"]
LONGEST_DIFF = 2_000  # lines; what is longer is told in words alone
log = logging.getLogger(__name__)
# Nobody publishes one of them between the look and the deed.
LOCKS = (
    "SELECT FROM whereupon.workflows WHERE key = ANY($1) ORDER BY id FOR UPDATE",
    "SELECT FROM whereupon.templates WHERE key = ANY($1) ORDER BY key FOR UPDATE",
    "SELECT FROM whereupon.data_tasks WHERE key = ANY($1) ORDER BY key FOR UPDATE",
    "SELECT FROM whereupon.strategies WHERE key = ANY($1) ORDER BY key FOR UPDATE",
)


@dataclass(slots=True)
class Seen:
    """What becomes of one file, or of something that has none any more.

    `words`: what is different, or what a new one does; `etag`: another
    one when it, or what is here, is not the same any more.
    """

    sent: Document | None
    pair: Pair | None
    action: Action
    content: Content | None = None
    name: str = ""
    words: list[Told] = field(default_factory=list[Told])
    does: list[str] = field(default_factory=list[str])
    diff: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    problems: list[FoundProblem] = field(default_factory=list[FoundProblem])
    etag: str = ""

    @property
    def source(self) -> str | None:
        """What its file was called."""
        return self.sent.source if self.sent else None

    @property
    def file(self) -> str:
        """Where it lies in a folder of files."""
        return as_files.path_of(self.pair) if self.pair else str(self.source)

    @property
    def change(self) -> Change | None:
        """What is to be done; None: nothing."""
        if self.pair is None or self.action not in ("create", "change", "remove"):
            return None
        return Change(*self.pair, self.action, self.diff, self.lost)


@dataclass(slots=True)
class Look:
    """Everything that was sent. `plan`: stands for what was seen; `ignored`: files that are no YAML;
    `now`: what was there."""

    documents: list[Seen]
    ignored: list[str]
    plan: str = ""
    now: Wanted = field(default_factory=dict[Pair, Content])

    @property
    def lost(self) -> list[str]:
        return [f"{one.file}: {line}" for one in self.documents for line in one.lost]


async def look(
    db: Connection,
    rights: Rights,
    sent: Sequence[Document],
    ignored: Sequence[str] = (),
    *,
    whole: bool = False,
) -> Look:
    """What each file would do. Tried to the end and taken back, so what would fail then fails now.

    `whole`: these are all files that there are, so what was applied from files before and has none goes.
    """
    rights.require_builder()
    now = await as_files.there(db)
    users = {row["email"]: row["id"] for row in await db.fetch(USERS)}
    found = [await seen(db, rights, one, now, users) for one in sent]
    if whole:
        found += await gone(db, now, {one.pair for one in sent if one.pair})
    found.sort(key=lambda one: (one.pair is None, as_files.place(one.pair) if one.pair else (0, one.file)))
    await try_each(db, rights, found, now)
    for one in found:
        one.etag = etag_of(one, now)
    return Look(found, list(ignored), digest([whole, *sorted([one.file, one.etag] for one in found)]), now)


async def apply(
    db: Connection, rights: Rights, sent: Sequence[Document], plan: str, *, whole: bool = False,
    accept_loss: bool = False, leave_out: Collection[str] = (),
) -> Look:  # fmt: skip
    """Do what was seen, all or nothing; files that were refused and those left out stay out.

    `plan`: of the look. Raises PreconditionFailed when that is not what would happen now, Conflict for what
    would be lost.
    """
    rights.require_builder()
    keys = [one.pair[1] for one in sent if one.pair]
    for lock in LOCKS:
        await db.execute(lock, keys)
    found = await look(db, rights, sent, whole=whole)
    if found.plan != plan:
        raise PreconditionFailed(
            "Something was changed here since you looked at these files; nothing was applied.",
            suggestion="Look at the new plan, then apply it.",
        )
    out = set(leave_out)
    if strange := out - {one.file for one in found.documents}:
        raise Invalid.of(Problem("unknown", f'"{min(strange)}" is not among the files.', "?leave_out"))
    found.documents = [one for one in found.documents if one.file not in out and one.change]
    if found.lost and not accept_loss:
        raise Conflict(
            f"Something would be lost. {' '.join(found.lost[:20])}",
            suggestion="If that is right, say that this may be lost.",
        )
    await carry_out(db, rights, found, whole=whole, sent=sent)
    return found


async def carry_out(
    db: Connection, rights: Rights, found: Look, *, whole: bool, sent: Sequence[Document]
) -> None:
    changes = [one.change for one in found.documents if one.change]
    wanted: Wanted = {
        one.pair: one.content for one in found.documents if one.pair and one.content is not None
    }
    await as_files.carry_out(db, rights, wanted, as_files.Plan(changes, now=found.now))
    if whole:
        things = sorted([*one.pair] for one in sent if one.pair)
        await db.execute(KEEP, APPLIED, {"things": things})
    if changes:
        files = [change.file for change in changes]
        await audit.append(db, rights.user_id, "apply_files", "files", changes=len(changes), files=files[:50])


# One file ------------------------------------------------------------------------------------------


async def seen(db: Connection, rights: Rights, sent: Document, now: Wanted, users: Mapping[str, int]) -> Seen:
    """What one file would change, before it is tried."""
    found = Seen(sent, sent.pair, "refused", sent.content, problems=list(sent.problems))
    if sent.content is None or sent.pair is None or sent.problems:
        return found
    before = now.get(sent.pair)
    after = found.content = kind(sent.pair[0]).meant(sent.content, before)
    found.name = str(after.get("name", ""))
    if before == after:
        found.action = "same"
        return found
    found.action = "create" if before is None else "change"
    if before is not None:
        try:
            found.lost = tuple(await kind(sent.pair[0]).loss(db, sent.pair[1], before, after))
        except WhereuponError as error:
            refuse(found, error)
            return found
    around = await around_of(db, rights, after)
    found.words, found.does, found.diff = await asyncio.to_thread(
        told, sent.pair, before, after, around, users
    )
    return found


async def around_of(db: Connection, rights: Rights, content: Content) -> Surroundings:
    """What names mean in it; for a module that is not here, as without one."""
    module: Any = content.get("module")
    if module is None and isinstance(content.get("definition"), dict):
        module = cast("Content", content["definition"]).get("module")
    try:
        return await surroundings(db, rights, module if isinstance(module, str) else None)
    except Invalid:
        return await surroundings(db, rights, None)


def told(
    pair: Pair, before: Content | None, after: Content, around: Surroundings, users: Mapping[str, int]
) -> tuple[list[Told], list[str], tuple[str, ...]]:
    """What is different in words, what a new one does, and the lines that differ."""
    words, new = list[Told](), list[str]()
    try:
        if before is None:
            new = does(pair[0], after, around, users)
        else:
            words = in_words(pair[0], before, after, around, users)
    except Exception:  # whatever a block stumbles over: the lines tell it all the same
        log.warning("The words for %s could not be found", as_files.path_of(pair), exc_info=True)
    texts = ["" if one is None else as_files.text_of(pair, one) for one in (before, after)]
    long = max(text.count("\n") for text in texts) > LONGEST_DIFF
    return words, new, () if long else as_files.differing(*texts)


async def gone(db: Connection, now: Wanted, named: Collection[Pair]) -> list[Seen]:
    """What was applied from files before and is in none of these."""
    found: list[Seen] = []
    for pair in await as_files.applied_before(db):
        if pair in now and pair not in named:
            lost = await kind(pair[0]).loss(db, pair[1], now[pair], None)
            line = "It has no file any more, so it is deleted."
            found.append(Seen(None, pair, "remove", name=str(now[pair].get("name", "")), lost=(line, *lost)))
    return found


def in_turn(found: Sequence[Seen]) -> list[Seen]:
    """What is made and changed, then what goes, the last kinds first: others may still need it."""
    rest = [one for one in found if one.action == "remove"]
    return [*(one for one in found if one.action != "remove"), *reversed(rest)]


def wanted_of(found: Sequence[Seen]) -> Wanted:
    return {one.pair: one.content for one in found if one.pair and one.content is not None}


async def try_each(db: Connection, rights: Rights, found: Sequence[Seen], now: Wanted) -> None:
    """Do each, note those that cannot be done, and take everything back."""
    wanted = wanted_of(found)
    try:
        async with db.transaction():
            for one in in_turn(found):
                await try_one(db, rights, one, wanted, now)
            raise Undone
    except Undone:
        return


async def try_one(db: Connection, rights: Rights, one: Seen, wanted: Wanted, now: Wanted) -> None:
    if one.change is None:
        return
    try:
        async with db.transaction():
            await as_files.carry_out_one(db, rights, wanted, one.change, now)
    except WhereuponError as error:
        refuse(one, error)
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        refuse(one, Invalid(f"The database refuses it: {str(error).splitlines()[0]}."))


def refuse(one: Seen, error: WhereuponError) -> None:
    """Why it cannot be done, each with its line in the file."""
    one.action, one.lost = "refused", ()
    problems = error.problems or (Problem(error.code, error.message, "", error.suggestion),)
    one.problems += [FoundProblem(p, one.sent.line(p.path) if one.sent else None) for p in problems[:50]]


# What stands for a plan ----------------------------------------------------------------------------


def etag_of(one: Seen, now: Wanted) -> str:
    """Another one when the file, what is here or what becomes of it differs. Counts of runs may vary."""
    lost = sorted(re.sub(r"[\d,]+", "#", line) for line in one.lost)
    before = now.get(one.pair) if one.pair else None
    return digest([one.action, before, one.content, lost, [p.problem.message for p in one.problems]])


def digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def as_json(found: Look) -> dict[str, Any]:
    """For the API."""
    counts = {
        action: sum(one.action == action for one in found.documents)
        for action in ("create", "change", "same", "remove", "refused")
    }
    documents = [
        {
            "source": one.source, "file": one.file, "kind": one.pair[0] if one.pair else None,
            "key": one.pair[1] if one.pair else None, "name": one.name, "action": one.action,
            "words": [
                {"what": w.what, "change": w.change, "before": w.before, "after": w.after} for w in one.words
            ],
            "does": one.does, "diff": list(one.diff), "lost": list(one.lost), "etag": one.etag,
            "problems": [
                {
                    "message": p.problem.message, "path": p.problem.path, "suggestion": p.problem.suggestion,
                    "line": p.line,
                }
                for p in one.problems
            ],
        }
        for one in found.documents
    ]  # fmt: skip
    return {"plan": found.plan, "counts": counts, "documents": documents, "ignored": found.ignored[:50]}

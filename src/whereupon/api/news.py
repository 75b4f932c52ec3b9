"""Notifications of the database, and what each listening person may know of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import orjson

from whereupon.api.memory import Memory
from whereupon.db.pool import Connection
from whereupon.people.rights import Rights
from whereupon.runs.history import readable_modules

PREFIX = "whereupon_"
CHANNELS = tuple(
    PREFIX + name
    for name in (
        *("notifications", "tasks", "runs", "progress", "messages", "imports", "revision", "workflows"),
        "bulk_runs",
    )
)
MOST = 200  # of each kind at a time; more than that is "something changed"
NEWEST = 20  # notifications of a person that are looked at


class Listener(Protocol):
    """A stream, as far as telling it something goes."""

    @property
    def user_id(self) -> int: ...
    @property
    def rights(self) -> Rights: ...
    @property
    def shown(self) -> Shown: ...
    def tell(self, name: str, data: Any) -> None:
        """Put an event into its queue."""
        ...


@dataclass(slots=True)
class Heard:
    """What was notified since the last look."""

    notifications: bool = False
    messages: bool = False
    revision: bool = False
    tasks_of_anybody: bool = False
    runs_of_anything: bool = False
    users: set[int] = field(default_factory=set[int])
    groups: set[int] = field(default_factory=set[int])
    progress: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    imports: set[int] = field(default_factory=set[int])
    bulk_runs: set[int] = field(default_factory=set[int])
    workflows: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def note(self, channel: str, payload: str) -> None:
        """Keep what a notification says. One that nobody of ours wrote is not believed, nor fatal."""
        match channel.removeprefix(PREFIX):
            case "notifications":
                self.notifications = True
            case "messages":
                self.messages = True
            case "revision":
                self.revision = True
            case "tasks":
                self.note_tasks(as_object(payload))
            case "progress":
                said = as_object(payload)
                self.progress += objects(said.get("items"))
                self.runs_of_anything |= bool(said.get("all"))
                self.runs_of_anything |= len(self.progress) > MOST
            case "runs":
                self.runs_of_anything = True
            case "imports":
                self.imports |= {int(payload)} if payload.isascii() and payload.isdigit() else set()
            case "bulk_runs":
                self.bulk_runs |= {int(payload)} if payload.isascii() and payload.isdigit() else set()
            case "workflows":
                said = as_object(payload)
                self.workflows |= {str(said["key"]): said} if "key" in said else {}
            case _:
                pass

    def note_tasks(self, said: Mapping[str, Any]) -> None:
        """Whose tasks; named by nobody: everybody's."""
        self.tasks_of_anybody |= not said
        self.users |= {one for one in said.get("users") or () if isinstance(one, int)}
        self.groups |= {one for one in said.get("groups") or () if isinstance(one, int)}


def as_object(payload: str) -> Mapping[str, Any]:
    """The JSON object in a payload; an empty one for anything else."""
    try:
        found: Any = orjson.loads(payload) if payload else {}
    except orjson.JSONDecodeError:
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; what else is in it is left out."""
    if not isinstance(value, list):
        return []
    return [cast("Mapping[str, Any]", one) for one in cast("list[Any]", value) if isinstance(one, dict)]


# The newest notifications of each of these people.
NEWEST_NOTIFICATIONS = """
SELECT n.id, n.user_id, n.title, n.body, m.key AS module, n.record_id, n.run_id, n.created_at, n.read_at
FROM unnest($1::bigint[]) u (id),
     LATERAL (SELECT * FROM whereupon.notifications WHERE user_id = u.id ORDER BY id DESC LIMIT $2) n
LEFT JOIN whereupon.modules m ON m.id = n.module_id ORDER BY n.id
"""
MEMBERS = "SELECT DISTINCT user_id FROM whereupon.group_members WHERE group_id = ANY($1::bigint[])"
OWNERS = "SELECT id, user_id FROM whereupon.imports WHERE id = ANY($1::bigint[])"
KEYS = "SELECT id, key FROM whereupon.workflows WHERE id = ANY($1::bigint[]) AND state <> 'deleted'"
REVISION = "SELECT number FROM whereupon.revision"
NAMES = "SELECT id, name FROM whereupon.users WHERE id = ANY($1::bigint[])"


async def newest_notifications(db: Connection, users: Iterable[int]) -> dict[int, list[Mapping[str, Any]]]:
    """The newest few of each person, the oldest of them first."""
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in await db.fetch(NEWEST_NOTIFICATIONS, sorted(set(users)), NEWEST):
        note = dict(row)
        found.setdefault(note.pop("user_id"), []).append(note)
    return found


@dataclass(slots=True)
class Shown:
    """Which notifications a stream's reader knows of: those that were there when it began, and those told.

    Ids are drawn before they are committed, so a smaller one may appear after a larger one.
    """

    ids: set[int]
    floor: int  # what is older was there before, however much between is deleted

    @classmethod
    def of(cls, notes: Sequence[Mapping[str, Any]]) -> Shown:
        ids = {note["id"] for note in notes}
        return cls(ids, min(ids) if len(ids) >= NEWEST else 0)

    def new(self, notes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those that were not known, and are from now on."""
        found = [note for note in notes if note["id"] not in self.ids and note["id"] > self.floor]
        self.ids |= {note["id"] for note in found}
        if len(self.ids) > 100 * NEWEST:
            self.ids = {note["id"] for note in notes}
        return found


class News:
    """Turns what was heard into events. Remembers which revision was told of last."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.revision = 0

    async def tell(self, db: Connection, heard: Heard, listeners: Collection[Listener]) -> None:
        """Tell each listener what concerns them, and nothing of what they may not know."""
        if heard.revision:
            await self.tell_revision(db, listeners)
        if heard.notifications:
            await tell_notifications(db, listeners)
        if heard.tasks_of_anybody or heard.users or heard.groups:
            await tell_tasks(db, heard, listeners)
        if heard.messages:
            for listener in builders(listeners):
                listener.tell("messages", {})
        if heard.imports:
            await tell_imports(db, heard.imports, listeners)
        if heard.bulk_runs:
            for listener in builders(listeners):
                listener.tell("bulk_runs", {"ids": sorted(heard.bulk_runs)[:MOST]})
        if heard.workflows:
            await tell_workflows(db, heard.workflows, listeners)
        if heard.runs_of_anything:
            for listener in listeners:
                listener.tell("runs", {"items": [], "all": True})
        elif heard.progress:
            await self.tell_runs(db, heard.progress, listeners)

    async def tell_revision(self, db: Connection, listeners: Iterable[Listener]) -> None:
        """Definitions changed; a sign-out, which is notified on the same channel, is nobody's business."""
        number: int = await db.fetchval(REVISION)
        if number != self.revision:
            for listener in listeners:
                listener.tell("revision", {"number": number})
        self.revision = number

    async def tell_runs(
        self, db: Connection, progress: Sequence[Mapping[str, Any]], listeners: Iterable[Listener]
    ) -> None:
        """Which workflows moved, and on which records, to who may read all records of the module."""
        catalog = await self.memory.catalog(db)
        merged = merged_progress(progress)
        workflows = sorted({workflow for workflow, _ in merged})
        keys = {row["id"]: row["key"] for row in await db.fetch(KEYS, workflows)}
        items: list[dict[str, Any]] = []
        for (workflow, module_id), touched in merged.items():
            module = catalog.by_id.get(module_id) if module_id is not None else None
            if workflow in keys and (module_id is None or module is not None):
                named = {"workflow": keys[workflow], "module": module.key if module else None}
                items.append(named | touched)
        for listener in listeners:
            allowed = readable_modules(listener.rights)
            seen = [
                item
                for item in items
                if allowed is None or item["module"] is None or item["module"] in allowed
            ]
            if seen:
                listener.tell("runs", {"items": seen, "all": False})


def merged_progress(progress: Sequence[Mapping[str, Any]]) -> dict[tuple[int, int | None], dict[str, Any]]:
    """One entry per workflow and module: records, runs, and whether there were more than are named.

    >>> merged_progress([{"w": 1, "m": 2, "k": ["7"], "r": [9]}, {"w": 1, "m": 2, "k": ["7"], "r": [10]}])
    {(1, 2): {'records': ['7'], 'runs': [9, 10], 'more': False}}
    """
    found: dict[tuple[int, int | None], dict[str, Any]] = {}
    for item in progress:
        workflow, module = item.get("w"), item.get("m")
        if not isinstance(workflow, int) or not (module is None or isinstance(module, int)):
            continue
        entry = found.setdefault((workflow, module), {"records": [], "runs": [], "more": False})
        for name, short in (("records", "k"), ("runs", "r")):
            new = [one for one in item.get(short) or () if one not in entry[name]]
            entry["more"] |= len(entry[name]) + len(new) > MOST
            entry[name] = (entry[name] + new)[:MOST]
        entry["more"] |= bool(item.get("more"))
    return found


def builders(listeners: Iterable[Listener]) -> list[Listener]:
    """Those who may see workflows and messages."""
    return [one for one in listeners if one.rights.builder or one.rights.administrator]


async def tell_notifications(db: Connection, listeners: Iterable[Listener]) -> None:
    """Each new notification itself, to the person that it is for."""
    listening = list(listeners)
    newest = await newest_notifications(db, {one.user_id for one in listening})
    for listener in listening:
        for note in listener.shown.new(newest.get(listener.user_id, [])):
            listener.tell("notification", note)


async def tell_tasks(db: Connection, heard: Heard, listeners: Iterable[Listener]) -> None:
    """That their tasks changed, to who has one of them, alone or with a group."""
    users = set(heard.users)
    if heard.groups:
        users |= {row["user_id"] for row in await db.fetch(MEMBERS, sorted(heard.groups))}
    for listener in listeners:
        if heard.tasks_of_anybody or listener.user_id in users:
            listener.tell("tasks", {})


async def tell_imports(db: Connection, ids: Iterable[int], listeners: Iterable[Listener]) -> None:
    """How far an import came is asked for; here is only which one moved, for its owner and administrators."""
    owners = {row["id"]: row["user_id"] for row in await db.fetch(OWNERS, sorted(ids))}
    for listener in listeners:
        mine = [
            n for n, owner in owners.items() if listener.rights.administrator or owner == listener.user_id
        ]
        if mine:
            listener.tell("imports", {"ids": mine})


async def tell_workflows(
    db: Connection, saved: Mapping[str, Mapping[str, Any]], listeners: Iterable[Listener]
) -> None:
    """Somebody saved a draft: its new ETag, and who it was."""
    people = {said["by"] for said in saved.values() if isinstance(said.get("by"), int)}
    names = {row["id"]: row["name"] for row in await db.fetch(NAMES, sorted(people))}
    for listener in builders(listeners):
        for key, said in saved.items():
            by = said.get("by")
            told = {"key": key, "etag": said.get("etag"), "by": by, "by_name": names.get(by)}
            listener.tell("workflow", told)

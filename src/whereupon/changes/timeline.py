"""What happened to a record: its changes, newest first, each as the fields that differ, before and after."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Module

OPERATIONS = {"I": "created", "U": "updated", "D": "deleted", "F": "document"}
MOST = 200
# One page of a record's changes, newest first, from before a change id on; one more than asked for.
READ_CHANGES = """
SELECT c.id, c.op::text AS op, c.old, c.new, c.origin, c.run_id, c.actor_id, u.name AS actor,
       to_json(c.at) #>> '{}' AS at, r.workflow_id, w.name AS workflow
FROM whereupon.changes c
LEFT JOIN whereupon.users u ON u.id = c.actor_id
LEFT JOIN whereupon.runs r ON r.id = c.run_id
LEFT JOIN whereupon.workflows w ON w.id = r.workflow_id
WHERE c.module_id = $1 AND c.record_id = $2 AND ($3::bigint IS NULL OR c.id < $3)
ORDER BY c.id DESC LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page; `next` is the cursor of the page after it, None at the end.

    Each entry: {"id", "at", "operation", "fields": {key: {"before", "after"}}, "document", "origin",
    "actor": {"id", "name"} or None, "run": {"id", "workflow"} or None}. Where the operation is "document",
    it tells what happened to a file of the record: {"id", "name", "happened", "before", "now"}.
    """

    entries: tuple[dict[str, Any], ...]
    next: str | None


async def read_timeline(
    db: Connection,
    module: Module,
    record_id: str,
    *,
    readable: Container[str] | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Timeline:
    """A page of a record's changes; `readable` limits the fields shown. Raises Invalid on a bad cursor."""
    asked = max(1, min(limit, MOST))
    rows: list[Any] = await db.fetch(READ_CHANGES, module.id, record_id, read_cursor(cursor), asked + 1)
    entries = tuple(entry(module, row, readable) for row in rows[:asked])
    return Timeline(entries, str(rows[asked - 1]["id"]) if len(rows) > asked else None)


def read_cursor(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and int(cursor) < 2**63):
        told = "This is not a cursor that a page of the timeline gave."
        raise Invalid.of(Problem("bad_cursor", told, "/cursor", "Leave it out to begin with the newest."))
    return int(cursor)


def entry(module: Module, row: Mapping[str, Any], readable: Container[str] | None) -> dict[str, Any]:
    about_file = row["op"] == "F"
    return {
        "id": row["id"],
        "at": row["at"],
        "operation": OPERATIONS[row["op"]],
        "fields": {} if about_file else differences(module, row["old"] or {}, row["new"] or {}, readable),
        "document": document_told(row["old"], row["new"]) if about_file else None,
        "origin": row["origin"],
        "actor": None if row["actor_id"] is None else {"id": row["actor_id"], "name": row["actor"]},
        "run": None if row["run_id"] is None else {"id": row["run_id"], "workflow": row["workflow"]},
    }


def document_told(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
    """What happened to a file: uploaded, replaced, renamed, moved, only given a type, or removed.

    >>> document_told({"id": 1, "name": "a", "folder": ""}, {"id": 1, "name": "a", "folder": "B"})
    {'id': 1, 'name': 'a', 'happened': 'moved', 'before': '', 'now': 'B'}
    """
    told = {key: (new or old or {}).get(key) for key in ("id", "name")}
    if new is None:
        return told | {"happened": "removed", "before": None, "now": None}
    if old is None:
        return told | {"happened": "uploaded", "before": None, "now": None}
    for key, happened in (
        ("sha256", "replaced"),
        ("name", "renamed"),
        ("folder", "moved"),
        ("type", "typed"),
    ):
        if old.get(key) != new.get(key):
            shown = (
                {"before": None, "now": None}
                if key == "sha256"
                else {"before": old.get(key), "now": new.get(key)}
            )
            return told | {"happened": happened} | shown
    return told | {"happened": "changed", "before": None, "now": None}


def differences(
    module: Module, old: Mapping[str, Any], new: Mapping[str, Any], readable: Container[str] | None
) -> dict[str, dict[str, Any]]:
    """The fields whose values differ. When updated_at moved is said by the entry itself."""
    found: dict[str, dict[str, Any]] = {}
    for field in module.fields.values():
        if field.column is None or (field.system and field.key == "updated_at"):
            continue
        if readable is not None and field.key not in readable:
            continue
        before, after = old.get(field.column), new.get(field.column)
        if before != after:
            found[field.key] = {"before": before, "after": after}
    return found

"""What starts a test: a record that is changed, made up or deleted for it, and whether the draft takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from whereupon.conditions.explain import explain
from whereupon.conditions.values import Scope, literal
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Module
from whereupon.people.rights import Rights
from whereupon.records.read import read_record
from whereupon.records.write import Writer, create_record, delete_record, update_record
from whereupon.runs.definitions import Active, Definitions
from whereupon.runs.match import Change, match_changes
from whereupon.workflows.plan import Start, brought, document_now


@dataclass(frozen=True, slots=True)
class Occasion:
    """One record to test on, or the values of one that is made up; what is changed first."""

    record_id: str | None
    form: Mapping[str, Any] | None
    change: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Staged:
    """An occasion that has come. `taken`: the draft starts. `happened`: what was done, in a word.

    `explained` is the filter, part by part; `trigger_held` says whether the trigger alone says yes.
    """

    active: Active
    record_id: str | None
    change: Change | None
    taken: bool
    trigger_held: bool
    happened: str
    explained: Mapping[str, Any] | None = None

    @property
    def pair(self) -> tuple[Change, Active] | None:
        return (self.change, self.active) if self.change is not None else None


async def stage(
    db: Connection, definitions: Definitions, active: Active, rights: Rights, occasion: Occasion
) -> Staged:
    """Let it happen, and ask the matcher. Raises what writing a record raises."""
    version, start = active.version, active.version.plan.start
    module = version.module
    assert start is not None
    if module is None:
        return Staged(active, None, None, True, True, "nothing")
    listens = start.trigger.operations(start.config)
    record_id, happened = await _happen(db, definitions, module, start, rights, occasion)
    change = await _change_of(db, module, record_id, happened, start) if listens else None
    explained = await _explained(db, definitions, active, rights, record_id, change)
    if change is None:
        taken = explained is None or bool(explained["held"])
        return Staged(active, record_id, None, taken, True, happened, explained)
    taken = bool(await match_changes(db, only(definitions, active), [change]))
    held = bool(await match_changes(db, only(definitions, unfiltered(active)), [change]))
    return Staged(active, record_id, change, taken, held, happened, explained)


async def _happen(
    db: Connection,
    definitions: Definitions,
    module: Module,
    start: Start,
    rights: Rights,
    occasion: Occasion,
) -> tuple[str, str]:
    """Make, change or delete the record as the trigger needs it: its id, and what was done."""
    catalog, writer = definitions.catalog, Writer(rights, "ui", quiet=True)
    listens = start.trigger.operations(start.config)
    record_id, happened = occasion.record_id, "nothing"
    if record_id is None:
        made = await _at("/form", create_record(db, catalog, module.key, dict(occasion.form or {}), writer))
        record_id, happened = made.id, "created"
    await read_record(db, catalog, module.key, record_id, rights, lines=False)
    wanted = occasion.change or await _sample(db, module, start, record_id, happened)
    if wanted and "U" in listens:
        await _at("/change", update_record(db, catalog, module.key, record_id, dict(wanted), writer))
        happened = "updated"
    elif listens == frozenset("D"):
        await delete_record(db, catalog, module.key, record_id, writer)
        happened = "deleted"
    return record_id, happened


async def _sample(
    db: Connection, module: Module, start: Start, record_id: str, happened: str
) -> Mapping[str, Any]:
    """The change that the trigger waits for, if the record does not have these values already."""
    sample = start.trigger.sample_change(start.config)
    if not sample or happened == "created":
        return {}
    row: Any = await db.fetchrow(
        f"SELECT to_jsonb(n.*) AS row FROM {module.sql} n WHERE {module.key_sql('n')} = $1", record_id
    )
    columns = {key: field.column or "" for key, field in module.fields.items()}
    is_so = row is not None and all(row["row"].get(columns.get(k, "")) == v for k, v in sample.items())
    return {} if is_so else sample


async def _at(pointer: str, work: Any) -> Any:
    """The problems of what was sent, at their place in the request."""
    try:
        return await work
    except Invalid as error:
        raise Invalid.of(
            *(problem.under(pointer) for problem in error.problems), what=error.message
        ) from None


# The latest change of a record, of one kind.
LATEST = """
SELECT id, module_id, record_id, op, run_id, at, whereupon.shard(record_id) AS shard FROM whereupon.changes
WHERE module_id = $1 AND record_id = $2 AND op = ANY($3::"char"[]) ORDER BY id DESC LIMIT 1
"""
LETTERS = {"created": "I", "updated": "U", "deleted": "D"}


async def _change_of(db: Connection, module: Module, record_id: str, happened: str, start: Start) -> Change:
    """The change that the test made; or the record's latest of the kind; or one made up: nothing changed."""
    listens = start.trigger.operations(start.config)
    if start.trigger.has_document:
        return await _document_change(db, module, record_id, start)
    letter = LETTERS.get(happened) or ("I" if "I" in listens and "U" not in listens else "U")
    row: Any = None
    if happened != "nothing" or letter == "U":
        row = await db.fetchrow(LATEST, module.id, record_id, [letter.encode()])
    if row is None:
        row = await db.fetchrow(_made_up(module, letter), record_id)
    if row is None:
        raise Invalid.of(Problem("not_found", f'There is no record "{record_id}".', "/records"))
    return _change(row)


def _change(row: Any) -> Change:
    return Change(
        row["id"], row["module_id"], row["record_id"], row["op"].decode(), row["run_id"], row["at"],
        row["shard"],
    )  # fmt: skip


# A document that is made up for the test, and goes with it.
MAKE_UP_DOCUMENT = """
INSERT INTO whereupon.documents (sha256, name, media_type, size, type, folder, module_id, record_id)
VALUES (sha256(''), $3, 'application/pdf', 0, $4, $5, $1, $2)
"""


async def _document_change(db: Connection, module: Module, record_id: str, start: Start) -> Change:
    """The latest change of a document of the record; of one that is made up where it has none."""
    row: Any = await db.fetchrow(LATEST, module.id, record_id, [b"F"])
    if row is None:
        sample = start.trigger.sample_document(start.config)
        told = [sample.get(key, "") for key in ("name", "type", "folder")]
        await db.execute(MAKE_UP_DOCUMENT, module.id, record_id, *told)
        row = await db.fetchrow(LATEST, module.id, record_id, [b"F"])
    return _change(row)


def _made_up(module: Module, letter: str) -> str:
    """SQL that writes a change as if the record ($1) had just been created, or saved as it was."""
    old = "NULL" if letter == "I" else "to_jsonb(n.*)"
    return (
        f"INSERT INTO whereupon.changes (module_id, record_id, op, old, new, origin) "
        f"SELECT {module.id}, {module.key_sql('n')}, {literal(letter)}, {old}, to_jsonb(n.*), 'ui' "
        f"FROM {module.sql} n WHERE {module.key_sql('n')} = $1 "
        f"RETURNING id, module_id, record_id, op, run_id, at, whereupon.shard(record_id) AS shard"
    )


def only(definitions: Definitions, active: Active) -> Definitions:
    """The same, where this is the only workflow; the matcher's statements are made for it alone."""
    return replace(definitions, active=(active,), memory={})


def unfiltered(active: Active) -> Active:
    """The same without its filter, to hear what the trigger alone says."""
    plan = active.version.plan
    assert plan.start is not None
    bare = replace(plan, start=replace(plan.start, filter=None))
    return replace(active, version=replace(active.version, plan=bare, places={}))


async def _explained(
    db: Connection,
    definitions: Definitions,
    active: Active,
    rights: Rights,
    record_id: str,
    change: Change | None,
) -> Mapping[str, Any] | None:
    """The filter, part by part, with the values that it saw; None without a filter."""
    version, start = active.version, active.version.plan.start
    if start is None or start.filter is None:
        return None
    user = f"{version.user_id}::bigint" if version.user_id is not None else None
    zone = version.plan.document.settings.time_zone or definitions.time_zone
    scope = Scope(
        definitions.catalog, version.module, user=user, time_zone=zone, outputs=brought(version.plan),
        data="'{}'::jsonb", document=document_now(version.plan, version.module),
    )  # fmt: skip
    return await explain(db, start.filter, scope, record_id, change.id if change else None, rights=rights)

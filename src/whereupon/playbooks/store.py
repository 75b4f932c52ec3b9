"""The life of a playbook: drawn, checked, published as a version of its workflow, switched off, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, PreconditionFailed, Problem, did_you_mean
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.playbooks.compiling import compile_playbook, missing_parts, place_of
from whereupon.playbooks.definition import (
    PlaybookDefinition,
    blank,
    double_keys,
    parse_definition,
    require_first,
)
from whereupon.workflows import store
from whereupon.workflows.check import check_workflow
from whereupon.workflows.document import parse_document
from whereupon.workflows.kinds import changing


class NewPlaybook(BaseModel):
    """What a new playbook is called, and whose records it is about."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=r"\S")
    module: str = Field(min_length=1, max_length=100, description="Of the records that it is started on.")
    key: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,58}$", description="None: made from the name.")
    description: str = Field("", max_length=5_000)
    definition: dict[str, Any] | None = Field(None, description='None: "Phase 1" with one step.')


class PlaybookChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=200, pattern=r"\S")
    description: str | None = Field(None, max_length=5_000)
    definition: dict[str, Any] | None = Field(None, description="The whole of it.")


SELECT = """
SELECT p.id, w.key, w.name, w.description, m.key AS module, m.label_plural AS module_label, w.state,
  p.definition, p.first_phase, p.first_step, p.etag::text AS etag, v.number AS active_version,
  w.active_version_id,
  w.owner_id AS owner, u.name AS owner_name, w.created_at,
  greatest(p.updated_at, w.updated_at) AS updated_at,
  pv.definition IS DISTINCT FROM p.definition AS changed,
  (SELECT count(*) FROM whereupon.playbook_tracks t
   WHERE t.playbook_id = p.id AND t.ended_at IS NULL) AS under_way
FROM whereupon.playbooks p JOIN whereupon.workflows w ON w.id = p.workflow_id
LEFT JOIN whereupon.modules m ON m.id = w.module_id LEFT JOIN whereupon.users u ON u.id = w.owner_id
LEFT JOIN whereupon.versions v ON v.id = w.active_version_id
LEFT JOIN whereupon.playbook_versions pv ON pv.version_id = w.active_version_id
"""
FIND = SELECT + "WHERE w.key = $1 AND w.state <> 'deleted'"
LIST = (
    SELECT
    + """
WHERE w.state <> 'deleted' AND ($1::text IS NULL OR m.key = $1) AND ($2::text IS NULL OR w.state = $2)
  AND p.id > $3 ORDER BY p.id LIMIT $4
"""
)
INSERT = """
INSERT INTO whereupon.playbooks (workflow_id, definition, first_phase, first_step) VALUES ($1, $2, $3, $4)
RETURNING id
"""
LOCK = """
SELECT p.id, p.etag::text AS etag FROM whereupon.playbooks p
JOIN whereupon.workflows w ON w.id = p.workflow_id WHERE w.key = $1 AND w.state <> 'deleted' FOR UPDATE OF p
"""
SAVE = """
UPDATE whereupon.playbooks SET definition = coalesce($2, definition), etag = etag + 1, updated_at = now()
WHERE id = $1
"""
KEYS = """
SELECT w.key FROM whereupon.playbooks p JOIN whereupon.workflows w ON w.id = p.workflow_id
WHERE w.state <> 'deleted' LIMIT 5000
"""
KEEP = """
INSERT INTO whereupon.playbook_versions (version_id, playbook_id, definition)
SELECT w.active_version_id, p.id, p.definition
FROM whereupon.playbooks p JOIN whereupon.workflows w ON w.id = p.workflow_id WHERE w.key = $1
"""


async def list_playbooks(
    db: Connection,
    rights: Rights,
    *,
    module: str | None = None,
    state: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Playbooks by age; those that are about records which this user may not see are left out."""
    rows = await db.fetch(LIST, module, state, after, limit)
    return [dict(row) for row in rows if rights.builder or rights.may("read", row["module"] or "")]


async def get_playbook(db: Connection, rights: Rights, key: str) -> dict[str, Any]:
    """Raises NotFound with the nearest key, also for one about records that this user may not see."""
    row = await db.fetchrow(FIND, key)
    if row is None or not (rights.builder or rights.may("read", row["module"] or "")):
        near = did_you_mean(key, [one["key"] for one in await db.fetch(KEYS)]) if rights.builder else None
        raise NotFound(f'There is no playbook "{key}".', suggestion=near)
    return dict(row)


async def create_playbook(db: Connection, rights: Rights, new: NewPlaybook) -> dict[str, Any]:
    """A draft. Raises Invalid for an unknown module or a definition that does not fit."""
    rights.require_builder()
    raw = new.definition if new.definition is not None else blank()
    definition = parse_definition(raw)
    first = next(definition.steps(), None)
    if first is None:
        told = "A playbook has at least one phase with one step."
        raise Invalid.of(Problem("empty", told, "/definition/phases", "Add a phase with a step."))
    of_workflow = store.NewWorkflow(
        name=new.name, module=new.module, key=new.key, description=new.description, category=None,
        document=compile_playbook(definition, 0),
    )  # fmt: skip
    made = await store.create_workflow(db, rights, of_workflow)
    await db.execute("UPDATE whereupon.workflows SET kind = 'playbook' WHERE id = $1", made["id"])
    phase, step, _ = first
    playbook: int = await db.fetchval(INSERT, made["id"], raw, phase.key, step.key)
    await _draw(db, rights, made["key"], definition, playbook)
    await audit.append(db, rights.user_id, "create_playbook", f"playbook:{made['key']}")
    return await get_playbook(db, rights, made["key"])


async def _draw(
    db: Connection, rights: Rights, key: str, definition: PlaybookDefinition, playbook_id: int, **more: Any
) -> None:
    """The workflow follows what was drawn."""
    change = store.WorkflowChange.model_validate(
        {"document": compile_playbook(definition, playbook_id), **more}
    )
    with changing("playbook"):
        await store.change_workflow(db, rights, key, change)


async def _locked(db: Connection, key: str, etag: str | None) -> Mapping[str, Any]:
    row = await db.fetchrow(LOCK, key)
    if row is None:
        raise NotFound(f'There is no playbook "{key}".')
    if etag is not None and etag != row["etag"]:
        raise PreconditionFailed(
            "Somebody else has changed this playbook meanwhile.",
            suggestion="Load it again and apply your change to what is there now.",
        )
    return row


async def change_playbook(
    db: Connection, rights: Rights, key: str, change: PlaybookChange, *, etag: str | None = None
) -> dict[str, Any]:
    """Save the drawing; what runs goes on as it was published. Raises Invalid, PreconditionFailed."""
    rights.require_builder()
    row = await _locked(db, key, etag)
    known = await get_playbook(db, rights, key)
    raw = change.definition if change.definition is not None else known["definition"]
    definition = _parse(raw)
    require_first(definition, known["first_phase"], known["first_step"])
    await db.execute(SAVE, row["id"], change.definition)
    given = change.model_dump(exclude_none=True, include={"name", "description"})
    await _draw(db, rights, key, definition, row["id"], **given)
    await audit.append(db, rights.user_id, "change_playbook", f"playbook:{key}")
    return await get_playbook(db, rights, key)


def _parse(raw: object) -> PlaybookDefinition:
    try:
        return parse_definition(raw)
    except Invalid as error:
        raise Invalid(error.message, problems=[one.under("/definition") for one in error.problems]) from None


async def problems_of(db: Connection, rights: Rights, key: str) -> list[Problem]:
    """What stands against publishing it as this user, each with its place in the definition."""
    known = await get_playbook(db, rights, key)
    return await check(db, rights, known, parse_definition(known["definition"]))


async def problems_in(
    db: Connection, rights: Rights, key: str, definition: Mapping[str, Any]
) -> list[Problem]:
    """The same of a definition that is not saved, whatever is in it."""
    rights.require_builder()
    known = await get_playbook(db, rights, key)
    try:
        drawn = parse_definition(definition)
        require_first(drawn, known["first_phase"], known["first_step"])
    except Invalid as error:
        return list(error.problems)
    return await check(db, rights, known, drawn)


async def check(
    db: Connection, rights: Rights, known: Mapping[str, Any], definition: PlaybookDefinition
) -> list[Problem]:
    """The same of a definition that need not be saved."""
    own = [*double_keys(definition), *missing_parts(definition), *await _groups(db, definition)]
    document = compile_playbook(definition, known["id"])
    around = await store.surroundings(db, rights, known["module"])
    found = [place_of(one, definition, document) for one in check_workflow(parse_document(document), around)]
    found += _account(definition, around.catalog.modules[known["module"]]) if known["module"] else []
    said = {one.path for one in own}
    # What is missing is said once, in the words of playbooks.
    others = [one for one in found if one.path not in said and one.code != "duplicate_key"]
    return list(dict.fromkeys([*own, *others]))


def _account(definition: PlaybookDefinition, module: Any) -> list[Problem]:
    if definition.account is None:
        return []
    field = module.fields.get(definition.account)
    if field is not None and field.type == "reference":
        return []
    told = f'"{definition.account}" is no link of {module.label_plural}.'
    return [Problem("wrong_type", told, "/account", "Choose the link from the record to its account.")]


async def _groups(db: Connection, definition: PlaybookDefinition) -> list[Problem]:
    """Groups that are named and do not exist."""
    named = [(f"/starters/{i}", key) for i, key in enumerate(definition.starters)]
    named += [("/fallback", definition.fallback)] if definition.fallback else []
    for _, step, place in definition.steps():
        who = getattr(step, "participant", None)
        for name in ("group", "on_duty"):
            if who is not None and getattr(who, name) is not None:
                named.append((f"{place}/participant/{name}", getattr(who, name)))
    if not named:
        return []
    known = {row["key"] for row in await db.fetch("SELECT key FROM whereupon.groups")}
    return [
        Problem("unknown_group", f'There is no group "{key}".', path, did_you_mean(key, known))
        for path, key in named
        if key not in known
    ]


async def publish_playbook(
    db: Connection, rights: Rights, key: str, *, note: str = "", etag: str | None = None
) -> dict[str, Any]:
    """Make it the version that is started from now on. Raises Invalid naming every fault."""
    rights.require_builder()
    await _locked(db, key, etag)
    if faults := await problems_of(db, rights, key):
        raise Invalid("The playbook cannot be published yet.", problems=faults)
    with changing("playbook"):
        await store.publish(db, rights, key, note=note)
    await db.execute(KEEP, key)
    await audit.append(db, rights.user_id, "publish_playbook", f"playbook:{key}")
    return await get_playbook(db, rights, key)


async def set_playbook_state(
    db: Connection,
    rights: Rights,
    key: str,
    state: Literal["active", "disabled", "archived"],
    *,
    in_flight: store.InFlight = "finish",
) -> dict[str, Any]:
    """Switch it on or off. `in_flight`: what becomes of the records that it runs on."""
    await _locked(db, key, None)
    with changing("playbook"):
        await store.set_state(db, rights, key, state, in_flight=in_flight)
    return await get_playbook(db, rights, key)


async def delete_playbook(db: Connection, rights: Rights, key: str) -> None:
    """Cancel it wherever it runs; the history stays (F10)."""
    await _locked(db, key, None)
    with changing("playbook"):
        await store.delete_workflow(db, rights, key)
    await audit.append(db, rights.user_id, "delete_playbook", f"playbook:{key}")


def sketch(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Phases with their steps as a list shows them: key, name and type."""
    phases: Sequence[Mapping[str, Any]] = definition.get("phases", ())
    return [
        {
            "key": phase["key"],
            "name": phase["name"],
            "steps": [_named(step) for step in phase.get("steps", ())],
        }
        for phase in phases
    ]


def _named(step: Mapping[str, Any]) -> dict[str, Any]:
    return {name: step[name] for name in ("key", "name", "type")}

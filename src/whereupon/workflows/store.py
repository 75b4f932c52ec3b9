"""The life of a workflow: draft, published version, active, disabled, archived, deleted.

A draft may hold anything; publishing checks it and freezes it as a version that never changes (A11).
Every change of a definition raises the revision, so that workers notice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Problem, did_you_mean
from whereupon.modules.catalog import Catalog, Module, load_catalog, revise
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.workflows.arming import Backlog, Clocked, arm_clock, disarm_clock
from whereupon.workflows.check import Surroundings, check_workflow
from whereupon.workflows.document import blank, parse_document
from whereupon.workflows.freezing import freeze
from whereupon.workflows.kinds import require_own_kind
from whereupon.workflows.quotas import COUNTED, require_room
from whereupon.workflows.saved import told
from whereupon.workflows.stopping import end_everything_of

State = Literal["draft", "active", "disabled", "archived"]
InFlight = Literal["finish", "pause", "cancel"]


class NewWorkflow(BaseModel):
    """What a new workflow is called, and what it is about."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, description="[Module] — Action")
    module: str | None = Field(None, description="The key of the module that it watches.")
    key: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,58}$", description="None: made from the name.")
    description: str = Field("", max_length=5_000)
    category: Literal["customer", "admin", "finance"] | None = None
    document: dict[str, Any] | None = Field(None, description="None: START alone.")


class WorkflowChange(BaseModel):
    """What may be changed without publishing; absent: as it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=200)
    module: str | None = None
    description: str | None = Field(None, max_length=5_000)
    category: Literal["customer", "admin", "finance"] | None = None
    owner: int | None = None
    paused: bool | None = Field(None, description="Its queue stands still; nothing is lost.")
    document: dict[str, Any] | None = None


# A workflow as everybody sees it.
SELECT = """
SELECT w.id, w.key, w.name, w.description, w.category, m.key AS module, w.state, w.paused, w.draft,
       w.draft_etag::text AS etag, v.number AS active_version, v.id AS active_version_id, w.activated_at,
       w.messages_released, w.owner_id AS owner, w.created_at, w.updated_at
FROM whereupon.workflows w
LEFT JOIN whereupon.modules m ON m.id = w.module_id
LEFT JOIN whereupon.versions v ON v.id = w.active_version_id
"""
FIND = SELECT + "WHERE w.key = $1 AND w.state <> 'deleted'"
# Newest first; filters are null when they are not asked for. `search` is a LIKE pattern.
LIST = (
    SELECT
    + """
WHERE w.state <> 'deleted' AND w.kind = 'workflow' AND ($1::bigint IS NULL OR w.id < $1)
  AND ($2::text IS NULL OR m.key = $2) AND ($3::text IS NULL OR w.state = $3)
  AND ($4::text IS NULL OR w.category = $4)
    AND ($5::text IS NULL OR w.name ILIKE $5 OR w.description ILIKE $5)
ORDER BY w.id DESC LIMIT $6
"""
)
INSERT = """
INSERT INTO whereupon.workflows (key, name, description, category, module_id, draft, owner_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
LOCK = """
SELECT id, state, draft, draft_etag::text AS etag, module_id, kind FROM whereupon.workflows
WHERE key = $1 AND state <> 'deleted' FOR UPDATE
"""


HAS_VERSION = "SELECT EXISTS (SELECT FROM whereupon.versions WHERE workflow_id = $1)"


async def list_workflows(
    db: Connection,
    *,
    after: int | None = None,
    module: str | None = None,
    state: str | None = None,
    category: str | None = None,
    search: str | None = None,
    limit: int = 50,
) -> list[Mapping[str, Any]]:
    """Workflows, newest first; `after` is the id of the last one of the page before."""
    escaped = re.sub(r"([\\%_])", r"\\\1", search) if search else None
    pattern = f"%{escaped}%" if escaped else None
    return await db.fetch(LIST, after, module, state, category, pattern, limit)


async def get_workflow(db: Connection, key: str) -> Mapping[str, Any]:
    """Raises NotFound with the nearest key."""
    row = await db.fetchrow(FIND, key)
    if row is None:
        raise await _unknown(db, key)
    return row


async def _unknown(db: Connection, key: str) -> NotFound:
    rows = await db.fetch("SELECT key FROM whereupon.workflows WHERE state <> 'deleted' LIMIT 5000")
    near = did_you_mean(key, [row["key"] for row in rows])
    return NotFound(f'There is no workflow "{key}".', suggestion=near)


async def create_workflow(db: Connection, rights: Rights, new: NewWorkflow) -> Mapping[str, Any]:
    """A draft. Raises Invalid for an unknown module or a document that does not fit the schema."""
    rights.require_builder()
    await require_room(db)
    catalog = await load_catalog(db)
    module = _module(catalog, new.module)
    document = new.document if new.document is not None else blank()
    parse_document(document)
    key = await _free_key(db, new.key or key_of(new.name), chosen=new.key is not None)
    module_id = module.id if module else None
    await db.execute(
        INSERT, key, new.name, new.description, new.category, module_id, document, rights.user_id
    )
    await audit.append(db, rights.user_id, "create_workflow", f"workflow:{key}")
    return await get_workflow(db, key)


def key_of(name: str) -> str:
    """A key made from a name.

    >>> key_of("[Cases] — Welcome mail")
    'cases_welcome_mail'
    """
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return (words if words[:1].isalpha() else f"w_{words}".rstrip("_"))[:50] or "workflow"


async def _free_key(db: Connection, key: str, *, chosen: bool) -> str:
    taken = {
        row["key"]
        for row in await db.fetch("SELECT key FROM whereupon.workflows WHERE key LIKE $1 || '%'", key)
    }
    if key not in taken:
        return key
    if chosen:
        raise Conflict(f'There is, or was, a workflow "{key}" already.', suggestion="Choose another key.")
    return next(name for n in range(2, 10_000) if (name := f"{key}_{n}") not in taken)


def _module(catalog: Catalog, key: str | None) -> Module | None:
    if key is None:
        return None
    if key not in catalog.modules:
        near = did_you_mean(key, catalog.modules)
        raise Invalid.of(Problem("unknown_module", f'There is no module "{key}".', "/module", near))
    return catalog.modules[key]


async def locked(db: Connection, key: str, if_match: str | None) -> Mapping[str, Any]:
    """The workflow for this transaction alone. Raises NotFound, PreconditionFailed."""
    row = await db.fetchrow(LOCK, key)
    if row is None:
        raise await _unknown(db, key)
    require_own_kind(row["kind"], key)
    if if_match is not None and if_match != row["etag"]:
        raise PreconditionFailed(
            "Somebody else has changed this workflow meanwhile.",
            suggestion="Load it again and apply your change to what is there now.",
        )
    return row


async def change_workflow(
    db: Connection, rights: Rights, key: str, change: WorkflowChange, *, if_match: str | None = None
) -> Mapping[str, Any]:
    """Save the draft and what is said about it; the active version stays as it is."""
    rights.require_builder()
    row = await locked(db, key, if_match)
    if row["state"] == "archived":
        raise Conflict("An archived workflow is read-only.", suggestion="Set it to disabled first.")
    given = change.model_dump(exclude_unset=True)
    if change.document is not None:
        parse_document(change.document)
    columns: dict[str, Any] = {}
    for name, value in given.items():
        match name:
            case "module":
                columns["module_id"] = await _new_module_id(db, row, value)
            case "document":
                columns["draft"] = value if value is not None else row["draft"]
            case "owner":
                columns["owner_id"] = value
            case _ if value is not None or name == "category":
                columns[name] = value
            case _:
                raise Invalid.of(Problem("missing", f'"{name}" cannot be empty.', f"/{name}"))
    sets = "".join(f", {column} = ${i}" for i, column in enumerate(columns, 2))
    await db.execute(
        f"UPDATE whereupon.workflows SET draft_etag = draft_etag + 1, updated_at = now(){sets} WHERE id = $1",
        row["id"], *columns.values(),
    )  # fmt: skip
    if {"paused", "name", "module_id"} & set(columns):
        await revise(db)
        await db.execute("NOTIFY whereupon_runs")
    await audit.append(db, rights.user_id, "change_workflow", f"workflow:{key}", changed=sorted(given))
    return await told(db, rights, await get_workflow(db, key))


async def _new_module_id(db: Connection, row: Mapping[str, Any], key: str | None) -> int | None:
    """The module that a draft is to watch. Published versions were checked for theirs: they keep it."""
    catalog = await load_catalog(db)
    module = _module(catalog, key)
    module_id = module.id if module else None
    if module_id != row["module_id"] and await db.fetchval(HAS_VERSION, row["id"]):
        watched = catalog.by_id[row["module_id"]].label_plural if row["module_id"] else "no module"
        raise Conflict(
            f"It was published for {watched}, and its runs and versions belong to that.",
            suggestion="Duplicate it, and choose the module of the copy.",
        )
    return module_id


async def problems_of_draft(db: Connection, rights: Rights, key: str) -> list[Problem]:
    """What stands against publishing the draft as this user."""
    row = await get_workflow(db, key)
    around = await surroundings(db, rights, row["module"])
    try:
        document = parse_document(row["draft"])
    except Invalid as error:
        return list(error.problems)
    return check_workflow(document, around)


async def surroundings(db: Connection, rights: Rights, module: str | None) -> Surroundings:
    """What its checks look at: the modules, and what this user may do."""
    catalog = await load_catalog(db)
    zone = await db.fetchval("SELECT value->>'time_zone' FROM whereupon.settings WHERE key = 'organisation'")
    return Surroundings(catalog, _module(catalog, module), rights, zone or "UTC")


LAST_CHANGE = "(SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM whereupon.changes_id_seq)"
# A new or changed workflow has to show its first messages again before it may write to many (rule 26). One
# that is active hears of every change that it has not heard of yet.
ACTIVATE = f"""
UPDATE whereupon.workflows SET active_version_id = $2, state = 'active', activated_at = clock_timestamp(),
  heard_from = CASE WHEN state = 'active' THEN coalesce(heard_from, {LAST_CHANGE}) ELSE {LAST_CHANGE} END,
  messages_released = false, draft_etag = draft_etag + 1, updated_at = now() WHERE id = $1
"""


async def publish(
    db: Connection,
    rights: Rights,
    key: str,
    *,
    note: str = "",
    if_match: str | None = None,
    backlog: Backlog | None = None,
) -> Mapping[str, Any]:
    """Freeze the draft as a version and make it the active one. Raises Invalid naming every fault.

    `backlog`: of a workflow that goes by dates, what becomes of those that have passed (rule 22).
    """
    rights.require_builder()
    row = await locked(db, key, if_match)
    around = await surroundings(db, rights, (await get_workflow(db, key))["module"])
    return await activate(db, rights, key, await freeze(db, rights, row, around, note), backlog)


async def activate(
    db: Connection, rights: Rights, key: str, version: Mapping[str, Any], backlog: Backlog | None = None
) -> Mapping[str, Any]:
    """Make a version of a locked workflow the active one."""
    row = await get_workflow(db, key)
    await db.execute(ACTIVATE, row["id"], version["id"])
    await _arm(db, rights, key, version["id"], backlog)
    await revise(db)
    await audit.append(db, rights.user_id, "publish_workflow", f"workflow:{key}", version=version["number"])
    return await told(db, rights, await get_workflow(db, key))


async def set_state(
    db: Connection,
    rights: Rights,
    key: str,
    state: State,
    *,
    in_flight: InFlight = "finish",
    backlog: Backlog | None = None,
) -> Mapping[str, Any]:
    """Enable, disable, archive. `in_flight`: what becomes of its runs under way when it stops (rule 15);
    `backlog`: what becomes of dates that have passed when it starts (rule 22)."""
    rights.require_builder()
    row = await locked(db, key, None)
    version = (await get_workflow(db, key))["active_version_id"]
    if state in ("active", "draft") and (state == "draft") == (version is not None):
        raise Conflict(
            "It has a published version." if state == "draft" else "It has no published version yet.",
            suggestion="Disable it instead." if state == "draft" else "Publish it first.",
        )
    if state in COUNTED and row["state"] not in COUNTED:
        await require_room(db, row["id"])
    await db.execute(
        "UPDATE whereupon.workflows SET state = $2, updated_at = now(), paused = $3, "
        "draft_etag = draft_etag + 1, "
        f"heard_from = CASE WHEN $2 = 'active' AND state <> 'active' THEN {LAST_CHANGE} ELSE heard_from END, "
        "activated_at = CASE WHEN $2 = 'active' THEN clock_timestamp() ELSE activated_at END WHERE id = $1",
        row["id"], state, state != "active" and in_flight == "pause",
    )  # fmt: skip
    if state != "active" and (in_flight == "cancel" or state == "archived"):
        await end_everything_of(db, row["id"], f"The workflow was set to {state}.")
    if state == "active":
        await _arm(db, rights, key, version, backlog)
    else:
        await disarm_clock(db, row["id"])
    await revise(db)
    await audit.append(
        db, rights.user_id, "set_workflow_state", f"workflow:{key}", state=state, in_flight=in_flight
    )
    return await told(db, rights, await get_workflow(db, key))


async def _arm(
    db: Connection, rights: Rights, key: str, version_id: int, backlog: Backlog | None = None
) -> None:
    """Set the clock of the active version. What passed while it was off was not missed."""
    row = await get_workflow(db, key)
    around = await surroundings(db, rights, row["module"])
    found = await db.fetchval("SELECT document FROM whereupon.versions WHERE id = $1", version_id)
    clock = Clocked(
        row["id"], version_id, parse_document(found), around.catalog, around.module, around.time_zone
    )
    await arm_clock(db, clock, backlog)


async def delete_workflow(db: Connection, rights: Rights, key: str) -> None:
    """Cancel what is under way; the history stays (F10)."""
    rights.require_builder()
    row = await locked(db, key, None)
    await end_everything_of(db, row["id"], "The workflow was deleted.")
    await disarm_clock(db, row["id"])
    await db.execute(
        "UPDATE whereupon.workflows SET state = 'deleted', deleted_at = now(), key = key || '~' || id "
        "WHERE id = $1",
        row["id"],
    )
    await revise(db)
    await audit.append(db, rights.user_id, "delete_workflow", f"workflow:{key}")


async def duplicate(db: Connection, rights: Rights, key: str) -> Mapping[str, Any]:
    """A copy of the draft, as a new draft (A6)."""
    row = await get_workflow(db, key)
    copied = {key: row[key] for key in ("module", "description", "category")}
    name = f"{row['name'][:190]} (copy)"
    copy = NewWorkflow.model_validate({**copied, "name": name, "document": row["draft"]})
    return await create_workflow(db, rights, copy)


# Published versions, newest first.
VERSIONS = """
SELECT v.id, v.number, v.published_by, v.published_at, v.note, v.document,
  v.id = w.active_version_id AS active
FROM whereupon.versions v JOIN whereupon.workflows w ON w.id = v.workflow_id
WHERE w.key = $1 AND w.state <> 'deleted' ORDER BY v.number DESC LIMIT $2
"""


async def list_versions(db: Connection, key: str, limit: int = 200) -> list[Mapping[str, Any]]:
    """Raises NotFound when there is no such workflow."""
    await get_workflow(db, key)
    return await db.fetch(VERSIONS, key, limit)


async def restore_version(db: Connection, rights: Rights, key: str, number: int) -> Mapping[str, Any]:
    """Make an old version's document the draft again; publishing it is a second step."""
    found = next((v for v in await list_versions(db, key) if v["number"] == number), None)
    if found is None:
        raise NotFound(f'"{key}" has no version {number}.')
    return await change_workflow(
        db, rights, key, WorkflowChange.model_validate({"document": found["document"]})
    )

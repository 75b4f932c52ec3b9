"""Why did this not run? (H4) Everything that had to hold for a workflow to start on a record, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from whereupon.conditions.compile import fields_read
from whereupon.conditions.explain import explain
from whereupon.conditions.values import Scope
from whereupon.conditions.words import shortened
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Refused
from whereupon.modules.catalog import Catalog, Module, load_catalog
from whereupon.people.rights import Rights, require_reads
from whereupon.records.read import check_id, not_found, read_record
from whereupon.runs.definitions import Active, Definitions, Version, load_versions, organisation_time_zone
from whereupon.runs.due_dates import not_started
from whereupon.runs.history import as_seen
from whereupon.runs.match import Change, is_heard, match_changes
from whereupon.runs.staging import only, unfiltered
from whereupon.workflows.plan import brought, document_now
from whereupon.workflows.recurrence import first_time_of, ran_before
from whereupon.workflows.store import get_workflow

OPERATIONS = {"I": "created", "U": "updated", "D": "deleted", "F": "given a document"}
MOST_WORKFLOWS = 100
TROUBLES = {"skipped": "concurrency", "loop": "loop", "publisher_disabled": "held", "role_gone": "held"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that had to hold. `held` None: it does not apply, or nobody can tell."""

    key: str
    held: bool | None
    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Why:
    """`verdict` says in a sentence why it ran or did not; `runs` are those that there were."""

    verdict: str
    ran: bool
    change: Mapping[str, Any] | None
    checks: list[Check]
    runs: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """A workflow, a record, and the change that is asked about, if there is one."""

    db: Connection
    rights: Rights
    row: Mapping[str, Any]
    definitions: Definitions
    active: Active
    module: Module
    record_id: str
    change: Change | None
    images: Mapping[str, Any]

    @property
    def version(self) -> Version:
        return self.active.version

    def on(self, moment: datetime) -> str:
        """A moment by the clocks of the workflow's time zone."""
        zone = self.version.plan.document.settings.time_zone or self.definitions.time_zone
        return f"{moment.astimezone(ZoneInfo(zone)):%-d %B %Y, %H:%M}"


async def why(
    db: Connection,
    rights: Rights,
    key: str,
    record_id: str,
    *,
    change_id: int | None = None,
    at: datetime | None = None,
) -> Why:
    """For the change, or the record's latest one until `at`. Raises NotFound, Refused."""
    rights.require_builder()
    row = await get_workflow(db, key)
    catalog = await load_catalog(db)
    if row["active_version_id"] is None or row["module"] is None:
        return await _never(db, row, record_id)
    module = catalog.modules[row["module"]]
    await _require_record(db, catalog, module, record_id, rights)
    case = await _case(db, rights, row, catalog, module, record_id, (change_id, at))
    checks = [
        _state(case), _paused(case), _publisher(case), *await _trigger(case), *await _filter(case),
        *await _recurrence(case),
    ]  # fmt: skip
    runs = await _runs(case)
    checks += _outcomes(runs, case)
    return _answer(case, checks, runs)


async def why_each(db: Connection, rights: Rights, module_key: str, record_id: str) -> list[dict[str, Any]]:
    """For each active workflow of the module, in a sentence, about the record's latest change."""
    rights.require_builder()
    catalog = await load_catalog(db)
    module = catalog.module(module_key)
    await _require_record(db, catalog, module, record_id, rights)
    rows = await db.fetch(ACTIVE_OF, module.id, MOST_WORKFLOWS)
    found: list[dict[str, Any]] = []
    for row in rows:
        told = await why(db, rights, row["key"], record_id)
        failed = next((check.key for check in told.checks if check.held is False), None)
        about = {"workflow": row["key"], "name": row["name"], "ran": told.ran}
        found.append({**about, "verdict": told.verdict, "failed": failed})
    return found


ACTIVE_OF = """
SELECT key, name FROM whereupon.workflows WHERE module_id = $1 AND state = 'active' ORDER BY name, id LIMIT $2
"""
# The change itself, or the latest one of the record until a time.
FIND_CHANGE = """
SELECT id, module_id, record_id, op, run_id, at, whereupon.shard(record_id) AS shard, old, new, origin,
  EXISTS (SELECT FROM whereupon.pending_changes p
          WHERE p.shard = whereupon.shard(record_id) AND p.change_id = c.id) AS pending
FROM whereupon.changes c
WHERE module_id = $1 AND record_id = $2 AND ($3::bigint IS NULL OR id = $3)
  AND ($4::timestamptz IS NULL OR at <= $4) AND (op = 'F') = $5
ORDER BY id DESC LIMIT 1
"""


async def _never(db: Connection, row: Mapping[str, Any], record_id: str) -> Why:
    told = "It was never published." if row["active_version_id"] is None else "It is about no module."
    check = Check("active", False, told, {"state": row["state"]})
    return Why(told, False, None, [check], [])


async def _require_record(
    db: Connection, catalog: Catalog, module: Module, record_id: str, rights: Rights
) -> None:
    """Raises NotFound unless the user may read the record. A deleted one is for who may read them all."""
    rights.require("read", module.key)
    check_id(module, record_id)
    try:
        await read_record(db, catalog, module.key, record_id, rights, lines=False)
    except NotFound:
        known = await db.fetchrow(FIND_CHANGE, module.id, record_id, None, None, False)
        if known is None or rights.own_only("read", module.key) or known["op"] != b"D":
            raise not_found(module, record_id) from None


async def _case(
    db: Connection, rights: Rights, row: Mapping[str, Any], catalog: Catalog, module: Module,
    record_id: str, moment: tuple[int | None, datetime | None],
) -> Case:  # fmt: skip
    zone = await organisation_time_zone(db)
    versions = await load_versions(db, [row["active_version_id"]], catalog, zone)
    version = versions[row["active_version_id"]]
    settings = version.plan.document.settings
    since = row["activated_at"] or row["updated_at"]
    active = Active(version, settings.priority, settings.recurrence, settings.concurrency, since)
    names = {version.workflow_id: version.name}
    definitions = Definitions(-1, catalog, zone, (active,), (), versions, names)
    about_files = document_now(version.plan, module) is not None
    found: Any = await db.fetchrow(FIND_CHANGE, module.id, record_id, *moment, about_files)
    if found is None and moment[0] is not None:
        raise NotFound(f"{module.label} {record_id} has no change {moment[0]}.")
    change = None
    if found is not None:
        change = Change(
            found["id"], found["module_id"], record_id, found["op"].decode(), found["run_id"], found["at"],
            found["shard"],
        )  # fmt: skip
    images = dict(found or {}) | {"heard": change is None or await is_heard(db, row["id"], change)}
    return Case(db, rights, row, definitions, active, module, record_id, change, images)


def _state(case: Case) -> Check:
    state, since = case.row["state"], case.active.activated_at
    values = {"state": state, "since": since, "version": case.row["active_version"]}
    if state != "active":
        return Check("active", False, f"It is {state}, so nothing starts it.", values)
    if case.change is not None and not case.images["heard"]:
        told = f"It became active on {case.on(since)}; the change of {case.on(case.change.at)} is older."
        return Check("active", False, told, values | {"changed": case.change.at})
    return Check("active", True, f"It is active since {case.on(since)}.", values)


def _paused(case: Case) -> Check:
    if case.row["paused"]:
        return Check("paused", False, "Its queue is paused: runs are made, and stand still until it goes on.")
    return Check("paused", True, "Its queue is not paused.")


def _publisher(case: Case) -> Check:
    version, rights = case.version, case.version.rights
    if rights is None:
        return Check("publisher", False, f"{version.held['message']} So its runs are held.")
    if not rights.may("read", case.module.key):
        told = f"{rights.run_subject} may not read {case.module.label_plural}."
        return Check("publisher", False, told, {"user": version.user_id})
    return Check("publisher", True, "The user who published it may read the record's module.")


async def _trigger(case: Case) -> list[Check]:
    start = case.version.plan.start
    assert start is not None
    listens = start.trigger.operations(start.config)
    scope = _scope(case)
    asked = start.trigger.sentence(start.config, scope)
    try:
        reads = start.trigger.reads(start.config, _of_change(case))
        require_reads(case.rights, reads, case.definitions.catalog, case.module.key)
    except (Invalid, Refused) as error:
        return [Check("trigger", None, f"It starts when {asked}. {error.message}")]
    if not listens:
        return [await _by_itself(case)]
    if case.change is None:
        return [Check("trigger", False, f"It starts when {asked}; no change of this record is known.")]
    happened, changed = OPERATIONS[case.change.op], _changed(case)
    values = {"change": case.change.id, "operation": happened, "at": case.change.at, "fields": changed}
    if case.change.op not in listens:
        told = f"It starts when {asked}; this record was {happened}."
        return [Check("trigger", False, told, values)]
    held = await _takes(case, unfiltered(case.active))
    which = f", in {', '.join(changed)}" if changed and happened == "updated" else ""
    told = f"It starts when {asked}; the record was {happened}{which}."
    return [Check("trigger", held, told, values)]


async def _takes(case: Case, active: Active) -> bool:
    """What the matcher says, whenever it was activated."""
    assert case.change is not None
    change = case.change._replace(at=max(case.change.at, active.activated_at))
    return bool(await match_changes(case.db, only(case.definitions, active), [change]))


def _changed(case: Case) -> list[str]:
    """Labels of the fields that the change changed, of those that the user may read."""
    if case.change is None or case.change.op == "F":
        return []
    old: Mapping[str, Any] = case.images.get("old") or {}
    new: Mapping[str, Any] = case.images.get("new") or {}
    readable = case.rights.readable(case.module)
    return [
        found.label
        for found in case.module.fields.values()
        if found.column and found.key in readable and old.get(found.column) != new.get(found.column)
        and not found.system
    ]  # fmt: skip


DUE = """
SELECT due_at, fired_at, skipped FROM whereupon.due_dates WHERE workflow_id = $1 AND record_id = $2
ORDER BY due_at DESC LIMIT 1
"""
NEXT = "SELECT next_at FROM whereupon.schedules WHERE workflow_id = $1"


async def _by_itself(case: Case) -> Check:
    """Of a trigger that no change starts."""
    start = case.version.plan.start
    assert start is not None
    asked = start.trigger.sentence(start.config, _scope(case))
    if start.trigger.key == "date_reached":
        due: Any = await case.db.fetchrow(DUE, case.version.workflow_id, case.record_id)
        if due is None:
            return Check("trigger", False, f"It starts when {asked}; the date is empty, or was not seen yet.")
        fired = due["fired_at"] is not None and due["skipped"] is None
        told = f"It starts when {asked}: due on {case.on(due['due_at'])}{not_started(due['skipped'])}."
        return Check("trigger", fired, told, dict(due))
    if start.trigger.key == "schedule":
        moment = await case.db.fetchval(NEXT, case.version.workflow_id)
        when = f", next on {case.on(moment)}" if moment else ""
        return Check("trigger", None, f"It starts when {asked}{when}.", {"next": moment})
    return Check("trigger", None, f"It starts when {asked}.")


def _scope(case: Case) -> Scope:
    version = case.version
    user = f"{version.user_id}::bigint" if version.user_id is not None else None
    zone = version.plan.document.settings.time_zone or case.definitions.time_zone
    return Scope(
        case.definitions.catalog, case.module, user=user, time_zone=zone, outputs=brought(version.plan),
        data="'{}'::jsonb", document=document_now(version.plan, version.module),
    )  # fmt: skip


def _of_change(case: Case) -> Scope:
    """The same, where a change can be asked for."""
    return replace(_scope(case), old="o", op="c.op")


async def _filter(case: Case) -> list[Check]:
    start = case.version.plan.start
    if start is None or start.filter is None:
        return [Check("filter", True, "It has no conditions.")]
    listens = bool(start.trigger.operations(start.config))
    change = case.change.id if listens and case.change else None
    try:
        reads = fields_read(start.filter, _of_change(case))
        require_reads(case.rights, reads, case.definitions.catalog, case.module.key)
        tree = await explain(case.db, start.filter, _scope(case), case.record_id, change, rights=case.rights)
    except (NotFound, Invalid, Refused) as error:
        return [Check("filter", None, f"The conditions cannot be asked: {error.message}")]
    held = bool(tree["held"])
    found = [Check("filter", held, "The conditions held." if held else _first_not_held(tree), {"tree": tree})]
    when_met = case.active.recurrence == "when_met" and listens and case.change is not None
    if held and when_met and not await _takes(case, case.active) and found:
        found.append(Check("when_met", False, "The record met the conditions before this change already."))
    return found


def _first_not_held(tree: Mapping[str, Any]) -> str:
    """The sentence of the first part that decided."""
    parts: Sequence[Mapping[str, Any]] = tree.get("parts") or ()
    decided = next((part for part in parts if not part["held"]), None) if tree.get("kind") == "all" else None
    return shortened(_first_not_held(decided) if decided else f"{tree['sentence']}.", 300)


async def _recurrence(case: Case) -> list[Check]:
    """Rule 9: whether its first time was before this change."""
    if case.active.recurrence != "first_time":
        return []
    which = case.db, case.version.workflow_id
    found, change = await first_time_of(*which, case.record_id), case.change
    if found is None and change and await ran_before(*which, case.module.id, case.record_id, change.at):
        return [Check("recurrence", None, "It ran for this record before, and may start for it once more.")]
    if found is None:
        return [Check("recurrence", True, "It had no first time on this record yet.")]
    told = f"It runs once per record, and did on {case.on(found['claimed_at'])}."
    was_then = change is not None and found["claimed_at"] < change.at
    return [Check("recurrence", not was_then, told, dict(found))]


RUNS = """
SELECT r.id, r.status, r.started_by, r.change_id, r.created_at, r.ended_at, r.error, v.uses
FROM whereupon.runs r LEFT JOIN whereupon.versions v ON v.id = r.version_id
WHERE r.workflow_id = $1 AND r.record_id = $2 AND r.module_id = $3
  AND ($4::bigint IS NULL OR r.change_id = $4
       OR r.started_by IN ('manual', 'schedule', 'date_reached', 'rerun', 'stage'))
ORDER BY r.id DESC LIMIT 20
"""


async def _runs(case: Case) -> list[dict[str, Any]]:
    """Runs that this change started, and those that no change did, as the user may see them; the latest
    first."""
    change = case.change.id if case.change else None
    rows = await case.db.fetch(RUNS, case.version.workflow_id, case.record_id, case.module.id, change)
    return [as_seen(dict(row), case.rights)[0] for row in rows]


def _outcomes(runs: Sequence[Mapping[str, Any]], case: Case) -> list[Check]:
    """What a run that was made says of why it did nothing; and changes that were not looked at."""
    own = [run for run in runs if case.change and run["change_id"] == case.change.id]
    codes = {_code(run): run for run in own}
    found: list[Check] = []
    for code, key in TROUBLES.items():
        if code in codes:
            error = codes[code]["error"]
            found.append(Check(key, False, str(error["message"]), {"run": codes[code]["id"], "error": error}))
    if not own and case.images.get("pending"):
        found.append(Check("matched", None, "The change waits to be looked at; that takes a moment."))
    elif not own and case.images.get("origin") == "import":
        told = "The record was imported, and an import starts workflows only if it is told to."
        found.append(Check("import", None, told))
    return found


def _code(run: Mapping[str, Any]) -> str | None:
    error: Mapping[str, Any] = run["error"] or {}
    return error.get("code")


def _answer(case: Case, checks: list[Check], runs: list[dict[str, Any]]) -> Why:
    own = [run for run in runs if case.change is None or run["change_id"] in (case.change.id, None)]
    ran = [run for run in own if _code(run) not in ("skipped", "loop")]
    failed = next((check for check in checks if check.held is False), None)
    if ran:
        verdict = f"It ran: run {ran[0]['id']} is {ran[0]['status']}."
    elif failed is not None:
        verdict = failed.sentence
    else:
        unsure = [check for check in checks if check.held is None]
        verdict = unsure[-1].sentence if unsure else "Everything held, and yet there is no run of it."
    change = None
    if case.change is not None:
        origin = case.images.get("origin")
        change = {"id": case.change.id, "operation": OPERATIONS[case.change.op], "at": case.change.at,
                  "origin": origin, "fields": _changed(case)}  # fmt: skip
    return Why(verdict, bool(ran), change, checks, runs)

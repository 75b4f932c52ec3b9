"""Why a workflow ran for a record, or why not: its trigger in words, its conditions with what they saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from whereupon.conditions.explain import explain
from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import NotFound
from whereupon.modules.catalog import Module
from whereupon.people.rights import everything
from whereupon.runs.definitions import Active, load_definitions
from whereupon.workflows.plan import Start, brought

LAST_RUN = """
SELECT r.id, r.change_id, r.started_by, c.op::text AS op FROM whereupon.runs r
LEFT JOIN whereupon.changes c ON c.id = r.change_id
WHERE r.workflow_id = $1 AND r.record_id = $2 ORDER BY r.id DESC LIMIT 1
"""
# The labels come from the version's document.
STEPS = "SELECT node, port, status FROM whereupon.step_runs WHERE run_id = $1 ORDER BY seq"
LAST_CHANGE = """
SELECT id, op::text AS op FROM whereupon.changes WHERE module_id = $1 AND record_id = $2
ORDER BY id DESC LIMIT 1
"""
CLAIMED = (
    "SELECT to_char(claimed_at, 'HH24:MI:SS') FROM whereupon.claims WHERE workflow_id = $1 AND record_id = $2"
)
OF_DOCUMENT = "F"  # what happened to a document of the record
FIND = "SELECT id FROM whereupon.workflows WHERE key = $1"


@dataclass(frozen=True, slots=True)
class Why:
    """The trigger in words, what was asked with the answers, and what the run did, or why there was none."""

    workflow: str
    ran: bool
    trigger: str
    conditions: tuple[str, ...]
    then: str

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        asked = "; ".join(self.conditions)
        parts = [f"{self.workflow}: when {self.trigger}", *([asked] if asked else []), self.then]
        return ". ".join(parts) + "."


async def why(db: Connection, workflow: str, record_id: str) -> Why:
    """Why the last run on the record began, and which way it went. Raises NotFound when there is none."""
    active, start, scope = await watching(db, workflow)
    run: Any = await db.fetchrow(LAST_RUN, active.workflow_id, record_id)
    if run is None:
        raise NotFound(f"{active.version.name} has not run for {record_id}.")
    conditions = await asked(db, start, scope, record_id, run["change_id"], ran=True, op=run["op"])
    labels = {node.key: node.label or node.key for node in active.version.plan.document.nodes}
    steps: list[Any] = await db.fetch(STEPS, run["id"])
    way = " → ".join(step_words(labels[step["node"]], step["port"]) for step in steps)
    trigger = start.trigger.sentence(start.config, scope)
    if run["started_by"] == "manual" and start.trigger.key != "manual":
        trigger += " (here a person ran it now)"
    return Why(active.version.name, True, trigger, conditions, way)


def step_words(label: str, port: str | None) -> str:
    """“Tell the contact”, or for an exit that says more “Is it new? (true)”."""
    return label if port in (None, "next", "end") else f"{label} ({port})"


async def why_not(db: Connection, workflow: str, record_id: str) -> Why:
    """Why the record's last change started no run; `ran` when it did."""
    active, start, scope = await watching(db, workflow)
    trigger, name = start.trigger.sentence(start.config, scope), active.version.name
    assert scope.module is not None
    change: Any = await db.fetchrow(LAST_CHANGE, scope.module.id, record_id)
    run: Any = await db.fetchrow(LAST_RUN, active.workflow_id, record_id)
    ran = run is not None and change is not None and run["change_id"] == change["id"]
    if change is None or not start.trigger.operations(start.config):
        conditions = await asked(db, start, scope, record_id, None)
        return Why(name, ran, trigger, conditions, "So nothing was done")
    if change["op"] not in start.trigger.operations(start.config):
        return Why(name, ran, trigger, (), "This was no such change, so nothing was done")
    conditions = await asked(db, start, scope, record_id, change["id"], ran=ran, op=change["op"])
    if not await triggered(db, start, scope, change):
        return Why(name, ran, trigger, conditions, "The record was changed otherwise, so nothing was done")
    claimed: str | None = await db.fetchval(CLAIMED, active.workflow_id, record_id)
    if active.recurrence == "first_time" and claimed:
        return Why(name, ran, trigger, conditions, f"It had its one time for this record at {claimed}")
    return Why(name, ran, trigger, conditions, "So nothing was done")


async def watching(db: Connection, workflow: str) -> tuple[Active, Start, Scope]:
    """The active workflow, its start, and what names mean there. Raises NotFound."""
    definitions = await load_definitions(db)
    found = await db.fetchval(FIND, workflow)
    active = next((a for a in definitions.active if a.workflow_id == found), None)
    if active is None or active.version.plan.start is None:
        raise NotFound(f'There is no active workflow "{workflow}".')
    version, start = active.version, active.version.plan.start
    assert start is not None
    changed = bool(start.trigger.operations(start.config))
    scope = Scope(
        definitions.catalog, version.module, old="o" if changed else None, op="c.op" if changed else None,
        user=None if version.user_id is None else f"{version.user_id}::bigint",
        time_zone=version.plan.document.settings.time_zone or version.time_zone,
        outputs=brought(version.plan), data="'{}'::jsonb",
    )  # fmt: skip
    return active, start, scope


async def asked(
    db: Connection, start: Start, scope: Scope, record_id: str, change_id: int | None, *, ran: bool = False,
    op: str | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """What the trigger watched, before and after, and each comparison of the filter with what it saw."""
    if op == OF_DOCUMENT:  # it changed no field: the filter saw the record as it was
        change_id, scope = None, replace(scope, old=None, op=None)
    watched: list[dict[str, Any]] = []
    if change_id is not None and scope.module is not None:
        fields = sorted(name.rpartition(".")[2] for name in start.trigger.reads(start.config, scope))
        watched = [{"field": field, "operator": "has_changed"} for field in fields]
    told = [
        await explain(db, condition, scope, record_id, change_id, rights=everything())
        for condition in watched
    ]
    if start.filter is not None:
        told.append(await explain(db, start.filter, scope, record_id, change_id, rights=everything()))
    return tuple(sentence for part in told for sentence in leaves(part, by_now=ran and not part["held"]))


def leaves(told: Mapping[str, Any], *, by_now: bool = False) -> Iterator[str]:
    """The sentences of the comparisons in an explained condition, in order.

    `by_now`: it held when it was asked; linked records are read as they are, and have changed since.
    """
    if "parts" not in told:
        since = by_now and not told["held"] and "." in told.get("field", ".")
        yield (
            told["sentence"].replace(": not held, it is", ": held then, by now it is")
            if since
            else told["sentence"]
        )
    for part in told.get("parts", ()):
        yield from leaves(part, by_now=by_now)


async def triggered(db: Connection, start: Start, scope: Scope, change: Mapping[str, Any]) -> bool:
    """Whether the trigger itself says yes to the change."""
    module: Module | None = scope.module
    assert module is not None
    sql = start.trigger.condition(start.config, scope, change["op"])
    return bool(
        await db.fetchval(
            f"SELECT ({sql}) IS TRUE FROM whereupon.changes c "
            f"CROSS JOIN LATERAL jsonb_populate_record(NULL::{module.sql}, coalesce(c.new, c.old)) n "
            f"CROSS JOIN LATERAL jsonb_populate_record(NULL::{module.sql}, c.old) o WHERE c.id = $1",
            change["id"],
        )
    )

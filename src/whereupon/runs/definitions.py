"""What a worker knows of the workflows: loaded in one go, and again when any definition moved.

Frozen as of one revision. A run keeps to the version that it started on, so versions that are no
longer active are loaded when a run in flight needs one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from whereupon.errors import Refused
from whereupon.modules.catalog import Catalog, Module, load_catalog, quote
from whereupon.people.rights import Rights, load_rights
from whereupon.people.service_roles import narrowed, service_role
from whereupon.sdk.block import Place
from whereupon.workflows.document import parse_document
from whereupon.workflows.plan import Plan, make_plan, scope_at


@dataclass(frozen=True, slots=True)
class Version:
    """One published version, ready to walk. `rights`: its publisher's, as far as the role that it acts as
    leaves them; None while the publisher is disabled, or the role is gone (rule 28)."""

    id: int
    workflow_id: int
    name: str
    module: Module | None
    plan: Plan
    user_id: int | None
    rights: Rights | None
    time_zone: str
    catalog: Catalog
    key: str = ""  # the workflow's
    lost_role: bool = False  # that it acts as
    places: dict[str, Place] = field(default_factory=dict[str, Place])

    def place(self, node: str) -> Place:
        """The place of a node, made once per revision: its scope, its source, its compiled SQL."""
        if node not in self.places:
            scope = scope_at(self.plan, node, self.catalog, self.module, self.user_id, self.time_zone)
            self.places[node] = Place(
                workflow_id=self.workflow_id,
                version_id=self.id,
                node=node,
                catalog=self.catalog,
                module=scope.module,
                scope=scope,
                source=source_of(scope.module, self.deleted_at(node)),
                awaited=self.plan.steps[node].awaited,
                exits=self.plan.steps[node].exits,
            )
        return self.places[node]

    @property
    def held(self) -> dict[str, Any]:
        """Why its runs stand still while there are no rights."""
        return ROLE_GONE if self.lost_role else PUBLISHER_DISABLED

    def deleted_at(self, node: str | None) -> bool:
        """The same at a node: an item is there, as any record is."""
        return self.deleted and not self.plan.loops.get(node or "")

    @property
    def deleted(self) -> bool:
        """Whether its record is the last row of a deleted one."""
        start = self.plan.start
        return start is not None and start.trigger.operations(start.config) == frozenset("D")


PUBLISHER_DISABLED = {
    "code": "publisher_disabled",
    "message": "The user who published this workflow is disabled or gone.",
    "suggestion": "Enable the user, or let somebody else publish the workflow, then release the run.",
}
ROLE_GONE = {
    "code": "role_gone",
    "message": "The role with whose rights this workflow acts is gone.",
    "suggestion": "Add a role with that key, or publish the workflow with another one, then release the run.",
}


@dataclass(frozen=True, slots=True)
class Active:
    """An active workflow, as the matcher needs it."""

    version: Version
    priority: int
    recurrence: str
    concurrency: str
    activated_at: datetime
    heard_from: int | None = None  # the last change before it became active; None: told by the time

    def hears(self, change_id: int, at: datetime) -> bool:
        """Whether a change came after it became active: by number, for clocks are set back."""
        return at >= self.activated_at if self.heard_from is None else change_id > self.heard_from

    @property
    def workflow_id(self) -> int:
        return self.version.workflow_id


@dataclass(frozen=True, slots=True)
class Definitions:
    """Everything, as of `revision`. `versions` grows as runs in flight ask for older ones."""

    revision: int
    catalog: Catalog
    time_zone: str
    active: tuple[Active, ...]
    paused: tuple[int, ...]
    versions: dict[int, Version]
    names: Mapping[int, str]
    memory: dict[Any, Any] = field(default_factory=dict[Any, Any])  # the matcher's statements


def source_of(module: Module | None, deleted: bool) -> str:
    """SQL after FROM that binds run ids ($1) to the run `r`, its change `c` and its record `n`."""
    runs = (
        "unnest($1::bigint[]) AS b(run_id) JOIN whereupon.runs r ON r.id = b.run_id "
        "LEFT JOIN whereupon.changes c ON c.id = r.change_id"
    )
    if module is None:
        return runs
    if deleted:
        return f"{runs} LEFT JOIN LATERAL jsonb_populate_record(NULL::{module.sql}, c.old) n ON true"
    if len(module.key_columns) != 1:
        return f"{runs} LEFT JOIN {module.sql} n ON {module.key_sql('n')} = r.record_id"
    return f"{runs} LEFT JOIN {module.sql} n ON n.{quote(module.key_column)} = r.record_id::{module.key_type}"


# Every active workflow with the version that new events get.
LOAD_ACTIVE = """
SELECT w.id AS workflow_id, w.activated_at, w.heard_from, v.id AS version_id
FROM whereupon.workflows w JOIN whereupon.versions v ON v.id = w.active_version_id
WHERE w.state = 'active' ORDER BY w.id
"""
# Versions by id, with the workflow that they belong to.
LOAD_VERSIONS = """
SELECT v.id, v.workflow_id, v.document, v.published_by, w.key, w.name, w.module_id
FROM whereupon.versions v JOIN whereupon.workflows w ON w.id = v.workflow_id
WHERE v.id = ANY($1::bigint[])
"""


async def load_definitions(db: asyncpg.Connection[Any]) -> Definitions:
    """Read the catalog, the active workflows and the rights that they run with."""
    catalog = await load_catalog(db)
    time_zone = await organisation_time_zone(db)
    rows = await db.fetch(LOAD_ACTIVE)
    versions = await load_versions(db, [row["version_id"] for row in rows], catalog, time_zone)
    workflows = await db.fetch("SELECT id, name, paused FROM whereupon.workflows")
    active = [
        _active(versions[row["version_id"]], row["activated_at"], row["heard_from"])
        for row in rows
        if row["version_id"] in versions
    ]
    return Definitions(
        revision=catalog.revision,
        catalog=catalog,
        time_zone=time_zone,
        active=tuple(sorted(active, key=lambda a: (a.priority, a.workflow_id))),
        paused=tuple(row["id"] for row in workflows if row["paused"]),
        versions=versions,
        names={row["id"]: row["name"] for row in workflows},
    )


def _active(version: Version, activated_at: datetime, heard_from: int | None) -> Active:
    settings = version.plan.document.settings
    return Active(
        version, settings.priority, settings.recurrence, settings.concurrency, activated_at, heard_from
    )


async def organisation_time_zone(db: asyncpg.Connection[Any]) -> str:
    """The organisation's IANA zone; UTC until it is set."""
    found = await db.fetchval("SELECT value->>'time_zone' FROM whereupon.settings WHERE key = 'organisation'")
    return found or "UTC"


async def load_versions(
    db: asyncpg.Connection[Any], ids: Iterable[int], catalog: Catalog, time_zone: str
) -> dict[int, Version]:
    """The versions by id, each with the rights that its runs have."""
    rows = await db.fetch(LOAD_VERSIONS, list(ids))
    publishers = {user: await _publisher(db, user) for user in {row["published_by"] for row in rows}}
    plans = {row["id"]: make_plan(parse_document(row["document"], kept=True)) for row in rows}
    found: dict[int, Version] = {}
    for row in rows:
        plan, rights = plans[row["id"]], publishers[row["published_by"]]
        acts_as = plan.document.settings.acts_as
        role = service_role(catalog, acts_as)
        if rights is not None and acts_as is not None:
            rights = narrowed(rights, role) if role is not None else None
        found[row["id"]] = Version(
            id=row["id"],
            workflow_id=row["workflow_id"],
            name=row["name"],
            module=catalog.by_id.get(row["module_id"]),
            plan=plan,
            user_id=row["published_by"],
            rights=rights,
            time_zone=time_zone,
            catalog=catalog,
            key=row["key"],
            lost_role=acts_as is not None and role is None,
        )
    return found


async def _publisher(db: asyncpg.Connection[Any], user_id: int | None) -> Rights | None:
    """The publisher's rights; None when there is no such user any more, or the user is disabled."""
    if user_id is None:
        return None
    try:
        return await load_rights(db, user_id)
    except Refused:
        return None

"""Staged scale-up (F7): a workflow that is not active goes over a few records, then more, then all.

Each stage is a bulk run of the draft as it stands then; the next one leaves out the records of those before.
Between two stages a person looks at what became of the records, and says that it looks right, or stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from whereupon.conditions.values import BROUGHT
from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, Problem, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.runs.bulk.opening import (
    Members,
    StartedBy,
    goes_by_dates,
    open_bulk_run,
    runs_on_records,
    where_of,
)
from whereupon.runs.definitions import Version, load_versions, organisation_time_zone
from whereupon.workflows import store
from whereupon.workflows.arming import Backlog
from whereupon.workflows.drafting import readable
from whereupon.workflows.freezing import freeze_once
from whereupon.workflows.plan import brought, make_plan


@dataclass(frozen=True, slots=True)
class Step:
    """How many records are looked at: so many are proposed, so many allowed; None: all that are left."""

    suggested: int | None
    most: int | None


# A few, some hundred, a thousand or more, all.
STEPS = (Step(5, 10), Step(100, 500), Step(1_000, 10_000), Step(None, None))

LAST = """
SELECT s.id, s.status, u.name AS user_name, s.created_at, s.ended_at
FROM whereupon.scale_ups s LEFT JOIN whereupon.users u ON u.id = s.user_id
WHERE s.workflow_id = $1 ORDER BY s.id DESC LIMIT 1
"""
STAGES = """
SELECT t.nr, t.step, t.bulk_id, v.number AS version, t.version_id, v.document = w.draft AS as_drawn,
  t.expected, t.created_at, t.approved_at, u.name AS by_name, a.name AS approved_by_name,
  b.status, b.matched, b.processed, b.changed, b.skipped, b.failed, b.waiting, b.still_matching, b.ended_at
FROM whereupon.stages t JOIN whereupon.bulk_runs b ON b.id = t.bulk_id
JOIN whereupon.versions v ON v.id = t.version_id JOIN whereupon.workflows w ON w.id = v.workflow_id
LEFT JOIN whereupon.users u ON u.id = t.user_id LEFT JOIN whereupon.users a ON a.id = t.approved_by
WHERE t.scale_up_id = $1 ORDER BY t.nr
"""
BEGIN = "INSERT INTO whereupon.scale_ups (workflow_id, user_id) VALUES ($1, $2) RETURNING id"
ADD_STAGE = """
INSERT INTO whereupon.stages (scale_up_id, nr, step, bulk_id, version_id, expected, user_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
APPROVE = """
UPDATE whereupon.stages SET approved_by = $3, approved_at = clock_timestamp()
WHERE scale_up_id = $1 AND nr = $2 AND approved_at IS NULL
"""
END = """
UPDATE whereupon.scale_ups SET status = $2, ended_by = $3, ended_at = clock_timestamp() WHERE id = $1
"""
# Until it is released again, what was changed writes to its first few only (rule 26).
HOLD_MESSAGES = "UPDATE whereupon.workflows SET messages_released = false WHERE id = $1"


# Looking ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScaleUp:
    """Where a workflow stands: the last scale-up with its stages, and how many records are left."""

    workflow: Mapping[str, Any]
    last: Mapping[str, Any] | None
    stages: Sequence[Mapping[str, Any]]
    left: int | None  # how many meet the conditions and were not taken; None: it cannot be told
    by_dates: bool  # only those count whose time has come
    reason: str | None  # why there can be no stage now

    @property
    def is_open(self) -> bool:
        return self.last is not None and self.last["status"] == "open"

    @property
    def under_way(self) -> bool:
        return self.is_open and bool(self.stages) and self.stages[-1]["ended_at"] is None

    @property
    def redrawn(self) -> bool:
        """The draft is no longer what the last stage ran."""
        return bool(self.stages) and not self.stages[-1]["as_drawn"]

    @property
    def step(self) -> int:
        """The highest step that the next stage may take, from 1."""
        return min(max((s["step"] for s in self.stages), default=0) + 1, len(STEPS)) if self.is_open else 1

    def next(self) -> dict[str, Any] | None:
        """How large the next stage may be, and what is proposed; None: there is nothing left to do."""
        if not self.left or self.reason is not None:
            return None
        step = STEPS[self.step - 1]
        # What was drawn anew is tried on a few again.
        suggested = STEPS[0].suggested if self.is_open and self.redrawn else step.suggested
        return {
            "step": self.step,
            "most": min(step.most or self.left, self.left),
            "suggested": min(suggested or self.left, self.left),
        }


async def scale_up_of(db: Connection, rights: Rights, key: str) -> ScaleUp:
    """How far a workflow has come. Raises NotFound, Refused."""
    rights.require_builder()
    workflow = await store.get_workflow(db, key)
    last = await db.fetchrow(LAST, workflow["id"])
    stages = await db.fetch(STAGES, last["id"]) if last else []
    taken = [stage["bulk_id"] for stage in stages] if last and last["status"] == "open" else []
    draft = await _draft(db, rights, workflow)
    reason = await _why_not(db, workflow, draft)
    try:
        left = None if reason else await count_left(db, draft, rights.user_id, taken)
    except (Invalid, Refused) as error:
        left, reason = None, _told(error)
    return ScaleUp(workflow, last, stages, left, goes_by_dates(draft), reason)


async def _draft(db: Connection, rights: Rights, workflow: Mapping[str, Any]) -> Version:
    """The draft as if this user had published it; it has no id yet."""
    plan = make_plan(readable(workflow["draft"])[0])
    around = (await store.surroundings(db, rights, workflow["module"])).acting(plan.document)
    return Version(
        id=0, workflow_id=workflow["id"], name=workflow["name"], plan=plan, user_id=rights.user_id,
        module=around.module, rights=around.rights, catalog=around.catalog, time_zone=around.time_zone,
        key=workflow["key"],
    )  # fmt: skip


async def _why_not(db: Connection, workflow: Mapping[str, Any], draft: Version) -> str | None:
    """Why there can be no stage now, in a sentence."""
    if workflow["state"] == "active":
        return "It is active, so it starts by itself. Disable it while you try it in stages."
    if workflow["state"] == "archived":
        return "It is archived. Take it out of the archive first."
    if workflow["paused"]:
        return "Its queue stands still. Let it go on first."
    return unsuited(draft)


def unsuited(version: Version) -> str | None:
    """Why a workflow cannot go over many records, in a sentence; None: it can."""
    start = version.plan.start
    if version.module is None:
        return "It works on no module, so there are no records to go over."
    if start is None:
        return "It has no START that can be understood yet."
    if not runs_on_records(version):
        return "Its schedule starts one job, not one run for each record."
    if version.deleted:
        return "It starts when a record is deleted, so there are no records to go over."
    if start.trigger.has_document:
        return "It starts when a document is filed, which going over records does not tell."
    if brought(version.plan).get(BROUGHT):
        return "It needs what another program sends, which going over records does not bring."
    return None


def _told(error: Invalid | Refused) -> str:
    return error.problems[0].message if error.problems else error.message


async def count_left(
    db: Connection,
    version: Version,
    reader: int | None,
    taken: Sequence[int] = (),
    started_by: StartedBy = "stage",
) -> int:
    """How many records a bulk run for this user would list now, but for the members of these ones.

    Raises Invalid, Refused.
    """
    assert version.module is not None
    bulk = {"user_id": reader, "left_out": list(taken), "started_by": started_by}
    where, values = await where_of(db, version, bulk, Members(), first=1)
    try:
        return await db.fetchval(f"SELECT count(*) FROM {version.module.sql} n WHERE {where}", *values)
    except asyncpg.DataError as error:
        message = f"The conditions cannot be computed for these records: {error}."
        raise Invalid.of(Problem("cannot_compute", message)) from None


async def matching_now(db: Connection, rights: Rights, key: str) -> tuple[Version, int | None]:
    """On how many records a workflow would run now; None: it is one job, without records.

    Raises NotFound, Refused, Conflict without a published version, Invalid where it cannot be counted.
    """
    rights.require_builder()
    workflow = await store.get_workflow(db, key)
    if workflow["active_version_id"] is None:
        raise Conflict("It has no published version yet.", suggestion="Publish it first.")
    version = await _loaded(db, workflow["active_version_id"])
    if not runs_on_records(version):
        return version, None
    if reason := unsuited(version):
        raise Conflict("It cannot go over many records.", suggestion=reason)
    return version, await count_left(db, version, rights.user_id, started_by="manual")


# Doing -----------------------------------------------------------------------------------------------


async def begin(db: Connection, rights: Rights, key: str, size: int) -> None:
    """The first stage, on so many records. Raises Conflict, Invalid naming every fault of the draft."""
    await store.locked(db, key, None)
    now = await scale_up_of(db, rights, key)
    if now.is_open:
        raise Conflict("It is being scaled up already.", suggestion="Go on with that, or stop it first.")
    scale_up = await db.fetchval(BEGIN, now.workflow["id"], rights.user_id)
    await _stage(db, rights, now, scale_up, size)


async def approve(db: Connection, rights: Rights, key: str, nr: int, size: int | None) -> None:
    """It looks right: the next stage on so many records, or, where none are left, the end.

    `nr`: the stage that was looked at. Raises Conflict when it is no longer the last, or is under way.
    """
    await store.locked(db, key, None)
    now = await scale_up_of(db, rights, key)
    stage = _last_stage(now)
    if stage["nr"] != nr or stage["approved_at"] is not None:
        raise Conflict(f"Stage {nr} is not what there is to decide on.", suggestion="Look at the page again.")
    if now.under_way:
        raise Conflict(f"Stage {nr} is still under way.", suggestion="Wait for its end, or cancel it.")
    assert now.last is not None
    await db.execute(APPROVE, now.last["id"], nr, rights.user_id)
    await _note(db, rights, key, "approve_stage", stage=nr, failed=stage["failed"])
    if now.left == 0:
        await _end(db, rights, now, "finished")
    elif size is None:
        raise Invalid.of(Problem("missing", "Say how many records the next stage takes.", "/size"))
    else:
        await _stage(db, rights, now, now.last["id"], size)


async def stop(db: Connection, rights: Rights, key: str) -> None:
    """No further stages. What the stages did stays; one that is under way is to be ended first."""
    await store.locked(db, key, None)
    now = await scale_up_of(db, rights, key)
    _last_stage(now)
    if now.under_way:
        raise Conflict("A stage is still under way.", suggestion="Cancel its run first, or wait for its end.")
    await _end(db, rights, now, "stopped")


async def activate(db: Connection, rights: Rights, key: str, backlog: Backlog = "skip") -> None:
    """After the last stage: make active what the stages ran. Raises Conflict when the draft was changed.

    `backlog`: of a workflow that goes by dates, what becomes of records whose time has passed (rule 22). The
    stages ran on them once already, so they are left unless one says otherwise, whatever the trigger says.
    """
    row = await store.locked(db, key, None)
    now = await scale_up_of(db, rights, key)
    if now.last is None or now.last["status"] != "finished":
        raise Conflict("Not every stage is done yet.", suggestion="Go through the stages, or publish it.")
    if now.workflow["state"] == "active":
        raise Conflict("It is active already.", suggestion="Look at it in the list of workflows.")
    if now.redrawn:
        raise Conflict(
            "The draft was changed after the last stage.",
            suggestion="Scale up again, or publish the draft as it is.",
        )
    around = await store.surroundings(db, rights, now.workflow["module"])
    version = await freeze_once(db, rights, row, around, "Scaled up in stages")
    await store.activate(db, rights, key, version, backlog)


def _last_stage(now: ScaleUp) -> Mapping[str, Any]:
    if not now.is_open or not now.stages:
        raise Conflict("It is not being scaled up.", suggestion="Begin with a few records.")
    return now.stages[-1]


async def _end(db: Connection, rights: Rights, now: ScaleUp, status: str) -> None:
    assert now.last is not None
    await db.execute(END, now.last["id"], status, rights.user_id)
    verb = "finish_scale_up" if status == "finished" else "stop_scale_up"
    await _note(db, rights, now.workflow["key"], verb, stages=len(now.stages))


async def _stage(db: Connection, rights: Rights, now: ScaleUp, scale_up: int, size: int) -> None:
    """One stage more: the draft as it is now, over the next so many records."""
    workflow = now.workflow
    if now.reason is not None:
        raise Conflict("There can be no stage now.", suggestion=now.reason)
    ahead = now.next()
    if ahead is None or now.left is None:
        raise Conflict("No record meets its conditions.", suggestion="Look at the conditions of START.")
    if not 0 < size <= ahead["most"]:
        message = f"This stage takes 1 to {ahead['most']:,} records."
        raise Invalid.of(
            Problem("size", message, "/size", "Go on in steps: a few, some hundred, a thousand.")
        )
    around = await store.surroundings(db, rights, workflow["module"])
    version = await freeze_once(db, rights, workflow, around, "For a scale-up in stages")
    earlier = [stage["bulk_id"] for stage in now.stages] if now.is_open else []
    bulk = await open_bulk_run(
        db, await _loaded(db, version["id"]), started_by="stage", user_id=rights.user_id,
        limit=size if size < now.left else None, leave_out=earlier,
    )  # fmt: skip
    nr = len(earlier) + 1
    await db.execute(
        ADD_STAGE, scale_up, nr, step_of(size, now.left), bulk, version["id"], size, rights.user_id
    )
    if now.redrawn or not earlier:
        await db.execute(HOLD_MESSAGES, workflow["id"])
    await _note(db, rights, workflow["key"], "begin_stage", stage=nr, records=size, version=version["number"])


def step_of(size: int, left: int) -> int:
    """Which step so many records are.

    >>> step_of(5, 1000), step_of(100, 1000), step_of(1000, 5000), step_of(7, 7)
    (1, 2, 3, 4)
    """
    if size >= left:
        return len(STEPS)
    return next(nr for nr, step in enumerate(STEPS, 1) if step.most is None or size <= step.most)


async def _loaded(db: Connection, version_id: int) -> Version:
    zone = await organisation_time_zone(db)
    return (await load_versions(db, [version_id], await load_catalog(db), zone))[version_id]


async def _note(db: Connection, rights: Rights, key: str, verb: str, **details: object) -> None:
    await audit.append(db, rights.user_id, verb, f"workflow:{key}", **details)

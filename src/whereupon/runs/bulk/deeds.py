"""What a person does to bulk runs: run on all, pause, resume, cancel, run again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, NotFound
from whereupon.modules.catalog import load_catalog
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.runs.actions import FIND_WORKFLOW
from whereupon.runs.bulk.causes import Cause, FixFirst, find_causes
from whereupon.runs.bulk.ending import end_early
from whereupon.runs.bulk.opening import TELL, WAKE, Members, bulk_row, open_bulk_run, take_list
from whereupon.runs.definitions import Version, load_versions, organisation_time_zone
from whereupon.runs.task_runs import version_again

Which = Literal["all", "failed", "remaining"]

LOCK = """
SELECT b.*, w.state AS workflow_state, w.name AS workflow_name, w.active_version_id
FROM whereupon.bulk_runs b LEFT JOIN whereupon.workflows w ON w.id = b.workflow_id
WHERE b.id = $1 FOR UPDATE OF b
"""
PAUSE = """
UPDATE whereupon.bulk_runs SET status = 'paused', paused_at = clock_timestamp(), error = $2 WHERE id = $1
"""
# Runs that were made and have not begun wait as well.
PARK = """
UPDATE whereupon.runs SET ready_at = NULL
WHERE bulk_id = $1 AND status = 'queued' AND ready_at IS NOT NULL
"""
RESUME = """
UPDATE whereupon.bulk_runs SET status = CASE WHEN matched IS NULL THEN 'queued' ELSE 'running' END,
  error = NULL, paused_at = NULL, pace_at = clock_timestamp(), pace_processed = processed, per_second = NULL,
  paused_seconds = paused_seconds + extract(epoch FROM clock_timestamp() - paused_at)::float8
WHERE id = $1
"""
UNPARK = """
UPDATE whereupon.runs SET ready_at = clock_timestamp()
WHERE bulk_id = $1 AND status = 'queued' AND ready_at IS NULL
"""
BY_A_PERSON = {"code": "cancelled", "message": "A person cancelled the bulk run."}


async def run_on_all(db: Connection, rights: Rights, workflow: str) -> int:
    """Run the active version on every record that meets its filter; the bulk run's id."""
    rights.require_builder()
    row = await db.fetchrow(FIND_WORKFLOW, workflow)
    if row is None:
        raise NotFound(f'There is no workflow "{workflow}".')
    if row["state"] != "active":
        raise Conflict(
            f"{row['name']} is {row['state']}, so it does not run.", suggestion="Activate it first."
        )
    version = await version_of(db, row["active_version_id"])
    if version.module is not None:
        rights.require("read", version.module.key)
    bulk_id = await open_bulk_run(db, version, started_by="manual", user_id=rights.user_id)
    await audit.append(db, rights.user_id, "run_on_all", f"workflow:{workflow}", bulk_run=bulk_id)
    return bulk_id


async def version_of(db: Connection, version_id: int) -> Version:
    """A version, as it is kept, with its publisher's rights as they are now."""
    catalog = await load_catalog(db)
    return (await load_versions(db, [version_id], catalog, await organisation_time_zone(db)))[version_id]


async def locked(db: Connection, rights: Rights, bulk_id: int) -> Any:
    """The bulk run, held until the transaction ends. Raises NotFound, Refused."""
    rights.require_builder()
    row = await db.fetchrow(LOCK, bulk_id)
    if row is None:
        raise NotFound(f"There is no bulk run {bulk_id}.")
    return row


async def pause(db: Connection, rights: Rights, bulk_id: int) -> None:
    """Begin no more records, until it is resumed; runs that have begun go on. Raises Conflict."""
    row = await locked(db, rights, bulk_id)
    if row["status"] not in ("queued", "running"):
        raise Conflict(f"The bulk run is {row['status']}, so there is nothing to pause.")
    await db.execute(PAUSE, bulk_id, None)
    await db.execute(PARK, bulk_id)
    await _told(db, rights, "pause_bulk_run", bulk_id)


async def resume(db: Connection, rights: Rights, bulk_id: int) -> None:
    """Go on where it was paused. Raises Conflict."""
    row = await locked(db, rights, bulk_id)
    if row["status"] != "paused":
        raise Conflict(f"The bulk run is {row['status']}, not paused.")
    await db.execute(RESUME, bulk_id)
    await db.execute(UNPARK, bulk_id)
    await db.execute("NOTIFY whereupon_runs")
    await _told(db, rights, "resume_bulk_run", bulk_id)


async def cancel(db: Connection, rights: Rights, bulk_id: int) -> None:
    """End it, and its runs that are not over. What was done stays. Raises Conflict."""
    row = await locked(db, rights, bulk_id)
    if row["ended_at"] is not None:
        raise Conflict(f"The bulk run is over: {row['status']}.")
    await end_early(db, bulk_id, BY_A_PERSON)
    await _told(db, rights, "cancel_bulk_run", bulk_id)


async def _told(db: Connection, rights: Rights, deed: str, bulk_id: int) -> None:
    await audit.append(db, rights.user_id, deed, f"bulk_run:{bulk_id}")
    await db.execute(WAKE)
    await db.execute(TELL, str(bulk_id))


# Running again ---------------------------------------------------------------------------------------

# The members ($3: the bulk run) that failed; that were not begun, or whose run was cancelled by a person.
FAILED = """
SELECT r.record_id FROM whereupon.runs r
WHERE r.bulk_id = $3 AND r.status IN ('failed', 'partial') AND r.bulk_nr IS NOT NULL
"""
REMAINING = """
SELECT m.record_id FROM whereupon.bulk_members m
LEFT JOIN whereupon.runs r ON r.bulk_id = m.bulk_id AND r.bulk_nr = m.nr
WHERE m.bulk_id = $3 AND (r.id IS NULL OR r.status = 'cancelled'
                          AND r.error->>'code' NOT IN ('skipped', 'record_deleted'))
"""
OF_TASK = "UPDATE whereupon.bulk_runs SET data_task_id = $2 WHERE id = $1 AND $2::bigint IS NOT NULL"
# Two who do it at the same moment would do everything twice.
UNDER_WAY_AGAIN = "SELECT min(id) FROM whereupon.bulk_runs WHERE rerun_of = $1 AND ended_at IS NULL"
LISTED = "SELECT m.record_id FROM whereupon.bulk_members m WHERE m.bulk_id = $3"


async def rerun(db: Connection, rights: Rights, bulk_id: int, which: Which, *, fixed: bool = False) -> int:
    """Run a bulk run that is over again, on the active version; the new bulk run's id.

    Of a data task: on what the task is now, so that what was put right in it counts.

    "all" asks the same question anew. "remaining" are those that were not begun or were cancelled, where they
    still meet the filter. "failed" are run again as a single run is, even if they meet it no more:
    what the run did before it failed may be the reason. `fixed`: the person says that what has to be put
    right first is. Raises Conflict for one under way, for nothing to run again, and FixFirst.
    """
    row = await locked(db, rights, bulk_id)
    _refuse(row)
    if which != "all" and (other := await db.fetchval(UNDER_WAY_AGAIN, bulk_id)) is not None:
        raise Conflict(
            f"It is being run again already, as bulk run {other}.",
            suggestion="Wait for its end, and run again what failed in that one.",
        )
    version = await version_again(db, rights, row) or await version_of(db, _version_again(row))
    if which == "failed" and not fixed and version.id == row["version_id"]:
        _refuse_blind(await find_causes(db, bulk_id))
    if row["module_id"] is None:
        members, named = None, False
    else:
        members, named = _members(which, row)
    new = await open_bulk_run(
        db, version, started_by="rerun", user_id=rights.user_id, rerun_of=bulk_id,
        limit=row["most"] if which == "all" else None, leave_out=row["left_out"] if which == "all" else (),
    )  # fmt: skip
    await db.execute(OF_TASK, new, row["data_task_id"])
    if members is not None:
        await db.execute("UPDATE whereupon.bulk_runs SET named = $2 WHERE id = $1", new, named)
        if not await take_list(db, version, await bulk_row(db, new), members):
            raise Conflict("There is nothing to run again.", suggestion=_nothing(which))
    await audit.append(db, rights.user_id, "rerun_bulk_run", f"bulk_run:{bulk_id}", which=which, new=new)
    return new


def _version_again(row: Mapping[str, Any]) -> int:
    """The active version; but what a stage ran, as long as the workflow is only being tried."""
    is_tried = row["started_by"] == "stage" and row["workflow_state"] != "active"
    return row["version_id"] if is_tried else row["active_version_id"] or row["version_id"]


def _members(which: Which, row: Mapping[str, Any]) -> tuple[Members | None, bool]:
    """Which records are meant, and whether they are named, not found by the filter alone."""
    match which:
        case "failed":
            return Members(sql=FAILED, values=[row["id"]], filtered=False), True
        case "remaining":
            return Members(sql=REMAINING, values=[row["id"]]), True
        case "all":
            return (Members(sql=LISTED, values=[row["id"]]), True) if row["named"] else (None, False)


def _refuse(row: Mapping[str, Any]) -> None:
    if row["ended_at"] is None:
        raise Conflict(
            f"The bulk run is {row['status']}, so it cannot be run again.",
            suggestion="Cancel it first, or wait for it.",
        )
    if row["workflow_state"] in ("archived", "deleted"):
        raise Conflict(
            f"{row['workflow_name']} is {row['workflow_state']}.", suggestion="Restore the workflow first."
        )


def _refuse_blind(causes: list[Cause]) -> None:
    first = next((cause for cause in causes if cause.fix_first), None)
    if first is not None:
        advice = first.suggestion or "Put it right."
        raise FixFirst(
            f"{first.count:,} failed for this reason, and would again: {first.message}",
            suggestion=f"{advice.rstrip('.')}. Then run the failed ones again, and say that it is fixed.",
        )


def _nothing(which: Which) -> str:
    if which == "failed":
        return "None failed, or those that did are there no more."
    return "None is left that meets the filter."

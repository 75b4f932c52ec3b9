"""What a person does to runs: cancel, run again, release, signal. Starting them: by_hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from whereupon.conditions.compile import compile_condition
from whereupon.conditions.values import BROUGHT, Scope
from whereupon.db.pool import Connection
from whereupon.errors import Conflict, NotFound
from whereupon.modules.catalog import Module, load_catalog, quote
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.runs.bulk.causes import FixFirst, is_set_up_wrongly
from whereupon.runs.bulk.ending import end_those_of
from whereupon.runs.definitions import Version, load_versions, organisation_time_zone
from whereupon.runs.history import as_seen
from whereupon.runs.start import NewRun, insert_runs
from whereupon.workflows.plan import brought, document_now
from whereupon.workflows.stopping import end_bulk_runs_of

# The workflow, with the version that a new run gets.
FIND_WORKFLOW = (
    "SELECT id, name, state, active_version_id FROM whereupon.workflows WHERE key = $1 AND state <> 'deleted'"
)
# Rule 9: also a run by hand is a first time.
CLAIM = """
INSERT INTO whereupon.claims (workflow_id, record_id) SELECT $1, key
  FROM unnest($2::text[]) WITH ORDINALITY AS u(key, nr)
ORDER BY nr ON CONFLICT DO NOTHING RETURNING record_id
"""


def filter_sql(version: Version, data: str = "'{}'::jsonb") -> str:
    """The entry filter over the module's table as `n`; "true" without one.

    `data`: SQL jsonb of what the start brings along; by hand it brings nothing.
    """
    start = version.plan.start
    guard = start.trigger.guard(start.config, version.module) if start and version.module else "true"
    if start is None or start.filter is None:
        return guard
    zone = version.plan.document.settings.time_zone or version.time_zone
    user = f"{version.user_id}::bigint" if version.user_id is not None else None
    scope = Scope(
        catalog=version.catalog, module=version.module, time_zone=zone, user=user,
        outputs=brought(version.plan), data=data, document=document_now(version.plan, version.module),
    )  # fmt: skip
    found = compile_condition(start.filter, scope)
    return found if guard == "true" else f"({found}) AND {guard}"


def own_records(rights: Rights, module: Module) -> str:
    """SQL for the records `n` that this user may read, where that is only their own."""
    if not rights.own_only("read", module.key):
        return "true"
    owner = module.fields.get(module.owner_field or "")
    return (
        f"n.{quote(owner.column)} = {rights.user_id}"
        if owner and owner.column and rights.user_id
        else "false"
    )


BY_A_PERSON = {"code": "cancelled", "message": "A person cancelled it."}
CANCEL = """
UPDATE whereupon.runs SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
  waiting = NULL, ended_at = clock_timestamp(),
  error = jsonb_build_object('code', 'cancelled', 'message', 'A person cancelled it.')
WHERE id = ANY($1::bigint[]) AND ended_at IS NULL RETURNING id
"""


async def cancel_runs(db: Connection, rights: Rights, ids: Sequence[int]) -> list[int]:
    """End runs that are under way; gives those that were. A batch that is being advanced goes first.

    What they started and wait for, runs and bulk runs, ends with them; what these did stays.
    """
    rights.require_builder()
    cancelled = [row["id"] for row in await db.fetch(CANCEL, list(ids))]
    await end_those_of(db, cancelled)
    for run in cancelled:
        await audit.append(db, rights.user_id, "cancel_run", f"run:{run}")
    if cancelled:
        await db.execute("NOTIFY whereupon_runs")  # for who looks on; no engine has to do with them any more
    return cancelled


# All runs of a workflow that are under way; with $2 only those that wait.
CANCEL_OF_WORKFLOW = """
WITH cancelled AS (
  UPDATE whereupon.runs SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
    waiting = NULL, ended_at = clock_timestamp(),
    error = jsonb_build_object('code', 'cancelled', 'message', 'A person cancelled it.')
  WHERE workflow_id = $1 AND ended_at IS NULL AND (NOT $2 OR status = 'waiting') RETURNING 1)
SELECT count(*) FROM cancelled
"""


async def cancel_waiting(db: Connection, rights: Rights, workflow: str, *, only_waiting: bool = False) -> int:
    """End all runs of a workflow that are under way, or only those that wait (F5). How many."""
    rights.require_builder()
    row = await db.fetchrow(FIND_WORKFLOW, workflow)
    if row is None:
        raise NotFound(f'There is no workflow "{workflow}".')
    if not only_waiting:
        await end_bulk_runs_of(db, row["id"], BY_A_PERSON)
    count: int = await db.fetchval(CANCEL_OF_WORKFLOW, row["id"], only_waiting)
    if count:
        await audit.append(db, rights.user_id, "cancel_runs", f"workflow:{workflow}", runs=count)
        await db.execute("NOTIFY whereupon_runs")  # for who looks on
    return count


# A run that is over, as far as running it again needs it.
FIND_RUN = """
SELECT r.*, w.state AS workflow_state, w.name AS workflow_name, w.kind AS workflow_kind, w.active_version_id,
  (SELECT v.uses FROM whereupon.versions v WHERE v.id = r.version_id) AS uses
FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id WHERE r.id = $1
"""


async def rerun(
    db: Connection,
    rights: Rights,
    run_id: int,
    start_at: Literal["start", "failed"] = "start",
    *,
    fixed: bool = False,
) -> int:
    """Run again, from the start (on the active version) or from the block that failed. The new run's id.

    `fixed`: the person says that what has to be put right first is. Raises Conflict for a run that is under
    way, and for one that did not fail at a block, and FixFirst.
    """
    rights.require_builder()
    row = await run_that_is_over(db, run_id)
    failed, loop = start_at == "failed", loop_of(row)
    error: Mapping[str, Any] = row["error"] or {}
    if failed and not error.get("node"):
        raise Conflict("The run did not fail at a block.", suggestion="Run it again from the start.")
    if failed and not fixed:
        refuse_blind(rights, row)
    version = await version_of_run(db, row, active=not failed and not loop)
    node: str | None = error["node"] if failed else _first_node(version, loop)
    data = row["data"] if failed or loop else _brought_before(row["data"])
    return await begin_again(db, rights, row, version, node, data, start_at=start_at)


async def run_that_is_over(db: Connection, run_id: int) -> Mapping[str, Any]:
    """A run that may be run again. Raises NotFound, Conflict."""
    row = await db.fetchrow(FIND_RUN, run_id)
    if row is None:
        raise NotFound(f"There is no run {run_id}.")
    if row["ended_at"] is None:
        raise Conflict("The run is still under way.", suggestion="Cancel it first, or wait for it.")
    if row["workflow_state"] in ("archived", "deleted"):
        raise Conflict(
            f"{row['workflow_name']} is {row['workflow_state']}.", suggestion="Restore the workflow first."
        )
    return row


def loop_of(row: Mapping[str, Any]) -> str | None:
    """The block of whose items the run is one; None for a run of its own."""
    return row["branch_node"] if row["started_by"] in ("for_each", "rerun") else None


async def version_of_run(db: Connection, row: Mapping[str, Any], *, active: bool) -> Version:
    """The version that the run followed, or the active one, where there is one. Raises Conflict."""
    wanted = row["active_version_id"] if active else None
    version_id: int = wanted or row["version_id"]
    zone = await organisation_time_zone(db)
    found = (await load_versions(db, [version_id], await load_catalog(db), zone)).get(version_id)
    if found is None:
        raise Conflict(
            f"The version that run {row['id']} followed is no longer there.",
            suggestion="Run it again from the start, on the active version.",
        )
    return found


async def begin_again(
    db: Connection, rights: Rights, row: Mapping[str, Any], version: Version, node: str | None,
    data: Mapping[str, Any], **said: object,
) -> int:  # fmt: skip
    """A new run at a node, in the chain of causes of the old one (rule 19). Its id."""
    new = NewRun(
        workflow_id=row["workflow_id"], version_id=version.id, started_by="rerun", rerun_of=row["id"],
        node=node, branch_node=loop_of(row), module_id=row["module_id"], record_id=row["record_id"],
        change_id=row["change_id"], user_id=rights.user_id, data=dict(data), depth=row["depth"],
        chain=row["chain"],
    )  # fmt: skip
    await insert_runs(db, [new])
    await db.execute("NOTIFY whereupon_runs")
    await audit.append(db, rights.user_id, "rerun_run", f"run:{row['id']}", **said)
    return int(await db.fetchval("SELECT max(id) FROM whereupon.runs WHERE rerun_of = $1", row["id"]))


def _brought_before(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the run was started with, for it comes only once."""
    return {BROUGHT: data[BROUGHT]} if BROUGHT in data else {}


def _first_node(version: Version, loop: str | None) -> str | None:
    """Where a run begins: at the first block, or, on an item of a loop, at the first one inside."""
    step = version.plan.steps.get(loop or "")
    return version.plan.first if step is None else step.exits.get(step.block.each_port or "")


def refuse_blind(rights: Rights, row: Mapping[str, Any]) -> None:
    """Raises FixFirst for a run that would fail again, until something is set up differently.

    Its reason is told to who may read what the run used.
    """
    error: Mapping[str, Any] = row["error"] or {}
    if not is_set_up_wrongly(error.get("code", ""), error.get("message", "")):
        return
    told = as_seen({"uses": row["uses"], "error": error}, rights)[0]["error"]
    advice = str(told.get("suggestion") or "Put it right.").rstrip(".")
    raise FixFirst(
        f"It failed for this reason, and would again: {told['message']}",
        suggestion=f"{advice}. Then run it again, and say that it is fixed.",
    )


RELEASE = """
UPDATE whereupon.runs SET status = 'queued', ready_at = clock_timestamp(), error = NULL
WHERE id = ANY($1::bigint[]) AND status = 'held' RETURNING id
"""


async def release_runs(db: Connection, rights: Rights, ids: Sequence[int]) -> list[int]:
    """Let held runs go on; gives those that were held."""
    rights.require_builder()
    released = [row["id"] for row in await db.fetch(RELEASE, list(ids))]
    await db.execute("NOTIFY whereupon_runs")
    return released


# It may be about to wait in the hands of an engine: after that.
HOLD = "SELECT FROM whereupon.runs WHERE id = $1 FOR NO KEY UPDATE"
SIGNAL = """
WITH told AS (INSERT INTO whereupon.signals (run_id, name, payload) VALUES ($1, $2, $3))
UPDATE whereupon.runs SET ready_at = clock_timestamp() WHERE id = $1 AND status = 'waiting'
  AND ended_at IS NULL
RETURNING id
"""


async def signal(
    db: Connection, run_id: int, name: str, payload: Mapping[str, Any] | None = None, *, by: int | None = None
) -> bool:
    """Tell a waiting run something; whether it is waiting at all. `by`: the person who does."""
    await db.execute(HOLD, run_id)
    found = await db.fetchval(SIGNAL, run_id, name, dict(payload or {}))
    if by is not None:
        await audit.append(db, by, "signal_run", f"run:{run_id}", signal=name)
    await db.execute("NOTIFY whereupon_runs")
    return found is not None

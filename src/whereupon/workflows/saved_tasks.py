"""Data tasks as they are kept: made, changed, tried, run by hand, and put on a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, did_you_mean
from whereupon.modules.catalog import load_catalog, revise
from whereupon.outbox.rehearsing import rehearsal
from whereupon.people import audit
from whereupon.people.rights import Rights, require_reads
from whereupon.sdk.data_tasks import (
    BY_HAND,
    DataTask,
    Parts,
    Result,
    by_hand,
    run_task,
    task_parts,
    task_reads,
)
from whereupon.workflows import store
from whereupon.workflows.document import problems_of
from whereupon.workflows.task_schedules import task_document

LIMITS = "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '3s'"


class NewDataTask(BaseModel):
    """A task, and what it is called."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=r"\S")
    key: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,58}$", description="None: made from the name.")
    description: str = Field("", max_length=5_000)
    definition: DataTask


class DataTaskChange(BaseModel):
    """What may be changed; absent: as it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=200, pattern=r"\S")
    description: str | None = Field(None, max_length=5_000)
    definition: DataTask | None = None


SELECT = """
SELECT d.id, d.key, d.name, d.description, d.definition, u.name AS owner, d.created_at, d.updated_at,
  d.xmin::text AS etag,
  (SELECT count(*) FROM whereupon.workflows w JOIN whereupon.versions v ON v.id = w.active_version_id
   WHERE w.state = 'active' AND v.document @? format('$.nodes[*] ? (@.block == "data_task"
     && @.config.task == "%s")', d.key)::jsonpath) AS workflows
FROM whereupon.data_tasks d LEFT JOIN whereupon.users u ON u.id = d.owner_id
"""
LIST = SELECT + "WHERE d.id > $1 ORDER BY d.id LIMIT $2"
FIND = SELECT + "WHERE d.key = $1"
ADD = """
INSERT INTO whereupon.data_tasks (key, name, description, definition, owner_id) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (key) DO NOTHING RETURNING id
"""
CHANGE = """
UPDATE whereupon.data_tasks SET name = coalesce($2, name), description = coalesce($3, description),
  definition = coalesce($4, definition), updated_at = now() WHERE key = $1
"""


UNDER_WAY = """
SELECT EXISTS (SELECT FROM whereupon.bulk_runs WHERE data_task_id = $1 AND ended_at IS NULL)
"""
# Behind what ran in bulk stands a workflow; what it did stays in the history.
END_WORKFLOWS = r"""
UPDATE whereupon.workflows SET state = 'deleted' WHERE kind = 'data_task' AND key LIKE replace($1, '_', '\_')
"""


async def list_tasks(
    db: Connection, rights: Rights, *, after: int = 0, limit: int = 50
) -> list[dict[str, Any]]:
    """All of them, in the order of their making. For builders."""
    rights.require_builder()
    return [dict(row) for row in await db.fetch(LIST, after, limit)]


async def get_task(db: Connection, rights: Rights, key: str) -> dict[str, Any]:
    """Raises NotFound with the nearest key."""
    rights.require_builder()
    row = await db.fetchrow(FIND, key)
    if row is None:
        keys = [one["key"] for one in await db.fetch("SELECT key FROM whereupon.data_tasks LIMIT 5000")]
        raise NotFound(f'There is no data task "{key}".', suggestion=did_you_mean(key, keys))
    return dict(row)


async def create_task(db: Connection, rights: Rights, new: NewDataTask) -> dict[str, Any]:
    """Raises Invalid for a fault, Conflict for a key that is taken."""
    rights.require_builder()
    await _checked(db, rights, new.definition)
    key = new.key or await _free_key(db, store.key_of(new.name))
    definition = new.definition.model_dump(mode="json", exclude_none=True)
    if not await db.fetchval(ADD, key, new.name, new.description, definition, rights.user_id):
        raise Conflict(f'There is a data task "{key}" already.', suggestion="Choose another key.")
    await revise(db)
    await audit.append(db, rights.user_id, "create_data_task", f"data_task:{key}")
    return await get_task(db, rights, key)


async def change_task(
    db: Connection, rights: Rights, key: str, change: DataTaskChange, *, etag: str | None = None
) -> dict[str, Any]:
    """Raises NotFound, Invalid, PreconditionFailed."""
    await db.execute("SELECT FROM whereupon.data_tasks WHERE key = $1 FOR UPDATE", key)
    row = await get_task(db, rights, key)
    if etag is not None and etag != row["etag"]:
        raise PreconditionFailed("Somebody changed this data task meanwhile.", suggestion="Read it again.")
    if change.definition is not None:
        await _checked(db, rights, change.definition)
    definition = change.definition.model_dump(mode="json", exclude_none=True) if change.definition else None
    await db.execute(CHANGE, key, change.name, change.description, definition)
    await revise(db)
    await audit.append(db, rights.user_id, "change_data_task", f"data_task:{key}")
    return await get_task(db, rights, key)


async def delete_task(db: Connection, rights: Rights, key: str) -> None:
    """Raises Conflict while an active workflow runs it."""
    row = await get_task(db, rights, key)
    if row["workflows"]:
        told = f"{row['workflows']} active workflows run this data task."
        raise Conflict(told, suggestion="Take it out of them, or disable them, first.")
    if await db.fetchval(UNDER_WAY, row["id"]):
        raise Conflict("The data task runs just now.", suggestion="Wait for it, or cancel its bulk run.")
    await db.execute(END_WORKFLOWS, f"data_task_{row['id']}_%")
    await db.execute("DELETE FROM whereupon.data_tasks WHERE key = $1", key)
    await revise(db)
    await audit.append(db, rights.user_id, "delete_data_task", f"data_task:{key}")


async def _free_key(db: Connection, wanted: str) -> str:
    rows = await db.fetch("SELECT key FROM whereupon.data_tasks WHERE starts_with(key, $1)", wanted)
    taken = {row["key"] for row in rows}
    return next(key for n in range(1, 10_000) if (key := wanted if n == 1 else f"{wanted}_{n}") not in taken)


async def _zone(db: Connection) -> str:
    found = await db.fetchval("SELECT value->>'time_zone' FROM whereupon.settings WHERE key = 'organisation'")
    return found or "UTC"


async def _checked(db: Connection, rights: Rights, task: DataTask) -> Parts:
    """The task made ready for this user. Raises Invalid with paths below /definition, Refused."""
    batch = by_hand(db, await load_catalog(db), rights, await _zone(db))
    try:
        parts = task_parts(task, batch.place.scope)
    except Invalid as error:
        raise Invalid.of(*(problem.under("/definition") for problem in error.problems)) from None
    require_reads(rights, task_reads(parts), batch.place.catalog, parts.source.key)
    return parts


# Running ---------------------------------------------------------------------------------------------

NEWEST_CHANGE = "SELECT coalesce(max(id), 0) FROM whereupon.changes"
# Nobody has seen these changes yet: they are of no run, and a person made them.
DISOWN = "UPDATE whereupon.changes SET run_id = NULL, origin = $2 WHERE id > $1 AND run_id = $3"


async def run_now(
    db: Connection, rights: Rights, task: DataTask, origin: str, *, trial: bool = False
) -> Result:
    """Run it as this user, in the caller's transaction. Raises Invalid, Refused."""
    rights.require_builder()
    await db.execute(LIMITS)
    parts = await _checked(db, rights, task)
    before = await db.fetchval(NEWEST_CHANGE)
    result = await run_task(by_hand(db, parts.inner.catalog, rights, await _zone(db)), parts, trial=trial)
    await db.execute(DISOWN, before, origin, BY_HAND)
    return result


async def run_saved(db: Connection, rights: Rights, key: str, origin: str) -> Result:
    """The same with a saved one, noted in the audit log."""
    row = await get_task(db, rights, key)
    result = await run_now(db, rights, DataTask.model_validate(row["definition"]), origin)
    await audit.append(db, rights.user_id, "run_data_task", f"data_task:{key}", **result.counts)
    return result


async def try_out(db: Connection, rights: Rights, task: DataTask) -> dict[str, Any]:
    """What it would do: done, looked at, and taken back. The caller's transaction goes on.

    Of more records than one run takes, the first thousand are tried.
    """
    savepoint = db.transaction()
    await savepoint.start()
    try:
        with rehearsal():
            return shown(await run_now(db, rights, task, "ui", trial=True))
    finally:
        await savepoint.rollback()


def shown(result: Result) -> dict[str, Any]:
    """As the API gives it."""
    examples: Any = orjson.loads(orjson.dumps(result.examples))
    return {**result.counts, "tried": result.tried, "examples": examples, "failures": result.failures}


async def put_on_schedule(db: Connection, rights: Rights, key: str, start: Mapping[str, Any]) -> str:
    """A workflow draft that runs it at the times of `start`; its key. Raises NotFound, Invalid."""
    from whereupon.triggers.schedule import ScheduleConfig

    row = await get_task(db, rights, key)
    try:
        ScheduleConfig.model_validate({**start, "each_record": False})
    except ValidationError as error:
        raise Invalid.of(*(one.under("/start") for one in problems_of(error, ScheduleConfig))) from None
    document = task_document(start, [(row["key"], row["name"])])
    new = {"name": f"{row['name'][:180]} — scheduled", "document": document}
    made = await store.create_workflow(db, rights, store.NewWorkflow.model_validate(new))
    return str(made["key"])

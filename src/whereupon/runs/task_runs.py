"""A data task as a bulk run: however many records, in chunks, with progress, pause, cancel and run again.

Behind each task stands a workflow of the kind "data_task", made here and shown nowhere: its versions keep
what the task was when it ran, and its runs what became of each record. A task that writes to the records
themselves is one "Update fields", which goes as a set; one that writes to others is the block "Run data
task" for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Refused, WhereuponError
from whereupon.outbox.rehearsing import rehearsing
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.runs.bulk.opening import open_bulk_run
from whereupon.runs.definitions import Version, load_versions
from whereupon.sdk.data_tasks import DataTask
from whereupon.sdk.outcomes import Fail, Outcome, StartTask, Wait
from whereupon.workflows import store
from whereupon.workflows.check import Surroundings, check_workflow, fields_used
from whereupon.workflows.document import START, parse_document
from whereupon.workflows.freezing import ADD_VERSION, SAME

LOOK_AGAIN = timedelta(seconds=2)  # a block that waits for its bulk run asks so often

FIND = "SELECT id, key, name, definition FROM whereupon.data_tasks WHERE key = $1"
FIND_BY_ID = "SELECT id, key, name, definition FROM whereupon.data_tasks WHERE id = $1"
# One workflow for each module that the task was ever about: its runs are about that module.
KEEP = """
INSERT INTO whereupon.workflows (key, name, description, draft, kind, module_id, owner_id)
VALUES ($1, $2, $3, $4, 'data_task', $5, $6)
ON CONFLICT (key) DO UPDATE SET name = excluded.name, draft = excluded.draft, updated_at = now()
RETURNING id
"""
ABOUT = "Made from the data task of the same name, which says what it does."
BELONGS = """
UPDATE whereupon.bulk_runs SET started_by = 'data_task', data_task_id = $2, parent_run_id = $3 WHERE id = $1
"""


async def run_in_bulk(db: Connection, rights: Rights, key: str) -> int:
    """Order a bulk run of a saved task as this user; its id. Raises NotFound, Invalid, Refused."""
    rights.require_builder()
    bulk = await open_task_run(db, rights, key)
    await audit.append(db, rights.user_id, "run_data_task", f"data_task:{key}", bulk_run=bulk)
    return bulk


async def open_task_run(db: Connection, rights: Rights, key: str, parent: int | None = None) -> int:
    """The same, of whoever publishes the workflow that runs it; `parent`: the run that waits for it."""
    task = await db.fetchrow(FIND, key)
    if task is None:
        raise NotFound(f'There is no data task "{key}".')
    version = await version_now(db, rights, task)
    bulk = await open_bulk_run(db, version, started_by="manual", user_id=rights.user_id)
    await db.execute(BELONGS, bulk, task["id"], parent)
    return bulk


async def version_now(db: Connection, rights: Rights, task: Mapping[str, Any]) -> Version:
    """What the task does as it is now, on behalf of this user. Raises Invalid, Refused."""
    definition = DataTask.model_validate(task["definition"])
    around = await store.surroundings(db, rights, definition.module)
    workflow, document = await _keep(db, rights, task, definition, around)
    version = await _version(db, rights, workflow, document, around)
    return (await load_versions(db, [version], around.catalog, around.time_zone))[version]


async def version_again(db: Connection, rights: Rights, bulk: Mapping[str, Any]) -> Version | None:
    """What a task's bulk run does when run again: the task as it is now, if it is about the same records.

    None for a bulk run of no task, and of one that is gone. Raises Invalid, Refused.
    """
    task: Any = await db.fetchrow(FIND_BY_ID, bulk["data_task_id"])
    if task is None:
        return None
    version = await version_now(db, rights, task)
    return version if version.module is not None and version.module.id == bulk["module_id"] else None


def task_workflow(key: str, task: DataTask, rights: Rights | None = None) -> dict[str, Any]:
    """What the task does to one of its records. Where a workflow runs it that acts as a role, so does this.

    >>> drawn = task_workflow("lapse", DataTask.model_validate({"module": "m", "set": {"status": "x"}}))
    >>> [node["block"] for node in drawn["nodes"]]
    ['start', 'update_record']
    """
    raw = task.model_dump(mode="json", by_alias=True, exclude_none=True)
    start: dict[str, Any] = {"trigger": "manual"}
    if "where" in raw:
        start["filter"] = raw["where"]
    if task.target is None:
        node: dict[str, Any] = {"key": "write", "block": "update_record", "config": {"set": raw["set"]}}
    else:
        node = {"key": "write", "block": "data_task", "config": {"task": key, "this_record": True}}
    return {
        "format": 1,
        "nodes": [{"key": START, "block": START, "config": start}, node],
        "edges": [{"from": START, "port": "next", "to": "write"}],
        "settings": {"acts_as": rights.acts_as.key} if rights is not None and rights.acts_as else {},
    }


async def _keep(
    db: Connection, rights: Rights, task: Mapping[str, Any], definition: DataTask, around: Surroundings
) -> tuple[int, dict[str, Any]]:
    """The workflow behind the task, as the task is now."""
    if rights.user_id is None:
        raise Refused("A data task acts as a user, so it needs one.", suggestion="Sign in as a user.")
    assert around.module is not None
    document = task_workflow(task["key"], definition, rights)
    key = f"data_task_{task['id']}_{around.module.id}"
    name: str = task["name"]
    made: int = await db.fetchval(KEEP, key, name, ABOUT, document, around.module.id, rights.user_id)
    return made, document


async def _version(
    db: Connection, rights: Rights, workflow: int, document: dict[str, Any], around: Surroundings
) -> int:
    """What runs: the newest version where it is the same, else one more. Quotas do not count tasks."""
    parsed = parse_document(document)
    if faults := check_workflow(parsed, around):
        told = [fault for fault in faults if fault.path]
        raise Invalid("The data task cannot run as it is.", problems=told or faults)
    known: Any = await db.fetchrow(SAME, workflow, document, rights.user_id)
    if known is None:
        uses = fields_used(parsed, around)
        known = await db.fetchrow(ADD_VERSION, workflow, document, uses, rights.user_id, "")
    return known["id"]


async def start_tasks(
    db: Connection, rights: Rights, asked: Sequence[tuple[int, StartTask]]
) -> dict[int, Outcome]:
    """What comes of blocks that found too many records to do at once: each waits for a bulk run."""
    found: dict[int, Outcome] = {}
    for run, wanted in asked:
        if rehearsing():
            found[run] = Fail(TOO_MANY, "too_many", "Try the task with a narrower condition.")
            continue
        try:
            bulk = await open_task_run(db, rights, wanted.workflow, run)
        except WhereuponError as error:
            found[run] = Fail(str(error), error.code, error.suggestion)
            continue
        now = await db.fetchval("SELECT clock_timestamp()")
        found[run] = Wait(until=now + LOOK_AGAIN, memo={"bulk": bulk})
    return found


TOO_MANY = "It finds more records than a test goes through. When it is active, they go as a bulk run."

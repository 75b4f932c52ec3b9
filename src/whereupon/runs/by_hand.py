"""Starting a workflow by hand: on one record, on a selection, on all that meet its filter (B7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, NotFound, Refused
from whereupon.modules.catalog import quote
from whereupon.people.rights import Rights
from whereupon.runs.actions import CLAIM, FIND_WORKFLOW, filter_sql, own_records
from whereupon.runs.bulk.chunks import begin
from whereupon.runs.bulk.deeds import version_of
from whereupon.runs.bulk.opening import open_bulk_run, take_list_now
from whereupon.runs.definitions import Version
from whereupon.runs.start import NewRun, insert_runs

FEW = 20  # so many records are just started; of more, one wants to see how far they are
LISTED = "SELECT record_id FROM whereupon.bulk_members WHERE bulk_id = $1 ORDER BY nr"


async def start_by_hand(
    db: Connection, rights: Rights, workflow: str, records: Sequence[str] | None = None
) -> dict[str, Any]:
    """Start the active version on these records, or on all that meet its filter (None).

    Gives {"started": …, "left_out": [records that do not meet the filter, had their first and only time,
    are not there, or may not be read], "bulk_run": its id, None for a few records}.
    """
    version = await _startable(db, rights, workflow)
    if version.module is None:
        return await _start(db, version, [None], rights, [])
    rights.require("read", version.module.key)
    if records is None or len(records) > FEW:
        return await _start_many(db, version, rights, records)
    keys = await _matching(db, rights, version, records)
    if version.plan.document.settings.recurrence == "first_time":
        keys = [row["record_id"] for row in await db.fetch(CLAIM, version.workflow_id, keys)]
    return await _start(db, version, keys, rights, records)


async def _startable(db: Connection, rights: Rights, workflow: str) -> Version:
    """The active version, if this user may start it. Raises NotFound, Conflict, Refused."""
    row = await db.fetchrow(FIND_WORKFLOW, workflow)
    if row is None:
        raise NotFound(f'There is no workflow "{workflow}".')
    if row["state"] != "active":
        raise Conflict(
            f"{row['name']} is {row['state']}, so it does not run.", suggestion="Activate it first."
        )
    version = await version_of(db, row["active_version_id"])
    start = version.plan.start
    assert start is not None
    if start.trigger.key not in ("manual", "schedule") and not rights.builder:
        raise Refused("Only a builder may start a workflow by hand that starts by itself.")
    return version


async def _start(
    db: Connection, version: Version, keys: Sequence[str | None], rights: Rights, asked: Sequence[str]
) -> dict[str, Any]:
    await insert_runs(db, [_run(version, key, rights.user_id) for key in keys])
    await db.execute("NOTIFY whereupon_runs")
    left_out = sorted(set(asked) - {key for key in keys if key is not None})
    return {"started": len(keys), "left_out": left_out, "bulk_run": None}


def _run(version: Version, record_id: str | None, user_id: int | None) -> NewRun:
    return NewRun(
        workflow_id=version.workflow_id, version_id=version.id, node=version.plan.first, started_by="manual",
        module_id=version.module.id if version.module else None, record_id=record_id, user_id=user_id,
        concurrency=version.plan.document.settings.concurrency,
    )  # fmt: skip


async def _start_many(
    db: Connection, version: Version, rights: Rights, records: Sequence[str] | None
) -> dict[str, Any]:
    """As a bulk run, whose list is taken at once; a short one begins at once, too."""
    bulk_id = await open_bulk_run(
        db, version, started_by="manual", user_id=rights.user_id, of_members=records
    )
    started = await take_list_now(db, version, bulk_id)
    await begin(db, version, bulk_id)
    listed = {row["record_id"] for row in await db.fetch(LISTED, bulk_id)} if records else set[str]()
    return {"started": started, "left_out": sorted(set(records or ()) - listed), "bulk_run": bulk_id}


async def _matching(db: Connection, rights: Rights, version: Version, records: Sequence[str]) -> list[str]:
    """Those of the records that meet the filter and that this user may read."""
    module = version.module
    assert module is not None
    conditions = [filter_sql(version), own_records(rights, module)]
    key = module.key_sql("n")
    rows = await db.fetch(
        f"SELECT {key} AS key FROM {module.sql} n WHERE ({') AND ('.join(conditions)}) "
        f"AND {key} = ANY($1::text[]) ORDER BY n.{quote(module.key_columns[0])}",
        list(records),
    )
    return [row["key"] for row in rows]

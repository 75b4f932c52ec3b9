"""Opening a bulk run, and taking its list: the records that meet the filter now, once (rule 23).

What the workflow changes afterwards cannot make it skip or repeat a record, and a restart goes on where it
was: the list is kept, with the chunks in which it is worked off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.modules.catalog import Module, quote
from whereupon.people.rights import Rights, load_rights
from whereupon.runs.actions import filter_sql, own_records
from whereupon.runs.definitions import Version
from whereupon.sdk.outside import OutsideBlock
from whereupon.triggers.date_reached import DateConfig, due_sql
from whereupon.triggers.schedule import ScheduleConfig

StartedBy = Literal["schedule", "manual", "rerun", "stage"]
# Members of a chunk, and of one of workflows that call the outside. Twice as many are in flight, so what is
# paused stops soon. Who edits a record of a chunk that is being worked off waits until that is done: larger
# ones, although a little faster, would be felt (docs/decisions/0029-log-in-small-pieces.md).
CHUNK, CHUNK_OF_CALLS = 1_000, 250
WAKE, TELL = "NOTIFY whereupon_bulk", "SELECT pg_notify('whereupon_bulk_runs', $1::text)"

OPEN = """
INSERT INTO whereupon.bulk_runs (workflow_id, version_id, module_id, started_by, user_id, nominal_at, most,
  named, left_out, rerun_of)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id
"""
# The list, in the order of the module's key.
TAKE = """
INSERT INTO whereupon.bulk_members (bulk_id, nr, record_id)
SELECT $1, row_number() OVER (ORDER BY {order}), {key} FROM {table} n WHERE {where} ORDER BY {order} LIMIT $2
"""
CUT = """
INSERT INTO whereupon.bulk_chunks (bulk_id, first_nr, last_nr)
SELECT $1, nr, least(nr + $3 - 1, $2) FROM generate_series(1, $2::integer, $3::integer) nr
"""
BEGIN = """
UPDATE whereupon.bulk_runs SET matched = $2, status = 'running', started_at = clock_timestamp(),
  pace_at = clock_timestamp(), error = NULL WHERE id = $1
"""
NOTE_OCCURRENCE = """
UPDATE whereupon.occurrences o SET matched = b.matched FROM whereupon.bulk_runs b
WHERE b.id = $1 AND o.workflow_id = b.workflow_id AND o.nominal_at = b.nominal_at
"""


@dataclass(frozen=True, slots=True)
class Members:
    """Which records are meant, when it is not all that meet the filter.

    `records`: these, where they meet the filter. `sql`: a query (with values from $3 on) that gives
    `record_id`; `filtered` false takes them even where they meet it no more.
    """

    records: Sequence[str] | None = None
    sql: str | None = None
    values: Sequence[Any] = ()
    filtered: bool = True


async def open_bulk_run(
    db: Connection,
    version: Version,
    *,
    started_by: StartedBy,
    user_id: int | None = None,
    limit: int | None = None,
    of_members: Sequence[str] | None = None,
    leave_out: Sequence[int] = (),
    nominal_at: datetime | None = None,
    rerun_of: int | None = None,
) -> int:
    """Order a bulk run of `version` on all records that meet its filter; its id. Inside a transaction.

    The version may be of any workflow that is not archived or deleted: for a draft, keep it as a version
    first (workflows/freezing), then `load_versions`. A worker takes the list and works it off; until then
    the bulk run is "queued" and `matched` is null. Look at it with `telling.get_bulk_run`.

    `limit`: only the first so many, in the order of the module's key. `leave_out`: not the members of these
    bulk runs, so that a second stage goes on where the first one ended. `of_members`: ids of records; only
    these, where they meet the filter, and the list is taken at once. `user_id`: who ordered it; only what
    they may read is listed, and of a workflow that acts as a role, what that may read, too. Without (a
    schedule): what its runs may read.
    """
    per_record = runs_on_records(version)
    bulk_id: int = await db.fetchval(
        OPEN, version.workflow_id, version.id, version.module.id if per_record and version.module else None,
        started_by, user_id, nominal_at, limit, of_members is not None, list(leave_out), rerun_of,
    )  # fmt: skip
    if of_members is not None:
        await take_list(db, version, await bulk_row(db, bulk_id), Members(records=of_members))
    await db.execute(WAKE)
    await db.execute(TELL, str(bulk_id))
    return bulk_id


def runs_on_records(version: Version) -> bool:
    """Whether it has a run for each record; else it is one job, a list of one place without a record."""
    start = version.plan.start
    config = start.config if start else None
    return version.module is not None and not (isinstance(config, ScheduleConfig) and not config.each_record)


async def bulk_row(db: Connection, bulk_id: int) -> Any:
    """The row of a bulk run, as it is now."""
    return await db.fetchrow("SELECT * FROM whereupon.bulk_runs WHERE id = $1", bulk_id)


async def take_list(db: Connection, version: Version, bulk: Any, members: Members | None = None) -> int:
    """Write the list of a bulk run and cut it into chunks; how many there are. Inside a transaction.

    Raises Refused when the reader may not read the module at all.
    """
    matched = 1
    if bulk["module_id"] is not None:
        matched = await _take(db, version, bulk, members or Members())
    await db.execute(CUT, bulk["id"], matched, chunk_size(version))
    await db.execute(BEGIN, bulk["id"], matched)
    if bulk["nominal_at"] is not None:
        await db.execute(NOTE_OCCURRENCE, bulk["id"])
    return matched


async def take_list_now(db: Connection, version: Version, bulk_id: int) -> int:
    """The list of a bulk run that this transaction has opened, taken if it is not yet; how many there are."""
    bulk = await bulk_row(db, bulk_id)
    matched: int | None = bulk["matched"]
    return await take_list(db, version, bulk) if matched is None else matched


async def _take(db: Connection, version: Version, bulk: Any, members: Members) -> int:
    module = version.module
    assert module is not None
    where, values = await where_of(db, version, bulk, members, first=3)
    order = ", ".join(f"n.{quote(column)}" for column in module.key_columns)
    statement = TAKE.format(order=order, key=module.key_sql("n"), table=module.sql, where=where)
    done = await db.execute(statement, bulk["id"], bulk["most"], *values)
    return int(done.rsplit(" ", 1)[-1])


async def where_of(
    db: Connection, version: Version, bulk: Any, members: Members, *, first: int
) -> tuple[str, list[Any]]:
    """SQL over the module's table as `n`, with values from $`first` on. Raises Refused."""
    module, key = version.module, version.module.key_sql("n") if version.module else ""
    assert module is not None
    reader = await reader_of(db, version, bulk)
    conditions, values = [readable_sql(reader, module)], list[Any]()
    if version.rights is not None and version.rights.acts_as is not None:
        conditions.append(
            readable_sql(version.rights, module)
        )  # a role was chosen so that no more is touched
    if members.filtered:
        conditions.append(filter_sql(version))
    if members.records is not None:
        conditions.append(f"{key} = ANY(${first}::text[])")
        values.append(list(members.records))
    if members.sql is not None:
        conditions.append(f"{key} IN ({members.sql})")
        values += members.values
    if bulk["left_out"]:
        conditions.append(
            f"NOT EXISTS (SELECT FROM whereupon.bulk_members l WHERE l.record_id = {key} "
            f"AND l.bulk_id = ANY(${first + len(values)}::bigint[]))"
        )
        values.append(bulk["left_out"])
    if bulk["started_by"] == "stage" and (come := come_sql(version)):
        conditions.append(come)
    if once_per_record(version) and bulk["started_by"] != "rerun":
        conditions.append(
            "NOT EXISTS (SELECT FROM whereupon.claims l "
            f"WHERE l.workflow_id = {version.workflow_id} AND l.record_id = {key})"
        )
    return f"({') AND ('.join(conditions)})", values


def goes_by_dates(version: Version) -> bool:
    """Whether it starts so long before or after a date of its record."""
    return version.plan.start is not None and isinstance(version.plan.start.config, DateConfig)


def come_sql(version: Version) -> str | None:
    """SQL over `n`: its time has come. None for a workflow that does not go by dates. Raises Invalid.

    A stage does to a record what the workflow would do by itself, so not before its time: it would get the
    reminder twice.
    """
    start, module = version.plan.start, version.module
    if start is None or module is None or not isinstance(start.config, DateConfig):
        return None
    zone = version.plan.document.settings.time_zone or version.time_zone
    scope = Scope(catalog=version.catalog, module=module, time_zone=zone)
    return f"{due_sql(start.config, scope)} <= clock_timestamp()"


def once_per_record(version: Version) -> bool:
    """Rule 9: a record has its first and only time."""
    return version.plan.document.settings.recurrence == "first_time"


async def reader_of(db: Connection, version: Version, bulk: Any) -> Rights | None:
    """Whose rights decide what is listed: of the person who ordered it, else of the publisher (rule 28)."""
    user_id: int | None = bulk["user_id"]
    return version.rights if user_id is None else await load_rights(db, user_id)


def readable_sql(rights: Rights | None, module: Module) -> str:
    """Which rows may be read. Without a publisher it is not narrowed: nothing of it will run."""
    if rights is None:
        return "true"
    rights.require("read", module.key)
    return own_records(rights, module)


def chunk_size(version: Version) -> int:
    """How many members a worker takes at a time: fewer where blocks take long."""
    blocks = [step.block for step in version.plan.steps.values()]
    return CHUNK_OF_CALLS if any(isinstance(block, OutsideBlock) for block in blocks) else CHUNK

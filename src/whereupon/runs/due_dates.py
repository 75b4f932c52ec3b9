"""Date-relative triggers (rule 22): rows that become due, kept in step with the records' dates."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import structlog

from whereupon.db.pool import GONE, TRANSIENT
from whereupon.modules.catalog import quote
from whereupon.runs.actions import filter_sql
from whereupon.runs.definitions import Active, Definitions
from whereupon.runs.start import NewRun, cannot_ask, insert_runs
from whereupon.triggers.date_reached import DateConfig
from whereupon.workflows.arming import SET_ARMED, arm_dates_anew, dates_sql, digest_of

log = structlog.get_logger()
BATCH = 1_000
DAILY_CAP = 48  # starts of one workflow on one record in a day (rule 19): a date that moves itself is a loop


def dated(definitions: Definitions) -> list[Active]:
    """The active workflows that start by a date of the record."""
    if "dated" not in definitions.memory:
        definitions.memory["dated"] = [
            a for a in definitions.active if _config(a) is not None and a.version.module
        ]
    return definitions.memory["dated"]


def _config(active: Active) -> DateConfig | None:
    start = active.version.plan.start
    return start.config if start is not None and isinstance(start.config, DateConfig) else None


async def follow_dates(
    db: asyncpg.Connection[Any], definitions: Definitions, touched: Mapping[int, Sequence[str]],
    *, quietly: bool = False, careful: bool = False,
) -> None:  # fmt: skip
    """Move the rows of records (module id → keys) that have changed: none without a date, one per date.

    `quietly`: nothing is to start because of it, so what has passed counts as passed. `careful`: a workflow
    whose dates cannot be asked, for its table was altered, say, stops nothing else.
    """
    for active in dated(definitions):
        module = active.version.module
        keys = touched.get(module.id) if module else None
        if keys:
            sql = definitions.memory.setdefault(
                ("follow", active.version.id, quietly), _follow_sql(active, definitions, quietly=quietly)
            )
            async with _apart(db, active, careful):
                await db.execute(sql, active.workflow_id, list(keys))


@asynccontextmanager
async def _apart(db: asyncpg.Connection[Any], active: Active, careful: bool = True) -> AsyncGenerator[None]:
    """What one workflow needs done; where the database refuses it, it is told, and the others go on."""
    if not careful:
        yield
        return
    try:
        async with db.transaction():
            yield
    except (*TRANSIENT, *GONE):
        raise
    except asyncpg.PostgresError as error:
        log.warning("dates cannot be asked", workflow=active.version.name, error=str(error))


def _follow_sql(active: Active, definitions: Definitions, *, quietly: bool = False) -> str:
    """$1 workflow, $2 record keys: drop what no longer holds, add what is new."""
    module = active.version.module
    assert module is not None
    passed = "due_at <= clock_timestamp()" if quietly else "false"
    return f"""
WITH dates AS MATERIALIZED (
  SELECT * FROM ({_dates(active, definitions)}
    AND n.{quote(module.key_column)} = ANY($2::text[]::{module.key_type}[])) d),
gone AS (
  DELETE FROM whereupon.due_dates d WHERE d.workflow_id = $1 AND d.record_id = ANY($2) AND d.fired_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM dates x WHERE x.record_id = d.record_id AND x.date_value = d.date_value))
INSERT INTO whereupon.due_dates (workflow_id, record_id, date_value, due_at, fired_at, skipped)
SELECT $1, record_id, date_value, due_at, CASE WHEN {passed} THEN clock_timestamp() END,
  CASE WHEN {passed} THEN 'passed' END FROM dates ON CONFLICT DO NOTHING
"""


def _dates(active: Active, definitions: Definitions) -> str:
    module, config = active.version.module, _config(active)
    assert module is not None
    assert config is not None
    return dates_sql(config, module, definitions.catalog, _zone(active, definitions))


def _zone(active: Active, definitions: Definitions) -> str:
    return active.version.plan.document.settings.time_zone or definitions.time_zone


# The digest that a workflow's dates were armed with; who else wants to move them waits here.
ARMED_WITH = "SELECT digest FROM whereupon.armed WHERE workflow_id = $1 FOR UPDATE"


async def follow_working_time(db: asyncpg.Connection[Any], definitions: Definitions) -> int:
    """Move the dates of workflows for which another time zone or other working time holds; of how many.

    Looked at once for every state of the definitions: who sets either of them raises the revision.
    """
    moved = 0
    if "working time" in definitions.memory:
        return moved
    for active in dated(definitions):
        async with _apart(db, active):
            moved += await _follow_calendar(db, definitions, active)
    definitions.memory["working time"] = True
    return moved


async def _follow_calendar(db: asyncpg.Connection[Any], definitions: Definitions, active: Active) -> bool:
    """Move the dates of one workflow if they were worked out otherwise; whether they were."""
    config = _config(active)
    assert config is not None
    digest = await digest_of(db, config, _zone(active, definitions))
    for statement in (ARMED_WITH.removesuffix(" FOR UPDATE"), ARMED_WITH):
        if digest == await db.fetchval(statement, active.workflow_id):
            return False
    await arm_dates_anew(db, active.workflow_id, _dates(active, definitions))
    await db.execute(SET_ARMED, active.workflow_id, active.version.id, digest)
    log.info("dates moved with the working time", workflow=active.version.name)
    return True


# Rows whose time has come, of active workflows that are known here ($2): one that was activated this moment
# is waited for. Another worker's rows are passed over.
TAKE_DUE = """
UPDATE whereupon.due_dates u SET fired_at = clock_timestamp()
FROM (SELECT d.workflow_id, d.record_id, d.date_value FROM whereupon.due_dates d
      JOIN whereupon.workflows w ON w.id = d.workflow_id AND w.state = 'active'
      WHERE d.fired_at IS NULL AND d.due_at <= statement_timestamp() AND d.workflow_id = ANY($2::bigint[])
      ORDER BY d.due_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED) due
WHERE u.workflow_id = due.workflow_id AND u.record_id = due.record_id AND u.date_value = due.date_value
RETURNING u.workflow_id, u.record_id, u.date_value,
  extract(epoch FROM clock_timestamp() - u.due_at)::float8 AS late
"""
NEXT_DUE = """
SELECT extract(epoch FROM min(d.due_at) - clock_timestamp())::float8 FROM whereupon.due_dates d
WHERE d.fired_at IS NULL AND d.workflow_id = ANY($1::bigint[])
"""
# Rule 9 for workflows that start only the first time per record.
CLAIM = """
INSERT INTO whereupon.claims (workflow_id, record_id) SELECT $1, unnest($2::text[])
ON CONFLICT DO NOTHING RETURNING record_id
"""


async def fire_due(db: asyncpg.Connection[Any], definitions: Definitions, limit: int = BATCH) -> int:
    """Start runs for what is due now, in the caller's transaction. How many rows were taken."""
    by_workflow = {active.workflow_id: active for active in dated(definitions)}
    rows = await db.fetch(TAKE_DUE, limit, list(by_workflow))
    taken: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        taken.setdefault(row["workflow_id"], []).append(row)
    for workflow_id, some in taken.items():
        await _fire_apart(db, definitions, by_workflow[workflow_id], some)
    return len(rows)


async def _fire_apart(
    db: asyncpg.Connection[Any], definitions: Definitions, active: Active, rows: Sequence[Mapping[str, Any]]
) -> None:
    """One workflow's fault stops no other: where the database refuses it, its runs are born failed."""
    try:
        async with db.transaction():
            return await _fire(db, definitions, active, rows)
    except (*TRANSIENT, *GONE):
        raise
    except asyncpg.PostgresError as error:
        log.warning("dates cannot be asked", workflow=active.version.name, error=str(error))
        keys = dict.fromkeys(row["record_id"] for row in rows)
        await insert_runs(db, [_run(active, key, cannot_ask(str(error))) for key in keys])


async def _fire(
    db: asyncpg.Connection[Any], definitions: Definitions, active: Active, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Start one workflow for its dates that have come, where they are the records' dates still."""
    moved = await _moved(db, definitions, active, rows)
    here = [row for row in rows if (row["record_id"], row["date_value"]) not in moved]
    late = [row["record_id"] for row in here if _too_late(active, row["late"])]
    await _note_skipped(db, active, late, "too_late")
    due = [row["record_id"] for row in here if not _too_late(active, row["late"])]
    await _start(db, active, list(dict.fromkeys(due)))


# Dates that came although the record has another one by now, whose change is still to be matched.
TAKE_BACK = """
DELETE FROM whereupon.due_dates d USING unnest($2::text[], $3::timestamptz[]) AS m(record_id, date_value)
WHERE d.workflow_id = $1 AND d.record_id = m.record_id AND d.date_value = m.date_value
"""


async def _moved(
    db: asyncpg.Connection[Any], definitions: Definitions, active: Active, rows: Sequence[Mapping[str, Any]]
) -> set[tuple[str, datetime]]:
    """Rows of records that are there and have another date now, or none: taken back, and counted anew."""
    sql = definitions.memory.setdefault(("moved", active.version.id), _moved_sql(active, definitions))
    found = await db.fetch(sql, [row["record_id"] for row in rows], [row["date_value"] for row in rows])
    moved = {(row["record_id"], row["date_value"]) for row in found}
    if moved:
        keys, dates = [key for key, _ in moved], [value for _, value in moved]
        await db.execute(TAKE_BACK, active.workflow_id, keys, dates)
        await db.execute(_follow_sql(active, definitions), active.workflow_id, keys)
    return moved


def _moved_sql(active: Active, definitions: Definitions) -> str:
    """Of $1 record keys with $2 the dates that they had: those that do not have it any more."""
    module = active.version.module
    assert module is not None
    key, own = f"n.{quote(module.key_column)}", f"{module.key_type}"
    return f"""
WITH dates AS MATERIALIZED ({_dates(active, definitions)} AND {key} = ANY($1::text[]::{own}[]))
SELECT t.record_id, t.date_value FROM unnest($1::text[], $2::timestamptz[]) AS t(record_id, date_value)
JOIN {module.sql} n ON {key} = t.record_id::{own}
WHERE NOT EXISTS (SELECT FROM dates x WHERE x.record_id = t.record_id AND x.date_value = t.date_value)
"""


# Dates that came in this transaction and started nothing, each with why.
NOTE_SKIPPED = """
UPDATE whereupon.due_dates SET skipped = $3 WHERE workflow_id = $1 AND record_id = ANY($2::text[])
  AND fired_at >= transaction_timestamp() AND skipped IS NULL
"""


NOT_STARTED = {
    "passed": "which had passed when the workflow was activated",
    "too_late": "but that was noticed later than the trigger allows",
    "gone": "but then the record was gone",
    "filter": "but then it did not meet the conditions",
    "once": "but it had started once before",
}


def not_started(why: str | None) -> str:
    """Why a date that came started nothing, as the end of a sentence.

    >>> not_started("filter")
    ', but then it did not meet the conditions'
    """
    return f", {NOT_STARTED[why]}" if why in NOT_STARTED else ""


async def _note_skipped(db: asyncpg.Connection[Any], active: Active, keys: Collection[str], why: str) -> None:
    if keys:
        await db.execute(NOTE_SKIPPED, active.workflow_id, list(keys), why)
        log.info("dates started nothing", workflow=active.version.name, why=why, records=len(keys))


def _too_late(active: Active, seconds: float) -> bool:
    config = _config(active)
    return config is not None and config.late_hours is not None and seconds > config.late_hours * 3600


# Records on which a workflow has started too often within a day, today's starts included.
TOO_OFTEN = """
SELECT record_id FROM whereupon.due_dates
WHERE workflow_id = $1 AND record_id = ANY($2::text[]) AND fired_at > clock_timestamp() - interval '1 day'
  AND skipped IS NULL
GROUP BY record_id HAVING count(*) > $3
"""


async def _start(db: asyncpg.Connection[Any], active: Active, keys: Sequence[str]) -> None:
    """Runs on those of the records that are there and meet the filter now."""
    version, module = active.version, active.version.module
    assert module is not None
    rows = await db.fetch(
        f"SELECT {module.key_sql('n')} AS key, ({filter_sql(version)}) IS TRUE AS wanted FROM {module.sql} n "
        f"WHERE n.{quote(module.key_column)} = ANY($1::text[]::{module.key_type}[])",
        list(keys),
    )
    wanted = [row["key"] for row in rows if row["wanted"]]
    await _note_skipped(db, active, set(keys) - {row["key"] for row in rows}, "gone")
    await _note_skipped(db, active, [row["key"] for row in rows if not row["wanted"]], "filter")
    if active.recurrence == "first_time":
        first = [row["record_id"] for row in await db.fetch(CLAIM, active.workflow_id, wanted)]
        await _note_skipped(db, active, set(wanted) - set(first), "once")
        wanted = first
    looping = {row["record_id"] for row in await db.fetch(TOO_OFTEN, active.workflow_id, wanted, DAILY_CAP)}
    await insert_runs(db, [_run(active, key, _loop(active) if key in looping else None) for key in wanted])


def _loop(active: Active) -> dict[str, Any]:
    return {
        "code": "loop",
        "message": f"Stopped a loop. {active.version.name} has started {DAILY_CAP} times on this record "
        "within a day, "
        "because its date is moved again and again.",
        "suggestion": "Do not let the workflow set its own date to a time that has passed.",
    }


def _run(active: Active, record_id: str, error: dict[str, Any] | None) -> NewRun:
    version = active.version
    return NewRun(
        workflow_id=version.workflow_id, version_id=version.id, node=version.plan.first,
        started_by="date_reached", module_id=version.module.id if version.module else None,
        record_id=record_id, concurrency=active.concurrency, error=error,
    )  # fmt: skip


async def seconds_to_next(db: asyncpg.Connection[Any], definitions: Definitions) -> float | None:
    """Until the next row is due; None when there is none."""
    workflows = [active.workflow_id for active in dated(definitions)]
    return await db.fetchval(NEXT_DUE, workflows) if workflows else None

"""What happened: runs with their steps, newest first, as the history and the record page show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import NotFound
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.outbox.calls import calls_of
from whereupon.people.rights import Rights
from whereupon.records.statements import owned_by
from whereupon.workflows.kinds import MADE_FROM
from whereupon.workflows.listing import name_records

SELECT = f"""
SELECT r.id, w.key AS workflow, w.name AS workflow_name, v.number AS version, m.key AS module,
       r.module_id, r.record_id, r.status, r.node, r.ready_at, r.started_by, r.user_id, u.name AS user_name,
       r.change_id, r.parent_run_id, r.branch_node, r.branch_number, r.bulk_id AS bulk_run,
       r.rerun_of, r.depth, r.executions,
       r.attempts, r.error, r.created_at, r.started_at, r.ended_at, v.uses, {MADE_FROM}
FROM whereupon.runs r
JOIN whereupon.workflows w ON w.id = r.workflow_id
LEFT JOIN whereupon.versions v ON v.id = r.version_id
LEFT JOIN whereupon.modules m ON m.id = r.module_id
LEFT JOIN whereupon.users u ON u.id = r.user_id
"""
# Filters are null when they are not asked for; `$2` are the modules that may be read, null: all. "OWN" stands
# for the runs on one's own records of other modules, "MEMBERS" for what is wanted of bulk runs.
LIST = (
    SELECT
    + """
WHERE ($1::bigint IS NULL OR r.id < $1) AND ($2::text[] IS NULL OR m.key IS NULL OR m.key = ANY($2) OR (OWN))
  AND ($3::text IS NULL OR w.key = $3) AND ($4::text IS NULL OR m.key = $4)
  AND ($5::text IS NULL OR r.record_id = $5)
  AND ($6::text IS NULL OR r.status = $6) AND ($7::timestamptz IS NULL OR r.created_at >= $7)
  AND ($8::timestamptz IS NULL OR r.created_at < $8) AND ($9::text IS NULL OR r.started_by = $9)
  AND CASE WHEN $11::bigint IS NOT NULL THEN r.parent_run_id = $11 AND r.branch_node IS NOT NULL
    ELSE r.started_by <> 'for_each' OR $5 IS NOT NULL OR $9 IS NOT NULL END
  AND MEMBERS
ORDER BY r.id DESC LIMIT $10
"""
)
FIND = SELECT + "WHERE r.id = $1"
STEPS = """
SELECT seq, node, block, status, port, input, output, error, records, started_at, ended_at
FROM whereupon.step_runs WHERE run_id = $1 ORDER BY seq LIMIT 10001
"""
MESSAGES = """
SELECT id, node, channel, recipient, status, error, created_at, sent_at
FROM whereupon.messages WHERE run_id = $1 ORDER BY id LIMIT 1000
"""
# With how many runs that it started end when it is cancelled.
WAITING = """
SELECT waiting, wakes_on_change, data, chain, (SELECT count(*) FROM whereupon.runs k
  WHERE k.parent_run_id = r.id AND k.branch_node IS NOT NULL AND k.awaited AND k.ended_at IS NULL) AS awaited
FROM whereupon.runs r WHERE id = $1
"""


# What the blocks of a run started, counted by block and status.
BRANCHES = """
SELECT branch_node AS node, status, count(*) AS runs FROM whereupon.runs
WHERE parent_run_id = $1 AND branch_node IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
"""
# Bulk runs that it started and waits for, or waited for.
BULK_RUNS = """
SELECT b.id, w.name, b.status, b.matched, b.processed, b.failed, b.ended_at
FROM whereupon.bulk_runs b LEFT JOIN whereupon.workflows w ON w.id = b.workflow_id
WHERE b.parent_run_id = $1 ORDER BY b.id LIMIT 1000
"""
QUESTIONS = """
SELECT q.id, q.node, q.kind, q.title, q.due_at, q.created_at, q.ended_at, q.status,
  ARRAY(SELECT u.name FROM whereupon.question_people p JOIN whereupon.users u ON u.id = p.user_id
        WHERE p.question_id = q.id AND p.decided_at IS NULL ORDER BY u.name) AS asked
FROM whereupon.questions q WHERE q.run_id = $1 ORDER BY q.id LIMIT 1000
"""


async def list_runs(
    db: Connection,
    rights: Rights,
    catalog: Catalog,
    *,
    after: int | None = None,
    workflow: str | None = None,
    module: str | None = None,
    record_id: str | None = None,
    status: str | None = None,
    since: Any = None,
    until: Any = None,
    started_by: str | None = None,
    parent: int | None = None,
    bulk_run: int | None = None,
    members: bool = True,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Runs on records that the user may read, newest first; `after`: the last id of the page before.

    Items of a loop are shown with their run (`parent`), and where a record or how they started is asked for.
    `bulk_run`: only its members; `members` false: no run that belongs to a bulk run.
    """
    own = own_records(catalog, rights)
    wanted = "r.bulk_id IS NULL" if not members else "true" if bulk_run is None else f"r.bulk_id = {bulk_run}"
    rows = await db.fetch(
        LIST.replace("OWN", own).replace("MEMBERS", wanted),
        after,
        readable_modules(rights),
        workflow,
        module,
        record_id,
        status,
        since,
        until,
        started_by,
        limit,
        parent,
    )
    seen = [as_seen(dict(row), rights)[0] for row in rows]
    await name_records(db, rights, catalog, seen)
    return seen


def as_seen(run: dict[str, Any], rights: Rights) -> tuple[dict[str, Any], bool]:
    """The run without what its version uses, and whether the user may see all that the run did.

    Values, addresses and errors of a run come from the fields that it uses, so they are told to nobody who
    may not read those fields.
    """
    uses: list[str] | None = run.pop("uses")
    whole = rights.administrator or (uses is not None and rights.sees(uses))
    return (run if whole else run | {"error": _withheld(run["error"])}), whole


def _withheld(error: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if error is None else {"code": error.get("code"), "node": error.get("node")} | WITHHELD


WITHHELD = {
    "message": "What went wrong is not shown: the run uses records or fields that you may not read.",
    "suggestion": "Ask somebody who may read them.",
}


def readable_modules(rights: Rights) -> list[str] | None:
    """Modules of which all records may be read; None for everything."""
    if rights.administrator:
        return None
    return [key for key in rights.grants if rights.may("read", key) and not rights.own_only("read", key)]


def own_records(catalog: Catalog, rights: Rights) -> str:
    """SQL: run "r" is on a record that the user owns, of a module of which the user reads only such."""
    mine = [
        f"(r.module_id = {module.id} AND EXISTS (SELECT FROM {module.sql} AS n WHERE "
        f"{its_record(module)} AND {owned_by(module, str(rights.user_id))}))"
        for module in catalog.modules.values()
        if rights.own_only("read", module.key)
    ]
    return " OR ".join(mine) or "false"


def its_record(module: Module) -> str:
    """SQL: row "n" is what run "r" is on; by the key's own type, for its index."""
    if len(module.key_columns) > 1:
        return f"{module.key_sql('n')} = r.record_id"
    mine = f"CASE WHEN r.module_id = {module.id} THEN r.record_id END"
    return f"n.{quote(module.key_column)} = ({mine})::{module.key_type}"


async def may_see(db: Connection, catalog: Catalog, rights: Rights, run: Mapping[str, Any]) -> bool:
    """Whether the run is on a record that the user may read, or on none."""
    allowed = readable_modules(rights)
    if allowed is None or run["module"] is None or run["module"] in allowed:
        return True
    own = own_records(catalog, rights)
    return await db.fetchval(
        f"SELECT EXISTS (SELECT FROM whereupon.runs r WHERE r.id = $1 AND ({own}))", run["id"]
    )


async def get_run(db: Connection, rights: Rights, catalog: Catalog, run_id: int) -> dict[str, Any]:
    """A run with its steps, its messages, and what it waits for; values only for who may read them.

    Raises NotFound.
    """
    row = await db.fetchrow(FIND, run_id)
    if row is None or not await may_see(db, catalog, rights, row):
        raise NotFound(f"There is no run {run_id}.")
    waiting: Any = await db.fetchrow(WAITING, run_id)
    seen, whole = as_seen(dict(row), rights)
    await name_records(db, rights, catalog, [seen])
    found: dict[str, Any] = {
        **seen,
        "whole": whole,
        "waiting": waiting["waiting"],
        "data": waiting["data"],
        "chain": waiting["chain"],
        "awaits": waiting["awaited"],
        "steps": [dict(step) for step in await db.fetch(STEPS, run_id)],
        "messages": [dict(message) for message in await db.fetch(MESSAGES, run_id)],
        "calls": await calls_of(db, run_id),
        "branches": [dict(one) for one in await db.fetch(BRANCHES, run_id)],
        "bulk_runs": [dict(one) for one in await db.fetch(BULK_RUNS, run_id)],
        "questions": [dict(one) for one in await db.fetch(QUESTIONS, run_id)],
    }
    return found if whole else _outline(found)


def _outline(run: dict[str, Any]) -> dict[str, Any]:
    """Which blocks ran, when and how they ended, without any value."""
    steps = [{**s, "input": None, "output": None, "error": _withheld(s["error"])} for s in run["steps"]]
    messages = [{**m, "recipient": None, "error": _withheld(m["error"])} for m in run["messages"]]
    calls = [{**c, "destination": None, "error": _withheld(c["error"])} for c in run["calls"]]
    hidden: dict[str, Any] = {"waiting": None, "data": {}, "chain": None, "questions": []}
    return run | hidden | {"steps": steps, "messages": messages, "calls": calls}


COUNTS = """
SELECT w.key AS workflow, r.status, count(*) AS runs FROM whereupon.runs r
JOIN whereupon.workflows w ON w.id = r.workflow_id GROUP BY 1, 2 ORDER BY 1, 2
"""


async def count_by_status(db: Connection) -> list[Mapping[str, Any]]:
    """How many runs of each workflow have each status."""
    return await db.fetch(COUNTS)

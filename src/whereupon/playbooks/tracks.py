"""Where playbooks are under way: the list, and how far each has come on its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import NotFound
from whereupon.modules.catalog import Catalog, Module
from whereupon.people.rights import Rights
from whereupon.playbooks.definition import PEOPLES
from whereupon.records.statements import owned_by
from whereupon.workflows.listing import name_records

SELECT = """
SELECT t.id, t.playbook_id, w.key AS playbook, w.name AS playbook_name, t.module_id, t.record_id,
  t.account_module_id, t.account_id, t.status, t.exclusive, t.afterwards, t.reason, t.run_id, r.node,
  t.started_by, u.name AS started_by_name, t.parent_run_id, t.ended_by, e.name AS ended_by_name,
  t.created_at, t.started_at, t.ended_at, last.comment AS ended_because,
  coalesce(v.definition, p.definition) AS definition,
  r.error AS run_error, r.status AS run_status,
  open.due_at, coalesce(open.late, false) AS late, coalesce(open.steps, 0) AS open_steps,
  (SELECT count(DISTINCT s.node) FROM whereupon.step_runs s
   WHERE s.run_id = t.run_id AND right(s.node, 2) <> '__' AND s.status <> 'retried') AS done
FROM whereupon.playbook_tracks t
JOIN whereupon.playbooks p ON p.id = t.playbook_id JOIN whereupon.workflows w ON w.id = p.workflow_id
LEFT JOIN whereupon.runs r ON r.id = t.run_id
LEFT JOIN whereupon.playbook_versions v ON v.version_id = coalesce(r.version_id, w.active_version_id)
LEFT JOIN whereupon.users u ON u.id = t.started_by LEFT JOIN whereupon.users e ON e.id = t.ended_by
LEFT JOIN LATERAL (
  SELECT min(coalesce(k.due_at, s.due_at)) AS due_at, count(*) AS steps,
    bool_or(coalesce(k.due_at, s.due_at) < clock_timestamp()) AS late
  FROM whereupon.playbook_steps s LEFT JOIN whereupon.tasks k ON k.id = s.task_id
  WHERE s.track_id = t.id AND s.status = 'open') open ON true
LEFT JOIN LATERAL (
  SELECT e.comment FROM whereupon.playbook_events e
  WHERE e.track_id = t.id AND e.what IN ('exited', 'cancelled') ORDER BY e.id DESC LIMIT 1) last ON true
"""
# "SEEN" stands for the tracks on records that the user may read.
LIST = (
    SELECT
    + """
WHERE SEEN AND ($1::bigint IS NULL OR t.id < $1) AND ($2::text IS NULL OR w.key = $2)
  AND ($3::bigint IS NULL OR t.module_id = $3) AND ($4::text IS NULL OR t.record_id = $4)
  AND ($5::bigint IS NULL OR t.account_module_id = $5) AND ($6::text IS NULL OR t.account_id = $6)
  AND ($7::text[] IS NULL OR t.status = ANY($7))
ORDER BY t.id DESC LIMIT $8
"""
)
FIND = SELECT + "WHERE t.id = $1 AND SEEN"
COUNTS = """
SELECT t.status, count(*) AS tracks FROM whereupon.playbook_tracks t
WHERE SEEN AND t.account_module_id = $1 AND t.account_id = $2 GROUP BY 1
"""
STATUSES = ("queued", "running", "completed", "exited", "cancelled", "failed")
OPEN = ("queued", "running")


def seen_sql(catalog: Catalog, rights: Rights) -> str:
    """SQL: track "t" is on a record that this user may read."""
    if rights.administrator:
        return "true"
    parts = [
        _of_module(module, rights) for module in catalog.modules.values() if rights.may("read", module.key)
    ]
    return f"({' OR '.join(parts)})" if parts else "false"


def _of_module(module: Module, rights: Rights) -> str:
    this = f"t.module_id = {int(module.id)}"
    if not rights.own_only("read", module.key):
        return this
    owned = owned_by(module, str(rights.user_id))
    where = f"{module.key_sql('n')} = t.record_id AND {owned}"
    return f"({this} AND EXISTS (SELECT FROM {module.sql} AS n WHERE {where}))"


async def list_tracks(
    db: Connection,
    rights: Rights,
    catalog: Catalog,
    *,
    playbook: str | None = None,
    module: str | None = None,
    record_id: str | None = None,
    account_module: str | None = None,
    account_id: str | None = None,
    statuses: Sequence[str] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Tracks on records that the user may read, the newest first. Raises NotFound for an unknown module."""
    of = catalog.module(module).id if module else None
    account = catalog.module(account_module).id if account_module else None
    rows = await db.fetch(
        LIST.replace("SEEN", seen_sql(catalog, rights)), before, playbook, of, record_id, account, account_id,
        list(statuses) if statuses else None, limit,
    )  # fmt: skip
    tracks = [_line(dict(row)) for row in rows]
    await _name(db, rights, catalog, tracks)
    return tracks


async def _name(db: Connection, rights: Rights, catalog: Catalog, tracks: list[dict[str, Any]]) -> None:
    """The names of records and accounts, as far as they may be read."""
    accounts = [
        {"module_id": track.pop("account_module_id"), "record_id": track.pop("account_id"), "track": track}
        for track in tracks
    ]
    await name_records(db, rights, catalog, accounts)
    await name_records(db, rights, catalog, tracks)
    for one in accounts:
        found = {"module": one["module"], "id": one["record_id"], "title": one["record_title"]}
        one["track"]["account"] = found if one["record_id"] is not None else None


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """A track as a list shows it: where it stands, of how many steps."""
    definition: Mapping[str, Any] = row.pop("definition")
    steps = [(phase, step) for phase in definition["phases"] for step in phase["steps"]]
    node = (row.pop("node") or "").removesuffix("_if__").removesuffix("_exit__")
    at = next(((phase, step) for phase, step in steps if step["key"] == node), None)
    row["total"] = len(steps)
    row["phase"] = at[0]["name"] if at else None
    row["step"] = {"key": at[1]["key"], "name": at[1]["name"], "type": at[1]["type"]} if at else None
    error = row.pop("run_error")
    row["error"] = error if row.pop("run_status") in ("failed", "held") else None
    for name in ("started_by", "ended_by"):
        who, called = row.pop(name), row.pop(f"{name}_name")
        row[name] = {"id": who, "name": called} if who is not None else None
    return row


async def get_track(db: Connection, rights: Rights, catalog: Catalog, track_id: int) -> dict[str, Any]:
    """One track with every phase and step, and its history. Raises NotFound."""
    row = await find_track(db, rights, catalog, track_id)
    phases = await _phases(db, row)
    track = _line(dict(row))
    await _name(db, rights, catalog, [track])
    return {**track, "phases": phases, "events": [dict(one) for one in await db.fetch(EVENTS, track_id)]}


async def find_track(db: Connection, rights: Rights, catalog: Catalog, track_id: int) -> Mapping[str, Any]:
    """The row of a track. Raises NotFound for one on a record that this user may not read."""
    row = await db.fetchrow(FIND.replace("SEEN", seen_sql(catalog, rights)), track_id)
    if row is None:
        raise NotFound(f"There is no playbook under way with the number {track_id}.")
    return row


EVENTS = """
SELECT e.id, e.at, e.step, e.what, e.comment, e.details, e.user_id, u.name AS user_name,
  coalesce(x.name, g.name) AS to_name
FROM whereupon.playbook_events e LEFT JOIN whereupon.users u ON u.id = e.user_id
LEFT JOIN whereupon.users x ON x.id = coalesce(e.details->>'to', e.details->>'user')::bigint
LEFT JOIN whereupon.groups g ON g.key = e.details->>'group' OR g.id = (e.details->>'group_id')::bigint
WHERE e.track_id = $1 ORDER BY e.id LIMIT 1000
"""
# Steps that people do: who has them, and what became of them.
STEPS = """
SELECT s.step, s.status, s.task_id, s.question_id, coalesce(t.due_at, s.due_at) AS due_at, s.opened_at,
  s.ended_at, coalesce(t.title, q.title) AS title, coalesce(t.due_at, s.due_at) < clock_timestamp() AS passed,
  s.given_as, s.documents, s.late_at AS escalated_at, q.status AS answer,
  coalesce(s.comment, q.answer->>'comment') AS comment, e.id AS by_id,
  coalesce(e.name, q.answer->>'by') AS by_name,
  a.id AS user_id, a.name AS user_name, g.key AS group_key, g.name AS group_name,
  CASE WHEN s.question_id IS NOT NULL THEN (
    SELECT jsonb_agg(jsonb_build_object('id', p.user_id, 'name', x.name) ORDER BY x.name)
    FROM whereupon.question_people p JOIN whereupon.users x ON x.id = p.user_id
    WHERE p.question_id = s.question_id) END AS asked
FROM whereupon.playbook_steps s
LEFT JOIN whereupon.tasks t ON t.id = s.task_id LEFT JOIN whereupon.questions q ON q.id = s.question_id
LEFT JOIN whereupon.users e ON e.id = s.ended_by LEFT JOIN whereupon.users a ON a.id = t.assignee_user_id
LEFT JOIN whereupon.groups g ON g.id = t.assignee_group_id WHERE s.track_id = $1
"""
# What the engine did: the last time that it was at each node.
DONE = """
SELECT DISTINCT ON (node) node, status, port, error, ended_at FROM whereupon.step_runs WHERE run_id = $1
ORDER BY node, seq DESC
"""
ENGINE = {
    "succeeded": "done",
    "partial": "done",
    "failed": "failed",
    "continued": "failed",
    "retried": "waiting",
}
NOBODY: Mapping[str, Any] = {
    "task_id": None, "question_id": None, "due_at": None, "opened_at": None, "given_as": None,
    "documents": [], "escalated_at": None, "decision": None, "comment": None, "by": None,
    "assignee": None, "asked": [],
}  # fmt: skip


async def _phases(db: Connection, track: Mapping[str, Any]) -> list[dict[str, Any]]:
    people = {row["step"]: row for row in await db.fetch(STEPS, track["id"])}
    engine = {row["node"]: row for row in await db.fetch(DONE, track["run_id"])} if track["run_id"] else {}
    definition: Mapping[str, Any] = track["definition"]
    return [
        {
            "key": phase["key"], "name": phase["name"],
            "steps": [_step(step, track, people.get(step["key"]), engine) for step in phase["steps"]],
        }
        for phase in definition["phases"]
    ]  # fmt: skip


def _step(
    step: Mapping[str, Any],
    track: Mapping[str, Any],
    own: Mapping[str, Any] | None,
    engine: Mapping[str, Any],
) -> dict[str, Any]:
    said = {name: step[name] for name in ("key", "name", "type")} | {"description": step.get("description")}
    done = engine.get(step["key"])
    if own is None or step["type"] not in PEOPLES:
        status = ENGINE.get(done["status"], "done") if done else _not_done(step, track, engine)
        ended = done["ended_at"] if done else None
        error = done["error"] if done and status == "failed" else None
        return {**said, **NOBODY, "status": status, "ended_at": ended, "error": error, "late": False}
    names = (
        "task_id",
        "question_id",
        "due_at",
        "opened_at",
        "ended_at",
        "given_as",
        "documents",
        "escalated_at",
    )
    group = {"key": own["group_key"], "name": own["group_name"]} if own["group_key"] else None
    user = {"id": own["user_id"], "name": own["user_name"]} if own["user_id"] else None
    by = {"id": own["by_id"], "name": own["by_name"]} if own["by_name"] else None
    answered = own["answer"] if own["answer"] in ("approved", "rejected") else None
    status = "done" if answered else own["status"]
    late = status == "open" and bool(own["passed"])
    return {
        **said, "name": own["title"] or step["name"], **{name: own[name] for name in names},
        "status": status, "decision": answered,
        "comment": own["comment"], "by": by,
        "assignee": {"user": user, "group": group} if user or group else None,
        "asked": own["asked"] or [], "error": None, "late": late,
    }  # fmt: skip


def _not_done(step: Mapping[str, Any], track: Mapping[str, Any], engine: Mapping[str, Any]) -> str:
    asked = engine.get(f"{step['key']}_if__")
    if asked is not None and asked["port"] == "false":
        return "left_out"
    if track["ended_at"] is not None:
        return "left_out"
    return "waiting" if track["node"] == step["key"] else "to_do"


async def account_progress(
    db: Connection, rights: Rights, catalog: Catalog, module: str, record_id: str
) -> dict[str, int]:
    """How many tracks on the account's records have each status."""
    sql = COUNTS.replace("SEEN", seen_sql(catalog, rights))
    found = {
        row["status"]: row["tracks"] for row in await db.fetch(sql, catalog.module(module).id, record_id)
    }
    return dict.fromkeys(STATUSES, 0) | found

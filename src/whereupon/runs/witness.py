"""What a test did, gathered before it is taken back: block by block, record by record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whereupon.changes.timeline import document_told
from whereupon.db.pool import Connection
from whereupon.errors import WhereuponError
from whereupon.modules.catalog import Module
from whereupon.outbox.writing import write_message
from whereupon.people.rights import Rights
from whereupon.runs.definitions import Version, load_definitions
from whereupon.runs.match import Change, match_changes
from whereupon.runs.staging import Staged
from whereupon.runs.travellers import Traveller

# What runs have made since: each with the run that made it. Everything that a block can make is here.
MADE = {
    "changes": """
SELECT id, run_id, module_id, record_id, op, old, new FROM whereupon.changes""",
    "messages": """
SELECT m.id, m.run_id, m.channel, m.recipient, m.context, s.source
FROM whereupon.messages m JOIN whereupon.message_sources s ON s.id = m.source_id""",
    "tasks": """
SELECT t.id, t.run_id, t.title, t.description, t.due_at, t.priority, t.status, u.name AS assignee,
  g.name AS assignee_group
FROM whereupon.tasks t LEFT JOIN whereupon.users u ON u.id = t.assignee_user_id
LEFT JOIN whereupon.groups g ON g.id = t.assignee_group_id""",
    "events": """
SELECT e.id, e.run_id, e.title, e.kind, e.starts_at, e.ends_at, e.all_day, e.time_zone, e.location,
  e.description,
  u.name AS assignee, g.name AS assignee_group
FROM whereupon.events e LEFT JOIN whereupon.users u ON u.id = e.assignee_user_id
LEFT JOIN whereupon.groups g ON g.id = e.assignee_group_id""",
    "activities": """
SELECT a.id, a.run_id, a.kind, a.title, a.body, a.happened_at, m.key AS module, m.label AS module_label,
  a.record_id
FROM whereupon.activities a JOIN whereupon.modules m ON m.id = a.module_id""",
    "calls": "SELECT c.id, c.run_id, c.block, c.destination, c.request FROM whereupon.calls c",
    "questions": """
SELECT q.id, q.run_id, q.kind, q.title, q.body, q.details, q.due_at, ARRAY(
  SELECT u.name FROM whereupon.question_people p JOIN whereupon.users u ON u.id = p.user_id
  WHERE p.question_id = q.id ORDER BY u.name) AS asked
FROM whereupon.questions q""",
    "notifications": """
SELECT n.id, n.run_id, n.title, n.body, u.name AS "user"
FROM whereupon.notifications n JOIN whereupon.users u ON u.id = n.user_id""",
}
ALIASES = {
    "changes": "",
    "messages": "m.",
    "tasks": "t.",
    "events": "e.",
    "activities": "a.",
    "calls": "c.",
    "questions": "q.",
    "notifications": "n.",
}
# Of a message, whatever its channel.
PARTS = (
    *("to", "cc", "bcc", "reply_to", "from", "subject", "html", "text"),
    *("title", "encoding", "characters", "parts"),
)
OPERATIONS = {b"I": "created", b"U": "updated", b"D": "deleted"}
STEPS = """
SELECT seq, node, block, status, port, input, output, error, records FROM whereupon.step_runs
WHERE run_id = $1 ORDER BY seq
"""
MOST_BRANCHES = 10  # shown of one run; all of them are tried
BRANCHES = """
SELECT r.id, r.branch_node AS node, r.branch_number AS number, w.name AS workflow, r.record_id, r.status,
  r.error
FROM whereupon.runs r JOIN whereupon.workflows w ON w.id = r.workflow_id
WHERE r.parent_run_id = $1 AND r.branch_node IS NOT NULL
ORDER BY r.branch_node, r.branch_iteration, r.branch_number
"""
RUN = "SELECT status, node, error, waiting, ready_at FROM whereupon.runs WHERE id = $1"
# Rows written so far, by table: by this transaction, and by earlier ones of this connection that the database
# has not counted yet.
WRITTEN = """
SELECT schemaname || '.' || relname AS "table", n_tup_ins AS inserted, n_tup_upd AS updated,
  n_tup_del AS deleted
FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 ORDER BY 1
"""
NOTHING_YET: Mapping[str, int] = {"inserted": 0, "updated": 0, "deleted": 0}
CAUSED = """
SELECT id, module_id, record_id, op, run_id, at, whereupon.shard(record_id) AS shard FROM whereupon.changes
WHERE run_id = ANY($1::bigint[]) ORDER BY id
"""


Written = Mapping[str, Mapping[str, Any]]  # by table


async def written_so_far(db: Connection) -> Written:
    """What is not this test's, if it is asked before."""
    return {row["table"]: dict(row) for row in await db.fetch(WRITTEN)}


@dataclass(slots=True)
class Witness:
    """Watches one test. `made`: by (run, place in its history), what the block did there."""

    db: Connection
    version: Version
    rights: Rights
    seen: dict[str, int]
    written: Written
    made: dict[tuple[int, int], dict[str, list[Any]]] = field(
        default_factory=dict[tuple[int, int], dict[str, list[Any]]]
    )
    waits: dict[tuple[int, int], dict[str, Any]] = field(
        default_factory=dict[tuple[int, int], dict[str, Any]]
    )
    stopped: str | None = None

    @classmethod
    async def here(cls, db: Connection, version: Version, rights: Rights, written: Written) -> Witness:
        """One that knows what was there before. `written`: when the test began."""
        seen = {
            kind: await db.fetchval(f"SELECT coalesce(max(id), 0) FROM whereupon.{kind}") for kind in MADE
        }
        return cls(db, version, rights, seen, written)

    async def note(self, node: str, travellers: Sequence[Traveller]) -> None:
        """What the block at this node has just done for these runs."""
        places = {t.id: self._place(node, t) for t in travellers}
        for traveller in travellers:
            if traveller.status == "waiting" and traveller.waiting:
                self.waits[traveller.id, places[traveller.id]] = _wait_of(traveller)
        for kind, sql in MADE.items():
            a = ALIASES[kind]
            wanted = f"{sql} WHERE {a}id > $1 AND {a}run_id = ANY($2::bigint[]) ORDER BY {a}id"
            for row in await self.db.fetch(wanted, self.seen[kind], list(places)):
                kept = self.made.setdefault((row["run_id"], places[row["run_id"]]), {})
                kept.setdefault(kind, []).append(row)
                self.seen[kind] = max(self.seen[kind], row["id"])

    def _place(self, node: str, traveller: Traveller) -> int:
        """The number that the block's row of history has, or will have when its wait is over."""
        is_written = bool(traveller.steps) and traveller.steps[-1].node == node
        waiting: Mapping[str, Any] = traveller.waiting or {}
        waits = traveller.status == "waiting" and not waiting.get("retry")
        return traveller.executions if is_written and not waits else traveller.executions + 1

    async def told(self, staged: Staged, run: int | None) -> dict[str, Any]:
        """One record's part of the answer."""
        found: dict[str, Any] = {
            "record_id": staged.record_id,
            "happened": staged.happened,
            "taken": staged.taken,
            "trigger_held": staged.trigger_held,
            "explained": staged.explained,
            "status": None,
            "error": None,
            "steps": [],
            "branches": [],
            "branch_count": 0,
        }
        if run is None:
            return found
        row: Any = await self.db.fetchrow(RUN, run)
        steps = [self._step(run, step) for step in await self.db.fetch(STEPS, run)]
        error = {"code": "stopped", "message": self.stopped} if self.stopped else None
        ended = {"status": row["status"], "error": row["error"] or error, "steps": steps}
        return found | ended | await self._branches(run)

    async def _branches(self, run: int) -> dict[str, Any]:
        """What the runs did that its blocks started: the first of them, and how many there are."""
        rows = await self.db.fetch(BRANCHES, run)
        shown: list[dict[str, Any]] = []
        for row in rows[:MOST_BRANCHES]:
            steps = [self._step(row["id"], step) for step in await self.db.fetch(STEPS, row["id"])]
            more = {
                name: row[name] for name in ("node", "number", "workflow", "record_id", "status", "error")
            }
            shown.append({**more, "steps": steps, **await self._branches(row["id"])})
        return {"branches": shown, "branch_count": len(rows)}

    def _step(self, run: int, step: Mapping[str, Any]) -> dict[str, Any]:
        plan = self.version.plan
        known = plan.steps.get(step["node"])
        made = self.made.get((run, step["seq"]), {})
        return {
            **dict(step),
            "label": (known.node.label or known.block.label) if known else step["node"],
            "wait": self.waits.get((run, step["seq"])),
            "changes": [shown for row in made.get("changes", []) if (shown := self._change(row))],
            "documents": [shown for row in made.get("changes", []) if (shown := self._document(row))],
            "messages": [_message(row) for row in made.get("messages", [])],
            "tasks": [_without(row, "id", "run_id") for row in made.get("tasks", [])],
            "events": [_without(row, "id", "run_id") for row in made.get("events", [])],
            "activities": [_without(row, "id", "run_id") for row in made.get("activities", [])],
            "notifications": [_without(row, "id", "run_id") for row in made.get("notifications", [])],
            "questions": [_without(row, "id", "run_id") for row in made.get("questions", [])],
        }

    def _change(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """What became of a record; only the fields that the user may read."""
        module = self.version.catalog.by_id.get(row["module_id"])
        if module is None or not self.rights.may("read", module.key) or row["op"] == b"F":
            return None
        fields = _differences(module, row["old"] or {}, row["new"] or {}, self.rights.readable(module))
        return {
            "module": module.key, "module_label": module.label, "record_id": row["record_id"],
            "operation": OPERATIONS[row["op"]], "fields": fields,
        }  # fmt: skip

    def _document(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """What became of a file of a record."""
        module = self.version.catalog.by_id.get(row["module_id"])
        if module is None or not self.rights.may("read", module.key) or row["op"] != b"F":
            return None
        told = document_told(row["old"], row["new"])
        return told | {"module": module.key, "record_id": row["record_id"]}

    async def would_start(self, runs: Sequence[int]) -> list[dict[str, Any]]:
        """The active workflows that what the runs wrote would start, without running them."""
        rows = await self.db.fetch(CAUSED, list(runs))
        changes = [
            Change(
                r["id"], r["module_id"], r["record_id"], r["op"].decode(), r["run_id"], r["at"], r["shard"]
            )
            for r in rows
        ]
        if not changes:
            return []
        definitions = await load_definitions(self.db)
        pairs = await match_changes(self.db, definitions, changes)
        keys = {
            row["id"]: row["key"] for row in await self.db.fetch("SELECT id, key FROM whereupon.workflows")
        }
        counts = Counter(active.workflow_id for _, active in pairs)
        return [
            {"workflow": keys[number], "name": definitions.names[number], "starts": starts}
            for number, starts in counts.items()
        ]

    async def undone(self) -> list[dict[str, Any]]:
        """What is about to be taken back: rows by table."""
        found = [
            {key: value if key == "table" else value - before[key] for key, value in row.items()}
            for row in await self.db.fetch(WRITTEN)
            if (before := self.written.get(row["table"], NOTHING_YET))
        ]
        return [row for row in found if any(row[key] for key in NOTHING_YET)]


def _wait_of(traveller: Traveller) -> dict[str, Any]:
    """Until when it would wait at the latest; None: until something happens."""
    waiting: Mapping[str, Any] = traveller.waiting or {}
    memo: Mapping[str, Any] = waiting.get("memo") or {}
    until = memo.get("limit", traveller.ready_at)
    reason = "change" if traveller.wakes_on_change else "time" if until is not None else "outcome"
    return {"until": until, "reason": "retry" if waiting.get("retry") else reason}


def _differences(
    module: Module, old: Mapping[str, Any], new: Mapping[str, Any], readable: frozenset[str]
) -> list[dict[str, Any]]:
    return [
        {
            "field": found.key, "label": found.label, "before": old.get(found.column),
            "after": new.get(found.column),
        }
        for found in module.fields.values()
        if found.column and found.key in readable and old.get(found.column) != new.get(found.column)
        and not (found.system and found.key == "updated_at")
    ]  # fmt: skip


def _message(row: Mapping[str, Any]) -> dict[str, Any]:
    """The message as its recipient would get it."""
    found: dict[str, Any] = {"channel": row["channel"], "recipient": row["recipient"], "error": None}
    try:
        letter = write_message(row["channel"], row["source"], row["context"], row["recipient"])
    except WhereuponError as error:
        return found | {"error": error.message}
    names = [one["name"] for one in letter.get("attachments", [])]
    return found | {key: letter.get(key) for key in PARTS} | {"attachments": names}


def _without(row: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in dict(row).items() if key not in keys}

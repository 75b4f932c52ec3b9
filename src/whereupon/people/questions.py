"""What runs ask people, and what they answer: once, by those who are asked, while the run waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, Refused
from whereupon.people import audit
from whereupon.people.absences import people_of
from whereupon.people.item_history import note
from whereupon.people.rights import Rights
from whereupon.people.users import Id

Status = Literal["open", "approved", "rejected", "answered", "timed_out", "withdrawn"]


class Decision(BaseModel):
    """What somebody decides, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approved", "rejected"]
    comment: str | None = Field(None, max_length=5_000)


class Reassignment(BaseModel):
    """Who is to answer instead."""

    model_config = ConfigDict(extra="forbid")

    user_id: Id


# A question as it is shown. $1: the user, then those for whom the user stands in; `seat`: in whose place the
# user answers, their own first. One whose run is over, or stands elsewhere, waits for nobody.
SELECT = """
SELECT q.id, q.kind, q.title, q.body, q.details, q.module_id, q.record_id, q.run_id, w.key AS workflow,
  w.name AS workflow_name, q.due_at, q.created_at, q.answer,
  CASE WHEN q.status = 'open' AND (r.ended_at IS NOT NULL OR r.node IS DISTINCT FROM q.node OR r.id IS NULL)
    THEN 'withdrawn' ELSE q.status END AS status,
  coalesce(q.ended_at, r.ended_at) AS ended_at,
  seat.user_id IS NOT NULL AS mine, nullif(seat.user_id, ($1::bigint[])[1]) AS for_user_id,
  CASE WHEN seat.user_id <> ($1::bigint[])[1] THEN seat.name END AS for_user_name,
  coalesce((SELECT jsonb_agg(jsonb_build_object('user_id', p.user_id, 'name', u.name, 'decision', p.decision,
      'comment', p.comment, 'decided_at', p.decided_at, 'decided_by', p.decided_by, 'decided_by_name', b.name)
      ORDER BY u.name, u.id)
    FROM whereupon.question_people p JOIN whereupon.users u ON u.id = p.user_id
    LEFT JOIN whereupon.users b ON b.id = p.decided_by
    WHERE p.question_id = q.id), '[]') AS people
FROM whereupon.questions q JOIN whereupon.workflows w ON w.id = q.workflow_id
LEFT JOIN LATERAL (
  SELECT p.user_id, u.name FROM whereupon.question_people p JOIN whereupon.users u ON u.id = p.user_id
  WHERE p.question_id = q.id AND p.user_id = ANY($1) AND p.decided_at IS NULL
  ORDER BY p.user_id <> ($1::bigint[])[1], p.user_id LIMIT 1) seat ON true
LEFT JOIN whereupon.runs r ON r.id = q.run_id
"""
ASKED = """
EXISTS (SELECT FROM whereupon.question_people p WHERE p.question_id = q.id AND p.user_id = ANY($1::bigint[]))
"""
WAITS = "q.status = 'open' AND r.ended_at IS NULL AND r.node = q.node"
LIST = (
    SELECT
    + f"""
WHERE ($2 OR {ASKED}) AND q.id < $3
  AND ($4::boolean IS NULL OR ({WAITS}) = $4) AND ($5::text IS NULL OR q.kind = $5)
ORDER BY q.id DESC LIMIT $6
"""
)
FIND = SELECT + f"WHERE q.id = $2 AND ($3 OR {ASKED})"
COUNT = f"""
SELECT count(*) AS count, count(*) FILTER (WHERE q.due_at < now()) AS overdue
FROM whereupon.questions q JOIN whereupon.runs r ON r.id = q.run_id
WHERE {WAITS} AND EXISTS (SELECT FROM whereupon.question_people p
  WHERE p.question_id = q.id AND p.user_id = ANY($1::bigint[]) AND p.decided_at IS NULL)
"""


async def list_questions(
    db: Connection,
    rights: Rights,
    *,
    everyone: bool = False,
    waiting: bool | None = True,
    kind: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """What the user is asked, newest first; `waiting`: only what waits for an answer, or does not."""
    people = await people_of(db, rights.user_id or 0)
    rows = await db.fetch(LIST, people, everyone, before or 2**62, waiting, kind, limit)
    return [dict(row) for row in rows]


async def count_questions(db: Connection, rights: Rights) -> dict[str, int]:
    """How many wait for this user's answer, and how many of them are overdue."""
    row: Any = await db.fetchrow(COUNT, await people_of(db, rights.user_id or 0))
    return dict(row)


DUE = f"""
SELECT q.id, q.kind, q.title, q.due_at, w.name AS workflow_name
FROM whereupon.questions q JOIN whereupon.runs r ON r.id = q.run_id
JOIN whereupon.workflows w ON w.id = q.workflow_id
WHERE {WAITS} AND EXISTS (SELECT FROM whereupon.question_people p
  WHERE p.question_id = q.id AND p.user_id = ANY($1::bigint[]) AND p.decided_at IS NULL)
ORDER BY q.due_at NULLS LAST, q.id LIMIT $2
"""


async def due_questions(db: Connection, rights: Rights, limit: int) -> dict[str, Any]:
    """What waits for this user's answer: how many, how many are overdue, and what is due first."""
    people = await people_of(db, rights.user_id or 0)
    rows = await db.fetch(DUE, people, limit)
    return {**await count_questions(db, rights), "items": [dict(row) for row in rows]}


async def get_question(db: Connection, rights: Rights, question_id: int) -> dict[str, Any]:
    """Raises NotFound for one that this user was not asked."""
    people = await people_of(db, rights.user_id or 0)
    row = await db.fetchrow(FIND, people, question_id, rights.administrator)
    if row is None:
        raise NotFound(f"There is no question {question_id}.")
    return dict(row)


# The run first, as the engine does: two who answer, or an answer and the clock, pass one after the other.
LOCK_RUN = """
SELECT r.id FROM whereupon.questions q JOIN whereupon.runs r ON r.id = q.run_id WHERE q.id = $1
FOR NO KEY UPDATE OF r
"""
LOCK = """
SELECT q.*, r.ended_at IS NULL AND r.node = q.node AS awaited,
  q.due_at <= clock_timestamp() AND NOT q.details ? 'planned' AS late, -- what is planned may be late
  clock_timestamp() AS now
FROM whereupon.questions q JOIN whereupon.runs r ON r.id = q.run_id WHERE q.id = $1 FOR UPDATE OF q
"""
WAKE = """
UPDATE whereupon.runs SET ready_at = clock_timestamp()
WHERE id = $1 AND node = $2 AND status = 'waiting' AND ended_at IS NULL
"""
END = "UPDATE whereupon.questions SET status = $2, answer = $3, ended_at = clock_timestamp() WHERE id = $1"
SAY = """
INSERT INTO whereupon.question_people (question_id, user_id, decision, comment, decided_by, waiting,
  decided_at)
VALUES ($1, $2, $3, $4, $5, false, clock_timestamp())
ON CONFLICT (question_id, user_id) DO UPDATE
SET decision = excluded.decision, comment = excluded.comment, decided_at = excluded.decided_at,
  decided_by = excluded.decided_by, waiting = false
"""
STILL_TO_COME = """
SELECT count(*) FROM whereupon.question_people p JOIN whereupon.users u ON u.id = p.user_id
WHERE p.question_id = $1 AND p.decided_at IS NULL AND u.active
"""
NAMES = """
SELECT string_agg(coalesce(b.name || ' for ', '') || u.name, ', ' ORDER BY p.decided_at, u.id)
FROM whereupon.question_people p JOIN whereupon.users u ON u.id = p.user_id
LEFT JOIN whereupon.users b ON b.id = p.decided_by WHERE p.question_id = $1 AND p.decision = $2
"""


async def locked(db: Connection, question_id: int) -> Any:
    """The question, ours until the transaction ends. Raises NotFound; Conflict for one that is over."""
    await db.execute(LOCK_RUN, question_id)
    row = await db.fetchrow(LOCK, question_id)
    if row is None:
        raise NotFound(f"There is no question {question_id}.")
    if row["status"] != "open":
        raise Conflict("This is answered already.", suggestion="Load it again to see the answer.")
    if not row["awaited"]:
        raise Conflict("The run that asked this is over, so nothing waits for an answer any more.")
    if row["late"]:
        raise Conflict("The time for this is up.")
    return row


async def decide(db: Connection, rights: Rights, question_id: int, said: Decision) -> dict[str, Any]:
    """Approve or reject. Raises NotFound, Conflict, Invalid; Refused where it is not theirs to decide."""
    await get_question(db, rights, question_id)
    row = await locked(db, question_id)
    known = await get_question(db, rights, question_id)  # as it is now: another one may have decided just so
    if row["kind"] != "approval":
        raise Conflict("This is a form: it is filled in, not approved.")
    require_turn(known, rights)
    _require_comment(row["details"], said)
    comment = (said.comment or "").strip() or None
    seat, stands_in = seat_of(known, rights)
    await db.execute(SAY, question_id, seat, said.decision, comment, rights.user_id if stands_in else None)
    details = {"decision": said.decision}
    await note(db, "question", question_id, rights.user_id, "decided", comment, for_user=seat, **details)
    overrules = not any(one["user_id"] == seat for one in known["people"])
    enough = said.decision == "rejected" or overrules or row["details"].get("needs") != "all"
    if enough or await db.fetchval(STILL_TO_COME, question_id) == 0:
        await _settle(db, row, said.decision, comment)
    details = {"decision": said.decision, "run": row["run_id"]}
    await audit.append(db, rights.user_id, "decide_approval", f"question:{question_id}", **details)
    return await get_question(db, rights, question_id)


def seat_of(known: Mapping[str, Any], rights: Rights) -> tuple[int | None, bool]:
    """In whose place the user answers, and whether that is somebody else's."""
    other = known["for_user_id"]
    return (other, True) if other is not None else (rights.user_id, False)


def require_turn(known: Mapping[str, Any], rights: Rights) -> None:
    """Raises Conflict for one who has answered; Refused for one who neither was asked nor stands in."""
    if known["mine"]:
        return
    own = [one for one in known["people"] if one["user_id"] == rights.user_id]
    if own and own[0]["decided_at"] is not None:
        raise Conflict("You have decided this already.")
    if not own and not rights.administrator:
        raise Refused("This is not yours to decide.")


def _require_comment(details: Mapping[str, Any], said: Decision) -> None:
    rule = details.get("comment", "optional")
    wanted = rule == "required" or (rule == "on_rejection" and said.decision == "rejected")
    if wanted and not (said.comment or "").strip():
        why = "why it is rejected" if said.decision == "rejected" else "why"
        raise Invalid.of(Problem("missing", f"Say {why}.", "/comment"))


async def _settle(db: Connection, row: Any, decision: str, comment: str | None) -> None:
    by = await db.fetchval(NAMES, row["id"], decision)
    now: datetime = row["now"]
    await end(db, row, decision, {"by": by, "comment": comment, "at": now.isoformat()})


async def end(db: Connection, row: Any, status: str, answer: Mapping[str, Any]) -> None:
    """Close a locked question and let its run go on."""
    await db.execute(END, row["id"], status, dict(answer))
    await db.execute(WAKE, row["run_id"], row["node"])
    await db.execute("NOTIFY whereupon_runs")


async def close_as_approved(db: Connection, question_id: int) -> None:
    """Everybody who can be asked has approved; whoever has not is gone."""
    by = await db.fetchval(NAMES, question_id, "approved")
    now: datetime = await db.fetchval("SELECT clock_timestamp()")
    await db.execute(END, question_id, "approved", {"by": by, "comment": None, "at": now.isoformat()})


REASSIGN = """
WITH gone AS (
  DELETE FROM whereupon.question_people WHERE question_id = $1 AND user_id = $2 AND decided_at IS NULL)
INSERT INTO whereupon.question_people (question_id, user_id, due_at)
SELECT id, $3, due_at FROM whereupon.questions WHERE id = $1 ON CONFLICT DO NOTHING
"""
TELL = """
INSERT INTO whereupon.notifications (user_id, title, body, module_id, record_id, run_id, node, question_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def reassign(db: Connection, rights: Rights, question_id: int, to: Reassignment) -> None:
    """Let somebody else answer instead of this user. Raises NotFound, Conflict, Invalid, Refused."""
    await get_question(db, rights, question_id)
    row = await locked(db, question_id)
    known = await get_question(db, rights, question_id)
    require_turn(known, rights)
    if not await db.fetchval("SELECT active FROM whereupon.users WHERE id = $1", to.user_id):
        message = f"User {to.user_id} is disabled or does not exist."
        raise Invalid.of(Problem("unknown_user", message, "/user_id", "Choose somebody else."))
    seat, _ = seat_of(known, rights)
    await db.execute(REASSIGN, question_id, seat, to.user_id)
    handed: dict[str, Any] = {"from": seat, "to": to.user_id}
    await note(db, "question", question_id, rights.user_id, "reassigned", for_user=seat, **handed)
    told = ("title", "body", "module_id", "record_id", "run_id", "node", "id")
    await db.execute(TELL, to.user_id, *(row[name] for name in told))
    await db.execute("SELECT pg_notify('whereupon_notifications', '')")
    await audit.append(db, rights.user_id, "reassign_question", f"question:{question_id}", to=to.user_id)


async def comment_question(db: Connection, rights: Rights, question_id: int, comment: str) -> None:
    """Say something about a question without deciding it. Raises NotFound."""
    known = await get_question(db, rights, question_id)
    said = comment.strip()
    await note(db, "question", question_id, rights.user_id, "commented", said, for_user=known["for_user_id"])

"""Steps of playbooks that people do: given to somebody, looked after while they are open, and closed.

Everything is done for many records with one statement; what is decided per record is decided in Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from whereupon.people.escalation import USERS, above_of
from whereupon.sdk.asking import Question, ask, mail_links
from whereupon.sdk.block import Batch, RunView
from whereupon.sdk.playbooks import WHOM, Given, Late, Mark, Reminder, note

REMINDERS = 5  # of one step; after that whoever does not listen has been told often enough
REMIND_EVERY = timedelta(days=1)
RECHECK = timedelta(minutes=10)  # an exit condition over linked records is looked at again this often


@dataclass(frozen=True, slots=True)
class Opening:
    """One step about to be opened for one run."""

    run: RunView
    track: int
    title: str
    body: str
    given: Given
    due: datetime | None
    token_hash: bytes | None = None
    mail_to: Sequence[str] = ()
    link: str = ""


GIVE_TASKS = """
INSERT INTO whereupon.tasks (run_id, record_id, title, description, assignee_user_id, assignee_group_id,
                             due_at, module_id, node, kind, needs_file)
SELECT v.run_id, v.record_id, v.title, v.description, v.user_id, v.group_id, v.due_at, $8, $9, 'step', $10
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::timestamptz[])
  AS v(run_id, record_id, title, description, user_id, group_id, due_at)
RETURNING id, run_id
"""
OPEN = """
INSERT INTO whereupon.playbook_steps (track_id, run_id, step, kind, task_id, question_id, token_hash,
                                      given_as, due_at)
SELECT v.track_id, v.run_id, $1, $2, v.task_id, v.question_id, v.token_hash, v.given_as, v.due_at
FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[], $8::text[],
  $9::timestamptz[])
  AS v(track_id, run_id, task_id, question_id, token_hash, given_as, due_at)
ON CONFLICT (track_id, step) DO UPDATE SET run_id = excluded.run_id, status = 'open',
  task_id = excluded.task_id,
  question_id = excluded.question_id, token_hash = excluded.token_hash, due_at = excluded.due_at,
  given_as = excluded.given_as, opened_at = clock_timestamp(), ended_at = NULL, ended_by = NULL,
  reminders = 0, reminded_at = NULL, late_at = NULL
"""
MEMBERS = """
SELECT m.user_id FROM whereupon.group_members m JOIN whereupon.users u ON u.id = m.user_id
WHERE m.group_id = $1 AND u.active ORDER BY m.user_id
"""


async def open_steps(
    batch: Batch, step: str, kind: str, openings: Sequence[Opening], details: Mapping[str, Any]
) -> None:
    """Give the step to people: as a task, or, where something is to be decided, as a question."""
    tasks: dict[int, int] = {}
    questions: dict[int, int] = {}
    if kind == "decide":
        questions = await _ask(batch, openings, details)
    else:
        tasks = await _give(batch, openings, needs_file=kind == "file")
        await mail_links(batch, [_letter(one) for one in openings if one.mail_to])
    await batch.db.execute(
        OPEN, step, kind, [o.track for o in openings], [o.run.id for o in openings],
        [tasks.get(o.run.id) for o in openings], [questions.get(o.run.id) for o in openings],
        [o.token_hash for o in openings], [o.given.way for o in openings], [o.due for o in openings],
    )  # fmt: skip


async def _give(batch: Batch, openings: Sequence[Opening], *, needs_file: bool) -> dict[int, int]:
    module = batch.place.module
    rows = await batch.db.fetch(
        GIVE_TASKS, [o.run.id for o in openings], [o.run.record_id for o in openings],
        [o.title[:300] for o in openings], [o.body for o in openings], [o.given.user for o in openings],
        [o.given.group for o in openings], [o.due for o in openings], module.id if module else None,
        batch.place.node, needs_file,
    )  # fmt: skip
    return {row["run_id"]: row["id"] for row in rows}


async def _ask(batch: Batch, openings: Sequence[Opening], details: Mapping[str, Any]) -> dict[int, int]:
    groups = {o.given.group for o in openings if o.given.group is not None}
    members = {group: [r["user_id"] for r in await batch.db.fetch(MEMBERS, group)] for group in groups}
    asked = [
        Question(
            o.run, o.title, o.body, _users(o.given, members), {**details, "planned": True}, o.due,
        )
        for o in openings
    ]  # fmt: skip
    return await ask(batch, "approval", asked)


def _users(given: Given, members: Mapping[int, Sequence[int]]) -> Sequence[int]:
    return [given.user] if given.user is not None else members.get(given.group or 0, ())


def _letter(one: Opening) -> Question:
    return Question(one.run, one.title, one.body, (), {}, mail_to=one.mail_to, link=one.link)


# What is open, looked at again -----------------------------------------------------------------------


class Look(NamedTuple):
    """What is to be done about one step now; `until`: when to look again, None: when something happens.
    `whom`: who is reminded."""

    verdict: str  # stay, done, exit, lapse, remind, escalate, pass_on
    until: datetime | None = None
    whom: frozenset[str] = frozenset()


def look(row: Mapping[str, Any], late: Late, reminders: Sequence[Reminder] = ()) -> Look:
    """Decide about one step: pure, from how it stands.

    >>> from datetime import UTC
    >>> now = datetime(2026, 6, 1, tzinfo=UTC)
    >>> row = {"status": "open", "held": False, "reachable": True, "due": now, "now": now, "reminders": 0,
    ...        "late_at": None, "others": False, "answer": None, "moments": [], "since": now}
    >>> [look(row, late).verdict for late in ("go_on", "nothing", "remind", "escalate")]
    ['lapse', 'stay', 'remind', 'escalate']
    >>> look({**row, "status": "done"}, "nothing").verdict
    'done'
    """
    if row["held"]:
        return Look("exit")
    if row["status"] != "open" or row["answer"] in ("approved", "rejected"):
        return Look("stay" if row["others"] else "done")  # others: steps that were opened again
    if not row["reachable"]:
        return Look("pass_on")
    return _by_the_clock(row, late, reminders) if row["due"] is not None else Look("stay")


def _by_the_clock(row: Mapping[str, Any], late: Late, reminders: Sequence[Reminder]) -> Look:
    """What comes by its date: that it is left undone, a reminder, or that somebody above sees it."""
    due, now = row["due"], row["now"]
    if late == "go_on" and due <= now:
        return Look("lapse")
    moments = row["moments"]
    # Moments before it was opened, or before the last reminder, are not made up for.
    ripe = {one.whom for one, at in zip(reminders, moments, strict=True) if row["since"] < at <= now}
    if ripe:
        return Look("remind", whom=frozenset(ripe))
    if late == "escalate" and due <= now and row["late_at"] is None:
        return Look("escalate")
    daily = due + REMIND_EVERY * row["reminders"]
    if late == "remind" and not reminders and row["reminders"] < REMINDERS:
        if daily <= now:
            return Look("remind", whom=frozenset({"holder"}))
        return Look("stay", daily)
    coming = [at for at in moments if at > now]
    return Look("stay", earliest([*coming, due if late in ("escalate", "go_on") and due > now else None]))


CLOSE = """
WITH closed AS (
  UPDATE whereupon.playbook_steps SET status = $2, ended_at = clock_timestamp()
  WHERE id = ANY($1::bigint[]) AND status = 'open' RETURNING task_id, question_id),
tasks AS (
  UPDATE whereupon.tasks SET status = 'cancelled', updated_at = now()
  WHERE id IN (SELECT task_id FROM closed) AND status IN ('open', 'in_progress'))
UPDATE whereupon.questions SET status = $3, ended_at = clock_timestamp()
WHERE id IN (SELECT question_id FROM closed) AND status = 'open'
"""
ANSWERED = """
UPDATE whereupon.playbook_steps s SET status = 'done', ended_at = clock_timestamp(),
  comment = q.answer->>'comment',
  ended_by = (SELECT coalesce(p.decided_by, p.user_id) FROM whereupon.question_people p
              WHERE p.question_id = q.id AND p.decided_at IS NOT NULL ORDER BY p.decided_at DESC LIMIT 1)
FROM whereupon.questions q WHERE s.id = ANY($1::bigint[]) AND q.id = s.question_id AND s.status = 'open'
RETURNING s.track_id, s.step, s.ended_by, s.comment, q.status AS decision
"""
REMINDED = """
UPDATE whereupon.playbook_steps SET reminders = reminders + 1, reminded_at = clock_timestamp()
WHERE id = ANY($1::bigint[])
"""
# Whoever has a step, by step: a user, or everybody of a group, or those who are asked.
HOLDERS = """
SELECT s.id, u.id AS user_id, m.id AS manager_id FROM whereupon.playbook_steps s
LEFT JOIN whereupon.tasks t ON t.id = s.task_id
JOIN whereupon.users u ON u.active AND (u.id = t.assignee_user_id
  OR t.assignee_user_id IS NULL AND u.id IN (
    SELECT m.user_id FROM whereupon.group_members m WHERE m.group_id = t.assignee_group_id)
  OR u.id IN (SELECT p.user_id FROM whereupon.question_people p
              WHERE p.question_id = s.question_id AND p.decided_at IS NULL))
LEFT JOIN whereupon.users m ON m.id = u.manager_id AND m.active
WHERE s.id = ANY($1::bigint[]) ORDER BY s.id, u.id
"""
TELL = """
WITH noted AS (
  INSERT INTO whereupon.notifications (user_id, title, body, module_id, record_id, run_id, node, question_id)
  SELECT v.user_id, left($3 || coalesce(t.title, q.title), 300), coalesce(t.description, q.body),
    r.module_id, r.record_id, r.id, s.step, q.id
  FROM unnest($1::bigint[], $2::bigint[]) AS v(id, user_id) JOIN whereupon.playbook_steps s ON s.id = v.id
  JOIN whereupon.runs r ON r.id = s.run_id LEFT JOIN whereupon.tasks t ON t.id = s.task_id
  LEFT JOIN whereupon.questions q ON q.id = s.question_id RETURNING 1)
SELECT pg_notify('whereupon_notifications', '') WHERE EXISTS (SELECT 1 FROM noted)
"""
ESCALATE = """
WITH late AS (
  UPDATE whereupon.playbook_steps s SET late_at = clock_timestamp()
  FROM unnest($1::bigint[], $2::bigint[]) AS v(id, user_id) WHERE s.id = v.id
  RETURNING s.id, s.task_id, s.question_id, v.user_id),
tasks AS (
  UPDATE whereupon.tasks t
  SET escalated_at = clock_timestamp(), escalated_to = late.user_id, updated_at = now()
  FROM late WHERE t.id = late.task_id AND late.user_id IS NOT NULL),
asked AS (
  INSERT INTO whereupon.question_people (question_id, user_id, due_at)
  SELECT q.id, late.user_id, q.due_at FROM late JOIN whereupon.questions q ON q.id = late.question_id
  WHERE late.user_id IS NOT NULL
  ON CONFLICT DO NOTHING)
INSERT INTO whereupon.inbox_history (task_id, question_id, for_user_id, kind, details)
SELECT task_id, question_id, user_id, 'escalated', jsonb_build_object('to', user_id)
FROM late WHERE user_id IS NOT NULL
"""
PASS_ON = """
WITH given AS (
  UPDATE whereupon.playbook_steps s SET given_as = v.way
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
    AS v(id, user_id, group_id, way, why)
  WHERE s.id = v.id RETURNING s.task_id, s.question_id, v.user_id, v.group_id, v.why),
tasks AS (
  UPDATE whereupon.tasks t
  SET assignee_user_id = g.user_id, assignee_group_id = g.group_id, updated_at = now()
  FROM given g WHERE t.id = g.task_id),
asked AS (
  INSERT INTO whereupon.question_people (question_id, user_id, due_at)
  SELECT q.id, u.id, q.due_at FROM given g JOIN whereupon.questions q ON q.id = g.question_id
  JOIN whereupon.users u ON u.active AND (u.id = g.user_id OR u.id IN (
    SELECT m.user_id FROM whereupon.group_members m WHERE m.group_id = g.group_id))
  ON CONFLICT DO NOTHING)
INSERT INTO whereupon.inbox_history (task_id, question_id, for_user_id, kind, comment, details)
SELECT g.task_id, g.question_id, g.user_id, 'reassigned', g.why,
  jsonb_strip_nulls(jsonb_build_object('to', g.user_id, 'group', o.name))
FROM given g LEFT JOIN whereupon.groups o ON o.id = g.group_id
WHERE g.user_id IS NOT NULL OR g.group_id IS NOT NULL
"""
# Who had these steps and is gone.
GONE = """
SELECT s.id, string_agg(DISTINCT u.name, ', ' ORDER BY u.name) AS names FROM whereupon.playbook_steps s
LEFT JOIN whereupon.tasks t ON t.id = s.task_id
JOIN whereupon.users u ON NOT u.active AND (u.id = t.assignee_user_id
  OR t.assignee_user_id IS NULL AND u.id IN (
    SELECT m.user_id FROM whereupon.group_members m WHERE m.group_id = t.assignee_group_id)
  OR u.id IN (SELECT p.user_id FROM whereupon.question_people p
              WHERE p.question_id = s.question_id AND p.decided_at IS NULL))
WHERE s.id = ANY($1::bigint[]) GROUP BY s.id
"""


async def close_steps(
    batch: Batch, rows: Sequence[Mapping[str, Any]], step: str, verdict: str, because: str | None = None
) -> None:
    """Close steps that nobody has to do any more: because the playbook ends, or because they are too late."""
    status, answer, what = {
        "exit": ("cancelled", "withdrawn", "not_needed"), "lapse": ("lapsed", "timed_out", "lapsed"),
    }[verdict]  # fmt: skip
    await batch.db.execute(CLOSE, [row["id"] for row in rows], status, answer)
    await note(batch.db, step, what, [Mark(row["track_id"], comment=because) for row in rows])


async def settle_answers(batch: Batch, rows: Sequence[Mapping[str, Any]]) -> None:
    """The steps whose question has its answer are done."""
    decided = [row["id"] for row in rows if row["status"] == "open"]
    rows = await batch.db.fetch(ANSWERED, decided) if decided else []
    for decision in ("approved", "rejected"):
        marks = [Mark(r["track_id"], r["ended_by"], r["comment"]) for r in rows if r["decision"] == decision]
        await note(batch.db, batch.place.node, decision, marks)


async def remind(
    batch: Batch, whom: Mapping[int, frozenset[str]], rows: Sequence[Mapping[str, Any]], step: str
) -> None:
    """Tell those people (`whom`, by step) that a step will be due soon, or is late."""
    ids = [row["id"] for row in rows]
    held = await batch.db.fetch(HOLDERS, ids)
    for one in WHOM:
        told = [(row, _reminded(row, one, held)) for row in rows if one in whom[row["id"]]]
        for words, late in (("Due soon: ", False), ("Late: ", True)):
            now = [(row["id"], users) for row, users in told if (row["due"] <= row["now"]) is late]
            pairs = [(step_id, user) for step_id, users in now for user in users]
            await batch.db.execute(TELL, [of for of, _ in pairs], [user for _, user in pairs], words)
        marks = [Mark(row["track_id"], details=_only_one(users)) for row, users in told]
        await note(batch.db, step, "reminded", marks)
    await batch.db.execute(REMINDED, ids)


def _reminded(row: Mapping[str, Any], whom: str, held: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """Who of them there is; where there is nobody, whoever has the step."""
    holders = [one for one in held if one["id"] == row["id"]]
    if whom == "manager":
        above = {one["manager_id"] for one in holders if one["manager_id"] is not None}
        found = sorted(above) or [row["manager"]]
    else:
        found = [row.get(whom)]
    return [user for user in found if user is not None] or [one["user_id"] for one in holders]


def _only_one(users: Sequence[int]) -> Mapping[str, Any]:
    return {"to": users[0]} if len(users) == 1 else {}


async def escalate(batch: Batch, rows: Sequence[Mapping[str, Any]], step: str) -> None:
    """Show late steps to the manager of whoever has them, or else of the record's owner; and tell them."""
    users = {row["id"]: row for row in await batch.db.fetch(USERS)}
    held = await batch.db.fetch(HOLDERS, [row["id"] for row in rows])
    managers = {r["id"]: above for r in held if (above := above_of(r["user_id"], users)) is not None}
    to = {
        row["id"]: managers.get(row["id"]) or row["manager"] or row["starter"] or row["maker"] for row in rows
    }
    await batch.db.execute(ESCALATE, list(to), list(to.values()))
    told = {step_id: user for step_id, user in to.items() if user is not None}
    await batch.db.execute(TELL, list(told), list(told.values()), "Late, and now yours to see: ")
    marks = [Mark(row["track_id"], details={"to": to[row["id"]]}) for row in rows]
    await note(batch.db, step, "escalated", marks)


async def pass_on(
    batch: Batch, rows: Sequence[Mapping[str, Any]], given: Mapping[int, Given], step: str
) -> None:
    """Give steps to somebody else, because those who had them are disabled."""
    ids = [row["id"] for row in rows]
    chosen = [given[one] for one in ids]
    gone = {row["id"]: f"{row['names']} can no longer sign in" for row in await batch.db.fetch(GONE, ids)}
    await batch.db.execute(
        PASS_ON, ids, [g.user for g in chosen], [g.group for g in chosen], [g.way for g in chosen],
        [gone.get(one) for one in ids],
    )  # fmt: skip
    told = {one: given[one].user for one in ids if given[one].user is not None}
    await batch.db.execute(TELL, list(told), list(told.values()), "Now yours: ")
    marks = [Mark(row["track_id"], None, gone.get(row["id"]), _told_of(given[row["id"]])) for row in rows]
    await note(batch.db, step, "passed_on", marks)


def _told_of(given: Given) -> Mapping[str, Any]:
    return {"to": given.user, "group_id": given.group, "as": given.way}


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """The first of several moments, as far as there are any."""
    return min((one for one in moments if one is not None), default=None)

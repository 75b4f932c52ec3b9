"""Questions to people: who is asked what, until when, and what came of it. The run waits meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field

from whereupon.conditions.values import Scope, literal
from whereupon.outbox.messages import NewMessage, queue_each, source_id
from whereupon.people.escalation import USERS, above_of
from whereupon.people.questions import close_as_approved
from whereupon.sdk.block import Batch, Config, RunView
from whereupon.sdk.fields import Shown
from whereupon.sdk.people import Person, user_ids_sql
from whereupon.settings import Settings

UNITS = {"minutes": "minutes", "hours": "hours", "days": "days", "weeks": "weeks", "months": "months"}


class TimeLimit(Config):
    """How long people have."""

    model_config = ConfigDict(json_schema_extra={"x-widget": "duration"})

    amount: int = Field(ge=1, le=10_000, title="How many")
    unit: Annotated[Literal["minutes", "hours", "days", "weeks", "months"], Shown(labels=UNITS)] = Field(
        "days", title="Of what"
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What one run asks. `mail_to`: addresses that get a mail, with this link."""

    run: RunView
    title: str
    body: str
    users: Sequence[int]
    details: Mapping[str, Any]
    due: datetime | None = None
    token_hash: bytes | None = None
    mail_to: Sequence[str] = ()
    link: str = ""
    tells: bool = field(default=True)  # the users are notified in the application


class Answered(NamedTuple):
    """How a question stands. `now`: by the database's clock."""

    id: int
    status: str
    answer: Mapping[str, Any]
    due_at: datetime | None
    now: datetime


def due_sql(limit: TimeLimit | None, scope: Scope) -> str:
    """SQL: until when; local time, so that "1 day" is the same hour tomorrow when the clocks change."""
    if limit is None:
        return "NULL::timestamptz"
    zone, span = literal(scope.time_zone), f"interval '{int(limit.amount)} {limit.unit}'"
    if limit.unit in ("minutes", "hours"):
        return f"clock_timestamp() + {span}"
    return f"((clock_timestamp() AT TIME ZONE {zone}) + {span}) AT TIME ZONE {zone}"


def asked_sql(people: Sequence[Person], scope: Scope) -> str:
    """SQL bigint[] of everybody who is meant, each once."""
    users = " || ".join(["'{}'::bigint[]", *(user_ids_sql(person, scope) for person in people)])
    return f"ARRAY(SELECT DISTINCT unnest({users}) ORDER BY 1)"


def addresses_of_sql(users: str) -> str:
    """SQL text[] of the addresses of users."""
    return f"ARRAY(SELECT u.email FROM whereupon.users u WHERE u.id = ANY({users}) ORDER BY u.email)"


def link_to(path: str) -> str:
    """The address of a page of this installation."""
    return Settings().address.rstrip("/") + path  # pyright: ignore[reportCallIssue]


# One question per run.
ASK = """
INSERT INTO whereupon.questions (kind, run_id, workflow_id, node, iteration, module_id, record_id, title,
  body, details, due_at, token_hash)
SELECT $1, q.run_id, $2, $3, q.iteration, $4, q.record_id, q.title, q.body, q.details, q.due_at, q.token_hash
FROM unnest($5::bigint[], $6::integer[], $7::text[], $8::text[], $9::text[], $10::jsonb[], $11::timestamptz[],
  $12::bytea[]) AS q(run_id, iteration, record_id, title, body, details, due_at, token_hash)
RETURNING id, run_id
"""
ASK_PEOPLE = """
INSERT INTO whereupon.question_people (question_id, user_id, due_at)
SELECT v.question_id, v.user_id, q.due_at FROM unnest($1::bigint[], $2::bigint[]) AS v(question_id, user_id)
JOIN whereupon.questions q ON q.id = v.question_id
"""
TELL = """
WITH noted AS (
  INSERT INTO whereupon.notifications (user_id, title, body, record_id, run_id, question_id, module_id, node)
  SELECT *, $7, $8
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) RETURNING 1)
SELECT pg_notify('whereupon_notifications', '') WHERE EXISTS (SELECT 1 FROM noted)
"""
ANSWERS = """
SELECT q.run_id, q.id, q.status, q.answer, q.due_at, clock_timestamp() AS now
FROM unnest($1::bigint[], $2::integer[]) AS i(run_id, iteration)
JOIN whereupon.questions q ON q.run_id = i.run_id AND q.node = $3 AND q.iteration = i.iteration
"""
TIME_OUT = """
UPDATE whereupon.questions SET status = 'timed_out', ended_at = clock_timestamp()
WHERE id = ANY($1::bigint[]) AND status = 'open'
"""


async def ask(
    batch: Batch, kind: Literal["approval", "form"], questions: Sequence[Question]
) -> dict[int, int]:
    """Put the questions, tell those who are asked, queue the mails; the questions' ids, by run."""
    if not questions:
        return {}
    place = batch.place
    module_id = place.module.id if place.module else None
    columns = (
        [q.run.id for q in questions], [q.run.iteration for q in questions],
        [q.run.record_id for q in questions], [q.title[:300] for q in questions],
        [q.body for q in questions], [dict(q.details) for q in questions], [q.due for q in questions],
        [q.token_hash for q in questions],
    )  # fmt: skip
    rows = await batch.db.fetch(ASK, kind, place.workflow_id, place.node, module_id, *columns)
    ids = {row["run_id"]: row["id"] for row in rows}
    pairs = [(ids[q.run.id], user) for q in questions for user in q.users]
    await batch.db.execute(ASK_PEOPLE, [one for one, _ in pairs], [user for _, user in pairs])
    await _tell(batch, [q for q in questions if q.tells], ids, module_id)
    await mail_links(batch, [q for q in questions if q.mail_to])
    return ids


async def _tell(
    batch: Batch, questions: Sequence[Question], ids: Mapping[int, int], module_id: int | None
) -> None:
    notes = [
        (user, q.title[:300], q.body, q.run.record_id, q.run.id, ids[q.run.id])
        for q in questions
        for user in q.users
    ]
    if notes:
        columns = [list(column) for column in zip(*notes, strict=True)]
        await batch.db.execute(TELL, *columns, module_id, batch.place.node)


async def mail_links(batch: Batch, questions: Sequence[Question]) -> None:
    """A plain mail with the question and the link; each address gets its own."""
    if not questions:
        return
    source = await source_id(batch.db, "email", MAIL)
    await queue_each(
        batch.db,
        [
            NewMessage(
                q.run.id, batch.place.workflow_id, batch.place.node, address, source,
                {"question": {"title": q.title, "body": q.body, "link": q.link}}, q.run.iteration,
            )
            for q in questions
            for address in dict.fromkeys(q.mail_to)
        ],
    )  # fmt: skip


def _stored(text: str) -> dict[str, Any]:
    return {"liquid": text, "html": False, "zone": "UTC", "kinds": {}}


MAIL = {
    "subject": _stored("{{ question.title }}"),
    "text": _stored("{{ question.title }}\n\n{{ question.body }}\n\n{{ question.link }}\n"),
}


async def answers(batch: Batch) -> dict[int, Answered]:
    """How the questions of these runs stand, by run."""
    iterations = [run.iteration for run in batch.runs]
    rows = await batch.db.fetch(ANSWERS, batch.ids, iterations, batch.place.node)
    return {
        row["run_id"]: Answered(row["id"], row["status"], row["answer"] or {}, row["due_at"], row["now"])
        for row in rows
    }


# Open questions that nobody who is asked can answer any more: who has not answered is disabled.
FORSAKEN = """
SELECT q.id, q.run_id, q.title, q.body, q.record_id, q.details->>'needs' = 'all' AS needs_all,
  coalesce(bool_or(p.decision = 'approved'), false) AS approved,
  array_agg(p.user_id) FILTER (WHERE p.decided_at IS NULL) AS gone, w.owner_id
FROM whereupon.questions q JOIN whereupon.question_people p ON p.question_id = q.id
JOIN whereupon.workflows w ON w.id = q.workflow_id LEFT JOIN whereupon.users u ON u.id = p.user_id
WHERE q.id = ANY($1::bigint[]) AND q.status = 'open' GROUP BY q.id, w.id
HAVING NOT bool_or(p.decided_at IS NULL AND coalesce(u.active, false))
"""
ADMINISTRATORS = """
SELECT DISTINCT x.user_id FROM whereupon.user_roles x JOIN whereupon.roles r ON r.id = x.role_id
JOIN whereupon.users u ON u.id = x.user_id WHERE r.administrator AND u.active ORDER BY 1
"""
NOTE_HANDED_ON = """
INSERT INTO whereupon.inbox_history (question_id, for_user_id, kind, comment, details)
SELECT v.question_id, v.user_id, 'reassigned', 'Whoever was asked can no longer sign in',
  jsonb_build_object('to', v.user_id) FROM unnest($1::bigint[], $2::bigint[]) AS v(question_id, user_id)
"""


async def hand_on_forsaken(batch: Batch, found: Mapping[int, Answered]) -> bool:
    """Open questions whose people are all disabled: where everybody had to approve and the others have, it is
    approved; else whoever is above them is asked, or the workflow's owner, or administrators. Whether there
    was any."""
    rows = await batch.db.fetch(FORSAKEN, [one.id for one in found.values() if one.status == "open"])
    if not rows:
        return False
    users = {row["id"]: row for row in await batch.db.fetch(USERS)}
    pairs: list[tuple[int, int]] = []
    questions: list[Question] = []
    for row in rows:
        if row["needs_all"] and row["approved"]:
            await close_as_approved(batch.db, row["id"])
            continue
        others = await _others(batch, row, users)
        pairs += [(row["id"], user) for user in others]
        run = next(run for run in batch.runs if run.id == row["run_id"])
        questions.append(Question(run, row["title"], row["body"], others, {}))
    columns = [one for one, _ in pairs], [user for _, user in pairs]
    await batch.db.execute(f"{ASK_PEOPLE} ON CONFLICT DO NOTHING", *columns)
    await batch.db.execute(NOTE_HANDED_ON, *columns)
    module = batch.place.module
    ids = {run: one.id for run, one in found.items()}
    await _tell(batch, questions, ids, module.id if module else None)
    return True


async def _others(batch: Batch, row: Mapping[str, Any], users: Mapping[int, Any]) -> list[int]:
    """Who is asked instead of those who are gone."""
    above = {found for one in row["gone"] or () if (found := above_of(one, users)) is not None}
    owner = users.get(row["owner_id"])
    if above or (owner is not None and owner["active"]):
        return sorted(above) or [row["owner_id"]]
    return [one["user_id"] for one in await batch.db.fetch(ADMINISTRATORS)]


async def time_out(batch: Batch, found: Mapping[int, Answered]) -> set[int]:
    """The runs whose time is up; their questions are closed."""
    late = {
        run: one
        for run, one in found.items()
        if one.status == "open" and one.due_at is not None and one.due_at <= one.now
    }
    if late:
        await batch.db.execute(TIME_OUT, [one.id for one in late.values()])
    return set(late)

"""E2: a step of a playbook that a person does: something to do, a document to upload, something to decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.values import DATETIME, TEXT, Scope
from whereupon.conditions.words import condition_words, shortened
from whereupon.errors import Problem
from whereupon.people.secrets import key_hash, new_key
from whereupon.sdk.asking import link_to
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.fields import AskedCondition, Line, Paragraph, Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome, Wait
from whereupon.sdk.people import Recipient, addresses_sql, check_person, reads_of
from whereupon.sdk.playbook_steps import (
    RECHECK,
    Look,
    Opening,
    close_steps,
    earliest,
    escalate,
    look,
    open_steps,
    pass_on,
    remind,
    settle_answers,
)
from whereupon.sdk.playbooks import (
    KINDS,
    LATE,
    Participant,
    Planned,
    Reminder,
    Reminders,
    candidates,
    check_participant,
    check_planned,
    due_sql,
    give,
    moments_sql,
    people_columns,
    reads_of_participant,
    who_words,
)
from whereupon.sdk.texts import check_text, reads_of_text, render_texts

AGAIN = timedelta(seconds=1)
COMMENTS = {"optional": "As they like", "on_rejection": "Whoever rejects must say why", "required": "Always"}


class StepConfig(Config):
    """What is to be done, by whom, by when, and what follows when it is late."""

    kind: Annotated[Literal["manual", "file", "decide"], Shown(labels=KINDS)] = Field(
        "manual", title="What it is"
    )
    title: Line = Field(min_length=1, max_length=300, title="To do", description="May contain variables.")
    description: Paragraph = Field("", max_length=5_000, title="Details")
    who: Participant = Field(title="Who")
    planned: Planned = Field(title="By when")
    fallback: Annotated[str | None, Shown("group", advanced=True)] = Field(
        None, title="Who else", description="The key of the group that has what nobody else can do."
    )
    late: Annotated[Literal["remind", "escalate", "nothing", "go_on"], Shown(labels=LATE)] = Field(
        "remind", title="When it is late"
    )
    reminders: Reminders = Field(
        default_factory=list[Reminder],
        title="Reminders",
        description="While it is open: how long before or after it is due, and who is told.",
    )
    outside: Annotated[Recipient | None, Shown(when={"kind": ["file"]})] = Field(
        None,
        title="Who gets a link to upload it",
        description="Somebody outside; the office may do it as well.",
    )
    comment: Annotated[
        Literal["optional", "on_rejection", "required"], Shown(labels=COMMENTS, when={"kind": ["decide"]})
    ] = Field("optional", title="Comment")
    exit: Annotated[AskedCondition | None, Shown("condition", advanced=True)] = Field(
        None, title="Ends early when", description="The playbook's exit condition."
    )


class PlaybookStep(Block[StepConfig]):
    """Playbooks set it by themselves. It never waits for somebody who is not there."""

    key = "playbook_step"
    label = "Step of a playbook"
    group = "People"
    icon = "checklist"
    description = "Gives a step of a playbook to somebody, and goes on when it is done or skipped."
    Config = StepConfig
    outputs: ClassVar = {"status": TEXT, "decision": TEXT, "by": TEXT, "comment": TEXT, "at": DATETIME}
    waits = True
    internal = True
    port_labels: ClassVar = {"exit": "Exit condition"}
    examples = (
        {"title": "Call {{ record.name }}", "who": {"owner": True}, "planned": {"amount": 2}},
        {
            "kind": "file", "title": "Proof of delivery", "who": {"group": "support"}, "late": "escalate",
            "planned": {"amount": 3, "base": "field", "field": "due_date"}, "outside": {"field": "email"},
        },
        {"kind": "decide", "title": "Write it off?", "who": {"manager": True}, "planned": {"amount": 1}},
    )  # fmt: skip

    def ports(self, config: StepConfig) -> tuple[str, ...]:
        return ("next", *(("exit",) if config.exit is not None else ()))

    def check(self, config: StepConfig, scope: Scope) -> list[Problem]:
        if scope.module is None:
            return [Problem("no_record", "There is no record here.", "", "Playbooks are about records.")]
        found = check_participant(config.who, scope, "/who") + check_planned(
            config.planned, scope, "/planned"
        )
        if config.outside is not None:
            found += check_person(config.outside, scope, "/outside", needs_user=False)
        if config.exit is not None:
            found += check_condition(config.exit, scope, "/exit")
        texts = check_text(config.title, scope, "/title") + check_text(
            config.description, scope, "/description"
        )
        return found + texts

    def describe(self, config: StepConfig, scope: Scope) -> str:
        return f"{KINDS[config.kind]} for {who_words(config.who)}: {shortened(config.title, 80)}"

    def reads(self, config: StepConfig, scope: Scope) -> frozenset[str]:
        found = reads_of_participant(config.who, scope)
        found |= reads_of_text(config.title, scope) | reads_of_text(config.description, scope)
        found |= reads_of(config.outside, scope) if config.outside else frozenset[str]()
        return found | (fields_read(config.exit, scope) if config.exit is not None else frozenset[str]())

    async def run_batch(self, config: StepConfig, batch: Batch) -> list[Outcome]:
        columns = batch.place.once("open", lambda: _open_columns(config, batch.place.scope))
        rows = await _rows(batch, columns)
        if len(rows) < len(batch.runs):  # a step that stands alone, in a test, say
            await batch.db.execute(ADOPT, batch.ids)
            rows = await _rows(batch, columns)
        texts = await render_texts(batch, {"title": config.title, "text": config.description})
        known = await candidates(batch, config.who, config.fallback)
        openings = [
            _opening(config, run, row, texts[run.id], give(row, known, config.who))
            for run in batch.runs
            if (row := rows.get(run.id)) is not None and not row["held"]
        ]
        details = {"needs": "one", "comment": config.comment}
        await open_steps(batch, batch.place.node, config.kind, openings, details)
        opened = {one.run.id: one for one in openings}
        return [_opened(config, batch, rows.get(run.id), opened.get(run.id)) for run in batch.runs]

    async def wake_batch(self, config: StepConfig, batch: Batch) -> list[Outcome]:
        columns = batch.place.once("look", lambda: _look_columns(config, batch.place.scope))
        rows = await _rows(batch, columns, STEP)
        looks = {run: look(row, config.late, config.reminders) for run, row in rows.items()}
        await _carry_out(config, batch, rows, looks)
        return [_outcome(config, batch, rows.get(run.id), looks.get(run.id)) for run in batch.runs]

    async def skip_batch(self, config: StepConfig, batch: Batch) -> list[Outcome]:
        decision = "approved" if config.kind == "decide" else None
        return [Done("next", _output("done", decision)) for _ in batch.runs]


# A track of no playbook, for runs that have none.
ADOPT = """
INSERT INTO whereupon.playbook_tracks (playbook_id, module_id, record_id, run_id, status, exclusive,
                                       afterwards, started_at)
SELECT 0, r.module_id, r.record_id, r.id, 'running', false, 'leave', clock_timestamp() FROM whereupon.runs r
WHERE r.id = ANY($1::bigint[]) AND r.record_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM whereupon.playbook_tracks t WHERE t.run_id = r.id)
ON CONFLICT DO NOTHING
"""
# Beside the run: its track as `k`.
TRACK = "JOIN whereupon.playbook_tracks k ON k.run_id = r.id"
# And the step `s` that was opened here, with its task `t` or its question `q`.
STEP = """
JOIN whereupon.playbook_steps s ON s.run_id = r.id AND s.step = $2
LEFT JOIN whereupon.tasks t ON t.id = s.task_id LEFT JOIN whereupon.questions q ON q.id = s.question_id
"""
REACHABLE = """
CASE WHEN s.question_id IS NOT NULL THEN EXISTS (
    SELECT FROM whereupon.question_people p JOIN whereupon.users u ON u.id = p.user_id AND u.active
    WHERE p.question_id = s.question_id)
  ELSE EXISTS (SELECT FROM whereupon.users u WHERE u.active AND (u.id = t.assignee_user_id
    OR t.assignee_user_id IS NULL AND u.id IN (
      SELECT m.user_id FROM whereupon.group_members m WHERE m.group_id = t.assignee_group_id))) END
"""
OTHERS = """
EXISTS (SELECT FROM whereupon.playbook_steps o
        WHERE o.track_id = s.track_id AND o.id <> s.id AND o.status = 'open')
"""


async def _rows(batch: Batch, columns: Mapping[str, str], more: str = "") -> dict[int, Any]:
    wanted = "".join(f', {sql} AS "{name}"' for name, sql in columns.items())
    sql = f"SELECT r.id AS run_id{wanted} FROM {batch.place.source} {TRACK} {more}"
    rows = await batch.db.fetch(sql, batch.ids, *((batch.place.node,) if more else ()))
    return {row["run_id"]: row for row in rows}


def _held(config: StepConfig, scope: Scope) -> str:
    return f"({compile_condition(config.exit, scope)}) IS TRUE" if config.exit is not None else "false"


def _open_columns(config: StepConfig, scope: Scope) -> dict[str, str]:
    due = due_sql(config.planned, scope)
    return {
        "track": "k.id", "due": due, "now": "clock_timestamp()",
        "moments": moments_sql(config.reminders, due, scope),
        "held": _held(config, scope), **people_columns(config.who, scope),
        "addresses": addresses_sql(config.outside, scope) if config.outside else "'{}'::text[]",
    }  # fmt: skip


def _look_columns(config: StepConfig, scope: Scope) -> dict[str, str]:
    return {
        "id": "s.id", "track_id": "s.track_id", "status": "s.status", "due": "coalesce(t.due_at, s.due_at)",
        "reminders": "s.reminders", "since": "greatest(s.opened_at, s.reminded_at)",
        "moments": moments_sql(config.reminders, "coalesce(t.due_at, s.due_at)", scope),
        "late_at": "s.late_at", "now": "clock_timestamp()",
        "comment": "s.comment",
        "ended_at": "s.ended_at", "by": "(SELECT u.name FROM whereupon.users u WHERE u.id = s.ended_by)",
        "reachable": REACHABLE, "others": OTHERS, "answer": "q.status", "answered": "q.answer",
        "held": _held(config, scope), **people_columns(config.who, scope),
    }  # fmt: skip


def _opening(config: StepConfig, run: RunView, row: Any, texts: Mapping[str, str], given: Any) -> Opening:
    token = new_key() if config.outside is not None and row["addresses"] else None
    return Opening(
        run, row["track"], texts["title"], texts["text"], given, row["due"],
        key_hash(token) if token else None, row["addresses"], link_to(f"/uploads/{token}") if token else "",
    )  # fmt: skip


def _opened(config: StepConfig, batch: Batch, row: Any, opening: Opening | None) -> Outcome:
    if row is None:
        return Fail("The run belongs to no playbook.", "no_playbook", "Start the playbook on the record.")
    if opening is None:
        return Done("exit", _output("cancelled"))
    due = opening.due
    shown = {
        "title": opening.title, "user": opening.given.user, "group": opening.given.group,
        "given_as": opening.given.way, "due": due.isoformat() if due else None,
    }  # fmt: skip
    coming = [one for one in row["moments"] if one is not None and one > row["now"]]
    until = earliest([*coming, due if config.late != "nothing" else None])
    wake = _next(config, batch, until, row["now"])
    if config.exit is not None:  # a change that is matched before this is committed wakes nobody
        wake = earliest((wake, row["now"] + AGAIN))
    return Wait(wake, config.exit is not None, input=shown)


def _next(config: StepConfig, batch: Batch, until: datetime | None, now: datetime) -> datetime | None:
    """When to look again. What an exit condition reads elsewhere wakes nobody: look from time to time."""
    module = batch.place.module
    if config.exit is None or module is None:
        return until
    reads = batch.place.once("exit reads", lambda: fields_read(config.exit, batch.place.scope))
    elsewhere = any(name.partition(".")[0] != module.key for name in reads)
    return earliest((until, now + RECHECK if elsewhere else None))


def _exit_words(config: StepConfig, scope: Scope) -> str | None:
    return condition_words(config.exit, scope) if config.exit is not None else None


async def _carry_out(
    config: StepConfig, batch: Batch, rows: Mapping[int, Any], looks: Mapping[int, Look]
) -> None:
    """What was decided about each step, a statement for each kind of decision."""

    def those(verdict: str) -> Sequence[Any]:
        return [row for run, row in rows.items() if looks[run].verdict == verdict]

    node = batch.place.node
    if some := those("done"):
        await settle_answers(batch, some)
    for verdict in ("exit", "lapse"):
        if some := those(verdict):
            told = batch.place.once("exit words", lambda: _exit_words(config, batch.place.scope))
            await close_steps(batch, some, node, verdict, told if verdict == "exit" else None)
    if some := those("remind"):
        await remind(batch, {row["id"]: looks[row["run_id"]].whom for row in some}, some, node)
    if some := those("escalate"):
        await escalate(batch, some, node)
    if some := those("pass_on"):
        known = await candidates(batch, config.who, config.fallback)
        await pass_on(batch, some, {row["id"]: give(row, known, config.who) for row in some}, node)


def _outcome(config: StepConfig, batch: Batch, row: Any, found: Look | None) -> Outcome:
    if row is None or found is None:
        return Fail("The step is no longer there.", "no_step", "Start the playbook again.")
    match found.verdict:
        case "exit":
            return Done("exit", _output("cancelled"))
        case "lapse":
            return Done("next", _output("lapsed", at=row["now"]))
        case "done":
            return Done("next", _done(row))
        case "stay":
            return Wait(_next(config, batch, found.until, row["now"]), config.exit is not None)
        case _:  # reminded, escalated or passed on: look again when the next thing may be due
            later = look(_after(found.verdict, row), config.late, config.reminders)
            until = later.until if later.verdict == "stay" else row["now"]
            return Wait(_next(config, batch, until, row["now"]), config.exit is not None)


def _after(verdict: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """How the step stands after what was just done about it."""
    match verdict:
        case "remind":
            return {**row, "reminders": row["reminders"] + 1, "since": row["now"]}
        case "escalate":
            return {**row, "late_at": row["now"]}
        case _:
            return {**row, "reachable": True}


def _done(row: Any) -> dict[str, Any]:
    if row["answer"] in ("approved", "rejected"):
        answer: Mapping[str, Any] = row["answered"] or {}
        return {
            "status": "done", "decision": row["answer"], "by": answer.get("by"),
            "comment": answer.get("comment"), "at": answer.get("at"),
        }  # fmt: skip
    return _output(row["status"], by=row["by"], comment=row["comment"], at=row["ended_at"])


def _output(
    status: str,
    decision: str | None = None,
    *,
    by: str | None = None,
    comment: str | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    moment = at.isoformat() if at else None
    return {"status": status, "decision": decision, "by": by, "comment": comment, "at": moment}

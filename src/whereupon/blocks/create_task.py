"""D11: gives somebody something to do, by a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import asyncpg
from pydantic import Field

from whereupon.conditions.expressions import compile_value
from whereupon.conditions.values import DATETIME, TEXT, Scope
from whereupon.conditions.words import shortened, value_words
from whereupon.errors import Invalid, Problem
from whereupon.sdk.asking import TimeLimit
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.fields import ComputedValue, Line, Paragraph, Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.people import Person, check_person, group_of, person_words, reads_of, user_ids_sql
from whereupon.sdk.texts import check_text, reads_of_text, render_texts

PRIORITIES = {"low": "Low", "normal": "Normal", "high": "High", "urgent": "Urgent"}
STATUSES = {"open": "Open", "in_progress": "In progress", "done": "Done"}


class TaskConfig(Config):
    """What is to be done, by whom, until when."""

    title: Line = Field(min_length=1, max_length=300, title="To do", description="May contain variables.")
    description: Paragraph = Field("", max_length=5_000, title="Details")
    assignee: Person = Field(title="For")
    due: ComputedValue = Field(
        None, title="Due", description='A date or time: {"today": {"plus": 3}}, or a field.'
    )
    escalate: TimeLimit | None = Field(
        None, title="When late", description="So long after it was due, once: the manager sees it, too."
    )
    priority: Annotated[Literal["low", "normal", "high", "urgent"], Shown(labels=PRIORITIES)] = Field(
        "normal", title="Priority"
    )
    status: Annotated[Literal["open", "in_progress", "done"], Shown(labels=STATUSES, advanced=True)] = Field(
        "open", title="Status at first"
    )


class CreateTask(Block[TaskConfig]):
    """A group's task is everybody's until one of them takes it."""

    key = "create_task"
    label = "Create task"
    group = "People"
    icon = "checkbox"
    description = "Creates a to-do for a user or a group, with a due date."
    Config = TaskConfig
    outputs: ClassVar = {"id": TEXT}
    examples = (
        {"title": "Call {{ record.name }}", "assignee": {"owner": True}, "due": {"today": {"plus": 3}}},
        {
            "title": "Answer {{ record.name }}", "assignee": {"group": "support"},
            "due": {"today": {"plus": 1}}, "escalate": {"amount": 4, "unit": "hours"},
        },
    )  # fmt: skip

    def check(self, config: TaskConfig, scope: Scope) -> list[Problem]:
        found = check_person(config.assignee, scope, "/assignee", needs_user=True)
        found += check_text(config.title, scope, "/title") + check_text(
            config.description, scope, "/description"
        )
        try:
            compile_value(config.due, scope, DATETIME)
        except Invalid as error:
            found += [problem.under("/due") for problem in error.problems]
        if config.escalate is not None and config.due is None:
            message = "Without a due date it is never late."
            found.append(
                Problem("missing", message, "/due", "Say when it is due, or leave “When late” empty.")
            )
        return found

    def describe(self, config: TaskConfig, scope: Scope) -> str:
        due = f", due {value_words(config.due, scope)}" if config.due is not None else ""
        return f"Task for {person_words(config.assignee, scope)}: {shortened(config.title, 80)}{due}"

    def reads(self, config: TaskConfig, scope: Scope) -> frozenset[str]:
        texts = reads_of_text(config.title, scope) | reads_of_text(config.description, scope)
        return texts | reads_of(config.assignee, scope) | compile_value(config.due, scope, DATETIME).reads

    async def run_batch(self, config: TaskConfig, batch: Batch) -> list[Outcome]:
        scope = batch.place.scope
        group = await group_of(config.assignee, batch)
        if isinstance(group, Fail):
            return [group for _ in batch.runs]
        user = "NULL::bigint" if group else f"({user_ids_sql(config.assignee, scope)})[1]"
        due = f"({compile_value(config.due, scope, DATETIME).sql})::timestamptz"
        rows = await batch.rows({"assignee": user, "due": due})
        texts = await render_texts(batch, {"title": config.title, "description": config.description})
        ready = [run for run in batch.runs if group or rows[run.id]["assignee"] is not None]
        found = await batch.db.fetch(
            INSERT, *_columns(batch, ready, rows, texts), group, config.priority, config.status,
            f"{config.escalate.amount} {config.escalate.unit}" if config.escalate else None,
        )  # fmt: skip
        tasks = {row["run_id"]: row["id"] for row in found}
        return [_outcome(tasks.get(run.id), rows[run.id], texts[run.id]["title"]) for run in batch.runs]


# One task per run, in one statement.
INSERT = """
INSERT INTO whereupon.tasks (run_id, record_id, title, description, assignee_user_id, due_at, module_id, node,
                             assignee_group_id, priority, status, escalate_after, escalate_at)
SELECT run_id, record_id, title, description, assignee, due, $7, $8, $9, $10, $11, $12::text::interval,
  due + $12::text::interval
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
  AS v(run_id, record_id, title, description, assignee, due)
RETURNING id, run_id
"""


def _columns(
    batch: Batch, runs: Sequence[RunView], rows: Mapping[int, Any], texts: Mapping[int, Mapping[str, str]]
) -> list[Any]:
    return [
        [run.id for run in runs], [run.record_id for run in runs],
        [texts[run.id]["title"][:300] for run in runs],
        [texts[run.id]["description"] for run in runs], [rows[run.id]["assignee"] for run in runs],
        [rows[run.id]["due"] for run in runs], batch.place.module.id if batch.place.module else None,
        batch.place.node,
    ]  # fmt: skip


def _outcome(task: int | None, row: asyncpg.Record, title: str) -> Outcome:
    if task is None:
        advice = "Set the field that names the assignee."
        return Fail("There is nobody to give the task to.", "no_user", advice)
    due = row["due"].isoformat() if row["due"] else None
    return Done("next", {"id": str(task), "title": title, "assignee": row["assignee"], "due": due})

"""D12: plans an event in somebody's calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

import asyncpg
from pydantic import Field

from whereupon.conditions.expressions import compile_value, local_day, start_of_day
from whereupon.conditions.values import DATE, DATETIME, TEXT, Compiled, Scope
from whereupon.conditions.words import shortened, value_words
from whereupon.errors import Invalid, Problem
from whereupon.people.events import KINDS, LONGEST_DAYS, Kind, plan_events
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.fields import ComputedValue, Line, Paragraph, Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.people import Person, check_person, group_of, person_words, reads_of, user_ids_sql
from whereupon.sdk.texts import check_text, reads_of_text, render_texts

TEXTS = ("title", "description", "location")


class EventConfig(Config):
    """What happens, when, for whom."""

    title: Line = Field(min_length=1, max_length=300, title="Title", description="May contain variables.")
    kind: Annotated[Kind, Shown(labels=KINDS)] = Field("meeting", title="Type")
    start: ComputedValue = Field(
        title="Start", description='A date or time: {"field": "meets_at"}, {"now": {"plus": 2}}.'
    )
    end: ComputedValue = Field(None, title="End", description="None: after the duration below.")
    minutes: int = Field(
        60, ge=0, le=14 * 24 * 60, title="Duration in minutes", description="Without an end."
    )
    all_day: bool = Field(
        False, title="Whole days", description="From the day of the start to that of the end."
    )
    assignee: Person = Field(title="In the calendar of")
    location: Line = Field("", max_length=500, title="Place")
    description: Paragraph = Field("", max_length=5_000, title="Details")


class CreateEvent(Block[EventConfig]):
    """Calendar programs show it: people have an address of their own for that in their profile."""

    key = "create_event"
    label = "Create event"
    group = "People"
    icon = "calendar-event"
    description = "Plans a meeting, call or other event in the calendar of a user or a group."
    Config = EventConfig
    outputs: ClassVar = {"id": TEXT, "start": DATETIME, "end": DATETIME}
    examples = (
        {
            "title": "Call {{ record.name }}", "kind": "call", "assignee": {"owner": True},
            "start": {"now": {"plus": 2, "unit": "days"}}, "minutes": 30,
        },
        {"title": "Visit", "start": {"today": {"plus": 7}}, "all_day": True,
         "assignee": {"group": "support"}},
    )  # fmt: skip

    def check(self, config: EventConfig, scope: Scope) -> list[Problem]:
        found = check_person(config.assignee, scope, "/assignee", needs_user=True)
        for name in TEXTS:
            found += check_text(getattr(config, name), scope, f"/{name}")
        if config.start is None:
            found.append(Problem("missing", "When it starts is missing.", "/start"))
        for name in ("start", "end"):
            try:
                compile_value(getattr(config, name), scope, DATETIME)
            except Invalid as error:
                found += [problem.under(f"/{name}") for problem in error.problems]
        return found

    def describe(self, config: EventConfig, scope: Scope) -> str:
        kind, who = KINDS[config.kind], person_words(config.assignee, scope)
        start = value_words(config.start, scope)
        return f"{kind} for {who}: {shortened(config.title, 80)}, {start}"

    def reads(self, config: EventConfig, scope: Scope) -> frozenset[str]:
        texts = (reads_of_text(getattr(config, name), scope) for name in TEXTS)
        values = (compile_value(value, scope, DATETIME).reads for value in (config.start, config.end))
        return reads_of(config.assignee, scope).union(*texts, *values)

    async def run_batch(self, config: EventConfig, batch: Batch) -> list[Outcome]:
        group = await group_of(config.assignee, batch)
        if isinstance(group, Fail):
            return [group for _ in batch.runs]
        columns = batch.place.once("span", lambda: _span_sql(config, batch.place.scope))
        user = "NULL::bigint" if group else f"({user_ids_sql(config.assignee, batch.place.scope)})[1]"
        rows = await batch.rows({**columns, "assignee": user})
        texts = await render_texts(batch, {name: getattr(config, name) for name in TEXTS})
        wrong = {run.id: told for run in batch.runs if (told := _wrong(rows[run.id], group))}
        ready = [run for run in batch.runs if run.id not in wrong]
        fixed = [
            batch.place.module.id if batch.place.module else None, batch.place.node, group, config.kind,
            config.all_day, batch.place.scope.time_zone, batch.rights.user_id,
        ]  # fmt: skip
        made = await plan_events(batch.db, [*_columns(ready, rows, texts), *fixed]) if ready else {}
        return [
            wrong.get(run.id) or _done(made[run.id], rows[run.id], texts[run.id]["title"])
            for run in batch.runs
        ]


def _span_sql(config: EventConfig, scope: Scope) -> dict[str, str]:
    """When it starts and ends, as SQL; whole days from one midnight to another."""
    start = compile_value(config.start, scope, DATETIME)
    end = compile_value(config.end, scope, DATETIME)
    late = f"coalesce({end.sql}, ({start.sql}) + interval '{config.minutes} minutes')"
    if not config.all_day:
        return {"starts_at": f"({start.sql})::timestamptz", "ends_at": f"({late})::timestamptz"}
    last = f"coalesce({end.sql}, {start.sql})"
    return {"starts_at": _midnight(start.sql, scope), "ends_at": _midnight(last, scope, plus=1)}


def _midnight(sql: str, scope: Scope, plus: int = 0) -> str:
    day = local_day(Compiled(f"({sql})", DATETIME), scope)
    return start_of_day(Compiled(day, DATE), scope, plus)


def _wrong(row: asyncpg.Record, group: int | None) -> Fail | None:
    starts_at: datetime | None = row["starts_at"]
    if starts_at is None:
        return Fail(
            "There is no time at which the event could start.", "no_time", "Set the date that it names."
        )
    if row["ends_at"] < starts_at:
        return Fail("The event would end before it starts.", "wrong_order", "Look at the two dates.")
    if (row["ends_at"] - starts_at).days > LONGEST_DAYS:
        return Fail("The event would last more than a year.", "too_long", "Look at the two dates.")
    if group is None and row["assignee"] is None:
        return Fail(
            "There is nobody in whose calendar it could be.",
            "no_user",
            "Set the field that names the person.",
        )
    return None


def _columns(
    runs: Sequence[RunView], rows: Mapping[int, Any], texts: Mapping[int, Mapping[str, str]]
) -> list[list[Any]]:
    return [
        [run.id for run in runs], [run.record_id for run in runs],
        [texts[run.id]["title"][:300] for run in runs],
        [texts[run.id]["description"] or None for run in runs],
        [texts[run.id]["location"][:500] or None for run in runs],
        [rows[run.id]["assignee"] for run in runs],
        [rows[run.id]["starts_at"] for run in runs], [rows[run.id]["ends_at"] for run in runs],
    ]  # fmt: skip


def _done(event: int, row: asyncpg.Record, title: str) -> Outcome:
    start, end = row["starts_at"].isoformat(), row["ends_at"].isoformat()
    output = {"id": str(event), "title": title, "start": start, "end": end, "assignee": row["assignee"]}
    return Done("next", output)

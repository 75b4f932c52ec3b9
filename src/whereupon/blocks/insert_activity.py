"""D18: writes an activity down on a record: a call, a note, a meeting."""

from __future__ import annotations

from typing import Annotated, ClassVar

import asyncpg
from pydantic import Field

from whereupon.conditions.expressions import compile_value
from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import DATETIME, TEXT, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Module, quote
from whereupon.records.activities import KINDS, Kind, add_activities
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import ComputedValue, Line, Paragraph, Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.people import Person, check_person, reads_of, user_ids_sql
from whereupon.sdk.targets import linked_module
from whereupon.sdk.texts import check_text, reads_of_text, render_texts
from whereupon.sdk.writing import own_sql


class ActivityConfig(Config):
    """What was done or learned, and about which record."""

    kind: Annotated[Kind, Shown(labels=KINDS)] = Field("note", title="Type")
    title: Line = Field(min_length=1, max_length=300, title="Title", description="May contain variables.")
    body: Paragraph = Field("", max_length=20_000, title="Text")
    link: Annotated[str | None, Shown("path", types=["reference"], advanced=True)] = Field(
        None, title="On the linked record", description="A link to follow; none: on this record."
    )
    happened: Annotated[ComputedValue, Shown("value", advanced=True)] = Field(
        None, title="When", description="None: when the block runs."
    )
    person: Annotated[Person | None, Shown(advanced=True)] = Field(
        None, title="Done by", description="None: nobody is named."
    )


class InsertActivity(Block[ActivityConfig]):
    """It stands in the record's timeline, beside its changes."""

    key = "insert_activity"
    label = "Add activity"
    group = "Records"
    icon = "note"
    description = "Writes a call, note or meeting down in the timeline of this record or a linked one."
    Config = ActivityConfig
    outputs: ClassVar = {"id": TEXT}
    examples = (
        {"title": "Reminder sent to {{ record.email }}"},
        {"kind": "call", "title": "Called", "body": "{{ record.note }}", "link": "parent",
         "person": {"owner": True}},
    )  # fmt: skip

    def check(self, config: ActivityConfig, scope: Scope) -> list[Problem]:
        try:
            _module(config, scope)
            compile_value(config.happened, scope, DATETIME)
        except Invalid as error:
            at = "/happened" if config.happened is not None and not error.problems[0].path else ""
            return [problem.under(at) for problem in error.problems]
        found = check_text(config.title, scope, "/title") + check_text(config.body, scope, "/body")
        if config.person is not None:
            found += check_person(config.person, scope, "/person", needs_user=True)
        return found

    def describe(self, config: ActivityConfig, scope: Scope) -> str:
        where = f" on the linked {_module(config, scope).label}" if config.link else ""
        return f"{KINDS[config.kind]}{where}: {shortened(config.title, 80)}"

    def reads(self, config: ActivityConfig, scope: Scope) -> frozenset[str]:
        found = reads_of_text(config.title, scope) | reads_of_text(config.body, scope)
        found |= compile_value(config.happened, scope, DATETIME).reads
        found |= compile_path(config.link, scope).reads if config.link else frozenset[str]()
        return found | (reads_of(config.person, scope) if config.person is not None else frozenset[str]())

    def adds_to(self, config: ActivityConfig, scope: Scope) -> frozenset[str]:
        return frozenset({_module(config, scope).key})

    async def run_batch(self, config: ActivityConfig, batch: Batch) -> list[Outcome]:
        scope = batch.place.scope
        module = _module(config, scope)
        batch.rights.require("update", module.key)
        rows = await batch.rows(batch.place.once("values", lambda: _values(config, module, batch)))
        texts = await render_texts(batch, {"title": config.title, "body": config.body})
        wrong = {run.id: told for run in batch.runs if (told := _wrong(batch, module, rows[run.id]))}
        ready = [run.id for run in batch.runs if run.id not in wrong]
        columns = [
            ready, [rows[run]["record"] for run in ready], [texts[run]["title"][:300] for run in ready],
            [texts[run]["body"] or None for run in ready], [rows[run]["happened"] for run in ready],
            [rows[run]["person"] for run in ready],
        ]  # fmt: skip
        fixed = [module.id, batch.place.node, config.kind, batch.rights.user_id]
        made = await add_activities(batch.db, [*columns, *fixed]) if ready else {}
        return [
            wrong.get(run.id) or Done("next", {"id": str(made[run.id]), "title": texts[run.id]["title"]})
            for run in batch.runs
        ]


def _module(config: ActivityConfig, scope: Scope) -> Module:
    """Of which module the record is. Raises Invalid."""
    if config.link:
        return linked_module(config.link, scope, "/link")
    if scope.module is None:
        message = "There is no record here to write it down on."
        raise Invalid.of(Problem("no_record", message, "/link", "Start the workflow from a record."))
    return scope.module


def _values(config: ActivityConfig, module: Module, batch: Batch) -> dict[str, str]:
    scope = batch.place.scope
    person = f"({user_ids_sql(config.person, scope)})[1]" if config.person is not None else "NULL::bigint"
    if config.link is None:
        record, allowed = module.key_sql("n"), own_sql(batch, "update", module, "n")
    else:
        link, key = compile_path(config.link, scope).sql, quote(module.key_column)
        own = own_sql(batch, "update", module, "t")
        found = f"FROM {module.sql} t WHERE t.{key} = {link}"
        record = f"(SELECT t.{key}::text {found})"
        allowed = f"coalesce((SELECT {own} {found}), true)"
    happened = f"({compile_value(config.happened, scope, DATETIME).sql})::timestamptz"
    return {"record": record, "allowed": allowed, "happened": happened, "person": person}


def _wrong(batch: Batch, module: Module, row: asyncpg.Record) -> Fail | None:
    if row["record"] is None:
        return Fail(f"The link leads to no {module.label}.", "no_record", "Set the link.")
    if row["allowed"]:
        return None
    return Fail(f"{batch.rights.run_subject} may not change this record.", "refused")

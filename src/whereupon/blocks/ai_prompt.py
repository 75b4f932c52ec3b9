"""D15: asks an AI model about the record; its typed answer fills the chosen fields, and nothing else.

The record's texts go along as data, marked as such, and the model gets no tools. Whatever a text says, the
answer can only be values of the chosen fields, judged like anything that is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import asyncpg
import orjson
from pydantic import Field

from whereupon.conditions.values import DECIMAL, INTEGER, JSON, TEXT, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Invalid, Problem, WhereuponError, did_you_mean
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.catalog import Module, quote
from whereupon.outbox.ai.answers import FILLABLE, field_as_json
from whereupon.outbox.ai.gathering import ALONG, Along, Gatherer, Wanted
from whereupon.outbox.ai.parts import CUT_WORDS, Part, fitted, new_mark, parts_of, rules, size_of, tokens_of
from whereupon.outbox.ai.providers import AiProvider, chosen_provider, load_providers
from whereupon.outbox.calls import Call
from whereupon.outbox.rehearsing import rehearsing
from whereupon.people.organisation import load_organisation
from whereupon.records.write import Writer, update_record
from whereupon.sdk.block import Batch, Config, RunView
from whereupon.sdk.fields import Paragraph, Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.outside import AN_HOUR, Again, Ask, Got, OutsideBlock, Performed, World
from whereupon.sdk.texts import check_text, reads_of_text, render_texts
from whereupon.sdk.writing import image_sql, lock_records, writable_field

USED = ("provider", "model", "input_tokens", "output_tokens", "cost", "currency")
USUAL: tuple[Along, ...] = ("fields", "linked", "lines")
Parts = Annotated[Literal["fields", "linked", "lines", "documents", "images", "organisation"],
                  Shown(labels=ALONG)]  # fmt: skip


class AiConfig(Config):
    """What is asked, what goes along, and which fields the answer fills."""

    provider: Annotated[str | None, Shown("ai-provider")] = Field(
        None, max_length=60, title="AI provider", description="None: the first one of the settings."
    )
    instructions: Paragraph = Field(
        min_length=1, max_length=20_000, title="Instructions",
        description="What the model is to do. Variables become part of the instructions.",
    )  # fmt: skip
    fields: Annotated[list[str], Shown("fields", types=FILLABLE)] = Field(
        min_length=1, max_length=50, title="Fields to fill",
        description="Only these are written, each in its own type.",
    )  # fmt: skip
    only_empty: bool = Field(
        True, title="Fill only empty fields", description="What somebody has filled in stays as it is."
    )
    along: Annotated[list[Parts], Shown("ai-along")] = Field(
        list(USUAL), max_length=6, title="What goes along",
        description="As far as the workflow’s publisher may read it.",
    )  # fmt: skip
    only: Annotated[list[str], Shown("fields", advanced=True)] = Field(
        default_factory=list[str], max_length=200, title="Only these fields of the record",
        description="None: all of them go along.",
    )  # fmt: skip
    characters: Annotated[int, Shown(advanced=True)] = Field(
        24_000, ge=200, le=400_000, title="At most so many characters",
        description=f"Of what goes along. What is cut first: {CUT_WORDS}.",
    )  # fmt: skip
    pictures: Annotated[int, Shown(advanced=True)] = Field(
        4, ge=1, le=20, title="At most so many pictures", description="Where pictures go along."
    )


class AiPrompt(OutsideBlock[AiConfig]):
    """At least once: after a crash the same question may be asked, and paid for, again; written once."""

    key = "ai_prompt"
    label = "AI prompt"
    group = "Records"
    icon = "sparkles"
    description = "Asks an AI model about the record, and fills the fields that you choose with its answer."
    Config = AiConfig
    outputs: ClassVar = {
        "filled": INTEGER, "answer": JSON, "provider": TEXT, "model": TEXT, "input_tokens": INTEGER,
        "output_tokens": INTEGER, "cost": DECIMAL,
    }  # fmt: skip
    patience = AN_HOUR
    seconds = 580.0  # documents are read, then the provider's own patience counts
    examples = (
        {"instructions": "Sum up in one sentence what this is about.", "fields": ["note"]},
        {
            "instructions": "Take amount and due date from the invoice that is attached.",
            "fields": ["amount", "due_date"], "along": ["documents", "images"], "only_empty": False,
        },
    )  # fmt: skip

    def check(self, config: AiConfig, scope: Scope) -> list[Problem]:
        if scope.module is None:
            return [Problem("no_record", "There is no record here whose fields could be filled.", "/fields")]
        found = [p for i, key in enumerate(config.fields) for p in _check_field(key, i, scope.module)]
        for index, key in enumerate(config.only):
            if key not in scope.module.fields:
                found.append(_unknown(key, scope.module, f"/only/{index}"))
        return found + check_text(config.instructions, scope, "/instructions")

    def describe(self, config: AiConfig, scope: Scope) -> str:
        module = scope.module
        labels = [
            module.fields[key].label if module and key in module.fields else key for key in config.fields
        ]
        return shortened(f"AI fills {', '.join(labels)}")

    def reads(self, config: AiConfig, scope: Scope) -> frozenset[str]:
        own = {f"{scope.module.key}.{key}" for key in config.only} if scope.module else set[str]()
        return frozenset(own) | reads_of_text(config.instructions, scope)

    def writes(self, config: AiConfig, scope: Scope) -> frozenset[str]:
        return (
            frozenset(f"{scope.module.key}.{key}" for key in config.fields) if scope.module else frozenset()
        )

    # In the run's step ---------------------------------------------------------------------------

    async def prepare(self, config: AiConfig, batch: Batch) -> Sequence[Ask | Done | Fail]:
        module = _module(batch)
        batch.rights.require("read", module.key, config.only)
        batch.rights.require("update", module.key, config.fields)
        try:
            provider = chosen_provider(await load_providers(batch.db), config.provider)
        except WhereuponError as error:
            return [_failed(error) for _ in batch.runs]
        gatherer = Gatherer(batch.place.catalog, module, batch.rights, wanted(config, provider))
        rows = await batch.rows(gatherer.columns() | {"filled": _filled_sql(config, module)})
        texts = await render_texts(batch, {"instructions": config.instructions})
        about = await _about(batch, gatherer.wanted)
        return [
            _ask(config, provider, gatherer, rows.get(run.id), texts[run.id]["instructions"], about)
            for run in batch.runs
        ]

    # Outside -------------------------------------------------------------------------------------

    async def perform(self, call: Call, world: World) -> Performed:
        from whereupon.outbox.ai.asking import AiBusy
        from whereupon.outbox.ai.performing import answer_to

        try:
            async with world.database.connection() as db:
                provider = chosen_provider(await load_providers(db), call.request["provider"])
            return Got(await answer_to(call.request, provider, world.settings, world.database, world.files))
        except AiBusy as busy:
            return Again(busy.message, busy.code, busy.after)

    # With the answer -----------------------------------------------------------------------------

    async def finish(self, config: AiConfig, batch: Batch, got: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        module = _module(batch)
        keys = [run.record_id for run in batch.runs if run.record_id is not None]
        await lock_records(batch.db, module, sorted(set(keys)))
        return [
            await _written(config, batch, module, run, result)
            for run, result in zip(batch.runs, got, strict=True)
        ]


def wanted(config: AiConfig, provider: AiProvider | None) -> Wanted:
    """What goes along; no pictures where the model does not look at any."""
    without = {"images"} if provider is not None and not provider.images else set[str]()
    return Wanted(frozenset(one for one in config.along if one not in without), tuple(config.only) or None)


def _module(batch: Batch) -> Module:
    assert batch.place.module is not None  # `check` asked for it
    return batch.place.module


def _check_field(key: str, index: int, module: Module) -> list[Problem]:
    """What stands against filling a field."""
    at = f"/fields/{index}"
    if key not in module.fields:
        return [_unknown(key, module, at)]
    try:
        field = writable_field(module, key)
    except Invalid as error:
        return [problem.under(at) for problem in error.problems]
    if field.type not in FILLABLE:
        told = f'"{field.label}" cannot be filled by an answer: it leads to another record or to a file.'
        return [Problem("wrong_type", told, at, "Choose fields with text, numbers, dates or choices.")]
    return []


def _unknown(key: str, module: Module, at: str) -> Problem:
    near = did_you_mean(key, module.fields)
    return Problem("unknown_field", f'{module.label} has no field "{key}".', at, near)


def _filled_sql(config: AiConfig, module: Module) -> str:
    """SQL text[]: which of the fields hold something."""
    pairs = [
        f"CASE WHEN n.{quote(module.fields[key].column or '')} IS NOT NULL THEN '{key}' END"
        for key in config.fields
    ]
    return f"array_remove(ARRAY[{', '.join(pairs)}]::text[], NULL)"


async def _about(batch: Batch, what: Wanted) -> dict[str, Any]:
    """The day, and what we are called where that goes along."""
    now: datetime = await batch.db.fetchval("SELECT now() AT TIME ZONE $1::text", batch.place.scope.time_zone)
    found: dict[str, Any] = {"today": f"{now:%Y-%m-%d, a %A}", "organisation": None}
    if "organisation" in what.along:
        loaded = await load_organisation(batch.db)
        found["organisation"] = loaded["organisation"].model_dump(exclude_none=True)
    return found


def _ask(
    config: AiConfig, provider: AiProvider, gatherer: Gatherer, row: asyncpg.Record | None, task: str,
    about: Mapping[str, Any],
) -> Ask | Done | Fail:  # fmt: skip
    """What is asked for one record."""
    module = gatherer.module
    if row is None:
        return Fail("The record is not there any more.", "not_found")
    if not row["own"]:
        told = f"{gatherer.rights.run_subject} may not read {module.label} {row['record_key']}."
        return Fail(told, "refused")
    fields = [module.fields[key] for key in asked_for(config, row["filled"])]
    if not fields:
        return Done("next", nothing_asked(provider), records=0)
    parts = fitted(parts_of(dict(row), module, gatherer.catalog, about["organisation"]), config.characters)
    documents = list(row["documents"] or []) if gatherer.wanted.files else []
    mark = new_mark()
    request = {
        "provider": provider.key, "rules": rules(task, about["today"], mark), "mark": mark,
        "fields": [field_as_json(field) for field in fields], "parts": [part.as_json() for part in parts],
        "documents": documents, "texts": "documents" in gatherer.wanted.along,
        "pictures": config.pictures if "images" in gatherer.wanted.along else 0,
        "characters": config.characters,
    }  # fmt: skip
    return Ask(request, provider.destination, shown_of(provider, fields, parts, documents, task))


def asked_for(config: AiConfig, filled: Sequence[str]) -> list[str]:
    """The fields to ask for: all, or those that hold nothing yet."""
    return [key for key in config.fields if not (config.only_empty and key in filled)]


def nothing_asked(provider: AiProvider) -> dict[str, Any]:
    """The output where every field holds something already."""
    return {
        "filled": 0, "answer": {}, "provider": provider.name, "model": None, "input_tokens": 0,
        "output_tokens": 0, "cost": None,
    }  # fmt: skip


def shown_of(
    provider: AiProvider, fields: Sequence[ModuleField], parts: Sequence[Part],
    documents: Sequence[Mapping[str, Any]], task: str,
) -> dict[str, Any]:  # fmt: skip
    """What the history tells of a question: how much of what went along. A test shows the texts, too."""
    size = size_of(parts)
    told: dict[str, Any] = {
        "provider": provider.name, "model": provider.model, "instructions": task,
        "fields": [field.key for field in fields], "characters": size, "tokens": tokens_of(size),
        "parts": [part.shown() for part in parts], "documents": [one["name"] for one in documents],
    }  # fmt: skip
    if rehearsing():
        told["sent"] = [{"title": part.title, "text": part.text} for part in parts]
    return told


def _failed(error: WhereuponError) -> Fail:
    return Fail(error.message, error.code, error.suggestion)


# Writing the answer -------------------------------------------------------------------------------


async def _written(
    config: AiConfig, batch: Batch, module: Module, run: RunView, result: Mapping[str, Any]
) -> Outcome:
    """Write one answer to its record, as the publisher; what was written meanwhile counts."""
    fields = [module.fields[key] for key in config.fields if key in module.fields]
    before = await _image(batch, module, fields, run)
    values = {
        key: value
        for key, value in result["values"].items()
        if key in config.fields and not (config.only_empty and before.get(key) is not None)
    }
    output = {key: result[key] for key in USED}
    output |= {"answer": result["values"]} | _left_out(result)
    if not values:
        return Done("next", output | {"filled": 0}, records=0)
    writer = Writer(batch.rights, origin="workflow", run=run.id, quiet=True)
    try:
        async with batch.db.transaction():
            await update_record(
                batch.db, batch.place.catalog, module.key, run.record_id or "", values, writer
            )
    except Invalid as error:
        told = "; ".join(problem.message for problem in error.problems) or error.message
        return Fail(f"The answer could not be written: {told}", "ai_answer", error.suggestion)
    except WhereuponError as error:
        return _failed(error)
    after = await _image(batch, module, fields, run)
    changed = {
        "before": {key: before.get(key) for key in values},
        "after": {key: after.get(key) for key in values},
    }
    return Done("next", output | {"filled": len(values)} | changed)


def _left_out(result: Mapping[str, Any]) -> dict[str, Any]:
    return {"left_out": result["left_out"]} if result.get("left_out") else {}


async def _image(batch: Batch, module: Module, fields: Sequence[ModuleField], run: RunView) -> dict[str, Any]:
    """The fields as they are now."""
    key = f"t.{quote(module.key_column)} = $1::text::{module.key_type}"
    text: str | None = await batch.db.fetchval(
        f"SELECT {image_sql(fields, 't')}::text FROM {module.sql} t WHERE {key}", run.record_id
    )
    return orjson.loads(text) if text else {}

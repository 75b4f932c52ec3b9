"""Deletes this record, a linked one, its child records, or records found, never more than it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from whereupon.conditions.values import INTEGER, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Module, quote
from whereupon.records.violations import BROKEN, still_referred_to
from whereupon.sdk.block import Batch, Block
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.targets import (
    SEVERAL,
    TARGETS,
    Found,
    Targets,
    Which,
    check_targets,
    find_targets,
    reads_of_targets,
    target_module,
    whose_words,
)
from whereupon.sdk.writing import context_sql, given_rows, lock_records, own_sql, refusal, turns

MOST = 1_000
SHOWN = 100
NOT_ALLOWED = "may not delete it."


class DeleteConfig(Targets):
    """Which records has to be said. Nothing is deleted where more are meant than `limit` allows."""

    which: Annotated[Which, Shown(labels=TARGETS)] = Field(title="Which records")
    limit: Annotated[int, Shown(when={"which": SEVERAL})] = Field(
        100, ge=1, le=MOST, title="At most", description="If more are meant, none is deleted."
    )


class DeleteRecord(Block[DeleteConfig]):
    """A deleted record's line items go with it; the history keeps what it was."""

    key = "delete_record"
    label = "Delete record"
    group = "Records"
    icon = "trash"
    description = "Deletes this record, a linked one, its child records or records found, up to a limit."
    Config = DeleteConfig
    outputs: ClassVar = {"matched": INTEGER, "deleted": INTEGER, "failed": INTEGER}
    deletes = True
    examples = (
        {
            "which": "found", "module": "items", "limit": 5,
            "where": {"field": "name", "operator": "equals", "value": "Nobody"},
        },
        {"which": "children", "children": "items.parent"},
    )  # fmt: skip

    def ports(self, config: DeleteConfig) -> tuple[str, ...]:
        """After its own record is gone, a run has nothing more to do."""
        return () if config.which == "record" else ("next",)

    def check(self, config: DeleteConfig, scope: Scope) -> list[Problem]:
        try:
            module = _module(config, scope)
        except Invalid as error:
            return list(error.problems)
        if config.which == "found" and config.where is None:
            message = f"Without a condition this would mean all {module.label_plural}."
            return [Problem("missing", message, "/where", "Say which records are to be deleted.")]
        return check_targets(config, module, scope)

    def describe(self, config: DeleteConfig, scope: Scope) -> str:
        module = _module(config, scope)
        if config.which == "record":
            return f"Delete this {module.label}"
        return shortened(f"Delete{whose_words(config, module, scope).removeprefix(' of')}")

    def reads(self, config: DeleteConfig, scope: Scope) -> frozenset[str]:
        return reads_of_targets(config, _module(config, scope), scope)

    def removes(self, config: DeleteConfig, scope: Scope) -> frozenset[str]:
        return frozenset({_module(config, scope).key})

    async def run_batch(self, config: DeleteConfig, batch: Batch) -> list[Outcome]:
        module = _module(config, batch.place.scope)
        batch.rights.require("delete", module.key)
        found = await find_targets(config, module, batch)
        sql = batch.place.once("delete", lambda: _delete_sql(batch, module))
        await lock_records(batch.db, module, sorted({key for _, key in found.pairs}))
        turn = (turns(found.pairs) or [[]])[0]  # a record goes only once
        gone: dict[int, list[str]] = {}
        wrong: dict[int, list[tuple[str, str]]] = {}
        for run, key, told in await _delete(batch, module, sql, turn):
            if told is None:
                gone.setdefault(run, []).append(key)
            else:
                wrong.setdefault(run, []).append((key, told))
        return [
            found.too_many.get(run.id)
            or _outcome(module, found, run.id, gone.get(run.id, []), wrong.get(run.id, []))
            for run in batch.runs
        ]


def _module(config: DeleteConfig, scope: Scope) -> Module:
    module = target_module(config, scope)
    if module.read_only or module.system:
        raise Invalid.of(Problem("read_only", f"{module.label_plural} cannot be deleted here.", "/which"))
    return module


def _delete_sql(batch: Batch, module: Module) -> str:
    """DELETE of the pairs (run $1, record $2): the record, and whether it was allowed."""
    key = quote(module.key_column)
    return f"""
WITH v AS MATERIALIZED (
  SELECT p.run_id, t.{key} AS key, {own_sql(batch, "delete", module, "t")} AS allowed
  FROM {given_rows("run_id key", 0, 1)} JOIN {module.sql} t ON t.{key} = p.key::{module.key_type}),
context AS MATERIALIZED ({context_sql(batch.rights.user_id, "v", "key")}),
gone AS (DELETE FROM {module.sql} t USING v, context WHERE t.{key} = v.key AND v.allowed)
SELECT v.run_id, v.key::text AS key, v.allowed FROM v
"""


Deleted = tuple[int, str, str | None]  # run, record, why it is still there


async def _delete(batch: Batch, module: Module, sql: str, pairs: Sequence[tuple[int, str]]) -> list[Deleted]:
    """Each that the database refuses to delete stays alone: in halves, each in a savepoint."""
    if not pairs:
        return []
    try:
        async with batch.db.transaction():
            rows = await batch.db.fetch(sql, [run for run, _ in pairs], [key for _, key in pairs])
            return [(r["run_id"], r["key"], None if r["allowed"] else _not_allowed(batch)) for r in rows]
    except BROKEN as error:
        if len(pairs) == 1:
            return [(*pairs[0], _refused(batch, module, error))]
    middle = len(pairs) // 2
    first = await _delete(batch, module, sql, pairs[:middle])
    return first + await _delete(batch, module, sql, pairs[middle:])


def _not_allowed(batch: Batch) -> str:
    return f"{batch.rights.run_subject} {NOT_ALLOWED}"


def _refused(batch: Batch, module: Module, error: Any) -> str:
    referred = error.sqlstate in ("23503", "23001")
    return still_referred_to(batch.place.catalog, module, error).message if referred else refusal(error)


def _outcome(
    module: Module, found: Found, run: int, gone: Sequence[str], wrong: Sequence[tuple[str, str]]
) -> Outcome:
    flaw = None
    if wrong:
        key, told = wrong[0]
        count = f"{len(wrong):,} of {len(gone) + len(wrong):,} {module.label_plural} were not deleted. "
        flaw = Fail(f"{count if len(wrong) + len(gone) > 1 else ''}{module.label} {key}: {told}",
                    "refused" if told.endswith(NOT_ALLOWED) else "not_deleted")  # fmt: skip
        if not gone:
            return flaw
    output = {
        "module": module.key, "matched": found.count(run), "deleted": len(gone), "failed": len(wrong),
        "records": list(gone[:SHOWN]),
    }  # fmt: skip
    return Done("next", output, records=len(gone), flaw=flaw)

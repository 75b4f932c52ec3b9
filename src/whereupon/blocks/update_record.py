"""D5: writes fields of this record, of a linked one, of its child records, or of records found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from whereupon.conditions.tree import Value
from whereupon.conditions.values import INTEGER, Scope
from whereupon.conditions.words import shortened, value_words
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Module
from whereupon.sdk.block import Batch, Block
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.stretch import Writing
from whereupon.sdk.targets import (
    SEVERAL,
    Found,
    Targets,
    check_targets,
    find_targets,
    reads_of_targets,
    target_module,
    whose_words,
)
from whereupon.sdk.writing import (
    Written,
    check_assignments,
    compile_assignments,
    constant_values,
    not_allowed,
    reads_of_assignments,
    update_records,
    update_sql,
)

BEYOND = {"fail": "Stop, and change none", "first": "Take the first ones"}
SHOWN = 100  # records named in the history
NAMED = 5  # failures named in one sentence


class UpdateConfig(Targets):
    """Which records, and what they get. In `set`, names are those of the run's record; `target.…` is the one
    that is written."""

    set: Annotated[
        dict[str, Value], Shown("assignments", module=["link", "children", "module"], others=["target"])
    ] = Field(min_length=1, max_length=100, title="Values to write", description="What each field gets.")
    beyond: Annotated[
        Literal["fail", "first"], Shown(labels=BEYOND, when={"which": SEVERAL}, advanced=True)
    ] = Field("fail", title="If there are more")


class UpdateRecord(Block[UpdateConfig]):
    """Changes that leave a record as it was are no changes, and start nothing."""

    key = "update_record"
    label = "Update fields"
    group = "Records"
    icon = "pencil"
    description = (
        "Writes fields of this record, of a linked record, of its child records or of records found."
    )
    Config = UpdateConfig
    outputs: ClassVar = {"matched": INTEGER, "updated": INTEGER, "changed": INTEGER, "failed": INTEGER}
    examples = (
        {"set": {"status": "done"}},
        {"which": "linked", "link": "parent", "set": {"name": {"field": "name"}}},
        {"which": "children", "children": "items.parent", "set": {"status": "done"}},
        {
            "which": "found", "module": "items", "limit": 50,
            "where": {"field": "owner", "operator": "equals", "value": {"field": "record.owner"}},
            "set": {"amount": {"formula": "target.amount + 1"}},
        },
    )  # fmt: skip

    def check(self, config: UpdateConfig, scope: Scope) -> list[Problem]:
        try:
            module = target_module(config, scope)
        except Invalid as error:
            return list(error.problems)
        found = check_assignments(config.set, module, _values_scope(module, scope), "/set")
        return found + check_targets(config, module, scope)

    def describe(self, config: UpdateConfig, scope: Scope) -> str:
        module = target_module(config, scope)
        fields = {key: module.fields.get(key) for key in config.set}
        inner = _values_scope(module, scope)
        sets = (
            f"{found.label if found else key} to {value_words(config.set[key], inner, found)}"
            for key, found in fields.items()
        )
        return shortened(f"Set {', '.join(sets)}{whose_words(config, module, scope)}")

    def reads(self, config: UpdateConfig, scope: Scope) -> frozenset[str]:
        module = target_module(config, scope)
        values = reads_of_assignments(config.set, module, _values_scope(module, scope))
        return reads_of_targets(config, module, scope) | values

    def writes(self, config: UpdateConfig, scope: Scope) -> frozenset[str]:
        module = target_module(config, scope)
        return frozenset(f"{module.key}.{key}" for key in config.set)

    def constants(self, config: UpdateConfig, scope: Scope) -> Mapping[str, Any]:
        return constant_values(target_module(config, scope).key, config.set)

    async def run_batch(self, config: UpdateConfig, batch: Batch) -> list[Outcome]:
        scope = batch.place.scope
        module = target_module(config, scope)
        batch.rights.require("update", module.key, config.set)
        inner = _values_scope(module, scope)
        sql = batch.place.once(
            "update", lambda: update_sql(batch, module, compile_assignments(config.set, module, inner))
        )
        found = await find_targets(config, module, batch, first=config.beyond == "first")
        apart = config.which in ("children", "found")
        written: dict[int, list[Written]] = {}
        for one in await update_records(batch, module, sql, found.pairs, apart=apart):
            written.setdefault(one.run_id, []).append(one)
        matched = _counted(found)
        return [
            found.too_many.get(run.id)
            or _outcome(config, batch, module, written.get(run.id, []), matched.get(run.id, 0))
            for run in batch.runs
        ]

    def in_sql(self, config: UpdateConfig, batch: Batch) -> Writing | None:
        """Only for the run's own record, and where no value needs a second look: those are Python's."""
        if config.which != "record":
            return None
        module = target_module(config, batch.place.scope)
        batch.rights.require("update", module.key, config.set)
        assignments = compile_assignments(config.set, module, _values_scope(module, batch.place.scope))
        return None if any(one.looked_at for one in assignments) else Writing(module, assignments)


def _values_scope(module: Module, scope: Scope) -> Scope:
    """Values are computed from the run's record; `target.…` is the record that is written."""
    return replace(scope, others={"target": replace(scope, module=module, row="t", old=None, op=None)})


def _counted(found: Found) -> dict[int, int]:
    counts: dict[int, int] = {}
    for run, _ in found.pairs:
        counts[run] = counts.get(run, 0) + 1
    return counts


def _outcome(
    config: UpdateConfig, batch: Batch, module: Module, written: Sequence[Written], matched: int
) -> Outcome:
    wrong = [(one.record_id, why) for one in written if (why := _why(one, batch))]
    done = [one for one in written if _why(one, batch) is None]
    if wrong and not done:
        return _failure(module, wrong)
    counts = {
        "matched": matched,
        "updated": len(done),
        "changed": sum(one.changed for one in done),
        "failed": len(wrong),
    }
    if config.which == "record" and len(done) == 1:
        one = done[0]
        return Done("next", counts | {"before": one.before, "after": one.after})
    shown = [{"record": one.record_id, "before": one.before, "after": one.after} for one in done[:SHOWN]]
    output = counts | {"module": module.key, "records": shown}
    if wrong:
        output["failures"] = [{"record": record, "message": told} for record, told in wrong[:SHOWN]]
    return Done(
        "next", output, records=len(done), flaw=_failure(module, wrong, len(written)) if wrong else None
    )


def _why(one: Written, batch: Batch) -> str | None:
    """Why a record was not written; None for one that was."""
    return one.problem or (None if one.allowed else not_allowed(batch))


def _failure(module: Module, wrong: Sequence[tuple[str, str]], of: int = 0) -> Fail:
    """One sentence that names each record and why, or the first of them."""
    if len(wrong) == 1 and not of:
        record, told = wrong[0]
        return Fail(f"{module.label} {record}: {told}", _code(wrong))
    named = "; ".join(f"{record}: {told.rstrip('.')}" for record, told in wrong[:NAMED])
    more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    total = f" of {of:,}" if of else ""
    return Fail(f"{len(wrong):,}{total} {module.label_plural} were not updated: {named}{more}.", _code(wrong))


def _code(wrong: Sequence[tuple[str, str]]) -> str:
    return "refused" if all("may not" in told for _, told in wrong) else "not_written"

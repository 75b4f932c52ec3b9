"""D6: creates records in any module, with a field mapping and line items, or finds those that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.paths import Collection
from whereupon.conditions.tree import Condition, Value
from whereupon.conditions.values import BOOLEAN, INTEGER, TEXT, Scope, ValueType, reference
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.catalog import Module, quote
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.creating import Insert, Made, Making, Row, insert_statement, make
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.targets import candidate_scope, children_of, known_module
from whereupon.sdk.transfers import (
    Moved,
    Transfer,
    check_transfer,
    reads_of_transfer,
    transfer,
    writes_of,
)
from whereupon.sdk.writing import (
    Origin,
    Pair,
    check_assignments,
    compile_assignments,
    not_allowed,
    reads_of_assignments,
    update_records,
    update_sql,
)

MOST = 1_000  # records of one run
SHOWN = 100
EXISTING = {"keep": "Leave it as it is", "update": "Write the values to it"}


class CreateConfig(Config):
    """What is created. With `each`, names are those of the child record; `record.…` is the run's own."""

    module: Annotated[str, Shown("module")] = Field(
        title="Create a record in", description="The module of the new record."
    )
    each: Annotated[str | None, Shown("children", advanced=True)] = Field(
        None,
        title="One for each of",
        description="Child records or line items of this record: one new record for each of them.",
    )
    where: Annotated[
        Condition | None,
        Shown("condition", module=["each"], others=["record"], when={"each": True}, advanced=True),
    ] = Field(None, title="Only those where", description="Only the ones for which this holds.")
    set: Annotated[
        dict[str, Value], Shown("assignments", module=["module"], values=["each"], others=["record"])
    ] = Field(
        default_factory=dict,
        max_length=500,
        title="Values",
        description="What each field gets, computed from this record.",
    )
    match: Annotated[list[str], Shown("fields", module=["module"], advanced=True)] = Field(
        default_factory=list[str],
        max_length=10,
        title="Look first for a record with the same",
        description="If there is one with the same values in these fields, it is taken, and none is created.",
    )
    existing: Annotated[
        Literal["keep", "update"], Shown(labels=EXISTING, when={"match": True}, advanced=True)
    ] = Field("keep", title="If it is there")
    lines: Annotated[list[Transfer], Shown(advanced=True)] = Field(
        default_factory=list[Transfer],
        max_length=10,
        title="Copy line items",
        description="Line items of the new record, made from line items or child records of this one.",
    )

    @model_validator(mode="after")
    def fits(self) -> CreateConfig:
        if self.where is not None and self.each is None:
            raise ValueError('"where" goes with "each"')
        missing = [key for key in self.match if key not in self.set]
        if missing:
            raise ValueError(f'"match" names "{missing[0]}", which gets no value')
        return self


class CreateRecord(Block[CreateConfig]):
    """The new record is a change like any other, and knows which run made it."""

    key = "create_record"
    label = "Create record"
    group = "Records"
    icon = "file-plus"
    description = "Creates a record in any module, with values from this record, line items included."
    Config = CreateConfig
    outputs: ClassVar = {"id": TEXT, "created": BOOLEAN, "count": INTEGER, "lines": INTEGER}
    examples = (
        {"module": "items", "set": {"name": "Call back"}},
        {
            "module": "items",
            "set": {"name": {"field": "name"}, "email": {"field": "email"}, "status": "open"},
            "match": ["email"], "existing": "update",
        },
        {
            "module": "items", "each": "items.parent",
            "set": {"name": {"formula": 'name & " (copy)"'}, "parent": {"field": "record.parent"}},
        },
    )  # fmt: skip

    def outputs_of(self, config: CreateConfig) -> Mapping[str, ValueType]:
        return {**self.outputs, "record": reference(config.module)}

    def check(self, config: CreateConfig, scope: Scope) -> list[Problem]:
        try:
            module, inner = _module(config.module, scope), _values_scope(config, scope)
        except Invalid as error:
            return list(error.problems)
        found = check_assignments(config.set, module, inner, "/set") + _missing(config, module)
        found += _check_match(config, module)
        if config.where is not None:
            found += check_condition(config.where, inner, "/where")
        for index, lines in enumerate(config.lines):
            found += [problem.under(f"/lines/{index}") for problem in check_transfer(lines, module, inner)]
        return found

    def describe(self, config: CreateConfig, scope: Scope) -> str:
        module = scope.catalog.modules.get(config.module)
        into = module.label_plural if module else config.module
        each = _each(config, scope)
        what = f"one for each of its {each.module.label_plural}" if each else "a record"
        lines = ", with its line items" if config.lines else ""
        unless = ", unless it is there" if config.match else ""
        return f"Create {what} in {into}{lines}{unless}"

    def reads(self, config: CreateConfig, scope: Scope) -> frozenset[str]:
        module, inner = _module(config.module, scope), _values_scope(config, scope)
        each = _each(config, scope)
        found = reads_of_assignments(config.set, module, inner)
        found |= each.reads if each is not None else frozenset[str]()
        found |= {f"{module.key}.{key}" for key in config.match}
        if config.where is not None:
            found |= fields_read(config.where, inner)
        return found.union(*(reads_of_transfer(lines, module, inner) for lines in config.lines))

    def writes(self, config: CreateConfig, scope: Scope) -> frozenset[str]:
        module, inner = _module(config.module, scope), _values_scope(config, scope)
        own = {module.key, *(f"{module.key}.{key}" for key in config.set)}
        return frozenset(own).union(*(writes_of(lines, module, inner) for lines in config.lines))

    async def run_batch(self, config: CreateConfig, batch: Batch) -> list[Outcome]:
        module = _module(config.module, batch.place.scope)
        batch.rights.require("create", module.key, config.set)
        if config.existing == "update":
            batch.rights.require("update", module.key, config.set)
        insert = batch.place.once("insert", lambda: _insert(config, module, batch))
        making = await make(batch, insert, most=MOST if config.each else 0)
        if config.existing == "update":
            await _update_found(config, module, batch, making)
        new = [Pair(row.run_id, made.key, row.part) for row, made in making.made.items() if made.created]
        inner, origin = _values_scope(config, batch.place.scope), _origin(config, batch)
        moved = Moved()
        for index, lines in enumerate(config.lines):
            await transfer(batch, lines, index, module, inner, origin, new, moved)
        rows: dict[int, list[Row]] = {}
        for row in making.rows:
            rows.setdefault(row.run_id, []).append(row)
        return [_outcome(config, module, making, rows.get(run.id, []), moved, run.id) for run in batch.runs]


def _module(key: str, scope: Scope) -> Module:
    module = known_module(key, "/module", scope)
    if module.read_only:
        raise Invalid.of(Problem("read_only", f"{module.label_plural} are read-only.", "/module"))
    return module


def _each(config: CreateConfig, scope: Scope) -> Collection | None:
    return children_of(config.each, scope, "/each") if config.each else None


def _values_scope(config: CreateConfig, scope: Scope) -> Scope:
    """What names mean in the values: this record's fields, or those of each of its child records."""
    each = _each(config, scope)
    return candidate_scope(each.module, scope, row="l") if each else scope


def _origin(config: CreateConfig, batch: Batch) -> Origin:
    """The rows that records are made of: the runs, or the child records of each."""
    scope = batch.place.scope
    each = _each(config, scope)
    if each is None:
        return Origin(batch.place.source)
    inner = _values_scope(config, scope)
    where = f" AND ({compile_condition(config.where, inner)})" if config.where is not None else ""
    key = f"l.{quote(each.module.key_column)}"
    source = f"{batch.place.source} JOIN {each.module.sql} l ON {each.joined(inner, scope)}{where}"
    return Origin(source, f"{key}::text", key)


def _insert(config: CreateConfig, module: Module, batch: Batch) -> Insert:
    assignments = compile_assignments(config.set, module, _values_scope(config, batch.place.scope))
    origin = _origin(config, batch)
    return insert_statement(batch, module, assignments, origin, config.match, probed=config.each is not None)


async def _update_found(config: CreateConfig, module: Module, batch: Batch, making: Making) -> None:
    """Write the values to the records that were there; what is wrong is noted."""
    found = {row: made for row, made in making.made.items() if not made.created}
    if not found:
        return
    inner = _values_scope(config, batch.place.scope)
    written = {key: value for key, value in config.set.items() if key not in config.match}
    if not written:
        return
    sql = batch.place.once(
        "update",
        lambda: update_sql(
            batch, module, compile_assignments(written, module, inner), _origin(config, batch)
        ),
    )
    pairs = [Pair(row.run_id, made.key, row.part) for row, made in found.items()]
    wrong = {
        (one.run_id, one.record_id): one.problem or not_allowed(batch)
        for one in await update_records(batch, module, sql, pairs)
        if one.problem or not one.allowed
    }
    for row, made in found.items():
        if told := wrong.get((row.run_id, made.key)):
            making.problems[row] = told


def _missing(config: CreateConfig, module: Module) -> list[Problem]:
    """Required fields that get no value and have no default."""
    return [
        Problem(
            "missing",
            f'"{field.label}" of {module.label} is required.',
            "/set",
            f'Give "{field.key}" a value.',
        )
        for field in module.fields.values()
        if field.required and field.key not in config.set and _must_be_given(field)
    ]


def _must_be_given(field: ModuleField) -> bool:
    has_own = (
        field.type in ("auto_number", "formula", "line_items") or field.options.get("default") is not None
    )
    return not (field.read_only or field.system or has_own)


def _check_match(config: CreateConfig, module: Module) -> list[Problem]:
    """Records are not looked for by what cannot be compared as a whole."""
    unfit = ("rich_text", "long_text", "multi_select", "file")
    return [
        Problem("wrong_type", f'Records cannot be looked for by "{found.label}".', f"/match/{index}")
        for index, key in enumerate(config.match)
        if (found := module.fields.get(key)) is not None and found.type in unfit
    ]


def _outcome(
    config: CreateConfig, module: Module, making: Making, rows: Sequence[Row], moved: Moved, run: int
) -> Outcome:
    wrong = [making.problems[row] for row in rows if row in making.problems]
    done = [making.made[row] for row in rows if row in making.made and row not in making.problems]
    if wrong and not done:
        more = f" ({len(wrong) - 1} more failed)" if len(wrong) > 1 else ""
        return Fail(f"No {module.label} was created. {wrong[0]}{more}", "not_created")
    new, lines = [made for made in done if made.created], moved.counts.get(run, 0)
    output = {"module": module.key, "count": len(new), "created": bool(new)}
    output |= {"lines": lines} if config.lines else {}
    output |= _first(done)
    if config.each is not None:
        output |= {"records": [_shown(made) for made in done[:SHOWN]], "failed": len(wrong)}
    flaw = _flaw(module, wrong, len(rows), moved.problems.get(run, []))
    return Done("next", output, records=len(done) + lines, flaw=flaw)


def _flaw(module: Module, wrong: Sequence[str], of: int, lines: Sequence[str]) -> Fail | None:
    """What was not created beside what was."""
    told: list[str] = []
    if wrong:
        told.append(f"{len(wrong):,} of {of:,} {module.label_plural} were not created: {wrong[0]}")
    if lines:
        told.append(f"{len(lines):,} lines were not copied: {lines[0]}")
    return Fail(" ".join(told), "not_created") if told else None


def _first(done: Sequence[Made]) -> dict[str, object]:
    if not done:
        return {"id": None, "record": None}
    values = {"values": done[0].values} if done[0].values is not None else {}
    return {"id": done[0].key, "record": done[0].key, **values}


def _shown(made: Made) -> dict[str, object]:
    return {"record": made.key, "created": made.created, "values": made.values}

"""D5: writes fields of this record, of a linked one, of its child records, or of records found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.explain import label_of
from whereupon.conditions.paths import compile_path
from whereupon.conditions.tree import Condition, Value
from whereupon.conditions.values import INTEGER, Kind, Scope
from whereupon.conditions.words import condition_words, shortened, value_words
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.catalog import Module, quote
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.writing import (
    Written,
    check_assignments,
    compile_assignments,
    constant_values,
    reads_of_assignments,
    update_records,
    update_sql,
)

MOST_TARGETS = 10_000
NEEDS = {"linked": "link", "children": "children", "found": "module"}


TARGETS = {
    "record": "This record",
    "linked": "A linked record",
    "children": "Its child records",
    "found": "Records that I look for",
}


class UpdateConfig(Config):
    """Which records, and what they get. `set` is computed from the run's record."""

    which: Annotated[Literal["record", "linked", "children", "found"], Shown(labels=TARGETS)] = Field(
        "record", title="Which records"
    )
    link: Annotated[str | None, Shown("path", types=["reference", "user"], when={"which": ["linked"]})] = (
        Field(None, title="Link", description="The link to follow, or several of them with dots.")
    )
    children: Annotated[str | None, Shown("children", when={"which": ["children"]})] = Field(
        None,
        title="Child records",
        description="Records that link to this one: module and field, as in tasks.project.",
    )
    module: Annotated[str | None, Shown("module", when={"which": ["found"]})] = Field(
        None, title="Module", description="Where to look for records."
    )
    where: Annotated[
        Condition | None,
        Shown("condition", module=["children", "module"], when={"which": ["children", "found"]}),
    ] = Field(
        None,
        title="Only records where",
        description="Only those for which this holds; none: all.",
    )
    set: Annotated[dict[str, Value], Shown("assignments", module=["link", "children", "module"])] = Field(
        min_length=1, max_length=100, title="Values to write", description="What each field gets."
    )

    @model_validator(mode="after")
    def fits(self) -> UpdateConfig:
        for name in NEEDS.values():
            needed = NEEDS.get(self.which) == name
            if (getattr(self, name) is not None) != needed:
                verb = "is required" if needed else "does not go"
                raise ValueError(f'"{name}" {verb} with which = "{self.which}"')
        if self.where is not None and self.which in ("record", "linked"):
            raise ValueError('"where" goes with children and found')
        return self


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
    outputs: ClassVar = {"updated": INTEGER}
    examples = (
        {"set": {"status": "done"}},
        {"which": "linked", "link": "parent", "set": {"name": {"field": "name"}}},
        {"which": "children", "children": "items.parent", "set": {"status": "done"}},
    )

    def check(self, config: UpdateConfig, scope: Scope) -> list[Problem]:
        try:
            module = _target(config, scope)
        except Invalid as error:
            return list(error.problems)
        found = check_assignments(config.set, module, scope, "/set")
        if config.where is not None:
            found += check_condition(config.where, _inside(module, scope), "/where")
        return found

    def describe(self, config: UpdateConfig, scope: Scope) -> str:
        module = _target(config, scope)
        fields = {key: module.fields.get(key) for key in config.set}
        sets = (
            f"{found.label if found else key} to {value_words(config.set[key], scope, found)}"
            for key, found in fields.items()
        )
        return shortened(f"Set {', '.join(sets)}{_whose(config, module, scope)}")

    def reads(self, config: UpdateConfig, scope: Scope) -> frozenset[str]:
        module = _target(config, scope)
        link = compile_path(config.link, scope).reads if config.link else frozenset[str]()
        child = frozenset({config.children}) if config.children else frozenset[str]()
        where = (
            fields_read(config.where, _inside(module, scope))
            if config.where is not None
            else frozenset[str]()
        )
        return link | child | where | reads_of_assignments(config.set, module, scope)

    def writes(self, config: UpdateConfig, scope: Scope) -> frozenset[str]:
        module = _target(config, scope)
        return frozenset(f"{module.key}.{key}" for key in config.set)

    def constants(self, config: UpdateConfig, scope: Scope) -> Mapping[str, Any]:
        return constant_values(_target(config, scope).key, config.set)

    async def run_batch(self, config: UpdateConfig, batch: Batch) -> list[Outcome]:
        scope = batch.place.scope
        module = _target(config, scope)
        batch.rights.require("update", module.key, config.set)
        sql = batch.place.once(
            "update", lambda: update_sql(batch, module, compile_assignments(config.set, module, scope))
        )
        written: dict[int, list[Written]] = {}
        for one in await update_records(batch, module, sql, await _pairs(config, module, batch)):
            written.setdefault(one.run_id, []).append(one)
        return [_outcome(config, module, written.get(run.id, [])) for run in batch.runs]


def _whose(config: UpdateConfig, module: Module, scope: Scope) -> str:
    """Of which records, in words; nothing for the run's own."""
    where = f" where {condition_words(config.where, _inside(module, scope))}" if config.where else ""
    match config.which:
        case "record":
            return ""
        case "linked":
            return f" of the linked {label_of(config.link or '', scope)}"
        case "children":
            return f" of its {module.label_plural}{where}"
        case "found":
            return f" of {module.label_plural}{where}"


def _target(config: UpdateConfig, scope: Scope) -> Module:
    """The module that is written to. Raises Invalid."""
    match config.which:
        case "record":
            if scope.module is None:
                advice = 'Choose "found" and a module.'
                raise Invalid.of(Problem("no_record", "There is no record here.", "/which", advice))
            return scope.module
        case "linked":
            return _linked(config.link or "", scope)
        case "found":
            return _known(config.module or "", "/module", scope)
        case "children":
            module = _known((config.children or "").partition(".")[0], "/children", scope)
            _child_field(config, module, scope)
            return module


def _linked(link: str, scope: Scope) -> Module:
    try:
        found = compile_path(link, scope)
    except Invalid as error:
        raise Invalid.of(*(problem.under("/link") for problem in error.problems)) from None
    module = scope.catalog.modules.get(found.type.module or "")
    if found.type.kind is not Kind.REFERENCE or module is None:
        message = f'"{link}" is {found.type.noun}, not a link to a record.'
        raise Invalid.of(Problem("wrong_type", message, "/link"))
    return module


def _known(name: str, at: str, scope: Scope) -> Module:
    if name not in scope.catalog.modules:
        near = did_you_mean(name, scope.catalog.modules)
        raise Invalid.of(Problem("unknown_module", f'There is no module "{name}".', at, near))
    return scope.catalog.modules[name]


def _child_field(config: UpdateConfig, module: Module, scope: Scope) -> ModuleField:
    """The child's reference field that leads to this record's module. Raises Invalid."""
    field = module.fields.get((config.children or "").partition(".")[2])
    if field is None or scope.module is None or field.target != scope.module.key or field.column is None:
        links = scope.catalog.children(scope.module.key) if scope.module else []
        known = [f"{child.key}.{f.key}" for child, f in links]
        advice = did_you_mean(config.children or "", known) or (
            f"Known: {', '.join(known)}." if known else None
        )
        message = f'"{config.children}" does not lead to this record.'
        raise Invalid.of(Problem("unknown_field", message, "/children", advice))
    return field


def _inside(module: Module, scope: Scope) -> Scope:
    """The scope of a record that is a candidate."""
    return Scope(catalog=scope.catalog, module=module, row="t", user=scope.user, time_zone=scope.time_zone)


async def _pairs(config: UpdateConfig, module: Module, batch: Batch) -> list[tuple[int, str]]:
    """Which run writes to which record."""
    if config.which == "record":
        return [(run.id, run.record_id) for run in batch.runs if run.record_id is not None]
    sql = batch.place.once("targets", lambda: _targets_sql(config, module, batch))
    return [(row["run_id"], row["key"]) for row in await batch.db.fetch(sql, batch.ids)]


def _targets_sql(config: UpdateConfig, module: Module, batch: Batch) -> str:
    """Run and record for each target. One more than allowed, so that too many is noticed."""
    scope, source, key = batch.place.scope, batch.place.source, quote(module.key_column)
    if config.which == "linked":
        link = compile_path(config.link or "", scope).sql
        return f"SELECT r.id AS run_id, ({link})::text AS key FROM {source} WHERE ({link}) IS NOT NULL"
    where = compile_condition(config.where, _inside(module, scope)) if config.where is not None else "true"
    if config.which == "children" and scope.module:
        column = quote(_child_field(config, module, scope).column or "")
        where = f"t.{column} = n.{quote(scope.module.key_column)} AND ({where})"
    return (
        f"SELECT r.id AS run_id, f.key FROM {source}, LATERAL (SELECT t.{key}::text AS key "
        f"FROM {module.sql} t WHERE {where} ORDER BY t.{key} LIMIT {MOST_TARGETS + 1}) f"
    )


def _outcome(config: UpdateConfig, module: Module, written: list[Written]) -> Outcome:
    refused = [one.record_id for one in written if not one.allowed]
    if refused:
        message = f"The workflow's publisher may not update {module.label} {', '.join(refused[:5])}."
        return Fail(message, "refused")
    if len(written) > MOST_TARGETS:
        raise Invalid(
            f"It would write to more than {MOST_TARGETS:,} records.", suggestion="Narrow the condition."
        )
    if config.which == "record" and len(written) == 1:
        one = written[0]
        return Done("next", {"updated": 1, "before": one.before, "after": one.after})
    shown = [{"record": one.record_id, "before": one.before, "after": one.after} for one in written[:100]]
    return Done(
        "next", {"updated": len(written), "module": module.key, "records": shown}, records=len(written)
    )

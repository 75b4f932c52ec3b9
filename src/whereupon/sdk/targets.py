"""Which records a block is about: this one, a linked one, its children, or records that it looks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.explain import label_of
from whereupon.conditions.paths import Collection, compile_path, find_collection
from whereupon.conditions.tree import Condition
from whereupon.conditions.values import Kind, Scope
from whereupon.conditions.words import condition_words
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.modules.catalog import Module, quote
from whereupon.sdk.block import Batch, Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Fail
from whereupon.sdk.writing import own_sql

MOST_TARGETS = 10_000
NEEDS = {"linked": "link", "children": "children", "found": "module"}
TARGETS = {
    "record": "This record",
    "linked": "A linked record",
    "children": "Its child records",
    "found": "Records that I look for",
}
Which = Literal["record", "linked", "children", "found"]
SEVERAL = ["children", "found"]


class Targets(Config):
    """Which records. In `where`, names are those of the records looked for; `record.…` is the run's own."""

    which: Annotated[Which, Shown(labels=TARGETS)] = Field("record", title="Which records")
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
        Shown("condition", module=["children", "module"], others=["record"], when={"which": SEVERAL}),
    ] = Field(
        None,
        title="Only records where",
        description="Only those for which this holds; none: all.",
    )
    limit: Annotated[int, Shown(when={"which": SEVERAL}, advanced=True)] = Field(
        MOST_TARGETS, ge=1, le=MOST_TARGETS, title="At most", description="How many records, at most."
    )

    @model_validator(mode="after")
    def fits(self) -> Targets:
        for name in NEEDS.values():
            needed = NEEDS.get(self.which) == name
            if (getattr(self, name) is not None) != needed:
                verb = "is required" if needed else "does not go"
                raise ValueError(f'"{name}" {verb} with which = "{self.which}"')
        if self.where is not None and self.which not in SEVERAL:
            raise ValueError('"where" goes with children and found')
        return self


def target_module(config: Targets, scope: Scope) -> Module:
    """The module of the records that are meant. Raises Invalid."""
    match config.which:
        case "record":
            if scope.module is None:
                advice = 'Choose "found" and a module.'
                raise Invalid.of(Problem("no_record", "There is no record here.", "/which", advice))
            return scope.module
        case "linked":
            return linked_module(config.link or "", scope, "/link")
        case "found":
            return known_module(config.module or "", "/module", scope)
        case "children":
            return children_of(config.children or "", scope, "/children").module


def linked_module(link: str, scope: Scope, at: str) -> Module:
    """The module that a path over links leads to. Raises Invalid."""
    try:
        found = compile_path(link, scope)
    except Invalid as error:
        raise Invalid.of(*(problem.under(at) for problem in error.problems)) from None
    module = scope.catalog.modules.get(found.type.module or "")
    if found.type.kind is not Kind.REFERENCE or module is None:
        message = f'"{link}" is {found.type.noun}, not a link to a record.'
        raise Invalid.of(Problem("wrong_type", message, at))
    return module


def known_module(name: str, at: str, scope: Scope) -> Module:
    """The module of that key. Raises Invalid."""
    if name not in scope.catalog.modules:
        near = did_you_mean(name, scope.catalog.modules)
        raise Invalid.of(Problem("unknown_module", f'There is no module "{name}".', at, near))
    return scope.catalog.modules[name]


def children_of(path: str, scope: Scope, at: str) -> Collection:
    """The child records that a path names: lines, tasks.project, project.tasks.project. Raises Invalid."""
    names = path.split(".")
    found = find_collection(names, scope)
    if found is not None and len(found.head) == len(names):
        return found
    module = scope.module
    lines = [f.key for f in module.fields.values() if f.type == "line_items"] if module else []
    links = scope.catalog.children(module.key) if module else []
    known = lines + [f"{child.key}.{f.key}" for child, f in links]
    advice = did_you_mean(path, known) or (f"Known: {', '.join(known[:12])}." if known else None)
    raise Invalid.of(Problem("unknown_field", f'"{path}" does not lead to this record.', at, advice))


def candidate_scope(module: Module, scope: Scope, row: str = "t") -> Scope:
    """What names mean for a record that is looked for: its own fields; `record.…` is the run's."""
    return Scope(
        catalog=scope.catalog, module=module, row=row, user=scope.user, time_zone=scope.time_zone,
        outputs=scope.outputs, data=scope.data, others={"record": scope} if scope.module else {},
    )  # fmt: skip


def check_targets(config: Targets, module: Module, scope: Scope) -> list[Problem]:
    """What is wrong with the condition on the records."""
    if config.where is None:
        return []
    return check_condition(config.where, candidate_scope(module, scope), "/where")


def reads_of_targets(config: Targets, module: Module, scope: Scope) -> frozenset[str]:
    """The "module.field" names that finding the records reads."""
    found = frozenset[str]()
    if config.link:
        found |= compile_path(config.link, scope).reads
    if config.children:
        found |= children_of(config.children, scope, "/children").reads
    if config.where is not None:
        found |= fields_read(config.where, candidate_scope(module, scope))
    return found


def whose_words(config: Targets, module: Module, scope: Scope) -> str:
    """Of which records, in words; nothing for the run's own."""
    where = f" where {condition_words(config.where, candidate_scope(module, scope))}" if config.where else ""
    match config.which:
        case "record":
            return ""
        case "linked":
            return f" of the linked {label_of(config.link or '', scope)}"
        case "children":
            return f" of its {module.label_plural}{where}"
        case "found":
            return f" of {module.label_plural}{where}"


@dataclass(frozen=True, slots=True)
class Found:
    """Which run means which records, and the runs that mean more than they may."""

    pairs: Sequence[tuple[int, str]]
    too_many: Mapping[int, Fail]

    def count(self, run_id: int) -> int:
        return sum(1 for run, _ in self.pairs if run == run_id)


async def find_targets(config: Targets, module: Module, batch: Batch, *, first: bool = False) -> Found:
    """The records of every run, no more of each than its limit. `first`: of more, the first ones."""
    if config.which == "record":
        return Found([(run.id, run.record_id) for run in batch.runs if run.record_id is not None], {})
    sql = batch.place.once("targets", lambda: _targets_sql(config, module, batch))
    pairs = [(row["run_id"], row["key"]) for row in await batch.db.fetch(sql, batch.ids)]
    if config.which == "linked":
        return Found(pairs, {})
    by_run: dict[int, list[str]] = {}
    for run, key in pairs:
        by_run.setdefault(run, []).append(key)
    above = {run for run, keys in by_run.items() if len(keys) > config.limit}
    too_many = {} if first else {run: _too_many(config, module) for run in above}
    return Found(
        [(run, key) for run, keys in by_run.items() if run not in too_many for key in keys[: config.limit]],
        too_many,
    )


def _too_many(config: Targets, module: Module) -> Fail:
    message = f"More than {config.limit:,} {module.label_plural} are meant, so none was touched."
    return Fail(message, "too_many", 'Narrow the condition, raise "At most", or take the first ones.')


def _targets_sql(config: Targets, module: Module, batch: Batch) -> str:
    """Run and record for each target. One more than allowed, so that too many is noticed."""
    scope, source, key = batch.place.scope, batch.place.source, quote(module.key_column)
    if config.which == "linked":
        link = compile_path(config.link or "", scope).sql
        return f"SELECT r.id AS run_id, ({link})::text AS key FROM {source} WHERE ({link}) IS NOT NULL"
    inner = candidate_scope(module, scope)
    where = compile_condition(config.where, inner) if config.where is not None else "true"
    if config.which == "children":
        where = f"{children_of(config.children or '', scope, '/children').joined(inner, scope)} AND ({where})"
    if config.which == "children" or config.where is not None:  # what it reads to find them, it may know
        where = f"({where}) AND {own_sql(batch, 'read', module, 't')}"
    return (
        f"SELECT r.id AS run_id, f.key FROM {source}, LATERAL (SELECT t.{key}::text AS key "
        f"FROM {module.sql} t WHERE {where} ORDER BY t.{key} LIMIT {config.limit + 1}) f"
    )

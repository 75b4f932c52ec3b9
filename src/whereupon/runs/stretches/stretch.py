"""Which part of a version can be done as sets, and that part compiled: its stretch.

A stretch begins at some block and goes as far as blocks have a form in SQL. Who comes to another block
goes on as a run of its own, which the engine takes up there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from whereupon.db.pool import Connection
from whereupon.errors import WhereuponError
from whereupon.modules.catalog import Module
from whereupon.runs.definitions import Version
from whereupon.runs.principal import theirs_sql
from whereupon.runs.refusals import refusal_sql
from whereupon.runs.stretches.legs import Bearing, asking_sql, in_turn_sql, writing_sql
from whereupon.runs.stretches.limits import Limits, load_limits, mark_of, rules_of
from whereupon.runs.stretches.settling import settle_sql
from whereupon.runs.stretches.turns import in_turns_sql
from whereupon.sdk.block import Batch
from whereupon.sdk.outcomes import Fail
from whereupon.sdk.stretch import Ending, InSql, Parting, Writing
from whereupon.workflows.plan import Step

MOST_LEGS = 100
AT_FIRST = 64  # so many in the first turn when it is not known who is bad


@dataclass(frozen=True, slots=True)
class Leg:
    """One block. `sql` answers how many members it left as suspects; `one_by_one` and `in_turns` work these
    off, each alone, or many at first (None: nothing can be refused here)."""

    node: str
    place: int
    sql: str
    one_by_one: str | None = None
    in_turns: str | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """The blocks in an order in which nobody comes to one that is behind them; the first is where it begins.

    `keeps`: whether later blocks read what one of them gives. `mark`: of the table's limits, as compiled in.
    """

    version: Version
    module: Module
    legs: Sequence[Leg]
    keeps: bool
    mark: str

    @property
    def writes(self) -> bool:
        """Whether any block of it writes a record."""
        return any(leg.one_by_one is not None for leg in self.legs)


@dataclass(frozen=True, slots=True)
class Form:
    """What a block does here, in SQL, and to whose records (`theirs`: SQL boolean, None: everybody's)."""

    step: Step
    batch: Batch
    does: InSql | Fail
    theirs: str | None

    @property
    def may_fail(self) -> bool:
        match self.does:
            case Writing() | Fail():
                return True
            case Ending(outcome=Fail()):
                return True
            case _:
                return self.theirs is not None


async def stretch_of(db: Connection, version: Version, node: str) -> Stretch | None:
    """The stretch that begins at a node, compiled once; None: the block there has no such form."""
    if node not in version.plan.steps:
        return None
    memory = version.place(node).memory
    if "stretch" not in memory:
        memory["stretch"] = await _make(db, version, node)
    return memory["stretch"]


async def as_of_now(db: Connection, stretch: Stretch) -> Stretch:
    """The same with the limits that the table has now: its owner may have altered it."""
    if await mark_of(db, stretch.module) == stretch.mark:
        return stretch
    first = stretch.legs[0].node
    stretch.version.place(first).memory.pop("stretch", None)
    return await stretch_of(db, stretch.version, first) or stretch


async def _make(db: Connection, version: Version, first: str) -> Stretch | None:
    module = version.module
    if module is None or version.rights is None or version.deleted or len(module.key_columns) != 1:
        return None
    forms = _forms(version, db, first)
    order = _in_order(version, first, forms)
    if not order or len(order) > MOST_LEGS:
        return None
    places = {node: place for place, node in enumerate(order, 1)}
    limits = await load_limits(db, module)
    legs = [_leg(forms[node], module, places, limits) for node in order]
    return Stretch(version, module, legs, any(forms[node].step.kept for node in order), limits.mark)


def _forms(version: Version, db: Connection, first: str) -> dict[str, Form]:
    """The blocks that have a form, of those that can be reached from one over such blocks."""
    forms: dict[str, Form] = {}
    todo = [first]
    while todo:
        node = todo.pop()
        step = version.plan.steps.get(node)
        if node in forms or step is None or version.plan.loops.get(node):
            continue
        form = _form(version, db, step)
        if form is not None and not (form.may_fail and step.node.on_error.policy == "retry"):
            forms[node] = form
            todo += step.exits.values()
    return forms


def _form(version: Version, db: Connection, step: Step) -> Form | None:
    """As the publisher may act now (rule 28): a block that is refused fails for every member."""
    assert version.rights is not None
    batch = Batch(db, replace(version.place(step.node.key), memory={}), [], version.rights)
    try:
        theirs = theirs_sql(version, step, batch)
    except WhereuponError as error:
        return Form(step, batch, _fail(error), None)
    try:
        does = step.block.in_sql(step.config, batch)
    except WhereuponError as error:
        does = _fail(error)
    return None if does is None else Form(step, batch, does, theirs)


def _fail(error: WhereuponError) -> Fail:
    return Fail(str(error), error.code, error.suggestion)


def _in_order(version: Version, first: str, forms: Mapping[str, Form]) -> list[str]:
    """Each node after all that lead to it; empty when a way leads back."""
    order: list[str] = []
    seen: set[str] = set()
    if any(node in version.plan.graph.after(node) for node in forms):
        return []
    todo = [first] if first in forms else []
    while todo:
        node = todo[-1]
        following = [to for to in forms[node].step.exits.values() if to in forms and to not in seen]
        if following:
            todo += following[:1]
            continue
        todo.pop()
        if node not in seen:
            seen.add(node)
            order.append(node)
    return order[::-1]


def _leg(form: Form, module: Module, places: Mapping[str, int], limits: Limits) -> Leg:
    node, place = form.step.node.key, places[form.step.node.key]
    settle = settle_sql(form.step, places)
    bearing = Bearing(form.batch, module, form.theirs, settle)
    match form.does:
        case Writing() as writing:
            write = in_turn_sql(bearing, writing)
            failure = refusal_sql(form.batch.place.catalog, module)
            turns = [in_turns_sql(node, write, settle, failure, size) for size in (1, AT_FIRST)]
            rules = rules_of(limits, writing.assignments, form.batch.place.catalog)
            return Leg(node, place, writing_sql(bearing, writing, place, rules), *turns)
        case Parting() | Ending() | Fail() as asking:
            return Leg(node, place, asking_sql(bearing, asking, place))

"""D23: the same blocks for each child record, line item, or record found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.paths import compile_path
from whereupon.conditions.tree import Condition
from whereupon.conditions.values import INTEGER, Scope, ValueType
from whereupon.conditions.words import condition_words
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.catalog import Module, quote
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.branching import Tally, call_off, let_go, standing, start_branches, tally
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome, Wait
from whereupon.sdk.writing import own_sql

SOURCES = {
    "children": "Its child records or line items",
    "found": "Records that I look for",
    "rows": "Rows that an earlier block found",
}
TURNS = {"together": "All at once", "in_turn": "One after another"}
FAILURES = {
    "go_on": "Go on with the others; the run ends as partial",
    "stop": "Stop: the others are not begun, and this block fails",
}
NEEDS = {"children": "children", "found": "module", "rows": "rows"}


class EachConfig(Config):
    """Which records, in which order, and what one that fails means."""

    which: Annotated[Literal["children", "found", "rows"], Shown(labels=SOURCES)] = Field(
        "children", title="Items"
    )
    children: Annotated[str | None, Shown("children", when={"which": ["children"]})] = Field(
        None,
        title="Child records",
        description="Records that link to this one: module and field, as in tasks.project.",
    )
    module: Annotated[str | None, Shown("module", when={"which": ["found"]})] = Field(
        None, title="Module", description="Where to look for records."
    )
    rows: Annotated[str | None, Shown("path", when={"which": ["rows"]})] = Field(
        None, max_length=300, title="Rows", description="Of a “Find records” block, as in nodes.find.rows."
    )
    where: Annotated[
        Condition | None,
        Shown("condition", module=["children", "module"], when={"which": ["children", "found"]}),
    ] = Field(None, title="Only records where", description="Only those for which this holds; none: all.")
    order_by: Annotated[
        str | None,
        Shown("path", module=["children", "module"], when={"which": ["children", "found"]}, advanced=True),
    ] = Field(
        None, max_length=300, title="In the order of", description="None: the order in which they were made."
    )
    descending: Annotated[bool, Shown(when={"which": ["children", "found"]}, advanced=True)] = Field(
        False, title="Largest first"
    )
    turn: Annotated[Literal["together", "in_turn"], Shown(labels=TURNS)] = Field("together", title="When")
    on_failure: Annotated[Literal["go_on", "stop"], Shown(labels=FAILURES)] = Field(
        "go_on", title="If one fails"
    )
    most: Annotated[int, Shown(advanced=True)] = Field(
        1_000, ge=1, le=10_000, title="At most", description="With more items than this the block fails."
    )

    @model_validator(mode="after")
    def fits(self) -> EachConfig:
        for which, name in NEEDS.items():
            if (getattr(self, name) is not None) != (self.which == which):
                verb = "is required" if self.which == which else "does not go"
                raise ValueError(f'"{name}" {verb} with which = "{self.which}"')
        if self.which == "rows" and (self.where is not None or self.order_by is not None):
            raise ValueError("the block that found the rows says which and in what order")
        return self


class ForEach(Block[EachConfig]):
    """Each item goes its own way through the blocks, with a history of its own; this run waits for all."""

    key = "for_each"
    label = "For each"
    group = "Logic"
    icon = "repeat"
    description = "Does the same for each child record, line item or record found, then goes on."
    Config = EachConfig
    outputs: ClassVar = {"total": INTEGER, "succeeded": INTEGER, "failed": INTEGER}
    each_port = "each"
    goes_on_by = "done"
    port_labels: ClassVar = {"each": "For each item", "done": "When all are done"}
    examples = (
        {"children": "items.parent"},
        {
            "which": "found",
            "module": "items",
            "where": {"field": "status", "operator": "equals", "value": "open"},
            "turn": "in_turn",
            "on_failure": "stop",
        },
    )

    def ports(self, config: EachConfig) -> tuple[str, ...]:
        return ("each", "done")

    def item_module(self, config: EachConfig, scope: Scope) -> Module | None:
        return _items(config, scope)[0]

    def item_outputs(self, config: EachConfig) -> Mapping[str, ValueType]:
        return {"number": INTEGER, "total": INTEGER}

    def most_items(self, config: EachConfig) -> int:
        return config.most

    def check(self, config: EachConfig, scope: Scope) -> list[Problem]:
        try:
            module, _ = _items(config, scope)
        except Invalid as error:
            return list(error.problems)
        inner = _inside(module, scope)
        found = check_condition(config.where, inner, "/where") if config.where is not None else []
        try:
            _order_sql(config, module, inner)
        except Invalid as error:
            found += [problem.under("/order_by") for problem in error.problems]
        return found

    def describe(self, config: EachConfig, scope: Scope) -> str:
        module, _ = _items(config, scope)
        where = (
            f" where {condition_words(config.where, _inside(module, scope))}"
            if config.where is not None
            else ""
        )
        turn = ", one after another" if config.turn == "in_turn" else ""
        return f"For each of {module.label_plural}{where}{turn}"

    def reads(self, config: EachConfig, scope: Scope) -> frozenset[str]:
        module, link = _items(config, scope)
        inner = _inside(module, scope)
        found = {f"{module.key}.{link.key}" if link is not None else module.key}
        found |= compile_path(config.rows, scope).reads if config.rows else set()
        found |= fields_read(config.where, inner) if config.where is not None else set()
        found |= compile_path(config.order_by, inner).reads if config.order_by else set()
        return frozenset(found)

    async def run_batch(self, config: EachConfig, batch: Batch) -> list[Outcome]:
        module, _ = _items(config, batch.place.scope)
        batch.rights.require("read", module.key)
        items = batch.place.once("items", lambda: _items_sql(config, batch))
        together, first = config.turn == "together", batch.place.exits["each"]
        totals = await start_branches(
            batch, items, module.id, first=first, most=config.most, together=together
        )
        return [_begun(config, totals.get(run.id, 0), module) for run in batch.runs]

    async def wake_batch(self, config: EachConfig, batch: Batch) -> list[Outcome]:
        if config.turn == "in_turn":
            return await _in_turn(config, batch)
        found = await tally(batch, batch.runs)
        return await _settled(config, batch, found)

    async def skip_batch(self, config: EachConfig, batch: Batch) -> list[Outcome]:
        return await self.wake_batch(config, batch)  # the items are tried, too


def _begun(config: EachConfig, total: int, module: Module) -> Outcome:
    if total == 0:
        return Done("done", {"total": 0, "succeeded": 0, "failed": 0}, records=0)
    if total > config.most:
        message = (
            f"There are more than {config.most:,} {module.label_plural}; nothing was done to any of them."
        )
        return Fail(message, "too_many", "Narrow the condition, or allow more of them.")
    return Wait(memo={"total": total, "at": 1}, input={"items": total})


async def _settled(config: EachConfig, batch: Batch, found: Mapping[int, Tally]) -> list[Outcome]:
    """What follows for runs whose branches go together: wait for the rest, or go on."""
    failing = [run for run in batch.runs if config.on_failure == "stop" and found[run.id].failed]
    if any(found[run.id].open for run in failing):
        await call_off(batch.db, batch.place.node, [run for run in failing if found[run.id].open])
        found = await tally(batch, batch.runs)
    return [_outcome(config, run, found[run.id]) for run in batch.runs]


def _outcome(config: EachConfig, run: RunView, stand: Tally) -> Outcome:
    if stand.open:
        return Wait(memo=dict(run.memo or {}))
    output = {"total": stand.total, "succeeded": stand.succeeded, "failed": stand.total - stand.succeeded}
    if config.on_failure == "stop" and stand.failed and stand.flaw is not None:
        return Fail(stand.flaw.message, stand.flaw.code, stand.flaw.suggestion)
    return Done("done", output, records=stand.total, flaw=stand.flaw)


async def _in_turn(config: EachConfig, batch: Batch) -> list[Outcome]:
    """The next branch of each run may begin when the one before is over; when it was the last, all are."""
    node = batch.place.node
    at = {run.id: (run.iteration, int((run.memo or {}).get("at", 1))) for run in batch.runs}
    stand = await standing(batch.db, node, at)
    ended = [run for run in batch.runs if stand[run.id][1]]
    failed = [
        run for run in ended if config.on_failure == "stop" and stand[run.id][0] in ("failed", "partial")
    ]
    await call_off(batch.db, node, failed)
    gone = {run.id for run in failed}
    follows = {
        run.id: (run.iteration, at[run.id][1] + 1)
        for run in ended
        if run.id not in gone and at[run.id][1] < int((run.memo or {})["total"])
    }
    await let_go(batch.db, node, follows)
    over = [run for run in ended if run.id not in follows]
    found = await tally(batch, over) if over else {}
    return [
        _outcome(config, run, found[run.id])
        if run.id in found
        else Wait(memo={**(run.memo or {}), "at": follows.get(run.id, at[run.id])[1]})
        for run in batch.runs
    ]


# Which items -------------------------------------------------------------------------------------


def _items(config: EachConfig, scope: Scope) -> tuple[Module, ModuleField | None]:
    """The items' module, and its link to this record if they are children. Raises Invalid."""
    if config.which == "rows":
        return _module_of_rows(config.rows or "", scope), None
    name = config.module if config.which == "found" else (config.children or "").partition(".")[0]
    at = "/module" if config.which == "found" else "/children"
    module = scope.catalog.modules.get(name or "")
    if module is None:
        near = did_you_mean(name or "", scope.catalog.modules)
        raise Invalid.of(Problem("unknown_module", f'There is no module "{name}".', at, near))
    if len(module.key_columns) != 1:
        raise Invalid.of(Problem("no_key", f"{module.label_plural} have no single key to go by.", at))
    return module, _link(config, module, scope) if config.which == "children" else None


def _module_of_rows(path: str, scope: Scope) -> Module:
    """The module that rows of an earlier block are of. Raises Invalid."""
    try:
        found = compile_path(path, scope).type
    except Invalid as error:
        raise Invalid.of(*(problem.under("/rows") for problem in error.problems)) from None
    module = scope.catalog.modules.get(found.module or "") if found.many else None
    if module is None or len(module.key_columns) != 1:
        message = f'"{path}" is {found.noun}, not rows of records.'
        raise Invalid.of(
            Problem("wrong_type", message, "/rows", "Choose the rows of a “Find records” block.")
        )
    return module


def _link(config: EachConfig, module: Module, scope: Scope) -> ModuleField:
    """The child's reference field that leads to this record's module. Raises Invalid."""
    field = module.fields.get((config.children or "").partition(".")[2])
    if field is None or scope.module is None or field.target != scope.module.key or field.column is None:
        links = scope.catalog.children(scope.module.key) if scope.module else []
        known = [f"{child.key}.{f.key}" for child, f in links]
        near = did_you_mean(config.children or "", known)
        advice = near or (f"Known: {', '.join(known)}." if known else "Look for records instead.")
        message = f'"{config.children}" does not lead to this record.'
        raise Invalid.of(Problem("unknown_field", message, "/children", advice))
    return field


def _inside(module: Module, scope: Scope) -> Scope:
    """The scope of a record that may be an item; `record.…` is the run's own."""
    return Scope(
        catalog=scope.catalog, module=module, row="t", user=scope.user, time_zone=scope.time_zone,
        outputs=scope.outputs, data=scope.data, others={"record": scope} if scope.module else {},
    )  # fmt: skip


def _order_sql(config: EachConfig, module: Module, inner: Scope) -> str:
    key = f"t.{quote(module.key_column)}"
    if not config.order_by:
        return f"{key} DESC" if config.descending else key
    way = "DESC NULLS LAST" if config.descending else "ASC"
    return f"{compile_path(config.order_by, inner).sql} {way}, {key}"


def _items_sql(config: EachConfig, batch: Batch) -> str:
    """`key` and `place` of each item of the run's record `n` that the run may read; one more than allowed, to
    notice it."""
    scope = batch.place.scope
    module, link = _items(config, scope)
    own = own_sql(batch, "read", module, "t")
    if config.which == "rows":
        rows = compile_path(config.rows or "", scope).sql
        this = f"t.{quote(module.key_column)} = (e.value->>'id')::{module.key_type}"
        return (
            f"SELECT {module.key_sql('t')} AS key, e.place FROM jsonb_array_elements({rows}) "
            f"WITH ORDINALITY AS e(value, place) JOIN {module.sql} t ON {this} "
            f"WHERE {own} LIMIT {config.most + 1}"
        )
    inner = _inside(module, scope)
    where = [own, *([f"({compile_condition(config.where, inner)})"] if config.where is not None else [])]
    if link is not None and scope.module is not None:
        where.append(f"t.{quote(link.column or '')} = n.{quote(scope.module.key_column)}")
    order = _order_sql(config, module, inner)
    return (
        f"SELECT {module.key_sql('t')} AS key, row_number() OVER (ORDER BY {order}) AS place "
        f"FROM {module.sql} t WHERE {' AND '.join(where)} ORDER BY {order} LIMIT {config.most + 1}"
    )

"""A document made ready: each node with its block, its typed configuration, its exits and its scope.

The checks read the plan to find faults, the engine walks it. It is built from a document and a
catalog alone, so the same plan serves the editor, the publish review and the workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from whereupon.conditions.documents import document_of_run, newest_document
from whereupon.conditions.tree import ConditionNode, parse_condition
from whereupon.conditions.values import BROUGHT, Scope, ValueType
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.catalog import Catalog, Module
from whereupon.sdk import registry
from whereupon.sdk.block import Block, Config
from whereupon.sdk.trigger import Trigger
from whereupon.workflows.document import START, Document, Graph, Node, problems_of

ERROR_PORT = "error"


@dataclass(frozen=True, slots=True)
class Step:
    """One node, ready to execute."""

    node: Node
    block: Block[Any]
    config: Config
    exits: Mapping[str, str]
    awaited: bool  # what leaves the database has to come back before the run goes on
    kept: bool  # a later node reads its output

    @property
    def name(self) -> str:
        """As people know it."""
        return self.node.label or self.block.label

    def ports(self) -> tuple[str, ...]:
        extra = (ERROR_PORT,) if self.node.on_error.policy == "exit" else ()
        return (*self.block.ports(self.config), *extra)


@dataclass(frozen=True, slots=True)
class Start:
    """What starts the workflow, and the filter that lets a record in (B10)."""

    node: Node
    trigger: Trigger[Any]
    config: Config
    filter: ConditionNode | None
    exits: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole workflow, ready to be checked and walked. Faulty nodes are missing from `steps`."""

    document: Document
    graph: Graph
    start: Start | None
    steps: Mapping[str, Step]
    problems: tuple[Problem, ...]
    loops: Mapping[str, tuple[str, ...]]  # node → the nodes whose items it works on, outermost first

    def name_of(self, key: str) -> str:
        """What people call a node: its name, or what its block does; its key, where that is not known."""
        if key in self.steps:
            return self.steps[key].name
        return next((node.label for node in self.document.nodes if node.key == key and node.label), key)

    @property
    def first(self) -> str | None:
        return self.start.exits.get("next") if self.start else None


def make_plan(document: Document) -> Plan:
    """Never raises: what cannot be understood is in `problems`."""
    graph, problems = Graph.of(document), list[Problem]()
    texts = {node.key: _text(node.config) for node in document.nodes}
    steps: dict[str, Step] = {}
    start: Start | None = None
    for index, node in enumerate(document.nodes):
        try:
            if node.block == START:
                start = start or _start(node, document)
            else:
                steps[node.key] = _step(node, document, graph, texts)
        except Invalid as error:
            problems += [problem.under(f"/nodes/{index}") for problem in error.problems]
    return Plan(document, graph, start, steps, tuple(problems), _loops(graph, steps))


def body_of(graph: Graph, step: Step) -> frozenset[str]:
    """The nodes that a block takes once for every item."""
    first = step.exits.get(step.block.each_port or "")
    return graph.reachable(first) if first is not None else frozenset()


def _loops(graph: Graph, steps: Mapping[str, Step]) -> dict[str, tuple[str, ...]]:
    """Whose items each node works on. One whose way leads back to itself is a fault, and left out."""
    bodies = {key: body_of(graph, step) for key, step in steps.items() if step.block.each_port}
    sound = sorted((key for key in bodies if key not in bodies[key]), key=lambda key: -len(bodies[key]))
    return {node: tuple(key for key in sound if node in bodies[key]) for node in steps}


def _step(node: Node, document: Document, graph: Graph, texts: Mapping[str, str]) -> Step:
    try:
        block = registry.block(node.block)
    except NotFound as error:
        raise Invalid.of(Problem("unknown_block", error.message, "/block", error.suggestion)) from None
    config = _config(block.Config, node.config)
    exits = document.exits(node.key)
    later = graph.after(node.key)
    kept = any(f"nodes.{node.key}." in texts[other] for other in later if other in texts)
    awaited = block.leaves and (kept or ERROR_PORT in exits)
    return Step(node, block, config, exits, awaited, kept or awaited)


def outputs_read(plan: Plan, key: str) -> frozenset[str]:
    """The nodes before it whose outputs a node's configuration names."""
    text = _text(plan.steps[key].node.config)
    return frozenset(
        other for other in plan.steps if f"nodes.{other}." in text and key in plan.graph.after(other)
    )


def _text(value: Any) -> str:
    """Every text in it. Without recursion: what is sent may be nested as deep as JSON allows."""
    found, todo = list[str](), [value]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, Mapping):
            todo += cast(Mapping[str, Any], part).values()
        elif isinstance(part, (list, tuple)):
            todo += cast(list[Any], part)
    return " ".join(found)


def _start(node: Node, document: Document) -> Start:
    raw = dict(node.config)
    key, condition = raw.pop("trigger", None), raw.pop("filter", None)
    if not isinstance(key, str):
        advice = f"Choose one of: {', '.join(sorted(registry.triggers()))}."
        raise Invalid.of(
            Problem("missing", "START does not say what starts the workflow.", "/config/trigger", advice)
        )
    try:
        trigger = registry.trigger(key)
    except NotFound as error:
        raise Invalid.of(
            Problem("unknown_trigger", error.message, "/config/trigger", error.suggestion)
        ) from None
    return Start(node, trigger, _config(trigger.Config, raw), _filter(condition), document.exits(node.key))


def _filter(raw: Any) -> ConditionNode | None:
    if raw is None or raw == {}:
        return None
    try:
        return parse_condition(raw)
    except Invalid as error:
        raise Invalid.of(*(problem.under("/config/filter") for problem in error.problems)) from None


def _config(model: type[Config], raw: Mapping[str, Any]) -> Config:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise Invalid.of(*(problem.under("/config") for problem in problems_of(error, model))) from None


def scope_at(
    plan: Plan, key: str, catalog: Catalog, module: Module | None, user_id: int | None, time_zone: str
) -> Scope:
    """What names mean at a node: the record, its old values, the outputs of the nodes before it.

    On the way that is taken for every item the record is the item, and no change has led to it.
    """
    loops = plan.loops.get(key)
    if loops:
        around = scope_at(plan, loops[-1], catalog, module, user_id, time_zone)
        module = _item_module(plan.steps[loops[-1]], around)
    changed = not loops and plan.start is not None and plan.start.trigger.has_old
    return Scope(
        catalog=catalog,
        module=module,
        row="n",
        old=old_image(module) if module and changed else None,
        op="c.op" if not loops else None,
        outputs=outputs_before(plan, key),
        data="r.data",
        user=f"{user_id}::bigint" if user_id is not None else None,
        time_zone=plan.document.settings.time_zone or time_zone,
        document=None if loops else document_at(plan, key, module),
    )


def document_at(plan: Plan, key: str, module: Module | None) -> str | None:
    """SQL of the document that a node is about: that of the change, or one that its block looks for."""
    step = plan.steps.get(key)
    if module is None:
        return None
    if plan.start is not None and plan.start.trigger.has_document:
        return document_of_run(module)
    return "NULL::jsonb" if step is not None and step.block.about_documents else None


def _item_module(step: Step, scope: Scope) -> Module | None:
    try:
        return step.block.item_module(step.config, scope)
    except Invalid:
        return None  # its own check says what is wrong


def document_now(plan: Plan, module: Module | None) -> str | None:
    """The same for its filter, where nothing happened: the newest document of the record `n`."""
    about = plan.start is not None and plan.start.trigger.has_document
    return newest_document(module) if about and module is not None else None


def old_image(module: Module) -> str:
    """SQL for the row before the change `c`, typed as the module's table."""
    return f"(jsonb_populate_record(NULL::{module.sql}, c.old))"


def outputs_before(plan: Plan, key: str) -> dict[str, Mapping[str, ValueType]]:
    """Node → output → type, of every node from which `key` can be reached (D21), and what START brings."""
    return brought(plan) | {
        other: outputs
        for other, step in plan.steps.items()
        if key in plan.graph.after(other) and (outputs := _outputs(step, key, plan))
    }


def _outputs(step: Step, key: str, plan: Plan) -> Mapping[str, ValueType]:
    inside = step.node.key in plan.loops.get(key, ())
    return step.block.item_outputs(step.config) if inside else step.block.outputs_of(step.config)


def brought(plan: Plan) -> dict[str, Mapping[str, ValueType]]:
    """What the start brings along, under the name that no node can have."""
    found = plan.start.trigger.brings(plan.start.config) if plan.start else None
    return {BROUGHT: found} if found else {}

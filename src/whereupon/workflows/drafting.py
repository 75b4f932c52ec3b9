"""A draft while it is being drawn: what is wrong, what could be better, and each node in words.

Called at every pause in typing, so it never stops at the first thing that is not understood: a node
that is half filled in has its exits and the others are looked at all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from whereupon.conditions.values import ValueType
from whereupon.conditions.words import condition_words, shortened
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.catalog import Module
from whereupon.sdk import registry
from whereupon.sdk.block import Block, Config
from whereupon.workflows.advice import Advice, Said, advise
from whereupon.workflows.check import Surroundings, check_workflow
from whereupon.workflows.document import START, Document, Node, parse_document
from whereupon.workflows.forms import modules_in
from whereupon.workflows.plan import ERROR_PORT, Plan, make_plan

T = TypeVar("T")
PORT_LABELS = {"next": "Next", ERROR_PORT: "Error"}


@dataclass(frozen=True, slots=True)
class DraftNode:
    """One node, as the editor draws it. `modules`: JSON pointer into the document → module key."""

    key: str
    ports: tuple[str, ...]
    labels: tuple[str, ...]
    summary: str
    outputs: Mapping[str, str]
    modules: Mapping[str, str]
    module: str | None = None  # of the record that it works on


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything about a draft. Each problem comes with the key of its node, None for the whole."""

    problems: list[tuple[Problem, str | None]]
    advice: list[Advice]
    nodes: list[DraftNode]


def check_draft(raw: Mapping[str, Any], around: Surroundings, said: Said) -> Checked:
    """Look at a draft as it is being drawn. Never raises for what is drawn."""
    document, problems, places = readable(raw)
    plan = make_plan(document)
    found = [_placed(p, places) for p in check_workflow(document, around, plan)]
    keys = {f"/nodes/{place}": node.key for place, node in zip(places.nodes, document.nodes, strict=True)}
    every = _without_repeats([*problems, *found])
    return Checked(
        problems=[(problem, _node_of(problem, keys)) for problem in every],
        advice=advise(plan, around, said),
        nodes=[
            _drawn(node, f"/nodes/{place}", plan, around)
            for place, node in zip(places.nodes, document.nodes, strict=True)
        ],
    )


# What of it can be read ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Places:
    """Where the nodes and edges that could be read stand in what was sent."""

    nodes: Sequence[int]
    edges: Sequence[int]


def readable(raw: Mapping[str, Any]) -> tuple[Document, list[Problem], Places]:
    """The document without the parts that cannot be read, what is wrong with these, and what is where."""
    nodes, edges = _entries(raw, "nodes"), _entries(raw, "edges")
    try:
        return parse_document(raw), [], Places(range(len(nodes)), range(len(edges)))
    except Invalid as error:
        problems = list(error.problems)
    bad = {tuple(problem.path.split("/")[1:3]) for problem in problems}
    places = Places(
        [i for i in range(len(nodes)) if ("nodes", str(i)) not in bad],
        [i for i in range(len(edges)) if ("edges", str(i)) not in bad],
    )
    rest: dict[str, Any] = {
        "nodes": [nodes[i] for i in places.nodes],
        "edges": [edges[i] for i in places.edges],
    }
    for whole in ({**rest, "settings": raw.get("settings", {})}, rest):
        try:
            return parse_document(whole), problems, places
        except Invalid:
            continue
    return Document(), problems, Places((), ())


def _entries(raw: Mapping[str, Any], name: str) -> list[Any]:
    found = raw.get(name)
    return cast(list[Any], found) if isinstance(found, list) else []


def _placed(problem: Problem, places: Places) -> Problem:
    """The problem with its place in what was sent."""
    _, *steps = problem.path.split("/")
    known = {"nodes": places.nodes, "edges": places.edges}.get(steps[0] if steps else "")
    if known is None or len(steps) < 2 or not steps[1].isdigit():
        return problem
    steps[1] = str(known[int(steps[1])])
    return Problem(problem.code, problem.message, "/" + "/".join(steps), problem.suggestion)


def _node_of(problem: Problem, keys: Mapping[str, str]) -> str | None:
    return keys.get("/".join(problem.path.split("/")[:3]))


def _without_repeats(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


# A node in words -----------------------------------------------------------------------------------


def _drawn(node: Node, at: str, plan: Plan, around: Surroundings) -> DraftNode:
    if node.block == START:
        return _start(node, at, plan, around)
    try:
        block = registry.block(node.block)
    except NotFound:
        ports = _connected(node, plan)
        return DraftNode(node.key, ports, tuple(map(_in_words, ports)), "", {}, {})
    ports = ports_of(block, node, plan)
    module = around.scope(plan, node.key).module
    labels = {**PORT_LABELS, **block.port_labels}
    return DraftNode(
        key=node.key,
        ports=ports,
        labels=tuple(labels.get(port) or _in_words(port) for port in ports),
        summary=summary_of(node.key, plan, around) or block.label,
        outputs={name: kind.noun for name, kind in _outputs(block, node, plan).items()},
        modules=_modules(block.Config, node.config, at, around, module),
        module=module.key if module else None,
    )


def _outputs(block: Block[Any], node: Node, plan: Plan) -> Mapping[str, ValueType]:
    """What it gives as it is filled in; as a rule, while its configuration is not complete."""
    step = plan.steps.get(node.key)
    return block.outputs if step is None else block.outputs_of(step.config)


def summary_of(key: str, plan: Plan, around: Surroundings) -> str:
    """What a block does, in words; nothing for one whose configuration is not complete."""
    step = plan.steps.get(key)
    if step is None:
        return ""
    scope = around.scope(plan, key)
    return shortened(_or(step.block.label, lambda: step.block.describe(step.config, scope)))


def trigger_words(plan: Plan, around: Surroundings) -> str:
    """What starts it, and for which records: "a record of Cases is created, if Status is equal to New"."""
    start = plan.start
    if start is None:
        return ""
    scope = around.scope(plan, start.node.key)
    told = _or(start.trigger.label, lambda: start.trigger.sentence(start.config, scope))
    only = f", if {condition_words(start.filter, scope)}" if start.filter is not None else ""
    return told + only


def _start(node: Node, at: str, plan: Plan, around: Surroundings) -> DraftNode:
    key = node.config.get("trigger")
    known = registry.triggers().get(key) if isinstance(key, str) else None
    told = trigger_words(plan, around) if plan.start and plan.start.node is node else ""
    summary = shortened(told[:1].upper() + told[1:], 300) if told else (known.label if known else "")
    modules = _modules(known.Config, node.config, at, around, around.module) if known else {}
    own = around.module.key if around.module else None
    return DraftNode(node.key, ("next",), ("Next",), summary, {}, modules, own)


def _modules(
    model: type[Config], config: Mapping[str, Any], at: str, around: Surroundings, module: Module | None
) -> dict[str, str]:
    found = modules_in(model, config, around.catalog, module)
    return {f"{at}/config{pointer}": key for pointer, key in found.items()}


def _or(fallback: T, work: Callable[[], T]) -> T:
    """What `work` gives; a block of another package may stumble over what it did not expect."""
    try:
        return work()
    except Exception:  # whatever it is, the drawing goes on, and the checks name what is wrong
        return fallback


def ports_of(block: Block[Any], node: Node, plan: Plan) -> tuple[str, ...]:
    """The exits; of a configuration that is not complete, those that it will have as far as one can tell."""
    step = plan.steps.get(node.key)
    if step is not None:
        return step.ports()
    guessed = _or((), lambda: tuple(block.ports(loosely(block.Config, node.config))))
    known = tuple(port for port in guessed if isinstance(port, str) and port)  # pyright: ignore[reportUnnecessaryIsInstance] - of a guess nothing is certain
    extra = (ERROR_PORT,) if node.on_error.policy == "exit" else ()
    return tuple(dict.fromkeys((*known, *_connected(node, plan), *extra))) or ("next",)


def _connected(node: Node, plan: Plan) -> tuple[str, ...]:
    return tuple(plan.graph.exits.get(node.key, {}))


def _in_words(port: str) -> str:
    return PORT_LABELS.get(port) or port.replace("_", " ").capitalize()


def loosely(model: type[BaseModel], raw: Mapping[str, Any]) -> Any:
    """The model without any check: what is there as it is, what is missing by its default or None."""
    values = {
        name: _inner(info.annotation, raw[key]) if (key := info.alias or name) in raw
        else (None if info.is_required() else info.get_default(call_default_factory=True))
        for name, info in model.model_fields.items()
    }  # fmt: skip
    return model.model_construct(**values)


def _inner(annotation: Any, value: Any) -> Any:
    """Objects in a list or alone as their models; everything else as it is."""
    inner = next((one for one in _models(annotation)), None)
    if inner is not None and isinstance(value, Mapping):
        return loosely(inner, cast(Mapping[str, Any], value))
    if inner is not None and isinstance(value, list):
        items = cast(list[Any], value)
        return [_inner(inner, item) for item in items]
    return value


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    """The configurations inside list[Model], Model | None and the like; not conditions and values."""
    if isinstance(annotation, type) and issubclass(annotation, Config):
        yield annotation
    parts: tuple[Any, ...] = getattr(annotation, "__args__", ())  # pyright: ignore[reportUnknownArgumentType] - it is any annotation
    for part in parts:
        yield from _models(part)

"""Names every fault of a workflow at once, with the place and the way out, before it may be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from whereupon.conditions.compile import check_condition, fields_read
from whereupon.conditions.values import Scope
from whereupon.errors import Problem, Refused, did_you_mean
from whereupon.modules.catalog import Catalog, Module
from whereupon.people.rights import Action, Rights, refused_reads
from whereupon.people.service_roles import narrowed, service_role
from whereupon.workflows.bodies import body_problems
from whereupon.workflows.document import START, Document
from whereupon.workflows.plan import ERROR_PORT, Plan, Start, make_plan, scope_at


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a workflow is checked against."""

    catalog: Catalog
    module: Module | None
    rights: Rights
    time_zone: str = "UTC"
    scopes: dict[tuple[int, str], tuple[Plan, Scope]] = field(
        default_factory=dict[tuple[int, str], tuple[Plan, Scope]], compare=False
    )

    def acting(self, document: Document) -> Surroundings:
        """The same, with the rights that runs of the document have; a role that cannot be leaves them."""
        role = service_role(self.catalog, document.settings.acts_as)
        if role is None or role.administrator:
            return self
        return replace(self, rights=narrowed(self.rights, role))

    def scope(self, plan: Plan, node: str) -> Scope:
        """What names mean at a node; worked out once for each."""
        key = (id(plan), node)  # the plan is kept beside its scope, so its id stays its own
        if key not in self.scopes:
            user = self.rights.user_id
            made = scope_at(plan, node, self.catalog, self.module, user, self.time_zone)
            self.scopes[key] = (plan, made)
        return self.scopes[key][1]


def check_workflow(document: Document, around: Surroundings, plan: Plan | None = None) -> list[Problem]:
    """All faults; an empty list means that it may be published. `plan`: the document's, if it is made."""
    plan = plan or make_plan(document)
    return [
        *plan.problems,
        *_starts(plan),
        *_nodes(plan),
        *_edges(plan),
        *_exits(plan),
        *_unreachable(plan),
        *_busy_cycles(plan),
        *body_problems(plan),
        *_acts_as(plan, around),
        *_trigger(plan, around),
        *_blocks(plan, around),
    ]


def fields_used(document: Document, around: Surroundings) -> list[str]:
    """The "module.field" names that a sound workflow reads or writes, and its module, sorted."""
    plan = make_plan(document)
    used: set[str] = {around.module.key} if around.module else set()
    for key, step in plan.steps.items():
        scope = around.scope(plan, key)
        used |= step.block.reads(step.config, scope) | step.block.writes(step.config, scope)
    if plan.start and around.module:
        scope = around.scope(plan, plan.start.node.key)
        used |= start_reads(plan.start, scope) | plan.start.trigger.writes(plan.start.config, scope)
    return sorted(used)


def _starts(plan: Plan) -> Iterator[Problem]:
    starts = [i for i, node in enumerate(plan.document.nodes) if node.block == START]
    if not starts:
        yield Problem(
            "no_start", "The workflow has no START.", "/nodes", 'Add a node with the block "start".'
        )
    for index in starts[1:]:
        yield Problem(
            "second_start", "The workflow has a second START.", f"/nodes/{index}", "Keep one of them."
        )
    if plan.start and not plan.start.exits:
        at = _at(plan, plan.start.node.key)
        yield Problem("missing_exit", "START leads nowhere.", at, "Connect it to the first block.")


def _nodes(plan: Plan) -> Iterator[Problem]:
    counts = Counter(node.key for node in plan.document.nodes)
    for index, node in enumerate(plan.document.nodes):
        if counts[node.key] > 1:
            message = f'There are {counts[node.key]} nodes "{node.key}".'
            yield Problem("duplicate_key", message, f"/nodes/{index}/key", "Give each its own key.")


def _edges(plan: Plan) -> Iterator[Problem]:
    known = {node.key for node in plan.document.nodes}
    taken = Counter((edge.source, edge.port) for edge in plan.document.edges)
    start = plan.start.node.key if plan.start else None
    for index, edge in enumerate(plan.document.edges):
        at = f"/edges/{index}"
        for end, name in (("from", edge.source), ("to", edge.target)):
            if name not in known:
                yield Problem(
                    "unknown_node", f'There is no node "{name}".', f"{at}/{end}", did_you_mean(name, known)
                )
        if edge.target == start:
            advice = "Connect it to the first block instead."
            yield Problem("into_start", "No connection may lead into START.", f"{at}/to", advice)
        if taken[edge.source, edge.port] > 1:
            port, many = _port_label(plan, edge.source, edge.port), taken[edge.source, edge.port]
            message = f'Exit "{port}" of "{plan.name_of(edge.source)}" has {many} connections.'
            advice = "An exit leads to one block: put the second one behind the first."
            yield Problem("second_connection", message, f"{at}/port", advice)
        if (ports := _ports(plan, edge.source)) is not None and edge.port not in ports:
            message = f'"{plan.name_of(edge.source)}" has no exit "{edge.port}".'
            yield Problem("unknown_exit", message, f"{at}/port", _exit_advice(edge.port, ports))


def _exit_advice(port: str, ports: tuple[str, ...]) -> str:
    if port == ERROR_PORT:
        return 'Set its "on error" to "exit" first.'
    return did_you_mean(port, ports) or (f"It has: {', '.join(ports)}." if ports else "It has none.")


def _ports(plan: Plan, key: str) -> tuple[str, ...] | None:
    """A node's exits; None for a node that could not be understood."""
    if plan.start and key == plan.start.node.key:
        return ("next",)
    return plan.steps[key].ports() if key in plan.steps else None


def _port_label(plan: Plan, key: str, port: str) -> str:
    step = plan.steps.get(key)
    return step.block.port_labels.get(port, port) if step else port


def _exits(plan: Plan) -> Iterator[Problem]:
    """An exit that leads nowhere ends the run, which is fine for one of several, never for all."""
    for key, step in plan.steps.items():
        if step.node.on_error.policy == "exit" and ERROR_PORT not in step.exits:
            advice = 'Connect it, or set "on error" to "stop".'
            message = f'The error exit of "{step.name}" leads nowhere.'
            yield Problem("missing_exit", message, _at(plan, key), advice)
        if len(step.block.ports(step.config)) > 1 and not step.exits:
            advice = "Connect at least one of them."
            message = f'No exit of "{step.name}" leads anywhere.'
            yield Problem("missing_exit", message, _at(plan, key), advice)


def _unreachable(plan: Plan) -> Iterator[Problem]:
    if plan.start is None:
        return
    reached = plan.graph.reachable(plan.start.node.key)
    for index, node in enumerate(plan.document.nodes):
        if node.key not in reached and node.block != START:
            message = f'"{plan.name_of(node.key)}" can never be reached.'
            yield Problem("unreachable", message, f"/nodes/{index}", "Connect it, or remove it.")


def _busy_cycles(plan: Plan) -> Iterator[Problem]:
    """A way round that contains no wait would spin."""
    moving = {
        key: [t for t in step.exits.values() if t in plan.steps and not plan.steps[t].block.waits]
        for key, step in plan.steps.items()
        if not step.block.waits
    }
    named: set[str] = set()
    for key in moving:
        path = _way_round(moving, key) if key in plan.graph.after(key) else None
        if path and not named & set(path):
            named |= set(path)
            names = " → ".join(plan.name_of(name) for name in (*path, path[0]))
            message = f"These blocks go round without a wait: {names}."
            advice = "Put a Wait block into the circle, or take one connection away."
            yield Problem("cycle", message, _at(plan, key), advice)


def _way_round(exits: dict[str, list[str]], key: str) -> list[str] | None:
    """The shortest path from a node back to itself, or None."""
    paths, seen = [[key]], set[str]()
    while paths:
        path = paths.pop(0)
        for target in exits.get(path[-1], ()):
            if target == key:
                return path
            if target not in seen:
                seen.add(target)
                paths.append([*path, target])
    return None


def _trigger(plan: Plan, around: Surroundings) -> Iterator[Problem]:
    if plan.start is None:
        return
    start, module = plan.start, around.module
    at = _at(plan, start.node.key)
    listens = start.trigger.operations(start.config)
    if module is None:
        if listens:
            message = f'"{start.trigger.label}" needs a module.'
            yield Problem("missing", message, "/module", "Choose the module that it watches.")
        else:
            scope = around.scope(plan, start.node.key)
            yield from (problem.under(f"{at}/config") for problem in start.trigger.check(start.config, scope))
        return
    scope = around.scope(plan, start.node.key)
    found = [problem.under(f"{at}/config") for problem in start.trigger.check(start.config, scope)]
    if start.filter is not None:
        found += check_condition(start.filter, scope, f"{at}/config/filter")
    yield from found
    if start.trigger.scheduled and plan.document.settings.recurrence == "when_met":
        message = "A schedule has no change from not met to met."
        advice = 'Choose "first_time" or "every_time".'
        yield Problem("recurrence", message, "/settings/recurrence", advice)
    if listens and not module.captured:
        message = f"Changes of {module.label_plural} are not recorded."
        yield Problem("not_captured", message, "/module", "Choose another trigger.")
    if not around.rights.may("read", module.key):
        message = f"You may not read {module.label_plural}."
        yield Problem("refused", message, "/module", "Ask an administrator for the right.")
        return
    limited = around.acting(plan.document).rights
    if not limited.may("read", module.key):
        refusal = limited.refusal(f"may not read {module.label_plural}")
        yield Problem("refused", refusal.message, at, refusal.suggestion)
        return
    if not found:
        writes, reads = start.trigger.writes(start.config, scope), start_reads(start, scope)
        yield from _refused(_Touched(writes, frozenset(), reads, module), plan, around, at)


def _acts_as(plan: Plan, around: Surroundings) -> Iterator[Problem]:
    """A role that is not there, or that takes nothing away."""
    key, at = plan.document.settings.acts_as, "/settings/acts_as"
    if key is None:
        return
    role = service_role(around.catalog, key)
    if role is None:
        advice = did_you_mean(key, around.catalog.roles) or "Choose another one, or none."
        yield Problem("unknown_role", f'There is no role "{key}".', at, advice)
    elif role.administrator:
        message = f"“{role.name}” may do everything, so it takes nothing away."
        yield Problem("administrator_role", message, at, "Choose a role with limits, or none.")


def start_reads(start: Start, scope: Scope) -> frozenset[str]:
    """The "module.field" names that a sound START reads."""
    by_filter = fields_read(start.filter, scope) if start.filter is not None else frozenset[str]()
    return start.trigger.reads(start.config, scope) | by_filter


def _blocks(plan: Plan, around: Surroundings) -> Iterator[Problem]:
    for key, step in plan.steps.items():
        at = _at(plan, key)
        scope = around.scope(plan, key)
        found = step.block.check(step.config, scope)
        yield from (problem.under(f"{at}/config") for problem in found)
        if not found:
            block, config = step.block, step.config
            touched = _Touched(
                block.writes(config, scope), block.removes(config, scope), block.reads(config, scope),
                scope.module, block.adds_to(config, scope),
            )  # fmt: skip
            yield from _refused(touched, plan, around, at)


class _Touched(NamedTuple):
    """What a block or START does with records. `module`: of the record that it works on."""

    writes: frozenset[str]
    removes: frozenset[str]
    reads: frozenset[str]
    module: Module | None
    adds_to: frozenset[str] = frozenset()


def _refused(touched: _Touched, plan: Plan, around: Surroundings, at: str) -> Iterator[Problem]:
    """What who publishes may not do; and if that is nothing, what the role that its runs act as may not.

    What is added beside fields is asked of the role alone: of who publishes it is asked when it runs.
    """
    acting = around.acting(plan.document)
    for one in (around,) if acting is around else (around, acting):
        refused = [
            *_writes(touched.writes, one.rights, at),
            *_whole(touched.removes, "delete", one.rights, at),
            *(_whole(touched.adds_to, "update", one.rights, at) if one.rights.acts_as else ()),
            *_reads(touched.reads, one, at, touched.module),
        ]
        yield from dict.fromkeys(refused)  # a module that is closed is said once, not for every field
        if refused:
            return


def _writes(writes: frozenset[str], rights: Rights, at: str) -> Iterator[Problem]:
    for name in sorted(writes):
        module_key, _, field = name.partition(".")
        action: Action = "create" if module_key in writes else "update"
        try:
            rights.require(action, module_key, [field] if field else [])
        except Refused as error:
            yield _would_act(rights, error, at)


def _whole(modules: frozenset[str], action: Action, rights: Rights, at: str) -> Iterator[Problem]:
    for module_key in sorted(modules):
        try:
            rights.require(action, module_key)
        except Refused as error:
            yield _would_act(rights, error, at)


def _reads(reads: frozenset[str], around: Surroundings, at: str, module: Module | None) -> Iterator[Problem]:
    """What a mail, a condition or a value may not tell, because who publishes may not know it."""
    module_key = module.key if module else None
    for error in refused_reads(around.rights, reads, around.catalog, module_key):
        yield _would_act(around.rights, error, at)


def _would_act(rights: Rights, error: Refused, at: str) -> Problem:
    told = "" if rights.acts_as else "The workflow would act as you. "
    return Problem("refused", f"{told}{error.message}", at, error.suggestion)


def _at(plan: Plan, key: str) -> str:
    places = (f"/nodes/{i}" for i, node in enumerate(plan.document.nodes) if node.key == key)
    return next(places, "/nodes")

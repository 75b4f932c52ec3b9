"""What is wrong with the ways that are taken once for every item: where they lead, and how far they nest."""

from __future__ import annotations

from collections.abc import Iterator

from whereupon.errors import Problem
from whereupon.workflows.plan import Plan, Step, body_of

DEEPEST = 3
MOST_BRANCHES = 100_000  # of one run, over all loops inside one another


def body_problems(plan: Plan) -> Iterator[Problem]:
    """All faults of all loops."""
    for key, step in plan.steps.items():
        if step.block.each_port is None:
            continue
        at = _at(plan, key)
        if step.block.each_port not in step.exits:
            advice = "Connect it to the first block that is to work on each item."
            yield Problem(
                "missing_exit", f'The exit of "{step.name}" for each item leads nowhere.', at, advice
            )
        elif key in body_of(plan.graph, step):
            message = f'The way for each item of "{step.name}" leads back to it.'
            advice = "Let that way end: what comes after the last item goes to the other exit."
            yield Problem("cycle", message, at, advice)
        else:
            yield from _entrances(plan, step)
            yield from _too_many(plan, step, at)


def _entrances(plan: Plan, loop: Step) -> Iterator[Problem]:
    """Connections that lead into the loop from outside: there is no item there."""
    body, port = body_of(plan.graph, loop), loop.block.each_port
    for index, edge in enumerate(plan.document.edges):
        enters = edge.target in body and edge.source not in body
        if enters and (edge.source, edge.port) != (loop.node.key, port):
            target = plan.name_of(edge.target)
            message = f'"{target}" works on each item of "{loop.name}", so nothing else may lead to it.'
            yield Problem("into_loop", message, f"/edges/{index}/to", "Connect it to a block of its own.")


def _too_many(plan: Plan, loop: Step, at: str) -> Iterator[Problem]:
    """Loops inside one another multiply."""
    around = [*plan.loops.get(loop.node.key, ()), loop.node.key]
    if len(around) > DEEPEST:
        message = f"Loops may stand {DEEPEST} deep inside one another; this one is at {len(around)}."
        yield Problem("too_deep", message, at, "Let another workflow do the innermost part.")
        return
    product = 1
    for key in around:
        product *= plan.steps[key].block.most_items(plan.steps[key].config)
    if product > MOST_BRANCHES:
        message = f"Together these loops may come to {product:,} items; {MOST_BRANCHES:,} are allowed."
        yield Problem("too_many", message, at, "Lower how many items they take at most.")


def _at(plan: Plan, key: str) -> str:
    places = (f"/nodes/{i}" for i, node in enumerate(plan.document.nodes) if node.key == key)
    return next(places, "/nodes")

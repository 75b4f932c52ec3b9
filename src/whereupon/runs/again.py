"""Running again from a chosen block (F4): what stood before it is carried over, what follows is done anew.

Where the run came to the block, the new run begins with exactly what the run had by then (the last time, if
the way led there several times). A block that it never came to can be begun at as well, past one that
failed, say: but only if everything is there that this block and those after it read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, Problem, did_you_mean
from whereupon.people.rights import Rights
from whereupon.runs.actions import begin_again, loop_of, refuse_blind, run_that_is_over, version_of_run
from whereupon.runs.bulk.causes import FixFirst
from whereupon.runs.definitions import Version
from whereupon.workflows.document import START
from whereupon.workflows.plan import Plan, outputs_read

# What the run executed, in its order.
STEPS = "SELECT node, status, port, output, error FROM whereupon.step_runs WHERE run_id = $1 ORDER BY seq"
KEEPS = ("succeeded", "partial", "continued")  # how a step ended that gave something to later blocks
# What went out of the blocks $2 of run $1, and of all runs that these blocks started.
MADE = """
WITH RECURSIVE family AS (
  SELECT id FROM whereupon.runs WHERE parent_run_id = $1 AND branch_node = ANY($2::text[])
  UNION ALL
  SELECT r.id FROM family f JOIN whereupon.runs r ON r.parent_run_id = f.id AND r.branch_node IS NOT NULL)
SELECT
  (SELECT count(*) FROM whereupon.messages m WHERE m.status NOT IN ('failed', 'discarded')
    AND (m.run_id = $1 AND m.node = ANY($2) OR m.run_id IN (SELECT id FROM family))) AS messages,
  (SELECT count(*) FROM whereupon.calls c WHERE c.status <> 'discarded' AND c.attempts > 0
    AND (c.run_id = $1 AND c.node = ANY($2) OR c.run_id IN (SELECT id FROM family))) AS calls,
  (SELECT count(*) FROM family) AS runs
"""
NUMBER = "SELECT number FROM whereupon.versions WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Again:
    """A run that can begin again at a block: on which version, with what, and what it may come to.

    `ahead`: the block and those after it, in the order of the drawing; `executed`: what the run executed.
    """

    row: Mapping[str, Any]
    version: Version
    node: str
    data: Mapping[str, Any]
    ahead: Sequence[str]
    executed: frozenset[str]

    def refuse_blind(self, rights: Rights) -> None:
        """Raises FixFirst where a block that is executed again would fail again."""
        error: Mapping[str, Any] = self.row["error"] or {}
        if error.get("node") in self.ahead:
            refuse_blind(rights, self.row)


async def rerun_from(db: Connection, rights: Rights, run_id: int, block: str, *, fixed: bool = False) -> int:
    """Run again from a block, on the version that the run followed. The new run's id.

    `fixed`: the person says that what has to be put right first is. Raises Refused, NotFound, Invalid for an
    unknown block, Conflict where it cannot begin there, and FixFirst.
    """
    again = await again_from(db, rights, run_id, block)
    if not fixed:
        again.refuse_blind(rights)
    return await begin_again(
        db, rights, again.row, again.version, again.node, again.data, start_at="block", block=block
    )


async def preview(db: Connection, rights: Rights, run_id: int, block: str) -> dict[str, Any]:
    """What running again from there would do. Raises what `rerun_from` does, but for FixFirst."""
    again = await again_from(db, rights, run_id, block)
    made: Any = await db.fetchrow(MADE, run_id, list(again.ahead))
    active = again.row["active_version_id"]
    return {
        "block": block,
        "version": await db.fetchval(NUMBER, again.version.id),
        "active_version": await db.fetchval(NUMBER, active) if active else None,
        "blocks": [{"node": key, "executed": key in again.executed} for key in again.ahead],
        "carried": [key for key in again.version.plan.steps if key in again.data],
        **dict(made),
        "fix_first": _fix_first(rights, again),
    }


def _fix_first(rights: Rights, again: Again) -> str | None:
    try:
        again.refuse_blind(rights)
    except FixFirst as error:
        return f"{error.message} {error.suggestion}"
    return None


async def again_from(db: Connection, rights: Rights, run_id: int, block: str) -> Again:
    """How the run can begin again there. Raises Refused, NotFound, Invalid, Conflict."""
    rights.require_builder()
    row = await run_that_is_over(db, run_id)
    if row["workflow_kind"] == "playbook":
        raise Conflict(
            "A playbook goes on step by step on its record, so its run cannot begin at a block.",
            suggestion="Open the playbook on the record, and open the step again.",
        )
    version = await version_of_run(db, row, active=False)
    plan = version.plan
    _require_block(plan, block)
    _require_same_loop(plan, block, loop_of(row))
    ahead = _ahead(plan, block)
    steps = await db.fetch(STEPS, run_id)
    came = _came(plan, steps, block)
    if came is None:
        data = _without(plan, row["data"], block, ahead)
        _require_outputs(plan, ahead, data, steps)
    else:
        data = data_before(row["data"], steps, came)
    return Again(row, version, block, data, ahead, frozenset(step["node"] for step in steps))


def _ahead(plan: Plan, block: str) -> list[str]:
    """The block and all that may follow, as drawn. Raises Conflict for one that there is no more."""
    reachable = plan.graph.reachable(block)
    found = [node for node in plan.document.nodes if node.key in reachable]
    lost = next((node for node in found if node.key not in plan.steps), None)
    if lost is not None:
        raise Conflict(
            f'“{lost.label or lost.key}” cannot be executed any more: there is no block "{lost.block}", '
            "or it wants other settings now.",
            suggestion="Run it again from the start, on the active version.",
        )
    return [block, *(node.key for node in found if node.key != block)]


def _require_block(plan: Plan, block: str) -> None:
    node = next((node for node in plan.document.nodes if node.key == block), None)
    if node is not None and node.block != START:
        return
    if node is not None:
        message, advice = "START is no block that can be executed.", "Run it again from the start."
    else:
        message = f'The version that the run followed has no block "{block}".'
        advice = did_you_mean(block, plan.steps) or f"It has: {', '.join(plan.steps)}."
    raise Invalid.of(Problem("unknown_block", message, "/from_block", advice))


def _require_same_loop(plan: Plan, block: str, loop: str | None) -> None:
    """A run of its own begins at a block of its own; an item's run at one that is done for each item."""
    mine = (*plan.loops.get(loop, ()), loop) if loop else ()
    its = plan.loops.get(block, ())
    if its == mine:
        return
    name = called(plan, block)
    if its[: len(mine)] == mine:
        around = called(plan, its[len(mine)])
        raise Conflict(
            f"{name} is inside {around}: it is done for each item, and this run is none of them.",
            suggestion=f"Run again from {around}, or open the run of an item and run that again.",
        )
    assert loop is not None
    raise Conflict(
        f"{name} is not among what {called(plan, loop)} does for each item, and this run is of an item.",
        suggestion="Open the run that caused this one, and run that again.",
    )


def called(plan: Plan, key: str) -> str:
    """What people call a block."""
    step = plan.steps[key]
    return f"“{step.node.label or step.block.label}”"


# What stood before ------------------------------------------------------------------------------------


def _came(plan: Plan, steps: Sequence[Mapping[str, Any]], block: str) -> int | None:
    """After how many steps the run came to the block for the last time; None: it never did."""
    for index in range(len(steps) - 1, -1, -1):
        if steps[index]["node"] == block:
            return index
    last = steps[-1] if steps else None
    step = plan.steps.get(last["node"]) if last is not None else None
    if last is None or step is None or step.exits.get(last["port"] or "") != block:
        return None
    return len(steps)


def data_before(data: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], came: int) -> dict[str, Any]:
    """The run's data, as it was after so many of its steps.

    What a node gave is in the data as it gave it last; where that was later, its step tells the time before.

    >>> step = {"node": "a", "status": "succeeded", "output": {"n": 1}, "error": None}
    >>> data_before({"a": {"n": 2}, "b": {}}, [step, step | {"node": "b"}, step], 1)
    {'a': {'n': 1}}
    """
    later = {step["node"] for step in steps[came:]}
    found = {key: value for key, value in data.items() if key not in later}
    for step in steps[:came]:
        if step["node"] in later and step["node"] in data and step["status"] in KEEPS:
            gave = {"error": step["error"]} if step["status"] == "continued" else step["output"]
            found[step["node"]] = gave
    return found


def _without(plan: Plan, data: Mapping[str, Any], block: str, ahead: Sequence[str]) -> dict[str, Any]:
    """The data without what is made anew. A node that also comes before the block stays."""
    return {key: value for key, value in data.items() if key not in ahead or block in plan.graph.after(key)}


def _require_outputs(
    plan: Plan, ahead: Sequence[str], data: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]
) -> None:
    """Of a block that the run never came to. Raises Conflict naming the block whose output is missing."""
    for key in ahead:
        missing = next((k for k in sorted(outputs_read(plan, key)) if k not in data and k not in ahead), None)
        if missing is None:
            continue
        source = called(plan, missing)
        ended = next((step["status"] for step in reversed(steps) if step["node"] == missing), None)
        why = "this run never executed it" if ended is None else "in this run that failed"
        if ended in KEEPS:
            why = "what it gave in this run is no longer kept"
        raise Conflict(
            f"{called(plan, key)} needs what {source} gives, and {why}.",
            suggestion=f"Run again from {source}, or from a block before it.",
        )

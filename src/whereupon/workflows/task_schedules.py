"""Data tasks on schedules: a workflow that runs them one after the other, whatever becomes of each.

Each task is a block of its own. Where there are several, a block that fails lets the run go on, and the run
then ends as "partial" with the failure in it. A task that stands alone fails its run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, did_you_mean
from whereupon.people.rights import Rights
from whereupon.sdk import registry
from whereupon.workflows import store
from whereupon.workflows.document import START, Document, Graph, Node, parse_document
from whereupon.workflows.plan import make_plan

TRIGGER = "schedule"
TASK = "data_task"
GOES_ON = {"policy": "continue"}
MOST_TASKS = 50

# Workflows that go by the clock, once for all records: a task may be added to these.
SCHEDULES = """
SELECT w.key, w.name, w.state, w.updated_at,
  (SELECT count(*) FROM jsonb_array_elements(w.draft->'nodes') n WHERE n->>'block' = 'data_task') AS tasks
FROM whereupon.workflows w
WHERE w.state IN ('draft', 'active', 'disabled') AND EXISTS (
  SELECT FROM jsonb_array_elements(w.draft->'nodes') n
  WHERE n->>'block' = 'start' AND n->'config'->>'trigger' = 'schedule'
    AND (w.module_id IS NULL OR n->'config'->'each_record' = 'false'))
ORDER BY tasks DESC, w.updated_at DESC LIMIT 200
"""
NAMES = "SELECT key, name FROM whereupon.data_tasks WHERE key = ANY($1)"
KEYS = "SELECT key FROM whereupon.data_tasks LIMIT 5000"


async def list_schedules(db: Connection, rights: Rights) -> list[dict[str, Any]]:
    """The workflows to which a task may be added; those that run tasks already come first."""
    rights.require_builder()
    return [dict(row) for row in await db.fetch(SCHEDULES)]


async def names_of(db: Connection, tasks: Sequence[str], path: str = "/tasks") -> dict[str, str]:
    """What these tasks are called. Raises Invalid naming every one that is not there."""
    names = {row["key"]: row["name"] for row in await db.fetch(NAMES, list(tasks))}
    if missing := [(i, key) for i, key in enumerate(tasks) if key not in names]:
        known = [row["key"] for row in await db.fetch(KEYS)]
        told = 'There is no data task "{}".'
        raise Invalid.of(
            *(
                Problem("unknown_task", told.format(key), f"{path}/{i}", did_you_mean(key, known))
                for i, key in missing
            )
        )
    return names


def task_document(start: Mapping[str, Any], tasks: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """START on a schedule, then a block for each task (key, name).

    >>> drawn = task_document({"cron": "0 23 * * *"}, [("lapse", "Lapse"), ("tidy", "Tidy up")])
    >>> [(node["key"], node.get("on_error")) for node in drawn["nodes"]][1:]
    [('lapse', {'policy': 'continue'}), ('tidy', {'policy': 'continue'})]
    """
    config = {**start, "trigger": TRIGGER, "each_record": False}
    document: dict[str, Any] = {
        "format": 1, "nodes": [{"key": START, "block": START, "config": config}], "edges": [],
        "settings": {},
    }  # fmt: skip
    for key, name in tasks:
        document = with_task(document, key, name)
    return document


def with_task(document: Mapping[str, Any], key: str, name: str) -> dict[str, Any]:
    """The document with one more task at its end. Raises Conflict when it has no single end.

    From the second task on, what becomes of one does not concern the others.
    """
    drawn = parse_document(document)
    last = last_node(drawn)
    mine = free_key(drawn, key)
    nodes: list[dict[str, Any]] = [dict(node) for node in document["nodes"]]
    others = [node for node in nodes if node["block"] == TASK]
    for node in others:
        if node.get("on_error", {}).get("policy", "stop") == "stop":
            node["on_error"] = GOES_ON
    new: dict[str, Any] = {"key": mine, "block": TASK, "label": name[:200], "config": {"task": key}}
    if others:
        new["on_error"] = GOES_ON
    edge = {"from": last.key, "port": "next", "to": mine}
    return {**document, "nodes": [*nodes, new], "edges": [*document.get("edges", []), edge]}


def last_node(document: Document) -> Node:
    """The node at which everything ends that START begins, by its exit "next"."""
    nodes, graph = {node.key: node for node in document.nodes}, Graph.of(document)
    start = document.start
    if start is None:
        raise _no_end()
    here = start
    seen = {start.key}
    while (following := graph.exits[here.key].get("next")) is not None:
        if following in seen or following not in nodes:
            raise _no_end()
        seen.add(following)
        here = nodes[following]
    if graph.exits[here.key] or not _leads_on(here, document):
        raise _no_end()
    return here


def _leads_on(node: Node, document: Document) -> bool:
    """Whether its exit "next" can be connected."""
    if node.block == START:
        return True
    try:
        block = registry.block(node.block)
    except NotFound:
        return False
    step = make_plan(document).steps.get(node.key)
    return step is not None and "next" in block.ports(step.config)


def _no_end() -> Conflict:
    return Conflict(
        "This workflow has no single end at which a task could be added.",
        suggestion="Open it, and draw the block “Run data task” where it belongs.",
    )


def free_key(document: Document, wanted: str) -> str:
    """A name for the new node: the task's, with a number where it is taken."""
    taken = {node.key for node in document.nodes}
    names = (wanted if n == 1 else f"{wanted[:54]}_{n}" for n in range(1, 1_000))
    return next(name for name in names if name not in taken)


async def add_to_schedule(db: Connection, rights: Rights, task: str, workflow: str) -> str:
    """A task at the end of a workflow's draft; the active version stays. Raises NotFound, Conflict."""
    rights.require_builder()
    name = (await names_of(db, [task]))[task]
    if workflow not in {row["key"] for row in await list_schedules(db, rights)}:
        row = await store.get_workflow(db, workflow)
        raise Conflict(
            f'"{row["name"]}" is not on a schedule, or it runs once for every record.',
            suggestion="Choose one that runs at set times without records, or make a new one.",
        )
    row = await store.get_workflow(db, workflow)
    if sum(node["block"] == TASK for node in row["draft"]["nodes"]) >= MOST_TASKS:
        raise Conflict(f"It runs {MOST_TASKS} data tasks already.", suggestion="Make a new schedule.")
    change = store.WorkflowChange.model_validate({"document": with_task(row["draft"], task, name)})
    await store.change_workflow(db, rights, workflow, change)
    return workflow

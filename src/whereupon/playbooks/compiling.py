"""A playbook becomes the document of a workflow: one engine, one history (docs/decisions).

Every step is a node of the same key. Around it stand the nodes that only the compiler makes; their keys end
in two underscores, which no step's key can.

    START → begin__ → [exit?] → [only if?] → step → … → end__          exit? → exit__
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whereupon.errors import Problem
from whereupon.playbooks.definition import (
    PEOPLES,
    AnyStep,
    DecideStep,
    EmailStep,
    FileStep,
    PeoplesStep,
    PlaybookDefinition,
    StatusStep,
    TextStep,
)

BEGIN, END, EXIT = "begin__", "end__", "exit__"
GOES_ON = {"policy": "continue"}  # a mail that cannot be sent must not keep the record from its next step


@dataclass(slots=True)
class Drawing:
    """The document while it is drawn. `loose`: the exits that lead to whatever is drawn next."""

    nodes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    edges: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    loose: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def node(self, key: str, block: str, config: Mapping[str, Any], **more: Any) -> None:
        """Draw a node, and connect all that is loose to it."""
        self.nodes.append({"key": key, "block": block, "config": dict(config), **more})
        self.edges += [{"from": source, "port": port, "to": key} for source, port in self.loose]
        self.loose = [(key, "next")]


def compile_playbook(definition: PlaybookDefinition, playbook_id: int) -> dict[str, Any]:
    """The workflow document of a playbook. Never raises: what is wrong is found by checking the document."""
    drawing = Drawing()
    start: dict[str, Any] = {"trigger": "playbook"}
    if definition.filter is not None:
        start["filter"] = definition.filter
    drawing.node("start", "start", start)
    begin: dict[str, Any] = {
        "playbook": playbook_id, "second": definition.second, "exclusive": definition.exclusive,
        "afterwards": definition.afterwards,
    }  # fmt: skip
    if definition.account is not None:
        begin["account"] = definition.account
    drawing.node(BEGIN, "playbook_begin", begin, label="Begin")
    exits: list[tuple[str, str]] = []
    for _, step, _ in definition.steps():
        exits += _draw_step(drawing, step, definition)
    drawing.node(END, "playbook_end", {"outcome": "completed"}, label="End")
    drawing.loose = exits
    if exits:
        ended = {"outcome": "exited", "because": definition.exit}
        drawing.node(EXIT, "playbook_end", ended, label="Ended early")
    return {"format": 1, "nodes": drawing.nodes, "edges": drawing.edges, "settings": {}}


def _draw_step(drawing: Drawing, step: AnyStep, definition: PlaybookDefinition) -> list[tuple[str, str]]:
    """A step with the questions before it; the exits that leave the playbook early."""
    exits: list[tuple[str, str]] = []
    automatic = not isinstance(step, PeoplesStep)
    if definition.exit is not None and automatic:
        key = f"{step.key}_exit__"
        drawing.node(key, "if", {"condition": definition.exit}, label="Exit condition")
        drawing.loose = [(key, "false")]
        exits.append((key, "true"))
    passes: list[tuple[str, str]] = []
    if step.only_if is not None:
        key = f"{step.key}_if__"
        drawing.node(key, "if", {"condition": _only_if(step)}, label="Only if")
        drawing.loose, passes = [(key, "true")], [(key, "false")]
    block, config = _block_of(step, definition)
    drawing.node(step.key, block, config, label=step.name, **({"on_error": GOES_ON} if automatic else {}))
    if not automatic and definition.exit is not None:
        exits.append((step.key, "exit"))
    drawing.loose += passes
    return exits


def _only_if(step: AnyStep) -> dict[str, Any]:
    assert step.only_if is not None
    path = f"nodes.{step.only_if.step}.decision"
    return {"field": path, "operator": "equals", "value": step.only_if.decision}


def _block_of(step: AnyStep, definition: PlaybookDefinition) -> tuple[str, dict[str, Any]]:
    match step:
        case EmailStep():
            return "send_email", dict(step.message)
        case TextStep():
            return "send_text", dict(step.message)
        case StatusStep():
            return "strategy_status", {"action": step.action, "reason": step.name}
        case PeoplesStep():
            return "playbook_step", _people_config(step, definition)
        case _:
            raise TypeError(f"{type(step).__name__} is no step.")


def _people_config(step: PeoplesStep, definition: PlaybookDefinition) -> dict[str, Any]:
    """What is not filled in is left out; checking the document finds it."""
    config: dict[str, Any] = {
        "kind": step.model_dump()["type"], "title": step.name, "description": step.description,
        "late": step.late,
    }  # fmt: skip
    if step.participant is not None:
        config["who"] = step.participant.model_dump(exclude_none=True)
    if step.planned is not None:
        config["planned"] = step.planned.model_dump(exclude_none=True)
    if step.reminders:
        config["reminders"] = [one.model_dump() for one in step.reminders]
    if definition.fallback is not None:
        config["fallback"] = definition.fallback
    if definition.exit is not None:
        config["exit"] = definition.exit
    if isinstance(step, FileStep) and step.outside is not None:
        config["outside"] = step.outside.model_dump(exclude_none=True)
    if (comment := getattr(step, "comment", None)) is not None:
        config["comment"] = comment
    return config


def missing_parts(definition: PlaybookDefinition) -> list[Problem]:
    """What a playbook that is to be published lacks: E3, and something to do."""
    found: list[Problem] = []
    if not definition.phases:
        found.append(Problem("empty", "The playbook has no phase.", "/phases", "Add a phase with a step."))
    for p, phase in enumerate(definition.phases):
        if not phase.steps:
            told = f'The phase "{phase.name}" has no step.'
            found.append(Problem("empty", told, f"/phases/{p}/steps", "Add a step, or remove the phase."))
    decisions: list[str] = []
    for _, step, place in definition.steps():
        if isinstance(step, PeoplesStep):
            found += _missing(step, place)
        if step.only_if is not None and step.only_if.step not in decisions:
            told = f'"{step.only_if.step}" is no decision that comes before "{step.name}".'
            advice = "Choose a step before this one in which something is decided."
            found.append(Problem("unknown_step", told, f"{place}/only_if/step", advice))
        if isinstance(step, DecideStep):
            decisions.append(step.key)
    return found


NEEDED = {"description": "what is to be done", "planned": "by when", "participant": "who does it"}


def _missing(step: PeoplesStep, place: str) -> list[Problem]:
    empty = [name for name in NEEDED if not getattr(step, name)]
    return [
        Problem(
            "missing",
            f'The step "{step.name}" does not say {NEEDED[name]}.',
            f"{place}/{name}",
            "Fill it in.",
        )
        for name in empty
    ]


# Where in the definition a fault of the document belongs ------------------------------------------

# Names of the node's configuration that are called otherwise in a step.
RENAMED = {"who": "participant", "title": "name"}
OF_PLAYBOOK = {"exit", "fallback"}


def place_of(problem: Problem, definition: PlaybookDefinition, document: Mapping[str, Any]) -> Problem:
    """The same problem with its place in the definition."""
    parts = problem.path.split("/")
    nodes: Sequence[Mapping[str, Any]] = document["nodes"]
    if len(parts) < 3 or parts[1] != "nodes" or not parts[2].isdigit() or int(parts[2]) >= len(nodes):
        return Problem(problem.code, problem.message, "", problem.suggestion)
    node, rest = nodes[int(parts[2])], parts[3:]
    path = _path_in_definition(str(node["key"]), rest, definition)
    return Problem(problem.code, problem.message, path, problem.suggestion)


def _path_in_definition(key: str, rest: Sequence[str], definition: PlaybookDefinition) -> str:
    inner = list(rest[1:]) if rest[:1] == ["config"] else []
    if key == "start":
        return "/".join(["", *inner]) if inner[:1] == ["filter"] else ""
    if key == BEGIN:
        return "/account" if inner[:1] == ["account"] else ""
    if key.endswith("_exit__"):
        return "/".join(["/exit", *inner[1:]])
    place = next((at for _, step, at in definition.steps() if step.key == key.removesuffix("_if__")), "")
    if key.endswith("__"):
        return f"{place}/only_if" if place else ""
    if inner[:1] and inner[0] in OF_PLAYBOOK:
        return "/".join(["", *inner])
    step = next(step for _, step, _ in definition.steps() if step.key == key)
    if step.type in PEOPLES:
        inner = [RENAMED.get(inner[0], inner[0]), *inner[1:]] if inner else inner
    elif step.type != "strategy":
        inner = ["message", *inner]
    return "/".join([place, *inner])

"""What one would tell a colleague about a workflow that could be published as it is (A9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from whereupon.sdk.block import Config
from whereupon.triggers.record_updated import UpdatedConfig
from whereupon.triggers.schedule import ScheduleConfig
from whereupon.workflows.check import Surroundings
from whereupon.workflows.plan import ERROR_PORT, Plan, Step

MANY_ACTIONS = 15
NAMED = re.compile(r"^\[[^\]]+\]\s*[—–-]\s*\S")
# Words of mails that nobody wants twice, as they are written in subjects and names of blocks.
ONCE = re.compile(
    r"\b(welcome|thank|thanks|invitation|confirmation|onboarding|willkommen|bienvenue|bienvenid[ao]|benvenut[ao]"
    r"|welkom|bem-vindo|tervetuloa|välkommen|velkommen|καλώς|καλωσήρθ\w+)",
    re.IGNORECASE,
)
SILENT = ("Logic", "Time")  # groups of blocks that change nothing by themselves


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice; `node` is the key of the node that it is about, None for the whole."""

    code: str
    message: str
    suggestion: str
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a workflow beside its drawing. None: not to be looked at."""

    name: str | None = None
    description: str | None = None


def advise(plan: Plan, around: Surroundings, said: Said) -> list[Advice]:
    """In the order of importance to who draws it."""
    return [
        *_mails_that_come_again(plan),
        *_too_easily_started(plan),
        *_loose_exits(plan),
        *_name(said, around),
        *_description(said),
        *_size(plan),
    ]


def _name(said: Said, around: Surroundings) -> Iterator[Advice]:
    if said.name is not None and not NAMED.match(said.name):
        module = around.module.label_plural if around.module else "Module"
        action = re.sub(r"^\[.*?\]\s*", "", said.name).strip(" -–—") or "Action"
        yield Advice(
            "name",
            "The name does not say at first sight what it is about and what it does.",
            f'Call it "[{module}] — {action}".',
        )


def _description(said: Said) -> Iterator[Advice]:
    if said.description is not None and not said.description.strip():
        yield Advice(
            "no_description",
            "There is no description.",
            "Say in a sentence what it is for, and whom to ask about it.",
        )


def _size(plan: Plan) -> Iterator[Advice]:
    actions = [step for step in plan.steps.values() if step.block.group not in SILENT]
    if len(actions) > MANY_ACTIONS:
        yield Advice(
            "many_actions",
            f"It has {len(actions)} actions, which is more than most people can follow.",
            "Split it into several workflows, each with one purpose.",
        )


def _mails_that_come_again(plan: Plan) -> Iterator[Advice]:
    """A welcome mail is sent once to each; a mail on every update is sent far too often."""
    start = plan.start
    if start is None or plan.document.settings.recurrence != "every_time":
        return
    again = bool(start.trigger.operations(start.config) & {"U"}) or start.trigger.scheduled
    for key, step in plan.steps.items():
        if step.block.leaves and again and _is_sent_once(step):
            yield Advice(
                "no_recurrence_limit",
                f'"{step.name}" can be sent to the same record more than once.',
                'Set "how often" to "only the first time".',
                key,
            )


def _is_sent_once(step: Step) -> bool:
    """Whether the block's name or subject is one of a mail that should come once."""
    subject = getattr(step.config, "subject", None) or getattr(step.config, "template", None) or ""
    return bool(ONCE.search(f"{step.node.label} {step.node.key.replace('_', ' ')} {subject}"))


def _too_easily_started(plan: Plan) -> Iterator[Advice]:
    start = plan.start
    if start is None or start.filter is not None:
        return
    config: Config = start.config
    if isinstance(config, UpdatedConfig) and not config.fields:
        yield Advice(
            "every_update",
            "It starts at every change of any field.",
            "Name the fields that matter, or add a condition.",
            start.node.key,
        )
    if isinstance(config, ScheduleConfig) and config.each_record:
        yield Advice(
            "every_record",
            "Each time it starts for every record there is.",
            "Add a condition, so that it starts only for the records that need it.",
            start.node.key,
        )


def _loose_exits(plan: Plan) -> Iterator[Advice]:
    """Of a block with several exits, those that lead nowhere: fine if that is meant."""
    for key, step in plan.steps.items():
        ports = [port for port in step.ports() if port != ERROR_PORT]
        loose = [port for port in ports if port not in step.exits]
        if len(ports) > 1 and step.exits and loose:
            names = ", ".join(f'"{step.block.port_labels.get(port, port)}"' for port in loose)
            yield Advice(
                "loose_exit",
                f'"{step.name}" leads nowhere by {names}: the run ends there.',
                "Connect it, or leave it if the run is meant to end.",
                key,
            )

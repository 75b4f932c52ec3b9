"""A strategy as people write it: for which records, by which date, and what is done when after it (E5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from whereupon.errors import Invalid, Problem
from whereupon.playbooks.definition import Asked, Key, Name, Part
from whereupon.sdk.fields import Shown
from whereupon.sdk.working_time import LANDINGS, Landing
from whereupon.workflows.document import problems_of

UNITS = {"days": "days", "working_days": "working days", "weeks": "weeks", "months": "months"}
TYPES = {"email": "Email", "text": "Text message", "task": "Task", "letter": "PDF letter"}
BLOCKS = {"email": "send_email", "text": "send_text", "task": "create_task", "letter": "generate_pdf"}
PASSED = {"skip": "They get only what is still to come", "run": "They get everything that has come"}
MOST_STEPS = 50


class StrategyStep(Part):
    """What is done, and when."""

    key: Key = Field(
        title="Key", description="Unlike any other of the strategy; it stays when it is renamed."
    )
    name: Name = Field(title="Name")
    amount: int = Field(
        0, ge=-10_000, le=10_000, title="How long after the date", description="Negative: before it."
    )
    unit: Annotated[Literal["days", "working_days", "weeks", "months"], Shown(labels=UNITS)] = Field(
        "days", title="Of what"
    )
    time_of_day: Annotated[str, Shown("time")] = Field(
        "09:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", title="At", description="Local time."
    )
    lands: Annotated[Landing, Shown(labels=LANDINGS)] = Field("any", title="If nobody works then")
    type: Annotated[Literal["email", "text", "task", "letter"], Shown(labels=TYPES)] = Field(
        "email", title="What is done"
    )
    message: dict[str, Any] = Field(
        default_factory=dict, title="Message",
        description="What the block takes that does it: send_email, send_text, create_task or generate_pdf.",
    )  # fmt: skip


class StrategyDefinition(Part):
    """A whole strategy."""

    format: Literal[1] = 1
    segment: Asked | None = Field(
        None, title="For which records", description="Asked again before each step; none: for all of them."
    )
    date: Annotated[str, Shown("field", types=["date", "datetime"])] = Field(
        "", max_length=100, title="Date", description="The date field that steps are counted from."
    )
    passed: Annotated[Literal["skip", "run"], Shown(labels=PASSED)] = Field(
        "skip", title="Records whose dates have passed when it is published"
    )
    steps: Annotated[list[StrategyStep], Field(max_length=MOST_STEPS)] = Field(
        default_factory=list[StrategyStep]
    )


def parse_strategy(raw: object) -> StrategyDefinition:
    """The definition, or Invalid naming every place that does not fit."""
    try:
        return StrategyDefinition.model_validate(raw)
    except ValidationError as error:
        raise Invalid("The strategy is not valid.", problems=problems_of(error, StrategyDefinition)) from None


def blank_strategy() -> dict[str, Any]:
    """A new one has one step, five days after a date that is still to be chosen."""
    step = {"key": "step_1", "name": "Step 1", "amount": 5, "type": "email"}
    return {"format": 1, "date": "", "steps": [step]}


def compile_step(
    definition: StrategyDefinition,
    step: StrategyStep,
    strategy_id: int,
    others: tuple[Mapping[str, Any], ...] = (),
) -> dict[str, Any]:
    """The workflow document of one step. `others`: segments of the strategies that come before this one."""
    start: dict[str, Any] = {
        "trigger": "strategy_step", "strategy": strategy_id, "field": definition.date, "amount": step.amount,
        "unit": step.unit, "time_of_day": step.time_of_day, "lands": step.lands, "passed": definition.passed,
    }  # fmt: skip
    conditions = [*([definition.segment] if definition.segment else []), *({"not": one} for one in others)]
    if conditions:
        start["filter"] = conditions[0] if len(conditions) == 1 else {"all": conditions}
    gate = {"strategy": strategy_id, "step": step.key}
    return {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": start},
            {"key": "gate__", "block": "strategy_gate", "config": gate},
            {"key": step.key, "block": BLOCKS[step.type], "config": dict(step.message), "label": step.name},
        ],
        "edges": [
            {"from": "start", "port": "next", "to": "gate__"},
            {"from": "gate__", "port": "next", "to": step.key},
        ],
        "settings": {},
    }  # fmt: skip


def faults_of(definition: StrategyDefinition) -> Iterator[Problem]:
    """What a strategy that is to be published lacks, before its workflows are checked."""
    if not definition.date:
        yield Problem("missing", "The strategy does not say by which date it goes.", "/date", "Choose one.")
    if not definition.steps:
        yield Problem("empty", "The strategy has no step.", "/steps", "Add one.")
    keys = Counter(step.key for step in definition.steps)
    for index, step in enumerate(definition.steps):
        if keys[step.key] > 1:
            yield Problem("duplicate_key", f'There are two steps "{step.key}".', f"/steps/{index}/key")


OF_TRIGGER = {"field": "/date", "filter": "/segment"}


def place_in_strategy(problem: Problem, index: int) -> Problem:
    """The same problem of step `index`'s document, with its place in the definition."""
    parts = problem.path.split("/")
    path = f"/steps/{index}"
    if parts[1:3] == ["nodes", "0"] and len(parts) > 4:
        path = "/".join([OF_TRIGGER.get(parts[4], f"{path}/{parts[4]}"), *parts[5:]])
    elif parts[1:3] == ["nodes", "2"]:
        path = "/".join([path, "message", *parts[4:]])
    return Problem(problem.code, problem.message, path, problem.suggestion)

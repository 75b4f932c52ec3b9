"""A playbook as people draw it: phases as columns, steps as cards (E1, E2), one JSON document.

A draft may be half filled in; what is missing is named when it is checked. What a kind of step does not have
is refused at once: a step that is done automatically has no description, planned date or participant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from whereupon.errors import Invalid, Problem
from whereupon.sdk.fields import Shown
from whereupon.sdk.people import Recipient
from whereupon.sdk.playbooks import LATE, Participant, Planned, Reminder, Reminders
from whereupon.workflows.document import problems_of

KEY = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
MOST_PHASES, MOST_STEPS = 50, 150
PEOPLES = ("manual", "file", "decide")  # kinds of step that people do
AFTERWARDS = {
    "resume": "It resumes", "restart": "It begins again", "end": "It ends",
    "leave": "It stays as the steps left it",
}  # fmt: skip
SECOND = {"refuse": "It is refused", "queue": "It waits until this one is over"}
COMMENTS = {"optional": "As they like", "on_rejection": "Whoever rejects must say why", "required": "Always"}
STATUS_ACTIONS = {"pause": "Pause", "resume": "Resume", "restart": "Begin again", "end": "End"}
DECISIONS = {"approved": "Approved", "rejected": "Rejected"}

Key = Annotated[str, Field(min_length=1, max_length=40, pattern=KEY)]
# A condition as it is written; what is wrong with it is found when the playbook is checked.
Asked = Annotated[dict[str, Any], Shown("condition")]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Part(BaseModel):
    """The base of every part of the document: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OnlyIf(Part):
    """A step that is done only after an earlier decision of this kind."""

    step: Key = Field(
        title="Decision", description="The key of an earlier step in which something is decided."
    )
    decision: Annotated[Literal["approved", "rejected"], Shown(labels=DECISIONS)] = Field(title="Was")


class AnyStep(Part):
    """What every step has."""

    key: Key = Field(
        title="Key", description="Unlike any other of the playbook; it stays when it is renamed."
    )
    name: Name = Field(title="Name")
    only_if: OnlyIf | None = Field(None, title="Only if")


class PeoplesStep(AnyStep):
    """What a step has that a person does."""

    description: Annotated[str, Shown("template-long")] = Field(
        "", max_length=5_000, title="Description", description="What is to be done. May contain variables."
    )
    planned: Planned | None = Field(None, title="Planned date")
    participant: Participant | None = Field(None, title="Default participant")
    late: Annotated[Literal["remind", "escalate", "nothing", "go_on"], Shown(labels=LATE)] = Field(
        "remind", title="When it is late"
    )
    reminders: Reminders = Field(
        default_factory=list[Reminder], title="Reminders",
        description="While it is open: how long before or after it is due, and who is told.",
    )  # fmt: skip


class ManualStep(PeoplesStep):
    """Something that somebody does."""

    type: Literal["manual"] = Field("manual", title="Type")


class FileStep(PeoplesStep):
    """A document that somebody uploads: of the office, or somebody outside by a link."""

    type: Literal["file"] = Field("file", title="Type")
    document_type: str = Field("", max_length=100, title="Document type", description="What it is: Contract.")
    outside: Recipient | None = Field(
        None, title="Who gets a link", description="Somebody outside, who may upload it without signing in."
    )


class DecideStep(PeoplesStep):
    """Something that is approved or rejected; later steps may depend on it."""

    type: Literal["decide"] = Field("decide", title="Type")
    comment: Annotated[Literal["optional", "on_rejection", "required"], Shown(labels=COMMENTS)] = Field(
        "optional", title="Comment"
    )


class AutomaticStep(AnyStep):
    """What is done without anybody has no description, no planned date and no participant."""

    @model_validator(mode="before")
    @classmethod
    def has_nothing_of_a_persons(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            kept = ("description", "planned", "participant", "late", "reminders")
            found = [name for name in kept if name in given]
            if found:
                words = " and ".join(found)
                raise ValueError(f"a step that is done automatically has no {words}")
        return given  # pyright: ignore[reportUnknownVariableType]


class EmailStep(AutomaticStep):
    """An email that is sent by itself."""

    type: Literal["email"] = Field("email", title="Type")
    message: dict[str, Any] = Field(
        default_factory=dict, title="Email", description='What the block "send_email" takes.'
    )


class TextStep(AutomaticStep):
    """A text message that is sent by itself."""

    type: Literal["text"] = Field("text", title="Type")
    message: dict[str, Any] = Field(
        default_factory=dict, title="Text message", description='What the block "send_text" takes.'
    )


class StatusStep(AutomaticStep):
    """A change of the record's strategy."""

    type: Literal["strategy"] = Field("strategy", title="Type")
    action: Annotated[Literal["pause", "resume", "restart", "end"], Shown(labels=STATUS_ACTIONS)] = Field(
        "pause", title="The strategy"
    )


Step = Annotated[
    Union[ManualStep, FileStep, DecideStep, EmailStep, TextStep, StatusStep],  # noqa: UP007 - of classes
    Field(discriminator="type"),
]
STEP_TYPES: Mapping[str, type[AnyStep]] = {
    "manual": ManualStep, "file": FileStep, "decide": DecideStep, "email": EmailStep, "text": TextStep,
    "strategy": StatusStep,
}  # fmt: skip
TYPE_LABELS = {
    "manual": "Manual step", "file": "File step", "decide": "Decision", "email": "Automatic email",
    "text": "Automatic text message", "strategy": "Change of strategy status",
}  # fmt: skip


class Phase(Part):
    """A column of steps that follow each other."""

    key: Key
    name: Name
    steps: Annotated[list[Step], Field(max_length=MOST_STEPS)] = Field(default_factory=list[Step])


class PlaybookDefinition(Part):
    """A whole playbook."""

    format: Literal[1] = 1
    phases: Annotated[list[Phase], Field(max_length=MOST_PHASES)] = Field(default_factory=list[Phase])
    filter: Asked | None = Field(None, title="On which records it may be started")
    exit: Asked | None = Field(
        None, title="Exit condition", description="As soon as it holds, the playbook ends on that record."
    )
    exclusive: bool = Field(
        True, title="No steps of the strategy meanwhile", description="While it runs on a record."
    )
    afterwards: Annotated[Literal["resume", "restart", "end", "leave"], Shown(labels=AFTERWARDS)] = Field(
        "resume", title="The strategy afterwards"
    )
    second: Annotated[Literal["refuse", "queue"], Shown(labels=SECOND)] = Field(
        "refuse", title="On a record that has a playbook already"
    )
    account: Annotated[str | None, Shown("field", types=["reference"])] = Field(
        None, title="Account", max_length=100,
        description="The link from the record to its account; none: it is started on records alone.",
    )  # fmt: skip
    fallback: Annotated[str | None, Shown("group")] = Field(
        None, title="Who else", max_length=100,
        description="The group that gets steps which nobody else can do.",
    )  # fmt: skip
    starters: Annotated[list[Annotated[str, Shown("group")]], Field(max_length=50)] = Field(
        default_factory=list[str], title="Who may start it",
        description="Groups; none: everybody who may change the records.",
    )  # fmt: skip

    @model_validator(mode="after")
    def fits_a_workflow(self) -> PlaybookDefinition:
        if sum(len(phase.steps) for phase in self.phases) > MOST_STEPS:
            raise ValueError(f"a playbook has at most {MOST_STEPS} steps")
        return self

    def steps(self) -> Iterator[tuple[Phase, Any, str]]:
        """Every step with its phase and its place in the document, in order."""
        for p, phase in enumerate(self.phases):
            for s, step in enumerate(phase.steps):
                yield phase, step, f"/phases/{p}/steps/{s}"


def blank() -> dict[str, Any]:
    """A new playbook: "Phase 1" with one step (E1)."""
    step = {"type": "manual", "key": "step_1", "name": "Step 1"}
    return {"format": 1, "phases": [{"key": "phase_1", "name": "Phase 1", "steps": [step]}]}


def parse_definition(raw: object) -> PlaybookDefinition:
    """The definition, or Invalid naming every place that does not fit."""
    try:
        return PlaybookDefinition.model_validate(raw)
    except ValidationError as error:
        found = problems_of(error, PlaybookDefinition)
        raise Invalid("The playbook is not valid.", problems=[_without_tag(one) for one in found]) from None


def _without_tag(problem: Problem) -> Problem:
    """pydantic names the type of a step in its place, which is no place of what was sent."""
    parts = problem.path.split("/")
    if len(parts) > 5 and parts[1] == "phases" and parts[3] == "steps" and parts[5] in STEP_TYPES:
        del parts[5]
    return Problem(problem.code, problem.message, "/".join(parts), problem.suggestion)


def require_first(definition: PlaybookDefinition, phase: str, step: str) -> None:
    """Raises Invalid unless the phase and the step that the playbook was born with are there (E1)."""
    home = next((one for one in definition.phases if one.key == phase), None)
    if home is None:
        told = "The first phase cannot be removed."
        raise Invalid.of(
            Problem("first_phase", told, "/phases", f'Keep the phase "{phase}"; rename it instead.')
        )
    if not any(one.key == step for one in home.steps):
        told, advice = "The first step cannot be removed.", f'Keep the step "{step}" in the phase "{phase}".'
        raise Invalid.of(Problem("first_step", told, "/phases", advice))


def double_keys(definition: PlaybookDefinition) -> Iterator[Problem]:
    """Phases and steps that share a key."""
    phases = Counter(phase.key for phase in definition.phases)
    for p, phase in enumerate(definition.phases):
        if phases[phase.key] > 1:
            yield Problem("duplicate_key", f'There are two phases "{phase.key}".', f"/phases/{p}/key")
    steps = Counter(step.key for _, step, _ in definition.steps())
    for _, step, place in definition.steps():
        if steps[step.key] > 1:
            yield Problem("duplicate_key", f'There are two steps "{step.key}".', f"{place}/key")

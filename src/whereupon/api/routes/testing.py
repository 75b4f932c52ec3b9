"""Test mode: what a draft would do, on sample records, without anything being kept. For builders."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from whereupon.api.call import TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Anything
from whereupon.api.turns import turns_of
from whereupon.runs.rehearsal import ToRehearse, rehearse

router = routes_of("testing", "/workflows")

RecordId = Annotated[str, Field(min_length=1, max_length=1000)]


class ToTest(BaseModel):
    """A draft, and what to test it on: `records` that there are, or `form`, a record that is made up."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]
    module: str | None = Field(None, max_length=100)
    records: Annotated[list[RecordId], Field(max_length=10)] = Field(default_factory=list[str])
    form: dict[str, Any] | None = None
    change: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description="Field → value, changed first, for triggers that listen to updates.",
    )
    anyway: bool = Field(False, description="Also where the trigger or the filter says no.")
    workflow: str | None = Field(
        None, max_length=100, description="The key of the workflow that it is a draft of."
    )

    arrived: dict[str, Any] | None = Field(
        None, description="What another program would send, for a workflow that one starts."
    )

    @model_validator(mode="after")
    def has_one_occasion(self) -> ToTest:
        if self.arrived is not None:
            if self.records or self.form is not None:
                raise ValueError("send arrived alone, without records and form")
            return self
        if self.module is not None and bool(self.records) == (self.form is not None):
            raise ValueError("send records, one to ten of them, or form")
        if self.module is None and (self.records or self.form is not None):
            raise ValueError("without a module there are no records to test on")
        return self


class FieldChange(Out):
    """One field of a record, before and after."""

    field: str
    label: str
    before: Any
    after: Any


class TestedChange(Out):
    """What became of a record. Only fields that one may read."""

    module: str
    module_label: str
    record_id: str
    operation: Literal["created", "updated", "deleted"]
    fields: list[FieldChange]


class TestedMessage(Out):
    """A message as its recipient would get it; `error`: why it could not be written."""

    channel: str
    recipient: str
    error: str | None
    to: list[str] | None = None
    cc: list[str] | None = None
    bcc: list[str] | None = None
    reply_to: list[str] | None = None
    sender: str | None = Field(None, alias="from")
    subject: str | None = None
    html: str | None = None
    text: str | None = None
    attachments: list[str] = Field(default_factory=list[str])
    title: str | None = Field(None, description="Of a chat message.")
    encoding: Literal["GSM-7", "UCS-2"] | None = Field(None, description="Of a text message.")
    characters: int | None = None
    parts: int | None = Field(None, description="In how many parts a text message goes out.")


class TestedEvent(Out):
    """An event that would be in somebody's calendar."""

    title: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    time_zone: str
    location: str | None
    description: str | None
    assignee: str | None
    assignee_group: str | None


class TestedActivity(Out):
    """An activity that would stand in a record's timeline."""

    kind: str
    title: str
    body: str | None
    happened_at: datetime
    module: str
    module_label: str
    record_id: str


class TestedTask(Out):
    """A task that would be there."""

    title: str
    description: str | None
    due_at: datetime | None
    priority: str
    status: str
    assignee: str | None
    assignee_group: str | None


class TestedNotification(Out):
    """A notification that somebody would see."""

    title: str
    body: str | None
    user: str


class TestedQuestion(Out):
    """What people would be asked."""

    kind: Literal["approval", "form"]
    title: str
    body: str
    details: Anything
    due_at: datetime | None
    asked: list[str]


class TestedWait(Out):
    """A wait that was skipped. `until` null: until a change, a signal or an outcome comes."""

    until: datetime | None
    reason: Literal["time", "change", "outcome", "retry"]


class TestedDocument(Out):
    """A file of a record that was uploaded, replaced, renamed, moved, or given a type."""

    id: int
    name: str
    happened: str
    before: str | None
    now: str | None
    module: str
    record_id: str


class TestedStep(Out):
    """One block, what it was given, what it gave, and all that it did."""

    seq: int
    node: str
    block: str
    label: str
    status: str
    port: str | None
    input: Any
    output: Any
    error: Anything | None
    records: int
    wait: TestedWait | None
    changes: list[TestedChange]
    documents: list[TestedDocument]
    messages: list[TestedMessage]
    tasks: list[TestedTask]
    events: list[TestedEvent]
    activities: list[TestedActivity]
    notifications: list[TestedNotification]
    questions: list[TestedQuestion]


class TestedBranch(Out):
    """A run that a block of the test started: an item of a loop, or another workflow. At most ten are shown
    of each run; `branch_count` says how many there were."""

    node: str
    number: int
    workflow: str
    record_id: str | None
    status: str
    error: Anything | None
    steps: list[TestedStep]
    branches: list[TestedBranch]
    branch_count: int


class TestedRecord(Out):
    """One record. `taken`: whether the workflow would start; `trigger_held`: whether the trigger alone says
    so; `explained`: the filter, part by part. `status`, `error`, `steps`: of the run, if there was one.
    `first_time_was`: when it had its first time, if it may have only one."""

    record_id: str | None
    happened: Literal["nothing", "created", "updated", "deleted"]
    taken: bool
    trigger_held: bool
    explained: Anything | None
    status: str | None
    error: Anything | None
    steps: list[TestedStep]
    branches: list[TestedBranch]
    branch_count: int
    first_time_was: datetime | None


class WouldStart(Out):
    """An active workflow that what the test wrote would start, so many times. It was not run."""

    workflow: str
    name: str
    starts: int


class Undone(Out):
    """Rows of a table that were written during the test, and taken back."""

    table: str
    inserted: int
    updated: int
    deleted: int


class Proof(Out):
    """That nothing was kept."""

    rolled_back: bool
    undone: list[Undone]


class Tested(Out):
    """What the draft would do."""

    records: list[TestedRecord]
    others: list[WouldStart]
    proof: Proof


@router.post(
    "/test", **operation("test_workflow", Tested, summary="Run a draft; nothing is kept.", errors=[404, 429])
)
async def test_workflow(call: TheCall, body: ToTest) -> Response:
    asked = ToRehearse(**{name: getattr(body, name) for name in ToTest.model_fields})
    call.rights.require_builder()
    async with turns_of(call).tests.turn():
        return response_of(await rehearse(call.database, call.rights, asked))

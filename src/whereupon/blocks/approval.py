"""D23: lets people decide whether to go on: approved or rejected, in the inbox of those who are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from whereupon.conditions.values import DATETIME, TEXT, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Problem
from whereupon.sdk.asking import (
    Answered,
    Question,
    TimeLimit,
    addresses_of_sql,
    answers,
    ask,
    asked_sql,
    due_sql,
    hand_on_forsaken,
    link_to,
    time_out,
)
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.fields import Line, Paragraph, Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome, Wait
from whereupon.sdk.people import Person, check_person, people_words, reads_of
from whereupon.sdk.texts import check_text, reads_of_text, render_texts

NEEDS = {"one": "One of them is enough", "all": "Everybody must approve"}
COMMENTS = {"optional": "As they like", "on_rejection": "Whoever rejects must say why", "required": "Always"}


class ApprovalConfig(Config):
    """Who decides what, and by when."""

    ask: list[Person] = Field(min_length=1, max_length=20, title="Who decides")
    title: Line = Field(min_length=1, max_length=300, title="Question", description="May contain variables.")
    text: Paragraph = Field("", max_length=5_000, title="What they should know")
    needs: Annotated[Literal["one", "all"], Shown(labels=NEEDS)] = Field("one", title="How many")
    comment: Annotated[Literal["optional", "on_rejection", "required"], Shown(labels=COMMENTS)] = Field(
        "optional", title="Comment"
    )
    time_limit: TimeLimit | None = Field(
        None, title="At most", description="After this the run leaves by “Time is up”."
    )
    mail: bool = Field(False, title="Write them a mail, too")


class Approval(Block[ApprovalConfig]):
    """Only those who are asked, or an administrator, may decide, and each of them once."""

    key = "approval"
    label = "Approval"
    group = "People"
    icon = "thumb-up"
    description = "Asks people to approve or reject, and goes on accordingly."
    Config = ApprovalConfig
    outputs: ClassVar = {"decision": TEXT, "by": TEXT, "comment": TEXT, "at": DATETIME}
    waits = True
    goes_on_by = "rejected"  # never as if somebody had approved
    port_labels: ClassVar = {"approved": "Approved", "rejected": "Rejected", "timeout": "Time is up"}
    examples = (
        {"ask": [{"owner": True}], "title": "Discount for {{ record.name }}?"},
        {
            "ask": [{"group": "support"}], "title": "Close {{ record.name }}?", "needs": "all",
            "comment": "on_rejection", "time_limit": {"amount": 3, "unit": "days"}, "mail": True,
        },
    )  # fmt: skip

    def ports(self, config: ApprovalConfig) -> tuple[str, ...]:
        return ("approved", "rejected", *(("timeout",) if config.time_limit else ()))

    def check(self, config: ApprovalConfig, scope: Scope) -> list[Problem]:
        people = [
            problem
            for index, person in enumerate(config.ask)
            for problem in check_person(person, scope, f"/ask/{index}", needs_user=True)
        ]
        return people + check_text(config.title, scope, "/title") + check_text(config.text, scope, "/text")

    def describe(self, config: ApprovalConfig, scope: Scope) -> str:
        return f"Ask {people_words(config.ask, scope)}: {shortened(config.title, 80)}"

    def reads(self, config: ApprovalConfig, scope: Scope) -> frozenset[str]:
        people = frozenset[str]().union(*(reads_of(person, scope) for person in config.ask))
        return people | reads_of_text(config.title, scope) | reads_of_text(config.text, scope)

    async def run_batch(self, config: ApprovalConfig, batch: Batch) -> list[Outcome]:
        scope = batch.place.scope
        users = asked_sql(config.ask, scope)
        columns = {"users": users, "due": due_sql(config.time_limit, scope)}
        columns |= {"addresses": addresses_of_sql(users)} if config.mail else {}
        rows = await batch.rows(columns)
        texts = await render_texts(batch, {"title": config.title, "text": config.text})
        questions = {
            run.id: _question(config, run, rows[run.id], texts[run.id])
            for run in batch.runs
            if rows[run.id]["users"]
        }
        await ask(batch, "approval", list(questions.values()))
        return [_asked(questions.get(run.id)) for run in batch.runs]

    async def wake_batch(self, config: ApprovalConfig, batch: Batch) -> list[Outcome]:
        found = await answers(batch)
        if await hand_on_forsaken(batch, found):
            found = await answers(batch)
        late = await time_out(batch, found)
        return [_outcome(run, found.get(run.id), run.id in late) for run in batch.runs]

    async def skip_batch(self, config: ApprovalConfig, batch: Batch) -> list[Outcome]:
        output = {"decision": "approved", "by": None, "comment": None, "at": None}
        return [Done("approved", output) for _ in batch.runs]


def _question(config: ApprovalConfig, run: RunView, row: Any, texts: Mapping[str, str]) -> Question:
    return Question(
        run, texts["title"], texts["text"], row["users"],
        {"needs": config.needs, "comment": config.comment}, row["due"],
        mail_to=row["addresses"] if config.mail else (), link=link_to("/inbox"),
    )  # fmt: skip


def _asked(question: Question | None) -> Outcome:
    if question is None:
        advice = "Choose a group with people in it, or fill in the field that names them."
        return Fail("There is nobody to ask.", "no_user", advice)
    limit = question.due.isoformat() if question.due else None
    shown = {"title": question.title, "asked": list(question.users), "until": limit}
    return Wait(question.due, memo={"limit": limit}, input=shown)


def _outcome(run: RunView, found: Answered | None, late: bool) -> Outcome:
    if found is None:
        return Fail("The question is no longer there.", "no_question")
    if late or found.status == "timed_out":
        return Done(
            "timeout", {"decision": "timeout", "by": None, "comment": None, "at": found.now.isoformat()}
        )
    if found.status == "open":
        return Wait(found.due_at, memo=dict(run.memo or {}))
    answer = {name: found.answer.get(name) for name in ("by", "comment", "at")}
    return Done(found.status, {"decision": found.status, **answer})

"""The wizard: what a few answers would make, and making it. For builders."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.conditions import Count
from whereupon.api.routes.editor import AdviceOut, DraftProblem
from whereupon.api.routes.quotas import QuotasOut
from whereupon.api.routes.reviewing import ReviewedStep, matches_as_json
from whereupon.db.pool import Connection
from whereupon.runs.wizard import Summary, Wish, finish, summarise

router = routes_of("wizard", "/wizard")


class ToSummarise(BaseModel):
    """The answers so far."""

    model_config = ConfigDict(extra="forbid")

    wish: Wish


class ToFinish(ToSummarise):
    """`activate`: it starts at its next time; otherwise it is a draft."""

    activate: bool = False


class SummaryOut(Out):
    """What would be made. Without problems it may be active at once."""

    name: str
    module: str | None
    trigger: str
    time_zone: str
    next_times: list[datetime] = Field(description="The first five.")
    steps: list[ReviewedStep]
    records: Count | None = Field(description="Those that meet the condition now.")
    records_reason: str | None = Field(description="Why that cannot be told.")
    caps: list[str]
    problems: list[DraftProblem]
    advice: list[AdviceOut]
    quotas: QuotasOut
    document: dict[str, Any] = Field(description="The workflow as it would be drawn.")


class MadeWorkflow(Out):
    """What was made."""

    key: str
    name: str
    state: Literal["draft", "active"]


def as_json(found: Summary) -> dict[str, Any]:
    """As the API gives it."""
    new = found.workflow
    return {
        "name": new.name, "module": new.module, "trigger": found.trigger, "time_zone": found.time_zone,
        "next_times": found.next_times,
        "steps": [{"key": key, "label": label, "sentence": told} for key, label, told in found.steps],
        "records": matches_as_json(found.records.draft), "records_reason": found.records.reason,
        "caps": found.caps,
        "problems": [problem.as_json() | {"node": node} for problem, node in found.checked.problems],
        "advice": found.checked.advice, "quotas": found.quotas, "document": new.document,
    }  # fmt: skip


@router.post(
    "/summary", **operation("summarise_wish", SummaryOut, summary="What it would make; nothing is kept.")
)
async def summarise_wish(call: TheCall, body: ToSummarise) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        return as_json(await summarise(db, call.rights, body.wish))

    return await call.read(work, bounded=True)


@router.post(
    "", **operation("finish_wizard", MadeWorkflow, status=201, summary="Make the workflow.", errors=[409])
)
async def finish_wizard(call: TheCall, body: ToFinish) -> Response:
    async def work(db: Connection) -> Answer:
        made = await finish(db, call.rights, body.wish, activate=body.activate)
        shown = {key: made[key] for key in ("key", "name", "state")}
        return Answer(shown, 201, {"Location": f"/api/v1/workflows/{made['key']}"})

    return await call.write(work, wakes=True)

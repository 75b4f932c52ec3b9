"""Before publishing: what is different and what follows. Afterwards: why it did not run. For builders."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.conditions import Count
from whereupon.api.routes.editor import AdviceOut, DraftProblem
from whereupon.api.routes.quotas import QuotasOut
from whereupon.api.routes.shapes import Anything, PathKey
from whereupon.db.pool import Connection
from whereupon.people.users import Id
from whereupon.records.matching import Matches
from whereupon.runs.backlog import Backlog, find_backlog
from whereupon.runs.review import Review, compare_versions, review
from whereupon.runs.why import why, why_each
from whereupon.workflows.differences import Differences

router = routes_of("reviewing")

Change = Literal["added", "removed", "changed"]
VersionName = Annotated[str, Query(pattern=r"^(draft|[1-9]\d{0,8})$", description='A number, or "draft".')]


class SideOut(Out):
    """A node as it is in one of two documents."""

    label: str
    block: str
    sentence: str
    config: dict[str, Any]


class NodeDifferenceOut(Out):
    """A node that differs. `parts`: keys of its configuration, and what stands beside it."""

    key: str
    change: Change
    before: SideOut | None
    after: SideOut | None
    parts: list[str]


class EdgeDifferenceOut(Out):
    """A connection that is in only one of them."""

    change: Change
    source: str
    port: str
    target: str


class SettingDifferenceOut(Out):
    """A setting of the whole workflow."""

    key: str
    label: str
    before: Any
    after: Any


class DifferencesOut(Out):
    """What is different; positions are left out."""

    nodes: list[NodeDifferenceOut]
    edges: list[EdgeDifferenceOut]
    settings: list[SettingDifferenceOut]


class ReviewedStep(Out):
    """One block, in the order in which a run meets them."""

    key: str
    label: str
    sentence: str


class ReviewedRecords(Out):
    """Which records meet the filter now: under the active version, under the draft, gained and lost by it.
    `reason`: why that cannot be told."""

    reason: str | None
    active: Count | None
    draft: Count | None
    gained: Count | None
    lost: Count | None


class LinkOut(Out):
    """This workflow writes `through`, which starts the next one."""

    key: str
    name: str
    through: str
    label: str


class TerminationOut(Out):
    """Whether it can start itself again, and by which way."""

    verdict: Literal["cannot_loop", "can_loop", "cannot_tell"]
    sentence: str
    path: list[LinkOut]


class InFlight(Out):
    """Runs under way on one version."""

    version: int | None
    status: str
    runs: int


class BacklogOut(Out):
    """Records whose time has passed before it is activated. `trigger`: what the trigger says of them;
    `late_hours`: later than that they do not start at all."""

    records: Count
    trigger: Literal["skip", "run"]
    late_hours: int | None


class ReviewOut(Out):
    """Everything that one looks at before publishing."""

    trigger: str
    steps: list[ReviewedStep]
    differences: DifferencesOut
    records: ReviewedRecords
    termination: TerminationOut
    caps: list[str]
    in_flight: list[InFlight]
    problems: list[DraftProblem]
    advice: list[AdviceOut]
    quotas: QuotasOut
    backlog: BacklogOut | None


class ToAskWhy(BaseModel):
    """About which record; the change, or the latest one until `at`, or the latest of all."""

    model_config = ConfigDict(extra="forbid")

    record_id: str = Field(min_length=1, max_length=1000)
    change_id: Id | None = None
    at: AwareDatetime | None = None


class CheckOut(Out):
    """One thing that had to hold. `held` null: it does not apply, or nobody can tell."""

    key: str
    held: bool | None
    sentence: str
    values: dict[str, Any]


class AskedChange(Out):
    """The change that it is about."""

    id: int
    operation: Literal["created", "updated", "deleted"]
    at: datetime
    origin: str | None
    fields: list[str]


class RunThen(Out):
    """A run of the workflow on the record."""

    id: int
    status: str
    started_by: str
    change_id: int | None
    created_at: datetime
    ended_at: datetime | None
    error: Anything | None


class WhyOut(Out):
    """Why it ran or did not: a sentence, then everything that had to hold, in order."""

    verdict: str
    ran: bool
    change: AskedChange | None
    checks: list[CheckOut]
    runs: list[RunThen]


class WorkflowVerdict(Out):
    """One active workflow. `failed`: the key of the check that did not hold."""

    workflow: str
    name: str
    ran: bool
    verdict: str
    failed: str | None


class Verdicts(Out):
    """Every active workflow of the record's module."""

    items: list[WorkflowVerdict]


def matches_as_json(found: Matches | None) -> dict[str, Any] | None:
    """As the API gives counts of records."""
    if found is None:
        return None
    return {
        "count": found.count, "at_least": found.at_least, "total": found.total.count,
        "total_exact": found.total.exact, "examples": found.examples,
    }  # fmt: skip


def backlog_as_json(found: Backlog | None) -> dict[str, Any] | None:
    """As the API gives it."""
    if found is None:
        return None
    records = matches_as_json(found.matches)
    return {"records": records, "trigger": found.trigger, "late_hours": found.late_hours}


def differences_as_json(found: Differences) -> dict[str, Any]:
    """As the API gives it."""
    return asdict(found)


def review_as_json(found: Review) -> dict[str, Any]:
    """As the API gives it."""
    records = found.records
    kinds = ("active", "draft", "gained", "lost")
    return {
        "trigger": found.trigger,
        "steps": [{"key": key, "label": label, "sentence": told} for key, label, told in found.steps],
        "differences": differences_as_json(found.differences),
        "records": {"reason": records.reason}
        | {kind: matches_as_json(getattr(records, kind)) for kind in kinds},
        "termination": asdict(found.termination),
        "caps": found.caps,
        "in_flight": found.in_flight,
        "problems": [problem.as_json() | {"node": node} for problem, node in found.checked.problems],
        "advice": found.checked.advice,
        "quotas": found.quotas,
    }


@router.post(
    "/workflows/{key}/review",
    **operation("review_workflow", ReviewOut, summary="What publishing the draft would mean.", errors=[404]),
)
async def review_workflow(call: TheCall, key: PathKey) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        backlog = await find_backlog(db, call.rights, key, of_draft=True)
        return review_as_json(await review(db, call.rights, key)) | {"backlog": backlog_as_json(backlog)}

    return await call.read(work, bounded=True)


@router.get(
    "/workflows/{key}/compare",
    **operation("compare_versions", DifferencesOut, summary="From one version to another."),
)
async def get_differences(
    call: TheCall,
    key: PathKey,
    old: Annotated[VersionName, Query(alias="from")],
    new: Annotated[VersionName, Query(alias="to")] = "draft",
) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        return differences_as_json(await compare_versions(db, call.rights, key, old, new))

    return await call.read(work)


@router.post(
    "/workflows/{key}/why",
    **operation("ask_why", WhyOut, summary="Why it ran on a record, or did not.", errors=[404]),
)
async def ask_why(call: TheCall, key: PathKey, body: ToAskWhy) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        found = await why(db, call.rights, key, body.record_id, change_id=body.change_id, at=body.at)
        return asdict(found)

    return await call.read(work, bounded=True)


@router.get(
    "/records/{module}/{id}/why",
    **operation("ask_why_of_record", Verdicts, summary="Of each active workflow: why it ran, or did not."),
)
async def ask_why_of_record(call: TheCall, module: PathKey, id: PathKey) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await why_each(db, call.rights, module, id)}

    return await call.read(work, bounded=True)

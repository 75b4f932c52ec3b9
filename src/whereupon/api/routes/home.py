"""The first page: how the workflows did, what failed or is held, what there is to do for oneself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.health import Finding
from whereupon.api.routes.inbox import Task
from whereupon.api.routes.runs import Status
from whereupon.api.routes.shapes import MadeFrom
from whereupon.api.routes.workflows import ListedWorkflow, put_bars
from whereupon.db.pool import Connection
from whereupon.people import questions, tasks
from whereupon.runs import trouble
from whereupon.workers.findings import Level
from whereupon.workers.report import summary
from whereupon.workflows import listing

router = routes_of("home", "/home")

MOST_WORKFLOWS = 12
BARS = 30

# Messages that wait for a person, by status, with the newest few; the status is one of ours.
MESSAGES = """
SELECT m.id, m.status, m.hold_reason, m.created_at, w.key AS workflow, w.name AS workflow_name
FROM whereupon.messages m LEFT JOIN whereupon.workflows w ON w.id = m.workflow_id
WHERE m.status = '{status}' ORDER BY m.id DESC LIMIT 5
"""
COUNT_MESSAGES = """
SELECT count(*) FROM (SELECT FROM whereupon.messages WHERE status = '{status}' LIMIT 1000) x
"""
# How far somebody has come who has just begun.
STEPS = """
SELECT EXISTS (SELECT FROM whereupon.modules WHERE NOT system) AS modules,
  EXISTS (SELECT FROM whereupon.workflows WHERE state <> 'deleted') AS workflows,
  EXISTS (SELECT FROM whereupon.workflows WHERE state = 'active') AS active_workflows,
  EXISTS (SELECT FROM whereupon.runs) AS runs,
  EXISTS (SELECT FROM whereupon.settings WHERE key = 'mail' AND value <> '{}') AS mail,
  EXISTS (SELECT FROM whereupon.settings WHERE key LIKE 'pack:%') AS packs,
  (SELECT count(*) > 1 FROM (SELECT FROM whereupon.users WHERE active LIMIT 2) x) AS people
"""


class TroubledRun(Out):
    """A run that failed or is held, and why, in a sentence."""

    id: int
    workflow: str
    workflow_name: str
    module: str | None
    record_id: str | None
    record_title: str | None
    status: Status
    message: str | None = Field(description="null: none, or not for this user to read.")
    created_at: datetime
    ended_at: datetime | None


class TroubledRuns(Out):
    """How many in the last seven days, of which at most 1,000 are counted, and the newest five."""

    count: int
    items: list[TroubledRun]


class TroubledBulkRun(Out):
    """A bulk run of which some records, or all, failed."""

    id: int
    workflow: str | None
    workflow_name: str | None
    made_from: MadeFrom | None
    status: Status
    matched: int
    failed: int
    created_at: datetime
    ended_at: datetime | None


class TroubledBulkRuns(Out):
    """How many in the last seven days, of which at most 1,000 are counted, and the newest five."""

    count: int
    items: list[TroubledBulkRun]


class WaitingMessage(Out):
    """A message that waits for a person."""

    id: int
    status: str
    hold_reason: str | None
    created_at: datetime
    workflow: str | None
    workflow_name: str | None


class WaitingMessages(Out):
    """How many, of which at most 1,000 are counted, and the newest five."""

    count: int
    items: list[WaitingMessage]


class TasksDue(Out):
    """Open tasks of one's own and one's groups'; those that are due first."""

    count: int
    overdue: int
    items: list[Task]


class QuestionDue(Out):
    """Something that waits for one's answer."""

    id: int
    kind: Literal["approval", "form"]
    title: str
    due_at: datetime | None
    workflow_name: str


class QuestionsDue(Out):
    """Approvals and forms that wait for one's answer; those that are due first."""

    count: int
    overdue: int
    items: list[QuestionDue]


class Scheduler(Out):
    """Whether what happens by itself does happen."""

    status: Level
    findings: list[Finding]
    workers: int
    last_tick_at: datetime | None
    next_at: datetime | None
    schedule_lag_seconds: float


class Steps(Out):
    """What is there already, for who has just begun."""

    modules: bool
    workflows: bool
    active_workflows: bool
    runs: bool
    mail: bool
    packs: bool
    people: bool


class Home(Out):
    """The first page. What only builders or administrators may see is null or empty for others."""

    workflows: list[ListedWorkflow]
    failed_runs: TroubledRuns
    partial_runs: TroubledRuns
    held_runs: TroubledRuns
    bulk_runs: TroubledBulkRuns | None
    held_messages: WaitingMessages | None
    failed_messages: WaitingMessages | None
    uncertain_messages: WaitingMessages | None
    tasks: TasksDue
    questions: QuestionsDue
    scheduler: Scheduler | None
    getting_started: Steps | None


@router.get("", **operation("get_home", Home, summary="What is worth knowing first."))
async def get_home(call: TheCall) -> Response:
    return await call.read(lambda db: home(call, db))


async def home(call: Call, db: Connection) -> dict[str, Any]:
    """Everything at once; each part as this user may see it."""
    builder = call.rights.builder or call.rights.administrator
    found: dict[str, Any] = {"workflows": await busiest(call, db) if builder else []}
    for status in ("failed", "partial", "held"):
        found[f"{status}_runs"] = await troubled(call, db, status)
    found["bulk_runs"] = await trouble.newest_bulk_runs(db, call.rights) if builder else None
    for status in ("held", "failed", "uncertain"):
        found[f"{status}_messages"] = await waiting(db, status) if builder else None
    found["tasks"] = await tasks.due_tasks(db, call.rights, limit=5)
    found["questions"] = await questions.due_questions(db, call.rights, limit=5)
    found["scheduler"] = await summary(db) if builder else None
    found["getting_started"] = dict(await db.fetchrow(STEPS) or {}) if builder else None
    return found


async def busiest(call: Call, db: Connection) -> list[dict[str, Any]]:
    """The workflows that ran last, with their bars; archived ones do not run."""
    wanted = listing.Wanted(sort="last_run", drafts=False, limit=MOST_WORKFLOWS)
    found = [one for one in await listing.list_workflows(db, wanted) if one["state"] != "archived"]
    for one in found:
        del one["position"]
    await put_bars(call, db, found, BARS)
    return found


async def troubled(call: Call, db: Connection, status: trouble.Trouble) -> dict[str, Any]:
    """Runs with that status, with what their records are called."""
    found = await trouble.newest(db, call.rights, status)
    await listing.name_records(db, call.rights, await call.catalog(db), found["items"])
    return found


async def waiting(db: Connection, status: str) -> dict[str, Any]:
    """Messages with that status."""
    rows = await db.fetch(MESSAGES.format(status=status))
    count = await db.fetchval(COUNT_MESSAGES.format(status=status))
    return {"count": count, "items": [dict(row) for row in rows]}

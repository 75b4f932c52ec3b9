"""Whether it works, and how much there is to do: for people, load balancers and Prometheus."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from whereupon.api.call import TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.problems import problem_response
from whereupon.api.route import PREFIX, routes_of
from whereupon.db.pool import Connection
from whereupon.errors import Unavailable
from whereupon.workers.report import Level, depths, report

router = routes_of("health", "/health")
outside = APIRouter(include_in_schema=False)

HELP = {
    "changes_to_match": "Captured changes that no worker has matched yet",
    "runs_to_advance": "Runs that could go on now",
    "runs_waiting": "Runs that wait for a time",
    "messages_queued": "Messages to be delivered",
    "messages_held": "Messages held for a person to release",
    "messages_failed": "Messages that could not be delivered",
    "messages_uncertain": "Messages of which nobody knows whether they went out",
    "calls_to_make": "Calls of runs to other systems, to be made or under way",
    "schedule_lag_seconds": "How late the latest schedule is, in seconds",
    "workers": "Worker processes seen in the last minute",
}


class Health(Out):
    """Depths of the queues, and how far behind the clock is."""

    changes_to_match: int
    runs_to_advance: int
    runs_waiting: int
    messages_queued: int
    messages_held: int
    messages_failed: int
    messages_uncertain: int
    calls_to_make: int
    schedule_lag_seconds: float
    workers: int


class Finding(Out):
    """Something that a person should look at."""

    level: Level
    code: str
    message: str
    suggestion: str | None


class Worker(Out):
    """A worker process. `alive`: it was seen in the last minute."""

    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    ticked_at: datetime | None = Field(description="When its clock last looked at the schedules.")
    alive: bool


class Oldest(Out):
    """For how many seconds the oldest of what is due has been due; null: nothing is."""

    run_seconds: float | None
    change_seconds: float | None
    message_seconds: float | None
    call_seconds: float | None


class ClockNow(Out):
    """The clock that starts schedules: when it last looked, what comes next, how late it is."""

    last_tick_at: datetime | None
    next_at: datetime | None
    schedules: int
    dates_due: int
    lag_seconds: float


class Occurrence(Out):
    """A time at which a schedule should have started, and did not, or not then."""

    workflow: str
    workflow_name: str
    nominal_at: datetime
    fired_at: datetime | None
    matched: int | None
    kind: Literal["on_time", "late", "skipped"]


class Destination(Out):
    """A mail domain or a host to which messages or calls fail."""

    destination: str
    messages: int
    failed: int
    last_at: datetime
    last_error: str | None


class Report(Out):
    """Everything about what happens by itself, of the last seven days."""

    status: Level
    findings: list[Finding]
    queues: Health
    oldest: Oldest
    workers: list[Worker]
    clock: ClockNow
    occurrences: dict[str, int] = Field(description="Schedules' times: on_time, late, skipped.")
    troubled_occurrences: list[Occurrence]
    destinations: list[Destination]
    docs: str


@router.get("", **operation("get_health", Health, summary="How much there is to do, and who is doing it."))
async def get_health(call: TheCall) -> Response:
    return await call.read(depths)


@router.get("/report", **operation("get_health_report", Report, summary="What works, and what does not."))
async def get_health_report(call: TheCall) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        return await report(db) | {"docs": PREFIX + "/docs"}

    return await call.read(work)


@outside.get("/healthz")
async def live(request: Request) -> Response:
    """For load balancers: 200 when the database answers, 503 when not; tells nothing else."""
    try:
        async with request.app.state.database.connection() as db:
            await db.fetchval("SELECT 1")
    except Unavailable as error:
        return problem_response(error)
    return response_of({"status": "ok"})


@outside.get("/metrics")
async def metrics(request: Request) -> Response:
    """The same figures in Prometheus's text format (version 0.0.4)."""
    try:
        async with request.app.state.database.connection() as db:
            figures = await depths(db)
    except Unavailable as error:
        return problem_response(error)
    lines = [
        f"# HELP whereupon_{name} {HELP[name]}.\n# TYPE whereupon_{name} gauge\nwhereupon_{name} {value}"
        for name, value in figures.items()
    ]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")

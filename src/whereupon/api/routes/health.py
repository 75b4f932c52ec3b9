"""Whether it works, and how much there is to do: for people, load balancers and Prometheus."""

from __future__ import annotations

import ipaddress
import secrets
import time
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
from whereupon.errors import Refused, Unavailable
from whereupon.workers.findings import Level
from whereupon.workers.metrics import collect, exposition
from whereupon.workers.report import depths, report, summary

router = routes_of("health", "/health")
outside = APIRouter(include_in_schema=False)

# What a proxy adds: then the one who asks is not the one who connects.
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
MOMENT = 2.0  # seconds
CLOSED = "The figures are for this machine alone, or for whoever has their token."
HOW = "Set WHEREUPON_METRICS_TOKEN, and send it as `Authorization: Bearer …`."


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
    bulk_runs_open: int
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
    wait_seconds: float | None = Field(description="Of runs that have waited for their time.")
    date_seconds: float | None = Field(description="Of dates that start workflows.")
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


class Circuit(Out):
    """A host that is left alone until then, because it did not answer several times in a row."""

    destination: str
    until: datetime


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
    circuits: list[Circuit]
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


@outside.get("/health")
async def health(request: Request) -> Response:
    """Alive, ready, and whether what happens by itself does: codes and no figures, as anybody may ask.

    200 when requests can be served, 503 when the database does not answer. That the workers are away does
    not make it 503: then a balancer would take the pages away, which say what to do.
    """
    try:
        found = await summary_of(request)
    except Unavailable:
        checks = {"database": "down", "workers": "unknown", "scheduler": "unknown"}
        return response_of({"status": "down", "live": True, "ready": False, "checks": checks}, 503)
    codes = {finding["code"] for finding in found["findings"]}
    late = codes & {"schedule_late", "dates_stuck"}
    away = codes & {"no_worker", "clock_stopped"}
    checks = {
        "database": "ok",
        "workers": "down" if "no_worker" in codes else "ok",
        "scheduler": "down" if away else "late" if late else "ok",
    }
    told = {"status": found["status"], "live": True, "ready": True, "checks": checks}
    return response_of(told | {"findings": sorted(codes)})


async def summary_of(request: Request) -> dict[str, Any]:
    """As it was a moment ago at most: whoever asks often does not make the database work often."""
    kept: tuple[float, dict[str, Any]] | None = getattr(request.app.state, "summary", None)
    if kept is not None and time.monotonic() - kept[0] < MOMENT:
        return kept[1]
    async with request.app.state.database.connection() as db:
        found = await summary(db)
    request.app.state.summary = (time.monotonic(), found)
    return found


@outside.get("/metrics")
async def metrics(request: Request) -> Response:
    """The figures in Prometheus's text format (version 0.0.4)."""
    try:
        require_scraper(request)
        async with request.app.state.database.connection() as db:
            text = exposition(await collect(db))
    except (Unavailable, Refused) as error:
        return problem_response(error)
    return Response(text, media_type="text/plain; version=0.0.4")


def require_scraper(request: Request) -> None:
    """The token, where one is set; else somebody on this machine who did not come through a proxy.

    Raises Refused.
    """
    token: str | None = request.app.state.settings.metrics_token
    if token:
        sent = request.headers.get("authorization", "")
        if not secrets.compare_digest(sent.encode(), f"Bearer {token}".encode()):
            raise Refused(CLOSED, suggestion=HOW)
        return
    through_a_proxy = any(name in request.headers for name in FORWARDED)
    if through_a_proxy or not is_here(request.client.host if request.client else ""):
        raise Refused(CLOSED, suggestion=HOW)


def is_here(address: str) -> bool:
    """Whether it is this machine.

    >>> [is_here(one) for one in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "192.0.2.7", "", "testclient")]
    [True, True, True, False, False, False]
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback

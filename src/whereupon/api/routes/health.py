"""Whether it works, and how much there is to do: for people, load balancers and Prometheus."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from whereupon.api.call import TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.problems import problem_response
from whereupon.api.route import routes_of
from whereupon.db.pool import Connection
from whereupon.errors import Unavailable

router = routes_of("health", "/health")
outside = APIRouter(include_in_schema=False)

# How deep each queue is, in one row; counts stop at 100,000, which is "a lot".
DEPTHS = """
SELECT
  (SELECT count(*) FROM (SELECT FROM whereupon.pending_changes LIMIT 100000) x) AS changes_to_match,
  (SELECT count(*) FROM (SELECT FROM whereupon.runs WHERE ready_at <= now() LIMIT 100000) x)
    AS runs_to_advance,
  (SELECT count(*) FROM (SELECT FROM whereupon.runs WHERE ready_at > now() LIMIT 100000) x) AS runs_waiting,
  m.queued AS messages_queued, m.held AS messages_held, m.failed AS messages_failed,
  m.uncertain AS messages_uncertain,
  (SELECT coalesce(extract(epoch FROM now() - min(next_at)), 0)::float8 FROM whereupon.schedules
   WHERE next_at < now()) AS schedule_lag_seconds,
  (SELECT count(*) FROM whereupon.worker_processes WHERE seen_at > now() - interval '1 minute') AS workers
FROM (SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
             count(*) FILTER (WHERE status = 'held') AS held,
             count(*) FILTER (WHERE status = 'failed') AS failed,
             count(*) FILTER (WHERE status = 'uncertain') AS uncertain
      FROM (SELECT status FROM whereupon.messages WHERE status <> 'sent' LIMIT 100000) x) m
"""
HELP = {
    "changes_to_match": "Captured changes that no worker has matched yet",
    "runs_to_advance": "Runs that could go on now",
    "runs_waiting": "Runs that wait for a time",
    "messages_queued": "Messages to be delivered",
    "messages_held": "Messages held for a person to release",
    "messages_failed": "Messages that could not be delivered",
    "messages_uncertain": "Messages of which nobody knows whether they went out",
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
    schedule_lag_seconds: float
    workers: int


async def depths(db: Connection) -> dict[str, float]:
    """The figures of this moment, in one statement."""
    row = await db.fetchrow(DEPTHS)
    assert row is not None
    return dict(row)


@router.get("", **operation("get_health", Health, summary="How much there is to do, and who is doing it."))
async def get_health(call: TheCall) -> Response:
    return await call.read(depths)


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

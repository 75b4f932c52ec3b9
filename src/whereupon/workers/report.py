"""Whether everything that happens by itself does happen: workers, clock, queues and deliveries (F11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from whereupon.db.pool import Connection

Level = Literal["ok", "warning", "down"]
SEEN_SECONDS = 60  # a worker says every 15 seconds that it lives
LATE_SECONDS = 60  # a schedule that starts later than that is late
STUCK_SECONDS = 300  # work that has been due for so long waits for something

# How deep each queue is, in one row; counts stop at 100,000, which is "a lot".
DEPTHS = """
SELECT
  (SELECT count(*) FROM (SELECT FROM whereupon.pending_changes LIMIT 100000) x) AS changes_to_match,
  (SELECT count(*) FROM (SELECT FROM whereupon.runs WHERE ready_at <= now() LIMIT 100000) x)
    AS runs_to_advance,
  (SELECT count(*) FROM (SELECT FROM whereupon.runs WHERE ready_at > now() LIMIT 100000) x) AS runs_waiting,
  m.queued AS messages_queued, m.held AS messages_held, m.failed AS messages_failed,
  m.uncertain AS messages_uncertain,
  (SELECT count(*) FROM (SELECT FROM whereupon.calls WHERE status = 'queued' LIMIT 100000) x)
    + (SELECT count(*) FROM whereupon.calls WHERE status = 'calling') AS calls_to_make,
  (SELECT coalesce(extract(epoch FROM now() - min(next_at)), 0)::float8 FROM whereupon.schedules
   WHERE next_at < now()) AS schedule_lag_seconds,
  (SELECT count(*) FROM whereupon.worker_processes WHERE seen_at > now() - interval '1 minute') AS workers
FROM (SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
             count(*) FILTER (WHERE status = 'held') AS held,
             count(*) FILTER (WHERE status = 'failed') AS failed,
             count(*) FILTER (WHERE status = 'uncertain') AS uncertain
      FROM (SELECT status FROM whereupon.messages WHERE status <> 'sent' LIMIT 100000) x) m
"""
WORKERS = """
SELECT host, pid, started_at, seen_at, ticked_at,
       seen_at > now() - make_interval(secs => $1) AS alive
FROM whereupon.worker_processes ORDER BY alive DESC, started_at LIMIT 100
"""
# How long what is due has been due. Runs of paused workflows wait on purpose.
OLDEST = """
SELECT
  (SELECT extract(epoch FROM now() - min(due.ready_at))::float8
   FROM generate_series(0, 15) lane,
        LATERAL (SELECT ready_at FROM whereupon.runs r WHERE r.shard = lane AND r.ready_at IS NOT NULL
                 AND r.workflow_id <> ALL(ARRAY(SELECT id FROM whereupon.workflows WHERE paused))
                 ORDER BY r.ready_at LIMIT 1) due
   WHERE due.ready_at < now()) AS run_seconds,
  (SELECT extract(epoch FROM now() - c.at)::float8 FROM whereupon.changes c
   WHERE c.id = (SELECT min(change_id) FROM (SELECT change_id FROM whereupon.pending_changes
                                             LIMIT 100000) p)) AS change_seconds,
  (SELECT extract(epoch FROM now() - min(coalesce(due_at, created_at)))::float8
   FROM (SELECT due_at, created_at FROM whereupon.messages WHERE status = 'queued' LIMIT 100000) m
   WHERE coalesce(due_at, created_at) < now()) AS message_seconds,
  (SELECT extract(epoch FROM now() - min(due_at))::float8 FROM whereupon.calls
   WHERE status = 'queued' AND due_at < now()) AS call_seconds
"""
CLOCK = """
SELECT (SELECT max(ticked_at) FROM whereupon.worker_processes) AS last_tick_at,
       (SELECT min(next_at) FROM whereupon.schedules) AS next_at,
       (SELECT count(*) FROM whereupon.schedules WHERE next_at IS NOT NULL) AS schedules,
       (SELECT count(*) FROM whereupon.due_dates WHERE fired_at IS NULL AND due_at < now()) AS dates_due
"""
# What the schedules did in the last days: late is fired after its minute, skipped is a time that was missed.
OCCURRENCES = """
SELECT w.key AS workflow, w.name AS workflow_name, o.nominal_at, o.fired_at, o.matched,
       CASE WHEN o.status = 'skipped' THEN 'skipped'
            WHEN o.fired_at > o.nominal_at + make_interval(secs => $2) THEN 'late' ELSE 'on_time' END AS kind
FROM whereupon.occurrences o JOIN whereupon.workflows w ON w.id = o.workflow_id
WHERE o.nominal_at > now() - make_interval(days => $1)
"""
COUNT_OCCURRENCES = f"SELECT kind, count(*) AS times FROM ({OCCURRENCES}) x GROUP BY 1"
TROUBLED_OCCURRENCES = (
    f"SELECT * FROM ({OCCURRENCES}) x WHERE kind <> 'on_time' ORDER BY nominal_at DESC LIMIT 20"
)
# Where messages do not arrive, by the domain of the first recipient, and calls, by their host.
DESTINATIONS = """
SELECT destination, count(*) AS messages, count(*) FILTER (WHERE status = 'failed') AS failed,
       max(created_at) AS last_at,
       (array_agg(error->>'message' ORDER BY created_at DESC, id DESC))[1] AS last_error
FROM (
  (SELECT id, status, created_at, error,
          CASE channel WHEN 'text' THEN 'text messages' WHEN 'chat' THEN recipient ELSE
            lower(split_part(split_part(split_part(recipient, ',', 1), '@', 2), '>', 1)) END AS destination
   FROM whereupon.messages
   WHERE status IN ('queued', 'failed', 'uncertain') AND error IS NOT NULL
   ORDER BY id DESC LIMIT 10000)
  UNION ALL
  (SELECT id, status, created_at, error, destination FROM whereupon.calls
   WHERE status IN ('queued', 'calling', 'failed') AND error IS NOT NULL AND destination <> ''
   ORDER BY id DESC LIMIT 10000)) m
WHERE m.created_at > now() - make_interval(days => $1)
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person should look at."""

    level: Level
    code: str
    message: str
    suggestion: str | None = None


async def depths(db: Connection) -> dict[str, float]:
    """How deep each queue is at this moment, in one statement."""
    row = await db.fetchrow(DEPTHS)
    assert row is not None
    return dict(row)


async def summary(db: Connection) -> dict[str, Any]:
    """Whether it works, in a few figures, for everybody's first page."""
    figures, oldest, clock = await depths(db), await row_of(db, OLDEST), await row_of(db, CLOCK)
    findings = list(findings_of(figures, oldest, clock))
    return {
        "status": worst(findings), "findings": [asdict(one) for one in findings],
        "workers": figures["workers"], "last_tick_at": clock["last_tick_at"], "next_at": clock["next_at"],
        "schedule_lag_seconds": figures["schedule_lag_seconds"],
    }  # fmt: skip


async def report(db: Connection, *, days: int = 7) -> dict[str, Any]:
    """Everything that the page about health shows."""
    found = await summary(db)
    counts = {"on_time": 0, "late": 0, "skipped": 0}
    counts |= {row["kind"]: row["times"] for row in await db.fetch(COUNT_OCCURRENCES, days, LATE_SECONDS)}
    clock = await row_of(db, CLOCK)
    return {
        "status": found["status"],
        "findings": found["findings"],
        "queues": await depths(db),
        "oldest": await row_of(db, OLDEST),
        "workers": [dict(row) for row in await db.fetch(WORKERS, SEEN_SECONDS)],
        "clock": clock | {"lag_seconds": found["schedule_lag_seconds"]},
        "occurrences": counts,
        "troubled_occurrences": [
            dict(row) for row in await db.fetch(TROUBLED_OCCURRENCES, days, LATE_SECONDS)
        ],
        "destinations": [dict(row) for row in await db.fetch(DESTINATIONS, days)],
    }


async def row_of(db: Connection, statement: str) -> dict[str, Any]:
    row = await db.fetchrow(statement)
    assert row is not None
    return dict(row)


def findings_of(
    figures: Mapping[str, float], oldest: Mapping[str, float | None], clock: Mapping[str, Any]
) -> Iterator[Finding]:
    """What is wrong now, the worst first.

    >>> well = {"workers": 1, "schedule_lag_seconds": 0, "messages_held": 0, "messages_uncertain": 0}
    >>> [one.code for one in findings_of(well | {"workers": 0}, {}, {})]
    ['no_worker']
    """
    if not figures["workers"]:
        yield Finding(
            "down", "no_worker", "No worker was seen in the last minute, so no workflow runs.",
            "Start one: `whereupon serve` brings its own, `whereupon worker` adds one.",
        )  # fmt: skip
    if figures["schedule_lag_seconds"] > LATE_SECONDS:
        minutes = round(figures["schedule_lag_seconds"] / 60)
        yield Finding("warning", "schedule_late", f"A schedule is {minutes} minutes late.")
    late = {
        "run_seconds": ("runs_stuck", "A run has been due for {} minutes."),
        "change_seconds": ("changes_stuck", "A change has been waiting to be looked at for {} minutes."),
        "message_seconds": ("messages_stuck", "A message has been waiting to go out for {} minutes."),
        "call_seconds": ("calls_stuck", "A call to another system has been waiting for {} minutes."),
    }
    for name, (code, sentence) in late.items():
        seconds = oldest.get(name) or 0
        if seconds > STUCK_SECONDS:
            yield Finding(
                "warning", code, sentence.format(round(seconds / 60)), "The worker's log says more."
            )
    for name, sentence in (
        ("messages_held", "{} messages are held until somebody releases or discards them."),
        ("messages_uncertain", "Of {} messages nobody knows whether they went out."),
    ):
        if figures[name]:
            yield Finding("warning", name, sentence.format(f"{figures[name]:,}"), "Look under Messages.")


def worst(findings: list[Finding]) -> Level:
    """The level of the whole."""
    levels = {one.level for one in findings}
    return "down" if "down" in levels else "warning" if "warning" in levels else "ok"

"""Whether everything that happens by itself does happen: workers, clock, queues and deliveries (F11)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from whereupon.db.pool import Connection
from whereupon.workers.findings import LATE_SECONDS, findings_of, worst

SEEN_SECONDS = 60  # a worker says every 15 seconds that it lives

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
  (SELECT count(*) FROM (SELECT FROM whereupon.bulk_runs WHERE ended_at IS NULL LIMIT 100000) x)
    AS bulk_runs_open,
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
  (SELECT extract(epoch FROM now() - min(ready_at))::float8
   FROM generate_series(0, 15) lane,
        LATERAL (SELECT ready_at FROM whereupon.runs r WHERE r.shard = lane AND r.ready_at < now()
                 AND r.status = 'waiting'
                 AND r.workflow_id <> ALL(ARRAY(SELECT id FROM whereupon.workflows WHERE paused))
                 ORDER BY r.ready_at LIMIT 1) due) AS wait_seconds,
  (SELECT extract(epoch FROM now() - min(due_at))::float8 FROM whereupon.due_dates
   WHERE fired_at IS NULL AND due_at < now()) AS date_seconds,
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
       (SELECT max(seen_at) FROM whereupon.worker_processes) AS last_beat_at, now() AS now,
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


# Hosts that a worker leaves alone for a while, because they did not answer several times in a row.
CIRCUITS = """
SELECT c->>'destination' AS destination, max((c->>'until')::timestamptz) AS until
FROM whereupon.worker_processes p, jsonb_array_elements(p.circuits) c
WHERE p.seen_at > now() - make_interval(secs => $1) AND (c->>'until')::timestamptz > now()
GROUP BY 1 ORDER BY 1 LIMIT 100
"""


async def depths(db: Connection) -> dict[str, float]:
    """How deep each queue is at this moment, in one statement."""
    row = await db.fetchrow(DEPTHS)
    assert row is not None
    return dict(row)


async def summary(db: Connection) -> dict[str, Any]:
    """Whether it works, in a few figures, for everybody's first page."""
    figures, oldest, clock = await depths(db), await row_of(db, OLDEST), await row_of(db, CLOCK)
    circuits = [row["destination"] for row in await db.fetch(CIRCUITS, SEEN_SECONDS)]
    findings = list(findings_of(figures, oldest, clock, circuits))
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
        "clock": {key: value for key, value in clock.items() if key not in ("now", "last_beat_at")}
        | {"lag_seconds": found["schedule_lag_seconds"]},
        "occurrences": counts,
        "troubled_occurrences": [
            dict(row) for row in await db.fetch(TROUBLED_OCCURRENCES, days, LATE_SECONDS)
        ],
        "destinations": [dict(row) for row in await db.fetch(DESTINATIONS, days)],
        "circuits": [dict(row) for row in await db.fetch(CIRCUITS, SEEN_SECONDS)],
    }


async def row_of(db: Connection, statement: str) -> dict[str, Any]:
    """The only row that a statement gives."""
    row = await db.fetchrow(statement)
    assert row is not None
    return dict(row)

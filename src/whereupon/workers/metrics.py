"""The figures for Prometheus, one row each: name, type, what it is, and where it comes from.

The text format is version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). The rows are also the
page docs/reference/metrics.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whereupon.db.pool import Connection
from whereupon.workers.findings import LATE_SECONDS
from whereupon.workers.report import (
    CIRCUITS,
    CLOCK,
    COUNT_OCCURRENCES,
    DESTINATIONS,
    OLDEST,
    SEEN_SECONDS,
    depths,
    row_of,
)

PREFIX = "whereupon_"
DAYS = 7


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. `label` names what tells its values apart; `values` are those that it may have."""

    name: str
    help: str
    label: str | None = None
    values: tuple[str, ...] = ()


QUEUES = (
    Metric("changes_to_match", "Captured changes that no worker has matched yet"),
    Metric("runs_to_advance", "Runs that could go on now"),
    Metric("runs_waiting", "Runs that wait for a time"),
    Metric("bulk_runs_open", "Bulk runs that are queued, under way or paused"),
    Metric("messages_queued", "Messages to be delivered"),
    Metric("messages_held", "Messages held for a person to release"),
    Metric("messages_failed", "Messages that could not be delivered"),
    Metric("messages_uncertain", "Messages of which nobody knows whether they went out"),
    Metric("calls_to_make", "Calls of runs to other systems, to be made or under way"),
    Metric("schedule_lag_seconds", "How late the latest schedule is, in seconds"),
    Metric("workers", "Worker processes seen in the last minute"),
)
OVERDUE = Metric(
    "oldest_due_seconds",
    "For how many seconds the oldest of what is due has been due; 0: nothing is",
    "kind",
    ("run", "wait", "date", "change", "message", "call"),
)
OCCURRENCES = Metric(
    "schedule_occurrences",
    f"Times of schedules in the last {DAYS} days: started on time, caught up later, or skipped",
    "kind",
    ("on_time", "late", "skipped"),
)
MORE = (
    Metric("clock_last_tick_timestamp_seconds", "When a clock last looked at the schedules; 0: never"),
    Metric("worker_last_beat_timestamp_seconds", "When a worker last said that it lives; 0: never"),
    Metric("schedules", "Schedules that have a next time"),
    Metric("dates_due", "Dates that are due and have not started their workflow"),
    Metric("failing_destinations", f"Mail domains and hosts with failures in the last {DAYS} days"),
    Metric("open_circuits", "Hosts that are left alone for a while, because they did not answer"),
)
METRICS: tuple[Metric, ...] = (*QUEUES, OVERDUE, OCCURRENCES, *MORE)


async def collect(db: Connection) -> Mapping[str, Any]:
    """Every figure, by the name of its metric."""
    clock, oldest = await row_of(db, CLOCK), await row_of(db, OLDEST)
    counts = {row["kind"]: row["times"] for row in await db.fetch(COUNT_OCCURRENCES, DAYS, LATE_SECONDS)}
    found: dict[str, Any] = dict(await depths(db))
    return found | {
        OVERDUE.name: {kind: oldest[f"{kind}_seconds"] or 0 for kind in OVERDUE.values},
        OCCURRENCES.name: {kind: counts.get(kind, 0) for kind in OCCURRENCES.values},
        "clock_last_tick_timestamp_seconds": _seconds(clock["last_tick_at"]),
        "worker_last_beat_timestamp_seconds": _seconds(clock["last_beat_at"]),
        "schedules": clock["schedules"],
        "dates_due": clock["dates_due"],
        "failing_destinations": len(await db.fetch(DESTINATIONS, DAYS)),
        "open_circuits": len(await db.fetch(CIRCUITS, SEEN_SECONDS)),
    }


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0


def exposition(figures: Mapping[str, Any]) -> str:
    """Prometheus's text.

    >>> figures = {metric.name: dict.fromkeys(metric.values, 2) or 1 for metric in METRICS}
    >>> print(exposition(figures).splitlines()[2])
    whereupon_changes_to_match 1
    """
    return "\n".join(line for metric in METRICS for line in _lines(metric, figures[metric.name])) + "\n"


def _lines(metric: Metric, value: Any) -> Iterable[str]:
    name = PREFIX + metric.name
    yield f"# HELP {name} {metric.help}."
    yield f"# TYPE {name} gauge"
    if metric.label is None:
        yield f"{name} {value}"
    else:
        yield from (f'{name}{{{metric.label}="{kind}"}} {value[kind]}' for kind in metric.values)

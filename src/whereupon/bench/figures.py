"""What is measured, and how good it has to be: one row per figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """A figure's goal. `at_least`: more is better; else less is."""

    unit: str
    bound: float
    at_least: bool

    def met(self, value: float) -> bool:
        """Whether a measured value is good enough."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:,g}"


TARGETS = {
    "runs_per_second": Target("runs/s", 10_000, True),
    "bulk_update_runs_per_second": Target("runs/s", 15_000, True),
    "api_events_per_second": Target("events/s", 1_000, True),
    "api_runs_per_second": Target("runs/s", 800, True),
    "event_to_effect_p50_ms": Target("ms", 15, False),
    "event_to_effect_p99_ms": Target("ms", 60, False),
    "match_cost_ratio_1000_workflows": Target("×", 8, False),
    "waits_drained_per_second": Target("waits/s", 8_000, True),
    "waits_1m_drain_seconds": Target("s", 120, False),
    "bulk_records_per_second": Target("records/s", 20_000, True),
    "bulk_overhead_ratio": Target("×", 3, False),
    "bad_records_rate_ratio": Target("×", 0.9, True),
    "due_date_arming_per_second": Target("dates/s", 30_000, True),
    "worker_rss_mb": Target("MB", 500, False),
    "editing_latency_ratio": Target("×", 3, False),
    "scenario_23": Target("records", 0, False),
    "playbook_start_seconds": Target("s", 15, False),
    "inbox_first_page_ms": Target("ms", 200, False),
    "mails_per_second": Target("mails/s", 300, True),
    "script_calls_per_second": Target("scripts/s", 300, True),
    "http_requests_per_second": Target("requests/s", 500, True),
    "slow_destinations_effect": Target("×", 1.05, False),
    "pdf_pages_per_second": Target("pages/s", 40, True),
    "idle_cpu_percent": Target("%", 1, False),
    "idle_rss_mb": Target("MB", 250, False),
    "start_seconds_first": Target("s", 6, False),
    "start_seconds_later": Target("s", 3, False),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `note` says how it came about, for people."""

    name: str
    value: float
    note: str = field(default="", compare=False)

    @property
    def target(self) -> Target:
        """What it is held against."""
        return TARGETS[self.name]

    @property
    def ok(self) -> bool:
        """Whether the target is met."""
        return self.target.met(self.value)

    def as_json(self) -> dict[str, Any]:
        """As `whereupon bench --json` prints it."""
        return {
            "name": self.name, "value": self.value, "unit": self.target.unit,
            "target": str(self.target), "ok": self.ok, "note": self.note,
        }  # fmt: skip

"""All measurements, one after the other, each on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from whereupon.bench import (
    api,
    bulk,
    bulk_runs,
    dates,
    editing,
    http,
    inboxes,
    mails,
    matching,
    nights,
    pdf,
    playbooks,
    resting,
    scripts,
    waits,
)  # fmt: skip
from whereupon.bench.figures import TARGETS, Figure
from whereupon.errors import Invalid, did_you_mean

Measurement = Callable[[], Awaitable[list[Figure]]]
# Which figures a measurement gives.
MEASUREMENTS: tuple[tuple[Measurement, tuple[str, ...]], ...] = (
    (bulk.runs_per_second, ("runs_per_second",)),
    (bulk.bulk_update_runs_per_second, ("bulk_update_runs_per_second",)),
    (api.api_events_per_second, ("api_events_per_second",)),
    (api.api_runs_per_second, ("api_runs_per_second",)),
    (api.event_to_effect_ms, ("event_to_effect_p50_ms", "event_to_effect_p99_ms")),
    (matching.match_cost_ratio_1000_workflows, ("match_cost_ratio_1000_workflows",)),
    (waits.waits_drained_per_second, ("waits_drained_per_second",)),
    (waits.waits_1m_drain_seconds, ("waits_1m_drain_seconds",)),
    (bulk_runs.a_million, ("bulk_records_per_second", "bulk_overhead_ratio", "worker_rss_mb")),
    (bulk_runs.bad_records_rate_ratio, ("bad_records_rate_ratio",)),
    (editing.editing_latency_ratio, ("editing_latency_ratio",)),
    (nights.scenario_23, ("scenario_23",)),
    (dates.due_date_arming_per_second, ("due_date_arming_per_second",)),
    (playbooks.playbook_start_seconds, ("playbook_start_seconds",)),
    (inboxes.inbox_first_page_ms, ("inbox_first_page_ms",)),
    (mails.mails_per_second, ("mails_per_second",)),
    (scripts.script_calls_per_second, ("script_calls_per_second",)),
    (http.http_requests_per_second, ("http_requests_per_second",)),
    (http.slow_destinations_effect, ("slow_destinations_effect",)),
    (pdf.pdf_pages_per_second, ("pdf_pages_per_second",)),
    (resting.idle, ("idle_cpu_percent", "idle_rss_mb")),
    (resting.start_seconds, ("start_seconds_first", "start_seconds_later")),
)


async def run(names: Sequence[str] | None = None) -> list[Figure]:
    """Measure these figures, or all (up to five minutes). Raises Invalid for an unknown name."""
    return [figure async for figure in measure(names)]


async def measure(names: Sequence[str] | None = None) -> AsyncGenerator[Figure]:
    """The same, each figure as soon as it is known."""
    wanted = set(names or TARGETS)
    if unknown := sorted(wanted - TARGETS.keys()):
        raise Invalid(f'There is no figure "{unknown[0]}".', suggestion=did_you_mean(unknown[0], TARGETS))
    for measurement, figures in MEASUREMENTS:
        if wanted & set(figures):
            for figure in await measurement():
                if figure.name in wanted:
                    yield figure

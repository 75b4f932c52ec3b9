"""Very many waits that end at one moment: how fast do their runs go on?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whereupon.bench.figures import Figure
from whereupon.bench.office import SET_PRIORITY, WHEN_STATUS_CHANGES, Office, draw, open_office
from whereupon.bench.processes import peak_megabytes, workers
from whereupon.db.embedded import throwaway_server

WAITS, MANY_WAITS = 200_000, 1_000_000
SEEDS = 500  # runs that the engine itself made wait; the others are copies of them on other records
WARMING = 2_000

# "A day later, unless it is done by then": the record is read again on waking.
STILL_OPEN = {"field": "status", "operator": "not_equals", "value": "done"}
LATER = {
    "key": "later",
    "block": "wait",
    "config": {"duration": {"amount": 1, "unit": "days"}, "only_if": STILL_OPEN},
}
ENOUGH: Mapping[str, Any] = {"key": "enough", "block": "stop", "config": {}}
ALL_WAIT = "SELECT count(*) = $1 FROM whereupon.runs WHERE status = 'waiting'"
# Copies of the first waiting run: on the orders of a range, due at one time.
COPY_WAITING = """
INSERT INTO whereupon.runs (workflow_id, version_id, module_id, record_id, status, node, ready_at, shard,
                            started_by, change_id, data, waiting, executions, started_at)
SELECT r.workflow_id, r.version_id, r.module_id, o.id::text, r.status, r.node, $3,
       whereupon.shard(o.id::text), r.started_by, r.change_id, r.data,
       jsonb_set(r.waiting, '{memo,limit}', to_jsonb($3::timestamptz)), r.executions, r.started_at
FROM (SELECT * FROM whereupon.runs WHERE status = 'waiting' ORDER BY id LIMIT 1) r, data.orders o
WHERE o.id BETWEEN $1 AND $2
"""
SOON = "SELECT clock_timestamp() + $1::float8 * interval '1 second'"
SECONDS_SINCE = "SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8"
ALL_WOKEN = """
SELECT clock_timestamp() >= $1 AND NOT EXISTS (SELECT 1 FROM whereupon.runs WHERE ready_at <= $1)
"""
COUNT_ENDED = "SELECT count(*) FROM whereupon.runs WHERE status = 'succeeded'"


async def waits_drained_per_second() -> list[Figure]:
    """200,000 runs whose wait ends at the same instant, until the last has gone on and ended."""
    seconds, _ = await _measure(ENOUGH, WAITS, lead=12)
    note = f"{WAITS:,} waits due at one instant, record re-read, one worker: {seconds:.2f} s"
    return [Figure("waits_drained_per_second", round(WAITS / seconds), note)]


async def waits_1m_drain_seconds() -> list[Figure]:
    """1,000,000 runs whose wait ends at the same instant; each then updates its record, and ends."""
    seconds, memory = await _measure(SET_PRIORITY, MANY_WAITS, lead=120)
    note = f"{MANY_WAITS:,} waits due at one instant, each updates its record, one worker of {memory:.0f} MB"
    return [Figure("waits_1m_drain_seconds", round(seconds, 1), note)]


async def _measure(then: Mapping[str, Any], count: int, *, lead: float) -> tuple[float, float]:
    """Seconds from the moment at which so many waits end until their runs have, and the worker's megabytes.

    `then`: the block after the wait. `lead`: so many seconds before that moment the waits are laid down.
    """
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            await office.insert_orders(SEEDS + WARMING + count)
            await office.publish("Orders — Later", draw(WHEN_STATUS_CHANGES, LATER, then))
            async with workers(url) as processes:
                await office.execute("UPDATE data.orders SET status = 'new' WHERE id <= $1", SEEDS)
                await office.until(ALL_WAIT, SEEDS)
                first = SEEDS + WARMING
                await _drained(office, await _lay_down(office, SEEDS + 1, first, 0.5))
                seconds = await _drained(office, await _lay_down(office, first + 1, first + count, lead))
                memory = peak_megabytes(processes)
            ended = await office.value(COUNT_ENDED)
        finally:
            await office.database.close()
    if ended != WARMING + count:
        raise AssertionError(f"{WARMING + count} runs should have ended; {ended} did.")
    return seconds, memory


async def _lay_down(office: Office, first: int, last: int, lead: float) -> datetime:
    """Runs that wait until one moment; it is in the future when this returns."""
    moment: datetime = await office.value(SOON, lead)
    await office.execute(COPY_WAITING, first, last, moment)
    await office.execute("ANALYZE whereupon.runs")
    if await office.value(SECONDS_SINCE, moment) > 0:
        raise TimeoutError("This machine is too slow to lay down the waits before they are due.")
    return moment


async def _drained(office: Office, moment: datetime) -> float:
    """Seconds from the moment until no run is due any more."""
    await office.until(ALL_WOKEN, moment)
    return float(await office.value(SECONDS_SINCE, moment))

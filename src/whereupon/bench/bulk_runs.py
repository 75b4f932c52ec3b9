"""Bulk runs over very many records: how fast, how dear beside plain SQL, and what bad records cost."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.bench.figures import Figure
from whereupon.bench.office import IF_OPEN, SET_PRIORITY, Office, draw, open_office
from whereupon.bench.processes import peak_megabytes, workers
from whereupon.db.embedded import throwaway_server
from whereupon.runs.bulk.opening import open_bulk_run
from whereupon.runs.definitions import load_definitions

MILLION = 1_000_000
WARMING = 10_000
SOME, BAD = 100_000, 10  # one in so many is bad
BY_HAND: Mapping[str, Any] = {"trigger": "manual"}
OVER = "SELECT ended_at IS NOT NULL FROM whereupon.bulk_runs WHERE id = $1"
LOOK = "SELECT status, matched, processed, changed, failed FROM whereupon.bulk_runs WHERE id = $1"
COUNT_HISTORY = """
SELECT count(*) FROM whereupon.step_runs s JOIN whereupon.runs r ON r.id = s.run_id WHERE r.bulk_id = $1
"""
# The same by hand: a statement that changes the records, and one that notes what was and what is.
UPDATE_BY_HAND = "UPDATE data.orders SET priority = 'low' WHERE status = 'open' AND priority <> 'low'"
HISTORY_BY_HAND = """
INSERT INTO whereupon.step_runs (run_id, seq, node, block, status, port, input, output, started_at, ended_at)
SELECT -o.id, 1, 'by_hand', 'update_record', 'succeeded', 'next', '{}', jsonb_build_object(
  'before', jsonb_build_object('priority', 'high'), 'after', jsonb_build_object('priority', o.priority)),
  now(), now()
FROM data.orders o WHERE o.status = 'open'
"""
# A check that one record in ten does not stand, as an owner of a table may put on it at any time.
FORBID = "ALTER TABLE data.orders ADD CONSTRAINT no_round_ones CHECK (priority <> 'high' OR id % {} <> 0)"


async def a_million() -> list[Figure]:
    """A bulk run over 1,000,000 records by one worker, from the order to its end; then the same by hand."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            await office.insert_orders(MILLION)
            workflow = await office.publish("Orders — Raise", draw(BY_HAND, IF_OPEN, SET_PRIORITY))
            async with workers(url) as processes:
                await run_on_all(office, workflow, limit=WARMING)
                await office.execute("UPDATE data.orders SET priority = 'low' WHERE priority <> 'low'")
                seconds, bulk_id = await run_on_all(office, workflow)
                memory = peak_megabytes(processes)
            await _check(office, bulk_id, MILLION, failed=0, steps=2 * MILLION)
            by_hand = await _by_hand(office)
        finally:
            await office.database.close()
    ratio = seconds / sum(by_hand)
    parts = " + ".join(f"{part:.1f} s" for part in by_hand)
    return [
        Figure("bulk_records_per_second", round(MILLION / seconds),
               f"{MILLION:,} members, one worker: condition, update, history each, {seconds:.1f} s"),
        Figure("bulk_overhead_ratio", round(ratio, 2),
               f"{seconds:.1f} s against UPDATE (captured as every write) + INSERT of history: {parts}"),
        Figure("worker_rss_mb", round(memory), f"peak of the worker during {MILLION:,} members"),
    ]  # fmt: skip


async def run_on_all(office: Office, workflow: int, *, limit: int | None = None) -> tuple[float, int]:
    """Order a bulk run of a workflow; seconds until it is over, and its id."""
    began = time.perf_counter()
    async with office.database.transaction() as db:
        definitions = await load_definitions(db)
        version = next(a.version for a in definitions.active if a.workflow_id == workflow)
        user = office.rights.user_id
        bulk_id = await open_bulk_run(db, version, started_by="manual", user_id=user, limit=limit)
    await office.until(OVER, bulk_id)
    return time.perf_counter() - began, bulk_id


async def _check(office: Office, bulk_id: int, members: int, *, failed: int, steps: int) -> None:
    """What was fast was also done."""
    async with office.database.connection() as db:
        row = await db.fetchrow(LOOK, bulk_id)
    history = await office.value(COUNT_HISTORY, bulk_id)
    found = (*(row or ()), history)
    status = "partial" if failed else "succeeded"
    wanted = (status, members, members, members - failed, failed, steps)
    if found != wanted:
        raise AssertionError(f"The bulk run should be {wanted}; it is {found}.")


async def _by_hand(office: Office) -> Sequence[float]:
    """Seconds of the two statements."""
    taken: list[float] = []
    for sql in (UPDATE_BY_HAND, HISTORY_BY_HAND):
        began = time.perf_counter()
        await office.execute(sql)
        taken.append(time.perf_counter() - began)
    return taken


async def bad_records_rate_ratio() -> list[Figure]:
    """100,000 records, none bad and then each tenth; the rate with them against the rate without."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            await office.insert_orders(SOME)
            workflow = await office.publish("Orders — Raise", draw(BY_HAND, IF_OPEN, SET_PRIORITY))
            async with workers(url):
                await run_on_all(office, workflow, limit=WARMING)
                clean, bad = await _clean_and_bad(office, workflow)
        finally:
            await office.database.close()
    note = f"{SOME:,} records, every {BAD}th refused by the table: {bad:.2f} s; none: {clean:.2f} s"
    return [Figure("bad_records_rate_ratio", round(clean / bad, 2), note)]


async def _clean_and_bad(office: Office, workflow: int) -> tuple[float, float]:
    """The least of three each, in turns: what else the machine does is no part of it."""
    clean, bad = list[float](), list[float]()
    for _ in range(3):
        await office.execute(UPDATE_BY_HAND)
        seconds, bulk_id = await run_on_all(office, workflow)
        await _check(office, bulk_id, SOME, failed=0, steps=2 * SOME)
        clean.append(seconds)
        await office.execute(UPDATE_BY_HAND)
        await office.execute(FORBID.format(BAD))
        seconds, bulk_id = await run_on_all(office, workflow)
        await _check(office, bulk_id, SOME, failed=SOME // BAD, steps=2 * SOME)
        bad.append(seconds)
        await office.execute("ALTER TABLE data.orders DROP CONSTRAINT no_round_ones")
    return min(clean), min(bad)

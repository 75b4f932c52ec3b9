"""What 1,000 active workflows on a module cost each event there, against one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median
from typing import Any

from whereupon.bench.figures import Figure
from whereupon.bench.office import SET_PRIORITY, WHEN_CREATED, Office, draw, open_office
from whereupon.db.embedded import throwaway_server
from whereupon.runs.definitions import load_definitions
from whereupon.runs.match import Change, match_changes

WORKFLOWS = 1_000
TIMES = 300
LAST_CHANGE = """
SELECT id, module_id, record_id, op, run_id, at, whereupon.shard(record_id) AS shard
FROM whereupon.changes ORDER BY id DESC LIMIT 1
"""
INSERT = "INSERT INTO data.orders (name, status, amount) VALUES ('One', 'new', 500.5)"


async def match_cost_ratio_1000_workflows() -> list[Figure]:
    """The matcher's own work for one event, warm: median with 1,000 workflows by median with one."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            await office.publish("Orders — 500", _workflow(500))
            alone = await _milliseconds(office)
            for number in range(1, WORKFLOWS):
                await office.publish(f"Orders — {number}", _workflow(10_000 + number))
            among = await _milliseconds(office)
        finally:
            await office.database.close()
    note = f"one event, one workflow of {WORKFLOWS:,} matches: {among:.2f} ms against {alone:.2f} ms"
    return [Figure("match_cost_ratio_1000_workflows", round(among / alone, 1), note)]


def _workflow(amount: int) -> Mapping[str, Any]:
    """A workflow of its own: orders of a certain amount or more that are new."""
    parts = [
        {"field": "status", "operator": "equals", "value": "new"},
        {"field": "amount", "operator": "at_least", "value": amount},
    ]
    return draw({**WHEN_CREATED, "filter": {"all": parts}}, SET_PRIORITY)


async def _milliseconds(office: Office) -> float:
    """Median time that the engine's matching takes for one change; exactly one workflow has to match."""
    async with office.database.connection() as db:
        await db.execute(INSERT)
        definitions = await load_definitions(db)
        row = await db.fetchrow(LAST_CHANGE)
        assert row is not None
        change = Change(**{**row, "op": row["op"].decode()})
        times: list[float] = []
        for _ in range(TIMES):
            began = time.perf_counter()
            found = await match_changes(db, definitions, [change])
            times.append((time.perf_counter() - began) * 1_000)
            if len(found) != 1:
                raise AssertionError(f"One workflow should match; {len(found)} do.")
    return median(times)

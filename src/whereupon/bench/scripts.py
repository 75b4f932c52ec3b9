"""Scripts that many runs wait for: from the records' creation until the last of their results is stored."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from whereupon.bench.figures import Figure
from whereupon.bench.office import WHEN_CREATED, Office, draw, open_office
from whereupon.bench.processes import workers
from whereupon.db.embedded import throwaway_server

CALLS, WARMING = 6_000, 300
# Twenty lines, as an office would write them: a discount by amount and day, and a reference.
CODE = """
const steps = [
  { from: 0, rate: 0 },
  { from: 100, rate: 0.02 },
  { from: 250, rate: 0.05 },
  { from: 500, rate: 0.08 },
];
const due = new Date(input.due);
const weekend = [0, 6].includes(due.getUTCDay());
let rate = 0;
for (const step of steps) {
  if (input.amount >= step.from) rate = step.rate;
}
if (weekend) rate += 0.01;
const discount = Math.round(input.amount * rate * 100) / 100;
const letters = input.name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
let check = 0;
for (let i = 0; i < letters.length; i++) check = (check * 31 + letters.charCodeAt(i)) % 9973;
console.log(`discount ${discount} at ${rate}`);
return { total: input.amount - discount, reference: `${letters}-${check}` };
""".strip()
COMPUTE: Mapping[str, Any] = {
    "key": "compute",
    "block": "script",
    "config": {
        "inputs": [
            {"name": "name", "value": {"field": "name"}},
            {"name": "amount", "value": {"field": "amount"}},
            {"name": "due", "value": {"field": "due_date"}},
        ],
        "code": CODE,
        "outputs": [{"name": "total", "type": "number"}, {"name": "reference", "type": "text"}],
    },
}
INSERT = """
INSERT INTO data.orders (name, status, amount, due_date)
SELECT 'Order ' || i, 'open', i % 1000 + 0.5, current_date + i % 30 FROM generate_series(1, $1::int) i
"""
ALL_ENDED = """
SELECT count(*) = $1 FROM whereupon.runs WHERE status = 'succeeded' AND data IS NOT NULL
"""


async def script_calls_per_second() -> list[Figure]:
    """New orders, each of which a script computes for, with one worker; its processes are started before."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            seconds = await _measure(office)
        finally:
            await office.database.close()
    note = f"{CALLS:,} runs with a script of {len(CODE.splitlines())} lines, one worker: {seconds:.2f} s"
    return [Figure("script_calls_per_second", round(CALLS / seconds), note)]


async def _measure(office: Office) -> float:
    await office.publish("Orders — Compute", draw(WHEN_CREATED, COMPUTE))
    async with workers(office.url):
        await office.execute(INSERT, WARMING)
        await office.until(ALL_ENDED, WARMING)
        began = time.perf_counter()
        await office.execute(INSERT, CALLS)
        await office.until(ALL_ENDED, WARMING + CALLS)
        return time.perf_counter() - began

"""How soon an inbox shows its first page when very much waits, and its last."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from urllib.request import Request, urlopen

import orjson

from whereupon.bench.api import site
from whereupon.bench.figures import Figure

STEPS, TIMES = 100_000, 15
# Two thirds are one's own, one third is the queue of one's group; a tenth has no day.
GROUP = """
WITH made AS (INSERT INTO whereupon.groups (key, name) VALUES ('support', 'Support') RETURNING id)
INSERT INTO whereupon.group_members (group_id, user_id) SELECT id, $1 FROM made
"""
FILL = """
INSERT INTO whereupon.tasks (title, kind, assignee_user_id, assignee_group_id, due_at)
SELECT 'Step ' || i, 'step', CASE WHEN i % 3 > 0 THEN $1::bigint END,
  CASE WHEN i % 3 = 0 THEN (SELECT id FROM whereupon.groups WHERE key = 'support') END,
  CASE WHEN i % 10 > 0 THEN now() + ((hashint4(i) % 50000) || ' minutes')::interval END
FROM generate_series(1, $2::int) i
"""


async def inbox_first_page_ms() -> list[Figure]:
    """100,000 open steps of one person and the person's group, a page of fifty over HTTP."""
    async with site(None) as served:
        office = served.office
        await office.execute(GROUP, office.rights.user_id)
        await office.execute(FILL, office.rights.user_id, STEPS)
        await office.execute("ANALYZE whereupon.tasks")
        address = f"http://{served.host}:{served.port}/api/v1/inbox?limit=50"
        times = [await asyncio.to_thread(_ask, address, office.token) for _ in range(TIMES)]
    each = f"median of {TIMES}, the slowest {max(times):.0f} ms"
    return [Figure("inbox_first_page_ms", round(median(times), 1), f"{STEPS:,} open steps: {each}")]


def _ask(address: str, token: str) -> float:
    """Milliseconds until the whole page is there."""
    request = Request(address, headers={"Authorization": f"Bearer {token}"})
    began = time.perf_counter()
    with urlopen(request, timeout=60) as answer:
        found = orjson.loads(answer.read())
    took = time.perf_counter() - began
    if len(found["items"]) != 50:
        raise AssertionError(f"The page should have 50 entries; it has {len(found['items'])}.")
    return took * 1000

"""What 1,000 active workflows on a module cost each event there, against one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from whereupon.bench.figures import Figure
from whereupon.bench.office import SET_PRIORITY, WHEN_CREATED, Office, draw, open_office
from whereupon.db.embedded import throwaway_server
from whereupon.db.pool import Connection, Database
from whereupon.runs.definitions import Definitions, load_definitions
from whereupon.runs.match import match_batch
from whereupon.runs.match_sql import statements
from whereupon.workers.process import PLAN_ONCE

WORKFLOWS = 1_000
TIMES, WARMING = 200, 20
INSERT = "INSERT INTO data.orders (name, status, amount) VALUES ('One', 'new', 500.5)"
LAST_CHANGE = "SELECT max(id) FROM whereupon.changes"


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one event, in ms: all that the matcher does for it, and the conditions' statement alone."""

    event: float
    statement: float


async def match_cost_ratio_1000_workflows() -> list[Figure]:
    """The matcher's work for one event, warm: among 1,000 workflows, of which it starts one, by one alone."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            await office.publish("Orders — 500", _workflow(500))
            alone = await _cost(office)
            for number in range(1, WORKFLOWS):
                await office.publish(f"Orders — {number}", _workflow(10_000 + number))
            among = await _cost(office)
        finally:
            await office.database.close()
    note = (
        f"from taking the change to creating its run: {among.event:.2f} ms against {alone.event:.2f} ms; "
        f"the conditions' statement alone: {among.statement:.2f} ms against {alone.statement:.2f} ms"
    )
    return [Figure("match_cost_ratio_1000_workflows", round(among.event / alone.event, 1), note)]


def _workflow(amount: int) -> Mapping[str, Any]:
    """A workflow of its own: new orders of a certain amount or more."""
    parts = [
        {"field": "status", "operator": "equals", "value": "new"},
        {"field": "amount", "operator": "at_least", "value": amount},
    ]
    return draw({**WHEN_CREATED, "filter": {"all": parts}}, SET_PRIORITY)


async def _cost(office: Office) -> Cost:
    """Medians over many events, on a session as a worker has it."""
    database = await Database.connect(office.url, max_size=2, server_settings=PLAN_ONCE)
    try:
        async with database.connection() as db:
            definitions = await load_definitions(db)
            events = [await _match_one(db, definitions) for _ in range(WARMING + TIMES)]
            statement = [await _ask_one(db, definitions) for _ in range(WARMING + TIMES)]
    finally:
        await database.close()
    return Cost(median(events[WARMING:]), median(statement[WARMING:]))


async def _match_one(db: Connection, definitions: Definitions) -> float:
    """An order comes in; milliseconds to match it. Exactly one workflow has to start."""
    await db.execute(INSERT)
    async with db.transaction():
        began = time.perf_counter()
        matched = await match_batch(db, definitions)
        took = time.perf_counter() - began
    if (matched.changes, matched.runs) != (1, 1):
        raise AssertionError(f"One change should start one run; it was {matched}.")
    return took * 1_000


async def _ask_one(db: Connection, definitions: Definitions) -> float:
    """Milliseconds of the statement that holds the conditions, for the last change."""
    change: int = await db.fetchval(LAST_CHANGE)
    module = definitions.catalog.modules["orders"]
    began = time.perf_counter()
    for statement in statements(definitions, module.id, "I"):
        await db.fetch(statement.sql, [change])
    return (time.perf_counter() - began) * 1_000

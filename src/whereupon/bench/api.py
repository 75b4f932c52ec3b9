"""Records that come one by one through the API: how many a second, how soon do they have effect?"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from whereupon.bench.figures import Figure
from whereupon.bench.office import IF_NEW, SEND_MAIL, SET_PRIORITY, WHEN_CREATED, Office, draw, open_office
from whereupon.bench.processes import serving
from whereupon.db.embedded import throwaway_server

PATH = "/api/v1/records/orders"
CONNECTIONS = 16
WARMING = 1_000
EVENTS, RUNS = 10_000, 8_000
PACE, PACED_SECONDS = 100.0, 15
PATIENCE_SECONDS = 120.0
COUNT_ENDED = "SELECT count(*) FROM whereupon.runs WHERE status = 'succeeded'"
COUNT_CHANGES = "SELECT count(*) FROM whereupon.changes WHERE op = 'I'"


@dataclass(frozen=True, slots=True)
class Site:
    """An office that is served."""

    office: Office
    host: str
    port: int

    async def post(self, first: int, count: int, *, per_second: float | None = None) -> float:
        """Post so many records from the client's process; the seconds that it took."""
        order = {
            "host": self.host, "port": self.port, "path": PATH, "token": self.office.token, "first": first,
            "count": count, "connections": CONNECTIONS, "per_second": per_second,
        }  # fmt: skip
        client = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "whereupon.bench.client",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(client.communicate(orjson.dumps(order)), PATIENCE_SECONDS)
        answer: dict[str, Any] = orjson.loads(said)
        if answer["statuses"] != {"201": count}:
            raise AssertionError(f"{count} answers should be 201; they are {answer['statuses']}.")
        return float(answer["seconds"])


@asynccontextmanager
async def site(document: Mapping[str, Any] | None) -> AsyncGenerator[Site]:
    """`whereupon serve` with one worker, on a database of its own, with at most one workflow."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            if document is not None:
                await office.publish("Orders — Tell", document)
            async with serving({"database_url": url}) as served:
                yield Site(office, served.host, served.port)
        finally:
            await office.database.close()


async def api_events_per_second() -> list[Figure]:
    """Single-record POSTs, each its own commit, captured; no workflow listens."""
    async with site(None) as here:
        await here.post(1, WARMING)
        seconds = await here.post(WARMING + 1, EVENTS)
        changes = await here.office.value(COUNT_CHANGES)
    if changes != WARMING + EVENTS:
        raise AssertionError(f"{WARMING + EVENTS} changes should be there; there are {changes}.")
    note = f"{EVENTS:,} POSTs over {CONNECTIONS} connections: {seconds:.2f} s"
    return [Figure("api_events_per_second", round(EVENTS / seconds), note)]


async def api_runs_per_second() -> list[Figure]:
    """The same, with If → update a field → queue an email → history, until the last run has ended."""
    async with site(draw(WHEN_CREATED, IF_NEW, SET_PRIORITY, SEND_MAIL)) as here:
        await here.post(1, WARMING)
        await here.office.runs_ended(WARMING)
        began = time.perf_counter()
        posted = await here.post(WARMING + 1, RUNS)
        await here.office.runs_ended(WARMING + RUNS)
        seconds = time.perf_counter() - began
        ended = await here.office.value(COUNT_ENDED)
    if ended != WARMING + RUNS:
        raise AssertionError(f"{WARMING + RUNS} runs should have succeeded; {ended} did.")
    note = f"{RUNS:,} POSTs in {posted:.2f} s; start of the client to end of the last run {seconds:.2f} s"
    return [Figure("api_runs_per_second", round(RUNS / seconds), note)]


# From the event to its effect -------------------------------------------------------------------------

# Another session is told of every record that a run updated, at the moment at which that is committed.
TELL_EFFECTS = """
CREATE FUNCTION data.tell_effect() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_notify('bench_effects', NEW.id::text); RETURN NULL; END $$;
CREATE TRIGGER tell_effect AFTER UPDATE ON data.orders FOR EACH ROW EXECUTE FUNCTION data.tell_effect();
"""
EVENT_TIMES = """
SELECT record_id::bigint AS id, extract(epoch FROM at)::float8 AS at FROM whereupon.changes
WHERE op = 'I' AND record_id::bigint > $1
"""


async def event_to_effect_ms() -> list[Figure]:
    """At 100 POSTs a second: from the change's own time (the database's clock, before the POST has committed)
    until another session hears that the run's update of the record is committed. One machine, one clock."""
    async with site(draw(WHEN_CREATED, IF_NEW, SET_PRIORITY, SEND_MAIL)) as here:
        await here.office.execute(TELL_EFFECTS)
        async with heard_effects(here.office) as effects:
            await here.post(1, WARMING)
            await here.office.runs_ended(WARMING)
            warmed: int = await here.office.value("SELECT max(id) FROM data.orders")
            count = int(PACE * PACED_SECONDS)
            await here.post(WARMING + 1, count, per_second=PACE)
            await here.office.runs_ended(WARMING + count)
            await asyncio.sleep(0.1)
            async with here.office.database.connection() as db:
                events = {row["id"]: row["at"] for row in await db.fetch(EVENT_TIMES, warmed)}
    took = sorted(1_000 * (effects[id] - at) for id, at in events.items())
    if len(took) != count:
        raise AssertionError(f"{count} effects should have been heard of; {len(took)} were.")
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    note = (
        f"{count:,} at {PACE:g}/s; from the change's time to hearing of the commit; worst {took[-1]:.0f} ms"
    )
    return [
        Figure("event_to_effect_p50_ms", round(p50, 1), note),
        Figure("event_to_effect_p99_ms", round(p99, 1), note),
    ]


@asynccontextmanager
async def heard_effects(office: Office) -> AsyncGenerator[dict[int, float]]:
    """Record id → when its update was heard of, in seconds of the machine's clock."""
    heard: dict[int, float] = {}
    connection: asyncpg.Connection[Any] = await asyncpg.connect(office.url)

    def hear(_connection: object, _process: int, _channel: str, payload: object) -> None:
        heard.setdefault(int(str(payload)), time.time())

    try:
        await connection.add_listener("bench_effects", hear)
        yield heard
    finally:
        await connection.close()

"""Bulk runs whose workers, and whose database, are killed in the middle: each record has its turn once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from tests.acceptance.serving import Serving, data_folder, eventually

from whereupon.db.embedded import EmbeddedServer

RECORDS = 20_000
ITEMS = {
    "key": "items", "label": "Item", "label_plural": "Items",
    "fields": [{"key": "name", "type": "text"}, {"key": "visits", "type": "integer"}],
}  # fmt: skip
# Adding one is what shows a record that was done twice; setting a value would hide it.
COUNT_UP = {
    "key": "count", "name": "[Items] — Count", "module": "items",
    "document": {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": {"trigger": "manual"}},
            {"key": "up", "block": "update_record", "config": {"set": {"visits": {"formula": "visits + 1"}}}},
        ],
        "edges": [{"from": "start", "port": "next", "to": "up"}],
        "settings": {},
    },
}  # fmt: skip
# Slow enough to be killed in the middle of a chunk, however quick the machine.
FILL = f"""
INSERT INTO data.items (name, visits) SELECT 'Λεμόνι ' || n, 0 FROM generate_series(1, {RECORDS}) n;
CREATE FUNCTION data.dawdle() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_sleep(0.15); RETURN NULL; END';
CREATE TRIGGER dawdle BEFORE UPDATE ON data.items FOR EACH STATEMENT EXECUTE FUNCTION data.dawdle();
"""
VISITS = "SELECT min(visits), max(visits), count(*) FROM data.items"
RUNS = "SELECT count(*), count(DISTINCT bulk_nr) FROM whereupon.runs WHERE status = 'succeeded'"
CHANGES = "SELECT count(*) FROM whereupon.changes WHERE op = 'U'"


@pytest.fixture
def serving() -> Iterator[Serving]:
    with data_folder() as folder:
        serving = Serving(folder)
        try:
            serving.first_start()
            for path, body in (("modules", ITEMS), ("workflows", COUNT_UP), ("workflows/count/publish", {})):
                serving.ask("POST", f"/api/v1/{path}", body)
            asyncio.run(ask(serving, FILL))
            yield serving
        finally:
            serving.stop()


async def ask(serving: Serving, sql: str) -> Any:
    connection = await asyncpg.connect(EmbeddedServer(serving.folder).url)
    try:
        return await connection.fetchrow(sql) if sql.startswith("SELECT") else await connection.execute(sql)
    finally:
        await connection.close()


def test_no_record_is_left_out_or_done_twice_when_workers_and_database_are_killed(serving: Serving) -> None:
    number = serving.ask("POST", "/api/v1/workflows/count/run-on-all")["id"]

    def look() -> dict[str, Any]:
        try:
            return serving.ask("GET", f"/api/v1/bulk-runs/{number}")
        except OSError:  # the database is being started again
            return {"processed": 0, "ended_at": None}

    kills: list[int] = []
    for victim in (serving.worker, serving.database, serving.worker):
        done = eventually(lambda: further(look(), kills), within=60)
        if done == RECORDS:
            break
        victim().kill()
        kills.append(done)
    assert kills, "The bulk run was over before anybody was killed."
    eventually(lambda: look()["ended_at"], within=120)
    found = look()
    counts = [found[name] for name in ("status", "matched", "processed", "changed", "failed", "skipped")]
    assert counts == ["succeeded", RECORDS, RECORDS, RECORDS, 0, 0], kills
    assert tuple(asyncio.run(ask(serving, VISITS))) == (1, 1, RECORDS)
    assert tuple(asyncio.run(ask(serving, RUNS))) == (RECORDS, RECORDS)
    assert tuple(asyncio.run(ask(serving, CHANGES))) == (RECORDS,)


def further(found: dict[str, Any], kills: list[int]) -> int:
    """How far it is, once that is further than at the last kill; 0 until then."""
    done = int(found["processed"])
    return done if done > max(kills, default=0) else 0

"""A crowd: many runs of the engine that stand at one block: after a wait, or a change of very many records.

They go together as far as the stretch from there goes. Whose record another program holds stays where it is,
and is done by the engine itself, which has the patience.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from whereupon.db.pool import Connection
from whereupon.modules.catalog import quote
from whereupon.runs.definitions import Version
from whereupon.runs.stretches.standing import COLUMNS, NOBODY, ON_ITS_OWN, OVER, STANDING, make_tables
from whereupon.runs.stretches.stretch import Stretch, stretch_of
from whereupon.runs.stretches.walking import walk
from whereupon.runs.travellers import Traveller

CROWD = 100  # below, Python is done with them sooner than PostgreSQL with its statements

SET_OUT = """
WITH given AS MATERIALIZED (
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::integer[], $5::jsonb[], $6::jsonb[])
    AS g(run_id, record_id, change_id, seq, data, error)),
locked AS MATERIALIZED (
  SELECT n.{key} AS key FROM {table} n WHERE n.{key} = ANY(ARRAY(SELECT record_id::{key_type} FROM given))
  ORDER BY n.{key} FOR NO KEY UPDATE SKIP LOCKED)
INSERT INTO {standing} (place, {columns})
SELECT 1, g.run_id, g.record_id, NULL, g.change_id, g.seq, g.data, g.error, false
FROM given g JOIN locked l ON l.key = g.record_id::{key_type} ORDER BY g.run_id
"""
ARRIVED = f"""
SELECT run_id, place, seq, status, node, error{{data}} FROM {STANDING} WHERE place IN ({OVER}, {ON_ITS_OWN})
"""


async def walk_together(
    db: Connection, version: Version, node: str, travellers: Sequence[Traveller], now: datetime
) -> Mapping[int, str] | None:
    """Where each run that goes on stands then; those that are over have ended. No record twice among them.

    Their history is written. None: from this node there is no stretch that writes records.
    """
    stretch = await stretch_of(db, version, node)
    if stretch is None or not stretch.writes or not await make_tables(db):
        return None
    await _set_out(db, stretch, travellers)
    await walk(db, stretch)
    return await _arrive(db, stretch, travellers, now)


async def _set_out(db: Connection, stretch: Stretch, travellers: Sequence[Traveller]) -> None:
    module = stretch.module
    sql = SET_OUT.format(
        table=module.sql, key=quote(module.key_column), key_type=module.key_type, standing=STANDING,
        columns=", ".join(COLUMNS),
    )  # fmt: skip
    await db.execute(NOBODY)
    await db.execute(
        sql, [t.id for t in travellers], [t.record_id for t in travellers],
        [t.change_id for t in travellers], [t.executions for t in travellers],
        [t.data for t in travellers], [t.error for t in travellers],
    )  # fmt: skip


async def _arrive(
    db: Connection, stretch: Stretch, travellers: Sequence[Traveller], now: datetime
) -> Mapping[int, str]:
    """Let each traveller know what became of it."""
    by_id = {traveller.id: traveller for traveller in travellers}
    going_on: dict[int, str] = {}
    for row in await db.fetch(ARRIVED.format(data=", data" if stretch.keeps else "")):
        traveller = by_id[row["run_id"]]
        traveller.executions, traveller.node, traveller.error = row["seq"], row["node"], row["error"]
        if stretch.keeps:
            traveller.data = row["data"]
        if row["place"] == OVER:
            traveller.end(row["status"], now)
        else:
            going_on[traveller.id] = row["node"]
            traveller.status = "running"
    return going_on

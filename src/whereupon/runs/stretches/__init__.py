"""Stretches: a chunk of a bulk run worked off by a few statements over all its members at once.

How: `stretch` says which blocks of a version can be done so and compiles them; `standing` is where the
members are meanwhile; `chunk` sets out and arrives; `legs` is one block; `settling` writes its history and
says what comes next; `limits` and `turns` let a bad record fail alone.
"""

from __future__ import annotations

import asyncpg

from whereupon.db.pool import GONE, TRANSIENT, Connection
from whereupon.runs.definitions import Version
from whereupon.runs.stretches.chunk import Tally, arrive, set_out
from whereupon.runs.stretches.standing import STEADY_PLANS, make_tables
from whereupon.runs.stretches.stretch import Leg, stretch_of
from whereupon.runs.stretches.turns import ALL_ARE_SUSPECTS, NO_SUSPECTS

__all__ = ["Tally", "work_off"]
NOT_OURS = (*TRANSIENT, *GONE)  # whoever asked tries again


async def work_off(
    db: Connection, version: Version, bulk_id: int, first_nr: int, last_nr: int
) -> Tally | None:
    """Members first_nr to last_nr, done and written down; None: the version cannot be done this way.

    Members are rows of whereupon.bulk_members; started_by and user_id of the runs are those of
    whereupon.bulk_runs. Called inside a savepoint: what no single record is to blame for is raised as the
    database says it. Never asked for a version whose runs look at others on their record (concurrency) or
    that runs once per record. A member that comes to a block without a form in SQL, or whose record another
    program holds, has a run that is still to be advanced: `processed` is smaller then.
    """
    stretch = await stretch_of(db, version)
    if stretch is None:
        return None
    await make_tables(db)
    await set_out(db, stretch, bulk_id, first_nr, last_nr)
    await db.execute(STEADY_PLANS, "off")
    for leg in stretch.legs:
        await _walk(db, leg)
    await db.execute(STEADY_PLANS, "on")
    return await arrive(db, stretch, bulk_id)


async def _walk(db: Connection, leg: Leg) -> None:
    """Execute one block for all that stand at it; where that is refused, find out for whom."""
    if leg.one_by_one is None or leg.in_turns is None:
        await db.execute(leg.sql)
        return
    try:
        async with db.transaction():
            suspects = await db.fetchval(leg.sql)
        turns = leg.one_by_one
    except NOT_OURS:
        raise
    except asyncpg.PostgresError:
        suspects, turns = None, leg.in_turns
        await db.execute(ALL_ARE_SUSPECTS, leg.place)
    if suspects != 0:
        await db.execute(turns)
        await db.execute(NO_SUSPECTS)

"""Walking a stretch: block after block, each for all who stand at it."""

from __future__ import annotations

import asyncpg

from whereupon.db.pool import GONE, TRANSIENT, Connection
from whereupon.runs.stretches.standing import STEADY_PLANS
from whereupon.runs.stretches.stretch import Leg, Stretch, as_of_now
from whereupon.runs.stretches.turns import ALL_ARE_SUSPECTS, NO_SUSPECTS

NOT_OURS = (*TRANSIENT, *GONE)  # whoever asked tries again


async def walk(db: Connection, stretch: Stretch) -> None:
    """Until everybody's run is over, or goes on by itself. Their records are locked."""
    stretch = await as_of_now(db, stretch)
    await db.execute(STEADY_PLANS, "off")
    for leg in stretch.legs:
        await _walk(db, leg)
    await db.execute(STEADY_PLANS, "on")


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

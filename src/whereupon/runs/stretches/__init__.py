"""Stretches: a chunk of a bulk run worked off by a few statements over all its members at once.

How: `stretch` says which blocks of a version can be done so and compiles them; `standing` is where the
members are meanwhile; `chunk` sets out and arrives; `walking` goes from block to block; `legs` is one block;
`settling` writes its history and says what comes next; `limits` and `turns` let a bad record fail alone.
`crowd` lets runs of the engine that stand together go the same way.
"""

from __future__ import annotations

from whereupon.db.pool import Connection
from whereupon.runs.definitions import Version
from whereupon.runs.stretches.chunk import Tally, arrive, set_out
from whereupon.runs.stretches.standing import make_tables
from whereupon.runs.stretches.stretch import stretch_of
from whereupon.runs.stretches.walking import walk

__all__ = ["Tally", "work_off"]


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
    stretch = await stretch_of(db, version, version.plan.first) if version.plan.first else None
    if stretch is None or not await make_tables(db):
        return None
    await set_out(db, stretch, bulk_id, first_nr, last_nr)
    await walk(db, stretch)
    return await arrive(db, stretch, bulk_id)

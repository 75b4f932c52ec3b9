"""Where the members of a chunk stand: two tables of the session, empty again when the transaction ends.

Every block that is executed adds a row for each member, with the place that it comes to; nothing is
changed, so the last row of a member, whose place is OVER or ON_ITS_OWN, tells how its run is to be written.
"""

from __future__ import annotations

from whereupon.db.pool import Connection

OVER, ON_ITS_OWN = 0, -1  # places beside those of blocks: the run has ended, or the engine takes it from here
COLUMNS = (
    "run_id", "record_id", "nr", "change_id", "seq", "data", "error", "changed",
)  # fmt: skip
# What a member takes along from place to place, then how it came here, then (at the end) how it is to be
# written. "changed": whether a block has written its record.
COLUMNS_SQL = """
  run_id bigint NOT NULL, record_id text NOT NULL, nr integer, change_id bigint,
  seq integer NOT NULL, data jsonb NOT NULL, error jsonb, changed boolean NOT NULL"""
MAKE_TABLES = f"""
CREATE TEMP TABLE IF NOT EXISTS stretch_standing (
  place smallint NOT NULL, {COLUMNS_SQL}, left_node text, left_by text, status text, node text)
  ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS stretch_suspects (turn integer PRIMARY KEY, failure jsonb, {COLUMNS_SQL})
  ON COMMIT DELETE ROWS
"""
LOOK = """
SELECT to_regclass('pg_temp.stretch_suspects') IS NOT NULL AS there,
  has_database_privilege(current_database(), 'TEMPORARY') AS allowed
"""
STANDING, SUSPECTS = "pg_temp.stretch_standing", "pg_temp.stretch_suspects"
NOBODY = f"DELETE FROM {STANDING}"  # of a stretch before, in the same transaction
# Every join here is of few thousand members to what an index finds. Left to itself the planner, which knows
# nothing of tables that were filled a moment ago, reads a million records to join them.
STEADY_PLANS = """
SELECT set_config('enable_hashjoin', $1, true), set_config('enable_mergejoin', $1, true)
"""


async def make_tables(db: Connection) -> bool:
    """Once per session; false where our role may make none, so that nothing is done as a set."""
    found = await db.fetchrow(LOOK)
    assert found is not None
    if not found["there"] and found["allowed"]:
        await db.execute(MAKE_TABLES)
    return found["there"] or found["allowed"]

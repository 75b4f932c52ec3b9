"""Scenario 23 on a million members: a night touches whom it concerns, and the nights after touch nobody."""

from __future__ import annotations

from whereupon.bench.bulk_runs import MILLION, run_on_all
from whereupon.bench.figures import Figure
from whereupon.bench.office import Office, open_office
from whereupon.bench.processes import workers
from whereupon.db.embedded import throwaway_server
from whereupon.db.pool import set_context
from whereupon.packs.loading import load_pack

# Half of the members' renewal date has passed; some of these are honorary and concern nobody.
INSERT_MEMBERS = """
INSERT INTO data.members (name, member_type, joined_on, renews_on)
SELECT 'Member ' || i, CASE WHEN i % 10 = 1 THEN 'honorary' ELSE 'active' END, current_date - 2000 - i % 1000,
  current_date + CASE WHEN i % 2 = 0 THEN 30 ELSE -1 - i % 30 END
FROM generate_series(1, $1::int) i
"""
WORKFLOW = "SELECT id FROM whereupon.workflows WHERE key = 'member_lapses'"
DUE = "SELECT count(*) FROM data.members WHERE member_type = 'active' AND renews_on < current_date"
TOUCHED = """
SELECT count(*) FROM whereupon.changes c JOIN whereupon.runs r ON r.id = c.run_id WHERE r.bulk_id = $1
"""


async def scenario_23() -> list[Figure]:
    """Three bulk runs of the pack's workflow; how many records the second and the third touch."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            await load_pack(office.database, "membership", office.rights)
            async with office.database.transaction() as db:
                await set_context(db, match=False)
                await db.execute(INSERT_MEMBERS, MILLION, timeout=900)
            await office.execute("ANALYZE data.members")
            due = await office.value(DUE)
            async with workers(url):
                nights = [await _night(office) for _ in range(3)]
        finally:
            await office.database.close()
    (first, seconds), *later = nights
    if first != due:
        raise AssertionError(f"The first night should touch {due} members; it touched {first}.")
    note = f"{MILLION:,} members; the first night touched {first:,} in {seconds:.1f} s"
    return [Figure("scenario_23", sum(touched for touched, _ in later), f"by the two nights after; {note}")]


async def _night(office: Office) -> tuple[int, float]:
    """How many records it touched, and the seconds that it took."""
    seconds, bulk_id = await run_on_all(office, await office.value(WORKFLOW))
    return await office.value(TOUCHED, bulk_id), seconds

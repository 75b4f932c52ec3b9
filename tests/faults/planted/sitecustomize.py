"""The planted bug: with this folder on PYTHONPATH, a worker commits what an advance does in two halves.

What the blocks wrote is committed before the progress of their runs: killed between the two, a run does
its work again. The lanes stay locked throughout, so that without a kill nobody notices. The product has no
such switch; only this folder, which only the fault test names, makes it.
"""

import sys

if "whereupon.workers.process" in sys.orig_argv:
    from whereupon.runs import advance

    whole = advance.write_back

    HOLD = """
    SELECT pg_advisory_lock(classid::bigint::int, objid::bigint::int) FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
    """

    async def write_back_apart(db, travellers, now):  # pyright: ignore
        """As the product does it, but in a transaction of its own."""
        await db.execute(HOLD)
        await db.execute("COMMIT")
        await db.execute("BEGIN")
        await whole(db, travellers, now)
        await db.execute("SELECT pg_advisory_unlock_all()")

    advance.write_back = write_back_apart

"""Lanes: a record belongs to one of 16, and a lane is worked by one worker at a time.

The lock lives as long as the transaction, so a worker that dies gives its lanes back at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import asyncpg

LANES = 16
LANES_AT_ONCE = 6  # leaves the rest of a backlog to other loops and other workers


@dataclass(frozen=True, slots=True)
class Kind:
    """What is worked lane by lane: the lock's class, and SQL that says whether lane `s` has any."""

    lock: int
    pending: str


MATCH = Kind(0x5748_4D41, "EXISTS (SELECT 1 FROM whereupon.pending_changes p WHERE p.shard = s)")
# statement_timestamp, not clock_timestamp: a volatile function could not be looked up in the index.
ADVANCE = Kind(
    0x5748_4144,
    "EXISTS (SELECT 1 FROM whereupon.runs r WHERE r.shard = s AND r.ready_at <= statement_timestamp())",
)


async def lock_lanes(db: asyncpg.Connection[Any], kind: Kind) -> list[int]:
    """Lanes that have work and that no other worker holds, locked until the transaction ends."""
    rows = await db.fetch(
        f"SELECT s FROM (SELECT s FROM generate_series(0, {LANES - 1}) s WHERE {kind.pending} OFFSET 0) w "
        f"WHERE pg_try_advisory_xact_lock({kind.lock}, s) LIMIT {LANES_AT_ONCE}"
    )
    return [row["s"] for row in rows]

"""Numbers that a test drew from automatic numberings, given back when it is over.

A sequence gives no number back when a transaction is taken back. Altering it inside the test would, and would
make everybody wait who adds such a record meanwhile. So it is set back afterwards, in a moment, and only
where nobody else drew a number: else the numbers of the test are missing, as after any record not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import asyncpg

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Module

NEXT = "SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM {sequence}"
PATIENCE = "SET LOCAL lock_timeout = '300ms'"
# It changes nothing, and nobody draws a number until the transaction is over.
HOLD = "ALTER SEQUENCE {sequence} CACHE 1"
SET_BACK = "ALTER SEQUENCE {sequence} RESTART WITH {number:d}"

Numbers = Mapping[str, tuple[str, int]]  # by sequence: its table, and the number that comes next


async def next_numbers(db: Connection, modules: Iterable[Module]) -> Numbers:
    """Where the numberings of these modules stand."""
    found: dict[str, tuple[str, int]] = {}
    for module in modules:
        for field in module.fields.values():
            if field.type == "auto_number" and not module.attached:
                sequence = f"data.f{int(field.id)}_sequence"
                found[sequence] = (module.sql, await db.fetchval(NEXT.format(sequence=sequence)))
    return found


async def give_back(db: Connection, numbers: Numbers, undone: Iterable[Mapping[str, Any]]) -> None:
    """Set back what the test alone drew from. `undone`: how many rows it had inserted, by table."""
    inserted: dict[str, int] = {row["table"].replace('"', ""): row["inserted"] for row in undone}
    for sequence, (table, first) in numbers.items():
        drawn = inserted.get(table.replace('"', ""), 0)
        if drawn:
            try:
                async with db.transaction():
                    await _set_back(db, sequence, first, drawn)
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                continue  # somebody draws one just now


async def _set_back(db: Connection, sequence: str, first: int, drawn: int) -> None:
    await db.execute(PATIENCE)
    await db.execute(HOLD.format(sequence=sequence))
    if await db.fetchval(NEXT.format(sequence=sequence)) == first + drawn:
        await db.execute(SET_BACK.format(sequence=sequence, number=first))

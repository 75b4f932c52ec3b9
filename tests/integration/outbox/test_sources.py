"""What messages say is stored once per text, and its id remembered only when nothing can take it back."""

from __future__ import annotations

import asyncio
from typing import Any

from whereupon.db.pool import Database
from whereupon.outbox.messages import source_id

SOURCE: dict[str, Any] = {"subject": ["Γεια"], "text": ["x"]}
STORED = "SELECT count(*) FROM whereupon.message_sources WHERE id = $1"


async def test_an_id_from_a_savepoint_that_was_left_is_not_remembered(database: Database) -> None:
    async with database.transaction() as db:
        savepoint = db.transaction()
        await savepoint.start()
        made = await source_id(db, "email", SOURCE)
        assert await source_id(db, "email", SOURCE) == made
        await savepoint.rollback()
        again = await source_id(db, "email", SOURCE)
        assert await db.fetchval(STORED, again) == 1


async def test_an_id_from_a_transaction_that_was_taken_back_is_not_remembered(database: Database) -> None:
    async with database.connection() as db:
        taken_back = db.transaction()
        await taken_back.start()
        for _ in range(2):
            await source_id(db, "email", SOURCE)
        await taken_back.rollback()
    async with database.transaction() as db:
        assert await db.fetchval(STORED, await source_id(db, "email", SOURCE)) == 1


async def test_an_id_that_lasts_is_remembered(database: Database) -> None:
    async with database.transaction() as db:
        made = await source_id(db, "email", SOURCE)
    for _ in range(40):  # it is remembered once no transaction of the whole server is older than it
        async with database.transaction() as db:
            assert await source_id(db, "email", SOURCE) == made
        await asyncio.sleep(0.05)
    async with database.transaction() as db:
        await db.execute("DELETE FROM whereupon.message_sources")
        assert await source_id(db, "email", SOURCE) == made

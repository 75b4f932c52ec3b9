"""The installation that is measured: one module, one administrator, and workflows as people draw them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from whereupon.db.migrate import migrate
from whereupon.db.pool import Database, set_context
from whereupon.modules.define import defining
from whereupon.modules.definitions import ModuleIn
from whereupon.outbox.settings import Caps, save_caps
from whereupon.people.rights import Rights, load_rights
from whereupon.people.tokens import create_token
from whereupon.records.schema import DEFINER
from whereupon.workflows import store


def _choices(*keys: str) -> list[dict[str, str]]:
    return [{"key": key, "label": key} for key in keys]


ORDERS: Mapping[str, Any] = {
    "key": "orders",
    "label_plural": "Orders",
    "fields": [
        {"key": "name", "type": "text", "required": True},
        {"key": "status", "type": "select", "options": {"choices": _choices("new", "open", "done")}},
        {"key": "priority", "type": "select", "options": {"choices": _choices("low", "high")}},
        {"key": "email", "type": "email"},
        {"key": "amount", "type": "decimal", "options": {"precision": 14, "scale": 2}},
        {"key": "due_date", "type": "date"},
        {"key": "note", "type": "long_text"},
    ],
}  # fmt: skip
NO_CAPS = Caps(first_messages=None, workflow_per_hour=None, recipient_per_day=None, organisation_per_day=None)

# The steps of the peers' comparison: a condition, a field, a mail.
IF_NEW = {
    "key": "is_new",
    "block": "if",
    "config": {"condition": {"field": "status", "operator": "equals", "value": "new"}},
}
IF_OPEN = {
    "key": "is_open",
    "block": "if",
    "config": {"condition": {"field": "status", "operator": "equals", "value": "open"}},
}
SET_PRIORITY = {"key": "raise_it", "block": "update_record", "config": {"set": {"priority": "high"}}}
SEND_MAIL = {
    "key": "tell", "block": "send_email",
    "config": {
        "to": [{"field": "email"}],
        "subject": "Order {{ record.name }}",
        "text": "Your order {{ record.name }} over {{ record.amount }} is {{ record.status }}.",
    },
}  # fmt: skip
WHEN_STATUS_CHANGES = {"trigger": "record_updated", "fields": ["status"]}
WHEN_CREATED = {"trigger": "record_created"}

LOOK_SECONDS, PATIENCE_SECONDS = 0.02, 600.0
# Looking must not cost what is measured: a sequence says how many runs were made, and only when all are,
# an index whether one is still under way.
MADE = "SELECT is_called AND last_value >= $1 FROM whereupon.runs_id_seq"
ENDED = "SELECT NOT EXISTS (SELECT 1 FROM whereupon.runs WHERE ready_at <= clock_timestamp())"
# Records that nobody has to react to yet.
INSERT_ORDERS = """
INSERT INTO data.orders (name, status, priority, email, amount, due_date)
SELECT 'Order ' || i, 'open', 'low', 'customer' || i || '@example.org', i % 1000 + 0.5, current_date + i % 30
FROM generate_series(1, $1::int) i
"""


@dataclass(frozen=True, slots=True)
class Office:
    """A migrated database with the module "orders"."""

    database: Database
    url: str
    rights: Rights
    token: str

    async def publish(self, name: str, document: Mapping[str, Any]) -> int:
        """An active workflow on orders; its id."""
        async with self.database.transaction() as db:
            new = store.NewWorkflow.model_validate(
                {"name": name, "module": "orders", "document": dict(document)}
            )
            made = await store.create_workflow(db, self.rights, new)
            await store.publish(db, self.rights, made["key"])
            return int(await db.fetchval("SELECT id FROM whereupon.workflows WHERE key = $1", made["key"]))

    async def insert_orders(self, count: int) -> None:
        """So many records, whose creation starts nothing."""
        async with self.database.transaction() as db:
            await set_context(db, match=False)
            await db.execute(INSERT_ORDERS, count, timeout=900)
        await self.execute("ANALYZE data.orders")

    async def execute(self, sql: str, *values: Any) -> None:
        """One statement, committed."""
        async with self.database.connection() as db:
            await db.execute(sql, *values, timeout=900)

    async def value(self, sql: str, *values: Any) -> Any:
        """The one value that a query gives."""
        async with self.database.connection() as db:
            return await db.fetchval(sql, *values, timeout=900)

    async def until(self, sql: str, *values: Any) -> None:
        """Return when a query gives true. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not await self.value(sql, *values):
            if time.monotonic() > deadline:
                raise TimeoutError(f"In vain for {PATIENCE_SECONDS:g} s: {sql}")
            await asyncio.sleep(LOOK_SECONDS)

    async def runs_ended(self, made: int) -> None:
        """Return when so many runs were made, from the first on, and none is under way or due."""
        await self.until(MADE, made)
        await self.until(ENDED)


async def open_office(url: str) -> Office:
    """Migrate the database and furnish it; messages have no caps here."""
    await migrate(url)
    database = await Database.connect(url, min_size=1, max_size=4, name="whereupon bench")
    async with database.transaction() as db:
        boss: int = await db.fetchval(
            "INSERT INTO whereupon.users (email, name) VALUES ('boss@example.org', 'Boss') RETURNING id"
        )
        await db.execute("INSERT INTO whereupon.user_roles SELECT $1, id FROM whereupon.roles", boss)
        await save_caps(db, NO_CAPS)
        rights = await load_rights(db, boss)
        token, _ = await create_token(db, boss, "bench")
    await defining(database, lambda db: DEFINER.create_module(db, ModuleIn.model_validate(ORDERS)))
    return Office(database, url, rights, token)


def draw(trigger: Mapping[str, Any], *nodes: Mapping[str, Any]) -> dict[str, Any]:
    """A document whose nodes follow each other; an If is left by "true"."""
    placed = [{"key": "start", "block": "start", "config": dict(trigger)}, *nodes]
    return {"format": 1, "nodes": placed, "edges": list(_chain(placed))}


def _chain(nodes: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    ports = {"if": "true"}
    return [
        {"from": a["key"], "port": ports.get(a["block"], "next"), "to": b["key"]} for a, b in pairwise(nodes)
    ]

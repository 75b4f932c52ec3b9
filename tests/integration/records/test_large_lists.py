"""Lists of a large module: pages, filters, names and counts come at once. ROWS=1000000 measures it."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from tests.conftest import filled

from whereupon.db.pool import Connection, Database
from whereupon.modules.catalog import Catalog, load_catalog
from whereupon.modules.definitions import ModuleIn
from whereupon.people.rights import everything
from whereupon.records.conditions_sent import where_sql
from whereupon.records.counting import count_quickly
from whereupon.records.lookup import look_up
from whereupon.records.read import list_records
from whereupon.records.schema import DEFINER, defining

ROWS = int(os.environ.get("ROWS", "60000"))
# What a million rows may take on a machine at rest; with few rows and other tests beside: "not for ever".
SECONDS = 0.3 if ROWS >= 1_000_000 else 5.0
ORDERS: dict[str, Any] = {
    "key": "orders", "label": "Order", "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "indexed": True},
        {"key": "status", "type": "select", "indexed": True, "options": {"choices": ["new", "open", "rare"]}},
        {"key": "total", "type": "money", "indexed": True},
        {"key": "due", "type": "date", "indexed": True},
        {"key": "number", "type": "auto_number", "options": {"prefix": "O-"}},
        {"key": "note", "type": "text"},
    ],
}  # fmt: skip
FILL = """
INSERT INTO data.orders (name, status, total, due, note)
SELECT 'Order ' || (n::bigint * 7919) % 1000003,
  CASE WHEN n % 5000 = 0 THEN 'rare' WHEN n % 3 = 0 THEN 'new' ELSE 'open' END,
  CASE WHEN n % 10 <> 0 THEN n % 997 END, date '2020-01-01' + n % 2000, 'Σημείωση ' || n
FROM generate_series(1, $1::integer) n
"""


@dataclass
class Shop:
    """A large module, and a connection to it."""

    db: Connection
    catalog: Catalog

    async def page(self, **asked: Any) -> tuple[list[dict[str, Any]], str | None]:
        where = asked.pop("where", None)
        sql = where_sql(self.catalog, self.catalog.module("orders"), where, everything()) if where else None
        page = await list_records(self.db, self.catalog, "orders", everything(), where=sql, limit=50, **asked)
        return [{"id": int(r.id), **r.values} for r in page.records], page.next


@pytest.fixture
def copied(server_url: str, template: str) -> str:
    """The large module is filled once."""
    return filled(server_url, "shop", fill)


async def fill(database: Database) -> None:
    wanted = ModuleIn.model_validate(ORDERS)
    await defining(database, lambda db: DEFINER.create_module(db, wanted))
    async with database.connection() as db:
        await db.execute("ALTER TABLE data.orders DISABLE TRIGGER USER")
        await db.execute(FILL, ROWS)
        await db.execute("VACUUM ANALYZE data.orders")


@pytest.fixture
async def shop(db: Connection) -> Shop:
    return Shop(db, await load_catalog(db))


def equals(field: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": "equals", "value": value}


async def timed(work: Callable[[], Awaitable[Any]], enough: float = SECONDS) -> tuple[float, Any]:
    """The seconds that it takes, and what it gives; again when the machine was busy with something else."""
    for _ in range(5):
        began = time.perf_counter()
        found = await work()
        took = time.perf_counter() - began
        if took < enough:
            break
    return took, found


async def test_pages_filters_names_and_counts_of_a_large_module_come_at_once(shop: Shop):
    """The first page, one far down, and what is looked for: none reads the whole table."""
    name = f"Order {(ROWS // 2 * 7919) % 1000003}"
    asked: list[dict[str, Any]] = [
        {}, {"sort": ["-created_at"]} if ROWS < 200_000 else {},
        *({"sort": [key]}
          for key in ("name", "-name", "total", "-total", "status", "-status", "due", "-number")),
        *({"where": equals(key, value), "sort": sort}
          for key, value in (("status", "rare"), ("status", "open"), ("name", name), ("total", 12.0))
          for sort in ([], ["-due"])),
    ]  # fmt: skip
    for one in asked:
        cursor: str | None = None
        for _ in range(3):
            took, (_, following) = await timed(partial(shop.page, **dict(one), cursor=cursor))
            print(f"{took * 1000:7.1f} ms  {one}")
            assert took < SECONDS, one
            cursor = following
            if cursor is None:
                break
    for text in ("Order 12", "rder 999", "17", "Zebra"):
        took, hits = await timed(
            partial(look_up, shop.db, shop.catalog, "orders", everything(), text), 2 * SECONDS
        )
        print(f"{took * 1000:7.1f} ms  look up {text!r}: {len(hits.items)} {hits.complete}")
        assert took < 2 * SECONDS
    began = time.perf_counter()
    counted = await count_quickly(shop.db, shop.catalog, "orders", everything())
    print(f"{(time.perf_counter() - began) * 1000:7.1f} ms  {counted}")
    assert counted.count == ROWS if counted.exact else abs(counted.count - ROWS) < ROWS / 10


@pytest.mark.parametrize("sort", ["total", "-total", "name", "-status", "due"])
async def test_page_by_page_every_record_comes_once_and_in_order(shop: Shop, sort: str):
    await shop.db.execute("DELETE FROM data.orders WHERE id > 1000")
    key, found, cursor = sort.removeprefix("-"), list[dict[str, Any]](), None
    while True:
        rows, cursor = await shop.page(sort=[sort], cursor=cursor)
        found += rows
        if cursor is None:
            break
    assert len({row["id"] for row in found}) == len(found) == 1000
    values = [row[key] for row in found if row[key] is not None]
    folded = [value.lower() if isinstance(value, str) else value for value in values]
    assert folded == sorted(folded, reverse=sort.startswith("-"))
    assert [row[key] for row in found][len(values) :] == [None] * (len(found) - len(values))


async def test_a_count_that_would_take_too_long_is_an_estimate_and_says_so(shop: Shop):
    where = where_sql(
        shop.catalog, shop.catalog.module("orders"), {"field": "note", "operator": "contains", "value": "1"},
        everything(),
    )  # fmt: skip
    counted = await count_quickly(shop.db, shop.catalog, "orders", everything(), where=where, milliseconds=1)
    assert not counted.exact
    assert counted.count > 0
    assert (await count_quickly(shop.db, shop.catalog, "orders", everything())).count == ROWS

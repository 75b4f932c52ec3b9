"""Creating records: for each child record, with lines from anywhere, and only where there is none yet."""

import asyncio
from typing import Any

import pytest
from tests.office import Office

from whereupon.errors import Invalid

QUOTES: dict[str, Any] = {
    "key": "quotes", "label": "Quote", "label_plural": "Quotes",
    "fields": [
        {"key": "title", "type": "text", "required": True},
        {"key": "lines", "type": "line_items", "options": {"parent": "quote", "fields": [
            {"key": "product", "type": "text"}, {"key": "quantity", "type": "integer"},
            {"key": "contact", "type": "text"}]}},
    ],
}  # fmt: skip
ORDERS: dict[str, Any] = {
    "key": "orders", "label": "Order", "label_plural": "Orders",
    "fields": [
        {"key": "title", "type": "text"},
        {"key": "email", "type": "email"},
        {"key": "quote", "type": "reference", "options": {"target": "quotes"}},
        {"key": "number", "type": "auto_number", "options": {"prefix": "SO-", "digits": 3}},
        {"key": "lines", "type": "line_items", "options": {"parent": "sales_order", "fields": [
            {"key": "product", "type": "text"}, {"key": "pieces", "type": "integer"},
            {"key": "mail", "type": "email"}]}},
    ],
}  # fmt: skip


@pytest.fixture
async def shop(office: Office) -> Office:
    await office.module(QUOTES)
    await office.module(ORDERS)
    return office


async def quote(office: Office, title: str, *lines: tuple[str, int, str | None]) -> int:
    key: int = await office.fetchval("INSERT INTO data.quotes (title) VALUES ($1) RETURNING id", title)
    for product, quantity, contact in lines:
        await office.execute(
            "INSERT INTO data.quotes_lines (quote, product, quantity, contact) VALUES ($1, $2, $3, $4)",
            key, product, quantity, contact,
        )  # fmt: skip
    return key


def create(**config: Any) -> dict[str, Any]:
    return {"key": "make", "block": "create_record", **config}


async def made(office: Office, columns: str = "title", table: str = "orders") -> list[tuple[Any, ...]]:
    rows = await office.fetch(f"SELECT {columns} FROM data.{table} ORDER BY id")
    return [tuple(row.values()) for row in rows]


async def step(office: Office) -> dict[str, Any]:
    run = (await office.runs())[-1]
    found = next(s for s in await office.steps(run["id"]) if s["node"] == "make")
    return {"run": run["status"], **dict(found)}


async def test_one_record_for_each_line_that_meets_a_condition(shop: Office) -> None:
    config = {
        "module": "orders", "each": "lines",
        "where": {"field": "quantity", "operator": "at_least", "value": {"formula": "LEN(record.title)"}},
        "set": {"title": {"formula": 'record.title & ": " & product'}, "quote": {"field": "record.id"}},
    }  # fmt: skip
    await shop.publish({"trigger": "manual"}, create(**config), module="quotes")
    one = await quote(shop, "Ωme", ("Scale", 5, None), ("Belt", 2, None), ("Łup", 3, None))
    two = await quote(shop, "none")
    await shop.by_hand("a_workflow", [str(one), str(two)])
    assert await made(shop, "title, quote, number") == [
        ("Ωme: Scale", one, "SO-001"),
        ("Ωme: Łup", one, "SO-002"),
    ]
    outputs = {r["record_id"]: (await shop.steps(r["id"]))[0]["output"] for r in await shop.runs()}
    assert outputs[str(one)]["count"] == 2
    assert (outputs[str(two)]["count"], outputs[str(two)]["id"]) == (0, None)


async def test_lines_come_from_the_children_of_any_record_with_their_own_condition(shop: Office) -> None:
    lines = {
        "from": "lines", "to": "lines",
        "where": {"field": "product", "operator": "not_equals", "value": {"field": "record.title"}},
        "set": {"product": {"field": "product"}, "pieces": {"formula": "quantity * 2"}},
    }  # fmt: skip
    await shop.publish(
        {"trigger": "manual"},
        create(module="orders", set={"title": {"field": "title"}}, lines=[lines]),
        module="quotes",
    )
    keys = [await quote(shop, "A", ("x", 1, None), ("A", 9, None)), await quote(shop, "B", ("A", 3, None))]
    await shop.by_hand("a_workflow", [str(key) for key in keys])
    rows = await shop.fetch(
        "SELECT o.title, l.product, l.pieces FROM data.orders_lines l "
        "JOIN data.orders o ON o.id = l.sales_order "
        "ORDER BY l.id"
    )
    assert [tuple(row.values()) for row in rows] == [("A", "x", 2), ("B", "A", 6)]
    assert (await step(shop))["output"]["lines"] == 1


async def test_children_of_another_module_become_lines_and_lines_become_children(shop: Office) -> None:
    lines = {
        "from": "items.parent", "to": "lines",
        "set": {"product": {"field": "name"}, "mail": {"field": "note"}},
    }  # fmt: skip
    await shop.publish(
        {"trigger": "manual"}, create(module="orders", set={"title": {"field": "name"}}, lines=[lines])
    )
    parent = await shop.insert(name="Père")
    for name, note in (("a", "a@example.org"), ("b", "no address"), ("c", None)):
        await shop.insert(name=name, note=note, parent=parent)
    await shop.by_hand("a_workflow", [str(parent)])
    assert await made(shop, "product, mail", "orders_lines") == [("a", "a@example.org"), ("c", None)]
    done = await step(shop)
    assert (done["run"], done["output"]["lines"]) == ("partial", 2)
    assert "1 lines were not copied" in done["error"]["message"]


FIND = {
    "module": "orders", "match": ["email"],
    "set": {"email": {"field": "email"}, "title": {"field": "name"}},
}  # fmt: skip


PEOPLE = [
    ("one", "ana@EXAMPLE.org"), ("two", "new@example.org"), ("three", "NEW@example.org"),
    ("four", None), ("five", None),
]  # fmt: skip


async def test_a_record_with_the_same_address_is_taken_whatever_its_case(shop: Office) -> None:
    await shop.publish(
        {"trigger": "manual"},
        create(**FIND),
        {"key": "note", "block": "update_record", "set": {"note": {"formula": "nodes.make.record.title"}}},
    )
    await shop.execute("INSERT INTO data.orders (email, title) VALUES ('Ana@example.org', 'there')")
    keys = [await shop.insert(name=name, email=email) for name, email in PEOPLE]
    await shop.by_hand("a_workflow", [str(key) for key in keys])
    assert await made(shop, "email, title") == [
        ("Ana@example.org", "there"), ("new@example.org", "two"), (None, "four"), (None, "five"),
    ]  # fmt: skip
    notes = [(await shop.item(key))["note"] for key in keys]
    assert notes == ["there", "two", "two", "four", "five"]
    created = [(await shop.steps(run["id"]))[0]["output"]["created"] for run in await shop.runs()]
    assert created == [False, True, False, True, True]


async def test_what_is_there_is_updated_if_one_wants(shop: Office) -> None:
    await shop.publish({"trigger": "manual"}, create(**FIND, existing="update"))
    await shop.execute("INSERT INTO data.orders (email, title) VALUES ('ana@example.org', 'there')")
    key = await shop.insert(name="named anew", email="Ana@example.org")
    await shop.by_hand("a_workflow", [str(key)])
    assert await made(shop, "email, title") == [("ana@example.org", "named anew")]


async def test_two_workers_that_look_for_the_same_at_once_make_one_record(shop: Office) -> None:
    """The second waits for the first, and finds what that one made."""
    await shop.publish({"trigger": "record_created"}, create(**FIND))
    for name in ("a", "b", "c", "d", "e", "f"):
        await shop.insert(name=name, email="same@example.org")
    await asyncio.gather(*(shop.settle() for _ in range(4)))
    assert len(await made(shop)) == 1
    assert {run["status"] for run in await shop.runs()} == {"succeeded"}


async def test_an_address_that_is_none_creates_nothing(shop: Office) -> None:
    config = {"module": "orders", "set": {"email": {"field": "note"}, "title": "t"}}
    await shop.publish({"trigger": "manual"}, create(**config))
    keys = [await shop.insert(name="n", note=note) for note in ("a@example.org", "none at all", "")]
    await shop.by_hand("a_workflow", [str(key) for key in keys])
    assert await made(shop, "email") == [("a@example.org",), (None,)]
    assert [run["status"] for run in await shop.runs()] == ["succeeded", "failed", "succeeded"]


REFUSED = [
    ({"where": {"field": "name", "operator": "is_empty"}}, "goes with"),
    ({"match": ["title"]}, "gets no value"),
    ({"each": "nothing.here"}, "does not lead to this record"),
    ({"lines": [{"from": "owner", "to": "lines", "set": {"product": "x"}}]}, "does not lead"),
    ({"lines": [{"from": "items.parent", "to": "quote.lines", "set": {"product": "x"}}]}, "not of the new"),
]


@pytest.mark.parametrize(("config", "told"), REFUSED)
async def test_what_makes_no_sense_is_refused_when_it_is_saved(
    shop: Office, config: dict[str, Any], told: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await shop.publish({"trigger": "manual"}, create(module="orders", **config))
    assert told in " ".join(p.message for p in caught.value.problems)

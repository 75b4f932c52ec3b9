"""Blocks that write records: create with lines, linked and child records, assigning."""

from typing import Any

import pytest
from tests.office import Office

from whereupon.people import duty

CREATED = {"trigger": "record_created"}
QUOTES: dict[str, Any] = {
    "key": "quotes", "label": "Quote", "label_plural": "Quotes",
    "fields": [
        {"key": "title", "type": "text", "required": True},
        {"key": "status", "type": "select", "options": {"choices": [{"key": "draft", "label": "Draft"},
        {"key": "accepted", "label": "Accepted"}]}},
        {"key": "lines", "type": "line_items", "options": {"fields": [
            {"key": "product", "type": "text"}, {"key": "quantity", "type": "integer"},
            {"key": "price", "type": "decimal", "options": {"precision": 12, "scale": 2}}]}},
        {"key": "total", "type": "formula", "options": {"expression": "SUM(lines.price)"}},
    ],
}  # fmt: skip
ORDERS = QUOTES | {"key": "orders", "label": "Order", "label_plural": "Orders",
                   "fields": [*QUOTES["fields"], {"key": "number", "type": "auto_number",
                   "options": {"prefix": "SO-", "digits": 4}}]}  # fmt: skip


async def test_an_accepted_quote_becomes_an_order_with_the_same_lines(office: Office) -> None:
    await office.module(QUOTES)
    await office.module(ORDERS)
    lines = {
        "from": "lines",
        "to": "lines",
        "set": {k: {"field": k} for k in ("product", "quantity", "price")},
    }
    create = {
        "key": "order",
        "block": "create_record",
        "module": "orders",
        "set": {"title": {"field": "title"}},
        "lines": [lines],
    }
    trigger = {"trigger": "record_updated", "fields": ["status"],
               "filter": {"field": "status", "operator": "equals", "value": "accepted"}}  # fmt: skip
    await office.publish(trigger, create, module="quotes")
    line_table = await office.fetchval(
        "SELECT table_name FROM whereupon.modules WHERE parent_field IS NOT NULL AND key LIKE 'quotes%'"
    )
    parent = await office.fetchval(
        "SELECT parent_field FROM whereupon.modules WHERE parent_field IS NOT NULL AND key LIKE 'quotes%'"
    )
    for title, products in (("Ärzte", ["Bandage", "Schere"]), ("empty", [])):
        quote = await office.fetchval("INSERT INTO data.quotes (title) VALUES ($1) RETURNING id", title)
        for product in products:
            await office.execute(
                f'INSERT INTO data."{line_table}" ({parent}, product, quantity, price) '
                "VALUES ($1, $2, 2, 9.5)",
                quote,
                product,
            )
    await office.execute("UPDATE data.quotes SET status = 'accepted'")
    await office.settle()
    orders = await office.fetch("SELECT id, title, number, created_by FROM data.orders ORDER BY id")
    assert [(o["title"], o["number"], o["created_by"]) for o in orders] == [
        ("Ärzte", "SO-0001", office.admin),
        ("empty", "SO-0002", office.admin),
    ]
    order_lines = line_table.replace("quotes", "orders")
    copied = await office.fetch(
        f"SELECT {parent.replace('quote', 'order')} AS parent, product, quantity, price "
        f'FROM data."{order_lines}" ORDER BY id'
    )
    assert [tuple(row.values())[1:] for row in copied] == [
        ("Bandage", 2, copied[0]["price"]),
        ("Schere", 2, copied[0]["price"]),
    ]
    assert {row["parent"] for row in copied} == {orders[0]["id"]}
    causes = await office.fetch(
        "SELECT DISTINCT c.run_id FROM whereupon.changes c JOIN whereupon.modules m ON m.id = c.module_id "
        "WHERE m.key LIKE 'orders%' AND c.op = 'I'"
    )
    assert {row["run_id"] for row in causes} == {run["id"] for run in await office.runs()}


async def test_children_and_found_records_are_updated_together(office: Office) -> None:
    children = {"key": "kids", "block": "update_record", "which": "children", "children": "items.parent",
                "where": {"field": "status", "operator": "equals", "value": "new"},
                "set": {"status": "open"}}  # fmt: skip
    found = {"key": "found", "block": "update_record", "which": "found", "module": "items",
             "where": {"field": "name", "operator": "begins_with", "value": "other"},
             "set": {"note": {"field": "name"}}}  # fmt: skip
    await office.publish({"trigger": "manual"}, children, found)
    parent = await office.insert(name="Père")
    kids = [await office.insert(name=f"kid {s}", status=s, parent=parent) for s in ("new", "done", "new")]
    other = await office.insert(name="other one")
    await office.by_hand("a_workflow", [str(parent)])
    assert [(await office.item(k))["status"] for k in kids] == ["open", "done", "open"]
    assert (await office.item(other))["note"] == "Père"
    steps = await office.steps((await office.runs())[0]["id"])
    assert [(s["output"]["updated"], s["records"]) for s in steps] == [(2, 2), (1, 1)]


async def test_round_robin_deals_in_turn_and_goes_on_where_it_was(office: Office) -> None:
    users = [await office.user(f"{name}@example.org") for name in ("ann", "bob", "cem")]
    await office.group("support", users)
    await office.publish(CREATED, {"key": "give", "block": "assign", "to": "round_robin", "group": "support"})
    await office.execute("INSERT INTO data.items (name) SELECT 'n' FROM generate_series(1, 4)")
    await office.settle()
    await office.execute("UPDATE whereupon.users SET active = false WHERE id = $1", users[2])
    await office.execute("INSERT INTO data.items (name) SELECT 'm' FROM generate_series(1, 3)")
    await office.settle()
    owners = [row["owner"] for row in await office.fetch("SELECT owner FROM data.items ORDER BY id")]
    assert sorted(owners[:4]) == sorted([*users, owners[3]])
    counts = {user: owners.count(user) for user in users}
    assert counts[users[2]] <= 2
    assert abs(owners[4:].count(users[0]) - owners[4:].count(users[1])) == 1


async def test_the_least_loaded_member_gets_it(office: Office) -> None:
    ann, bob = await office.user("ann@example.org"), await office.user("bob@example.org")
    await office.group("support", [ann, bob])
    for _ in range(3):
        await office.insert(name="old", owner=ann, status="open")
    await office.insert(name="old", owner=bob, status="done")
    is_open = {"field": "status", "operator": "not_equals", "value": "done"}
    await office.publish(
        CREATED, {"key": "give", "block": "assign", "to": "least_loaded", "group": "support", "open": is_open}
    )
    for name in "abcd":
        await office.insert(name=name, status="new")
    await office.settle()
    owners = [
        r["owner"]
        for r in await office.fetch("SELECT owner FROM data.items WHERE length(name) = 1 ORDER BY id")
    ]
    assert owners.count(bob) >= 3


async def test_the_owners_manager_gets_it_or_the_block_says_that_there_is_none(office: Office) -> None:
    clerk = await office.user("clerk@example.org", manager=office.admin)
    await office.publish(CREATED, {"key": "up", "block": "assign", "to": "owners_manager"})
    one, two = await office.insert(name="a", owner=clerk), await office.insert(name="b")
    await office.settle()
    assert (await office.item(one))["owner"] == office.admin
    assert (await office.item(two))["owner"] is None
    assert [r["status"] for r in await office.runs()] == ["succeeded", "failed"]


async def test_who_is_on_duty_gets_it_or_the_block_says_that_nobody_is(office: Office) -> None:
    ann = await office.user("ann@example.org")
    await office.group("support", [ann])
    await office.publish(CREATED, {"key": "give", "block": "assign", "to": "on_duty", "group": "support"})
    before = await office.insert(name="a")
    await office.settle()
    async with office.database.transaction() as db:
        await duty.set_roster(db, "support", duty.Roster(otherwise=ann), actor=None)
    after = await office.insert(name="b")
    await office.settle()
    assert [(await office.item(one))["owner"] for one in (before, after)] == [None, ann]
    assert [r["error"]["code"] for r in await office.runs(status="failed")] == ["no_user"]
    await office.execute("UPDATE whereupon.users SET active = false WHERE id = $1", ann)
    gone = await office.insert(name="c")
    await office.settle()
    assert (await office.item(gone))["owner"] is None


async def test_an_empty_group_fails_with_advice(office: Office) -> None:
    await office.group("support", [])
    await office.publish(CREATED, {"key": "give", "block": "assign", "to": "round_robin", "group": "support"})
    await office.insert(name="a")
    await office.settle()
    error = (await office.runs())[0]["error"]
    assert (error["code"], error["suggestion"]) == ("no_user", "Add somebody to the group.")


async def test_tasks_and_notifications_reach_people(office: Office) -> None:
    clerk = await office.user("clerk@example.org", manager=office.admin)
    await office.group("team", [clerk, office.admin])
    task = {"key": "task", "block": "create_task", "title": "Call {{ record.name }}",
    "assignee": {"owner": True},
            "due": {"today": {"plus": 3}}, "priority": "high"}  # fmt: skip
    team = {"key": "team", "block": "create_task", "title": "For all", "assignee": {"group": "team"}}
    tell = {
        "key": "tell",
        "block": "notify",
        "to": [{"group": "team"}, {"owner": True}, {"field": "owner.manager"}],
        "title": "{{ record.name }}",
    }
    await office.publish(CREATED, task, team, tell)
    key = await office.insert(name="Łukasz", owner=clerk)
    await office.settle()
    tasks = await office.fetch(
        "SELECT title, assignee_user_id, assignee_group_id IS NOT NULL AS for_group, record_id, "
        "due_at::date - current_date AS days FROM whereupon.tasks ORDER BY id"
    )
    assert [tuple(t.values()) for t in tasks] == [
        ("Call Łukasz", clerk, False, str(key), 3),
        ("For all", None, True, str(key), None),
    ]
    notes = await office.fetch("SELECT user_id, title FROM whereupon.notifications ORDER BY user_id")
    assert [tuple(n.values()) for n in notes] == [(office.admin, "Łukasz"), (clerk, "Łukasz")]


async def test_switch_takes_the_first_exit_that_holds(office: Office) -> None:
    cases = [{"port": "big", "condition": {"field": "amount", "operator": "greater_than", "value": 100}},
             {"port": "some", "condition": {"field": "amount", "operator": "greater_than",
             "value": 0}}]  # fmt: skip
    nodes = [
        {"key": name, "block": "update_record", "set": {"note": name}} for name in ("big", "some", "rest")
    ]
    edges = [
        ["start", "next", "switch"],
        ["switch", "big", "big"],
        ["switch", "some", "some"],
        ["switch", "otherwise", "rest"],
    ]
    await office.publish(CREATED, {"key": "switch", "block": "switch", "cases": cases}, *nodes, edges=edges)
    keys = [await office.insert(name="a", amount=amount) for amount in (500, 50, None)]
    await office.settle()
    assert [(await office.item(k))["note"] for k in keys] == ["big", "some", "rest"]


async def test_an_output_of_one_block_is_there_for_the_next(office: Office) -> None:
    create = {"key": "made", "block": "create_record", "module": "items", "set": {"name": "child"}}
    note = {"key": "note", "block": "update_record", "set": {"note": {"formula": '"made " & nodes.made.id'}}}
    trigger = CREATED | {"filter": {"field": "name", "operator": "equals", "value": "parent"}}
    await office.publish(trigger, create, note)
    key = await office.insert(name="parent")
    await office.settle()
    child = await office.fetchval("SELECT id FROM data.items WHERE name = 'child'")
    assert (await office.item(key))["note"] == f"made {child}"


@pytest.mark.parametrize(
    "name",
    [
        "{{ 7 | times: 7 }}",
        "'; DROP TABLE data.items; --",
        "=1+1",
        "a\r\nBcc: x@example.org",
        "<script>alert(1)</script>",
    ],
)
async def test_a_value_is_never_evaluated_again(office: Office, name: str) -> None:
    task = {
        "key": "task",
        "block": "create_task",
        "title": "{{ record.name }}",
        "assignee": {"user": office.admin},
    }
    copy = {"key": "copy", "block": "update_record", "set": {"note": {"formula": 'name & "!"'}}}
    await office.publish(CREATED, task, copy)
    key = await office.insert(name=name)
    await office.settle()
    assert (await office.item(key))["note"] == name + "!"
    assert "49" not in await office.fetchval("SELECT title FROM whereupon.tasks")

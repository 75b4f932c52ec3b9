"""Finding records for later blocks, and deleting them."""

from typing import Any

import pytest
from tests.office import Office

from whereupon.errors import Invalid
from whereupon.people.rights import load_rights

MANUAL = {"trigger": "manual"}


def find(**config: Any) -> dict[str, Any]:
    return {"key": "find", "block": "find_records", "module": "items", **config}


def delete(**config: Any) -> dict[str, Any]:
    return {"key": "del", "block": "delete_record", **config}


async def step(office: Office, node: str) -> dict[str, Any]:
    run = (await office.runs())[-1]
    found = next(s for s in await office.steps(run["id"]) if s["node"] == node)
    return {"run": run["status"], **dict(found)}


async def test_what_is_found_is_there_for_conditions_values_and_texts(office: Office) -> None:
    """Counts, the first one with its types and links, and the rows, each value as its field is."""
    where = {"all": [
        {"field": "parent", "operator": "equals", "value": {"field": "record.id"}},
        {"field": "status", "operator": "not_equals", "value": "done"},
    ]}  # fmt: skip
    columns = ["name", "amount", "due_date", "status", "owner"]
    sort = [{"field": "amount", "descending": True}]
    loop = "{% for row in nodes.find.rows %}{{ row.name }} {{ row.amount }} {{ row.due_date }};{% endfor %}"
    text = (
        f"{{{{ nodes.find.count }}}}: {loop} {{{{ nodes.find.rows.size }}}} {{{{ nodes.find.record.email }}}}"
    )
    note = {"key": "note", "block": "update_record", "set": {
        "amount": {"field": "nodes.find.first.amount"}, "due_date": {"field": "nodes.find.first.due_date"},
        "owner": {"field": "nodes.find.first.owner"}, "note": {"field": "nodes.find.first.owner.name"},
    }}  # fmt: skip
    task = {"key": "task", "block": "create_task", "title": text, "assignee": {"user": office.admin}}
    branch = {
        "key": "if", "block": "if",
        "condition": {"field": "nodes.find.first.amount", "operator": "greater_than", "value": 9.5},
    }  # fmt: skip
    await office.publish(
        MANUAL, find(where=where, columns=columns, sort=sort, limit=2), branch, note, task,
        edges=[["start", "next", "find"], ["find", "next", "if"], ["if", "true", "note"],
               ["note", "next", "task"]],
    )  # fmt: skip
    zoe = await office.user("zoe@example.org", name="Ζωή")
    parent = await office.insert(name="p")
    for name, amount, status in (("a", 9.5, "new"), ("Ω", 10.25, "open"), ("z", 100, "done"), ("c", 1, None)):
        await office.insert(
            name=name, amount=amount, status=status, parent=parent, owner=zoe, email=f"{amount}@example.org"
        )
    await office.execute("UPDATE data.items SET due_date = '2026-03-31' WHERE name = 'Ω'")
    await office.by_hand("a_workflow", [str(parent)])
    item = await office.item(parent)
    assert (str(item["amount"]), str(item["due_date"]), item["owner"], item["note"]) == (
        "10.25", "2026-03-31", zoe, "Ζωή",
    )  # fmt: skip
    title = await office.fetchval("SELECT title FROM whereupon.tasks")
    assert title == "3: Ω 10.25 2026-03-31;a 9.50 ; 2 10.25@example.org"


async def test_nothing_found_is_no_failure(office: Office) -> None:
    note = {"key": "note", "block": "update_record", "set": {
        "amount": {"field": "nodes.find.count"}, "note": {"field": "nodes.find.first.name"}}}  # fmt: skip
    where = {"field": "name", "operator": "equals", "value": "nobody"}
    await office.publish(MANUAL, find(where=where, columns=["name"]), note)
    key = await office.insert(name="n", note="old")
    await office.by_hand("a_workflow", [str(key)])
    item = await office.item(key)
    assert (item["amount"], item["note"]) == (0, None)


async def test_rows_that_are_too_much_for_a_run_are_refused(office: Office) -> None:
    await office.publish(MANUAL, find(columns=["note"], limit=1000))
    key = await office.insert(name="n")
    await office.execute(
        "INSERT INTO data.items (name, note) SELECT 'x', repeat('ä', 100000) FROM generate_series(1, 6)"
    )
    await office.by_hand("a_workflow", [str(key)])
    done = await step(office, "find")
    assert (done["run"], done["error"]["code"]) == ("failed", "too_much_data")


WRONG_NAMES = [
    ({"columns": ["nope"]}, {}, "unknown_field"),
    ({"sort": [{"field": "nope"}]}, {}, "unknown_field"),
    ({"columns": ["name"]}, {"field": "nodes.find.first.amount"}, "unknown_output"),
    ({"columns": ["name"]}, {"field": "nodes.find.rows.name"}, "many_values"),
    ({"limit": 5000}, {}, "invalid"),
]


@pytest.mark.parametrize(("config", "value", "code"), WRONG_NAMES)
async def test_names_that_will_not_be_there_are_refused_when_it_is_saved(
    office: Office, config: dict[str, Any], value: dict[str, Any], code: str
) -> None:
    note = {"key": "note", "block": "update_record", "set": {"note": value or "x"}}
    with pytest.raises(Invalid) as caught:
        await office.publish(MANUAL, find(**config), note)
    assert code in [p.code for p in caught.value.problems]


async def test_a_column_that_was_not_read_is_refused_in_a_text(office: Office) -> None:
    loop = "{% for row in nodes.find.rows %}{{ row.amuont }}{% endfor %}"
    task = {"key": "task", "block": "create_task", "title": loop, "assignee": {"owner": True}}
    with pytest.raises(Invalid) as caught:
        await office.publish(MANUAL, find(columns=["amount"]), task)
    assert "amount" in (caught.value.problems[0].suggestion or "")


async def own_rights(office: Office, **grants: str) -> Any:
    """A builder who has these rights on items."""
    clerk = await office.user("clerk@example.org")
    extents = {"read": "own", "create": "none", "update": "own", "delete": "own"} | grants
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('clerk', 'Clerk', true)")
    await office.execute(
        "INSERT INTO whereupon.role_modules "
        "(role_id, module_id, can_read, can_create, can_update, can_delete) "
        "SELECT r.id, m.id, $1, $2, $3, $4 FROM whereupon.roles r, whereupon.modules m "
        "WHERE r.key = 'clerk' AND m.key = 'items'", *extents.values(),
    )  # fmt: skip
    await office.execute(
        "INSERT INTO whereupon.user_roles SELECT $1, id FROM whereupon.roles WHERE key = 'clerk'", clerk
    )
    async with office.database.connection() as db:
        return await load_rights(db, clerk)


async def test_a_publisher_finds_only_what_they_may_read(office: Office) -> None:
    rights = await own_rights(office)
    where = {"field": "name", "operator": "equals", "value": "x"}
    await office.publish(MANUAL, find(where=where, columns=["name"]), rights=rights)
    start = await office.insert(name="start", owner=rights.user_id)
    await office.insert(name="x", owner=office.admin)
    own = await office.insert(name="x", owner=rights.user_id)
    await office.by_hand("a_workflow", [str(start)])
    output = (await step(office, "find"))["output"]
    assert (output["count"], [row["id"] for row in output["rows"]]) == (1, [str(own)])


# Deleting ------------------------------------------------------------------------------------------


async def names(office: Office) -> list[str]:
    return [row["name"] for row in await office.fetch("SELECT name FROM data.items ORDER BY id")]


async def test_children_are_deleted_up_to_the_limit_and_not_beyond(office: Office) -> None:
    where = {"field": "status", "operator": "equals", "value": "done"}
    await office.publish(MANUAL, delete(which="children", children="items.parent", where=where, limit=2))
    few, many = await office.insert(name="few"), await office.insert(name="many")
    for parent, count in ((few, 2), (many, 3)):
        for number in range(count):
            await office.insert(name=f"{parent} {number}", status="done", parent=parent)
    await office.insert(name="stays", status="new", parent=few)
    await office.by_hand("a_workflow", [str(few), str(many)])
    assert await names(office) == ["few", "many", f"{many} 0", f"{many} 1", f"{many} 2", "stays"]
    assert [run["status"] for run in await office.runs()] == ["succeeded", "failed"]
    gone = await office.fetch("SELECT run_id FROM whereupon.changes WHERE op = 'D'")
    assert [row["run_id"] for row in gone] == [(await office.runs())[0]["id"]] * 2


async def test_records_found_are_deleted_once_though_two_runs_mean_them(office: Office) -> None:
    where = {"field": "note", "operator": "equals", "value": {"field": "record.note"}}
    away = {"all": [where, {"field": "status", "operator": "equals", "value": "done"}]}
    await office.publish(MANUAL, delete(which="found", module="items", where=away))
    keys = [await office.insert(name=n, note="same") for n in "ab"]
    await office.insert(name="gone", note="same", status="done")
    await office.insert(name="other", note="else", status="done")
    await office.by_hand("a_workflow", [str(key) for key in keys])
    assert await names(office) == ["a", "b", "other"]
    assert {run["status"] for run in await office.runs()} == {"succeeded"}


async def test_a_run_that_deletes_its_own_record_ends_there_and_others_on_it_are_cancelled(
    office: Office,
) -> None:
    created = {"trigger": "record_created"}
    await office.publish(created, delete(which="record"), name="Delete", priority=1)
    await office.publish(
        created, {"key": "a", "block": "update_record", "set": {"note": "x"}}, name="Other", priority=2
    )
    await office.publish(
        {"trigger": "record_deleted"},
        {"key": "t", "block": "create_task", "title": "{{ record.name }} is gone",
         "assignee": {"user": office.admin}},
        name="Told",
    )  # fmt: skip
    await office.insert(name="Ω")
    await office.settle()
    assert await names(office) == []
    runs = {run["workflow"]: (run["status"], (run["error"] or {}).get("code")) for run in await office.runs()}
    assert runs["delete"] == ("succeeded", None)
    assert runs["other"] in (("cancelled", "record_deleted"), ("succeeded", None))
    assert await office.fetchval("SELECT title FROM whereupon.tasks") == "Ω is gone"


async def test_a_record_that_others_need_stays_and_is_named(office: Office) -> None:
    bills = {
        "key": "bills", "label": "Bill", "label_plural": "Bills",
        "fields": [{"key": "item", "type": "reference", "options": {"target": "items"}}],
    }  # fmt: skip
    await office.module(bills)
    await office.publish(MANUAL, delete(which="children", children="items.parent"))
    parent = await office.insert(name="p")
    keys = [await office.insert(name=n, parent=parent) for n in "abc"]
    await office.execute("INSERT INTO data.bills (item) VALUES ($1)", keys[1])
    await office.by_hand("a_workflow", [str(parent)])
    assert await names(office) == ["p", "b"]
    done = await step(office, "del")
    assert (done["run"], done["output"]["deleted"], done["output"]["failed"]) == ("partial", 2, 1)
    assert f"Item {keys[1]}" in done["error"]["message"]
    assert "bills.item" in done["error"]["message"]


async def test_only_own_records_go_where_the_publisher_may_delete_no_others(office: Office) -> None:
    rights = await own_rights(office, read="all")
    await office.publish(MANUAL, delete(which="children", children="items.parent"), rights=rights)
    parent = await office.insert(name="p")
    await office.insert(name="own", owner=rights.user_id, parent=parent)
    await office.insert(name="not own", owner=office.admin, parent=parent)
    await office.by_hand("a_workflow", [str(parent)])
    assert await names(office) == ["p", "not own"]
    assert (await step(office, "del"))["run"] == "partial"


REFUSED = [
    ({}, "/which"),
    ({"which": "found", "module": "items"}, "/where"),
    ({"which": "found", "module": "users", "where": {"field": "name", "operator": "is_empty"}}, "/which"),
    ({"which": "children", "children": "items.parent", "beyond": "first"}, "/beyond"),
]


@pytest.mark.parametrize(("config", "path"), REFUSED)
async def test_a_deletion_without_an_end_is_refused_when_it_is_saved(
    office: Office, config: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await office.publish(MANUAL, delete(**config))
    assert [p.path for p in caught.value.problems] == [f"/nodes/1/config{path}"]


async def test_who_may_not_delete_cannot_publish_it(office: Office) -> None:
    rights = await own_rights(office, read="all", delete="none")
    with pytest.raises(Invalid) as caught:
        await office.publish(MANUAL, delete(which="record"), rights=rights)
    assert "delete" in caught.value.problems[0].message

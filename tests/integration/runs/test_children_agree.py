"""A condition on child records means the same to a trigger, an If, a list and an explanation (rule 8)."""

from typing import Any

import pytest
from tests.office import Office

from whereupon.conditions import Scope
from whereupon.conditions.explain import explain
from whereupon.modules.catalog import load_catalog
from whereupon.records.conditions_sent import where_sql
from whereupon.records.counting import count_quickly

DONE = {"field": "status", "operator": "equals", "value": "done"}
OWN, SIBLINGS = "items.parent", "parent.items.parent"
CONDITIONS: list[tuple[dict[str, Any], list[str]]] = [
    # of the parents p (two done), q (one done, one open), r (none) and their kids: for whom it holds
    ({"children": OWN, "aggregate": "all", "where": DONE}, ["p"]),
    ({"children": OWN, "aggregate": "any", "where": DONE}, ["p", "q"]),
    ({"children": OWN, "aggregate": "none", "where": DONE}, ["p0", "p1", "q0", "q1", "r"]),
    ({"children": OWN, "aggregate": "count", "operator": "equals", "value": 2}, ["p", "q"]),
    ({"children": OWN, "aggregate": "sum", "field": "amount", "operator": "at_least", "value": 3},
     ["p", "q"]),
    ({"children": OWN, "aggregate": "average", "field": "amount", "operator": "less_than", "value": 2.5},
     ["p", "q"]),
    ({"children": OWN, "aggregate": "max", "field": "amount", "operator": "is_empty"},
     ["p0", "p1", "q0", "q1", "r"]),
    ({"children": SIBLINGS, "aggregate": "all", "where": DONE}, ["p0", "p1"]),
    ({"children": SIBLINGS, "aggregate": "min", "field": "amount", "operator": "equals",
      "value": {"field": "amount"}}, ["p0", "q0"]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS, ids=range(len(CONDITIONS)))
async def test_everything_agrees_for_whom_it_holds(
    office: Office, condition: dict[str, Any], expected: list[str]
) -> None:
    note = {"key": "yes", "block": "update_record", "set": {"note": "if"}}
    branch = {"key": "if", "block": "if", "condition": condition}
    await office.publish(
        {"trigger": "manual"}, branch, note, edges=[["start", "next", "if"], ["if", "true", "yes"]], name="If"
    )
    await office.publish(
        {"trigger": "record_updated", "fields": ["due_date"], "filter": condition},
        {"key": "it", "block": "update_record", "set": {"email": "filter@example.org"}},
        name="Filter",
    )
    keys: dict[str, int] = {}
    for parent in "pqr":
        keys[parent] = await office.insert(name=parent, status="open")
    for parent, statuses in (("p", ["done", "done"]), ("q", ["done", "open"])):
        for number, status in enumerate(statuses):
            name = f"{parent}{number}"
            keys[name] = await office.insert(name=name, status=status, parent=keys[parent], amount=number + 1)
    await office.by_hand("if", [str(key) for key in keys.values()])
    await office.execute("UPDATE data.items SET due_date = current_date")
    await office.settle()
    items = {name: await office.item(key) for name, key in keys.items()}
    assert sorted(name for name, item in items.items() if item["note"] == "if") == expected
    assert sorted(name for name, item in items.items() if item["email"]) == expected
    async with office.database.connection() as db:
        catalog = await load_catalog(db)
        where = where_sql(catalog, catalog.module("items"), condition, office.rights)
        listed = await db.fetch(f"SELECT name FROM data.items n WHERE {where} ORDER BY name")
        counted = await count_quickly(db, catalog, "items", office.rights, where=where)
        scope = Scope(catalog, catalog.module("items"))
        told = {
            name: await explain(db, condition, scope, str(key), rights=office.rights)
            for name, key in keys.items()
        }
    assert [row["name"] for row in listed] == expected
    assert counted.count == len(expected)
    assert sorted(name for name, one in told.items() if one["held"]) == expected

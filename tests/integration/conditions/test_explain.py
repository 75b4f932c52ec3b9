"""Why and why not: each part of a condition with the value that it saw, in sentences an office person reads."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from whereupon.conditions import Scope
from whereupon.conditions import explain as explaining
from whereupon.errors import Invalid, NotFound
from whereupon.people.rights import everything

explain = partial(explaining.explain, rights=everything())

ROWS = """
INSERT INTO data.quotes (id, name, amount, stage, account, due, sent_at) VALUES
  (1, 'Στέγη', 12.50, 'sent', 1, '2026-03-09', '2026-01-05T22:30Z'), (2, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO data.tasks (id, quote, done, hours) VALUES (1, 1, true, 1), (2, 1, false, 2);
"""


async def test_each_part_tells_what_it_saw(world: Any, scope: Scope) -> None:
    await world.execute(ROWS)
    condition = {"all": [
        {"field": "stage", "operator": "equals", "value": "SENT"},
        {"any": [{"field": "account.country", "operator": "equals", "value": "Denmark"},
                 {"not": {"field": "amount", "operator": "less_than", "value": {"formula": "10 * 2"}}}]},
        {"field": "account", "operator": "equals", "value": 2},
        {"field": "sent_at", "operator": "less_than", "value": "2026-01-07"},
        {"field": "name", "operator": "is_not_empty"},
        {"children": "tasks.quote", "aggregate": "all", "where": {"field": "done", "operator": "equals", "value": True}},
        {"children": "tasks.quote", "aggregate": "sum", "field": "hours", "operator": "between", "value": [1, 3]},
    ]}  # fmt: skip
    told = await explain(world, condition, scope, "1")
    assert told["held"] is False
    assert [p["sentence"] for p in told["parts"]] == [
        "Stage is equal to Sent: held, it is Sent",
        "At least one of these: not held",
        "Account is equal to Øresund ApS: not held, it is Οίκος ΑΕ",
        "Sent at is less than 2026-01-07: held, it is 2026-01-06 00:30",
        "Name is not empty: held, it is Στέγη",
        "All of Tasks meet the condition: not held, it is 1 of 2",
        "The sum of Hours over Tasks is between 1 and 3: held, it is 3",
    ]
    country, negated = told["parts"][1]["parts"]
    assert country["sentence"] == "Account › Country is equal to Denmark: not held, it is Greece"
    assert negated["parts"][0]["sentence"] == "Amount is less than 20: held, it is 12.5"
    assert (country["value"], country["expected"], country["path"]) == ("Greece", ["Denmark"], "/all/1/any/0")
    assert negated["held"] is False


async def test_a_missing_value_is_told_as_empty(world: Any, scope: Scope) -> None:
    await world.execute(ROWS)
    told = await explain(
        world, {"field": "account.manager.name", "operator": "equals", "value": "Ω"}, scope, "2"
    )
    assert told["sentence"] == "Account › Manager › Name is equal to Ω: not held, it is empty"
    assert told["value"] is None


CHANGE = """
INSERT INTO whereupon.changes (module_id, record_id, op, old, new, origin) VALUES
  (3, '1', 'U', '{"id": 1, "stage": "draft", "amount": 5}', '{"id": 1, "stage": "sent", "amount": 5}', 'api'),
  (3, '1', 'D', '{"id": 1, "stage": "won"}', NULL, 'api'),
  (2, '1', 'U', '{"id": 1}', '{"id": 1}', 'api')
RETURNING id"""


async def test_a_change_is_explained_as_it_left_the_record(world: Any, scope: Scope) -> None:
    updated, deleted, other = [r["id"] for r in await world.fetch(CHANGE)]
    changing = replace(scope, old="o", op="c.op")
    condition = {"all": [{"field": "stage", "operator": "has_changed_to", "value": "sent"},
                         {"field": "amount", "operator": "has_changed"}]}  # fmt: skip
    told = await explain(world, condition, changing, "1", change_id=updated)
    assert [p["sentence"] for p in told["parts"]] == [
        "Stage has changed to Sent: held, it was Draft and is Sent",
        "Amount has changed: not held, it was 5 and is 5",
    ]
    gone = await explain(
        world, {"field": "stage", "operator": "equals", "value": "won"}, changing, "1", change_id=deleted
    )
    assert gone["held"] is True
    latest = await explain(world, condition, changing, "1")
    assert latest["parts"][0]["held"] is False  # the record was deleted, which changes nothing
    with pytest.raises(NotFound):
        await explain(world, condition, changing, "1", change_id=other)


@pytest.mark.parametrize("record", ["99", "abc", "", "1'; DROP TABLE data.quotes; --", "9" * 30, "Ω"])
async def test_a_record_that_is_not_there_is_not_found(world: Any, scope: Scope, record: str) -> None:
    with pytest.raises(NotFound):
        await explain(world, {"field": "name", "operator": "is_empty"}, scope, record)
    with pytest.raises(NotFound):
        await explain(world, {"field": "name", "operator": "has_changed"}, replace(scope, old="o"), record)


async def test_a_wrong_condition_is_invalid_here_too(world: Any, scope: Scope) -> None:
    with pytest.raises(Invalid):
        await explain(world, {"field": "nope", "operator": "is_empty"}, scope, "1")


async def test_the_largest_condition_can_be_explained(world: Any, scope: Scope) -> None:
    await world.execute(ROWS)
    leaf = {"field": "name", "operator": "is_one_of", "value": [str(i) for i in range(150)]}
    told = await explain(world, {"all": [leaf] * 200}, scope, "1")
    assert len(told["parts"]) == 200

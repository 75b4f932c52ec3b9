"""Children of a linked record, and rows that stand beside the one asked about."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from dataclasses import replace
from typing import Any

import pytest

from whereupon.conditions import Scope, check_condition, compile_condition, compile_value, fields_read
from whereupon.conditions.words import condition_words

ROWS = """
INSERT INTO data.quotes (id, name, account, amount) VALUES
  (1, 'Eins', 1, 5), (2, 'Δύο', 1, 7), (3, 'Trois', 2, 5), (4, 'Fjerde', NULL, 5);
INSERT INTO data.tasks (id, quote, title, done, hours) VALUES
  (1, 1, 'a', true, 1), (2, 1, 'b', true, 2.5), (3, 2, 'a', true, 4), (4, 2, 'c', false, NULL),
  (5, 3, 'd', NULL, 1), (6, NULL, 'e', true, 1)"""
DONE = {"field": "done", "operator": "equals", "value": True}
SIBLINGS: list[tuple[dict[str, Any], list[int]]] = [
    # what is asked of the tasks of a task's own quote, and the tasks for which it holds
    ({"aggregate": "all", "where": DONE}, [1, 2]),
    ({"aggregate": "any", "where": DONE}, [1, 2, 3, 4]),
    ({"aggregate": "none", "where": DONE}, [5, 6]),
    ({"aggregate": "count", "operator": "equals", "value": 2}, [1, 2, 3, 4]),
    ({"aggregate": "count", "operator": "equals", "value": 0}, [6]),
    ({"aggregate": "sum", "field": "hours", "operator": "greater_than", "value": 3.5}, [3, 4]),
    ({"aggregate": "average", "field": "hours", "operator": "is_empty"}, [6]),
    ({"aggregate": "max", "field": "hours", "operator": "at_most", "value": 1}, [5]),
    ({"aggregate": "min", "field": "hours", "operator": "equals", "value": {"field": "hours"}}, [1, 3, 5]),
]  # fmt: skip


@pytest.fixture
def tasks(scope: Scope) -> Scope:
    return replace(scope, module=scope.catalog.modules["tasks"])


async def test_the_children_of_a_linked_record_are_asked_together(world: Any, tasks: Scope) -> None:
    """ "All tasks of this task's quote are done": the record's siblings and itself."""
    await world.execute(ROWS)
    for part, expected in SIBLINGS:
        condition = {"children": "quote.tasks.quote", **part}
        sql = compile_condition(condition, tasks)
        rows = await world.fetch(f"SELECT id FROM data.tasks n WHERE {sql} ORDER BY id")
        assert [row["id"] for row in rows] == expected, part


async def test_formulas_sum_over_the_children_of_a_linked_record(world: Any, tasks: Scope) -> None:
    await world.execute(ROWS)
    value = compile_value(
        {"formula": "SUM(quote.tasks.quote.hours) - COUNT(quote.account.quotes.account)"}, tasks
    )
    rows = await world.fetch(f"SELECT id, {value.sql} AS value FROM data.tasks n ORDER BY id")
    assert [float(row["value"]) for row in rows] == [1.5, 1.5, 2, 2, 0, 0]


def test_what_is_read_on_the_way_is_known(tasks: Scope) -> None:
    condition = {"children": "quote.tasks.quote", "aggregate": "all", "where": DONE}
    assert fields_read(condition, tasks) == {"tasks.quote", "tasks.done"}
    lines = {
        "children": "quote.lines",
        "aggregate": "sum",
        "field": "price",
        "operator": "at_least",
        "value": 1,
    }
    assert fields_read(lines, tasks) == {"tasks.quote", "quote_lines.parent", "quote_lines.price"}


WORDS = [
    ({"children": "quote.tasks.quote", "aggregate": "all", "where": DONE}, "All of Quote › Tasks meet the condition (Done is equal to yes)"),
    ({"children": "quote.lines", "aggregate": "count", "operator": "at_least", "value": 2}, "The number of Quote › Lines is greater than or equal to 2"),
    ({"children": "quote.lines", "aggregate": "sum", "field": "price", "operator": "at_least", "value": 2},
     "The sum of Price over Quote › Lines is greater than or equal to 2"),
]  # fmt: skip


def test_they_are_said_in_words(tasks: Scope) -> None:
    assert [condition_words(condition, tasks) for condition, _ in WORDS] == [words for _, words in WORDS]


REFUSED = [
    ("quote.name", "unknown_children"),
    ("quote.tasks", "unknown_children"),
    ("title.tasks.quote", "unknown_children"),
    ("quote." * 11 + "lines", "unknown_children"),
]


@pytest.mark.parametrize(("children", "code"), REFUSED)
def test_names_that_lead_to_no_children_are_refused(tasks: Scope, children: str, code: str) -> None:
    problems = check_condition({"children": children, "aggregate": "any"}, tasks)
    assert [(p.code, p.path) for p in problems] == [(code, "/children")]


# Rows beside --------------------------------------------------------------------------------------


@pytest.fixture
def looked_for(scope: Scope) -> Scope:
    """Quotes that are looked for from a task: t is the candidate, n the task."""
    run = replace(scope, module=scope.catalog.modules["tasks"], row="n")
    return replace(scope, row="t", others={"record": run})


BESIDE: list[tuple[Any, list[int]]] = [
    ({"field": "name", "operator": "equals", "value": {"field": "record.quote.name"}}, [2]),
    ({"field": "account", "operator": "equals", "value": {"field": "record.quote.account"}}, [1, 2]),
    ({"field": "account.name", "operator": "equals", "value": {"field": "record.quote.account.name"}}, [1, 2]),
    ({"field": "amount", "operator": "greater_than", "value": {"formula": "record.hours + 2"}}, [2]),
    ({"children": "tasks.quote", "aggregate": "any",
      "where": {"field": "title", "operator": "equals", "value": {"field": "record.title"}}}, [1, 2]),
    ({"field": "record.hours", "operator": "equals", "value": 4}, [1, 2, 3, 4]),
    ({"field": "record.hours", "operator": "equals", "value": 5}, []),
]  # fmt: skip


async def test_records_that_are_looked_for_are_compared_with_the_runs_own(
    world: Any, looked_for: Scope
) -> None:
    await world.execute(ROWS)
    for condition, expected in BESIDE:
        sql = compile_condition(condition, looked_for)
        rows = await world.fetch(
            f"SELECT t.id FROM data.quotes t, (SELECT * FROM data.tasks WHERE id = 3) n WHERE {sql} ORDER BY t.id"
        )
        assert [row["id"] for row in rows] == expected, condition


def test_a_row_beside_has_fields_and_nothing_else(looked_for: Scope) -> None:
    for path, code in (
        ("record", "unknown_field"),
        ("record.nope", "unknown_field"),
        ("record.old.title", "unknown_field"),
    ):
        problems = check_condition({"field": path, "operator": "is_empty"}, looked_for)
        assert [p.code for p in problems] == [code], path
    assert "record.title" in condition_words(
        {"field": "name", "operator": "equals", "value": {"field": "record.title"}},
        replace(looked_for, others={}),
    )
    said = condition_words(
        {"field": "name", "operator": "equals", "value": {"field": "record.title"}}, looked_for
    )
    assert said == "Name is equal to this record’s Title"

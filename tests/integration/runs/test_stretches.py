"""A chunk that is done as a set leaves behind what the engine leaves behind, record by record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.integration.runs.sameness import both_ways, work_off_alone
from tests.office import Office, draw

from whereupon.people.rights import Rights, union

PHASES = [Phase.explicit, Phase.generate]  # to shrink a workflow takes minutes
MANUAL = {"trigger": "manual"}
RECORDS = 12
# What a record reads of another one may not be changed by the set itself, or the order would decide: these
# are nobody's own record, and the first two records have children among them.
PARENTS, CHILDREN = (13, 14), (15, 16, 17)
CLERK = 2  # a user who owns some of the records
GRANT = {"module": "items", "read": "all", "create": "all", "update": "all", "delete": "none", "fields": {}}


def clerk(**grant: Any) -> Rights:
    return Rights(CLERK, grants=union([GRANT | grant]))


# Who publishes: nobody's rights but theirs hold at each block (rule 28).
PUBLISHERS = {
    "everything": None,
    "own records may be updated": clerk(update="own"),
    "own records may be read": clerk(read="own", update="own"),
    "nothing may be updated": clerk(update="none"),
    "one field may not be written": clerk(fields={"note": "read"}),
    "one field may not be read": clerk(fields={"amount": "none"}),
    "nothing may be read": clerk(read="none"),
}
CONDITIONS = [
    {"field": "status", "operator": "equals", "value": "new"},
    {"field": "amount", "operator": "greater_than", "value": 10},
    {"field": "name", "operator": "contains", "value": "β"},
    {"field": "note", "operator": "is_empty"},
    {"field": "parent.amount", "operator": "less_than", "value": {"field": "amount"}},
    {"not": {"field": "due_date", "operator": "before", "value": {"today": {}}}},
    {"any": [{"field": "owner", "operator": "is_empty"}, {"field": "email", "operator": "is_not_empty"}]},
    {"children": "items.parent", "aggregate": "count", "operator": "greater_than", "value": 1},
]
# Constants, fields, formulas; some of them no table takes: no name, a choice that there is not, too large,
# a parent that is not there.
VALUES: dict[str, list[Any]] = {
    "name": ["done", {"field": "note"}, {"formula": 'name & "!"'}, {"field": "parent.name"}],
    "status": ["done", {"formula": 'IF(amount > 20, "done", "nonsense")'}, {"field": "parent.status"}],
    "amount": [0, {"formula": "amount * 1000000"}, {"formula": "amount + 0.004"}, {"field": "parent.amount"}],
    "due_date": [None, {"today": {"plus": 3}}, {"field": "parent.due_date"}],
    "owner": [None, {"field": "parent.owner"}],
    "note": ["", "ναι", {"field": "name"}],
    "parent": [None, {"field": "parent.parent"}, 10_000],
}
policies = st.sampled_from(["stop", "stop", "continue", "exit"])
branches = st.fixed_dictionaries({"block": st.just("if"), "condition": st.sampled_from(CONDITIONS)})
switches = st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3).map(
    lambda conditions: {
        "block": "switch",
        "cases": [{"port": f"way_{i}", "condition": c} for i, c in enumerate(conditions)],
    }
)
updates = st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 2), min_size=1, max_size=3).map(
    lambda picked: {
        "block": "update_record",
        "set": {key: VALUES[key][n % len(VALUES[key])] for key, n in picked.items()},
    }
)
stops = st.sampled_from([{"block": "stop"}, {"block": "stop", "result": "failed", "reason": "So it's said"}])
# A block without a form in SQL: who comes to it goes on as a run of its own.
others = st.just({"block": "notify", "to": [{"user": 1}], "title": "{{ record.name }}"})
blocks = st.one_of(branches, updates, updates, switches, stops, others)


@st.composite
def documents(draw_one: st.DrawFn) -> dict[str, Any]:
    """A few blocks; every exit leads to a later one, or nowhere."""
    count = draw_one(st.integers(1, 6))
    first = draw_one(st.one_of(branches, updates, switches))
    nodes = [{"key": f"n{i}", **(first if i == 0 else draw_one(blocks))} for i in range(count)]
    edges = [["start", "next", "n0"]]
    for number, node in enumerate(nodes):
        ports = {
            "if": ["true", "false"], "switch": [*(c["port"] for c in node.get("cases", ())), "otherwise"],
            "stop": [],
        }.get(node["block"], ["next"])  # fmt: skip
        policy = draw_one(policies)
        node["on_error"] = {"policy": policy}
        for port in [*ports, *(["error"] if policy == "exit" else [])]:
            to = draw_one(st.integers(number + 1, count + 1))
            if to < count:
                edges.append([node["key"], port, f"n{to}"])
    return draw(MANUAL, *nodes, edges=edges)


rows = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["new", "open", "done", None]),
        "amount": st.sampled_from([None, 0, 7, 10.5, 20, 99_999]),
        "name": st.sampled_from(["a", "β", "Order 5"]),
        "note": st.sampled_from([None, "x", "ναι"]),
        "email": st.sampled_from([None, "a@example.org"]),
        "owner": st.sampled_from([None, 1, CLERK]),
        "parent": st.sampled_from([None, *PARENTS]),
    }
)
SET = """
UPDATE data.items SET status = r.status, amount = r.amount, name = r.name, note = r.note, email = r.email,
  owner = r.owner, parent = r.parent
FROM jsonb_populate_record(NULL::data.items, $2) r WHERE items.id = $1
"""


@pytest.fixture
async def furnished(office: Office) -> Office:
    assert await office.user("clerk@example.org") == CLERK
    for number in range(1, RECORDS + 1):
        assert await office.insert(name=f"Item {number}") == number
    for number in PARENTS:
        assert await office.insert(name="Parent β", status="open", amount=50, owner=CLERK) == number
    await office.execute("UPDATE data.items SET parent = 14, name = '' || id WHERE id = 13")
    for number in CHILDREN:
        assert await office.insert(name="Child", parent=1 + number % 2) == number
    await office.publish(MANUAL, {"key": "stop", "block": "stop"})
    return office


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
    phases=PHASES,
)
@given(
    document=documents(),
    records=st.lists(rows, min_size=RECORDS, max_size=RECORDS),
    who=st.sampled_from(sorted(PUBLISHERS)),
    chunk=st.sampled_from([3, 100]),
)
async def test_a_random_workflow_leaves_the_same_behind_as_a_set_and_one_by_one(
    furnished: Office, document: Any, records: list[dict[str, Any]], who: str, chunk: int
) -> None:
    before = [(SET, number, row) for number, row in enumerate(records, 1)]
    keys = [*map(str, range(1, RECORDS + 1)), "999"]  # one is not there any more
    as_set, one_by_one = await both_ways(
        furnished, document, keys, rights=PUBLISHERS[who], before=before, chunk=chunk
    )
    assert as_set is not None
    assert differences(as_set, one_by_one) == [], document


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    """Where two ways parted, as briefly as it can be said."""
    found: list[Any] = []
    for part, rows in other.items():
        if len(rows) != len(one[part]):
            found.append((part, len(one[part]), len(rows)))
        found += [
            (part, {name: (a[name], b[name]) for name in b if a[name] != b[name]}, a.get("record_id"))
            for a, b in zip(one[part], rows, strict=False)
            if a != b
        ]
    return found[:3]


UPDATE: dict[str, Any] = {"key": "u", "block": "update_record", "set": {"note": "seen"}}
FORBID = """
CREATE FUNCTION data.forbid() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN IF NEW.id % 3 = 0 THEN RAISE EXCEPTION 'Not this one.'; END IF; RETURN NEW; END $$
"""


async def test_what_a_trigger_of_another_program_refuses_fails_alone(furnished: Office) -> None:
    await furnished.execute(FORBID)
    await furnished.execute(
        "CREATE TRIGGER forbid BEFORE UPDATE ON data.items FOR EACH ROW EXECUTE FUNCTION data.forbid()"
    )
    keys = [str(number) for number in range(1, RECORDS + 1)]
    as_set, one_by_one = await both_ways(furnished, draw(MANUAL, UPDATE), keys, chunk=100)
    assert differences(as_set, one_by_one) == []
    failed = {run["record_id"]: run["error"]["message"] for run in as_set["runs"] if run["error"]}
    assert failed == dict.fromkeys(["12", "3", "6", "9"], "The database refused it: Not this one.")


async def test_a_member_whose_every_block_failed_has_failed_though_they_were_passed_over(
    furnished: Office,
) -> None:
    await furnished.execute(FORBID)
    await furnished.execute(
        "CREATE TRIGGER forbid BEFORE UPDATE ON data.items FOR EACH ROW EXECUTE FUNCTION data.forbid()"
    )
    keys = [str(number) for number in range(1, RECORDS + 1)]
    nodes = [{**UPDATE, "key": key, "on_error": {"policy": "continue"}} for key in ("first", "second")]
    as_set, one_by_one = await both_ways(furnished, draw(MANUAL, *nodes), keys, chunk=100)
    assert differences(as_set, one_by_one) == []
    failed = {run["record_id"]: run for run in as_set["runs"] if run["status"] != "succeeded"}
    assert {(run["status"], run["error"]["code"], run["error"]["node"]) for run in failed.values()} == {
        ("failed", "all_failed", "first")
    }
    assert sorted(failed) == ["12", "3", "6", "9"]


async def test_a_value_that_only_one_record_may_have_is_refused_to_the_others(furnished: Office) -> None:
    await furnished.execute("CREATE UNIQUE INDEX only_one ON data.items (note) WHERE note = 'seen'")
    as_set, one_by_one = await both_ways(furnished, draw(MANUAL, UPDATE), ["1", "2", "3"])
    assert differences(as_set, one_by_one) == []
    assert [run["status"] for run in as_set["runs"]] == ["succeeded", "failed", "failed"]


async def test_a_record_that_another_program_holds_is_left_to_the_engine(furnished: Office) -> None:
    async with furnished.database.transaction() as other:
        await other.execute("SELECT 1 FROM data.items WHERE id = 2 FOR UPDATE")
        async with furnished.database.transaction() as db:
            version = (await furnished.engine.current(db)).active[0].version
            tally = await work_off_alone(db, version, ["1", "2", "3"], furnished.admin)
    assert tally is not None
    assert (tally.processed, tally.changed, tally.failed) == (2, 0, 0)
    left = await furnished.runs(record_id="2")
    assert [(run["status"], run["node"], run["executions"]) for run in left] == [("queued", "stop", 0)]
    await furnished.settle()
    assert [run["status"] for run in await furnished.runs()] == ["succeeded"] * 3


async def test_what_a_set_changes_starts_workflows_with_their_chain(furnished: Office) -> None:
    follows = {"trigger": "record_updated", "fields": ["note"]}
    await furnished.publish(follows, {"key": "stop", "block": "stop"}, name="Follows")
    key = await furnished.publish(MANUAL, UPDATE, name="First")
    async with furnished.database.transaction() as db:
        active = (await furnished.engine.current(db)).active
        first = next(a.version for a in active if a.version.key == key)
        await work_off_alone(db, first, ["1", "2"], furnished.admin)
    await furnished.settle()
    causes = {run["record_id"]: run["id"] for run in await furnished.runs(workflow=key)}
    after = [run for run in await furnished.runs() if run["started_by"] == "record_updated"]
    assert {run["record_id"]: run["parent_run_id"] for run in after} == causes
    assert [(run["depth"], len(run["chain"])) for run in after] == [(2, 2), (2, 2)]


async def test_a_rule_that_the_table_has_since_a_moment_ago_holds_and_one_that_it_lost_does_not(
    furnished: Office,
) -> None:
    rule = "ALTER TABLE data.items ADD CONSTRAINT no_first CHECK (id <> 1 OR note IS NULL)"
    failed: list[int] = []
    for sql in (rule, "ALTER TABLE data.items DROP CONSTRAINT no_first", rule):
        await furnished.execute(sql)
        as_set, one_by_one = await both_ways(furnished, draw(MANUAL, UPDATE), ["1", "2"])
        assert differences(as_set, one_by_one) == []
        failed.append(sum(run["status"] == "failed" for run in as_set["runs"]))
    assert failed == [1, 0, 1]

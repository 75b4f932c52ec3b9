"""A workflow that acts as a role: its runs do what both the publisher and the role may, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from tests.office import Office, draw, work_off_bulk_runs

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.people.rights import load_rights
from whereupon.people.roles import ModuleRights, NewRole, RoleChange, change_role, create_role, delete_role
from whereupon.people.service_roles import rights_of_run
from whereupon.runs.actions import release_runs
from whereupon.runs.advance import advance_batch
from whereupon.runs.bulk import chunks
from whereupon.runs.bulk.opening import open_bulk_run, take_list_now
from whereupon.runs.definitions import Definitions, Version, load_definitions
from whereupon.runs.rehearsal import ToRehearse, rehearse
from whereupon.runs.review import compare_versions, review
from whereupon.runs.start import NewRun, insert_runs
from whereupon.sdk import data_tasks, registry
from whereupon.workflows import store
from whereupon.workflows.saved_tasks import NewDataTask, create_task

CREATED, MANUAL = {"trigger": "record_created"}, {"trigger": "manual"}
NOTE = {"key": "note", "block": "update_record", "set": {"note": "seen"}}
STOP = {"key": "stop", "block": "stop"}
DRAWN = {
    kind: [["start", "next", "b"], ["b", port, "stop"]]
    for kind, port in {"read": "true", "each": "each"}.items()
}
NOTED = {"field": "note", "operator": "is_not_empty"}
WIDE = {"read": "all", "create": "all", "update": "all", "delete": "all"}


async def role(office: Office, key: str = "clerk", **items: Any) -> None:
    """A role with these rights in items, made or changed as an administrator does it."""
    modules = {"items": ModuleRights.model_validate(items)} if items else {}
    async with office.database.transaction() as db:
        if await db.fetchval("SELECT EXISTS (SELECT FROM whereupon.roles WHERE key = $1)", key):
            await change_role(db, key, RoleChange(modules=modules), actor=office.admin)
        else:
            new = NewRole(key=key, name=key.capitalize(), modules=modules)
            await create_role(db, new, actor=office.admin)


# A matrix: what each block does as each role ----------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A role's rights in items; `note` is the level of that one field."""

    read: str
    update: str = "none"
    create: str = "none"
    delete: str = "none"
    note: str = "write"

    def rights(self) -> ModuleRights:
        fields = {} if self.note == "write" else {"note": self.note}
        return ModuleRights.model_validate(
            {"read": self.read, "update": self.update, "create": self.create, "delete": self.delete,
             "fields": fields}
        )  # fmt: skip

    def reaches(self, extent: str, record: str) -> bool:
        """Whether an extent goes as far as a record: "ours" is the publisher's own."""
        return extent == "all" or (extent == "own" and record == "ours")

    def knows(self, record: str) -> bool:
        """Whether it may read the note of a record."""
        return self.reaches(self.read, record) and self.note != "none"


RECORDS = ("ours", "other's")
EXTENTS, LEVELS = ("none", "own", "all"), ("write", "read", "none")
READS = [Case(read=read, note=note) for read, note in product(EXTENTS, LEVELS)]
KINDS: Mapping[str, tuple[Sequence[Mapping[str, Any]], Sequence[Case]]] = {
    "read": (
        [{"key": "b", "block": "if", "condition": NOTED}, STOP],
        READS,
    ),
    "update": (
        [{"key": "b", "block": "update_record", "set": {"note": "touched"}}],
        [Case(read=r, update=u, note=n) for r, u, n in product(EXTENTS, EXTENTS, LEVELS)],
    ),
    "create": (
        [{"key": "b", "block": "create_record", "module": "items",
          "set": {"name": "made", "note": "touched"}}],
        [Case(read=r, create=c, note=n) for r, c, n in product(EXTENTS, ("none", "all"), LEVELS)],
    ),
    "delete": (
        [{"key": "b", "block": "delete_record", "which": "record"}],
        [Case(read=r, delete=d) for r, d in product(EXTENTS, EXTENTS)],
    ),
    "mail": (
        [{"key": "b", "block": "send_email", "to": [{"field": "email"}], "subject": "News",
         "text": "{{ record.note }}"}],
        READS,
    ),
    "papers": (
        [{"key": "b", "block": "send_email", "to": [{"address": "me@example.org"}], "subject": "Papers",
          "text": "Here", "attachments": [{"documents": True}]}],
        READS,
    ),
    "find": (
        [{"key": "b", "block": "find_records", "module": "items", "columns": ["name", "note"]}],
        READS,
    ),
    "found": (
        [{"key": "b", "block": "update_record", "which": "found", "module": "items", "where": NOTED,
          "set": {"note": "touched"}}],
        [Case(read=r, update=u, note=n) for r, u, n in product(EXTENTS, EXTENTS, LEVELS)],
    ),
    "each": (
        [{"key": "b", "block": "for_each", "which": "found", "module": "items", "where": NOTED}, STOP],
        READS,
    ),
    "task": (
        [{"key": "b", "block": "data_task", "task": "touch", "this_record": True}],
        [Case(read=r, update=u, note=n) for r, u, n in product(EXTENTS, EXTENTS, LEVELS)],
    ),
}  # fmt: skip


PAPER = """
INSERT INTO whereupon.documents (sha256, name, media_type, size, module_id, record_id)
SELECT sha256($1::text::bytea), $1, 'text/plain', 3, m.id, $2
FROM whereupon.modules m WHERE m.key = 'items'
"""


def allowed(kind: str, case: Case, record: str) -> set[str]:
    """What a run on this record may leave behind, said apart from the engine."""
    writes = case.reaches(case.update, record) and case.note == "write"
    match kind:
        case "read" if case.knows(record):
            return {f"read {record}"}
        case "mail" if case.knows(record):
            return {f"mail {record}"}
        case "find" if case.knows(record):
            return {f"found {one}" for one in RECORDS if case.knows(one)}
        case "papers" if case.reaches(case.read, record):
            return {f"papers {record}"}
        case "each" if case.knows(record):
            return {f"item {one}" for one in RECORDS if case.knows(one)}
        case "found" if case.knows(record) and case.note == "write":
            known = [one for one in RECORDS if case.knows(one)]
            return {f"changed {one}" for one in known if case.reaches(case.update, one)}
        case "update" if writes:
            return {f"changed {record}"}
        case "task" if writes and case.reaches(case.read, record):
            return {f"changed {record}"}
        case "delete" if case.reaches(case.delete, record):
            return {f"deleted {record}"}
        case "create" if case.create == "all" and case.note == "write":
            return {"made"}
        case _:
            return set()


class Undo(Exception):
    """Raised to take a transaction back."""


async def left_behind(db: Connection, before: set[str]) -> set[str]:
    """What happened, from the tables alone."""
    items = {row["name"]: row for row in await db.fetch("SELECT name, note FROM data.items")}
    found = {f"deleted {name}" for name in before - items.keys()}
    found |= {f"changed {name}" for name in before & items.keys() if items[name]["note"] == "touched"}
    found |= {"made" for name in items.keys() - before}
    for mail in await db.fetch("SELECT recipient, context FROM whereupon.messages"):
        if attached := mail["context"].get("attachments"):
            found |= {f"papers {one['name']}" for one in attached}
            continue
        name = {"ours@example.org": "ours", "other@example.org": "other's"}[mail["recipient"]]
        assert mail["context"] == {"record": {"note": f"secret of {name}"}}
        found.add(f"mail {name}")
    items_of_loops = "SELECT i.name FROM whereupon.runs r JOIN data.items i ON i.id::text = r.record_id "
    items_of_loops += "WHERE r.started_by = 'for_each'"
    found |= {f"item {row['name']}" for row in await db.fetch(items_of_loops)}
    steps = "SELECT r.record_id, i.name, s.block, s.port, s.output, s.status FROM whereupon.step_runs s "
    steps += "JOIN whereupon.runs r ON r.id = s.run_id LEFT JOIN data.items i ON i.id::text = r.record_id"
    for step in await db.fetch(steps):
        if step["block"] == "if" and step["status"] == "succeeded":
            found.add(f"read {step['name']}")
        for row in (step["output"] or {}).get("rows", []):
            assert row["note"] == f"secret of {row['name']}"
            found.add(f"found {row['name']}")
    return found


async def alone(db: Connection, known: Definitions, version: Version, keys: Sequence[str]) -> None:
    """A run for each record, by the engine."""
    for key in keys:
        run = NewRun(version.workflow_id, version.id, version.plan.first, "manual", version.module.id, key)  # type: ignore[union-attr]
        await insert_runs(db, [run])
        while (await advance_batch(db, known, careful=True)).runs:
            pass


async def together(db: Connection, known: Definitions, version: Version, keys: Sequence[str]) -> None:
    """A bulk run that an administrator ordered, as its worker does it."""
    user = version.user_id
    bulk = await open_bulk_run(db, version, started_by="manual", user_id=user)
    try:
        async with db.transaction():
            await take_list_now(db, version, bulk)
    except Refused:  # the role may read none: there is no list
        return
    while (chunk := await chunks.take_chunk(db)) is not None:
        await chunks.work_off(db, version, chunk)
        while (await advance_batch(db, known, careful=True)).runs:
            pass


def kinds_by_role() -> dict[Case, list[str]]:
    found: dict[Case, list[str]] = {}
    for kind, (_, some) in KINDS.items():
        for case in some:
            found.setdefault(case, []).append(kind)
    return found


async def test_no_run_touches_what_its_role_may_not(office: Office) -> None:
    other = await office.user("somebody@example.org")
    ours = {"owner": office.admin, "email": "ours@example.org", "note": "secret of ours"}
    theirs = {"owner": other, "email": "other@example.org", "note": "secret of other's"}
    keys = [str(await office.insert(name="ours", **ours)), str(await office.insert(name="other's", **theirs))]
    touch: Any = {
        "name": "Touch",
        "key": "touch",
        "definition": {"module": "items", "set": {"note": "touched"}},
    }
    async with office.database.transaction() as db:
        await create_task(db, office.rights, NewDataTask.model_validate(touch))
    for name, key in zip(RECORDS, keys, strict=True):
        await office.execute(PAPER, name, key)
    await role(office, **WIDE)
    published = {
        kind: await office.publish(MANUAL, *nodes, edges=DRAWN.get(kind), name=kind, acts_as="clerk")
        for kind, (nodes, _) in KINDS.items()
    }
    wrong: list[str] = []
    for case, kinds in kinds_by_role().items():
        with suppress(Undo):
            async with office.database.transaction() as db:
                change = RoleChange(modules={"items": case.rights()})
                await change_role(db, "clerk", change, actor=office.admin)
                known = await load_definitions(db)
                for kind, way in product(kinds, (alone, together)):
                    version = next(v for v in known.versions.values() if v.key == published[kind])
                    with suppress(Undo):
                        async with db.transaction():
                            await way(db, known, version, keys)
                            found = await left_behind(db, set(RECORDS))
                            raise Undo
                    listed = [one for one in RECORDS if way is alone or case.reaches(case.read, one)]
                    expected = set[str]().union(*(allowed(kind, case, one) for one in listed))
                    if found != expected:
                        wrong.append(f"{kind} {way.__name__} {case}: {found}, not {expected}")
                raise Undo
    assert wrong == []


# While one draws, and when one publishes -------------------------------------------------------------


async def problems(office: Office, *nodes: Any, **settings: Any) -> list[tuple[str, str, str]]:
    async with office.database.transaction() as db:
        new = store.NewWorkflow(name="Draft", module="items", document=draw(CREATED, *nodes, **settings))
        key = (await store.create_workflow(db, office.rights, new))["key"]
        found = await store.problems_of_draft(db, office.rights, key)
    return [(one.code, one.path, one.message) for one in found]


REFUSED = [
    ({}, "refused", "/nodes/0", "With the rights of “Clerk”, the workflow may not read Items."),
    ({"read": "all"}, "refused", "/nodes/1",
     'With the rights of “Clerk”, the workflow may not update records of "items".'),
    ({"read": "all", "update": "all", "fields": {"note": "read"}}, "refused", "/nodes/1",
     'With the rights of “Clerk”, the workflow may not write "note" of "items".'),
]  # fmt: skip


@pytest.mark.parametrize(("items", "code", "at", "told"), REFUSED)
async def test_what_the_role_may_not_is_named_at_its_place(
    office: Office, items: Any, code: str, at: str, told: str
) -> None:
    await role(office, **items)
    assert (code, at, told) in await problems(office, NOTE, acts_as="clerk")
    with pytest.raises(Invalid):
        await office.publish(CREATED, NOTE, acts_as="clerk")


async def test_blocks_that_write_no_field_are_named_too_where_records_may_not_be_changed(
    office: Office,
) -> None:
    await role(office, read="all")
    told = 'With the rights of “Clerk”, the workflow may not update records of "items".'
    beside = ("insert_activity", "strategy_status", "rename_document", "move_document", "generate_pdf")
    for key in beside:
        node = {"key": "b", "block": key, **registry.block(key).examples[0]}
        assert ("refused", "/nodes/1", told) in await problems(office, node, acts_as="clerk"), key


async def test_a_role_that_is_not_there_or_may_everything_is_refused_with_the_way_out(office: Office) -> None:
    await role(office, **WIDE)
    assert await problems(office, NOTE, acts_as="clerk") == []
    told = 'There is no role "clark".'
    assert await problems(office, NOTE, acts_as="clark") == [("unknown_role", "/settings/acts_as", told)]
    ((code, at, _),) = await problems(office, NOTE, acts_as="administrator")
    assert (code, at) == ("administrator_role", "/settings/acts_as")
    with pytest.raises(Invalid):
        await problems(office, NOTE, acts_as="No key")


async def test_who_publishes_is_looked_at_first_and_the_role_gives_them_nothing(office: Office) -> None:
    await role(office, **WIDE)
    await role(office, "drawer", read="all")
    await office.execute("UPDATE whereupon.roles SET builder = true WHERE key = 'drawer'")
    user = await office.user("drawer@example.org", role="drawer")
    async with office.database.connection() as db:
        rights = await load_rights(db, user)
    with pytest.raises(Invalid) as refused:
        await office.publish(CREATED, NOTE, rights=rights, acts_as="clerk")
    assert [one.message for one in refused.value.problems] == [
        'The workflow would act as you. You may not update records of "items".'
    ]


async def test_the_review_counts_what_the_role_may_read_and_says_the_change_in_words(office: Office) -> None:
    await role(office, read="own", update="own")
    await office.insert(name="ours", owner=office.admin)
    await office.insert(name="nobody's")
    key = await office.publish(CREATED, NOTE)
    async with office.database.transaction() as db:
        change = store.WorkflowChange(document=draw(CREATED, NOTE, acts_as="clerk"))
        await store.change_workflow(db, office.rights, key, change)
        found = await review(db, office.rights, key)
        compared = await compare_versions(db, office.rights, key, "draft", "1")
    assert found.records.active is not None
    assert found.records.draft is not None
    assert (found.records.active.count, found.records.draft.count) == (2, 1)
    label = "Its runs act with the rights of"
    assert [(one.label, one.before, one.after) for one in found.differences.settings] == [
        (label, "whoever publishes it", "Clerk")
    ]
    assert [(one.before, one.after) for one in compared.settings] == [("Clerk", "whoever publishes it")]


async def test_a_test_of_a_draft_may_do_no_more(office: Office) -> None:
    await role(office, read="all", update="own")
    other = await office.insert(name="nobody's")
    document = draw(CREATED, NOTE, acts_as="clerk")
    found = await rehearse(
        office.database, office.rights, ToRehearse(document, "items", [str(other)], anyway=True)
    )
    record = found["records"][0]
    assert record["status"] == "failed"
    assert "With the rights of “Clerk”, the workflow may not update it." in str(record)


# While it runs ----------------------------------------------------------------------------------------


async def test_a_change_of_the_role_holds_at_the_next_block(office: Office) -> None:
    await role(office, **WIDE)
    wait = {"key": "wait", "block": "wait", "duration": {"amount": 1, "unit": "hours"}}
    await office.publish(
        CREATED, NOTE, wait, NOTE | {"key": "again", "set": {"note": "again"}}, acts_as="clerk"
    )
    key = await office.insert(name="a")
    await office.settle()
    await role(office, read="all")
    await office.skip_time("1 hour")
    assert (await office.item(key))["note"] == "seen"
    (run,) = await office.runs()
    assert (run["status"], run["error"]["code"]) == ("failed", "refused")
    told = 'With the rights of “Clerk”, the workflow may not update records of "items".'
    assert run["error"]["message"].startswith(told)


async def test_a_role_in_use_stays_and_without_it_runs_are_held(office: Office) -> None:
    await role(office, **WIDE)
    key = await office.publish(CREATED, NOTE, name="Notes", acts_as="clerk")
    with pytest.raises(Conflict, match="“Notes”"):
        async with office.database.transaction() as db:
            await delete_role(db, "clerk", actor=office.admin)
    await office.execute("DELETE FROM whereupon.roles WHERE key = 'clerk'")  # past the program
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    item = await office.insert(name="a")
    await office.settle()
    (run,) = await office.runs()
    assert (run["status"], run["error"]["code"]) == ("held", "role_gone")
    async with office.database.connection() as db:
        with pytest.raises(Refused, match='"clerk"'):
            await rights_of_run(db, await load_catalog(db), run["id"])
    await role(office, **WIDE)
    async with office.database.transaction() as db:
        await release_runs(db, office.rights, [run["id"]])
    await office.settle()
    assert (await office.item(item))["note"] == "seen"
    async with office.database.transaction() as db:
        assert (await rights_of_run(db, await load_catalog(db), run["id"])).acts_as == ("clerk", "Clerk")
        await store.delete_workflow(db, office.rights, key)
        await delete_role(db, "clerk", actor=office.admin)  # nobody needs it any more


async def test_what_it_starts_has_its_own_rights_and_only_where_the_role_may_read(office: Office) -> None:
    await role(office, read="own", update="none")
    called = await office.publish({"trigger": "called"}, NOTE, name="Called")
    start = {"key": "other", "block": "run_workflow", "workflow": called}
    await office.publish(MANUAL, start, name="Starts", acts_as="clerk")
    ours, other = await office.insert(name="ours", owner=office.admin), await office.insert(name="other")
    await office.by_hand("starts", [str(ours), str(other)])
    assert [(await office.item(one))["note"] for one in (ours, other)] == ["seen", None]


async def test_a_data_task_that_became_a_bulk_run_is_narrowed_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_tasks, "MOST_RECORDS", 1)
    await role(office, read="all", update="own")
    task: Any = {"name": "Touch", "key": "touch", "definition": {"module": "items", "set": {"note": "seen"}}}
    async with office.database.transaction() as db:
        await create_task(db, office.rights, NewDataTask.model_validate(task))
    ours, other = await office.insert(name="ours", owner=office.admin), await office.insert(name="other")
    run_it = {"key": "task", "block": "data_task", "task": "touch"}
    key = await office.publish(MANUAL, run_it, module=None, acts_as="clerk")
    await office.by_hand(key)
    await work_off_bulk_runs(office)
    assert [(await office.item(one))["note"] for one in (ours, other)] == ["seen", None]
    failed = await office.fetchval("SELECT failed FROM whereupon.bulk_runs")
    assert failed == 1

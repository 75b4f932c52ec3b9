"""Records go in checked, come out flat, and nobody overwrites what somebody else changed."""

import asyncio
import itertools
import time
from typing import Any

import pytest

from whereupon.db.pool import Connection, Database
from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Refused
from whereupon.modules.definitions import FieldChange
from whereupon.records.bulk import create_records, delete_records, update_records
from whereupon.records.read import read_record
from whereupon.records.schema import DEFINER, defining
from whereupon.records.write import create_record, delete_record, update_record

ALL = {"read": "all", "create": "all", "update": "all", "delete": "all"}
OWN = {"read": "all", "create": "all", "update": "own", "delete": "own"}


async def test_a_record_comes_back_as_it_is_stored(world, db: Connection):
    account = await create_record(db, world.catalog, "accounts", {"name": "Åkeri & Co"}, world.admin)
    record = await create_record(db, world.catalog, "cases", {
        "subject": "Ärende", "amount": "12.50", "rate": 0.1, "due": "2026-11-22", "at": "14:30",
        "seen": "2026-11-22T14:30:00+02:00", "urgent": False, "tags": ["ä", "a"], "account": account.id, "owner": 2,  # noqa: E501
    }, world.admin)  # fmt: skip
    shown = record.values
    assert shown["created_at"] == shown["updated_at"]
    assert {k: v for k, v in shown.items() if k not in ("created_at", "updated_at")} == {
        "id": 1, "created_by": 1, "subject": "Ärende", "status": "new", "amount": 12.5, "rate": 0.1,
        "due": "2026-11-22", "seen": "2026-11-22T12:30:00+00:00", "at": "14:30:00", "urgent": False,
        "tags": ["ä", "a"], "account": 1, "parent": None, "owner": 2, "number": "C-0001", "double": 25,
        "company": "Åkeri & Co", "lines": [],
    }  # fmt: skip
    again = await read_record(db, world.catalog, "cases", record.id, world.admin.rights)
    assert (again.id, again.etag, again.values) == (record.id, record.etag, record.values)
    change = await db.fetchrow(
        "SELECT actor_id, origin, record_id FROM whereupon.changes ORDER BY id DESC LIMIT 1"
    )
    assert tuple(change or ()) == (1, "api", "1")


async def test_an_empty_text_is_a_missing_value(world, db: Connection):
    record = await create_record(
        db, world.catalog, "cases", {"subject": "x", "due": "", "tags": []}, world.admin
    )
    assert (record.values["due"], record.values["tags"]) == (None, None)


BAD = [
    ({}, {"/subject": "required"}),
    ({"subject": ""}, {"/subject": "required"}),
    ({"subject": None}, {"/subject": "required"}),
    ([], {"": "wrong_type"}),
    ({"subject": "å" * 51, "amount": "much", "due": "2026-13-01", "tags": "a", "owner": "Bo"},
     {"/subject": "too_long", "/amount": "wrong_type", "/due": "out_of_range", "/tags": "wrong_type", "/owner": "wrong_type"}),  # noqa: E501
    ({"subject": "x", "subjct": "y", "a/b": 1}, {"/subjct": "unknown_field", "/a~1b": "unknown_field"}),
    ({"subject": "x", "id": 5, "created_at": "2026-01-01T00:00:00Z", "number": "C-9", "double": 1},
     dict.fromkeys(("/id", "/created_at", "/number", "/double"), "read_only")),
    ({"subject": "x", "account": 99, "parent": 98, "owner": 97},
     dict.fromkeys(("/account", "/parent", "/owner"), "no_such_record")),
    ({"subject": "x", "account": "abc"}, {"/account": "no_such_record"}),
    ({"subject": "x", "amount": 10**16}, {"/amount": "out_of_range"}),
    ({"subject": "x", "lines": [{}, {"product": "p", "id": 1}, {"product": "p", "quantity": 1.5}, 7]},
     {"/lines/0/product": "required", "/lines/1/id": "read_only", "/lines/2/quantity": "not_whole", "/lines/3": "wrong_type"}),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), BAD)
async def test_every_wrong_field_is_named_at_once(world, db: Connection, data: Any, expected: dict[str, str]):
    with pytest.raises(Invalid) as refusal:
        await create_record(db, world.catalog, "cases", data, world.admin)
    assert {p.path: p.code for p in refusal.value.problems} == expected
    assert await db.fetchval("SELECT count(*) FROM data.cases") == 0


async def test_a_value_that_must_be_unique_is_said_by_its_field(world, db: Connection):
    await create_record(db, world.catalog, "accounts", {"name": "Örn"}, world.admin)
    with pytest.raises(Invalid) as refusal:
        await create_record(db, world.catalog, "accounts", {"name": "öRN"}, world.admin)
    assert [(p.path, p.code) for p in refusal.value.problems] == [("/name", "not_unique")]


async def test_only_one_of_two_edits_of_the_same_record_wins(world, db: Connection):
    record = await create_record(db, world.catalog, "cases", {"subject": "x"}, world.admin)
    edits = {
        "db": db,
        "catalog": world.catalog,
        "module_key": "cases",
        "record_id": record.id,
        "writer": world.admin,
    }
    changed = await update_record(**edits, data={"subject": "första"}, if_match=record.etag)
    assert changed.values["subject"] == "första"
    with pytest.raises(PreconditionFailed):
        await update_record(**edits, data={"subject": "second"}, if_match=record.etag)
    with pytest.raises(PreconditionFailed):
        await delete_record(db, world.catalog, "cases", record.id, world.admin, if_match=record.etag)
    unconditional = await update_record(**edits, data={"subject": "third"})
    await delete_record(db, world.catalog, "cases", record.id, world.admin, if_match=unconditional.etag)
    with pytest.raises(NotFound):
        await update_record(**edits, data={"subject": "fourth"})


async def test_an_update_of_nothing_changes_nothing(world, db: Connection):
    record = await create_record(db, world.catalog, "cases", {"subject": "x"}, world.admin)
    await update_record(db, world.catalog, "cases", record.id, {}, world.admin)
    await update_record(db, world.catalog, "cases", record.id, {"subject": "x"}, world.admin)
    assert await db.fetchval("SELECT count(*) FROM whereupon.changes") == 1
    assert await db.fetchval("SELECT updated_at = created_at FROM data.cases")


async def test_the_same_number_of_people_may_edit_at_once(world, database: Database, db: Connection):
    record = await create_record(db, world.catalog, "cases", {"subject": "x"}, world.admin)

    async def edit(i: int) -> bool:
        async with database.connection() as own:
            try:
                await update_record(
                    own, world.catalog, "cases", record.id, {"rate": i}, world.admin, if_match=record.etag
                )
            except PreconditionFailed:
                return False
            return True

    assert sum(await asyncio.gather(*(edit(i) for i in range(6)))) == 1


@pytest.mark.parametrize(
    "id", ["", "0", "abc", "1.0", "-5", "99999999999999999999", "1\x00", "٣", "1 OR 1=1"]
)
async def test_a_record_that_is_not_there_is_not_found(world, db: Connection, id: str):
    for attempt in (
        read_record(db, world.catalog, "cases", id, world.admin.rights),
        update_record(db, world.catalog, "cases", id, {"subject": "x"}, world.admin),
        delete_record(db, world.catalog, "cases", id, world.admin),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_record_that_others_refer_to_stays(world, db: Connection):
    account = await create_record(db, world.catalog, "accounts", {"name": "a"}, world.admin)
    case = await create_record(
        db, world.catalog, "cases", {"subject": "x", "account": account.id}, world.admin
    )
    await create_record(db, world.catalog, "cases", {"subject": "y", "parent": case.id}, world.admin)
    with pytest.raises(Conflict, match=r"cases\.account"):
        await delete_record(db, world.catalog, "accounts", account.id, world.admin)
    with pytest.raises(Conflict, match=r"cases\.parent"):
        await delete_record(db, world.catalog, "cases", case.id, world.admin)


# Line items -------------------------------------------------------------------------------------


async def test_lines_come_and_go_with_their_record(world, db: Connection):
    lines = [{"product": "Räka", "quantity": 2}, {"product": "b"}, {"product": "c"}]
    record = await create_record(db, world.catalog, "cases", {"subject": "x", "lines": lines}, world.admin)
    first, _, third = record.values["lines"]
    assert [line["product"] for line in record.values["lines"]] == ["Räka", "b", "c"]
    wanted = [{"id": third["id"], "quantity": 9}, {"product": "new"}, {"id": first["id"]}]
    changed = await update_record(db, world.catalog, "cases", record.id, {"lines": wanted}, world.admin)
    assert [(line["product"], line["quantity"]) for line in changed.values["lines"]] == [
        ("c", 9),
        ("new", None),
        ("Räka", 2),
    ]
    assert changed.etag != record.etag
    same = [{"id": line["id"]} for line in changed.values["lines"]]
    unchanged = await update_record(db, world.catalog, "cases", record.id, {"lines": same}, world.admin)
    assert unchanged.values == changed.values
    await update_record(db, world.catalog, "cases", record.id, {"lines": []}, world.admin)
    assert await db.fetchval("SELECT count(*) FROM data.cases_lines") == 0


async def test_lines_of_another_record_cannot_be_taken(world, db: Connection):
    lines = {"subject": "x", "lines": [{"product": "p"}]}
    one = await create_record(db, world.catalog, "cases", lines, world.admin)
    two = await create_record(db, world.catalog, "cases", lines, world.admin)
    stolen = one.values["lines"][0]["id"]
    for line in ({"id": stolen, "product": "mine"}, {"product": "p", "parent": 1}, {"id": "x"}):
        with pytest.raises(Invalid):
            await update_record(db, world.catalog, "cases", two.id, {"lines": [line]}, world.admin)
    assert (await read_record(db, world.catalog, "cases", one.id, world.admin.rights)).values == one.values


async def test_a_record_whose_line_is_refused_is_not_made(world, db: Connection):
    await db.execute("ALTER TABLE data.cases_lines ADD CONSTRAINT few CHECK (quantity < 10)")
    with pytest.raises(Invalid):
        await create_record(
            db,
            world.catalog,
            "cases",
            {"subject": "x", "lines": [{"product": "p", "quantity": 10}]},
            world.admin,
        )
    assert await db.fetchval("SELECT count(*) FROM data.cases") == 0
    assert await db.fetchval("SELECT count(*) FROM whereupon.changes") == 0


# Rights -----------------------------------------------------------------------------------------


async def test_without_a_right_nothing_is_done(world, db: Connection):
    record = await create_record(db, world.catalog, "cases", {"subject": "x"}, world.admin)
    nobody = world.writer()
    for attempt in (
        create_record(db, world.catalog, "cases", {"subject": "x"}, nobody),
        update_record(db, world.catalog, "cases", record.id, {"subject": "y"}, nobody),
        delete_record(db, world.catalog, "cases", record.id, nobody),
        read_record(db, world.catalog, "cases", record.id, nobody.rights),
        create_records(db, world.catalog, "cases", [{"subject": "x"}], nobody),
        update_records(db, world.catalog, "cases", [{"id": record.id, "subject": "x"}], nobody),
        delete_records(db, world.catalog, "cases", [record.id], nobody),
    ):
        with pytest.raises(Refused):
            await attempt
    assert await db.fetchval("SELECT count(*) FROM whereupon.changes") == 1


async def test_own_means_what_the_owner_field_says(world, db: Connection):
    bo = world.writer(2, cases=OWN)
    mine = await create_record(db, world.catalog, "cases", {"subject": "mine", "owner": 2}, world.admin)
    others = await create_record(db, world.catalog, "cases", {"subject": "hers", "owner": 1}, world.admin)
    assert (await update_record(db, world.catalog, "cases", mine.id, {"subject": "y"}, bo)).values[
        "subject"
    ] == "y"
    with pytest.raises(Refused):
        await update_record(db, world.catalog, "cases", others.id, {"subject": "y"}, bo)
    with pytest.raises(Refused):
        await delete_record(db, world.catalog, "cases", others.id, bo)
    with pytest.raises(Conflict):
        await update_records(
            db, world.catalog, "cases", [{"id": i, "rate": 1} for i in (mine.id, others.id)], bo
        )
    hidden = world.writer(2, cases={**OWN, "read": "own"})
    with pytest.raises(NotFound):
        await read_record(db, world.catalog, "cases", others.id, hidden.rights)
    with pytest.raises(NotFound):
        await delete_record(db, world.catalog, "cases", others.id, hidden)


async def test_fields_that_are_held_back_are_neither_shown_nor_written(world, db: Connection):
    bo = world.writer(
        2, cases={**ALL, "hidden": frozenset({"amount"}), "locked_on_update": frozenset({"amount", "due"})}
    )
    record = await create_record(db, world.catalog, "cases", {"subject": "x", "due": "2026-01-01"}, bo)
    assert "amount" not in record.values
    with pytest.raises(Refused, match="due"):
        await update_record(db, world.catalog, "cases", record.id, {"due": "2026-01-02"}, bo)


# Many at once -----------------------------------------------------------------------------------


async def test_many_records_are_made_in_order_or_not_at_all(world, db: Connection):
    data = [
        {"subject": f"Ä{i}", **({"rate": i, "tags": ["ä"], "due": "2026-01-01"} if i % 2 else {})}
        for i in range(100)
    ]
    made = await create_records(db, world.catalog, "cases", data, world.admin)
    assert [r.values["subject"] for r in made] == [d["subject"] for d in data]
    assert (made[1].values["tags"], made[0].values["status"], made[3].values["rate"]) == (["ä"], "new", 3)
    with pytest.raises(Invalid) as refusal:
        await create_records(
            db,
            world.catalog,
            "cases",
            [{"subject": "x"}, {"rate": "x"}, {"subject": "y", "z": 1}],
            world.admin,
        )
    assert {p.path for p in refusal.value.problems} == {"/1/rate", "/1/subject", "/2/z"}
    with pytest.raises(Invalid) as refusal:
        await create_records(
            db, world.catalog, "cases", [{"subject": "x"}, {"subject": "y", "account": 9}], world.admin
        )
    assert {p.path for p in refusal.value.problems} == {"/1/account"}
    assert await db.fetchval("SELECT count(*) FROM data.cases") == 100


@pytest.mark.parametrize("data", [None, {}, "x", [1], [None], [[]]])
async def test_a_bulk_call_without_records_is_refused(world, db: Connection, data: Any):
    with pytest.raises(Invalid):
        await create_records(db, world.catalog, "cases", data, world.admin)
    assert await create_records(db, world.catalog, "cases", [], world.admin) == []


async def test_many_records_are_changed_and_deleted_or_none(world, db: Connection):
    made = await create_records(
        db, world.catalog, "cases", [{"subject": str(i)} for i in range(3)], world.admin
    )
    changes = [{"id": r.id, "etag": r.etag, "subject": "ny"} for r in made]
    changed = await update_records(
        db, world.catalog, "cases", [*changes[:2], {"id": made[2].id, "rate": 5}], world.admin
    )
    assert [(r.values["subject"], r.values["rate"]) for r in changed] == [
        ("ny", None),
        ("ny", None),
        ("2", 5),
    ]
    with pytest.raises(Conflict):
        await update_records(db, world.catalog, "cases", changes, world.admin)
    with pytest.raises(NotFound):
        await delete_records(db, world.catalog, "cases", [made[0].id, "999"], world.admin)
    assert await delete_records(db, world.catalog, "cases", [r.id for r in made], world.admin) == 3


# While everything runs -----------------------------------------------------------------------------


async def test_a_definition_may_change_between_two_writes(world, database: Database, db: Connection):
    await create_record(db, world.catalog, "cases", {"subject": "x", "rate": 1}, world.admin)
    await defining(
        database, lambda db: DEFINER.change_field(db, "cases", "rate", FieldChange(type="integer"))
    )
    await create_record(db, world.catalog, "cases", {"subject": "x"}, world.admin)
    await defining(database, lambda db: DEFINER.remove_field(db, "cases", "rate"))
    with pytest.raises(Conflict):
        await create_record(db, world.catalog, "cases", {"subject": "x", "rate": 1}, world.admin)


async def test_single_creates_are_fast(world, database: Database):
    """Prints creates per second on eight connections; fails only far below what a laptop does."""
    count, names = 3000, itertools.count()

    async def work(db: Connection, n: int) -> None:
        for _ in range(n):
            await create_record(db, world.catalog, "accounts", {"name": f"Å {next(names)}"}, world.admin)

    async def on_own_connection(n: int) -> None:
        async with database.connection() as db:
            await work(db, n)

    await asyncio.gather(*(on_own_connection(20) for _ in range(8)))
    started = time.monotonic()
    await asyncio.gather(*(on_own_connection(count // 8) for _ in range(8)))
    rate = count / (time.monotonic() - started)
    print(f"{rate:,.0f} creates/s")
    assert rate > 300


async def test_a_line_is_put_only_under_a_record_that_one_may_update(world, db: Connection):
    mine = await create_record(db, world.catalog, "cases", {"subject": "mine", "owner": 2}, world.admin)
    other = await create_record(db, world.catalog, "cases", {"subject": "other", "owner": 1}, world.admin)
    lines = world.catalog.modules["cases"].fields["lines"].target
    link = world.catalog.modules[lines].parent_field
    everything_on_lines = {"read": "all", "create": "all", "update": "all", "delete": "all"}
    clerk = world.writer(cases=OWN, **{lines: everything_on_lines})
    made = await create_record(db, world.catalog, lines, {link: int(mine.id), "product": "Räka"}, clerk)
    for record in (int(other.id), 99):
        with pytest.raises(Invalid) as refused:
            await create_record(db, world.catalog, lines, {link: record, "product": "x"}, clerk)
        assert [(p.code, p.path) for p in refused.value.problems] == [("no_such_record", f"/{link}")]
        with pytest.raises(Invalid):
            await update_record(db, world.catalog, lines, made.id, {link: record}, clerk)
        with pytest.raises(Invalid):
            await create_records(db, world.catalog, lines, [{link: record, "product": "x"}], clerk)
    reader = world.writer(cases={"read": "all"}, **{lines: everything_on_lines})
    with pytest.raises(Refused):
        await create_record(db, world.catalog, lines, {link: int(mine.id), "product": "x"}, reader)

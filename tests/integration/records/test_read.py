"""Lists are stable, page by page, in any order, and show only what one may see."""

from typing import Any

import pytest

from whereupon.conditions import Scope, compile_condition
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Refused
from whereupon.records.bulk import create_records
from whereupon.records.read import count_records, list_records

PEOPLE = ["Åke", "anna", "Bo", "Örjan", None, "bo", None, "Cai"]


@pytest.fixture
async def filled(world, db: Connection):
    await create_records(db, world.catalog, "accounts", [{"name": "Acme"}, {"name": "Öbolaget"}], world.admin)
    data = [
        {"subject": name or "-", "rate": i % 3 or None, "due": f"2026-01-0{i % 4 + 1}" if name else None,
         "account": i % 2 + 1, "owner": i % 2 + 1, "amount": i, "urgent": i > 3}
        for i, name in enumerate(PEOPLE)
    ]  # fmt: skip
    await create_records(db, world.catalog, "cases", data, world.admin)
    return world


ORDERS = [
    [], ["-id"], ["subject"], ["-subject"], ["rate"], ["-rate"], ["due", "-rate"], ["-due", "subject"], ["account"],  # noqa: E501
    ["urgent", "-created_at"], ["double"], ["-company", "owner"], ["status"], ["number"],
]  # fmt: skip


@pytest.mark.parametrize("sort", ORDERS, ids=[",".join(o) or "none" for o in ORDERS])
async def test_pages_of_any_order_hold_every_record_once(filled, db: Connection, sort: list[str]):
    rights = filled.admin.rights
    whole = await list_records(db, filled.catalog, "cases", rights, sort=sort)
    found: list[str] = []
    cursor = None
    while True:
        page = await list_records(db, filled.catalog, "cases", rights, sort=sort, limit=3, cursor=cursor)
        found += [r.id for r in page.records]
        cursor = page.next
        if cursor is None:
            break
    assert found == [r.id for r in whole.records]
    assert sorted(found) == sorted(str(i + 1) for i in range(len(PEOPLE)))


async def test_text_is_sorted_ignoring_case_and_missing_values_come_last(filled, db: Connection):
    rights = filled.admin.rights
    by_name = await list_records(db, filled.catalog, "cases", rights, sort=["subject"])
    assert [r.values["subject"] for r in by_name.records] == [
        "-",
        "-",
        "anna",
        "Bo",
        "bo",
        "Cai",
        "Åke",
        "Örjan",
    ]
    for sort in ("rate", "-rate"):
        page = await list_records(db, filled.catalog, "cases", rights, sort=[sort])
        assert [r.values["rate"] for r in page.records][-3:] == [None] * 3


async def test_a_condition_chooses_the_records(filled, db: Connection):
    scope = Scope(filled.catalog, filled.catalog.module("cases"))
    where = compile_condition({"field": "account.name", "operator": "equals", "value": "ÖBOLAGET"}, scope)
    page = await list_records(db, filled.catalog, "cases", filled.admin.rights, where=where, limit=2)
    assert [r.id for r in page.records] == ["2", "4"]
    assert await count_records(db, filled.catalog, "cases", filled.admin.rights, where=where) == 4


async def test_titles_name_the_records_referred_to(filled, db: Connection):
    page = await list_records(db, filled.catalog, "cases", filled.admin.rights, titles=True, limit=2)
    assert page.titles == {
        "account": {"1": "Acme", "2": "Öbolaget"}, "owner": {"1": "Anna", "2": "Bo"}, "created_by": {"1": "Anna"},  # noqa: E501
    }  # fmt: skip
    only_cases = filled.writer(2, cases={"read": "all"}).rights
    assert (await list_records(db, filled.catalog, "cases", only_cases, titles=True)).titles == {}


async def test_one_sees_only_ones_own_where_that_is_the_right(filled, db: Connection):
    rights = filled.writer(2, cases={"read": "own", "hidden": frozenset({"amount", "double"})}).rights
    page = await list_records(db, filled.catalog, "cases", rights)
    assert {r.values["owner"] for r in page.records} == {2}
    assert await count_records(db, filled.catalog, "cases", rights) == 4
    assert "amount" not in page.records[0].values
    for given in ({"sort": ["amount"]}, {"fields": ["amount"]}):
        with pytest.raises(Invalid):
            await list_records(db, filled.catalog, "cases", rights, **given)
    with pytest.raises(Refused):
        await list_records(db, filled.catalog, "accounts", rights)


async def test_only_the_fields_asked_for_are_read(filled, db: Connection):
    page = await list_records(
        db, filled.catalog, "cases", filled.admin.rights, fields=["double", "subject"], limit=1
    )
    assert page.records[0].values == {"double": 0, "subject": "Åke"}


@pytest.mark.parametrize(
    "given", [{"sort": ["nope"]}, {"sort": ["lines"]}, {"sort": ["--id"]}, {"fields": ["Ä"]}]
)
async def test_what_is_not_there_is_refused(filled, db: Connection, given: Any):
    with pytest.raises(Invalid):
        await list_records(db, filled.catalog, "cases", filled.admin.rights, **given)


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "W10", "W1siIl0sWyJ4Il1d", "W1siIl0sW11d", "W1siIl0sWyIxXHUwMDAwIl1d"]
)
async def test_a_cursor_of_somebody_elses_making_is_refused(filled, db: Connection, cursor: str):
    with pytest.raises(Invalid):
        await list_records(db, filled.catalog, "cases", filled.admin.rights, cursor=cursor)


async def test_a_cursor_belongs_to_its_order(filled, db: Connection):
    page = await list_records(db, filled.catalog, "cases", filled.admin.rights, limit=2)
    with pytest.raises(Invalid):
        await list_records(db, filled.catalog, "cases", filled.admin.rights, sort=["-id"], cursor=page.next)


async def test_records_that_come_meanwhile_do_not_shift_the_pages(filled, db: Connection):
    rights = filled.admin.rights
    first = await list_records(db, filled.catalog, "cases", rights, sort=["subject"], limit=4)
    await create_records(db, filled.catalog, "cases", [{"subject": "aa"}, {"subject": "zz"}], filled.admin)
    rest = await list_records(
        db, filled.catalog, "cases", rights, sort=["subject"], limit=9, cursor=first.next
    )
    assert [r.values["subject"] for r in rest.records] == ["bo", "Cai", "zz", "Åke", "Örjan"]

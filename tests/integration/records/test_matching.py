"""How many records meet a condition: exact while that is quick, honest beyond."""

from __future__ import annotations

import pytest

from whereupon.people.rights import Grant, Rights
from whereupon.records.matching import COUNTED, find_matches

MANY = COUNTED + 500
FILL = (
    "INSERT INTO data.cases (subject, status, owner) "
    "SELECT 'Ärende ' || i, CASE WHEN i % 1000 = 1 THEN 'done' "
    f"ELSE 'new' END, 1 + i % 2 FROM generate_series(1, {MANY}) i"
)
RARE, ALL, NONE = "n.status = 'done'", "true", "n.subject = ''"
CASES = [
    (RARE, 11, 11, ["Ärende 1", "Ärende 1001", "Ärende 2001", "Ärende 3001", "Ärende 4001"]),
    (ALL, None, COUNTED, [f"Ärende {i}" for i in range(1, 6)]),
    (NONE, 0, 0, []),
]


@pytest.mark.parametrize(("where", "count", "at_least", "titles"), CASES)
async def test_matches_are_counted_up_to_ten_thousand_and_some_are_named(
    world, db, where, count, at_least, titles
):
    await db.execute(FILL)
    found = await find_matches(db, world.catalog, "cases", world.admin.rights, where)
    assert (found.count, found.at_least) == (count, at_least)
    assert [one.title for one in found.examples] == titles
    assert (found.total.count, found.total.exact) == (MANY, True)


async def test_what_takes_too_long_is_not_counted_and_the_transaction_goes_on(world, db):
    await db.execute(FILL)
    slow = "(SELECT count(*) FROM pg_sleep(0.1)) = 1 AND n.status = 'nowhere'"
    async with db.transaction():
        found = await find_matches(db, world.catalog, "cases", world.admin.rights, slow, milliseconds=30)
        assert (found.count, found.at_least, found.examples) == (None, 0, ())
        assert await db.fetchval("SELECT 1") == 1


async def test_only_records_that_one_may_read_are_counted_and_titles_only_if_shown(world, db):
    await db.execute(FILL)
    own = Rights(2, grants={"cases": Grant(read="own", hidden=frozenset({"subject"}))})
    found = await find_matches(db, world.catalog, "cases", own, RARE)
    assert (found.count, found.total.count) == (11, MANY // 2)
    assert {one.title for one in found.examples} == {None}

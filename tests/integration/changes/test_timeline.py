"""A record's timeline: newest first, field by field, page by page."""

from typing import Any

import pytest

from whereupon.changes.timeline import read_timeline
from whereupon.db.pool import Connection, Database, set_context
from whereupon.errors import Invalid
from whereupon.modules.catalog import Module


@pytest.fixture
async def history(cases: Module, database: Database, db: Connection) -> Module:
    await db.execute("INSERT INTO whereupon.users (id, email, name) VALUES (1, 'a@x.se', 'Åsa')")
    async with database.transaction() as writer:
        await set_context(writer, actor=1, origin="api")
        await writer.execute(
            "INSERT INTO data.cases (id, subject, n) VALUES (1, 'Ärende', 0), (2, 'other', 0)"
        )
    for n in range(1, 5):
        await db.execute("UPDATE data.cases SET n = $1", n)
    await db.execute("DELETE FROM data.cases WHERE id = 1")
    return cases


async def test_it_says_what_differs_who_did_it_and_how(history: Module, db: Connection):
    timeline = await read_timeline(db, history, "1")
    assert [e["operation"] for e in timeline.entries] == ["deleted", *["updated"] * 4, "created"]
    assert timeline.entries[1]["fields"] == {"n": {"before": 3, "after": 4}}
    assert timeline.entries[1]["actor"] is None
    created = timeline.entries[-1]
    assert created["fields"]["subject"] == {"before": None, "after": "Ärende"}
    assert (created["actor"], created["origin"], created["run"]) == ({"id": 1, "name": "Åsa"}, "api", None)


async def test_pages_follow_each_other_without_a_gap(history: Module, db: Connection):
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = await read_timeline(db, history, "1", limit=2, cursor=cursor)
        found += page.entries
        cursor = page.next
        if cursor is None:
            break
    assert found == list((await read_timeline(db, history, "1")).entries)


async def test_fields_that_may_not_be_read_are_left_out(history: Module, db: Connection):
    timeline = await read_timeline(db, history, "1", readable={"subject"})
    assert {key for e in timeline.entries for key in e["fields"]} == {"subject"}


@pytest.mark.parametrize("record", ["99", "", "Ö"])
async def test_a_record_without_changes_has_an_empty_timeline(history: Module, db: Connection, record: str):
    assert await read_timeline(db, history, record) == await read_timeline(db, history, "nobody")


@pytest.mark.parametrize("cursor", ["", "x", "-1", "9" * 30, "٣"])
async def test_a_cursor_of_somebody_elses_making_is_refused(history: Module, db: Connection, cursor: str):
    with pytest.raises(Invalid):
        await read_timeline(db, history, "1", cursor=cursor)

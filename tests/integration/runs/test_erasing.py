"""Erasing a record erases what is known of it, and nothing else (rule 30)."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from tests.integration.blocks.test_documents import add
from tests.office import Office

from whereupon.errors import NotFound, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.people.rights import load_rights
from whereupon.records.files import FileStore
from whereupon.records.sweeping import sweep
from whereupon.runs.erasing import erase_record

SECRET = "Zacharoula"
MAIL = {
    "key": "tell", "block": "send_email", "to": [{"address": "office@x.example"}],
    "subject": "Dear {{ record.name }}", "text": "Hello {{ record.name }}",
}  # fmt: skip
TASK = {"key": "todo", "block": "create_task", "title": "Call {{ record.name }}", "assignee": {"owner": True}}
WAIT = {"key": "later", "block": "wait", "duration": {"amount": 3, "unit": "days"}}
# Every row of our schema and of the data, as text.
TABLES = """
SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('whereupon', 'data')
"""


async def places_of(office: Office, text: str) -> set[str]:
    """The tables in which a text is found."""
    found = set[str]()
    for table in await office.fetch(TABLES):
        held = f"SELECT count(*) FROM {table['name']} t WHERE t::text ILIKE '%' || $1 || '%'"
        if await office.fetchval(held, text):
            found.add(table["name"])
    return found


async def erase(office: Office, item: int, by: int | None = None) -> dict[str, int]:
    async with office.database.transaction() as db:
        rights = await load_rights(db, by or office.admin)
        return await erase_record(db, await load_catalog(db), "items", str(item), rights)


async def test_what_is_erased_is_found_nowhere_and_others_keep_theirs(office: Office) -> None:
    await office.publish({"trigger": "record_created"}, MAIL, TASK, WAIT)
    gone, stays = [await office.insert(name=name, owner=office.admin) for name in (SECRET, "Andreas")]
    await add(office, gone, f"{SECRET}.pdf")
    await office.settle()
    assert {"whereupon.messages", "whereupon.changes", "whereupon.tasks", "data.items"} <= await places_of(
        office, SECRET
    )
    counted = await erase(office, gone)
    assert counted["runs"] == 1
    assert counted["records"] == 1
    # What the workflow itself says to everybody is no record's.
    assert await places_of(office, SECRET) <= {"whereupon.workflows", "whereupon.versions"}
    assert [run["record_id"] for run in await office.runs()] == [str(stays)]
    assert "Andreas" in (await office.item(stays))["name"]
    audited = await office.fetch("SELECT subject, details FROM whereupon.audit WHERE action = 'erase_record'")
    assert [row["subject"] for row in audited] == [f"record:items:{gone}"]


async def test_erasing_starts_no_workflow_and_ends_what_waited(office: Office) -> None:
    await office.publish({"trigger": "record_deleted"}, TASK)
    item = await office.insert(name=SECRET)
    await office.settle()
    await erase(office, item)
    await office.settle()
    assert await office.runs() == []


async def test_only_an_administrator_erases_and_only_what_is_there(office: Office) -> None:
    item = await office.insert(name=SECRET)
    clerk = await office.user("clerk@x.example")
    with pytest.raises(Refused):
        await erase(office, item, by=clerk)
    with pytest.raises(NotFound):
        await erase(office, item + 1)
    assert (await office.item(item))["name"] == SECRET


async def test_files_that_nothing_has_are_swept_after_their_time(office: Office, tmp_path: Path) -> None:
    files = FileStore(tmp_path / "documents")
    kept, lost = files.put(BytesIO(b"kept")), files.put(BytesIO(b"lost"))
    await office.execute(
        "INSERT INTO whereupon.documents (sha256, name, media_type, size) "
        "VALUES (decode($1, 'hex'), 'a.txt', 'text/plain', 4)",
        kept.sha256,
    )
    assert await sweep(office.database, files) == 0
    assert await sweep(office.database, files, grace=-1) == 1
    assert [files.path(one.sha256).exists() for one in (kept, lost)] == [True, False]

"""What happens to a record's documents starts workflows, and workflows put documents in order (B13, D20)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest
from tests.office import Office

from whereupon.errors import Invalid
from whereupon.people.rights import load_rights
from whereupon.runs.why import why

ADD = """
INSERT INTO whereupon.documents (sha256, name, media_type, size, type, folder, module_id, record_id,
                                 created_by)
SELECT $1, $2, 'application/pdf', 3, $3, $4, m.id, $5, $6 FROM whereupon.modules m WHERE m.key = 'items'
RETURNING id
"""
UPLOADED = {"trigger": "document_uploaded"}
NOTE = {
    "key": "note", "block": "update_record",
    "set": {"note": {"formula": 'document.name & " " & document.version'}},
}  # fmt: skip


async def add(
    office: Office,
    item: int | None,
    name: str = "scan.pdf",
    type: str = "",
    folder: str = "",
    content: str = "a",
) -> int:
    digest = hashlib.sha256(content.encode()).digest()
    record = None if item is None else str(item)
    return await office.fetchval(ADD, digest, name, type, folder, record, office.admin)


async def document(office: Office, number: int) -> Any:
    return (await office.fetch("SELECT * FROM whereupon.documents WHERE id = $1", number))[0]


async def statuses(office: Office) -> list[tuple[str, str | None]]:
    return [(run["status"], (run["error"] or {}).get("code")) for run in await office.runs()]


async def test_a_document_starts_a_run_on_its_record_whoever_wrote_it(office: Office) -> None:
    await office.publish(UPLOADED, NOTE)
    item = await office.insert(name="One")
    await add(office, item, "Διαβατήριο.pdf")
    await office.settle()
    [run] = await office.runs()
    assert (run["status"], run["record_id"], run["started_by"]) == (
        "succeeded",
        str(item),
        "document_uploaded",
    )
    assert (await office.item(item))["note"] == "Διαβατήριο.pdf 1"


async def test_a_document_that_is_attached_later_is_uploaded_to_the_record_then(office: Office) -> None:
    await office.publish(UPLOADED, NOTE)
    item = await office.insert(name="One")
    number = await add(office, None)
    await office.execute("UPDATE whereupon.documents SET module_id = NULL WHERE id = $1", number)
    await office.settle()
    assert await office.runs() == []
    await office.execute(
        "UPDATE whereupon.documents SET module_id = (SELECT id FROM whereupon.modules WHERE key = 'items'), "
        "record_id = $2 WHERE id = $1", number, str(item),
    )  # fmt: skip
    await office.settle()
    assert await statuses(office) == [("succeeded", None)]


@pytest.mark.parametrize(
    ("config", "starts"),
    [
        ({}, "upload version"),
        ({"on": "uploaded"}, "upload"),
        ({"on": "new_version"}, "version"),
        ({"on": "changed"}, "upload version rename move"),
        ({"name": "*.PDF"}, "upload version"),
        ({"name": "*.doc"}, ""),
        ({"name": "100%_*"}, ""),
        ({"type": "ΔΙΑΒΑΤΉΡΙΟ"}, "upload version"),
        ({"type": "Visa"}, ""),
        ({"folder": "papers"}, "upload version"),
        ({"folder": "Papers/2026"}, "upload version"),
        ({"folder": "Pap"}, ""),
        ({"on": "changed", "folder": "Done"}, "move"),
    ],
)
async def test_which_documents_count(office: Office, config: Mapping[str, Any], starts: str) -> None:
    await office.publish({**UPLOADED, **config}, {"key": "stop", "block": "stop"})
    item = await office.insert(name="One")
    number = await add(office, item, "scan.pdf", "Διαβατήριο", "Papers/2026")
    happened: dict[str, int] = {}

    async def note(what: str) -> None:
        await office.settle()
        happened[what] = len(await office.runs()) - sum(happened.values())

    await note("upload")
    await office.execute(
        "UPDATE whereupon.documents SET sha256 = sha256('b'), version = 2 WHERE id = $1", number
    )
    await note("version")
    await office.execute("UPDATE whereupon.documents SET name = 'scan-2.pdf' WHERE id = $1", number)
    await note("rename")
    await office.execute("UPDATE whereupon.documents SET folder = 'Done' WHERE id = $1", number)
    await note("move")
    await office.execute("UPDATE whereupon.documents SET folder = 'Done' WHERE id = $1", number)
    await note("nothing")
    assert {what for what, runs in happened.items() if runs} == set(starts.split())


async def test_a_filter_may_ask_for_the_document_and_the_record(office: Office) -> None:
    both = {"all": [{"field": "document.type", "operator": "equals", "value": "Visa"},
                    {"field": "status", "operator": "equals", "value": "open"}]}  # fmt: skip
    await office.publish({**UPLOADED, "filter": both}, {"key": "stop", "block": "stop"})
    item, closed = (
        await office.insert(name="One", status="open"),
        await office.insert(name="Two", status="done"),
    )
    for record, kind in ((item, "Visa"), (item, ""), (closed, "Visa")):
        await add(office, record, type=kind)
    await office.settle()
    assert [run["record_id"] for run in await office.runs()] == [str(item)]
    async with office.database.connection() as db:
        told = await why(db, office.rights, "a_workflow", str(closed))
    assert not told.ran
    assert "held" in told.verdict


async def test_records_that_are_not_there_and_other_triggers_are_not_disturbed(office: Office) -> None:
    """Another program may write anything into the table."""
    await office.publish(UPLOADED, {"key": "stop", "block": "stop"})
    await office.publish({"trigger": "record_updated"}, {"key": "stop", "block": "stop"}, name="Updates")
    item = await office.insert(name="One")
    await office.execute(ADD, b"x" * 32, "a.pdf", "", "", "no number", office.admin)
    await office.execute(ADD, b"x" * 32, "a.pdf", "", "", "9" * 40, office.admin)
    await office.execute(ADD, b"x" * 32, "a.pdf", "", "", "12345", office.admin)
    await add(office, item)
    await office.settle()
    assert [run["record_id"] for run in await office.runs()] == [str(item)]


async def test_rename_after_a_pattern_and_move(office: Office) -> None:
    rename = {"key": "rename", "block": "rename_document",
              "pattern": "{{ record.name }} - {{ document.type }} - x",
              "type": "{{ document.name | split: '.' | first | capitalize }}"}  # fmt: skip
    move = {"key": "move", "block": "move_document", "folder": "Cases/{{ record.name }}/{{ document.type }}"}
    await office.publish(UPLOADED, rename, move)
    item = await office.insert(name="A/7 Ω")
    first = await add(office, item, "visa.PDF")
    await office.settle()
    second = await add(office, item, "visa.pdf")
    await office.settle()
    assert await statuses(office) == [("succeeded", None)] * 2
    found = [await document(office, number) for number in (first, second)]
    assert [(row["name"], row["type"], row["folder"]) for row in found] == [
        ("A-7 Ω - Visa - x.PDF", "Visa", "Cases/A/7 Ω/Visa"),
        ("A-7 Ω - Visa - x (2).pdf", "Visa", "Cases/A/7 Ω/Visa"),
    ]
    [step, moved] = await office.steps((await office.runs())[0]["id"])
    assert (step["output"]["name"], moved["output"]["folder"]) == (found[0]["name"], found[0]["folder"])
    changes = await office.fetch(
        "SELECT run_id, actor_id, origin FROM whereupon.changes WHERE op = 'F' AND run_id IS NOT NULL"
    )
    assert {(row["actor_id"], row["origin"]) for row in changes} == {(office.admin, "workflow")}


async def test_many_documents_of_a_record_by_name(office: Office) -> None:
    rename = {
        "key": "rename",
        "block": "rename_document",
        "which": "record",
        "name": "*.pdf",
        "pattern": "Paper",
    }
    workflow = await office.publish({"trigger": "manual"}, rename)
    item, other = await office.insert(name="One"), await office.insert(name="Other")
    numbers = [await add(office, item, name) for name in ("a.pdf", "b.doc", "c.pdf")]
    strange = await add(office, other, "a.pdf")
    await office.by_hand(workflow, [str(item)])
    names = [(await document(office, number))["name"] for number in (*numbers, strange)]
    assert names == ["Paper.pdf", "b.doc", "Paper (2).pdf", "a.pdf"]


async def test_a_document_by_its_number_is_only_ever_one_of_the_record(office: Office) -> None:
    move = {
        "key": "move",
        "block": "move_document",
        "which": "number",
        "document": {"field": "amount"},
        "folder": "X",
    }
    formula = {**move, "document": {"formula": "ROUND(amount, 0)"}}
    workflow = await office.publish({"trigger": "manual"}, {**formula, "document": 1})
    item, other = await office.insert(name="One"), await office.insert(name="Other")
    number = await add(office, other)
    assert number == 1
    await office.by_hand(workflow, [str(item), str(other)])
    assert sorted(await statuses(office), key=str) == [("failed", "no_document"), ("succeeded", None)]


@pytest.mark.parametrize("pattern", ["../../etc/passwd", "{{ record.note }}", "\u202efdp.exe", " . "])
async def test_no_name_becomes_a_path(office: Office, pattern: str) -> None:
    rename = {"key": "rename", "block": "rename_document", "pattern": pattern}
    move = {"key": "move", "block": "move_document", "folder": pattern}
    await office.publish(UPLOADED, rename, move)
    item = await office.insert(name="One", note="..\\..\\x\r\nBcc: a@example.org/../../")
    number = await add(office, item, "a.pdf")
    await office.settle()
    row = await document(office, number)
    assert not set(row["name"]) & set("/\\\r\n\u202e")
    assert row["name"].endswith(".pdf")
    assert not {"..", "."} & set(row["folder"].split("/"))
    assert not set(row["folder"]) & set("\\\r\n\u202e")


async def test_renaming_does_not_start_itself_for_ever(office: Office) -> None:
    rename = {"key": "rename", "block": "rename_document", "pattern": "{{ document.name }}x"}
    await office.publish({**UPLOADED, "on": "changed"}, rename)
    await add(office, await office.insert(name="One"), "a")
    await office.settle()
    runs = await office.runs()
    assert (runs[-1]["status"], runs[-1]["error"]["code"]) == ("failed", "loop")
    assert len(runs) <= 6


@pytest.mark.parametrize(
    ("trigger", "config", "code"),
    [
        ({"trigger": "record_created"}, {"pattern": "x"}, "no_document"),
        (
            {"trigger": "record_created"},
            {"which": "record", "pattern": "{{ document.nmae }}"},
            "unknown_name",
        ),
        (UPLOADED, {"pattern": "{{ document.nmae }}"}, "unknown_name"),
        (UPLOADED, {"which": "number", "document": {"field": "name"}, "pattern": "x"}, "wrong_type"),
    ],
)
async def test_what_cannot_work_is_said_before(
    office: Office, trigger: Mapping[str, Any], config: Mapping[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await office.publish(trigger, {"key": "rename", "block": "rename_document", **config})
    assert code in {problem.code for problem in refused.value.problems}


async def test_who_may_not_change_the_record_changes_none_of_its_documents(office: Office) -> None:
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('reader', 'Reader', true)")
    await office.execute(
        "INSERT INTO whereupon.role_modules (role_id, module_id, can_read) SELECT r.id, m.id, 'all' "
        "FROM whereupon.roles r, whereupon.modules m WHERE r.key = 'reader' AND m.key = 'items'"
    )
    reader = await office.user("reader@example.org", role="reader")
    async with office.database.connection() as db:
        rights = await load_rights(db, reader)
    rename = {"key": "rename", "block": "rename_document", "pattern": "x"}
    await office.publish(UPLOADED, rename, rights=rights)
    number = await add(office, await office.insert(name="One"))
    await office.settle()
    assert [status for status, _ in await statuses(office)] == ["failed"]
    assert (await document(office, number))["name"] == "scan.pdf"


async def test_the_timeline_tells_of_documents(office: Office) -> None:
    from whereupon.changes.timeline import read_timeline
    from whereupon.modules.catalog import load_catalog

    item = await office.insert(name="One")
    number = await add(office, item, "a.pdf")
    await office.execute("UPDATE whereupon.documents SET folder = 'B' WHERE id = $1", number)
    async with office.database.connection() as db:
        module = (await load_catalog(db)).module("items")
        entries = (await read_timeline(db, module, str(item))).entries
    told = [(entry["operation"], (entry["document"] or {}).get("happened")) for entry in entries]
    assert told == [("document", "moved"), ("document", "uploaded"), ("created", None)]
    assert entries[0]["fields"] == {}

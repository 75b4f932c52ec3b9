"""Mails that take files along: each run its own, found in one statement, sent as they were uploaded."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.integration.outbox.conftest import Delivering, MailServer, Post, delivering, mail_server, post
from tests.office import Office

from whereupon.conditions.values import Scope
from whereupon.db.pool import Database
from whereupon.errors import Invalid, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.modules.definitions import FieldIn
from whereupon.people.rights import Grant, Rights
from whereupon.records.documents import Document, add_document, attach_document, store_upload
from whereupon.records.files import FileStore
from whereupon.records.schema import DEFINER
from whereupon.runs.advance import advance_batch
from whereupon.runs.by_hand import start_by_hand
from whereupon.sdk.attachments import Attachment, require_attachments
from whereupon.settings import Settings

__all__ = ["delivering", "mail_server", "post"]  # fixtures of the outbox

CREATED = {"trigger": "record_created"}
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PAPERS = {"documents": True}


def mail(*attachments: dict[str, Any], **more: Any) -> dict[str, Any]:
    words = {
        "subject": "Papers for {{ record.name }}",
        "text": "Here they are.",
        "attachments": list(attachments),
    }
    return {"key": "mail", "block": "send_email", "to": [{"field": "email"}], **words, **more}


@pytest.fixture
async def office(office: Office) -> Office:
    async with office.database.transaction() as db:
        for key in ("contract", "invoice"):
            await DEFINER.add_field(db, "items", FieldIn.model_validate({"key": key, "type": "file"}))
    return office


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """Where the deliverer of the fixture `delivering` looks."""
    return FileStore.of(Settings(data=tmp_path))  # pyright: ignore[reportCallIssue]


async def document(
    office: Office, store: FileStore, name: str, content: bytes = PDF, item: int | None = None
) -> Document:
    upload = await store_upload(store, io.BytesIO(content), name)
    async with office.database.transaction() as db:
        made = await add_document(db, upload, office.rights)
        if item is None:
            return made
        return await attach_document(db, await load_catalog(db), made.id, "items", str(item), office.rights)


async def weigh(office: Office, number: int, size: int) -> None:
    """As if a document had so many bytes."""
    await office.execute("UPDATE whereupon.documents SET size = $2 WHERE id = $1", number, size)


async def names_by_recipient(office: Office) -> dict[str, list[str]]:
    rows = await office.fetch("SELECT recipient, context FROM whereupon.messages ORDER BY id")
    return {row["recipient"]: [one["name"] for one in row["context"]["attachments"]] for row in rows}


async def test_each_run_of_a_batch_takes_its_own_documents(office: Office, store: FileStore) -> None:
    """By hand for three records at once: one statement queues all three."""
    contract = await document(office, store, "Σύμβαση.pdf")
    workflow = await office.publish(
        {"trigger": "manual"}, mail({"field": "contract"}, {**PAPERS, "name": "*.PDF"})
    )
    first = await office.insert(name="a", email="a@example.org", contract=contract.id)
    second = await office.insert(name="b", email="b@example.org")
    third = await office.insert(name="γ", email="c@example.org")
    await document(office, store, "plan.pdf", item=first)
    await document(office, store, "plan.txt", b"text", item=first)
    for name in ("x.pdf", "Y.PDF"):
        await document(office, store, name, item=second)
    statements: list[str] = []
    with listening(statements):
        await office.by_hand(workflow, [str(key) for key in (first, second, third)])
    assert await names_by_recipient(office) == {
        "a@example.org": ["Σύμβαση.pdf", "plan.pdf"], "b@example.org": ["x.pdf", "Y.PDF"],
        "c@example.org": [],
    }  # fmt: skip
    assert len([sql for sql in statements if "INSERT INTO whereupon.messages" in sql]) == 1
    assert {run["status"] for run in await office.runs()} == {"succeeded"}


@contextmanager
def listening(heard: list[str]) -> Generator[None]:
    """Note every query that is fetched meanwhile."""
    fetch = asyncpg.Connection.fetch

    async def told(self: Any, query: str, *values: Any, **options: Any) -> Any:
        heard.append(query)
        return await fetch(self, query, *values, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "fetch", told)
        yield


async def test_a_document_that_is_meant_twice_goes_once(office: Office, store: FileStore) -> None:
    twice = [{"field": "contract"}, {"field": "invoice"}, PAPERS]
    workflow = await office.publish({"trigger": "manual"}, mail(*twice))
    item = await office.insert(name="a", email="a@example.org")
    own = await document(office, store, "a.pdf", item=item)
    await office.execute("UPDATE data.items SET contract = $1, invoice = $1 WHERE id = $2", own.id, item)
    await office.by_hand(workflow, [str(item)])
    assert await names_by_recipient(office) == {"a@example.org": ["a.pdf"]}


async def test_a_path_leads_to_the_file_of_another_record(office: Office, store: FileStore) -> None:
    contract = await document(office, store, "parent.pdf")
    await office.publish(
        {**CREATED, "filter": {"field": "name", "operator": "equals", "value": "child"}},
        mail({"field": "parent.contract"}),
    )
    parent = await office.insert(name="parent", contract=contract.id)
    await office.insert(name="child", email="a@example.org", parent=parent)
    await office.settle()
    assert await names_by_recipient(office) == {"a@example.org": ["parent.pdf"]}


@pytest.mark.parametrize(
    ("sizes", "allowed"),
    [
        ([10_000_000, 10_000_000], True),
        ([10_000_000, 10_000_001], False),
        ([1] * 20, True),
        ([1] * 21, False),
    ],
)
async def test_too_many_or_too_large_files_fail_that_run_and_no_other(
    office: Office, store: FileStore, sizes: list[int], allowed: bool
) -> None:
    workflow = await office.publish({"trigger": "manual"}, mail(PAPERS))
    item, other = (
        await office.insert(name="a", email="a@example.org"),
        await office.insert(name="b", email="b@example.org"),
    )
    for index, size in enumerate(sizes):
        made = await document(office, store, f"{index}.pdf", item=item)
        await weigh(office, made.id, size)
    await office.by_hand(workflow, [str(item), str(other)])
    runs = {run["record_id"]: run for run in await office.runs()}
    assert runs[str(other)]["status"] == "succeeded"
    assert runs[str(item)]["status"] == ("succeeded" if allowed else "failed")
    if not allowed:
        error = runs[str(item)]["error"]
        assert error["code"] == "attachments_too_large"
        assert "files are too many" in error["message"] if len(sizes) > 20 else "20.0 MB" in error["message"]
    assert len(await names_by_recipient(office)) == (2 if allowed else 1)


async def test_nobody_to_write_to_is_still_said_so(office: Office, store: FileStore) -> None:
    workflow = await office.publish({"trigger": "manual"}, mail(PAPERS))
    item = await office.insert(name="a")
    await document(office, store, "a.pdf", item=item)
    await office.by_hand(workflow, [str(item)])
    assert [run["error"]["code"] for run in await office.runs()] == ["no_recipient"]


@pytest.mark.parametrize(
    ("attachment", "place"),
    [
        ({"field": "name"}, "/attachments/0/field"),
        ({"field": "contact"}, "/attachments/0/field"),
        ({"field": ""}, "/attachments/0/field"),
        ({"field": "συμβόλαιο"}, "/attachments/0/field"),
        ({}, "/attachments/0"),
        ({"documents": False}, "/attachments/0/documents"),
        ({"field": "contract", "documents": True}, "/attachments/0"),
        ({"field": "contract", "name": "*"}, "/attachments/0"),
        ({"path": "/etc/passwd"}, "/attachments/0"),
    ],
)
async def test_an_attachment_that_means_nothing_is_refused(
    office: Office, attachment: dict[str, Any], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await office.publish(CREATED, mail(attachment))
    assert any(f"/config{place}" in problem.path for problem in refused.value.problems), (
        refused.value.problems
    )


async def test_a_name_is_a_pattern_and_no_sql(office: Office, store: FileStore) -> None:
    pattern = "100%_o'\\*.p?f"
    workflow = await office.publish({"trigger": "manual"}, mail({**PAPERS, "name": pattern}))
    item = await office.insert(name="a", email="a@example.org")
    names = ["100%_o'ffer.pdf", "1000xo'.pdf", "100%_O'.pdf"]
    for name in names:
        await document(office, store, name, item=item)
    await office.execute("UPDATE whereupon.documents SET name = replace(name, '''', '''\\')")
    await office.by_hand(workflow, [str(item)])
    assert await names_by_recipient(office) == {"a@example.org": ["100%_o'\\ffer.pdf", "100%_O'\\.pdf"]}


async def test_a_publisher_who_may_not_read_the_field_sends_no_file(office: Office, store: FileStore) -> None:
    """Rule 28: a run has its publisher's rights."""
    async with office.database.connection() as db:
        catalog = await load_catalog(db)
    scope = Scope(catalog, catalog.module("items"))
    hidden = Rights(1, builder=True, grants={"items": Grant(read="all", hidden=frozenset({"contract"}))})
    require_attachments([Attachment(documents=True)], scope, hidden)
    for attachment in (Attachment(field="contract"), Attachment(field="parent.contract")):
        with pytest.raises(Refused):
            require_attachments([attachment], scope, hidden)
    with pytest.raises(Refused):
        require_attachments([Attachment(documents=True)], scope, Rights(1, builder=True))


async def test_a_source_rolled_back_is_written_again(office: Office, database: Database) -> None:
    """The statement is kept between batches; the id of a source that never was must not be in it."""
    workflow = await office.publish({"trigger": "manual"}, mail())
    items = [str(await office.insert(name=n, email=f"{n}@example.org")) for n in ("a", "b")]

    async with database.transaction() as db:
        await start_by_hand(db, office.rights, workflow, items[:1])
    async with database.connection() as db:
        transaction = db.transaction()
        await transaction.start()
        await advance_batch(db, await office.engine.current(db))
        assert await db.fetchval("SELECT count(*) FROM whereupon.messages") == 1
        await transaction.rollback()
    assert await office.fetchval("SELECT count(*) FROM whereupon.message_sources") == 0
    await office.settle()
    await office.by_hand(workflow, items[1:])
    found = await office.fetch(
        "SELECT m.recipient, s.id FROM whereupon.messages m "
        "LEFT JOIN whereupon.message_sources s ON s.id = m.source_id"
    )
    assert {row["recipient"] for row in found} == {"a@example.org", "b@example.org"}
    assert None not in {row["id"] for row in found}


# To the mail server -------------------------------------------------------------------------------


async def test_a_mail_with_two_attachments_arrives_as_it_was_uploaded(
    office: Office, store: FileStore, post: Post, mail_server: MailServer, delivering: Delivering
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    name = 'Τιμολόγιο "7"; Αύγουστος 漢字 ' + "μακρύ " * 20 + ".pdf"
    text = "όνομα;ποσό\r\n.\r\nΆδα;5\n".encode()
    item = await office.insert(name="Ωmega", email="a@example.org")
    first = await document(office, store, name, PDF + bytes(range(256)) * 40, item)
    await document(office, store, "list.csv", text, item)
    workflow = await office.publish({"trigger": "manual"}, mail(PAPERS))
    await office.by_hand(workflow, [str(item)])
    async with delivering():
        (sent,) = await post.until(lambda found: found == ["sent"])
    (got,) = mail_server.mails
    parts = list(got.iter_attachments())
    assert [part.get_filename() for part in parts] == [first.name, "list.csv"]
    assert first.name.startswith('Τιμολόγιο "7"; Αύγουστος 漢字 μακρύ')
    assert [part.get_content_type() for part in parts] == ["application/pdf", "text/csv"]
    assert [part.get_content_disposition() for part in parts] == ["attachment"] * 2
    assert [part.get_payload(decode=True) for part in parts] == [PDF + bytes(range(256)) * 40, text]
    assert got["Subject"] == "Papers for Ωmega"
    assert got.get_body(("plain",)).get_content().strip() == "Here they are."  # pyright: ignore[reportOptionalMemberAccess]
    shown = sent["rendered"]["attachments"]
    assert [(one["name"], one["size"]) for one in shown][1] == ("list.csv", len(text))


@pytest.mark.parametrize("transport", ["preview", "smtp"])
async def test_a_missing_file_fails_that_message_and_no_other(
    office: Office,
    store: FileStore,
    post: Post,
    mail_server: MailServer,
    delivering: Delivering,
    transport: str,
) -> None:
    await post.caps()
    if transport == "smtp":
        await post.smtp(mail_server)
    workflow = await office.publish({"trigger": "manual"}, mail(PAPERS))
    items = [await office.insert(name=n, email=f"{n}@example.org") for n in ("a", "b")]
    gone, _ = [await document(office, store, f"{i}.pdf", PDF + bytes([i]), i) for i in items]
    store.path(gone.sha256).unlink()
    await office.by_hand(workflow, [str(i) for i in items])
    async with delivering():
        first, second = await post.until(lambda found: set(found) <= {"sent", "failed"})
    assert (first["status"], first["error"]["code"], second["status"]) == ("failed", "file_missing", "sent")
    assert gone.name in first["error"]["message"]
    assert len(mail_server.mails) == (1 if transport == "smtp" else 0)

"""A PDF says what the record said when it was asked for, is drawn apart, and is the record's document."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.calling import calling, settle
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Invalid
from whereupon.records.files import FileStore
from whereupon.records.files import Stored as StoredFile
from whereupon.workers.caller import Caller

CREATED = {"trigger": "record_created", "filter": {"field": "parent", "operator": "is_empty"}}
LINES: Mapping[str, Any] = {
    "key": "lines", "label": "Line", "label_plural": "Lines",
    "fields": [
        {"key": "item", "type": "reference", "options": {"target": "items"}},
        {"key": "what", "type": "text"},
        {"key": "price", "type": "money", "options": {"currency": "EUR"}},
    ],
}  # fmt: skip


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


@pytest.fixture
async def caller(database: Database, tmp_path: Path) -> AsyncIterator[Caller]:
    async with calling(database, tmp_path) as made:
        yield made


def node(**config: Any) -> dict[str, Any]:
    given = {"title": "Offer {{ record.name }}", "html": "<h1>For {{ record.name }}</h1>"} | config
    return {"key": "pdf", "block": "generate_pdf", **{k: v for k, v in given.items() if v is not None}}


async def documents(office: Office) -> list[Any]:
    return await office.fetch(
        "SELECT d.*, encode(sha256, 'hex') AS hex FROM whereupon.documents d ORDER BY id"
    )


async def content(office: Office, tmp_path: Path, index: int = 0) -> bytes:
    row = (await documents(office))[index]
    return FileStore(tmp_path / "documents").read(StoredFile(row["hex"], row["size"]), row["name"])


def png(width: int = 8, height: int = 8) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x20\x60\xc0" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


async def test_it_becomes_a_document_of_the_record_and_later_blocks_know_it(
    office: Office, caller: Caller, tmp_path: Path
) -> None:
    say = {"key": "say", "block": "update_record", "set": {"note": {"field": "nodes.pdf.name"}}}
    await office.publish(
        CREATED, node(name="{{ record.name }} / {{ record.amount }}", type="Offer", folder="Offers/../x"), say
    )
    item = await office.insert(name="Ωmega", amount=5)
    await settle(office, caller)
    [document] = await documents(office)
    assert (document["name"], document["type"], document["folder"]) == (
        "Ωmega - 5.00.pdf",
        "Offer",
        "Offers/x",
    )
    assert (document["media_type"], document["record_id"], document["version"]) == (
        "application/pdf",
        str(item),
        1,
    )
    [run] = await office.runs()
    assert (run["status"], document["run_id"]) == ("succeeded", run["id"])
    [pdf, _] = await office.steps(run["id"])
    assert pdf["output"] == {"document_id": document["id"], "name": document["name"], "pages": 1}
    assert (await office.item(item))["note"] == document["name"]
    assert (await content(office, tmp_path)).startswith(b"%PDF-")


async def test_line_items_fill_a_table_over_as_many_pages_as_they_need(
    office: Office, caller: Caller
) -> None:
    await office.module(LINES)
    table = "<table>{% for line in record.lines %}<tr><td>{{ line.what }}</td>"
    table += (
        "<td>{{ line.price | money }}</td></tr>{% endfor %}</table>{{ record.lines | sum: 'price' | money }}"
    )
    await office.publish({"trigger": "manual"}, node(html=table, header="{{ record.name }}", footer="Δελτίο"))
    item = await office.insert(name="Many")
    await office.execute(
        "INSERT INTO data.lines (item, what, price) "
        "SELECT $1, 'Προϊόν ' || i, i FROM generate_series(1, 90) i",
        item,
    )
    await office.by_hand("a_workflow", [str(item)])
    await settle(office, caller)
    [run] = await office.runs()
    assert (await office.steps(run["id"]))[0]["output"]["pages"] == 4


async def test_a_saved_template_for_pdfs_is_used_and_one_for_mails_is_not(
    office: Office, caller: Caller
) -> None:
    await office.execute(
        "INSERT INTO whereupon.templates (key, name, channel, source) VALUES "
        "('letter', 'Letter', 'pdf', $1), ('mail', 'Mail', 'email', $1)",
        {"subject": "Letter to {{ record.name }}", "html": "<p>Dear {{ record.name }}</p>",
         "page": {"size": "A5", "landscape": True}},
    )  # fmt: skip
    async with office.database.transaction() as db:
        await db.execute("UPDATE whereupon.revision SET number = number + 1")
    await office.publish(CREATED, node(title=None, html=None, template="letter"))
    await office.insert(name="Ada")
    await settle(office, caller)
    assert [row["name"] for row in await documents(office)] == ["Letter to Ada.pdf"]
    with pytest.raises(Invalid, match="no template"):
        await office.publish(CREATED, node(title=None, html=None, template="mail"), name="Other")


async def test_made_again_it_is_one_document(office: Office, caller: Caller) -> None:
    """As after a crash between drawing and writing: the call is performed twice, finished once."""
    await office.publish(CREATED, node())
    await office.insert(name="Twice")
    await office.settle()
    from whereupon.workers import caller as module

    async with office.database.transaction() as db:
        row = await db.fetchrow("SELECT * FROM whereupon.calls")
    call = module.Call(
        **{key: row[key] for key in ("id", "run_id", "workflow_id", "node", "iteration", "block",
                                     "destination", "request", "attempts")}
    )  # fmt: skip
    first = await module.perform(call, caller.world)
    second = await module.perform(call, caller.world)
    assert type(first) is type(second) is module.Got
    await settle(office, caller)
    assert len(await documents(office)) == 1


async def test_of_the_same_name_it_is_a_new_version_where_that_is_asked(
    office: Office, caller: Caller, tmp_path: Path
) -> None:
    workflow = await office.publish({"trigger": "manual"}, node(name="Offer", same_name="version"))
    item = await office.insert(name="One")
    for name in ("One", "Two"):
        await office.execute("UPDATE data.items SET name = $2 WHERE id = $1", item, name)
        await office.by_hand(workflow, [str(item)])
        await settle(office, caller)
    [document] = await documents(office)
    assert (document["version"], document["name"]) == (2, "Offer.pdf")
    assert await office.fetchval("SELECT count(*) FROM whereupon.document_versions") == 1


async def test_it_shows_the_records_own_pictures_and_the_logo(
    office: Office, caller: Caller, tmp_path: Path
) -> None:
    files, shown = (
        FileStore(tmp_path / "documents"),
        "<img src='photo.png'><img src='logo'><img src='other.png'>",
    )
    await office.publish({"trigger": "manual"}, node(html=shown))
    item, other = await office.insert(name="One"), await office.insert(name="Other")
    numbers: list[int] = []
    for index, (name, record) in enumerate([("Photo.PNG", item), ("logo.png", None), ("other.png", other)]):
        stored = files.put(io.BytesIO(png(8 + index)))
        numbers.append(
            await office.fetchval(
                "INSERT INTO whereupon.documents (sha256, name, media_type, size, module_id, record_id) "
                "SELECT decode($1, 'hex'), $2, 'image/png', $3, m.id, $4 FROM whereupon.modules m "
                "WHERE m.key = 'items' RETURNING id",
                stored.sha256, name, stored.size, str(record) if record else None,
            )
        )  # fmt: skip
    await office.execute(
        "INSERT INTO whereupon.settings (key, value) VALUES ('logo', $1)", {"document_id": numbers[1]}
    )
    await office.by_hand("a_workflow", [str(item)])
    await settle(office, caller)
    drawn = await content(office, tmp_path, 3)
    widths = sorted(int(width) for width in re.findall(rb"/Width (\d+)", drawn))
    assert widths == [8, 9]  # the record's and the logo; the other record's is not to be had


async def test_one_that_cannot_be_drawn_fails_alone(office: Office, caller: Caller) -> None:
    many = "{% for i in (1..2000) %}<p class='new-page'>x</p>{% endfor %}"
    html = "{% if record.name == 'Endless' %}" + many + "{% endif %}ok"
    await office.publish(CREATED, node(html=html))
    await office.insert(name="Endless")
    await office.insert(name="Fine")
    await settle(office, caller)
    runs = await office.runs()
    assert [(run["status"], (run["error"] or {}).get("code")) for run in runs] == [
        ("failed", "pdf_failed"), ("succeeded", None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"html": "<img src='https://example.org/a.png'>"}, "picture_address"),
        ({"html": "<p style='background: url(file:///etc/passwd)'>x</p>"}, "picture_address"),
        ({"html": "{{ record.nmae }}"}, "unknown_name"),
        ({"name": "{{ record.nmae }}"}, "unknown_name"),
        ({"html": None}, "invalid"),
        ({"template": "letter"}, "invalid"),
    ],
)
async def test_what_cannot_work_is_said_before_it_is_published(
    office: Office, config: Mapping[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await office.publish(CREATED, node(**config))
    if code != "invalid":
        assert {problem.code for problem in refused.value.problems} == {code}


async def test_who_may_not_change_the_record_attaches_nothing(office: Office, caller: Caller) -> None:
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('reader', 'Reader', true)")
    await office.execute(
        "INSERT INTO whereupon.role_modules (role_id, module_id, can_read) "
        "SELECT r.id, m.id, 'all' FROM whereupon.roles r, whereupon.modules m "
        "WHERE r.key = 'reader' AND m.key = 'items'"
    )
    from whereupon.people.rights import load_rights

    reader = await office.user("reader@example.org", role="reader")
    async with office.database.connection() as db:
        rights = await load_rights(db, reader)
    await office.publish(CREATED, node(), rights=rights)
    await office.insert(name="One")
    await settle(office, caller)
    [run] = await office.runs()
    assert (run["status"], await documents(office)) == ("failed", [])

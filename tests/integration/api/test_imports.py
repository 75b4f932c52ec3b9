"""Files brought in as records: looked at, tried, done by a worker in chunks, and followed over HTTP."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from whereupon.db.pool import Connection, Database
from whereupon.runs.definitions import load_definitions
from whereupon.settings import Settings
from whereupon.workers.importer import Importer

PEOPLE: dict[str, Any] = {
    "key": "clients", "label": "Client", "label_plural": "Clients", "title_field": "name",
    "owner_field": "owner",
    "fields": [
        {"key": "name", "label": "Όνομα", "type": "text", "required": True, "unique": True},
        {"key": "email", "type": "email"},
        {"key": "born", "label": "Ημερομηνία γέννησης", "type": "date"},
        {"key": "balance", "label": "Υπόλοιπο", "type": "money"},
        {"key": "status", "type": "select", "options": {"choices": [
            {"key": "new", "label": "Νέος"}, {"key": "old", "label": "Παλιός"}]}},
        {"key": "tags", "type": "multi_select", "options": {"choices": ["a", "b"]}},
        {"key": "active", "type": "boolean"},
        {"key": "seen", "type": "datetime"},
        {"key": "parent", "type": "reference", "options": {"target": "clients"}},
        {"key": "owner", "type": "user"},
        {"key": "note", "type": "long_text"},
        {"key": "number", "type": "auto_number", "options": {"prefix": "C-"}},
    ],
}  # fmt: skip
CLIENTS = "/api/v1/records/clients"
IMPORTS = "/api/v1/imports"


@pytest.fixture
async def clients(admin) -> str:
    answer = await admin.post("/api/v1/modules", json=PEOPLE)
    assert answer.status_code == 201, answer.text
    return CLIENTS


@pytest.fixture
def importer(database: Database, tmp_path) -> Importer:
    async def definitions(db: Connection):
        return await load_definitions(db)

    return Importer(database, definitions, Settings(data=tmp_path))


async def upload(client, content: bytes | str, name: str = "clients.csv") -> int:
    sent = content.encode() if isinstance(content, str) else content
    answer = await client.post("/api/v1/documents", files={"file": (name, sent, "text/csv")})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def mapped(*fields: str | dict[str, Any]) -> list[dict[str, Any]]:
    """The columns in their order; "" leaves one out."""
    found = [f if isinstance(f, dict) else {"field": f} for f in fields]
    return [{"column": place, **one} for place, one in enumerate(found) if one["field"]]


async def order(client, document: int, *fields: str | dict[str, Any], **options: Any) -> dict[str, Any]:
    sent = {"document_id": document, "module": "clients", "mapping": mapped(*fields), **options}
    answer = await client.post(IMPORTS, json=sent)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def done(client, importer: Importer, document: int, *fields: Any, **options: Any) -> dict[str, Any]:
    """The import, after a worker had its turn."""
    made = await order(client, document, *fields, **options)
    await importer.step()
    return (await client.get(f"{IMPORTS}/{made['id']}")).json()


def counts(found: dict[str, Any]) -> tuple[str, int, int, int, int]:
    return found["status"], found["created"], found["updated"], found["skipped"], found["failed"]


async def names(client) -> list[str]:
    return [r["values"]["name"] for r in (await client.get(CLIENTS, params={"sort": "name"})).json()["items"]]


GREEK = (
    "Όνομα;Ημερομηνία γέννησης;Υπόλοιπο;Status;Σημείωση\r\n"
    'Μαρία Παππά;03/04/1985;1.234,50;Νέος;"δύο\r\nγραμμές; εδώ"\r\n'
    "Γιώργος Ιωάννου;31/12/1979;-7,00;old;\r\n"
)


async def test_a_greek_file_is_recognised_and_columns_are_suggested(admin, clients):
    document = await upload(admin, GREEK.encode("cp1253"))
    answer = await admin.post(f"{IMPORTS}/preview", json={"document_id": document, "module": "clients"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["encoding"], found["delimiter"], found["total"]) == ("windows-1253", ";", 2)
    assert [c["header"] for c in found["columns"]][:3] == ["Όνομα", "Ημερομηνία γέννησης", "Υπόλοιπο"]
    suggested = [c["suggestion"] and c["suggestion"]["field"] for c in found["columns"]]
    assert suggested == ["name", "born", "balance", "status", None]
    assert found["columns"][1]["suggestion"]["date_format"] == "dmy"
    assert found["columns"][2]["suggestion"]["decimal"] == "comma"
    assert found["rows"][0]["cells"][4] == "δύο\r\nγραμμές; εδώ"


ENCODINGS = [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("cp1253", "windows-1253")]


@pytest.mark.parametrize(("codec", "told"), ENCODINGS)
async def test_a_file_in_any_encoding_becomes_the_same_records(admin, clients, importer, codec, told):
    document = await upload(admin, GREEK.encode(codec))
    found = await done(
        admin, importer, document, "name", {"field": "born", "date_format": "dmy"},
        {"field": "balance", "decimal": "comma"}, "status", "note",
    )  # fmt: skip
    assert counts(found) == ("succeeded", 2, 0, 0, 0), found
    [giorgos, maria] = (await admin.get(clients, params={"sort": "name"})).json()["items"]
    assert maria["values"]["name"] == "Μαρία Παππά"
    assert (maria["values"]["born"], maria["values"]["balance"]) == ("1985-04-03", 1234.5)
    assert (maria["values"]["status"], maria["values"]["note"]) == ("new", "δύο\r\nγραμμές; εδώ")
    assert (giorgos["values"]["balance"], giorgos["values"]["note"]) == (-7, None)
    history = (await admin.get(f"{clients}/{maria['id']}/changes")).json()["items"]
    assert [(c["origin"], c["actor"]["name"]) for c in history] == [("import", "Ada Ädel")]


def workbook(rows: list[list[Any]], sheets: tuple[str, ...] = ("Φύλλο",)) -> bytes:
    import datetime as dt

    import xlsxwriter

    kept = io.BytesIO()
    book = xlsxwriter.Workbook(kept, {"in_memory": True})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for name in sheets:
        sheet = book.add_worksheet(name)
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if isinstance(value, (dt.date, dt.datetime)):
                    sheet.write_datetime(y, x, value, day)
                else:
                    sheet.write(y, x, value)
    book.close()
    return kept.getvalue()


async def test_typed_cells_of_a_workbook_keep_their_types(admin, clients, importer):
    import datetime as dt

    rows = [
        ["name", "born", "balance", "active", "tags", "note"],
        ["Ωμέγα", dt.date(2001, 2, 3), 0.1 + 0.2, True, "a; b", 12],
        [], [77, None, 5, False, "", "x"],
    ]  # fmt: skip
    document = await upload(admin, workbook(rows), "clients.xlsx")
    preview = (
        await admin.post(f"{IMPORTS}/preview", json={"document_id": document, "module": "clients"})
    ).json()
    assert (preview["format"], preview["sheets"], preview["total"]) == ("workbook", ["Φύλλο"], 2)
    assert [c["suggestion"]["field"] for c in preview["columns"]] == rows[0]
    found = await done(admin, importer, document, *rows[0])
    assert counts(found) == ("succeeded", 2, 0, 0, 0), found
    [number, omega] = (await admin.get(clients, params={"sort": "name"})).json()["items"]
    assert omega["values"] | {"name": "Ωμέγα", "born": "2001-02-03", "balance": 0.3, "active": True,
                              "tags": ["a", "b"], "note": "12"} == omega["values"]  # fmt: skip
    assert (number["values"]["name"], number["values"]["active"]) == ("77", False)


async def test_bad_rows_are_told_with_place_and_reason_and_do_not_stop_the_others(admin, clients, importer):
    text = (
        "name,email,born,balance,status,parent\n"
        "Ada,ada@example.org,1815-12-10,10.5,new,\n"
        ",nobody@example.org,,,,\n"
        "Bo,not-an-address,,,,\n"
        "Cy,,31/02/2020,,,\n"
        "Di,,,1.2.3,,\n"
        "Ed,,,,unknown,\n"
        "Ada,,,,,\n"
        "Flo,,,,,Nobody\n"
        "=cmd|' /C calc'!A0,,,,,Nobody\n"
        "Gus,,,,,\n"
    )
    document = await upload(admin, text)
    found = await done(
        admin, importer, document, "name", "email", {"field": "born", "date_format": "dmy"}, "balance",
        "status", "parent",
    )  # fmt: skip
    assert counts(found) == ("partial", 2, 0, 0, 8), found["problems"]
    assert await names(admin) == ["Ada", "Gus"]
    told = {p["row"]: (p["column"], p["field"], p["value"]) for p in found["problems"]}
    assert told == {
        3: ("name", "name", None), 4: ("email", "email", "not-an-address"), 5: ("born", "born", "31/02/2020"),
        6: ("balance", "balance", "1.2.3"), 7: ("status", "status", "unknown"), 8: ("name", "name", "Ada"),
        9: ("parent", "parent", "Nobody"), 10: ("parent", "parent", "Nobody"),
    }  # fmt: skip
    report = await admin.get(f"{IMPORTS}/{found['id']}/problems.csv")
    assert report.headers["content-type"].startswith("text/csv")
    lines = report.content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Row,Problem,name,email,born,balance,status,parent"
    assert lines[2].startswith("4,")
    assert "Bo,not-an-address" in lines[2]
    assert ",'=cmd|' /C calc'!A0," in lines[8]


async def test_records_that_exist_are_found_by_a_key(admin, clients, importer):
    for name in ("Ada", "Bo", "Cy"):
        await admin.post(clients, json={"name": name, "note": "kept", "balance": 1})
    text = "name,balance,note\nADA,5,\nBo,6,neu\nDi,7,x\nDi,8,y\n"
    document = await upload(admin, text)
    found = await done(admin, importer, document, "name", "balance", "note", key=["name"])
    assert counts(found) == ("succeeded", 1, 3, 0, 0), found["problems"]
    values = {r["values"]["name"]: r["values"] for r in (await admin.get(clients)).json()["items"]}
    assert (values["Ada"]["balance"], values["Ada"]["note"]) == (5, "kept")
    assert (values["Di"]["balance"], values["Di"]["note"]) == (8, "y")
    cleared = await done(
        admin, importer, document, "name", "balance", "note", key=["name"], empty_cells="clear"
    )
    assert counts(cleared) == ("succeeded", 0, 4, 0, 0)
    values = {r["values"]["name"]: r["values"] for r in (await admin.get(clients)).json()["items"]}
    assert values["Ada"]["note"] is None
    skipped = await done(admin, importer, document, "name", "balance", key=["name"], on_existing="skip")
    assert counts(skipped) == ("succeeded", 0, 0, 4, 0)
    failed = await done(admin, importer, document, "name", "balance", key=["name"], on_existing="fail")
    assert counts(failed) == ("failed", 0, 0, 0, 4)


async def test_records_are_found_by_their_id(admin, clients, importer):
    made = (await admin.post(clients, json={"name": "Ada"})).json()
    document = await upload(admin, f"id,note\n{made['id']},x\n999999,y\nabc,z\n")
    found = await done(admin, importer, document, "id", "note", key=["id"])
    assert counts(found) == ("partial", 0, 1, 0, 2), found["problems"]
    assert (await admin.get(f"{clients}/{made['id']}")).json()["values"]["note"] == "x"


async def test_references_and_people_are_found_by_what_names_them(admin, clients, importer):
    await admin.post(clients, json={"name": "Ada", "email": "ada@example.org"})
    text = "name,parent,owner\nBo,ada,root@example.org\nCy,ada@example.org,Ada Ädel\n"
    document = await upload(admin, text)
    by_title = await done(admin, importer, document, "name", "parent", "owner")
    assert counts(by_title) == ("partial", 1, 0, 0, 1), by_title
    by_mail = await done(
        admin, importer, document, "name", {"field": "parent", "lookup_by": "email"}, "owner", key=["name"]
    )
    assert counts(by_mail) == ("partial", 1, 0, 0, 1), by_mail
    values = {r["values"]["name"]: r["values"] for r in (await admin.get(clients)).json()["items"]}
    assert values["Bo"]["parent"] == values["Cy"]["parent"] is not None
    assert values["Bo"]["owner"] == values["Cy"]["owner"] is not None


async def test_a_dry_run_counts_shows_and_changes_nothing(admin, clients, importer, database):
    await admin.post(clients, json={"name": "Ada", "note": "before"})
    await publish(admin)
    text = "name,note\nAda,after\nBo,new\nBo,again\nCy,\n,x\n"
    document = await upload(admin, text)
    options: dict[str, Any] = {"key": ["name"], "dry_run": True, "fires": True}
    importer.chunk = 2
    found = await done(admin, importer, document, "name", "note", **options)
    assert counts(found) == ("partial", 2, 2, 0, 1), found
    assert found["runs"] == [{"workflow": "greet", "name": "Greet", "count": 2}]
    first, second = found["examples"][:2]
    assert (first["row"], first["action"], first["before"]["note"]) == (2, "update", "before")
    assert (second["row"], second["action"], second["before"]) == (3, "create", None)
    assert [example["after"]["note"] for example in (first, second)] == ["after", "new"]
    assert await names(admin) == ["Ada"]
    async with database.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM whereupon.changes WHERE origin = 'import'") == 0
    made = (await admin.post(clients, json={"name": "Di"})).json()
    assert made["values"]["number"] == "C-0002"  # a dry run draws no numbers


async def publish(admin) -> None:
    document = {
        "format": 1,
        "nodes": [
            {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
            {"key": "set", "block": "update_record", "config": {"set": {"note": "Welcome"}}},
        ],
        "edges": [{"from": "start", "port": "next", "to": "set"}],
        "settings": {},
    }
    made = await admin.post(
        "/api/v1/workflows", json={"name": "Greet", "key": "greet", "module": "clients", "document": document}
    )
    assert made.status_code == 201, made.text
    published = await admin.post("/api/v1/workflows/greet/publish", json={})
    assert published.status_code in (200, 201), published.text


async def test_workflows_start_only_when_that_was_chosen(admin, clients, importer, database):
    await publish(admin)
    first, second = await upload(admin, "name\nAda\nBo\n"), await upload(admin, "name\nCy\n")
    await done(admin, importer, first, "name")
    pending = "SELECT count(*) FROM whereupon.pending_changes"
    async with database.connection() as db:
        assert await db.fetchval(pending) == 0
        await done(admin, importer, second, "name", fires=True)
        assert await db.fetchval(pending) == 1


REMINDS = {"format": 1, "nodes": [
    {"key": "start", "block": "start", "config": {"trigger": "date_reached", "field": "born"}},
    {"key": "end", "block": "stop", "config": {}},
], "edges": [{"from": "start", "port": "next", "to": "end"}]}  # fmt: skip


async def test_an_import_that_starts_nothing_moves_dates_all_the_same(admin, clients, importer, database):
    made = await admin.post(
        "/api/v1/workflows",
        json={"name": "Remind", "key": "remind", "module": "clients", "document": REMINDS},
    )
    assert made.status_code == 201, made.text
    await admin.post("/api/v1/workflows/remind/publish", json={})
    due = "SELECT to_char(date_value, 'YYYY-MM-DD') AS day, skipped FROM whereupon.due_dates ORDER BY 1"
    for days, expected in (
        (("2091-01-01", "1980-01-01"), [("1980-01-01", "passed"), ("2091-01-01", None)]),
        (("2092-01-01", "1980-01-01"), [("1980-01-01", "passed"), ("2092-01-01", None)]),
    ):
        document = await upload(admin, f"name,born\nAda,{days[0]}\nBo,{days[1]}\n")
        found = await done(admin, importer, document, "name", "born", key=["name"])
        assert found["status"] == "succeeded", found
        async with database.connection() as db:
            assert [tuple(row) for row in await db.fetch(due)] == expected
            assert await db.fetchval("SELECT count(*) FROM whereupon.runs") == 0


class Killed(BaseException):
    """What ends a worker in the middle of a chunk."""


async def test_an_import_that_is_killed_in_the_middle_goes_on_and_no_row_is_lost_or_doubled(
    admin, clients, importer, database, monkeypatch
):
    document = await upload(admin, "name\n" + "".join(f"Client {n:04}\n" for n in range(1000)))
    made = await order(admin, document, "name")
    importer.chunk = 100
    noted, turns = importer.note, iter(range(100))

    async def note(*values: Any) -> Any:
        found = await noted(*values)
        if next(turns) == 4:
            raise Killed  # rows and position are written, and not committed
        return found

    monkeypatch.setattr(importer, "note", note)
    with pytest.raises(Killed):
        await importer.step()
    halfway = (await admin.get(f"{IMPORTS}/{made['id']}")).json()
    assert (halfway["status"], halfway["done"], halfway["created"]) == ("running", 400, 400)
    async with database.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM data.clients") == 400
    await Importer(database, importer.definitions, Settings(data=importer.store.folder.parent)).step()
    found = (await admin.get(f"{IMPORTS}/{made['id']}")).json()
    assert counts(found) == ("succeeded", 1000, 0, 0, 0)
    async with database.connection() as db:
        assert await db.fetchval("SELECT count(DISTINCT name) FROM data.clients") == 1000


async def test_two_workers_do_not_do_the_same_rows(admin, clients, importer, database):
    document = await upload(admin, "name\n" + "".join(f"Client {n:04}\n" for n in range(400)))
    made = await order(admin, document, "name")
    importer.chunk = 20
    other = Importer(database, importer.definitions, Settings(data=importer.store.folder.parent), chunk=20)
    await asyncio.gather(importer.step(), other.step())
    found = (await admin.get(f"{IMPORTS}/{made['id']}")).json()
    assert counts(found) == ("succeeded", 400, 0, 0, 0), found


async def test_an_import_is_cancelled_and_what_is_written_stays(admin, clients, importer):
    document = await upload(admin, "name\nAda\n")
    made = await order(admin, document, "name")
    cancelled = await admin.post(f"{IMPORTS}/{made['id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    await importer.step()
    assert await names(admin) == []
    assert (await admin.get(IMPORTS)).json()["items"][0]["status"] == "cancelled"


FILES = [
    ("name\n", 0, "succeeded"),
    ("name,name\nAda,Bo\n", 1, "succeeded"),
    ('name\n"Ada', 1, "succeeded"),
]


@pytest.mark.parametrize(("text", "created", "status"), FILES)
async def test_odd_files_are_read_for_what_they_hold(admin, clients, importer, text, created, status):
    document = await upload(admin, text)
    preview = await admin.post(f"{IMPORTS}/preview", json={"document_id": document, "module": "clients"})
    assert preview.status_code == 200, preview.text
    found = await done(admin, importer, document, "name")
    assert (found["created"], found["status"]) == (created, status), found


def bomb() -> bytes:
    import zipfile

    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("[Content_Types].xml", "w") as part:
            part.write(b"<Types/>")
        with archive.open("xl/workbook.xml", "w") as part:
            for _ in range(50):
                part.write(bytes(10_000_000))
    return kept.getvalue()


def corners() -> bytes:
    """Two cells, as far apart as a sheet is large: 17 thousand million cells when it is read in full."""
    import xlsxwriter

    kept = io.BytesIO()
    book = xlsxwriter.Workbook(kept, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, "name")
    sheet.write(1_048_575, 16_383, "far")
    book.close()
    return kept.getvalue()


async def test_a_workbook_made_to_break_the_reader_is_refused(admin, clients):
    document = await upload(admin, corners(), "clients.xlsx")
    answer = await admin.post(f"{IMPORTS}/preview", json={"document_id": document})
    assert answer.status_code == 422, answer.text
    assert "cannot be read" in answer.json()["problems"][0]["message"]


async def test_a_workbook_that_would_unpack_to_far_too_much_is_not_even_kept(admin):
    answer = await admin.post("/api/v1/documents", files={"file": ("clients.xlsx", bomb())})
    assert answer.status_code == 422, answer.text
    assert "would unpack to 500 MB" in answer.json()["problems"][0]["message"]


BAD_ORDERS: list[tuple[dict[str, Any], str]] = [
    ({"mapping": [{"column": 0, "field": "nme"}]}, "/mapping/0/field"),
    ({"mapping": [{"column": 0, "field": "number"}]}, "/mapping/0/field"),
    ({"mapping": [{"column": 0, "field": "note"}]}, "/mapping"),
    ({"mapping": [{"column": 0, "field": "name"}, {"column": 0, "field": "note"}]}, "/mapping/1/column"),
    ({"mapping": [{"column": 0, "field": "name"}, {"column": 1, "field": "name"}]}, "/mapping/1/field"),
    ({"mapping": [{"column": 0, "field": "name"}], "key": ["email"]}, "/key/0"),
    ({"mapping": [{"column": 0, "field": "name", "lookup_by": "email"}]}, "/mapping/0/lookup_by"),
    ({"mapping": []}, "/mapping"),
    ({"mapping": [{"column": 0, "field": "id"}, {"column": 1, "field": "name"}]}, "/key"),
]


@pytest.mark.parametrize(("sent", "path"), BAD_ORDERS)
async def test_an_order_that_cannot_be_done_is_refused_with_the_place(admin, clients, sent, path):
    document = await upload(admin, "a,b\nc,d\n")
    answer = await admin.post(IMPORTS, json={"document_id": document, "module": "clients", **sent})
    assert answer.status_code == 422, answer.text
    assert path in [p["path"] for p in answer.json()["problems"]]


async def test_an_import_does_what_its_user_may_and_nobody_else_sees_it(admin, clients, importer, client_of):
    grant = {"read": "all", "create": "all", "update": "own", "fields": {"balance": "read"}}
    role = {"key": "clerk", "name": "Clerk", "modules": {"clients": grant}}
    assert (await admin.post("/api/v1/roles", json=role)).status_code == 201
    eve, sam = await client_of("eve@example.org", "clerk"), await client_of("sam@example.org")
    await admin.post(clients, json={"name": "Ada"})
    document = await upload(eve, "name,note\nAda,stolen\nBo,mine\n")
    assert (await sam.post(f"{IMPORTS}/preview", json={"document_id": document})).status_code == 404
    locked = {"document_id": document, "module": "clients", "mapping": mapped("name", "balance")}
    refused = await eve.post(IMPORTS, json=locked)
    assert refused.json()["problems"][0]["path"] == "/mapping/1/field"
    found = await done(eve, importer, document, "name", "note", key=["name"])
    assert counts(found) == ("partial", 1, 0, 0, 1), found
    ada = (await admin.get(clients, params={"sort": "name"})).json()["items"][0]
    assert ada["values"]["note"] is None
    assert (await sam.get(f"{IMPORTS}/{found['id']}")).status_code == 404
    assert (await sam.get(IMPORTS)).json()["items"] == []
    assert (await admin.get(f"{IMPORTS}/{found['id']}")).status_code == 200


async def test_twenty_thousand_rows_are_imported_quickly(admin, clients, importer):
    lines = "".join(f"Client {n:05};c{n}@example.org;{n % 28 + 1}/3/1990;{n},50;new\n" for n in range(20_000))
    document = await upload(admin, "name;email;born;balance;status\n" + lines)
    found = await done(
        admin, importer, document, "name", "email", {"field": "born", "date_format": "dmy"},
        {"field": "balance", "decimal": "comma"}, "status",
    )  # fmt: skip
    assert counts(found) == ("succeeded", 20_000, 0, 0, 0)
    print(f"{found['rows_per_second']} rows per second")
    assert found["rows_per_second"] > 500

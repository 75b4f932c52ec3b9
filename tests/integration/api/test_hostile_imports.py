"""Files that were made to break an import, or are no tables at all: told in a sentence, and quickly."""

from __future__ import annotations

import time
from typing import Any

import pytest

from whereupon.db.pool import Connection, Database
from whereupon.records import sheet_process
from whereupon.runs.definitions import load_definitions
from whereupon.settings import Settings
from whereupon.workers.importer import Importer

WIDE = [
    {"key": f"field_{n}", "label": f"Περιγραφή του πεδίου {n} " + "ω" * 150, "type": "text"}
    for n in range(90)
]
PEOPLE: dict[str, Any] = {
    "key": "clients", "label": "Client", "label_plural": "Clients", "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "required": True},
        {"key": "email", "type": "email"},
        {"key": "parent", "type": "reference", "options": {"target": "clients"}},
        {"key": "number", "type": "auto_number"},
        *WIDE,
    ],
}  # fmt: skip
IMPORTS = "/api/v1/imports"


@pytest.fixture
async def clients(admin) -> None:
    answer = await admin.post("/api/v1/modules", json=PEOPLE)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def importer(database: Database, tmp_path) -> Importer:
    async def definitions(db: Connection):
        return await load_definitions(db)

    return Importer(database, definitions, Settings(data=tmp_path))


async def upload(client, content: bytes, name: str = "c.csv") -> int:
    answer = await client.post("/api/v1/documents", files={"file": (name, content, "text/csv")})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


# As a text such a file is not kept at all; what poses as a document is.
NUL = {
    "in a cell": b"%PDF-1.4,email\nA\0da,a@example.org\n",
    "in a header": b"%PDF-1.4\0,email\nAda,a@example.org\n",
    "in a row that is wrong": b"%PDF-1.4,email\nAda,no\0address\n",
    "in a reference": b"%PDF-1.4,parent\nAda,B\0o\n",
}


@pytest.mark.parametrize("content", NUL.values(), ids=NUL)
async def test_what_holds_null_characters_is_no_text_and_says_so(admin, clients, importer, content):
    document = await upload(admin, content, "c.pdf")
    looked = await admin.post(f"{IMPORTS}/preview", json={"document_id": document, "module": "clients"})
    assert looked.status_code == 422, looked.text
    assert "null characters" in looked.json()["problems"][0]["message"]
    mapping = [{"column": 0, "field": "name"}, {"column": 1, "field": "parent"}]
    made = await admin.post(IMPORTS, json={"document_id": document, "module": "clients", "mapping": mapping})
    await importer.step()
    found = (await admin.get(f"{IMPORTS}/{made.json()['id']}")).json()
    assert (found["status"], found["error"]["code"]) == ("failed", "invalid"), found["error"]
    assert "null characters" in found["error"]["message"]


LARGE = {
    "a million columns": (b"x," * 1_000_000 + b"\n", 422),
    "a cell of ten megabytes": (b"name\n" + b"y" * 10_000_000 + b"\n", 422),
    "a quotation that never ends": (b'name\n"' + b"y,\n" * 1_000_000, 422),
    "long headers that are like the fields' names": (
        ",".join("Περιγραφή του πεδίου " + "ω" * 150 + str(n) for n in range(1000)).encode() + b"\nx\n", 200,
    ),
    "headers as long as a cell may be": (b",".join([b"name " * 30_000] * 20) + b"\nx\n", 200),
}  # fmt: skip


@pytest.mark.parametrize(("content", "status"), LARGE.values(), ids=LARGE)
async def test_what_is_large_is_looked_at_in_seconds(admin, clients, content, status):
    document = await upload(admin, content)
    began = time.monotonic()
    looked = await admin.post(f"{IMPORTS}/preview", json={"document_id": document, "module": "clients"})
    assert looked.status_code == status, looked.text[:500]
    assert time.monotonic() - began < 15


def test_what_a_workbook_unpacks_to_is_limited_on_the_disk_too(monkeypatch):
    limits: dict[int, int] = {}
    monkeypatch.setattr(sheet_process, "limit", lambda what, most: limits.update({what: most}))
    monkeypatch.setattr(sheet_process, "write", lambda *_: None)
    assert sheet_process.main("x", "") == 0
    assert limits[sheet_process.resource.RLIMIT_FSIZE] <= 2_000_000_000

"""Files put in order over the API: folders, types, versions, limits, the logo; PDF templates shown."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest
from tests.integration.api.test_documents import CASES, PDF, PNG, upload, uploaded


@pytest.fixture
async def case(admin):
    assert (await admin.post("/api/v1/modules", json=CASES)).status_code == 201
    made = await admin.post("/api/v1/records/cases", json={"subject": "Ένα"})
    return f"/api/v1/records/cases/{made.json()['id']}"


async def attached(client, case: str, **more) -> int:
    number = await uploaded(client)
    answer = await client.post(f"{case}/documents", json={"document_id": number, **more})
    assert answer.status_code == 200, answer.text
    return number


async def test_folders_are_there_with_their_documents(admin, case):
    await attached(admin, case, folder="Papers//2026/", type="Passport")
    number = await attached(admin, case)
    answer = await admin.patch(
        f"/api/v1/documents/{number}", json={"name": "../Σύμβαση", "folder": "../Papers/2026", "type": ""}
    )
    found = answer.json()
    assert (found["name"], found["folder"], found["type"]) == ("-Σύμβαση.pdf", "Papers/2026", "")
    folders = (await admin.get(f"{case}/folders")).json()["items"]
    assert folders == [{"folder": "Papers/2026", "documents": 2}]
    listed = (await admin.get(f"{case}/documents", params={"folder": "Papers/2026"})).json()["items"]
    assert len(listed) == 2
    assert (await admin.get(f"{case}/documents", params={"folder": ""})).json()["items"] == []


@pytest.mark.parametrize(
    "wrong", [{"folder": "a/" * 9}, {"type": "x" * 150}, {"name": ""}, {"name": "  "}, {"surprise": 1}]
)
async def test_what_does_not_fit_is_refused(admin, case, wrong):
    number = await attached(admin, case)
    assert (await admin.patch(f"/api/v1/documents/{number}", json=wrong)).status_code == 422


async def test_versions_are_kept_and_the_same_file_is_none(admin, case):
    number = await attached(admin, case)
    at = f"/api/v1/documents/{number}/versions"
    newer = await admin.post(at, files={"file": ("x.png", PNG, "application/pdf")})
    assert (newer.json()["version"], newer.json()["name"]) == (2, "offer.png")
    again = await admin.post(at, files={"file": ("x.png", PNG, "image/png")})
    assert again.json()["version"] == 2
    items = (await admin.get(at)).json()["items"]
    assert [(one["number"], one["name"]) for one in items] == [(2, "offer.png"), (1, "offer.pdf")]
    assert (await admin.get(f"{at}/1/content")).content == PDF
    assert (await admin.get(f"{at}/2/content")).content == PNG
    assert (await admin.get(f"{at}/3/content")).status_code == 404
    assert (await admin.post(at, json={"file": "/etc/passwd"})).status_code == 415


def zipped(size: int, name: str = "x.txt") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, bytes(size))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("bomb.zip", zipped(120_000_000), 422), ("fine.zip", zipped(100_000), 201),
        ("cut.zip", zipped(100_000)[:-30], 201),
    ],
)  # fmt: skip
async def test_archives_that_would_unpack_to_far_too_much_are_refused(admin, name, content, status):
    answer = await upload(admin, name, content, "application/zip")
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["problems"][0]["code"] == "bomb"


async def test_limits_hold_from_the_next_upload_on(admin):
    limits = {"megabytes": 1, "kinds": ["pictures"]}
    assert (await admin.put("/api/v1/settings/documents", json=limits)).status_code == 200
    assert (await upload(admin)).json()["problems"][0]["code"] == "type_not_allowed"
    assert (await upload(admin, "a.png", PNG)).status_code == 201
    assert (await upload(admin, "a.png", PNG + bytes(1_000_001))).status_code == 413
    wrong = await admin.put("/api/v1/settings/documents", json={"megabytes": 900, "kinds": ["pictures"]})
    assert wrong.status_code == 422


async def test_the_logo_is_a_picture(admin):
    at = "/api/v1/settings/logo"
    assert (await admin.put(at, json={"document_id": await uploaded(admin)})).status_code == 422
    number = await uploaded(admin, "logo.png", PNG)
    assert (await admin.put(at, json={"document_id": number})).json()["document"]["id"] == number
    assert (await admin.put(at, json={"document_id": None})).json() == {"document": None}


async def test_a_template_for_pdfs_is_saved_and_shown_as_pages(admin, case):
    words = {
        "subject": "Offer {{ record.subject }}",
        "html": "<h1>{{ record.subject }}</h1>",
        "footer": "<p>x</p>",
    }
    new = {"key": "offer", "name": "Offer", "module": "cases", "channel": "pdf", **words}
    assert (await admin.post("/api/v1/templates", json=new)).status_code == 201
    listed = await admin.get("/api/v1/templates", params={"channel": "pdf"})
    assert [one["key"] for one in listed.json()["items"]] == ["offer"]
    assert (await admin.get("/api/v1/templates", params={"channel": "email"})).json()["items"] == []
    record = case.rpartition("/")[2]
    shown = await admin.post(
        "/api/v1/templates/preview-pdf", json={**words, "module": "cases", "record_id": record}
    )
    assert shown.status_code == 200, shown.text
    found = shown.json()
    assert (found["name"], found["pages"]) == ("Offer Ένα.pdf", 1)
    assert base64.b64decode(found["content"]).startswith(b"%PDF-")
    assert base64.b64decode(found["pictures"][0]).startswith(b"\x89PNG")
    mail = await admin.post("/api/v1/templates", json={**new, "key": "mail", "channel": "email"})
    assert mail.json()["problems"][0]["path"] == "/footer"


async def test_a_document_is_removed_and_its_record_remembers(admin, case):
    number = await attached(admin, case, folder="Papers")
    assert (await admin.delete(f"/api/v1/documents/{number}")).status_code == 204
    assert (await admin.get(f"/api/v1/documents/{number}")).status_code == 404
    assert (await admin.delete(f"/api/v1/documents/{number}")).status_code == 404
    assert (await admin.get(f"{case}/documents")).json()["items"] == []
    newest = (await admin.get(f"{case}/changes")).json()["items"][0]
    assert newest["document"] == {
        "id": number, "name": "offer.pdf", "happened": "removed", "before": None, "now": None,
    }  # fmt: skip
    assert newest["actor"] is not None


async def test_a_document_in_a_field_stays(admin, case):
    number = await uploaded(admin)
    assert (await admin.patch(case, json={"contract": number})).status_code == 200
    refused = await admin.delete(f"/api/v1/documents/{number}")
    assert refused.status_code == 409
    assert "Empty that field first" in refused.json()["suggestion"]


async def test_a_record_is_erased_by_an_administrator(admin, case, database):
    await attached(admin, case)
    for key in ("of another", "its own"):  # a browser sends one with everything that it makes
        new = {"headers": {"idempotency-key": key}, "json": {"subject": "Ένα"}}
        case = (await admin.post("/api/v1/records/cases", **new)).headers["location"]
    answer = await admin.post(f"{case}/erase")
    assert answer.status_code == 200, answer.text
    assert answer.json()["erased"]["records"] == 1
    assert (await admin.get(case)).status_code == 404
    assert (await admin.get(f"{case}/changes")).status_code == 404
    async with database.connection() as db:
        kept = await db.fetch("SELECT key FROM whereupon.idempotency_keys")
    assert [row["key"] for row in kept] == ["of another"]

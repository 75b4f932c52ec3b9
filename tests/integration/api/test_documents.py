"""Files through the API: uploaded, attached, given back; to those who may read them, and to nobody else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

CASES: dict[str, Any] = {
    "key": "cases", "label": "Case", "label_plural": "Cases", "owner_field": "clerk",
    "fields": [
        {"key": "subject", "type": "text"}, {"key": "clerk", "type": "user"},
        {"key": "contract", "type": "file"}, {"key": "secret_file", "type": "file"},
    ],
}  # fmt: skip
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01"
FORM = "multipart/form-data; boundary=b"
EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(64)


@pytest.fixture
async def cases(admin):
    answer = await admin.post("/api/v1/modules", json=CASES)
    assert answer.status_code == 201, answer.text


async def upload(client, name: str = "offer.pdf", content: bytes = PDF, claimed: str = "application/pdf"):
    return await client.post("/api/v1/documents", files={"file": (name, content, claimed)})


async def uploaded(client, name: str = "offer.pdf", content: bytes = PDF) -> int:
    answer = await upload(client, name, content)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_a_file_is_uploaded_told_of_and_given_back_unchanged(admin, tmp_path):
    answer = await upload(admin, "Τιμολόγιο 7.pdf")
    document = answer.json()
    digest = hashlib.sha256(PDF).hexdigest()
    assert answer.headers["location"] == f"/api/v1/documents/{document['id']}"
    assert (document["name"], document["media_type"]) == ("Τιμολόγιο 7.pdf", "application/pdf")
    assert (document["size"], document["sha256"], document["module"]) == (len(PDF), digest, None)
    assert (await admin.get(answer.headers["location"])).json() == document
    content = await admin.get(answer.headers["location"] + "/content")
    assert content.content == PDF
    assert content.headers["content-type"] == "application/pdf"
    assert content.headers["x-content-type-options"] == "nosniff"
    assert content.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%CE%A4")
    assert files_in(tmp_path) == [f"documents/{digest[:2]}/{digest[2:4]}/{digest}"]


async def test_the_same_content_is_kept_once_under_two_names(admin, tmp_path):
    assert await uploaded(admin, "a.pdf") != await uploaded(admin, "b.pdf")
    assert len(files_in(tmp_path)) == 1
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".partial")]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../etc/passwd", "passwd"), ("..\\..\\win.ini", "win.ini"), ("/etc/cron.d/x.pdf", "x.pdf"),
        ("..", "document"), (".", "document"), ("a\u202efdp.pdf", "afdp.pdf"),
        ("Ελλάς 漢字.pdf", "Ελλάς 漢字.pdf"), ("x" * 400 + ".pdf", "x" * 196 + ".pdf"),
        ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
        ("'; DROP TABLE documents;--.pdf", "'; DROP TABLE documents;--.pdf"),
    ],
)  # fmt: skip
async def test_no_name_is_ever_a_path(admin, tmp_path, sent, kept):
    before = sorted(str(path) for path in tmp_path.parent.iterdir())
    answer = await upload(admin, sent)
    assert (answer.status_code, answer.json()["name"]) == (201, kept)
    digest = hashlib.sha256(PDF).hexdigest()
    assert files_in(tmp_path) == [f"documents/{digest[:2]}/{digest[2:4]}/{digest}"]
    assert sorted(str(path) for path in tmp_path.parent.iterdir()) == before
    content = await admin.get(f"/api/v1/documents/{answer.json()['id']}/content")
    assert "\r" not in content.headers["content-disposition"]
    assert content.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("name", "content", "claimed", "media_type"),
    [
        ("photo.jpg", PNG, "image/jpeg", "image/png"),
        ("page.html", b"<script>alert(1)</script>", "text/html", "text/plain"),
        ("drawing.svg", b"<svg onload='alert(1)'/>", "image/svg+xml", "text/plain"),
        ("poly.gif", b"GIF89a/*<script>*/=1;", "image/gif", "text/plain"),
        ("list.csv", "όνομα;ποσό\nΆδα;5\n".encode(), "application/x-msdownload", "text/csv"),
        ("list.csv", "όνομα;ποσό\n".encode("cp1253"), "", "text/csv"),
        ("notes.txt", "Grüße".encode("utf-16"), "text/plain", "text/plain"),
        ("offer", PDF, "application/octet-stream", "application/pdf"),
    ],
)
async def test_the_type_is_what_the_bytes_say(admin, name, content, claimed, media_type):
    answer = await upload(admin, name, content, claimed)
    assert (answer.status_code, answer.json().get("media_type")) == (201, media_type)
    given = await admin.get(f"/api/v1/documents/{answer.json()['id']}/content")
    assert (given.headers["content-type"], given.content) == (media_type, content)


@pytest.mark.parametrize(
    ("name", "content", "claimed", "code"),
    [
        ("invoice.pdf", EXE, "application/pdf", "type_not_allowed"),
        ("noise.pdf", bytes(range(256)), "application/pdf", "type_not_allowed"),
        ("run.bat", b"del *.*", "text/plain", "type_not_allowed"),
        ("run.PS1 ", b"rm", "text/plain", "type_not_allowed"),
        ("empty.pdf", b"", "application/pdf", "empty"),
    ],
)
async def test_what_is_no_document_is_refused_and_not_kept(admin, tmp_path, name, content, claimed, code):
    answer = await upload(admin, name, content, claimed)
    assert answer.status_code == 422
    assert [(p["code"], p["path"]) for p in answer.json()["problems"]] == [(code, "/file")]
    assert files_in(tmp_path) == []


async def test_too_large_a_file_is_refused_while_it_comes(admin, tmp_path):
    sent = 0

    async def endless():
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
        while sent < 200_000_000:
            sent += 1_000_000
            yield b"x" * 1_000_000

    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await admin.post("/api/v1/documents", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert sent < 30_000_000
    declared = await admin.post(
        "/api/v1/documents", content=b"", headers={**headers, "content-length": "99000000000"}
    )
    assert declared.status_code == 413
    assert (await upload(admin, "a.pdf", PDF + bytes(25_000_000 - len(PDF) + 1))).status_code == 413
    assert files_in(tmp_path) == []
    assert (await upload(admin, "a.pdf", PDF + bytes(25_000_000 - len(PDF)))).status_code == 201


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b'{"file": {"filepath": "/etc/passwd", "originalFilename": "x"}}', "application/json", 415),
        (b"file=/etc/passwd", "application/x-www-form-urlencoded", 415),
        (b"x", "", 415),
        (b"x", "multipart/form-data", 400),
        (b"x", FORM, 400),
        (b"", FORM, 422),
        (b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n/etc/passwd\r\n--b--', FORM, 400),
        (b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n--b--', FORM, 422),
    ],
)  # fmt: skip
async def test_only_the_multipart_parser_makes_files(admin, tmp_path, body, media_type, status):
    answer = await admin.post("/api/v1/documents", content=body, headers={"content-type": media_type})
    assert answer.status_code == status, answer.text
    assert files_in(tmp_path) == []


async def test_an_upload_repeated_with_its_key_makes_one_document(admin):
    files = {"file": ("a.pdf", PDF, "application/pdf")}
    key = {"idempotency-key": "k1"}
    first, again = [await admin.post("/api/v1/documents", files=files, headers=key) for _ in range(2)]
    assert first.json() == again.json()
    other = {"file": ("a.pdf", PDF + b"2", "application/pdf")}
    refused = await admin.post("/api/v1/documents", files=other, headers=key)
    assert refused.status_code == 422


async def test_a_file_that_is_gone_from_the_disk_is_said_to_be(admin, tmp_path):
    document = await uploaded(admin)
    place = tmp_path / files_in(tmp_path)[0]
    place.write_bytes(PDF[:-1])
    answer = await admin.get(f"/api/v1/documents/{document}/content")
    assert (answer.status_code, answer.json()["code"]) == (404, "file_missing")
    assert await uploaded(admin)  # and uploading it again heals it
    assert (await admin.get(f"/api/v1/documents/{document}/content")).content == PDF


# Rights -------------------------------------------------------------------------------------------


async def role(admin, key: str, **cases: Any) -> str:
    new = {"key": key, "name": key, "modules": {"cases": cases}}
    answer = await admin.post("/api/v1/roles", json=new)
    assert answer.status_code == 201, answer.text
    return key


async def record(client, **values: Any) -> str:
    answer = await client.post("/api/v1/records/cases", json=values)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def statuses(client, document: int) -> set[int]:
    address = f"/api/v1/documents/{document}"
    return {(await client.get(address)).status_code, (await client.get(f"{address}/content")).status_code}


async def test_nobody_reads_without_signing_in(anyone):
    assert (await upload(anyone)).status_code == 401
    for address in ("documents/1", "documents/1/content", "records/cases/1/documents"):
        assert (await anyone.get(f"/api/v1/{address}")).status_code == 401


async def test_what_is_attached_to_nothing_is_its_uploaders(admin, cases, client_of):
    reader = await role(admin, "reader", read="all")
    ada, eve = await client_of("ada@example.org", reader), await client_of("eve@example.org", reader)
    document = await uploaded(ada)
    assert [await statuses(who, document) for who in (ada, eve, admin)] == [{200}, {404}, {200}]


async def test_what_is_attached_is_read_with_the_record(admin, cases, client_of):
    clerk = await role(admin, "clerk", read="own", create="all", update="own")
    reader, nothing = await role(admin, "reader", read="all"), await role(admin, "none")
    ada, eve = await client_of("ada@example.org", clerk), await client_of("eve@example.org", clerk)
    rita, nil = await client_of("rita@example.org", reader), await client_of("nil@example.org", nothing)
    case = await record(ada, subject="Κατασκευή", clerk=ada.user_id)
    address = f"/api/v1/records/cases/{case}/documents"
    document = await uploaded(ada, "Σχέδιο.pdf")
    attached = await ada.post(address, json={"document_id": document})
    assert attached.status_code == 200
    assert (attached.json()["module"], attached.json()["record_id"]) == ("cases", case)
    assert (await ada.post(address, json={"document_id": document})).json() == attached.json()
    assert [await statuses(who, document) for who in (ada, eve, rita, nil, admin)] == [
        {200}, {404}, {200}, {404}, {200},
    ]  # fmt: skip
    assert [d["name"] for d in (await rita.get(address)).json()["items"]] == ["Σχέδιο.pdf"]
    assert [(await who.get(address)).status_code for who in (eve, nil)] == [404, 403]
    # It is the record that counts: given away, it is not even the uploader's any more.
    await admin.patch(f"/api/v1/records/cases/{case}", json={"clerk": eve.user_id})
    assert [await statuses(who, document) for who in (ada, eve)] == [{404}, {200}]


async def test_attaching_needs_the_record_and_ones_own_upload(admin, cases, client_of):
    clerk = await role(admin, "clerk", read="all", create="all", update="own")
    ada, eve = await client_of("ada@example.org", clerk), await client_of("eve@example.org", clerk)
    mine, others = await record(ada, clerk=ada.user_id), await record(eve, clerk=eve.user_id)
    document, foreign = await uploaded(ada), await uploaded(eve, content=PDF + b"eve")

    async def attach(case: str, number: int) -> int:
        answer = await ada.post(f"/api/v1/records/cases/{case}/documents", json={"document_id": number})
        return answer.status_code

    assert await attach(others, document) == 403
    assert await attach("99999", document) == 404
    assert await attach(mine, foreign) == 404
    assert await attach(mine, 99999) == 404
    assert await attach(mine, document) == 200
    second = await record(ada, clerk=ada.user_id)
    assert await attach(second, document) == 409


async def test_a_file_field_is_read_with_its_record_as_far_as_the_field_is_open(admin, cases, client_of):
    fields = {"secret_file": "none"}
    reader = await role(admin, "reader", read="all", update="all", create="all", fields=fields)
    rita = await client_of("rita@example.org", reader)
    open_one, secret = await uploaded(admin), await uploaded(admin, content=PDF + b"s")
    await record(admin, contract=open_one, secret_file=secret)
    assert [await statuses(rita, number) for number in (open_one, secret)] == [{200}, {404}]


async def test_a_file_field_takes_nobody_elses_documents(admin, cases, client_of):
    """Otherwise a guessed number in a record of one's own would open any file."""
    clerk = await role(admin, "clerk", read="own", create="all", update="own")
    ada = await client_of("ada@example.org", clerk)
    own, foreign = await uploaded(ada), await uploaded(admin, content=PDF + b"x")
    case = await record(ada, clerk=ada.user_id, contract=own)
    address = "/api/v1/records/cases"
    tried = [
        await ada.post(address, json={"clerk": ada.user_id, "contract": foreign}),
        await ada.patch(f"{address}/{case}", json={"contract": foreign}),
        await ada.post(f"{address}/bulk", json={"create": [{"contract": foreign}]}),
        await ada.post(f"{address}/bulk", json={"update": [{"id": case, "contract": foreign}]}),
        await ada.post(address, json={"contract": 99999}),
    ]
    assert [answer.status_code for answer in tried] == [422] * 5
    assert [answer.json()["problems"][0]["code"] for answer in tried] == ["no_such_record"] * 5
    assert {answer.json()["problems"][0]["message"] for answer in tried[:4]} == {
        f'Contract: there is no document "{foreign}".'
    }
    assert (await ada.get(f"{address}/{case}")).json()["values"]["contract"] == own
    assert await statuses(ada, foreign) == {404}

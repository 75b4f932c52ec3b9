"""Documents are read apart: text and scans come out, and what is hostile harms nobody."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from whereupon.outbox.ai import document_process, documents
from whereupon.outbox.ai.documents import Papers, read_papers
from whereupon.records.files import FileStore

PDF, TEXT = "application/pdf", "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JPEG = b"\xff\xd8\xff\xe0" + b"scan" * 8 + b"\xff\xd9"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    content, places = b"%PDF-1.7\n", list[int]()
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


def stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(content), more) + content + b"\nendstream"


def page_pdf(drawn: bytes, resources: bytes, *more: bytes, packing: bytes = b"") -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources << %s >> >>"
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page % resources, stream(drawn, packing), *more,
    )  # fmt: skip


FONT = b"/Font << /F 5 0 R >>", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
SCAN = b"/XObject << /I 5 0 R >>", stream(
    JPEG, b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 "
    b"/Filter /DCTDecode",
)  # fmt: skip
WRITTEN = page_pdf(b"BT /F 9 Tf (Total 1,845.00 EUR) Tj ET", *FONT)
SCANNED = page_pdf(b"q 99 0 0 99 0 0 cm /I Do Q", *SCAN)


def docx(xml: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", xml)
    return content.getvalue()


def workbook() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("Παραγγελία")
        sheet.write_row(0, 0, ["Belt", 3, 12.5])
        sheet.write_row(2, 0, ["", "Ærø"])
    return content.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "documents")


def kept(files: FileStore, content: bytes, media_type: str, name: str = "x") -> dict[str, Any]:
    stored = files.put(io.BytesIO(content))
    return {"name": name, "media_type": media_type, "size": stored.size, "sha256": stored.sha256}


async def read(files: FileStore, *told: Mapping[str, Any], **more: Any) -> Papers:
    given: dict[str, Any] = {"texts": True, "characters": 10_000, "pictures": 4} | more
    return await read_papers(files, told, **given)


@pytest.mark.parametrize(
    ("content", "media_type", "text"),
    [
        (WRITTEN, PDF, "Total 1,845.00 EUR"),
        ("Ποσό: 12,50 €".encode(), TEXT, "Ποσό: 12,50 €"),
        ("Größe".encode("cp1252"), TEXT, "Größe"),
        ("Größe".encode("utf-16"), TEXT, "Größe"),
        (b"\xef\xbb\xbfa;b\n1;2", "text/csv", "a;b\n1;2"),
        (workbook(), XLSX, "Παραγγελία\nBelt | 3.0 | 12.5\nÆrø"),
        (
            docx(f'<w:document xmlns:w="{W}"><w:p><w:t>Ag</w:t><w:t>reed</w:t></w:p></w:document>'),
            DOCX, "Agreed",
        ),
    ],
    ids=["pdf", "utf-8", "cp1252", "utf-16", "csv", "xlsx", "docx"],
)  # fmt: skip
async def test_the_text_of_a_document_is_read(
    files: FileStore, content: bytes, media_type: str, text: str
) -> None:
    found = await read(files, kept(files, content, media_type))
    assert [part.text for part in found.parts] == [text], found.left_out


async def test_a_scanned_pdf_gives_its_pages_as_pictures(files: FileStore) -> None:
    found = await read(files, kept(files, SCANNED, PDF))
    assert [(one.content, one.media_type) for one in found.pictures] == [(JPEG, "image/jpeg")]
    assert (found.parts, found.left_out) == ([], {})
    assert (await read(files, kept(files, SCANNED, PDF), pictures=0)).pictures == []


async def test_no_more_text_is_read_than_goes_along(files: FileStore) -> None:
    found = await read(files, kept(files, b"x" * 500_000, TEXT), characters=300)
    assert [len(part.text) for part in found.parts] == [300]


async def test_pictures_go_along_until_there_are_enough(files: FileStore) -> None:
    some = [kept(files, JPEG + bytes([n]), "image/jpeg", f"{n}.jpg") for n in range(3)]
    huge = kept(files, JPEG, "image/png", "huge.png") | {"size": 6_000_000}
    found = await read(files, huge, *some, pictures=2)
    assert len(found.pictures) == 2
    assert found.left_out == {"huge.png": "larger than 5 MB", "2.jpg": "no more pictures go along"}


# What is made to do harm ------------------------------------------------------------------------------

ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(12))
LAUGHS = f'<!DOCTYPE d [{ENTITIES}]><w:document xmlns:w="{W}"><w:p><w:t>&e11;</w:t></w:p></w:document>'
OUTSIDE = (
    f'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><d xmlns:w="{W}"><w:p><w:t>&f;</w:t></w:p></d>'
)


def bomb() -> bytes:
    return page_pdf(zlib.compress(b"q " * 150_000_000, 9), *FONT, packing=b"/Filter /FlateDecode")


HOSTILE: Mapping[str, tuple[bytes | Callable[[], bytes], str]] = {
    "no PDF at all": (b"%PDF-1.7\nnothing follows", PDF),
    "pages in a circle": (
        pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"), PDF,
    ),
    "unpacks to 300 MB": (bomb, PDF),
    "a billion laughs": (docx(LAUGHS), DOCX),
    "an entity of the machine": (docx(OUTSIDE), DOCX),
    "a document that is no zip": (b"PK\x03\x04 broken", DOCX),
    "a workbook that is none": (b"PK\x03\x04 broken", XLSX),
    "half a JPEG in a loop": (SCANNED.replace(b"/DCTDecode", b"[/DCTDecode /DCTDecode]"), PDF),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_hostile_is_left_out_and_said_so(
    files: FileStore, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "SECONDS", 25)
    made, media_type = HOSTILE[name]
    content = made() if callable(made) else made
    good = kept(files, b"fine", TEXT, "good.txt")
    found = await read(files, kept(files, content, media_type, name), good)
    assert [part.text for part in found.parts] == ["fine"]
    assert list(found.left_out) == [name]
    assert "root:" not in str(found)


async def test_a_reader_that_hangs_is_ended(files: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "SECONDS", 0.01)
    found = await read(files, kept(files, WRITTEN, PDF, "slow.pdf"))
    assert found.left_out == {"slow.pdf": "it takes too long to read"}


async def test_a_file_that_is_gone_is_said_so(files: FileStore) -> None:
    told = kept(files, b"text", TEXT, "gone.txt")
    files.path(told["sha256"]).unlink()
    assert "not in the data folder" in (await read(files, told)).left_out["gone.txt"]


def test_other_types_have_no_reader() -> None:
    for media_type in ("application/zip", "video/mp4", "application/octet-stream"):
        assert document_process.reader_of(media_type) is None

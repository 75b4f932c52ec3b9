"""Names without paths and tricks, types by their bytes."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whereupon.errors import Invalid
from whereupon.records.media_types import LONGEST_NAME, clean_name, media_type_of


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        (None, "document"), ("", "document"), ("   ", "document"), ("...", "document"), ("a/", "document"),
        ("../../../../etc/shadow", "shadow"), ("..\\..\\boot.ini", "boot.ini"), ("C:\\x\\y.pdf", "y.pdf"),
        ("/etc/../passwd\0.pdf", "passwd.pdf"), ("a\r\nBcc: x@y.example.pdf", "aBcc: x@y.example.pdf"),
        ("invoice\u202efdp.scr", "invoicefdp.scr"), ("a\u2028b.pdf", "ab.pdf"), (".htaccess", "htaccess"),
        ("Προσφορά  «7».pdf", "Προσφορά «7».pdf"), ("e\u0301.txt", "é.txt"), ("\ud800x.txt", "x.txt"),
        ("می\u200cخواهم.pdf", "می\u200cخواهم.pdf"), ("a.tar.gz", "a.tar.gz"),
    ],
)  # fmt: skip
def test_a_name_is_one_line_without_folders(given_name: str | None, name: str) -> None:
    assert clean_name(given_name) == name


@given(st.text())
def test_whatever_a_name_is_it_is_never_a_path_nor_a_second_line(text: str) -> None:
    name = clean_name(text)
    assert 0 < len(name) <= LONGEST_NAME
    assert not set(name) & set("/\\\0\r\n\x0b\x0c\x85\u2028\u2029")
    assert name not in (".", "..")
    assert clean_name(name) == name
    name.encode()


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 60)
    return buffer.getvalue()


WORD = ("[Content_Types].xml", "_rels/.rels", "word/document.xml")


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.docx", zipped(*WORD), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.zip", zipped("x.exe"), "application/zip"),
        ("a.pdf", b"%PDF-1.4 only letters", "application/pdf"),
        ("a.rtf", b"{\\rtf1 hello}", "application/rtf"),
        ("MZ.txt", b"MZ is a text that begins like a program", "text/plain"),
        ("μηδέν.csv", "α;β".encode(), "text/csv"),
        ("ATA.CSV", b"a;b", "text/csv"),
        ("x.svg", b"<svg/>", "text/plain"),
        ("no ending", b"x", "text/plain"),
        ("utf16.txt", "Ωμέγα".encode("utf-16"), "text/plain"),
    ],
)
def test_the_bytes_say_what_it_is(name: str, content: bytes, media_type: str) -> None:
    assert media_type_of(io.BytesIO(content), name) == media_type


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"\x7fELF\x02\x01\x01" + bytes(60), "type_not_allowed"),
        ("a.pdf", b"MZ" + bytes(100), "type_not_allowed"),
        ("a.txt", b"text" + b"x" * 600_000 + b"\0", "type_not_allowed"),
        ("a.txt", b"\xff\xfe" + b"\x00\xd8" * 3, "type_not_allowed"),
        ("a.js", b"WScript.Shell", "type_not_allowed"),
        ("τιμολόγιο.HTA", b"<script>", "type_not_allowed"),
        ("a.wasm", b"\0asm\x01\0\0\0", "type_not_allowed"),
        ("a.swf", b"FWS\x01" + bytes(30), "type_not_allowed"),
    ],
)
def test_what_is_no_document_is_refused(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        media_type_of(io.BytesIO(content), name)
    assert [problem.code for problem in refused.value.problems] == [code]

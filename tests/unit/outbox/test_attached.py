"""Files in the bytes of a mail: any name in one header, any content unchanged."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whereupon.outbox.addresses import read_mailboxes
from whereupon.outbox.mail import Attached, build
from whereupon.records.media_types import clean_name

LETTER = {"to": ["ada@example.org"], "subject": "Ωmega", "text": "Hi", "html": "<p>Hi</p>"}
NAMES = [
    "offer.pdf", "Τιμολόγιο 7.pdf", "漢字.pdf", "a\r\nBcc: eve@example.org\r\n\r\nx.pdf", 'q"u\\o;t=e.pdf',
    "=?utf-8?q?x?=.pdf", "x" * 190 + ".pdf", "ω" * 190 + ".pdf", "50%25.pdf", "utf-8''x.pdf", "",
]  # fmt: skip


def sent(name: str, content: bytes, media_type: str = "application/pdf", to: str = "ada@example.org") -> Any:
    sender = read_mailboxes("shop@example.org")[0]
    letter = {**LETTER, "to": [to]}
    file = Attached(name, media_type, content)
    data = build(letter, sender, "<1@example.org>", datetime.now(UTC), [file]).as_bytes()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    return message_from_bytes(data, policy=policy.default)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("to", ["ada@example.org", "δήμος@παράδειγμα.gr"])
@pytest.mark.parametrize("name", NAMES)
def test_any_name_arrives_as_one_name(name: str, to: str) -> None:
    mail = sent(name, b"%PDF", to=to)
    (part,) = mail.iter_attachments()
    assert part.get_filename() == clean_name(name).replace("=?", "= ?")
    assert mail["Bcc"] is None


@given(st.binary(max_size=500))
def test_any_content_arrives_unchanged(content: bytes) -> None:
    (part,) = sent("a.pdf", content).iter_attachments()
    assert part.get_payload(decode=True) == content


@pytest.mark.parametrize("media_type", ["text/plain", "text/csv", "image/png", "application/vnd.ms-excel"])
def test_a_file_keeps_its_type_and_the_bodies_stay_bodies(media_type: str) -> None:
    mail = sent("a", "ά\n.\nFrom x".encode("cp1253"), media_type)
    (part,) = mail.iter_attachments()
    assert part.get_content_type() == media_type
    assert part.get_payload(decode=True) == "ά\n.\nFrom x".encode("cp1253")
    assert mail.get_body(("plain",)).get_content().strip() == "Hi"
    assert "<p>Hi</p>" in mail.get_body(("html",)).get_content()

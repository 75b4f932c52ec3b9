"""No value can add a recipient or a header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whereupon.outbox.addresses import BadAddress, one_line, read_mailboxes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("  ;, ", []),
        ("a@example.com", ["a@example.com"]),
        ("a@example.com, b@example.com; A@example.com", ["A@example.com", "b@example.com"]),
        ("Ada <a@example.com>", ["Ada <a@example.com>"]),
        ('"Lovelace, Ada; C." <a@example.com>', ["Lovelace, Ada; C. <a@example.com>"]),
        ("Ängström <å@bücher.example>", ["Ängström <å@xn--bcher-kva.example>"]),
        ("Δήμος <d@παράδειγμα.gr>", ["Δήμος <d@xn--hxajbheg2az3al.gr>"]),
        (
            "=?utf-8?q?Ada=0D=0ABcc=3A_x=40y=2Eexample?= <a@example.com>",
            ["= ?utf-8?q?Ada=0D=0ABcc=3A_x=40y=2Eexample?= <a@example.com>"],
        ),
        ("root@localhost", ["root@localhost"]),
    ],
)
def test_addresses_are_read(text: str, found: list[str]) -> None:
    assert [str(box) for box in read_mailboxes(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "nobody",
        "a@",
        "@b.example",
        "a b@example.com",
        "a@example.com\r\nBcc: x@y.example",
        "a@b@c.example",
        "a@[127.0.0.1]",
        "a@-bad.example",
        "a@bad..example",
        ".a@example.com",
        "a@" + "x" * 64 + ".example",
        "x" * 65 + "@example.com",
        "<script>@example.com",
        "group: a@example.com;",
        "a@example.com\x00b",
        "a@exa mple.com",
        "=1+1|cmd' /C calc'!A0",
        "x" * 30_000,
        "{{ record.email }}",
        '"a\r\nRCPT TO:<x@y.example>"@example.com',
        ", ".join(f"a{i}@example.com" for i in range(101)),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        read_mailboxes(text)


@given(
    st.text(max_size=60),
    st.sampled_from(["{}", "{} <a@example.com>", "a@example.com{}", '"{}" <a@example.com>']),
)
def test_whatever_is_written_no_address_holds_a_line_break_or_a_space(text: str, shape: str) -> None:
    try:
        found = read_mailboxes(shape.format(text))
    except BadAddress:
        return
    for box in found:
        assert box.address.count("@") == 1
        assert not any(c.isspace() or ord(c) < 33 for c in box.address)
        assert one_line(box.name) == box.name
        box.header()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("a\r\nb", "a b"),
        ("a\u2028b\x00c", "a b c"),
        ("\u202eevil", "evil"),
        ("Γειά  σου", "Γειά σου"),
        ("\ud800x", "?x"),
    ],
)
def test_a_header_is_one_line(text: str, line: str) -> None:
    assert one_line(text) == line

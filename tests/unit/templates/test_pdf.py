"""PDFs load nothing from anywhere, and what breaks their drawing breaks nothing else."""

from __future__ import annotations

import http.server
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from whereupon.templates import printing
from whereupon.templates.pdf import PageSetup, document, harmless, picture_problems
from whereupon.templates.printing import DrawingFailed, Picture, draw

CANARY = "canary-file-7c21"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Notes every request."""

    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def listening() -> Iterator[tuple[str, list[str]]]:
    handler = type("Handler", (Receiver,), {"asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler.asked
    server.shutdown()
    thread.join()
    server.server_close()


HOSTILE = [
    "<img src='{at}/a.png'>",
    "<img src='//{host}/a.png'>",
    "<link rel=stylesheet href='{at}/a.css'>",
    "<style>@import url({at}/b.css);</style>",
    "<style>p {{ background: url({at}/c.png) }}</style><p>x</p>",
    "<style>@font-face {{ font-family: x; src: url('{at}/f.ttf') }} p {{ font-family: x }}</style><p>x</p>",
    "<p style='background-image: url({at}/d.png)'>x</p>",
    r"<p style='background: \75rl(\68ttp:{slashes}/e.png)'>x</p>",
    "<iframe src='{at}/f'></iframe><object data='{at}/g'></object><embed src='{at}/h'>",
    "<svg><image href='{at}/i.png' width=9 height=9 /><use href='{at}/j.svg#a' /></svg>",
    "<img src='file:///{file}'><object data='file:///{file}'></object><iframe src='{file}'></iframe>",
    "<img src='document:///../../../../{file}'><img src='/../../{file}'>",
    "<base href='{at}/'><img src='k.png'>",
    "<video src='{at}/l' poster='{at}/m.png'></video><script src='{at}/n.js'></script>",
    "<script>fetch('{at}/o')</script><body onload=fetch('{at}/p')>",
    "<meta http-equiv=refresh content='0;{at}/q'>",
    "<table background='{at}/r.png'><tr><td background='{at}/s.png'>x</td></tr></table>",
    "<style>a::before {{ content: image-set('{at}/t.png' 1x) }}</style><a>x</a>",
    "<style>li {{ list-style: url({at}/u.png) }}</style><li>x</li>",
    "<img srcset='{at}/v.png 1x' src='x'><input type=image src='{at}/w.png'>",
    "<img src='ht&#116;p:{slashes}/x.png'>",
]  # fmt: skip


@pytest.mark.parametrize("cleaned", [True, False], ids=["cleaned", "as it is"])
def test_nothing_is_loaded_from_anywhere(
    listening: tuple[str, list[str]], tmp_path: Path, cleaned: bool
) -> None:
    """Also without the cleaning before it, the process that draws reaches nothing."""
    at, asked = listening
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    for hostile in HOSTILE:
        html = hostile.format(at=at, host=at[7:], slashes=at[5:], file=secret)
        text = document({"html": harmless(html) if cleaned else html}, "Τίτλος", PageSetup())
        drawn = draw(text)
        assert drawn.content.startswith(b"%PDF-")
        assert CANARY.encode() not in drawn.content
    assert asked == []


def bomb(width: int, height: int) -> bytes:
    """A small PNG that unpacks to width × height pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(width * 3 + 1)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_picture_that_unpacks_to_too_much_harms_nothing_else() -> None:
    pictures = [Picture("photo.png", "image/png", bomb(20_000, 20_000))]
    told = "memory"  # left out, or refused: what counts is what follows
    try:
        draw("<img src='photo.png'>", pictures)
    except DrawingFailed as error:
        told = error.message
    assert "memory" in told
    assert draw("<p>ok</p>").pages == 1


@pytest.mark.parametrize(
    "html",
    ["<p class='new-page'>x</p>" * 600, "<p style='break-after: page'>x</p>" * 600],
)
def test_too_many_pages_are_refused(html: str) -> None:
    with pytest.raises(DrawingFailed, match="500 can be drawn"):
        draw(document({"html": html}, "x", PageSetup()))


def test_what_takes_too_long_is_ended_and_the_next_document_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "SECONDS", 1.0)
    with pytest.raises(DrawingFailed, match="longer than 1 seconds"):
        draw("<div>" * 200_000)
    assert draw("<p>ok</p>").pages == 1


@pytest.mark.parametrize(
    ("given", "kept", "gone"),
    [
        ("<p onclick=x()>a</p><script>b</script>", "<p>a</p>", "script"),
        ("<img src='data:image/png;base64,AAAA' alt='a'>", 'alt="a"', "data:"),
        ("<img src='photo (1).png'>", "photo (1).png", "http"),
        ("<a href='javascript:x()'>a</a><a href='https://e.org'>b</a>", "https://e.org", "javascript"),
        ("<td colspan='100000000'>a</td>", "a", "colspan"),
        ("<style>p { color: red } </style><p class='x'>a</p>", "color: red", "http"),
        ("<style>p { background: url(data:image/png;base64,AA) }</style><p>a</p>", "<p>a</p>", "data"),
        ("<style>p { color: red }</style/><script>b</script>", "", "script"),
        ("<p>Ελληνικά</p>", "Ελληνικά", "&#"),
        ("", "", "<"),
    ],
)
def test_only_what_is_harmless_stays(given: str, kept: str, gone: str) -> None:
    found = harmless(given)
    assert kept in found
    assert gone not in found


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("<img src='logo'>", 0), ("<img src=photo.jpg>", 0), ("<a href='https://e.org'>e</a>", 0), ("", 0),
        ("<img src='https://e.org/a.png'>", 1), ("<p style='background:url(//e.org/a)'>", 1),
        ("<img src=\"data:image/png;base64,A\">", 1),
    ],
)  # fmt: skip
def test_pictures_with_an_address_are_told_of_when_written(text: str, problems: int) -> None:
    assert len(picture_problems(text, "/html")) == problems

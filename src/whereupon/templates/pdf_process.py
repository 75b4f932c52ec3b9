"""A process of its own that draws PDFs: it gets a document with its pictures, and can reach nothing else.

What is drawn was written by people, with values and pictures that anybody may have sent. So it is drawn
where nothing else is harmed: without secrets, with a limit on memory, and with pictures only from what was
handed in. Whoever asks ends it when it takes too long.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import resource
import struct
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

MEMORY = 1_500_000_000  # bytes of address space
MOST_PAGES = 500
PICTURE_WIDTH = 900  # pixels of a page drawn as a picture
LENGTH = struct.Struct("<I")
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000  # of unshare(2)
BASE = "document:///"  # what names in the document are relative to


def main() -> int:
    """Draw one document after the other, until there are no more."""
    reading, writing = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Whatever the library prints must not stand among the answers.
    os.dup2(2, 1)
    leave_the_network()
    limit(resource.RLIMIT_AS, MEMORY)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, 0)
    while (asked := receive(reading)) is not None:
        job, parts = asked
        try:
            told, made = draw(job, parts)
        except Exception as error:
            told, made = {"fault": said(error)}, []
        send(writing, told, made)
    return 0


def leave_the_network() -> None:
    """Where the machine lets us, go where there is none; nothing here asks for it in any case."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(NEW_USER | NEW_NETWORK)


def limit(what: int, most: int) -> None:
    """Lower a limit of this process, for good."""
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def said(error: Exception) -> str:
    """The library's words, which name no file of this machine; those of any other error stay here."""
    return "There is not enough memory for it." if isinstance(error, MemoryError) else type(error).__name__


def draw(job: Mapping[str, Any], parts: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """The PDF, and the first pages as pictures, as many as are asked for."""
    import plutoprint

    library: Any = plutoprint
    book = library.Book(library.PAGE_SIZE_A4)
    book.custom_resource_fetcher = fetcher(library, job["pictures"], parts)
    for key in ("title", "author"):
        if job.get(key):
            book.set_metadata(getattr(library, f"PDF_METADATA_{key.upper()}"), job[key])
    with contextlib.redirect_stderr(io.StringIO()):  # what was not fetched need not be told again
        book.load_html(job["html"], base_url=BASE)
        pages = book.get_page_count()
        if pages > MOST_PAGES:
            return {"fault": f"It would have {pages:,} pages; {MOST_PAGES} can be drawn."}, []
        made = io.BytesIO()
        book.write_to_pdf_stream(made)
        shown = [picture(library, book, index) for index in range(min(pages, job.get("show", 0)))]
    return {"pages": pages}, [made.getvalue(), *shown]


def fetcher(library: Any, pictures: list[Mapping[str, Any]], parts: list[bytes]) -> Any:
    """Gives the document's own pictures by their names, and refuses every other address."""
    known = {
        one["name"].casefold(): (one["media_type"], part) for one, part in zip(pictures, parts, strict=True)
    }

    class OwnPictures(library.ResourceFetcher):
        """No address leads out of here."""

        def fetch_url(self, url: str, *_: Any) -> Any:
            found = known.get(name_of(url))
            if found is None:
                raise ValueError("There is no such picture.")
            return library.ResourceData(found[1], found[0], "")

    return OwnPictures()


def name_of(url: str) -> str:
    """The name that an address has below our own base; "" for every other address.

    >>> name_of("document:///Site%20plan.PNG"), name_of("file:///etc/passwd"), name_of("http://a/logo")
    ('site plan.png', '', '')
    """
    if not url.startswith(BASE):
        return ""
    parts = urlsplit(url)
    return "" if parts.netloc else unquote(parts.path).strip("/").casefold()


def picture(library: Any, book: Any, page: int) -> bytes:
    """A page as a PNG, on white."""
    size = book.get_page_size_at(page)
    width = float(size.width) * 96 / 72
    scale = PICTURE_WIDTH / width
    height = min(4 * PICTURE_WIDTH, max(1, round(float(size.height) * 96 / 72 * scale)))
    canvas = library.ImageCanvas(PICTURE_WIDTH, height)
    canvas.clear_surface(1, 1, 1, 1)
    canvas.scale(scale, scale)
    book.render_page(canvas, page)
    made = io.BytesIO()
    canvas.write_to_png_stream(made)
    return made.getvalue()


# How the two processes talk: a length and JSON, whose "sizes" say how many bytes follow in which parts.


def send(stream: BinaryIO, told: Mapping[str, Any], parts: list[bytes]) -> None:
    """Write one message."""
    header = json.dumps({**told, "sizes": [len(part) for part in parts]}).encode()
    stream.write(LENGTH.pack(len(header)))
    stream.write(header)
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """Read one message; None when there are no more."""
    size = stream.read(LENGTH.size)
    if len(size) < LENGTH.size:
        return None
    told: dict[str, Any] = json.loads(exactly(stream, LENGTH.unpack(size)[0]))
    return told, [exactly(stream, length) for length in told.pop("sizes")]


def exactly(stream: BinaryIO, length: int) -> bytes:
    """So many bytes. Raises EOFError when the other side is gone."""
    found = stream.read(length)
    if len(found) < length:
        raise EOFError
    return found


if __name__ == "__main__":
    sys.exit(main())

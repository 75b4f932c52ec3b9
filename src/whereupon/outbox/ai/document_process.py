"""A process of its own that takes text and pictures out of one document, and writes them as lines of JSON.

A document may be made to take any amount of memory or time, or to break its reader. So it is read here,
with limits on both, where nothing else is harmed.
"""

from __future__ import annotations

import base64
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from whereupon.records.sheet_process import TooBig, limit, refuse_bomb, say

MEMORY = 1_000_000_000  # bytes of address space
SECONDS = 40  # of computing
MOST_PAGES = 50
MOST_PICTURE = 5_000_000  # bytes
WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SHEETS = ("spreadsheet", "ms-excel")


def main(path: str, media_type: str, characters: str, pictures: str) -> int:
    """Write {"text": …} and {"picture": …, "media_type": …} lines, or {"fault": …}."""
    limit(resource.RLIMIT_AS, MEMORY)
    limit(resource.RLIMIT_CPU, SECONDS)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, 0)
    try:
        read = reader_of(media_type)
        if read is None:
            say({"fault": "its text cannot be read"})
            return 0
        left = int(characters)
        for text in read(path):
            say({"text": text[:left]})
            left -= len(text)
            if left <= 0:
                break
        if media_type == "application/pdf":
            for picture in scanned(path, int(pictures)):
                say({"picture": base64.b64encode(picture).decode(), "media_type": "image/jpeg"})
    except TooBig:
        say({"fault": "it is too large to be read"})
    except (Exception, RecursionError, MemoryError) as error:
        say({"fault": f"it is damaged or protected ({type(error).__name__})"})
    return 0


def reader_of(media_type: str) -> Callable[[str], Iterator[str]] | None:
    """How the text of such a document is read; None where there is no way."""
    if media_type.startswith("text/") or media_type == "application/json":
        return plain
    if media_type == "application/pdf":
        return pages
    if "wordprocessingml" in media_type:
        return paragraphs
    return rows if any(word in media_type for word in SHEETS) else None


def plain(path: str) -> Iterator[str]:
    """A text file, whatever its encoding."""
    with open(path, "rb") as file:
        content = file.read(2_000_000)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield content.decode("utf-16", "replace")
        return
    try:
        yield content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield content.decode("cp1252", "replace")


def pages(path: str) -> Iterator[str]:
    """The text of a PDF, page by page."""
    for page in opened(path).pages[:MOST_PAGES]:
        yield page.extract_text() + "\n"


def opened(path: str) -> Any:
    """The PDF, if no password is needed. Raises what the library raises."""
    import pypdf

    library: Any = pypdf
    found = library.PdfReader(path, strict=False)
    if found.is_encrypted and not found.decrypt(""):
        raise ValueError("protected")
    return found


def scanned(path: str, most: int) -> Iterator[bytes]:
    """Of a PDF without text, the scans: JPEG files that its pages consist of."""
    count = 0
    for page in opened(path).pages[:MOST_PAGES]:
        if count >= most or page.extract_text().strip():
            return
        drawn: Any = page.get("/Resources", {}).get_object().get("/XObject") or {}
        for one in drawn.values():
            if count < most and (content := jpeg_of(one.get_object())):
                count += 1
                yield content


def jpeg_of(drawn: Any) -> bytes | None:
    """The file of an image that is a JPEG and nothing else."""
    if drawn.get("/Subtype") != "/Image" or drawn.get("/Filter") not in ("/DCTDecode", ["/DCTDecode"]):
        return None
    content: bytes = drawn._data
    return content if content[:2] == b"\xff\xd8" and len(content) <= MOST_PICTURE else None


def paragraphs(path: str) -> Iterator[str]:
    """The text of a word-processing document (docx)."""
    from xml.etree.ElementTree import iterparse

    refuse_bomb(path)
    with zipfile.ZipFile(path) as archive, archive.open("word/document.xml") as file:
        for _, element in iterparse(file):
            if element.tag == f"{WORDS}p":
                yield "".join(one.text or "" for one in element.iter(f"{WORDS}t")) + "\n"
                element.clear()


def rows(path: str) -> Iterator[str]:
    """The cells of a workbook, a line for each row."""
    import python_calamine

    library: Any = python_calamine
    refuse_bomb(path)
    with open(path, "rb") as file:
        book = library.load_workbook(file)
        for name in list(book.sheet_names)[:20]:
            yield f"{name}\n"
            for row in book.get_sheet_by_name(name).to_python(skip_empty_area=True, nrows=5_000):
                if cells := [str(cell) for cell in row if cell != ""]:
                    yield " | ".join(cells) + "\n"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))

"""What an uploaded file may be called and what it is: judged by its bytes, never by what the sender says."""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
from collections.abc import Collection
from typing import Any, BinaryIO

from whereupon.errors import Invalid, Problem
from whereupon.modules.names import shown

LONGEST_NAME = 200  # characters
NAMELESS = "document"
HEAD = 8192  # bytes that are enough for the signature of every format
CHUNK = 1 << 18

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."
# What offices send each other, by kind, of which an administrator may leave some out (limits.py); everything
# else is refused. Nothing of it is ever opened or unpacked here.
KINDS: dict[str, frozenset[str]] = {
    "documents": frozenset({
        "application/pdf", "application/rtf", "application/msword", "application/epub+zip",
        OFFICE + "wordprocessingml.document", OPEN + "text", "image/vnd.dwg",
    }),
    "sheets": frozenset({
        "application/vnd.ms-excel", "application/vnd.ms-powerpoint", OFFICE + "spreadsheetml.sheet",
        OFFICE + "presentationml.presentation", OPEN + "spreadsheet", OPEN + "presentation",
    }),
    "texts": frozenset({"text/plain", "text/csv", "text/calendar", "text/vcard", "application/json"}),
    "pictures": frozenset({
        "image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/bmp", "image/heic",
        "image/avif", "image/vnd.adobe.photoshop",
    }),
    "sound": frozenset({
        "audio/mpeg", "audio/mp4", "audio/ogg", "audio/x-wav", "audio/aac", "audio/x-flac",
    }),
    "video": frozenset({
        "video/mp4", "video/quicktime", "video/webm", "video/x-m4v", "video/mpeg",
    }),
    "archives": frozenset({"application/zip", "application/gzip", "application/x-7z-compressed"}),
}  # fmt: skip
ALLOWED = frozenset[str]().union(*KINDS.values())
# Formats that are text themselves: of a text, only these signatures are believed.
WRITTEN_AS_TEXT = frozenset({"application/pdf", "application/rtf"})
# A text is plain unless its name says one of these: HTML and SVG too, so that no browser runs them.
TEXTS = {".csv": "text/csv", ".ics": "text/calendar", ".vcf": "text/vcard", ".json": "application/json"}
# Scripts are texts, and a click runs them.
RUN_BY_A_CLICK = (
    ".bat", ".cmd", ".com", ".cpl", ".exe", ".hta", ".jar", ".js", ".jse", ".lnk", ".msi", ".ps1", ".reg",
    ".scr", ".vbe", ".vbs", ".wsf",
)  # fmt: skip

NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
UTF16 = (b"\xff\xfe", b"\xfe\xff")
# Line and paragraph separators, and what turns the direction of writing: "exe.fdp" must not read "pdf.exe".
DECEPTIVE = re.compile("[\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def clean_name(given: str | None) -> str:
    """A name to show and to send: one line, no folders, nothing that deceives; its ending is kept.

    >>> clean_name("../../etc/passwd"), clean_name("C:\\\\Scans\\\\Τιμολόγιο 7.pdf"), clean_name("..")
    ('passwd', 'Τιμολόγιο 7.pdf', 'document')
    """
    last = re.split(r"[/\\]", given or "")[-1]
    text = unicodedata.normalize("NFC", last.encode("utf-8", "ignore").decode())
    text = "".join(c for c in DECEPTIVE.sub("", text) if unicodedata.category(c) != "Cc")
    name = " ".join(text.split()).strip(". ")
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        kept = dot + ending if stem and len(ending) <= 16 else ""
        name = name[: LONGEST_NAME - len(kept)].rstrip(". ") + kept
    return name or NAMELESS


def media_type_of(source: BinaryIO, name: str, allowed: Collection[str] = ALLOWED) -> str:
    """The media type of the content, as its bytes say. Raises Invalid for what is not kept."""
    found = judged(source, name)
    if found not in allowed:
        told = f'"{shown(name)}" is {found}, and such files are not kept here.'
        advice = "Choose another kind of file, or ask an administrator to allow this one."
        raise refused("type_not_allowed", told, advice)
    refuse_bomb(source, found, name)
    return found


def judged(source: BinaryIO, name: str) -> str:
    """What it is, of all that may ever be kept."""
    source.seek(0)
    head = source.read(HEAD)
    if not head:
        raise refused("empty", "The file is empty.", "Choose a file with something in it.")
    if name.lower().endswith(RUN_BY_A_CLICK):
        raise refused("type_not_allowed", f'"{shown(name)}" is a program or a script, and none is kept here.')
    found = by_signature(head)
    if found in WRITTEN_AS_TEXT:
        return found
    if is_text(source):
        ending = name[name.rfind(".") :].lower()
        return TEXTS.get(ending, "text/plain")
    if found not in ALLOWED:
        what = f"is {found}" if found else "is of no known type"
        told = f'"{shown(name)}" {what}, and such files are not kept here.'
        raise refused("type_not_allowed", told, "Send documents, sheets, pictures, texts or archives.")
    return found


# Archives, and the formats that are one. What they would unpack to is told by their own directory.
ZIPPED = frozenset(
    kind
    for kind in ALLOWED
    if kind.startswith((OFFICE, OPEN)) or kind in ("application/zip", "application/epub+zip")
)
MOST_UNPACKED = 1_000_000_000  # bytes
MOST_RATIO = 200  # unpacked to packed, from which it is looked at as a bomb
SMALL = 50_000_000  # bytes unpacked, which harm nobody whatever the ratio
DIRECTORY = 4_000_000  # bytes of an archive's directory: some forty thousand entries
END_OF_ARCHIVE, END_LENGTH, LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535


def refuse_bomb(source: BinaryIO, media_type: str, name: str) -> None:
    """Raises Invalid for an archive that would unpack to far more than it is. It is not unpacked here."""
    size = source.seek(0, 2)
    if media_type == "application/gzip":
        source.seek(-4, 2)
        unpacked = struct.unpack("<I", source.read(4))[0]
    elif media_type in ZIPPED:
        unpacked = unpacked_size(source, size)
    else:
        return
    if unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > size * MOST_RATIO):
        told = (
            f'"{shown(name)}" would unpack to {unpacked // 1_000_000:,} MB, and such files are not kept here.'
        )
        raise refused("bomb", told, "Send what is in it one by one.")


def unpacked_size(source: BinaryIO, size: int) -> int:
    """What the entries of a zip archive say they unpack to, together; too many to be counted: too much."""
    tail = min(size, END_LENGTH + LONGEST_COMMENT)
    source.seek(size - tail)
    found = source.read(tail)
    at = found.rfind(END_OF_ARCHIVE)
    if at < 0 or at + END_LENGTH > tail:
        return 0  # no archive that anything could unpack
    if struct.unpack_from("<I", found, at + 12)[0] > DIRECTORY:
        return MOST_UNPACKED + 1
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
        return 0  # what no reader of archives understands unpacks to nothing; whoever opens it is told


def by_signature(head: bytes) -> str | None:
    """What the first bytes say."""
    import filetype  # read when something is uploaded, by nobody else

    library: Any = filetype
    found: str | None = library.guess_mime(head)
    return found


def is_text(source: BinaryIO) -> bool:
    """Whether the whole content is text, in whatever encoding: no byte of it is a control character."""
    source.seek(0)
    if source.read(2) in UTF16:
        return is_utf16(source)
    source.seek(0)
    return not any(NO_TEXT.search(chunk) for chunk in iter(lambda: source.read(CHUNK), b""))


def is_utf16(source: BinaryIO) -> bool:
    source.seek(0)
    try:
        return "\0" not in source.read().decode("utf-16")
    except UnicodeDecodeError:
        return False


def refused(code: str, message: str, suggestion: str | None = None) -> Invalid:
    return Invalid.of(Problem(code, message, "/file", suggestion))

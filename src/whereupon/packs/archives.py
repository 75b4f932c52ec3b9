"""What people send as files: single ones, or a ZIP archive that is not believed in what it says of itself."""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from whereupon.errors import Invalid, Problem

MOST_ENTRIES = 6_000
UNREAD = "This cannot be read."
MOST_UNPACKED = 10_000_000  # bytes of all files together
MOST_OF_ONE = 1_000_000
MOST_PARTS = 500_000  # values of all files together: reading them takes seconds
# What zipfile and its decompressors say of archives that are damaged, or packed in a way unknown to them.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    EOFError, NotImplementedError, ValueError, OSError,
)  # fmt: skip
TEXTS = (".yaml", ".yml", ".json")  # what JSON says, YAML says the same way
NOISE = re.compile(r"(^|/)(__MACOSX/|\.)")  # what systems put beside people's files


@dataclass(frozen=True, slots=True)
class Sent:
    """One file as it came. `name`: its path in an archive, or its own; `fault`: why it is not read."""

    name: str
    text: str = ""
    fault: Problem | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Unpacked:
    """All files that were sent; `ignored`: names of those that are no YAML."""

    files: list[Sent]
    ignored: list[str]


def unpack(uploads: Iterable[tuple[str, bytes]]) -> Unpacked:
    """The files of what was uploaded, archives opened. Raises Invalid for an archive that is refused.

    >>> unpack([("a.yaml", b"key: a"), ("b.txt", b"")])
    Unpacked(files=[Sent(name='a.yaml', text='key: a', fault=None, line=None)], ignored=['b.txt'])
    """
    found = Unpacked([], [])
    size = 0
    for upload, content in uploads:
        name = plain_name(upload)
        packed = content.startswith(b"PK") or name.lower().endswith(".zip")
        for inner, part in entries_of(name, content) if packed else [(name, content)]:
            size += len(part)
            if size > MOST_UNPACKED or len(found.files) >= MOST_ENTRIES:
                raise too_much(name)
            if inner.lower().endswith(TEXTS):
                found.files.append(text_in(inner, part))
            else:
                found.ignored.append(inner)
    require_readable(found.files)
    return found


def require_readable(files: Iterable[Sent]) -> None:
    """Raises Invalid for what is small, and still made of more values than are read."""
    parts = 0
    for one in files:
        parts += sum(map(one.text.count, ",:[{\n"))
        if parts > MOST_PARTS:
            told = f"{one.name} and the files before it hold more than {MOST_PARTS:,} values."
            raise refused(one.name, told, "Send them in parts.")


def plain_name(name: str) -> str:
    """What a file is called, without the folders of whoever sent it.

    >>> plain_name("C:\\\\Users\\\\me\\\\a.yaml"), plain_name(""), plain_name("../../a\\0.yaml")
    ('a.yaml', 'file', 'a.yaml')
    """
    last = re.split(r"[/\\]", name)[-1]
    return "".join(c for c in last if c.isprintable())[:200] or "file"


def text_in(name: str, content: bytes) -> Sent:
    """The text of a file, or where it is none."""
    if len(content) > MOST_OF_ONE:
        told = f"{name} is larger than {MOST_OF_ONE // 1_000_000} MB."
        return Sent(name, fault=Problem("too_large", told, ""))
    try:
        return Sent(name, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = f"{name} is no text in UTF-8. Line {line}."
        fault = Problem("not_utf8", told, "", "Save the file again, with the encoding UTF-8.")
        return Sent(name, fault=fault, line=line)


def entries_of(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """The files in an archive, with their paths. Raises Invalid."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            wanted = [
                one for one in archive.infolist() if not one.is_dir() and not NOISE.search(one.filename)
            ]
            refuse_strange(name, archive.infolist(), wanted)
            return [
                (one.filename, archive.read(one) if one.filename.lower().endswith(TEXTS) else b"")
                for one in wanted
            ]
    except DAMAGED as error:
        raise refused(name, f"{name} is no ZIP archive, or it is damaged.") from error


def refuse_strange(name: str, every: list[zipfile.ZipInfo], wanted: list[zipfile.ZipInfo]) -> None:
    """Raises Invalid for an archive that was made to do harm, or that holds something else."""
    if len(every) > MOST_ENTRIES or sum(one.file_size for one in wanted) > MOST_UNPACKED:
        raise too_much(name)
    seen: set[str] = set()
    for one in every:
        path = one.filename
        parts = path.split("/")
        if ".." in parts or path.startswith("/") or "\\" in path or ":" in parts[0] or not path.isprintable():
            shown = "".join(c if c.isprintable() else "?" for c in path[:80])
            raise refused(name, f'{name} holds a file with a path that leads out of it: "{shown}".')
        if path in seen:
            raise refused(name, f"{name} holds {path[:80]} twice.")
        seen.add(path)
        if one.flag_bits & 0x1:
            raise refused(name, f"{name} is locked with a password.", "Send one without a password.")
    if "[Content_Types].xml" in seen:
        advice = "A planning sheet is read in Workflows → Planning sheet."
        raise refused(name, f"{name} is an Office document, no archive of YAML files.", advice)


def refused(name: str, told: str, suggestion: str | None = None) -> Invalid:
    return Invalid.of(Problem("bad_file", told, "/file", suggestion), what=UNREAD)


def too_much(name: str) -> Invalid:
    told = (
        f"{name} holds more than is read: at most {MOST_ENTRIES:,} files "
        f"with {MOST_UNPACKED // 1_000_000} MB together."
    )
    return refused(name, told, "Send it in parts.")

"""Where documents' bytes lie: a folder of files, each named by what is in it, so that none is kept twice.

Ids are on disk, names are data: a path is made of the SHA-256 of the content and of nothing else. Every
process that stores or sends documents needs the same folder; hosts share it, or mails fail and say so.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from whereupon.errors import NotFound, Unavailable
from whereupon.settings import Settings

FOLDER = "documents"  # in the data folder; `whereupon backup` takes it along
DIGEST = re.compile(r"[0-9a-f]{64}")
CHUNK = 1 << 18  # bytes


class FileMissing(NotFound):
    """A document is known, and its file is not in the data folder of this host, or is damaged."""

    code = "file_missing"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store: its SHA-256 in hexadecimal, and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class FileStore:
    """The files below one folder. Its methods block: call them in a thread."""

    folder: Path

    @classmethod
    def of(cls, settings: Settings) -> FileStore:
        """The store in the data folder; nothing is made before the first file."""
        return cls(settings.data.expanduser().absolute() / FOLDER)

    def put(self, source: BinaryIO) -> Stored:
        """Keep what `source` holds, on disk for good when this returns. Raises Unavailable when it cannot."""
        try:
            make_private(self.folder.parent, self.folder)
            # Hidden, so that no backup takes half a file; on the same disk, so that renaming is atomic.
            handle, name = tempfile.mkstemp(prefix=".partial-", dir=self.folder)
            partial = Path(name)
            try:
                with os.fdopen(handle, "wb") as target:
                    stored = copied(source, target)
                self.put_in_place(partial, stored.sha256)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(
                f"The file cannot be stored: {error.strerror or error}.",
                suggestion="Nothing was kept. See to the space and the permissions of the data folder.",
            ) from error
        return stored

    def put_in_place(self, partial: Path, sha256: str) -> None:
        """Under its own name; over one that is there already, which is the same unless it is damaged."""
        place = self.path(sha256)
        make_private(place.parent.parent, place.parent)
        partial.replace(place)
        for folder in (place.parent, place.parent.parent, self.folder):
            flush_folder(folder)

    def path(self, sha256: str) -> Path:
        """Where the file of that content lies, if it does. Raises FileMissing for what is no SHA-256."""
        if not DIGEST.fullmatch(sha256):
            raise FileMissing("This is not the name of a file in the store.")
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def open(self, stored: Stored, name: str) -> BinaryIO:
        """The file, to be read and closed. Raises FileMissing, naming the document by `name`."""
        try:
            opened = self.path(stored.sha256).open("rb")
        except OSError as error:
            raise missing(name) from error
        if os.fstat(opened.fileno()).st_size != stored.size:
            opened.close()
            raise missing(name)
        return opened

    def read(self, stored: Stored, name: str) -> bytes:
        """The whole content. Raises FileMissing, also when it is not what was stored."""
        with self.open(stored, name) as opened:
            content = opened.read()
        if hashlib.sha256(content).hexdigest() != stored.sha256:
            raise missing(name)
        return content


def copied(source: BinaryIO, target: BinaryIO) -> Stored:
    """Copy everything, to the disk and not only towards it."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
    target.flush()
    os.fsync(target.fileno())
    return Stored(digest.hexdigest(), size)


def make_private(*folders: Path) -> None:
    """Each of the folders, outer ones first, for nobody but its owner; one that is there stays as it is."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def flush_folder(folder: Path) -> None:
    """A new name in a folder survives a power cut only when the folder itself was written."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def missing(name: str) -> FileMissing:
    return FileMissing(
        f'The file of "{name}" is not in the data folder, or is damaged.',
        suggestion="Bring it back from a backup, or share the data folder between the hosts.",
    )

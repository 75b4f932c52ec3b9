"""Putting a file into a store: what is common to all kinds, and which code does it for each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never
from uuid import uuid4

from whereupon.errors import WhereuponError
from whereupon.outbox.egress import Egress, NoAnswer, NotAllowed
from whereupon.outbox.stores.settings import S3, HttpPut, LocalFolder, Sftp, Store
from whereupon.records.filing import clean_folder
from whereupon.records.media_types import clean_name

SECONDS = 60.0  # that one file may take


@dataclass(frozen=True, slots=True)
class Way:
    """How files leave: the way out for HTTP, the operator's folder, the store's secret."""

    egress: Egress
    root: Path | None
    secret: str | None


@dataclass(frozen=True, slots=True)
class File:
    """A file on its way: names without anything that leads elsewhere."""

    folder: str  # below the store's own, parts with slashes between
    name: str
    media_type: str
    content: bytes

    @property
    def parts(self) -> list[str]:
        """Folders, then the name."""
        return [*(part for part in self.folder.split("/") if part), self.name]


def place_of(store: Store, folder: str, name: str) -> tuple[str, str]:
    """Where a file goes in a store: its folder, the store's own before it, and its name; both clean."""
    own = clean_folder(store.folder)
    inner = clean_folder(folder)
    return "/".join(part for part in (own, inner) if part), clean_name(name)


async def put(store: Store, way: Way, file: File) -> str:
    """Put it there, over one of the same name; where it is now, for people. Raises NotAllowed, NoAnswer."""
    match store:
        case LocalFolder():
            from whereupon.outbox.stores import local

            return await local.put(store, way, file)
        case Sftp():
            from whereupon.outbox.stores import sftp

            return await sftp.put(store, way, file)
        case S3():
            from whereupon.outbox.stores import s3

            return await s3.put(store, way, file)
        case HttpPut():
            from whereupon.outbox.stores import http

            return await http.put(store, way, file)
        case _:
            assert_never(store)


async def remove(store: Store, way: Way, file: File) -> None:
    """Take it away again. Raises NotAllowed, NoAnswer."""
    match store:
        case LocalFolder():
            from whereupon.outbox.stores import local

            await local.remove(store, way, file)
        case Sftp():
            from whereupon.outbox.stores import sftp

            await sftp.remove(store, way, file)
        case S3():
            from whereupon.outbox.stores import s3

            await s3.remove(store, way, file)
        case HttpPut():
            from whereupon.outbox.stores import http

            await http.remove(store, way, file)
        case _:
            assert_never(store)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a test: one small file put there, and removed."""

    ok: bool
    code: str
    message: str


async def attempt(store: Store, way: Way) -> Tried:
    """Write a small file and remove it. Never raises for what the other side does."""
    folder, name = place_of(store, "", f"whereupon-test-{uuid4().hex[:12]}.txt")
    file = File(folder, name, "text/plain", b"A test of Whereupon. It may be removed.\n")
    steps: list[tuple[str, Callable[[], Awaitable[object]]]] = [
        ("", lambda: put(store, way, file)),
        ("The file was written, and could not be removed again: ", lambda: remove(store, way, file)),
    ]
    for said, step in steps:
        try:
            await step()
        except WhereuponError as error:
            return Tried(False, error.code, said + error.message)
    return Tried(True, "ok", "A small file was written there and removed again.")


__all__ = ["File", "NoAnswer", "NotAllowed", "Tried", "Way", "attempt", "place_of", "put", "remove"]

"""A folder of this machine: always below the one that the operator set, and through no link out of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from whereupon.outbox.egress import NoAnswer, NotAllowed
from whereupon.outbox.stores.putting import File, Way
from whereupon.outbox.stores.settings import LocalFolder

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


async def put(store: LocalFolder, way: Way, file: File) -> str:
    """Whole or not at all: written beside, then put in its place. Raises NotAllowed, NoAnswer."""
    return await asyncio.to_thread(write, root_of(way), file)


async def remove(store: LocalFolder, way: Way, file: File) -> None:
    """Raises NotAllowed, NoAnswer."""
    await asyncio.to_thread(unlink, root_of(way), file)


def root_of(way: Way) -> Path:
    if way.root is None:
        told = "This machine has no folder into which workflows may put files."
        advice = "Let the operator set WHEREUPON_FILES_ROOT to a folder, and restart."
        raise NotAllowed("no_root", told, advice)
    return way.root


def write(root: Path, file: File) -> str:
    """Blocks."""
    *folders, name = file.parts
    partial = f".partial-{uuid4().hex}"
    with plainly(root, file), opened(root, folders, make=True) as folder:
        handle = os.open(partial, NEW_FILE, 0o640, dir_fd=folder)
        try:
            with os.fdopen(handle, "wb") as target:
                target.write(file.content)
                target.flush()
                os.fsync(target.fileno())
            os.replace(partial, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(partial, dir_fd=folder)
            raise
        os.fsync(folder)
    return "/".join(file.parts)


def unlink(root: Path, file: File) -> None:
    """Blocks."""
    *folders, name = file.parts
    with plainly(root, file), opened(root, folders, make=False) as folder:
        os.unlink(name, dir_fd=folder)


@contextmanager
def opened(root: Path, folders: Sequence[str], *, make: bool) -> Generator[int]:
    """The folder below the root, each step looked at: a link that leads elsewhere is not followed."""
    current = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in folders:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o750, dir_fd=current)
            inner = os.open(name, FOLDER, dir_fd=current)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)


@contextmanager
def plainly(root: Path, file: File) -> Generator[None]:
    """What went wrong, as people can read it; the root's own path is the operator's business."""
    try:
        yield
    except (NotADirectoryError, IsADirectoryError) as error:
        told = f'"{"/".join(file.parts)}" leads through a link, or something of that name is no folder.'
        raise NotAllowed("not_a_folder", told) from error
    except OSError as error:
        # ELOOP is what O_NOFOLLOW answers for a link.
        if isinstance(error, FileNotFoundError) and not root.exists():
            raise NoAnswer("no_folder", "The folder for files is not there on this machine.") from error
        told = f'"{"/".join(file.parts)}" could not be written: {error.strerror or type(error).__name__}.'
        raise NoAnswer("not_written", told) from error

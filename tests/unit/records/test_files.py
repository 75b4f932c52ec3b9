"""A file is kept once, whole, under its own digest, and under nothing that anybody says."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import pytest

from whereupon.db.backup import DOCUMENTS, files_of
from whereupon.errors import Unavailable
from whereupon.records.files import FOLDER, FileMissing, FileStore, Stored


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / FOLDER)


def files(store: FileStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def test_a_file_is_kept_under_its_digest_for_its_owner_alone(store: FileStore) -> None:
    content = "Ωμέγα".encode() * 100_000
    stored = store.put(io.BytesIO(content))
    digest = sha256(content).hexdigest()
    assert stored == Stored(digest, len(content))
    assert files(store) == [store.folder / digest[:2] / digest[2:4] / digest]
    assert {path.stat().st_mode & 0o077 for path in [store.folder, *store.folder.rglob("*")]} == {0}
    assert store.read(stored, "a") == content
    assert store.put(io.BytesIO(content)) == stored
    assert len(files(store)) == 1


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "/" * 64, "ά" * 64]
)
def test_nothing_but_a_digest_is_a_path(store: FileStore, name: str) -> None:
    with pytest.raises(FileMissing):
        store.path(name)


@pytest.mark.parametrize("damage", ["gone", "shorter", "other"])
def test_a_damaged_file_is_missing_until_it_is_stored_again(store: FileStore, damage: str) -> None:
    stored = store.put(io.BytesIO(b"offer"))
    place = store.path(stored.sha256)
    place.unlink() if damage == "gone" else place.write_bytes(b"offe" if damage == "shorter" else b"offeR")
    with pytest.raises(FileMissing, match=r"Προσφορά\.pdf"):
        store.read(stored, "Προσφορά.pdf")
    store.put(io.BytesIO(b"offer"))
    assert store.read(stored, "x") == b"offer"


class Breaking(io.BytesIO):
    """A source that fails half way."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError(28, "No space left on device")


def test_what_cannot_be_stored_leaves_nothing_behind(store: FileStore) -> None:
    with pytest.raises(Unavailable, match="No space left"):
        store.put(Breaking(b"x"))
    assert files(store) == []


def test_a_backup_takes_whole_files_only(store: FileStore) -> None:
    stored = store.put(io.BytesIO(b"offer"))
    (store.folder / ".partial-x").write_bytes(b"of")
    assert DOCUMENTS == FOLDER
    assert files_of(store.folder.parent, DOCUMENTS) == [store.path(stored.sha256)]

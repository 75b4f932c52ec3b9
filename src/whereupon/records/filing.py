"""Documents put in order: renamed, given a type, moved to a folder, replaced by a newer version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, Refused
from whereupon.modules.catalog import Catalog, quote
from whereupon.people.rights import Rights
from whereupon.records.documents import (
    COLUMNS,
    Document,
    Upload,
    file_fields,
    get_document,
    load,
    not_found,
    require_change,
)
from whereupon.records.files import Stored
from whereupon.records.media_types import NAMELESS, clean_name
from whereupon.records.read import read_record

LONGEST_FOLDER = 200  # characters of all its parts together
DEEPEST = 8  # folders in each other
LONGEST_TYPE = 100  # characters

LOCK = "SELECT FROM whereupon.documents WHERE id = $1 FOR UPDATE"
CHANGE = f"""
UPDATE whereupon.documents d SET name = coalesce($2, d.name), type = coalesce($3, d.type),
  folder = coalesce($4, d.folder)
WHERE d.id = $1 RETURNING {COLUMNS}
"""
# What there is now goes beside, and the new file takes its place: links to the document go on holding.
KEEP_VERSION = """
INSERT INTO whereupon.document_versions (document_id, number, sha256, name, media_type, size, uploaded_by,
                                         uploaded_at)
SELECT id, version, sha256, name, media_type, size, uploaded_by, uploaded_at
FROM whereupon.documents WHERE id = $1
"""
NEW_VERSION = f"""
UPDATE whereupon.documents d SET sha256 = decode($2, 'hex'), media_type = $3, size = $4,
  name = coalesce($5, d.name), version = d.version + 1, uploaded_by = $6, uploaded_at = now()
WHERE d.id = $1 RETURNING {COLUMNS}
"""
# It is history of its record: what was there, and who removed it. No workflow starts by what is gone.
REMOVE = """
WITH gone AS (DELETE FROM whereupon.documents d WHERE d.id = $1 RETURNING d.*)
INSERT INTO whereupon.changes (module_id, record_id, op, old, actor_id, origin)
SELECT g.module_id, g.record_id, 'F', to_jsonb(g.*), $2, 'api' FROM gone g WHERE g.record_id IS NOT NULL
"""
# All versions of a document, the newest first; the newest is the document itself.
VERSIONS = """
SELECT v.*, u.name AS uploaded_by_name FROM (
  SELECT version AS number, encode(sha256, 'hex') AS sha256, name, media_type, size, uploaded_by, uploaded_at
  FROM whereupon.documents WHERE id = $1
  UNION ALL
  SELECT number, encode(sha256, 'hex'), name, media_type, size, uploaded_by, uploaded_at
  FROM whereupon.document_versions WHERE document_id = $1) v
LEFT JOIN whereupon.users u ON u.id = v.uploaded_by
WHERE $2::int IS NULL OR v.number = $2 ORDER BY v.number DESC
"""
FOLDERS = """
SELECT d.folder, count(*) AS documents FROM whereupon.documents d
WHERE d.module_id = $1 AND d.record_id = $2 GROUP BY d.folder ORDER BY d.folder
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document; `number` 1 is the first."""

    number: int
    sha256: str
    name: str
    media_type: str
    size: int  # bytes
    uploaded_by: int | None
    uploaded_at: datetime
    uploaded_by_name: str | None

    @property
    def stored(self) -> Stored:
        return Stored(self.sha256, self.size)


def clean_folder(given: str) -> str:
    """A folder's path as it is kept: names without anything that deceives, one slash between them.

    It is only ever compared and shown; no file lies in it. Raises Invalid when it is too long or too deep.

    >>> clean_folder(" Contracts // ../2026\\\\Q1/"), clean_folder("..")
    ('Contracts/2026/Q1', '')
    """
    parts = [clean_name(part) for part in given.replace("\\", "/").split("/") if part.strip(". \t\r\n")]
    folder = "/".join(part for part in parts if part != NAMELESS)
    if len(parts) > DEEPEST or len(folder) > LONGEST_FOLDER:
        told = f"A folder may lie in {DEEPEST - 1} others, and have {LONGEST_FOLDER} characters with them."
        raise Invalid.of(Problem("too_long", told, "/folder", "Choose a shorter path."))
    return folder


def clean_type(given: str) -> str:
    """A document's type as it is kept: one line. Raises Invalid when it is too long."""
    kind = " ".join(given.replace("/", " ").split())
    kind = clean_name(kind) if kind else ""
    if len(kind) > LONGEST_TYPE:
        told = f"A document's type may have {LONGEST_TYPE} characters."
        raise Invalid.of(Problem("too_long", told, "/type", "Choose a shorter word."))
    return kind


def with_ending(name: str, before: str) -> str:
    """The new name with the old one's ending, which says what the file is, unless it has it already.

    A slash in a value is no folder: it becomes a hyphen, so that nothing of the name is lost.

    >>> with_ending("INV/7 - Passport", "scan.PDF"), with_ending("A.pdf", "x.pdf"), with_ending(" ", "a.b")
    ('INV-7 - Passport.PDF', 'A.pdf', 'document.b')
    """
    flat = clean_name(name.replace("/", "-").replace("\\", "-"))
    stem, dot, ending = before.rpartition(".")
    if not stem or not 1 <= len(ending) <= 16 or flat.lower().endswith(f".{ending.lower()}"):
        return flat
    return clean_name(f"{flat}{dot}{ending}")


async def require_filing(db: Connection, catalog: Catalog, document_id: int, rights: Rights) -> Document:
    """The document, locked, for who may put it in order: who may change its record, or uploaded it.

    Raises NotFound, Refused.
    """
    await db.execute(LOCK, document_id)
    document = await get_document(db, catalog, document_id, rights)
    module = catalog.by_id.get(document.module_id or 0)
    if module is not None and document.record_id is not None:
        await require_change(db, catalog, module, document.record_id, rights)
    elif document.created_by != rights.user_id and not rights.administrator:
        raise Refused("Only who uploaded a document can change it.", suggestion="Upload the file yourself.")
    return document


async def file_document(
    db: Connection,
    catalog: Catalog,
    document_id: int,
    rights: Rights,
    *,
    name: str | None = None,
    type: str | None = None,
    folder: str | None = None,
) -> Document:
    """Rename it, say what it is, move it; None leaves as it is. The name keeps its ending.

    Raises NotFound, Refused, Invalid.
    """
    document = await require_filing(db, catalog, document_id, rights)
    row: Any = await db.fetchrow(
        CHANGE,
        document_id,
        None if name is None else with_ending(name, document.name),
        None if type is None else clean_type(type),
        None if folder is None else clean_folder(folder),
    )
    return Document(**dict(row))


async def add_version(
    db: Connection, catalog: Catalog, document_id: int, upload: Upload, rights: Rights
) -> Document:
    """Put a newer file in its place; the one before is kept. The same file once more changes nothing.

    The document's name stays, with the new file's ending where that is another. Raises NotFound, Refused.
    """
    document = await require_filing(db, catalog, document_id, rights)
    if upload.stored.sha256 == document.sha256:
        return document
    await db.execute(KEEP_VERSION, document_id)
    name = None
    if upload.media_type != document.media_type:
        stem = document.name.rpartition(".")[0] or document.name
        name = with_ending(stem, upload.name)
    stored = upload.stored
    row: Any = await db.fetchrow(
        NEW_VERSION, document_id, stored.sha256, upload.media_type, stored.size, name, rights.user_id
    )
    return Document(**dict(row))


async def remove_document(db: Connection, catalog: Catalog, document_id: int, rights: Rights) -> None:
    """Remove a document with all its versions. Its file goes from the store after a week (records/sweeping).

    Raises NotFound, Refused, and Conflict where a field of a record holds it.
    """
    document = await require_filing(db, catalog, document_id, rights)
    for module in catalog.modules.values():
        for field in file_fields(module):
            holder = await db.fetchval(
                f"SELECT {module.key_sql('n')} FROM {module.sql} n "
                f"WHERE n.{quote(field.column or field.key)} = $1 LIMIT 1",
                document_id,
            )
            if holder is not None:
                raise Conflict(
                    f'"{document.name}" is in the field {field.label} of a record of {module.label_plural}.',
                    suggestion="Empty that field first, or choose another file there.",
                )
    await db.execute(REMOVE, document_id, rights.user_id)


async def versions_of(db: Connection, catalog: Catalog, document_id: int, rights: Rights) -> list[Version]:
    """All versions, the newest first. Raises NotFound."""
    await get_document(db, catalog, document_id, rights)
    return [Version(**dict(row)) for row in await db.fetch(VERSIONS, document_id, None)]


async def get_version(
    db: Connection, catalog: Catalog, document_id: int, number: int, rights: Rights
) -> Version:
    """One version. Raises NotFound."""
    await get_document(db, catalog, document_id, rights)
    row = await db.fetchrow(VERSIONS, document_id, number)
    if row is None:
        raise NotFound(f"Document {document_id} has no version {number}.")
    return Version(**dict(row))


async def folders_of(
    db: Connection, catalog: Catalog, module_key: str, record_id: str, rights: Rights
) -> list[dict[str, Any]]:
    """The folders of a record's documents by name, with how many are in each. Raises as `read_record`."""
    record = await read_record(db, catalog, module_key, record_id, rights, lines=False)
    rows = await db.fetch(FOLDERS, catalog.module(module_key).id, record.id)
    return [dict(row) for row in rows]


async def any_document(db: Connection, document_id: int) -> Document:
    """A document, whoever asks: for work whose rights were seen to. Raises NotFound."""
    for document in await load(db, [document_id]):
        return document
    raise not_found(document_id)

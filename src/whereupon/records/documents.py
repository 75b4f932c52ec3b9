"""Documents: files that people upload, attached to a record or named by a `file` field of one.

A document may be read by whoever may read a record that it belongs to: the one that it is attached to, or
one whose file field holds it. One that is attached to nothing is its uploader's. Administrators read all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, Refused
from whereupon.modules.catalog import Catalog, Field, Module, quote
from whereupon.people.rights import Rights
from whereupon.records.accept import Accepted
from whereupon.records.files import FileStore, Stored
from whereupon.records.media_types import ALLOWED, clean_name, media_type_of
from whereupon.records.read import read_record
from whereupon.records.statements import owned_by, read_statement

COLUMNS = """
  d.id, encode(d.sha256, 'hex') AS sha256, d.name, d.type, d.folder, d.media_type, d.size, d.version,
  d.module_id, d.record_id, d.created_by, d.created_at, d.uploaded_by, d.uploaded_at
"""
ADD = f"""
INSERT INTO whereupon.documents AS d (sha256, name, media_type, size, created_by, uploaded_by)
VALUES (decode($1, 'hex'), $2, $3, $4, $5, $5) RETURNING {COLUMNS}
"""
LOAD = f"SELECT {COLUMNS} FROM whereupon.documents d WHERE d.id = ANY($1::bigint[]) ORDER BY d.id"
OF_RECORD = f"""
SELECT {COLUMNS} FROM whereupon.documents d WHERE d.module_id = $1 AND d.record_id = $2 AND d.id < $3
  AND ($5::text IS NULL OR d.folder = $5)
ORDER BY d.id DESC LIMIT $4
"""
# Only what is attached to nothing: a document never moves from one record to another.
ATTACH = f"""
UPDATE whereupon.documents d SET module_id = $2, record_id = $3,
  folder = coalesce($4, d.folder), type = coalesce($5, d.type)
WHERE d.id = $1 AND (d.module_id IS NULL OR (d.module_id, d.record_id) = ($2, $3)) RETURNING {COLUMNS}
"""


@dataclass(frozen=True, slots=True)
class Document:
    """One file in its newest version; `module_id` and `record_id` when it is attached to a record.

    `created_…` tell of the first version, `uploaded_…` of this one.
    """

    id: int
    sha256: str
    name: str
    type: str
    folder: str  # "": none; "Contracts/2026": one in another
    media_type: str
    size: int  # bytes
    version: int
    module_id: int | None
    record_id: str | None
    created_by: int | None
    created_at: datetime
    uploaded_by: int | None
    uploaded_at: datetime

    @property
    def stored(self) -> Stored:
        return Stored(self.sha256, self.size)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is in the store, and what it was found to be; not yet a document."""

    stored: Stored
    name: str
    media_type: str


async def store_upload(
    store: FileStore, source: BinaryIO, given_name: str | None, allowed: Collection[str] = ALLOWED
) -> Upload:
    """Judge a file and keep its bytes. Raises Invalid for what is not kept, Unavailable when it cannot be."""
    name = clean_name(given_name)
    media_type = await asyncio.to_thread(media_type_of, source, name, allowed)
    source.seek(0)
    return Upload(await asyncio.to_thread(store.put, source), name, media_type)


async def add_document(db: Connection, upload: Upload, rights: Rights) -> Document:
    """The document of a stored upload: its uploader's until it belongs to a record."""
    stored = upload.stored
    row: Any = await db.fetchrow(
        ADD, stored.sha256, upload.name, upload.media_type, stored.size, rights.user_id
    )
    return Document(**dict(row))


async def get_document(db: Connection, catalog: Catalog, document_id: int, rights: Rights) -> Document:
    """Raises NotFound, also when the user may not know that it exists."""
    for document in await load(db, [document_id]):
        if document_id in await readable(db, catalog, [document], rights):
            return document
    raise not_found(document_id)


async def documents_of(
    db: Connection,
    catalog: Catalog,
    module_key: str,
    record_id: str,
    rights: Rights,
    *,
    before: int,
    limit: int,
    folder: str | None = None,
) -> list[Document]:
    """Those attached to a record, the newest first, ids below `before`; of one folder, or all (None).

    Raises as `read_record` does.
    """
    record = await read_record(db, catalog, module_key, record_id, rights, lines=False)
    rows = await db.fetch(OF_RECORD, catalog.module(module_key).id, record.id, before, limit, folder)
    return [Document(**dict(row)) for row in rows]


async def attach_document(
    db: Connection,
    catalog: Catalog,
    document_id: int,
    module_key: str,
    record_id: str,
    rights: Rights,
    *,
    folder: str | None = None,
    type: str | None = None,
) -> Document:
    """Attach an uploaded document to a record that the user may change; twice to the same one is once.

    `folder` and `type` have been cleaned (records/filing.py); None leaves them as they are.

    Raises Refused, NotFound; Conflict when it is attached to another record.
    """
    module = catalog.module(module_key)
    record_id = await require_change(db, catalog, module, record_id, rights)
    document = await get_document(db, catalog, document_id, rights)
    if document.module_id is None and document.created_by != rights.user_id and not rights.administrator:
        raise Refused("Only who uploaded a document can attach it.", suggestion="Upload the file yourself.")
    row: Any = await db.fetchrow(ATTACH, document_id, module.id, record_id, folder, type)
    if row is None:
        raise Conflict(
            f"Document {document_id} is attached to another record.", suggestion="Upload the file once more."
        )
    return Document(**dict(row))


async def require_change(
    db: Connection, catalog: Catalog, module: Module, record_id: str, rights: Rights
) -> str:
    """The record's id as it is stored. Raises Refused, NotFound."""
    record = await read_record(db, catalog, module.key, record_id, rights, lines=False)
    rights.require("update", module.key)
    if rights.own_only("update", module.key):
        sql = read_statement(catalog, module, (), True).sql
        if await db.fetchrow(sql, None, record.id, None, rights.user_id) is None:
            raise Refused(f"You may update only your own {module.label_plural.lower()}.")
    return record.id


# Who may read what --------------------------------------------------------------------------------


async def load(db: Connection, ids: Sequence[int]) -> list[Document]:
    """Those that exist, whoever asks."""
    return [Document(**dict(row)) for row in await db.fetch(LOAD, ids)]


async def readable(
    db: Connection, catalog: Catalog, documents: Sequence[Document], rights: Rights
) -> set[int]:
    """Ids of those of the documents that the user may read."""
    if rights.administrator:
        return {document.id for document in documents}
    own = {d.id for d in documents if d.module_id is None and d.created_by == rights.user_id}
    others = [document for document in documents if document.id not in own]
    ways = list(ways_to(catalog, others, rights)) if others else []
    if not ways:
        return own
    sql = f"SELECT d.id FROM whereupon.documents d WHERE d.id = ANY($1::bigint[]) AND ({' OR '.join(ways)})"
    return own | {row["id"] for row in await db.fetch(sql, [document.id for document in others])}


def ways_to(catalog: Catalog, documents: Sequence[Document], rights: Rights) -> Iterator[str]:
    """SQL conditions on a document `d`, any of which lets the user read it."""
    attached = {document.module_id for document in documents}
    for module in catalog.modules.values():
        if not rights.may("read", module.key):
            continue
        owned = f" AND {owned_by(module, str(rights.user_id))}" if rights.own_only("read", module.key) else ""
        if module.id in attached:
            yield f"EXISTS (SELECT FROM {module.sql} AS n WHERE {is_record_of(module)}{owned})"
        for field in file_fields(module):
            if field.key in rights.readable(module):
                held = f"n.{quote(field.column or '')} = d.id"
                yield f"EXISTS (SELECT FROM {module.sql} AS n WHERE {held}{owned})"


def is_record_of(module: Module) -> str:
    """That row `n` is what document `d` is attached to; by the key's own type, for its index."""
    key = f"CASE WHEN d.module_id = {module.id} THEN d.record_id END"
    if len(module.key_columns) == 1:
        return f"n.{quote(module.key_column)} = ({key})::{module.key_type}"
    return f"{module.key_sql('n')} = {key}"


def file_fields(module: Module) -> list[Field]:
    """The fields of a module that hold documents."""
    return [field for field in module.fields.values() if field.type == "file" and field.column]


# What a record may hold ---------------------------------------------------------------------------


async def refuse_strange_documents(
    db: Connection, catalog: Catalog, module: Module, accepted: Sequence[Accepted], rights: Rights
) -> None:
    """A file field takes only documents that the writer may read: whoever reads the record reads them then.

    Raises Invalid naming each by JSON pointer, in the same words as for a document that does not exist.
    """
    many = len(accepted) > 1
    named = [
        (path, key, document)
        for index, one in enumerate(accepted)
        for path, key, document in documents_in(catalog, module, one, f"/{index}" if many else "")
    ]
    if not named or rights.administrator:
        return
    found = await load(db, sorted({document for _, _, document in named}))
    allowed = await readable(db, catalog, found, rights)
    problems = [
        Problem("no_such_record", f'{label}: there is no document "{document}".', path)
        for path, label, document in named if document not in allowed
    ]  # fmt: skip
    if problems:
        raise Invalid.of(*problems[:100])


def documents_in(
    catalog: Catalog, module: Module, accepted: Accepted, path: str
) -> Iterator[tuple[str, str, int]]:
    """Where a record names documents, lines included: path, label of the field, id."""
    yield from named_in(module, accepted.values, path)
    for key, lines in accepted.lines.items():
        child = catalog.module(module.fields[key].options["target"])
        for index, line in enumerate(lines):
            yield from named_in(child, line.values, f"{path}/{key}/{index}")


def named_in(module: Module, values: Any, path: str) -> Iterator[tuple[str, str, int]]:
    """The same for one row."""
    for field in file_fields(module):
        if values.get(field.key) is not None:
            yield f"{path}/{field.key}", field.label, int(values[field.key])


def not_found(document_id: int) -> NotFound:
    """What is said whether it is not there or may not be known."""
    return NotFound(f"There is no document {document_id}.")


def shown_documents(catalog: Catalog, documents: Iterable[Document]) -> list[dict[str, Any]]:
    """As JSON, the module by its key."""
    return [shown_document(catalog, document) for document in documents]


def shown_document(catalog: Catalog, document: Document) -> dict[str, Any]:
    """As JSON, the module by its key."""
    keys = {module.id: module.key for module in catalog.modules.values()}
    return {
        "id": document.id, "name": document.name, "type": document.type, "folder": document.folder,
        "media_type": document.media_type, "size": document.size, "sha256": document.sha256,
        "version": document.version, "module": keys.get(document.module_id or 0),
        "record_id": document.record_id, "created_by": document.created_by, "created_at": document.created_at,
        "uploaded_by": document.uploaded_by, "uploaded_at": document.uploaded_at,
    }  # fmt: skip

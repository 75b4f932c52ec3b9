"""Documents: uploaded, attached to records, and given back as files to save, never as pages to show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing
from datetime import datetime
from typing import Any, BinaryIO
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response, StreamingResponse

from whereupon.api.call import Answer, Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, page
from whereupon.api.route import routes_of
from whereupon.api.routes.records import PathRecord
from whereupon.api.routes.shapes import Page, PathId, PathKey
from whereupon.api.upload import fingerprint, uploaded_file
from whereupon.db.pool import Connection
from whereupon.people.users import Id
from whereupon.records.documents import (
    Document,
    add_document,
    attach_document,
    documents_of,
    get_document,
    shown_document,
    shown_documents,
    store_upload,
)
from whereupon.records.files import FileStore

router = routes_of("documents")
CHUNK = 1 << 18  # bytes


class DocumentOut(Out):
    """A file. `media_type` is what its bytes say; `module` and `record_id` say what it is attached to."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    module: str | None
    record_id: str | None
    created_by: int | None
    created_at: datetime


class ChosenDocument(BaseModel):
    """Which uploaded document is to be attached."""

    model_config = ConfigDict(extra="forbid")

    document_id: Id


@router.post(
    "/documents",
    **operation("upload_document", DocumentOut, status=201, summary="Upload a file.", upload=True),
)
async def upload_document(call: TheCall) -> Response:
    async with uploaded_file(call) as file:
        upload = await store_upload(store_of(call), file.file, file.filename)
    call.body = fingerprint(upload.stored.sha256, upload.name)

    async def work(db: Connection) -> Answer:
        document = await add_document(db, upload, call.rights)
        shown = shown_document(await call.catalog(db), document)
        return Answer(shown, 201, {"Location": f"/api/v1/documents/{document.id}"})

    return await call.write(work, status=201, defines=False)


@router.get("/documents/{document_id}", **operation("get_document", DocumentOut, summary="What a file is."))
async def read_document(call: TheCall, document_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        return shown_document(catalog, await get_document(db, catalog, document_id, call.rights))

    return await call.read(work)


@router.get(
    "/documents/{document_id}/content",
    **operation("download_document", summary="The file itself, to be saved.", media_type="*/*"),
)
async def download_document(call: TheCall, document_id: PathId) -> Response:
    async def work(db: Connection) -> Response:
        document = await get_document(db, await call.catalog(db), document_id, call.rights)
        opened = await asyncio.to_thread(store_of(call).open, document.stored, document.name)
        return as_attachment(document, opened)

    return await call.read(work)


@router.get(
    "/records/{module}/{record_id}/documents",
    **operation("list_record_documents", Page[DocumentOut], summary="A record's files, the newest first."),
)
async def list_record_documents(
    call: TheCall, module: PathKey, record_id: PathRecord, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    before = id_before(cursor) or 2**62

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        found = await documents_of(
            db, catalog, module, record_id, call.rights, before=before, limit=limit + 1
        )
        return page(shown_documents(catalog, found), limit)

    return await call.read(work)


@router.post(
    "/records/{module}/{record_id}/documents",
    **operation("attach_document", DocumentOut, summary="Attach an uploaded file to a record."),
)
async def attach(call: TheCall, module: PathKey, record_id: PathRecord, body: ChosenDocument) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        document = await attach_document(db, catalog, body.document_id, module, record_id, call.rights)
        return shown_document(catalog, document)

    return await call.write(work, defines=False)


def store_of(call: Call) -> FileStore:
    return FileStore.of(call.settings)


def as_attachment(document: Document, opened: BinaryIO) -> Response:
    """A file to be saved under its name (RFC 6266); the application's headers forbid all else."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name, safe='')}",
        "Content-Length": str(document.size),
    }
    # The type alone: no charset is guessed for a text whose encoding nobody knows.
    headers["Content-Type"] = document.media_type
    return StreamingResponse(chunks_of(opened), headers=headers)


async def chunks_of(opened: BinaryIO) -> AsyncGenerator[bytes]:
    with closing(opened):
        while chunk := await asyncio.to_thread(opened.read, CHUNK):
            yield chunk

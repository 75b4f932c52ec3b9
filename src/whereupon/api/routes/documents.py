"""Documents: uploaded, attached to records, and given back as files to save, never as pages to show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
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
    Upload,
    add_document,
    attach_document,
    documents_of,
    get_document,
    shown_document,
    shown_documents,
    store_upload,
)
from whereupon.records.files import FileStore
from whereupon.records.filing import (
    Version,
    add_version,
    clean_folder,
    clean_type,
    file_document,
    folders_of,
    get_version,
    remove_document,
    versions_of,
)
from whereupon.records.limits import load_limits

router = routes_of("documents")
CHUNK = 1 << 18  # bytes


class DocumentOut(Out):
    """A file. `media_type` is what its bytes say; `module` and `record_id` say what it is attached to."""

    id: int
    name: str
    type: str
    folder: str
    media_type: str
    size: int
    sha256: str
    version: int
    module: str | None
    record_id: str | None
    created_by: int | None
    created_at: datetime
    uploaded_by: int | None
    uploaded_at: datetime


class VersionOut(Out):
    """One version of a file; `number` 1 is the first, the highest is the file as it is now."""

    number: int
    name: str
    media_type: str
    size: int
    sha256: str
    uploaded_by: int | None
    uploaded_by_name: str | None
    uploaded_at: datetime


class VersionsOut(Out):
    """All versions, the newest first."""

    items: list[VersionOut]


class FolderOut(Out):
    """A folder of a record's files; the one without a name holds those that are in none."""

    folder: str
    documents: int


class FoldersOut(Out):
    """All folders of a record that have files in them."""

    items: list[FolderOut]


Folder = Annotated[str, Field(max_length=500, examples=["Contracts/2026"])]
Kind = Annotated[str, Field(max_length=200, examples=["Passport"])]


class ChosenDocument(BaseModel):
    """Which uploaded document is to be attached, where it goes and what it is."""

    model_config = ConfigDict(extra="forbid")

    document_id: Id
    folder: Folder | None = None
    type: Kind | None = None


class Filing(BaseModel):
    """What is to be changed of a file; what is left out stays. A name keeps its ending."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=500, pattern=r"\S")
    type: Kind | None = None
    folder: Folder | None = None


@router.post(
    "/documents",
    **operation("upload_document", DocumentOut, status=201, summary="Upload a file.", upload=True),
)
async def upload_document(call: TheCall) -> Response:
    upload = await received(call)

    async def work(db: Connection) -> Answer:
        document = await add_document(db, upload, call.rights)
        shown = shown_document(await call.catalog(db), document)
        return Answer(shown, 201, {"Location": f"/api/v1/documents/{document.id}"})

    return await call.write(work, status=201, defines=False)


async def received(call: Call) -> Upload:
    """The file of a request, judged by what may be uploaded, and in the store."""
    async with call.database.connection() as db:
        limits = await load_limits(db)
    async with uploaded_file(call, limits.most_bytes) as file:
        upload = await store_upload(store_of(call), file.file, file.filename, limits.media_types)
    call.body = fingerprint(upload.stored.sha256, upload.name)
    return upload


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


@router.patch(
    "/documents/{document_id}",
    **operation("file_document", DocumentOut, summary="Rename a file, say what it is, move it to a folder."),
)
async def file_one(call: TheCall, document_id: PathId, body: Filing) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        changed = body.model_dump(exclude_unset=True)
        return shown_document(catalog, await file_document(db, catalog, document_id, call.rights, **changed))

    return await call.write(work, defines=False, wakes=True)


@router.delete(
    "/documents/{document_id}",
    **operation("remove_document", status=204, summary="Remove a file with all its versions."),
)
async def remove_one(call: TheCall, document_id: PathId) -> Response:
    async def work(db: Connection) -> None:
        await remove_document(db, await call.catalog(db), document_id, call.rights)

    return await call.write(work, defines=False, wakes=False)


@router.get(
    "/documents/{document_id}/versions",
    **operation("list_document_versions", VersionsOut, summary="A file's versions, the newest first."),
)
async def list_document_versions(call: TheCall, document_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        found = await versions_of(db, await call.catalog(db), document_id, call.rights)
        return {"items": [asdict(version) for version in found]}

    return await call.read(work)


@router.post(
    "/documents/{document_id}/versions",
    **operation("upload_version", DocumentOut, summary="Upload a newer version of a file.", upload=True),
)
async def upload_version(call: TheCall, document_id: PathId) -> Response:
    upload = await received(call)

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        document = await add_version(db, catalog, document_id, upload, call.rights)
        return shown_document(catalog, document)

    return await call.write(work, defines=False, wakes=True)


@router.get(
    "/documents/{document_id}/versions/{number}/content",
    **operation("download_version", summary="A version of a file, to be saved.", media_type="*/*"),
)
async def download_version(
    call: TheCall, document_id: PathId, number: Annotated[int, Path(ge=1, le=2**31 - 1)]
) -> Response:
    async def work(db: Connection) -> Response:
        version = await get_version(db, await call.catalog(db), document_id, number, call.rights)
        opened = await asyncio.to_thread(store_of(call).open, version.stored, version.name)
        return as_attachment(version, opened)

    return await call.read(work)


@router.get(
    "/records/{module}/{record_id}/folders",
    **operation("list_record_folders", FoldersOut, summary="The folders of a record's files."),
)
async def list_record_folders(call: TheCall, module: PathKey, record_id: PathRecord) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await folders_of(db, await call.catalog(db), module, record_id, call.rights)}

    return await call.read(work)


@router.get(
    "/records/{module}/{record_id}/documents",
    **operation("list_record_documents", Page[DocumentOut], summary="A record's files, the newest first."),
)
async def list_record_documents(
    call: TheCall,
    module: PathKey,
    record_id: PathRecord,
    limit: Limit = 50,
    cursor: Cursor = None,
    folder: Annotated[str | None, Query(max_length=500, description="Only those in this folder.")] = None,
) -> Response:
    before = id_before(cursor) or 2**62
    wanted = None if folder is None else clean_folder(folder)

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        found = await documents_of(
            db, catalog, module, record_id, call.rights, before=before, limit=limit + 1, folder=wanted
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
        document = await attach_document(
            db, catalog, body.document_id, module, record_id, call.rights,
            folder=None if body.folder is None else clean_folder(body.folder),
            type=None if body.type is None else clean_type(body.type),
        )  # fmt: skip
        return shown_document(catalog, document)

    return await call.write(work, defines=False, wakes=True)


def store_of(call: Call) -> FileStore:
    return FileStore.of(call.settings)


def as_attachment(document: Document | Version, opened: BinaryIO) -> Response:
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

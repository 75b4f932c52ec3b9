"""Files from somebody's computer, one by one or in an archive: looked at, then put in place."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.turns import turns_of
from whereupon.api.upload import uploaded_files
from whereupon.db.pool import Connection
from whereupon.packs import sending
from whereupon.packs.archives import Unpacked, unpack
from whereupon.packs.placing import Document, read_documents

router = routes_of("files", "/files")
MOST_BYTES = 5_000_000
MOST_UPLOADS = 500
Action = Literal["create", "change", "same", "remove", "refused"]
Whole = Annotated[
    bool,
    Query(description="These are all files: what was applied from files before and has none is deleted."),
]


class FileWord(Out):
    """One thing that is different: which part, what it was, what it becomes."""

    what: str
    change: Literal["added", "removed", "changed"]
    before: str | None
    after: str | None


class FileFault(Out):
    """Why a file cannot be applied. `path`: a JSON pointer; `line`: of the file, if that can be told."""

    message: str
    path: str
    suggestion: str | None
    line: int | None


class SentFile(Out):
    """What becomes of one file, or (remove) of something that has none any more.

    `source`: what it was called; `words`: what is different; `does`: what a new one does; `diff`: lines that
    go (-) and come (+); `lost`: what would be lost; `etag`: another one once it would do something else.
    """

    source: str | None
    file: str
    kind: str | None
    key: str | None
    name: str
    action: Action
    words: list[FileWord]
    does: list[str]
    diff: list[str]
    lost: list[str]
    problems: list[FileFault]
    etag: str


class FileCounts(Out):
    """How many of each."""

    create: int
    change: int
    same: int
    remove: int
    refused: int


class SentFiles(Out):
    """All of them. `plan`: stands for what was seen here; `ignored`: names of files that are no YAML."""

    plan: str
    counts: FileCounts
    documents: list[SentFile]
    ignored: list[str]


@router.post(
    "/preview",
    **operation(
        "preview_files", SentFiles, uploads=True, errors=[413, 415, 429],
        summary="What YAML files, or an archive of them, would change, each for itself.",
    ),
)  # fmt: skip
async def preview(call: TheCall, whole: Whole = False) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        return sending.as_json(await sending.look(db, call.rights, documents, sent.ignored, whole=whole))

    async with received(call) as (sent, documents):
        return await call.write(work, defines=False)


@router.post(
    "/import",
    **operation(
        "import_files", SentFiles, uploads=True, errors=[409, 412, 413, 415, 429],
        summary="Apply the files as they were seen in a preview, all or nothing.",
    ),
)  # fmt: skip
async def apply(
    call: TheCall,
    plan: Annotated[str, Query(max_length=100, description="Of the preview that somebody looked at.")],
    whole: Whole = False,
    accept_loss: Annotated[
        bool, Query(description="What the preview says would be lost may be lost.")
    ] = False,
    leave_out: Annotated[
        list[Annotated[str, Field(max_length=300)]] | None,
        Query(max_length=500, description="Files of the preview that are not to be applied."),
    ] = None,
) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        found = await sending.apply(
            db, call.rights, documents, plan, whole=whole, accept_loss=accept_loss, leave_out=leave_out or ()
        )
        return sending.as_json(found)

    async with received(call) as (_, documents):
        return await call.write(work, wakes=True)


@asynccontextmanager
async def received(call: Call) -> AsyncGenerator[tuple[Unpacked, list[Document]]]:
    """The files of a request, unpacked and read; few at once, because many of them are work."""
    async with turns_of(call).files.turn():
        async with uploaded_files(call, MOST_BYTES, MOST_UPLOADS) as files:
            contents = [(file.filename or "", await file.read()) for file in files]
        call.body = fingerprint_of(contents)
        sent = await asyncio.to_thread(unpack, contents)
        yield sent, await asyncio.to_thread(read_documents, sent)


def fingerprint_of(contents: list[tuple[str, bytes]]) -> bytes:
    """What stands for the body where two requests are compared (Idempotency-Key)."""
    found = hashlib.sha256()
    for name, content in contents:
        found.update(f"{name}\n{hashlib.sha256(content).hexdigest()}\n".encode("utf-8", "replace"))
    return found.digest()

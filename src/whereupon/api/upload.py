"""One file out of a request: read by the multipart parser and by nothing else, up to a limit, as it comes.

A body that merely says that it holds a file (JSON with a path in it, say) is refused before it is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from whereupon.api.call import Call
from whereupon.api.problems import Malformed, NotMultipart, TooLarge
from whereupon.errors import Invalid, Problem

LIMIT_BYTES = 25_000_000
AROUND_THE_FILE = 20_000  # bytes: boundaries and the part's headers
MEDIA_TYPE = "multipart/form-data"


@asynccontextmanager
async def uploaded_file(call: Call, most: int = LIMIT_BYTES) -> AsyncGenerator[UploadFile]:
    """The file in the part "file", open and at its beginning; of `most` bytes.

    Raises NotMultipart, Malformed, Invalid; TooLarge as soon as it is known to be.
    """
    async with form_of(call, most, 1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid.of(Problem("missing", 'A file in the part "file" is required.', "/file"))
        if (file.size or 0) > most:
            raise too_large(most)
        yield file


@asynccontextmanager
async def uploaded_files(call: Call, most: int, most_files: int) -> AsyncGenerator[list[UploadFile]]:
    """The files in the parts "files", of `most` bytes together. Raises as `uploaded_file` does."""
    async with form_of(call, most, most_files) as form:
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
        if not files:
            raise Invalid.of(Problem("missing", 'Files in parts called "files" are required.', "/files"))
        yield files


@asynccontextmanager
async def form_of(call: Call, most: int, most_files: int) -> AsyncGenerator[FormData]:
    """The form that was sent, its files closed in the end."""
    request = call.request
    require_multipart(request)
    refuse_declared_size(request, most)
    try:
        parser = MultiPartParser(request.headers, limited(request, most), max_files=most_files, max_fields=0)
        form = await parser.parse()
    except MultiPartException as error:
        raise Malformed(f"The upload cannot be read: {error.message}") from None
    except ClientDisconnect:
        raise Malformed("The upload ended before it was complete.") from None
    try:
        yield form
    finally:
        await form.close()


def require_multipart(request: Request) -> None:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        raise NotMultipart(
            f'The body is "{kind}", and a file is only taken from {MEDIA_TYPE}.',
            suggestion='Send it as a form with the file in the part "file".',
        )


def refuse_declared_size(request: Request, most: int) -> None:
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most + AROUND_THE_FILE:
        raise too_large(most)


async def limited(request: Request, most: int) -> AsyncGenerator[bytes]:
    """The body as it comes. Raises TooLarge instead of going on."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most + AROUND_THE_FILE:
            raise too_large(most)
        yield chunk


def too_large(most: int) -> TooLarge:
    return TooLarge(
        f"The file is larger than {most // 1_000_000} MB.", suggestion="Send a smaller one, or a link."
    )


def fingerprint(sha256: str, name: str) -> bytes:
    """What stands for the body of an upload where two requests are compared (Idempotency-Key)."""
    return hashlib.sha256(f"{sha256}\n{name}".encode()).digest()

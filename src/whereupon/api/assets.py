"""The browser application's files as they were built, for every address that no route of ours has.

Nothing is read before it is asked for, and nothing is kept: a file that was built anew is sent anew.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

BUILT = Path(__file__).parent / "web"  # hatch_build.py puts it there
HASHED = "/assets/"  # below it, a name holds a digest of the content: such a file never changes
FOR_EVER, ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
# Scripts come from here and are never made from text. Styles may stand in elements: the component library
# and the canvas place things that way. Frames: a mail's preview, which has no scripts and no origin.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Whereupon</title>
<h1>The pages are not built yet</h1>
<p>Whereupon is running, and its HTTP interface answers: <a href="/api/v1/docs">what it offers</a>.</p>
<p>To build the pages, run <code>make web</code> in the source folder, then load this page again.
A package installed with pip holds them already.</p></html>
"""


class Assets:
    """A plain ASGI application: a file, else the application's page for a person, else `otherwise`."""

    def __init__(self, otherwise: ASGIApp, folder: Path = BUILT) -> None:
        self.otherwise = otherwise
        self.folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = self.answer(scope) if scope["type"] == "http" else None
        except FileNotFoundError:  # it is being built anew at this moment
            answer = None
        await (answer or self.otherwise)(scope, receive, send)

    def answer(self, scope: Scope) -> Response | None:
        """What to send, None where there is nothing for this request."""
        path, headers = scope["path"], Headers(scope=scope)
        if scope["method"] not in ("GET", "HEAD") or path == "/api" or path.startswith("/api/"):
            return None
        if (file := self.find(path)) is not None:
            return send_file(file, headers, hashed=path.startswith(HASHED))
        if path.startswith(HASHED) or not (path == "/" or "text/html" in headers.get("accept", "")):
            return None
        page = self.folder / "index.html"  # the application finds out what this address shows
        if page.is_file():
            return send_file(page, headers, hashed=False)
        return HTMLResponse(NOT_BUILT, 503, {"Cache-Control": "no-store", "Content-Security-Policy": POLICY})

    def find(self, path: str) -> Path | None:
        """The file at an address; never one outside the folder, nor one that says how it was built."""
        names = path.split("/")[1:]
        if any(name in ("", ".", "..") or "\0" in name or "\\" in name for name in names):
            return None
        file = self.folder.joinpath(*names)
        if file.suffix not in MEDIA_TYPES or path == "/built.json":
            return None
        try:
            return file if file.is_file() and file.resolve().is_relative_to(self.folder.resolve()) else None
        except OSError:  # a name that is too long, for one
            return None


def send_file(file: Path, asked: Headers, *, hashed: bool) -> Response:
    """The file, packed where the browser takes that; 304 when the browser has it as it is."""
    packed = file.with_name(file.name + ".gz")
    unpacks = accepts_gzip(asked.get("accept-encoding", "")) and packed.is_file()
    content = (packed if unpacks else file).read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        "Cache-Control": FOR_EVER if hashed else ASK_AGAIN,
        "ETag": tag,
        "Vary": "Accept-Encoding",
        "Content-Security-Policy": POLICY,
    }
    if tag in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if unpacks:
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=MEDIA_TYPES[file.suffix])


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes gzip.

    >>> [accepts_gzip(header) for header in ("gzip, br", "br;q=1, GZIP;q=0.5", "gzip;q=0", "br", "")]
    [True, True, False, False, False]
    """
    for entry in header.lower().split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip() == "gzip":
            return re.fullmatch(r"q=0(\.0*)?", weight.strip()) is None
    return False

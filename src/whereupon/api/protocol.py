"""What is answered to that which is no HTTP, or is too long to be read: a problem document, as everywhere."""

from __future__ import annotations

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from whereupon.api.problems import MEDIA_TYPE, AddressTooLong, Malformed, problem_document

LONGEST_ADDRESS = 65_535  # bytes: the parser's offsets have 16 bits


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it; the one answer that it makes by itself is ours."""

    def send_400_response(self, msg: str) -> None:
        """The parser gave up; nothing of the request was looked at."""
        if len(getattr(self, "url", b"")) > LONGEST_ADDRESS:
            error = AddressTooLong(
                f"The address is longer than {LONGEST_ADDRESS:,} bytes.",
                suggestion="Ask with a shorter condition, or save it as a view.",
            )
        else:
            error = Malformed("This could not be read as HTTP.")
        content = orjson.dumps(problem_document(error))
        headers = {"content-type": MEDIA_TYPE, "content-length": str(len(content)), "connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[error.status] + lines.encode() + b"\r\n" + content)
        self.transport.close()

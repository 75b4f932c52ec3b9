"""HTTP PUT: WebDAV servers, and whatever takes a file at an address. Through the one way out."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

from whereupon.outbox.egress import Answer, NoAnswer, NotAllowed, Outgoing
from whereupon.outbox.stores.putting import SECONDS, File, Way
from whereupon.outbox.stores.settings import HttpPut

MOST_ANSWER = 100_000  # bytes: nobody reads it
LATER = (408, 425, 429)


async def put(store: HttpPut, way: Way, file: File) -> str:
    """Raises NotAllowed, NoAnswer."""
    answer = await send(store, way, file, "PUT", file.content)
    if 200 <= answer.status < 300:
        return "/".join(file.parts)
    raise refused(store, answer)


async def remove(store: HttpPut, way: Way, file: File) -> None:
    """Raises NotAllowed, NoAnswer."""
    answer = await send(store, way, file, "DELETE", b"")
    if not (200 <= answer.status < 300 or answer.status == 404):
        raise refused(store, answer)


async def send(store: HttpPut, way: Way, file: File, method: str, body: bytes) -> Answer:
    """Make one request for the file. Raises NotAllowed, NoAnswer."""
    path = "/".join(quote(part, safe="") for part in file.parts)
    headers = {"Content-Type": file.media_type} if body else {}
    if store.sign_in != "none" and way.secret is not None:
        headers["Authorization"] = signed_in(store, way.secret)
    return await way.egress.send(
        Outgoing(
            method, store.url + path, headers, body, total_seconds=SECONDS, most_bytes=MOST_ANSWER,
            confidential=store.sign_in != "none",
        )
    )  # fmt: skip


def signed_in(store: HttpPut, secret: str) -> str:
    """The Authorization header."""
    if store.sign_in == "bearer":
        return f"Bearer {secret}"
    return "Basic " + b64encode(f"{store.username}:{secret}".encode()).decode()


def refused(store: HttpPut, answer: Answer) -> NotAllowed | NoAnswer:
    """What an answer that is no success means: for good, or for now."""
    told = f"{store.host} answered with status {answer.status}."
    if answer.status in LATER or answer.status >= 500:
        return NoAnswer("refused_for_now", told)
    advice = {
        401: "Enter the password again in the settings.", 403: "Ask for the right to write there.",
        404: "See whether the address is a folder.", 409: "Make the folder there first.",
        405: "The server does not take files by PUT.",
    }.get(answer.status)  # fmt: skip
    return NotAllowed("refused", told, advice)

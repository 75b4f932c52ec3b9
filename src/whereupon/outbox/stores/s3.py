"""S3 and what speaks like it: obstore signs the request, and it leaves by the one way out.

So the same rules hold as for every other request: the address is looked at once and connected to, and no
redirect is followed. Signing needs no network.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from whereupon.outbox.egress import Answer, NoAnswer, NotAllowed, Outgoing
from whereupon.outbox.stores.putting import SECONDS, File, Way
from whereupon.outbox.stores.settings import S3

MOST_ANSWER = 100_000  # bytes
VALID = timedelta(minutes=5)


async def put(store: S3, way: Way, file: File) -> str:
    """Raises NotAllowed, NoAnswer."""
    answer = await send(store, way, file, "PUT", file.content)
    if answer.status == 200:
        return "/".join(file.parts)
    raise refused(store, answer)


async def remove(store: S3, way: Way, file: File) -> None:
    """Raises NotAllowed, NoAnswer."""
    answer = await send(store, way, file, "DELETE", b"")
    if answer.status not in (200, 204):
        raise refused(store, answer)


async def send(store: S3, way: Way, file: File, method: Literal["PUT", "DELETE"], body: bytes) -> Answer:
    """Make one request for the file. Raises NotAllowed, NoAnswer."""
    url = await signed(store, way.secret or "", method, "/".join(file.parts))
    headers = {"Content-Type": file.media_type} if body else {}
    outgoing = Outgoing(method, url, headers, body, total_seconds=SECONDS, most_bytes=MOST_ANSWER,
                        confidential=True)  # fmt: skip
    return await way.egress.send(outgoing)


async def signed(store: S3, secret: str, method: Literal["PUT", "DELETE"], path: str) -> str:
    """An address that allows this one request for some minutes."""
    import obstore
    from obstore.store import S3Store

    library: Any = obstore
    bucket: Any = S3Store(
        store.bucket, endpoint=store.endpoint, region=store.region, access_key_id=store.access_key_id,
        secret_access_key=secret, virtual_hosted_style_request=False, skip_signature=False,
        client_options={"allow_http": True},
    )  # fmt: skip
    url: str = await library.sign_async(bucket, method, path, VALID)
    return url


SAID = {
    "NoSuchBucket": "There is no bucket of that name there.",
    "AccessDenied": "The key may not write into the bucket.",
    "InvalidAccessKeyId": "The access key is not known there.",
    "SignatureDoesNotMatch": "The secret key does not fit the access key.",
    "RequestTimeTooSkewed": "The clock of this machine is wrong.",
}


def refused(store: S3, answer: Answer) -> NotAllowed | NoAnswer:
    """What an answer that is no success means. Only words of our own: answers may repeat the key's id."""
    text = answer.body[:5_000].decode("utf-8", "replace")
    known = next((told for code, told in SAID.items() if f"<Code>{code}</Code>" in text), None)
    told = known or f"{store.host} answered with status {answer.status}."
    if answer.status in (408, 425, 429) or answer.status >= 500:
        return NoAnswer("refused_for_now", told)
    return NotAllowed("refused", told, "See to the bucket and its key in the settings, under File stores.")

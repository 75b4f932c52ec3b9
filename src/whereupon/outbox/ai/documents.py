"""Documents that go along: their text, read by a process of its own, and pictures as they are."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whereupon.errors import WhereuponError
from whereupon.outbox.ai.asking import Picture
from whereupon.outbox.ai.document_process import MOST_PICTURE
from whereupon.outbox.ai.parts import Part
from whereupon.records.files import FileStore, Stored

PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")  # what every provider takes
SECONDS = 60  # for one document to be read
MOST_OUTPUT = 60_000_000  # bytes that the process may write


@dataclass(slots=True)
class Papers:
    """What was found in a record's documents. `left_out`: name → why, in words."""

    parts: list[Part] = field(default_factory=list[Part])
    pictures: list[Picture] = field(default_factory=list[Picture])
    left_out: dict[str, str] = field(default_factory=dict[str, str])


async def read_papers(
    files: FileStore, documents: Sequence[Mapping[str, Any]], *, texts: bool, characters: int, pictures: int
) -> Papers:
    """Read each document in its order; pictures only until there are as many as wanted."""
    found = Papers()
    for told in documents:
        name, media_type = str(told["name"]), str(told["media_type"])
        wanted = pictures - len(found.pictures)
        if media_type in PICTURES:
            await add_picture(found, files, told, wanted)
        elif texts and not media_type.startswith(("image/", "audio/", "video/")):
            await add_text(found, files, told, characters, wanted)
        elif not media_type.startswith("image/") or pictures:
            found.left_out[name] = "neither text nor a picture" if texts else "only pictures go along"
    return found


async def add_picture(found: Papers, files: FileStore, told: Mapping[str, Any], wanted: int) -> None:
    """A picture as it was uploaded."""
    name = str(told["name"])
    if wanted <= 0:
        found.left_out[name] = "no more pictures go along"
    elif told["size"] > MOST_PICTURE:
        found.left_out[name] = f"larger than {MOST_PICTURE // 1_000_000} MB"
    else:
        try:
            content = await asyncio.to_thread(files.read, stored(told), name)
        except WhereuponError as error:
            found.left_out[name] = error.message
        else:
            found.pictures.append(Picture(content, str(told["media_type"])))


async def add_text(
    found: Papers, files: FileStore, told: Mapping[str, Any], characters: int, wanted: int
) -> None:
    """The text of a document; of a scanned one, its pages as pictures."""
    name = str(told["name"])
    try:
        await asyncio.to_thread(files.open(stored(told), name).close)
        lines = await unpacked(files, told, characters, max(0, wanted))
    except WhereuponError as error:
        found.left_out[name] = error.message
        return
    text = "".join(line["text"] for line in lines if "text" in line)
    scans = [line for line in lines if "picture" in line]
    found.pictures += [Picture(base64.b64decode(s["picture"]), s["media_type"]) for s in scans]
    if text.strip():
        found.parts.append(Part.of("document", f"the document {name}", text))
    elif not scans:
        fault = next((line["fault"] for line in lines if "fault" in line), "it holds no text")
        found.left_out[name] = fault


async def unpacked(
    files: FileStore, told: Mapping[str, Any], characters: int, pictures: int
) -> list[dict[str, Any]]:
    """What the process wrote; a fault where it was ended before it was ready."""
    arguments = [str(files.path(told["sha256"])), str(told["media_type"]), str(characters), str(pictures)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "whereupon.outbox.ai.document_process", *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            assert process.stdout is not None
            output = await read_all(process.stdout)
            await process.wait()
    except TimeoutError:
        return [{"fault": "it takes too long to read"}]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = [json.loads(line) for line in output.splitlines() if line.endswith(b"}")]
    if process.returncode != 0 and not lines:
        return [{"fault": "it needs too much memory or time to read"}]
    return lines


async def read_all(stream: asyncio.StreamReader) -> bytes:
    """Everything, up to a limit."""
    parts, size = list[bytes](), 0
    while size < MOST_OUTPUT and (part := await stream.read(1 << 18)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def stored(told: Mapping[str, Any]) -> Stored:
    return Stored(str(told["sha256"]), int(told["size"]))

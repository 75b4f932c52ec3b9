"""Packs of somebody else's, sent as a ZIP archive: checked, installed, updated. For administrators."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.packs import PackReport
from whereupon.api.turns import turns_of
from whereupon.api.upload import fingerprint, uploaded_file
from whereupon.errors import Invalid
from whereupon.packs.contents import Pack
from whereupon.packs.from_file import Checked, check_sent, install_sent, people_of, read_sent
from whereupon.packs.keeping import Told

router = routes_of("packs", "/packs/from-file")
MOST_BYTES = 5_000_000


class PackPerson(Out):
    """Somebody whom a pack brings."""

    email: str
    name: str
    roles: list[str]


class PackFault(Out):
    """What is wrong with a pack. `file`: in which of its files; null: with the whole."""

    file: str | None
    path: str
    message: str
    suggestion: str | None


class PackCheck(Out):
    """What was found out about a pack that was sent; without problems it can be installed.

    `counts`: how much of what it brings; `loaded`: it is installed, and `update` says what would change.
    """

    key: str | None
    name: str | None
    description: str | None
    counts: dict[str, int]
    people: list[PackPerson]
    loaded: bool
    update: PackReport | None
    problems: list[PackFault]


class InstalledPack(Out):
    """A pack that is there now. `update`: what was changed, if it was there before."""

    key: str
    name: str
    update: PackReport | None


@router.post(
    "/check",
    **operation(
        "check_pack_file", PackCheck, upload=True, errors=[409, 413, 415, 429],
        summary="Whether a pack in a ZIP archive is sound, and what it would bring.",
    ),
)  # fmt: skip
async def check(call: TheCall) -> Response:
    call.rights.require_administrator()
    async with turns_of(call).files.turn():
        pack = await received(call)
        found = await check_sent(call.database, pack, call.rights)
    return response_of(checked_as_json(found))


@router.post(
    "",
    **operation(
        "install_pack_file", InstalledPack, upload=True, errors=[404, 409, 413, 415, 429],
        summary="Install a pack from a ZIP archive, or bring an installed one to what is in it.",
    ),
)  # fmt: skip
async def install(
    call: TheCall,
    take: Annotated[
        list[Annotated[str, Field(max_length=200)]] | None,
        Query(max_length=500, description="Where what is sent wins over what was changed here."),
    ] = None,
) -> Response:
    call.rights.require_administrator()
    async with turns_of(call).files.turn():
        pack = await received(call)
        if isinstance(pack, Invalid):
            raise pack
        done = await install_sent(call.database, pack, call.rights, take or ())
    call.memory.forget()
    call.waker.wake()
    update = done.as_json() if isinstance(done, Told) else None
    return response_of({"key": pack.key, "name": pack.about.name, "update": update})


async def received(call: Call) -> Pack | Invalid:
    """The pack of a request, or what is wrong with it."""
    async with uploaded_file(call, MOST_BYTES) as file:
        name, content = file.filename or "", await file.read()
    call.body = fingerprint(hashlib.sha256(content).hexdigest(), name)
    try:
        return await asyncio.to_thread(read_sent, name, content)
    except Invalid as invalid:
        return invalid


def checked_as_json(found: Checked) -> dict[str, Any]:
    """As the API gives it."""
    pack = found.pack
    return {
        "key": pack.key if pack else None, "name": pack.about.name if pack else None,
        "description": pack.about.description.strip() if pack else None,
        "counts": pack.counts() if pack else {}, "people": people_of(pack) if pack else [],
        "loaded": found.loaded, "update": found.update.as_json() if found.update else None,
        "problems": [
            {
                "file": problem.path.partition("#")[0] if "#" in problem.path else None,
                "path": problem.path.rpartition("#")[2], "message": problem.message,
                "suggestion": problem.suggestion,
            }
            for problem in found.problems[:200]
        ],
    }  # fmt: skip

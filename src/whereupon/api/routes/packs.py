"""Ready-made modules, people, sample records and workflows: for administrators."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from whereupon.api.call import TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import PathKey
from whereupon.db.pool import Connection
from whereupon.packs.loading import load_pack
from whereupon.packs.shelf import abouts, list_packs

router = routes_of("packs", "/packs")


class Pack(Out):
    """What a pack is for."""

    key: str
    name: str
    description: str
    loaded: bool


class Packs(Out):
    """All that ship with the program."""

    items: list[Pack]


class LoadedPack(Pack):
    """A pack that is there now. `again`: it was before, and was left as it is."""

    again: bool


@router.get("", **operation("list_packs", Packs, summary="The packs, and which of them were loaded."))
async def get_packs(call: TheCall) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await list_packs(db)}

    return await call.read(work)


@router.post("/{key}", **operation("load_pack", LoadedPack, summary="Load a pack, whole or not at all."))
async def load(call: TheCall, key: PathKey) -> Response:
    call.rights.require_administrator()
    loaded = await load_pack(call.database, key, call.rights)
    call.memory.forget()
    call.waker.wake()
    about = abouts()[key]
    told = {"key": key, "name": about.name, "description": about.description.strip(), "loaded": True}
    return response_of(told | {"again": loaded.again})

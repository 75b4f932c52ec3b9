"""Ready-made modules, people, sample records and workflows: for administrators."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import PathKey
from whereupon.db.pool import Connection
from whereupon.errors import NotFound, did_you_mean
from whereupon.packs.contents import pack_keys, read_pack
from whereupon.packs.keeping import Told, remove_pack, update_pack
from whereupon.packs.loading import load_pack
from whereupon.packs.shelf import abouts, list_packs

router = routes_of("packs", "/packs")


class Pack(Out):
    """What a pack is for. `shipped`: it comes with the program; else it was sent, or lies in a folder."""

    key: str
    name: str
    description: str
    loaded: bool
    shipped: bool


class Packs(Out):
    """All that ship with the program."""

    items: list[Pack]


class PackStep(Out):
    """What is done about one thing of a pack. `taken`, `kept`: parts of it, by name."""

    kind: str
    key: str
    label: str = Field(description="What people call it.")
    action: Literal["add", "change", "remove", "keep", "conflict"]
    why: str
    taken: list[str]
    kept: list[str]


class PackReport(Out):
    """What an update or a removal did, or would do (`dry`). Steps that change nothing are only counted."""

    pack: str
    name: str
    dry: bool
    counts: dict[str, int]
    steps: list[PackStep]
    notes: list[str]


class PackUpdate(BaseModel):
    """`dry`: only tell. `take`: where what is shipped wins, as steps are told: workflow/case_welcome."""

    model_config = ConfigDict(extra="forbid")

    dry: bool = False
    take: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=1_000)


class PackRemoval(BaseModel):
    """`dry`: only tell. `accept_loss`: runs under way may be cancelled."""

    model_config = ConfigDict(extra="forbid")

    dry: bool = False
    accept_loss: bool = False


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
    told = {
        "key": key,
        "name": about.name,
        "description": about.description.strip(),
        "loaded": True,
        "shipped": True,
    }
    return response_of(told | {"again": loaded.again})


@router.post(
    "/{key}/update",
    **operation(
        "update_pack", PackReport, errors=[404, 409],
        summary="Bring a loaded pack to what is shipped; what was changed here stays.",
    ),
)  # fmt: skip
async def update(call: TheCall, key: PathKey, sent: PackUpdate) -> Response:
    call.rights.require_administrator()
    if key not in pack_keys():
        raise NotFound(
            f'There is no pack "{key}" that ships with the program.',
            suggestion=did_you_mean(key, pack_keys())
            or "One of somebody else's is updated by sending its new version.",
        )
    told = await update_pack(call.database, read_pack(key), call.rights, dry=sent.dry, take=sent.take)
    return answered(call, told)


@router.post(
    "/{key}/remove",
    **operation(
        "remove_pack", PackReport, errors=[404, 409],
        summary="Take away what a pack brought and nobody has changed or uses.",
    ),
)  # fmt: skip
async def remove(call: TheCall, key: PathKey, sent: PackRemoval) -> Response:
    told = await remove_pack(call.database, key, call.rights, dry=sent.dry, accept_loss=sent.accept_loss)
    return answered(call, told)


def answered(call: TheCall, told: Told) -> Response:
    if not told.dry:
        call.memory.forget()
        call.waker.wake()
    return response_of(told.as_json())

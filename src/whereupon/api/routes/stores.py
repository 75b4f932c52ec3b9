"""File stores: where workflows may send documents. Set up by administrators, chosen by builders."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, Field
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Anything, PathKey
from whereupon.db.pool import Connection
from whereupon.outbox.egress import Egress
from whereupon.outbox.networks import Policy, load_policy
from whereupon.outbox.secrets import load_key, open_secret
from whereupon.outbox.stores.putting import Way, attempt
from whereupon.outbox.stores.settings import (
    S3,
    HttpPut,
    LocalFolder,
    Sftp,
    Store,
    delete_store,
    get_store,
    list_stores,
    save_store,
)
from whereupon.people import audit

router = routes_of("settings", "/settings/file-stores")


class StoreChoice(Out):
    """A store as a builder chooses it."""

    key: str
    name: str
    kind: str


class StoreChoices(Out):
    """All of them, by key. `folder_allowed`: whether this machine has a folder for files."""

    items: list[StoreChoice]
    folder_allowed: bool


class StoresOut(Out):
    """All stores with what is set, without secrets."""

    items: list[Anything]
    folder_allowed: bool


class SecretIn(BaseModel):
    """The password or key, sealed when it arrives."""

    secret: str | None = Field(
        default=None, min_length=1, max_length=20_000, description="Left out: the one that is kept."
    )


class LocalFolderIn(SecretIn, LocalFolder):
    """A folder of this machine; it has no secret."""


class SftpIn(SecretIn, Sftp):
    """An SFTP server; the secret is sealed when it arrives, and never shown again."""


class S3In(SecretIn, S3):
    """A bucket; the secret is its secret access key."""


class HttpPutIn(SecretIn, HttpPut):
    """An HTTP address; the secret is the password or token."""


class TriedStore(Out):
    """What became of the small file that was written there and removed."""

    ok: bool
    code: str
    message: str


AnyStoreIn = Annotated[LocalFolderIn | SftpIn | S3In | HttpPutIn, Body(discriminator="kind")]


def shown(store: Store) -> dict[str, Any]:
    """Without the handle of its secret."""
    return store.model_dump(mode="json", exclude={"secret"}) | {"has_secret": store.secret is not None}


@router.get(
    "/choices", **operation("list_file_store_choices", StoreChoices, summary="Stores to choose from.")
)
async def choices(call: TheCall) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        found = [{"key": one.key, "name": one.name, "kind": one.kind} for one in await list_stores(db)]
        return {"items": found, "folder_allowed": call.settings.files_root is not None}

    return await call.read(work)


@router.get("", **operation("list_file_stores", StoresOut, summary="File stores, without secrets."))
async def list_all(call: TheCall) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        found = [shown(store) for store in await list_stores(db)]
        return {"items": found, "folder_allowed": call.settings.files_root is not None}

    return await call.read(work)


@router.put("", **operation("save_file_store", Anything, summary="Add a file store, or change one."))
async def save(call: TheCall, body: AnyStoreIn) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        sent = body.model_dump(exclude={"secret"}, mode="json")
        return shown(await save_store(db, call.rights, load_key(call.settings), sent, body.secret))

    return await call.write(work)


@router.delete(
    "/{key}", **operation("delete_file_store", status=204, summary="Remove a file store.", errors=[404, 409])
)
async def delete(call: TheCall, key: PathKey) -> Response:
    call.rights.require_administrator()
    return await call.write(lambda db: delete_store(db, call.rights, key))


@router.post(
    "/{key}/test",
    **operation(
        "test_file_store", TriedStore, summary="Write a small file there, and remove it.", errors=[404]
    ),
)
async def test(call: TheCall, key: PathKey) -> Response:
    """It is tried at once; the transaction is not kept open meanwhile."""
    call.rights.require_administrator()

    async def policy() -> Policy:
        async with call.database.connection() as db:
            return await load_policy(db, call.settings)

    async with call.database.connection() as db:
        store = await get_store(db, key)
        secret = None
        if store.secret:
            secret = await open_secret(db, load_key(call.settings), store.secret, host=store.host)
    egress = Egress(policy)
    try:
        tried = await attempt(store, Way(egress, call.settings.files_root, secret))
    finally:
        await egress.aclose()

    async def work(db: Connection) -> dict[str, Any]:
        await audit.append(
            db, call.user_id, "test_file_store", f"file_store:{key}", ok=tried.ok, code=tried.code
        )
        return asdict(tried)

    return await call.write(work, defines=False)

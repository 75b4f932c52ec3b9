"""Secrets that workflows sign in with elsewhere, and where requests may go: for administrators."""

from __future__ import annotations

from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import operation
from whereupon.api.paging import Cursor, Limit, id_after, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathKey
from whereupon.db.pool import Connection
from whereupon.outbox import shared_secrets
from whereupon.outbox.networks import EgressSettings, load_egress, save_egress
from whereupon.outbox.secrets import load_key
from whereupon.outbox.shared_secrets import Kept, NewSecret, SecretValue
from whereupon.people import audit

router = routes_of("settings")


@router.get(
    "/secrets", **operation("list_secrets", Page[Kept], summary="Keys of secrets, never their values.")
)
async def list_secrets(call: TheCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    after = id_after(cursor)
    return await call.read(
        lambda db: paged(shared_secrets.list_secrets(db, call.rights, after=after, limit=limit + 1), limit)
    )


@router.post(
    "/secrets", **operation("create_secret", Kept, status=201, summary="Keep a secret for one server.")
)
async def create_secret(call: TheCall, body: NewSecret) -> Response:
    async def work(db: Connection) -> Answer:
        key = load_key(call.settings)
        return Answer(await shared_secrets.create_secret(db, call.rights, key, body), 201)

    return await call.write(work)


@router.put("/secrets/{key}", **operation("replace_secret", Kept, summary="Give a secret another value."))
async def replace_secret(call: TheCall, key: PathKey, body: SecretValue) -> Response:
    return await call.write(
        lambda db: shared_secrets.replace_secret(db, call.rights, load_key(call.settings), key, body)
    )


@router.delete(
    "/secrets/{key}", **operation("delete_secret", status=204, summary="Forget a secret.", errors=[409])
)
async def delete_secret(call: TheCall, key: PathKey) -> Response:
    return await call.write(lambda db: shared_secrets.delete_secret(db, call.rights, key))


@router.get("/settings/egress", **operation("get_egress", EgressSettings, summary="Where requests may go."))
async def get_egress(call: TheCall) -> Response:
    call.rights.require_administrator()
    return await call.read(load_egress)


@router.put(
    "/settings/egress", **operation("set_egress", EgressSettings, summary="Allow networks of one's own.")
)
async def set_egress(call: TheCall, body: EgressSettings) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> EgressSettings:
        await save_egress(db, body)
        await audit.append(db, call.user_id, "set_egress", "settings:egress", **body.model_dump())
        return await load_egress(db)

    return await call.write(work, defines=False)

"""Roles: what those who have one may do."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathKey
from whereupon.people import roles
from whereupon.people.roles import ModuleRights, NewRole, RoleChange

router = routes_of("people", "/roles")


class Role(Out):
    """A named bundle of rights."""

    id: int
    key: str
    name: str
    administrator: bool
    builder: bool
    created_at: datetime
    etag: str
    modules: dict[str, ModuleRights]


@router.get("", **operation("list_roles", Page[Role], summary="Roles, by id."))
async def list_roles(call: TheCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    call.rights.require_builder()
    after = id_after(cursor)
    return await call.read(lambda db: paged(roles.list_roles(db, after=after, limit=limit + 1), limit))


@router.post("", **operation("create_role", Role, status=201, summary="Add a role."))
async def create_role(call: TheCall, body: NewRole) -> Response:
    call.rights.require_administrator()
    return await call.write(lambda db: roles.create_role(db, body, actor=call.user_id), status=201)


@router.get("/{key}", **operation("get_role", Role, summary="One role."))
async def get_role(call: TheCall, key: PathKey) -> Response:
    call.rights.require_builder()
    return await call.read(lambda db: roles.get_role(db, key))


@router.patch("/{key}", **operation("change_role", Role, summary="Change a role.", if_match=True))
async def change_role(call: TheCall, key: PathKey, body: RoleChange) -> Response:
    call.rights.require_administrator()
    etag = call.if_match()
    return await call.write(lambda db: roles.change_role(db, key, body, actor=call.user_id, etag=etag))


@router.delete("/{key}", **operation("delete_role", status=204, summary="Remove a role.", errors=[409]))
async def delete_role(call: TheCall, key: PathKey) -> Response:
    call.rights.require_administrator()
    return await call.write(lambda db: roles.delete_role(db, key, actor=call.user_id))

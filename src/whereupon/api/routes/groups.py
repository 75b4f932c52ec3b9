"""Groups of people."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathKey
from whereupon.people import groups
from whereupon.people.groups import GroupChange, NewGroup

router = routes_of("people", "/groups")


class Group(Out):
    """Several people under one name."""

    id: int
    key: str
    name: str
    email: str | None
    created_at: datetime
    etag: str
    members: list[int]


@router.get("", **operation("list_groups", Page[Group], summary="Groups, by id."))
async def list_groups(call: TheCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    after = id_after(cursor)
    return await call.read(lambda db: paged(groups.list_groups(db, after=after, limit=limit + 1), limit))


@router.post("", **operation("create_group", Group, status=201, summary="Add a group."))
async def create_group(call: TheCall, body: NewGroup) -> Response:
    call.rights.require_administrator()
    return await call.write(lambda db: groups.create_group(db, body, actor=call.user_id), status=201)


@router.get("/{key}", **operation("get_group", Group, summary="One group."))
async def get_group(call: TheCall, key: PathKey) -> Response:
    return await call.read(lambda db: groups.get_group(db, key))


@router.patch("/{key}", **operation("change_group", Group, summary="Change a group.", if_match=True))
async def change_group(call: TheCall, key: PathKey, body: GroupChange) -> Response:
    call.rights.require_administrator()
    etag = call.if_match()
    return await call.write(lambda db: groups.change_group(db, key, body, actor=call.user_id, etag=etag))


@router.delete("/{key}", **operation("delete_group", status=204, summary="Remove a group; its members stay."))
async def delete_group(call: TheCall, key: PathKey) -> Response:
    call.rights.require_administrator()
    return await call.write(lambda db: groups.delete_group(db, key, actor=call.user_id))

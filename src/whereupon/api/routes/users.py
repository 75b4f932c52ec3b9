"""People: who there is, made and changed by administrators; everybody may read names and addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathId
from whereupon.db.pool import Connection
from whereupon.people import users
from whereupon.people.users import NewUser, UserChange

router = routes_of("people", "/users")


class User(Out):
    """A person. Users are disabled (`active` false), never deleted: history names them."""

    id: int
    email: str
    name: str
    phone: str | None
    manager_id: int | None
    active: bool
    time_zone: str | None
    locale: str | None
    created_at: datetime
    updated_at: datetime
    etag: str
    has_password: bool
    roles: list[str]
    groups: list[str]


@router.get("", **operation("list_users", Page[User], summary="Users, by id."))
async def list_users(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    active: bool | None = None,
    search: Annotated[str | None, Query(max_length=200, description="Part of a name or address.")] = None,
) -> Response:
    after = id_after(cursor)
    return await call.read(
        lambda db: paged(
            users.list_users(db, after=after, limit=limit + 1, active=active, search=search), limit
        )
    )


@router.post("", **operation("create_user", User, status=201, summary="Add a person."))
async def create_user(call: TheCall, body: NewUser) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> Answer:
        user = await users.create_user(db, body, actor=call.user_id)
        return Answer(user, 201, {"Location": f"/api/v1/users/{user['id']}"})

    return await call.write(work)


@router.get("/{user_id}", **operation("get_user", User, summary="One user."))
async def get_user(call: TheCall, user_id: PathId) -> Response:
    return await call.read(lambda db: users.get_user(db, user_id))


@router.patch(
    "/{user_id}", **operation("change_user", User, summary="Change or disable a user.", if_match=True)
)
async def change_user(call: TheCall, user_id: PathId, body: UserChange) -> Response:
    call.rights.require_administrator()
    etag = call.if_match()
    return await call.write(lambda db: users.change_user(db, user_id, body, actor=call.user_id, etag=etag))

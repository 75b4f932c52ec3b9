"""Whom one may choose: names of active users and of groups, for everybody who is signed in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.db.pool import Connection
from whereupon.people.users import find_people

router = routes_of("people", "/people")


class Person(Out):
    """A user, as others may know of them."""

    id: int
    name: str
    email: str


class GroupName(Out):
    """A group, with how many are in it."""

    id: int
    key: str
    name: str
    members: int


class People(Out):
    """Users and groups by name."""

    users: list[Person]
    groups: list[GroupName]


@router.get("", **operation("find_people", People, summary="Active users and groups, by name."))
async def find(
    call: TheCall,
    q: Annotated[str | None, Query(max_length=200, description="Part of a name or address.")] = None,
    ids: Annotated[list[int] | None, Query(max_length=200, description="These users, active or not.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many of each at most.")] = 20,
) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await find_people(db, search=q, ids=ids, limit=limit)

    return await call.read(work)

"""API tokens: one's own; administrators see and revoke everybody's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathId
from whereupon.db.pool import Connection
from whereupon.people import tokens
from whereupon.people.users import Name

router = routes_of("people", "/tokens")


class NewToken(BaseModel):
    """A token to make, with one's own rights."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    expires_at: AwareDatetime | None = None


class Token(Out):
    """What is kept of a token. `hint` is how it begins."""

    id: int
    name: str
    hint: str
    user_id: int
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class MadeToken(Token):
    """A token that was just made; `token` is never shown again."""

    token: str = Field(examples=["whu_…"])


@router.get("", **operation("list_tokens", Page[Token], summary="One's own tokens."))
async def list_tokens(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    everyone: Annotated[bool, Query(description="Everybody's; administrators only.")] = False,
) -> Response:
    if everyone:
        call.rights.require_administrator()
    owner, after = None if everyone else call.user_id, id_after(cursor)
    return await call.read(
        lambda db: paged(tokens.list_tokens(db, owner, after=after, limit=limit + 1), limit)
    )


@router.post(
    "", **operation("create_token", MadeToken, status=201, summary="Make a token; it is shown once.")
)
async def create_token(call: TheCall, body: NewToken) -> Response:
    async def work(db: Connection) -> Answer:
        token, kept = await tokens.create_token(db, call.user_id, body.name, expires_at=body.expires_at)
        return Answer({**kept, "token": token}, 201)

    return await call.write(work, secret=True, defines=False)


@router.delete("/{token_id}", **operation("revoke_token", Token, summary="End a token for good."))
async def revoke_token(call: TheCall, token_id: PathId) -> Response:
    owner = None if call.rights.administrator else call.user_id
    return await call.write(lambda db: tokens.revoke_token(db, token_id, actor=call.user_id, owner=owner))

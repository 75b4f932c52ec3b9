"""One request on its way through: who sends it, what it may do, and how its work is carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

import asyncpg
import orjson
from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from whereupon.api.idempotency import HEADER, IdempotencyKey
from whereupon.api.identity import Identity
from whereupon.api.memory import Memory
from whereupon.api.wake import Waker
from whereupon.db.pool import TRANSIENT, Connection, Database, json_default, set_context
from whereupon.errors import Invalid, NotSignedIn, Problem
from whereupon.modules.catalog import Catalog
from whereupon.people.rights import Rights
from whereupon.settings import Settings

Work = Callable[[Connection], Awaitable[Any]]
Transaction = Callable[[Callable[[Connection], Awaitable[Response]]], Awaitable[Response]]

# The catalog that this process remembers is older than the tables: read it again and do the work again.
OUTDATED = (asyncpg.UndefinedColumnError, asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError)
LIMIT_TIME = "SET LOCAL statement_timeout = '15s'"
JSON_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


@dataclass(slots=True)
class Answer:
    """What a route gives back when it is more than a value."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] | None = None


@dataclass(slots=True)
class Call:
    """What a route needs to answer; made once per request, before its body is looked at."""

    request: Request
    database: Database
    memory: Memory
    waker: Waker
    settings: Settings
    identity: Identity | None
    body: bytes = b""
    json: Any = None

    @property
    def rights(self) -> Rights:
        """Raises NotSignedIn on a public route that nobody signed in for."""
        if self.identity is None:
            raise NotSignedIn("Nobody is signed in.")
        return self.identity.rights

    @property
    def user_id(self) -> int:
        """Raises NotSignedIn as `rights` does."""
        user_id = self.rights.user_id
        assert user_id is not None
        return user_id

    async def catalog(self, db: Connection) -> Catalog:
        """All modules and fields as they are now."""
        return await self.memory.catalog(db)

    async def read(self, work: Work, *, bounded: bool = False) -> Response:
        """Answer with what `work` reads; each of its statements sees what is committed by then.

        `bounded`: what the caller sent decides how long it takes, so it is stopped after some seconds.
        """
        if not bounded:
            async with self.database.connection() as db:
                return response_of(await self.again_if_outdated(work, db))
        async with self.database.transaction(readonly=True) as db:
            await db.execute(LIMIT_TIME)
            return response_of(await work(db))

    async def write(
        self,
        work: Work,
        *,
        status: int = 200,
        secret: bool = False,
        defines: bool = True,
        wakes: bool = False,
        transaction: Transaction | None = None,
    ) -> Response:
        """Do `work` in one transaction, as the user, and answer with what it gives; once per Idempotency-Key.

        `secret`: the answer is not kept for a repetition. `defines`: it may change what is remembered of
        definitions and rights. `wakes`: workers may have something to do. `transaction`: how one is had,
        unless it is the usual way.
        """
        user_id = self.identity.rights.user_id if self.identity else None
        key = IdempotencyKey.of(self.request, user_id, self.body)

        async def in_transaction(db: Connection) -> Response:
            if key is not None and (former := await key.former_answer(db)) is not None:
                return former
            await set_context(db, **self.context())
            response = response_of(await work(db), status)
            if key is not None:
                await key.keep(db, response, secret=secret)
            return response

        try:
            response = await (transaction or self.database.retrying)(in_transaction)
        except OUTDATED:
            self.memory.forget()
            response = await (transaction or self.database.retrying)(in_transaction)
        if defines:
            self.memory.forget()
        if wakes:
            self.waker.wake()
        return response

    async def write_at_once(self, work: Work) -> Response:
        """The same for work of a single statement that sets its own context: no transaction around it."""
        if HEADER in self.request.headers:
            return await self.write(work, defines=False, wakes=True)
        for pause in (0.02, 0.04, 0.08):
            try:
                return await self.write_once(work)
            except TRANSIENT:
                await asyncio.sleep(pause)
        return await self.write_once(work)

    async def write_once(self, work: Work) -> Response:
        async with self.database.connection() as db:
            response = response_of(await self.again_if_outdated(work, db))
        self.waker.wake()
        return response

    async def again_if_outdated(self, work: Work, db: Connection) -> Any:
        try:
            return await work(db)
        except OUTDATED:
            self.memory.forget()
            return await work(db)

    def context(self) -> dict[str, Any]:
        """Who writes and why, for the capture trigger."""
        identity = self.identity
        origin = "ui" if identity is not None and identity.session is not None else "api"
        return {"actor": identity.rights.user_id if identity else None, "origin": origin, "quiet": True}

    def if_match(self) -> str | None:
        """The ETag that the client has seen, None for any. Raises Invalid."""
        return entity_tag(self.request.headers.get("if-match"))


def entity_tag(header: str | None) -> str | None:
    """
    >>> entity_tag('"731"'), entity_tag("*"), entity_tag(None)
    ('731', None, None)
    """
    if header is None or header.strip() == "*":
        return None
    tag = header.strip()
    if len(tag) < 2 or tag[0] != '"' or tag[-1] != '"' or '"' in tag[1:-1]:
        message, suggestion = "If-Match holds one entity tag in quotes, or *.", "Send the ETag unchanged."
        raise Invalid.of(Problem("if_match", message, "if-match", suggestion))
    return tag[1:-1]


async def call_of(request: Request) -> Call:
    return request.scope["whereupon.call"]


TheCall = Annotated[Call, Depends(call_of)]


def response_of(value: Any, status: int = 200) -> Response:
    """JSON, written directly; with an ETag when the value has one. None is 204."""
    if isinstance(value, Response):
        return value
    if isinstance(value, Answer):
        response = response_of(value.value, value.status)
        response.headers.update(value.headers or {})
        return response
    if value is None:
        return Response(status_code=204)
    if isinstance(value, asyncpg.Record):
        value = dict(value)
    body = orjson.dumps(value, default=plain, option=JSON_OPTIONS)
    response = Response(body, status, media_type="application/json")
    if isinstance(value, Mapping) and "etag" in value:
        response.headers["ETag"] = f'"{value["etag"]}"'
    return response


def plain(value: object) -> object:
    """What orjson leaves to us."""
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    if isinstance(value, (Mapping, asyncpg.Record)):
        return dict(cast(Mapping[str, Any], value))
    return json_default(value)

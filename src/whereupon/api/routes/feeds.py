"""Published lists: made by those who build, read by whoever holds the address."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import closing
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Path
from starlette.responses import Response, StreamingResponse

from whereupon.api.call import OUTDATED, Answer, Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, page
from whereupon.api.rates import rates_of
from whereupon.api.route import routes_of
from whereupon.api.routes.exports import LIMIT_WAITING
from whereupon.api.routes.shapes import Page, PathId
from whereupon.api.turns import turns_of
from whereupon.db.pool import Connection
from whereupon.records import feeds
from whereupon.records.feeds import Feed, Format, NewFeed, Written
from whereupon.records.views import ViewDefinition

router = routes_of("feeds", "/feeds")

PathToken = Annotated[str, Path(min_length=1, max_length=200, description="The secret of the address.")]
ADDRESS = "/api/v1/feeds/{}/rows."
TYPES = {"json": "application/json", "csv": "text/csv"}
CHUNK = 1 << 18  # bytes


class FeedOut(Out):
    """A published list. `state`: stopped when its publisher is disabled."""

    id: int
    name: str
    module: str
    module_label: str
    publisher_id: int
    publisher_name: str
    definition: ViewDefinition
    ids: bool
    hint: str
    per_minute: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    uses: int
    state: Literal["open", "revoked", "expired", "stopped"]


class PublishedFeed(FeedOut):
    """With its addresses, this once: behind the installation's own."""

    json_path: str
    csv_path: str


@router.get("", **operation("list_feeds", Page[FeedOut], summary="Lists that one has published."))
async def list_feeds(call: TheCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    before = id_before(cursor) or 2**62

    async def work(db: Connection) -> dict[str, Any]:
        return page(await feeds.list_feeds(db, call.rights, before=before, limit=limit + 1), limit)

    return await call.read(work)


@router.post(
    "",
    **operation("publish_feed", PublishedFeed, status=201, summary="Publish a list.", errors=[404]),
)
async def publish_feed(call: TheCall, body: NewFeed) -> Response:
    async def work(db: Connection) -> Answer:
        token, made = await feeds.publish_feed(db, await call.catalog(db), call.rights, body)
        address = ADDRESS.format(token)
        paths = {"json_path": f"{address}json", "csv_path": f"{address}csv"}
        return Answer({**made, **paths}, 201, {"Location": f"/api/v1/feeds/{made['id']}"})

    return await call.write(work, status=201, secret=True, defines=False)


@router.get("/{feed_id}", **operation("get_feed", FeedOut, summary="One published list."))
async def get_feed(call: TheCall, feed_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await feeds.get_feed(db, call.rights, feed_id)

    return await call.read(work)


@router.delete("/{feed_id}", **operation("revoke_feed", FeedOut, summary="End its address for good."))
async def revoke_feed(call: TheCall, feed_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return await feeds.revoke_feed(db, call.rights, feed_id)

    return await call.write(work, defines=False)


# For whoever holds the address -----------------------------------------------------------------------


class Column(Out):
    """One column."""

    key: str
    label: str


class FeedRows(Out):
    """The list. Each row is an object by the columns' keys."""

    name: str
    columns: list[Column]
    rows: list[dict[str, Any]]


@router.get(
    "/{token}/rows.json",
    **operation("read_feed_json", FeedRows, summary="A published list.", public=True, errors=[410, 429]),
)
async def read_feed_json(call: TheCall, token: PathToken) -> Response:
    return await answer(call, token, "json")


@router.get(
    "/{token}/rows.csv",
    **operation("read_feed_csv", summary="A published list.", public=True, errors=[410, 429],
                media_type="text/csv"),
)  # fmt: skip
async def read_feed_csv(call: TheCall, token: PathToken) -> Response:
    return await answer(call, token, "csv")


async def answer(call: Call, token: str, form: Format) -> Response:
    """The list, or 304 when it is what the reader has."""
    async with call.database.connection() as db:
        feed = await feeds.find_feed(db, token)
    await rates_of(call.request).count("feed", str(feed.id), feed.per_minute)
    async with turns_of(call).exports.turn():
        try:
            written = await write(call, feed, form)
        except OUTDATED:
            call.memory.forget()
            written = await write(call, feed, form)
    async with call.database.connection() as db:
        await feeds.note_use(db, feed)
    headers = {"ETag": f'"{written.etag}"', "X-Robots-Tag": "noindex"}
    if has_it(call.request.headers.get("if-none-match"), written.etag):
        written.file.close()
        return Response(status_code=304, headers=headers)
    return file_of(feed, written, form, headers)


async def write(call: Call, feed: Feed, form: Format) -> Written:
    """The file, as everything was at one moment."""
    async with call.database.transaction(isolation="repeatable_read", readonly=True) as db:
        await db.execute(LIMIT_WAITING)
        chosen = await feeds.chosen_now(db, await call.catalog(db), feed)
        return await feeds.write_feed(db, feed, chosen, form)


def has_it(header: str | None, etag: str) -> bool:
    """
    >>> has_it('W/"a", "b"', "b"), has_it("*", "b"), has_it(None, "b")
    (True, True, False)
    """
    tags = [tag.strip().removeprefix("W/") for tag in (header or "").split(",")]
    return "*" in tags or f'"{etag}"' in tags


def file_of(feed: Feed, written: Written, form: Format, headers: dict[str, str]) -> Response:
    sent = {**headers, "Content-Length": str(written.size)}
    if form == "csv":
        name = quote(f"{feed.name}.csv", safe="")
        sent["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return StreamingResponse(chunks_of(written), headers=sent, media_type=TYPES[form])


async def chunks_of(written: Written) -> AsyncGenerator[bytes]:
    with closing(written.file):
        while chunk := written.file.read(CHUNK):
            yield chunk

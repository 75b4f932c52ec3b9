"""What happens, as it happens: server-sent events for the pages of one's browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse

from whereupon.api.call import JSON_OPTIONS, Call, TheCall, plain
from whereupon.api.declare import operation
from whereupon.api.live import Live, Stream
from whereupon.api.news import Shown, newest_notifications
from whereupon.api.route import routes_of
from whereupon.people.rights import Rights
from whereupon.people.sessions import rights_of_session
from whereupon.people.tokens import bearer_of_token

router = routes_of("live", "/live")

HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": still here\n\n"
# Proxies that collect answers before they pass them on (nginx) are asked not to.
HEADERS = {"X-Accel-Buffering": "no"}


@router.get(
    "",
    **operation(
        "listen",
        summary="What happens, as it happens: server-sent events.",
        errors=[429],
        media_type="text/event-stream",
    ),
)
async def listen(call: TheCall) -> Response:
    """`hello` comes first, and whenever something may have been missed: read what you show anew."""
    live: Live = call.request.app.state.live
    live.admit(call.user_id)
    async with call.database.connection() as db:
        newest = await newest_notifications(db, [call.user_id])
    stream = Stream(call.rights, Shown.of(newest.get(call.user_id, [])), check_of(call))
    return StreamingResponse(told(live, stream), media_type="text/event-stream", headers=HEADERS)


def check_of(call: Call) -> Callable[[], Awaitable[Rights]]:
    """Who is behind this request by now; a stream that is only open does not prolong a session."""
    session = call.identity.session if call.identity else None
    token = call.request.headers.get("authorization", "").partition(" ")[2].strip()

    async def check() -> Rights:
        async with call.database.connection() as db:
            if session is not None:
                return await rights_of_session(db, session, prolong=False)
            return (await bearer_of_token(db, token)).rights

    return check


async def told(live: Live, stream: Stream) -> AsyncGenerator[bytes]:
    """The stream's events as they come, until its session ends or the browser goes away."""
    live.open(stream)
    try:
        while not live.ended:
            try:
                event = await asyncio.wait_for(stream.queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield HEARTBEAT
                continue
            if event is None:
                return
            yield written(*event)
    finally:
        live.close(stream)


def written(name: str, data: Any) -> bytes:
    """
    >>> written("tasks", {})
    b'event: tasks\\ndata: {}\\n\\n'
    """
    return b"event: %s\ndata: %s\n\n" % (
        name.encode(),
        orjson.dumps(data, default=plain, option=JSON_OPTIONS),
    )

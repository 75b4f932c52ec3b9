"""Long lists in pages: `limit` items, and a cursor that says where to go on."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Sequence
from typing import Annotated, Any

import orjson
from fastapi import Query

from whereupon.errors import Invalid, Problem

Limit = Annotated[int, Query(ge=1, le=500, description="How many items at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=2000, description="`next_cursor` of the page before; none for the first page."),
]


def encode_cursor(position: object) -> str:
    """Opaque to the client, so that what it holds can change."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> Any:
    """The position, None for the first page. Raises Invalid for what no answer of ours held."""
    if cursor is None:
        return None
    try:
        return orjson.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
    except (binascii.Error, orjson.JSONDecodeError, ValueError):
        raise wrong_cursor() from None


def wrong_cursor() -> Invalid:
    """A cursor that no answer of ours held, or one of another list."""
    suggestion = "Send next_cursor of the page before, unchanged."
    return Invalid.of(Problem("cursor", "This cursor is none of ours.", "?cursor", suggestion))


def id_after(cursor: str | None) -> int:
    """The id after which the page begins, 0 for the first page. Raises Invalid."""
    if cursor is None:
        return 0
    position = decode_cursor(cursor)
    if isinstance(position, bool) or not isinstance(position, int) or not 0 < position < 2**63:
        raise wrong_cursor()
    return position


def id_before(cursor: str | None) -> int | None:
    """The id before which the page begins, for lists with the newest first. Raises Invalid."""
    return id_after(cursor) or None


def page(rows: Sequence[Any], limit: int) -> dict[str, Any]:
    """A page out of up to `limit` + 1 rows that have an id."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {"items": shown, "next_cursor": encode_cursor(shown[-1]["id"]) if more else None}


async def paged(rows: Awaitable[Sequence[Any]], limit: int) -> dict[str, Any]:
    """A page of what is being read, with one item more than `limit`."""
    return page(await rows, limit)
